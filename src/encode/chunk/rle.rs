//! The hybrid of runs and bit-packed groups, for dictionary keys and definition levels (Parquet,
//! Encodings.md, RLE = 3).

use super::bits::{pack, varint};

/// Values in a bit-packed group, and the shortest run worth leaving the groups for.
const GROUP: usize = 8;

/// Appends `keys` of `width` bits each.
///
/// ```text
/// at each multiple of 8 values behind the last run:
///     8 or more equal values follow  -> the groups so far, then a run of them
///     else                           -> 8 more values for the groups
/// ```
pub fn encode(keys: &[u32], width: u32, out: &mut Vec<u8>) {
    let (mut at, mut packed) = (0, 0);
    while at < keys.len() {
        let equal = run_length(&keys[at..]);
        if equal >= GROUP {
            groups(&keys[packed..at], width, out);
            run(keys[at], equal, width, out);
            at += equal;
            packed = at;
        } else {
            at += GROUP;
        }
    }
    groups(&keys[packed.min(keys.len())..], width, out);
}

fn run_length(keys: &[u32]) -> usize {
    keys.iter().position(|key| *key != keys[0]).unwrap_or(keys.len())
}

/// Appends `count` repetitions of `value` as one run, `width` bits per value.
pub fn run(value: u32, count: usize, width: u32, out: &mut Vec<u8>) {
    varint((count as u64) << 1, out);
    out.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8) as usize]);
}

fn groups(keys: &[u32], width: u32, out: &mut Vec<u8>) {
    if keys.is_empty() {
        return;
    }
    let count = keys.len().div_ceil(GROUP);
    varint((count as u64) << 1 | 1, out);
    let padding = std::iter::repeat_n(0, count * GROUP - keys.len());
    pack(keys.iter().map(|key| u64::from(*key)).chain(padding), width, out);
}

/// Appends `len` levels of one bit, which stand packed in `bits`. Bits beyond `len` must be zero.
pub fn encode_bits(bits: &[u8], len: usize, out: &mut Vec<u8>) {
    let bits = &bits[..len.div_ceil(8)];
    let whole = len / 8;
    let (mut at, mut packed) = (0, 0);
    while at < whole {
        let equal = match bits[at] {
            byte @ (0 | 0xFF) => bits[at..whole].iter().take_while(|other| **other == byte).count(),
            _ => 0,
        };
        // A run and the header of the groups behind it take four bytes.
        if equal >= 4 {
            bit_groups(&bits[packed..at], out);
            run(u32::from(bits[at] & 1), equal * 8, 1, out);
            at += equal;
            packed = at;
        } else {
            at += equal.max(1);
        }
    }
    bit_groups(&bits[packed..], out);
}

fn bit_groups(bits: &[u8], out: &mut Vec<u8>) {
    if !bits.is_empty() {
        varint((bits.len() as u64) << 1 | 1, out);
        out.extend_from_slice(bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain reader of the same bytes.
    fn decode(mut bytes: &[u8], width: u32, len: usize) -> Vec<u32> {
        let mut keys = Vec::new();
        while keys.len() < len {
            let mut header = 0u64;
            for shift in (0..).step_by(7) {
                let byte = bytes[0];
                bytes = &bytes[1..];
                header |= u64::from(byte & 0x7F) << shift;
                if byte < 0x80 {
                    break;
                }
            }
            if header & 1 == 0 {
                let size = width.div_ceil(8) as usize;
                let value =
                    bytes[..size].iter().rev().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
                bytes = &bytes[size..];
                keys.extend(std::iter::repeat_n(value, (header >> 1) as usize));
            } else {
                let count = (header >> 1) as usize * 8;
                for at in 0..count {
                    keys.push((0..width as usize).fold(0, |key, bit| {
                        let place = at * width as usize + bit;
                        key | u32::from(bytes[place / 8] >> (place % 8) & 1) << bit
                    }));
                }
                bytes = &bytes[count * width as usize / 8..];
            }
        }
        assert!(bytes.is_empty());
        keys.truncate(len);
        keys
    }

    fn keys(lengths: &[usize], most: u32) -> Vec<u32> {
        let runs = lengths.iter().enumerate();
        runs.flat_map(|(at, length)| std::iter::repeat_n(at as u32 * 7 % (most + 1), *length)).collect()
    }

    #[test]
    fn runs_and_groups_come_back() {
        for most in [0, 1, 5, 300, 70_000] {
            let width = super::super::bits::width_of(u64::from(most));
            for lengths in
                [&[1usize; 77][..], &[100_000], &[3, 40, 1, 1, 9, 8, 7, 200], &[8, 8, 8], &[7, 7, 7]]
            {
                let keys = keys(lengths, most);
                let mut out = Vec::new();
                encode(&keys, width, &mut out);
                assert_eq!(decode(&out, width, keys.len()), keys);
            }
        }
    }

    #[test]
    fn levels_come_back_packed_and_in_runs() {
        for lengths in [&[1usize; 77][..], &[20_000], &[3, 400, 1, 1, 90, 8, 7, 2000, 5], &[64, 64], &[1]] {
            let levels = keys(lengths, 1);
            let mut bits = vec![0u8; levels.len().div_ceil(8)];
            for (at, level) in levels.iter().enumerate() {
                bits[at / 8] |= (*level as u8) << (at % 8);
            }
            let mut out = Vec::new();
            encode_bits(&bits, levels.len(), &mut out);
            assert_eq!(decode(&out, 1, levels.len()), levels);
        }
    }
}
