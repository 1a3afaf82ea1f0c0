//! `--from ocel-csv`: pm4py's flat CSV of an object-centric log, by way of a log that nobody sees.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::convert::Convert;
use crate::encode::output::Replace;
use crate::error::{Code, Error, Result};
use crate::mmap::Input;
use crate::model::roles::{Naming, RoleWishes};
use crate::model::time_format::TimeFormat;
use crate::model::value::{ColumnType, DateOrder};
use crate::observer::Observer;
use crate::options::{DeclaredColumn, InputFormat, OnBadRow, Options, TimestampUnit};
use crate::source::look::looked_at;
use crate::target::OutputPlace;
use crate::target::ocel::{FLAT, OF_TYPE, from_flat};
use crate::target::parquet::ParquetFile;
use tempfile::TempDir;

/// Whether an input begins with the header of such a table.
pub fn is_flat(input: &Input, options: &Options) -> bool {
    if input.path().is_some_and(Path::is_dir) {
        return false;
    }
    // One that can't be opened says so when its turn comes.
    let opened = looked_at(input, options, &Observer::default());
    opened.is_ok_and(|opened| is_flat_head(opened.head()))
}

/// Whether the first bytes of an input are the header of such a table.
pub fn is_flat_head(head: &[u8]) -> bool {
    let end = head.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(head.len());
    let header = String::from_utf8_lossy(&head[..end]);
    header.contains(OF_TYPE) && FLAT.iter().all(|name| header.contains(name))
}

/// Writes the table as a log of the same name into `folder`.
///
/// # Errors
/// What is wrong with the table.
pub fn write(input: &Input, options: &Options, folder: &TempDir, observer: &Observer) -> Result<Input> {
    if options.hides_values {
        return Err(Error::new(
            Code::Unreachable,
            "a flat table of an object-centric log is copied to a file before its values are hidden",
        )
        .help("make an object-centric log of it first where the values may be seen, such as log.jsonocel; then hide them"));
    }
    let failed = |error: &std::io::Error| Error::io(Code::OutputWrite, folder.path(), error);
    let mut options = options.clone();
    options.read.from = Some(InputFormat::new("csv"));
    options.write.tables = false;
    options.write.timestamp_unit = TimestampUnit::default();
    options.table.on_bad_row = OnBadRow::Fail;
    // Of a table; these columns are known by their names.
    options.table.roles = RoleWishes::default();
    options.table.naming = Naming::Source;
    // Known by its name and not by its role.
    let formats = std::mem::take(&mut options.table.values.timestamp_formats);
    let columns = crate::convert::preview(std::slice::from_ref(input), &options)?.columns;
    // Identifiers and names are text, whatever they look like.
    let is_text = |name: &str| name == FLAT[0] || name == FLAT[1] || name.starts_with(OF_TYPE);
    options.table.declared = columns
        .iter()
        .filter(|column| is_text(&column.source_name))
        .map(|column| DeclaredColumn {
            name: column.source_name.clone(),
            column_type: ColumnType::Text,
            formats: Vec::new(),
        })
        .collect();
    if let Some(format) = TimeFormat::compile_all(&formats)? {
        let unit = format.unit();
        options.table.declared.push(DeclaredColumn {
            name: FLAT[2].to_owned(),
            column_type: ColumnType::Timestamp { order: DateOrder::Ymd, unit },
            formats,
        });
    }
    let table = OutputPlace { path: folder.path().join("table.parquet"), replace: Replace::Force };
    Convert::new(input.clone()).options(options).run(&mut ParquetFile::new(table.clone()), observer)?;
    let name = input.path().and_then(|path| path.file_name()).unwrap_or("stdin".as_ref());
    let place = folder.path().join("log").join(name);
    std::fs::create_dir_all(folder.path().join("log")).map_err(|error| failed(&error))?;
    let mut out = BufWriter::new(File::create(&place).map_err(|error| failed(&error))?);
    // Rows are counted in the table that the user knows.
    from_flat(&table.path, &mut out, observer).map_err(|error| match input.path() {
        Some(path) => error.in_file(path),
        None => error,
    })?;
    out.flush().map_err(|error| failed(&error))?;
    Ok(Input::Path(place))
}
