//! The destination as a BagIt bag (RFC 8493): outputs are its payload, and manifests tell their checksums.
//!
//! `bagit.txt`, which makes a folder a bag, is written last and taken away first. Names of outputs have no
//! byte that manifests escape, for readers do not agree on how. The journals lie beside the payload, as files
//! that no manifest names: they grow with each run.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use sha2::{Digest, Sha256, Sha512};

use super::journal::{OutputEntry, ReadJournal, read_all};
use super::output::sync_folder;
use super::plan::{PAYLOAD, latest};
use super::proof::hex;
use crate::encode::output::{OutputFile, Replace};
use crate::error::{Code, Error, Result};
use crate::model::calendar;

/// The file that makes a folder a bag.
const DECLARATION: &str = "bagit.txt";

/// What became of a bag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BagState {
    /// It is complete: so many files, so many bytes.
    Complete(u64, u64),
    /// Other shards are not done.
    Waits,
}

/// Takes away what makes the folder a bag.
///
/// # Errors
/// [`Code::OutputWrite`].
pub fn withdraw(root: &Path) -> Result<()> {
    let path = root.join(DECLARATION);
    match std::fs::remove_file(&path) {
        Ok(()) => sync_folder(root).map_err(|error| Error::io(Code::OutputWrite, root, &error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io(Code::OutputWrite, &path, &error)),
    }
}

/// Whether the last run of each shard came to its end.
pub fn is_complete(journals: &[ReadJournal]) -> bool {
    let counts: Vec<u32> = journals.iter().filter_map(|it| it.shard).map(|it| it.count).collect();
    let is_whole = |count: &u32| {
        let of = || journals.iter().filter(|it| it.shard.is_some_and(|it| it.count == *count));
        of().count() == *count as usize && of().all(ReadJournal::is_complete)
    };
    counts.iter().any(is_whole)
}

/// Writes the manifests, if all shards are done.
///
/// # Errors
/// [`Code::Unproven`] if the payload has files that no journal names; [`Code::OutputWrite`].
pub fn complete(root: &Path) -> Result<BagState> {
    let journals = read_all(root)?;
    if !is_complete(&journals) {
        return Ok(BagState::Waits);
    }
    let files = payload(&journals);
    if let Some(other) = others(root, &files).into_iter().next() {
        let what = format!("{other} lies in the payload of the bag, and no journal names it");
        return Err(Error::new(Code::Unproven, what).in_file(root).help("move it away, and give ⟦resume⟧"));
    }
    for (name, text) in texts(&journals, &files) {
        let output = OutputFile::create(&root.join(name), Replace::Force)?;
        let written = (&output).write_all(text.as_bytes());
        written.map_err(|error| Error::io(Code::OutputWrite, &root.join(name), &error))?;
        output.commit()?;
    }
    Ok(BagState::Complete(files.len() as u64, files.values().map(|it| it.bytes).sum()))
}

/// The files of the payload by path.
pub fn payload(journals: &[ReadJournal]) -> BTreeMap<&str, &OutputEntry> {
    latest(journals).into_iter().flat_map(|it| &it.outputs).map(|it| (it.path.as_str(), it)).collect()
}

/// Files of the payload that no journal names.
fn others(root: &Path, files: &BTreeMap<&str, &OutputEntry>) -> Vec<String> {
    let entries = walkdir::WalkDir::new(root.join(PAYLOAD)).sort_by_file_name().into_iter().flatten();
    let entries = entries.filter(|it| !it.file_type().is_dir());
    let names = entries.map(|it| it.path().strip_prefix(root).unwrap_or(it.path()).display().to_string());
    names.filter(|name| !files.contains_key(name.as_str())).collect()
}

/// The files of a bag beside its payload, by name; that which makes it a bag comes last.
pub fn texts(journals: &[ReadJournal], files: &BTreeMap<&str, &OutputEntry>) -> Vec<(&'static str, String)> {
    let manifest = |of: fn(&OutputEntry) -> Option<&String>| -> String {
        let lines = files.iter().filter_map(|(path, it)| Some(format!("{}  {path}\n", of(it)?)));
        lines.collect()
    };
    let bytes: u64 = files.values().map(|it| it.bytes).sum();
    let runs = || journals.iter().flat_map(|it| &it.runs);
    let first = runs().map(|it| it.at).min().unwrap_or_default();
    let version = runs().map(|it| it.version.as_str()).max().unwrap_or_default();
    let (year, month, day) = calendar::date_of(i32::try_from(first.div_euclid(86_400)).unwrap_or_default());
    let info = format!(
        "Bag-Software-Agent: LogFlow {version}\nBagging-Date: {year:04}-{month:02}-{day:02}\nPayload-Oxum: {bytes}.{}\n",
        files.len()
    );
    let mut texts = vec![
        ("manifest-sha256.txt", manifest(|it| it.sha256.as_ref())),
        ("manifest-sha512.txt", manifest(|it| it.sha512.as_ref())),
        ("bag-info.txt", info),
        (DECLARATION, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_owned()),
    ];
    let mut named = texts.clone();
    named.sort();
    let tags = |hash: fn(&[u8]) -> String| -> String {
        named.iter().map(|(name, text)| format!("{}  {name}\n", hash(text.as_bytes()))).collect()
    };
    let short = tags(|it| hex(&Sha256::digest(it)));
    let long = tags(|it| hex(&Sha512::digest(it)));
    let at = texts.len() - 1;
    texts.insert(at, ("tagmanifest-sha512.txt", long));
    texts.insert(at, ("tagmanifest-sha256.txt", short));
    texts
}
