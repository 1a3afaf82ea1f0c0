//! Text on its way out: gathered in one buffer, written a MiB at a time, counted.

use std::io::Write;

use crate::{Error, Result};

/// Bytes gathered before each write.
const BATCH: usize = 1 << 20;
/// More than the longest event has in any format, so that the buffer never grows.
const EVENT: usize = 1 << 12;

/// The buffer and what it drains into. A writer appends to `text`, then calls [`Batch::drain_if_full`] between two events.
pub struct Batch<'o> {
    /// What isn't written yet.
    pub text: Vec<u8>,
    out: &'o mut dyn Write,
    bytes: u64,
}

impl<'o> Batch<'o> {
    /// Creates an empty batch that is written to `out`.
    pub fn new(out: &'o mut dyn Write) -> Self {
        Self { text: Vec::with_capacity(BATCH + EVENT), out, bytes: 0 }
    }

    /// Writes what was gathered, once it is a batch.
    ///
    /// # Errors
    /// [`Error::Write`] if the output fails.
    #[inline]
    pub fn drain_if_full(&mut self) -> Result<()> {
        if self.text.len() >= BATCH { self.drain() } else { Ok(()) }
    }

    /// Writes the rest; returns the bytes of the whole.
    ///
    /// # Errors
    /// [`Error::Write`] if the output fails.
    pub fn finish(mut self) -> Result<u64> {
        self.drain()?;
        self.out.flush().map_err(Error::Write)?;
        Ok(self.bytes)
    }

    fn drain(&mut self) -> Result<()> {
        self.out.write_all(&self.text).map_err(Error::Write)?;
        self.bytes += self.text.len() as u64;
        self.text.clear();
        Ok(())
    }
}
