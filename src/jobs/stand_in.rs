//! Files that are made on the way and that nobody sees: what is said of them is said of the input that they
//! stand for.

use crate::error::Error;
use crate::mmap::Input;
use crate::model::warning::Warning;
use crate::report::Report;

/// A file that is made of an input and read in its place.
#[derive(Debug, Clone)]
pub struct StandIn {
    /// The input that the user gave.
    pub input: Input,
    /// The temporary file that is read instead of the input.
    pub made: Input,
}

impl StandIn {
    /// Each input with what is read in its place.
    pub fn pairs(inputs: &[Input], made: &[Input]) -> Vec<Self> {
        let pairs = inputs.iter().zip(made);
        pairs.map(|(input, made)| Self { input: input.clone(), made: made.clone() }).collect()
    }

    /// An error that may be about the file, as one about the input.
    pub fn error(&self, error: Error) -> Error {
        match self.made.path() {
            Some(made) if self.made != self.input => error.renamed(made, self.input.path()),
            _ => error,
        }
    }

    /// Replaces the name of the temporary file in warnings by that of the input.
    pub fn warnings(&self, warnings: &mut [Warning]) {
        let (made, input) = (self.made.to_string(), self.input.to_string());
        if made != input {
            warnings.iter_mut().for_each(|warning| warning.rename_input(&made, &input));
        }
    }

    /// The same for a report, which names its inputs.
    pub fn report(&self, report: &mut Report) {
        self.warnings(&mut report.warnings);
        let made = self.made.to_string();
        for input in report.inputs.iter_mut().filter(|it| it.name == made) {
            input.name = self.input.to_string();
        }
    }
}

/// Puts the name of the only input to warnings that have none, for a run of several inputs.
pub fn name_input(warnings: &mut [Warning], inputs: &[String]) {
    if let [only] = inputs {
        for warning in warnings.iter_mut().filter(|it| it.input.is_none()) {
            warning.input = Some(only.clone());
        }
    }
}
