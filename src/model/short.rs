//! Short text, which most of a log is: compared, told apart and copied in one piece, without a call whose length nobody can foresee.

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

/// The first 16 of the `len` bytes from `start` on as a number, with zeros for those that are missing. Texts of equal length up to 16 are equal if these are.
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

/// Appends the `len` bytes from `start` on. `out` should have room for 16 bytes more than are appended, lest it grow for those that are not kept.
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
    if (8..=32).contains(&len) {
        let word = |text: &[u8], at: usize| text[at..].first_chunk().map(|it| u64::from_le_bytes(*it));
        let at = |at: usize| word(left, at) == word(right, at);
        // Words may share bytes.
        return at(0) && at(len - 8) && (len <= 16 || at(8) && at(len - 16));
    }
    left == right
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
        }
    }
}
