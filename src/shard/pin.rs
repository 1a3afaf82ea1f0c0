//! Binds threads to cores, only to those in the process's own mask, and only if every worker can have a core
//! for itself.

use core_affinity::CoreId;

/// The core of each worker.
#[derive(Debug, Clone, Default)]
pub struct Pins(Vec<CoreId>);

impl Pins {
    /// Cores for `workers` threads; empty if pinning is not wanted, or two workers would have to share a
    /// core.
    pub fn new(wanted: bool, workers: usize) -> Self {
        if !wanted {
            return Self::default();
        }
        // The cores of the mask, not of the machine: a batch system gives a job some cores and expects it to
        // stay there.
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        if cores.len() < workers { Self::default() } else { Self(cores) }
    }

    /// Binds the calling thread to its core. If that fails, the kernel places the thread, which is harmless.
    pub fn bind(&self, worker: usize) {
        if let Some(core) = self.0.get(worker) {
            let _ = core_affinity::set_for_current(*core);
        }
    }
}
