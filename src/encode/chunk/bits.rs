//! Little-endian bit packing and variable-length integers, which all encodings share (Parquet, Encodings.md).

/// Bits that `value` needs; none for zero.
pub fn width_of(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

/// Appends `values` of `width` bits each, lowest bits first. Their number times `width` must be whole bytes.
#[inline]
pub fn pack(values: impl Iterator<Item = u64>, width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        return;
    }
    let (mut word, mut filled) = (0u64, 0u32);
    for value in values {
        word |= value << filled;
        let end = filled + width;
        if end >= u64::BITS {
            out.extend_from_slice(&word.to_le_bytes());
            let written = u64::BITS - filled;
            word = if written < width { value >> written } else { 0 };
            filled = end - u64::BITS;
        } else {
            filled = end;
        }
    }
    out.extend_from_slice(&word.to_le_bytes()[..filled as usize / 8]);
}

/// Appends seven bits a byte, lowest first (ULEB-128).
pub fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number so that small ones are short on both sides of zero.
pub fn zigzag(value: i64, out: &mut Vec<u8>) {
    varint((value << 1 ^ value >> 63) as u64, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bits_come_back_at_every_width() {
        for width in 1..=64u32 {
            let values: Vec<u64> =
                (0..32u64).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - width)).collect();
            let mut out = Vec::new();
            pack(values.iter().copied(), width, &mut out);
            assert_eq!(out.len(), 4 * width as usize);
            for (at, value) in values.iter().enumerate() {
                let read = (0..width as usize).fold(0u64, |read, bit| {
                    let place = at * width as usize + bit;
                    read | u64::from(out[place / 8] >> (place % 8) & 1) << bit
                });
                assert_eq!(read, *value, "width {width}, value {at}");
            }
        }
    }

    #[test]
    fn signed_numbers_alternate_around_zero() {
        let mut out = Vec::new();
        for value in [0, -1, 1, -64, 64, i64::MIN] {
            zigzag(value, &mut out);
        }
        assert_eq!(out[..5], [0, 1, 2, 127, 128]);
        assert_eq!(out.len(), 6 + 10);
    }
}
