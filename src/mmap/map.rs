//! The one place where a file is mapped: [`MappedFile`].
//!
//! Refuses nothing by content; [`super::open`] decides what is mapped. Invariant: bytes handed out stay
//! readable for the life of the value, because every mapping is registered with the SIGBUS guard before its
//! first byte is touched. They may still *change*: callers ask [`MappedFile::check`] and
//! [`MappedFile::unchanged`] before they believe what they read.

#![allow(unsafe_code, reason = "mapping a file and asking for its file system are unsafe by nature")]

use std::fs::File;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::path::Path;

use memmap2::Mmap;

use super::guard::Registration;
use super::handle::{Handle, locate};
use super::{Identity, advise};
use crate::error::{Code, Error, Result};

/// A mapped regular file, never empty. `Send + Sync`: workers share `&MappedFile`.
#[derive(Debug)]
pub struct MappedFile {
    // Declared before `map`, hence dropped before it: a guarded range is always a live mapping.
    guarded: Registration,
    map: Mmap,
    handle: Handle,
}

impl MappedFile {
    /// Maps `handle`, or gives it back where the kernel or the guard's table cannot take it.
    pub(super) fn new(handle: Handle) -> Result<std::result::Result<Self, Handle>> {
        // SAFETY: the mapping is read-only and shared. Memory behind it can change or vanish under us when
        // another process writes or truncates: vanished pages are caught by the guard, changed ones by
        // `unchanged`, and no code relies on two reads of one byte being equal for memory safety.
        let map = match unsafe { Mmap::map(&handle.file) } {
            Ok(map) => map,
            // sysfs says ENODEV, a full address space ENOMEM, a security module EACCES: what can be read at
            // all is read, and a real failure shows there.
            Err(_) => return Ok(Err(handle)),
        };
        // Between fstat and mmap the file may have shrunk or grown; the length must be the one recorded.
        if map.len() as u64 != handle.identity.size {
            return Err(handle.changed(format!(
                "expected {} bytes, found {}",
                handle.identity.size,
                map.len()
            )));
        }
        match Registration::new(map.as_ptr().addr(), map.len()) {
            Some(guarded) => Ok(Ok(Self { guarded, map, handle })),
            None => Ok(Err(handle)),
        }
    }

    /// The whole file, raw. Where pages are gone it reads as zeros, and a system call that is handed them
    /// says `EFAULT`: see [`Self::check`].
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// What the user calls it; `None` for standard input.
    pub fn path(&self) -> Option<&Path> {
        self.handle.path.as_deref()
    }

    /// Length in bytes, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "an empty file is never mapped")]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// The state of the file when it was opened.
    pub fn identity(&self) -> Identity {
        self.handle.identity
    }

    /// Tells the kernel that the file is read front to back.
    pub fn advise_sequential(&self) {
        advise::sequential(&self.map);
    }

    /// Starts reading `range` (bytes) from the disk, without waiting for it.
    pub fn will_need(&self, range: Range<usize>) {
        advise::will_need(&self.map, range);
    }

    /// Reads `range` (bytes) from the disk and maps its pages, in one call instead of one fault per page.
    ///
    /// # Errors
    /// `InputChanged` or `InputRead` where a page of the range cannot be had.
    pub fn populate(&self, range: Range<usize>) -> Result<()> {
        let at = range.start;
        advise::populate(&self.map, range).map_err(|error| self.lost(at, &error.to_string()))
    }

    /// Gives back the resident pages that lie wholly inside `range` (bytes). Reading them again is allowed
    /// and costs a fault.
    pub fn release(&self, range: Range<usize>) {
        advise::release(&self.map, range);
    }

    /// That every byte of `range` read so far was the file's. Cheap: one atomic load. To be called after the
    /// range was parsed and before anything is concluded from it.
    ///
    /// # Errors
    /// `InputChanged` where the file was cut short under the range, `InputRead` where the disk failed.
    pub fn check(&self, range: Range<usize>) -> Result<()> {
        match self.guarded.lost_from() {
            Some(lost) if lost < range.end => {
                Err(self.lost(lost, "a page of the mapped file is no longer available"))
            }
            _ => Ok(()),
        }
    }

    /// That the file is still as it was when opened: no page lost, same size, mtime and ctime.
    ///
    /// # Errors
    /// `InputChanged`; `InputRead` where the disk failed.
    pub fn unchanged(&self) -> Result<()> {
        self.check(0..self.len())?;
        self.handle.unchanged()
    }

    /// The error for bytes from `at` on that could not be had: a changed file says so itself, else the disk
    /// is to blame.
    fn lost(&self, at: usize, what: &str) -> Error {
        let error = match self.handle.unchanged() {
            Err(changed) => changed,
            Ok(()) => locate(Error::new(Code::InputRead, what), self.handle.path.as_deref()),
        };
        error.at_byte(at as u64)
    }
}

/// File systems on which a mapping is slow page by page or can lose pages when a server goes away, by the
/// `f_type` of statfs(2).
const REMOTE: [i64; 8] = [
    0x6969,      // NFS
    0x0BD0_0BD0, // Lustre
    0x6573_5546, // FUSE: sshfs, s3fs, gocryptfs …
    0xFE53_4D42, // SMB 2 and 3
    0xFF53_4D42, // CIFS
    0x517B,      // SMB 1
    0x00C3_6400, // Ceph
    0x0102_1997, // 9p
];

/// Whether `file` lies on one of [`REMOTE`]; `false` where the kernel does not say.
pub(super) fn is_remote(file: &File) -> bool {
    let mut stat = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the descriptor is open for the call, and the pointer is to memory of statfs's own type.
    if unsafe { libc::fstatfs(file.as_raw_fd(), stat.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: fstatfs returned 0, hence it filled the structure.
    let stat = unsafe { stat.assume_init() };
    #[allow(clippy::unnecessary_cast, reason = "the field's type differs between targets")]
    let kind = stat.f_type as i64;
    // Where the field is a signed 32-bit number, the magic numbers above 2^31 come out negative.
    REMOTE.contains(&(kind & 0xFFFF_FFFF))
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::{Seek, Write};

    use super::super::advise::page_size;
    use super::super::{Input, InputSource, open};
    use super::*;

    fn mapped(path: &Path) -> MappedFile {
        match open(&Input::Path(path.into()), &super::super::OpenOptions::default()).unwrap() {
            InputSource::Mapped(map) => map,
            InputSource::Stream(stream) => panic!("expected a mapping, found {stream:?}"),
        }
    }

    fn file_of(pages: usize) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![b'x'; pages * page_size()]).unwrap();
        file
    }

    /// Resident bytes of the mapping that begins at `map`, as the kernel counts them.
    fn resident(map: &MappedFile) -> usize {
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let head = format!("{:x}-", map.bytes().as_ptr().addr());
        let mut lines = smaps.lines().skip_while(|line| !line.starts_with(&head));
        let line = lines.find(|line| line.starts_with("Rss:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
    }

    #[test]
    fn a_mapping_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<MappedFile>();
    }

    #[test]
    fn reading_past_a_truncation_is_an_error_and_no_crash() {
        let file = file_of(8);
        let map = mapped(file.path());
        assert_eq!(map.bytes()[0], b'x');
        file.as_file().set_len(page_size() as u64).unwrap();
        let sum: u64 = map.bytes().iter().map(|byte| u64::from(*byte)).sum();
        assert_eq!(sum, page_size() as u64 * u64::from(b'x'));
        map.check(0..page_size()).unwrap();
        let error = map.check(0..page_size() + 1).unwrap_err();
        assert_eq!(error.code(), Code::InputChanged);
        assert_eq!(error.position().unwrap().byte, Some(page_size() as u64));
        assert_eq!(map.unchanged().unwrap_err().code(), Code::InputChanged);
    }

    #[test]
    fn every_thread_that_reads_past_a_truncation_survives() {
        let file = file_of(64);
        let maps: Vec<_> = (0..4).map(|_| mapped(file.path())).collect();
        file.as_file().set_len(10).unwrap();
        std::thread::scope(|scope| {
            for map in maps.iter().chain(&maps) {
                scope.spawn(move || {
                    for at in (1..64).rev() {
                        assert_eq!(map.bytes()[at * page_size()], 0);
                    }
                    assert_eq!(map.check(0..map.len()).unwrap_err().code(), Code::InputChanged);
                });
            }
        });
    }

    #[test]
    fn one_lost_mapping_does_not_spoil_another() {
        let (lost, kept) = (file_of(2), file_of(2));
        let (lost_map, kept_map) = (mapped(lost.path()), mapped(kept.path()));
        lost.as_file().set_len(0).unwrap();
        assert_eq!(lost_map.bytes()[0], 0);
        assert!(lost_map.check(0..1).is_err());
        kept_map.unchanged().unwrap();
        drop(lost_map);
        let again = mapped(kept.path());
        again.unchanged().unwrap();
    }

    #[test]
    fn a_truncation_inside_a_page_gives_no_signal_but_is_noticed() {
        let file = file_of(1);
        let map = mapped(file.path());
        file.as_file().set_len(10).unwrap();
        assert_eq!(map.bytes()[11], 0);
        map.check(0..map.len()).unwrap();
        assert_eq!(map.unchanged().unwrap_err().code(), Code::InputChanged);
    }

    #[test]
    fn an_overwrite_in_place_is_noticed() {
        let mut file = file_of(1);
        let map = mapped(file.path());
        // Longer than the tick by which file systems stamp their times.
        std::thread::sleep(std::time::Duration::from_millis(20));
        file.rewind().unwrap();
        file.write_all(b"y").unwrap();
        map.check(0..map.len()).unwrap();
        assert_eq!(map.unchanged().unwrap_err().code(), Code::InputChanged);
    }

    #[test]
    fn a_file_replaced_by_rename_is_still_read_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("a.csv"), dir.path().join("b.csv"));
        std::fs::write(&old, "old").unwrap();
        std::fs::write(&new, "new!").unwrap();
        let map = mapped(&old);
        // Longer than the tick by which file systems stamp their times.
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::rename(&new, &old).unwrap();
        assert_eq!(map.bytes(), b"old");
        map.check(0..3).unwrap();
        // The old file lost its name, which its ctime shows: not told apart from a write that hides itself.
        let error = map.unchanged().unwrap_err();
        assert_eq!(error.code(), Code::InputChanged);
        assert!(error.what().contains("replaced"), "{error}");
    }

    #[test]
    fn populating_what_was_truncated_is_an_error() {
        let file = file_of(4);
        let map = mapped(file.path());
        map.populate(0..map.len()).unwrap();
        map.populate(9 * page_size()..10 * page_size()).unwrap();
        OpenOptions::new().write(true).open(file.path()).unwrap().set_len(1).unwrap();
        assert_eq!(map.populate(0..map.len()).unwrap_err().code(), Code::InputChanged);
    }

    #[test]
    fn released_pages_leave_memory_and_come_back_equal() {
        let file = file_of(64);
        let map = mapped(file.path());
        map.advise_sequential();
        map.will_need(0..map.len());
        map.populate(0..map.len()).unwrap();
        assert_eq!(resident(&map), map.len());
        map.release(0..32 * page_size() - 1);
        assert_eq!(resident(&map), 33 * page_size());
        map.release(0..map.len());
        assert_eq!(resident(&map), 0);
        assert!(map.bytes().iter().all(|byte| *byte == b'x'));
        map.unchanged().unwrap();
    }

    #[test]
    fn a_local_file_is_not_remote() {
        assert!(!is_remote(file_of(1).as_file()));
    }
}
