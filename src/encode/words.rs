//! Text of a batch that repeats: each value once, and a key for each row.

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use super::intern::Interner;
use crate::error::Result;

/// The words of a batch.
#[derive(Default)]
pub struct Words {
    /// The key of each row.
    pub keys: Vec<i32>,
    interner: Interner,
    /// Where each word ends in `bytes`.
    ends: Vec<i32>,
    bytes: Vec<u8>,
}

impl Words {
    /// The key of a word, which is added if it is not there.
    #[inline]
    pub fn key(&mut self, value: &[u8]) -> i32 {
        let Self { interner, ends, bytes, .. } = self;
        let (key, new) = interner.intern(interner.hash_text(value), |key| {
            let start = key.checked_sub(1).map_or(0, |before| ends[before as usize]);
            bytes[start as usize..ends[key as usize] as usize] == *value
        });
        if new {
            bytes.extend_from_slice(value);
            ends.push(bytes.len() as i32);
        }
        key as i32
    }

    /// The rows since the last array as a dictionary array.
    ///
    /// # Errors
    /// Those of Arrow, for keys without a word.
    pub fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let keys = Int32Array::try_new(std::mem::take(&mut self.keys).into(), nulls)?;
        let offsets: Vec<i32> = std::iter::once(0).chain(self.ends.iter().copied()).collect();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let words = StringArray::try_new(offsets, Buffer::from_vec(self.bytes.clone()), None)?;
        self.clear();
        Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(words))?))
    }

    /// Forgets rows and words.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.interner.clear();
        self.ends.clear();
        self.bytes.clear();
    }
}
