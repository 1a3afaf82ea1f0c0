//! Values of cells, and how they wait between the reading of a sheet and the making of its columns.

use std::fmt::Write;

use crate::model::calendar::date_of;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub const DAY: i64 = 86_400 * SECOND;

/// The value of a cell that is not empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'c> {
    /// A whole number, exactly as it is written.
    Integer(i64),
    /// A number with a fraction, or beyond whole numbers.
    Number(f64),
    /// Text that several cells share, by its number.
    Shared(u32),
    /// Text of the cell's own.
    Text(&'c str),
    /// A truth value, true or false.
    Bool(bool),
    /// A day, counted from 1970-01-01.
    Date(i32),
    /// A day and a time without a zone, in microseconds from 1970-01-01 00:00.
    DateTime(i64),
    /// A time of day, in microseconds.
    Time(i64),
    /// A stretch of time, in microseconds.
    Duration(i64),
    /// An error such as `#N/A`, which has no value.
    Error,
}

/// Of which kind a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// A whole number that 64 bits hold.
    Integer,
    /// A number of any other kind.
    Number,
    /// Text, also if it looks like a number.
    Text,
    /// A truth value, true or false.
    Bool,
    /// A day without a time.
    Date,
    /// A day with a time.
    DateTime,
    /// A time of day without a day.
    Time,
    /// A stretch of time, which may be longer than a day.
    Duration,
    /// An error such as #N/A.
    Error,
}

impl CellKind {
    /// How many there are.
    pub const COUNT: usize = 9;
}

impl<'c> Cell<'c> {
    /// The kind of the value.
    pub fn kind(self) -> CellKind {
        match self {
            Self::Integer(_) => CellKind::Integer,
            Self::Number(_) => CellKind::Number,
            Self::Shared(_) | Self::Text(_) => CellKind::Text,
            Self::Bool(_) => CellKind::Bool,
            Self::Date(_) => CellKind::Date,
            Self::DateTime(_) => CellKind::DateTime,
            Self::Time(_) => CellKind::Time,
            Self::Duration(_) => CellKind::Duration,
            Self::Error => CellKind::Error,
        }
    }

    /// Writes the value as text: numbers with all their digits, dates and times as ISO 8601 has them,
    /// durations as hours, minutes and seconds.
    pub fn write(self, shared: &dyn Fn(u32) -> &'c str, out: &mut String) {
        let _ = match self {
            Self::Integer(value) => write!(out, "{value}"),
            Self::Number(value) => write!(out, "{value}"),
            Self::Shared(number) => out.write_str(shared(number)),
            Self::Text(text) => out.write_str(text),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Date(day) => {
                let (year, month, day) = date_of(day);
                write!(out, "{year:04}-{month:02}-{day:02}")
            }
            Self::DateTime(micros) => {
                Cell::Date(micros.div_euclid(DAY) as i32).write(shared, out);
                out.push(' ');
                Cell::Time(micros.rem_euclid(DAY)).write(&|_| "", out);
                Ok(())
            }
            Self::Time(micros) => {
                let second = micros / SECOND;
                let _ = write!(out, "{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
                match micros % SECOND {
                    0 => Ok(()),
                    micros if micros % 1000 == 0 => write!(out, ".{:03}", micros / 1000),
                    micros => write!(out, ".{micros:06}"),
                }
            }
            Self::Duration(micros) => {
                if micros < 0 {
                    out.push('-');
                }
                Cell::Time(micros.saturating_abs()).write(&|_| "", out);
                Ok(())
            }
            Self::Error => Ok(()),
        };
    }

    /// Adds the value and its column to the bytes of a row.
    fn put(self, column: u16, out: &mut Vec<u8>) {
        out.extend_from_slice(&column.to_le_bytes());
        match self {
            Self::Integer(value) => number(out, 0, value.to_le_bytes()),
            Self::Number(value) => number(out, 1, value.to_le_bytes()),
            Self::Shared(value) => number(out, 2, value.to_le_bytes()),
            Self::Text(text) => {
                number(out, 3, (text.len() as u32).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            Self::Bool(value) => number(out, 4, [u8::from(value)]),
            Self::Date(value) => number(out, 5, value.to_le_bytes()),
            Self::DateTime(value) => number(out, 6, value.to_le_bytes()),
            Self::Time(value) => number(out, 7, value.to_le_bytes()),
            Self::Duration(value) => number(out, 8, value.to_le_bytes()),
            Self::Error => out.push(9),
        }
    }
}

fn number<const N: usize>(out: &mut Vec<u8>, tag: u8, bytes: [u8; N]) {
    out.push(tag);
    out.extend_from_slice(&bytes);
}

/// A row of a sheet: its number, counted from 1, and its cells that are not empty, by column.
#[derive(Debug, Clone, Default)]
pub struct SheetRow {
    /// Number of the row in the sheet, counted from 1.
    pub number: u32,
    bytes: Vec<u8>,
    count: u16,
}

impl SheetRow {
    /// Begins another row.
    pub fn begin(&mut self, number: u32) {
        self.number = number;
        self.bytes.clear();
        self.count = 0;
    }

    /// Adds a cell behind the others of the row.
    pub fn push(&mut self, column: u16, cell: Cell<'_>) {
        cell.put(column, &mut self.bytes);
        self.count += 1;
    }

    /// Number of cells that are not empty.
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether all cells are empty.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The cells with their columns, in the order in which they were added.
    pub fn cells(&self) -> Cells<'_> {
        Cells { bytes: &self.bytes, left: self.count }
    }

    /// Adds the row to bytes from which [`next_row`] takes it.
    pub fn keep(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.bytes);
    }
}

/// Takes the next row off bytes that [`SheetRow::keep`] made: its number, and its cells, which must be read
/// to their end before the next row is taken.
pub fn next_row<'b>(bytes: &mut &'b [u8]) -> Option<(u32, Cells<'b>)> {
    let (number, rest) = bytes.split_first_chunk()?;
    let (count, rest) = rest.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), Cells { bytes: rest, left: u16::from_le_bytes(*count) }))
}

/// The cells of one row, in the order of their columns.
#[derive(Debug, Clone)]
pub struct Cells<'b> {
    bytes: &'b [u8],
    left: u16,
}

impl<'b> Cells<'b> {
    /// The bytes behind the cells that were taken.
    pub fn rest(&self) -> &'b [u8] {
        self.bytes
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (found, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*found)
    }
}

impl<'b> Iterator for Cells<'b> {
    type Item = (u16, Cell<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let column = u16::from_le_bytes(self.take()?);
        let [tag] = self.take()?;
        let cell = match tag {
            0 => Cell::Integer(i64::from_le_bytes(self.take()?)),
            1 => Cell::Number(f64::from_le_bytes(self.take()?)),
            2 => Cell::Shared(u32::from_le_bytes(self.take()?)),
            3 => {
                let length = u32::from_le_bytes(self.take()?) as usize;
                let (text, rest) = self.bytes.split_at_checked(length)?;
                self.bytes = rest;
                Cell::Text(std::str::from_utf8(text).ok()?)
            }
            4 => Cell::Bool(self.take()? == [1]),
            5 => Cell::Date(i32::from_le_bytes(self.take()?)),
            6 => Cell::DateTime(i64::from_le_bytes(self.take()?)),
            7 => Cell::Time(i64::from_le_bytes(self.take()?)),
            8 => Cell::Duration(i64::from_le_bytes(self.take()?)),
            _ => Cell::Error,
        };
        Some((column, cell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were_kept() {
        let cells = [
            Cell::Integer(i64::MIN),
            Cell::Number(0.1),
            Cell::Shared(7),
            Cell::Text("ü"),
            Cell::Text(""),
            Cell::Bool(true),
            Cell::Date(-1),
            Cell::DateTime(5),
            Cell::Time(6),
            Cell::Duration(-7),
            Cell::Error,
        ];
        let mut kept = Vec::new();
        for number in [3, 9] {
            let mut row = SheetRow::default();
            row.begin(number);
            for (column, cell) in (2..).zip(cells) {
                row.push(column, cell);
            }
            row.keep(&mut kept);
        }
        let mut bytes = kept.as_slice();
        for number in [3, 9] {
            let (found, mut row) = next_row(&mut bytes).unwrap();
            assert_eq!(found, number);
            let back: Vec<(u16, Cell<'_>)> = row.by_ref().collect();
            assert_eq!(back, (2..).zip(cells).collect::<Vec<_>>());
            bytes = row.rest();
        }
        assert!(next_row(&mut bytes).is_none());
    }

    #[test]
    fn values_are_written_with_all_their_digits() {
        for (cell, text) in [
            (Cell::Integer(-12), "-12"),
            (Cell::Number(0.1), "0.1"),
            (Cell::Number(1.5e300), &format!("{}", 1.5e300)),
            (Cell::Date(19_844), "2024-05-01"),
            (Cell::DateTime(19_844 * DAY + 36_000 * SECOND), "2024-05-01 10:00:00"),
            (Cell::DateTime(-1), "1969-12-31 23:59:59.999999"),
            (Cell::Time(1_500_000), "00:00:01.500"),
            (Cell::Duration(-(25 * 3600 + 90) * SECOND), "-25:01:30"),
            (Cell::Error, ""),
        ] {
            let mut out = String::new();
            cell.write(&|_| "", &mut out);
            assert_eq!(out, text);
        }
    }
}
