//! Three-valued logic on whole columns, and the patterns of `like`.
//!
//! Arrow has these functions in arrow-arith and arrow-string, two crates that take 41 CPU seconds of a first build
//! (docs/adr/0023-two-build-profiles.md); nothing else here needs them.

use arrow::array::{Array, BooleanArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use memchr::memmem;

/// The rows for which a column is known to be true, and those for which it is known to be false.
fn known(array: &BooleanArray) -> (BooleanBuffer, BooleanBuffer) {
    let values = array.values();
    match array.nulls() {
        None => (values.clone(), !values),
        Some(nulls) => (nulls.inner() & values, nulls.inner() & &!values),
    }
}

fn of_known(is_true: BooleanBuffer, is_false: &BooleanBuffer) -> BooleanArray {
    let nulls = NullBuffer::new(&is_true | is_false);
    BooleanArray::new(is_true, Some(nulls).filter(|nulls| nulls.null_count() > 0))
}

/// True where both are true, false where one of them is false, otherwise null. Both have the same number of rows.
pub fn and(left: &BooleanArray, right: &BooleanArray) -> BooleanArray {
    let ((left_true, left_false), (right_true, right_false)) = (known(left), known(right));
    of_known(&left_true & &right_true, &(&left_false | &right_false))
}

/// True where one of them is true, false where both are false, otherwise null. Both have the same number of rows.
pub fn or(left: &BooleanArray, right: &BooleanArray) -> BooleanArray {
    let ((left_true, left_false), (right_true, right_false)) = (known(left), known(right));
    of_known(&left_true | &right_true, &(&left_false & &right_false))
}

/// True for false and false for true; null stays null.
pub fn not(array: &BooleanArray) -> BooleanArray {
    BooleanArray::new(!array.values(), array.nulls().cloned())
}

/// Whether each row is null.
pub fn is_null(array: &dyn Array) -> BooleanArray {
    let found = match array.logical_nulls() {
        Some(nulls) => !nulls.inner(),
        None => BooleanBuffer::new_unset(array.len()),
    };
    BooleanArray::new(found, None)
}

/// A pattern of SQL's `like`: `%` stands for any text, `_` for one character, and `\` takes the next character as it is.
pub struct Pattern {
    /// What stands between two `%`: at least one piece, the first at the beginning of the text, the last at its end.
    pieces: Vec<Piece>,
}

/// A piece of a pattern without `%`.
enum Piece {
    /// Text to be found as it is, and what finds it.
    Text(String, Box<memmem::Finder<'static>>),
    /// Characters, of which `None` stands for any.
    Characters(Vec<Option<char>>),
}

impl Pattern {
    pub fn new(pattern: &str) -> Self {
        let (mut pieces, mut piece) = (Vec::new(), Vec::new());
        let mut rest = pattern.chars();
        while let Some(character) = rest.next() {
            match character {
                '%' => pieces.push(Piece::new(std::mem::take(&mut piece))),
                '_' => piece.push(None),
                // A backslash at the very end is a backslash.
                '\\' => piece.push(Some(rest.next().unwrap_or('\\'))),
                other => piece.push(Some(other)),
            }
        }
        pieces.push(Piece::new(piece));
        Self { pieces }
    }

    /// Whether the whole of `text` is what the pattern describes.
    pub fn matches(&self, text: &str) -> bool {
        match &self.pieces[..] {
            [] => false,
            [only] => only.at_start(text) == Some(text.len()),
            [first, middle @ .., last] => {
                let Some(mut rest) = first.at_start(text).map(|end| &text[end..]) else { return false };
                // The leftmost place of each piece leaves the most text for those behind it.
                for piece in middle {
                    let Some(end) = piece.first_end(rest) else { return false };
                    rest = &rest[end..];
                }
                last.is_end_of(rest)
            }
        }
    }
}

impl Piece {
    fn new(characters: Vec<Option<char>>) -> Self {
        match characters.iter().copied().collect::<Option<String>>() {
            Some(text) => {
                let finder = Box::new(memmem::Finder::new(&text).into_owned());
                Self::Text(text, finder)
            }
            None => Self::Characters(characters),
        }
    }

    /// The end of the piece if `text` begins with it.
    fn at_start(&self, text: &str) -> Option<usize> {
        match self {
            Self::Text(wanted, _) => text.starts_with(wanted.as_str()).then_some(wanted.len()),
            Self::Characters(characters) => {
                let mut rest = text.chars();
                let fits = |wanted: &Option<char>| {
                    rest.next().is_some_and(|found| wanted.is_none_or(|wanted| wanted == found))
                };
                characters.iter().all(fits).then(|| text.len() - rest.as_str().len())
            }
        }
    }

    /// The end of the piece at the first place where `text` has it.
    fn first_end(&self, text: &str) -> Option<usize> {
        match self {
            Self::Text(wanted, finder) => finder.find(text.as_bytes()).map(|at| at + wanted.len()),
            Self::Characters(_) => {
                text.char_indices().find_map(|(at, _)| self.at_start(&text[at..]).map(|end| at + end))
            }
        }
    }

    /// Whether `text` ends with the piece.
    fn is_end_of(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted, _) => text.ends_with(wanted.as_str()),
            Self::Characters(characters) => {
                let mut rest = text.chars().rev();
                characters.iter().rev().all(|wanted| {
                    rest.next().is_some_and(|found| wanted.is_none_or(|wanted| wanted == found))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Option<bool>; 3] = [Some(true), Some(false), None];

    #[test]
    fn and_and_or_know_what_null_cannot_change() {
        let pairs = || ALL.iter().flat_map(|left| ALL.iter().map(move |right| (*left, *right)));
        let left: BooleanArray = pairs().map(|pair| pair.0).collect();
        let right: BooleanArray = pairs().map(|pair| pair.1).collect();
        let (yes, no) = (Some(true), Some(false));
        let found: Vec<_> = and(&left, &right).iter().collect();
        assert_eq!(found, [yes, no, None, no, no, no, None, no, None]);
        let found: Vec<_> = or(&left, &right).iter().collect();
        assert_eq!(found, [yes, yes, yes, yes, no, None, yes, None, None]);
    }

    #[test]
    fn not_leaves_null_as_it_is_and_is_null_is_never_null() {
        let array = BooleanArray::from(ALL.to_vec());
        assert_eq!(not(&array).iter().collect::<Vec<_>>(), [Some(false), Some(true), None]);
        assert_eq!(is_null(&array), BooleanArray::from(vec![false, false, true]));
        let whole = BooleanArray::from(vec![true, false]);
        assert_eq!(is_null(&whole), BooleanArray::from(vec![false, false]));
        assert_eq!(and(&whole, &whole).nulls(), None);
    }

    #[test]
    fn patterns_describe_the_whole_text() {
        for (pattern, text, is_match) in [
            ("", "", true),
            ("", "a", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("%", "", true),
            ("%", "any\ntext", true),
            ("a%", "abc", true),
            ("a%", "bac", false),
            ("%c", "abc", true),
            ("%c", "abcd", false),
            ("%b%", "abc", true),
            ("%b%", "ac", false),
            ("a%a", "a", false),
            ("a%a", "aa", true),
            ("%ab%ab%", "xabyaabz", true),
            ("%ab%ab%", "xabyaz", false),
            ("_", "ü", true),
            ("_", "\n", true),
            ("_", "", false),
            ("a_c", "abc", true),
            ("a_c", "ac", false),
            ("%_b%d", "abcd", true),
            ("%_b%d", "bcd", false),
            ("%_", "", false),
            ("%ö_", "schön", true),
            ("__%__", "abc", false),
            ("__%__", "abcd", true),
            (r"50\%", "50%", true),
            (r"50\%", "505", false),
            (r"a\_b", "a_b", true),
            (r"a\_b", "axb", false),
            (r"a\\b", r"a\b", true),
            (r"a\", r"a\", true),
            ("a.c", "abc", false),
            ("Abc", "abc", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), is_match, "{pattern:?} on {text:?}");
        }
    }
}
