//! MXML, the format of event logs before XES, as a log in XES: what the elements say becomes the attributes
//! that XES has for it.
//!
//! ```text
//! Process id            log    concept:name
//! ProcessInstance id    trace  concept:name, description
//! Data/Attribute name   the attribute of that name
//! WorkflowModelElement  event  concept:name
//! EventType             event  lifecycle:transition
//! Timestamp             event  time:timestamp
//! Originator            event  org:resource
//! ```
//!
//! A log is translated front to back into a file that is read in its place. Each trace tells its process.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, BufWriter, Cursor, Write};
use std::path::Path;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

use crate::error::{Code, Error, Result};
use crate::mmap::{CopiedInput, Input, InputSource, first_bytes, open};
use crate::observer::Observer;
use crate::options::Options;
use crate::source::look::{open_decoded, open_options};
use crate::source::opened::named;
use crate::text::xml::tokens::root;

const HEAD: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<log xes.version=\"1849.2016\" xes.features=\"\" xmlns=\"http://www.xes-standard.org/\">\n",
    "<extension name=\"Concept\" prefix=\"concept\" uri=\"http://www.xes-standard.org/concept.xesext\"/>\n",
    "<extension name=\"Lifecycle\" prefix=\"lifecycle\" uri=\"http://www.xes-standard.org/lifecycle.xesext\"/>\n",
    "<extension name=\"Time\" prefix=\"time\" uri=\"http://www.xes-standard.org/time.xesext\"/>\n",
    "<extension name=\"Organizational\" prefix=\"org\" uri=\"http://www.xes-standard.org/org.xesext\"/>\n",
);

/// A log in MXML as one in XES; `None` for any other input.
///
/// # Errors
/// What is wrong with the log.
pub fn as_xes(input: &Input, options: &Options, observer: &Observer) -> Result<Option<Input>> {
    let is_meant = options.read.from.as_ref().is_none_or(|from| from.name() == "xes");
    let Some(path) = input.path().filter(|path| is_meant && path.is_file()) else { return Ok(None) };
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let is_named = name.contains(".mxml");
    let begins_as_xml = |head: &[u8]| {
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        text.starts_with(b"<") || head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff")
    };
    if !is_named && !begins_as_xml(&first_bytes(input, observer)?) {
        return Ok(None);
    }
    translated(input, options, observer).map_err(|error| named(error, input))
}

fn translated(input: &Input, options: &Options, observer: &Observer) -> Result<Option<Input>> {
    let mut how = open_options(options, observer)?;
    let (opened, _) = open_decoded(input, &mut how)?;
    // Of a log that is no XML more is said where it is read.
    let root = root(opened.head());
    let is_mxml = matches!(root, Some("WorkflowLog" | "ProcessInstance"));
    drop(opened);
    if !is_mxml {
        return Ok(None);
    }
    let failed =
        |error: &std::io::Error| Error::io(Code::OutputWrite, Path::new(&options.run.temp_dir), error);
    let folder = tempfile::Builder::new().prefix("logflow-").tempdir_in(&options.run.temp_dir);
    let folder = Arc::new(folder.map_err(|error| failed(&error))?);
    let file = folder.path().join("log.xes");
    let mut out = BufWriter::new(std::fs::File::create(&file).map_err(|error| failed(&error))?);
    match open(input, &how)? {
        InputSource::Mapped(map) => translate(Cursor::new(map.bytes()), &mut out, observer)?,
        InputSource::Stream(stream) => translate(BufReader::new(stream), &mut out, observer)?,
    }
    out.flush().map_err(|error| failed(&error))?;
    let shown = std::path::PathBuf::from(input.to_string());
    Ok(Some(Input::Copied(CopiedInput::new(&file, &shown, &folder))))
}

/// Where in a log a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Other,
    Element(&'static str),
    Attribute,
}

/// Writes a log in MXML as XES.
fn translate(text: impl BufRead, out: &mut impl Write, observer: &Observer) -> Result<()> {
    let mut reader = Reader::from_reader(text);
    reader.config_mut().expand_empty_elements = true;
    let (mut buffer, mut value, mut name) = (Vec::new(), String::new(), String::new());
    let (mut place, mut depth, mut processes) = (Place::Other, 0_usize, 0_usize);
    let (mut process, mut unknown) = (String::new(), String::new());
    put(out, HEAD)?;
    loop {
        buffer.clear();
        let at = reader.buffer_position();
        let wrong = |what: &dyn std::fmt::Display| {
            Error::new(Code::Xml, format!("expected a log in MXML, found {what}")).at_byte(at)
        };
        match reader.read_event_into(&mut buffer).map_err(|error| malformed(&error, at))? {
            Event::Start(tag) => {
                depth += 1;
                value.clear();
                place = match tag.local_name().as_ref() {
                    "Process" => {
                        processes += 1;
                        process = attribute(&tag, "id").map_err(|what| wrong(&what))?;
                        Place::Other
                    }
                    "ProcessInstance" => {
                        observer.check()?;
                        put(out, "<trace>\n")?;
                        let id = attribute(&tag, "id").map_err(|what| wrong(&what))?;
                        put_attribute(out, "string", "concept:name", &id)?;
                        let description = attribute(&tag, "description").map_err(|what| wrong(&what))?;
                        if !description.is_empty() {
                            put_attribute(out, "string", "description", &description)?;
                        }
                        if processes > 1 || !process.is_empty() {
                            put_attribute(out, "string", "process", &process)?;
                        }
                        Place::Other
                    }
                    "AuditTrailEntry" => {
                        put(out, "<event>\n")?;
                        Place::Other
                    }
                    "Attribute" => {
                        name = attribute(&tag, "name").map_err(|what| wrong(&what))?;
                        Place::Attribute
                    }
                    "WorkflowModelElement" => Place::Element("concept:name"),
                    "EventType" => {
                        unknown = attribute(&tag, "unknowntype").map_err(|what| wrong(&what))?;
                        Place::Element("lifecycle:transition")
                    }
                    "Timestamp" => Place::Element("time:timestamp"),
                    "Originator" => Place::Element("org:resource"),
                    _ => Place::Other,
                };
            }
            Event::Text(text) if place != Place::Other => value.push_str(&text.xml10_content()),
            Event::CData(text) if place != Place::Other => value.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => value.push(character),
                _ => match resolve_predefined_entity(&reference) {
                    Some(text) => value.push_str(text),
                    None => {
                        let what = format!("the entity &{};, which is not looked up", &*reference);
                        return Err(Error::new(Code::XmlEntity, what).at_byte(at));
                    }
                },
            },
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                match (tag.local_name().as_ref(), place) {
                    ("AuditTrailEntry", _) => put(out, "</event>\n")?,
                    ("ProcessInstance", _) => put(out, "</trace>\n")?,
                    ("Attribute", Place::Attribute) => put_attribute(out, "string", &name, &value)?,
                    ("Timestamp", Place::Element(key)) => put_attribute(out, "date", key, value.trim())?,
                    (_, Place::Element(key)) => {
                        put_attribute(out, "string", key, value.trim())?;
                        if !unknown.is_empty() {
                            put_attribute(out, "string", "unknowntype", &std::mem::take(&mut unknown))?;
                        }
                    }
                    _ => {}
                }
                place = Place::Other;
            }
            Event::DocType(_) => return Err(wrong(&"a document type, which is not processed")),
            Event::Eof if depth == 0 => break,
            Event::Eof => return Err(wrong(&"the end of the file within an element")),
            _ => {}
        }
    }
    put(out, "</log>\n")
}

fn malformed(error: &quick_xml::Error, at: u64) -> Error {
    if let quick_xml::Error::Io(error) = error
        && let Some(own) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>())
    {
        return own.clone();
    }
    Error::new(Code::Xml, format!("expected a log in MXML, found damage: {error}")).at_byte(at)
}

/// The value of an attribute; empty if there is none.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<String, String> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.local_name().as_ref() == name {
            return unescape(&attribute.value).map(Cow::into_owned).map_err(|error| error.to_string());
        }
    }
    Ok(String::new())
}

fn put_attribute(out: &mut impl Write, tag: &str, key: &str, value: &str) -> Result<()> {
    // Line ends and tabs of an attribute would come back as spaces.
    let value = escape(value).replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;");
    put(out, &format!("<{tag} key=\"{}\" value=\"{value}\"/>\n", escape(key)))
}

fn put(out: &mut impl Write, text: &str) -> Result<()> {
    out.write_all(text.as_bytes()).map_err(|error| {
        Error::new(
            Code::OutputWrite,
            format!("{error}, in the folder for temporary files; set TMPDIR to use another"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xes(mxml: &str) -> Result<String> {
        let mut out = Vec::new();
        translate(mxml.as_bytes(), &mut out, &Observer::default())?;
        Ok(String::from_utf8(out).unwrap().replace(HEAD, "").replace('\n', ""))
    }

    #[test]
    fn elements_become_the_attributes_that_xes_has_for_them() {
        let log = r#"<?xml version="1.0"?><WorkflowLog><Source program="x"/><Process id="P">
            <ProcessInstance id="1" description=""><Data><Attribute name="a &amp; b"> v&lt;
</Attribute></Data><AuditTrailEntry><WorkflowModelElement>A</WorkflowModelElement>
            <EventType unknowntype="odd">unknown</EventType><Timestamp>2024-05-01T10:00:00+02:00</Timestamp>
            <Originator>Ann</Originator></AuditTrailEntry></ProcessInstance></Process></WorkflowLog>"#;
        assert_eq!(
            xes(log).unwrap(),
            concat!(
                r#"<trace><string key="concept:name" value="1"/><string key="process" value="P"/>"#,
                r#"<string key="a &amp; b" value=" v&lt;&#10;"/><event><string key="concept:name" value="A"/>"#,
                r#"<string key="lifecycle:transition" value="unknown"/><string key="unknowntype" value="odd"/>"#,
                r#"<date key="time:timestamp" value="2024-05-01T10:00:00+02:00"/>"#,
                r#"<string key="org:resource" value="Ann"/></event></trace></log>"#,
            )
        );
    }

    #[test]
    fn damage_and_entities_are_errors() {
        for (log, code) in [
            ("<WorkflowLog><Process>", Code::Xml),
            ("<WorkflowLog></Process>", Code::Xml),
            (
                "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><WorkflowLog>&e;</WorkflowLog>",
                Code::Xml,
            ),
            ("<WorkflowLog>&e;</WorkflowLog>", Code::XmlEntity),
        ] {
            assert_eq!(xes(log).unwrap_err().code(), code, "{log}");
        }
    }
}
