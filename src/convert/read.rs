//! Batches of rows for a caller who asks for one after the other.

use std::collections::VecDeque;
use std::iter::FusedIterator;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::Convert;
use crate::encode::page_store::Spill;
use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::catalog::{TableId, TableSchema};
use crate::observer::Observer;
use crate::options::Options;
use crate::report::Report;
use crate::step::{Step, Steps};
use crate::target::{Summary, Target, TargetTable, Wants};

/// Batches that may wait for the caller.
const WAITING: usize = 2;

/// Reads the rows of a log as Arrow batches.
///
/// The types of columns are those of all values, so that the input is read twice, unless it has typed values:
/// Parquet and Arrow files are read once.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n1,b\n2,a\n").unwrap();
/// let mut rows = 0;
/// for batch in logflow::read(path.as_path()).batches()? {
///     rows += batch?.num_rows();
/// }
/// assert_eq!(rows, 3);
/// # Ok(())
/// # }
/// ```
pub fn read(input: impl Into<Input>) -> LogReader {
    LogReader::all([input])
}

/// A reading that was not begun yet, made by [`read`].
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n1,b\n2,a\n").unwrap();
/// let mut options = logflow::Options::default();
/// options.table.select = vec!["activity".to_owned()];
/// let batches = logflow::read(path).options(options).batches()?;
/// assert_eq!(batches.schema().fields().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is read until batches are asked for"]
pub struct LogReader {
    conversion: Convert,
    table: TableId,
    beginning: Option<u64>,
    observer: Observer,
}

impl LogReader {
    /// Reads several inputs as one table, in their order.
    pub fn all(inputs: impl IntoIterator<Item = impl Into<Input>>) -> Self {
        let (conversion, observer) = (Convert::all(inputs), Observer::default());
        Self { conversion, table: TableId::EVENTS, beginning: None, observer }
    }

    /// Sets all options.
    pub fn options(self, options: Options) -> Self {
        Self { conversion: self.conversion.options(options), ..self }
    }

    /// Adds a step that all rows pass.
    pub fn step(self, step: impl Step + 'static) -> Self {
        Self { conversion: self.conversion.step(step), ..self }
    }

    /// Adds several steps.
    pub fn steps(self, steps: Steps) -> Self {
        Self { conversion: self.conversion.steps(steps), ..self }
    }

    /// Reads another table than the first of an object-centric log.
    pub fn table(self, table: TableId) -> Self {
        Self { table, ..self }
    }

    /// Reads only the beginning: the records that lie within the first `bytes` of text, counted over all
    /// inputs. Types are those of these records, and of those in the first 256 KiB that are looked at in any
    /// case, so that the answer comes at once however long the inputs are. [`Report::is_partial`] tells
    /// whether there is more.
    ///
    /// Text is counted as it is unpacked, in UTF-8. The beginning of a pipe can be read several times, and
    /// then all of it. Files whose values have types, and databases, are read whole: drop the batches once
    /// there are enough.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> logflow::Result<()> {
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("log.csv");
    /// # std::fs::write(&path, format!("case,cost\n{}1,unknown\n", "1,5\n".repeat(100_000))).unwrap();
    /// let mut batches = logflow::read(path.as_path()).beginning(1000).batches()?;
    /// let first = batches.next().expect("rows")?;
    /// assert_eq!(first.num_rows(), 247);
    /// assert_eq!(first.schema().field(1).data_type().to_string(), "Int64");
    /// # Ok(())
    /// # }
    /// ```
    pub fn beginning(self, bytes: u64) -> Self {
        Self { beginning: Some(bytes), ..self }
    }

    /// Sets what looks at the reading from outside and may stop it.
    pub fn observer(self, observer: &Observer) -> Self {
        Self { observer: observer.clone(), ..self }
    }

    /// Begins to read, and waits until the types of all columns are known.
    ///
    /// # Errors
    /// What is wrong with the input or the options, as far as it is found before the first batch.
    pub fn batches(self) -> Result<Batches> {
        let (sender, receiver) = sync_channel(WAITING);
        let Self { conversion, table, beginning, observer } = self;
        let watched = observer.clone();
        let run = move || {
            let mut target = Sender { sender, table, beginning, schema: None };
            let result = conversion.run(&mut target, &watched);
            let Sender { sender, schema, .. } = target;
            let last = match (result, schema) {
                (Err(error), _) => Message::Failed(error),
                (Ok(report), Some(schema)) => Message::Done(schema, Box::new(report)),
                (Ok(_), None) => Message::Failed(Error::new(Code::Internal, "no table was begun")),
            };
            // A caller who dropped the batches needs no more.
            let _ = sender.send(last);
        };
        let thread = std::thread::Builder::new().name("logflow-read".to_owned()).spawn(run);
        let thread = thread.map_err(|error| Error::new(Code::Worker, error.to_string()))?;
        let first = receiver.recv().map_err(|_| ended_early())?;
        let mut batches = Batches {
            receiver: Some(receiver),
            thread: Some(thread),
            schema: None,
            waiting: VecDeque::new(),
            report: None,
        };
        match first {
            Message::Failed(error) => return Err(error),
            Message::Batch(schema, batch) => {
                batches.schema = Some(schema);
                batches.waiting.push_back(batch);
            }
            Message::Done(schema, report) => batches.done(schema, *report),
        }
        Ok(batches)
    }
}

/// A message from the thread that reads.
enum Message {
    Batch(TableSchema, RecordBatch),
    Done(TableSchema, Box<Report>),
    Failed(Error),
}

/// Sends the batches of one table.
struct Sender {
    sender: SyncSender<Message>,
    table: TableId,
    beginning: Option<u64>,
    schema: Option<TableSchema>,
}

impl Target for Sender {
    fn takes_several_tables(&self) -> bool {
        true
    }

    fn beginning(&self) -> Option<u64> {
        self.beginning
    }

    fn begin(&mut self, tables: &[TargetTable<'_>], _: &Options, _: &std::sync::Arc<Spill>) -> Result<Wants> {
        let Some(table) = tables.get(self.table.0) else {
            let what =
                format!("expected a table with number {}, found {} tables", self.table.0, tables.len());
            return Err(Error::new(Code::Usage, what).help("tables are counted from 0"));
        };
        self.schema = Some(table.schema.clone());
        Ok(Wants::Batches)
    }

    fn batch(&mut self, table: TableId, rows: RecordBatch) -> Result<()> {
        let Some(schema) = self.schema.as_ref().filter(|_| table == self.table) else { return Ok(()) };
        let sent = self.sender.send(Message::Batch(schema.clone(), rows));
        sent.map_err(|_| Error::new(Code::Interrupted, "nobody takes the batches any more"))
    }

    fn finish(&mut self, _: Summary<'_>) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self, _: &mut Report) -> Result<()> {
        Ok(())
    }
}

/// The batches of one table, in the order of the input. The reading ends when this is dropped.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n1,b\n2,a\n").unwrap();
/// let mut batches = logflow::read(path).batches()?;
/// let rows: usize = batches.by_ref().map(|batch| Ok(batch?.num_rows())).sum::<logflow::Result<_>>()?;
/// assert_eq!(rows, 3);
/// assert_eq!(batches.report().unwrap().rows, 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Batches {
    /// `None` once the last message came.
    receiver: Option<Receiver<Message>>,
    thread: Option<JoinHandle<()>>,
    schema: Option<TableSchema>,
    waiting: VecDeque<RecordBatch>,
    report: Option<Report>,
}

impl Batches {
    /// The schema that all batches have.
    pub fn schema(&self) -> SchemaRef {
        self.schema.as_ref().map_or_else(|| arrow::datatypes::Schema::empty().into(), TableSchema::arrow)
    }

    /// The columns of the table with their roles.
    pub fn table(&self) -> Option<&TableSchema> {
        self.schema.as_ref()
    }

    /// Figures and warnings, once all batches were taken.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    fn done(&mut self, schema: TableSchema, report: Report) {
        self.schema.get_or_insert(schema);
        self.report = Some(report);
        self.receiver = None;
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(batch) = self.waiting.pop_front() {
            return Some(Ok(batch));
        }
        match self.receiver.as_ref()?.recv() {
            Ok(Message::Batch(_, batch)) => Some(Ok(batch)),
            Ok(Message::Done(schema, report)) => {
                self.done(schema, *report);
                None
            }
            Ok(Message::Failed(error)) => {
                self.receiver = None;
                Some(Err(error))
            }
            Err(_) => {
                self.receiver = None;
                Some(Err(ended_early()))
            }
        }
    }
}

impl FusedIterator for Batches {}

impl Drop for Batches {
    fn drop(&mut self) {
        // The next batch finds no receiver, which ends the run.
        self.receiver = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn ended_early() -> Error {
    Error::new(Code::Worker, "the thread that reads ended early")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log whose third column is a number but for its last row.
    fn log(rows: usize) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let mut text = "case,activity,amount\n".to_owned();
        for row in 0..rows {
            text += &format!("{},a{},{row}\n", row / 3, row % 5);
        }
        text += "x,y,unknown\n";
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn all_batches_have_the_types_of_the_whole_input_and_the_order_of_its_rows() {
        let (_folder, path) = log(100_000);
        let mut batches = read(path).batches().unwrap();
        let schema = batches.schema();
        assert!(matches!(
            schema.field(2).data_type(),
            arrow::datatypes::DataType::Utf8 | arrow::datatypes::DataType::Dictionary(..)
        ));
        let mut next = 0;
        for batch in batches.by_ref() {
            let batch = batch.unwrap();
            assert_eq!(batch.schema(), schema);
            let amounts = arrow::compute::cast(batch.column(2), &arrow::datatypes::DataType::Utf8).unwrap();
            let amounts = amounts.as_any().downcast_ref::<arrow::array::StringArray>().unwrap();
            for amount in amounts.iter() {
                assert_eq!(
                    amount.unwrap(),
                    if next < 100_000 { next.to_string() } else { "unknown".to_owned() }
                );
                next += 1;
            }
        }
        assert_eq!((next, batches.report().unwrap().rows), (100_001, 100_001));
    }

    #[test]
    fn a_caller_who_takes_no_more_ends_the_reading() {
        let (_folder, path) = log(400_000);
        let observer = Observer::default();
        let mut batches = read(path).observer(&observer).batches().unwrap();
        assert!(batches.next().unwrap().is_ok());
        drop(batches);
        assert!(!observer.stopped(), "other runs may have the same observer");
    }

    #[test]
    fn an_input_that_is_not_there_is_an_error_before_the_first_batch() {
        assert_eq!(read("no/such/file.csv").batches().unwrap_err().code(), Code::InputMissing);
        let (_folder, path) = log(3);
        assert_eq!(read(path).table(TableId(1)).batches().unwrap_err().code(), Code::Usage);
    }
}
