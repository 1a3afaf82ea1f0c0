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

/// Layouts that have the year behind the clock.
const YEAR_LAST: &[&str] = &["%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S UTC %Y", "%b %d %H:%M:%S %Y"];

/// A stretch of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LayoutToken<'v> {
    Digits(&'v str),
    Letters(&'v str),
    Mark(char),
}

/// A value that looks like a date, with or without a clock: its tokens, and what each means for `strftime`,
/// as far as it can be told.
struct LayoutLook<'v> {
    tokens: Vec<LayoutToken<'v>>,
    directives: Vec<Option<&'static str>>,
    /// Whether every number and every word is known, and in one order only.
    is_certain: bool,
    /// Whether the value is known to be a time.
    is_time: bool,
    /// Whether every word is known; of those for zones only the two that say what a clock without a zone is.
    is_known: bool,
}

/// Whether a value has the numbers of a date, and perhaps of a clock behind it, and nothing beside them that
/// codes, versions, telephone numbers and prose have. Of a column whose `name_tells` that it holds times,
/// months in languages that are not known here are taken for such.
pub fn looks_like_time(value: &[u8], name_tells: bool) -> bool {
    std::str::from_utf8(value).is_ok_and(|value| LayoutLook::at(value.trim(), name_tells).is_some())
}

/// The layout of a value that looks like a time, if it can be told and reads the value.
pub fn layout_of(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?.trim();
    let look = LayoutLook::at(value, false).filter(|look| look.is_certain)?;
    let layout = look.layout();
    let read = TimeFormat::compile(&layout).ok()?.parse(value.as_bytes());
    read.is_some().then_some(layout)
}

/// The layouts that a value may have, the likeliest first: more than one where the order of its day, its
/// month and its year is open. `is_time`: whether it is known to be a time, so that three short numbers are a
/// date.
pub fn layouts_of(value: &[u8], is_time: bool) -> Vec<String> {
    let Ok(value) = std::str::from_utf8(value) else { return Vec::new() };
    let value = value.trim();
    if let Some(layout) = count_layout(value.as_bytes()).filter(|it| it.starts_with('%')) {
        return vec![layout.to_owned()];
    }
    let Some(look) = LayoutLook::of_time(value, false, is_time) else {
        let reads = |layout: &&str| {
            TimeFormat::compile(layout).is_ok_and(|format| format.parse(value.as_bytes()).is_some())
        };
        return YEAR_LAST.iter().filter(|layout| reads(layout)).map(|it| (*it).to_owned()).collect();
    };
    if !look.is_known {
        // Another zone than that of a clock without one: a layout would read it as if it were not there.
        return Vec::new();
    }
    let one = look.layout();
    let mut layouts = vec![one.clone()];
    if !look.is_certain {
        let swapped = with_day_and_month_swapped(&one);
        let year_first = one.replacen("%d", "%!", 1).replacen("%y", "%d", 1).replace("%!", "%y");
        layouts.extend([swapped, year_first].into_iter().filter(|other| *other != one));
        layouts.dedup();
    }
    let reads = |layout: &String| {
        TimeFormat::compile(layout).is_ok_and(|format| format.parse(value.as_bytes()).is_some())
    };
    layouts.retain(reads);
    layouts
}

/// What to do about a value that is no time as it is: the layouts to name, in words; nothing if it is not
/// like a time at all.
pub fn advice(value: &[u8]) -> Option<String> {
    let found = layouts_of(value, true);
    if !found.is_empty() {
        let layouts: Vec<String> = found.iter().map(|layout| format!("\"{layout}\"")).collect();
        return Some(format!("⟦timestamp-format⟧ {} reads it", layouts.join(" or ")));
    }
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    (digits >= 4).then(|| {
        "give the format with ⟦timestamp-format⟧, such as \"%d.%m.%Y %H:%M:%S\" for 31.12.2024 23:59:58"
            .to_owned()
    })
}

/// Days as spreadsheets count them that are told: from October 1954 to April 2064.
const DAY_NUMBERS: std::ops::RangeInclusive<u32> = 20_000..=60_000;
/// 1970-01-01 as spreadsheets count days.
const DAY_NUMBER_1970: u32 = 25_569;

/// Whether a number may be a day as spreadsheets count them, perhaps with a part of a day behind a point or a
/// comma.
pub fn may_count_days(value: &[u8]) -> bool {
    day_number(value).is_some()
}

/// The day and the second of it that a number stands for, as spreadsheets count days: since 1899-12-30.
pub fn day_number(value: &[u8]) -> Option<(i32, u32)> {
    let value = std::str::from_utf8(value).ok()?.trim();
    let (whole, fraction) = value.split_once(['.', ',']).unwrap_or((value, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 5 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let day: u32 = whole.parse().ok().filter(|day| DAY_NUMBERS.contains(day))?;
    let part: f64 = format!("0.{fraction}").parse().ok()?;
    let second = ((part * 86_400.0).round() as u32).min(86_399);
    Some((i32::try_from(day).ok()? - DAY_NUMBER_1970 as i32, second))
}

/// One value of each shape that the times of a column have: of several that are written alike the first whose
/// layout is certain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shapes(Vec<LayoutShape>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct LayoutShape {
    shape: Vec<u8>,
    value: Vec<u8>,
    is_certain: bool,
}

impl Shapes {
    /// Shapes that are told apart; what comes beyond is left out, and then the layouts are not all known.
    const MOST: usize = 12;

    /// Adds a value that is a time or looks like one.
    pub fn add(&mut self, value: &[u8]) {
        let shape = shape_of(value);
        let is_certain = || certain_layout(value).is_some();
        let has_room = self.0.len() <= Self::MOST;
        match self.0.iter_mut().find(|known| known.shape == shape) {
            Some(known) if known.is_certain => {}
            Some(known) if is_certain() => (known.value, known.is_certain) = (value.to_vec(), true),
            Some(_) => {}
            None if has_room => {
                self.0.push(LayoutShape { shape, value: value.to_vec(), is_certain: is_certain() });
            }
            None => {}
        }
    }

    /// Adds those of another input.
    pub fn join(&mut self, other: &Self) {
        for shape in &other.0 {
            self.add(&shape.value);
        }
    }

    /// The layouts that all of these values have, each once; `None` if that of one is not certain, and if day
    /// and month are in both orders, for then the first of two layouts would read what the other means.
    pub fn layouts(&self) -> Option<Vec<String>> {
        let (certain, open): (Vec<_>, Vec<_>) = self.0.iter().partition(|shape| shape.is_certain);
        let mut layouts: Vec<String> = Vec::new();
        for shape in certain {
            let layout = certain_layout(&shape.value)?;
            if !layouts.contains(&layout) {
                layouts.push(layout);
            }
        }
        let compiled: Vec<TimeFormat> =
            layouts.iter().filter_map(|layout| TimeFormat::compile(layout).ok()).collect();
        let is_read =
            |shape: &LayoutShape| compiled.iter().any(|layout| layout.parse(&shape.value).is_some());
        let is_swapped = layouts.iter().any(|layout| {
            let swapped = with_day_and_month_swapped(layout);
            swapped != *layout && layouts.contains(&swapped)
        });
        let is_known = self.0.len() <= Self::MOST && !is_swapped && open.into_iter().all(is_read);
        (is_known && !layouts.is_empty()).then_some(layouts)
    }
}

fn certain_layout(value: &[u8]) -> Option<String> {
    count_layout(value).map(str::to_owned).or_else(|| layout_of(value))
}

fn with_day_and_month_swapped(layout: &str) -> String {
    layout.replace("%d", "%!").replace("%m", "%d").replace("%!", "%m")
}

/// How a value is written: four digits are a year, one or two a number, which of the first two may be a month
/// or not, and letters a word. Marks stay.
fn shape_of(value: &[u8]) -> Vec<u8> {
    let mut shape = Vec::with_capacity(value.len());
    let mut rest = value;
    let mut numbers = 0;
    while let [first, ..] = rest {
        let is_like = |byte: &&u8| match first {
            b'0'..=b'9' => byte.is_ascii_digit(),
            b'A'..=b'Z' | b'a'..=b'z' | 0x80.. => byte.is_ascii_alphabetic() || **byte >= 0x80,
            _ => false,
        };
        let length = rest.iter().take_while(is_like).count().max(1);
        shape.push(match (first, length) {
            (b'0'..=b'9', 4) => b'Y',
            (b'0'..=b'9', 5..) => b'N',
            (b'0'..=b'9', 2) if numbers < 2 && rest[..2] > b"12"[..] => b'D',
            (b'0'..=b'9', _) => b'9',
            (b'A'..=b'Z' | b'a'..=b'z' | 0x80.., _) => b'a',
            _ => *first,
        });
        numbers += usize::from(first.is_ascii_digit());
        rest = &rest[length..];
    }
    shape
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

impl<'v> LayoutLook<'v> {
    fn at(value: &'v str, name_tells: bool) -> Option<Self> {
        Self::of_time(value, name_tells, false)
    }

    /// `is_time`: whether it is known to be a time, so that three short numbers are a date.
    fn of_time(value: &'v str, name_tells: bool, is_time: bool) -> Option<Self> {
        let first = value.chars().next()?;
        if value.len() > LONGEST || !(first.is_alphanumeric() || first == '[') {
            return None;
        }
        let tokens = tokens(value);
        let directives = vec![None; tokens.len()];
        let mut look = Self { tokens, directives, is_certain: true, is_time, is_known: true };
        let month = look.words(name_tells)?;
        let numbers: Vec<usize> =
            (0..look.tokens.len()).filter(|at| matches!(look.tokens[*at], LayoutToken::Digits(_))).collect();
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
            let LayoutToken::Letters(word) = self.tokens[at] else { continue };
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
                // Half of the day, which no directive reads without its `m`.
                if matches!(lower.as_str(), "a" | "p") {
                    self.is_certain = false;
                    self.is_known = false;
                }
            } else if is_foreign_name(&lower) || is_zone && word.len() > 1 {
                month = month.or(Some(at).filter(|_| !is_zone));
                self.is_certain = false;
                self.is_known &= is_zone && matches!(word, "GMT" | "UTC");
            } else if name_tells && word.chars().count() > 2 && strange < 2 {
                month = month.or(Some(at));
                strange += 1;
                self.is_certain = false;
                self.is_known = false;
            } else {
                return None;
            }
        }
        Some(month)
    }

    fn number(&self, at: usize) -> (u32, usize) {
        match self.tokens[at] {
            // Longer ones are no part of a time that is looked at as a number.
            LayoutToken::Digits(digits) => (digits.parse().unwrap_or(u32::MAX), digits.len()),
            _ => (u32::MAX, 0),
        }
    }

    /// The date of numbers alone, and the numbers behind it.
    fn date<'n>(&mut self, numbers: &'n [usize]) -> Option<&'n [usize]> {
        if let [one, rest @ ..] = numbers
            && matches!(self.number(*one).1, 8 | 14)
        {
            let LayoutToken::Digits(digits) = self.tokens[*one] else { return None };
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
        let is_dotted = self.tokens[*one + 1] == LayoutToken::Mark('.');
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
            (1 | 2, 2) if rest.len() > 1 || self.is_time => {
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
        self.tokens[from..to]
            .iter()
            .any(|token| matches!(token, LayoutToken::Letters(word) if !word.is_ascii()))
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
                self.is_known &= self.is_certain;
                true
            }
            [hours, minutes]
                if self.is_offset(*hours) && self.tokens[*hours + 1] == LayoutToken::Mark(':') =>
            {
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
            LayoutToken::Mark('+') => true,
            LayoutToken::Mark('-') => at + 1 == self.tokens.len() && self.number(at).1 == 4,
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
                (_, Some("%f")) if self.tokens[at - 1] == LayoutToken::Mark('.') => {
                    layout.pop();
                    layout.push_str("%.f");
                }
                (_, Some(directive)) => layout.push_str(directive),
                (LayoutToken::Mark(':'), None) if self.directives[at - 1] == Some("%:z") => {}
                (LayoutToken::Mark('%'), None) => layout.push_str("%%"),
                (LayoutToken::Mark(mark), None) => layout.push(*mark),
                (LayoutToken::Letters(word) | LayoutToken::Digits(word), None) => layout.push_str(word),
            }
        }
        layout
    }
}

fn tokens(value: &str) -> Vec<LayoutToken<'_>> {
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
            LayoutToken::Digits(token)
        } else if is_letter(first) {
            LayoutToken::Letters(token)
        } else {
            LayoutToken::Mark(first)
        });
        rest = after;
    }
    tokens
}

fn is_half_day(token: LayoutToken<'_>) -> bool {
    matches!(token, LayoutToken::Letters(word) if word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm"))
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
    fn a_layout_is_reported_where_there_is_one_and_it_reads_the_value() {
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
    fn the_layouts_that_a_time_may_have_are_named() {
        for (value, layouts) in [
            ("03.04.2024 10:00", &["%d.%m.%Y %H:%M"][..]),
            ("03.04.2024 10:00:01", &["%d.%m.%Y %H:%M:%S"]),
            ("03.04.2024 10:00:01.5", &["%d.%m.%Y %H:%M:%S%.f"]),
            ("31.12.2024", &["%d.%m.%Y"]),
            ("31/12/24", &["%d/%m/%y", "%y/%m/%d"]),
            ("12/31/24", &["%m/%d/%y"]),
            ("10/11/12", &["%d/%m/%y", "%m/%d/%y", "%y/%m/%d"]),
            ("2024/01/02 10:00", &["%Y/%m/%d %H:%M"]),
            ("03/04/2024 10:00", &["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]),
            ("13/04/2024 10:00", &["%d/%m/%Y %H:%M"]),
            ("04/13/2024 1:00 PM", &["%m/%d/%Y %I:%M %p"]),
            ("Mon, 01 Jan 2024 10:00:00 +0100", &["%a, %d %b %Y %H:%M:%S %z"]),
            ("Mon, 01 Jan 2024 10:00:00 GMT", &["%a, %d %b %Y %H:%M:%S GMT"]),
            ("Mon Jan 01 10:00:00 2024", &["%a %b %d %H:%M:%S %Y"]),
            ("Mon Jan 01 10:00:00 UTC 2024", &["%a %b %d %H:%M:%S UTC %Y"]),
            ("02-Jan-2024 10:00", &["%d-%b-%Y %H:%M"]),
            ("Jan 2, 2024", &["%b %d, %Y"]),
            ("20240102100000", &["%Y%m%d%H%M%S"]),
            ("20240102", &["%Y%m%d"]),
            ("20240102 10:00:00", &["%Y%m%d %H:%M:%S"]),
            ("02/Jan/2024:10:00:00 +0000", &["%d/%b/%Y:%H:%M:%S %z"]),
            ("2024-01-02 10:00:00 EST", &[]),
            ("03/04/2024 10:00 EST", &[]),
            ("22. Okt 2014", &[]),
            ("1700000000", &[]),
            ("soon", &[]),
            ("x2024", &[]),
        ] {
            assert_eq!(layouts_of(value.as_bytes(), true), layouts, "{value}");
        }
        assert!(advice(b"03.04.2024 10:00").unwrap().contains("\"%d.%m.%Y %H:%M\" reads it"));
        assert!(advice(b"Q4 2024, w. 3").unwrap().contains("such as"));
        assert_eq!(advice(b"soon"), None);
    }

    #[test]
    fn days_of_spreadsheets_are_known() {
        use crate::model::calendar::days_of;
        for (value, day) in [
            ("45292", Some((days_of(2024, 1, 1), 0))),
            ("45292.5", Some((days_of(2024, 1, 1), 43_200))),
            ("45292,25", Some((days_of(2024, 1, 1), 21_600))),
            ("45292.999999999", Some((days_of(2024, 1, 1), 86_399))),
            ("20000", Some((days_of(1954, 10, 3), 0))),
            ("60000", Some((days_of(2064, 4, 8), 0))),
            ("19999", None),
            ("60001", None),
            ("452921", None),
            ("45292.", None),
            ("-45292", None),
            ("45292.5.1", None),
            ("4e4", None),
            ("", None),
        ] {
            assert_eq!(day_number(value.as_bytes()), day, "{value}");
        }
    }

    #[test]
    fn of_values_that_are_written_alike_the_certain_one_tells_the_layout() {
        for (values, layouts) in [
            (&["2024-01-02", "13.04.2024"][..], Some(&["%Y-%m-%d", "%d.%m.%Y"][..])),
            (&["03/04/2024", "13/04/2024", "3/4/2024"], Some(&["%d/%m/%Y"])),
            (&["03/04/2024"], None),
            (&["2024-01-02", "03/04/2024"], None),
            (&["02-01-2024 10:00", "2024-01-02", "13-01-2024 10:00"], Some(&["%Y-%m-%d", "%d-%m-%Y %H:%M"])),
            (&["13/04/2024", "04/13/2024"], None),
            (&["20240102", "2024-01-02"], Some(&["%Y%m%d", "%Y-%m-%d"])),
            (&[], None),
        ] {
            let mut shapes = Shapes::default();
            for value in values {
                shapes.add(value.as_bytes());
            }
            let wanted = layouts.map(|all| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
            assert_eq!(shapes.layouts(), wanted, "{values:?}");
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
    fn a_half_of_the_day_between_points_is_no_part_of_a_layout() {
        for value in
            ["5/13/2024 2:00:15 p.m.", "13.05.2024 2:00 a.m.", "2024-05-13 02:00 P.M.", "5/13/2024 2:00p"]
        {
            assert!(looks_like_time(value.as_bytes(), true), "{value}");
            assert_eq!(layout_of(value.as_bytes()), None, "{value}");
            assert_eq!(layouts_of(value.as_bytes(), true), [""; 0], "{value}");
        }
        assert_eq!(layout_of(b"13.05.2024 2:00:15 PM").as_deref(), Some("%d.%m.%Y %I:%M:%S %p"));
    }

    #[test]
    fn layouts_of_java_and_of_spreadsheets_are_given_in_strftime() {
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
