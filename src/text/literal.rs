//! Text that is known and looked for again and again: compared in blocks, without a call.

/// Bytes that are compared together.
const BLOCK: usize = 16;

/// The longest that is worth learning, in bytes: what is longer has white space without end in it, and would
/// be memory.
pub const LONGEST: usize = 512;

/// Bytes to look for.
#[derive(Debug)]
pub struct XmlLiteral {
    bytes: Box<[u8]>,
    /// The first block; of fewer bytes `mask` leaves those that count.
    first: u128,
    mask: u128,
    /// Whole blocks between the first and the last.
    middle: Box<[u128]>,
    /// The last block, which may share bytes with others.
    last: u128,
}

/// The block at `at` as a number.
#[inline(always)]
fn block(text: &[u8], at: usize) -> Option<u128> {
    text.get(at..)?.first_chunk().map(|block| u128::from_le_bytes(*block))
}

impl XmlLiteral {
    /// A literal of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().max(BLOCK), 0);
        let missing = BLOCK.saturating_sub(bytes.len()) as u32;
        Self {
            bytes: bytes.into(),
            first: block(&padded, 0).unwrap_or_default(),
            mask: u128::MAX.checked_shr(missing * 8).unwrap_or_default(),
            middle: (BLOCK..padded.len().saturating_sub(BLOCK))
                .step_by(BLOCK)
                .filter_map(|at| block(&padded, at))
                .collect(),
            last: block(&padded, padded.len() - BLOCK).unwrap_or_default(),
        }
    }

    /// Number of bytes that the literal has.
    #[inline(always)]
    #[expect(clippy::len_without_is_empty, reason = "nobody looks for nothing")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the text has the literal at `at`.
    #[inline(always)]
    pub fn is_at(&self, text: &[u8], at: usize) -> bool {
        let len = self.bytes.len();
        match block(text, at) {
            Some(found) if (found ^ self.first) & self.mask != 0 => false,
            Some(_) if len <= BLOCK => true,
            Some(_) => {
                block(text, at + len - BLOCK) == Some(self.last)
                    && self
                        .middle
                        .iter()
                        .zip(1..)
                        .all(|(it, place)| block(text, at + place * BLOCK) == Some(*it))
            }
            None => text.get(at..).is_some_and(|rest| rest.starts_with(&self.bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_stands_where_its_bytes_do() {
        let text: Vec<u8> = (b'a'..=b'z').cycle().take(100).collect();
        for len in [0, 1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 70] {
            let literal = XmlLiteral::new(&text[3..3 + len]);
            assert_eq!(literal.len(), len);
            for end in 0..=text.len() {
                for at in [0, 3, 29, 55, 81, 99, 100, 101] {
                    let starts = text[..end].get(at..).is_some_and(|rest| rest.starts_with(&literal.bytes));
                    assert_eq!(literal.is_at(&text[..end], at), starts, "{len} {end} {at}");
                }
            }
            for odd in 0..len {
                let mut text = text.clone();
                text[3 + odd] = b'!';
                assert!(!literal.is_at(&text, 3), "{len} {odd}");
            }
        }
    }
}
