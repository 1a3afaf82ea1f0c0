//! Writes a generated log as XES, valid by the schema of IEEE 1849-2016, with extensions, globals and
//! classifiers. Its layout is that of ProM and OpenXES: one attribute on each line, tabs, LF, UTF-8.
//!
//! The events are those of the CSV. Attributes of the case are attributes of the trace; an event without a
//! cost has no cost attribute; the number of an event is the end of a UUID, since an `id` must be a UUID.

use std::io::Write;
use std::ops::Range;

use super::dirty::{ElementDamage, insert, place};
use super::log::Event;
use super::plant::Pattern;
use super::rng::Rng;
use super::text::{Clock, push_hundredths, push_number};
use super::wide::{ExtraAttribute, ExtraValue, extra_attributes, push_code, push_day, push_person};
use super::writer::{self, Form};
use super::{Error, GenerateOptions, Result, Summary};

const HEADER: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<!-- Written by LogFlow's generator: a made-up log, the same for a seed. -->
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
	<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
	<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
	<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
	<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
	<extension name="Identity" prefix="identity" uri="http://www.xes-standard.org/identity.xesext"/>
	<extension name="Cost" prefix="cost" uri="http://www.xes-standard.org/cost.xesext"/>
	<global scope="trace">
		<string key="concept:name" value="C0000000"/>
		<string key="region" value="Central"/>
		<float key="amount" value="0.00"/>
	</global>
	<global scope="event">
		<string key="concept:name" value="Register request"/>
		<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
		<string key="org:resource" value="Ada Berg"/>
		<string key="lifecycle:transition" value="complete"/>
		<boolean key="approved" value="false"/>
		<id key="identity:id" value="e0000000-0000-4000-8000-000000000000"/>
		<string key="note" value=""/>
		<string key="department" value="Intake"/>
	</global>
	<classifier name="Activity" keys="concept:name"/>
	<classifier name="Transition" keys="concept:name lifecycle:transition"/>
	<classifier name="Resource" keys="org:resource"/>
	<string key="concept:name" value="Generated log"/>
	<string key="lifecycle:model" value="standard"/>
"#;
const TRACE_END: &[u8] = b"\t</trace>\n";
const LOG_END: &[u8] = b"</log>\n";

/// Writes the log of these options.
///
/// # Errors
/// [`Error::Options`] if the options don't fit together; [`Error::Interleaved`] if they ask for interleaved
/// events; [`Error::Write`] if `out` fails.
pub fn write_xes(options: &GenerateOptions, out: &mut dyn Write) -> Result<Summary> {
    writer::write(XesForm::new(options)?, options, out)
}

/// A log as XES.
pub(super) struct XesForm {
    clock: Clock,
    attributes: Vec<ExtraAttribute>,
    open: Option<u64>,
}

impl XesForm {
    /// # Errors
    /// [`Error::Interleaved`] or [`Error::Options`] if a trace can't hold such events.
    pub(super) fn new(options: &GenerateOptions) -> Result<Self> {
        if options.interleave {
            return Err(Error::Interleaved);
        }
        if options.plants.iter().any(|plant| plant.pattern == Pattern::ChangingCaseAttribute) {
            let what = "a trace of an XES log has one value for each attribute, so changing-case-attribute cannot be planted";
            return Err(Error::Options(what.to_owned()));
        }
        Ok(Self { clock: Clock::of(options.times), attributes: extra_attributes(options), open: None })
    }

    /// Appends the additional attributes of the case or of the event, each after `indent`.
    fn extras(&self, text: &mut Vec<u8>, event: &Event<'_>, of_case: bool, indent: &[u8]) {
        for attribute in self.attributes.iter().filter(|attribute| attribute.of_case == of_case) {
            let value = attribute.value(event.trace, event.id);
            let tag = match value {
                ExtraValue::Missing => continue,
                ExtraValue::Integer(_) => "int",
                ExtraValue::Hundredths(_) => "float",
                ExtraValue::Boolean(_) => "boolean",
                ExtraValue::Day(_) => "date",
                ExtraValue::Word(_) | ExtraValue::Person(..) | ExtraValue::Code(_) => "string",
            };
            text.extend_from_slice(indent);
            text.push(b'<');
            text.extend_from_slice(tag.as_bytes());
            text.extend_from_slice(b" key=\"");
            text.extend_from_slice(attribute.name.as_bytes());
            text.extend_from_slice(b"\" value=\"");
            match value {
                ExtraValue::Missing => {}
                ExtraValue::Integer(number) => push_number(text, number, 1),
                ExtraValue::Hundredths(number) => push_hundredths(text, number),
                ExtraValue::Boolean(truth) => text.extend_from_slice(if truth { b"true" } else { b"false" }),
                ExtraValue::Word(word) => text.extend_from_slice(word.as_bytes()),
                ExtraValue::Person(first, last) => push_person(text, first, last),
                ExtraValue::Code(number) => push_code(text, number),
                ExtraValue::Day(day) => {
                    push_day(text, day);
                    text.extend_from_slice(b"T00:00:00+01:00");
                }
            }
            text.extend_from_slice(b"\"/>\n");
        }
    }
}

impl Form for XesForm {
    type Damage = ElementDamage;
    const DAMAGES: &'static [ElementDamage] = &ElementDamage::ALL;

    fn begin(&mut self, text: &mut Vec<u8>) {
        text.extend_from_slice(HEADER.as_bytes());
    }

    #[inline]
    fn lead(&mut self, text: &mut Vec<u8>, event: &Event<'_>) {
        if self.open != Some(event.trace) {
            if self.open.replace(event.trace).is_some() {
                text.extend_from_slice(TRACE_END);
            }
            push_trace(text, event);
            self.extras(text, event, true, b"\t\t");
        }
    }

    #[inline]
    fn event(&mut self, text: &mut Vec<u8>, event: &Event<'_>) {
        text.extend_from_slice(b"\t\t<event>");
        push_attribute(text, "concept:name", event.activity);
        if let Some(moment) = event.moment {
            text.extend_from_slice(b"\n\t\t\t<date key=\"time:timestamp\" value=\"");
            self.clock.push_full(text, moment);
            text.extend_from_slice(b"\"/>");
        }
        push_attribute(text, "org:resource", event.resource);
        push_attribute(text, "lifecycle:transition", event.lifecycle);
        text.extend_from_slice(b"\n\t\t\t<boolean key=\"approved\" value=\"");
        text.extend_from_slice(if event.approved { b"true" } else { b"false" });
        if let Some(cost) = event.cost {
            text.extend_from_slice(b"\"/>\n\t\t\t<float key=\"cost:total\" value=\"");
            push_hundredths(text, cost);
        }
        text.extend_from_slice(b"\"/>\n\t\t\t<id key=\"identity:id\" value=\"e0000000-0000-4000-8000-");
        push_number(text, event.id, 12);
        text.extend_from_slice(b"\"/>");
        push_attribute(text, "note", event.note);
        push_attribute(text, "department", event.department);
        if let Some(start) = event.start {
            text.extend_from_slice(b"\n\t\t\t<date key=\"start_timestamp\" value=\"");
            self.clock.push_full(text, start);
            text.extend_from_slice(b"\"/>");
        }
        text.push(b'\n');
        self.extras(text, event, false, b"\t\t\t");
        text.extend_from_slice(b"\t\t</event>\n");
    }

    fn spoil(text: &mut Vec<u8>, start: usize, damage: ElementDamage, rng: &mut Rng) {
        spoil(text, start, damage, rng);
    }

    fn end(&mut self, text: &mut Vec<u8>) {
        if self.open.is_some() {
            text.extend_from_slice(TRACE_END);
        }
        text.extend_from_slice(LOG_END);
    }
}

fn push_trace(text: &mut Vec<u8>, event: &Event<'_>) {
    text.extend_from_slice(b"\t<trace>\n");
    if event.case > 0 {
        text.extend_from_slice(b"\t\t<string key=\"concept:name\" value=\"C");
        push_number(text, event.case, 7);
        text.extend_from_slice(b"\"/>\n");
    }
    text.extend_from_slice(b"\t\t<string key=\"region\" value=\"");
    text.extend_from_slice(event.region.as_bytes());
    text.extend_from_slice(b"\"/>\n\t\t<float key=\"amount\" value=\"");
    push_hundredths(text, event.amount);
    text.extend_from_slice(b"\"/>\n");
}

/// Appends a line with an attribute of an event, unless its value is missing.
#[inline]
fn push_attribute(text: &mut Vec<u8>, key: &str, value: &str) {
    if !value.is_empty() {
        text.extend_from_slice(b"\n\t\t\t<string key=\"");
        text.extend_from_slice(key.as_bytes());
        text.extend_from_slice(b"\" value=\"");
        push_escaped(text, value);
        text.extend_from_slice(b"\"/>");
    }
}

/// Appends text as the value of an XML attribute: XML 1.0, 2.3 and 3.3.3, by which a bare line break would be
/// read as a space.
#[inline]
pub(super) fn push_escaped(text: &mut Vec<u8>, value: &str) {
    // Without an early exit the compiler compares sixteen bytes at once.
    let awkward = value
        .bytes()
        .fold(false, |found, byte| found | matches!(byte, b'"' | b'&' | b'<' | b'\t' | b'\n' | b'\r'));
    if awkward { push_with_entities(text, value) } else { text.extend_from_slice(value.as_bytes()) }
}

#[cold]
fn push_with_entities(text: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        let plain = [byte];
        text.extend_from_slice(match byte {
            b'"' => b"&quot;",
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'\t' => b"&#9;",
            b'\n' => b"&#10;",
            b'\r' => b"&#13;",
            _ => &plain,
        });
    }
}

/// The place of an attribute in the text: the start of its tag's name, and its value.
struct Attribute {
    name: usize,
    value: Range<usize>,
}

/// Damages the event that `text` ends with.
fn spoil(text: &mut Vec<u8>, start: usize, damage: ElementDamage, rng: &mut Rng) {
    let attributes = attributes(text, start);
    let of_tags = |tags: &[u8]| -> Vec<Range<usize>> {
        // The first letter tells the types of attributes apart.
        attributes.iter().filter(|it| tags.contains(&text[it.name])).map(|it| it.value.clone()).collect()
    };
    let pick =
        |values: &[Range<usize>], rng: &mut Rng| values[rng.below(values.len() as u64) as usize].clone();
    let word = pick(&of_tags(b"s"), rng);
    match damage {
        ElementDamage::UnclosedTag => match rng.below(3) {
            0 => drop(text.drain(word.end + 1..word.end + 2)),
            1 => drop(text.drain(word.end + 1..word.end + 3)),
            _ => text.truncate(text.len() - b"\t\t</event>\n".len()),
        },
        ElementDamage::BadEntity => {
            let wrong = ["&", "&nosuch;", "&#0;", "&#xD800;", "&#xZZ;", "&;"];
            insert(text, word.start, rng.pick(&wrong).as_bytes());
        }
        ElementDamage::OpenValue => drop(text.drain(word.end..word.end + 1)),
        ElementDamage::BareLess => insert(text, word.start, b"<"),
        // A byte that never occurs in UTF-8, a continuation byte without a start, and a start without a
        // continuation.
        ElementDamage::InvalidUtf8 => {
            let at = place(&word, rng);
            insert(text, at, &[rng.pick(&[0xFF, 0x80, 0xC3])]);
        }
        ElementDamage::ControlCharacter => {
            let at = place(&word, rng);
            insert(text, at, &[rng.pick(&[0, 1, 0x0B, 0x1F])]);
        }
        ElementDamage::BadDate => {
            let wrong = [
                "2024-13-45T14:07:33.218+01:00",
                "2024-02-30T25:61:00.000+01:00",
                "yesterday",
                "0000-00-00",
                "",
            ];
            let date = pick(&of_tags(b"d"), rng);
            text.splice(date, rng.pick(&wrong).bytes());
        }
        ElementDamage::BadValue => {
            let value = pick(&of_tags(b"bfi"), rng);
            text.splice(value, rng.pick(&["n/a", "unknown", "1.2.3", "12O.50"]).bytes());
        }
    }
}

/// The attributes of an undamaged event, in order: there is one on each line between its tags.
fn attributes(text: &[u8], start: usize) -> Vec<Attribute> {
    const VALUE: &[u8] = b" value=\"";
    const END: &[u8] = b"\"/>";
    let mut found = Vec::new();
    let mut line_start = start;
    for line in text[start..].split_inclusive(|byte| *byte == b'\n') {
        let line_end = line_start + line.len() - 1;
        if let Some(at) = line.windows(VALUE.len()).position(|window| window == VALUE) {
            let name = line_start + line.iter().take_while(|byte| **byte == b'\t').count() + 1;
            found.push(Attribute { name, value: line_start + at + VALUE.len()..line_end - END.len() });
        }
        line_start = line_end + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Log;
    use quick_xml::Reader;
    use quick_xml::escape::unescape;
    use quick_xml::events::Event as Xml;

    const OPTIONS: GenerateOptions = GenerateOptions::new(10_000);

    fn written(options: &GenerateOptions) -> (Vec<u8>, Summary) {
        let mut out = Vec::new();
        let summary = write_xes(options, &mut out).unwrap();
        assert_eq!(summary.bytes, out.len() as u64);
        (out, summary)
    }

    /// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
    fn fnv(bytes: &[u8]) -> u64 {
        bytes
            .iter()
            .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3))
    }

    const FIRST_TRACE: &str = r#"	<trace>
		<string key="concept:name" value="C0000001"/>
		<string key="region" value="East"/>
		<float key="amount" value="14.63"/>
		<event>
			<string key="concept:name" value="Register request"/>
			<date key="time:timestamp" value="2024-01-01T00:00:00.000+01:00"/>
			<string key="org:resource" value="Ada Haddad"/>
			<string key="lifecycle:transition" value="complete"/>
			<boolean key="approved" value="false"/>
			<id key="identity:id" value="e0000000-0000-4000-8000-000000000001"/>
			<string key="note" value="Waiting for terms branch receipt payment discount week refund invoice."/>
			<string key="department" value="Intake"/>
		</event>
"#;

    #[test]
    fn seed_1_is_this_log_for_good() {
        let (text, summary) = written(&OPTIONS);
        assert_eq!(summary, Summary { events: 10_000, cases: 555, bytes: 5_436_450, damaged: 0 });
        let body = std::str::from_utf8(&text).unwrap().strip_prefix(HEADER).unwrap();
        assert!(body.starts_with(FIRST_TRACE), "{}", &body[..FIRST_TRACE.len()]);
        assert!(body.ends_with("\t\t</event>\n\t</trace>\n</log>\n"));
        assert_eq!(fnv(&text), 0x6ADA_4646_FB7E_9CB4);
        assert_eq!(fnv(&written(&GenerateOptions { dirty: 0.1, ..OPTIONS }).0), 0xD279_6842_4345_A6BF);
    }

    #[test]
    fn another_seed_is_another_log_and_no_events_leave_an_empty_one() {
        assert_ne!(written(&OPTIONS).0, written(&GenerateOptions { seed: 2, ..OPTIONS }).0);
        let empty = written(&GenerateOptions { events: 0, ..OPTIONS }).0;
        assert_eq!(empty, [HEADER.as_bytes(), LOG_END].concat());
    }

    /// The text of the attributes in each element of this name, in order: `key=value` joined by `|`.
    fn elements(text: &[u8], wanted: &str) -> Vec<String> {
        let mut reader = Reader::from_str(std::str::from_utf8(text).unwrap());
        let (mut depth, mut found) = (None, Vec::<String>::new());
        for level in 0.. {
            match reader.read_event().unwrap() {
                Xml::Start(start) if start.name().as_ref() == wanted => {
                    depth = Some(level);
                    found.push(String::new());
                }
                Xml::End(end) if end.name().as_ref() == wanted => depth = None,
                Xml::Empty(attribute) if depth.is_some() => {
                    let [key, value] = ["key", "value"].map(|name| {
                        let raw = attribute.try_get_attribute(name).unwrap().unwrap().value;
                        unescape(&raw).unwrap().into_owned()
                    });
                    let last = found.last_mut().unwrap();
                    last.push_str(&format!("{key}={value}|"));
                }
                Xml::Eof => break,
                _ => {}
            }
        }
        found
    }

    #[test]
    fn a_reader_of_xml_finds_the_events_of_the_model() {
        let (text, _) = written(&OPTIONS);
        let mut log = Log::new(&OPTIONS).unwrap();
        let mut clock = Clock::new();
        for found in elements(&text, "event") {
            let event = log.next_event().unwrap();
            let mut stamp = Vec::new();
            clock.push(&mut stamp, event.moment.unwrap());
            let hundredths = |value: u64| format!("{}.{:02}", value / 100, value % 100);
            let cost = event.cost.map_or(String::new(), |cost| format!("cost:total={}|", hundredths(cost)));
            let expected = format!(
                "concept:name={}|time:timestamp={}|org:resource={}|lifecycle:transition={}|approved={}|{cost}\
                 identity:id=e0000000-0000-4000-8000-{:012}|note={}|department={}|",
                event.activity,
                String::from_utf8(stamp).unwrap(),
                event.resource,
                event.lifecycle,
                event.approved,
                event.id,
                event.note,
                event.department,
            );
            assert_eq!(found, expected);
        }
        assert!(log.next_event().is_none());
    }

    #[test]
    fn cases_are_traces_in_one_piece_and_as_many_as_asked_for() {
        let (text, summary) = written(&GenerateOptions { cases: Some(77), ..OPTIONS });
        let count = |tag: &str| text.windows(tag.len()).filter(|window| *window == tag.as_bytes()).count();
        assert_eq!((summary.cases, count("<trace>"), count("</trace>")), (77, 77, 77));
        assert_eq!((count("<event>"), count("</event>")), (10_000, 10_000));
    }

    #[test]
    fn text_that_xml_would_misread_becomes_entities_and_comes_back() {
        let awkward = "a \"b\" <c> & d\ne\tf\rg é";
        let mut text = Vec::new();
        push_escaped(&mut text, awkward);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, "a &quot;b&quot; &lt;c> &amp; d&#10;e&#9;f&#13;g é");
        assert_eq!(unescape(&text).unwrap(), awkward);
    }

    #[test]
    fn events_are_about_544_bytes() {
        let (text, _) = written(&OPTIONS);
        let mean = text.len() as f64 / 10_000.0;
        assert!((540.0..548.0).contains(&mean), "{mean}");
    }

    #[test]
    fn interleaved_events_are_refused() {
        let wrong = GenerateOptions { interleave: true, ..OPTIONS };
        assert!(matches!(write_xes(&wrong, &mut Vec::new()), Err(Error::Interleaved)));
    }

    #[test]
    fn sound_lines_are_the_same_with_dirt_between_them() {
        let clean = written(&OPTIONS).0;
        let (dirty, summary) = written(&GenerateOptions { dirty: 0.05, ..OPTIONS });
        assert!((400..600).contains(&summary.damaged), "{}", summary.damaged);
        let clean: std::collections::HashSet<&[u8]> = clean.split(|byte| *byte == b'\n').collect();
        let strange = dirty.split(|byte| *byte == b'\n').filter(|line| !clean.contains(line)).count() as u64;
        // An event without its end tag has no damaged line, and a damaged text may equal the text of another
        // event.
        assert!((summary.damaged * 8 / 10..=summary.damaged).contains(&strange), "{strange}");
    }

    /// Whether an XML reader finds a document to be well-formed UTF-8 with known entities.
    fn is_sound(document: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(document) else { return false };
        let mut reader = Reader::from_str(text);
        let mut depth = 0;
        loop {
            match reader.read_event() {
                Ok(Xml::Eof) => return depth == 0,
                Ok(Xml::End(_)) => depth -= 1,
                Ok(event @ (Xml::Start(_) | Xml::Empty(_))) => {
                    depth += i32::from(matches!(event, Xml::Start(_)));
                    let (Xml::Start(tag) | Xml::Empty(tag)) = event else { unreachable!() };
                    let fine = tag.attributes().all(|attribute| {
                        attribute.is_ok_and(|attribute| {
                            let value = &attribute.value;
                            unescape(value).is_ok_and(|value| {
                                !value.contains(|c: char| c < ' ' && !"\t\n\r".contains(c))
                            }) && !value.contains('<')
                        })
                    });
                    if !fine {
                        return false;
                    }
                }
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    #[test]
    fn each_damage_shows_in_its_own_event_only() {
        let mut log = Log::new(&GenerateOptions { events: 300, ..OPTIONS }).unwrap();
        let (mut rng, mut form) = (Rng::new(3), XesForm::new(&OPTIONS).unwrap());
        while let Some(event) = log.next_event() {
            let mut sound = b"<log>\n".to_vec();
            form.event(&mut sound, &event);
            assert!(is_sound(&[&sound, LOG_END].concat()));
            for damage in ElementDamage::ALL {
                let mut spoilt = sound.clone();
                spoil(&mut spoilt, 6, damage, &mut rng);
                assert!(spoilt.starts_with(b"<log>\n\t\t<event>\n") && spoilt.ends_with(b"\n"), "{damage:?}");
                assert_ne!(spoilt, sound, "{damage:?}");
                let values = matches!(damage, ElementDamage::BadDate | ElementDamage::BadValue);
                assert_eq!(is_sound(&[&spoilt, LOG_END].concat()), values, "{damage:?}");
            }
        }
    }

    #[test]
    fn an_output_that_fails_is_an_error_of_its_own() {
        let mut nothing: &mut [u8] = &mut [];
        assert!(matches!(write_xes(&OPTIONS, &mut nothing), Err(Error::Write(_))));
    }
}
