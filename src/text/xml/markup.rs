//! What stands inside markup: names, attributes of a tag, references, characters. Strict where the tokenizer
//! is not, as XML 1.0 (fifth edition) says.

use super::XmlFault;
use crate::error::Code;
use crate::model::table::Unescape;

/// Attributes that one tag may have. A check for doubles costs time and memory for each.
pub const MOST_ATTRIBUTES: usize = 65_536;

/// One attribute of a tag; places count from the tag's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XmlAttribute<'t> {
    /// The qualified name, prefix included.
    pub name: &'t str,
    /// The text between the quotes, with its references.
    pub raw: &'t str,
    /// Offset at which the raw value begins.
    pub at: usize,
}

/// Splits the text of a tag, `name a="1" b='2'`, into its name and attributes, which are appended to `found`.
/// `at` is where it stands.
pub fn tag<'t>(text: &'t str, at: usize, found: &mut Vec<XmlAttribute<'t>>) -> Result<&'t str, XmlFault> {
    let bytes = text.as_bytes();
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let end = bytes.iter().position(space).unwrap_or(bytes.len());
    let name = &text[..end];
    if !is_name(name) {
        return Err(XmlFault::new(Code::Xml, at, format!("expected the name of an element, found {name:?}")));
    }
    let first = found.len();
    let mut next = end;
    loop {
        let gap = bytes[next..].iter().take_while(|byte| space(byte)).count();
        let start = next + gap;
        if start == bytes.len() {
            break;
        }
        if gap == 0 {
            return Err(XmlFault::new(Code::Xml, at + start, "expected white space before an attribute"));
        }
        let length = bytes[start..].iter().position(|byte| space(byte) || *byte == b'=');
        let stop = start + length.unwrap_or(bytes.len() - start);
        let name = &text[start..stop];
        if !is_name(name) {
            return Err(XmlFault::new(
                Code::Xml,
                at + start,
                format!("expected the name of an attribute, found {name:?}"),
            ));
        }
        let equals = stop + bytes[stop..].iter().take_while(|byte| space(byte)).count();
        if bytes.get(equals) != Some(&b'=') {
            return Err(XmlFault::new(Code::Xml, at + equals, "expected = behind the name of an attribute"));
        }
        let open = equals + 1 + bytes[equals + 1..].iter().take_while(|byte| space(byte)).count();
        let Some(quote @ (b'"' | b'\'')) = bytes.get(open) else {
            return Err(XmlFault::new(
                Code::Xml,
                at + open,
                "expected a quote around the value of an attribute",
            ));
        };
        let Some(length) = bytes[open + 1..].iter().position(|byte| byte == quote) else {
            return Err(XmlFault::new(
                Code::Xml,
                at + open,
                "expected a closing quote, found the end of the tag",
            ));
        };
        let raw = &text[open + 1..open + 1 + length];
        check_value(raw, at + open + 1)?;
        found.push(XmlAttribute { name, raw, at: open + 1 });
        if found.len() - first > MOST_ATTRIBUTES {
            return Err(XmlFault::new(
                Code::XmlLimit,
                at,
                format!("expected at most {MOST_ATTRIBUTES} attributes"),
            ));
        }
        next = open + 2 + length;
    }
    check_doubles(&found[first..], at)?;
    Ok(name)
}

fn check_doubles(found: &[XmlAttribute<'_>], at: usize) -> Result<(), XmlFault> {
    let double = |name: &str, place: usize| {
        Err(XmlFault::new(
            Code::Xml,
            at + place,
            format!("expected each attribute once, found {name:?} again"),
        ))
    };
    if found.len() <= 8 {
        for (index, attribute) in found.iter().enumerate() {
            if found[..index].iter().any(|it| it.name == attribute.name) {
                return double(attribute.name, attribute.at);
            }
        }
        return Ok(());
    }
    let mut seen = std::collections::HashSet::with_capacity(found.len());
    for attribute in found {
        if !seen.insert(attribute.name) {
            return double(attribute.name, attribute.at);
        }
    }
    Ok(())
}

/// Whether it is a Name (§2.3, productions 4 and 4a).
pub fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

fn is_name_start(c: char) -> bool {
    matches!(c, ':' | 'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// Whether XML 1.0 allows the character (§2.2, production 2).
pub const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The first character that XML 1.0 does not allow, as a fault.
pub fn check_chars(text: &str, at: usize) -> Result<(), XmlFault> {
    // Two of the forbidden are three bytes long and begin with EF; all others are control characters.
    if text.bytes().all(|byte| byte >= b' ' && byte != 0xef || matches!(byte, b'\t' | b'\n' | b'\r')) {
        return Ok(());
    }
    match text.char_indices().find(|(_, c)| !is_char(*c)) {
        None => Ok(()),
        Some((place, c)) => {
            let code = if c == '\0' { Code::NulByte } else { Code::Xml };
            Err(XmlFault::new(
                code,
                at + place,
                format!("expected a character that XML allows, found U+{:04X}", c as u32),
            ))
        }
    }
}

/// Checks the value of an attribute: characters, no `<`, references that mean something.
fn check_value(raw: &str, at: usize) -> Result<(), XmlFault> {
    check_chars(raw, at)?;
    if let Some(place) = raw.find('<') {
        return Err(XmlFault::new(
            Code::Xml,
            at + place,
            "expected &lt; in the value of an attribute, found <",
        ));
    }
    check_references(raw, at)
}

/// Checks that every `&` begins a reference that is processed.
pub fn check_references(raw: &str, at: usize) -> Result<(), XmlFault> {
    let mut from = 0;
    while let Some(place) = raw[from..].find('&').map(|it| from + it) {
        let Some(length) = raw[place..].find(';') else {
            return Err(XmlFault::new(Code::Xml, at + place, "expected ; at the end of a reference"));
        };
        let name = &raw[place + 1..place + length];
        if reference(name).is_none() {
            return Err(bad_reference(name, at + place));
        }
        from = place + length + 1;
    }
    Ok(())
}

/// The fault of a reference that is not processed.
pub fn bad_reference(name: &str, at: usize) -> XmlFault {
    if name.starts_with('#') || !is_name(name) {
        return XmlFault::new(Code::Xml, at, format!("expected a reference to a character, found &{name};"));
    }
    XmlFault::new(
        Code::XmlEntity,
        at,
        format!("expected &amp; &lt; &gt; &quot; &apos; or a character reference, found &{name};"),
    )
}

/// The character that a reference means, from the text between `&` and `;`.
pub fn reference(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let (digits, radix) = match number.strip_prefix('x') {
                Some(digits) => (digits, 16),
                None => (number, 10),
            };
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            char::from_u32(u32::from_str_radix(digits, radix).ok()?).filter(|c| is_char(*c))?
        }
    })
}

/// Undoes what XML does to the value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XmlUnescape;

impl Unescape for XmlUnescape {
    /// Replaces references, and line ends (§2.11) and tabs by spaces (§3.3.3); those written as references
    /// stay. `raw` was checked.
    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        let mut at = 0;
        while let Some(byte) = raw.get(at) {
            match byte {
                b'&' => {
                    let length = raw[at..].iter().position(|it| *it == b';').unwrap_or(0);
                    let name =
                        std::str::from_utf8(&raw[at + 1..(at + length).max(at + 1)]).unwrap_or_default();
                    match reference(name) {
                        Some(c) => {
                            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                            at += length + 1;
                        }
                        None => {
                            out.push(b'&');
                            at += 1;
                        }
                    }
                }
                b'\r' => {
                    out.push(b' ');
                    at += if raw.get(at + 1) == Some(&b'\n') { 2 } else { 1 };
                }
                b'\t' | b'\n' => {
                    out.push(b' ');
                    at += 1;
                }
                _ => {
                    out.push(*byte);
                    at += 1;
                }
            }
        }
    }
}

/// The value of an attribute as text.
pub fn value(raw: &str) -> String {
    let mut out = Vec::with_capacity(raw.len());
    XmlUnescape.unescape(raw.as_bytes(), &mut out);
    // References give whole characters, and the rest is copied.
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Result<Vec<(&str, String)>, XmlFault> {
        let mut found = Vec::new();
        tag(text, 0, &mut found)?;
        Ok(found.into_iter().map(|it| (it.name, value(it.raw))).collect())
    }

    #[test]
    fn a_tag_is_split_into_its_attributes() {
        assert_eq!(
            split("string key = \"a&amp;b\"\n value='x\ty&#10;&#x41;\r\n'").unwrap(),
            [("key", "a&b".to_owned()), ("value", "x y\nA ".to_owned())]
        );
        assert_eq!(split("event").unwrap(), []);
    }

    #[test]
    fn what_xml_does_not_allow_in_a_tag_is_a_fault() {
        for (text, code) in [
            ("a b", Code::Xml),
            ("a b=c", Code::Xml),
            ("a b=\"1\"c=\"2\"", Code::Xml),
            ("a b=\"1\" b='2'", Code::Xml),
            ("a b=\"<\"", Code::Xml),
            ("a b=\"&\"", Code::Xml),
            ("a b=\"&#0;\"", Code::Xml),
            ("a b=\"&#xFFFE;\"", Code::Xml),
            ("a b=\"&x;\"", Code::XmlEntity),
            ("a b=\"\u{1}\"", Code::Xml),
            ("a 1=\"\"", Code::Xml),
            ("1", Code::Xml),
            ("a b=\"\0\"", Code::NulByte),
        ] {
            assert_eq!(split(text).unwrap_err().code, code, "{text:?}");
        }
        let many: String = (0..20).map(|n| format!(" a{}=\"\"", n % 19)).collect();
        assert_eq!(split(&format!("a{many}")).unwrap_err().code, Code::Xml);
    }
}
