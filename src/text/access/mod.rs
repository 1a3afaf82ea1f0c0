//! Access logs of web servers: Apache and nginx in any of their formats, and the W3C's extended format.
//!
//! ```text
//! layout.rs    how lines are made up, from format strings and lists of fields
//! mod.rs       lines by their layout
//! log_text.rs  the format in the registry
//! ```
//!
//! A field that a server writes as `-` is null. Escaped quotes and printable characters are written plain;
//! `\xhh` stays where the byte is none of ASCII. A request that is no request line is kept as it is, in the
//! column `request`. Records are lines, so the driver of `lines.rs` does the rest.

pub mod layout;
mod log_text;

use memchr::{memchr, memchr2, memmem};

use self::layout::{Field, FieldKind, Layout, Part};
use super::lines::{FoundColumns, LineFormat, LineResult, LineRow};
use crate::model::calendar::{date_of, days_of};
use crate::model::kind::Kind;
use crate::model::time_names::month_of;

/// The column of requests that are no request lines.
const REQUEST: &str = "request";
/// The column of the name that the client's machine gives its user, which hardly any does.
const IDENTITY: &str = "identity";

/// An access log whose layout is known.
#[derive(Debug, Clone)]
pub struct Access {
    body: u64,
    layout: Layout,
    /// The columns that are known: those of the layout, and those that were met.
    columns: FoundColumns,
    /// For each column of the layout its place among the columns; `None` for one that is found on the way.
    places: Vec<Option<usize>>,
    /// Where the columns behind those of the layout begin.
    fixed: usize,
}

impl Access {
    /// A log whose first line is at `body`.
    pub fn new(layout: Layout, body: u64) -> Self {
        let is_fixed = |name: &&String| *name != IDENTITY;
        let names: Vec<String> = layout.columns.iter().filter(is_fixed).cloned().collect();
        let mut next = 0..;
        let places =
            layout.columns.iter().map(|name| is_fixed(&name).then(|| next.next()).flatten()).collect();
        let fixed = names.len();
        Self { body, columns: FoundColumns::new(names), layout, places, fixed }
    }

    /// The same log with these columns behind those of the layout.
    fn with_late(&self, late: Vec<String>) -> Self {
        let names = self.columns.names()[..self.fixed].iter().cloned().chain(late).collect();
        Self { columns: FoundColumns::new(names), ..self.clone() }
    }

    /// Whether a line is in the layout, with times and numbers where it has them.
    fn fits(&self, line: &str) -> bool {
        let mut is_told = false;
        let fits = self.parts(line, &mut |field, value| {
            let is_right = match field.kind {
                FieldKind::ServerTime => server_time(value.as_bytes()).is_some(),
                FieldKind::Int => value == "-" || value.bytes().all(|byte| byte.is_ascii_digit()),
                _ => return true,
            };
            is_told |= is_right;
            is_right
        });
        is_told && fits == Ok(true)
    }

    /// Gives the fields of a line to `take` until it says no; false then.
    ///
    /// # Errors
    /// The place in the line where it does not fit, and what was expected there.
    fn parts<'l>(
        &self,
        line: &'l str,
        take: &mut dyn FnMut(&Field, &'l str) -> bool,
    ) -> Result<bool, (&'l str, String)> {
        if self.layout.is_w3c {
            return self.w3c_parts(line, take);
        }
        let mut rest = line;
        let mut parts = self.layout.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Literal(text) => match rest.strip_prefix(&**text) {
                    Some(behind) => rest = behind,
                    None => return Err((rest, format!("expected {text:?}, found {:?}", shown(rest)))),
                },
                Part::Field(field) => {
                    let next = match parts.peek() {
                        Some(Part::Literal(text)) => &**text,
                        _ => "",
                    };
                    let Some(end) = field_end(rest.as_bytes(), field.is_quoted, next) else {
                        let what = match field.is_quoted {
                            true => "expected a closing quote, found the end of the line".to_owned(),
                            false => format!("expected {next:?} behind a field, found {:?}", shown(rest)),
                        };
                        return Err((rest, what));
                    };
                    let (value, behind) = rest.split_at(end);
                    rest = behind;
                    if !take(field, value) {
                        return Ok(false);
                    }
                }
            }
        }
        match rest {
            "" => Ok(true),
            more => Err((more, format!("expected the end of the line, found {:?}", shown(more)))),
        }
    }

    /// The same for fields between white space, quoted or not.
    fn w3c_parts<'l>(
        &self,
        line: &'l str,
        take: &mut dyn FnMut(&Field, &'l str) -> bool,
    ) -> Result<bool, (&'l str, String)> {
        let mut rest = line.trim_start();
        if rest.starts_with("#Fields:") {
            return Err((rest, "expected one list of fields for all lines, found another".to_owned()));
        }
        let (all, mut found) = (self.layout.parts.len(), 0);
        for part in &self.layout.parts {
            let Part::Field(field) = part else { continue };
            if rest.is_empty() {
                return Err((rest, format!("expected {all} fields, found {found}")));
            }
            let value = match rest.strip_prefix('"') {
                Some(inner) => {
                    let Some(end) = memchr(b'"', inner.as_bytes()) else {
                        return Err((rest, "expected a closing quote, found the end of the line".to_owned()));
                    };
                    rest = &inner[end + 1..];
                    &inner[..end]
                }
                None => {
                    let mut end = space(rest);
                    // A date and the time behind it are one moment.
                    if field.kind == FieldKind::ServerTime && end < rest.len() {
                        end += 1 + space(&rest[end + 1..]);
                    }
                    let (value, behind) = rest.split_at(end);
                    rest = behind;
                    value
                }
            };
            rest = rest.trim_start();
            found += 1;
            if !take(field, value) {
                return Ok(false);
            }
        }
        match rest {
            "" => Ok(true),
            more => Err((more, format!("expected {all} fields, found more: {:?}", shown(more)))),
        }
    }
}

/// Where the first white space of a text is, or its end.
fn space(text: &str) -> usize {
    memchr2(b' ', b'\t', text.as_bytes()).unwrap_or(text.len())
}

/// The beginning of a text, for a message.
fn shown(text: &str) -> String {
    const SHOWN: usize = 30;
    text.chars().take(SHOWN).collect()
}

/// Where a field ends: at a quote that is not escaped, or where the next literal begins.
#[inline]
fn field_end(text: &[u8], is_quoted: bool, next: &str) -> Option<usize> {
    if is_quoted {
        let mut at = 0;
        loop {
            let found = at + memchr2(b'"', b'\\', text.get(at..)?)?;
            if text[found] == b'"' {
                return Some(found);
            }
            at = found + 2;
        }
    }
    match next.as_bytes() {
        [] => Some(text.len()),
        [only] => memchr(*only, text),
        next => memmem::find(text, next),
    }
}

impl LineFormat for Access {
    fn body(&self) -> u64 {
        self.body
    }

    fn columns(&self) -> &FoundColumns {
        &self.columns
    }

    fn line(&self, line: &str, row: &mut LineRow<'_>) -> LineResult {
        let mut fault = None;
        let fits = self.parts(line, &mut |field, value| match self.put(field, value, row) {
            Ok(()) => true,
            Err(found) => {
                fault = Some(found);
                false
            }
        });
        match (fits, fault) {
            (_, Some(fault)) => Err(fault),
            (Err((part, what)), None) => Err(row.fault(part, what)),
            (Ok(_), None) => Ok(()),
        }
    }

    fn is_comment(&self, line: &[u8]) -> bool {
        if !self.layout.is_w3c || !line.starts_with(b"#") {
            return false;
        }
        // A list of other fields makes the lines below it other lines: then it is no comment, and no record.
        let fields = line.strip_prefix(b"#Fields:").and_then(|fields| std::str::from_utf8(fields).ok());
        fields.is_none_or(|fields| fields.split_whitespace().eq(self.layout.fields.split_whitespace()))
    }

    fn unescape(&self, raw: &[u8], out: &mut Vec<u8>) {
        match server_time(raw) {
            Some(time) => out.extend_from_slice(&time),
            None => match unix_time(raw) {
                Some(time) => out.extend_from_slice(time.as_bytes()),
                None => unescape(raw, out),
            },
        }
    }
}

impl Access {
    /// Gives the row the value of a field.
    #[inline]
    fn put(&self, field: &Field, value: &str, row: &mut LineRow<'_>) -> LineResult {
        if value == "-" {
            return Ok(());
        }
        let Some(column) = self.places[field.column] else {
            return if value.is_empty() { Ok(()) } else { row.put(IDENTITY, value) };
        };
        match field.kind {
            FieldKind::Text if field.is_quoted && memchr(b'\\', value.as_bytes()).is_some() => {
                row.set_escaped(column, value, Kind::Text);
            }
            FieldKind::Text => row.set(column, value, Kind::Text),
            FieldKind::Int if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                row.set(column, value, Kind::Int);
            }
            FieldKind::Float if is_decimal(value) => {
                let is_whole = value.bytes().all(|byte| byte.is_ascii_digit());
                row.set(column, value, if is_whole { Kind::Int } else { Kind::Float });
            }
            FieldKind::Int | FieldKind::Float if value.is_empty() => {}
            FieldKind::Int => {
                let name = &self.layout.columns[field.column];
                return Err(row.fault(value, format!("expected a whole number as {name}, found {value:?}")));
            }
            FieldKind::Float => row.set(column, value, Kind::Text),
            FieldKind::Time => row.set(column, value, Kind::Time),
            FieldKind::ServerTime if self.layout.is_w3c => row.set(column, value, Kind::Time),
            FieldKind::ServerTime if server_time(value.as_bytes()).is_some() => {
                row.set_escaped(column, value, Kind::Time);
            }
            FieldKind::UnixSeconds if unix_time(value.as_bytes()).is_some() => {
                row.set_escaped(column, value, Kind::Time);
            }
            FieldKind::ServerTime | FieldKind::UnixSeconds => {
                return Err(row.fault(value, format!("expected a time, found {:?}", shown(value))));
            }
            FieldKind::Request => return put_request(column, value, row),
        }
        Ok(())
    }
}

/// Whether a text is a number in digits with at most one point.
fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    !whole.is_empty() && [whole, fraction].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Gives the row method, path and protocol of a request; what is none is kept whole.
#[inline]
fn put_request(column: usize, value: &str, row: &mut LineRow<'_>) -> LineResult {
    let is_method = |method: &str| {
        !method.is_empty()
            && method.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'))
    };
    let parts = value.split_once(' ').filter(|(method, path)| is_method(method) && !path.is_empty());
    let Some((method, rest)) = parts else {
        return if value.is_empty() { Ok(()) } else { row.put(REQUEST, value) };
    };
    // A path with spaces is wrong, and sent all the same.
    let (path, protocol) = match rest.rsplit_once(' ') {
        Some((path, protocol)) if protocol.starts_with("HTTP/") => (path, Some(protocol)),
        _ => (rest, None),
    };
    row.set(column, method, Kind::Text);
    match memchr(b'\\', path.as_bytes()) {
        Some(_) => row.set_escaped(column + 1, path, Kind::Text),
        None => row.set(column + 1, path, Kind::Text),
    }
    if let Some(protocol) = protocol {
        row.set(column + 2, protocol, Kind::Text);
    }
    Ok(())
}

/// `10/Oct/2000:13:55:36 -0700` as `2000-10-10T13:55:36-07:00`; `None` for anything else.
#[inline]
fn server_time(text: &[u8]) -> Option<[u8; 25]> {
    let &[
        d,
        e,
        b'/',
        m,
        o,
        n,
        b'/',
        y1,
        y2,
        y3,
        y4,
        b':',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
        b' ',
        sign,
        z1,
        z2,
        z3,
        z4,
    ] = text
    else {
        return None;
    };
    let month = match [m, o, n] {
        [b'J', b'a', b'n'] => 1,
        [b'F', b'e', b'b'] => 2,
        [b'M', b'a', b'r'] => 3,
        [b'A', b'p', b'r'] => 4,
        [b'M', b'a', b'y'] => 5,
        [b'J', b'u', b'n'] => 6,
        [b'J', b'u', b'l'] => 7,
        [b'A', b'u', b'g'] => 8,
        [b'S', b'e', b'p'] => 9,
        [b'O', b'c', b't'] => 10,
        [b'N', b'o', b'v'] => 11,
        [b'D', b'e', b'c'] => 12,
        other => month_of(&other)? as u8,
    };
    let digits = [d, e, y1, y2, y3, y4, h1, h2, i1, i2, s1, s2, z1, z2, z3, z4];
    if !digits.iter().all(u8::is_ascii_digit) || !matches!(sign, b'+' | b'-') {
        return None;
    }
    let number = |tens: u8, ones: u8| (tens - b'0') * 10 + (ones - b'0');
    let (day, hour, minute, second) = (number(d, e), number(h1, h2), number(i1, i2), number(s1, s2));
    if day == 0
        || day > 31
        || hour > 23
        || minute > 59
        || second > 60
        || number(z1, z2) > 23
        || number(z3, z4) > 59
    {
        return None;
    }
    let year = i32::from(number(y1, y2)) * 100 + i32::from(number(y3, y4));
    // A day that there is not, such as 30 February, comes back as another one.
    if date_of(days_of(year, u32::from(month), u32::from(day))) != (year, u32::from(month), u32::from(day)) {
        return None;
    }
    let (m1, m2) = (b'0' + month / 10, b'0' + month % 10);
    Some([
        y1, y2, y3, y4, b'-', m1, m2, b'-', d, e, b'T', h1, h2, b':', i1, i2, b':', s1, s2, sign, z1, z2,
        b':', z3, z4,
    ])
}

/// Seconds since 1970, with a fraction or none, as ISO 8601 has the moment; `None` for anything else.
fn unix_time(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = seconds.parse().ok().filter(|it| (0..253_402_300_800).contains(it))?;
    let (year, month, day) = date_of((seconds / 86_400) as i32);
    let second = seconds % 86_400;
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{point}{fraction}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    ))
}

/// Writes escaped quotes, backslashes and printable characters plain; all other escapes stay.
fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let hex = |digit: u8| char::from(digit).to_digit(16).map(|it| it as u8);
        match *rest {
            [_, quote @ (b'"' | b'\\'), ..] => {
                out.push(quote);
                rest = &rest[2..];
            }
            [_, b'x', high, low, ..]
                if let (Some(high), Some(low)) = (hex(high), hex(low))
                    && (0x20..0x7f).contains(&(high * 16 + low)) =>
            {
                out.push(high * 16 + low);
                rest = &rest[4..];
            }
            _ => {
                out.push(b'\\');
                rest = &rest[1..];
            }
        }
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_servers_become_those_of_iso_8601() {
        let time =
            |text: &str| server_time(text.as_bytes()).map(|it| String::from_utf8(it.to_vec()).unwrap());
        assert_eq!(time("10/Oct/2000:13:55:36 -0700").as_deref(), Some("2000-10-10T13:55:36-07:00"));
        for text in [
            "30/Feb/2024:00:00:00 +0000",
            "10/Okt/2000:13:55:36 -0700",
            "10/Oct/2000:24:55:36 -0700",
            "10/Oct/2000:13:55:36",
            "",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
        assert_eq!(unix_time(b"1714557600.250").as_deref(), Some("2024-05-01T10:00:00.250Z"));
        assert_eq!(unix_time(b"-1"), None);
    }

    #[test]
    fn escapes_are_undone_as_far_as_they_are_text() {
        let plain = |raw: &str| {
            let mut out = Vec::new();
            unescape(raw.as_bytes(), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(plain(r#"say \"hi\" \\ \x22 \xC3\xA9 \x00 \t \"#), r#"say "hi" \ " \xC3\xA9 \x00 \t \"#);
    }

    #[test]
    fn layouts_fit_their_own_lines_and_no_others() {
        let line = r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a\"b HTTP/1.0" 200 2326"#;
        let fits: Vec<String> =
            Layout::usual().filter(|it| Access::new(it.clone(), 0).fits(line)).map(|it| it.name).collect();
        assert_eq!(fits, ["common"]);
        let combined = format!(r#"{line} "-" "Mozilla""#);
        let fits: Vec<String> = Layout::usual()
            .filter(|it| Access::new(it.clone(), 0).fits(&combined))
            .map(|it| it.name)
            .collect();
        assert_eq!(fits, ["combined"]);
        assert!(!Layout::usual().any(|it| Access::new(it, 0).fits("a,b,c")));
    }
}
