//! Values under a changed key inside structs, lists and JSON text of columns that are not changed as a whole.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringBuilder, StructArray};
use arrow::datatypes::{DataType, Field};

use super::change::{Change, changed_type};
use super::json::{ChangedKeys, rewritten};
use crate::error::Result;

/// What is changed inside a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NestedWork {
    /// The whole value is changed, by the order with this number.
    Change(usize),
    /// Some fields of structs.
    Struct(Vec<Option<NestedWork>>),
    /// The items of lists.
    List(Box<NestedWork>),
    /// Text that may be JSON.
    Json,
}

impl NestedWork {
    /// What is to be done inside values of a type, where these keys are changed; `None` if nothing is.
    pub fn find(data_type: &DataType, keys: &ChangedKeys) -> Option<Self> {
        match data_type {
            DataType::Utf8 => (!keys.is_empty()).then_some(Self::Json),
            DataType::Dictionary(_, values) if **values == DataType::Utf8 => {
                (!keys.is_empty()).then_some(Self::Json)
            }
            DataType::Struct(fields) => {
                let of = |field: &Arc<Field>| match keys.get(field.name()) {
                    Some(change) => Some(Self::Change(change)),
                    None => Self::find(field.data_type(), keys),
                };
                let works: Vec<Option<Self>> = fields.iter().map(of).collect();
                works.iter().any(Option::is_some).then_some(Self::Struct(works))
            }
            DataType::List(field) => {
                Self::find(field.data_type(), keys).map(|work| Self::List(Box::new(work)))
            }
            _ => None,
        }
    }

    /// The work that changes what a path of field names leads to; lists on the way are gone through.
    pub fn at(data_type: &DataType, path: &[&str], change: usize) -> Option<Self> {
        match (data_type, path) {
            (_, []) => Some(Self::Change(change)),
            (DataType::List(field), _) => {
                Some(Self::List(Box::new(Self::at(field.data_type(), path, change)?)))
            }
            (DataType::Struct(fields), [first, rest @ ..]) => {
                let at = fields.iter().position(|field| field.name() == first)?;
                let mut works = vec![None; fields.len()];
                works[at] = Some(Self::at(fields[at].data_type(), rest, change)?);
                Some(Self::Struct(works))
            }
            _ => None,
        }
    }

    /// Both works on one column; what changes a whole value comes first.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Change(change), _) | (_, Self::Change(change)) => Self::Change(change),
            (Self::Struct(ours), Self::Struct(theirs)) => {
                let both = |(one, other): (Option<Self>, Option<Self>)| match (one, other) {
                    (Some(one), Some(other)) => Some(one.and(other)),
                    (one, other) => one.or(other),
                };
                Self::Struct(ours.into_iter().zip(theirs).map(both).collect())
            }
            (Self::List(one), Self::List(other)) => Self::List(Box::new(one.and(*other))),
            (one, _) => one,
        }
    }

    /// The type that values of a type have afterwards.
    pub fn changed_type(&self, data_type: &DataType) -> DataType {
        match (self, data_type) {
            (Self::Change(_), other) => changed_type(other),
            (Self::Struct(works), DataType::Struct(fields)) => {
                let field = |(field, work): (&Arc<Field>, &Option<Self>)| match work {
                    Some(work) => {
                        let data_type = work.changed_type(field.data_type());
                        // A value may become null.
                        Arc::new(Field::new(field.name(), data_type, true))
                    }
                    None => Arc::clone(field),
                };
                DataType::Struct(fields.iter().zip(works).map(field).collect())
            }
            (Self::List(work), DataType::List(field)) => {
                let data_type = work.changed_type(field.data_type());
                DataType::List(Arc::new(Field::new(field.name(), data_type, true)))
            }
            (_, other) => other.clone(),
        }
    }

    /// The array with values changed.
    ///
    /// # Errors
    /// If Arrow cannot write values as text.
    pub fn array(&self, array: &ArrayRef, keys: &ChangedKeys, changes: &mut [Change]) -> Result<ArrayRef> {
        Ok(match (self, array.data_type()) {
            (Self::Change(change), _) => changes[*change].array(array)?,
            (Self::Struct(works), DataType::Struct(_)) => {
                let DataType::Struct(fields) = self.changed_type(array.data_type()) else {
                    return Ok(Arc::clone(array));
                };
                let structs = array.as_struct();
                let columns = structs.columns().iter().zip(works).map(|(column, work)| match work {
                    Some(work) => work.array(column, keys, changes),
                    None => Ok(Arc::clone(column)),
                });
                let columns = columns.collect::<Result<Vec<_>>>()?;
                Arc::new(StructArray::try_new(fields, columns, structs.nulls().cloned())?)
            }
            (Self::List(work), DataType::List(_)) => {
                let DataType::List(field) = self.changed_type(array.data_type()) else {
                    return Ok(Arc::clone(array));
                };
                let list: &ListArray = array.as_list();
                let values = work.array(list.values(), keys, changes)?;
                Arc::new(ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned())?)
            }
            (Self::Json, DataType::Dictionary(..)) => {
                let keyed = array.as_any_dictionary();
                let values = self.array(keyed.values(), keys, changes)?;
                if Arc::ptr_eq(&values, keyed.values()) {
                    return Ok(Arc::clone(array));
                }
                keyed.with_values(values)
            }
            (Self::Json, DataType::Utf8) => json(array, keys, changes),
            _ => Arc::clone(array),
        })
    }
}

/// Text with JSON changed; the same array if nothing in it is.
fn json(array: &ArrayRef, keys: &ChangedKeys, changes: &mut [Change]) -> ArrayRef {
    let texts = array.as_string::<i32>();
    let first = texts.value_offsets().first().map_or(0, |at| *at as usize);
    let last = texts.value_offsets().last().map_or(0, |at| *at as usize);
    // One look at all bytes spares one at each value: most columns hold no JSON.
    if memchr::memchr2(b'{', b'[', &texts.value_data()[first..last]).is_none() {
        return Arc::clone(array);
    }
    let mut changed: Option<StringBuilder> = None;
    for (row, text) in texts.iter().enumerate() {
        let new = text.and_then(|text| rewritten(text, keys, changes));
        if let (Some(_), None) = (&new, &changed) {
            let mut builder = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
            texts.iter().take(row).for_each(|before| builder.append_option(before));
            changed = Some(builder);
        }
        if let Some(builder) = &mut changed {
            builder.append_option(new.as_deref().or(text));
        }
    }
    match changed {
        Some(mut builder) => Arc::new(builder.finish()),
        None => Arc::clone(array),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray};

    use super::super::mask::Mask;
    use super::*;

    fn keys(names: &[&str]) -> ChangedKeys {
        let mut keys = ChangedKeys::default();
        names.iter().for_each(|name| keys.add(name, 0));
        keys
    }

    fn person() -> ArrayRef {
        let name: ArrayRef = Arc::new(StringArray::from(vec!["Alice", "Bob"]));
        let age: ArrayRef = Arc::new(Int64Array::from(vec![42, 7]));
        Arc::new(StructArray::from(vec![
            (Arc::new(Field::new("name", DataType::Utf8, true)), name),
            (Arc::new(Field::new("age", DataType::Int64, true)), age),
        ]))
    }

    #[test]
    fn fields_of_structs_are_found_by_name_and_by_path() {
        let (array, mut changes) = (person(), [Change::Mask(Mask::First(1))]);
        for (work, column) in [
            (NestedWork::find(array.data_type(), &keys(&["name"])), 0),
            (NestedWork::at(array.data_type(), &["age"], 0), 1),
        ] {
            let work = work.unwrap();
            let found = work.array(&array, &keys(&["name"]), &mut changes).unwrap();
            assert_eq!(found.data_type(), &work.changed_type(array.data_type()));
            let texts = found.as_struct().column(column).as_string::<i32>().clone();
            assert_eq!(texts.value(0).len(), 4, "{texts:?}");
        }
        assert_eq!(NestedWork::at(array.data_type(), &["other"], 0), None);
        let none = NestedWork::find(array.data_type(), &ChangedKeys::default());
        assert_eq!(none, None);
    }

    #[test]
    fn text_without_the_key_is_the_same_array() {
        let array: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("{\"b\":1}")]));
        let mut changes = [Change::Mask(Mask::First(1))];
        let found = NestedWork::Json.array(&array, &keys(&["name"]), &mut changes).unwrap();
        assert!(Arc::ptr_eq(&array, &found));
        let array: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("{\"name\":\"xy\"}")]));
        let found = NestedWork::Json.array(&array, &keys(&["name"]), &mut changes).unwrap();
        let texts: Vec<_> = found.as_string::<i32>().iter().collect();
        assert_eq!(texts, [Some("a"), None, Some("{\"name\":\"x***\"}")]);
    }
}
