//! What a file or command line asks for.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use super::Pseudonymise;
use super::generalise::Coarser;
use super::hash::Hashing;
use super::key::{Key, KeySource};
use super::mask::Mask;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableSchema;
use crate::options::forms::{ByWord, Maybe, NamesForm, NumberForm, Same};
use crate::options::keys::keys;
use crate::options::{Choice, Options, TimestampUnit, parse_names};
use crate::step::Step;
use crate::step::registry::{self, Repeated, StepField, StepFlag, StepRow, StepSettings, StepTables};

/// Days by which times are shifted at most, where no number is given.
const USUAL_DAYS: &str = "365";
/// More days take times out of what a column holds.
const MOST_DAYS: u64 = 36_500;
/// The domain of the offsets by which times are shifted: pseudonyms in it would tell them.
pub(super) const RESERVED: &str = "logflow shift";
/// Greater numbers are no descriptors.
const MOST_DESCRIPTOR: u64 = 1 << 20;
/// The heading of the flags.
const HEADING: &str = "Pseudonyms";

/// A flag that takes a text.
const FLAG: StepFlag = StepFlag {
    long: "",
    alias: None,
    value_name: "",
    heading: HEADING,
    default: None,
    repeated: Repeated::Last,
    is_about_columns: false,
};

/// A flag that takes names between commas.
const NAMES: StepFlag = StepFlag { repeated: Repeated::Names, ..FLAG };

/// A setting that takes any text.
const FIELD: StepField =
    StepField { key: "", doc: "", required: false, words: &[], check: |_| Ok(()), flag: None };

fn check_names(text: &str) -> Result<()> {
    parse_names(text).map(|_| ())
}

/// What there is to say about the step.
pub static ROW: StepRow = StepRow {
    name: "pseudonymise",
    summary: "Replace, mask, generalise, shift or leave out values that may tell who somebody is",
    fields: &[
        StepField {
            key: "columns",
            doc: "Replace the values of these columns by pseudonyms: 32 digits of HMAC-SHA-256 with the key, the same \
                  for the same value. Columns with one DOMAIN have the same pseudonym for the same person",
            check: check_names,
            flag: Some(StepFlag {
                long: "pseudonymise",
                alias: Some("pseudonymize"),
                value_name: "COLUMN[=DOMAIN],...",
                ..NAMES
            }),
            ..FIELD
        },
        StepField {
            key: "key_file",
            doc: "File of the secret key, which its owner alone can read; `logflow keygen` makes one",
            flag: Some(StepFlag { long: "key-file", value_name: "FILE", ..FLAG }),
            ..FIELD
        },
        StepField {
            key: "key_fd",
            doc: "Read the key from this open descriptor, such as 3 with 3< <(command)",
            check: |text| registry::check_number(text, MOST_DESCRIPTOR),
            flag: Some(StepFlag { long: "key-fd", value_name: "N", ..FLAG }),
            ..FIELD
        },
        StepField {
            key: "domain",
            doc: "Name of the study: with another name the same key gives other pseudonyms",
            flag: Some(StepFlag { long: "domain", value_name: "STUDY", ..FLAG }),
            ..FIELD
        },
        StepField {
            key: "hash",
            doc: "How pseudonyms are made. sha256 needs no key, and whoever can list the values finds them again",
            words: &["hmac-sha256", "sha256"],
            flag: Some(StepFlag { long: "pseudonym-hash", value_name: "hmac-sha256|sha256", ..FLAG }),
            ..FIELD
        },
        StepField {
            key: "drop",
            doc: "Leave these columns out",
            check: check_names,
            flag: Some(StepFlag { long: "drop", value_name: "COLUMN,...", ..NAMES }),
            ..FIELD
        },
        StepField {
            key: "mask",
            doc: "Mask values: COLUMN=first:N or last:N keeps so many characters, COLUMN=text:TEXT none",
            check: |text| {
                parse_names(text)?.iter().try_for_each(|item| Mask::parse(halves(item)?.1).map(|_| ()))
            },
            flag: Some(StepFlag { long: "mask", value_name: "COLUMN=MASK,...", ..NAMES }),
            ..FIELD
        },
        StepField {
            key: "generalise",
            doc: "Make values coarser: numbers become ranges of a width (amount=100), times the beginning of their \
                  hour, day, month or year (birthday=year)",
            check: |text| {
                parse_names(text)?.iter().try_for_each(|item| Coarser::parse(halves(item)?.1).map(|_| ()))
            },
            flag: Some(StepFlag {
                long: "generalise",
                alias: Some("generalize"),
                value_name: "COLUMN=STEP,...",
                ..NAMES
            }),
            ..FIELD
        },
        StepField {
            key: "shift_times",
            doc: "Shift all times of a case by one secret offset of up to so many days [365], so that differences \
                  within the case stay exact",
            check: |text| registry::check_number(text, MOST_DAYS),
            flag: Some(StepFlag { long: "shift-times", value_name: "[=DAYS]", ..FLAG }),
            ..FIELD
        },
    ],
    tables: StepTables::Any,
    needs: &[],
    place: None,
    schemas: PseudonymSettings::value_schemas,
    read: registry::read::<PseudonymSettings>,
};

/// How pseudonyms are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashName {
    /// HMAC-SHA-256 with a key.
    #[default]
    Hmac,
    /// SHA-256, without any key.
    Sha256,
}

impl Choice for HashName {
    const WORDS: &'static [(&'static str, Self)] = &[("hmac-sha256", Self::Hmac), ("sha256", Self::Sha256)];
}

/// Settings of the step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PseudonymSettings {
    /// Columns whose values are replaced, each with `=` and its domain behind it if it has one.
    pub columns: Vec<String>,
    /// The file that holds the key.
    pub key_file: Option<PathBuf>,
    /// Descriptor of the key.
    pub key_fd: Option<u32>,
    /// Name of the study that the pseudonyms are for.
    pub domain: Option<String>,
    /// How pseudonyms are made.
    pub hash: HashName,
    /// Columns that are left out.
    pub drop: Vec<String>,
    /// Columns that are masked, each with `=` and its mask.
    pub mask: Vec<String>,
    /// Columns that are made coarser, each with `=` and how.
    pub generalise: Vec<String>,
    /// Days by which the times of a case are shifted at most.
    pub shift_times: Option<u64>,
}

keys! {
    PseudonymSettings, "settings of the step pseudonymise" {
        "columns": NamesForm = columns,
        "key_file": Maybe<Same> = key_file,
        "key_fd": Maybe<NumberForm<3, MOST_DESCRIPTOR>> = key_fd,
        "domain": Maybe<Same> = domain,
        "hash": ByWord = hash,
        "drop": NamesForm = drop,
        "mask": NamesForm = mask,
        "generalise": NamesForm = generalise,
        "shift_times": Maybe<NumberForm<1, MOST_DAYS>> = shift_times,
    }
}

impl StepSettings for PseudonymSettings {
    fn to_json(&self) -> Result<serde_json::Value> {
        registry::written(self)
    }

    fn columns(&self) -> Vec<String> {
        // A name may be a path into a column, or have a domain behind it: binding tells.
        Vec::new()
    }

    fn check(&self) -> Result<()> {
        let orders = Orders::of(self)?;
        let sources = usize::from(self.key_file.is_some()) + usize::from(self.key_fd.is_some());
        if self.hash == HashName::Sha256 && sources > 0 {
            return Err(Error::new(Code::Usage, "a key is given, and the hash sha256 uses none")
                .help("leave out ⟦pseudonym-hash⟧ for HMAC-SHA-256 with the key, or leave out the key"));
        }
        match sources {
            2 => Err(Error::new(Code::Usage, "two keys are given, by ⟦key-file⟧ and by ⟦key-fd⟧")
                .help("give one of them")),
            0 if orders.needs_hash() && self.hash == HashName::Hmac => {
                Err(Error::new(Code::Key, "pseudonyms and shifted times need a key, and none is given")
                    .help("give ⟦key-file⟧ FILE; `logflow keygen -o FILE` makes one"))
            }
            _ => Ok(()),
        }
    }

    fn make(&self, options: &Options) -> Result<Arc<dyn Step>> {
        self.check()?;
        let source = match (&self.key_file, self.key_fd) {
            (Some(path), _) => Some(KeySource::File(path.clone())),
            (None, Some(number)) => Some(KeySource::Descriptor(number)),
            (None, None) => None,
        };
        let hashing = match (self.hash, source) {
            (HashName::Sha256, _) => Some(Hashing::Plain),
            (HashName::Hmac, Some(source)) => Some(Hashing::Keyed(Key::read(&source)?)),
            (HashName::Hmac, None) => None,
        };
        let step = Pseudonymise::new(self.clone(), hashing)?;
        Ok(match options.write.timestamp_unit {
            TimestampUnit::Micros => Arc::new(step),
            TimestampUnit::Millis | TimestampUnit::Auto => Arc::new(step.in_millis()),
        })
    }

    fn is_confidential(&self) -> bool {
        true
    }
}

/// The parts of `COLUMN=REST`, cut at the last sign, but for texts of masks, which may hold any.
fn halves(item: &str) -> Result<(&str, &str)> {
    let text = item.find("=text:").map(|at| (&item[..at], &item[at + 1..]));
    text.or_else(|| item.rsplit_once('=')).filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
        Error::new(Code::Usage, format!("expected COLUMN=…, found {item:?}"))
            .help("write for example phone=last:3, amount=100 or birthday=year")
    })
}

/// What becomes of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// It gets pseudonyms.
    Pseudonym,
    /// Values of the column are masked.
    Mask(Mask),
    /// It is made coarser.
    Coarser(Coarser),
    /// The column is left out.
    Drop,
}

impl Order {
    /// The option that asks for it.
    pub const fn option(&self) -> &'static str {
        match self {
            Self::Pseudonym => "⟦pseudonymise⟧",
            Self::Mask(_) => "⟦mask⟧",
            Self::Coarser(_) => "⟦generalise⟧",
            Self::Drop => "⟦drop⟧",
        }
    }
}

/// What becomes of all columns that are named.
#[derive(Debug, Clone, Default)]
pub(super) struct Orders {
    /// Each with the name that was given. That of a pseudonym may have `=` and a domain behind it.
    pub columns: Vec<(String, Order)>,
    /// Days by which the times of cases are shifted at most.
    pub shift: Option<u64>,
}

impl Orders {
    /// What settings ask for.
    ///
    /// # Errors
    /// [`Code::Usage`] for a column that is named twice, for an empty name, and if nothing is asked for.
    pub fn of(settings: &PseudonymSettings) -> Result<Self> {
        let mut columns: Vec<(String, Order)> = Vec::new();
        columns.extend(settings.columns.iter().map(|name| (name.clone(), Order::Pseudonym)));
        columns.extend(settings.drop.iter().map(|name| (name.clone(), Order::Drop)));
        for item in &settings.mask {
            let (name, mask) = halves(item)?;
            columns.push((name.to_owned(), Order::Mask(Mask::parse(mask)?)));
        }
        for item in &settings.generalise {
            let (name, coarser) = halves(item)?;
            columns.push((name.to_owned(), Order::Coarser(Coarser::parse(coarser)?)));
        }
        if columns.is_empty() && settings.shift_times.is_none() {
            return Err(Error::new(Code::Usage, "nothing is to be changed").help(
                "name columns with ⟦pseudonymise⟧, ⟦drop⟧, ⟦mask⟧ or ⟦generalise⟧, or give ⟦shift-times⟧",
            ));
        }
        for (at, (name, order)) in columns.iter().enumerate() {
            if name.is_empty() {
                return Err(Error::new(Code::Usage, format!("{} has an empty name", order.option()))
                    .help("name a column"));
            }
            if let Some((_, other)) = columns[..at].iter().find(|(before, _)| before == name) {
                let what = format!(
                    "column {name:?} is named twice, by {} and by {}",
                    other.option(),
                    order.option()
                );
                return Err(Error::new(Code::Usage, what).help("one of them is enough"));
            }
        }
        let is_reserved = |item: &&String| item.rsplit_once('=').map_or(item.as_str(), |it| it.1) == RESERVED;
        if settings.columns.iter().any(|item| is_reserved(&item))
            || settings.domain.as_deref() == Some(RESERVED)
        {
            return Err(Error::new(
                Code::Usage,
                format!("{RESERVED:?} is the domain of the offsets of times"),
            )
            .help("give the column another domain, such as column=shift"));
        }
        if let Some(domain) = &settings.domain
            && (domain.is_empty() || domain.contains('\0'))
        {
            return Err(Error::new(
                Code::Usage,
                "expected the name of a study, found an empty text or a NUL",
            )
            .help("write for example ⟦domain⟧ study-7, or leave it out"));
        }
        Ok(Self { columns, shift: settings.shift_times })
    }

    /// Whether pseudonyms or offsets are made.
    pub fn needs_hash(&self) -> bool {
        self.shift.is_some() || self.columns.iter().any(|(_, order)| *order == Order::Pseudonym)
    }
}

/// The column that an item names, and the domain of its pseudonyms. A name that holds `=` is the name of a column
/// if there is such a column, else what stands behind the last `=` is the domain.
pub(super) fn named<'i>(item: &'i str, table: Option<&TableSchema>) -> (&'i str, &'i str) {
    if table.is_some_and(|table| table.position(item).is_some()) {
        return (item, item);
    }
    match item.rsplit_once('=') {
        Some((name, domain)) if !name.is_empty() && !domain.is_empty() => (name, domain),
        _ => (item, item),
    }
}

/// The days that a flag without a value stands for.
pub const fn usual_days() -> &'static str {
    USUAL_DAYS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(change: impl Fn(&mut PseudonymSettings)) -> PseudonymSettings {
        let mut settings = PseudonymSettings::default();
        change(&mut settings);
        settings
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let named = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        for (settings, code) in [
            (settings(|_| {}), Code::Usage),
            (settings(|it| it.columns = named(&["a"])), Code::Key),
            (settings(|it| it.shift_times = Some(3)), Code::Key),
            (settings(|it| (it.drop, it.mask) = (named(&["a"]), named(&["a=first:1"]))), Code::Usage),
            (settings(|it| it.drop = named(&[""])), Code::Usage),
            (settings(|it| it.mask = named(&["a"])), Code::Usage),
            (settings(|it| it.generalise = named(&["a=week"])), Code::Usage),
            (settings(|it| (it.drop, it.domain) = (named(&["a"]), Some(String::new()))), Code::Usage),
            (
                settings(|it| (it.columns, it.hash, it.key_fd) = (named(&["a"]), HashName::Sha256, Some(3))),
                Code::Usage,
            ),
            (
                settings(|it| {
                    (it.columns, it.key_fd, it.key_file) = (named(&["a"]), Some(3), Some("k".into()));
                }),
                Code::Usage,
            ),
        ] {
            let error = settings.check().unwrap_err();
            assert_eq!(error.code(), code, "{settings:?}");
            assert!(error.help_text().is_some(), "{settings:?}");
        }
        assert!(settings(|it| it.drop = named(&["a"])).check().is_ok());
    }

    #[test]
    fn a_domain_stands_behind_the_last_sign_unless_the_whole_is_a_column() {
        use crate::model::catalog::TableColumn;
        use arrow::datatypes::{DataType, Field};
        let column = TableColumn::computed(Field::new("a=b", DataType::Utf8, true));
        let table = TableSchema::new(None, vec![column]);
        assert_eq!(named("a=b", Some(&table)), ("a=b", "a=b"));
        assert_eq!(named("a=b=c", Some(&table)), ("a=b", "c"));
        assert_eq!(named("x=person", Some(&table)), ("x", "person"));
        assert_eq!(named("x", Some(&table)), ("x", "x"));
        assert_eq!(named("x=", Some(&table)), ("x=", "x="));
    }
}
