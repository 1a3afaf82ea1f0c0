//! Writes a generated log as the access log of a web server, in the Combined format of Apache and nginx: each
//! event is a request of its case, whose address and browser stay the same.
//!
//! ```text
//! 10.0.0.7 - - [04/Jan/2021:09:12:33 +0000] "GET /check-invoice/7?e=12 HTTP/1.1" 200 1234 "-" "Mozilla/5.0 (…)"
//! ```

use std::io::Write;

use super::dirty::insert;
use super::log::Event;
use super::rng::Rng;
use super::text::{Clock, push_number};
use super::writer::{self, Form};
use super::{GenerateOptions, Result, Summary};

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
const BROWSERS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.8.0",
];

/// Writes the log of these options.
///
/// # Errors
/// [`Error::Options`](crate::Error::Options) if the options don't fit together;
/// [`Error::Write`](crate::Error::Write) if `out` fails.
pub fn write_access(options: &GenerateOptions, out: &mut dyn Write) -> Result<Summary> {
    writer::write(AccessForm::new(), options, out)
}

/// A log as the access log of a web server.
pub(super) struct AccessForm {
    clock: Clock,
}

impl AccessForm {
    pub(super) fn new() -> Self {
        Self { clock: Clock::new() }
    }
}

/// The kinds of damage of an access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineDamage {
    /// The line ends within its last field.
    Unfinished,
    /// The bracket behind the time is missing.
    NoBracket,
    /// The status is a word.
    WordForStatus,
}

impl Form for AccessForm {
    type Damage = LineDamage;
    const DAMAGES: &'static [LineDamage] =
        &[LineDamage::Unfinished, LineDamage::NoBracket, LineDamage::WordForStatus];

    fn begin(&mut self, _: &mut Vec<u8>) {}

    #[inline]
    fn event(&mut self, text: &mut Vec<u8>, event: &Event<'_>) {
        text.extend_from_slice(b"10.");
        push_number(text, event.trace >> 16 & 0xff, 1);
        text.push(b'.');
        push_number(text, event.trace >> 8 & 0xff, 1);
        text.push(b'.');
        push_number(text, event.trace & 0xff, 1);
        text.extend_from_slice(b" - ");
        match event.trace % 5 {
            0 => text.extend(event.resource.bytes().map(|byte| if byte == b' ' { b'.' } else { byte })),
            _ => text.push(b'-'),
        }
        text.extend_from_slice(b" [");
        match event.moment {
            Some(moment) => {
                let stamp = self.clock.stamp(moment);
                let month = usize::from((stamp[5] - b'0') * 10 + (stamp[6] - b'0'));
                text.extend_from_slice(&stamp[8..10]);
                text.push(b'/');
                text.extend_from_slice(MONTHS[(month + 11) % 12]);
                text.push(b'/');
                text.extend_from_slice(&stamp[..4]);
                text.push(b':');
                text.extend_from_slice(&stamp[11..19]);
                text.extend_from_slice(b" +0000");
            }
            None => text.push(b'-'),
        }
        let is_change = event.cost.is_some();
        text.extend_from_slice(if is_change { b"] \"POST /" } else { b"] \"GET /" });
        // Names of activities are letters and spaces, whatever the language.
        text.extend(event.activity.bytes().map(|byte| match byte {
            b' ' | b'"' | b'\\' => b'-',
            byte => byte.to_ascii_lowercase(),
        }));
        text.push(b'/');
        push_number(text, event.case, 1);
        text.extend_from_slice(b"?event=");
        push_number(text, event.id, 1);
        text.extend_from_slice(b" HTTP/1.1\" ");
        let status: &[u8] = match (event.id % 50, is_change) {
            (7, _) => b"404 ",
            (23, _) => b"500 ",
            (_, true) => b"201 ",
            (_, false) => b"200 ",
        };
        text.extend_from_slice(status);
        push_number(text, event.amount, 1);
        text.extend_from_slice(if event.approved { b" \"https://example.com/\" \"" } else { b" \"-\" \"" });
        text.extend_from_slice(BROWSERS[(event.trace % 5) as usize].as_bytes());
        text.extend_from_slice(b"\"\n");
    }

    fn spoil(text: &mut Vec<u8>, start: usize, damage: LineDamage, _: &mut Rng) {
        match damage {
            LineDamage::Unfinished => {
                text.truncate(text.len() - 2);
                text.push(b'\n');
            }
            LineDamage::NoBracket => {
                if let Some(at) = text[start..].iter().position(|byte| *byte == b']') {
                    text.remove(start + at);
                }
            }
            LineDamage::WordForStatus => {
                let mark = b" HTTP/1.1\" ";
                if let Some(at) = text[start..].windows(mark.len()).position(|window| window == mark) {
                    insert(text, start + at + mark.len(), b"ok");
                }
            }
        }
    }
}
