//! The rules that look at rows, bound to the columns of a table, and what they count.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::take;

use super::{Rule, Rules, ValueRange};
use crate::error::{Error, Result};
use crate::inspect::columns::cells::{CellKind, Cells};
use crate::inspect::columns::values::HashedSet;
use crate::inspect::found::{FoundRows, NO_COLUMN};
use crate::inspect::tally::Tally;
use crate::model::catalog::TableSchema;
use crate::model::condition::Condition;
use crate::model::zone::ZoneRule;
use crate::step::filter::Bound;

/// Bytes of a value that an example shows.
const SHOWN: usize = 80;

/// The rules of a table; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct BoundRules(Arc<Vec<RowRule>>);

/// One rule that looks at rows.
#[derive(Debug)]
struct RowRule {
    /// Its number among all rules.
    number: usize,
    /// Number of its check in the registry.
    check: u16,
    /// The rows that the rule is for; `None` for rows whose column has a value.
    condition: Option<Bound>,
    kind: RowRuleKind,
}

#[derive(Debug)]
enum RowRuleKind {
    /// Each such row must fulfil this too; the column to show, if the rule is about one.
    Then(Bound, Option<usize>),
    /// The cases of such rows are noted.
    Cases,
}

impl BoundRules {
    /// Binds rules to a table. `check_number` gives the number of a check with this id. Times without a zone are
    /// in `zone`.
    ///
    /// # Errors
    /// For a column that the table has not, and values that can't be compared with those of their column.
    pub fn new(
        rules: &Rules,
        table: &TableSchema,
        zone: &ZoneRule,
        check_number: impl Fn(&str) -> u16,
    ) -> Result<Self> {
        let mut bound = Vec::new();
        for (number, rule) in rules.0.iter().enumerate() {
            let check = rule.check();
            let named = |error: Error| {
                let help = error.help_text().map(str::to_owned);
                let told = Error::new(error.code(), format!("rule {check}: {}", error.what()));
                help.into_iter().fold(told, Error::help)
            };
            let bind = |condition: &Condition| Bound::new(condition, table, zone).map_err(named);
            let (condition, kind) = match rule {
                Rule::ValueRange(range) => {
                    let column = table.require(&range.column).map_err(named)?;
                    (None, RowRuleKind::Then(bind(&inside(range)?)?, Some(column)))
                }
                Rule::AttributeDependency(rule) => {
                    (Some(bind(&rule.condition)?), RowRuleKind::Then(bind(&rule.then)?, None))
                }
                Rule::ConditionalActivity(rule) => (Some(bind(&rule.condition)?), RowRuleKind::Cases),
                _ => continue,
            };
            bound.push(RowRule { number, check: check_number(check), condition, kind });
        }
        Ok(Self(Arc::new(bound)))
    }

    /// Whether no rule looks at rows.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The condition that a value is in its range.
fn inside(range: &ValueRange) -> Result<Condition> {
    let column = format!("\"{}\"", range.column.replace('"', "\"\""));
    let text = if range.values.is_empty() {
        let least = range.least.iter().map(|it| format!("{column} >= {it}"));
        let most = range.most.iter().map(|it| format!("{column} <= {it}"));
        least.chain(most).collect::<Vec<_>>().join(" and ")
    } else {
        let values: Vec<String> = range.values.iter().map(ToString::to_string).collect();
        format!("{column} in ({})", values.join(", "))
    };
    text.parse()
}

/// What a rule has counted.
#[derive(Debug, Clone, Default)]
pub struct RuleFacts {
    /// Rows that break the rule, out of those that it is for.
    pub tally: Tally,
    /// Hashes of the cases for one of whose rows its condition is true.
    pub cases: HashedSet,
}

impl RuleFacts {
    /// Adds what was counted in rows that follow, of which the first is row `offset`.
    pub fn join(&mut self, later: Self, offset: u64) {
        self.tally.join(later.tally, offset);
        self.cases.extend(later.cases);
    }
}

/// A batch, and what is known of its rows.
pub struct RuledRows<'b> {
    /// The rows, with all columns of the table.
    pub batch: &'b RecordBatch,
    /// For each its number within the shard.
    pub numbers: &'b [u32],
    /// Hashes of cases, 0 for none; empty if there is no such column.
    pub cases: &'b [u64],
}

impl BoundRules {
    /// Counts the rows of a batch. There is one of `facts` for each of all rules.
    ///
    /// # Errors
    /// If values are not of the types that the rules are bound to.
    pub fn count(&self, rows: &RuledRows<'_>, facts: &mut [RuleFacts], found: &mut FoundRows) -> Result<()> {
        for rule in self.0.iter() {
            let Some(facts) = facts.get_mut(rule.number) else { continue };
            let condition = rule.condition.as_ref().map(|it| it.evaluate(rows.batch)).transpose()?;
            match &rule.kind {
                RowRuleKind::Then(then, column) => {
                    let then = then.evaluate(rows.batch)?;
                    for (at, number) in rows.numbers.iter().enumerate() {
                        let is_for = match &condition {
                            Some(condition) => is_true(condition, at),
                            // The range is not known of a value that is missing.
                            None => then.is_valid(at),
                        };
                        if !is_for {
                            continue;
                        }
                        facts.tally.applicable += 1;
                        if is_true(&then, at) {
                            continue;
                        }
                        facts.tally.affected += 1;
                        let row = u64::from(*number);
                        let case = rows.cases.get(at).copied().filter(|it| *it != 0);
                        facts.tally.example(Some(row), case, || match column {
                            Some(column) => {
                                let name = rows.batch.schema_ref().field(*column).name();
                                format!("{name} is {}", shown(rows.batch.column(*column), at))
                            }
                            None => "the rule does not hold".to_owned(),
                        });
                        found.push(row, rule.check, NO_COLUMN);
                    }
                }
                RowRuleKind::Cases => {
                    let Some(condition) = &condition else { continue };
                    for (at, case) in rows.cases.iter().enumerate() {
                        if *case != 0 && is_true(condition, at) {
                            facts.cases.insert(*case);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn is_true(values: &BooleanArray, at: usize) -> bool {
    values.is_valid(at) && values.value(at)
}

/// The value of a row as the figures of its column show it.
fn shown(array: &ArrayRef, at: usize) -> String {
    let array = array.slice(at, 1);
    let array = match array.as_any_dictionary_opt() {
        Some(dictionary) => match take(dictionary.values(), dictionary.keys(), None) {
            Ok(value) => value,
            Err(_) => return "another value".to_owned(),
        },
        None => array,
    };
    let kind = CellKind::of(array.data_type());
    let Ok(cells) = Cells::of(&array, &kind) else { return "another value".to_owned() };
    match (cells.is_valid(0), cells.text(0)) {
        (false, _) => "missing".to_owned(),
        (true, Some(text)) => cut(text),
        (true, None) => kind.shown(cells.hashes[0]),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
