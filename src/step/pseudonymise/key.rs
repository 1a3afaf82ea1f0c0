//! The secret key of pseudonyms: where it is read from, what is refused, and how a new one is made.
//!
//! A key file has 32 random bytes or more: the key is the file as it is, byte for byte. Its owner alone can read
//! it. The key comes from a file or an open descriptor, never from an argument or a variable, for other
//! programs of the machine see these. What is shown of a key is its id, which follows from it by HMAC.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::{Code, Error, Result};

/// The fewest bytes of a key: as many as the hash has, so that guessing the key is no easier than guessing the
/// hash.
pub const LEAST_BYTES: usize = 32;
/// The most bytes of a key file: it is no file of another kind that was named by mistake.
const MOST_FILE_BYTES: u64 = 4096;
/// The message whose HMAC begins with the key's id.
const ID_MESSAGE: &[u8] = b"logflow key id";
/// Fewer different bytes than this among 32 are no random ones: of random keys fewer than one in 10^40 has so few.
const LEAST_DIFFERENT: usize = 8;

/// Where a key is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The key is read from a file.
    File(PathBuf),
    /// A descriptor that was open when the program began.
    Descriptor(u32),
}

/// A key, ready for use. Neither its text for debugging nor any message shows it.
#[derive(Clone)]
pub struct Key {
    mac: Hmac<Sha256>,
    id: String,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.id).finish()
    }
}

impl Key {
    /// The key of these bytes.
    ///
    /// # Errors
    /// [`Code::Key`] if they are too few, or repeat so often that they cannot be random.
    ///
    /// # Examples
    /// ```
    /// let bytes: Vec<u8> = (0..32).collect();
    /// let key = logflow::step::pseudonymise::key::Key::new(&bytes)?;
    /// assert_eq!(key.id(), "e35c81ddeb41975b");
    /// assert!(logflow::step::pseudonymise::key::Key::new(b"secret").is_err());
    /// # Ok::<(), logflow::Error>(())
    /// ```
    pub fn new(bytes: &[u8]) -> Result<Self> {
        if bytes.len() < LEAST_BYTES {
            let what = format!("expected a key of {LEAST_BYTES} bytes or more, found {}", bytes.len());
            return Err(refused(what));
        }
        let different: std::collections::HashSet<&u8> = bytes.iter().collect();
        if different.len() < LEAST_DIFFERENT {
            return Err(refused("expected random bytes, found a few bytes again and again".to_owned()));
        }
        let mac = Hmac::<Sha256>::new_from_slice(bytes)
            .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        let digest = mac.clone().chain_update(ID_MESSAGE).finalize().into_bytes();
        let id = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { mac, id })
    }

    /// Reads a key.
    ///
    /// # Errors
    /// [`Code::Key`] with what is wrong with the file, its permissions or its content. No message shows content.
    pub fn read(source: &KeySource) -> Result<Self> {
        match source {
            KeySource::File(path) => {
                let file = open(path).map_err(|error| {
                    refused(format!("the key file cannot be opened: {}", said(&error))).in_file(path)
                })?;
                Self::of_file(file).map_err(|error| error.in_file(path))
            }
            KeySource::Descriptor(number) => {
                let named = |what: String| refused(format!("descriptor {number}: {what}"));
                if *number < 3 {
                    return Err(named("0, 1 and 2 are input, output and messages".to_owned()));
                }
                let path = PathBuf::from(format!("/proc/self/fd/{number}"));
                let file = open_pipe(&path)
                    .map_err(|error| named(format!("it cannot be read: {}", said(&error))))?;
                Self::of_file(file).map_err(|error| named(error.what().to_owned()))
            }
        }
    }

    /// The id of the key: the first 64 bits of the HMAC of `logflow key id`, in hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The HMAC of this key, before any message.
    pub(super) fn mac(&self) -> Hmac<Sha256> {
        self.mac.clone()
    }

    fn of_file(file: File) -> Result<Self> {
        let metadata = file.metadata().map_err(|error| refused(said(&error)))?;
        if metadata.is_dir() {
            return Err(refused("expected a file, found a folder".to_owned()));
        }
        if metadata.is_file() {
            refuse_readable(&metadata)?;
        }
        let mut text = Vec::new();
        file.take(MOST_FILE_BYTES + 1)
            .read_to_end(&mut text)
            .map_err(|error| refused(format!("the key cannot be read: {}", said(&error))))?;
        if text.len() as u64 > MOST_FILE_BYTES {
            return Err(refused(format!("expected a key, found more than {MOST_FILE_BYTES} bytes")));
        }
        let key = Self::new(&text);
        // The memory is given back soon, and what comes next may be printed.
        text.fill(0);
        key
    }
}

/// The file behind a path, whose links are followed: what counts is who can read the file that is opened.
fn open(path: &Path) -> std::io::Result<File> {
    // A pipe with a name would wait for its writer.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let kind = file.metadata()?.file_type();
    match kind.is_file() || kind.is_dir() {
        true => Ok(file),
        false => Err(std::io::Error::other("expected a plain file; give pipes with ⟦key-fd⟧")),
    }
}

fn open_pipe(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

/// A file that others can read holds no secret.
fn refuse_readable(metadata: &std::fs::Metadata) -> Result<()> {
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let what = format!("expected a key file that its owner alone can read, found mode {mode:04o}");
        return Err(Error::new(Code::Key, what).help(
            "make a new key with `logflow keygen`, for others may know this one; chmod 600 alone hides it from now on",
        ));
    }
    Ok(())
}

fn refused(what: String) -> Error {
    Error::new(Code::Key, what).help("make a key with `logflow keygen -o FILE`")
}

/// A failure of the system in its own words, without the number.
fn said(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// Writes a new key of 32 random bytes to a file that is not there yet and that its owner alone can read. Gives
/// the id of the key.
///
/// # Errors
/// [`Code::OutputExists`] for a file that is there: a key that is lost takes the link between pseudonyms with it.
pub fn generate(path: &Path) -> Result<String> {
    let failed = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Error::new(Code::OutputExists, format!("{} exists, and a key is never replaced", path.display()))
                .help("choose another name, or remove the file if no pseudonym was made with it")
        }
        _ => Error::io(Code::OutputWrite, path, error),
    };
    let mut bytes = [0; LEAST_BYTES];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .map_err(|error| Error::io(Code::InputRead, Path::new("/dev/urandom"), &error))?;
    let id = Key::new(&bytes)?.id;
    // Made with these permissions, not given them afterwards; a link in its place is not followed.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| failed(&error))?;
    let written = file.write_all(&bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        let _ = std::fs::remove_file(path);
        return Err(failed(&error));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn bytes() -> Vec<u8> {
        (0..32).collect()
    }

    fn file(folder: &Path, name: &str, content: &[u8], mode: u32) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn read(path: PathBuf) -> Result<Key> {
        Key::read(&KeySource::File(path))
    }

    #[test]
    fn the_id_of_a_key_is_what_python_computes() {
        // hmac.new(bytes(range(32)), b"logflow key id", "sha256").hexdigest()[:16]
        let folder = tempfile::tempdir().unwrap();
        for (name, mode) in [("a", 0o600), ("b", 0o400)] {
            assert_eq!(read(file(folder.path(), name, &bytes(), mode)).unwrap().id(), "e35c81ddeb41975b");
        }
        // hmac.new(bytes(range(32)) + b"\n", b"logflow key id", "sha256").hexdigest()[:16]
        let ended: Vec<u8> = bytes().into_iter().chain(*b"\n").collect();
        let path = file(folder.path(), "c", &ended, 0o600);
        assert_eq!(read(path).unwrap().id(), "d2dba40a9a9c9b3d");
    }

    #[test]
    fn keys_that_others_can_read_or_that_are_none_are_refused_without_showing_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let readable = file(at, "readable", &bytes(), 0o640);
        symlink(&readable, at.join("link")).unwrap();
        symlink(at.join("nothing"), at.join("dangling")).unwrap();
        for (path, said) in [
            (at.join("nothing"), "no such file"),
            (at.join("dangling"), "no such file"),
            (at.to_owned(), "found a folder"),
            (readable, "found mode 0640"),
            (at.join("link"), "found mode 0640"),
            (file(at, "others", &bytes(), 0o604), "found mode 0604"),
            (file(at, "write", &bytes(), 0o620), "found mode 0620"),
            (file(at, "empty", b"", 0o600), "found 0"),
            (file(at, "short", &bytes()[..31], 0o600), "found 31"),
            (file(at, "word", b"secret words\n", 0o600), "found 13"),
            (file(at, "zeros", &[0; 32], 0o600), "again and again"),
            (file(at, "long", &bytes().repeat(200), 0o600), "more than 4096"),
            (PathBuf::from("/dev/null"), "plain file"),
        ] {
            let error = read(path.clone()).unwrap_err();
            assert_eq!(error.code(), Code::Key, "{path:?}");
            assert!(error.what().contains(said), "{path:?}: {}", error.what());
            assert!(!error.to_string().contains("secret"), "{error}");
            assert!(error.help_text().is_some());
        }
    }

    #[test]
    fn a_new_key_is_its_owners_alone_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let id = generate(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(std::fs::read(&path).unwrap().len(), 32);
        assert_eq!(read(path.clone()).unwrap().id(), id);
        assert_eq!(generate(&path).unwrap_err().code(), Code::OutputExists);
        let other = folder.path().join("other");
        assert_ne!(generate(&other).unwrap(), id);
        let link = folder.path().join("link");
        symlink(folder.path().join("target"), &link).unwrap();
        assert_eq!(generate(&link).unwrap_err().code(), Code::OutputExists);
    }

    #[test]
    fn a_key_is_not_shown_for_debugging() {
        assert_eq!(format!("{:?}", Key::new(&bytes()).unwrap()), "Key(\"e35c81ddeb41975b\")");
    }
}
