//! A few values of each column, from the first rows, to show to people. Nothing that is written depends on
//! them.

use bumpalo::Bump;

use crate::error::Result;
use crate::model::table::{BadRow, RawRows};
use crate::text::{Flow, ParseTask, RowSink, TextFormat, TextSlice};

/// Examples of a column, at most.
const EXAMPLES: usize = 3;
/// Text looked at, in bytes.
const TEXT: usize = 64 << 10;
/// Characters of one example.
const LENGTH: usize = 40;

/// Up to three different values of each of `columns` columns, not empty and cut to 40 characters.
pub fn examples<F: TextFormat>(format: &F, text: TextSlice<'_>, columns: usize) -> Result<Vec<Vec<String>>> {
    let first = format.first();
    let mut arena = Bump::new();
    let mut sink = ExampleSink { columns: vec![Vec::new(); columns] };
    let mut memory = F::Memory::default();
    let mut task =
        ParseTask { arena: &mut arena, memory: &mut memory, context: &[], records: 0, limit: TEXT };
    format.parse(text, first, first.at + TEXT as u64, &mut task, &mut sink)?;
    Ok(sink.columns)
}

struct ExampleSink {
    columns: Vec<Vec<String>>,
}

impl RowSink for ExampleSink {
    fn rows(&mut self, rows: &RawRows<'_>) -> Result<Flow> {
        let mut value = Vec::new();
        let first = rows.slot.first_column;
        for (index, found) in self.columns[first..first + rows.columns].iter_mut().enumerate() {
            for cell in rows.column(index) {
                if found.len() == EXAMPLES {
                    break;
                }
                rows.value(index, cell, &mut value);
                let text = shortened(&String::from_utf8_lossy(&value));
                if !text.trim().is_empty() && !found.contains(&text) {
                    found.push(text);
                }
            }
        }
        let full = self.columns.iter().all(|found| found.len() == EXAMPLES);
        Ok(if full { Flow::Stop } else { Flow::Continue })
    }

    fn bad(&mut self, _: BadRow, _: &[u8]) -> Result<Flow> {
        Ok(Flow::Continue)
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
