//! What a job wrote, by the kind of its output.

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::jobs::stand_in::StandIn;
use crate::model::warning::Warning;
use crate::options::Spelling;
use crate::report::Report;
use crate::target::ocel::OcelReport;
use crate::target::report_file::run_value;
use crate::target::xes::XesReport;

/// The report of a job that was written, by what its output is.
pub enum Written {
    /// A table or a bundle.
    Table(Box<Report>),
    /// The table of a classic log that was made of an object-centric one.
    FlatTable(Box<Report>),
    /// An event log as XES.
    Log(XesReport),
    /// An object-centric log in another form than a bundle.
    Objects(OcelReport),
}

impl Written {
    /// The warnings of the report.
    pub fn warnings(&mut self) -> &mut Vec<Warning> {
        match self {
            Self::Table(report) | Self::FlatTable(report) => &mut report.warnings,
            Self::Log(report) => &mut report.warnings,
            Self::Objects(report) => &mut report.warnings,
        }
    }

    /// The report as JSON, with its warnings in the words of the caller.
    ///
    /// # Errors
    /// [`Code::Internal`] if it can't be.
    pub fn to_json(&self, spelling: Spelling) -> Result<Value> {
        let value = match self {
            Self::Table(report) | Self::FlatTable(report) => return run_value(report, spelling),
            Self::Log(report) => serde_json::to_value(report),
            Self::Objects(report) => serde_json::to_value(report),
        };
        let mut value = value.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        value["status"] = "done".into();
        Ok(value)
    }

    /// Names inputs as the user named them.
    pub fn rename(&mut self, stand_ins: &[StandIn]) {
        for it in stand_ins {
            match self {
                Self::Table(report) | Self::FlatTable(report) => it.report(report),
                Self::Log(_) | Self::Objects(_) => it.warnings(self.warnings()),
            }
        }
    }
}
