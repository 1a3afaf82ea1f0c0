//! Pseudonyms, masks, coarser values and shifted times: what a log needs before others may see it.
//!
//! ```text
//! settings.rs    what a file or command line asks for
//! key.rs         the secret key
//! hash.rs        pseudonyms and offsets that follow from the key
//! plan.rs        what becomes of each column of one table
//! worker.rs      batches
//!   change.rs    arrays of values       texts.rs   the text of a value
//!   nested.rs    values inside structs and lists
//!   json.rs      values inside JSON text
//!   mask.rs  generalise.rs  shift.rs
//! head.rs        what stands beside the rows: defaults and attributes of an XES log
//! personal.rs    columns that look personal and were not mentioned
//! ```
//!
//! The step is confidential: values of the columns that it changes are in no message, reject or temporary file of
//! the run, as [`Step::is_confidential`] says.

pub mod change;
mod generalise;
pub mod hash;
mod head;
mod json;
pub mod key;
mod mask;
mod nested;
pub mod personal;
mod plan;
mod settings;
mod shift;
pub mod texts;
mod worker;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;

pub use self::hash::Hashing;
use self::plan::TablePlan;
use self::settings::Orders;
pub use self::settings::{HashName, PseudonymSettings, ROW, usual_days};
use super::{BoundStep, Step};
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;
use crate::model::warning::{Warning, WarningCode};

/// Replaces, masks, generalises, shifts and leaves out values.
///
/// # Examples
/// ```
/// use logflow::step::pseudonymise::key::Key;
/// use logflow::step::pseudonymise::{Hashing, Pseudonymise, PseudonymSettings};
///
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,resource\n1,Alice\n").unwrap();
/// let key: Vec<u8> = (0..32).collect();
/// let mut settings = PseudonymSettings::default();
/// settings.columns = vec!["resource".to_owned()];
/// let step = Pseudonymise::new(settings, Some(Hashing::Keyed(Key::new(&key)?)))?;
/// let batch = logflow::read(path).step(step).batches()?.next().unwrap()?;
/// let resource = batch.column(1);
/// let text = arrow::util::display::array_value_to_string(resource, 0).unwrap();
/// assert_eq!(text, "1e6bbe3a30d24f6f9757407d6b59594c");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Pseudonymise(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: PseudonymSettings,
    orders: Orders,
    hashing: Option<Hashing>,
    /// The least unit of offsets, in nanoseconds.
    least_unit: i64,
    /// Names that the settings have and that some table of an object-centric log has.
    met: Mutex<BTreeSet<String>>,
}

impl Pseudonymise {
    /// The step with these settings. `hashing`: how pseudonyms and offsets are made, if the settings ask for any.
    ///
    /// # Errors
    /// [`Code::Usage`] for settings that do not fit together.
    pub fn new(settings: PseudonymSettings, hashing: Option<Hashing>) -> Result<Self> {
        let orders = Orders::of(&settings)?;
        match &hashing {
            None if orders.needs_hash() => {
                return Err(Error::new(
                    Code::Key,
                    "pseudonyms and shifted times need a key, and none is given",
                )
                .help("give ⟦key-file⟧ FILE; `logflow keygen -o FILE` makes one"));
            }
            Some(Hashing::Plain) if orders.shift.is_some() => {
                return Err(Error::new(Code::Key, "times are shifted by secret offsets, which need a key")
                    .help("give ⟦key-file⟧ FILE, or leave out ⟦shift-times⟧"));
            }
            _ => {}
        }
        Ok(Self(Arc::new(Shared { settings, orders, hashing, least_unit: 1, met: Mutex::default() })))
    }

    /// The same, with times shifted by whole milliseconds: for outputs that have no finer times.
    #[must_use]
    pub fn in_millis(self) -> Self {
        self.with_unit(1_000_000)
    }

    fn with_unit(&self, least_unit: i64) -> Self {
        let Shared { settings, orders, hashing, .. } = &*self.0;
        let (settings, orders, hashing) = (settings.clone(), orders.clone(), hashing.clone());
        Self(Arc::new(Shared { settings, orders, hashing, least_unit, met: Mutex::default() }))
    }
}

impl Step for Pseudonymise {
    fn name(&self) -> &str {
        "pseudonymise"
    }

    fn bind(&self, table: &TableSchema) -> Result<Option<BoundStep>> {
        let shared = &self.0;
        let plan = TablePlan::of(table, &shared.orders, shared.settings.domain.as_deref())?;
        shared.met.lock().unwrap_or_else(PoisonError::into_inner).extend(plan.met.iter().cloned());
        let plan = Arc::new(plan);
        let (output, shared) = (plan.output.clone(), Arc::clone(shared));
        let start = move || worker::Worker::new(Arc::clone(&plan), &shared);
        Ok(Some(BoundStep::new(output, start).keeping_rows()))
    }

    fn renewed(&self) -> Option<Arc<dyn Step>> {
        Some(Arc::new(self.with_unit(self.0.least_unit)))
    }

    fn is_confidential(&self) -> bool {
        true
    }

    fn hide_in_head(&self, head: &mut serde_json::Value) -> Vec<Warning> {
        head::hide(head, &self.0.orders, &mut |orders| worker::changes(orders, &self.0))
    }

    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if matches!(self.0.hashing, Some(Hashing::Plain)) {
            let what = "pseudonyms were made without a key: whoever can list the values that there may be finds the value behind each of them";
            let help = "use ⟦key-file⟧, unless nobody will see the output who must not know the values";
            warnings.push(Warning::new(WarningCode::PlainHash, what).help(help));
        }
        warnings
    }
}

/// The rows with nothing done, for columns that the step does not know.
fn columns_of(rows: RecordBatch) -> (usize, Vec<arrow::array::ArrayRef>) {
    let count = rows.num_rows();
    let (_, columns, _) = rows.into_parts();
    (count, columns)
}
