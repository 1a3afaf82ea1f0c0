//! The bytes of an input: mapped, or read from front to back, with the first bytes in memory.

use crate::error::{Error, Result};
use crate::mmap::{Identity, Input, InputSource, MappedFile, Stream};
use crate::source::sample::HEAD;

/// An input's bytes.
pub enum Opened {
    /// The whole file, mapped.
    Mapped(MappedFile),
    /// From front to back: what was looked at for the sample, and the rest. What comes once can be opened
    /// again as long as nothing else was read.
    Stream(Box<Stream>, Vec<u8>),
    /// A stream that is being read.
    Taken,
    /// A file to be opened again as a stream when it is its turn: what it was when it was looked at, and its
    /// length.
    Parked(Identity, u64),
}

impl Opened {
    /// What was opened, and of a stream its first bytes.
    pub fn new(source: InputSource) -> Result<Self> {
        match source {
            InputSource::Mapped(file) => {
                file.advise_sequential();
                Ok(Self::Mapped(file))
            }
            InputSource::Stream(mut stream) => {
                let mut head = Vec::with_capacity(HEAD);
                stream.look(HEAD, &mut head)?;
                Ok(Self::Stream(Box::new(stream), head))
            }
        }
    }

    /// The first bytes, or all.
    pub fn head(&self) -> &[u8] {
        match self {
            Self::Mapped(file) => file.bytes(),
            Self::Stream(_, head) => head,
            Self::Taken | Self::Parked(..) => &[],
        }
    }

    /// The encoding that it was transcoded from, if it was.
    pub fn encoding(&self) -> Option<&str> {
        match self {
            Self::Stream(stream, _) => stream.encoding().filter(|it| !it.eq_ignore_ascii_case("utf-8")),
            Self::Mapped(_) | Self::Taken | Self::Parked(..) => None,
        }
    }

    /// Whether the first bytes are all.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Mapped(_) => true,
            Self::Stream(stream, _) => stream.is_at_end(),
            Self::Taken | Self::Parked(..) => false,
        }
    }

    /// Reads twice as much of a stream as is at hand, so that the work stays linear in the length of what is
    /// looked for; false if there is no more, or if a record that begins where others are looked for would be
    /// longer than `limit`.
    pub fn read_on(&mut self, limit: usize) -> Result<bool> {
        let Self::Stream(stream, head) = self else { return Ok(false) };
        let before = head.len();
        let more = before.max(HEAD).min(limit.saturating_add(HEAD + 1).saturating_sub(before));
        if more == 0 || stream.is_at_end() {
            return Ok(false);
        }
        head.reserve_exact(more);
        stream.look(more, head)?;
        // All of a text that ends here may be at hand before it is known to be all.
        Ok(head.len() > before || stream.is_at_end())
    }
}

/// Puts the input's name to an error that has none.
pub fn named(error: Error, input: &Input) -> Error {
    match input.shown_path() {
        Some(path) => error.in_file(path),
        None => error,
    }
}
