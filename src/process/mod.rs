//! What happens to a batch between parsing and encoding: filters, samples, pseudonyms. A chain of small steps, empty by default.

use arrow::array::RecordBatch;

use crate::error::Result;

/// One step over batches.
///
/// Called on the worker's thread, once per batch, in the order of the rows within a shard; shards come in any order. So a step must not
/// depend on shard or thread: what it gathers goes to a tally of its own per shard, and tallies are merged in the order of the file.
pub trait Processor: Sync {
    /// What the step gathers.
    type Tally: Default + Send;

    /// Changes a batch, or gives it back as it is. An error ends the run.
    fn process(&self, batch: RecordBatch, tally: &mut Self::Tally) -> Result<RecordBatch>;

    /// Adds the tally of a later shard to that of the shards before it. Associative.
    fn merge(&self, left: &mut Self::Tally, right: Self::Tally);
}

/// Nothing: every batch passes as it is, at no cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct PassThrough;

impl Processor for PassThrough {
    type Tally = ();

    #[inline(always)]
    fn process(&self, batch: RecordBatch, _: &mut ()) -> Result<RecordBatch> {
        Ok(batch)
    }

    fn merge(&self, _: &mut (), _: ()) {}
}

/// One step, then another.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chain<A, B>(pub A, pub B);

impl<A: Processor, B: Processor> Processor for Chain<A, B> {
    type Tally = (A::Tally, B::Tally);

    #[inline(always)]
    fn process(&self, batch: RecordBatch, tally: &mut Self::Tally) -> Result<RecordBatch> {
        self.1.process(self.0.process(batch, &mut tally.0)?, &mut tally.1)
    }

    fn merge(&self, left: &mut Self::Tally, right: Self::Tally) {
        self.0.merge(&mut left.0, right.0);
        self.1.merge(&mut left.1, right.1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    #[derive(Default)]
    struct FirstRow;

    impl Processor for FirstRow {
        type Tally = Vec<usize>;
        fn process(&self, batch: RecordBatch, tally: &mut Vec<usize>) -> Result<RecordBatch> {
            tally.push(batch.num_rows());
            Ok(batch.slice(0, 1))
        }
        fn merge(&self, left: &mut Vec<usize>, right: Vec<usize>) {
            left.extend(right);
        }
    }

    #[test]
    fn steps_run_in_order_and_tallies_join() {
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true)]));
        let batch = RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![1, 2, 3]))]).unwrap();
        let chain = Chain(FirstRow, Chain(PassThrough, FirstRow));
        let mut tally = Default::default();
        assert_eq!(chain.process(batch.clone(), &mut tally).unwrap().num_rows(), 1);
        let mut later = Default::default();
        chain.process(batch, &mut later).unwrap();
        chain.merge(&mut tally, later);
        assert_eq!(tally, (vec![3, 3], ((), vec![1, 1])));
    }
}
