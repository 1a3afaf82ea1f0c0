//! Standard output, where a reader that has seen enough is no failure.

use std::io::{self, Write};
use std::path::Path;

use logflow::error::{Code, Error, Result};

/// Writes all of `text`; if nobody reads any more, that is silently fine.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    settle(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Maps the result of a write: a closed pipe is not an error.
pub fn settle(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io(Code::OutputWrite, Path::new("<stdout>"), &error))
        }
        _ => Ok(()),
    }
}

/// Writes to standard error. There is nobody left to tell if that fails.
pub fn eprint(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
