//! Layouts in which times are often written, and which of them a value has: what an error can name for one that was not read.
//!
//! Nothing is read by this: it finds words for `--timestamp-format`, and where a value has two readings it finds both.

use std::sync::LazyLock;

use super::time_format::TimeFormat;

/// What stands for the date.
const DATES: [&str; 16] = [
    "%d.%m.%Y",
    "%Y.%m.%d",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d %Y",
    "%b %d, %Y",
    "%B %d, %Y",
];
/// What stands for the time of day, with what is between it and the date.
const CLOCKS: [&str; 11] = [
    "",
    " %H:%M:%S",
    " %H:%M:%S%.f",
    " %H:%M",
    "T%H:%M:%S",
    "T%H:%M:%S%.f",
    "T%H:%M",
    ", %H:%M:%S",
    ", %H:%M",
    " %I:%M:%S %p",
    " %I:%M %p",
];
/// Whole layouts that are not of these parts.
const OTHERS: [&str; 9] = [
    "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S UTC %Y",
    "%d/%b/%Y:%H:%M:%S %z",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M",
    "%Y%m%d %H:%M:%S",
];
/// The longest value that is looked at, in bytes.
const LONGEST: usize = 48;
/// Layouts that are named for one value.
const NAMED: usize = 2;

/// The layouts that read a value, two at most.
pub fn layouts_of(value: &[u8]) -> Vec<String> {
    if value.len() > LONGEST || value.iter().filter(|byte| byte.is_ascii_digit()).count() < 4 {
        return Vec::new();
    }
    // Asked for each bad row of a log that may have millions: patterns are compiled once.
    static ALL: LazyLock<Vec<(String, TimeFormat)>> = LazyLock::new(|| {
        let parts = DATES.iter().flat_map(|date| CLOCKS.iter().map(move |clock| format!("{date}{clock}")));
        let all = OTHERS.iter().map(|layout| (*layout).to_owned()).chain(parts);
        all.filter_map(|layout| TimeFormat::compile(&layout).ok().map(|format| (layout, format))).collect()
    });
    let reads = |(_, format): &&(String, TimeFormat)| format.parse(value).is_some();
    ALL.iter().filter(reads).take(NAMED).map(|(layout, _)| layout.clone()).collect()
}

/// What to do about a value that is no time as it is: the layouts to name, in words; nothing if it is not like a time at all.
pub fn advice(value: &[u8]) -> Option<String> {
    let quoted = |layout: &String| format!("\"{layout}\"");
    let found = layouts_of(value);
    if !found.is_empty() {
        let layouts = found.iter().map(quoted).collect::<Vec<_>>().join(" or ");
        return Some(format!("--timestamp-format {layouts} reads it"));
    }
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    (digits >= 4).then(|| {
        "--timestamp-format takes another layout, such as \"%d.%m.%Y %H:%M:%S\" for 31.12.2024 23:59:58"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_layouts_are_named() {
        for (value, layouts) in [
            ("03.04.2024 10:00", &["%d.%m.%Y %H:%M"][..]),
            ("03.04.2024 10:00:01", &["%d.%m.%Y %H:%M:%S"]),
            ("03.04.2024 10:00:01.5", &["%d.%m.%Y %H:%M:%S%.f"]),
            ("31.12.2024", &["%d.%m.%Y"]),
            ("2024/01/02 10:00", &["%Y/%m/%d %H:%M"]),
            ("03/04/2024 10:00", &["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]),
            ("13/04/2024 10:00", &["%d/%m/%Y %H:%M"]),
            ("04/13/2024 1:00 PM", &["%m/%d/%Y %I:%M %p"]),
            ("Mon, 01 Jan 2024 10:00:00 +0100", &["%a, %d %b %Y %H:%M:%S %z"]),
            ("Mon, 01 Jan 2024 10:00:00 GMT", &["%a, %d %b %Y %H:%M:%S GMT"]),
            ("02-Jan-2024 10:00", &["%d-%b-%Y %H:%M"]),
            ("Jan 2, 2024", &["%b %d, %Y"]),
            ("20240102100000", &["%Y%m%d%H%M%S"]),
            ("02/Jan/2024:10:00:00 +0000", &["%d/%b/%Y:%H:%M:%S %z"]),
            ("soon", &[]),
            ("x2024", &[]),
        ] {
            let found = layouts_of(value.as_bytes());
            assert!(layouts.iter().all(|layout| found.iter().any(|it| it == layout)), "{value}: {found:?}");
            assert_eq!(found.is_empty(), layouts.is_empty(), "{value}: {found:?}");
        }
        assert!(advice(b"03.04.2024 10:00").unwrap().contains("\"%d.%m.%Y %H:%M\" reads it"));
        assert!(advice(b"Q4 2024, w. 3").unwrap().contains("such as"));
        assert_eq!(advice(b"soon"), None);
    }
}
