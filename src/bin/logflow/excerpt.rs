//! The line of the input that an error points at.
//!
//! An error counts bytes of text. Only in a plain UTF-8 file are these bytes of the file, so for compressed
//! or transcoded input there is no excerpt: none is better than a wrong one.

use std::fs::File;
use std::os::unix::fs::FileExt;

use logflow::error::Position;
use logflow::mmap::InputCompression;

use crate::paint::Paint;

/// Bytes looked at on both sides of the place.
const AROUND: u64 = 4096;
/// Characters shown on both sides.
const SHOWN: usize = 48;
/// Text at the start that must be UTF-8, in bytes: the encoding is guessed from as much.
const HEAD: usize = 64 << 10;

/// A piece of a line with a place in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    before: String,
    after: String,
}

/// The line at `position`, if it has a byte in a file that can be shown.
pub fn of(position: &Position) -> Option<Excerpt> {
    let byte = position.byte?;
    let path = position.file.as_deref()?;
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let file = File::open(path).ok()?;
    if !is_plain(&read(&file, 0, HEAD)) {
        return None;
    }
    let start = byte.saturating_sub(AROUND);
    let around = read(&file, start, 2 * AROUND as usize);
    let at = usize::try_from(byte - start).ok()?;
    (at <= around.len()).then(|| Excerpt::new(&around[..at], &around[at..]))
}

impl Excerpt {
    fn new(before: &[u8], after: &[u8]) -> Self {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let from = before.iter().rposition(is_end).map_or(0, |end| end + 1);
        let to = after.iter().position(is_end).unwrap_or(after.len());
        let before = shown(&before[from..]);
        let after = shown(&after[..to]);
        let skipped = before.chars().count().saturating_sub(SHOWN);
        let cut = after.chars().count() > SHOWN;
        Self {
            before: if skipped > 0 {
                format!("…{}", before.chars().skip(skipped).collect::<String>())
            } else {
                before
            },
            after: if cut { format!("{}…", after.chars().take(SHOWN).collect::<String>()) } else { after },
        }
    }

    /// The line, and under it a mark at the place.
    pub fn text(&self, paint: Paint) -> String {
        let bar = paint.dim("|");
        let indent = " ".repeat(self.before.chars().count());
        format!("     {bar} {}{}\n     {bar} {indent}{}\n", self.before, self.after, paint.red("^"))
    }
}

/// Text that a terminal can't take for commands.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| if c == '\t' || c.is_control() { ' ' } else { c })
        .collect()
}

fn is_plain(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    text && InputCompression::sniff(head).is_none()
}

fn read(file: &File, at: u64, most: usize) -> Vec<u8> {
    let mut buffer = vec![0; most];
    let mut filled = 0;
    while filled < most {
        match file.read_at(&mut buffer[filled..], at + filled as u64) {
            Ok(count) if count > 0 => filled += count,
            _ => break,
        }
    }
    buffer.truncate(filled);
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_at_the_place_is_shown() {
        let found = Excerpt::new(b"first\nse", b"cond\x1b[0m\nthird");
        assert_eq!(found, Excerpt { before: "se".to_owned(), after: "cond [0m".to_owned() });
    }

    #[test]
    fn long_lines_are_cut_on_both_sides() {
        let found = Excerpt::new(&[b'a'; 100], &[b'b'; 100]);
        assert_eq!(found.before.chars().count(), SHOWN + 1);
        assert!(found.before.starts_with('…') && found.after.ends_with('…'));
    }
}
