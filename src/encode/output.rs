//! A file that appears whole or not at all.
//!
//! It is written beside its place under a name of its own, locked while its writer lives. `commit` syncs it,
//! renames it and syncs the folder; dropped before that, it is removed. What a killed run left behind has no
//! lock and is swept by the next run in that folder.

use std::collections::HashSet;
use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Code, Error, Result};

/// Ends the name of every temp file, so that a sweep knows its own.
const SUFFIX: &str = ".logflow-tmp";

/// Whether a file that stands in the place may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replace {
    /// No: finding one is an error.
    Never,
    /// An existing file is replaced atomically.
    Force,
}

/// A file under way to its place.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
    temp: PathBuf,
    path: PathBuf,
    replace: Replace,
    done: bool,
}

impl OutputFile {
    /// Begins a file that will stand at `path`.
    ///
    /// # Errors
    /// [`Code::OutputExists`] if something stands there and may not be replaced; [`Code::OutputWrite`] if the
    /// folder can't be written.
    pub fn create(path: &Path, replace: Replace) -> Result<Self> {
        check_place(path, replace)?;
        let folder = folder_of(path);
        // A folder that is under way itself is new and nobody else's; a bundle may have thousands of files.
        if !folder.iter().any(|part| part.as_bytes().ends_with(SUFFIX.as_bytes())) {
            sweep(&folder);
        }
        let name = path.file_name().ok_or_else(|| {
            fail(path, &io::Error::new(io::ErrorKind::InvalidInput, "the path does not name a file"))
        })?;
        let mut attempt = 0u32;
        loop {
            let temp = folder.join(temp_name(name, attempt));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&temp) {
                Ok(file) => {
                    if !hold(&file, &temp) {
                        // Nobody else has a file of this name; it may be there where its state can't be read.
                        let _ = std::fs::remove_file(&temp);
                        attempt += 1;
                        continue;
                    }
                    return Ok(Self { file, temp, path: path.to_owned(), replace, done: false });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => attempt += 1,
                Err(error) => return Err(fail(path, &error)),
            }
        }
    }

    /// Path at which the finished file will appear.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is until then, for what must open it by name and writes it in place.
    pub fn temp_path(&self) -> &Path {
        &self.temp
    }

    /// The file as it is now.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Has the kernel begin to write what it holds of the file, so that the sync at the end has little left
    /// to wait for. Only a hint.
    pub fn begin_writeback(&self) {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            #[expect(unsafe_code, reason = "the standard library has no such hint")]
            // SAFETY: the descriptor is open as long as `self`; the call touches no memory of ours.
            let _ =
                unsafe { libc::sync_file_range(self.file.as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE) };
        }
    }

    /// Makes it appear: sync, rename, sync of the folder. A failed sync is never tried again: the kernel may
    /// have dropped the pages.
    pub fn commit(self) -> Result<()> {
        let path = self.path.clone();
        self.commit_unsynced()?;
        sync_folder(&folder_of(&path)).map_err(|error| fail(&path, &error))
    }

    /// The same but for the sync of the folder, which is that of whoever made the folder.
    pub fn commit_unsynced(mut self) -> Result<()> {
        self.file.sync_all().map_err(|error| fail(&self.path, &error))?;
        match self.replace {
            Replace::Force => std::fs::rename(&self.temp, &self.path),
            Replace::Never => rename_new(&self.temp, &self.path),
        }
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(&self.path),
            _ => fail(&self.path, &error),
        })?;
        self.done = true;
        Ok(())
    }
}

impl Write for &OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&self.file).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if !self.done {
            // Nothing can be told from here, and the next run's sweep has another go.
            let _ = std::fs::remove_file(&self.temp);
        }
    }
}

/// Whether a file may be put at `path`; asked before any work is done.
///
/// # Errors
/// [`Code::OutputExists`], or [`Code::OutputWrite`] for a folder or a missing one.
pub fn check_place(path: &Path, replace: Replace) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(Error::new(Code::OutputWrite, "expected a place for a file, found a folder")
                .in_file(path)
                .help("end the path with a file name, such as out.parquet"))
        }
        Ok(found) if !found.is_file() => Err(Error::new(
            Code::OutputWrite,
            "expected a place for a regular file, found a device or a pipe",
        )
        .in_file(path)
        .help("write to a regular file; Parquet can only be read once its end is written")),
        Ok(_) if replace == Replace::Never => Err(exists(path)),
        Ok(_) => Ok(()),
        Err(_) => {
            let folder = folder_of(path);
            match std::fs::metadata(&folder) {
                Ok(found) if found.is_dir() => Ok(()),
                Ok(_) => Err(Error::new(Code::OutputWrite, "its parent is not a folder").in_file(path)),
                Err(error) => Err(fail(path, &error).help(format!("create {} first", folder.display()))),
            }
        }
    }
}

fn exists(path: &Path) -> Error {
    Error::new(Code::OutputExists, "the file exists already")
        .in_file(path)
        .help("give another name, or use ⟦force⟧ to replace it")
}

pub(super) fn fail(path: &Path, error: &io::Error) -> Error {
    Error::io(Code::OutputWrite, path, error)
}

pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Brings a folder's entries to the disk.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems can't sync a folder and say so; there is nothing more to ask of them.
        Err(error) if error.kind() != io::ErrorKind::InvalidInput => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn temp_name(name: &OsStr, attempt: u32) -> OsString {
    // A long name leaves room for the suffix: file systems allow 255 bytes.
    let shown = &name.as_bytes()[..name.len().min(180)];
    let mut temp = OsString::from(".");
    temp.push(OsStr::from_bytes(shown));
    temp.push(format!(".{}-{attempt}{SUFFIX}", std::process::id()));
    temp
}

/// Renames unless the target exists, in one step.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let c_from = CString::new(from.as_os_str().as_bytes())?;
    let c_to = CString::new(to.as_os_str().as_bytes())?;
    #[cfg(target_os = "linux")]
    {
        #[expect(unsafe_code, reason = "the standard library has no rename that refuses to replace")]
        // SAFETY: both are NUL-terminated strings that outlive the call.
        let result = unsafe {
            libc::renameat2(
                libc::AT_FDCWD,
                c_from.as_ptr(),
                libc::AT_FDCWD,
                c_to.as_ptr(),
                libc::RENAME_NOREPLACE,
            )
        };
        if result == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if !matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS)) {
            return Err(error);
        }
    }
    // A file system without that call: a hard link refuses to replace as well.
    std::fs::hard_link(from, to)?;
    std::fs::remove_file(from)
}

/// Locks what was made at `path` until its descriptor closes, by whatever death. False if another run found
/// it without a lock, took it for one of a dead run, and removed it. A file system without locks sweeps
/// nothing and loses nothing.
pub(super) fn hold(made: &File, path: &Path) -> bool {
    // Whoever sweeps holds the lock until it has removed what it found.
    let _ = made.lock();
    let inode = |found: io::Result<std::fs::Metadata>| found.map(|it| (it.dev(), it.ino())).ok();
    inode(std::fs::symlink_metadata(path)) == inode(made.metadata())
}

/// How many ask that each folder is swept once, and the folders that were.
static SWEPT: Mutex<(usize, Option<HashSet<PathBuf>>)> = Mutex::new((0, None));

/// As long as this lives, a folder is swept before the first output in it and not before each: of a folder of
/// 100,000 outputs all names would be read as often.
#[derive(Debug)]
pub struct SweepOnce(());

impl SweepOnce {
    /// Folders are swept once from now on, until the value is dropped.
    pub fn begin() -> Self {
        SWEPT.lock().unwrap_or_else(PoisonError::into_inner).0 += 1;
        Self(())
    }
}

impl Drop for SweepOnce {
    fn drop(&mut self) {
        let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
        swept.0 -= 1;
        if swept.0 == 0 {
            swept.1 = None;
        }
    }
}

/// Whether a folder was swept by those who ask for it once.
fn is_swept(folder: &Path) -> bool {
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    swept.0 > 0 && !swept.1.get_or_insert_default().insert(folder.to_owned())
}

/// Removes what dead runs left in the folder: our suffix, and nobody holds its lock.
pub(super) fn sweep(folder: &Path) {
    if is_swept(folder) {
        return;
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !name.as_bytes().ends_with(SUFFIX.as_bytes()) {
            continue;
        }
        let path = entry.path();
        if let Ok(file) = OpenOptions::new().read(true).open(&path) {
            match file.try_lock() {
                Ok(()) if path.is_dir() => drop(std::fs::remove_dir_all(&path)),
                Ok(()) => drop(std::fs::remove_file(&path)),
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_swept_before_it_was_locked_is_not_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!(".a{SUFFIX}"));
        let made = File::create_new(&path).unwrap();
        // Another run sweeps just now.
        sweep(folder.path());
        assert!(!hold(&made, &path));
        let next = File::create_new(&path).unwrap();
        assert!(!hold(&made, &path) && hold(&next, &path));
        sweep(folder.path());
        assert_eq!(names(folder.path()), [format!(".a{SUFFIX}")]);
    }

    #[test]
    fn nothing_stands_there_before_commit_and_no_temp_file_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let output = OutputFile::create(&path, Replace::Never).unwrap();
        (&output).write_all(b"x").unwrap();
        assert!(!path.exists());
        output.commit().unwrap();
        assert_eq!(names(folder.path()), ["a.parquet"]);
    }

    #[test]
    fn a_dropped_file_leaves_nothing_and_the_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, "old").unwrap();
        assert_eq!(OutputFile::create(&path, Replace::Never).unwrap_err().code(), Code::OutputExists);
        drop(OutputFile::create(&path, Replace::Force).unwrap());
        assert_eq!(names(folder.path()), ["a.parquet"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn a_file_that_appeared_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let output = OutputFile::create(&path, Replace::Never).unwrap();
        std::fs::write(&path, "other").unwrap();
        assert_eq!(output.commit().unwrap_err().code(), Code::OutputExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"other");
        assert_eq!(names(folder.path()), ["a.parquet"]);
    }

    #[test]
    fn orphans_are_swept_and_living_temp_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let orphan = folder.path().join(format!(".b.parquet.1-0{SUFFIX}"));
        std::fs::write(&orphan, "half").unwrap();
        let living = OutputFile::create(&folder.path().join("a.parquet"), Replace::Never).unwrap();
        assert!(!orphan.exists());
        let second = OutputFile::create(&folder.path().join("c.parquet"), Replace::Never).unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        living.commit().unwrap();
        second.commit().unwrap();
        assert_eq!(names(folder.path()), ["a.parquet", "c.parquet"]);
    }
}
