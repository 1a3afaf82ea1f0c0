//! What a file is that is no log, said before it would become a table of rubbish: a binary file, a web
//! page, XML of another kind, or a text whose name says
//! another format.
//!
//! What is positively a log is none of these, whatever its name is; `--from csv` overrules all of it.

use crate::error::{Code, Error};
use crate::mmap::Input;
use crate::options::CsvOptions;
use crate::source::formats::{formats, formats_ending};
use crate::source::signatures::{Looks, signature};
use crate::text::any::{TEXT_FORMATS, TextEntry};
use crate::text::row::{FormatRow, Syntax};
use crate::text::{json, xes};

/// Text in which an XML file shows what it holds, in bytes.
const PROLOGUE: usize = 4 << 10;
/// Text that shows whether a file is text, in bytes.
const LOOK: usize = 64 << 10;

const EXPORT: &str = "save it as CSV in the program it comes from";
const PAGE: &str = "if it was downloaded, the server may have sent a page of its own, such as a login or an error: open it in a browser, and download the log again";
const MODEL: &str = "it is a model and holds no events: give the log";
const NO_LOG: &str = "it holds no log: leave it out, or give the log itself";
const MXML: &str = "MXML is read by way of XES: leave ⟦from⟧ out, or give ⟦from⟧ xes";
const OCEL: &str =
    "the root of such a log is <log>, without anything around it; if it is CSV after all, give ⟦from⟧ csv";
const CUT: &str = "the file may be cut off or damaged: get it again; if it is CSV after all, and not packed, give ⟦from⟧ csv";
const BINARY: &str = "if it is packed or encrypted, unpack it first; if it is text, name its encoding with ⟦encoding⟧, and ⟦from⟧ csv";

/// The kind of file that the name of an input shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Claim {
    /// The format that the ending names, as messages call it.
    pub format: Option<&'static str>,
    /// The compression that the ending names.
    pub packed: Option<&'static str>,
}

impl Claim {
    /// What the name of `input` says; nothing of standard input, and of a name whose ending is used
    /// for many things.
    pub fn of(input: &Input) -> Self {
        let name = input.path().and_then(|path| path.file_name()).unwrap_or_default();
        let name = name.to_string_lossy().to_ascii_lowercase();
        let (rest, packed) = match name.rsplit_once('.') {
            Some((rest, "gz" | "gzip")) => (rest, Some("gzip")),
            Some((rest, "zst" | "zstd")) => (rest, Some("zstd")),
            Some((rest, "bz2")) => (rest, Some("bzip2")),
            Some((rest, "xz")) => (rest, Some("xz")),
            _ => (name.as_str(), None),
        };
        let ending = rest.rsplit_once('.').map_or("", |(_, ending)| ending);
        let format = match ending {
            "mxml" => Some("MXML"),
            // Many programs give delimited text this name, because Excel then opens it.
            "xls" => None,
            _ => formats_ending(ending).next().map(|row| row.label),
        };
        Self { format, packed }
    }

    /// Addition to messages about an input that was unpacked.
    #[must_use]
    pub fn unpacked(self) -> Self {
        Self { packed: None, ..self }
    }

    /// The sentence that the content is something else.
    fn contradicted(self, looks: &str, is_xml: bool) -> String {
        if let Some(packed) = self.packed {
            let of = self.format.map(|format| format!("{format}, ")).unwrap_or_default();
            return format!("the name says {of}packed by {packed}, but the content looks like {looks}");
        }
        match self.format {
            // The name is right, and the content no log that is read.
            Some("XML") if is_xml => format!("expected a log, found what looks like {looks}"),
            Some(format) if format == looks => format!("expected a log, found what looks like {looks}"),
            Some("CSV") => format!("expected CSV, found what looks like {looks}"),
            Some(format) => format!("the name says {format}, but the content looks like {looks}"),
            None => format!("expected a log, found what looks like {looks}"),
        }
    }
}

/// An error if `head` is the start of what is no log and no CSV for sure.
pub fn refusal(head: &[u8], claim: Claim, options: &CsvOptions) -> Option<Error> {
    let given = options.delimiter.as_deref().unwrap_or_default();
    let (looks, help) = looks_like(head, given)?;
    let is_xml = markup(without_mark(head)).is_some();
    let help = if claim.packed.is_some() && looks.starts_with("binary") { CUT } else { help };
    Some(Error::new(Code::NotAnInput, claim.contradicted(&looks, is_xml)).help(help))
}

/// An error if a text that would be read as CSV has a name that says another format.
pub fn misnamed(head: &[u8], claim: Claim) -> Option<Error> {
    let format = claim.format.filter(|format| *format != "CSV")?;
    let text = without_mark(head);
    // Of an empty file that is said, and of JSON whose first record alone is none as well.
    if text.is_empty() || format == "JSON" && (is_json_line(text) || has_json_line(text)) {
        return None;
    }
    let looks = match text.first() {
        Some(b'<') if matches!(format, "XES" | "XML" | "MXML") => "XML that is not well formed",
        _ => text_kind(text),
    };
    let help = match (looks, format) {
        (CSV, _) => "give it the name of what it is, or say ⟦from⟧ csv",
        (_, "JSON") => {
            "look whether it is the right file; if it is, and damaged at its start, give ⟦from⟧ json"
        }
        (_, "XES" | "XML" | "MXML") => {
            "look whether it is the right file; if it is, and damaged at its start, give ⟦from⟧ xes or ⟦from⟧ ocel-xml"
        }
        _ => "look whether it is the right file; if it is CSV after all, give ⟦from⟧ csv",
    };
    let error = Error::new(Code::UnknownFormat, claim.contradicted(looks, false)).at_byte(0);
    let is_own = |row: &&FormatRow| row.label == format && row.syntax == Syntax::Plain;
    Some(match formats().find(is_own) {
        Some(row) => error.help(format!(
            "look whether it is the right file; if it is, and damaged at its start, give ⟦from⟧ {}",
            row.name
        )),
        None => error.help(help),
    })
}

/// An error for a text of a single column whose name says that it is packed, which it is not.
pub fn not_packed(claim: Claim) -> Error {
    Error::new(Code::UnknownFormat, claim.contradicted("plain text", false)).at_byte(0).help(CUT)
}

/// An error if a text is surely not in the format that the user named.
pub fn unlike(head: &[u8], from: &FormatRow) -> Option<Error> {
    let text = without_mark(head);
    let is_possible = match from.syntax {
        // Whoever says so may have any bytes.
        Syntax::Plain => true,
        Syntax::Xml => text.first() == Some(&b'<'),
        Syntax::Json => is_json_line(text) || has_json_line(text),
        Syntax::Binary => false,
    };
    if is_possible {
        return None;
    }
    let what = format!("expected {}, found what looks like {}", from.name, words(head)?);
    let help =
        looks_like(head, b"").map_or("leave ⟦from⟧ out, and the content decides", |(_, help)| help);
    Some(Error::new(Code::UnknownFormat, what).at_byte(0).help(help))
}

/// The text format that the name of a file says, where such a name is trusted.
pub fn called(input: &Input) -> Option<&'static TextEntry> {
    let name = input.path().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
    // Behind it the ending of what packed it may stand.
    let endings: Vec<&str> = name.split('.').skip(1).collect();
    let says = |row: &FormatRow| endings.iter().rev().take(2).any(|ending| row.has_ending(ending));
    let labels: Vec<&str> = formats().filter(|row| says(row)).map(|row| row.label).collect();
    let is_said = |row: &FormatRow| row.trusts_name && labels.contains(&row.label);
    TEXT_FORMATS.iter().find(|entry| entry.rows.iter().any(is_said))
}

const JSON: &str = "JSON";
const CSV: &str = "CSV";

/// Name of the kind of file that these bytes look like; `None` if they look like no known kind.
pub fn words(head: &[u8]) -> Option<String> {
    let text = without_mark(head);
    if xes::head::detect(head) {
        return Some("XES".to_owned());
    }
    if let Some((looks, _)) = looks_like(head, b"") {
        return Some(looks);
    }
    if json::head::is_meant(text) {
        return Some(JSON.to_owned());
    }
    (text_kind(text) == CSV).then(|| CSV.to_owned())
}

/// An error about the root of XML, with what such XML is where that is known.
pub fn with_root(error: Error, head: &[u8]) -> Error {
    match (error.code(), other_root(head)) {
        (Code::UnknownFormat, Some((looks, help))) => {
            let told =
                Error::new(error.code(), format!("{}; it looks like {looks}", error.what())).help(help);
            match error.position() {
                Some(position) => told.at(position.clone()),
                None => told,
            }
        }
        _ => error,
    }
}

/// What XML with another root than was expected is, and what to do about it, if that is known.
fn other_root(head: &[u8]) -> Option<Looks> {
    markup(without_mark(head)).filter(|(looks, _)| *looks != XML && *looks != "OCEL")
}

/// The kind of file that the text begins like, and what to do about it, if it is none that is read.
/// `allowed` are bytes of a delimiter.
fn looks_like(head: &[u8], allowed: &[u8]) -> Option<(String, &'static str)> {
    let text = without_mark(head);
    match signature(head).or_else(|| markup(text)) {
        Some((XML, help)) => match String::from_utf8_lossy(element(text).name).as_ref() {
            "" => Some((XML.to_owned(), help)),
            name => Some((format!("XML whose root is <{name}>"), help)),
        },
        Some((looks, help)) => Some((looks.to_owned(), help)),
        None => binary(head, allowed).map(|looks| (looks, BINARY)),
    }
}

/// The text behind its mark and spaces.
fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start()
}

const XML: &str = "XML";

/// The kind of XML that a text is, if it is XML.
fn markup(text: &[u8]) -> Option<Looks> {
    if text.first() != Some(&b'<') || !is_markup(text) {
        return None;
    }
    let text = &text[..text.len().min(LOOK)];
    let element = element(text);
    let name = element.name.to_ascii_lowercase();
    if element.is_page || matches!(name.as_slice(), b"html" | b"head" | b"body") {
        return Some(("a web page (HTML)", PAGE));
    }
    let says = |word: &[u8]| memchr::memmem::find(&text[..text.len().min(PROLOGUE)], word).is_some();
    let known = match name.as_slice() {
        b"workflowlog" | b"processinstance" | b"audittrailentry" => ("MXML", MXML),
        b"definitions" if says(b"/BPMN/") => ("a process model (BPMN)", MODEL),
        b"definitions" if says(b"/DMN/") => ("a decision model (DMN)", MODEL),
        b"pnml" => ("a Petri net (PNML)", MODEL),
        b"epml" => ("a process model (EPML)", MODEL),
        b"package" if says(b"XPDL") => ("a process model (XPDL)", MODEL),
        b"xmi" => ("a model (XMI)", MODEL),
        b"workbook" if says(b"office:spreadsheet") => ("an Excel workbook (XML of 2003)", EXPORT),
        b"document" | b"document-content" if says(b"opendocument") => {
            ("a document of an office program", EXPORT)
        }
        b"project" if says(b"maven") || says(b"<modelVersion>") => ("a Maven project (POM)", NO_LOG),
        b"project" if says(b"schemas.microsoft.com/project") => ("a plan of Microsoft Project", EXPORT),
        b"svg" => ("an image (SVG)", NO_LOG),
        b"rss" | b"feed" => ("a news feed (RSS or Atom)", NO_LOG),
        b"rdf" => ("RDF", NO_LOG),
        b"schema" => ("an XML schema (XSD)", NO_LOG),
        b"stylesheet" | b"transform" => ("a stylesheet (XSLT)", NO_LOG),
        b"plist" => ("a property list", NO_LOG),
        b"urlset" | b"sitemapindex" => ("a sitemap", NO_LOG),
        b"gpx" => ("a GPS track (GPX)", NO_LOG),
        b"kml" => ("a map (KML)", NO_LOG),
        b"testsuite" | b"testsuites" => ("a test report (JUnit)", NO_LOG),
        b"events" if says(b"win/2004/08/events") => {
            ("a Windows event log (XML)", "export it as CSV in the Event Viewer")
        }
        b"error" if says(b"<Code>") => ("an error that a server sent (XML)", PAGE),
        _ if [&b"<ocel"[..], b"<object", b"<events"].iter().any(|tag| says(tag)) => ("OCEL", OCEL),
        _ => (
            XML,
            "if it is a log, say which with ⟦from⟧ xes or ⟦from⟧ ocel-xml; if it is CSV after all, give ⟦from⟧ csv",
        ),
    };
    Some(known)
}

/// The root of a text in XML, as far as its start shows it.
struct Element<'t> {
    /// Its name without a prefix; empty if it is further on.
    name: &'t [u8],
    /// Whether the document type is that of a web page.
    is_page: bool,
}

/// The root of a text, past its declaration, comments and document type. Web pages are often not well
/// formed, which must not matter here.
fn element(mut text: &[u8]) -> Element<'_> {
    let mut found = Element { name: &[], is_page: false };
    loop {
        text = text.trim_ascii_start();
        let end: &[u8] = match text {
            [b'<', b'?', ..] => b"?>",
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            [b'<', b'!', rest @ ..] => {
                let kind = rest.get(..7).is_some_and(|it| it.eq_ignore_ascii_case(b"doctype"));
                let named = rest.get(7..).unwrap_or_default().trim_ascii_start();
                found.is_page |= kind && named.get(..4).is_some_and(|it| it.eq_ignore_ascii_case(b"html"));
                // Declarations within its brackets have angles of their own.
                let (angle, bracket) = (memchr::memchr(b'>', text), memchr::memchr(b'[', text));
                if bracket.is_some_and(|at| angle.is_some_and(|angle| at < angle)) { b"]>" } else { b">" }
            }
            [b'<', rest @ ..] => {
                let end = rest.iter().position(|byte| b" \t\r\n>/".contains(byte)).unwrap_or(rest.len());
                let name = &rest[..end];
                found.name = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
                return found;
            }
            _ => return found,
        };
        match memchr::memmem::find(text, end) {
            Some(at) => text = &text[at + end.len()..],
            None => return found,
        }
    }
}

/// Whether a text that begins with `<` goes on as XML does. Other programs write names of columns in such
/// brackets, `<DATE>,<TIME>`: there a delimiter stands behind the first, and none of them is ever closed.
fn is_markup(text: &[u8]) -> bool {
    let text = &text[1..text.len().min(PROLOGUE)];
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':' | 0x80..);
    match text {
        [b'!', ..] => return true,
        [b'?', rest @ ..] => return rest.first().is_some_and(|byte| is_first(*byte)),
        [first, ..] if is_first(*first) => {}
        _ => return false,
    }
    let is_name = |byte: &u8| is_first(*byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let name = text.iter().position(|byte| !is_name(byte)).unwrap_or(text.len());
    let end = memchr::memchr(b'>', text).unwrap_or(text.len());
    // A delimiter behind the last bracket of the first line: a value with markup in it.
    let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    let last = memchr::memrchr(b'>', line).and_then(|at| line.get(at + 1));
    if matches!(last, Some(b',' | b';' | b'\t' | b'|')) {
        return false;
    }
    let (tag, behind) = (&text[name..end.max(name)], text.get(end + 1..).unwrap_or_default());
    let is_tag = match tag {
        [] | [b'/'] => true,
        [first, ..] => first.is_ascii_whitespace() && (tag.contains(&b'=') || tag.trim_ascii() == b"/"),
    };
    let next = behind.iter().position(|byte| !matches!(byte, b' ' | b'\r' | b'\n'));
    let next = next.map(|at| behind[at..].trim_ascii_start()).unwrap_or_default();
    let goes_on = match behind.first() {
        Some(b'\t') => false,
        _ => next.first() == Some(&b'<'),
    };
    let is_all = tag.ends_with(b"/") && behind.trim_ascii().is_empty();
    is_tag && (goes_on || is_all || end >= text.len() || memchr::memmem::find(behind, b"</").is_some())
}

/// Whether a text looks like a table: its first two lines have as many of a usual delimiter, and at least
/// one.
fn text_kind(text: &[u8]) -> &'static str {
    let text = &text[..text.len().min(LOOK)];
    let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return "plain text" };
    let count = |line: &[u8], delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    let is_table = b",;\t|".iter().any(|it| count(first, *it) > 0 && count(first, *it) == count(second, *it));
    if is_table { CSV } else { "plain text" }
}

/// Whether a line begins as JSON does.
fn is_json_line(line: &[u8]) -> bool {
    let rest = line.trim_ascii_start();
    let is_word =
        [&b"true"[..], b"false", b"null", b"NaN", b"//", b"/*"].iter().any(|it| rest.starts_with(it));
    is_word || matches!(rest.first(), Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9'))
}

/// Whether a line of the text is an object or array: of JSON by lines the first may be damaged.
fn has_json_line(text: &[u8]) -> bool {
    let lines = text[..text.len().min(LOOK)].split(|byte| *byte == b'\n');
    lines.map(<[u8]>::trim_ascii_start).any(|line| matches!(line.first(), Some(b'{' | b'[')))
}

/// Bytes of a file that text does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Bytes that were looked at.
    looked: usize,
    /// Control characters.
    controls: usize,
    /// The control characters without separators and without the most frequent of the others, which may be a
    /// delimiter.
    others: usize,
    /// Number of different control characters.
    kinds: usize,
    /// Whether a NUL is among all of them.
    has_nul: bool,
    /// Whether there is anything that is to be seen.
    is_visible: bool,
    /// Bytes that are not UTF-8.
    invalid: usize,
}

impl Oddities {
    /// Counts those of a text near its start. `allowed` are bytes that are known to be delimiters.
    pub fn of(text: &[u8], allowed: &[u8]) -> Self {
        let text = &text[..text.len().min(LOOK)];
        let mut counts = [0usize; 256];
        for byte in text {
            counts[usize::from(*byte)] += 1;
        }
        // The old mark for the end of a file.
        if text.last() == Some(&0x1a) {
            counts[0x1a] -= 1;
        }
        let is_control =
            |byte: &u8| matches!(byte, 0..=8 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f) && !allowed.contains(byte);
        let count = |byte: u8| counts[usize::from(byte)];
        let controls = (0..=0x7f).filter(is_control).map(count).sum();
        // The last four are separators of text by their definition.
        let (mut sum, mut most, mut kinds) = (0, 0, 0);
        for count in (0..=0x7f).filter(|byte| is_control(byte) && !matches!(byte, 0x1c..=0x1f)).map(count) {
            (sum, most, kinds) = (sum + count, most.max(count), kinds + usize::from(count > 0));
        }
        Self {
            looked: text.len(),
            controls,
            others: sum - most,
            kinds: kinds - usize::from(most > 0),
            has_nul: counts[0] > 0,
            is_visible: counts[0x21..0x7f].iter().chain(&counts[0x80..]).any(|count| *count > 0),
            invalid: invalid(text),
        }
    }

    /// Whether they are so many, or of so many kinds, that the whole is no text. A few bytes in
    /// another encoding are not enough, nor are a NUL or two: a
    /// reader tells where they stand.
    pub fn are_binary(self) -> bool {
        let odd = self.others + self.invalid;
        let is_telling = self.controls > 0 || self.looked >= 64;
        is_telling && odd * 10 > self.looked
            || self.has_nul && self.kinds >= 3 && odd * 20 > self.looked
            || self.controls > 0 && !self.has_nul && !self.is_visible
    }

    /// Whether there are more control characters than text has, of which one may be a delimiter.
    pub fn has_odd_controls(self) -> bool {
        self.others * 50 > self.looked
    }
}

/// Bytes that are not UTF-8; a character that is cut off at the end does not count.
fn invalid(mut text: &[u8]) -> usize {
    let mut count = 0;
    while let Err(error) = std::str::from_utf8(text) {
        let Some(len) = error.error_len() else { break };
        count += len;
        text = &text[error.valid_up_to() + len..];
    }
    count
}

/// Description of a file that is not text; `None` for text.
fn binary(head: &[u8], allowed: &[u8]) -> Option<String> {
    let odd = Oddities::of(head, allowed);
    odd.are_binary().then(|| {
        let counted = |count: usize, noun: &str| match count {
            1 => format!("1 {noun}"),
            many => format!("{many} {noun}s"),
        };
        let controls = counted(odd.controls, "control character");
        let what = match (odd.controls, odd.invalid) {
            (_, 0) => controls,
            (0, invalid) => format!("{} not UTF-8", counted(invalid, "byte")),
            (_, invalid) => format!("{controls} and {} not UTF-8", counted(invalid, "byte")),
        };
        format!("binary data ({what} in its first {})", counted(odd.looked, "byte"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(head: &[u8]) -> Option<String> {
        refusal(head, Claim::default(), &CsvOptions::default()).map(|error| error.what().to_owned())
    }

    #[test]
    fn other_formats_are_known_by_their_first_bytes() {
        for (head, name) in [
            (&b"<?xml version=\"1.0\"?>\n<!-- made -->\n<log><events>"[..], "OCEL"),
            (b"\xef\xbb\xbf  <ocel/>", "OCEL"),
            (b"<root>\n<row a=\"1\"/>\n</root>", "XML whose root is <root>"),
            (b"<a>text</a>", "XML whose root is <a>"),
            (b"<a b='1'", "XML whose root is <a>"),
            (b"<r/>\n<r/>", "XML whose root is <r>"),
            (b"<?php x", "XML"),
            (b"PAR1\x15\x04", "Parquet"),
            (b"SQLite format 3\0\x10", "SQLite"),
            (b"PK\x03\x04....[Content_Types].xml", "an Excel workbook"),
        ] {
            let what = refused(head).unwrap_or_default();
            assert!(what.ends_with(name), "{name}: {what:?}");
        }
    }

    #[test]
    fn pages_and_other_xml_are_named_by_what_they_are() {
        for (head, name) in [
            (&b"<html><body>hi</body></html>"[..], "a web page (HTML)"),
            (b"<HTML>\n<BODY>hi</BODY></HTML>", "a web page (HTML)"),
            (b"<!DOCTYPE html>\n<html lang=en>", "a web page (HTML)"),
            (b"<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>\n<p>hi", "a web page (HTML)"),
            (b"\xef\xbb\xbf<!-- saved from url=(0021)http://x -->\r\n<html>", "a web page (HTML)"),
            (b"<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC 'x' 'y'>\n<html xmlns='z'>", "a web page (HTML)"),
            (b"  \n<head><title>x</title></head>", "a web page (HTML)"),
            (b"<WorkflowLog xmlns:xsi='x'>\n<Process id='p'>", "MXML"),
            (b"<?xml version='1.0'?><!-- OpenXES --><ProcessInstance id='1'></ProcessInstance>", "MXML"),
            (b"<bpmn:definitions xmlns:bpmn='http://www.omg.org/spec/BPMN/20100524/MODEL'>\n<a>", "a process model (BPMN)"),
            (b"<pnml>\n<net id='n'>", "a Petri net (PNML)"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>\n<g/>", "an image (SVG)"),
            (b"<rss version='2.0'>\n<channel>", "a news feed (RSS or Atom)"),
            (b"<feed xmlns='http://www.w3.org/2005/Atom'>\n<id/>", "a news feed (RSS or Atom)"),
            (
                b"<?xml version='1.0'?>\n<?mso-application progid='Excel.Sheet'?>\n<Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>",
                "an Excel workbook (XML of 2003)",
            ),
            (b"<project xmlns='http://maven.apache.org/POM/4.0.0'>\n<modelVersion>", "a Maven project (POM)"),
            (b"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n<xs:element/>", "an XML schema (XSD)"),
            (b"<!DOCTYPE svg [ <!ENTITY a '>'> ]>\n<svg/>", "an image (SVG)"),
            (b"<Error><Code>AccessDenied</Code></Error>", "an error that a server sent (XML)"),
        ] {
            let what = refused(head).unwrap();
            assert!(what.ends_with(name), "{name}: {what}");
        }
    }

    #[test]
    fn csv_that_only_begins_oddly_is_csv() {
        for head in [
            &b""[..],
            b"a,b\n",
            b"<a>,b\n",
            b"<DATE>\t<TIME>\n1\t2\n",
            b"<a>;<b>\n",
            b"<a>\n1\n",
            b"<1>\n",
            b"< a>\n",
            b"<a b>,c\n",
            b"<?>,b\n",
            b"<html>,<body>\n1,2\n",
            b"<p>a</p>,1\n<p>b</p>,2\n",
            b"[a],b\n",
            b"{a},b\n",
            b"\"{\",b\n",
            b"#<log\n",
            b"PK,b\n",
        ] {
            assert!(refused(head).is_none(), "{}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn bytes_that_no_text_has_make_a_file_binary() {
        let mut state = 7u32;
        let mut random = |len: usize| {
            let next = |_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            (0..len).map(next).collect::<Vec<u8>>()
        };
        for len in [16, 64, 200, 4096, 100_000] {
            assert!(binary(&random(len), b"").is_some(), "{len}");
        }
        let words: Vec<u8> = (0..400u32).flat_map(u32::to_le_bytes).collect();
        assert!(binary(&words, b"").is_some());
        for head in [&b"\x1f"[..], b"\x01\x02\n", b"\x93\x01\xf7\x02\xc1"] {
            assert!(binary(head, b"").is_some(), "{head:?}");
        }
    }

    #[test]
    fn text_with_some_control_characters_is_text() {
        let row = |text: &str| format!("{}\n{text}\n", "case,step,note\n1,pay,fine".repeat(20)).into_bytes();
        for text in [
            b"a\x01b\n1\x012\n".to_vec(),
            b"a\x1fb\x1e1\x1f2\x1e".to_vec(),
            b"a,b\n1,\x1b[31mred\x1b[0m\n\x0c2,3\x0b\n".to_vec(),
            b"a,b\n1,2\n\x1a".to_vec(),
            b"a,b\n\"x\0y\",1\n".to_vec(),
            row("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\u{e}\u{f}\u{10}\u{7f}"),
            "Prüfung,Größe\nä,ö\n".as_bytes().to_vec(),
            [row("x"), b"damaged \xfc\n".to_vec()].concat(),
            "a,b\n1,é".as_bytes()[..7].to_vec(),
            b"Gr\xf6\xdfe\n1\n".to_vec(),
            b"a\x1f\x1fb\n".to_vec(),
            vec![0; 100],
        ] {
            assert_eq!(binary(&text, b""), None, "{}", String::from_utf8_lossy(&text));
        }
        assert_eq!(binary(b"a\x02\x03b\n1\x02\x032\n", b"\x02\x03"), None);
    }

    #[test]
    fn a_name_says_a_format_whatever_packs_it() {
        for (name, format, packed) in [
            ("x.xes", Some("XES"), None),
            ("x.XES.GZ", Some("XES"), Some("gzip")),
            ("x.csv.zst", Some("CSV"), Some("zstd")),
            ("x.gz", None, Some("gzip")),
            ("x.txt", None, None),
            ("x", None, None),
            ("x.jsonocel", Some("JSON"), None),
        ] {
            assert_eq!(Claim::of(&Input::Path(name.into())), Claim { format, packed }, "{name}");
        }
        assert_eq!(Claim::of(&Input::Stdin), Claim::default());
    }
}
