//! Layouts of times that nobody gave: whether a value looks like a time of a layout that is not known, what
//! the layout is in the words of `strftime`, and what a layout in the words of Java or .NET means. Advice for
//! people: no value is read by it.

use super::calendar::checked_days_of;
use super::time_format::{TimeFormat, likely_count};
use super::time_names::{is_foreign_name, is_weekday, month_of};

/// Bytes of a value beyond which it is prose and no time.
const LONGEST: usize = 48;

/// Words and signs that stand among the numbers of a time.
const BETWEEN: &[&str] = &[
    "t", "z", "h", "m", "s", "min", "hrs", "uhr", "um", "at", "of", "de", "del", "le", "den", "der", "the",
    "a", "p", "st", "nd", "rd", "th", "年", "月", "日", "時", "分", "秒", "时", "년", "월", "일", "시", "분",
    "초",
];

/// A stretch of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'v> {
    Digits(&'v str),
    Letters(&'v str),
    Mark(char),
}

/// A value that looks like a date, with or without a clock: its tokens, and what each means for `strftime`,
/// as far as it can be told.
struct Look<'v> {
    tokens: Vec<Token<'v>>,
    directives: Vec<Option<&'static str>>,
    /// Whether every number and every word is known, and in one order only.
    is_certain: bool,
}

/// Whether a value has the numbers of a date, and perhaps of a clock behind it, and nothing beside them that
/// codes, versions, telephone numbers and prose have. Of a column whose `name_tells` that it holds times,
/// months in languages that are not known here are taken for such.
pub fn looks_like_time(value: &[u8], name_tells: bool) -> bool {
    std::str::from_utf8(value).is_ok_and(|value| Look::at(value.trim(), name_tells).is_some())
}

/// The layout of a value that looks like a time, if it can be told and reads the value.
pub fn layout_of(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?.trim();
    let look = Look::at(value, false).filter(|look| look.is_certain)?;
    let layout = look.layout();
    let read = TimeFormat::compile(&layout).ok()?.parse(value.as_bytes());
    read.is_some().then_some(layout)
}

/// Whether a number may count from 1970 on, in a year from 1990 to 2040, or is the day of such a year in
/// eight digits, or a moment in fourteen.
pub fn may_count_time(value: &[u8]) -> bool {
    count_layout(value).is_some()
}

/// The layout of such a number, in the words that `--timestamp-format` takes.
pub fn count_layout(value: &[u8]) -> Option<&'static str> {
    let layouts = ["%Y%m%d", "%Y%m%d%H%M%S", likely_count(value)?.0];
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let layout = match digits {
        8 => layouts[0],
        14 => layouts[1],
        10 | 13 | 16 | 19 => layouts[2],
        _ => return None,
    };
    let days = TimeFormat::compile(layout).ok()?.parse(value)?.days;
    (checked_days_of(1990, 1, 1)? <= days && days < checked_days_of(2041, 1, 1)?).then_some(layout)
}

impl<'v> Look<'v> {
    fn at(value: &'v str, name_tells: bool) -> Option<Self> {
        let first = value.chars().next()?;
        if value.len() > LONGEST || !(first.is_alphanumeric() || first == '[') {
            return None;
        }
        let tokens = tokens(value);
        let directives = vec![None; tokens.len()];
        let mut look = Self { tokens, directives, is_certain: true };
        let month = look.words(name_tells)?;
        let numbers: Vec<usize> =
            (0..look.tokens.len()).filter(|at| matches!(look.tokens[*at], Token::Digits(_))).collect();
        let behind = match month {
            Some(_) => look.date_by_name(&numbers)?,
            None => look.date(&numbers)?,
        };
        look.clock(behind).then_some(look)
    }

    /// The words: all of them must be such as times have. The place of the month, if it has a name.
    fn words(&mut self, name_tells: bool) -> Option<Option<usize>> {
        let mut month = None;
        let mut strange = 0;
        let has_half = self.tokens.iter().any(|token| is_half_day(*token));
        for at in 0..self.tokens.len() {
            let Token::Letters(word) = self.tokens[at] else { continue };
            let lower = word.to_lowercase();
            let is_zone =
                at + 1 == self.tokens.len() && at > 4 && word.bytes().all(|it| it.is_ascii_uppercase());
            if month_of(word.as_bytes()).is_some() && month.is_none() {
                month = Some(at);
                self.directives[at] = Some(if word.len() == 3 { "%b" } else { "%B" });
            } else if is_weekday(word.as_bytes()) {
                self.directives[at] = Some(if word.len() == 3 { "%a" } else { "%A" });
            } else if has_half && is_half_day(self.tokens[at]) {
                self.directives[at] = Some("%p");
            } else if at > 0 && BETWEEN.contains(&lower.as_str()) {
                // As it is.
            } else if is_foreign_name(&lower) || is_zone && word.len() > 1 {
                month = month.or(Some(at).filter(|_| !is_zone));
                self.is_certain = false;
            } else if name_tells && word.chars().count() > 2 && strange < 2 {
                month = month.or(Some(at));
                strange += 1;
                self.is_certain = false;
            } else {
                return None;
            }
        }
        Some(month)
    }

    fn number(&self, at: usize) -> (u32, usize) {
        match self.tokens[at] {
            // Longer ones are no part of a time that is looked at as a number.
            Token::Digits(digits) => (digits.parse().unwrap_or(u32::MAX), digits.len()),
            _ => (u32::MAX, 0),
        }
    }

    /// The date of numbers alone, and the numbers behind it.
    fn date<'n>(&mut self, numbers: &'n [usize]) -> Option<&'n [usize]> {
        if let [one, rest @ ..] = numbers
            && matches!(self.number(*one).1, 8 | 14)
        {
            let Token::Digits(digits) = self.tokens[*one] else { return None };
            let part = |from: usize, to: usize| digits[from..to].parse::<u32>().ok();
            let year = part(0, 4).filter(|year| is_year(*year))?;
            checked_days_of(year, part(4, 6)?, part(6, 8)?)?;
            if digits.len() == 14 {
                is_clock(part(8, 10)?, part(10, 12)?, part(12, 14)?).then_some(())?;
            }
            self.directives[*one] = Some(if digits.len() == 14 { "%Y%m%d%H%M%S" } else { "%Y%m%d" });
            // Eight or fourteen digits alone are a number.
            return (digits.len() == 14 || !rest.is_empty()).then_some(rest);
        }
        let [one, two, three, rest @ ..] = numbers else { return None };
        let [(a, a_digits), (b, b_digits), (c, c_digits)] = [*one, *two, *three].map(|at| self.number(at));
        if b_digits > 2
            || self.tokens[one + 1..*two] != self.tokens[two + 1..*three]
                && !self.parts_are_named(*one, *three)
        {
            return None;
        }
        let exists = |year, month, day| checked_days_of(year, month, day).is_some();
        let is_dotted = self.tokens[*one + 1] == Token::Mark('.');
        let directives = match (a_digits, c_digits) {
            (4, 1 | 2) if is_year(a) && exists(a, b, c) => ["%Y", "%m", "%d"],
            (4, 1 | 2) if is_year(a) && exists(a, c, b) => ["%Y", "%d", "%m"],
            (1 | 2, 4) if is_year(c) => match (exists(c, b, a), exists(c, a, b)) {
                (true, other) => {
                    self.is_certain &= !other || is_dotted || a == b;
                    ["%d", "%m", "%Y"]
                }
                (false, true) => ["%m", "%d", "%Y"],
                _ => return None,
            },
            // Three short numbers alone are versions and codes.
            (1 | 2, 2) if rest.len() > 1 => {
                let full = |year| if year < 69 { 2000 + year } else { 1900 + year };
                match (exists(full(c), b, a), exists(full(c), a, b), exists(full(a), b, c)) {
                    (true, false, false) => ["%d", "%m", "%y"],
                    (false, true, false) => ["%m", "%d", "%y"],
                    (false, false, true) => ["%y", "%m", "%d"],
                    (false, false, false) => return None,
                    _ => {
                        self.is_certain = false;
                        ["%d", "%m", "%y"]
                    }
                }
            }
            _ => return None,
        };
        for (at, directive) in [*one, *two, *three].into_iter().zip(directives) {
            self.directives[at] = Some(directive);
        }
        Some(rest)
    }

    /// Whether words such as 年 and 月 part the numbers.
    fn parts_are_named(&self, from: usize, to: usize) -> bool {
        self.tokens[from..to].iter().any(|token| matches!(token, Token::Letters(word) if !word.is_ascii()))
    }

    /// The date of a month's name, a day and a year, and the numbers behind it.
    fn date_by_name<'n>(&mut self, numbers: &'n [usize]) -> Option<&'n [usize]> {
        let [one, two, rest @ ..] = numbers else { return None };
        let [(a, a_digits), (b, b_digits)] = [*one, *two].map(|at| self.number(at));
        let is_day = |day: u32| (1..=31).contains(&day);
        let directives = match (a_digits, b_digits) {
            (1 | 2, 4) if is_day(a) && is_year(b) => ["%d", "%Y"],
            (4, 1 | 2) if is_year(a) && is_day(b) => ["%Y", "%d"],
            // Words that nobody knows may count days: `3 days 04:05:06`.
            (1 | 2, 2) if self.is_certain && is_day(a) && rest.len() > 1 => ["%d", "%y"],
            _ => return None,
        };
        for (at, directive) in [*one, *two].into_iter().zip(directives) {
            self.directives[at] = Some(directive);
        }
        Some(rest)
    }

    /// Whether the numbers behind the date are a clock, or there are none.
    fn clock(&mut self, numbers: &[usize]) -> bool {
        let Some((first, rest)) = numbers.split_first() else { return true };
        let (hour, digits) = self.number(*first);
        let is_half = self.directives.contains(&Some("%p"));
        let mut next = rest;
        match digits {
            4 if is_clock(hour / 100, hour % 100, 0) && !is_year(hour) => {
                self.directives[*first] = Some("%H%M")
            }
            6 if is_clock(hour / 10_000, hour / 100 % 100, hour % 100) => {
                self.directives[*first] = Some("%H%M%S");
            }
            1 | 2 if hour <= 24 => {
                self.directives[*first] = Some(if is_half { "%I" } else { "%H" });
                let Some((minute, after)) = rest.split_first() else { return is_half };
                if self.number(*minute).0 > 59 || self.number(*minute).1 != 2 {
                    return false;
                }
                self.directives[*minute] = Some("%M");
                next = after;
                if let Some((second, after)) = after.split_first()
                    && !self.is_offset(*second)
                {
                    if self.number(*second).0 > 60 || self.number(*second).1 != 2 {
                        return false;
                    }
                    self.directives[*second] = Some("%S");
                    next = after;
                }
            }
            _ => return false,
        }
        if let Some((fraction, after)) = next.split_first()
            && !self.is_offset(*fraction)
        {
            self.directives[*fraction] = Some("%f");
            next = after;
        }
        match next {
            [] => true,
            [offset] if self.is_offset(*offset) => {
                self.directives[*offset] = Some("%z");
                self.is_certain &= self.number(*offset).1 == 4;
                true
            }
            [hours, minutes] if self.is_offset(*hours) && self.tokens[*hours + 1] == Token::Mark(':') => {
                self.directives[*hours] = Some("%:z");
                self.directives[*minutes] = Some("");
                true
            }
            _ => false,
        }
    }

    /// Whether a number behind a clock is the offset of a zone.
    fn is_offset(&self, at: usize) -> bool {
        match self.tokens[at - 1] {
            Token::Mark('+') => true,
            Token::Mark('-') => at + 1 == self.tokens.len() && self.number(at).1 == 4,
            _ => false,
        }
    }

    fn layout(&self) -> String {
        let mut layout = String::new();
        for (at, (token, directive)) in self.tokens.iter().zip(&self.directives).enumerate() {
            match (token, directive) {
                (_, Some("")) => {}
                (_, Some("%z" | "%:z")) => {
                    // The sign is part of it.
                    layout.pop();
                    layout.push_str(directive.unwrap_or_default());
                }
                (_, Some("%f")) if self.tokens[at - 1] == Token::Mark('.') => {
                    layout.pop();
                    layout.push_str("%.f");
                }
                (_, Some(directive)) => layout.push_str(directive),
                (Token::Mark(':'), None) if self.directives[at - 1] == Some("%:z") => {}
                (Token::Mark('%'), None) => layout.push_str("%%"),
                (Token::Mark(mark), None) => layout.push(*mark),
                (Token::Letters(word) | Token::Digits(word), None) => layout.push_str(word),
            }
        }
        layout
    }
}

fn tokens(value: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let is_digit = |letter: char| letter.is_ascii_digit();
        let is_letter = |letter: char| letter.is_alphabetic();
        let length = if is_digit(first) {
            rest.find(|letter| !is_digit(letter))
        } else if is_letter(first) {
            rest.find(|letter| !is_letter(letter))
        } else {
            Some(first.len_utf8())
        };
        let (token, after) = rest.split_at(length.unwrap_or(rest.len()));
        tokens.push(if is_digit(first) {
            Token::Digits(token)
        } else if is_letter(first) {
            Token::Letters(token)
        } else {
            Token::Mark(first)
        });
        rest = after;
    }
    tokens
}

fn is_half_day(token: Token<'_>) -> bool {
    matches!(token, Token::Letters(word) if word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm"))
}

/// Whether events are likely to have been logged in the year.
fn is_year(year: u32) -> bool {
    (1900..=2100).contains(&year)
}

fn is_clock(hour: u32, minute: u32, second: u32) -> bool {
    hour <= 24 && minute < 60 && second <= 60
}

/// What a layout in the words of Java, .NET or a spreadsheet (`dd-MM-yyyy HH:mm`) is for `strftime`; `None`
/// if it is none, or holds what `strftime` cannot say.
pub fn from_letters(pattern: &str) -> Option<String> {
    if pattern.contains('%') || !pattern.to_ascii_lowercase().contains("yy") {
        return None;
    }
    let letters: Vec<char> = pattern.chars().collect();
    let mut layout = String::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        let length = letters[at..].iter().take_while(|it| **it == letter).count();
        let has_hour = layout.contains("%H") || layout.contains("%I");
        let directive = match (letter, length) {
            ('y' | 'Y' | 'u', 4) => "%Y",
            ('y' | 'Y' | 'u', 2) => "%y",
            ('M', 3) => "%b",
            ('M', 4) => "%B",
            ('M', 1 | 2) => "%m",
            // Spreadsheets write months and minutes with the same letter.
            ('m', 1 | 2) if has_hour => "%M",
            ('m', 1 | 2) => "%m",
            ('d' | 'D', 1 | 2) => "%d",
            ('E' | 'd', 3) => "%a",
            ('E' | 'd', 4) => "%A",
            ('H', 1 | 2) => "%H",
            ('h', 1 | 2) if pattern.contains(['a', 'A', 't']) => "%I",
            ('h', 1 | 2) => "%H",
            ('s', 1 | 2) => "%S",
            ('S' | 'f' | 's', _) if layout.ends_with('.') => {
                layout.pop();
                "%.f"
            }
            ('S' | 'f', _) => "%f",
            ('a' | 'A', 1) | ('t', 2) => "%p",
            ('X' | 'x' | 'K', 3) => "%:z",
            ('Z' | 'X' | 'x' | 'z', 1 | 2) => "%z",
            ('\'', _) => {
                let quoted: String = letters[at + 1..].iter().take_while(|it| **it != '\'').collect();
                layout.push_str(&quoted);
                at += quoted.chars().count() + 2;
                continue;
            }
            ('T', 1) => "T",
            (letter, _) if letter.is_alphabetic() => return None,
            (mark, _) => {
                layout.extend(std::iter::repeat_n(mark, length));
                at += length;
                continue;
            }
        };
        layout.push_str(directive);
        at += length;
    }
    TimeFormat::compile(&layout).ok().map(|_| layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_told_where_there_is_one_and_it_reads_the_value() {
        for (value, layout) in [
            ("2014/10/22 - 10:15:00", "%Y/%m/%d - %H:%M:%S"),
            ("2014_10_22 10h15", "%Y_%m_%d %Hh%M"),
            ("22/10/2014 10h15min", "%d/%m/%Y %Hh%Mmin"),
            ("22.10.2014 um 10:15 Uhr", "%d.%m.%Y um %H:%M Uhr"),
            ("20141022 101500", "%Y%m%d %H%M%S"),
            ("20141022_1015", "%Y%m%d_%H%M"),
            ("2014-10-22 10:15:00:123", "%Y-%m-%d %H:%M:%S:%f"),
            ("2014-10-22 / 10:15:00.123", "%Y-%m-%d / %H:%M:%S%.f"),
            ("[22/Oct/2014:10:15:41 +0200]", "[%d/%b/%Y:%H:%M:%S %z]"),
            ("2014.10.22 at 10:15 +02:00", "%Y.%m.%d at %H:%M %:z"),
            ("Wed 22 October 2014 at 10:15 AM", "%a %d %B %Y at %I:%M %p"),
            ("2014年10月22日 10時15分", "%Y年%m月%d日 %H時%M分"),
            ("10-22-2014 10h15", "%m-%d-%Y %Hh%M"),
        ] {
            assert_eq!(layout_of(value.as_bytes()).as_deref(), Some(layout), "{value}");
        }
    }

    #[test]
    fn what_looks_like_a_time_and_has_no_certain_layout_is_still_seen() {
        for value in [
            "05/06/2014 10h15",
            "22. Okt 2014",
            "14-10-11 10h15",
            "22 février 2014 10:15",
            "2014-10-22 10:15:00 EST",
        ] {
            assert!(looks_like_time(value.as_bytes(), false), "{value}");
            assert_eq!(layout_of(value.as_bytes()), None, "{value}");
        }
        assert!(looks_like_time("22 października 2014".as_bytes(), true));
        assert!(!looks_like_time("22 października 2014".as_bytes(), false));
        assert!(!looks_like_time(b"3 days 04:05:06", true));
    }

    #[test]
    fn codes_durations_and_prose_do_not_look_like_times() {
        for value in [
            "",
            "00:12:30",
            "12:30",
            "19:45;01",
            "3.11.10",
            "10.4.11-beta",
            "2024.1.3.4567",
            "+49 171 2014 10 22",
            "0171 2014 10",
            "DE89 3704 0044 0532 0130 00",
            "550e8400-e29b-41d4-a716-446655440000",
            "20141022-1015-4567-8901-123456789012",
            "PT5M",
            "3 days 04:05:06",
            "2014",
            "2014-10",
            "Q3/2014",
            "2014-10-22 - 2014-10-24",
            "2014-10-22/2014-10-24",
            "Order 22 of 10 in 2014 was late",
            "12345",
            "20141022",
            "192.168.10.12",
            "1.2.3",
            "10-11-12",
            "A 2014-10-22",
            "2014-W43-3",
            "22/10/2014 and a note",
            "4/5",
            "INV-2014-10-22",
            "7.10.2014.88",
        ] {
            assert!(!looks_like_time(value.as_bytes(), false), "{value}");
        }
    }

    #[test]
    fn numbers_that_may_be_times_are_of_our_days() {
        for (value, layout) in [
            ("1700000000", "unix-s"),
            ("1700000000.25", "unix-s"),
            ("1700000000123", "unix-ms"),
            ("20141022", "%Y%m%d"),
            ("20141022101500", "%Y%m%d%H%M%S"),
        ] {
            assert_eq!(count_layout(value.as_bytes()), Some(layout), "{value}");
        }
        for value in [
            "",
            "12",
            "20149922",
            "99999999",
            "9999999999",
            "0123456789",
            "1.5",
            "2014-10-22",
            "12345678901234",
        ] {
            assert_eq!(count_layout(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn layouts_of_java_and_of_spreadsheets_are_said_in_strftime() {
        for (pattern, layout) in [
            ("dd-MM-yyyy:HH.mm", "%d-%m-%Y:%H.%M"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "%Y-%m-%dT%H:%M:%S%.f%:z"),
            ("M/d/yy h:mm a", "%m/%d/%y %I:%M %p"),
            ("DD.MM.YYYY HH:mm:ss", "%d.%m.%Y %H:%M:%S"),
            ("dd/mmm/yyyy", ""),
            ("EEE, d MMM yyyy HH:mm:ss Z", "%a, %d %b %Y %H:%M:%S %z"),
            ("dd.mm.yyyy hh:mm", "%d.%m.%Y %H:%M"),
            ("yyyyMMddHHmmss", "%Y%m%d%H%M%S"),
            ("%d.%m.%Y", ""),
            ("yyyy", ""),
            ("HH:mm", ""),
            ("anyyear", ""),
        ] {
            assert_eq!(from_letters(pattern).unwrap_or_default(), layout, "{pattern}");
        }
    }
}
