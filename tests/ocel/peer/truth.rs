//! Logs as values of the crate's own types, with all that is odd and can be held by both: the truth that bundles are held against.

use process_mining::core::event_data::object_centric::{
    OCEL, OCELAttributeType, OCELAttributeValue, OCELEvent, OCELEventAttribute, OCELObject,
    OCELObjectAttribute, OCELRelationship, OCELType, OCELTypeAttribute,
};

/// A moment, as the crate reads one in JSON.
pub fn time(text: &str) -> OCELAttributeValue {
    let value = serde_json::from_value(text.into()).unwrap();
    assert!(matches!(value, OCELAttributeValue::Time(_)), "{text}");
    value
}

/// A type with attributes by the names of their types.
pub fn of(name: &str, attributes: &[(&str, &str)]) -> OCELType {
    let attributes = attributes.iter().map(|(name, kind)| OCELTypeAttribute {
        name: (*name).to_owned(),
        value_type: OCELAttributeType::from_type_str(kind).to_type_string(),
    });
    OCELType { name: name.to_owned(), attributes: attributes.collect() }
}

pub fn event(
    (id, of, at): (&str, &str, &str),
    values: Vec<(&str, OCELAttributeValue)>,
    to: &[(&str, &str)],
) -> OCELEvent {
    let values =
        values.into_iter().map(|(name, value)| OCELEventAttribute { name: name.to_owned(), value }).collect();
    let OCELAttributeValue::Time(at) = time(at) else { unreachable!() };
    OCELEvent::new(id, of, at, values, related(to))
}

pub fn object(
    (id, of): (&str, &str),
    values: Vec<(&str, &str, OCELAttributeValue)>,
    to: &[(&str, &str)],
) -> OCELObject {
    let values = values.into_iter().map(|(name, at, value)| {
        let OCELAttributeValue::Time(at) = time(at) else { unreachable!() };
        OCELObjectAttribute::new(name, value, at)
    });
    OCELObject {
        id: id.to_owned(),
        object_type: of.to_owned(),
        attributes: values.collect(),
        relationships: related(to),
    }
}

fn related(to: &[(&str, &str)]) -> Vec<OCELRelationship> {
    to.iter().map(|(object, qualifier)| OCELRelationship::new(object, qualifier)).collect()
}

/// When first values hold.
pub const FIRST: &str = "1970-01-01T00:00:00Z";

/// Values of each type and at their limits, names that no file can have, types without entities, changes, first values later than 1970, a second value at
/// 1970, the same relation twice, relations to what the log has not.
pub fn odd() -> OCEL {
    let kinds =
        [("text", "string"), ("at", "time"), ("whole", "integer"), ("real", "float"), ("yes", "boolean")];
    let values = |text: &str, at: &str, whole: i64, real: f64, yes: bool| {
        vec![
            ("text", text.into()),
            ("at", time(at)),
            ("whole", whole.into()),
            ("real", real.into()),
            ("yes", yes.into()),
        ]
    };
    OCEL {
        event_types: vec![
            of("place order", &kinds),
            of("a/../b\\c:*?\"<>|", &[("ä & <b>", "string"), ("'x' \"y\"", "integer")]),
            of("Ünused 😀", &kinds),
            of("..", &[]),
            of("Order", &[]),
            of("order", &[]),
        ],
        object_types: vec![
            of("customer/vip", &kinds),
            of("Order", &[("total", "float"), ("state", "string")]),
            of("order", &[("total", "integer"), ("state", "string")]),
            of("no objects", &[("never", "boolean")]),
        ],
        events: vec![
            event(
                ("e1", "place order", "2024-01-01T09:00:00Z"),
                values("plain", "2020-02-29T12:00:00Z", i64::MAX, 1.7976931348623157e308, true),
                &[("c1", "by"), ("o1", ""), ("o1", ""), ("o1", "other")],
            ),
            event(
                ("e2", "place order", "2024-01-01T10:30:00.123456+02:00"),
                values(
                    "a \"quoted\"\ttext\nof two lines \\ é😀",
                    "1969-12-31T23:59:59.999999Z",
                    i64::MIN,
                    5e-324,
                    false,
                ),
                &[("missing", "dangles")],
            ),
            event(("e3", "place order", "2024-01-01T09:00:00Z"), vec![("whole", 0_i64.into())], &[]),
            event(("e4", "place order", "0001-01-01T00:00:00Z"), vec![("real", (-0.5).into())], &[]),
            event(
                ("c1", "a/../b\\c:*?\"<>|", "9999-12-31T23:59:59Z"),
                vec![("ä & <b>", "]]> &amp;".into()), ("'x' \"y\"", 7_i64.into())],
                &[("o2", "an event and an object of one name")],
            ),
            event(("e5", "..", "2024-01-02T00:00:00Z"), vec![], &[]),
            event(("e6", "Order", "2024-01-02T00:00:00Z"), vec![], &[("o1", "x")]),
            event(("e7", "order", "2024-01-02T00:00:00Z"), vec![], &[("o2", "x")]),
        ],
        objects: vec![
            object(
                ("c1", "customer/vip"),
                values("A, \"B\"", "2020-02-29T12:00:00+05:30", -1, 0.1, true)
                    .into_iter()
                    .map(|(name, value)| (name, FIRST, value))
                    .collect(),
                &[("o1", "has"), ("o2", "has"), ("o2", "has"), ("missing", "dangles")],
            ),
            object(
                ("c2", "customer/vip"),
                values("later", "2021-01-01T00:00:00Z", 3, 2.5, false)
                    .into_iter()
                    .map(|(name, value)| (name, "2024-05-05T05:05:05.5Z", value))
                    .collect(),
                &[],
            ),
            object(
                ("o1", "Order"),
                vec![
                    ("total", FIRST, 10.5.into()),
                    ("total", "2024-01-02T00:00:00Z", 12.25.into()),
                    ("total", "2024-01-02T00:00:00.000001Z", 13.0.into()),
                    ("state", "1970-01-01T01:00:00+01:00", "open".into()),
                    ("state", FIRST, "open again".into()),
                ],
                &[("c1", "of")],
            ),
            object(
                ("o2", "order"),
                vec![
                    ("total", "2024-01-02T00:00:00Z", 9_007_199_254_740_993_i64.into()),
                    ("state", "1969-01-01T00:00:00Z", "before all".into()),
                ],
                &[],
            ),
            object(("o3", "order"), vec![], &[("o3", "itself")]),
        ],
    }
}
