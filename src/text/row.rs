//! What is known of a format before an input is opened: its name, the endings of its files, and the flags
//! that it heeds. Help, completions, detection and warnings follow from this.

use crate::options::InputFormat;
use crate::options::flags::FlagSet;

/// A format that `--from` accepts.
#[derive(Debug)]
pub struct FormatRow {
    /// The name that `--from` accepts and that reports show.
    pub name: &'static str,
    /// What messages call it, such as `CSV`. Formats of one syntax may share a label: then the ending of a
    /// file's name says no more than the syntax.
    pub label: &'static str,
    /// Description of the format in a few words, for the completion of `--from`.
    pub about: &'static str,
    /// Endings of names that say this format: a file of a folder that is called so is a log, and fails if it
    /// can't be read.
    pub endings: &'static [&'static str],
    /// Endings that say this format, but that files which are no logs have as well.
    pub shared_endings: &'static [&'static str],
    /// Endings that such files have in folders, and that are not held against a file with other content.
    pub loose_endings: &'static [&'static str],
    /// Whether a text with such a name that nothing else shows is opened as this format, because it may be
    /// damaged at its start. If not, it is refused as what contradicts its name.
    pub trusts_name: bool,
    /// Syntax of the format.
    pub syntax: Syntax,
    /// Whether it is an object-centric log, which becomes many tables.
    pub is_object_centric: bool,
    /// Whether a standard says what such a log is, so that it can be validated.
    pub has_standard: bool,
    /// The format in which a log is made of it before it is read, if it is not read itself.
    pub via: Option<&'static str>,
    /// The sets of flags that it heeds, beside those of every run.
    pub heeds: &'static [FlagSet],
    /// Sets of flags that apply to this format beside those.
    pub heeds_also: &'static [FlagSet],
}

/// Syntax of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Text of the format's own kind.
    Plain,
    /// XML: places are told by line, and comments may stand in front.
    Xml,
    /// JSON: `--json-lenient` may remove comments from it.
    Json,
    /// Bytes that are no text.
    Binary,
}

/// The flags that a text heeds whose format says what its values are ([`says_kinds`]).
///
/// [`says_kinds`]: super::log_text::LogText::says_kinds
pub const KIND_FLAGS: &[FlagSet] = &[
    FlagSet::Encoding,
    FlagSet::Times,
    FlagSet::Zones,
    FlagSet::BadRows,
    FlagSet::Types,
    FlagSet::Columns,
    FlagSet::Roles,
];

/// The flags that a text of plain values heeds.
pub const PLAIN_FLAGS: &[FlagSet] = &[
    FlagSet::PlainValues,
    FlagSet::Encoding,
    FlagSet::Times,
    FlagSet::Zones,
    FlagSet::BadRows,
    FlagSet::Types,
    FlagSet::Columns,
    FlagSet::Roles,
];

impl FormatRow {
    /// A format of text, with values of plain text, whose files have no ending of their own.
    pub const fn text(name: &'static str, label: &'static str, about: &'static str) -> Self {
        Self {
            name,
            label,
            about,
            endings: &[],
            shared_endings: &[],
            loose_endings: &[],
            trusts_name: false,
            syntax: Syntax::Plain,
            is_object_centric: false,
            has_standard: false,
            via: None,
            heeds: PLAIN_FLAGS,
            heeds_also: &[],
        }
    }

    /// Whether the name of a file that ends so says this format, so that other content contradicts it.
    pub fn has_ending(&self, ending: &str) -> bool {
        let mut endings = self.endings.iter().chain(self.shared_endings);
        endings.any(|it| it.eq_ignore_ascii_case(ending))
    }

    /// Whether it heeds flags that are about this.
    pub fn heeds(&self, set: FlagSet) -> bool {
        set == FlagSet::Run || self.heeds.contains(&set) || self.heeds_also.contains(&set)
    }

    /// Whether this is the format that `from` names.
    pub fn is(&self, from: &InputFormat) -> bool {
        self.name == from.name()
    }
}

impl From<&FormatRow> for InputFormat {
    fn from(row: &FormatRow) -> Self {
        Self::new(row.name)
    }
}
