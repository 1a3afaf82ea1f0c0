//! The SIGBUS handler, for registered mappings only.
//!
//! A page of a mapped file that is gone (the file was cut short, the disk failed) is a SIGBUS for whoever
//! reads it. The handler notes the offset, puts zeros under the rest of that mapping and lets the thread go
//! on; the reader asks [`Registration::lost_from`] before it believes what it read. Any other SIGBUS goes to
//! the handler that was there before. Invariant: the handler uses atomics and system calls alone, never a
//! lock or the heap.

#![allow(unsafe_code, reason = "a signal handler and the pages it replaces cannot be had without")]

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering, fence};

use super::advise::page_size;

/// Mappings guarded at one time; 40 bytes each. Files beyond that are read, not mapped.
const SLOTS: usize = 256;

/// `lost` of a mapping with all its pages.
const NOTHING: usize = usize::MAX;

/// One guarded range of addresses. `epoch` is odd while the range is being written (a sequence lock), so that
/// a handler running for *another* mapping never combines halves of two ranges. Its own range cannot change
/// under it: the faulting thread borrows the mapping.
struct GuardSlot {
    taken: AtomicUsize,
    epoch: AtomicUsize,
    start: AtomicUsize,
    end: AtomicUsize,
    /// Lowest offset in bytes that was lost, or [`NOTHING`].
    lost: AtomicUsize,
}

impl GuardSlot {
    const fn new() -> Self {
        Self {
            taken: AtomicUsize::new(0),
            epoch: AtomicUsize::new(0),
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            lost: AtomicUsize::new(NOTHING),
        }
    }

    /// Only by the owner of `taken`, hence by one thread at a time.
    fn set(&self, start: usize, end: usize) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        fence(Ordering::SeqCst);
        self.start.store(start, Ordering::Relaxed);
        self.end.store(end, Ordering::Relaxed);
        self.epoch.fetch_add(1, Ordering::Release);
    }

    /// The range, unless it is empty or just being written.
    fn range(&self) -> Option<(usize, usize)> {
        let epoch = self.epoch.load(Ordering::Acquire);
        let range = (self.start.load(Ordering::Relaxed), self.end.load(Ordering::Relaxed));
        fence(Ordering::SeqCst);
        let settled = epoch.is_multiple_of(2) && self.epoch.load(Ordering::Relaxed) == epoch;
        (settled && range.0 < range.1).then_some(range)
    }
}

static TABLE: [GuardSlot; SLOTS] = [const { GuardSlot::new() }; SLOTS];

/// The page size, for the handler: a plain atomic, set before the handler is installed.
static PAGE: AtomicUsize = AtomicUsize::new(4096);

/// What to do with a SIGBUS that is not ours; written before the handler is installed, read by it.
static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();

/// A guarded range of addresses; dropped before its mapping is.
#[derive(Debug)]
pub(super) struct Registration {
    slot: usize,
}

impl Registration {
    /// Guards `len` bytes from address `start`; `None` when the table is full or there is no handler.
    pub(super) fn new(start: usize, len: usize) -> Option<Self> {
        if !installed() {
            return None;
        }
        let slot = TABLE.iter().position(|slot| {
            slot.taken.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        })?;
        TABLE[slot].lost.store(NOTHING, Ordering::SeqCst);
        // The kernel maps whole pages: a fault on the last one may lie past the file's last byte.
        TABLE[slot].set(start, start + len.next_multiple_of(page_size()));
        Some(Self { slot })
    }

    /// Lowest offset in bytes that could not be read, and after which zeros may have been read instead.
    pub(super) fn lost_from(&self) -> Option<usize> {
        match TABLE[self.slot].lost.load(Ordering::SeqCst) {
            NOTHING => None,
            lost => Some(lost),
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        TABLE[self.slot].set(0, 0);
        TABLE[self.slot].taken.store(0, Ordering::Release);
    }
}

/// Installs the handler once; whether it is there.
fn installed() -> bool {
    static DONE: OnceLock<bool> = OnceLock::new();
    *DONE.get_or_init(|| {
        PAGE.store(page_size(), Ordering::SeqCst);
        let Some(previous) = exchange(None) else { return false };
        PREVIOUS.get_or_init(|| previous);
        let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = on_sigbus;
        exchange(Some(handler as libc::sighandler_t)).is_some()
    })
}

/// Sets the action of SIGBUS (`None`: leaves it) and returns the one before; `None` where the kernel refuses.
fn exchange(handler: Option<libc::sighandler_t>) -> Option<libc::sigaction> {
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    let new = handler.map(|handler| {
        // SAFETY: all-zero bytes are a valid sigaction: no flags, empty mask, default action.
        let mut new: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        new.sa_sigaction = handler;
        // On the alternate stack, which the standard library gives every thread: the stack itself may be the
        // mapping that faulted when the signal turns out not to be ours.
        new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        new
    });
    let new = new.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: both pointers are null or to structures of the right type that outlive the call.
    let done = unsafe { libc::sigaction(libc::SIGBUS, new, before.as_mut_ptr()) };
    // SAFETY: zeroed bytes are a valid sigaction, and the kernel wrote one over them when it returned 0.
    let before = unsafe { before.assume_init() };
    (done == 0).then_some(before)
}

/// The signal handler: replaces lost pages of our mappings by zeros, and passes other signals on.
extern "C" fn on_sigbus(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a pointer to a siginfo that lives as long as the handler
    // runs.
    let info_ref = unsafe { &*info };
    // BUS_ADRERR is a page the file no longer has. A failing memory module (BUS_MCEERR_*) is not ours to
    // hide.
    if info_ref.si_code == libc::BUS_ADRERR {
        // SAFETY: for BUS_ADRERR the address is the member of the union that is set.
        let address = unsafe { info_ref.si_addr() }.addr();
        if replace(address) {
            return;
        }
    }
    pass_on(signal, info, context);
}

/// Puts zeros under `address` and the rest of its mapping; `false` when it is in none of ours.
///
/// The rest, not the page alone: a file cut short has lost everything behind as well, and one signal per page
/// would be 262,144 of them per GiB.
fn replace(address: usize) -> bool {
    let page = PAGE.load(Ordering::Relaxed);
    for slot in &TABLE {
        let Some((start, end)) = slot.range() else { continue };
        if !(start..end).contains(&address) {
            continue;
        }
        let from = address / page * page;
        // Before the zeros can be read by anybody, so that whoever read them finds the mark.
        slot.lost.fetch_min(from - start, Ordering::SeqCst);
        return zeros(from, end - from);
    }
    false
}

/// Maps `len` bytes of zeros over address `from`.
fn zeros(from: usize, len: usize) -> bool {
    let errno = errno();
    // SAFETY: __errno_location returns a valid pointer to this thread's errno.
    let saved = unsafe { errno.read() };
    // SAFETY: the range lies in a mapping that its owner registered and still holds, because the faulting
    // thread reads through a borrow of it; it is page-aligned; and its memory is shared with no Rust object
    // but `&[u8]` into the file, for which other bytes are the same event as a write by another process.
    let mapped = unsafe {
        libc::mmap(
            ptr::with_exposed_provenance_mut(from),
            len,
            libc::PROT_READ,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    // SAFETY: as for reading it.
    unsafe { errno.write(saved) };
    mapped != libc::MAP_FAILED
}

fn errno() -> *mut libc::c_int {
    // SAFETY: takes nothing, and every thread has an errno.
    unsafe { libc::__errno_location() }
}

/// Does what would have been done without us.
fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let previous = PREVIOUS.get();
    let action = previous.map_or(libc::SIG_DFL, |previous| previous.sa_sigaction);
    if action == libc::SIG_DFL || action == libc::SIG_IGN {
        // Back to the default and return: the instruction faults again, and the process ends by SIGBUS as it
        // would have. A SIGBUS sent by kill(2) has no instruction to repeat, so it is sent again.
        exchange(Some(libc::SIG_DFL));
        // SAFETY: `info` is valid for as long as the handler runs.
        if unsafe { (*info).si_code } <= 0 && action == libc::SIG_DFL {
            // SAFETY: raise takes no pointers and may be called in a handler.
            unsafe { libc::raise(signal) };
        }
        return;
    }
    if previous.is_some_and(|previous| previous.sa_flags & libc::SA_SIGINFO != 0) {
        // SAFETY: an action with SA_SIGINFO that is neither default nor ignore is a function of three
        // arguments.
        let handler = unsafe { std::mem::transmute::<libc::sighandler_t, Handler3>(action) };
        handler(signal, info, context);
    } else {
        // SAFETY: without SA_SIGINFO it is a function of one.
        let handler = unsafe { std::mem::transmute::<libc::sighandler_t, Handler1>(action) };
        handler(signal);
    }
}

type Handler3 = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
type Handler1 = extern "C" fn(libc::c_int);

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    use super::super::{Input, InputSource, OpenOptions, open};
    use super::*;

    /// Runs the ignored test `name` in a process of its own, because it ends badly or takes every slot.
    fn in_a_process(name: &str) -> std::process::ExitStatus {
        let program = std::env::current_exe().unwrap();
        let test = format!("{}::{name}", module_path!().split_once("::").unwrap().1);
        Command::new(program).args(["--ignored", "--exact", &test]).output().unwrap().status
    }

    #[test]
    fn a_sigbus_outside_our_mappings_still_ends_the_process() {
        let status = in_a_process("reads_past_the_end_of_a_foreign_mapping");
        assert_eq!(status.signal(), Some(libc::SIGBUS), "{status}");
    }

    #[test]
    fn files_beyond_the_table_are_read_instead_of_mapped() {
        assert!(in_a_process("takes_every_slot").success());
    }

    #[test]
    #[ignore = "ends its process; run by a_sigbus_outside_our_mappings_still_ends_the_process"]
    fn reads_past_the_end_of_a_foreign_mapping() {
        assert!(installed());
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![b'x'; 2 * page_size()]).unwrap();
        // SAFETY: read-only, and what happens when it shrinks is the point of the test.
        let map = unsafe { memmap2::Mmap::map(&file) }.unwrap();
        file.set_len(1).unwrap();
        let byte = std::hint::black_box(&map)[page_size()];
        panic!("read {byte} from a page that is gone");
    }

    #[test]
    #[ignore = "takes every slot; run by files_beyond_the_table_are_read_instead_of_mapped"]
    fn takes_every_slot() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"a,b\n").unwrap();
        let input = Input::Path(file.path().into());
        let open = || open(&input, &OpenOptions::default()).unwrap();
        let maps: Vec<_> = (0..SLOTS).map(|_| open()).collect();
        assert!(maps.iter().all(|source| matches!(source, InputSource::Mapped(_))));
        assert!(matches!(open(), InputSource::Stream(_)));
        drop(maps);
        assert!(matches!(open(), InputSource::Mapped(_)));
    }
}
