//! The frames of Parquet: a look at what footer and page headers declare before a library makes room for it.
//!
//! Both are in the compact protocol of Thrift. A library that believes a list to have two thousand million
//! entries, or a page to unpack to as many bytes, asks the machine for as much, and ends the process if there
//! is not so much. Groups within groups, of which a library thinks by calling itself, would end it as well.

use parquet::basic::Compression;

use super::{TypedFormat, damaged};
use crate::error::Result;

/// Levels of structures in a footer, and of groups in a schema. Ten are many.
const MOST_DEEP: usize = 100;
/// Row groups of a file: the format numbers them by 16 bits.
const MOST_GROUPS: usize = i16::MAX as usize;
/// Bytes that a few bytes may unpack to, whatever they are.
const SMALL: u64 = 64 << 10;
/// Values of a page of lists. Writers end a page after some 20,000 rows, or a MiB.
const MOST_IN_LISTS: i64 = 1 << 27;

/// Why a text in the compact protocol can't be followed.
enum Fault {
    /// The text ends too early, or has a value of an unknown kind.
    Cut,
    /// Something in it would be too large.
    Said(String),
}

type Walked<T> = std::result::Result<T, Fault>;

/// The kinds of values in the compact protocol that have other values in them, or a length.
mod kind {
    pub const DOUBLE: u8 = 7;
    pub const BINARY: u8 = 8;
    pub const LIST: u8 = 9;
    pub const SET: u8 = 10;
    pub const MAP: u8 = 11;
    pub const STRUCT: u8 = 12;
}

/// A place in a text of the compact protocol.
struct Compact<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Compact<'_> {
    fn byte(&mut self) -> Walked<u8> {
        let byte = self.bytes.get(self.at).copied().ok_or(Fault::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Walked<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Fault::Cut)
    }

    fn integer(&mut self) -> Walked<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn skip_bytes(&mut self, count: u64) -> Walked<()> {
        let left = (self.bytes.len() - self.at) as u64;
        if count > left {
            return Err(Fault::Cut);
        }
        self.at += count as usize;
        Ok(())
    }

    /// The number of a list's entries, and their kind.
    fn list(&mut self) -> Walked<(usize, u8)> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.varint()?,
            few => u64::from(few),
        };
        let left = self.bytes.len() - self.at;
        match usize::try_from(count).ok().filter(|count| *count <= left) {
            Some(count) => Ok((count, head & 15)),
            None => Err(Fault::Said(format!("a list that is said to have {count} entries"))),
        }
    }

    /// The fields of a structure: `each` reads one, or says that it did not.
    fn fields(
        &mut self,
        depth: usize,
        each: &mut dyn FnMut(&mut Self, i64, u8) -> Walked<bool>,
    ) -> Walked<()> {
        if depth > MOST_DEEP {
            return Err(Fault::Said(format!("structures within each other, more than {MOST_DEEP} deep")));
        }
        let mut id = 0;
        loop {
            let head = self.byte()?;
            if head & 15 == 0 {
                return Ok(());
            }
            id = match head >> 4 {
                0 => self.integer()?,
                more => id + i64::from(more),
            };
            if !each(self, id, head & 15)? {
                self.skip(head & 15, false, depth)?;
            }
        }
    }

    /// Skips a value. Flags stand in the head of a field, and in lists have a byte.
    fn skip(&mut self, of: u8, in_list: bool, depth: usize) -> Walked<()> {
        match of {
            1 | 2 if !in_list => Ok(()),
            1..=3 => self.skip_bytes(1),
            4..=6 => self.varint().map(|_| ()),
            kind::DOUBLE => self.skip_bytes(8),
            kind::BINARY => {
                let length = self.varint()?;
                self.skip_bytes(length)
            }
            kind::LIST | kind::SET => {
                let (count, of) = self.list()?;
                (0..count).try_for_each(|_| self.skip(of, true, depth + 1))
            }
            kind::MAP => {
                let count = self.varint()?;
                let kinds = if count > 0 { self.byte()? } else { 0 };
                (0..count).try_for_each(|_| {
                    self.skip(kinds >> 4, true, depth + 1)?;
                    self.skip(kinds & 15, true, depth + 1)
                })
            }
            kind::STRUCT => self.fields(depth + 1, &mut |_, _, _| Ok(false)),
            _ => Err(Fault::Cut),
        }
    }
}

/// Looks at a footer, which stands between the rows and its own length.
///
/// # Errors
/// [`Code::TypedFile`](crate::error::Code::TypedFile) if it declares more than there can be.
pub fn check_footer(footer: &[u8]) -> Result<()> {
    let mut at = Compact { bytes: footer, at: 0 };
    let mut children = Vec::new();
    let walked = at.fields(0, &mut |at, id, of| match (id, of) {
        (2, kind::LIST) => {
            for _ in 0..at.list()?.0 {
                let mut own = 0;
                at.fields(1, &mut |at, id, of| match (id, of) {
                    (5, 5) => {
                        own = at.integer()?;
                        Ok(true)
                    }
                    _ => Ok(false),
                })?;
                children.push(own);
            }
            Ok(true)
        }
        (4, kind::LIST) => {
            let (count, of) = at.list()?;
            if count > MOST_GROUPS {
                return Err(Fault::Said(format!("{count} row groups")));
            }
            (0..count).try_for_each(|_| at.skip(of, true, 1))?;
            Ok(true)
        }
        _ => Ok(false),
    });
    match walked.and_then(|()| check_schema(&children)) {
        Ok(()) => Ok(()),
        Err(Fault::Cut) => Err(damaged(TypedFormat::Parquet, "the footer is cut short")),
        Err(Fault::Said(what)) => Err(damaged(TypedFormat::Parquet, what)),
    }
}

/// That groups have as many children as the list of a schema has, and are not too deep in each other.
/// `children`: how many each entry has, in the order of the list, groups before what is in them.
fn check_schema(children: &[i64]) -> Walked<()> {
    // How many children of each open group are still to come.
    let mut open: Vec<i64> = Vec::new();
    for (at, own) in children.iter().enumerate() {
        while open.pop_if(|left| *left == 0).is_some() {}
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        if *own < 0 || *own > (children.len() - at - 1) as i64 {
            return Err(Fault::Said(format!("a group of columns that is said to have {own} of them")));
        }
        if *own > 0 {
            open.push(*own);
        }
        if open.len() > MOST_DEEP {
            return Err(Fault::Said(format!("columns within each other, more than {MOST_DEEP} deep")));
        }
    }
    Ok(())
}

/// Bytes of a page once it is unpacked, at most. Writers make pages of some MiB; a page is in memory as a whole,
/// and its values once more.
const MOST_UNPACKED: u64 = 512 << 20;

/// Limits on what the page headers of a column may declare.
#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    /// Largest number of bytes that one byte unpacks to; `None` without compression.
    ratio: Option<u64>,
    /// Whether values are in lists.
    in_lists: bool,
}

impl PageLimits {
    /// The limits for pages that are packed so.
    pub fn of(codec: Compression, in_lists: bool) -> Self {
        let ratio = match codec {
            Compression::UNCOMPRESSED => None,
            // A copy of 64 bytes takes three.
            Compression::SNAPPY => Some(22),
            // 258 bytes take two bits.
            Compression::GZIP(_) => Some(1032),
            // Each further byte of a length adds up to 255.
            Compression::LZ4 | Compression::LZ4_RAW => Some(255),
            // A block of 128 KiB that repeats one byte takes four.
            Compression::ZSTD(_) => Some((128 << 10) / 4),
            // A block of 16 MiB that repeats one byte takes some eight.
            Compression::BROTLI(_) | Compression::LZO => Some((16 << 20) / 8),
        };
        Self { ratio, in_lists }
    }

    /// Why a page that begins with these bytes is not believed. What is longer than `bytes` is judged by what
    /// is there.
    pub fn refused(&self, bytes: &[u8]) -> Option<String> {
        let (mut unpacked, mut packed, mut values, mut of_dictionary) = (0, 0, 0, 0);
        let first = |at: &mut Compact<'_>, out: &mut i64| {
            at.fields(1, &mut |at, id, of| match (id, of) {
                (1, 5) => {
                    *out = at.integer()?;
                    Ok(true)
                }
                _ => Ok(false),
            })?;
            Ok(true)
        };
        let mut at = Compact { bytes, at: 0 };
        let walked = at.fields(0, &mut |at, id, of| match (id, of) {
            (2 | 3, 5) => {
                let size = at.integer()?;
                *(if id == 2 { &mut unpacked } else { &mut packed }) = size;
                Ok(true)
            }
            (5 | 8, kind::STRUCT) => first(at, &mut values),
            (7, kind::STRUCT) => first(at, &mut of_dictionary),
            _ => Ok(false),
        });
        if let Err(Fault::Said(what)) = walked {
            return Some(what);
        }
        let size = u64::try_from(unpacked).unwrap_or_default();
        if size > MOST_UNPACKED {
            let most = MOST_UNPACKED >> 20;
            return Some(format!("a page of {unpacked} bytes, of which up to {most} MiB are read"));
        }
        let most = self
            .ratio
            .map(|ratio| (u64::try_from(packed).unwrap_or_default().saturating_mul(ratio)).max(SMALL));
        if most.is_some_and(|most| size > most) {
            return Some(format!("a page of {packed} bytes that is said to unpack to {unpacked}"));
        }
        if u64::try_from(of_dictionary).unwrap_or_default() > size.max(SMALL) {
            return Some(format!(
                "a dictionary of {unpacked} bytes that is said to have {of_dictionary} values"
            ));
        }
        (self.in_lists && values > MOST_IN_LISTS)
            .then(|| format!("a page of {packed} bytes that is said to have {values} values"))
    }
}

/// How many values a text in the encoding `DELTA_BINARY_PACKED` is said to have, and where it ends; `None` if
/// it does not say so.
pub fn delta_packed(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut at = Compact { bytes, at: 0 };
    let mut number = || at.varint().ok();
    let (block, minis, count) = (number()?, number()?, number()?);
    number()?;
    let in_mini = block.checked_div(minis)?;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        at.varint().ok()?;
        let widths = at.at;
        at.skip_bytes(minis).ok()?;
        for mini in 0..minis as usize {
            if left == 0 {
                break;
            }
            let bits = u64::from(bytes[widths + mini]);
            at.skip_bytes(in_mini.checked_mul(bits)?.div_ceil(8)).ok()?;
            left = left.saturating_sub(in_mini);
        }
        if in_mini == 0 {
            return None;
        }
    }
    Some((count, at.at))
}

/// How many values a text in the encoding `DELTA_BINARY_PACKED` is said to have, by its head alone.
pub fn delta_count(bytes: &[u8]) -> Option<u64> {
    let mut at = Compact { bytes, at: 0 };
    at.varint().ok()?;
    at.varint().ok()?;
    at.varint().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_the_children_that_follow_them() {
        let is_right = |children: &[i64]| check_schema(children).is_ok();
        assert!(is_right(&[2, 0, 0]) && is_right(&[1, 2, 0, 0]) && is_right(&[0]) && is_right(&[]));
        assert!(!is_right(&[3, 0, 0]) && !is_right(&[-1]) && !is_right(&[1, i64::from(i32::MAX), 0]));
        let deep: Vec<i64> = [vec![1; 5000], vec![0]].concat();
        assert!(!is_right(&deep) && is_right(&deep[4950..]));
        // Many groups beside each other are not deep.
        assert!(is_right(&[vec![500], [1, 0].repeat(500)].concat()));
    }

    #[test]
    fn a_list_is_not_longer_than_what_follows() {
        // Field 4, a list of structures whose number of entries takes five bytes.
        for (head, is_right) in
            [(&[0x49, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0][..], false), (&[0x49, 0x0C, 0], true)]
        {
            assert_eq!(check_footer(head).is_ok(), is_right);
        }
        assert!(check_footer(&[0x1C; 500]).unwrap_err().what().contains("deep"));
    }

    #[test]
    fn what_a_page_declares_is_believed_as_far_as_its_codec_can() {
        let zigzag = |value: u32| {
            let (mut left, mut out) = (u64::from(value) * 2, Vec::new());
            while left >= 0x80 {
                out.push(left as u8 | 0x80);
                left >>= 7;
            }
            out.push(left as u8);
            out
        };
        let header = |unpacked, packed, id: u8, values| {
            [
                vec![0x15, 0, 0x15],
                zigzag(unpacked),
                vec![0x15],
                zigzag(packed),
                vec![(id - 3) << 4 | 0xC, 0x15],
                zigzag(values),
                vec![0, 0],
            ]
            .concat()
        };
        let is_refused = |codec, header: &[u8]| PageLimits::of(codec, true).refused(header).is_some();
        assert!(!is_refused(Compression::SNAPPY, &header(1 << 20, 60_000, 5, 1000)));
        assert!(is_refused(Compression::SNAPPY, &header(1 << 30, 60_000, 5, 1000)));
        assert!(!is_refused(Compression::UNCOMPRESSED, &header(512 << 20, 60_000, 5, 1000)));
        assert!(is_refused(Compression::UNCOMPRESSED, &header((512 << 20) + 1, 60_000, 5, 1000)));
        let brotli = Compression::BROTLI(parquet::basic::BrotliLevel::default());
        assert!(is_refused(brotli, &header(1 << 30, 2_000, 5, 1)));
        assert!(is_refused(Compression::UNCOMPRESSED, &header(1000, 1000, 7, 1 << 30)));
        assert!(is_refused(Compression::UNCOMPRESSED, &header(1000, 1000, 5, 1 << 30)));
        assert!(is_refused(Compression::UNCOMPRESSED, &header(1000, 1000, 8, 1 << 30)));
        assert!(!is_refused(Compression::SNAPPY, &[]));
    }

    #[test]
    fn the_end_of_packed_deltas_is_found() {
        // A block of 128 in 4 parts, 3 values, the first 7; the least delta 1, widths 2 0 0 0, 32 deltas of 2
        // bits.
        let packed = [&[0x80, 0x01, 4, 3, 14, 2, 2, 0, 0, 0][..], &[0; 8], &[9; 3]].concat();
        assert_eq!(delta_packed(&packed), Some((3, 18)));
        assert_eq!(delta_packed(&packed[..12]), None);
        assert_eq!(delta_packed(&[0x80, 0x01, 4, 1, 14]), Some((1, 5)));
        assert_eq!(delta_count(&packed), Some(3));
    }
}
