//! Numbers as few bytes: seven bits in each, the lowest first; signed ones with their sign in the lowest bit.

use crate::error::{Code, Error, Result};

/// Appends a number.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number.
#[inline]
pub(crate) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Numbers one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers<'b>(pub &'b [u8]);

impl<'b> Numbers<'b> {
    /// Reads the next number.
    #[inline]
    pub fn next(&mut self) -> Result<u64> {
        let (mut value, mut shift) = (0, 0);
        for (at, byte) in self.0.iter().enumerate() {
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                self.0 = &self.0[at + 1..];
                return Ok(value);
            }
            shift += 7;
            if shift > 63 {
                break;
            }
        }
        Err(broken())
    }

    /// The next signed number.
    #[inline]
    pub fn next_signed(&mut self) -> Result<i64> {
        let value = self.next()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The next bytes, so many.
    #[inline]
    pub fn take(&mut self, len: u64) -> Result<&'b [u8]> {
        let taken = usize::try_from(len).ok().and_then(|len| self.0.split_at_checked(len));
        let (taken, rest) = taken.ok_or_else(broken)?;
        self.0 = rest;
        Ok(taken)
    }
}

/// What was written here is read here, so this is a defect or a damaged disk.
fn broken() -> Error {
    Error::new(Code::Internal, "events that waited in the file for temporary data came back damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were() {
        let mut out = Vec::new();
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let signed = [0, -1, 1, 63, -64, 64, i64::MIN, i64::MAX];
        numbers.iter().for_each(|it| put(&mut out, *it));
        signed.iter().for_each(|it| put_signed(&mut out, *it));
        let mut read = Numbers(&out);
        assert!(numbers.iter().all(|it| read.next().unwrap() == *it));
        assert!(signed.iter().all(|it| read.next_signed().unwrap() == *it));
        assert!(read.next().is_err());
        assert!(read.take(1).is_err());
    }
}
