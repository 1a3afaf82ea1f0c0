//! What was done to rows beside reading them: how often, where first, and the warnings about it.
//!
//! A shard counts here and tells it with each batch; the counts of all shards are added up in the order of the file.

use crate::model::table::{Learned, Note, Remark};
use crate::model::warning::{Warning, WarningCode};

/// What was done to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// It had fewer fields than the header and got nulls.
    Padded,
    /// It had more fields than the header and lost some.
    Cut,
    /// A byte order mark in front of it was left out.
    Mark,
    /// Values with a byte 0x00 were kept.
    Nul,
}

impl What {
    const ALL: [Self; 4] = [Self::Padded, Self::Cut, Self::Mark, Self::Nul];

    fn name(self) -> &'static str {
        match self {
            Self::Padded => "rows padded",
            Self::Cut => "rows cut",
            Self::Mark => "byte order marks",
            Self::Nul => "values with a byte 0x00",
        }
    }
}

/// Counts of one batch.
#[derive(Debug, Default)]
pub(super) struct Notes([Option<Counted>; What::ALL.len()]);

/// How often, and where first.
#[derive(Debug, Clone, Copy)]
struct Counted {
    count: u64,
    at: u64,
    record: u64,
}

impl Notes {
    /// Counts something at the record that starts at the absolute offset `at` and has this number within its shard.
    #[cold]
    pub(super) fn add(&mut self, what: What, count: u64, at: u64, record: u64) {
        self.0[what as usize].get_or_insert(Counted { count: 0, at, record }).count += count;
    }

    /// What was counted since the last call; `None` if nothing was.
    pub(super) fn take(&mut self) -> Option<Learned> {
        if self.0.iter().all(Option::is_none) {
            return None;
        }
        let mut learned = Learned::default();
        for (what, counted) in What::ALL.into_iter().zip(std::mem::take(&mut self.0)) {
            if let Some(Counted { count, at, record }) = counted {
                learned.note(Note { at, record, what: Remark::Odd(what.name(), count) });
            }
        }
        Some(learned)
    }
}

/// What should be said about it.
pub(super) fn warnings(learned: &Learned) -> Vec<Warning> {
    let of = |what: What| {
        learned.notes.iter().find_map(|note| match note.what {
            Remark::Odd(name, count) if name == what.name() => {
                Some(Counted { count, at: note.at, record: note.record })
            }
            _ => None,
        })
    };
    let told = |first: Counted, count: u64, code: WarningCode, what: String| {
        let row = first.record + 1;
        Warning::new(code, format!("{what}, the first is row {row}")).counted(count).example(
            "",
            Some(row),
            Some(first.at),
        )
    };
    let mut found = Vec::new();
    let (padded, cut) = (of(What::Padded), of(What::Cut));
    if let Some(first) = [padded, cut].into_iter().flatten().min_by_key(|it| it.at) {
        let (padded, cut) = (padded.map_or(0, |it| it.count), cut.map_or(0, |it| it.count));
        let what = match (padded, cut) {
            (padded, 0) => {
                format!("{padded} row(s) with fewer fields than the header were filled up with nulls")
            }
            (0, cut) => format!("{cut} row(s) with more fields than the header lost those at their end"),
            (padded, cut) => format!(
                "{padded} row(s) with fewer fields than the header were filled up with nulls, and {cut} with more lost those at their end"
            ),
        };
        let help = "as --uneven-rows asks; without it such rows are bad rows, and --on-bad-row reject keeps them in a file";
        found.push(told(first, padded + cut, WarningCode::UnevenRows, what).help(help));
    }
    if let Some(first) = of(What::Mark) {
        let what = format!("{} byte order mark(s) at the start of later rows were left out", first.count);
        let help =
            "the file was probably put together from several; a header that comes again in it is a row";
        found.push(told(first, first.count, WarningCode::ByteOrderMark, what).help(help));
    }
    if let Some(first) = of(What::Nul) {
        let what = format!("{} value(s) hold a byte 0x00, which was kept", first.count);
        let help = "as --nul-bytes asks; many programs read such a value only up to that byte";
        found.push(told(first, first.count, WarningCode::NulBytes, what).help(help));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_up_over_shards_and_the_first_row_is_told() {
        let mut all = Learned::default();
        for (records, row) in [(0, 4), (10, 0)] {
            let mut notes = Notes::default();
            notes.add(What::Padded, 1, 100 + records, row);
            notes.add(What::Padded, 1, 150 + records, row + 1);
            notes.add(What::Cut, 1, 120 + records, row);
            all.join(notes.take().unwrap(), records);
            assert!(notes.take().is_none());
        }
        let [warning] = warnings(&all).try_into().unwrap();
        assert_eq!((warning.code, warning.count), (WarningCode::UnevenRows, Some(6)));
        let example = warning.example.unwrap();
        assert_eq!((example.row, example.byte), (Some(5), Some(100)));
    }
}
