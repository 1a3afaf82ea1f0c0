//! The receiver of ordered results: rows go to the target, bad rows to the rejects file or into an error.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use base64::Engine;

use crate::convert::gatherer::Gatherer;
use crate::convert::rejects::{RejectedRecord, Rejects};
use crate::encode::gather::GatheredRows;
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Position, Result};
use crate::model::catalog::TableId;
use crate::model::table::BadRow;
use crate::options::{BadRowLimit, OnBadRow};
use crate::shard::board::ShardId;
use crate::shard::merge::{Outlet, PartDone};
use crate::source::input::Ready;
use crate::source::sqlite::Places;
use crate::target::Target;
use crate::text::padding::NOTHING_BEHIND;

/// Hands rows to the target in their order; those that are too few for row groups are gathered first.
pub(super) struct Ordered<'t, 'c> {
    /// The target of the rows.
    pub target: &'t mut dyn Target,
    /// Takes rows that are too few for a row group, where there may be such.
    pub gatherer: Option<Gatherer<'c>>,
    /// Set once a value did not fit its type: rows are of no use from then on.
    pub widening: &'t AtomicBool,
    /// Time spent writing.
    pub written: Duration,
}

impl Ordered<'_, '_> {
    /// Hands over what was gathered, once all inputs were read.
    pub fn finish(&mut self) -> Result<()> {
        let widened = self.widening.load(Ordering::Relaxed);
        match self.gatherer.take() {
            Some(gatherer) if !widened => gatherer.finish(self.target),
            _ => Ok(()),
        }
    }

    /// Does something with the target, unless rows are of no use any more, and notes how long it took.
    fn timed(&mut self, give: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.widening.load(Ordering::Relaxed) {
            return Ok(());
        }
        let start = Instant::now();
        give(self)?;
        self.written += start.elapsed();
        Ok(())
    }
}

impl Outlet for Ordered<'_, '_> {
    fn row_group(&mut self, table: usize, group: EncodedRowGroup) -> Result<()> {
        self.timed(|it| match &mut it.gatherer {
            Some(gatherer) => gatherer.add_group(table, group, it.target),
            None => it.target.row_group(TableId(table), group),
        })
    }

    fn few_rows(&mut self, table: usize, rows: GatheredRows) -> Result<()> {
        self.timed(|it| match &mut it.gatherer {
            Some(gatherer) => gatherer.add(table, rows, it.target),
            None => Err(Error::new(Code::Internal, "nobody gathers rows")),
        })
    }

    fn batch(&mut self, table: usize, rows: RecordBatch) -> Result<()> {
        self.timed(|it| it.target.batch(TableId(table), rows))
    }

    fn bad_row(&mut self, _: usize, _: u64, bad: &BadRow, _: &[u8]) -> Result<()> {
        Err(Error::new(bad.code, bad.what.clone()))
    }
}

/// The bad rows of a pass: their treatment and their number.
pub(super) struct BadRows<'a> {
    /// How bad rows are treated.
    pub policy: OnBadRow,
    /// The rejects file; `None` if bad rows are only counted.
    pub rejects: Option<&'a mut Rejects>,
    /// Number of bad rows in this pass.
    pub count: u64,
}

/// The receiver of the merger while text or a database is read.
pub(super) struct Sorted<'a, 't, 'c> {
    /// The inputs, by number of part.
    pub inputs: &'a [Ready],
    /// The number of the first of this run's parts.
    pub first_part: usize,
    /// Hands rows to the target.
    pub rows: &'a mut Ordered<'t, 'c>,
    /// The treatment of bad rows.
    pub bad_rows: &'a mut BadRows<'t>,
    /// Tells where bad rows stand, if the input is a database.
    pub places: Option<Places<'a>>,
    /// Whether a bad row was one too many.
    pub refused: bool,
    /// Results of the parts so far, when a bad row ended the pass.
    pub ended: &'a mut Option<Vec<PartDone>>,
}

impl Outlet for Sorted<'_, '_, '_> {
    fn row_group(&mut self, table: usize, group: EncodedRowGroup) -> Result<()> {
        self.rows.row_group(table, group)
    }

    fn few_rows(&mut self, table: usize, rows: GatheredRows) -> Result<()> {
        self.rows.few_rows(table, rows)
    }

    fn batch(&mut self, table: usize, rows: RecordBatch) -> Result<()> {
        self.rows.batch(table, rows)
    }

    fn shard(&mut self, shard: ShardId) {
        if let Some(places) = &mut self.places {
            places.begin(shard.0);
        }
    }

    fn bad_row(&mut self, part: usize, row: u64, bad: &BadRow, raw: &[u8]) -> Result<()> {
        let input = &self.inputs[self.first_part + part];
        let column = bad.column.map(|column| input.names[column].clone());
        self.bad_rows.count += 1;
        let mut place = || BadRowPlace::of(row, bad, self.places.as_mut());
        match self.bad_rows.policy {
            OnBadRow::Fail => {
                self.refused = true;
                Err(error_of(input, place()?, bad, column))
            }
            OnBadRow::Reject(limit) => {
                if let BadRowLimit::Rows(most) = limit
                    && self.bad_rows.count > most
                {
                    self.refused = true;
                    return Err(too_many(format!("expected at most {most}, found one more"))
                        .at(place()?.position(input, column)));
                }
                match &mut self.bad_rows.rejects {
                    Some(rejects) => {
                        let file =
                            input.path().map_or_else(|| "<stdin>".into(), |path| path.to_string_lossy());
                        let text = std::str::from_utf8(raw).ok();
                        let place = place()?;
                        rejects.write(RejectedRecord {
                            file: &file,
                            byte: place.bytes.map(|(start, _)| start),
                            table: place.table,
                            row: place.row,
                            code: bad.code.number(),
                            title: bad.code.title(),
                            what: &bad.what,
                            at: place.bytes.map(|(_, at)| at),
                            column: column.as_deref(),
                            text,
                            base64: text
                                .is_none()
                                .then(|| base64::engine::general_purpose::STANDARD.encode(raw)),
                        })
                    }
                    None => Ok(()),
                }
            }
        }
    }
    fn ended(&mut self, parts: &[PartDone]) {
        if self.refused {
            *self.ended = Some(parts.to_vec());
        }
    }
}

/// The error for a run that has rejected more than was allowed.
pub fn too_many(what: String) -> Error {
    Error::new(Code::TooManyBadRows, what)
        .help("look at the first of them with ⟦on-bad-row⟧ fail, or raise ⟦max-bad-rows⟧")
}

/// The place of a bad row.
struct BadRowPlace<'d> {
    /// Where it begins and where the fault lies. Rows of a database stand at no byte of its file.
    bytes: Option<(u64, u64)>,
    table: Option<&'d str>,
    row: Option<i64>,
}

impl<'d> BadRowPlace<'d> {
    /// That of the input's record with this number, unless it is a row of a table.
    fn of(record: u64, bad: &BadRow, places: Option<&mut Places<'d>>) -> Result<Self> {
        match places {
            Some(places) => {
                let (table, row) = places.of(bad.record)?;
                Ok(Self { bytes: None, table: Some(table), row })
            }
            None => {
                Ok(Self { bytes: Some((bad.start, bad.at)), table: None, row: i64::try_from(record).ok() })
            }
        }
    }

    fn position(&self, input: &Ready, column: Option<String>) -> Position {
        let (file, byte) = (input.path().map(Into::into), self.bytes.map(|(_, at)| at));
        Position { file, byte, line: None, table: self.table.map(str::to_owned), row: self.row, column }
    }
}

fn error_of(input: &Ready, place: BadRowPlace<'_>, bad: &BadRow, column: Option<String>) -> Error {
    let help = match bad.code {
        Code::NotText => "give the file's encoding, such as ⟦encoding⟧ windows-1252, or ⟦on-bad-row⟧ reject",
        Code::LocalTime => "decide with ⟦timezone-fold⟧ earlier or later, or ⟦on-bad-row⟧ reject",
        Code::Xml | Code::Json if bad.what.starts_with(NOTHING_BEHIND) => {
            "take what follows off, or put it into a file of its own if it is another log; ⟦on-bad-row⟧ reject sets it aside"
        }
        Code::Misfit if !input.format.is_object_centric() => {
            "declare the column as string, or set such rows aside with ⟦on-bad-row⟧ reject"
        }
        code => input.format.help(code),
    };
    Error::new(bad.code, bad.what.clone()).at(place.position(input, column)).help(help)
}
