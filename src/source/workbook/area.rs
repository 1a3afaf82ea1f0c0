//! Places in a sheet: the letters of columns, and areas such as `B3:F100`, which may have names.

/// Rows of a sheet at most.
pub const MOST_ROWS: u32 = 1 << 20;
/// Columns of a sheet at most.
pub const MOST_COLUMNS: u32 = 1 << 14;

/// Rows and columns of a sheet, counted from 1 and from 0, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First row of the area, counted from 1.
    pub first_row: u32,
    /// Last row of the area, which belongs to it.
    pub last_row: u32,
    /// First column of the area, counted from 0.
    pub first_column: u32,
    /// Last column of the area, which belongs to it.
    pub last_column: u32,
}

/// An area that has a name: a table of the sheet, or a name that the workbook defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedArea {
    /// Name of the table or area.
    pub name: String,
    /// The name of the sheet.
    pub sheet: String,
    /// Rows and columns of that sheet.
    pub area: Area,
    /// Whether it is a table.
    pub is_table: bool,
}

impl Default for Area {
    /// The whole sheet, whatever its size.
    fn default() -> Self {
        Self { first_row: 1, last_row: MOST_ROWS, first_column: 0, last_column: MOST_COLUMNS - 1 }
    }
}

impl Area {
    /// Reads `B3:F100`, `B:F` or `B3`, with or without `$`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace('$', "");
        let (from, to) = text.split_once(':').unwrap_or((&text, &text));
        let whole = Self::default();
        let ((from_column, from_row), (to_column, to_row)) = (corner(from)?, corner(to)?);
        let area = Self {
            first_row: from_row.unwrap_or(whole.first_row),
            last_row: to_row.unwrap_or(whole.last_row),
            first_column: from_column.unwrap_or(whole.first_column),
            last_column: to_column.unwrap_or(whole.last_column),
        };
        (area.first_row <= area.last_row && area.first_column <= area.last_column).then_some(area)
    }

    /// Reads `'My sheet'!$B$3:$F$100`: the name of the sheet, and the area.
    pub fn with_sheet(text: &str) -> Option<(String, Self)> {
        let (sheet, area) = text.rsplit_once('!')?;
        let quoted = sheet.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
        let sheet = quoted.map_or_else(|| sheet.to_owned(), |it| it.replace("''", "'"));
        Some((sheet, Self::parse(area)?))
    }

    /// Whether a cell lies in it.
    pub fn has(&self, row: u32, column: u32) -> bool {
        (self.first_row..=self.last_row).contains(&row)
            && (self.first_column..=self.last_column).contains(&column)
    }
}

/// The column and the row of a corner, as far as it has them.
fn corner(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let digits = text.find(|it: char| it.is_ascii_digit()).unwrap_or(text.len());
    let (letters, digits) = text.split_at(digits);
    let column = if letters.is_empty() { None } else { Some(column_of(letters)?) };
    let row: Option<u32> = if digits.is_empty() { None } else { Some(digits.parse().ok()?) };
    if row.is_some_and(|row| row == 0 || row > MOST_ROWS) || column.is_none() && row.is_none() {
        return None;
    }
    Some((column, row))
}

/// The column that letters name, counted from 0: `A` is 0, `AA` is 26.
pub fn column_of(letters: &str) -> Option<u32> {
    let mut column = 0_u32;
    for letter in letters.bytes() {
        let digit = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a',
            _ => return None,
        };
        column = column * 26 + u32::from(digit) + 1;
        if column > MOST_COLUMNS {
            return None;
        }
    }
    column.checked_sub(1)
}

/// The letters of a column that is counted from 0.
pub fn letters_of(column: u32) -> String {
    let (mut column, mut letters) = (column + 1, Vec::new());
    while column > 0 {
        column -= 1;
        letters.push(b'A' + (column % 26) as u8);
        column /= 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_columns_and_columns_letters() {
        for (letters, column) in [("A", 0), ("Z", 25), ("AA", 26), ("AZ", 51), ("BA", 52), ("XFD", 16_383)] {
            assert_eq!(column_of(letters), Some(column));
            assert_eq!(letters_of(column), letters);
        }
        for letters in ["XFE", "AAAAAAAAAAAA", "", "Ä", "A1"] {
            assert_eq!(column_of(letters), None, "{letters}");
        }
    }

    #[test]
    fn areas_are_read_with_and_without_sheet() {
        let area = Area { first_row: 3, last_row: 100, first_column: 1, last_column: 5 };
        assert_eq!(Area::parse("$B$3:$F$100"), Some(area));
        assert_eq!(Area::with_sheet("'It''s here'!B3:F100"), Some(("It's here".to_owned(), area)));
        assert_eq!(Area::parse("B:F").map(|it| (it.first_row, it.last_row)), Some((1, MOST_ROWS)));
        assert_eq!(Area::parse("C7").map(|it| (it.first_row, it.last_column)), Some((7, 2)));
        for text in ["", "B3:A1", "#REF!", "B0", "1+1", "Sheet"] {
            assert_eq!(Area::parse(text), None, "{text}");
        }
    }
}
