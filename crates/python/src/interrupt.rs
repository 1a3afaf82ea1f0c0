//! Work that Ctrl-C stops: it has a thread of its own, and the thread that called looks for signals.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use logflow::{Code, Error, Observer, Result};
use pyo3::prelude::*;

use crate::error::exception;

/// How often signals are looked for.
const PAUSE: Duration = Duration::from_millis(100);

/// Does work without Python's lock. After Ctrl-C the work is told to stop, its end is waited for, so that no
/// temporary file is left behind, and `KeyboardInterrupt` follows.
pub fn interruptible<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(&Observer) -> Result<T> + Send,
) -> PyResult<T> {
    let observer = Observer::default();
    let (sender, receiver) = channel();
    let watched = observer.clone();
    let outcome = std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().name("logflow-python".to_owned()).spawn_scoped(scope, move || {
                // The other end is there until the scope ends.
                let _ = sender.send(work(&watched));
            });
        if let Err(error) = thread {
            return Ok(Err(Error::new(Code::Worker, error.to_string())));
        }
        // `Receiver` must not be shared, so it moves into the wait and back.
        let mut waiting = Some(receiver);
        loop {
            let Some(receiver) = waiting.take() else { return Ok(Err(ended())) };
            let (receiver, got) = py.detach(move || {
                let got = receiver.recv_timeout(PAUSE);
                (receiver, got)
            });
            match got {
                Ok(outcome) => return Ok(outcome),
                Err(RecvTimeoutError::Disconnected) => return Ok(Err(ended())),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Err(signal) = py.check_signals() {
                observer.stop();
                let _ = py.detach(move || receiver.recv());
                return Err(signal);
            }
            waiting = Some(receiver);
        }
    });
    outcome?.map_err(|error| exception(py, error))
}

/// The error of work that ended without a result, which only a panic does.
fn ended() -> Error {
    Error::new(Code::Internal, "the work ended without a result")
}
