//! What was done to rows beside reading them: how often, where first, and the warnings about it.
//!
//! A shard counts here and tells it with each batch; the counts of all shards are added up in the order of
//! the file.

use crate::model::table::{Learned, Note, Remark};
use crate::model::warning::{Warning, WarningCode};

/// Kinds of repair that a row may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoteKind {
    /// The row had fewer fields than the header and got nulls.
    Padded,
    /// The row had more fields than the header and lost the surplus.
    Cut,
    /// A byte order mark in front of it was left out.
    Mark,
    /// Values with a byte 0x00 were kept.
    Nul,
}

impl NoteKind {
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
pub(super) struct Notes([Option<NoteCount>; NoteKind::ALL.len()]);

/// Number of repairs, and the place of the first.
#[derive(Debug, Clone, Copy)]
struct NoteCount {
    count: u64,
    at: u64,
    record: u64,
}

impl Notes {
    /// Counts something at the record that starts at the absolute offset `at` and has this number within its
    /// shard.
    #[cold]
    pub(super) fn add(&mut self, what: NoteKind, count: u64, at: u64, record: u64) {
        self.0[what as usize].get_or_insert(NoteCount { count: 0, at, record }).count += count;
    }

    /// Takes the counts since the last call; `None` if nothing was counted.
    pub(super) fn take(&mut self) -> Option<Learned> {
        if self.0.iter().all(Option::is_none) {
            return None;
        }
        let mut learned = Learned::default();
        for (what, counted) in NoteKind::ALL.into_iter().zip(std::mem::take(&mut self.0)) {
            if let Some(NoteCount { count, at, record }) = counted {
                learned.note(Note { at, record, what: Remark::Odd(what.name(), count) });
            }
        }
        Some(learned)
    }
}

/// The warnings about repairs.
pub(super) fn warnings(learned: &Learned) -> Vec<Warning> {
    let of = |what: NoteKind| {
        learned.notes.iter().find_map(|note| match note.what {
            Remark::Odd(name, count) if name == what.name() => {
                Some(NoteCount { count, at: note.at, record: note.record })
            }
            _ => None,
        })
    };
    let told = |first: NoteCount, count: u64, code: WarningCode, what: String| {
        let row = first.record + 1;
        Warning::new(code, format!("{what}, the first is row {row}")).counted(count).example(
            "",
            Some(row),
            Some(first.at),
        )
    };
    let mut found = Vec::new();
    let (padded, cut) = (of(NoteKind::Padded), of(NoteKind::Cut));
    if let Some(first) = [padded, cut].into_iter().flatten().min_by_key(|it| it.at) {
        let (padded, cut) = (padded.map_or(0, |it| it.count), cut.map_or(0, |it| it.count));
        let what = match (padded, cut) {
            (padded, 0) => {
                format!("{padded} row(s) with fewer fields than the header were padded with nulls")
            }
            (0, cut) => format!("{cut} row(s) with more fields than the header were cut to its width"),
            (padded, cut) => format!(
                "{padded} row(s) with fewer fields than the header were padded with nulls, and {cut} row(s) with more fields were cut to its width"
            ),
        };
        let help = "⟦uneven-rows⟧ asks for this; without it such rows are bad rows, which ⟦on-bad-row⟧ reject writes to a file";
        found.push(told(first, padded + cut, WarningCode::UnevenRows, what).help(help));
    }
    if let Some(first) = of(NoteKind::Mark) {
        let what = format!("{} byte order mark(s) at the start of later rows were left out", first.count);
        let help =
            "the file was probably concatenated from several files; a repeated header in it is read as a row";
        found.push(told(first, first.count, WarningCode::ByteOrderMark, what).help(help));
    }
    if let Some(first) = of(NoteKind::Nul) {
        let what = format!("{} value(s) contain a byte 0x00, which was kept", first.count);
        let help = "⟦nul-bytes⟧ keep asks for this; many programs read such a value only up to that byte";
        found.push(told(first, first.count, WarningCode::NulBytes, what).help(help));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_up_over_shards_and_the_first_row_is_reported() {
        let mut all = Learned::default();
        for (records, row) in [(0, 4), (10, 0)] {
            let mut notes = Notes::default();
            notes.add(NoteKind::Padded, 1, 100 + records, row);
            notes.add(NoteKind::Padded, 1, 150 + records, row + 1);
            notes.add(NoteKind::Cut, 1, 120 + records, row);
            all.join(notes.take().unwrap(), records);
            assert!(notes.take().is_none());
        }
        let [warning] = warnings(&all).try_into().unwrap();
        assert_eq!((warning.code, warning.count), (WarningCode::UnevenRows, Some(6)));
        let example = warning.example.unwrap();
        assert_eq!((example.row, example.byte), (Some(5), Some(100)));
    }
}
