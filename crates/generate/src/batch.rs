//! The output of a writer: text is gathered in one buffer, counted, and written a MiB at a time.

use std::io::Write;

use crate::{Error, Result};

/// Bytes gathered before each write.
const BATCH: usize = 1 << 20;
/// Bytes that are reserved for an event: more than the longest event has in any format, so that the buffer
/// never grows.
const EVENT: usize = 1 << 12;

/// The buffer and the output that it is written to. A writer appends to `text`, then calls
/// [`Batch::drain_if_full`] between two events.
pub struct Batch<'o> {
    /// Text that is not written yet.
    pub text: Vec<u8>,
    out: &'o mut dyn Write,
    bytes: u64,
}

impl<'o> Batch<'o> {
    /// Creates an empty batch that is written to `out`.
    pub fn new(out: &'o mut dyn Write) -> Self {
        Self { text: Vec::with_capacity(BATCH + EVENT), out, bytes: 0 }
    }

    /// Writes the gathered text if there is enough of it.
    ///
    /// # Errors
    /// [`Error::Write`] if the output fails.
    #[inline]
    pub fn drain_if_full(&mut self) -> Result<()> {
        if self.text.len() >= BATCH { self.drain() } else { Ok(()) }
    }

    /// Writes the rest, and returns the number of all bytes written.
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
