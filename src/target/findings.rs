//! No output: the run is made for what its steps find.

use std::sync::Arc;

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
