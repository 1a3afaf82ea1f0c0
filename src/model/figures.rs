//! Numbers as people read them.

/// A whole number with commas between thousands: `1,000,000`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun, with an s unless the number is 1.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), agreeing(number, "", "s"))
}

/// The form of a word that agrees with a number: `one` for 1, else `several`.
pub fn agreeing<'w>(number: u64, one: &'w str, several: &'w str) -> &'w str {
    if number == 1 { one } else { several }
}

/// Words in a sentence: `a, b and c`, if `last` is `and`.
pub fn listed(words: &[impl AsRef<str>], last: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [others @ .., end] => format!("{} {last} {end}", others.join(", ")),
    }
}
