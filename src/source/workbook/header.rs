//! Which row of a sheet names the columns, and what stands above it.
//!
//! Titles above a table are narrower than the table. The header is the first row that is about as wide as the
//! rows below it and holds nothing but text; a sheet without such a row has no header.

use super::cell::{CellKind, SheetRow};

/// Rows that are looked at.
pub const LOOK: usize = 100;
/// Rows of titles at most.
const ABOVE: usize = 20;
/// Rows below a row that show how wide the table is.
const BELOW: usize = 30;

/// What the first rows of a sheet are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundHeader {
    /// Rows above the header, or above the first row of values.
    pub titles: usize,
    /// Whether the row behind them names the columns.
    pub is_there: bool,
}

/// Finds the header in the first rows that are not empty; `wish` says whether there is one, if the user does.
pub fn find_header(rows: &[SheetRow], wish: Option<bool>) -> FoundHeader {
    let none = FoundHeader { titles: 0, is_there: false };
    match wish {
        // Whoever says that there is no header has rows from the first one on.
        Some(false) => none,
        Some(true) => FoundHeader { titles: first_wide(rows), is_there: !rows.is_empty() },
        None => {
            let candidates = (0..rows.len().min(ABOVE + 1)).filter(|at| is_wide(rows, *at));
            let header = candidates.into_iter().find(|at| is_text(&rows[*at]));
            match header {
                Some(at) if rows[..at].iter().all(|row| row.len() < rows[at].len()) => {
                    FoundHeader { titles: at, is_there: true }
                }
                _ => FoundHeader { titles: first_wide(rows), ..none },
            }
        }
    }
}

/// The first row that is about as wide as those below it.
fn first_wide(rows: &[SheetRow]) -> usize {
    (0..rows.len().min(ABOVE + 1)).find(|at| is_wide(rows, *at)).unwrap_or(0)
}

/// Whether a row is about as wide as the rows below it: an index has no name at times, and stands first.
fn is_wide(rows: &[SheetRow], at: usize) -> bool {
    let below = &rows[at + 1..rows.len().min(at + 1 + BELOW)];
    let (own, width) = (rows[at].len(), below.iter().map(SheetRow::len).max().unwrap_or(0));
    let first = |row: &SheetRow| row.cells().next().map_or(u16::MAX, |(column, _)| column);
    let starts_later = below.iter().map(first).min().is_some_and(|left| first(&rows[at]) > left);
    own * 10 >= width * 7 || own + 1 == width && starts_later
}

/// Whether a row holds texts alone, none of which is empty.
fn is_text(row: &SheetRow) -> bool {
    !row.is_empty() && row.cells().all(|(_, cell)| cell.kind() == CellKind::Text)
}

#[cfg(test)]
mod tests {
    use super::super::cell::Cell;
    use super::*;

    /// Rows of letters: `t` text, `n` a number, `.` an empty cell.
    fn rows(of: &[&str]) -> Vec<SheetRow> {
        let row = |(number, cells): (usize, &&str)| {
            let mut row = SheetRow::default();
            row.begin(number as u32 + 1);
            for (column, cell) in (0..).zip(cells.chars()) {
                match cell {
                    't' => row.push(column, Cell::Text("x")),
                    'n' => row.push(column, Cell::Integer(1)),
                    _ => {}
                }
            }
            row
        };
        of.iter().enumerate().map(row).collect()
    }

    #[test]
    fn the_header_is_the_first_row_of_texts_that_is_as_wide_as_the_table() {
        for (sheet, titles, is_there) in [
            (&["ttt", "tnn", "tnn"][..], 0, true),
            (&["ttt", "ttt", "ttt"], 0, true),
            // Titles above the table.
            (&["t..", "tt.", "ttt", "tnn"], 2, true),
            (&["tn.", "ttt", "tnn"], 1, true),
            // Names of groups above the names of columns.
            (&["t..t..", "tttttt", "nnnnnn"], 1, true),
            // A name is missing, or that of an index.
            (&["tt.t", "nnnn"], 0, true),
            (&[".t", "nn"], 0, true),
            // No header.
            (&["tnn", "tnn"], 0, false),
            (&["nnn", "ttt", "nnn"], 0, false),
            // Titles above a table without one.
            (&["t..", "tnn", "tnn"], 1, false),
            (&["t", "n"], 0, true),
            (&["t"], 0, true),
            (&["n"], 0, false),
            (&[], 0, false),
        ] {
            assert_eq!(find_header(&rows(sheet), None), FoundHeader { titles, is_there }, "{sheet:?}");
        }
    }

    #[test]
    fn whoever_says_so_has_a_header_or_none() {
        let sheet = rows(&["t..", "ntn", "nnn"]);
        assert_eq!(find_header(&sheet, Some(true)), FoundHeader { titles: 1, is_there: true });
        assert_eq!(find_header(&sheet, Some(false)), FoundHeader { titles: 0, is_there: false });
    }
}
