//! Whether XES text keeps to IEEE 1849, to the letter: well-formed XML, the elements of the schema in its
//! order, their XML attributes, values of their types, and what the standard says beyond its schema of keys,
//! globals, classifiers and extensions.
//!
//! It reads once and goes on after a violation, and holds one token, the open elements and the distinct keys:
//! nothing that grows with the log. Clauses are numbered as in the edition of 2023. Where it and the reader
//! of logs differ, this is the stricter: a log that breaks a rule here may well be read without loss.
//!
//! ```text
//! source    bytes, lines, columns               grammar  the schema's elements as tables
//! document  XML's own rules, nesting            lexical  the types of values
//! head      extensions, globals, classifiers    names    keys as numbers
//! extensions  which there are, and the types of their keys
//! ```

mod document;
mod extensions;
mod grammar;
mod head;
mod names;
mod source;

use std::fmt;
use std::io::BufRead;

use document::Document;

use crate::error::Result;
use crate::text::Flow;

/// Well-formedness: what any XML has to keep.
const XML: &str = "XML 1.0, 2.1";
/// What an attribute's value is, and that no element has a key twice.
const ATTRIBUTES: &str = "IEEE 1849, 4.2";
/// Rules for attributes that all traces and events have.
const GLOBALS: &str = "IEEE 1849, 4.3";
/// Rules for classifiers.
const CLASSIFIERS: &str = "IEEE 1849, 4.4";
/// What a prefix stands for, and what the keys are that have it.
const EXTENSIONS: &str = "IEEE 1849, 4.5";
/// That an extension is declared whose keys are used.
pub const UNDECLARED: &str = "IEEE 1849, 4.5 and 5.5";
/// The features that a log says it has.
const FEATURES: &str = "IEEE 1849, 5.1";

/// A rule that the text breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XesViolation {
    /// Bytes from the start of the text to what breaks it: an element, or one of its XML attributes.
    pub byte: u64,
    /// The same as a line, from 1.
    pub line: u64,
    /// And as a character within it, from 1.
    pub column: u64,
    /// The standard and its clause, such as `IEEE 1849, 5.1`.
    pub clause: &'static str,
    /// The fault, in one sentence without a full stop.
    pub what: String,
}

impl fmt::Display for XesViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}, line {}:{}: {} ({})", self.byte, self.line, self.column, self.what, self.clause)
    }
}

/// Reads UTF-8 text to its end and calls `found` with each violation, in the order in which they show, until
/// that says [`Flow::Stop`]. What keeps the rest from being read, such as XML that is not well-formed, is the
/// last one.
///
/// # Errors
/// [`Code::InputRead`](crate::error::Code::InputRead) if `text` fails;
/// [`Code::RecordTooLong`](crate::error::Code::RecordTooLong) for a tag, comment or text of over 64 MiB;
/// [`Code::TooManyColumns`](crate::error::Code::TooManyColumns) beyond 16 MiB of distinct keys.
pub fn validate(text: &mut dyn BufRead, found: &mut dyn FnMut(XesViolation) -> Flow) -> Result<()> {
    Document::new(text, found)?.read()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use std::io::{BufReader, Cursor, Read};

    fn violations(text: &[u8]) -> Vec<XesViolation> {
        let mut found = Vec::new();
        validate(&mut Cursor::new(text), &mut |violation| {
            found.push(violation);
            Flow::Continue
        })
        .unwrap();
        found
    }

    /// Line, column, the clause's number and the sentence of each.
    fn told(text: &str) -> Vec<String> {
        let tell = |found: &XesViolation| {
            let clause = found.clause.rsplit(' ').next().unwrap();
            format!("{}:{} {clause} {}", found.line, found.column, found.what)
        };
        violations(text.as_bytes()).iter().map(tell).collect()
    }

    /// What is said of a sound log with this between its tags.
    fn within_log(body: &str) -> Vec<String> {
        told(&format!("<log xes.version=\"1849.2016\">{body}</log>"))
    }

    const SOUND: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- all that the schema has -->
<log xes.version="1849.2023" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/"
     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" xml:lang="en">
	<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
	<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
	<global scope="trace"><string key="concept:name" value="?"/></global>
	<global scope="event">
		<string key="concept:name" value="?"/>
		<date key="time:timestamp" value="1970-01-01T00:00:00Z"/>
	</global>
	<classifier name="Activity" scope="event" keys="concept:name"/>
	<classifier name="Case" scope="trace" keys="concept:name"/>
	<classifier name="Both" keys="concept:name 'time:timestamp'"/>
	<int key="a" value="-1"><float key="b" value="INF"><boolean key="a" value="0"/></float></int>
	<trace>
		<string key="concept:name" value="&lt;1&#62;&#10;"/>
		<list key="l"><id key="i" value="550e8400-e29b-41d4-a716-446655440000"/><values key="v">
			<string key="x" value="1"/><string key="x" value="2"/>
		</values></list>
		<event><string key="concept:name" value="a"/><date key="time:timestamp" value="2024-02-29T24:00:00+01:00"/></event>
	</trace>
	<event><date key="time:timestamp" value="2024-01-01T00:00:00.5-05:00"/><string key="concept:name" value=""/></event>
</log>
<?done?>
"#;

    #[test]
    fn a_log_with_all_that_the_schema_has_breaks_nothing() {
        assert_eq!(told(SOUND), [""; 0]);
        assert_eq!(told(&format!("\u{feff}{}", SOUND.replace('\n', "\r\n"))), [""; 0]);
        assert_eq!(
            told("<x:log xes.version='1' xmlns:x='http://www.xes-standard.org/'><x:trace/></x:log>"),
            [""; 0]
        );
        assert_eq!(told("<log xes.version='1849.2016' xes.features=''/>"), [""; 0]);
    }

    #[test]
    fn elements_stand_in_the_order_of_the_schema() {
        let extension = r#"<extension name="E" prefix="e" uri="u"/>"#;
        let global = "<global/>";
        let classifier = r#"<classifier name="C" keys=""/>"#;
        let attribute = r#"<int key="k" value="1"/>"#;
        let parts = [extension, global, classifier, attribute, "<trace/>", "<event/>"];
        for (first, early) in parts.iter().enumerate() {
            for (second, late) in parts.iter().enumerate() {
                let body = if first == second { (*early).to_owned() } else { format!("{early}{late}") };
                let mut messages = within_log(&body);
                // Of a classifier without keys something else is said as well.
                messages.retain(|messages| !messages.contains(" 4.4 "));
                assert_eq!(messages.len(), usize::from(second < first), "{body}: {messages:?}");
                assert!(
                    messages
                        .iter()
                        .all(|messages| messages.contains("5.1") && messages.contains("and must precede it")),
                    "{messages:?}"
                );
            }
        }
        assert_eq!(
            within_log(r#"<trace><event/><string key="k" value=""/></trace>"#),
            ["1:45 5.2 <string> follows <event> and must precede it"]
        );
        assert_eq!(
            within_log(r#"<list key="k"><values key="v"/><int key="i" value="1"/><values key="w"/></list>"#),
            ["1:61 5.4 <int> follows <values> and must precede it", "1:85 5.4 a second <values> in <list>"]
        );
    }

    #[test]
    fn elements_stand_only_where_the_schema_has_them() {
        for (body, messages) in [
            ("<incorrect/>", "1:30 5.1 <incorrect> is not an element of XES"),
            ("<container key='k'/>", "1:30 5.1 <container> is not an element of XES"),
            ("<trace><trace/></trace>", "1:37 5.2 <trace> is not allowed in <trace>"),
            ("<event><event/></event>", "1:37 5.3 <event> is not allowed in <event>"),
            ("<global><event/></global>", "1:38 5.6 <event> is not allowed in <global>"),
            ("<values key='v'/>", "1:30 5.1 <values> is not allowed in <log>"),
            ("<trace><extension/></trace>", "1:37 5.2 <extension> is not allowed in <trace>"),
            (
                "<global><int key='k' value='1'/></global><classifier name='C' keys='k'><int key='k' value='1'/></classifier>",
                "1:101 5.7 <int> is not allowed in <classifier>",
            ),
            ("<int key='k' value='1'><event/></int>", "1:53 5.4 <event> is not allowed in an attribute"),
            ("<list key='k'/>", "1:30 5.4 <list> has no <values>"),
            ("<event>text</event>", "1:37 5.3 unexpected text \"text\" in <event>"),
            ("<event> <![CDATA[ x ]]></event>", "1:39 5.3 unexpected text \"x\" in <event>"),
            ("<event>&#65;</event>", "1:37 5.3 unexpected text \"A\" in <event>"),
            ("<log xes.version='1'/>", "1:30 5.1 <log> is not allowed in <log>"),
            ("<event xmlns='u'/>", "1:30 5.1 <event> is in another namespace than <log>"),
        ] {
            assert_eq!(within_log(body), [messages], "{body}");
        }
        // Nothing is said of what a foreign element holds.
        assert_eq!(within_log("<f a='b'>text<event/><int/></f>").len(), 1);
    }

    #[test]
    fn elements_have_the_xml_attributes_of_the_schema() {
        for (body, messages) in [
            ("<string key='k'/>", vec!["1:30 5.4 <string> has no \"value\""]),
            ("<string/>", vec!["1:30 5.4 <string> has no \"key\"", "1:30 5.4 <string> has no \"value\""]),
            (
                "<global><id value='550e8400-e29b-41d4-a716-446655440000'/></global>",
                vec!["1:38 5.4 <id> has no \"key\""],
            ),
            (
                "<global><int key='k' value='1'/></global><classifier keys='k'/>",
                vec!["1:71 5.7 <classifier> has no \"name\""],
            ),
            ("<classifier name='C'/>", vec!["1:30 5.7 <classifier> has no \"keys\""]),
            ("<extension name='E' uri='u'/>", vec!["1:30 5.5 <extension> has no \"prefix\""]),
            ("<trace key='k'/>", vec!["1:37 5.2 <trace> has no XML attribute \"key\""]),
            (
                "<string key='k' value='' type='t'/>",
                vec!["1:55 5.4 an attribute has no XML attribute \"type\""],
            ),
            ("<event xml:id='i' xmlns:a='u' a:b=''/>", vec!["1:60 5.3 <event> has no XML attribute \"a:b\""]),
            (
                "<list key='k' value='v'><values key='v'/></list>",
                vec!["1:44 5.4 <list> has no XML attribute \"value\""],
            ),
        ] {
            assert_eq!(within_log(body), messages, "{body}");
        }
        assert_eq!(told("<log/>"), ["1:1 5.1 <log> has no \"xes.version\""]);
        assert_eq!(
            told("<log\n xes.version='v1'\n openxes.version='2'/>"),
            [
                "2:2 5.1 \"xes.version\" of <log> is \"v1\", expected an xs:decimal",
                "3:2 5.1 <log> has no XML attribute \"openxes.version\""
            ]
        );
    }

    #[test]
    fn values_are_of_their_types_and_long_ones_are_cut_in_the_sentence() {
        for (body, messages) in [
            (
                "<boolean key='k' value='o.O'/>",
                "1:47 4.2 \"value\" of <boolean> is \"o.O\", expected an xs:boolean",
            ),
            ("<int key='k' value='13.37'/>", "1:43 4.2 \"value\" of <int> is \"13.37\", expected an xs:long"),
            (
                "<float key='k' value='1.0.0'/>",
                "1:45 4.2 \"value\" of <float> is \"1.0.0\", expected an xs:double",
            ),
            (
                "<date key='k' value='2002-05-30T09:30:10'/>",
                "1:44 4.2 \"value\" of <date> is \"2002-05-30T09:30:10\", expected an xs:dateTime with a time zone",
            ),
            ("<id key='k' value='7'/>", "1:42 4.2 \"value\" of <id> is \"7\", expected a UUID"),
            (
                "<int key='long ago' value='1'/>",
                "1:35 5.4 \"key\" of <int> is \"long ago\", expected an xs:Name",
            ),
            ("<global scope='log'/>", "1:38 5.6 \"scope\" of <global> is \"log\", expected trace or event"),
            (
                "<classifier name='C' scope='x' keys='a'/>",
                "1:51 5.7 \"scope\" of <classifier> is \"x\", expected trace or event",
            ),
            (
                "<extension name='a:b' prefix='p' uri=''/>",
                "1:41 5.5 \"name\" of <extension> is \"a:b\", expected an xs:NCName",
            ),
        ] {
            assert_eq!(within_log(body), [messages], "{body}");
        }
        let long = within_log(&format!("<int key='k' value='{}'/>", "é".repeat(1000)));
        assert!(long[0].contains(&format!("{}…\"", "é".repeat(60))) && long[0].len() < 250, "{long:?}");
    }

    #[test]
    fn keys_globals_classifiers_and_prefixes_agree() {
        let int = |key: &str| format!("<int key='{key}' value='1'/>");
        let (a, b) = (int("a"), int("b"));
        for (body, messages) in [
            (format!("<event>{a}{b}{a}</event>"), vec!["1:90 4.2 the key \"a\" occurs twice in one element"]),
            (format!("<event><int key='a' value='1'>{a}</int></event>"), vec![]),
            (
                format!("<event>{a}<int key=' a\n' value='1'/></event>"),
                vec!["1:66 4.2 the key \"a\" occurs twice in one element"],
            ),
            (format!("{a}<trace>{a}<event>{a}</event></trace>"), vec![]),
            (
                format!(
                    "<global>{a}</global><global scope='trace'>{b}</global><trace><event>{b}</event></trace>"
                ),
                vec![
                    "1:133 4.3 <event> lacks the global attribute \"a\"",
                    "1:126 4.3 <trace> lacks the global attribute \"b\"",
                ],
            ),
            (format!("<global>{a}</global><event>{b}{a}</event>"), vec![]),
            (
                format!("<global>{a}</global><classifier name='C' scope='trace' keys='a'/>"),
                vec!["1:106 4.4 the classifier's key \"a\" is not a global attribute of traces"],
            ),
            (
                format!("<global scope='event'>{a}</global><classifier name='C' keys='a b'/>"),
                vec!["1:106 4.4 the classifier's key \"b\" is not a global attribute of events"],
            ),
            (
                "<extension name='A' prefix='p' uri='u'/><extension name='B' prefix='p' uri='v'/>".to_owned(),
                vec!["1:90 4.5 a second extension has the prefix \"p\""],
            ),
        ] {
            assert_eq!(within_log(&body), messages, "{body}");
        }
        // Many keys in one element take no longer than few, and are told apart all the same.
        let many: String = (0..20_000).map(|number| int(&format!("k{number}"))).collect();
        assert_eq!(within_log(&format!("<event>{many}{}</event>", int("k19999"))).len(), 1);
    }

    #[test]
    fn a_classifier_has_keys() {
        for keys in [
            "keys=''",
            "keys=' '",
            "keys='\t\n'",
            "keys='&#32;'",
            "scope='trace' keys=''",
            "scope='x' keys=''",
        ] {
            let messages = within_log(&format!("<classifier name='C' {keys}/>"));
            assert!(
                messages.iter().any(|it| it.contains(" 4.4 the classifier has no keys")),
                "{keys}: {messages:?}"
            );
        }
    }

    /// A declaration of an extension of the standard.
    fn declared(name: &str, prefix: &str, file: &str) -> String {
        format!(
            "<extension name='{name}' prefix='{prefix}' uri='http://www.xes-standard.org/{file}.xesext'/>"
        )
    }

    #[test]
    fn attributes_are_of_the_types_that_their_extensions_give_them() {
        let (string, int) = ("<string key='K' value='a'/>", "<int key='K' value='1'/>");
        let (float, boolean) = ("<float key='K' value='1'/>", "<boolean key='K' value='1'/>");
        let (date, text) = ("<date key='K' value='2024-01-01T00:00:00Z'/>", "<string key='K' value='1'/>");
        let (id, list) = (
            "<id key='K' value='550e8400-e29b-41d4-a716-446655440000'/>",
            "<list key='K'><values key='v'/></list>",
        );
        for (prefix, file, key, right, wrong, expected) in [
            ("concept", "concept", "name", string, int, "<string>"),
            ("concept", "concept", "instance", string, float, "<string>"),
            ("lifecycle", "lifecycle", "transition", string, boolean, "<string>"),
            ("lifecycle", "lifecycle", "model", string, list, "<string>"),
            ("org", "org", "resource", string, int, "<string>"),
            ("org", "org", "role", string, id, "<string>"),
            ("time", "time", "timestamp", date, text, "<date>"),
            ("semantic", "semantic", "modelReference", string, int, "<string>"),
            ("identity", "identity", "id", id, text, "<id>"),
            ("cost", "cost", "total", float, int, "<float>"),
            ("cost", "cost", "currency", string, float, "<string>"),
            ("micro", "micro", "level", int, text, "<int>"),
            ("swcomm", "swcomm", "localPort", int, text, "<int>"),
            // The declaration says what a prefix stands for.
            ("c", "concept", "name", string, int, "<string>"),
        ] {
            let key = format!("{prefix}:{key}");
            let extension = declared("E", prefix, file);
            for place in [
                "<event>A</event>",
                "<trace>A<event/></trace>",
                "A",
                "<event><string key='n' value=''>A</string></event>",
                "<event><list key='l'><values key='v'>A</values></list></event>",
                "<global>A</global>",
            ] {
                let body = |attribute: &str| {
                    format!("{extension}{}", place.replace('A', &attribute.replace('K', &key)))
                };
                assert_eq!(within_log(&body(right)), [""; 0], "{}", body(right));
                let messages = within_log(&body(wrong));
                assert_eq!(messages.len(), 1, "{}: {messages:?}", body(wrong));
                let says =
                    messages[0].contains(" 4.5 ") && messages[0].ends_with(&format!("expected {expected}"));
                assert!(says, "{messages:?}");
            }
        }
        // Another extension by the prefix, or a key that is not defined.
        let concept = declared("E", "concept", "concept");
        for body in [
            "<extension name='E' prefix='concept' uri='http://example.org/mine'/><int key='concept:name' value='1'/>"
                .to_owned(),
            format!("{concept}<event><int key='concept:size' value='1'/></event>"),
            format!("{concept}<event><int key='x:concept:name' value='1'/><int key='name' value='1'/></event>"),
            "<event><int key='mine:name' value='1'/></event>".to_owned(),
        ] {
            assert_eq!(within_log(&body), [""; 0], "{body}");
        }
    }

    #[test]
    fn an_extension_that_is_used_is_declared() {
        let name = "<string key='concept:name' value='a'/>";
        let org = "<string key='org:resource' value='a'/>";
        let concept = declared("Concept", "concept", "concept");
        for (body, prefixes) in [
            (format!("<event>{name}</event>"), vec!["concept"]),
            (format!("{concept}<event>{name}</event>"), vec![]),
            // Each is told once.
            (
                format!("<trace>{name}<event>{name}{org}</event><event>{org}</event></trace>"),
                vec!["concept", "org"],
            ),
            (format!("{concept}<event>{name}{org}</event>"), vec!["org"]),
            (format!("{concept}<global scope='trace'>{org}</global>"), vec!["org"]),
            (format!("{concept}<event><string key='a' value=''>{org}</string></event>"), vec!["org"]),
            (format!("<list key='l'><values key='v'>{org}</values></list>"), vec!["org"]),
            (format!("{}<event>{name}</event>", declared("Concept", "c", "concept")), vec!["concept"]),
            ("<event><string key='org' value=''/><string key='a:b' value=''/></event>".to_owned(), vec![]),
        ] {
            let messages = within_log(&body);
            let found: Vec<&str> = messages.iter().map(|it| it.rsplit('"').nth(1).unwrap()).collect();
            assert_eq!(found, prefixes, "{body}: {messages:?}");
            assert!(messages.iter().all(|it| it.contains(" 5.5 the key ")), "{messages:?}");
        }
        let late = within_log(&format!("<string key='concept:name' value=''/>{concept}"));
        assert!(late[0].contains("no <extension> before it"), "{late:?}");
    }

    #[test]
    fn attributes_within_others_are_among_the_features() {
        let nested =
            "<event><int key='a' value='1'><int key='b' value='1'/><int key='c' value='1'/></int></event>";
        let list = "<event><list key='a'><values key='v'><int key='b' value='1'/></values></list></event>";
        for (features, body, count) in [
            ("xes.features=''", nested, 1),
            ("xes.features='other'", nested, 1),
            ("xes.features='nested-attributes'", nested, 0),
            ("xes.features='a nested-attributes\tb'", nested, 0),
            ("", nested, 0),
            ("xes.features=''", list, 0),
            ("xes.features=''", "<event><int key='a' value='1'/></event>", 0),
        ] {
            let messages = told(&format!("<log xes.version='1' {features}>{body}</log>"));
            assert_eq!(messages.len(), count, "{features} {body}: {messages:?}");
            assert!(
                messages.iter().all(|it| it.contains(" 5.1 <int> is nested in another attribute")),
                "{messages:?}"
            );
        }
    }

    #[test]
    fn what_is_not_xml_is_said_and_ends_it() {
        for (text, messages) in [
            ("", "1:1 5.1 the element <log> is missing"),
            ("<?xml version='1.0'?>\n<!-- - -->\n", "3:1 5.1 the element <log> is missing"),
            ("<html/>", "1:1 5.1 the root is <html>, expected <log>"),
            ("<log xes.version='1'>", "1:22 2.1 not well-formed: the text ends within <log>"),
            ("<log xes.version='1'/>\n<log/>", "2:1 2.1 not well-formed: <log> after the end of the root"),
            ("<log xes.version='1'/> x", "1:24 2.1 not well-formed: \"x\" outside of the root"),
            (
                "<log xes.version='1'></lag><int/>",
                "1:22 2.1 not well-formed: ill-formed document: expected `</log>`, but `</lag>` was found",
            ),
            (
                "<log xes.version='1' xes.version='1'/>",
                "1:1 2.1 not well-formed: position 20: duplicated attribute, previous declaration at position 4",
            ),
            (
                "<log xes.version='1'><f a='&b;'/></log>",
                "1:25 2.1 not well-formed: unrecognized entity `b` in \"a\"",
            ),
            ("<log xes.version='1'><f a='&#0;'/></log>", "1:25 2.1 not well-formed"),
            (
                "<log xes.version='1'><f a='&#xFFFF;'/></log>",
                "1:25 2.1 not well-formed: the character '\\u{ffff}' in \"a\"",
            ),
            ("<log xes.version='1'><f a='<'/></log>", "1:25 2.1 not well-formed: a bare '<' in \"a\""),
            (
                "<log xes.version='1'><f a='\u{1}'/></log>",
                "1:25 2.1 not well-formed: the character '\\u{1}' in \"a\"",
            ),
            ("<log xes.version='1'>&b;</log>", "1:22 2.1 not well-formed"),
            ("<log xes.version='1'>\u{1}</log>", "1:22 2.1 not well-formed: the character '\\u{1}'"),
            ("<log xes.version='1'><x:event/></log>", "1:22 2.1 the prefix \"x\" is bound to no namespace"),
            ("<log xes.version='1' x:a=''/>", "1:22 2.1 the prefix \"x\" is bound to no namespace"),
            (
                "<log xes.version='1'><?xml version='1.0'?></log>",
                "1:22 2.8 an XML declaration that isn't the first",
            ),
            ("<log xes.version='1'><!-- -- --></log>", "1:22 2.1 not well-formed"),
        ] {
            let found = told(text);
            let last = found.last().unwrap();
            assert!(last.starts_with(messages), "{text}: {found:?}");
            assert!(
                found.len() == 1 || text.starts_with("<log xes.version='1'><f") && found.len() == 2,
                "{found:?}"
            );
        }
        let found = violations(b"<log xes.version='1'>\n  <f a='\xFF'/></log>");
        assert_eq!((found[0].line, found[0].column), (2, 3));
        assert!(found[0].what.contains("UTF-8"), "{found:?}");
        let deep = format!("{}{}", "<f>".repeat(300), "</f>".repeat(300));
        assert!(within_log(&deep).last().unwrap().contains("256 deep"));
    }

    #[test]
    fn every_cut_of_the_input_says_the_same() {
        let text = SOUND.replace("2024-01", "2024-13").replace("<trace>", "<trace>é&#233;<oops/>");
        let whole = violations(text.as_bytes());
        assert_eq!(whole.len(), 4, "{whole:?}");
        for violation in &whole {
            let before = &text.as_bytes()[..violation.byte as usize];
            assert_eq!(violation.line, 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64);
        }
        for piece in 3..100 {
            let mut found = Vec::new();
            let mut reader = BufReader::with_capacity(piece, text.as_bytes());
            validate(&mut reader, &mut |violation| {
                found.push(violation);
                Flow::Continue
            })
            .unwrap();
            assert_eq!(found, whole, "{piece}");
        }
    }

    #[test]
    fn it_stops_when_asked_and_fails_when_the_text_does() {
        let mut count = 0;
        validate(&mut Cursor::new("<log><a/><b/><c/></log>"), &mut |_| {
            count += 1;
            if count == 2 { Flow::Stop } else { Flow::Continue }
        })
        .unwrap();
        assert_eq!(count, 2);

        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::ConnectionReset.into())
            }
        }
        let start = Cursor::new("<log xes.version='1'>");
        let mut text = BufReader::new(start.chain(Broken));
        let error = validate(&mut text, &mut |_| Flow::Continue).unwrap_err();
        assert_eq!(error.code(), Code::InputRead);
    }

    #[test]
    fn a_token_without_end_is_refused_before_it_fills_memory() {
        let mut text =
            BufReader::with_capacity(1 << 16, Cursor::new("<log a='").chain(std::io::repeat(b'x')));
        let error = validate(&mut text, &mut |_| Flow::Continue).unwrap_err();
        assert_eq!(error.code(), Code::RecordTooLong);
        assert_eq!(error.position().unwrap().byte, Some(0));
    }
}
