//! Threads to cores: only to members of the process's own mask, and only when every worker can have one for itself.

use core_affinity::CoreId;

/// Which core each worker gets.
#[derive(Debug, Clone, Default)]
pub struct Pins(Vec<CoreId>);

impl Pins {
    /// Cores for `workers` threads; none if pinning is not wanted, or two workers would have to share a core.
    pub fn new(wanted: bool, workers: usize) -> Self {
        if !wanted {
            return Self::default();
        }
        // The mask, not the machine: a batch system gives a job some cores and expects it to stay there.
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        if cores.len() < workers { Self::default() } else { Self(cores) }
    }

    /// Binds the calling thread to its core. Failing to is no failure: the kernel then places it.
    pub fn bind(&self, worker: usize) {
        if let Some(core) = self.0.get(worker) {
            let _ = core_affinity::set_for_current(*core);
        }
    }
}
