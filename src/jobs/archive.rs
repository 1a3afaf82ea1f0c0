//! Archives as inputs: the members of a ZIP or tar archive, each of which is read as the file that it is.
//!
//! A member that is needed is unpacked to a folder for temporary files, which is gone with the run; messages
//! call it `logs.zip!/a.csv`. Members whose names lead out of the archive are refused, and so are archives
//! that unpack to far more than logs do.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::error::{Code, Error, Result};
use crate::mmap::{CopiedInput, Input, InputSource, Io, OpenOptions, first_bytes, open, unwrap_io};
use crate::observer::Observer;
use crate::options::Options;
use crate::source::TypedFormat;
use crate::source::ranges::FileBytes;
use crate::source::tar::{TarReader, is_tar};
use crate::source::zip::ZipArchive;
use crate::target::temporary_folder;

/// What stands between the path of an archive and the name of a member.
const MARK: &str = "!/";
/// Bytes that any archive may unpack to, in all.
const SMALL: u64 = 1 << 30;
/// How often an archive may hold its own length beyond that. Logs reach 30; deflate reaches 1,032.
const MOST_PACKED: u64 = 300;
/// Bytes of a damaged archive in which names of members are looked for.
const LOOK: u64 = 64 << 10;
/// More members than this are refused.
const MOST_MEMBERS: usize = 100_000;

/// The members of an archive that were asked for.
pub struct Members {
    /// Each with its path below the archive, in the order of their names.
    pub inputs: Vec<(Input, PathBuf)>,
    /// Whether all members were asked for, and not a single one.
    pub is_whole: bool,
}

/// Unpacks what a word of the command line names in an archive: `logs.zip!/a.csv`, or `logs.zip` for all
/// members; `None` if it names no archive.
///
/// # Errors
/// [`Code::Archive`] for an archive that is damaged, or that leads out of itself.
pub fn members(word: &Path, options: &Options, observer: &Observer) -> Result<Option<Members>> {
    let (path, wanted) = split(word);
    if !path.is_file() || options.read.from.as_ref().is_some_and(|from| from.name() == "excel") {
        return Ok(None);
    }
    let input = Input::Path(path.clone());
    let Some(kind) = kind_of(&input, observer)? else {
        return match wanted {
            Some(_) => Err(Error::new(Code::Archive, "expected an archive (.zip, .tar, .tar.gz and so on)")
                .in_file(&path)
                .help("only members of archives are named behind !/")),
            None => Ok(None),
        };
    };
    let folder = Arc::new(temporary_folder(options)?);
    let mut unpacking = Unpacking { path: &path, wanted, folder, found: Vec::new(), names: Vec::new() };
    let unpacked = match kind {
        ArchiveKind::Zip => unpacking.zip(observer),
        ArchiveKind::Tar => unpacking.tar(&input, options, observer),
    };
    unpacked.map_err(|error| error.in_file(&path))?;
    unpacking.finish().map(Some)
}

enum ArchiveKind {
    Zip,
    Tar,
}

/// The archive and the member that a word names.
fn split(word: &Path) -> (PathBuf, Option<String>) {
    // A path that is there is what it says, whatever is in its name.
    if word.exists() {
        return (word.to_owned(), None);
    }
    match word.to_str().and_then(|word| word.split_once(MARK)) {
        Some((path, member)) => (PathBuf::from(path), Some(member.to_owned())),
        None => (word.to_owned(), None),
    }
}

/// The kind of an archive; `None` for workbooks and other documents that are archives within.
fn kind_of(input: &Input, observer: &Observer) -> Result<Option<ArchiveKind>> {
    let Some(path) = input.path() else { return Ok(None) };
    let head = first_bytes(input, observer)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        let is_archive = TypedFormat::of_input(input, &head).is_none() && !is_document(path);
        return Ok(is_archive.then_some(ArchiveKind::Zip));
    }
    let ends = [".tar", ".tgz", ".tar.gz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"];
    let is_named = ends.iter().any(|end| name.ends_with(end));
    if !is_named || name.ends_with(".tar") {
        let mut start = [0; 512];
        let read = File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or(0);
        return Ok(is_tar(&start[..read]).then_some(ArchiveKind::Tar));
    }
    Ok(Some(ArchiveKind::Tar))
}

/// Whether a ZIP archive is a document of an office program or a program.
fn is_document(path: &Path) -> bool {
    let is_part = |name: &str| matches!(name, "[Content_Types].xml" | "mimetype" | "META-INF/MANIFEST.MF");
    let archive = File::open(path).ok().and_then(|file| ZipArchive::open(FileBytes::of(file).ok()?).ok());
    if let Some(archive) = archive {
        return archive.entries().iter().any(|entry| is_part(&entry.name));
    }
    // Without a directory the names at its beginning tell.
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOOK).read_to_end(&mut start));
    let has = |name: &str| memchr::memmem::find(&start, name.as_bytes()).is_some();
    read.is_ok() && ["[Content_Types].xml", "mimetypeapplication/", "META-INF/"].into_iter().any(has)
}

/// An archive that is unpacked.
struct Unpacking<'u> {
    path: &'u Path,
    wanted: Option<String>,
    folder: Arc<TempDir>,
    found: Vec<(Input, PathBuf)>,
    /// The names of all members, for those who ask for one that is not there.
    names: Vec<String>,
}

impl Unpacking<'_> {
    fn zip(&mut self, observer: &Observer) -> Result<()> {
        let file = File::open(self.path).map_err(|error| Error::io(Code::InputMissing, self.path, &error))?;
        let length = file.metadata().map_or(0, |it| it.len());
        let archive = ZipArchive::open(FileBytes::of(file)?)?;
        let files = || archive.entries().iter().filter(|entry| !entry.is_folder());
        // Entries may share their bytes, so that the sum counts.
        let sum = files().fold(0_u64, |sum, entry| sum.saturating_add(entry.size));
        refuse_bomb(sum, length)?;
        for entry in files() {
            if !self.takes(&entry.name)? {
                continue;
            }
            let content = archive.read(entry)?;
            self.unpack(&entry.name, content, observer)?;
        }
        Ok(())
    }

    fn tar(&mut self, input: &Input, options: &Options, observer: &Observer) -> Result<()> {
        let how = OpenOptions {
            zstd_window_log_max: options.read.zstd_window_log,
            observer: observer.clone(),
            // The bytes are no text, whatever they begin like.
            encoding: Some(encoding_rs::UTF_8),
            io: Io::Read,
            ..OpenOptions::default()
        };
        let length = self.path.metadata().map_or(0, |it| it.len());
        let InputSource::Stream(content) = open(input, &how)? else {
            return Err(Error::new(Code::Internal, "an archive was mapped that was to be read"));
        };
        let mut archive = TarReader::new(content);
        let mut sum = 0_u64;
        while let Some(entry) = archive.next_entry()? {
            sum = sum.saturating_add(entry.size);
            refuse_bomb(sum, length)?;
            if entry.is_file && self.takes(&entry.name)? {
                self.unpack(&entry.name, &mut archive, observer)?;
            }
        }
        Ok(())
    }

    /// Whether a member is one of those that were asked for.
    ///
    /// # Errors
    /// [`Code::Archive`] for a name that leads out of the archive.
    fn takes(&mut self, name: &str) -> Result<bool> {
        let plain = name.strip_prefix("./").unwrap_or(name);
        let leads_out = |part: Component<'_>| !matches!(part, Component::Normal(_));
        if plain.is_empty() || plain.contains(['\0', '\\']) || Path::new(plain).components().any(leads_out) {
            return Err(Error::new(
                Code::Archive,
                format!("a member of the archive is called {name:?}, which leads out of it"),
            )
            .help("unpack the archive with a program that you trust, and give the files"));
        }
        if self.names.len() >= MOST_MEMBERS {
            return Err(Error::new(
                Code::Archive,
                format!("the archive has more than {MOST_MEMBERS} members"),
            )
            .help("unpack it, and give the files"));
        }
        self.names.push(plain.to_owned());
        Ok(self.wanted.as_deref().is_none_or(|wanted| wanted == plain))
    }

    /// Writes a member to its place in the folder.
    fn unpack(&mut self, name: &str, mut content: impl Read, observer: &Observer) -> Result<()> {
        let plain = name.strip_prefix("./").unwrap_or(name);
        let place = self.folder.path().join(plain);
        let failed = |error: &io::Error| Error::io(Code::OutputWrite, self.folder.path(), error);
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent).map_err(|error| failed(&error))?;
        }
        // A member of the same name as one before it takes its place, as when it is unpacked.
        let mut file = File::create(&place).map_err(|error| failed(&error))?;
        let mut window = vec![0; 1 << 18];
        loop {
            observer.check()?;
            let read = content.read(&mut window).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                    Error::new(Code::Archive, format!("{name} in the archive is damaged: {error}"))
                        .help("the archive may be cut short; fetch it again")
                }
                _ => unwrap_io(error, Some(self.path)),
            })?;
            if read == 0 {
                break;
            }
            io::Write::write_all(&mut file, &window[..read]).map_err(|error| failed(&error))?;
        }
        let shown = PathBuf::from(format!("{}{MARK}{plain}", self.path.display()));
        let input = Input::Copied(CopiedInput::new(&place, &shown, &self.folder));
        self.found.retain(|(_, below)| below != Path::new(plain));
        self.found.push((input, PathBuf::from(plain)));
        Ok(())
    }

    fn finish(mut self) -> Result<Members> {
        self.found.sort_by(|(_, one), (_, other)| one.cmp(other));
        let is_whole = self.wanted.is_none();
        match (&self.wanted, self.found.is_empty()) {
            (Some(wanted), true) => {
                const NAMED: usize = 10;
                let mut named = self.names[..self.names.len().min(NAMED)].join(", ");
                if self.names.len() > NAMED {
                    named.push_str(&format!(" and {} more", self.names.len() - NAMED));
                }
                let what = format!("the archive has no member {wanted:?}");
                Err(Error::new(Code::InputMissing, what).in_file(self.path).help(format!("it has {named}")))
            }
            (None, true) => Err(Error::new(Code::InputEmpty, "the archive has no files").in_file(self.path)),
            _ => Ok(Members { inputs: self.found, is_whole }),
        }
    }
}

/// Refuses an archive that is made to fill disks.
fn refuse_bomb(unpacked: u64, length: u64) -> Result<()> {
    if unpacked <= SMALL || unpacked / MOST_PACKED <= length {
        return Ok(());
    }
    let what =
        format!("the archive has {length} bytes and unpacks to {unpacked}, as no archive of logs does");
    Err(Error::new(Code::Archive, what).help("if it is one all the same, unpack it, and give the files"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_archives_and_their_members() {
        for (word, path, member) in [
            ("a.zip", "a.zip", None),
            ("a.zip!/b/c.csv", "a.zip", Some("b/c.csv")),
            ("x!y.zip", "x!y.zip", None),
        ] {
            assert_eq!(split(Path::new(word)), (PathBuf::from(path), member.map(str::to_owned)), "{word}");
        }
    }

    #[test]
    fn what_unpacks_to_hundreds_of_times_its_length_is_refused_if_it_is_large() {
        assert!(refuse_bomb(SMALL, 1).is_ok());
        assert!(refuse_bomb(300 * SMALL, SMALL).is_ok());
        assert_eq!(refuse_bomb(301 * SMALL, SMALL).unwrap_err().code(), Code::Archive);
    }
}
