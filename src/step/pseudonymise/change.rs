//! What becomes of single values: a pseudonym, a mask, or nothing; and of arrays of them, whatever their type.
//!
//! Nulls stay null. In dictionaries each value is changed once. In lists, maps and structs every leaf is changed,
//! and their form stays.

use std::sync::Arc;

use arrow::array::{
    AnyDictionaryArray, Array, ArrayRef, AsArray, BinaryArray, FixedSizeListArray, GenericListArray,
    MapArray, OffsetSizeTrait, StringBuilder, StructArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};

use super::hash::{DIGITS, Pseudonyms};
use super::mask::Mask;
use super::texts::{has_text, texts};
use crate::error::{Code, Error, Result};

/// What becomes of values.
pub enum Change {
    /// Pseudonyms take their place.
    Pseudonym(Pseudonyms),
    /// Values are masked.
    Mask(Mask),
    /// Values become null.
    Null,
}

impl Change {
    /// The text that takes the place of a value; `None` for null. `scratch` may hold it.
    pub fn text<'t>(&'t mut self, value: &[u8], scratch: &'t mut String) -> Option<&'t str> {
        match self {
            Self::Pseudonym(pseudonyms) => Some(pseudonyms.of(value)),
            Self::Mask(mask) => {
                scratch.clear();
                mask.put(&String::from_utf8_lossy(value), scratch);
                Some(scratch)
            }
            Self::Null => None,
        }
    }

    /// The array with all values changed. It has the type that [`changed_type`] says.
    ///
    /// # Errors
    /// If Arrow cannot write values as text.
    pub fn array(&mut self, array: &ArrayRef) -> Result<ArrayRef> {
        Ok(match array.data_type() {
            DataType::Dictionary(..) => {
                let keyed = array.as_any_dictionary();
                let values = self.array(keyed.values())?;
                with_words(keyed, values)?
            }
            DataType::Utf8 => {
                self.texts(array.as_string::<i32>().iter().map(|it| it.map(str::as_bytes)), array)
            }
            DataType::LargeUtf8 | DataType::Utf8View => self.array(&cast(array, &DataType::Utf8)?)?,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => {
                let bytes = cast(array, &DataType::Binary)?;
                let bytes: &BinaryArray = bytes.as_binary();
                self.texts(bytes.iter(), array)
            }
            DataType::Struct(fields) => {
                let structs = array.as_struct();
                let columns: Vec<ArrayRef> =
                    structs.columns().iter().map(|column| self.array(column)).collect::<Result<_>>()?;
                let fields = fields.iter().map(changed_field).collect::<Vec<_>>();
                Arc::new(StructArray::try_new(fields.into(), columns, structs.nulls().cloned())?)
            }
            DataType::List(field) => self.list::<i32>(array, field)?,
            DataType::LargeList(field) => self.list::<i64>(array, field)?,
            DataType::FixedSizeList(field, size) => {
                let list = array.as_fixed_size_list();
                let values = self.array(list.values())?;
                Arc::new(FixedSizeListArray::try_new(
                    changed_field(field),
                    *size,
                    values,
                    list.nulls().cloned(),
                )?)
            }
            DataType::Map(field, is_sorted) => {
                let map = array.as_map();
                let entries: ArrayRef = Arc::new(map.entries().clone());
                let entries = self.array(&entries)?.as_struct().clone();
                let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
                Arc::new(MapArray::try_new(changed_field(field), offsets, entries, nulls, *is_sorted)?)
            }
            DataType::Null => new_null_array(&DataType::Utf8, array.len()),
            other if has_text(other) => {
                let texts = texts(array)?;
                self.texts(texts.iter().map(|it| it.map(str::as_bytes)), array)
            }
            other => return Err(unreachable_type(other)),
        })
    }

    fn list<O: OffsetSizeTrait>(&mut self, array: &ArrayRef, field: &FieldRef) -> Result<ArrayRef> {
        let list = array.as_list::<O>();
        let values = self.array(list.values())?;
        let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
        Ok(Arc::new(GenericListArray::<O>::try_new(changed_field(field), offsets, values, nulls)?))
    }

    fn texts<'v>(&mut self, values: impl Iterator<Item = Option<&'v [u8]>>, array: &ArrayRef) -> ArrayRef {
        if matches!(self, Self::Null) {
            return new_null_array(&DataType::Utf8, array.len());
        }
        let mut builder = StringBuilder::with_capacity(array.len(), array.len() * DIGITS);
        let mut scratch = String::new();
        for value in values {
            builder.append_option(value.and_then(|value| self.text(value, &mut scratch)));
        }
        Arc::new(builder.finish())
    }
}

/// The array with other words in its dictionary. Nulls among the words become nulls of rows, for readers of
/// dictionaries do not look for them there.
///
/// # Errors
/// If Arrow cannot put the rows together again.
pub fn with_words(keyed: &dyn AnyDictionaryArray, words: ArrayRef) -> Result<ArrayRef> {
    let has_new_nulls = words.null_count() > keyed.values().null_count();
    let array = keyed.with_values(words);
    Ok(match (has_new_nulls, array.data_type()) {
        (true, DataType::Dictionary(_, values)) => cast(&cast(&array, values)?, array.data_type())?,
        _ => array,
    })
}

/// The type of an array whose values were changed.
pub fn changed_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(keys, values) => {
            DataType::Dictionary(keys.clone(), Box::new(changed_type(values)))
        }
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(changed_field).collect()),
        DataType::List(field) => DataType::List(changed_field(field)),
        DataType::LargeList(field) => DataType::LargeList(changed_field(field)),
        DataType::FixedSizeList(field, size) => DataType::FixedSizeList(changed_field(field), *size),
        DataType::Map(field, is_sorted) => DataType::Map(changed_field(field), *is_sorted),
        _ => DataType::Utf8,
    }
}

/// A field whose values were changed: they may be null now.
pub fn changed_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::new(field.name(), changed_type(field.data_type()), field.is_nullable()))
}

/// Whether every value of the type can be changed.
///
/// # Errors
/// [`Code::Unreachable`] for the first part of the type that has no text.
pub fn check_type(data_type: &DataType) -> Result<()> {
    match data_type {
        DataType::Dictionary(_, values) => check_type(values),
        DataType::Struct(fields) => fields.iter().try_for_each(|field| check_type(field.data_type())),
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => check_type(field.data_type()),
        other if has_text(other) => Ok(()),
        other => Err(unreachable_type(other)),
    }
}

fn unreachable_type(data_type: &DataType) -> Error {
    Error::new(Code::Unreachable, format!("values of type {data_type} have no text that could be changed"))
        .help("leave the column out with ⟦drop⟧")
}

#[cfg(test)]
mod tests {
    use arrow::array::{DictionaryArray, Int64Array, ListArray, StringArray};
    use arrow::datatypes::{Int32Type, Int64Type};

    use super::super::hash::Hashing;
    use super::super::key::Key;
    use super::*;

    fn change(domain: &str) -> Change {
        let key = Key::new(&(0..32).collect::<Vec<u8>>()).unwrap();
        Change::Pseudonym(Pseudonyms::new(&Hashing::Keyed(key), None, domain))
    }

    #[test]
    fn numbers_become_pseudonyms_of_their_text_and_nulls_stay() {
        let found =
            change("n").array(&(Arc::new(Int64Array::from(vec![Some(7), None])) as ArrayRef)).unwrap();
        let expected = StringArray::from(vec![Some("a9e3bc6a973e72cfccfd1061b030af55"), None]);
        assert_eq!(*found, expected as StringArray);
    }

    #[test]
    fn dictionaries_stay_dictionaries_and_lists_stay_lists() {
        let keyed: DictionaryArray<Int32Type> = [Some("Alice"), None, Some("Alice")].into_iter().collect();
        let keyed: ArrayRef = Arc::new(keyed);
        let found = change("resource").array(&keyed).unwrap();
        assert_eq!(found.data_type(), &changed_type(keyed.data_type()));
        let plain = cast(&found, &DataType::Utf8).unwrap();
        let alice = Some("1e6bbe3a30d24f6f9757407d6b59594c");
        assert_eq!(plain.as_string::<i32>().iter().collect::<Vec<_>>(), [alice, None, alice]);
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(7), None]), None]);
        let list: ArrayRef = Arc::new(list);
        let found = change("n").array(&list).unwrap();
        assert_eq!(found.data_type(), &changed_type(list.data_type()));
        assert!(found.is_null(1));
        let items = found.as_list::<i32>().value(0);
        let seven = Some("a9e3bc6a973e72cfccfd1061b030af55");
        assert_eq!(items.as_string::<i32>().iter().collect::<Vec<_>>(), [seven, None]);
    }
}
