//! Bytes 0x00 behind the end of a log: what a file is filled up with that was laid out before its size was
//! known, or whose copy stopped too early. They hold nothing, so they are left out and told; before anything
//! else they are a fault.

use crate::model::figures::agreeing;
use crate::model::warning::{Warning, WarningCode};

/// Remark about a text that is padded, as it is noted; the count is that of the bytes.
pub const BEHIND: &str = "byte|bytes 0x00 behind the end of the log";

/// What the sentence begins with that tells of something behind the end of a log.
pub const NOTHING_BEHIND: &str = "expected nothing behind";

/// How to make it an error, where the format has a standard.
pub const STRICT: &str = "; ⟦strict⟧ makes it an error";

/// A run of bytes 0x00 with white space between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Padding {
    /// Place of the first byte 0x00.
    pub start: usize,
    /// Number of bytes 0x00, without white space.
    pub count: u64,
    /// Where something else stands, or the text ends.
    pub end: usize,
}

/// The padding that begins at `at` in `text` or behind white space there, if it does.
pub fn find(text: &[u8], at: usize) -> Option<Padding> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let start = at + text.get(at..)?.iter().take_while(|byte| is_space(byte)).count();
    if text.get(start) != Some(&0) {
        return None;
    }
    let length = text[start..].iter().position(|byte| *byte != 0 && !is_space(byte));
    let end = length.map_or(text.len(), |length| start + length);
    let count = text[start..end].iter().filter(|byte| **byte == 0).count() as u64;
    Some(Padding { start, count, end })
}

/// The error where something follows the padding.
pub const FOLLOWED: &str = "expected nothing behind the end of the log and the bytes 0x00 that follow it, found more: two files may have been concatenated, or the file was partly overwritten";

/// The warning about such padding. `strict`: how to make it an error, where there is a standard to hold the
/// text against.
pub fn warning(count: u64, at: u64, strict: &str) -> Warning {
    let bytes = agreeing(count, "byte", "bytes");
    let what = format!("{count} {bytes} 0x00 behind the end of the log, from byte {at} on: left out");
    Warning::new(WarningCode::TrailingPadding, what)
        .help(format!(
            "such files were preallocated or only partly copied: compare the file with its source{strict}"
        ))
        .counted(count)
        .at_byte(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_bytes_of_zero_with_white_space_around() {
        for (text, found) in [
            (&b"x"[..], None),
            (b"", None),
            (b" \n", None),
            (b"\0", Some((0, 1, 1))),
            (b" \r\n\0\0\n\0 ", Some((3, 3, 8))),
            (b"\0\0x\0", Some((0, 2, 2))),
            (b"x\0", None),
        ] {
            let padding = find(text, 0).map(|it| (it.start, it.count, it.end));
            assert_eq!(padding, found, "{text:?}");
        }
        assert_eq!(find(b"a\0", 1).map(|it| it.start), Some(1));
        assert_eq!(find(b"a", 2), None);
    }
}
