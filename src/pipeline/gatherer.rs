//! Rows of tables that get few from a shard, on their way to row groups.

use std::collections::VecDeque;

use arrow::array::RecordBatch;

use crate::encode::gather::{ENOUGH, Gathered};
use crate::encode::parquet::TableWriter;
use crate::encode::row_group::EncodedRowGroup;
use crate::error::{Code, Error, Result};
use crate::shard::crew::Crew;

/// Bytes of rows that may wait for row groups in all tables.
const WAITING_BYTES: usize = 8 << 20;
/// Bytes of rows that may be on their way to row groups before the merger makes some itself.
const UNDER_WAY_BYTES: usize = 4 << 20;

/// Rows on their way to a crew that encodes them: the table, and the rows of one row group.
pub type Job = (usize, Vec<RecordBatch>);

/// Gathers the rows of tables that get few from a shard, and has them encoded beside the merger. Which rows make a row group follows from their order alone.
pub struct Gatherer<'c> {
    crew: Crew<'c, Job, EncodedRowGroup>,
    waiting: Vec<Gathered>,
    /// For each table its row groups from the first on that is not done yet, in order.
    coming: Vec<VecDeque<Coming>>,
    /// For each job its table, and the bytes that it holds while it is under way.
    jobs: Vec<(usize, usize)>,
    under_way: usize,
}

/// A row group that others wait behind.
enum Coming {
    /// What a job will come to.
    Job(usize),
    Group(EncodedRowGroup),
}

impl<'c> Gatherer<'c> {
    /// For so many tables, whose rows `crew` encodes.
    pub fn new(tables: usize, crew: Crew<'c, Job, EncodedRowGroup>) -> Self {
        Self {
            crew,
            waiting: (0..tables).map(|_| Gathered::default()).collect(),
            coming: (0..tables).map(|_| VecDeque::new()).collect(),
            jobs: Vec::new(),
            under_way: 0,
        }
    }

    /// Adds rows to a table. What is enough for a row group is given away, and so is the most of what waits once it is too much in all.
    pub fn add(&mut self, table: usize, rows: Vec<RecordBatch>, writers: &mut [TableWriter]) -> Result<()> {
        self.waiting[table].add(rows);
        if self.waiting[table].bytes() >= ENOUGH {
            self.cut(table);
        }
        while self.waiting.iter().map(Gathered::bytes).sum::<usize>() > WAITING_BYTES {
            let most = (0..self.waiting.len()).max_by_key(|table| (self.waiting[*table].bytes(), *table));
            self.cut(most.unwrap_or(table));
        }
        self.poll(writers)?;
        while self.under_way > UNDER_WAY_BYTES
            && let Some((job, group)) = self.crew.help()?
        {
            self.take(job, group?, writers)?;
        }
        Ok(())
    }

    /// Puts a row group behind what was gathered for its table.
    pub fn add_group(
        &mut self,
        table: usize,
        group: EncodedRowGroup,
        writers: &mut [TableWriter],
    ) -> Result<()> {
        self.cut(table);
        self.coming[table].push_back(Coming::Group(group));
        self.write(table, writers)?;
        self.poll(writers)
    }

    /// Takes what is done.
    fn poll(&mut self, writers: &mut [TableWriter]) -> Result<()> {
        while let Some((job, group)) = self.crew.poll() {
            self.take(job, group?, writers)?;
        }
        Ok(())
    }

    /// Has what waits for a table encoded.
    fn cut(&mut self, table: usize) {
        let bytes = self.waiting[table].bytes();
        let rows = self.waiting[table].take();
        if !rows.is_empty() {
            let job = self.crew.give((table, rows));
            self.jobs.push((table, bytes));
            self.under_way += bytes;
            self.coming[table].push_back(Coming::Job(job));
        }
    }

    fn take(&mut self, job: usize, group: EncodedRowGroup, writers: &mut [TableWriter]) -> Result<()> {
        let (table, bytes) = self.jobs[job];
        self.under_way -= bytes;
        let place = self.coming[table].iter_mut().find(|it| matches!(it, Coming::Job(it) if *it == job));
        match place {
            Some(place) => *place = Coming::Group(group),
            None => return Err(Error::new(Code::Internal, "nobody waits for a row group")),
        }
        self.write(table, writers)
    }

    /// Writes a table's row groups up to the first that is not done.
    fn write(&mut self, table: usize, writers: &mut [TableWriter]) -> Result<()> {
        while let Some(Coming::Group(_)) = self.coming[table].front() {
            if let Some(Coming::Group(group)) = self.coming[table].pop_front()
                && let Some(writer) = writers.get_mut(table)
            {
                writer.append(group)?;
            }
        }
        Ok(())
    }

    /// Writes all that waits.
    pub fn finish(mut self, writers: &mut [TableWriter]) -> Result<()> {
        // What takes longest first.
        let mut tables: Vec<usize> = (0..self.waiting.len()).collect();
        tables.sort_by_key(|table| std::cmp::Reverse(self.waiting[*table].bytes()));
        tables.into_iter().for_each(|table| self.cut(table));
        while let Some((job, group)) = self.crew.help()? {
            self.take(job, group?, writers)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::properties::WriterProperties;

    use super::*;
    use crate::budget::Ration;
    use crate::encode::gather;
    use crate::encode::output::Replace;
    use crate::encode::page_store::Spill;
    use crate::shard::crew::with_crew;

    /// A batch of so many rows, counted from `first`.
    fn batch(first: i64, rows: i64) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("a", DataType::Int64, false)]);
        let values = Int64Array::from_iter_values(first..first + rows);
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(values)]).unwrap()
    }

    /// Gives the gatherer of a table rows that wait (`true`) and whole row groups, counted on; what stands in its file.
    fn written(hands: usize, given: &[(bool, i64)], failing: bool) -> Result<(Vec<i64>, usize)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let spill = Arc::new(Spill::new(Arc::new(Ration::new(1 << 20)), folder.path().into()));
        let schema = batch(0, 1).schema();
        let properties = WriterProperties::builder().build();
        let (writer, factory) = TableWriter::create(&path, Replace::Never, schema, properties, spill)?;
        let mut writers = [writer];
        let work = |(_, rows): Job| match failing {
            true => Err(Error::new(Code::OutputWrite, "no room")),
            false => gather::encode(rows, &factory),
        };
        with_crew(hands, work, |crew| {
            let mut gatherer = Gatherer::new(1, crew);
            let mut next = 0;
            for (few, rows) in given {
                let first = next;
                next += rows;
                let rows = batch(first, *rows);
                match few {
                    true => gatherer.add(0, vec![rows], &mut writers)?,
                    false => gatherer.add_group(0, gather::encode(vec![rows], &factory)?, &mut writers)?,
                }
            }
            gatherer.finish(&mut writers)
        })?;
        let [writer] = writers;
        let groups = writer.row_groups();
        writer.finish(Vec::new())?.commit()?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&path).unwrap()).unwrap();
        let found = reader.build().unwrap().flat_map(|batch| {
            let batch = batch.unwrap();
            batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec()
        });
        Ok((found.collect(), groups as usize))
    }

    #[test]
    fn rows_keep_their_order_and_row_groups_do_not_depend_on_who_makes_them() {
        // 600,000 rows are enough for a row group, and for two that the merger waits for.
        let few = (0..40).map(|at| (at % 7 != 3, if at % 5 == 0 { 200_000 } else { 3 }));
        let given: Vec<(bool, i64)> = few.collect();
        let total: i64 = given.iter().map(|(_, rows)| rows).sum();
        let alone = written(0, &given, false).unwrap();
        assert!(alone.0.iter().copied().eq(0..total) && alone.1 > 8, "{}", alone.1);
        for hands in [1, 3] {
            assert!(written(hands, &given, false).unwrap() == alone);
        }
        assert_eq!(written(2, &[], false).unwrap(), (Vec::new(), 0));
    }

    #[test]
    fn a_row_group_that_fails_is_an_error() {
        for hands in [0, 1, 3] {
            for given in [&[(true, 3)][..], &[(true, 900_000), (false, 3), (true, 900_000)]] {
                assert_eq!(written(hands, given, true).unwrap_err().code(), Code::OutputWrite);
            }
        }
    }
}
