//! No output: the run is made for what its steps find.

use std::sync::Arc;

use serde_json::Value;

use crate::encode::page_store::Spill;
use crate::error::Result;
use crate::options::Options;
use crate::report::Report;
use crate::target::{Summary, Target, TargetTable, Wants};

/// Takes no rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct FindingsOnly;

impl Target for FindingsOnly {
    fn takes_rows(&self) -> bool {
        false
    }

    fn begin(&mut self, _: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        Ok(Wants::Findings)
    }

    fn finish(&mut self, _: Summary<'_>) -> Result<()> {
        Ok(())
    }

    fn commit(&mut self, _: &mut Report) -> Result<()> {
        Ok(())
    }
}

/// Takes no rows of the tables of an object-centric log either, but keeps the list of its types.
#[derive(Debug, Default)]
pub struct ObjectFindings {
    /// What the file `ocel-meta.json` of a bundle would say.
    pub manifest: Option<Value>,
}

impl Target for ObjectFindings {
    fn takes_several_tables(&self) -> bool {
        true
    }

    fn takes_rows(&self) -> bool {
        false
    }

    fn begin(&mut self, _: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
        Ok(Wants::Findings)
    }

    fn finish(&mut self, summary: Summary<'_>) -> Result<()> {
        self.manifest = summary.manifest;
        Ok(())
    }

    fn commit(&mut self, _: &mut Report) -> Result<()> {
        Ok(())
    }
}
