//! Rows of tables that get few from a shard, on their way to row groups.
//!
//! ```text
//! rows of a table wait
//!     they are enough           -> a row group of them
//! all tables together hold too much
//!     the largest is not little -> a row group of it
//!     all are little            -> all are put away in the spill file, and wait there for more
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::RecordBatch;
use parquet::column::page_store::{PageKey, PageStore};

use crate::encode::gather::{ENOUGH, FEW, GatheredRows, read_written};
use crate::encode::page_store::{Spill, SpillStore};
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Result};
use crate::model::catalog::TableId;
use crate::shard::crew::Crew;
use crate::target::Target;

/// Rows of a table that are fewer bytes than this by the end of a shard wait for those of other shards.
pub const GATHER: usize = 1 << 20;
/// Bytes of rows that may wait in memory for row groups, in all tables.
const WAITING_BYTES: usize = 8 << 20;
/// Bytes of rows that may be on their way to row groups before the merger makes some itself.
const UNDER_WAY_BYTES: usize = 4 << 20;

/// Rows on their way to a crew that encodes them: the table, and the rows of one row group.
pub type Job = (usize, Vec<RecordBatch>);

/// Gathers the rows of tables that get few from a shard, and has them encoded beside the merger. Which rows
/// make a row group follows from their order alone.
pub struct Gatherer<'c> {
    crew: Crew<'c, Job, EncodedRowGroup>,
    waiting: Vec<Waiting>,
    /// Place of the rows that were put away.
    away: SpillStore,
    /// For each table its row groups from the first on that is not done yet, in order.
    coming: Vec<VecDeque<Coming>>,
    /// For each job its table, and the bytes that it holds while it is under way.
    jobs: Vec<(usize, usize)>,
    under_way: usize,
}

/// Rows of a table that wait.
#[derive(Default)]
struct Waiting {
    here: GatheredRows,
    /// Those before, which were put away, and their bytes.
    away: Vec<PageKey>,
    away_bytes: usize,
}

impl Waiting {
    fn bytes(&self) -> usize {
        self.here.bytes() + self.away_bytes
    }
}

/// A row group that others wait behind.
enum Coming {
    /// The result of a job, once it is done.
    Job(usize),
    Group(EncodedRowGroup),
}

impl<'c> Gatherer<'c> {
    /// For so many tables, whose rows `crew` encodes; many wait where `spill` says.
    pub fn new(tables: usize, crew: Crew<'c, Job, EncodedRowGroup>, spill: &Arc<Spill>) -> Self {
        Self {
            crew,
            waiting: (0..tables).map(|_| Waiting::default()).collect(),
            away: SpillStore::new(spill),
            coming: (0..tables).map(|_| VecDeque::new()).collect(),
            jobs: Vec::new(),
            under_way: 0,
        }
    }

    /// Adds rows to a table. What is enough for a row group is given away, and so is the most of what waits
    /// once it is too much in all.
    pub fn add(&mut self, table: usize, rows: GatheredRows, target: &mut dyn Target) -> Result<()> {
        self.waiting[table].here.join(rows)?;
        if self.waiting[table].bytes() >= ENOUGH {
            self.cut(table)?;
        }
        while self.waiting.iter().map(|it| it.here.held()).sum::<usize>() > WAITING_BYTES {
            let most =
                (0..self.waiting.len()).max_by_key(|table| (self.waiting[*table].here.bytes(), *table));
            match most.filter(|table| self.waiting[*table].here.bytes() >= FEW) {
                Some(table) => self.cut(table)?,
                None => self.put_away()?,
            }
        }
        self.poll(target)?;
        self.make_room(target)
    }

    /// Waits until less is under way.
    fn make_room(&mut self, target: &mut dyn Target) -> Result<()> {
        while self.under_way > UNDER_WAY_BYTES
            && let Some((job, group)) = self.crew.help()?
        {
            self.take(job, group?, target)?;
        }
        Ok(())
    }

    /// Puts the rows of all tables away.
    fn put_away(&mut self) -> Result<()> {
        for waiting in self.waiting.iter_mut().filter(|it| !it.here.is_empty()) {
            waiting.away_bytes += waiting.here.bytes();
            waiting.away.push(self.away.put_away(&waiting.here.take_written()?)?);
        }
        Ok(())
    }

    /// Puts a row group behind what was gathered for its table.
    pub fn add_group(&mut self, table: usize, group: EncodedRowGroup, target: &mut dyn Target) -> Result<()> {
        self.cut(table)?;
        self.coming[table].push_back(Coming::Group(group));
        self.write(table, target)?;
        self.poll(target)
    }

    /// Takes what is done.
    fn poll(&mut self, target: &mut dyn Target) -> Result<()> {
        while let Some((job, group)) = self.crew.poll() {
            self.take(job, group?, target)?;
        }
        Ok(())
    }

    /// Has what waits for a table encoded.
    fn cut(&mut self, table: usize) -> Result<()> {
        let Waiting { mut here, away, away_bytes } = std::mem::take(&mut self.waiting[table]);
        let bytes = here.bytes() + away_bytes;
        let mut rows = Vec::new();
        for key in away {
            rows.extend(read_written(&self.away.take(key)?)?);
        }
        rows.extend(here.take());
        if !rows.is_empty() {
            let job = self.crew.give((table, rows));
            self.jobs.push((table, bytes));
            self.under_way += bytes;
            self.coming[table].push_back(Coming::Job(job));
        }
        Ok(())
    }

    fn take(&mut self, job: usize, group: EncodedRowGroup, target: &mut dyn Target) -> Result<()> {
        let (table, bytes) = self.jobs[job];
        self.under_way -= bytes;
        let place = self.coming[table].iter_mut().find(|it| matches!(it, Coming::Job(it) if *it == job));
        match place {
            Some(place) => *place = Coming::Group(group),
            None => return Err(Error::new(Code::Internal, "nobody waits for a row group")),
        }
        self.write(table, target)
    }

    /// Writes a table's row groups up to the first that is not done.
    fn write(&mut self, table: usize, target: &mut dyn Target) -> Result<()> {
        while let Some(Coming::Group(_)) = self.coming[table].front() {
            if let Some(Coming::Group(group)) = self.coming[table].pop_front() {
                target.row_group(TableId(table), group)?;
            }
        }
        Ok(())
    }

    /// Writes all that waits.
    pub fn finish(mut self, target: &mut dyn Target) -> Result<()> {
        // The longest jobs first.
        let mut tables: Vec<usize> = (0..self.waiting.len()).collect();
        tables.sort_by_key(|table| std::cmp::Reverse(self.waiting[*table].bytes()));
        for table in tables {
            self.cut(table)?;
            self.make_room(target)?;
        }
        while let Some((job, group)) = self.crew.help()? {
            self.take(job, group?, target)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::properties::WriterProperties;

    use super::*;
    use crate::budget::Ration;
    use crate::encode::gather;
    use crate::encode::output::Replace;
    use crate::encode::parquet::TableWriter;
    use crate::options::Options;
    use crate::report::Report;
    use crate::shard::crew::with_crew;
    use crate::target::{Summary, TargetTable, Wants};

    /// A batch of so many rows, counted from `first`.
    fn batch(first: i64, rows: i64) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("a", DataType::Int64, false)]);
        let values = Int64Array::from_iter_values(first..first + rows);
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(values)]).unwrap()
    }

    fn few(rows: RecordBatch) -> GatheredRows {
        let mut few = GatheredRows::default();
        few.add(rows).unwrap();
        few
    }

    /// One output file for each table.
    struct Files(Vec<TableWriter>);

    impl Target for Files {
        fn begin(&mut self, _: &[TargetTable<'_>], _: &Options, _: &Arc<Spill>) -> Result<Wants> {
            Ok(Wants::Nothing)
        }

        fn row_group(&mut self, table: TableId, group: EncodedRowGroup) -> Result<()> {
            self.0[table.0].append(group)
        }

        fn finish(&mut self, _: Summary<'_>) -> Result<()> {
            Ok(())
        }

        fn commit(&mut self, _: &mut Report) -> Result<()> {
            self.0.drain(..).try_for_each(|writer| writer.finish(Vec::new())?.commit())
        }
    }

    /// The values in a file, and where its row groups begin.
    fn read_back(path: &Path) -> (Vec<i64>, usize) {
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
        let groups = reader.metadata().num_row_groups();
        let found = reader.build().unwrap().flat_map(|batch| {
            let batch = batch.unwrap();
            batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec()
        });
        (found.collect(), groups)
    }

    /// Gives the gatherer of so many tables rows that wait (`true`) and whole row groups, counted on over
    /// all; what stands in each file, and how many row groups.
    fn written(hands: usize, given: &[(usize, bool, i64)], failing: bool) -> Result<Vec<(Vec<i64>, usize)>> {
        let folder = tempfile::tempdir().unwrap();
        let tables = given.iter().map(|(table, ..)| table + 1).max().unwrap_or(1);
        let spill = Arc::new(Spill::new(Arc::new(Ration::new(1 << 20)), folder.path().into()));
        let (mut writers, mut factories) = (Vec::new(), Vec::new());
        let paths: Vec<_> = (0..tables).map(|table| folder.path().join(format!("{table}.parquet"))).collect();
        for path in &paths {
            let properties = WriterProperties::builder().build();
            let schema = batch(0, 1).schema();
            let (writer, factory) =
                TableWriter::create(path, Replace::Never, schema, properties, Arc::clone(&spill))?;
            writers.push(writer);
            factories.push(factory);
        }
        let work = |(table, rows): Job| match failing {
            true => Err(Error::new(Code::OutputWrite, "no room")),
            false => gather::encode(rows, &factories[table]),
        };
        let mut files = Files(writers);
        with_crew(hands, work, |crew| {
            let mut gatherer = Gatherer::new(tables, crew, &spill);
            let mut next = 0;
            for (table, is_few, rows) in given {
                let first = next;
                next += rows;
                let rows = batch(first, *rows);
                match is_few {
                    true => gatherer.add(*table, few(rows), &mut files)?,
                    false => {
                        let group = gather::encode(vec![rows], &factories[*table])?;
                        gatherer.add_group(*table, group, &mut files)?;
                    }
                }
            }
            gatherer.finish(&mut files)
        })?;
        files.commit(&mut Report::default())?;
        Ok(paths.iter().map(|path| read_back(path)).collect())
    }

    #[test]
    fn rows_keep_their_order_and_row_groups_do_not_depend_on_who_makes_them() {
        // 600,000 rows are enough for a row group, and for two that the merger waits for.
        let sizes = (0..40).map(|at| (0, at % 7 != 3, if at % 5 == 0 { 200_000 } else { 3 }));
        let given: Vec<_> = sizes.collect();
        let total: i64 = given.iter().map(|(.., rows)| rows).sum();
        let alone = written(0, &given, false).unwrap();
        assert!(alone[0].0.iter().copied().eq(0..total) && alone[0].1 > 8, "{}", alone[0].1);
        for hands in [1, 3] {
            assert!(written(hands, &given, false).unwrap() == alone);
        }
        assert_eq!(written(2, &[], false).unwrap(), [(Vec::new(), 0)]);
    }

    #[test]
    fn many_tables_with_few_rows_each_wait_in_the_file_and_make_few_row_groups() {
        // 120 tables of 10,000 rows are 9.6 MB, in handfuls of 100, and one of them has a row group on the
        // way.
        const TABLES: usize = 120;
        const HANDFUL: i64 = 100;
        let mut given: Vec<_> =
            (0..100).flat_map(|_| (0..TABLES).map(|table| (table, true, HANDFUL))).collect();
        given.insert(given.len() / 2, (7, false, 50));
        let alone = written(0, &given, false).unwrap();
        let mut expected = vec![Vec::new(); TABLES];
        let mut next = 0;
        for (table, _, rows) in &given {
            expected[*table].extend(next..next + rows);
            next += rows;
        }
        for (table, ((values, groups), expected)) in alone.iter().zip(&expected).enumerate() {
            assert!(values == expected, "{table}");
            assert_eq!(*groups, if table == 7 { 3 } else { 1 });
        }
        assert!(written(2, &given, false).unwrap() == alone);
    }

    #[test]
    fn a_row_group_that_fails_is_an_error() {
        for hands in [0, 1, 3] {
            for given in [&[(0, true, 3)][..], &[(0, true, 900_000), (0, false, 3), (0, true, 900_000)]] {
                assert_eq!(written(hands, given, true).unwrap_err().code(), Code::OutputWrite);
            }
        }
    }
}
