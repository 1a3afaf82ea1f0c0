//! Errors of the library as exceptions: `logflow.LogFlowError`, with code and place as attributes.

use logflow::options::Spelling;
use logflow::{Code, Error};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// How Python names an option: as a keyword argument, `case_id`.
pub const KEYWORDS: Spelling = Spelling::KEYS;

/// The exception of an error.
pub fn exception(py: Python<'_>, error: Error) -> PyErr {
    if error.code() == Code::Interrupted {
        return PyKeyboardInterrupt::new_err(error.to_string());
    }
    let error = error.spelled(KEYWORDS);
    let made = || -> PyResult<PyErr> {
        let place = error.position();
        let fields = PyDict::new(py);
        fields.set_item("code", error.code().number())?;
        fields.set_item("title", error.code().title())?;
        fields.set_item("path", error.file())?;
        fields.set_item("byte", place.and_then(|it| it.byte))?;
        fields.set_item("line", place.and_then(|it| it.line).map(|(line, _)| line))?;
        fields.set_item("row", place.and_then(|it| it.row))?;
        fields.set_item("column", place.and_then(|it| it.column.clone()))?;
        fields.set_item("help", error.help_text())?;
        let class = py.import("logflow._error")?.getattr("LogFlowError")?;
        Ok(PyErr::from_value(class.call((error.to_string(),), Some(&fields))?))
    };
    // Where even the exception can't be made, Python says why.
    made().unwrap_or_else(|other| other)
}
