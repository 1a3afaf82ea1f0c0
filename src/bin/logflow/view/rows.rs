//! Reads the rows that are shown, and no more of the inputs than they need.
//!
//! The first rows of text are looked for at its beginning, in a stretch that grows until it has enough of
//! them. Only if it would grow too large is all of the input read. The last rows, and some from everywhere,
//! need all of it.

use arrow::array::RecordBatch;
use logflow::convert::typed_files::{are_typed, format_of};
use logflow::error::{Code, Error, Result};
use logflow::mmap::Input;
use logflow::observer::Observer;
use logflow::options::{BadRowLimit, OnBadRow, Options};
use logflow::source::TypedFormat;
use logflow::source::parquet::ParquetSource;
use logflow::step::Steps;
use logflow::{LogReader, Report, TableSchema};

use super::pick::{Pick, Wanted};

/// Text that is looked at first, in bytes: as much as is read of an input to know what it is.
const FIRST: u64 = 256 << 10;
/// Text at the beginning beyond which all is read, in bytes: of a pipe or a packed file that much is held.
const MOST: u64 = 32 << 20;
/// Text of a row, in bytes, where it is long.
const ROW: u64 = 256;

/// What is read, and which rows of it.
pub struct RowQuery<'q> {
    /// The inputs of one table.
    pub inputs: &'q [Input],
    /// How they are read.
    pub options: &'q Options,
    /// What rows pass on their way.
    pub steps: Steps,
    /// Which rows are wanted.
    pub wanted: Wanted,
    /// How many.
    pub rows: usize,
    /// How many are passed over.
    pub skip: u64,
    /// May stop the reading.
    pub observer: &'q Observer,
}

/// Takes rows of a table, and tells whether more are of use.
pub type EachRows<'e> = &'e mut dyn FnMut(&TableSchema, &RecordBatch) -> Result<bool>;

/// The rows that were asked for, and what is known of the others.
pub struct FoundRows {
    /// Columns with their types and roles.
    pub table: TableSchema,
    /// Stretches of rows, each with the number of its first row, counted from 0.
    pub parts: Vec<(u64, RecordBatch)>,
    /// Rows that were read.
    pub seen: u64,
    /// Where the types are from, and how many rows there are.
    pub extent: Extent,
    /// Malformed rows among those that were read.
    pub bad_rows: u64,
    /// All rows of the inputs, if that is known without reading them.
    pub total: Option<u64>,
    /// The format of the first input, and how it is packed.
    pub form: String,
    /// Figures and warnings; `None` if reading ended before the end.
    pub report: Option<Report>,
}

/// How much of the inputs is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it was read.
    Whole,
    /// Only its beginning was read, and types are those of its rows.
    Beginning,
    /// Types are those of all rows, and reading ended when there were enough rows.
    Typed,
}

impl RowQuery<'_> {
    /// Reads.
    ///
    /// # Errors
    /// What is wrong with inputs and options. Malformed rows are left out and counted.
    pub fn read(&self) -> Result<FoundRows> {
        self.read_to(None)
    }

    /// Reads, and hands first rows over as they come, however many are wanted. All others are found at the end.
    ///
    /// # Errors
    /// As [`read`](Self::read), and the errors of `each`, which tells whether more rows are of use.
    pub fn read_each(&self, each: EachRows<'_>) -> Result<FoundRows> {
        let found = self.read_to(Some(&mut *each))?;
        for (_, batch) in &found.parts {
            if !each(&found.table, batch)? {
                break;
            }
        }
        Ok(FoundRows { parts: Vec::new(), ..found })
    }

    fn read_to(&self, each: Option<EachRows<'_>>) -> Result<FoundRows> {
        let is_typed = are_typed(self.inputs, self.options, self.observer)?;
        let mut options = self.options.clone();
        if !is_typed {
            options.table.on_bad_row = OnBadRow::Reject(BadRowLimit::None);
        }
        let enough = self.skip.saturating_add(self.rows as u64).saturating_mul(ROW);
        let mut bytes = FIRST.max(enough);
        let mut form = String::new();
        while !is_typed && self.wanted == Wanted::First && bytes <= MOST {
            let found = self.pass(&options, Some(bytes), None)?;
            let is_enough = found.seen >= self.skip.saturating_add(self.rows as u64);
            if is_enough || found.extent == Extent::Whole {
                return Ok(found);
            }
            bytes = bytes.saturating_mul(8);
            form = found.form;
        }
        let mut found = self.pass(&options, None, each)?;
        if is_typed {
            self.tell_typed(&mut found)?;
        } else if found.form.is_empty() {
            found.form = form;
        }
        Ok(found)
    }

    /// What files of typed values say of themselves.
    fn tell_typed(&self, found: &mut FoundRows) -> Result<()> {
        let [first, others @ ..] = self.inputs else { return Ok(()) };
        let format = format_of(first, self.observer)?;
        found.form = format.map_or("", TypedFormat::name).to_owned();
        if let (Some(TypedFormat::Parquet), [], Input::Path(path)) = (format, others, first) {
            found.total = Some(ParquetSource::at(path)?.rows());
        }
        Ok(())
    }

    /// Reads all, or the beginning, once.
    fn pass(
        &self,
        options: &Options,
        beginning: Option<u64>,
        mut each: Option<EachRows<'_>>,
    ) -> Result<FoundRows> {
        let mut reader = LogReader::all(self.inputs.iter().cloned()).options(options.clone());
        reader = reader.observer(self.observer).steps(self.steps.clone());
        if let Some(bytes) = beginning {
            reader = reader.beginning(bytes);
        }
        let mut batches = reader.batches()?;
        let mut pick = Pick::new(self.wanted, self.rows, self.skip);
        // Of a beginning all is read by now, and how many rows it has is of interest.
        while beginning.is_some() || !pick.is_full() {
            let Some(batch) = batches.next() else { break };
            pick.take(&batch?)?;
            if let (Some(each), Some(table)) = (&mut each, batches.table()) {
                for (_, rows) in pick.settled() {
                    if !each(table, &rows)? {
                        pick.close();
                    }
                }
            }
        }
        let report = batches.report().cloned();
        let Some(table) = batches.table().cloned() else {
            return Err(Error::new(Code::Internal, "the table has no columns"));
        };
        let extent = match &report {
            Some(report) if report.is_partial => Extent::Beginning,
            Some(_) => Extent::Whole,
            None => Extent::Typed,
        };
        let bad_rows = report.as_ref().map_or(0, |report| report.bad_rows);
        let form = report.as_ref().map(form).unwrap_or_default();
        let (seen, parts) = (pick.seen(), pick.finish());
        Ok(FoundRows { table, parts, seen, extent, bad_rows, total: None, form, report })
    }
}

/// The format of the first input, and how it is packed.
pub fn form(report: &Report) -> String {
    let Some(input) = report.inputs.first() else { return String::new() };
    match input.compression {
        Some(packed) => format!("{}, {packed}", input.format),
        None => input.format.to_owned(),
    }
}
