//! LogFlow as a Python module, the part that is compiled: `logflow._logflow`. What people call is in
//! `python/logflow/__init__.py`.
//!
//! ```text
//! options.rs    inputs, output and options by name -> a pipeline, as every command has one
//! interrupt.rs  work on a thread of its own, which Ctrl-C stops
//! log.rs        a log that is read as a stream of Arrow batches
//! commands.rs   what commands print as JSON
//! error.rs      errors with code and place as exceptions
//! ```
//!
//! Python's lock is free while LogFlow works.

mod commands;
mod error;
mod interrupt;
mod log;
mod options;

use pyo3::prelude::*;

/// The compiled part of the module `logflow`.
#[pymodule]
fn _logflow(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<log::Log>()?;
    module.add_function(wrap_pyfunction!(log::read, module)?)?;
    module.add_function(wrap_pyfunction!(commands::convert, module)?)?;
    module.add_function(wrap_pyfunction!(commands::schema, module)?)?;
    module.add_function(wrap_pyfunction!(commands::stats, module)?)?;
    module.add_function(wrap_pyfunction!(commands::inspect, module)?)?;
    module.add_function(wrap_pyfunction!(commands::validate, module)?)?;
    module.add_function(wrap_pyfunction!(commands::run, module)?)?;
    Ok(())
}
