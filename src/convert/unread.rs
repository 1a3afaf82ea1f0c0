//! Which parts of files of typed values are left unread: those whose statistics show that a step would remove all of
//! their rows.

use arrow::datatypes::DataType;

use crate::model::catalog::TableSchema;
use crate::report::UnreadReport;
use crate::source::typed_input::TypedInput;
use crate::step::Steps;
use crate::step::ranges::ColumnRange;

/// The tasks that are left unread, because all their rows are outside the ranges of the first step that removes rows.
#[derive(Default)]
pub(super) struct Unread {
    /// The place of the step.
    pub step: usize,
    /// For each input and task; empty if no task is left unread.
    tasks: Vec<Vec<bool>>,
}

impl Unread {
    /// Finds the tasks. `from`: for each input the columns of the file that fill those of the table.
    pub fn new(
        steps: &Steps,
        read: &TableSchema,
        inputs: &[TypedInput],
        from: &[Vec<Option<usize>>],
    ) -> Self {
        let Some((step, ranges)) = steps.ranges(read.clone()) else { return Self::default() };
        let of_input = |(input, from): (&TypedInput, &Vec<Option<usize>>)| -> Vec<bool> {
            let counts_alike = |range: &&ColumnRange, at: usize| {
                let (own, table) = (input.source.schema().field(at), &read.columns[range.column].field);
                let is_text = |it: &DataType| matches!(it, DataType::Utf8 | DataType::Dictionary(..));
                own.data_type() == table.data_type()
                    || own.data_type().is_signed_integer() && table.data_type().is_signed_integer()
                    || is_text(own.data_type()) && is_text(table.data_type())
            };
            let is_unread = |task: usize| {
                input.source.task_rows(task).is_some()
                    && ranges.iter().any(|range| match from[range.column] {
                        Some(at) if counts_alike(&range, at) => {
                            !input.source.may_have(task, at, &range.range)
                        }
                        _ => false,
                    })
            };
            (0..input.source.tasks()).map(is_unread).collect()
        };
        let tasks: Vec<Vec<bool>> = inputs.iter().zip(from).map(of_input).collect();
        let is_some = tasks.iter().flatten().any(|is_unread| *is_unread);
        Self { step, tasks: if is_some { tasks } else { Vec::new() } }
    }

    /// Whether a task is left unread.
    pub fn has(&self, input: usize, task: usize) -> bool {
        self.tasks.get(input).and_then(|tasks| tasks.get(task)).copied().unwrap_or(false)
    }

    /// Whether a task of an input is left unread.
    pub fn has_some(&self, input: usize) -> bool {
        self.tasks.get(input).is_some_and(|tasks| tasks.contains(&true))
    }

    /// What was read and what was not, if something was not.
    pub fn report(&self, inputs: &[TypedInput], from: &[Vec<Option<usize>>]) -> Option<UnreadReport> {
        if self.tasks.is_empty() {
            return None;
        }
        let mut report = UnreadReport::default();
        for (at, (input, from)) in inputs.iter().zip(from).enumerate() {
            let wanted: Vec<usize> = from.iter().flatten().copied().collect();
            report.file_bytes += input.identity.size;
            for task in 0..input.source.tasks() {
                match self.has(at, task) {
                    true => report.unread_rows += input.source.task_rows(task).unwrap_or_default(),
                    false => report.read_bytes += input.source.task_bytes(task, &wanted),
                }
            }
        }
        Some(report)
    }
}
