//! A conversion as a value that is put together step by step: what users of the library begin with.

use super::conversion::{convert, preview, survey};
use crate::error::Result;
use crate::mmap::Input;
use crate::observer::Observer;
use crate::options::Options;
use crate::report::Report;
use crate::step::{Step, Steps};
use crate::target::Target;

/// A conversion: inputs, options and steps. It is run with a target.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n1,b\n2,a\n").unwrap();
/// # let output = folder.path().join("log.parquet");
/// use logflow::{Convert, Observer, Options, ParquetFile};
///
/// let mut options = Options::default();
/// options.table.condition = Some("case = 1".parse()?);
/// let report = Convert::new(path)
///     .options(options)
///     .run(&mut ParquetFile::new(output.as_path()), &Observer::default())?;
/// assert_eq!((report.rows, report.filtered_rows), (2, 1));
/// assert!(output.is_file());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a conversion does nothing until it is run"]
pub struct Convert {
    inputs: Vec<Input>,
    options: Options,
    steps: Steps,
}

impl Convert {
    /// A conversion of one input: a path, or [`Input::Stdin`].
    pub fn new(input: impl Into<Input>) -> Self {
        Self::all([input])
    }

    /// A conversion of several inputs to one table.
    pub fn all(inputs: impl IntoIterator<Item = impl Into<Input>>) -> Self {
        let inputs = inputs.into_iter().map(Into::into).collect();
        Self { inputs, options: Options::default(), steps: Steps::default() }
    }

    /// Sets all options.
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The options that were set.
    pub(crate) fn set_options(&self) -> &Options {
        &self.options
    }

    /// Adds a step behind those that the options ask for and those that were added before.
    pub fn step(mut self, step: impl Step + 'static) -> Self {
        self.steps.0.push(std::sync::Arc::new(step));
        self
    }

    /// Adds several steps.
    pub fn steps(mut self, steps: Steps) -> Self {
        self.steps.0.extend(steps.0);
        self
    }

    /// Converts the inputs. The output appears whole at the end, or not at all.
    ///
    /// # Errors
    /// What is wrong with inputs, options or the output, and what a step refuses.
    pub fn run(&self, target: &mut dyn Target, observer: &Observer) -> Result<Report> {
        self.spelled(convert(&self.inputs, &self.steps, target, &self.options, observer))
    }

    /// Reads all of the inputs and writes nothing: columns, types and counts. Steps are not done.
    ///
    /// # Errors
    /// What is wrong with inputs or options.
    pub fn survey(&self, observer: &Observer) -> Result<Report> {
        self.spelled(survey(&self.inputs, &self.options, observer))
    }

    /// Reads the beginning of the inputs only: columns, types and dialect, as far as it shows them. Steps are
    /// not done.
    ///
    /// # Errors
    /// What is wrong with inputs or options.
    pub fn preview(&self) -> Result<Report> {
        self.spelled(preview(&self.inputs, &self.options))
    }

    /// Writes the names of options in messages as the caller calls them.
    fn spelled(&self, result: Result<Report>) -> Result<Report> {
        let spelling = self.options.spelling;
        result.map(|report| report.spelled(spelling)).map_err(|error| error.spelled(spelling))
    }
}
