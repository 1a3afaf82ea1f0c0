//! How texts are made, as a pattern: `A` for capital letters, `a` for small ones, `9` for digits, anything else as
//! it is; a number behind a sign tells how often it stands there, `+` that this varies.

use std::collections::HashMap;

/// Patterns that are told apart before they are drawn together.
const MOST: usize = 64;

/// The classes of characters that patterns tell apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Upper,
    Lower,
    Digit,
    Other(char),
}

fn sort_of(c: char) -> Sort {
    match c {
        '0'..='9' => Sort::Digit,
        'a'..='z' => Sort::Lower,
        'A'..='Z' => Sort::Upper,
        c if c.is_ascii() => Sort::Other(c),
        c if c.is_uppercase() => Sort::Upper,
        c if c.is_alphabetic() => Sort::Lower,
        c => Sort::Other(c),
    }
}

/// The pattern of one text, with the length of each stretch or, if `is_loose`, without.
#[cfg(test)]
fn of(text: &str, is_loose: bool) -> String {
    let mut out = String::new();
    write(text, is_loose, &mut out);
    out
}

/// Writes the pattern of one text behind `out`.
fn write(text: &str, is_loose: bool, out: &mut String) {
    let mut chars = text.chars().map(sort_of).peekable();
    let mut stretches = 0;
    while let Some(sort) = chars.next() {
        let mut length = 1;
        while chars.next_if_eq(&sort).is_some() {
            length += 1;
        }
        stretches += 1;
        if stretches > 24 {
            out.push('…');
            break;
        }
        match sort {
            Sort::Upper => out.push('A'),
            Sort::Lower => out.push('a'),
            Sort::Digit => out.push('9'),
            Sort::Other(c) => out.push(c),
        }
        match (is_loose, length) {
            (true, _) if !matches!(sort, Sort::Other(_)) => out.push('+'),
            (_, 1) => {}
            (true, _) => out.push('+'),
            (false, length @ ..=9) => {
                out.push('(');
                out.push(char::from(b'0' + length as u8));
                out.push(')');
            }
            (false, length) => out.push_str(&format!("({length})")),
        }
    }
}

/// The most frequent pattern of weighted texts and its share, exact lengths first and without them if these say
/// little; `None` without texts, or if no pattern has a tenth of them.
pub fn most_frequent(texts: &[(&str, u64)]) -> Option<(String, f64)> {
    let best = |is_loose: bool| {
        let mut counts: HashMap<String, u64> = HashMap::new();
        let mut total = 0;
        let mut pattern = String::new();
        for (text, count) in texts {
            total += count;
            pattern.clear();
            write(text, is_loose, &mut pattern);
            if let Some(sum) = counts.get_mut(&pattern) {
                *sum += count;
            } else if counts.len() < MOST * 64 {
                counts.insert(pattern.clone(), *count);
            }
        }
        let best = counts.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)));
        best.map(|(pattern, count)| (pattern, count as f64 / total.max(1) as f64))
    };
    let exact = best(false)?;
    let found = if exact.1 >= 0.9 { exact } else { best(true)? };
    (found.1 >= 0.1).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_tell_classes_of_characters_and_their_number() {
        assert_eq!(of("C0000001", false), "A9(7)");
        assert_eq!(of("Anna Müller", false), "Aa(3) Aa(5)");
        assert_eq!(of("Anna Müller", true), "A+a+ A+a+");
        assert_eq!(of("--", false), "-(2)");
        let texts = [("A1", 5), ("B2", 4), ("x", 1)];
        assert_eq!(most_frequent(&texts), Some(("A9".to_owned(), 0.9)));
        let texts = [("A1", 5), ("B22", 4), ("x", 1)];
        assert_eq!(most_frequent(&texts), Some(("A+9+".to_owned(), 0.9)));
    }
}
