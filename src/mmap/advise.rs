//! What the kernel is told about a mapping: read ahead, fault in, let go.
//!
//! Ranges are in bytes of the file and may be empty or reach past its end; they are cut to it. Advice that a
//! kernel does not know is dropped in silence, because only speed depends on it.

#![allow(
    unsafe_code,
    reason = "letting pages of a mapping go is unsafe in general, not for a file read only"
)]

use std::io;
use std::ops::Range;
use std::sync::OnceLock;

use memmap2::{Advice, Mmap, UncheckedAdvice};

/// Front to back: larger readahead, and pages behind may go first.
pub(super) fn sequential(map: &Mmap) {
    // Advice only: a kernel that refuses it reads all the same.
    let _ = map.advise(Advice::Sequential);
}

/// Starts reading without waiting.
pub(super) fn will_need(map: &Mmap, range: Range<usize>) {
    let range = cut(map, range);
    if !range.is_empty() {
        // As above.
        let _ = map.advise_range(Advice::WillNeed, range.start, range.len());
    }
}

/// Reads and maps every page that `range` touches.
///
/// # Errors
/// `EFAULT` where the file no longer reaches that far, `EIO` or `EHWPOISON` where a page cannot be read.
pub(super) fn populate(map: &Mmap, range: Range<usize>) -> io::Result<()> {
    let range = cut(map, range);
    if range.is_empty() {
        return Ok(());
    }
    loop {
        match map.advise_range(Advice::PopulateRead, range.start, range.len()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Linux before 5.14 does not know it and says EINVAL; short of memory the pages come one by one.
            Err(error)
                if matches!(
                    error.raw_os_error(),
                    Some(libc::ENOSYS | libc::EINVAL | libc::ENOMEM | libc::EAGAIN)
                ) =>
            {
                return Ok(());
            }
            done => return done,
        }
    }
}

/// Lets go of the pages wholly inside `range`.
pub(super) fn release(map: &Mmap, range: Range<usize>) {
    let range = whole_pages(cut(map, range), map.len());
    if range.is_empty() {
        return;
    }
    // SAFETY: the mapping is shared and read-only, so its pages hold nothing but the file's bytes (or the
    // guard's zeros): dropped ones come back equal, and no reference into them sees another value.
    let advised = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len()) };
    // Advice only: pages that stay cost memory, not correctness.
    let _ = advised;
}

fn cut(map: &Mmap, range: Range<usize>) -> Range<usize> {
    range.start.min(map.len())..range.end.min(map.len())
}

/// The largest range of whole pages in `range`; the file's last page counts as whole when its end is inside.
fn whole_pages(range: Range<usize>, len: usize) -> Range<usize> {
    let page = page_size();
    let start = range.start.next_multiple_of(page);
    let end = if range.end == len { len } else { range.end / page * page };
    start..end.max(start)
}

/// Size of a memory page in bytes.
pub(super) fn page_size() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    *SIZE.get_or_init(|| {
        // SAFETY: sysconf takes no pointers.
        let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        usize::try_from(size).unwrap_or(4096)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_pages_are_released() {
        let page = page_size();
        assert_eq!(whole_pages(1..2 * page, 9 * page), page..2 * page);
        assert_eq!(whole_pages(1..2 * page - 1, 9 * page), page..page);
        assert_eq!(whole_pages(0..page + 1, page + 1), 0..page + 1);
        assert!(whole_pages(1..2, 9 * page).is_empty());
    }
}
