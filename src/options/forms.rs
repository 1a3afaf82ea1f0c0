//! How the value of an option stands in a file, as the text, number or list that a person would write.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::text::{
    delimiter_text, mark_text, parse_delimiter, parse_mark, parse_names, parse_size, size_text,
};
use super::words::Choice;
use super::{
    BadRowLimit, DeclaredColumn, InputFormat, OnBadRow, ReadOptions, RunOptions, TableOptions, WriteOptions,
};
use crate::error::{Code, Error, Result};
use crate::model::calendar::date_of;
use crate::model::condition::Condition;
use crate::model::partition::PartitionKey;
use crate::model::roles::{Role, RoleWishes};
use crate::model::time::parse_date;
use crate::model::time_format::TimeFormat;
use crate::model::value::DateOrder;
use crate::model::zone::{Zone, ZoneRule};

/// The JSON Schema of a text or a list of texts.
fn one_or_several() -> Value {
    json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
}

/// How a field of type `T` stands in a file. Several keys may share a field.
pub(crate) trait Form<T> {
    /// The value in the file.
    type File: Serialize + DeserializeOwned;

    /// The JSON Schema of the value in the file.
    fn schema() -> Value;

    /// What is written; `None` if the field holds nothing for this key.
    fn file(value: &T) -> Result<Option<Self::File>>;

    /// Puts what was read to the field. `given`: the keys of the table that were read so far, this key
    /// included.
    fn put(file: Self::File, value: &mut T, given: &[&'static str]) -> Result<()>;
}

/// How a value stands in a file, where one key holds the whole value.
pub(crate) trait Whole<T> {
    /// The value in the file.
    type File: Serialize + DeserializeOwned;

    /// The JSON Schema of the value in the file.
    fn schema() -> Value;

    /// The value as it is written.
    fn written(value: &T) -> Result<Self::File>;

    /// The value that was written.
    fn read(file: Self::File) -> Result<T>;
}

impl<T, F: Whole<T>> Form<T> for F {
    type File = F::File;

    fn schema() -> Value {
        F::schema()
    }

    fn file(value: &T) -> Result<Option<Self::File>> {
        F::written(value).map(Some)
    }

    fn put(file: Self::File, value: &mut T, _: &[&'static str]) -> Result<()> {
        *value = F::read(file)?;
        Ok(())
    }
}

/// A value that stands in the file as it is.
pub(crate) struct Same;

macro_rules! same {
    ($($type:ty => $schema:tt),* $(,)?) => {$(
        impl Whole<$type> for Same {
            type File = $type;

            fn schema() -> Value {
                json!($schema)
            }

            fn written(value: &$type) -> Result<$type> {
                Ok(value.clone())
            }

            fn read(file: $type) -> Result<$type> {
                Ok(file)
            }
        }
    )*};
}

same!(
    bool => {"type": "boolean"},
    u64 => {"type": "integer", "minimum": 0},
    String => {"type": "string"},
    InputFormat => {"type": "string"},
    PathBuf => {"type": "string"},
    Vec<DeclaredColumn> => {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name", "type"],
            "additionalProperties": false,
            "properties": {
                "name": {"type": "string"},
                "type": {"type": "string"},
                "written": {"type": "string"},
                "format": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
            }
        }
    },
    Vec<PartitionKey> => {"type": "array", "items": {"type": "object"}},
    ReadOptions => {"type": "object"},
    TableOptions => {"type": "object"},
    WriteOptions => {"type": "object"},
    RunOptions => {"type": "object"},
);

/// A value that may be absent, and is then not written.
pub(crate) struct Maybe<F>(PhantomData<F>);

impl<T, F: Whole<T>> Whole<Option<T>> for Maybe<F> {
    type File = Option<F::File>;

    fn schema() -> Value {
        F::schema()
    }

    fn written(value: &Option<T>) -> Result<Self::File> {
        value.as_ref().map(F::written).transpose()
    }

    fn read(file: Self::File) -> Result<Option<T>> {
        file.map(F::read).transpose()
    }
}

/// Text, or a number or a switch as the text of it: `max_bad_rows = 100` is `max_bad_rows = "100"`.
pub(crate) struct Text(String);

impl Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_bool<E: serde::de::Error>(self, switch: bool) -> Result<Text, E> {
                Ok(Text(switch.to_string()))
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

/// A list of texts, or a single text that stands for such a list.
pub(crate) enum TextOrList {
    Single(String),
    List(Vec<String>),
}

impl TextOrList {
    /// The texts, where a single text is one entry.
    fn into_list(self) -> Vec<String> {
        match self {
            Self::Single(text) => vec![text],
            Self::List(texts) => texts,
        }
    }
}

impl Serialize for TextOrList {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Single(text) => text.serialize(serializer),
            Self::List(texts) => texts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for TextOrList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrListVisitor;
        impl<'de> Visitor<'de> for TextOrListVisitor {
            type Value = TextOrList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a list of texts")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TextOrList, E> {
                Ok(TextOrList::Single(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TextOrList, A::Error> {
                let mut texts = Vec::new();
                while let Some(Text(text)) = list.next_element()? {
                    texts.push(text);
                }
                Ok(TextOrList::List(texts))
            }
        }
        deserializer.deserialize_any(TextOrListVisitor)
    }
}

/// One of a few words.
pub(crate) struct ByWord;

impl<T: Choice> Whole<T> for ByWord {
    type File = Text;

    fn schema() -> Value {
        let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        json!({"enum": words})
    }

    fn written(value: &T) -> Result<Text> {
        let word = value.to_word().ok_or_else(|| Error::new(Code::Usage, "no word stands for this value"))?;
        Ok(Text(word.to_owned()))
    }

    fn read(Text(text): Text) -> Result<T> {
        T::from_word(&text)
    }
}

/// A value that reads and writes itself as text.
pub(crate) struct ByText;

impl<T: Display + FromStr<Err = Error>> Whole<T> for ByText {
    type File = Text;

    fn schema() -> Value {
        json!({"type": ["string", "integer"]})
    }

    fn written(value: &T) -> Result<Text> {
        Ok(Text(value.to_string()))
    }

    fn read(Text(text): Text) -> Result<T> {
        text.parse()
    }
}

/// A whole number within bounds.
pub(crate) struct NumberForm<const LEAST: u64, const MOST: u64>;

impl<const LEAST: u64, const MOST: u64, T: Copy + TryFrom<u64> + TryInto<u64>> Whole<T>
    for NumberForm<LEAST, MOST>
{
    type File = u64;

    fn schema() -> Value {
        json!({"type": "integer", "minimum": LEAST, "maximum": MOST})
    }

    fn written(value: &T) -> Result<u64> {
        (*value).try_into().map_err(|_| out_of_bounds(LEAST, MOST))
    }

    fn read(number: u64) -> Result<T> {
        let within = Some(number).filter(|number| (LEAST..=MOST).contains(number));
        within.and_then(|number| number.try_into().ok()).ok_or_else(|| out_of_bounds(LEAST, MOST))
    }
}

fn out_of_bounds(least: u64, most: u64) -> Error {
    Error::new(Code::Usage, format!("expected a number from {least} to {most}"))
}

/// A size in bytes, such as `16MiB`.
pub(crate) struct SizeForm;

impl Whole<u64> for SizeForm {
    type File = Text;

    fn schema() -> Value {
        json!({"type": ["string", "integer"]})
    }

    fn written(bytes: &u64) -> Result<Text> {
        Ok(Text(size_text(*bytes)))
    }

    fn read(Text(text): Text) -> Result<u64> {
        parse_size(&text)
    }
}

/// A delimiter of CSV, such as `tab`.
pub(crate) struct DelimiterForm;

impl Whole<Vec<u8>> for DelimiterForm {
    type File = Text;

    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn written(bytes: &Vec<u8>) -> Result<Text> {
        Ok(Text(delimiter_text(bytes)))
    }

    fn read(Text(text): Text) -> Result<Vec<u8>> {
        parse_delimiter(&text)
    }
}

/// A character with a meaning in CSV, or `none`.
pub(crate) struct MarkForm;

impl Whole<Option<u8>> for MarkForm {
    type File = Text;

    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn written(mark: &Option<u8>) -> Result<Text> {
        Ok(Text(mark_text(*mark)))
    }

    fn read(Text(text): Text) -> Result<Option<u8>> {
        parse_mark(&text)
    }
}

/// Values that read and write themselves as text: one, or a list of them.
pub(crate) struct EachText;

impl<T: Display + FromStr<Err = Error>> Whole<Vec<T>> for EachText {
    type File = TextOrList;

    fn schema() -> Value {
        one_or_several()
    }

    fn written(values: &Vec<T>) -> Result<TextOrList> {
        Ok(TextOrList::List(values.iter().map(ToString::to_string).collect()))
    }

    fn read(file: TextOrList) -> Result<Vec<T>> {
        file.into_list().iter().map(|text| text.parse()).collect()
    }
}

/// A day such as `2024-05-01`, as the seconds of its beginning since 1970.
pub(crate) struct DayForm;

impl Whole<i64> for DayForm {
    type File = Text;

    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn written(seconds: &i64) -> Result<Text> {
        let days = i32::try_from(seconds.div_euclid(86_400));
        let days = days.map_err(|_| Error::new(Code::Usage, "the day is out of range"))?;
        let (year, month, day) = date_of(days);
        Ok(Text(format!("{year:04}-{month:02}-{day:02}")))
    }

    fn read(Text(text): Text) -> Result<i64> {
        parse_day(&text)
    }
}

/// The seconds since 1970 at which a day such as `2024-05-01` begins.
///
/// # Errors
/// [`Code::Usage`] for a text that is no such day.
fn parse_day(text: &str) -> Result<i64> {
    let days = parse_date(text.as_bytes(), DateOrder::Ymd);
    let wrong = || Error::new(Code::Usage, format!("expected a day such as 2024-05-01, found {text:?}"));
    Ok(i64::from(days.ok_or_else(wrong)?) * 86_400)
}

/// Names as a list, or as the command line has them: `"a,b"`.
pub(crate) struct NamesForm;

impl Whole<Vec<String>> for NamesForm {
    type File = TextOrList;

    fn schema() -> Value {
        one_or_several()
    }

    fn written(names: &Vec<String>) -> Result<TextOrList> {
        Ok(TextOrList::List(names.clone()))
    }

    fn read(file: TextOrList) -> Result<Vec<String>> {
        match file {
            TextOrList::Single(text) => parse_names(&text),
            TextOrList::List(names) => Ok(names),
        }
    }
}

/// Paths: one, or a list of them.
pub(crate) struct PathsForm;

impl Whole<Vec<PathBuf>> for PathsForm {
    type File = TextOrList;

    fn schema() -> Value {
        one_or_several()
    }

    fn written(paths: &Vec<PathBuf>) -> Result<TextOrList> {
        let text = |path: &PathBuf| {
            let what = || format!("the path {path:?} is not UTF-8, and a file cannot hold it");
            path.to_str().map(str::to_owned).ok_or_else(|| Error::new(Code::Usage, what()))
        };
        let mut texts: Vec<String> = paths.iter().map(text).collect::<Result<_>>()?;
        Ok(match texts.len() {
            1 => TextOrList::Single(texts.remove(0)),
            _ => TextOrList::List(texts),
        })
    }

    fn read(file: TextOrList) -> Result<Vec<PathBuf>> {
        Ok(file.into_list().into_iter().map(PathBuf::from).collect())
    }
}

/// Layouts of timestamps: one, or a list of them.
pub(crate) struct LayoutsForm;

impl Whole<Vec<String>> for LayoutsForm {
    type File = TextOrList;

    fn schema() -> Value {
        one_or_several()
    }

    fn written(layouts: &Vec<String>) -> Result<TextOrList> {
        Ok(TextOrList::List(layouts.clone()))
    }

    fn read(file: TextOrList) -> Result<Vec<String>> {
        let layouts = file.into_list();
        layouts.iter().try_for_each(|layout| TimeFormat::compile(layout).map(|_| ()))?;
        Ok(layouts)
    }
}

/// A condition on rows, or a list of conditions that must all be true.
pub(crate) struct ConditionsForm;

impl Whole<Option<Condition>> for ConditionsForm {
    type File = TextOrList;

    fn schema() -> Value {
        one_or_several()
    }

    fn written(condition: &Option<Condition>) -> Result<TextOrList> {
        Ok(match condition {
            Some(condition) => TextOrList::Single(condition.text().to_owned()),
            None => TextOrList::List(Vec::new()),
        })
    }

    fn read(file: TextOrList) -> Result<Option<Condition>> {
        let conditions: Result<Vec<Condition>> = file.into_list().iter().map(|text| text.parse()).collect();
        Condition::all_of(&conditions?)
    }
}

/// The name of a time zone.
pub(crate) struct ZoneName;

impl Whole<Zone> for ZoneName {
    type File = Text;

    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn written(zone: &Zone) -> Result<Text> {
        zone.name().map(Text)
    }

    fn read(Text(text): Text) -> Result<Zone> {
        ZoneRule::parse(&text).map(|rule| rule.zone)
    }
}

/// The column of a role, given as the role's place in [`Role::ALL`]'s order.
pub(crate) struct ColumnOf<const ROLE: usize>;

impl<const ROLE: usize> Form<RoleWishes> for ColumnOf<ROLE> {
    type File = String;

    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn file(wishes: &RoleWishes) -> Result<Option<String>> {
        Ok(wishes.column(Role::ALL[ROLE]).map(str::to_owned))
    }

    fn put(name: String, wishes: &mut RoleWishes, _: &[&'static str]) -> Result<()> {
        wishes.add(Role::ALL[ROLE], name)
    }
}

/// What happens to bad rows: `fail` or `reject`.
pub(crate) struct BadRowsForm;

impl Form<OnBadRow> for BadRowsForm {
    type File = Text;

    fn schema() -> Value {
        json!({"enum": ["fail", "reject"]})
    }

    fn file(value: &OnBadRow) -> Result<Option<Text>> {
        Ok(Some(Text(if *value == OnBadRow::Fail { "fail" } else { "reject" }.to_owned())))
    }

    fn put(Text(text): Text, value: &mut OnBadRow, _: &[&'static str]) -> Result<()> {
        *value = match (text.as_str(), *value) {
            ("reject", OnBadRow::Fail) => OnBadRow::Reject(BadRowLimit::None),
            // The limit stands before it in the file.
            ("reject", reject) => reject,
            ("fail", OnBadRow::Fail) => OnBadRow::Fail,
            ("fail", _) => return Err(idle_limit()),
            _ => return Err(Error::new(Code::Usage, format!("expected fail or reject, found {text:?}"))),
        };
        Ok(())
    }
}

/// How many bad rows are tolerated, where they are rejected.
pub(crate) struct MostBadRows;

impl Form<OnBadRow> for MostBadRows {
    type File = Text;

    fn schema() -> Value {
        json!({"type": ["string", "integer"]})
    }

    fn file(value: &OnBadRow) -> Result<Option<Text>> {
        Ok(match value {
            OnBadRow::Fail | OnBadRow::Reject(BadRowLimit::None) => None,
            OnBadRow::Reject(limit) => Some(Text(limit.to_string())),
        })
    }

    fn put(Text(text): Text, value: &mut OnBadRow, given: &[&'static str]) -> Result<()> {
        if *value == OnBadRow::Fail && given.contains(&"on_bad_row") {
            return Err(idle_limit());
        }
        *value = OnBadRow::Reject(text.parse()?);
        Ok(())
    }
}

fn idle_limit() -> Error {
    Error::new(Code::Usage, "max_bad_rows requires on_bad_row = \"reject\"")
}
