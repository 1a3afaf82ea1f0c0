//! The keys that folders named `key=value` give to the files below them, as Hive, Spark, DuckDB, pyarrow and
//! Polars write them.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};

/// The value by which Hive, and all who follow it, write null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The key and the value that the name of a folder gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionKey {
    /// The name of the column.
    pub name: String,
    /// The value in all rows of the files below the folder; `None` is null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl PartitionKey {
    /// The key of a folder with this name; `None` for a name that is not `key=value`.
    fn of(folder: &str) -> Option<Self> {
        let (name, value) = folder.split_once('=').filter(|(name, _)| !name.is_empty())?;
        Some(Self { name: decoded(name), value: Some(value).filter(|it| *it != NULL).map(decoded) })
    }

    /// The key and its value as a folder is named.
    pub fn shown(&self) -> String {
        format!("{}={}", self.name, self.value.as_deref().unwrap_or(NULL))
    }
}

/// The keys of the folders in a path as it is given, from the outermost to the innermost.
///
/// # Errors
/// [`Code::Columns`] for a key with two values; [`Code::NotText`] for a name that is not UTF-8.
pub fn keys_of(file: &Path) -> Result<Vec<PartitionKey>> {
    let mut keys: Vec<PartitionKey> = Vec::new();
    for part in file.parent().into_iter().flat_map(Path::components) {
        let Component::Normal(name) = part else { continue };
        let Some(text) = name.to_str() else {
            if !name.as_encoded_bytes().contains(&b'=') {
                continue;
            }
            let what = format!("the name of the folder {} is not UTF-8", Path::new(name).display());
            return Err(Error::new(Code::NotText, what).in_file(file).help("rename the folder"));
        };
        let Some(key) = PartitionKey::of(text) else { continue };
        match keys.iter().find(|it| it.name == key.name) {
            None => keys.push(key),
            Some(before) if *before == key => {}
            Some(before) => {
                let what = format!("the path says {} and {}", before.shown(), key.shown());
                return Err(Error::new(Code::Columns, what).in_file(file).help("rename one of the folders"));
            }
        }
    }
    Ok(keys)
}

/// A text whose characters may be written as `%` and two hexadecimal digits; as it stands if that would not
/// be UTF-8.
fn decoded(text: &str) -> String {
    let hex = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let pair = hex(bytes.get(at + 1)).zip(hex(bytes.get(at + 2)));
        match pair.filter(|_| *byte == b'%') {
            Some((high, low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(path: &str) -> Vec<String> {
        keys_of(Path::new(path)).unwrap().iter().map(PartitionKey::shown).collect()
    }

    #[test]
    fn folders_of_a_path_are_keys_where_their_names_have_an_equals_sign() {
        assert_eq!(keys("a/year=2024/b/month=01/x=1.parquet"), ["year=2024", "month=01"]);
        assert_eq!(keys("/k=/l=a=b/=c/f"), ["k=", "l=a=b"]);
        assert_eq!(keys("a%20b=x%2Fy%zz%4/f"), ["a b=x/y%zz%4"]);
        assert_eq!(keys("k=%FF/f"), ["k=%FF"]);
        assert_eq!(keys("k=1/k=1/f"), ["k=1"]);
        assert_eq!(keys_of(Path::new("k=1/k=2/f")).unwrap_err().code(), Code::Columns);
        let key = &keys_of(Path::new("k=__HIVE_DEFAULT_PARTITION__/f")).unwrap()[0];
        assert_eq!((key.name.as_str(), &key.value), ("k", &None));
    }
}
