//! Where answers stand in the file: the table that a question is about, and the number that the database
//! gives the row.
//!
//! The number is asked for once something is wrong with an answer: the same question again, with the number
//! in front. As a column of every answer it would be read for all rows and used for none.

use rusqlite::{Connection, params_from_iter};

use crate::error::Result;
use crate::source::sqlite::{Database, Query};

/// Answers whose numbers are asked for at once, at most.
const MOST: u64 = 1 << 17;

/// The subject of a question.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The table, as its rows are told.
    pub table: String,
    /// The expression for the number of a row; `None` if rows have no number.
    pub number: Option<String>,
    /// What in the question is to be put in place of what, so that there is such a number.
    pub instead: Option<(String, String)>,
}

/// What the number of a row is called in a part of a question.
const NUMBER: &str = "\"\u{1}row\"";

impl Origin {
    /// That of questions to `source`, which selects from what this is about.
    pub fn within(&self, source: &str) -> Self {
        let Some(number) = &self.number else { return self.clone() };
        let numbered = match &self.instead {
            Some((plain, numbered)) => source.replace(plain, numbered),
            None => source.replacen("SELECT ", &format!("SELECT {number} AS {NUMBER}, "), 1),
        };
        let instead = Some((source.to_owned(), numbered));
        Self { table: self.table.clone(), number: Some(NUMBER.to_owned()), instead }
    }
}

impl Query {
    /// The numbers of the rows of up to `most` answers behind the first `skipped`; less if they have none, or
    /// can't be had.
    fn numbers(&self, connection: &Connection, skipped: u64, most: u64) -> rusqlite::Result<Vec<i64>> {
        let Some(number) = &self.origin.number else { return Ok(Vec::new()) };
        let mut sql = self.sql.replacen("SELECT ", &format!("SELECT {number}, "), 1);
        if let Some((plain, numbered)) = &self.origin.instead {
            sql = sql.replace(plain, numbered);
        }
        let mut statement = connection.prepare(&format!("{sql} LIMIT {most} OFFSET {skipped}"))?;
        let range = self.range.map(|(first, last)| [first, last]);
        let answers = statement.query_map(params_from_iter(range.into_iter().flatten()), |row| row.get(0))?;
        answers.collect()
    }

    /// The number of the row that an answer is, counted from 0.
    pub(super) fn number(&self, connection: &Connection, answer: u64) -> Option<i64> {
        self.numbers(connection, answer, 1).ok()?.first().copied()
    }
}

/// Places of answers that come in their order, task by task.
pub struct Places<'d> {
    database: &'d Database,
    task: usize,
    /// The first answer whose number is known, and the numbers from there on.
    known: (u64, Vec<i64>),
    /// How many to ask for next: one is seldom followed by many.
    step: u64,
}

impl<'d> Places<'d> {
    /// Those of a database whose first task is next.
    pub fn new(database: &'d Database) -> Self {
        Self { database, task: 0, known: (0, Vec::new()), step: 1 }
    }

    /// Goes on to another task.
    pub fn begin(&mut self, task: usize) {
        *self = Self { task, ..Self::new(self.database) };
    }

    /// The table of an answer, counted from 0, and the number of its row.
    ///
    /// # Errors
    /// If the file can't be opened once more.
    pub fn of(&mut self, answer: u64) -> Result<(&'d str, Option<i64>)> {
        let query = &self.database.queries[self.task];
        let within = |(first, numbers): &(u64, Vec<i64>)| {
            let place = usize::try_from(answer.checked_sub(*first)?).ok()?;
            numbers.get(place).copied()
        };
        if within(&self.known).is_none() && query.origin.number.is_some() {
            let asked = self.database.connections.with(|it| query.numbers(it, answer, self.step))?;
            self.known = (answer, asked.unwrap_or_default());
            self.step = (self.step * 8).min(MOST);
        }
        Ok((&query.origin.table, within(&self.known)))
    }
}
