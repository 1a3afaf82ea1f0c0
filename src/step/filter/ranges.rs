//! Ranges of values beyond which a condition is never true.

use super::bind::{Bound, Bound128, Node, Test};
use crate::model::condition::Comparison;
use crate::step::ranges::{ColumnRange, ValueRange};

impl Bound {
    /// Ranges that the values of a row must all be in for the condition to be true. There may be more to it.
    pub fn ranges(&self) -> Vec<ColumnRange> {
        let mut found = Vec::new();
        add(&self.0, &mut found);
        found
    }
}

fn add(node: &Node, found: &mut Vec<ColumnRange>) {
    match node {
        Node::All(parts) => parts.iter().for_each(|part| add(part, found)),
        Node::Test(column, test) => {
            found.extend(range(test).map(|range| ColumnRange { column: *column, range }));
        }
        Node::Any(_) | Node::Not(_) | Node::IsNull(_) | Node::Pair(..) => {}
    }
}

fn range(test: &Test) -> Option<ValueRange> {
    Some(match test {
        Test::Whole(comparison, number) => whole(*comparison, *number)?,
        Test::WholeIn(numbers) => ValueRange::Whole(*numbers.first()?, *numbers.last()?),
        Test::Text(comparison, text) => {
            let bound = || Some(text.clone().into_bytes());
            match comparison {
                Comparison::Equal => ValueRange::Text(bound(), bound()),
                Comparison::Less | Comparison::LessOrEqual => ValueRange::Text(None, bound()),
                Comparison::Greater | Comparison::GreaterOrEqual => ValueRange::Text(bound(), None),
                Comparison::NotEqual => return None,
            }
        }
        Test::TextIn(texts) => {
            let bound = |text: Option<&String>| text.map(|text| text.clone().into_bytes());
            ValueRange::Text(Some(bound(texts.iter().min())?), Some(bound(texts.iter().max())?))
        }
        Test::Like(_) | Test::Float(..) | Test::FloatIn(_) | Test::Is(_) => return None,
    })
}

/// The whole numbers for which a comparison is true.
fn whole(comparison: Comparison, Bound128 { floor, has_rest }: Bound128) -> Option<ValueRange> {
    let above = floor.saturating_add(1);
    let (low, high) = match comparison {
        Comparison::Equal => (floor, floor),
        Comparison::Less if has_rest => (i128::MIN, floor),
        Comparison::Less => (i128::MIN, floor.saturating_sub(1)),
        Comparison::LessOrEqual => (i128::MIN, floor),
        Comparison::GreaterOrEqual if !has_rest => (floor, i128::MAX),
        Comparison::Greater | Comparison::GreaterOrEqual => (above, i128::MAX),
        Comparison::NotEqual => return None,
    };
    Some(ValueRange::Whole(low, high))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{DataType, Field};

    use super::*;
    use crate::model::catalog::{TableColumn, TableSchema};
    use crate::model::zone::ZoneRule;

    #[test]
    fn a_condition_is_never_true_beyond_its_ranges() {
        let column = |name: &str, data_type| TableColumn::computed(Field::new(name, data_type, true));
        let columns = vec![column("n", DataType::Int64), column("t", DataType::Utf8)];
        let table = TableSchema::new(None::<Arc<str>>, columns);
        let found =
            |text: &str| Bound::new(&text.parse().unwrap(), &table, &ZoneRule::default()).unwrap().ranges();
        let whole = |low, high| ColumnRange { column: 0, range: ValueRange::Whole(low, high) };
        let text = |low: Option<&str>, high: Option<&str>| ColumnRange {
            column: 1,
            range: ValueRange::Text(
                low.map(|it| it.as_bytes().to_vec()),
                high.map(|it| it.as_bytes().to_vec()),
            ),
        };
        assert_eq!(found("n > 2 and n <= 7.5"), [whole(3, i128::MAX), whole(i128::MIN, 7)]);
        assert_eq!(found("n >= 2.5 and n < 7.5"), [whole(3, i128::MAX), whole(i128::MIN, 7)]);
        assert_eq!(found("n < 7 and n >= 2"), [whole(i128::MIN, 6), whole(2, i128::MAX)]);
        assert_eq!(found("n in (5, 3, 9) and t = 'x'"), [whole(3, 9), text(Some("x"), Some("x"))]);
        assert_eq!(
            found("t in ('b', 'a') and t >= 'q'"),
            [text(Some("a"), Some("b")), text(Some("q"), None)]
        );
        assert_eq!(found("n > 2 or t = 'x'"), []);
        assert_eq!(found("not n > 2 and n != 3 and t is null"), []);
    }
}
