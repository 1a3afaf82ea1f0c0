//! How a message names an option. The library cannot know whether its caller has flags, keys of a file or
//! fields of a page, so a message has the name of an option between the marks `⟦` and `⟧`: `raise
//! ⟦max-record-size⟧`. Whoever shows the message writes the name in its own way.

use std::borrow::Cow;

const OPEN: char = '⟦';
const CLOSE: char = '⟧';

/// How the names of options are written in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelling {
    /// What stands before a name.
    pub before: &'static str,
    /// What stands between the words of a name.
    pub between: char,
}

impl Spelling {
    /// `option max-record-size`: for a caller that does not say how its options are called.
    pub const PLAIN: Self = Self { before: "option ", between: '-' };

    /// `--max-record-size`: how command lines name options.
    pub const FLAGS: Self = Self { before: "--", between: '-' };

    /// `max_record_size`: how files name options.
    pub const KEYS: Self = Self { before: "", between: '_' };

    /// The message with each name of an option written in this way.
    pub fn write(self, message: &str) -> Cow<'_, str> {
        if !message.contains(OPEN) {
            return message.into();
        }
        let mut out = String::with_capacity(message.len());
        let mut rest = message;
        while let Some((text, marked)) = rest.split_once(OPEN) {
            out.push_str(text);
            match marked.split_once(CLOSE).filter(|(name, _)| is_name(name)) {
                Some((name, behind)) => {
                    out.push_str(self.before);
                    out.extend(name.chars().map(|c| if c == '-' { self.between } else { c }));
                    rest = behind;
                }
                // The mark is part of a value that the message shows.
                None => {
                    out.push(OPEN);
                    rest = marked;
                }
            }
        }
        out.push_str(rest);
        out.into()
    }
}

impl Default for Spelling {
    fn default() -> Self {
        Self::PLAIN
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_options_are_written_as_the_caller_calls_them() {
        let message = "raise ⟦max-record-size⟧, or give ⟦on-bad-row⟧ reject";
        let keys = Spelling { before: "", between: '_' };
        assert_eq!(
            Spelling::PLAIN.write(message),
            "raise option max-record-size, or give option on-bad-row reject"
        );
        assert_eq!(keys.write(message), "raise max_record_size, or give on_bad_row reject");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for message in ["", "no option", "⟦", "a ⟦ b", "⟦⟧ ⟧", "⟦A b⟧ ⟦é⟧"] {
            assert_eq!(Spelling::PLAIN.write(message), message);
        }
        assert_eq!(Spelling::PLAIN.write("⟦⟦from⟧⟧"), "⟦option from⟧");
    }
}
