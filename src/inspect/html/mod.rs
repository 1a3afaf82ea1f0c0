//! The result of an inspection as one page of HTML: at most 1 MB and 20,000 nodes for any log, without a network,
//! and with a Content-Security-Policy that lets nothing run but its own script.
//!
//! Everything that comes from the log is escaped and cut. Style and script are files of their own; the policy names
//! them by their hashes, so nothing may stand in attributes: bars are drawn with attributes of SVG.

mod graph;
mod parts;
mod sha256;

use std::borrow::Cow;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::sha256::sha256;
use super::result::Inspection;
use crate::options::Spelling;
use crate::report::Report;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

impl Inspection {
    /// The result as one HTML page, which needs nothing beside it.
    pub fn to_html(&self, report: &Report, spelling: Spelling) -> String {
        let hash = |text: &str| STANDARD.encode(sha256(text));
        let name = report.inputs.first().map_or("log", |it| it.name.as_str());
        let more = match report.inputs.len() {
            0 | 1 => String::new(),
            many => format!(" and {} more", many - 1),
        };
        let title = format!("{}{more}", cut(name, 120));
        let mut out = String::with_capacity(128 << 10);
        let _ = write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
             <meta name=\"generator\" content=\"LogFlow {}\"><title>Inspection of {}</title><style>{STYLE}</style></head><body>\
             <a class=\"skip\" href=\"#findings\">Skip to the findings</a>",
            hash(STYLE),
            hash(SCRIPT),
            env!("CARGO_PKG_VERSION"),
            escaped(&title)
        );
        parts::head(self, report, &title, &mut out);
        out.push_str("<main>");
        parts::findings(self, spelling, &mut out);
        parts::roles(self, report, &mut out);
        parts::columns(self, &mut out);
        parts::time(self, &mut out);
        if let Some(process) = self.process.as_ref().filter(|it| it.cases > 0) {
            parts::cases(process, &mut out);
            out.push_str("<section aria-labelledby=\"graph\"><h2 id=\"graph\">What follows what</h2>");
            graph::draw(process, &mut out);
            out.push_str("</section>");
            parts::variants(process, &mut out);
        }
        parts::checks(self, &mut out);
        out.push_str("</main>");
        parts::foot(&mut out);
        let _ = writeln!(out, "<script>{SCRIPT}</script></body></html>");
        out
    }
}

/// A text of the log as HTML shows it: nothing of it is markup, and signs that show nothing are spaces.
fn escaped(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !matches!(c, '&' | '<' | '>' | '"' | '\'') && !c.is_control();
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(most.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
            Cow::Owned(format!("{}…", &text[..end]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_log_is_markup() {
        assert_eq!(escaped("<script>'\"&\u{0}"), "&lt;script&gt;&#39;&quot;&amp; ");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("äöü", 3), "äöü");
    }

    #[test]
    fn style_and_script_leave_no_way_out() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("http:") && !text.contains("https:"));
        }
    }
}
