//! How the lines of an access log are made up: the format strings of Apache's mod_log_config and of nginx's
//! log_format, and the field lists of the W3C's extended format, as parts of a line.
//!
//! Columns have one name whichever server wrote them: `remote_host`, `user`, `time`, `method`, `path`,
//! `protocol`, `status`, `bytes`, `referer`, `user_agent`; other fields keep the server's name, in small
//! letters.

use crate::error::{Code, Error, Result};

/// Formats that have names, and how they are written.
const NAMED: &[(&str, &str)] = &[
    ("combined", r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#),
    ("common", r#"%h %l %u %t "%r" %>s %b"#),
    ("vhost", r#"%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i""#),
    ("vhost-common", r#"%v %h %l %u %t "%r" %>s %b"#),
    (
        "nginx",
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
    ),
    (
        "nginx-main",
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for""#,
    ),
    (
        "traefik",
        r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_count "$frontend_name" "$backend_url" ${duration_ms}ms"#,
    ),
];

/// The name of the W3C's extended format, whose lines say themselves how they are made up.
pub const W3C: &str = "w3c";

/// What a field of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text as it stands in the line.
    Text,
    /// A whole number, such as a status.
    Int,
    /// A number that may have a fraction.
    Float,
    /// A time that is read as it stands.
    Time,
    /// A time such as `10/Oct/2000:13:55:36 -0700`.
    ServerTime,
    /// A number of seconds since 1970.
    UnixSeconds,
    /// The first line of a request: method, path and protocol.
    Request,
}

/// A field that a line has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Of which kind its values are.
    pub kind: FieldKind,
    /// Its column; the first of three for a request.
    pub column: usize,
    /// Whether it stands between double quotes.
    pub is_quoted: bool,
}

/// A part of a line: a field, or text between fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that is the same in all lines.
    Literal(Box<str>),
    /// A field with a value.
    Field(Field),
}

/// How lines are made up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The parts of a line in their order.
    pub parts: Vec<Part>,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// Fields between spaces of any number, as the W3C has them, rather than between literals.
    pub is_w3c: bool,
    /// The fields that the W3C's line names.
    pub fields: String,
    /// What is said of it in reports.
    pub name: String,
}

/// The columns that a request becomes.
pub const REQUEST: [&str; 3] = ["method", "path", "protocol"];

impl Layout {
    /// The formats that a log may be in if nobody says which, the likeliest first.
    pub fn usual() -> impl Iterator<Item = Self> {
        let names = NAMED.iter().filter(|(name, _)| *name != "nginx");
        names.filter_map(|(name, format)| {
            Some(Self { name: (*name).to_owned(), ..Self::compile(format).ok()? })
        })
    }

    /// The format with this name, or with this format string.
    ///
    /// # Errors
    /// [`Code::Usage`] if it is neither.
    pub fn of(wish: &str) -> Result<Self> {
        let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(wish.trim()));
        if let Some((name, format)) = named {
            return Ok(Self { name: (*name).to_owned(), ..Self::compile(format)? });
        }
        if !wish.contains(['%', '$']) {
            let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).chain([W3C]).collect();
            return Err(Error::new(Code::Usage, format!("there is no format of access logs {wish:?}")).help(
                format!(
                    "give {}, or a format string of Apache (%h) or nginx ($remote_addr)",
                    names.join(", ")
                ),
            ));
        }
        Self::compile(wish)
    }

    /// Reads a format string.
    fn compile(format: &str) -> Result<Self> {
        // In the files of servers the quotes of a format string are escaped.
        let format = format.replace("\\\"", "\"").replace("\\t", "\t");
        let mut layout = Self { name: format.clone(), ..Self::default() };
        let is_nginx = format.contains('$');
        let mut rest = format.as_str();
        let mut literal = String::new();
        while let Some(at) = rest.find(if is_nginx { '$' } else { '%' }) {
            literal.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if is_nginx {
                let (name, behind) = variable(rest)?;
                rest = behind;
                layout.literal(&mut literal);
                let (column, kind) = nginx(name);
                layout.field(&column, kind);
            } else {
                let directive = Directive::read(rest)?;
                rest = directive.rest;
                if directive.letter == '%' {
                    literal.push('%');
                    continue;
                }
                let (column, kind) = directive.column();
                let brackets = directive.letter == 't' && directive.argument.is_none();
                if brackets {
                    literal.push('[');
                }
                layout.literal(&mut literal);
                layout.field(&column, kind);
                if brackets {
                    literal.push(']');
                }
            }
        }
        literal.push_str(rest);
        layout.literal(&mut literal);
        let is_field = |part: &Part| matches!(part, Part::Field(_));
        if layout.parts.windows(2).any(|pair| pair.iter().all(is_field)) {
            let what =
                format!("two fields of {format:?} stand side by side: where the first ends is not known");
            return Err(Error::new(Code::Usage, what).help("put the text that is between them"));
        }
        if !layout.parts.iter().any(is_field) {
            return Err(Error::new(Code::Usage, format!("{format:?} has no field")));
        }
        layout.prefer_bytes();
        layout.mark_quoted();
        Ok(layout)
    }

    /// The layout of lines with these fields, as a line `#Fields:` names them.
    pub fn w3c(fields: &str) -> Self {
        let mut layout =
            Self { is_w3c: true, fields: fields.to_owned(), name: W3C.to_owned(), ..Self::default() };
        let names: Vec<&str> = fields.split_whitespace().collect();
        let mut at = 0;
        while let Some(name) = names.get(at) {
            let is_moment = *name == "date" && names.get(at + 1) == Some(&"time");
            let (column, kind) =
                if is_moment { ("time".to_owned(), FieldKind::ServerTime) } else { w3c(name) };
            layout.field(&column, kind);
            at += if is_moment { 2 } else { 1 };
        }
        layout
    }

    fn literal(&mut self, text: &mut String) {
        if !text.is_empty() {
            self.parts.push(Part::Literal(std::mem::take(text).into()));
        }
    }

    fn field(&mut self, name: &str, kind: FieldKind) {
        let column = self.columns.len();
        match kind {
            FieldKind::Request => REQUEST.iter().for_each(|name| self.column(name)),
            _ => self.column(name),
        }
        self.parts.push(Part::Field(Field { kind, column, is_quoted: false }));
    }

    /// Adds a column; one of a name that is there already gets a number.
    fn column(&mut self, name: &str) {
        let mut own = name.to_owned();
        let mut number = 2;
        while self.columns.contains(&own) {
            own = format!("{name}_{number}");
            number += 1;
        }
        self.columns.push(own);
    }

    /// The bytes that were sent, headers included, are the bytes of a line that has no others.
    fn prefer_bytes(&mut self) {
        let has = |name: &str| self.columns.iter().position(|column| column == name);
        if let (None, Some(sent)) = (has("bytes"), has("bytes_sent")) {
            "bytes".clone_into(&mut self.columns[sent]);
        }
    }

    fn mark_quoted(&mut self) {
        for at in 0..self.parts.len() {
            let ends = |part: Option<&Part>, quote: fn(&str) -> bool| matches!(part, Some(Part::Literal(text)) if quote(text));
            let before = at.checked_sub(1).and_then(|before| self.parts.get(before));
            let is_quoted = ends(before, |text| text.ends_with('"'))
                && ends(self.parts.get(at + 1), |text| text.starts_with('"'));
            if let Part::Field(field) = &mut self.parts[at] {
                field.is_quoted = is_quoted;
            }
        }
    }
}

/// The name of a variable of nginx, and what follows.
fn variable(text: &str) -> Result<(&str, &str)> {
    let wrong =
        || Error::new(Code::Usage, format!("expected the name of a variable behind $, found {text:?}"));
    if let Some(inner) = text.strip_prefix('{') {
        return inner.split_once('}').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong);
    }
    let end = text.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(text.len());
    match end {
        0 => Err(wrong()),
        end => Ok(text.split_at(end)),
    }
}

/// The column of a variable of nginx.
fn nginx(name: &str) -> (String, FieldKind) {
    use FieldKind::{Float, Int, Request, ServerTime, Text, Time, UnixSeconds};
    let (column, kind) = match name {
        "remote_addr" => ("remote_host", Text),
        "remote_user" => ("user", Text),
        "time_local" => ("time", ServerTime),
        "time_iso8601" => ("time", Time),
        "msec" => ("time", UnixSeconds),
        "request" => ("request", Request),
        "request_method" => ("method", Text),
        "request_uri" => ("path", Text),
        "server_protocol" => ("protocol", Text),
        "body_bytes_sent" => ("bytes", Int),
        "status"
        | "bytes_sent"
        | "request_length"
        | "connection"
        | "connection_requests"
        | "server_port"
        | "remote_port"
        | "request_count" => (name, Int),
        "request_time" | "duration_ms" => (name, Float),
        "http_referer" => ("referer", Text),
        "http_user_agent" => ("user_agent", Text),
        "http_x_forwarded_for" => ("x_forwarded_for", Text),
        _ => (name, Text),
    };
    (column.to_ascii_lowercase(), kind)
}

/// A directive of Apache behind its percent sign.
struct Directive<'f> {
    argument: Option<&'f str>,
    letter: char,
    rest: &'f str,
}

impl<'f> Directive<'f> {
    fn read(text: &'f str) -> Result<Self> {
        let wrong = || Error::new(Code::Usage, format!("expected a directive behind %, found {text:?}"));
        // Conditions by status, and the choice between the first and the last request.
        let mut rest =
            text.trim_start_matches(|it: char| matches!(it, '<' | '>' | '!' | ',') || it.is_ascii_digit());
        let mut argument = None;
        if let Some(inner) = rest.strip_prefix('{') {
            let (found, behind) = inner.split_once('}').ok_or_else(wrong)?;
            (argument, rest) = (Some(found), behind);
            rest = rest.trim_start_matches(['<', '>']);
        }
        // Trailers are called by two letters behind a caret.
        rest = rest.strip_prefix("^t").unwrap_or(rest);
        let letter = rest.chars().next().ok_or_else(wrong)?;
        if !letter.is_ascii_alphabetic() && letter != '%' {
            return Err(wrong());
        }
        Ok(Self { argument, letter, rest: &rest[1..] })
    }

    fn column(&self) -> (String, FieldKind) {
        use FieldKind::{Float, Int, Request, ServerTime, Text, Time, UnixSeconds};
        let of_argument = |prefix: &str| format!("{prefix}{}", plain(self.argument.unwrap_or_default()));
        let (name, kind) = match (self.letter, self.argument) {
            ('h', _) => ("remote_host", Text),
            ('a', _) => ("client_ip", Text),
            ('A', _) => ("server_ip", Text),
            ('l', _) => ("identity", Text),
            ('u', _) => ("user", Text),
            ('t', None) => ("time", ServerTime),
            ('t', Some("sec")) => ("time", UnixSeconds),
            ('t', Some("%d/%b/%Y:%H:%M:%S %z" | "%d/%b/%Y:%T %z")) => ("time", ServerTime),
            ('t', Some(_)) => ("time", Time),
            ('r', _) => ("request", Request),
            ('m', _) => ("method", Text),
            ('U', _) => ("path", Text),
            ('q', _) => ("query", Text),
            ('H', _) => ("protocol", Text),
            ('s', _) => ("status", Int),
            ('b' | 'B', _) => ("bytes", Int),
            ('O', _) => ("bytes_sent", Int),
            ('I', _) => ("bytes_received", Int),
            ('S', _) => ("bytes_transferred", Int),
            ('D', _) | ('T', Some("us")) => ("duration_us", Int),
            ('T', Some("ms")) => ("duration_ms", Int),
            ('T', _) => ("duration_s", Float),
            ('v', _) => ("virtual_host", Text),
            ('V', _) => ("server_name", Text),
            ('p', _) => ("port", Int),
            ('P', _) => ("process_id", Text),
            ('k', _) => ("keepalive", Int),
            ('X', _) => ("connection_status", Text),
            ('f', _) => ("file", Text),
            ('R', _) => ("handler", Text),
            ('L', _) => ("log_id", Text),
            ('i', Some(header)) if header.eq_ignore_ascii_case("referer") => ("referer", Text),
            ('i', Some(header)) if header.eq_ignore_ascii_case("user-agent") => ("user_agent", Text),
            ('i', Some(_)) => return (of_argument(""), Text),
            ('o', Some(_)) => return (of_argument("response_"), Text),
            ('C', Some(_)) => return (of_argument("cookie_"), Text),
            ('e', Some(_)) => return (of_argument("env_"), Text),
            ('n', Some(_)) => return (of_argument("note_"), Text),
            (letter, _) => return (format!("field_{letter}"), Text),
        };
        (name.to_owned(), kind)
    }
}

/// A name in small letters, with `_` for what is neither letter nor digit.
fn plain(name: &str) -> String {
    let letter = |it: char| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '_' };
    name.chars().map(letter).collect()
}

/// The column of a field of the W3C.
fn w3c(name: &str) -> (String, FieldKind) {
    use FieldKind::{Float, Int, Text, Time};
    let (column, kind) = match name.to_ascii_lowercase().as_str() {
        "c-ip" | "x-forwarded-for-ip" => ("remote_host", Text),
        "cs-username" => ("user", Text),
        "cs-method" => ("method", Text),
        "cs-uri-stem" | "cs-uri" => ("path", Text),
        "cs-uri-query" => ("query", Text),
        "cs-version" | "cs-protocol-version" => ("protocol", Text),
        "sc-status" => ("status", Int),
        "sc-bytes" => ("bytes", Int),
        "cs-bytes" => ("bytes_received", Int),
        "cs(user-agent)" => ("user_agent", Text),
        "cs(referer)" => ("referer", Text),
        "cs(cookie)" => ("cookie", Text),
        "cs(host)" | "cs-host" => ("host", Text),
        "s-ip" => ("server_ip", Text),
        "s-port" => ("port", Int),
        "s-sitename" => ("site_name", Text),
        "s-computername" => ("computer_name", Text),
        "sc-substatus" => ("substatus", Int),
        "sc-win32-status" => ("win32_status", Int),
        "time-taken" => ("duration", Float),
        "date" => ("date", Time),
        "time" => ("time_of_day", Text),
        other => return (plain(other.trim_end_matches(')')), Text),
    };
    (column.to_owned(), kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(format: &str) -> Vec<String> {
        Layout::of(format).unwrap().columns
    }

    #[test]
    fn format_strings_of_servers_name_the_same_columns() {
        let usual = [
            "remote_host",
            "identity",
            "user",
            "time",
            "method",
            "path",
            "protocol",
            "status",
            "bytes",
            "referer",
            "user_agent",
        ];
        assert_eq!(columns("combined"), usual);
        assert_eq!(columns(r#"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""#), usual);
        let without_identity: Vec<&str> = usual.iter().copied().filter(|it| *it != "identity").collect();
        assert_eq!(columns("nginx"), without_identity);
        assert_eq!(
            columns("%v %{X-Forwarded-For}i %D %{ms}T %s %>s"),
            ["virtual_host", "x_forwarded_for", "duration_us", "duration_ms", "status", "status_2"]
        );
        assert_eq!(
            columns("$host ${request_time}s $upstream_addr"),
            ["host", "request_time", "upstream_addr"]
        );
    }

    #[test]
    fn format_strings_that_tell_nothing_are_refused() {
        for format in ["nonsense", "%h%u", "%", "%{Referer", "$", "${}", "%%"] {
            assert_eq!(Layout::of(format).unwrap_err().code(), Code::Usage, "{format}");
        }
    }

    #[test]
    fn fields_of_the_w3c_become_columns_and_date_and_time_a_moment() {
        let layout =
            Layout::w3c("date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent) x-edge-location");
        assert_eq!(
            layout.columns,
            ["time", "remote_host", "method", "path", "status", "user_agent", "x_edge_location"]
        );
        assert_eq!(Layout::w3c("time c-ip date").columns, ["time_of_day", "remote_host", "date"]);
    }
}
