//! Conditions on rows: `amount > 100 and activity != 'Draft'`.
//!
//! ```text
//! lex.rs       text to tokens
//! parse.rs     tokens to an expression
//! ```
//!
//! What columns and literals mean in a table, and which rows are kept, is for `step/filter`.
//!
//! The grammar is closed: nothing but what stands here.
//!
//! ```text
//! condition   = conjunction { "or" conjunction }
//! conjunction = negation { "and" negation }
//! negation    = "not" negation | predicate
//! predicate   = "(" condition ")"
//!             | operand [ comparison operand
//!                       | "is" ["not"] "null"
//!                       | ["not"] "in" "(" literal { "," literal } ")"
//!                       | ["not"] "between" operand "and" operand
//!                       | ["not"] "like" text ]
//! comparison  = "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">="
//! operand     = column | literal
//! column      = letter or "_" or "@", then letters, digits and any of "_" ":" "." "@" | '"' any text, '""' for a quote, '"'
//! literal     = number | text | "true" | "false"
//! text        = "'" any text, "''" for a quote, "'"
//! ```
//!
//! Words of the grammar are the same in lower and upper case. Logic has three values as in SQL: what is
//! compared with a missing value is null, and a row is kept only if the condition is true.

mod lex;
mod parse;

use std::fmt;
use std::str::FromStr;

use crate::error::{Code, Error, Result};

/// A condition on rows, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    /// The text that is shown in its place, where a part of it is a secret.
    shown: Option<Box<str>>,
    /// The parsed expression.
    pub expression: Expression,
}

impl FromStr for Condition {
    type Err = Error;

    /// Reads a condition.
    ///
    /// # Errors
    /// [`Code::Usage`] with the place in the text and what was expected there.
    fn from_str(text: &str) -> Result<Self> {
        Ok(Self { text: text.to_owned(), shown: None, expression: parse::parse(text)? })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Condition {
    /// A condition that is true if all of these are; `None` if there are none.
    ///
    /// # Errors
    /// [`Code::Usage`] if they are too long together.
    pub fn all_of(conditions: &[Self]) -> Result<Option<Self>> {
        match conditions {
            [] => Ok(None),
            [only] => Ok(Some(only.clone())),
            several => {
                let parts: Vec<String> = several.iter().map(|it| format!("({it})")).collect();
                parts.join(" and ").parse().map(Some)
            }
        }
    }

    /// The condition as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The condition as it is shown in metadata and reports: without values that are secrets.
    pub fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.text)
    }

    /// The same condition, of which only this text is shown.
    #[must_use]
    pub fn shown_as(self, text: &str) -> Self {
        Self { shown: (text != self.text).then(|| text.into()), ..self }
    }

    /// Names of the columns that it looks at, in the order in which they appear, each once.
    pub fn columns(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.expression.columns(&mut names);
        names
    }
}

/// An expression whose columns are still names.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// True if all are; two at least.
    All(Vec<Expression>),
    /// True if one is; two at least.
    Any(Vec<Expression>),
    /// The negation of an expression.
    Not(Box<Expression>),
    /// A comparison of two operands.
    Compare(Operand, Comparison, Operand),
    /// Whether a column has no value.
    IsNull(String),
    /// Whether a value is one of several.
    In(Operand, Vec<Literal>),
    /// Whether the text of a column matches a pattern: `%` is any text, `_` any character.
    Like(String, String),
    /// A boolean column or literal by itself.
    Alone(Operand),
}

impl Expression {
    fn columns<'e>(&'e self, names: &mut Vec<&'e str>) {
        let mut add = |operand: &'e Operand| {
            if let Operand::Column(name) = operand
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        };
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.columns(names);
                }
            }
            Self::Not(inner) => inner.columns(names),
            Self::Compare(left, _, right) => {
                add(left);
                add(right);
            }
            Self::In(operand, _) | Self::Alone(operand) => add(operand),
            Self::IsNull(name) | Self::Like(name, _) => {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
        }
    }
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// The value of a column.
    Column(String),
    /// A value that is given.
    Literal(Literal),
}

/// A value that stands in the condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// As it is written; which type it is follows from what it is compared with.
    Number(String),
    /// Text, without its quotes.
    Text(String),
    /// Whether it is `true` or `false`.
    Boolean(bool),
}

impl Literal {
    /// The error for a value where a column must stand.
    pub fn is_not_a_column(&self) -> Error {
        Error::new(Code::Usage, format!("expected a column, found the value {self}"))
            .help("write column names without quotes or in double quotes, and text in single quotes")
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(digits) => f.write_str(digits),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Boolean(value) => write!(f, "{value}"),
        }
    }
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`: both values are the same.
    Equal,
    /// `!=`: the values differ.
    NotEqual,
    /// `<`: the left value is smaller.
    Less,
    /// `<=`: the left value is not greater.
    LessOrEqual,
    /// `>`: the left value is greater.
    Greater,
    /// `>=`: the left value is not smaller.
    GreaterOrEqual,
}

impl Comparison {
    /// The comparison with its sides exchanged.
    pub fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    /// Whether it holds for two values in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}
