//! How texts are made, as a pattern: `A` for capital letters, `a` for small ones, `9` for digits, anything else as
//! it is; a number behind a sign tells how often it stands there, `+` that this varies.

use super::cells::hash_text;
use super::values::HashedMap;

/// Patterns that are told apart before they are drawn together.
const MOST: usize = 64;

/// The sign of the class of a character: a letter or a digit that stands for all of them, or the character itself.
#[inline]
fn sign_of(c: char) -> char {
    match c {
        c if c.is_ascii() => char::from(SIGNS[c as usize & 127]),
        c if c.is_uppercase() => UPPER,
        c if c.is_alphabetic() => LOWER,
        c => c,
    }
}

/// The signs of capital letters, small ones and digits.
const UPPER: char = 'A';
const LOWER: char = 'a';
const DIGIT: char = '9';

/// The signs of the characters of ASCII.
static SIGNS: [u8; 128] = {
    let mut signs = [0; 128];
    let mut at = 0;
    while at < signs.len() {
        let byte = at as u8;
        signs[at] = match byte {
            b'0'..=b'9' => DIGIT as u8,
            b'A'..=b'Z' => UPPER as u8,
            b'a'..=b'z' => LOWER as u8,
            other => other,
        };
        at += 1;
    }
    signs
};

/// The pattern of one text, with the length of each stretch or, if `is_loose`, without.
pub fn of(text: &str, is_loose: bool) -> String {
    let mut out = String::new();
    write(text, is_loose, &mut out);
    out
}

/// Writes the pattern of one text behind `out`.
fn write(text: &str, is_loose: bool, out: &mut String) {
    let mut chars = text.chars();
    let mut next = chars.next().map(sign_of);
    let mut stretches = 0;
    while let Some(sign) = next {
        let mut length = 1;
        next = chars.next().map(sign_of);
        while next == Some(sign) {
            length += 1;
            next = chars.next().map(sign_of);
        }
        stretches += 1;
        if stretches > 24 {
            out.push('…');
            break;
        }
        out.push(sign);
        let is_class = matches!(sign, UPPER | LOWER | DIGIT);
        match (is_loose, length) {
            (true, 1) if !is_class => {}
            (true, _) => out.push('+'),
            (false, 1) => {}
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
        // Patterns by their hashes.
        let mut counts: HashedMap<(String, u64)> = HashedMap::default();
        let mut total = 0;
        let mut pattern = String::new();
        for (text, count) in texts {
            total += count;
            pattern.clear();
            write(text, is_loose, &mut pattern);
            let hash = hash_text(pattern.as_bytes());
            if let Some((_, sum)) = counts.get_mut(&hash) {
                *sum += count;
            } else if counts.len() < MOST * 64 {
                counts.insert(hash, (pattern.clone(), *count));
            }
        }
        let best = counts.into_values().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)));
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
