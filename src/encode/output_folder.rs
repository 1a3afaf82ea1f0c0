//! A folder that appears whole or not at all.
//!
//! Its files are written in a folder of another name beside its place, locked while its writer lives.
//! `commit` syncs and renames it; dropped before that, it is removed. A folder that stands in the place and
//! may be replaced is exchanged for it in one step where the system can do that.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::output::{Replace, fail, folder_of, hold, rename_new, sweep, sync_folder, temp_name};
use crate::error::{Code, Error, Result};

/// A folder under way to its place.
#[derive(Debug)]
pub struct OutputFolder {
    /// Holds the lock that says that its writer lives.
    _lock: File,
    temp: PathBuf,
    path: PathBuf,
    replace: Replace,
    marker: &'static str,
    done: bool,
}

impl OutputFolder {
    /// Begins a folder that will stand at `path`. `marker` is a file that every folder of its kind has: no
    /// other folder is ever replaced.
    ///
    /// # Errors
    /// As [`check_folder`]; [`Code::OutputWrite`] if the folder above can't be written.
    pub fn create(path: &Path, replace: Replace, marker: &'static str) -> Result<Self> {
        check_folder(path, replace, marker)?;
        let above = folder_of(path);
        sweep(&above);
        let name = path.file_name().ok_or_else(|| {
            fail(path, &io::Error::new(io::ErrorKind::InvalidInput, "the path does not name a folder"))
        })?;
        let mut attempt = 0;
        loop {
            let temp = above.join(temp_name(name, attempt));
            match std::fs::create_dir(&temp) {
                Ok(()) => {
                    let lock = match File::open(&temp) {
                        Ok(lock) if hold(&lock, &temp) => lock,
                        // Another run swept it away before it was locked.
                        Ok(_) => {
                            attempt += 1;
                            continue;
                        }
                        Err(error) if error.kind() == io::ErrorKind::NotFound && attempt < 1000 => {
                            attempt += 1;
                            continue;
                        }
                        Err(error) => return Err(fail(path, &error)),
                    };
                    return Ok(Self {
                        _lock: lock,
                        temp,
                        path: path.to_owned(),
                        replace,
                        marker,
                        done: false,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => attempt += 1,
                Err(error) => return Err(fail(path, &error)),
            }
        }
    }

    /// Where a file of it is to be written. Folders on the way are made.
    pub fn place(&self, file: &str) -> Result<PathBuf> {
        let place = self.temp.join(file);
        if let Some(above) = place.parent() {
            std::fs::create_dir_all(above).map_err(|error| fail(&self.path, &error))?;
        }
        Ok(place)
    }

    /// Makes it appear, after its files were synced each by its own writer.
    ///
    /// # Errors
    /// [`Code::OutputExists`] if a folder appeared in its place meanwhile and may not be replaced;
    /// [`Code::OutputWrite`].
    pub fn commit(mut self) -> Result<()> {
        for entry in walkdir::WalkDir::new(&self.temp).into_iter() {
            let entry = entry.map_err(|error| fail(&self.path, &error.into()))?;
            if entry.file_type().is_dir() {
                sync_folder(entry.path()).map_err(|error| fail(&self.path, &error))?;
            }
        }
        check_folder(&self.path, self.replace, self.marker)?;
        match (self.replace, self.path.exists()) {
            (Replace::Force, true) => self.exchange(),
            _ => rename_new(&self.temp, &self.path),
        }
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty => exists(&self.path),
            _ => fail(&self.path, &error),
        })?;
        self.done = true;
        sync_folder(&folder_of(&self.path)).map_err(|error| fail(&self.path, &error))
    }

    /// Puts it in the place of the old one, which is then removed.
    fn exchange(&self) -> io::Result<()> {
        let from = CString::new(self.temp.as_os_str().as_bytes())?;
        let to = CString::new(self.path.as_os_str().as_bytes())?;
        #[cfg(target_os = "linux")]
        {
            #[expect(unsafe_code, reason = "the standard library has no rename that exchanges")]
            // SAFETY: both are NUL-terminated strings that outlive the call.
            let result = unsafe {
                libc::renameat2(
                    libc::AT_FDCWD,
                    from.as_ptr(),
                    libc::AT_FDCWD,
                    to.as_ptr(),
                    libc::RENAME_EXCHANGE,
                )
            };
            if result == 0 {
                return std::fs::remove_dir_all(&self.temp);
            }
        }
        // A file system without that call: for a moment no folder stands there, and a kill then leaves the
        // old one under another name.
        let mut old = self.temp.as_os_str().to_owned();
        old.push(".old");
        std::fs::rename(&self.path, &old)?;
        std::fs::rename(&self.temp, &self.path)?;
        std::fs::remove_dir_all(&old)
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if !self.done {
            // Nothing can be told from here, and the next run's sweep has another go.
            let _ = std::fs::remove_dir_all(&self.temp);
        }
    }
}

/// Whether a folder may be put at `path`; asked before any work is done.
///
/// # Errors
/// [`Code::OutputExists`] if something stands there that may not be replaced; [`Code::OutputWrite`] if the
/// folder above is missing.
pub fn check_folder(path: &Path, replace: Replace, marker: &str) -> Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.is_dir() => {
            Err(Error::new(Code::OutputExists, "expected a place for a folder, found something else")
                .in_file(path)
                .help("an object-centric log is written to a folder of tables; give another name"))
        }
        Ok(_) => {
            let empty = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
            match (replace, empty || path.join(marker).is_file()) {
                (Replace::Force, true) => match foreign(path, marker) {
                    None => Ok(()),
                    Some(file) => Err(Error::new(
                        Code::OutputExists,
                        format!(
                            "the existing folder contains {}, which is not a table, so the folder is not replaced",
                            file.display()
                        ),
                    )
                    .in_file(path)
                    .help("move that file, or give another name")),
                },
                (Replace::Force, false) => Err(Error::new(
                    Code::OutputExists,
                    format!("the existing folder does not contain {marker}, so it is not replaced"),
                )
                .in_file(path)
                .help("give another name")),
                (Replace::Never, _) => Err(exists(path)),
            }
        }
        Err(_) => {
            let above = folder_of(path);
            match std::fs::metadata(&above) {
                Ok(found) if found.is_dir() => Ok(()),
                Ok(_) => Err(Error::new(Code::OutputWrite, "its parent is not a folder").in_file(path)),
                Err(error) => Err(fail(path, &error).help(format!("create {} first", above.display()))),
            }
        }
    }
}

/// A file within a folder that is neither a table nor its marker: what would be lost with it is somebody
/// else's. As far as can be read; what can't is not removed either.
fn foreign(path: &Path, marker: &str) -> Option<PathBuf> {
    let files = walkdir::WalkDir::new(path).sort_by_file_name().into_iter().filter_map(|entry| entry.ok());
    files.filter(|entry| !entry.file_type().is_dir()).find_map(|entry| {
        let within = entry.path().strip_prefix(path).unwrap_or(entry.path());
        let is_own = within == Path::new(marker) || within.extension().is_some_and(|it| it == "parquet");
        (!is_own).then(|| within.to_owned())
    })
}

fn exists(path: &Path) -> Error {
    Error::new(Code::OutputExists, "the folder exists already")
        .in_file(path)
        .help("give another name, or use ⟦force⟧ to replace it")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKER: &str = "meta.json";

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn write(path: &Path, replace: Replace, text: &str) -> Result<()> {
        let folder = OutputFolder::create(path, replace, MARKER)?;
        std::fs::write(folder.place(MARKER)?, "{}").unwrap();
        std::fs::write(folder.place("a/b.parquet")?, text).unwrap();
        assert!(
            !path.join("a/b.parquet").exists()
                || std::fs::read(path.join("a/b.parquet")).unwrap() != text.as_bytes()
        );
        folder.commit()
    }

    #[test]
    fn a_folder_appears_whole_and_replaces_only_its_own_kind() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("log");
        write(&path, Replace::Never, "one").unwrap();
        assert_eq!(write(&path, Replace::Never, "two").unwrap_err().code(), Code::OutputExists);
        write(&path, Replace::Force, "two").unwrap();
        assert_eq!(std::fs::read_to_string(path.join("a/b.parquet")).unwrap(), "two");
        assert_eq!(names(above.path()), ["log"]);
        std::fs::write(path.join("a/own.txt"), "mine").unwrap();
        let error = write(&path, Replace::Force, "three").unwrap_err();
        assert!(error.to_string().contains("a/own.txt"), "{error}");
        std::fs::remove_file(path.join("a/own.txt")).unwrap();
        std::fs::remove_file(path.join(MARKER)).unwrap();
        assert_eq!(write(&path, Replace::Force, "three").unwrap_err().code(), Code::OutputExists);
        assert_eq!(std::fs::read_to_string(path.join("a/b.parquet")).unwrap(), "two");
    }

    #[test]
    fn a_dropped_folder_leaves_nothing_and_orphans_are_swept() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("log");
        let folder = OutputFolder::create(&path, Replace::Never, MARKER).unwrap();
        std::fs::write(folder.place("x/y").unwrap(), "half").unwrap();
        drop(folder);
        assert!(names(above.path()).is_empty());
        let orphan = above.path().join(".log.1-0.logflow-tmp");
        std::fs::create_dir(&orphan).unwrap();
        std::fs::write(orphan.join("half"), "half").unwrap();
        let living = OutputFolder::create(&path, Replace::Never, MARKER).unwrap();
        assert!(!orphan.exists());
        let second = OutputFolder::create(&above.path().join("other"), Replace::Never, MARKER).unwrap();
        assert_eq!(names(above.path()).len(), 2);
        living.commit().unwrap();
        second.commit().unwrap();
        assert_eq!(names(above.path()), ["log", "other"]);
    }
}
