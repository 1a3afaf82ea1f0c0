//! Numbers as text: plain integers and floats, and those with thousands marks or a decimal comma.
//!
//! A number is read only if writing it back loses nothing but layout: no leading zeros, no plus sign, no
//! more digits than the type holds. Everything else (`007`, `+49`, order numbers of 20 digits) stays text.
//! ASCII spaces around a number are ignored.

use super::value::{DecimalMark, FloatStyle, GroupMark, IntStyle, trimmed};

/// Up to here (2⁵³) every integer is an `f64`; of larger ones those that none holds are no floats, since they
/// would change unseen.
pub const EXACT_INTEGER: u64 = 1 << 53;
/// Significant digits a float may have: 17 tell any two `f64` apart, more would be dropped.
const FLOAT_DIGITS: usize = 17;
/// Bytes a number may have; what is longer is text. Bounds the buffer in which marks are taken out.
const LONGEST: usize = 64;
/// Numbers from here on need thousands marks in a grouped column.
const GROUPED_FROM: f64 = 1000.0;

/// Powers of ten that `f64` holds exactly and that 15 digits can need.
const POWERS_OF_TEN: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Reads `-?(0|[1-9][0-9]*)` within `i64`; `-0` is a float. `None` for everything else.
#[inline]
pub fn parse_int(value: &[u8]) -> Option<i64> {
    let (negative, digits) = split_sign(value);
    match digits {
        [b'0'] if !negative => Some(0),
        // 18 digits stay below 10¹⁸: no overflow to look for.
        [b'1'..=b'9', ..] if digits.len() <= 18 => match digits_value(digits) {
            Some(magnitude) if negative => Some(-(magnitude as i64)),
            Some(magnitude) => Some(magnitude as i64),
            None => parse_long_int(value),
        },
        _ => parse_long_int(value),
    }
}

/// 19 digits, or spaces around.
#[cold]
fn parse_long_int(value: &[u8]) -> Option<i64> {
    let inner = trimmed(value);
    if inner.len() < value.len() {
        return parse_int(inner);
    }
    let (negative, digits) = split_sign(value);
    if digits.len() != 19 || digits[0] == b'0' {
        return None;
    }
    // 19 digits stay below 10¹⁹, which u64 holds.
    let magnitude = digits_value(digits)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { magnitude.try_into().ok() }
}

/// Reads a float with a decimal point: digits with an optional fraction and exponent (`5.`, `.5`, `1e5`), at
/// most 17 of them significant; an integer of 64 bits that an `f64` holds exactly; or NaN, inf, infinity in
/// any case. `None` for everything else, among it what overflows to infinity or underflows to zero.
#[inline]
pub fn parse_float(value: &[u8]) -> Option<f64> {
    parse_short_float(value).or_else(|| parse_any_float(value))
}

/// `d+` or `d+.d+` of at most 15 digits without leading zeros: the digits are then an integer below 2⁵³, and
/// a division of two exact numbers rounds once, so the result is the nearest `f64` (Clinger 1990, "How to
/// Read Floating Point Numbers Accurately"). `None` sends the value to [`parse_any_float`].
#[inline]
fn parse_short_float(value: &[u8]) -> Option<f64> {
    let (negative, body) = split_sign(value);
    let [first @ b'0'..=b'9', rest @ ..] = body else { return None };
    if rest.len() > 15 || (*first == b'0' && matches!(rest, [b'0'..=b'9', ..])) {
        return None;
    }
    let mut mantissa = u64::from(first - b'0');
    let mut index = 0;
    while let Some(digit) = digit_at(rest, index) {
        mantissa = mantissa * 10 + digit;
        index += 1;
    }
    let mut fraction = 0;
    if index < rest.len() {
        if rest[index] != b'.' {
            return None;
        }
        let point = index;
        index += 1;
        while let Some(digit) = digit_at(rest, index) {
            mantissa = mantissa * 10 + digit;
            index += 1;
        }
        fraction = index - point - 1;
        if index < rest.len() {
            return None;
        }
    } else if rest.len() > 14 {
        return None;
    }
    let magnitude = mantissa as f64 / POWERS_OF_TEN[fraction];
    Some(if negative { -magnitude } else { magnitude })
}

/// The whole grammar of [`parse_float`].
fn parse_any_float(value: &[u8]) -> Option<f64> {
    let value = trimmed(value);
    if value.len() > LONGEST {
        return None;
    }
    let (negative, body) = split_sign(value);
    if let Some(word) = float_word(body) {
        return Some(if negative { -word } else { word }).filter(|_| !(negative && word.is_nan()));
    }
    let (whole, rest) = body.split_at(leading_digits(body));
    let (point, rest) = split_byte(rest, b'.');
    let (fraction, rest) = rest.split_at(if point { leading_digits(rest) } else { 0 });
    if (whole.is_empty() && fraction.is_empty()) || (whole.len() > 1 && whole[0] == b'0') {
        return None;
    }
    if !point && rest.is_empty() && digits_value(whole).is_none_or(|v| v > EXACT_INTEGER) {
        return parse_int(value).filter(|int| is_exact(int.unsigned_abs())).map(|int| int as f64);
    }
    let digits = significant_digits(whole, fraction);
    if digits > FLOAT_DIGITS || !is_exponent(rest) {
        return None;
    }
    let parsed: f64 = fast_float2::parse(value).ok()?;
    (parsed.is_finite() && (parsed != 0.0 || digits == 0)).then_some(parsed)
}

/// Whether an `f64` holds an integer of this magnitude.
pub fn is_exact(magnitude: u64) -> bool {
    magnitude <= EXACT_INTEGER || magnitude >> magnitude.trailing_zeros() < EXACT_INTEGER
}

/// Reads digits of any number that an `f64` holds exactly. Only where a source says that they are a number:
/// elsewhere digits beyond 64 bits are a name.
pub fn parse_exact_integer(digits: &[u8]) -> Option<f64> {
    if digits.len() > LONGEST || leading_digits(digits) < digits.len() {
        return None;
    }
    let parsed: f64 = fast_float2::parse(digits).ok()?;
    // All digits of the number that it is.
    (format!("{parsed:.0}").as_bytes() == digits).then_some(parsed)
}

/// Reads an integer written in `style`. Grouping is exact: one to three digits, then groups of three; a
/// number without marks is below 1000.
pub fn parse_int_style(style: IntStyle, value: &[u8]) -> Option<i64> {
    let IntStyle::Grouped(mark) = style else { return parse_int(value) };
    let value = trimmed(value);
    match ungrouped(mark, value)? {
        Ungrouped::Marked(plain) => parse_int(plain.bytes()),
        Ungrouped::Unmarked(plain) => parse_int(plain.bytes()).filter(|number| number.unsigned_abs() < 1000),
    }
}

/// Reads a float written in `style`; the limits of [`parse_float`] hold. Grouping is exact, and a number
/// without marks is below 1000 (`f64` after rounding) or NaN. Exponents and words only go without marks.
pub fn parse_float_style(style: FloatStyle, value: &[u8]) -> Option<f64> {
    match style {
        FloatStyle::Plain => parse_float(value),
        FloatStyle::Comma => {
            parse_float(PlainNumber::with_point(DecimalMark::Comma, trimmed(value))?.bytes())
        }
        FloatStyle::Grouped(mark) => match ungrouped(mark, trimmed(value))? {
            Ungrouped::Marked(plain) => parse_float(plain.bytes()),
            Ungrouped::Unmarked(plain) => parse_float(plain.bytes()).filter(|&number| below_groups(number)),
        },
    }
}

/// Whether a grouped column writes the number without marks: below 1000 or NaN.
pub fn below_groups(number: f64) -> bool {
    number.is_nan() || number.abs() < GROUPED_FROM
}

/// A number with its group marks taken out and its decimal mark a point.
enum Ungrouped {
    Marked(PlainNumber),
    Unmarked(PlainNumber),
}

/// A short number in a buffer of its own.
struct PlainNumber {
    buffer: [u8; LONGEST],
    length: usize,
}

impl PlainNumber {
    fn empty() -> Self {
        Self { buffer: [0; LONGEST], length: 0 }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    /// Appends; `None` if there is no room.
    fn push(&mut self, bytes: &[u8]) -> Option<()> {
        self.buffer.get_mut(self.length..self.length + bytes.len())?.copy_from_slice(bytes);
        self.length += bytes.len();
        Some(())
    }

    /// The value with its decimal mark made a point; `None` if a comma column's value has a point.
    fn with_point(decimal: DecimalMark, value: &[u8]) -> Option<Self> {
        let mut plain = Self::empty();
        plain.push(value)?;
        if decimal == DecimalMark::Comma {
            for byte in &mut plain.buffer[..plain.length] {
                match *byte {
                    b'.' => return None,
                    b',' => *byte = b'.',
                    _ => {}
                }
            }
        }
        Some(plain)
    }
}

/// Takes the group marks out. `None` if the groups are not exact; whether the rest is a number is left open.
fn ungrouped(mark: GroupMark, value: &[u8]) -> Option<Ungrouped> {
    let (_, body) = split_sign(value);
    let first = leading_digits(body);
    let Some(symbol) = mark_symbol(mark, &body[first..]) else {
        return PlainNumber::with_point(mark.decimal(), value).map(Ungrouped::Unmarked);
    };
    if first == 0 || first > 3 {
        return None;
    }
    let mut plain = PlainNumber::empty();
    plain.push(&value[..value.len() - body.len() + first])?;
    let mut rest = &body[first..];
    while let Some(group) = rest.strip_prefix(symbol) {
        if leading_digits(group) < 3 {
            return None;
        }
        plain.push(&group[..3])?;
        rest = &group[3..];
    }
    let decimal = if mark.decimal() == DecimalMark::Comma { b',' } else { b'.' };
    match rest {
        [] => {}
        [byte, fraction @ ..] if *byte == decimal && leading_digits(fraction) == fraction.len() => {
            plain.push(b".")?;
            plain.push(fraction)?;
        }
        _ => return None,
    }
    Some(Ungrouped::Marked(plain))
}

/// The very bytes of the mark that `rest` begins with.
fn mark_symbol(mark: GroupMark, rest: &[u8]) -> Option<&'static [u8]> {
    let symbols: &[&'static [u8]] = match mark {
        GroupMark::Comma => &[b","],
        GroupMark::Point => &[b"."],
        GroupMark::Space => &[b" ", "\u{a0}".as_bytes(), "\u{202f}".as_bytes()],
        GroupMark::Apostrophe => &[b"'"],
    };
    symbols.iter().copied().find(|symbol| rest.starts_with(symbol))
}

fn split_sign(value: &[u8]) -> (bool, &[u8]) {
    match value {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, value),
    }
}

fn split_byte(value: &[u8], byte: u8) -> (bool, &[u8]) {
    match value.split_first() {
        Some((&first, rest)) if first == byte => (true, rest),
        _ => (false, value),
    }
}

fn leading_digits(value: &[u8]) -> usize {
    value.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[inline]
fn digit_at(value: &[u8], index: usize) -> Option<u64> {
    let digit = value.get(index)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

/// Digits from the first to the last that is not zero.
fn significant_digits(whole: &[u8], fraction: &[u8]) -> usize {
    let digits = || whole.iter().chain(fraction);
    let leading = digits().take_while(|&&digit| digit == b'0').count();
    let trailing = digits().rev().take_while(|&&digit| digit == b'0').count();
    (whole.len() + fraction.len()).saturating_sub(leading + trailing)
}

/// Nothing, or `e` with an optional sign and digits.
fn is_exponent(rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', digits @ ..] | [b'e' | b'E', digits @ ..] => {
            !digits.is_empty() && leading_digits(digits) == digits.len()
        }
        _ => false,
    }
}

fn float_word(body: &[u8]) -> Option<f64> {
    match body.len() {
        3 if body.eq_ignore_ascii_case(b"nan") => Some(f64::NAN),
        3 if body.eq_ignore_ascii_case(b"inf") => Some(f64::INFINITY),
        8 if body.eq_ignore_ascii_case(b"infinity") => Some(f64::INFINITY),
        _ => None,
    }
}

/// The number that up to 19 digits write; `None` if there is another byte, none at all, or too many.
#[inline]
fn digits_value(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    let mut value = 0;
    let mut rest = digits;
    while let Some((eight, tail)) = rest.split_first_chunk::<8>() {
        value = value * 100_000_000 + eight_digits(u64::from_le_bytes(*eight))?;
        rest = tail;
    }
    for byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    Some(value)
}

/// The number that eight digits write, first digit in the lowest byte. Neighbours are joined to pairs, pairs
/// to fours, fours to the eight, each step one multiplication for all lanes at once.
#[inline]
fn eight_digits(text: u64) -> Option<u64> {
    let digits = text ^ 0x3030_3030_3030_3030;
    // A byte above 9 carries into its top bit when 0x76 is added, or has it already.
    if (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule of [`parse_int`], said with the standard library.
    fn plain_int(value: &str) -> Option<i64> {
        let number: i64 = value.trim_matches(' ').parse().ok()?;
        (number.to_string() == value.trim_matches(' ')).then_some(number)
    }

    /// The rules of [`parse_float`], said with the standard library.
    fn plain_float(value: &str) -> Option<f64> {
        let value = value.trim_matches(' ');
        let body = value.strip_prefix('-').unwrap_or(value);
        let lower = body.to_ascii_lowercase();
        if lower == "nan" || lower == "inf" || lower == "infinity" {
            return (value != "-nan" && !value.eq_ignore_ascii_case("-nan")).then(|| value.parse().unwrap());
        }
        if body.len() > 1 && body.starts_with('0') && body.as_bytes()[1].is_ascii_digit() {
            return None;
        }
        if !body.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
            return None;
        }
        if body.bytes().all(|byte| byte.is_ascii_digit()) {
            let is_exact = |int: i64| int as f64 as i128 == i128::from(int);
            let is_small = body.parse::<u64>().is_ok_and(|v| v <= 1 << 53);
            return (is_small || value.parse().is_ok_and(is_exact)).then(|| value.parse().ok()).flatten();
        }
        let mantissa: String = lower.split('e').next().unwrap().replace('.', "");
        let digits = mantissa.trim_start_matches('0').trim_end_matches('0').len();
        let number: f64 = value.parse().ok()?;
        (digits <= 17 && number.is_finite() && (number != 0.0 || digits == 0) && value.len() <= 64)
            .then_some(number)
    }

    #[test]
    fn integers_are_canonical() {
        for value in [
            "0",
            "7",
            "-7",
            "12345678",
            "123456789",
            "999999999999999999",
            "9223372036854775807",
            "-9223372036854775808",
            " 42 ",
            "9223372036854775808",
            "-9223372036854775809",
            "-0",
            "+1",
            "01",
            "",
            "-",
            " ",
            "1 2",
            "1a",
            "18446744073709551616",
            "12345678a",
            "99999999999999999999",
            "1.0",
            "--1",
        ] {
            assert_eq!(parse_int(value.as_bytes()), plain_int(value), "{value:?}");
        }
    }

    #[test]
    fn floats_keep_every_digit_or_stay_text() {
        let table: &[(&str, Option<f64>)] = &[
            ("1234.56", Some(1234.56)),
            ("5.", Some(5.0)),
            (".5", Some(0.5)),
            ("-.5", Some(-0.5)),
            ("-0", Some(0.0)),
            ("1e5", Some(1e5)),
            ("1E+05", Some(1e5)),
            ("0e9", Some(0.0)),
            (" 1.5 ", Some(1.5)),
            ("9007199254740992", Some(9_007_199_254_740_992.0)),
            ("9007199254740993", None),
            ("9007199254740994", Some(9_007_199_254_740_994.0)),
            ("1152921504606846976", Some(2f64.powi(60))),
            ("-9223372036854775808", Some(-(2f64.powi(63)))),
            ("9223372036854775808", None),
            ("100000000000000000000", None),
            ("9007199254740993.", Some(9_007_199_254_740_992.0)),
            ("0.10000000000000000000", Some(0.1)),
            ("0.123456789012345678", None),
            ("1e400", None),
            ("1e-400", None),
            ("-inf", Some(f64::NEG_INFINITY)),
            ("Infinity", Some(f64::INFINITY)),
            ("007.5", None),
            ("00", None),
            ("+1.5", None),
            ("1.5.5", None),
            ("1e", None),
            ("1e+", None),
            (".", None),
            ("-", None),
            ("", None),
            ("1,5", None),
            ("0x10", None),
            ("1_000", None),
        ];
        for (value, expected) in table {
            assert_eq!(parse_float(value.as_bytes()), *expected, "{value:?}");
        }
        assert!(parse_float(b"NaN").unwrap().is_nan());
        assert!(parse_float(b"-0").unwrap().is_sign_negative());
    }

    #[test]
    fn grouping_is_exact() {
        use GroupMark::{Apostrophe, Comma, Point, Space};
        let int = |mark, value: &str| parse_int_style(IntStyle::Grouped(mark), value.as_bytes());
        assert_eq!(int(Comma, "-1,234,567"), Some(-1_234_567));
        assert_eq!(int(Point, "1.234"), Some(1234));
        assert_eq!(int(Space, "1 234 567"), Some(1_234_567));
        assert_eq!(int(Space, "1\u{a0}234"), Some(1234));
        assert_eq!(int(Space, "1\u{202f}234"), Some(1234));
        assert_eq!(int(Apostrophe, "1'234"), Some(1234));
        assert_eq!(int(Comma, "999"), Some(999));
        for wrong in ["1,23", "1234", "1234,567", ",123", "0,123", "1,234,56", "1,,234", "1,234.5", "1,2345"]
        {
            assert_eq!(int(Comma, wrong), None, "{wrong:?}");
        }
        assert_eq!(int(Space, "1 234\u{a0}567"), None);
        assert_eq!(int(Comma, "9,223,372,036,854,775,808"), None);
    }

    #[test]
    fn marked_floats_have_one_decimal_mark() {
        let float = |style, value: &str| parse_float_style(style, value.as_bytes());
        let grouped = FloatStyle::Grouped;
        assert_eq!(float(grouped(GroupMark::Comma), "1,234.56"), Some(1234.56));
        assert_eq!(float(grouped(GroupMark::Point), "-1.234,56"), Some(-1234.56));
        assert_eq!(float(grouped(GroupMark::Space), "1 234,5"), Some(1234.5));
        assert_eq!(float(grouped(GroupMark::Apostrophe), "1'234.5"), Some(1234.5));
        assert_eq!(float(grouped(GroupMark::Comma), "999.5"), Some(999.5));
        assert_eq!(float(grouped(GroupMark::Comma), "1000.5"), None);
        assert_eq!(float(grouped(GroupMark::Comma), "1,234.5e3"), None);
        assert_eq!(float(grouped(GroupMark::Point), "1.5"), None);
        assert_eq!(float(FloatStyle::Comma, "1234,5"), Some(1234.5));
        assert_eq!(float(FloatStyle::Comma, "1.5"), None);
        assert_eq!(float(FloatStyle::Comma, "1,5,5"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn integers_equal_the_plain_twin(value in "-?[0-9]{0,21}| ?[0-9a+-]{1,9} ?") {
            prop_assert_eq!(parse_int(value.as_bytes()), plain_int(&value));
        }

        #[test]
        fn floats_equal_the_plain_twin(
            value in "-?[0-9]{0,6}\\.?[0-9]{0,12}|-?0?\\.?[0-9]{0,20}(e[+-]?[0-9]{1,3})?|[-0-9.eE+ naif]{0,8}|-?90071992547409[0-9]{2}|-?[1-9][0-9]{0,3}0{12,16}"
        ) {
            let (fast, plain) = (parse_float(value.as_bytes()), plain_float(&value));
            prop_assert_eq!(fast.map(f64::to_bits), plain.map(f64::to_bits), "{:?}", value);
        }
    }
}
