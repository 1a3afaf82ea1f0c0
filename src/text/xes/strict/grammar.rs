//! The schema as tables: which elements there are, in what order they stand in each other, and which XML
//! attributes they have.
//!
//! From the XSD that is part of IEEE 1849-2016 (types LogType, TraceType, EventType, AttributeType,
//! ExtensionType, GlobalsType, ClassifierType), which the 2023 edition keeps. Clauses are those of the 2023
//! edition.

use crate::text::xml::lexical::Lexical;

/// An element of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XesElement {
    /// `<log>`, the root element.
    Log,
    /// `<extension>`, which declares an extension.
    Extension,
    /// Attributes that all traces, or all events, have.
    Global,
    /// Names the attributes that make two events the same.
    Classifier,
    /// `<trace>`, the events of a case.
    Trace,
    /// `<event>`, a single event.
    Event,
    /// An attribute with a value of this kind.
    Attribute(Lexical),
    /// An attribute that holds others.
    List,
    /// Contents of a list.
    Values,
    /// None of the schema's; nothing is said of what it holds.
    Foreign,
}

/// An XML attribute of an element.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Name of the XML attribute.
    pub name: &'static str,
    /// Whether the XML attribute is required.
    pub required: bool,
    /// The lexical type of the value.
    pub lexical: Lexical,
    /// The clause that a wrong value breaks, where that isn't the element's.
    pub clause: Option<&'static str>,
}

const fn field(name: &'static str, lexical: Lexical) -> Field {
    Field { name, required: true, lexical, clause: None }
}

const fn optional(name: &'static str, lexical: Lexical) -> Field {
    Field { required: false, ..field(name, lexical) }
}

const KEY: Field = field("key", Lexical::Name);

/// The key and the value of an attribute.
const fn attribute(lexical: Lexical) -> [Field; 2] {
    [KEY, Field { clause: Some(super::ATTRIBUTES), ..field("value", lexical) }]
}

const LOG: [Field; 2] = [field("xes.version", Lexical::Decimal), optional("xes.features", Lexical::Any)];
const EXTENSION: [Field; 3] =
    [field("name", Lexical::NcName), field("prefix", Lexical::NcName), field("uri", Lexical::Any)];
const GLOBAL: [Field; 1] = [optional("scope", Lexical::Scope)];
const CLASSIFIER: [Field; 3] =
    [field("name", Lexical::NcName), optional("scope", Lexical::Scope), field("keys", Lexical::Any)];
const STRING: [Field; 2] = attribute(Lexical::Any);
const DATE: [Field; 2] = attribute(Lexical::ZonedDate);
const INT: [Field; 2] = attribute(Lexical::Long);
const FLOAT: [Field; 2] = attribute(Lexical::Double);
const BOOLEAN: [Field; 2] = attribute(Lexical::Boolean);
const ID: [Field; 2] = attribute(Lexical::Uuid);

impl XesElement {
    /// The element of this local name; [`XesElement::Foreign`] if the schema has none.
    pub fn named(name: &str) -> Self {
        match name {
            "log" => Self::Log,
            "extension" => Self::Extension,
            "global" => Self::Global,
            "classifier" => Self::Classifier,
            "trace" => Self::Trace,
            "event" => Self::Event,
            "string" => Self::Attribute(Lexical::Any),
            "date" => Self::Attribute(Lexical::ZonedDate),
            "int" => Self::Attribute(Lexical::Long),
            "float" => Self::Attribute(Lexical::Double),
            "boolean" => Self::Attribute(Lexical::Boolean),
            "id" => Self::Attribute(Lexical::Uuid),
            "list" => Self::List,
            "values" => Self::Values,
            _ => Self::Foreign,
        }
    }

    /// Whether it is an attribute in the sense of XES, which has a key.
    pub const fn is_attribute(self) -> bool {
        matches!(self, Self::Attribute(_) | Self::List)
    }

    /// The tag of an attribute.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Attribute(Lexical::ZonedDate) => "<date>",
            Self::Attribute(Lexical::Long) => "<int>",
            Self::Attribute(Lexical::Double) => "<float>",
            Self::Attribute(Lexical::Boolean) => "<boolean>",
            Self::Attribute(Lexical::Uuid) => "<id>",
            Self::Attribute(_) => "<string>",
            other => other.noun(),
        }
    }

    /// Its tag, or what its kinds have in common.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Log => "<log>",
            Self::Extension => "<extension>",
            Self::Global => "<global>",
            Self::Classifier => "<classifier>",
            Self::Trace => "<trace>",
            Self::Event => "<event>",
            Self::Attribute(_) => "an attribute",
            Self::List => "<list>",
            Self::Values => "<values>",
            Self::Foreign => "a foreign element",
        }
    }

    /// The clause that says what it is.
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Log => "IEEE 1849, 5.1",
            Self::Trace => "IEEE 1849, 5.2",
            Self::Event => "IEEE 1849, 5.3",
            Self::Attribute(_) | Self::List | Self::Values => "IEEE 1849, 5.4",
            Self::Extension => "IEEE 1849, 5.5",
            Self::Global => "IEEE 1849, 5.6",
            Self::Classifier => "IEEE 1849, 5.7",
            Self::Foreign => "IEEE 1849, 5",
        }
    }

    /// Where a child stands in the sequence of its parent: none before one with a lower number. `None` if it
    /// may not stand there at all.
    pub const fn stage_of(self, child: Self) -> Option<u8> {
        let stage = match (self, child) {
            (Self::Log, Self::Extension) => 0,
            (Self::Log, Self::Global) => 1,
            (Self::Log, Self::Classifier) => 2,
            (Self::Log, Self::Trace) => 4,
            (Self::Log, Self::Event) => 5,
            (Self::Trace, Self::Event) | (Self::List, Self::Values) => 4,
            (Self::Extension | Self::Classifier, _) => return None,
            (_, child) if child.is_attribute() => 3,
            _ => return None,
        };
        Some(stage)
    }

    /// The XML attributes it has, apart from namespace declarations and those of XML and of XML Schema
    /// itself.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Log => &LOG,
            Self::Extension => &EXTENSION,
            Self::Global => &GLOBAL,
            Self::Classifier => &CLASSIFIER,
            Self::Trace | Self::Event | Self::Foreign => &[],
            Self::Attribute(Lexical::ZonedDate) => &DATE,
            Self::Attribute(Lexical::Long) => &INT,
            Self::Attribute(Lexical::Double) => &FLOAT,
            Self::Attribute(Lexical::Boolean) => &BOOLEAN,
            Self::Attribute(Lexical::Uuid) => &ID,
            Self::Attribute(_) => &STRING,
            Self::List | Self::Values => &[KEY],
        }
    }
}
