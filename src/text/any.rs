//! The formats of text, as one: a row for each. All else that knows every format is made of these rows, and
//! what a format tells stands beside its code, in its [`LogText`].
//!
//! A text that no format recognises is opened as the first. Of those that recognise it with the same
//! evidence, the first is taken, so a row at the end takes no text from the rows above, but from the very
//! first.

use std::collections::HashMap;

use super::log_text::{Dialect, Evidence, LogText, OpenText, OpenedText, TextHead, TextLook};
use super::row::{FormatRow, Syntax};
use super::{Boundary, Exit, ParseTask, RowSink, TextFormat, TextSlice};
use crate::error::{Code, Error, Result};
use crate::model::kind::Kinds;
use crate::model::shape::NestedShape;
use crate::model::table::{BadRow, Learned};
use crate::model::warning::Warning;

/// Makes of the rows of formats the enums [`AnyFormat`] and [`AnyState`], [`AnyMemory`], the entries of the
/// registry, and the macro `each`, which calls a format by its own type: nothing within a parse is dynamic.
macro_rules! text_formats {
    ($dollar:tt $($module:ident :: $Name:ident),+ $(,)?) => {
        /// A text that was opened, in whichever format it is.
        #[derive(Debug, Clone)]
        pub enum AnyFormat {
            $(#[doc = concat!("A text in the format of [`", stringify!($module), "`](crate::text::", stringify!($module), ").")] $Name(crate::text::$module::$Name),)+
        }

        $(impl From<crate::text::$module::$Name> for AnyFormat {
            fn from(format: crate::text::$module::$Name) -> Self {
                Self::$Name(format)
            }
        })+

        /// State of the grammar between records.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum AnyState {
            $(#[doc = concat!("A place between records of [`", stringify!($module), "`](crate::text::", stringify!($module), ").")]
            $Name(<crate::text::$module::$Name as TextFormat>::State),)+
        }

        /// Memory of a thread, for texts in any format.
        #[derive(Debug, Default)]
        pub struct AnyMemory {
            $($module: <crate::text::$module::$Name as TextFormat>::Memory,)+
        }

        /// The formats of text in the order of the registry.
        pub static TEXT_FORMATS: &[TextEntry] = &[$(TextEntry::of::<crate::text::$module::$Name>(),)+];

        /// An expression for whichever format it is: with the format alone, with what makes a state of its
        /// state, or with its state as well, and something else if the state is that of another format.
        macro_rules! each {
            ($dollar any:expr, $dollar it:ident => $dollar body:expr) => {
                match $dollar any { $(AnyFormat::$Name($dollar it) => $dollar body,)+ }
            };
            ($dollar any:expr, $dollar wrap:ident, $dollar it:ident => $dollar body:expr) => {
                match $dollar any {
                    $(AnyFormat::$Name($dollar it) => { let $dollar wrap = AnyState::$Name; $dollar body })+
                }
            };
            ($dollar any:expr, $dollar at:expr, $dollar wrap:ident, ($dollar it:ident, $dollar place:ident) => $dollar body:expr, _ => $dollar other:expr) => {
                match ($dollar any, $dollar at.state) {
                    $((AnyFormat::$Name($dollar it), AnyState::$Name(state)) => {
                        let $dollar wrap = AnyState::$Name;
                        let $dollar place = $dollar at.map(|_| state);
                        $dollar body
                    })+
                    _ => $dollar other,
                }
            };
        }

        impl AnyFormat {
            fn parse_by_format<K: RowSink>(
                &self,
                text: TextSlice<'_>,
                from: Boundary<AnyState>,
                end: u64,
                task: &mut ParseTask<'_, AnyMemory>,
                sink: &mut K,
            ) -> Result<Exit<AnyState>> {
                let ParseTask { arena, memory, context, records, limit } = task;
                match (self, from.state) {
                    $((Self::$Name(format), AnyState::$Name(state)) => {
                        let memory = &mut memory.$module;
                        let mut task = ParseTask { arena, memory, context, records: *records, limit: *limit };
                        let exit = format.parse(text, from.map(|_| state), end, &mut task, sink);
                        *records = task.records;
                        Ok(exit?.map(AnyState::$Name))
                    })+
                    _ => {
                        let what = "the parser state of one format was passed to another";
                        Err(Error::new(Code::Internal, what))
                    }
                }
            }
        }
    };
}

text_formats! { $
    csv::Csv,
    xes::Xes,
    json::Json,
    ocel::Ocel,
    access::Access,
}

/// Opens a text as [`LogText::open`] does.
type OpenAny = fn(&mut dyn TextHead, &OpenText<'_>) -> Result<Option<OpenedText<AnyFormat>>>;

/// A text format of the registry: what it is called, and how a text is found to be in it.
pub struct TextEntry {
    /// The rows of the registry that the format has.
    pub rows: &'static [FormatRow],
    /// As [`LogText::recognise`].
    pub recognise: fn(&TextLook<'_>) -> Option<Evidence>,
    /// As [`LogText::open`].
    pub open: OpenAny,
}

impl TextEntry {
    const fn of<F: LogText>() -> Self
    where
        AnyFormat: From<F>,
    {
        Self {
            rows: F::ROWS,
            recognise: F::recognise,
            open: |head, how| Ok(F::open(head, how)?.map(|opened| opened.map(AnyFormat::from))),
        }
    }
}

impl AnyFormat {
    /// The row of the registry.
    pub fn row(&self) -> &'static FormatRow {
        each!(self, it => LogText::row(it))
    }

    /// The name that `--from` accepts.
    pub fn name(&self) -> &'static str {
        self.row().name
    }

    /// Whether its text is JSON.
    pub fn is_json(&self) -> bool {
        self.row().syntax == Syntax::Json
    }

    /// Whether places in its text are told by line and character.
    pub fn is_told_by_lines(&self) -> bool {
        self.row().syntax == Syntax::Xml
    }

    /// Whether it is an object-centric log, which becomes many tables.
    pub fn is_object_centric(&self) -> bool {
        self.row().is_object_centric
    }

    /// As [`LogText::column_names`].
    pub fn column_names(&self) -> Vec<String> {
        each!(self, it => LogText::column_names(it))
    }

    /// As [`LogText::column_ids`].
    pub fn column_ids(&self) -> Vec<Box<str>> {
        each!(self, it => LogText::column_ids(it))
    }

    /// As [`LogText::own_kinds`].
    pub fn own_kinds(&self) -> Vec<Kinds> {
        each!(self, it => LogText::own_kinds(it))
    }

    /// As [`LogText::discovers`].
    pub fn discovers(&self) -> bool {
        each!(self, it => LogText::discovers(it))
    }

    /// As [`LogText::says_kinds`].
    pub fn says_kinds(&self) -> bool {
        each!(self, it => LogText::says_kinds(it))
    }

    /// As [`LogText::without_columns`].
    pub fn without_columns(&self) -> Option<Error> {
        each!(self, it => LogText::without_columns(it))
    }

    /// As [`LogText::case_columns`].
    pub fn case_columns(&self) -> (Vec<usize>, Option<usize>) {
        each!(self, it => LogText::case_columns(it))
    }

    /// As [`LogText::empty_cases`].
    pub fn empty_cases(&self, learned: &Learned) -> Vec<(u64, Vec<Option<String>>)> {
        each!(self, it => LogText::empty_cases(it, learned))
    }

    /// As [`LogText::relearned`].
    pub fn relearned(&self, learned: &Learned, kinds: &[Kinds]) -> Option<Self> {
        each!(self, it => LogText::relearned(it, learned, kinds).map(Self::from))
    }

    /// As [`LogText::kinds_by_key`].
    pub fn kinds_by_key(&self, kinds: &[Kinds]) -> Vec<(Box<str>, Kinds)> {
        each!(self, it => LogText::kinds_by_key(it, kinds))
    }

    /// As [`LogText::reconciled_with`].
    pub fn reconciled_with(&self, all: &HashMap<Box<str>, Kinds>) -> Option<Self> {
        each!(self, it => LogText::reconciled_with(it, all).map(Self::from))
    }

    /// As [`LogText::nested_shape`].
    pub fn nested_shape(&self, column: usize) -> Option<&NestedShape> {
        each!(self, it => LogText::nested_shape(it, column))
    }

    /// As [`LogText::metadata`].
    pub fn metadata(&self, learned: &Learned, kinds: &[Kinds]) -> Option<serde_json::Value> {
        each!(self, it => LogText::metadata(it, learned, kinds))
    }

    /// As [`LogText::warnings`].
    pub fn warnings(&self, learned: &Learned) -> Vec<Warning> {
        each!(self, it => LogText::warnings(it, learned))
    }

    /// As [`LogText::dialect`].
    pub fn dialect(&self) -> Option<Dialect> {
        each!(self, it => LogText::dialect(it))
    }

    /// As [`LogText::help`].
    pub fn help(&self, code: Code) -> &'static str {
        each!(self, it => LogText::help(it, code))
    }
}

impl TextFormat for AnyFormat {
    type State = AnyState;
    type Memory = AnyMemory;

    fn first(&self) -> Boundary<AnyState> {
        each!(self, wrap, it => it.first().map(wrap))
    }

    fn guess(&self, text: TextSlice<'_>, at: u64) -> Boundary<AnyState> {
        each!(self, wrap, it => it.guess(text, at).map(wrap))
    }

    fn looks_back(&self) -> usize {
        each!(self, it => it.looks_back())
    }

    fn guess_after(&self, text: TextSlice<'_>, at: u64, hint: Boundary<AnyState>) -> Boundary<AnyState> {
        each!(self, hint, wrap, (it, hint) => it.guess_after(text, at, hint).map(wrap), _ => self.guess(text, at))
    }

    fn context<'t>(&self, text: TextSlice<'t>, at: Boundary<AnyState>) -> &'t [u8] {
        each!(self, at, _wrap, (it, at) => it.context(text, at), _ => &text.bytes[..0])
    }

    fn check_end(&self, at: Boundary<AnyState>) -> Option<BadRow> {
        each!(self, at, _wrap, (it, at) => it.check_end(at), _ => None)
    }

    fn parse<K: RowSink>(
        &self,
        text: TextSlice<'_>,
        from: Boundary<AnyState>,
        end: u64,
        task: &mut ParseTask<'_, AnyMemory>,
        sink: &mut K,
    ) -> Result<Exit<AnyState>> {
        self.parse_by_format(text, from, end, task, sink)
    }
}
