//! The text of a condition as tokens, each with its place.

use crate::error::{Code, Error, Result};

/// A token of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionToken {
    /// A word of the grammar or the name of a column.
    Word(String),
    /// The name of a column between double quotes.
    Name(String),
    /// A number as it is written.
    Number(String),
    /// Text between single quotes.
    Text(String),
    /// An operator, a parenthesis or a comma.
    Sign(&'static str),
}

/// Longer ones before those that they begin with.
const SIGNS: [&str; 11] = ["<=", ">=", "<>", "!=", "==", "=", "<", ">", "(", ")", ","];

/// Cuts a condition into tokens, each with its offset in bytes.
///
/// # Errors
/// [`Code::Usage`] for a quote that is not closed or a character that begins no token.
pub fn tokens(text: &str) -> Result<Vec<(usize, ConditionToken)>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first == '\'' || first == '"' {
            let (inner, length) = quoted(rest, first).ok_or_else(|| {
                let what = format!("the quote {first} at character {} is not closed", character(text, at));
                Error::new(Code::Usage, what).help(match first {
                    '\'' => "write text as 'text', and double a single quote in it",
                    _ => "write column names as \"name\", and double a double quote in them; text is written in single quotes",
                })
            })?;
            (if first == '\'' { ConditionToken::Text(inner) } else { ConditionToken::Name(inner) }, length)
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (ConditionToken::Sign(sign), sign.len())
        } else if let Some(length) = number(rest) {
            (ConditionToken::Number(rest[..length].to_owned()), length)
        } else if begins_name(first) {
            let length = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
            (ConditionToken::Word(rest[..length].to_owned()), length)
        } else {
            let what = format!("unexpected {first:?} at character {}", character(text, at));
            return Err(Error::new(Code::Usage, what)
                .help("put column names that contain characters other than letters, digits, _ : . @ in double quotes"));
        };
        tokens.push((at, token));
        at += length;
    }
    Ok(tokens)
}

/// Number of the character at an offset in bytes, from 1.
pub fn character(text: &str, at: usize) -> usize {
    text[..at].chars().count() + 1
}

fn begins_name(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '@')
}

fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '@')
}

/// What stands between quotes, and the length with them; `None` if there is no closing one.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut at = 1;
    loop {
        let end = at + text[at..].find(quote)?;
        inner.push_str(&text[at..end]);
        at = end + 1;
        if !text[at..].starts_with(quote) {
            return Some((inner, at));
        }
        inner.push(quote);
        at += 1;
    }
}

/// Length of the number that a text begins with: an optional sign, digits with at most one point, an optional
/// exponent.
fn number(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let whole = digits(sign);
    let mut end = sign + whole;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if whole + fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    } else if whole == 0 {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    // `1st` is a name that needs quotes, and no number.
    let next = text[end..].chars().next();
    (!next.is_some_and(continues_name)).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_text_are_distinguished() {
        let found: Vec<ConditionToken> = tokens("concept:name<>'it''s' AND \"a \"\"b\"\"\">=-1.5e3")
            .unwrap()
            .into_iter()
            .map(|(_, token)| token)
            .collect();
        let word = |text: &str| ConditionToken::Word(text.to_owned());
        assert_eq!(
            found,
            [
                word("concept:name"),
                ConditionToken::Sign("<>"),
                ConditionToken::Text("it's".to_owned()),
                word("AND"),
                ConditionToken::Name("a \"b\"".to_owned()),
                ConditionToken::Sign(">="),
                ConditionToken::Number("-1.5e3".to_owned()),
            ]
        );
    }

    #[test]
    fn what_begins_no_token_is_reported_with_its_place() {
        for (text, place) in [("a = 'x", "character 5"), ("ä # 1", "character 3"), ("a = 1st", "character 5")]
        {
            let error = tokens(text).unwrap_err();
            assert!(error.what().contains(place), "{text}: {error}");
        }
    }
}
