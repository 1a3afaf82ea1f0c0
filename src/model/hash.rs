//! A hash of bytes that is the same in every run and on every machine. It need not withstand malice: what it
//! decides is said where it is used.

use super::short;

/// Hash of `bytes`, combined with `seed`.
#[inline]
pub fn hash_bytes(seed: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let hash =
        words.iter().fold(mix(seed, bytes.len() as u64), |hash, word| mix(hash, u64::from_le_bytes(*word)));
    // The length is in the hash, so bytes that are read twice make no two texts the same.
    match rest {
        [] => hash,
        [a] => mix(hash, u64::from(*a)),
        [a, b] => mix(hash, u64::from(*a) | u64::from(*b) << 8),
        [a, b, c] => mix(hash, u64::from(*a) | u64::from(*b) << 8 | u64::from(*c) << 16),
        [a, b, c, d, ..] => {
            let low = u32::from_le_bytes([*a, *b, *c, *d]);
            let end = rest.len() - 4;
            let high = u32::from_le_bytes([rest[end], rest[end + 1], rest[end + 2], rest[end + 3]]);
            mix(hash, u64::from(low) | u64::from(high) << 32)
        }
    }
}

/// Of the piece of `len` bytes from `start` on, on top of `seed`; another one than that of [`hash_bytes`],
/// and without a look at each length of short text.
#[inline]
pub fn hash_piece(seed: u64, text: &[u8], start: usize, len: usize) -> u64 {
    match len <= short::BLOCK {
        true => {
            let block = short::block(text, start, len);
            mix(mix(mix(seed, len as u64), block as u64), (block >> 64) as u64)
        }
        false => hash_bytes(seed, &text[start..start + len]),
    }
}

/// Multiplies by an odd number and brings the upper half, which depends on all bits, down.
#[inline]
pub const fn mix(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 29)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_that_differ_in_a_byte_or_in_length_hash_differently() {
        let mut seen = HashSet::new();
        let text: Vec<u8> = (1..=40).collect();
        for len in 0..text.len() {
            assert!(seen.insert(hash_bytes(0, &text[..len])));
            for at in 0..len {
                for bit in 0..8 {
                    let mut other = text[..len].to_vec();
                    other[at] ^= 1 << bit;
                    assert!(seen.insert(hash_bytes(0, &other)), "{len} {at} {bit}");
                }
            }
            assert!(seen.insert(hash_bytes(0, &vec![255; len + 1])));
        }
        assert_ne!(hash_bytes(1, b"a"), hash_bytes(2, b"a"));
    }

    #[test]
    fn pieces_hash_as_they_do_alone_and_differently_from_each_other() {
        let mut seen = HashSet::new();
        let text: Vec<u8> = (1..=60).collect();
        for len in 0..40 {
            let alone = hash_piece(7, &text[20..20 + len], 0, len);
            assert_eq!(hash_piece(7, &text, 20, len), alone);
            assert!(seen.insert(alone));
            for at in 0..len {
                let mut other = text.clone();
                other[20 + at] ^= 64;
                assert!(seen.insert(hash_piece(7, &other, 20, len)), "{len} {at}");
            }
        }
    }
}
