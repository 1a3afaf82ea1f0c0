//! The view of a run from outside: progress, phases and warnings, and the request to stop.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::{Code, Error, Result};
use crate::model::warning::Warning;

/// What a run is doing.
///
/// # Examples
/// ```
/// use logflow::{Observer, Phase};
///
/// let observer = Observer::default();
/// assert_eq!(observer.progress().phase, Phase::Waiting);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Phase {
    /// The run has not begun.
    #[default]
    Waiting,
    /// Inputs are opened, and their format and first types are found.
    Looking,
    /// All inputs are read. The number of the pass counts from 1; it goes on if the observer serves several
    /// runs.
    Pass(u64),
    /// All rows were read; the output is completed and brought to the disk.
    Finishing,
    /// The output appears under its name.
    Committing,
}

impl Phase {
    /// One word for the phase, for logs: `waiting`, `looking`, `pass`, `finishing` or `committing`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Looking => "looking",
            Self::Pass(_) => "pass",
            Self::Finishing => "finishing",
            Self::Committing => "committing",
        }
    }
}

/// An object of the caller that is told what happens in a run.
///
/// Both methods are called from threads of the run, and the run waits until they return: a listener notes or
/// prints what it is told, and leaves longer work to a thread of its own. `observer` is the one of the run,
/// which the listener may [stop](Observer::stop). Both methods do nothing by default.
///
/// # Examples
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use logflow::{Code, Convert, EachBatch, Listener, Observer, Warning};
///
/// /// Stops a run that has a warning before its output appears.
/// struct StopOnWarning(Arc<Mutex<Vec<&'static str>>>);
///
/// impl Listener for StopOnWarning {
///     fn warning(&self, warning: &Warning, observer: &Observer) {
///         self.0.lock().unwrap().push(warning.code.number());
///         observer.stop();
///     }
/// }
///
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n").unwrap();
/// let (codes, observer) = (Arc::default(), Observer::default());
/// observer.listen(StopOnWarning(Arc::clone(&codes)));
/// let mut target = EachBatch::new(|_, _| Ok(()));
/// let error = Convert::new(path).run(&mut target, &observer).unwrap_err();
/// assert_eq!(error.code(), Code::Interrupted);
/// assert_eq!(*codes.lock().unwrap(), ["LW401"]); // no column is known to be the timestamp
/// # Ok(())
/// # }
/// ```
pub trait Listener: Send + Sync {
    /// A phase begins. A conversion has the phases of [`Phase`] in their order, and [`Phase::Pass`] once for
    /// each pass; a survey ends with its last pass. A run that fails ends in the phase in which it failed.
    fn phase(&self, phase: Phase, observer: &Observer) {
        let _ = (phase, observer);
    }

    /// The run has a warning. Warnings are told in the order of
    /// [`Report::warnings`](crate::report::Report::warnings), once all rows were read and before the output
    /// appears; each is told once. A run that fails earlier tells none.
    fn warning(&self, warning: &Warning, observer: &Observer) {
        let _ = (warning, observer);
    }
}

/// How far a run is. The numbers begin again with each pass.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n1,b\n").unwrap();
/// let observer = logflow::Observer::default();
/// logflow::Convert::new(path).survey(&observer)?;
/// let progress = observer.progress();
/// assert_eq!((progress.rows, progress.pass), (2, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What the run is doing.
    pub phase: Phase,
    /// Bytes of input; `None` if that is not known.
    pub total_bytes: Option<u64>,
    /// Bytes of input that were read.
    pub bytes: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Number of the pass over the input, from 1; 0 before the first. It goes on if the observer serves
    /// several runs.
    pub pass: u64,
}

/// The view of a run from outside, for progress bars, logs and signal handlers: how far the run is, what it
/// is doing, and the request to stop. Clones belong to the same run.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("log.csv");
/// # std::fs::write(&path, "case,activity\n1,a\n").unwrap();
/// let observer = logflow::Observer::default();
/// observer.clone().stop(); // usually from another thread, while the run goes on
/// let error = logflow::Convert::new(path).survey(&observer).unwrap_err();
/// assert_eq!(error.code(), logflow::Code::Interrupted);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Observer(Arc<ObserverInner>);

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("progress", &self.progress()).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct ObserverInner {
    stop: AtomicBool,
    /// The observer of the work that this run is a part of, which stops it as well.
    whole: Option<Observer>,
    total: AtomicU64,
    done: AtomicU64,
    rows: AtomicU64,
    pass: AtomicU64,
    phase: Mutex<Phase>,
    listener: OnceLock<Box<dyn Listener>>,
    following: AtomicBool,
    followed: Mutex<Option<Arc<AtomicU64>>>,
}

impl Observer {
    /// An observer of one of several runs that are parts of one piece of work: it counts for itself, and stops
    /// if this observer is stopped.
    ///
    /// # Examples
    /// ```
    /// let whole = logflow::Observer::default();
    /// let (part, other) = (whole.part(), whole.part());
    /// part.stop();
    /// assert!(part.stopped() && !other.stopped() && !whole.stopped());
    /// whole.stop();
    /// assert!(other.stopped());
    /// ```
    #[must_use]
    pub fn part(&self) -> Self {
        Self(Arc::new(ObserverInner { whole: Some(self.clone()), ..ObserverInner::default() }))
    }

    /// Whether both are of the same run.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Asks the run to stop; it does within a batch.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the run was asked to stop.
    #[inline]
    pub fn stopped(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed) || self.0.whole.as_ref().is_some_and(Self::stopped)
    }

    /// Begins a pass over `total` bytes of input; 0 if that is not known.
    pub fn begin_pass(&self, total: u64) {
        self.count_from_zero(total);
        self.enter(Phase::Pass(self.0.pass.load(Ordering::Relaxed)));
    }

    /// Begins to count anew, up to `total`, for work that takes long enough to be shown; 0 if the total is
    /// not known.
    pub fn count_from_zero(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
        self.0.done.store(0, Ordering::Relaxed);
        self.0.rows.store(0, Ordering::Relaxed);
        self.0.pass.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets who is told of phases and warnings. An observer has one listener, the first that is set.
    pub fn listen(&self, listener: impl Listener + 'static) {
        let _ = self.0.listener.set(Box::new(listener));
    }

    /// Notes that a phase of the run begins, and tells the listener.
    pub fn enter(&self, phase: Phase) {
        *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
        if let Some(listener) = self.0.listener.get() {
            listener.phase(phase, self);
        }
    }

    /// Tells the listener of a warning.
    pub fn warn(&self, warning: &Warning) {
        if let Some(listener) = self.0.listener.get() {
            listener.warning(warning, self);
        }
    }

    /// Adds what a batch got done.
    #[inline]
    pub fn add(&self, bytes: u64, rows: u64) {
        if !self.0.following.load(Ordering::Relaxed) {
            self.0.done.fetch_add(bytes, Ordering::Relaxed);
        }
        self.0.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Counts bytes by this counter and no longer by batches: text that is unpacked or transcoded is not as
    /// long as its file.
    pub fn follow(&self, counter: Arc<AtomicU64>) {
        *self.0.followed.lock().unwrap_or_else(PoisonError::into_inner) = Some(counter);
        self.0.following.store(true, Ordering::Relaxed);
    }

    /// Ends what [`Observer::follow`] began; what the counter says is done.
    pub fn unfollow(&self) {
        let followed = self.0.followed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let bytes = followed.map_or(0, |counter| counter.load(Ordering::Relaxed));
        self.0.following.store(false, Ordering::Relaxed);
        self.0.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How far the run is.
    pub fn progress(&self) -> Progress {
        let get = |it: &AtomicU64| it.load(Ordering::Relaxed);
        let followed =
            self.0.followed.lock().unwrap_or_else(PoisonError::into_inner).as_deref().map_or(0, get);
        Progress {
            phase: *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner),
            total_bytes: Some(get(&self.0.total)).filter(|total| *total > 0),
            bytes: get(&self.0.done) + followed,
            rows: get(&self.0.rows),
            pass: get(&self.0.pass),
        }
    }

    /// An error if the run was asked to stop.
    pub fn check(&self) -> Result<()> {
        if self.stopped() { Err(Error::new(Code::Interrupted, "the output was discarded")) } else { Ok(()) }
    }
}
