//! Options in files: each of the four values is a flat table whose keys are the names of its flags, with `_`
//! for `-`. Only options that differ from their default are written, and an unknown key is an error that
//! names the nearest right key.
//!
//! ```toml
//! [read]
//! delimiter = ";"
//! [table]
//! where = "amount > 100"
//! timezone = "Europe/Berlin"
//! [write]
//! compression = "zstd:3"
//! ```

use std::fmt::Display;

use serde::de::{Error as _, MapAccess};

use super::forms::Form;

/// Gives a struct of options its `KEYS`, `Serialize` and `Deserialize` from one line for each key: the key,
/// how its value stands in a file, and the field that holds the value.
macro_rules! keys {
    ($type:ty, $expected:literal { $($key:literal: $form:ty = $($field:ident).+,)* }) => {
        impl $type {
            /// The keys of these options in a file.
            pub const KEYS: &'static [&'static str] = &[$($key),*];

            /// For each key the JSON Schema of its value.
            pub fn value_schemas() -> Vec<(&'static str, serde_json::Value)> {
                use $crate::options::keys::schema_of;
                vec![$(($key, schema_of::<$form, _, _>(|it: &$type| &it.$($field).+))),*]
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::{Error as _, SerializeMap};
                use $crate::options::forms::Form;
                let usual = Self::default();
                let mut map = serializer.serialize_map(None)?;
                $(if self.$($field).+ != usual.$($field).+ {
                    let file = <$form as Form<_>>::file(&self.$($field).+);
                    let file = file.map_err(|error| S::Error::custom(error.sentence()))?;
                    if let Some(file) = file {
                        map.serialize_entry($key, &file)?;
                    }
                })*
                map.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$type, A::Error> {
                        let mut options = <$type>::default();
                        let mut given: Vec<&'static str> = Vec::new();
                        while let Some(key) = map.next_key::<String>()? {
                            match key.replace('-', "_").as_str() {
                                $($key => $crate::options::keys::put::<$form, _, _>(
                                    $key, &mut options.$($field).+, &mut given, &mut map,
                                )?,)*
                                _ => return Err($crate::options::keys::unknown(&key, <$type>::KEYS)),
                            }
                        }
                        Ok(options)
                    }
                }
                deserializer.deserialize_map(Visitor)
            }
        }
    };
}

pub(crate) use keys;

/// Puts the value of a key to its field.
pub(crate) fn put<'de, F: Form<T>, T, A: MapAccess<'de>>(
    key: &'static str,
    field: &mut T,
    given: &mut Vec<&'static str>,
    map: &mut A,
) -> Result<(), A::Error> {
    if given.contains(&key) {
        return Err(A::Error::duplicate_field(key));
    }
    given.push(key);
    let wrong = |error: &dyn Display| A::Error::custom(format_args!("{key}: {error}"));
    let file = map.next_value::<F::File>()?;
    F::put(file, field, given).map_err(|error| wrong(&error.sentence()))
}

/// The JSON Schema of the values of a key whose field `field` gives.
pub(crate) fn schema_of<F: Form<T>, T, O>(_: impl FnOnce(&O) -> &T) -> serde_json::Value {
    F::schema()
}

/// The error for a key that is none of `keys`.
pub(crate) fn unknown<E: serde::de::Error>(key: &str, keys: &[&'static str]) -> E {
    let name = key.replace('-', "_");
    if let Some((section, _)) = super::SECTIONS.iter().find(|(_, keys)| keys.contains(&name.as_str())) {
        return E::custom(format_args!("{name} is an option of the section {section:?}"));
    }
    match nearest(&name, keys.iter().copied()) {
        Some(near) => E::custom(format_args!("unknown option {key:?}; did you mean {near}?")),
        None => E::custom(format_args!("unknown option {key:?}; the options here are {}", keys.join(", "))),
    }
}

/// The name that a person may have meant: of the names with few letters changed the one with the fewest, else
/// the one that begins with most of the same letters.
pub fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    let near = names.clone().map(|name| (changes(wanted, name), name)).min_by_key(|(changes, _)| *changes);
    if let Some((changes, name)) = near
        && changes * 3 <= wanted.len()
    {
        return Some(name);
    }
    let shared = |name: &str| name.bytes().zip(wanted.bytes()).take_while(|(a, b)| a == b).count();
    names.max_by_key(|name| shared(name)).filter(|name| shared(name) * 2 >= wanted.len().max(1))
}

/// Letters to insert, remove, replace or exchange with their neighbour to make `b` of `a` (the distance of
/// Damerau and Levenshtein, each stretch changed once).
fn changes(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                let exchanged: usize = before[j - 2];
                row[j] = row[j].min(exchanged + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_with_the_fewest_letters_changed() {
        let names = ["compression", "row_group_size", "where", "header", "select"];
        for (wanted, near) in [
            ("compresion", Some("compression")),
            ("heade", Some("header")),
            ("wehre", Some("where")),
            ("row_group", Some("row_group_size")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(wanted, names.iter().copied()), near, "{wanted}");
        }
    }

    #[test]
    fn changes_count_insertions_removals_replacements_and_exchanges() {
        for (a, b, count) in [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(changes(a, b), count, "{a} {b}");
        }
    }
}
