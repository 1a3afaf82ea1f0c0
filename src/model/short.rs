//! Short text, which most of a log is: compared, told apart and copied in one piece, without a call whose
//! length nobody can foresee.

/// Bytes of one piece.
pub const BLOCK: usize = 16;

/// For each length what of a block counts.
const MASKS: [u128; BLOCK + 1] = {
    let mut masks = [u128::MAX; BLOCK + 1];
    let mut len = 0;
    while len < BLOCK {
        masks[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    masks
};

/// The first 16 of the `len` bytes from `start` on as a number, with zeros for those that are missing. Texts
/// of equal length up to 16 are equal if these are.
#[inline(always)]
pub fn block(text: &[u8], start: usize, len: usize) -> u128 {
    match text.get(start..).and_then(<[u8]>::first_chunk) {
        Some(block) => u128::from_le_bytes(*block) & MASKS[len.min(BLOCK)],
        None => last_block(text, start, len),
    }
}

#[cold]
fn last_block(text: &[u8], start: usize, len: usize) -> u128 {
    let mut block = [0; BLOCK];
    let len = len.min(BLOCK);
    block[..len].copy_from_slice(&text[start..start + len]);
    u128::from_le_bytes(block)
}

/// Appends the `len` bytes from `start` on. `out` should have room for 16 bytes more than are appended, lest
/// it grow for those that are not kept.
#[inline(always)]
pub fn append(out: &mut Vec<u8>, text: &[u8], start: usize, len: usize) {
    match text.get(start..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        Some(block) if len <= BLOCK => {
            let end = out.len() + len;
            out.extend_from_slice(block);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&text[start..start + len]),
    }
}

/// Whether two texts are equal.
#[inline(always)]
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    let len = left.len();
    if len != right.len() {
        return false;
    }
    // Words may share bytes.
    let word = |text: &[u8], at: usize| text[at..].first_chunk().map(|it| u64::from_le_bytes(*it));
    let half = |text: &[u8], at: usize| text[at..].first_chunk().map(|it| u32::from_le_bytes(*it));
    let words = |at: usize| word(left, at) == word(right, at);
    let halves = |at: usize| half(left, at) == half(right, at);
    let bytes = |at: usize| left[at] == right[at];
    match len {
        8..=32 => words(0) && words(len - 8) && (len <= 16 || words(8) && words(len - 16)),
        4..8 => halves(0) && halves(len - 4),
        1..4 => bytes(0) && bytes(len / 2) && bytes(len - 1),
        _ => left == right,
    }
}

/// The first eight bytes as a number of the same order; zeros stand for what is missing.
#[inline(always)]
pub fn head(text: &[u8]) -> u64 {
    match (text.first_chunk::<8>(), text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(head), ..) => u64::from_be_bytes(*head),
        // Both halves have the bytes in the middle, in the same places.
        (_, Some(first), Some(last)) => {
            let (first, last) = (u32::from_be_bytes(*first), u32::from_be_bytes(*last));
            u64::from(first) << 32 | u64::from(last) << (64 - 8 * text.len())
        }
        _ => match *text {
            [] => 0,
            [a] => u64::from(a) << 56,
            [a, b, ref rest @ ..] => {
                let third = rest.first().copied().unwrap_or_default();
                u64::from(a) << 56 | u64::from(b) << 48 | u64::from(third) << 40
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_as_byte_by_byte(
            text in prop::collection::vec(0u8..3, 0..80), start in 0usize..80, len in 0usize..80, odd in 0usize..80,
        ) {
            let start = start.min(text.len());
            let len = len.min(text.len() - start);
            let piece = &text[start..start + len];
            let padded: [u8; BLOCK] = std::array::from_fn(|at| piece.get(at).copied().unwrap_or(0));
            prop_assert_eq!(block(&text, start, len), u128::from_le_bytes(padded));
            let mut out = vec![7];
            append(&mut out, &text, start, len);
            prop_assert_eq!(&out[1..], piece);
            prop_assert_eq!(out[0], 7);
            let mut other = piece.to_vec();
            prop_assert!(equal(piece, &other));
            if let Some(byte) = other.get_mut(odd) {
                *byte += 1;
                prop_assert!(!equal(piece, &other));
            }
            other.push(0);
            prop_assert!(!equal(piece, &other));
            let padded = u64::from_be_bytes(std::array::from_fn(|at| piece.get(at).copied().unwrap_or(0)));
            prop_assert_eq!(head(piece), padded);
        }
    }
}
