//! Access logs in the registry.

use super::layout::{Layout, W3C};
use super::{Access, IDENTITY};
use crate::error::{Code, Error, Result};
use crate::model::kind::Kinds;
use crate::model::table::Learned;
use crate::options::flags::FlagSet;
use crate::text::lines::start;
use crate::text::log_text::{Evidence, LogText, OpenText, OpenedText, TextHead, TextLook};
use crate::text::row::{FormatRow, KIND_FLAGS};

/// Lines that show the layout.
const LOOK: usize = 50;
/// Lines without a blank that a log is recognised by.
const RECOGNISED: usize = 3;

impl LogText for Access {
    const ROWS: &'static [FormatRow] = &[FormatRow {
        heeds: KIND_FLAGS,
        heeds_also: &[FlagSet::AccessLines],
        ..FormatRow::text("access", "an access log", "access log of a web server (Apache, nginx, W3C)")
    }];

    fn recognise(look: &TextLook<'_>) -> Option<Evidence> {
        if w3c(look.head).is_some() {
            return Some(Evidence::Text);
        }
        let first: Vec<&str> = lines(look.head, look.whole).take(RECOGNISED).collect();
        let fits = |layout: Layout| {
            let access = Self::new(layout, 0);
            !first.is_empty() && first.iter().all(|line| access.fits(line))
        };
        if Layout::usual().any(fits) {
            return Some(Evidence::Text);
        }
        look.options.access_format.is_some().then_some(Evidence::Option)
    }

    fn open(head: &mut dyn TextHead, how: &OpenText<'_>) -> Result<Option<OpenedText<Self>>> {
        let wish = how.options.access_format.as_deref();
        let body = start(head.bytes());
        let layout = match wish {
            Some(wish) if !wish.trim().eq_ignore_ascii_case(W3C) => Layout::of(wish)?,
            _ => match w3c(head.bytes()) {
                Some(fields) => Layout::w3c(fields),
                None if wish.is_some() => {
                    return Err(Error::new(
                        Code::UnknownFormat,
                        "expected a line #Fields: with the names of fields, found none",
                    )
                    .help("give the format of the lines with ⟦access-format⟧"));
                }
                None => match likeliest(head.bytes(), head.is_whole()) {
                    Some(layout) => layout,
                    None => {
                        return Err(Error::new(Code::UnknownFormat, "expected lines of an access log, found none in a usual format")
                            .at_byte(body)
                            .help("give the format string of the server with ⟦access-format⟧, such as LogFormat of Apache or log_format of nginx"));
                    }
                },
            },
        };
        Ok(Some(OpenedText::new(Self::new(layout, body))))
    }

    fn column_names(&self) -> Vec<String> {
        self.columns.names().to_vec()
    }

    fn discovers(&self) -> bool {
        true
    }

    fn says_kinds(&self) -> bool {
        true
    }

    fn relearned(&self, learned: &Learned, _: &[Kinds]) -> Option<Self> {
        let known = self.columns.names().iter().map(String::as_str).zip(learned.first.iter().copied());
        let late = learned.late.iter().map(|late| (&*late.id, late.first));
        let mut found: Vec<(&str, u64)> =
            known.skip(self.fixed).chain(late).filter(|(_, first)| *first != Learned::NEVER).collect();
        // By name, so that the columns are the same wherever their first values stand.
        found.sort_by_key(|(name, _)| *name != IDENTITY);
        let found: Vec<String> = found.into_iter().map(|(name, _)| name.to_owned()).collect();
        (*found != self.columns.names()[self.fixed..]).then(|| self.with_late(found))
    }

    fn metadata(&self, _: &Learned, _: &[Kinds]) -> Option<serde_json::Value> {
        Some(serde_json::json!({ "access_format": self.layout.name }))
    }

    fn help(&self, _: Code) -> &'static str {
        "set such lines aside with ⟦on-bad-row⟧ reject; if all lines are like this, give their format with ⟦access-format⟧"
    }
}

/// The lines at hand that are whole, without blank ones.
fn lines(head: &[u8], whole: bool) -> impl Iterator<Item = &str> {
    let text = &head[usize::try_from(start(head)).unwrap_or_default()..];
    let end = if whole { text.len() } else { memchr::memrchr(b'\n', text).unwrap_or(0) };
    let lines = text[..end].split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines
        .filter_map(|line| std::str::from_utf8(line).ok())
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
}

/// The fields that a line at the beginning of a text names, if it is in the format of the W3C.
fn w3c(head: &[u8]) -> Option<&str> {
    let mut comments = lines(head, true).take_while(|line| line.starts_with('#'));
    comments.find_map(|line| line.strip_prefix("#Fields:")).map(str::trim).filter(|fields| !fields.is_empty())
}

/// The usual format that most of the first lines are in.
fn likeliest(head: &[u8], whole: bool) -> Option<Layout> {
    let first: Vec<&str> = lines(head, whole).take(LOOK).collect();
    let count = |layout: &Layout| {
        let access = Access::new(layout.clone(), 0);
        first.iter().filter(|line| access.fits(line)).count()
    };
    // Of several the first, which is the likeliest.
    let counted: Vec<(usize, Layout)> = Layout::usual().map(|layout| (count(&layout), layout)).collect();
    let most = counted.iter().map(|(count, _)| *count).max().filter(|count| *count > 0)?;
    counted.into_iter().find(|(count, _)| *count == most).map(|(_, layout)| layout)
}
