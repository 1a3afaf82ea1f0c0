//! JSON values of one nested type become an Arrow array: structs, lists, and their leaves.
//!
//! A value that the type does not hold makes the whole row null and is reported to the caller, who knows
//! whether the type is final: it is not while the shapes of a file are still being joined.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, ListArray, NullBufferBuilder, StringBuilder,
    StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields};

use crate::error::Result;
use crate::model::json_text::{JsonToken, JsonWalk, unescaped};
use crate::model::lexical::{parse_double, parse_long};
use crate::model::shape::Nested;

/// What the type is in Arrow; every field and item may be null.
pub fn arrow_type(nested: &Nested) -> DataType {
    match nested {
        Nested::Bool => DataType::Boolean,
        Nested::Int => DataType::Int64,
        Nested::Float => DataType::Float64,
        Nested::Text | Nested::Json => DataType::Utf8,
        Nested::List(items) => DataType::List(Arc::new(item(items))),
        Nested::Struct(fields) => DataType::Struct(fields_of(fields)),
    }
}

fn item(items: &Nested) -> Field {
    Field::new_list_field(arrow_type(items), true)
}

fn fields_of(fields: &[(Box<str>, Nested)]) -> Fields {
    fields.iter().map(|(name, it)| Field::new(&**name, arrow_type(it), true)).collect()
}

/// Whether values fit `nested`, looked at before anything of them is kept.
fn fits(nested: &Nested, walk: &mut JsonWalk<'_>) -> bool {
    if *nested == Nested::Json {
        walk.skip();
        return true;
    }
    match (nested, walk.value()) {
        (_, JsonToken::Null) | (Nested::Bool, JsonToken::Bool(_)) | (Nested::Text, JsonToken::Text(_)) => {
            true
        }
        (Nested::Int, JsonToken::Number(digits)) => parse_long(digits).is_some(),
        (Nested::Float, JsonToken::Number(digits)) => parse_double(digits).is_some(),
        (Nested::List(items), JsonToken::List) => {
            while walk.item() {
                if !fits(items, walk) {
                    return false;
                }
            }
            true
        }
        (Nested::Struct(fields), JsonToken::Object) => {
            let mut seen = vec![false; fields.len()];
            while let Some(key) = walk.key() {
                let key = unescaped(key);
                let Some(index) = fields.iter().position(|(name, _)| **name == *key) else { return false };
                if std::mem::replace(&mut seen[index], true) || !fits(&fields[index].1, walk) {
                    return false;
                }
            }
            true
        }
        _ => false,
    }
}

/// Builds the array of one column.
pub struct NestedBuilder {
    nested: Arc<Nested>,
    part: NestedPart,
}

/// The builder of one path.
enum NestedPart {
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Text(StringBuilder),
    Json(StringBuilder),
    List { items: Box<NestedPart>, field: Arc<Field>, lengths: Vec<usize>, nulls: NullBufferBuilder },
    Struct { fields: Fields, parts: Vec<NestedPart>, seen: Vec<bool>, nulls: NullBufferBuilder },
}

impl NestedBuilder {
    /// A builder for values of this type.
    pub fn new(nested: Arc<Nested>) -> Self {
        let part = NestedPart::new(&nested);
        Self { nested, part }
    }

    /// Appends a null row.
    pub fn add_null(&mut self) {
        self.part.add_null();
    }

    /// Adds a value, well-formed JSON; false if the type does not hold it, and then a null is added.
    pub fn add(&mut self, json: &[u8]) -> bool {
        let fits = fits(&self.nested, &mut JsonWalk::new(json));
        match fits {
            true => self.part.add(&mut JsonWalk::new(json)),
            false => self.part.add_null(),
        }
        fits
    }

    /// Drops the values since the last array.
    pub fn clear(&mut self) {
        self.part = NestedPart::new(&self.nested);
    }

    /// The values since the last call, as an array.
    ///
    /// # Errors
    /// If a batch holds more text or more items than offsets of 32 bits can count.
    pub fn finish(&mut self) -> Result<ArrayRef> {
        self.part.finish()
    }
}

impl NestedPart {
    fn new(nested: &Nested) -> Self {
        match nested {
            Nested::Bool => Self::Bool(BooleanBuilder::new()),
            Nested::Int => Self::Int(Int64Builder::new()),
            Nested::Float => Self::Float(Float64Builder::new()),
            Nested::Text => Self::Text(StringBuilder::new()),
            Nested::Json => Self::Json(StringBuilder::new()),
            Nested::List(items) => Self::List {
                items: Box::new(Self::new(items)),
                field: Arc::new(item(items)),
                lengths: Vec::new(),
                nulls: NullBufferBuilder::new(0),
            },
            Nested::Struct(fields) => Self::Struct {
                fields: fields_of(fields),
                parts: fields.iter().map(|(_, it)| Self::new(it)).collect(),
                seen: vec![false; fields.len()],
                nulls: NullBufferBuilder::new(0),
            },
        }
    }

    fn add_null(&mut self) {
        match self {
            Self::Bool(values) => values.append_null(),
            Self::Int(values) => values.append_null(),
            Self::Float(values) => values.append_null(),
            Self::Text(values) | Self::Json(values) => values.append_null(),
            Self::List { lengths, nulls, .. } => {
                lengths.push(0);
                nulls.append_null();
            }
            Self::Struct { parts, nulls, .. } => {
                parts.iter_mut().for_each(Self::add_null);
                nulls.append_null();
            }
        }
    }

    /// Adds the value at hand, which fits.
    fn add(&mut self, walk: &mut JsonWalk<'_>) {
        if let Self::Json(values) = self {
            let json = std::str::from_utf8(walk.skip()).unwrap_or_default();
            // A null is a null whatever else stands at this path.
            values.append_option((json != "null").then_some(json));
            return;
        }
        match (self, walk.value()) {
            (Self::Bool(values), JsonToken::Bool(value)) => values.append_value(value),
            (Self::Int(values), JsonToken::Number(digits)) => values.append_option(parse_long(digits)),
            (Self::Float(values), JsonToken::Number(digits)) => values.append_option(parse_double(digits)),
            (Self::Text(values), JsonToken::Text(raw)) => values.append_value(unescaped(raw)),
            (Self::List { items, lengths, nulls, .. }, JsonToken::List) => {
                let mut length = 0;
                while walk.item() {
                    items.add(walk);
                    length += 1;
                }
                lengths.push(length);
                nulls.append_non_null();
            }
            (Self::Struct { fields, parts, seen, nulls }, JsonToken::Object) => {
                seen.fill(false);
                while let Some(key) = walk.key() {
                    let key = unescaped(key);
                    if let Some(index) = fields.iter().position(|field| *field.name() == *key) {
                        seen[index] = true;
                        parts[index].add(walk);
                    }
                }
                let missing = parts.iter_mut().zip(seen).filter(|(_, seen)| !**seen);
                missing.for_each(|(part, _)| part.add_null());
                nulls.append_non_null();
            }
            (part, _) => part.add_null(),
        }
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match self {
            Self::Bool(values) => Arc::new(values.finish()),
            Self::Int(values) => Arc::new(values.finish()),
            Self::Float(values) => Arc::new(values.finish()),
            Self::Text(values) | Self::Json(values) => Arc::new(values.finish()),
            Self::List { items, field, lengths, nulls } => {
                let offsets = OffsetBuffer::from_lengths(std::mem::take(lengths));
                Arc::new(ListArray::try_new(Arc::clone(field), offsets, items.finish()?, nulls.finish())?)
            }
            Self::Struct { fields, parts, nulls, .. } => {
                let arrays = parts.iter_mut().map(Self::finish).collect::<Result<Vec<_>>>()?;
                Arc::new(StructArray::try_new(fields.clone(), arrays, nulls.finish())?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Int64Type;

    use super::*;
    use crate::model::shape::NestedShape;

    fn built(values: &[&str]) -> ArrayRef {
        let mut shape = NestedShape::default();
        values.iter().for_each(|it| shape.observe(it.as_bytes()));
        let mut builder = NestedBuilder::new(Arc::new(shape.nested().unwrap()));
        for value in values {
            assert!(builder.add(value.as_bytes()), "{value} does not fit the shape it is of");
        }
        builder.finish().unwrap()
    }

    #[test]
    fn missing_fields_empty_lists_and_nulls_keep_apart() {
        let array = built(&["{\"a\":[1,null]}", "{\"a\":[]}", "{}", "{\"a\":null}"]);
        let lists = array.as_struct().column(0).as_list::<i32>();
        let nulls: Vec<bool> = (0..4).map(|row| lists.is_null(row)).collect();
        assert_eq!(nulls, [false, false, true, true]);
        assert_eq!(array.null_count(), 0);
        assert_eq!((lists.value_length(0), lists.value_length(1)), (2, 0));
        let items = lists.value(0);
        assert_eq!((items.as_primitive::<Int64Type>().value(0), items.is_null(1)), (1, true));
    }

    #[test]
    fn mixed_paths_hold_their_json_as_written() {
        let array = built(&["[1, \"x\\n\", {\"b\": 1e400}, null, 12345678901234567890]"]);
        let items = array.as_list::<i32>().value(0);
        let items: Vec<Option<&str>> = items.as_string::<i32>().iter().collect();
        assert_eq!(
            items,
            [Some("1"), Some("\"x\\n\""), Some("{\"b\": 1e400}"), None, Some("12345678901234567890")]
        );
    }

    #[test]
    fn a_value_that_does_not_fit_leaves_a_null_and_nothing_else() {
        let fields = vec![("a".into(), Nested::List(Box::new(Nested::Int)))];
        let mut builder = NestedBuilder::new(Arc::new(Nested::Struct(fields)));
        for (value, fits) in [
            ("{\"a\":[1,2]}", true),
            ("{\"a\":[1,2.5]}", false),
            ("{\"a\":[1],\"a\":[2]}", false),
            ("{\"b\":1}", false),
            ("{\"a\":[3]}", true),
        ] {
            assert_eq!(builder.add(value.as_bytes()), fits, "{value}");
        }
        let array = builder.finish().unwrap();
        let rows: Vec<bool> = (0..5).map(|row| array.is_valid(row)).collect();
        assert_eq!(rows, [true, false, false, false, true]);
        let lists = array.as_struct().column(0).as_list::<i32>();
        assert_eq!(lists.values().as_primitive::<Int64Type>().values(), &[1, 2, 3]);
    }
}
