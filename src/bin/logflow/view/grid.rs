//! Rows as a table that fits a terminal, or with a line for each value.
//!
//! Owns widths: which columns are shown, and how much of a value. Columns that are left out are named.

use std::fmt::Write;

use logflow::values::Role;

use crate::figures::counted;
use crate::paint::Paint;

use super::shown::{EMPTY, NOTHING, cut, padded, quoted, shown, width};

/// A text in lines of at most so many columns of the terminal, where its words allow that.
pub fn wrapped(text: &str, room: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Columns of the terminal that a value gets at least before columns of the table are left out.
const LEAST: usize = 16;
/// Columns of the terminal that a value gets at most where columns of the table are left out.
const USUAL: usize = 28;
/// Blanks between two columns.
const GAP: usize = 2;
/// Lines that the names of columns take that are left out.
const NAME_LINES: usize = 3;

/// One column of the table.
#[derive(Debug, Clone, Default)]
pub struct GridColumn {
    /// Its name.
    pub name: String,
    /// The name of its type; empty if that is not told.
    pub type_name: String,
    /// The role that it plays.
    pub role: Option<Role>,
    /// Whether values stand to the right.
    pub is_number: bool,
    /// Whether values are text.
    pub is_text: bool,
}

/// A table of texts.
#[derive(Debug, Default)]
pub struct Grid {
    /// The columns, in order.
    pub columns: Vec<GridColumn>,
    /// For each row the texts of its values; `None` is a missing value.
    pub rows: Vec<Vec<Option<String>>>,
    /// For each row its number in the log, from 1; empty if that is not known.
    pub numbers: Vec<u64>,
}

/// How a table is laid out.
#[derive(Debug, Clone, Copy)]
pub struct GridLayout {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether values and columns are shown whole, however wide lines become.
    pub full: bool,
    /// Colours.
    pub paint: Paint,
}

/// A value as it is shown, and whether it stands for a missing one.
type ShownCell = (String, bool);

impl Grid {
    /// What the marks in the table mean, if there are any.
    pub fn legend(&self) -> Option<String> {
        let values = || self.rows.iter().flatten();
        let nothing = values().any(Option::is_none).then(|| format!("{NOTHING} no value"));
        let texts = self.columns.iter().enumerate().filter(|(_, column)| column.is_text);
        let mut empty = texts.flat_map(|(at, _)| self.rows.iter().map(move |row| &row[at]));
        let empty = empty.any(|it| it.as_deref() == Some("")).then(|| format!("{EMPTY} empty text"));
        let marks: Vec<String> = nothing.into_iter().chain(empty).collect();
        (!marks.is_empty()).then(|| marks.join(", "))
    }

    fn cell(&self, row: usize, column: usize) -> ShownCell {
        match &self.rows[row][column] {
            None => (NOTHING.to_owned(), true),
            Some(text) if self.columns[column].is_text => (quoted(text), false),
            Some(text) => (shown(text), false),
        }
    }

    /// The table with as many columns as fit, and below it the names of the others.
    pub fn table(&self, layout: GridLayout) -> String {
        let GridLayout { width: room, full, paint } = layout;
        let cells: Vec<Vec<ShownCell>> = (0..self.rows.len())
            .map(|row| (0..self.columns.len()).map(|column| self.cell(row, column)).collect())
            .collect();
        let heads: Vec<[String; 3]> = self.columns.iter().map(GridColumn::head).collect();
        let natural: Vec<usize> = heads
            .iter()
            .enumerate()
            .map(|(column, head)| {
                let texts = head.iter().chain(cells.iter().map(|row| &row[column].0));
                texts.map(|text| width(text)).max().unwrap_or(0)
            })
            .collect();
        let numbers: Vec<String> = self.numbers.iter().map(u64::to_string).collect();
        let margin = numbers.iter().map(String::len).max().map_or(0, |width| width + GAP);
        let (chosen, most) = match full {
            true => ((0..self.columns.len()).collect(), usize::MAX),
            false => self.fitting(&natural, room.saturating_sub(margin)),
        };
        let wide = |column: usize| natural[column].min(most);
        let mut out = String::new();
        let mut line = |number: &str, of: &dyn Fn(usize) -> String| {
            let mut line = match margin {
                0 => String::new(),
                _ => paint.dim(&padded(number, margin - GAP, true)) + &" ".repeat(GAP),
            };
            for (place, column) in chosen.iter().enumerate() {
                line.push_str(if place > 0 { "  " } else { "" });
                line.push_str(&of(*column));
            }
            let _ = writeln!(out, "{}", line.trim_end());
        };
        let place = |text: &str, column: usize| {
            padded(&cut(text, wide(column)), wide(column), self.columns[column].is_number)
        };
        line("", &|column| paint.bold(&place(&heads[column][0], column)));
        let has = |part: usize| chosen.iter().any(|column| !heads[*column][part].is_empty());
        if has(1) {
            line("", &|column| paint.dim(&place(&heads[column][1], column)));
        }
        if has(2) {
            line("", &|column| paint.cyan(&place(&heads[column][2], column)));
        }
        line("", &|column| paint.dim(&"─".repeat(wide(column))));
        for (row, values) in cells.iter().enumerate() {
            let number = numbers.get(row).map_or("", String::as_str);
            line(number, &|column| {
                let (text, is_missing) = &values[column];
                let text = place(text, column);
                if *is_missing { paint.dim(&text) } else { text }
            });
        }
        out += &self.left_out(&chosen, layout);
        let is_cut = chosen.len() < self.columns.len() || chosen.iter().any(|at| natural[*at] > wide(*at));
        if is_cut {
            let hint = cut("--vertical shows all columns and whole values", room);
            let _ = writeln!(out, "{}", paint.dim(&hint));
        }
        out
    }

    /// The columns that are shown, and how wide they are at most.
    fn fitting(&self, natural: &[usize], room: usize) -> (Vec<usize>, usize) {
        let taken = |columns: &[usize], most: usize| {
            columns.iter().map(|column| natural[*column].min(most) + GAP).sum::<usize>().saturating_sub(GAP)
        };
        let all: Vec<usize> = (0..natural.len()).collect();
        // All of them, if their long values can be cut far enough.
        let widest = natural.iter().copied().max().unwrap_or(0).min(room);
        if let Some(most) = (LEAST.min(widest)..=widest).rev().find(|most| taken(&all, *most) <= room) {
            return (all, most);
        }
        // Columns with roles first: they are what a person looks for.
        let mut by_role = all.clone();
        by_role.sort_by_key(|at| self.columns[*at].role.map_or((1, None), |role| (0, Some(role))));
        let usual = USUAL.min(room / 2).max(LEAST);
        let mut chosen: Vec<usize> = Vec::new();
        for column in by_role {
            chosen.push(column);
            if taken(&chosen, usual) > room && chosen.len() > 1 {
                chosen.pop();
                if self.columns[column].role.is_none() {
                    break;
                }
            }
        }
        chosen.sort_unstable();
        let most = (LEAST..=widest).rev().find(|most| taken(&chosen, *most) <= room);
        (chosen, most.unwrap_or_else(|| room.clamp(1, USUAL)))
    }

    /// The names of the columns that are not shown.
    fn left_out(&self, chosen: &[usize], GridLayout { width: room, paint, .. }: GridLayout) -> String {
        let hidden: Vec<&GridColumn> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(at, _)| !chosen.contains(at))
            .map(|(_, it)| it)
            .collect();
        if hidden.is_empty() {
            return String::new();
        }
        let mut lines = vec![format!("{}:", counted(hidden.len() as u64, "more column"))];
        for (place, column) in hidden.iter().enumerate() {
            let comma = if place + 1 < hidden.len() { "," } else { "" };
            let name = cut(&shown(&column.name), room.saturating_sub(4).max(8)) + comma;
            let count = lines.len();
            let Some(line) = lines.last_mut() else { break };
            // Behind the last name that fits, the others must be counted.
            let is_last = count < NAME_LINES || place + 1 == hidden.len();
            let kept = if is_last { 0 } else { " and 1,000 others".len() };
            if width(line) + 1 + width(&name) + kept <= room {
                *line = format!("{line} {name}");
            } else if count == NAME_LINES {
                let rest = format!("and {} others", hidden.len() - place);
                let known = line.trim_end_matches(',');
                match width(known) + 1 + width(&rest) <= room {
                    true => *line = format!("{known} {rest}"),
                    false => lines.push(format!("  {rest}")),
                }
                break;
            } else {
                lines.push(format!("  {name}"));
            }
        }
        lines.iter().map(|line| paint.dim(line) + "\n").collect()
    }

    /// Each row as a block with a line for each value, which is whole.
    pub fn blocks(&self, GridLayout { width: room, paint, .. }: GridLayout) -> String {
        let names: Vec<String> = self.columns.iter().map(|it| cut(&shown(&it.name), room / 2)).collect();
        let kinds: Vec<String> = self
            .columns
            .iter()
            .map(|it| [it.head()[1].clone(), it.head()[2].clone()].join(" ").trim_end().to_owned())
            .collect();
        let widest = |texts: &[String]| texts.iter().map(|text| width(text)).max().unwrap_or(0);
        let (name_width, kind_width) = (widest(&names), widest(&kinds));
        let mut out = String::new();
        for row in 0..self.rows.len() {
            let title = format!("── row {} ", self.numbers.get(row).copied().unwrap_or(row as u64 + 1));
            let rule = "─".repeat(room.saturating_sub(width(&title)));
            let _ = writeln!(out, "{}", paint.dim(&format!("{title}{rule}")));
            for (column, (name, kind)) in names.iter().zip(&kinds).enumerate() {
                let (text, is_missing) = self.cell(row, column);
                let text = if is_missing { paint.dim(&text) } else { text };
                let name = paint.bold(&padded(name, name_width, false));
                let kind = paint.dim(&padded(kind, kind_width, false));
                let _ = writeln!(out, "{name}  {kind}  {text}");
            }
        }
        out
    }
}

impl GridColumn {
    /// Name, type and role, as they stand above the values.
    fn head(&self) -> [String; 3] {
        let role = self.role.map(|role| format!("({})", role.name())).unwrap_or_default();
        [shown(&self.name), shown(&self.type_name), role]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Color;

    fn grid(columns: &[(&str, Option<Role>)], rows: &[&[Option<&str>]]) -> Grid {
        let column = |(name, role): &(&str, Option<Role>)| GridColumn {
            name: (*name).to_owned(),
            type_name: "string".to_owned(),
            role: *role,
            is_number: false,
            is_text: true,
        };
        let rows = rows.iter().map(|row| row.iter().map(|it| it.map(str::to_owned)).collect());
        Grid { columns: columns.iter().map(column).collect(), rows: rows.collect(), numbers: Vec::new() }
    }

    fn layout(width: usize) -> GridLayout {
        GridLayout { width, full: false, paint: Paint::stdout(Color::Never) }
    }

    #[test]
    fn values_of_any_script_stand_below_each_other() {
        let grid = grid(&[("表", None), ("b", None)], &[&[Some("表表"), Some("x")], &[None, Some("")]]);
        let lines: Vec<String> = grid.table(layout(80)).lines().map(str::to_owned).collect();
        assert_eq!(lines, ["表      b", "string  string", "──────  ──────", "表表    x", "∅       \"\""]);
        assert_eq!(grid.legend().unwrap(), "∅ no value, \"\" empty text");
    }

    #[test]
    fn long_values_are_cut_before_columns_are_left_out() {
        let long = "x".repeat(60);
        let grid = grid(&[("a", None), ("b", None)], &[&[Some(&long), Some("short")]]);
        let table = grid.table(layout(40));
        assert!(table.lines().all(|line| width(line) <= 40), "{table}");
        assert!(table.contains("x…  short"), "{table}");
        let full = grid.table(GridLayout { full: true, ..layout(40) });
        assert!(full.contains(&long));
    }

    #[test]
    fn columns_with_roles_stay_and_the_others_are_named() {
        let names: Vec<String> = (0..20).map(|number| format!("attribute_number_{number}")).collect();
        let mut columns: Vec<(&str, Option<Role>)> = names.iter().map(|name| (name.as_str(), None)).collect();
        columns.push(("who", Some(Role::Case)));
        let value = Some("value");
        let grid = grid(&columns, &[&[value; 21]]);
        for room in [40, 80, 200] {
            let table = grid.table(layout(room));
            assert!(table.lines().all(|line| width(line) <= room), "{room}: {table}");
            assert!(table.contains("(case_id)") && table.contains("more columns: "), "{table}");
        }
        assert!(grid.table(layout(40)).contains(" others"));
    }

    #[test]
    fn blocks_have_a_line_for_each_value() {
        let mut grid = grid(&[("case", Some(Role::Case)), ("b", None)], &[&[Some("1"), None]]);
        grid.numbers = vec![7];
        let lines: Vec<String> = grid.blocks(layout(20)).lines().map(str::to_owned).collect();
        assert_eq!(lines, ["── row 7 ───────────", "case  string (case_id)  1", "b     string            ∅"]);
    }
}
