//! What has no column of its own is gathered while its event or trace is open, and written as JSON when that
//! is over.

use serde_json::Value;

use super::XmlFault;
use super::columns::{XesContent, XesScope, gathering};
use super::rows::XesRows;
use crate::error::Code;
use crate::model::hash::hash_bytes;
use crate::model::kind::Kind;

impl XesRows<'_> {
    /// Keeps what has no column of its own.
    ///
    /// # Errors
    /// If rows of the trace are gone.
    pub fn gather(
        &mut self,
        scope: XesScope,
        holds: XesContent,
        node: Value,
        at: usize,
    ) -> Result<(), XmlFault> {
        let gathered = match (scope, &mut self.trace) {
            (XesScope::Event, _) => &mut self.gathered,
            (XesScope::Trace, Some(trace)) => {
                if trace.events > 0 {
                    if trace.flushed {
                        return Err(XmlFault::new(
                            Code::XmlLimit,
                            at,
                            "expected what belongs to a trace before its events, or within a MiB of its start",
                        ));
                    }
                    trace.late = true;
                }
                trace.sealed = false;
                trace.hash = trace.hash.wrapping_add(hash_bytes(1, node.to_string().as_bytes()));
                trace.attributes += 1;
                &mut trace.gathered
            }
            (XesScope::Trace, None) => return Ok(()),
        };
        match holds {
            XesContent::Duplicates => gathered.duplicates.push(node),
            _ => gathered.other.push(node),
        }
        Ok(())
    }

    /// Keeps a type that is not the main one of a column.
    pub fn gather_type(&mut self, scope: XesScope, name: &str, tag: &str) {
        let gathered = match (scope, &mut self.trace) {
            (XesScope::Trace, Some(trace)) => {
                trace.sealed = false;
                &mut trace.gathered
            }
            _ => &mut self.gathered,
        };
        gathered.types.insert(name.to_owned(), tag.into());
    }

    /// Writes what the open event has gathered.
    #[cold]
    pub(super) fn write_gathered(&mut self) {
        let gathered = std::mem::take(&mut self.gathered);
        for (holds, json) in gathered.to_json() {
            let column = self.column(gathering(XesScope::Event, holds));
            self.set_value(XesScope::Event, column, Kind::Nested, json.as_bytes(), self.event_at);
        }
    }
}
