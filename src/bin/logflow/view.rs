//! `logflow view`: a look at the rows of a log.
//!
//! ```text
//! rows.rs    what is read of the inputs              pick.rs     which rows are kept
//! columns.rs which columns are shown, and how
//! tables.rs  object-centric logs and bundles         case.rs     the events of one case
//! cells.rs   values as text                          shown.rs    text as a terminal may have it
//! grid.rs    tables that fit the terminal            forms.rs    CSV, JSON, Markdown
//! pager.rs   long output
//! ```

mod case;
mod cells;
mod columns;
mod forms;
mod grid;
mod pager;
mod pick;
mod rows;
pub mod shown;
mod tables;

use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use logflow::convert::typed_files::are_typed;
use logflow::error::{Code, Error, Result};
use logflow::jobs::beside::step_refused;
use logflow::jobs::search::{self, FoundInputs, InputSearch};
use logflow::mmap::Input;
use logflow::observer::Observer;
use logflow::options::{InputFormat, Options};
use logflow::pipeline::plan::PipelinePlan;
use logflow::pipeline::toml::to_toml;
use logflow::pipeline::view::{ViewForm, ViewSettings};
use logflow::source::look::looks_object_centric;
use logflow::step::Steps;
use logflow::target::ocel::is_bundle;
use logflow::{Report, TableSchema, Warning, WarningCode};

use crate::args::ConsoleArgs;
use crate::args::view::ViewArgs;
use crate::fail::{Failure, Outcome};
use crate::figures::{count, counted};
use crate::paint::Paint;
use crate::progress::ProgressDisplay;
use crate::{fail, options, report, stdout, terminal};

use columns::{grid_of, kept, refuse_columns, table_steps, timeline};
use forms::RowWriter;
use grid::{Grid, GridLayout};
use pick::Wanted;
use rows::{Extent, FoundRows, RowQuery};
use tables::{TableQuery, TableRows};

/// Columns of a line where no terminal says how many.
const LINE: usize = 120;
/// Rows that are shown where no number is given and no terminal tells how many fit.
const ROWS: usize = 10;
/// Lines of the terminal that are not for rows: headings, notes and the prompt.
const OTHER_LINES: usize = 12;

/// Shows rows.
pub fn run(args: &ViewArgs, console: &ConsoleArgs) -> Result<Outcome, Failure> {
    let pipeline = options::view(args)?;
    if args.print_pipeline {
        stdout::print(&to_toml(&pipeline)?)?;
        return Ok(Outcome::Done);
    }
    execute(&pipeline.plan(options::given(&args.read))?, console, args.no_pager)
}

/// Shows the rows of a pipeline that is a look at them.
pub fn execute(plan: &PipelinePlan, console: &ConsoleArgs, no_pager: bool) -> Result<Outcome, Failure> {
    let mut options = plan.options.clone();
    // A flat table that becomes another log is shown as it is.
    if plan.from.is_some_and(|row| row.via.is_some()) {
        options.read.from = Some(InputFormat::new("csv"));
    }
    let found = InputSearch { options: &options, output: None }.find(&plan.inputs)?;
    let view = View {
        asked: plan.view.clone().unwrap_or_default(),
        steps: plan.choice.beside.steps.clone(),
        for_events: plan.choice.beside.for_events,
        console,
        no_pager,
        options,
        observer: Observer::default(),
        paint: Paint::stdout(console.color),
        streams: Cell::new(false),
        warnings: RefCell::default(),
    };
    let (shown, failed) = view.show(&found)?;
    if !console.quiet {
        report::warnings(&view.warnings.take(), console.verbose, Paint::stderr(console.color));
    }
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
    asked: ViewSettings,
    /// Steps that reading does not do itself.
    steps: Steps,
    for_events: Option<&'static str>,
    console: &'r ConsoleArgs,
    no_pager: bool,
    options: Options,
    observer: Observer,
    paint: Paint,
    /// Whether rows are printed as they come: those of the only log, for programs.
    streams: Cell<bool>,
    /// Warnings about the logs.
    warnings: RefCell<Vec<Warning>>,
}

impl View<'_> {
    /// Shows each log of the inputs; tells how many, and what is wrong with others of a folder.
    fn show(&self, found: &FoundInputs) -> Result<(usize, Vec<Error>)> {
        let groups = search::groups(found.inputs(), &self.options, &self.observer);
        let is_many = found.is_walked() && found.places.len() > 1;
        self.streams.set(groups.len() == 1 && !is_many && !self.is_for_people());
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
        pager::print(&text, !self.no_pager && self.is_for_people())?;
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
        if let Some(table) = &self.asked.table {
            return Err(Error::new(Code::Usage, format!("{first} has one table only"))
                .help(format!("leave out ⟦table⟧ {table}; it is for object-centric logs")));
        }
        if let Some(id) = &self.asked.case {
            return self.case(inputs, id);
        }
        let query = self.query(inputs, &self.options, self.steps.clone());
        self.query_text(&named(inputs), &query)
    }

    /// The rows of a query; printed already where rows are printed as they come.
    fn query_text(&self, name: &str, query: &RowQuery<'_>) -> Result<String> {
        if !self.streams.get() {
            return self.rows_text(name, &query.read()?);
        }
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut writer: Option<RowWriter<'_>> = None;
        let mut begin = Some(&mut out);
        let form = self.asked.form;
        let mut begun = |table: &TableSchema| match begin.take() {
            Some(out) => RowWriter::begin(form, &table.arrow(), out).map(Some),
            None => Ok(None),
        };
        let found = query.read_each(&mut |table, rows| {
            if writer.is_none() {
                writer = begun(table)?;
            }
            writer.as_mut().map_or(Ok(false), |writer| writer.rows(rows))
        })?;
        if writer.is_none() {
            writer = begun(&found.table)?;
        }
        if let Some(writer) = writer {
            self.tell_same(writer.end()?);
        }
        self.tell_bad_rows(&found);
        self.keep_warnings(found.report.as_ref());
        Ok(String::new())
    }

    /// Warnings about a log. Which columns play roles is seen above them.
    fn keep_warnings(&self, report: Option<&Report>) {
        let found = report.into_iter().flat_map(|report| &report.warnings);
        let found = found.filter(|it| it.code != WarningCode::RoleMissing).cloned();
        self.warnings.borrow_mut().extend(found);
    }

    /// Tells that CSV of one column has one text for two things, if that is so.
    fn tell_same(&self, is_same: bool) {
        if is_same && !self.console.quiet {
            let what = "missing values and empty text are both \"\" in CSV of one column; --format jsonl tells them apart";
            let paint = Paint::stderr(self.console.color);
            stdout::eprint(&format!("{} {what}\n", paint.yellow("warning:")));
        }
    }

    fn is_for_people(&self) -> bool {
        matches!(self.asked.form, ViewForm::Table | ViewForm::Vertical)
    }

    fn layout(&self) -> GridLayout {
        let width = self.asked.width.map(|width| width as usize).or_else(terminal::width).unwrap_or(LINE);
        GridLayout { width, full: self.asked.full, paint: self.paint }
    }

    /// How many rows are shown.
    fn rows(&self) -> usize {
        if let Some(rows) = self.asked.rows {
            return usize::try_from(rows).unwrap_or(usize::MAX);
        }
        match (self.asked.form, terminal::size()) {
            (ViewForm::Table, Some((_, lines))) => lines.saturating_sub(OTHER_LINES).clamp(3, 40),
            _ => ROWS,
        }
    }

    fn wanted(&self) -> Wanted {
        match (self.asked.tail, self.asked.sample) {
            (true, _) => Wanted::Last,
            (_, true) => Wanted::Some(self.asked.seed.unwrap_or(1)),
            _ => Wanted::First,
        }
    }

    fn query<'q>(&'q self, inputs: &'q [Input], options: &'q Options, steps: Steps) -> RowQuery<'q> {
        let (wanted, rows, skip) = (self.wanted(), self.rows(), self.asked.skip);
        RowQuery { inputs, options, steps, wanted, rows, skip, observer: &self.observer }
    }

    /// The rows of a table with what is known of the others, or for programs.
    fn rows_text(&self, name: &str, found: &FoundRows) -> Result<String> {
        self.keep_warnings(found.report.as_ref());
        let batches: Vec<RecordBatch> = found.parts.iter().map(|(_, batch)| batch.clone()).collect();
        if !self.is_for_people() {
            self.tell_bad_rows(found);
            return self.for_programs(&found.table, &batches);
        }
        let mut grid = grid_of(&found.table, &batches)?;
        // Behind a condition it is not known which rows of the log they are.
        if self.options.table.condition.is_none() && self.steps.0.is_empty() {
            let numbers = |(first, batch): &(u64, RecordBatch)| *first + 1..=*first + batch.num_rows() as u64;
            grid.numbers = found.parts.iter().flat_map(numbers).collect();
        }
        let mut out = format!("{}  {}\n", self.paint.bold(&shown::shown(name)), self.paint.dim(&found.form));
        out += &self.grid_text(&grid);
        out += &self.notes(&grid, self.extent(found, grid.rows.len()), found.bad_rows);
        Ok(out)
    }

    fn grid_text(&self, grid: &Grid) -> String {
        match self.asked.form {
            ViewForm::Vertical => grid.blocks(self.layout()),
            _ => grid.table(self.layout()),
        }
    }

    /// What is said below rows: their number, marks, malformed rows.
    fn notes(&self, grid: &Grid, extent: String, bad_rows: u64) -> String {
        let mut out = String::new();
        let notes = [Some(extent), grid.legend()];
        let notes: Vec<String> = notes.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        let room = self.layout().width;
        let mut lines = |text: &str, paint: &dyn Fn(&str) -> String| {
            for line in grid::wrapped(text, room).lines() {
                let _ = writeln!(out, "{}", paint(line));
            }
        };
        for note in notes {
            lines(&note, &|line| self.paint.dim(line));
        }
        if bad_rows > 0 {
            let rows = counted(bad_rows, "malformed row");
            let what = format!("{rows} left out; logflow convert --on-bad-row reject lists them");
            lines(&what, &|line| self.paint.yellow(line));
        }
        out
    }

    /// How many rows of how many are shown, and where the types are from.
    fn extent(&self, found: &FoundRows, shown: usize) -> String {
        let (skip, shown) = (self.asked.skip, shown as u64);
        let rows = counted(shown, "row");
        let of = match self.options.table.condition {
            Some(_) => " for which the condition is true",
            None => "",
        };
        let few = |word: &str| match shown {
            1 => format!("{word} row"),
            _ => format!("{word} {rows}"),
        };
        let between = |first: u64| match shown {
            1 => format!("row {}", count(first + 1)),
            _ => format!("rows {} to {}", count(first + 1), count(first + shown)),
        };
        let what = match self.wanted() {
            Wanted::First | Wanted::Last if shown == 0 => "no rows".to_owned(),
            Wanted::First if skip > 0 => between(skip),
            Wanted::First => few("first"),
            Wanted::Last if skip > 0 => between(found.seen.saturating_sub(skip + shown)),
            Wanted::Last => few("last"),
            Wanted::Some(seed) => format!("{rows} chosen by seed {seed}"),
        };
        match found.extent {
            Extent::Whole if shown == found.seen && shown == 1 => format!("1 row{of}, the only one"),
            Extent::Whole if shown == found.seen => format!("{rows}{of}, all that there are"),
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
        let mut out = Vec::new();
        let mut writer = RowWriter::begin(self.asked.form, &table.arrow(), &mut out)?;
        for batch in batches {
            writer.rows(batch)?;
        }
        self.tell_same(writer.end()?);
        String::from_utf8(out).map_err(|error| Error::new(Code::Internal, error.to_string()))
    }

    /// The events of one case.
    fn case(&self, inputs: &[Input], id: &str) -> Result<String> {
        // Which columns are shown is decided below: those with roles are needed first.
        let mut options = self.options.clone();
        let select = std::mem::take(&mut options.table.select);
        let exclude = std::mem::take(&mut options.table.exclude);
        let progress = ProgressDisplay::start(self.console, &self.observer, "view".as_ref(), (1, 1));
        if let Some(step) = self.steps.0.first() {
            return Err(Error::new(
                Code::Usage,
                format!("the step {} is not for the events of one case", step.name()),
            )
            .help("leave the step out, or leave ⟦case⟧ out"));
        }
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
                .help("leave ⟦where⟧ out to see whether the log has this case"),
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
        let first = self.asked.skip as usize;
        let most = self.asked.rows.map_or(usize::MAX, |rows| usize::try_from(rows).unwrap_or(usize::MAX));
        let (gaps, span) = case::gaps(&found.table, &rows);
        let all = rows.num_rows();
        let (from, to) = (first.min(all), first.saturating_add(most).min(all));
        let rows = rows.slice(from, to - from);
        let kept = kept(&found.table, &select, &exclude)?;
        self.keep_warnings(found.report.as_ref());
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
        let steps = table_steps(&mut options, self.asked.table.is_some())?;
        let progress = ProgressDisplay::start(self.console, &self.observer, "view".as_ref(), (1, 1));
        let query = TableQuery {
            input,
            options: &options,
            table: self.asked.table.as_deref(),
            pick: (self.wanted(), self.rows(), self.asked.skip),
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
        refuse_columns(&self.options.table, self.asked.table.is_some())?;
        let tables = tables::of_bundle(folder)?;
        let table = tables::wanted(self.asked.table.as_deref(), &tables)?.map(|at| &tables[at]);
        if let (Some(table), true) = (table.filter(|_| self.asked.table.is_some()), self.streams.get()) {
            let input = [Input::Path(folder.join(format!("{}.parquet", table.file)))];
            return self.query_text(&table.name, &self.query(&input, &self.options, Steps::default()));
        }
        let rows = || {
            let Some(table) = table else { return Ok(None) };
            let input = [Input::Path(folder.join(format!("{}.parquet", table.file)))];
            let mut found = self.query(&input, &self.options, Steps::default()).read()?;
            found.total = Some(table.rows);
            Ok(Some((table.name.clone(), found)))
        };
        self.tables_text(&folder.to_string_lossy(), &tables, rows)
    }

    /// What is for event logs alone.
    fn refuse_case(&self) -> Result<()> {
        if let Some(name) = self.for_events {
            return Err(step_refused(name));
        }
        match self.asked.case {
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
        if self.asked.table.is_none() {
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
            let title = if self.asked.table.is_none() { table } else { format!("{name}: {table}") };
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
