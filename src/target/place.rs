//! Where an output goes: a path, and whether what is there may be replaced.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::encode::output::Replace;
use crate::error::{Code, Error, Result};
use crate::options::Options;

/// Where an output goes.
///
/// # Examples
/// ```
/// # fn main() -> logflow::Result<()> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let (log, output) = (folder.path().join("log.csv"), folder.path().join("log.parquet"));
/// # std::fs::write(&log, "case,activity\n1,a\n").unwrap();
/// use logflow::{Code, Convert, Observer, OutputPlace, ParquetFile};
///
/// let conversion = Convert::new(log.as_path());
/// let place = OutputPlace::from(output.as_path());
/// conversion.run(&mut ParquetFile::new(place.clone()), &Observer::default())?;
/// let again = conversion.run(&mut ParquetFile::new(place.clone()), &Observer::default());
/// assert_eq!(again.unwrap_err().code(), Code::OutputExists);
/// conversion.run(&mut ParquetFile::new(place.replacing()), &Observer::default())?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OutputPlace {
    /// The file, or the folder of a bundle.
    pub path: PathBuf,
    /// Whether an existing output may be replaced.
    pub replace: Replace,
}

impl OutputPlace {
    /// This path, where an existing output is an error or is replaced.
    pub fn new(path: impl Into<PathBuf>, replace: Replace) -> Self {
        Self { path: path.into(), replace }
    }

    /// The same place, where an existing output is replaced.
    pub fn replacing(self) -> Self {
        Self { replace: Replace::Force, ..self }
    }
}

impl From<&Path> for OutputPlace {
    /// A place where nothing is yet.
    fn from(path: &Path) -> Self {
        Self { path: path.to_owned(), replace: Replace::Never }
    }
}

impl From<PathBuf> for OutputPlace {
    fn from(path: PathBuf) -> Self {
        Self { path, replace: Replace::Never }
    }
}

impl From<&str> for OutputPlace {
    fn from(path: &str) -> Self {
        Path::new(path).into()
    }
}

/// The rejects file of an output: beside it, `.rejects.jsonl` behind its name.
pub fn rejects_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".rejects.jsonl");
    name.into()
}

/// The path of a file, there or not, in a folder without links: two spellings of one place are equal.
pub fn without_links(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        // A folder that is still to be made is in one that is there.
        (Err(_), Some(name)) if folder != path => without_links(folder).join(name),
        _ => path.to_owned(),
    }
}

/// A new folder for what is written on the way to an output; it is removed when it is dropped.
///
/// # Errors
/// If it can't be made in the folder for temporary files.
pub fn temporary_folder(options: &Options) -> Result<TempDir> {
    let failed = |error| Error::io(Code::OutputWrite, &options.run.temp_dir, &error);
    tempfile::tempdir_in(&options.run.temp_dir).map_err(failed)
}
