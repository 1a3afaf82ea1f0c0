//! `logflow view`: a look at the rows of a log.
//!
//! ```text
//! rows.rs    what is read of the inputs              pick.rs     which rows are kept
//! tables.rs  object-centric logs and bundles         case.rs     the events of one case
//! cells.rs   values as text                          shown.rs    text as a terminal may have it
//! grid.rs    tables that fit the terminal            forms.rs    CSV, JSON, Markdown
//! pager.rs   long output
//! ```

mod case;
mod cells;
mod forms;
mod grid;
mod pager;
mod pick;
mod rows;
pub mod shown;
mod tables;

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use logflow::TableSchema;
use logflow::convert::typed_files::are_typed;
use logflow::error::{Code, Error, Result};
use logflow::jobs::search::{self, FoundInputs, InputSearch};
use logflow::mmap::Input;
use logflow::model::condition::Condition;
use logflow::observer::Observer;
use logflow::options::{InputFormat, Options};
use logflow::source::columns::type_name;
use logflow::source::look::looks_object_centric;
use logflow::step::filter::Filter;
use logflow::step::select::Select;
use logflow::step::{Step, Steps};
use logflow::target::ocel::is_bundle;
use logflow::values::Role;

use crate::args::ConsoleArgs;
use crate::args::view::{ViewArgs, ViewFormat};
use crate::fail::{Failure, Outcome};
use crate::figures::{count, counted};
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::{fail, options, report, stdout, terminal};

use cells::{Moments, Values};
use grid::{Grid, GridColumn, GridLayout};
use pick::Wanted;
use rows::{Extent, FoundRows, RowQuery};
use tables::{TableQuery, TableRows};

/// Columns of a line where no terminal says how many.
const LINE: usize = 120;
/// Rows that are shown where no number is given and no terminal tells how many fit.
const ROWS: usize = 10;
/// Columns of the terminal for the name of a type; those of structs may be as long as their values.
const TYPE: usize = 32;
/// Lines of the terminal that are not for rows: headings, notes and the prompt.
const OTHER_LINES: usize = 12;

/// Shows rows.
pub fn run(args: &ViewArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let mut options = options::options(&args.read)?;
    options.table.condition = Condition::all_of(&args.conditions)?;
    // A flat table that becomes another log is shown as it is.
    if args.read.dialect.from.is_some_and(|row| row.via.is_some()) {
        options.read.from = Some(InputFormat::new("csv"));
    }
    let found = InputSearch { options: &options, output: None }.find(&args.inputs)?;
    let view =
        View { args, console, options, observer: Observer::default(), paint: Paint::stdout(console.color) };
    let (shown, failed) = view.show(&found)?;
    for error in found.failed.iter().chain(&failed) {
        stdout::eprint(&fail::text(error, Paint::stderr(console.color)));
    }
    Ok(match (shown, found.failed.len() + failed.len()) {
        (_, 0) => Outcome::Done,
        (0, _) => Outcome::Failed,
        _ => Outcome::InPart,
    })
}

/// A run of `logflow view`.
struct View<'r> {
    args: &'r ViewArgs,
    console: &'r ConsoleArgs,
    options: Options,
    observer: Observer,
    paint: Paint,
}

impl View<'_> {
    /// Shows each log of the inputs; tells how many, and what is wrong with others of a folder.
    fn show(&self, found: &FoundInputs) -> Result<(usize, Vec<Error>)> {
        let groups = search::groups(found.inputs(), &self.options, &self.observer);
        let is_many = found.is_walked() && found.places.len() > 1;
        let mut text = String::new();
        let (mut shown, mut failed) = (0, Vec::new());
        for group in &groups {
            match self.look(group) {
                Ok(found) => {
                    text += &separated(&text, &found);
                    shown += 1;
                }
                Err(error) if !is_many => return Err(error),
                Err(error) if group.len() == 1 => failed.push(error),
                // Files of a folder that are no table together are looked at one by one.
                Err(_) => {
                    for input in group {
                        match self.look(std::slice::from_ref(input)) {
                            Ok(found) => {
                                text += &separated(&text, &found);
                                shown += 1;
                            }
                            Err(error) => failed.push(error),
                        }
                    }
                }
            }
        }
        if !self.console.quiet && self.is_for_people() {
            report::left_out(found, self.console.verbose, Paint::stderr(self.console.color));
        }
        pager::print(&text, !self.args.no_pager && self.is_for_people())?;
        Ok((shown, failed))
    }

    /// What there is to show of the inputs of one log.
    fn look(&self, inputs: &[Input]) -> Result<String> {
        let [first, ..] = inputs else { return Err(Error::new(Code::Usage, "no input is given")) };
        if let Some(folder) = first.path().filter(|path| is_bundle(path)) {
            return self.bundle(folder);
        }
        let is_objects = !are_typed(inputs, &self.options, &self.observer)?
            && looks_object_centric(first, &self.options, &self.observer)?;
        if is_objects {
            return self.objects(first);
        }
        if let Some(table) = &self.args.table {
            return Err(Error::new(Code::Usage, format!("{first} has one table only"))
                .help(format!("leave out ⟦table⟧ {table}; it is for object-centric logs")));
        }
        if let Some(id) = &self.args.case {
            return self.case(inputs, id);
        }
        let found = self.query(inputs, &self.options, Steps::default()).read();
        self.rows_text(&named(inputs), &found?)
    }

    fn is_for_people(&self) -> bool {
        matches!(self.format(), ViewFormat::Table | ViewFormat::Vertical)
    }

    fn format(&self) -> ViewFormat {
        if self.args.vertical { ViewFormat::Vertical } else { self.args.format }
    }

    fn layout(&self) -> GridLayout {
        let width = self.args.width.map(|width| width as usize).or_else(terminal::width).unwrap_or(LINE);
        GridLayout { width, full: self.args.full, paint: self.paint }
    }

    /// How many rows are shown.
    fn rows(&self) -> usize {
        if let Some(rows) = self.args.rows {
            return usize::try_from(rows).unwrap_or(usize::MAX);
        }
        match (self.format(), terminal::size()) {
            (ViewFormat::Table, Some((_, lines))) => lines.saturating_sub(OTHER_LINES).clamp(3, 40),
            _ => ROWS,
        }
    }

    fn wanted(&self) -> Wanted {
        match (self.args.tail, self.args.sample) {
            (true, _) => Wanted::Last,
            (_, true) => Wanted::Some(self.args.seed),
            _ => Wanted::First,
        }
    }

    fn query<'q>(&'q self, inputs: &'q [Input], options: &'q Options, steps: Steps) -> RowQuery<'q> {
        let (wanted, rows, skip) = (self.wanted(), self.rows(), self.args.skip);
        RowQuery { inputs, options, steps, wanted, rows, skip, observer: &self.observer }
    }

    /// The rows of a table with what is known of the others, or for programs.
    fn rows_text(&self, name: &str, found: &FoundRows) -> Result<String> {
        let batches: Vec<RecordBatch> = found.parts.iter().map(|(_, batch)| batch.clone()).collect();
        if !self.is_for_people() {
            self.tell_bad_rows(found);
            return self.for_programs(&found.table, &batches);
        }
        let mut grid = grid_of(&found.table, &batches)?;
        // Behind a condition it is not known which rows of the log they are.
        if self.options.table.condition.is_none() {
            let numbers = |(first, batch): &(u64, RecordBatch)| *first + 1..=*first + batch.num_rows() as u64;
            grid.numbers = found.parts.iter().flat_map(numbers).collect();
        }
        let mut out = format!("{}  {}\n", self.paint.bold(&shown::shown(name)), self.paint.dim(&found.form));
        out += &self.grid_text(&grid);
        out += &self.notes(&grid, self.extent(found, grid.rows.len()), found.bad_rows);
        Ok(out)
    }

    fn grid_text(&self, grid: &Grid) -> String {
        match self.format() {
            ViewFormat::Vertical => grid.blocks(self.layout()),
            _ => grid.table(self.layout()),
        }
    }

    /// What is said below rows: their number, marks, malformed rows.
    fn notes(&self, grid: &Grid, extent: String, bad_rows: u64) -> String {
        let mut out = String::new();
        let notes = [Some(extent), grid.legend()];
        let notes: Vec<String> = notes.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        for note in notes {
            let _ = writeln!(out, "{}", self.paint.dim(&note));
        }
        if bad_rows > 0 {
            let rows = counted(bad_rows, "malformed row");
            let what = format!("{rows} left out; logflow convert --on-bad-row reject lists them");
            let _ = writeln!(out, "{}", self.paint.yellow(&what));
        }
        out
    }

    /// How many rows of how many are shown, and where the types are from.
    fn extent(&self, found: &FoundRows, shown: usize) -> String {
        let rows = counted(shown as u64, "row");
        let of = match self.options.table.condition {
            Some(_) => " for which the condition is true",
            None => "",
        };
        let what = match self.wanted() {
            Wanted::First if self.args.skip > 0 => {
                format!("{rows} behind the first {}", count(self.args.skip))
            }
            Wanted::First => format!("first {rows}"),
            Wanted::Last if self.args.skip > 0 => {
                format!("{rows} before the last {}", count(self.args.skip))
            }
            Wanted::Last => format!("last {rows}"),
            Wanted::Some(seed) => format!("{rows} chosen by seed {seed}"),
        };
        match found.extent {
            Extent::Whole if shown as u64 == found.seen => format!("{rows}{of}, all that there are"),
            Extent::Whole => format!("{what} of {}{of}", count(found.seen)),
            Extent::Typed => match found.total.filter(|_| self.options.table.condition.is_none()) {
                Some(all) => format!("{what} of {}", count(all)),
                None => format!("{what}{of}"),
            },
            Extent::Beginning => {
                let read = found.report.as_ref().map_or(found.seen, |it| it.rows + it.filtered_rows);
                let sample = counted(read, "row");
                format!("{what}{of}; types from the first {sample}, logflow schema reads all")
            }
        }
    }

    fn tell_bad_rows(&self, found: &FoundRows) {
        if found.bad_rows > 0 && !self.console.quiet {
            let paint = Paint::stderr(self.console.color);
            let rows = counted(found.bad_rows, "malformed row");
            stdout::eprint(&format!("{} {rows} left out\n", paint.yellow("warning:")));
        }
    }

    fn for_programs(&self, table: &TableSchema, batches: &[RecordBatch]) -> Result<String> {
        let names: Vec<&str> = table.columns.iter().map(logflow::TableColumn::name).collect();
        match self.format() {
            ViewFormat::Csv => forms::csv(batches, &names),
            ViewFormat::Json => forms::json(batches, &names, false),
            ViewFormat::Jsonl => forms::json(batches, &names, true),
            ViewFormat::Markdown => forms::markdown(batches, &names),
            ViewFormat::Table | ViewFormat::Vertical => {
                Err(Error::new(Code::Internal, "a table for people was asked for"))
            }
        }
    }

    /// The events of one case.
    fn case(&self, inputs: &[Input], id: &str) -> Result<String> {
        // Which columns are shown is decided below: those with roles are needed first.
        let mut options = self.options.clone();
        let select = std::mem::take(&mut options.table.select);
        let exclude = std::mem::take(&mut options.table.exclude);
        let progress = ProgressDisplay::start(self.console, &self.observer, "view".as_ref(), (1, 1));
        let steps = Steps(vec![Arc::new(case::OfCase(id.to_owned()))]);
        let query = RowQuery {
            rows: usize::MAX,
            skip: 0,
            wanted: Wanted::Last,
            ..self.query(inputs, &options, steps)
        };
        let found = query.read();
        let missing = match &found {
            Ok(found) if found.seen == 0 && self.options.table.condition.is_some() => Some(
                Error::new(
                    Code::Usage,
                    format!("no event of the case {id:?} is one for which the condition is true"),
                )
                .help("leave --where out to see whether the log has this case"),
            ),
            Ok(found) if found.seen == 0 => {
                Some(case::not_there(id, inputs, &self.lenient(inputs, &options)?, &self.observer)?)
            }
            _ => None,
        };
        progress.finish();
        let found = found?;
        if let Some(error) = missing {
            return Err(error);
        }
        let rows = case::by_time(&found.table, &found.parts)?;
        let first = self.args.skip as usize;
        let most = self.args.rows.map_or(usize::MAX, |rows| usize::try_from(rows).unwrap_or(usize::MAX));
        let (gaps, span) = case::gaps(&found.table, &rows);
        let all = rows.num_rows();
        let (from, to) = (first.min(all), first.saturating_add(most).min(all));
        let rows = rows.slice(from, to - from);
        let kept = kept(&found.table, &select, &exclude)?;
        if !self.is_for_people() {
            let columns = kept.iter().map(|at| found.table.columns[*at].clone()).collect();
            let mut table = found.table.clone();
            table.columns = columns;
            return self.for_programs(&table, &[rows.project(&kept)?]);
        }
        let grid = timeline(&found.table, &rows, &kept, &gaps[from..to])?;
        let of = span.map(|span| format!(" in {span}")).unwrap_or_default();
        let title = format!("case {}", shown::quoted(id));
        let events = counted(all as u64, "event");
        let mut out = format!("{}  {}\n", self.paint.bold(&title), self.paint.dim(&format!("{events}{of}")));
        out += &self.grid_text(&grid);
        let part = match to - from < all {
            true => format!("{} of {}", counted((to - from) as u64, "event"), count(all as u64)),
            false => String::new(),
        };
        out += &self.notes(&grid, part, found.bad_rows);
        Ok(out)
    }

    /// The options with malformed rows left out, where there may be such.
    fn lenient(&self, inputs: &[Input], options: &Options) -> Result<Options> {
        Ok(match are_typed(inputs, options, &self.observer)? {
            true => options.clone(),
            false => options.clone().with_bad_rows_aside(),
        })
    }

    /// The tables of an object-centric log, and the rows of one.
    fn objects(&self, input: &Input) -> Result<String> {
        self.refuse_case()?;
        let mut options = self.options.clone();
        let steps = table_steps(&mut options, self.args.table.is_some())?;
        let progress = ProgressDisplay::start(self.console, &self.observer, "view".as_ref(), (1, 1));
        let query = TableQuery {
            input,
            options: &options,
            table: self.args.table.as_deref(),
            pick: (self.wanted(), self.rows(), self.args.skip),
            steps,
            observer: &self.observer,
        };
        let found = query.read();
        progress.finish();
        let found = found?;
        self.tables_text(&input.to_string(), &found.tables, || Ok(found.shown))
    }

    /// The tables of a bundle, and the rows of one.
    fn bundle(&self, folder: &Path) -> Result<String> {
        self.refuse_case()?;
        let tables = tables::of_bundle(folder)?;
        let table = tables::wanted(self.args.table.as_deref(), &tables)?.map(|at| &tables[at]);
        let rows = || {
            let Some(table) = table else { return Ok(None) };
            let input = [Input::Path(folder.join(format!("{}.parquet", table.file)))];
            let mut found = self.query(&input, &self.options, Steps::default()).read()?;
            found.total = Some(table.rows);
            Ok(Some((table.name.clone(), found)))
        };
        self.tables_text(&folder.to_string_lossy(), &tables, rows)
    }

    fn refuse_case(&self) -> Result<()> {
        match self.args.case {
            Some(_) => Err(Error::new(Code::Usage, "an object-centric log has no cases").help(
                "logflow convert --flatten OBJECT_TYPE makes a log whose cases are the objects of one type",
            )),
            None => Ok(()),
        }
    }

    /// A list of the tables, and the rows of the one that is asked for, or of the first.
    fn tables_text(
        &self,
        name: &str,
        tables: &[TableRows],
        shown: impl FnOnce() -> Result<Option<(String, FoundRows)>>,
    ) -> Result<String> {
        let mut out = String::new();
        if self.args.table.is_none() {
            if !self.is_for_people() {
                let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
                return Err(Error::new(Code::Usage, format!("{name} has several tables"))
                    .help(format!("give ⟦table⟧ NAME, one of {}", names.join(", "))));
            }
            let _ = writeln!(
                out,
                "{}  {}",
                self.paint.bold(&shown::shown(name)),
                counted(tables.len() as u64, "table")
            );
            let width = tables.iter().map(|it| shown::width(&shown::shown(&it.name))).max().unwrap_or(0);
            for table in tables {
                let rows = format!("{:>12}", count(table.rows));
                let _ = writeln!(out, "  {}{rows}", shown::padded(&shown::shown(&table.name), width, false));
            }
            let _ = writeln!(out, "{}\n", self.paint.dim("--table NAME shows the rows of a table"));
        }
        if let Some((table, found)) = shown()? {
            let title = if self.args.table.is_none() { table } else { format!("{name}: {table}") };
            out += &self.rows_text(&title, &found)?;
        }
        Ok(out)
    }
}

/// The text with an empty line before it, unless it is the first one.
fn separated(before: &str, text: &str) -> String {
    if before.is_empty() { text.to_owned() } else { format!("\n{text}") }
}

/// The inputs by their names.
fn named(inputs: &[Input]) -> String {
    match inputs {
        [one] => one.to_string(),
        [first, .., last] => format!("{first} to {last} ({} inputs)", count(inputs.len() as u64)),
        [] => String::new(),
    }
}

/// Steps for one table of an object-centric log, taken out of the options, which are about all tables.
fn table_steps(options: &mut Options, has_table: bool) -> Result<Steps> {
    let mut steps: Vec<Arc<dyn Step>> = Vec::new();
    let table = &mut options.table;
    let is_asked = table.condition.is_some() || !table.select.is_empty() || !table.exclude.is_empty();
    if is_asked && !has_table {
        return Err(Error::new(Code::Usage, "an object-centric log has several tables")
            .help("give ⟦table⟧ NAME as well; without conditions and columns the tables are listed"));
    }
    if let Some(condition) = table.condition.take() {
        steps.push(Arc::new(Filter { condition, zone: table.values.zone.clone() }));
    }
    let (columns, exclude) = (std::mem::take(&mut table.select), std::mem::take(&mut table.exclude));
    if !exclude.is_empty() {
        steps.push(Arc::new(Exclude { exclude }));
    }
    if !columns.is_empty() {
        steps.push(Arc::new(Select { columns }));
    }
    Ok(Steps(steps))
}

/// Keeps all columns but these.
#[derive(Debug)]
struct Exclude {
    exclude: Vec<String>,
}

impl Step for Exclude {
    fn name(&self) -> &str {
        "exclude"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<logflow::BoundStep>> {
        let kept = kept(table, &[], &self.exclude)?;
        let columns = kept.into_iter().map(|at| table.columns[at].name().to_owned()).collect();
        Select { columns }.bind(table)
    }
}

/// Positions of the columns that are shown.
fn kept(table: &TableSchema, select: &[String], exclude: &[String]) -> Result<Vec<usize>> {
    let mut kept: Vec<usize> = match select {
        [] => (0..table.columns.len()).collect(),
        names => names.iter().map(|name| table.require(name)).collect::<Result<_>>()?,
    };
    for name in exclude {
        let at = table.require(name)?;
        kept.retain(|it| *it != at);
    }
    match kept.is_empty() {
        true => Err(Error::new(Code::Usage, "no column is left").help("check ⟦select⟧ and ⟦exclude⟧")),
        false => Ok(kept),
    }
}

/// One column as the table shows it.
fn grid_column(table: &TableSchema, at: usize) -> GridColumn {
    let column = &table.columns[at];
    let data_type = column.field.data_type();
    GridColumn {
        name: column.name().to_owned(),
        type_name: shown::cut(&value_type(data_type), TYPE),
        role: column.roles.first().copied(),
        is_number: cells::is_number(data_type),
        is_text: cells::is_text(data_type),
    }
}

/// The name of the type of the values; how they are stored is of no interest here.
fn value_type(data_type: &arrow::datatypes::DataType) -> String {
    match data_type {
        arrow::datatypes::DataType::Dictionary(_, values) => type_name(values),
        other => type_name(other),
    }
}

fn grid_of(table: &TableSchema, batches: &[RecordBatch]) -> Result<Grid> {
    let rows = concat_batches(&table.arrow(), batches)?;
    let columns: Vec<GridColumn> = (0..table.columns.len()).map(|at| grid_column(table, at)).collect();
    let values: Vec<Values> =
        rows.columns().iter().map(|column| Values::of(column, Moments::Plain)).collect::<Result<_>>()?;
    let rows = (0..rows.num_rows()).map(|row| values.iter().map(|it| it.text(row)).collect()).collect();
    Ok(Grid { columns, rows, numbers: Vec::new() })
}

/// Time, time since the event before, activity, resource, and the other columns but the case, which is in the
/// title.
fn timeline(
    table: &TableSchema,
    rows: &RecordBatch,
    kept: &[usize],
    gaps: &[Option<String>],
) -> Result<Grid> {
    let all = grid_of(table, std::slice::from_ref(rows))?;
    let of = |role: Role| table.role(role).filter(|at| kept.contains(at));
    let first: Vec<usize> = [Role::Activity, Role::Resource].into_iter().filter_map(of).collect();
    let time = of(Role::Timestamp);
    let is_rest =
        |at: &usize| !first.contains(at) && Some(*at) != time && table.role(Role::Case) != Some(*at);
    let order: Vec<usize> = first.iter().copied().chain(kept.iter().copied().filter(is_rest)).collect();
    let mut grid = Grid::default();
    if let Some(time) = time {
        let gap = GridColumn { name: "gap".to_owned(), is_number: true, ..GridColumn::default() };
        grid.columns.extend([grid_column(table, time), gap]);
    }
    grid.columns.extend(order.iter().map(|at| grid_column(table, *at)));
    for (row, gap) in all.rows.into_iter().zip(gaps) {
        let mut values = Vec::with_capacity(grid.columns.len());
        if let Some(time) = time {
            // The first event has none before it, which is no missing value.
            values.extend([row[time].clone(), Some(gap.clone().unwrap_or_default())]);
        }
        values.extend(order.iter().map(|at| row[*at].clone()));
        grid.rows.push(values);
    }
    Ok(grid)
}
