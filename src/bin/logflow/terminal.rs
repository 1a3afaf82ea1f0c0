//! How large the terminal is.

#![allow(unsafe_code, reason = "the standard library does not ask terminals")]

use std::mem::MaybeUninit;

/// Characters in a line of the terminal behind standard output or, failing that, standard error; `None`
/// without a terminal.
pub fn width() -> Option<usize> {
    [libc::STDOUT_FILENO, libc::STDERR_FILENO].into_iter().find_map(width_of)
}

/// Columns and lines of the terminal behind standard output; `None` without a terminal.
pub fn size() -> Option<(usize, usize)> {
    size_of(libc::STDOUT_FILENO)
}

fn width_of(descriptor: libc::c_int) -> Option<usize> {
    size_of(descriptor).map(|(columns, _)| columns)
}

fn size_of(descriptor: libc::c_int) -> Option<(usize, usize)> {
    let mut size = MaybeUninit::<libc::winsize>::zeroed();
    // SAFETY: `size` is room for the answer; a descriptor that is no terminal gives an error.
    if unsafe { libc::ioctl(descriptor, libc::TIOCGWINSZ, size.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: numbers only, and zero where nothing was filled in.
    let size = unsafe { size.assume_init() };
    let (columns, lines) = (usize::from(size.ws_col), usize::from(size.ws_row));
    (columns > 0).then_some((columns, lines))
}
