//! Names of sources as names of outputs: text that every system can hold, and that leads back to the source.
//!
//! A byte that some system or a manifest cannot hold is written as `~` and two hexadecimal digits, and so is a
//! `~` that would be read as one of these. Two sources never get one name. Manifests of bags know `%0A` and
//! `%25`, of which readers understand one or the other, so `%` is such a byte as well: no name has one.

use std::ffi::OsString;
use std::fmt::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

/// Names that stand for devices on Windows, whatever follows behind a dot.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The path of a source below its root as text, with `/` between folders.
pub fn name_of(below: &Path) -> String {
    let parts: Vec<_> = below.components().collect();
    let mut name = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            name.push('/');
        }
        put(&mut name, part.as_os_str().as_bytes(), at + 1 < parts.len());
    }
    name
}

/// The path below its root that a name was made of; `None` if the name leads anywhere else.
pub fn path_of(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in name.split('/') {
        let part = PathBuf::from(plain(part));
        let mut components = part.components();
        match (components.next(), components.next()) {
            (Some(Component::Normal(_)), None) => path.push(part),
            _ => return None,
        }
    }
    Some(path)
}

/// Whether a path that a journal names stays below the folder it is joined to.
pub fn stays_below(path: &str) -> bool {
    let is_part = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
    path.split('/').all(is_part)
}

/// Writes one part of a path.
fn put(name: &mut String, part: &[u8], is_folder: bool) {
    let stem = part.split(|byte| *byte == b'.').next().unwrap_or_default();
    let is_device = DEVICES.iter().any(|it| it.as_bytes().eq_ignore_ascii_case(stem));
    let start = name.len();
    let mut rest = part;
    for chunk in part.utf8_chunks() {
        for letter in chunk.valid().chars() {
            let length = letter.len_utf8();
            let is_first = name.len() == start && rest.len() == part.len();
            // Windows drops dots and blanks at the end of a name.
            let is_dropped = is_folder && rest.len() == 1 && matches!(letter, '.' | ' ');
            let is_kept = match letter {
                '%' | '\\' | '\u{85}' | '\u{2028}' | '\u{2029}' => false,
                '~' => !rest.get(1..3).is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit)),
                letter => !letter.is_control(),
            };
            if is_kept && !is_dropped && !(is_first && is_device) {
                name.push(letter);
            } else {
                rest[..length].iter().for_each(|byte| escape(name, *byte));
            }
            rest = &rest[length..];
        }
        chunk.invalid().iter().for_each(|byte| escape(name, *byte));
        rest = &rest[chunk.invalid().len()..];
    }
}

fn escape(name: &mut String, byte: u8) {
    let _ = write!(name, "~{byte:02X}");
}

/// The bytes of one part of a name.
fn plain(part: &str) -> OsString {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let digits = others.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let is_hex = |it: &&str| it.bytes().all(|byte| byte.is_ascii_hexdigit());
        let byte = digits.filter(is_hex).and_then(|it| u8::from_str_radix(it, 16).ok());
        match byte.filter(|_| *first == b'~') {
            Some(byte) => {
                bytes.push(byte);
                rest = &others[2..];
            }
            None => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::ffi::OsStr;

    use super::*;

    fn name(bytes: &[u8]) -> String {
        name_of(Path::new(OsStr::from_bytes(bytes)))
    }

    #[test]
    fn awkward_bytes_are_escaped_and_plain_names_stay() {
        for (bytes, expected) in [
            (&b"a/b c.csv"[..], "a/b c.csv"),
            ("zürich/日本.csv".as_bytes(), "zürich/日本.csv"),
            (b"100%.csv", "100~25.csv"),
            (b"a\nb\rc.csv", "a~0Ab~0Dc.csv"),
            (b"\xff.csv", "~FF.csv"),
            (b"~FF.csv", "~7EFF.csv"),
            (b"~home~.csv", "~home~.csv"),
            (b"a\\..\\b.csv", "a~5C..~5Cb.csv"),
            (b"nul.csv", "~6Eul.csv"),
            (b"COM1/x", "~43OM1/x"),
            (b"nullable.csv", "nullable.csv"),
            (b"a./b ", "a~2E/b "),
            ("a\u{2028}b".as_bytes(), "a~E2~80~A8b"),
        ] {
            assert_eq!(name(bytes), expected);
            assert_eq!(path_of(expected).unwrap().as_os_str().as_bytes(), bytes);
        }
    }

    #[test]
    fn no_two_sources_have_one_name_and_each_leads_back() {
        let letters: [&[u8]; 7] = [b"~", b"F", b"7", b"\xff", b"\x7f", b"%", b"."];
        let mut seen = HashSet::new();
        for number in 0..7_usize.pow(5) {
            let bytes: Vec<u8> =
                (0..5).flat_map(|at| letters[number / 7_usize.pow(at) % 7]).copied().collect();
            if bytes.iter().all(|byte| *byte == b'.') {
                continue;
            }
            let name = name(&bytes);
            assert_eq!(path_of(&name).unwrap().as_os_str().as_bytes(), bytes, "{name}");
            assert!(seen.insert(name));
        }
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["", "/a", "../a", "a/../b", "a//b", "~2E~2E/a", "~2Fetc", "a/~2E", "./a"] {
            assert_eq!(path_of(name), None, "{name}");
        }
        for name in ["/a", "../a", "a/..", "a//b", "", "a\\b"] {
            assert!(!stays_below(name), "{name}");
        }
        assert!(stays_below("data/a/b.parquet"));
    }
}
