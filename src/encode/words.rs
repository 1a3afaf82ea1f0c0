//! Text of a batch that repeats: each value once, and a key for each row.

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use super::intern::Interner;
use crate::error::Result;
use crate::model::short;

/// The words of a batch.
#[derive(Default)]
pub struct Words {
    /// The key of each row.
    pub keys: Vec<i32>,
    interner: Interner,
    words: Vec<Word>,
    bytes: Vec<u8>,
}

/// A distinct text of the batch.
struct Word {
    /// Its first bytes: those of a short one tell it from others.
    block: u128,
    len: usize,
    /// Where it ends among the bytes of all.
    end: usize,
}

impl Words {
    /// The key of the word of `len` bytes from `start` on, which is added if it is not there. `block`: its
    /// [block](short::block).
    #[inline]
    pub fn key(&mut self, text: &[u8], start: usize, len: usize, block: u128) -> i32 {
        let Self { interner, words, bytes, .. } = self;
        let (key, new) = if len <= short::BLOCK {
            interner.intern(interner.hash_block(block, len), |key| {
                let word = &words[key as usize];
                word.block == block && word.len == len
            })
        } else {
            let value = &text[start..start + len];
            interner.intern(interner.hash_text(value), |key| {
                let word = &words[key as usize];
                word.block == block && word.len == len && bytes[word.end - len..word.end] == *value
            })
        };
        if new {
            short::append(bytes, text, start, len);
            words.push(Word { block, len, end: bytes.len() });
        }
        key as i32
    }

    /// The rows since the last array as a dictionary array.
    ///
    /// # Errors
    /// Those of Arrow, for keys without a word.
    pub fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let keys = Int32Array::try_new(std::mem::take(&mut self.keys).into(), nulls)?;
        let ends = self.words.iter().map(|word| word.end as i32);
        let offsets: Vec<i32> = std::iter::once(0).chain(ends).collect();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let words = StringArray::try_new(offsets, Buffer::from_vec(self.bytes.clone()), None)?;
        self.clear();
        Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(words))?))
    }

    /// Forgets rows and words.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.interner.clear();
        self.words.clear();
        self.bytes.clear();
    }
}
