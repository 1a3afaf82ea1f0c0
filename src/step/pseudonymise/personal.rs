//! Columns that look personal: by their names, and by values such as mail addresses, account and card numbers.
//!
//! Nothing is changed because of it; it is only said. Checksums keep chance apart from meaning: one text in 97
//! passes that of an IBAN, one number in ten that of a card, so of these at least half of a column must pass.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type};

use crate::model::catalog::TableColumn;
use crate::model::roles::Role;

/// What a column may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PersonalKind {
    /// Addresses of electronic mail.
    Mail,
    /// Account numbers (ISO 13616).
    Iban,
    /// Card numbers (ISO/IEC 7812).
    Card,
    /// Telephone numbers.
    Phone,
    /// Numbers that a state gives a person.
    NationalId,
    /// Names of people, or other words for one person.
    Person,
    /// Places where people live.
    Address,
    /// Dates on which people were born.
    Birth,
}

impl PersonalKind {
    /// Every kind that values show, in the order of [`PersonalCounts`].
    const OF_VALUES: [Self; 5] = [Self::Mail, Self::Iban, Self::Card, Self::Phone, Self::NationalId];

    /// The kind in words, as reports show it.
    pub const fn described(self) -> &'static str {
        match self {
            Self::Mail => "mail addresses",
            Self::Iban => "account numbers (IBAN)",
            Self::Card => "card numbers",
            Self::Phone => "phone numbers",
            Self::NationalId => "national identity numbers",
            Self::Person => "people",
            Self::Address => "addresses",
            Self::Birth => "dates of birth",
        }
    }
}

/// How many values of a column look like what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PersonalCounts {
    /// Values that are not null.
    pub values: u64,
    /// For each kind of [`PersonalKind::OF_VALUES`] the values that look like it.
    found: [u64; 5],
}

impl PersonalCounts {
    /// Adds the values of a batch.
    pub fn add(&mut self, array: &ArrayRef) {
        self.values += (array.len() - array.logical_null_count()) as u64;
        match array.data_type() {
            DataType::Utf8 => {
                let texts = array.as_string::<i32>();
                // One look at all bytes spares one at each value: most columns hold no such sign.
                let first = texts.value_offsets().first().map_or(0, |at| *at as usize);
                let last = texts.value_offsets().last().map_or(0, |at| *at as usize);
                let has_mail = memchr::memchr(b'@', &texts.value_data()[first..last]).is_some();
                for text in texts.iter().flatten() {
                    let kind = if has_mail { kind_of(text) } else { kind_of_number(text.as_bytes()) };
                    self.count(kind, 1);
                }
            }
            DataType::Dictionary(_, values) if **values == DataType::Utf8 => {
                let keyed = array.as_any_dictionary();
                let kinds: Vec<Option<PersonalKind>> =
                    keyed.values().as_string::<i32>().iter().map(|text| kind_of(text?)).collect();
                if kinds.iter().all(Option::is_none) {
                    return;
                }
                let keys = keyed.normalized_keys();
                for (_, key) in keys.into_iter().enumerate().filter(|(row, _)| array.is_valid(*row)) {
                    self.count(kinds.get(key).copied().flatten(), 1);
                }
            }
            DataType::Int64 => {
                const LEAST: i64 = 1_000_000_000_000;
                for value in array.as_primitive::<Int64Type>().iter().flatten().filter(|it| *it >= LEAST) {
                    if is_card(value.to_string().as_bytes()) {
                        self.count(Some(PersonalKind::Card), 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, kind: Option<PersonalKind>, by: u64) {
        let place = kind.and_then(|kind| PersonalKind::OF_VALUES.iter().position(|it| *it == kind));
        if let Some(place) = place {
            self.found[place] += by;
        }
    }

    /// Adds what other rows hold.
    pub fn join(&mut self, other: &Self) {
        self.values += other.values;
        for (sum, more) in self.found.iter_mut().zip(other.found) {
            *sum += more;
        }
    }

    /// What the values look like, and how many of them do.
    pub fn kind(&self) -> Option<(PersonalKind, u64)> {
        let is_enough = |(kind, count): &(PersonalKind, u64)| match kind {
            // Nothing else looks like one: a few in remarks are worth a word.
            PersonalKind::Mail => *count > 0 && count * 100 >= self.values,
            _ => *count > 0 && count * 2 >= self.values,
        };
        PersonalKind::OF_VALUES.into_iter().zip(self.found).find(is_enough)
    }
}

/// Whether values of a type are looked at.
pub fn is_looked_at(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => **values == DataType::Utf8,
        other => matches!(other, DataType::Utf8 | DataType::Int64),
    }
}

/// What the name or the role of a column says about its values.
pub fn kind_of_name(column: &TableColumn) -> Option<PersonalKind> {
    if column.roles.contains(&Role::Resource) {
        return Some(PersonalKind::Person);
    }
    if !column.roles.is_empty() {
        return None;
    }
    // Of an attribute inside another its own name counts.
    let name = column.name();
    let words = words(name.rsplit('/').next().unwrap_or(name));
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let all: String = words.concat();
    let holds = |parts: &[&str]| parts.iter().any(|part| all.contains(part));
    if has(&["mail", "email"]) || holds(&["emailaddress"]) {
        Some(PersonalKind::Mail)
    } else if has(&["iban"]) || holds(&["accountnumber", "bankaccount", "kontonummer"]) {
        Some(PersonalKind::Iban)
    } else if holds(&["cardnumber", "creditcard", "kartennummer"]) {
        Some(PersonalKind::Card)
    } else if has(&["phone", "telephone", "mobile", "telefon", "tel", "fax", "handy", "cellphone"]) {
        Some(PersonalKind::Phone)
    } else if has(&["ssn", "bsn", "nino", "pesel", "dni", "nif", "passport", "insee", "taxid"])
        || holds(&["nationalid", "socialsecurity", "steuerid", "personalausweis", "ssnumber"])
    {
        Some(PersonalKind::NationalId)
    } else if has(&["birth", "birthday", "dob", "birthdate", "geburtsdatum", "geburtstag"])
        || holds(&["dateofbirth"])
    {
        Some(PersonalKind::Birth)
    } else if has(&["address", "street", "strasse", "postcode", "zip", "plz", "adresse", "zipcode"])
        || holds(&["postalcode"])
    {
        Some(PersonalKind::Address)
    } else if has(&[
        "firstname",
        "lastname",
        "surname",
        "forename",
        "fullname",
        "vorname",
        "nachname",
        "patient",
        "employee",
        "user",
        "username",
        "person",
        "customer",
        "client",
        "manager",
        "agent",
        "operator",
        "originator",
        "mitarbeiter",
        "kunde",
        "physician",
        "doctor",
        "nurse",
        "resource",
        "assignee",
        "owner",
    ]) || holds(&["firstname", "lastname", "familyname", "givenname", "fullname"])
    {
        Some(PersonalKind::Person)
    } else {
        None
    }
}

/// The words of a name, in small letters: `customerName` and `customer_name` have two.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || was_small && letter.is_uppercase() {
            words.push(String::new());
        }
        was_small = letter.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a value may be one of the numbers that are known by shape and checksum, or has blanks around it: a look
/// at two bytes, for there are as many values as cells.
fn may_be_number(bytes: &[u8]) -> bool {
    if bytes.len() < 8 {
        return false;
    }
    match bytes[0] {
        b'0'..=b'9' | b'+' | b'(' => bytes.len() <= 64,
        b'A'..=b'Z' => bytes[1].is_ascii_uppercase(),
        first => first.is_ascii_whitespace(),
    }
}

/// What a value looks like.
fn kind_of(text: &str) -> Option<PersonalKind> {
    let bytes = text.as_bytes();
    match memchr::memchr(b'@', bytes) {
        Some(_) => is_mail_in(bytes).then_some(PersonalKind::Mail),
        None => kind_of_number(bytes),
    }
}

/// The same of a value without the sign that mail addresses have.
#[inline]
fn kind_of_number(bytes: &[u8]) -> Option<PersonalKind> {
    if !may_be_number(bytes) {
        return None;
    }
    let bytes = bytes.trim_ascii();
    let first = *bytes.first()?;
    if !(8..=64).contains(&bytes.len()) {
        return None;
    }
    match first {
        b'A'..=b'Z' if is_iban(bytes) => Some(PersonalKind::Iban),
        b'A'..=b'Z' if is_lettered_id(bytes) => Some(PersonalKind::NationalId),
        b'0'..=b'9' if is_card(bytes) => Some(PersonalKind::Card),
        b'0'..=b'9' if is_numbered_id(bytes) => Some(PersonalKind::NationalId),
        b'0' | b'+' | b'(' if is_phone(bytes) => Some(PersonalKind::Phone),
        _ => None,
    }
}

/// Whether a mail address stands in a text: a letter or digit before the sign, and a name with a point behind it.
fn is_mail_in(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'@', bytes).any(|at| {
        let is_of_domain = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let domain: Vec<u8> = bytes[at + 1..].iter().take_while(is_of_domain).copied().collect();
        let point = domain.iter().rposition(|byte| *byte == b'.');
        let has_name =
            at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'_' | b'-' | b'+'));
        has_name && point.is_some_and(|point| point > 0 && domain.len() - point > 2)
    })
}

/// ISO 13616: two letters, two check digits, up to 30 letters and digits; the remainder by 97 is 1.
fn is_iban(bytes: &[u8]) -> bool {
    let plain: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b' ').collect();
    let shaped = (15..=34).contains(&plain.len())
        && plain[..2].iter().all(u8::is_ascii_uppercase)
        && plain[2..4].iter().all(u8::is_ascii_digit)
        && plain[4..].iter().all(u8::is_ascii_alphanumeric);
    shaped && {
        let turned = plain[4..].iter().chain(&plain[..4]);
        let rest = turned.fold(0_u32, |rest, byte| match byte {
            b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
            letter => (rest * 100 + u32::from(letter.to_ascii_uppercase() - b'A') + 10) % 97,
        });
        rest == 1
    }
}

/// ISO/IEC 7812: 13 to 19 digits, by blanks or hyphens in groups, with the check digit of Luhn. The first digit is
/// one of payment cards.
fn is_card(bytes: &[u8]) -> bool {
    let digits: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
    (13..=19).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && matches!(digits[0], b'2'..=b'6')
        && luhn(&digits)
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .map(|digit| u32::from(digit - b'0'))
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { doubled(digit) } else { digit })
        .sum();
    sum.is_multiple_of(10)
}

/// Nine to fifteen digits with marks between them that phone numbers have, from a plus sign or a zero on.
fn is_phone(bytes: &[u8]) -> bool {
    let is_mark = |byte: &u8| matches!(byte, b' ' | b'-' | b'/' | b'(' | b')' | b'.');
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let rest = bytes.strip_prefix(b"+").unwrap_or(bytes);
    let has_mark = rest.len() < bytes.len() || rest.iter().any(is_mark);
    has_mark && (9..=15).contains(&digits) && rest.iter().all(|byte| byte.is_ascii_digit() || is_mark(byte))
}

/// The Italian codice fiscale and the British national insurance number, by their shapes.
fn is_lettered_id(bytes: &[u8]) -> bool {
    let plain: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b' ').collect();
    let shape: Vec<u8> = plain
        .iter()
        .map(|byte| match byte {
            b'A'..=b'Z' => b'A',
            b'0'..=b'9' => b'9',
            _ => b'?',
        })
        .collect();
    shape == b"AAAAAA99A99A999A" || shape == b"AA999999A" && matches!(plain[8], b'A'..=b'D')
}

/// The American social security number by its shape, the Spanish DNI by its letter, the Polish PESEL and the French
/// INSEE number by their check digits.
fn is_numbered_id(bytes: &[u8]) -> bool {
    let is_digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum * 10 + u64::from(byte - b'0'));
    match bytes {
        [area @ .., b'-', b, c, b'-', e, f, g, h] if area.len() == 3 => {
            is_digits(area)
                && is_digits(&[*b, *c, *e, *f, *g, *h])
                && number(area) != 0
                && number(area) != 666
        }
        [digits @ .., letter] if digits.len() == 8 && is_digits(digits) && letter.is_ascii_uppercase() => {
            b"TRWAGMYFPDXBNJZSQVHLCKE"[(number(digits) % 23) as usize] == *letter
        }
        digits if digits.len() == 11 && is_digits(digits) => {
            let weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1];
            let sum: u64 = digits.iter().zip(weights).map(|(it, weight)| u64::from(it - b'0') * weight).sum();
            let (month, day) = (number(&digits[2..4]) % 20, number(&digits[4..6]));
            sum.is_multiple_of(10) && (1..=12).contains(&month) && (1..=31).contains(&day)
        }
        digits if digits.len() == 15 && is_digits(digits) && matches!(digits[0], b'1' | b'2') => {
            97 - number(&digits[..13]) % 97 == number(&digits[13..])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{DictionaryArray, StringArray};
    use arrow::datatypes::{Field, Int32Type};

    use super::*;

    #[test]
    fn values_are_known_by_shape_and_checksum() {
        for (text, kind) in [
            ("alice@example.org", Some(PersonalKind::Mail)),
            (
                "write to alice@example.org, please, about the matter of the last week and its consequences",
                Some(PersonalKind::Mail),
            ),
            ("user@host", None),
            // The examples of the standards and of test systems.
            ("DE89 3704 0044 0532 0130 00", Some(PersonalKind::Iban)),
            ("GB82WEST12345698765432", Some(PersonalKind::Iban)),
            ("GB83WEST12345698765432", None),
            ("4111 1111 1111 1111", Some(PersonalKind::Card)),
            ("4111111111111112", None),
            ("+49 171 2345678", Some(PersonalKind::Phone)),
            ("0171/2345678", Some(PersonalKind::Phone)),
            ("01712345679", None),
            ("2024-05-01", None),
            ("01-05-2024", None),
            ("12345678Z", Some(PersonalKind::NationalId)),
            ("12345678A", None),
            ("RSSMRA85T10A562S", Some(PersonalKind::NationalId)),
            ("123-45-6789", Some(PersonalKind::NationalId)),
            ("44051401359", Some(PersonalKind::NationalId)),
            ("Create Fine", None),
            ("", None),
        ] {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }

    #[test]
    fn names_and_roles_of_columns_tell() {
        let column = |name: &str| TableColumn::computed(Field::new(name, DataType::Utf8, true));
        for (name, kind) in [
            ("customerName", Some(PersonalKind::Person)),
            ("E-Mail", Some(PersonalKind::Mail)),
            ("e_mail_address", Some(PersonalKind::Mail)),
            ("phone", Some(PersonalKind::Phone)),
            ("date of birth", Some(PersonalKind::Birth)),
            ("amount", None),
            ("userland", None),
            ("description", None),
        ] {
            assert_eq!(kind_of_name(&column(name)), kind, "{name}");
        }
        let mut resource = column("x");
        resource.roles = vec![Role::Resource];
        assert_eq!(kind_of_name(&resource), Some(PersonalKind::Person));
        resource.roles = vec![Role::Activity];
        assert_eq!(kind_of_name(&resource), None);
    }

    #[test]
    fn counts_are_those_of_rows_whether_values_are_keyed_or_not() {
        let texts = [Some("a@b.org"), None, Some("x"), Some("a@b.org")];
        let (mut plain, mut keyed) = (PersonalCounts::default(), PersonalCounts::default());
        plain.add(&(Arc::new(StringArray::from(texts.to_vec())) as ArrayRef));
        let array: DictionaryArray<Int32Type> = texts.into_iter().collect();
        keyed.add(&(Arc::new(array) as ArrayRef));
        assert_eq!(plain, keyed);
        assert_eq!(plain.kind(), Some((PersonalKind::Mail, 2)));
    }
}
