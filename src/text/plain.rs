//! Plain stretches of text: bytes up to one that has a meaning, sixteen at a time. Values in logs have some
//! ten to thirty bytes, for which words of eight took twice as long, and a search of the library's more on
//! being called than on searching.

/// Bytes that are looked at together.
const BLOCK: usize = 16;

/// A stretch of plain text, which needs no unescaping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Index after its last byte.
    pub end: usize,
    /// Whether one of its bytes is above 127.
    pub high: bool,
}

/// The stretch from `at` on that ends before one of `ends`, before a control character, or with the text.
#[inline(always)]
pub fn stretch<const N: usize>(text: &[u8], at: usize, ends: [u8; N]) -> Stretch {
    let mut found = Stretch { end: at, high: false };
    while let Some(block) = text.get(found.end..).and_then(<[u8]>::first_chunk) {
        let Stretch { end, high } = look(block, ends);
        found.high |= high;
        found.end += end;
        if end < BLOCK {
            return found;
        }
    }
    rest(text, found, ends)
}

/// The end of the stretch of ASCII from `at` on: before one of `ends`, a control character, a byte above 127,
/// or with the text. Where these are few, one comparison less in each block.
#[inline(always)]
pub fn ascii<const N: usize>(text: &[u8], mut at: usize, ends: [u8; N]) -> usize {
    while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let end = look_ascii(block, ends);
        at += end;
        if end < BLOCK {
            return at;
        }
    }
    rest_ascii(text, at, ends)
}

/// The end of a stretch of ASCII among the last bytes of the text.
#[cold]
fn rest_ascii<const N: usize>(text: &[u8], at: usize, ends: [u8; N]) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !byte.is_ascii() || is_end(*byte, ends)).unwrap_or(rest.len())
}

/// The end of a stretch among the last bytes of the text.
#[cold]
fn rest<const N: usize>(text: &[u8], mut found: Stretch, ends: [u8; N]) -> Stretch {
    while let Some(byte) = text.get(found.end).filter(|byte| !is_end(**byte, ends)) {
        found.high |= !byte.is_ascii();
        found.end += 1;
    }
    found
}

fn is_end<const N: usize>(byte: u8, ends: [u8; N]) -> bool {
    byte < b' ' || ends.contains(&byte)
}

/// The stretch that a block begins with.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn look<const N: usize>(block: &[u8; BLOCK], ends: [u8; N]) -> Stretch {
    #[expect(unsafe_code, reason = "a measured kernel; its plain twin is `look_plain`")]
    // SAFETY: SSE2 is part of this architecture: the compiler itself relies on it.
    unsafe {
        look_sse2(block, ends)
    }
}

/// Compares all bytes of the block at once.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn look_sse2<const N: usize>(block: &[u8; BLOCK], ends: [u8; N]) -> Stretch {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };
    // One load comes of the two halves.
    let whole = u128::from_le_bytes(*block);
    let bytes = _mm_set_epi64x((whole >> 64) as i64, whole as i64);
    let mut marks = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    for end in ends {
        marks = _mm_or_si128(marks, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(end as i8)));
    }
    let marks = _mm_movemask_epi8(marks) as u32 | 1 << BLOCK;
    let high = _mm_movemask_epi8(bytes) as u32;
    // Bytes behind the first mark belong to something else.
    Stretch { end: marks.trailing_zeros() as usize, high: high & (marks ^ (marks - 1)) >> 1 != 0 }
}

/// The stretch of ASCII that a block begins with.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn look_ascii<const N: usize>(block: &[u8; BLOCK], ends: [u8; N]) -> usize {
    #[expect(unsafe_code, reason = "a measured kernel; its plain twin is `look_ascii_plain`")]
    // SAFETY: SSE2 is part of this architecture: the compiler itself relies on it.
    unsafe {
        look_ascii_sse2(block, ends)
    }
}

/// As signed numbers, bytes above 127 are less than a space, as control characters are.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn look_ascii_sse2<const N: usize>(block: &[u8; BLOCK], ends: [u8; N]) -> usize {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };
    let whole = u128::from_le_bytes(*block);
    let bytes = _mm_set_epi64x((whole >> 64) as i64, whole as i64);
    let mut marks = _mm_cmplt_epi8(bytes, _mm_set1_epi8(b' ' as i8));
    for end in ends {
        marks = _mm_or_si128(marks, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(end as i8)));
    }
    (_mm_movemask_epi8(marks) as u32 | 1 << BLOCK).trailing_zeros() as usize
}

#[cfg(not(target_arch = "x86_64"))]
use self::{look_ascii_plain as look_ascii, look_plain as look};

/// The twin of [`look_ascii`]: a byte at a time. Runs on other processors.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn look_ascii_plain<const N: usize>(block: &[u8; BLOCK], ends: [u8; N]) -> usize {
    block.iter().position(|byte| !byte.is_ascii() || is_end(*byte, ends)).unwrap_or(BLOCK)
}

/// The twin of [`look`]: a byte at a time. Runs on other processors.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn look_plain<const N: usize>(block: &[u8; BLOCK], ends: [u8; N]) -> Stretch {
    let end = block.iter().position(|byte| is_end(*byte, ends)).unwrap_or(BLOCK);
    Stretch { end, high: !block[..end].is_ascii() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENDS: [u8; 3] = *b"\"<&";

    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![8 => b'a'..=b'z', 1 => any::<u8>(), 1 => Just(b'"'), 1 => 0x1eu8..=0x27, 1 => 0x7eu8..=0x81]
    }

    proptest! {
        #[test]
        fn a_block_is_seen_as_byte_by_byte(block in prop::array::uniform16(byte())) {
            prop_assert_eq!(look(&block, ENDS), look_plain(&block, ENDS));
            prop_assert_eq!(look_ascii(&block, ENDS), look_ascii_plain(&block, ENDS));
        }

        #[test]
        fn a_stretch_ends_where_its_first_end_stands(
            text in prop::collection::vec(prop_oneof![9 => b'a'..=b'z', 1 => byte()], 0..70), at in 0usize..70,
        ) {
            let at = at.min(text.len());
            let plain = text[at..].iter().position(|byte| is_end(*byte, ENDS)).map_or(text.len(), |it| at + it);
            let found = stretch(&text, at, ENDS);
            prop_assert_eq!(found, Stretch { end: plain, high: !text[at..plain].is_ascii() });
            let high = text[at..].iter().position(|byte| !byte.is_ascii()).map_or(text.len(), |it| at + it);
            prop_assert_eq!(ascii(&text, at, ENDS), plain.min(high));
        }
    }
}
