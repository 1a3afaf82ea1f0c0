//! SIGINT, SIGTERM and SIGHUP end a run cleanly; a second one, or ten seconds without an end, ends it at
//! once.
//!
//! A thread of its own waits for them: which one came decides the exit code, and `sigwait` tells where a
//! handler that only sets a flag does not. At every moment an end at once is safe too: the output appears
//! whole or not at all, and what lies beside it unfinished is swept by the next run.

#![allow(unsafe_code, reason = "the standard library knows no signals")]

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use libc::{c_int, sigset_t};
use logflow::observer::Observer;

use crate::stdout;

/// Seconds after which someone who waits is told how to wait no longer.
const PATIENCE: i64 = 1;
/// Seconds beyond these that a run gets to put its things away: it may wait for a pipe that nobody writes to,
/// or a disk that is slow to sync. Below what batch systems wait before they kill, 30 s and more.
const GRACE: i64 = 9;

static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// The signal that ended the run, if one did.
pub fn caught() -> Option<u8> {
    u8::try_from(CAUGHT.load(Ordering::Relaxed)).ok().filter(|signal| *signal > 0)
}

/// From now on a signal stops `observer`. To be called before other threads are there: they inherit that the
/// signals are not theirs.
pub fn stop(observer: &Observer) {
    let signals: Vec<c_int> =
        [libc::SIGINT, libc::SIGTERM, libc::SIGHUP].into_iter().filter(|it| !is_ignored(*it)).collect();
    let set = set_of(&signals);
    // SAFETY: `set` is initialised, and no old mask is asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) };
    let observer = observer.clone();
    // A run without this thread could not be stopped at all; without it the signals must do what they always
    // do.
    let started = thread::Builder::new().name("signals".to_owned()).spawn(move || wait(&set, &observer));
    if started.is_err() {
        // SAFETY: as above.
        unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut()) };
    }
}

/// From now on Ctrl-C is for the program that was started last, such as a pager.
pub fn ignore_interrupts() {
    // SAFETY: the signal is known, and to ignore it needs no handler.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
}

fn wait(set: &sigset_t, observer: &Observer) {
    let mut signal: c_int = 0;
    // SAFETY: both point to live values; the set's signals are blocked in every thread.
    if unsafe { libc::sigwait(set, &raw mut signal) } != 0 {
        return;
    }
    CAUGHT.store(signal, Ordering::Relaxed);
    observer.stop();
    if !comes_within(set, PATIENCE) {
        stdout::eprint("logflow: stopping; repeat to stop immediately\n");
        comes_within(set, GRACE);
    }
    // SAFETY: ends the process; nothing runs after it.
    unsafe { libc::_exit(128 + signal) };
}

/// Whether another signal comes before so many seconds are over.
fn comes_within(set: &sigset_t, seconds: i64) -> bool {
    let time = libc::timespec { tv_sec: seconds, tv_nsec: 0 };
    // SAFETY: the set and the time are live, and no details are asked for.
    unsafe { libc::sigtimedwait(set, ptr::null_mut(), &raw const time) > 0 }
}

fn set_of(signals: &[c_int]) -> sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `set` is room for one set.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    for signal in signals {
        // SAFETY: the set was made empty above.
        unsafe { libc::sigaddset(set.as_mut_ptr(), *signal) };
    }
    // SAFETY: made empty above, and filled.
    unsafe { set.assume_init() }
}

/// Whether whoever started us wants the signal ignored: `nohup` does, and shells for what runs behind.
fn is_ignored(signal: c_int) -> bool {
    let mut old = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: asks only; `old` is room for the answer.
    if unsafe { libc::sigaction(signal, ptr::null(), old.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: the call succeeded and so has filled it.
    let old = unsafe { old.assume_init() };
    old.sa_sigaction == libc::SIG_IGN
}
