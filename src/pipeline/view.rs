//! What is asked of a look at rows, as the flags of `logflow view` and pipeline files have it.

use crate::error::{Code, Error, Result};
use crate::options::Choice;
use crate::options::forms::{ByWord, Maybe, NumberForm, Same};
use crate::options::keys::keys;

/// Forms in which rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ViewForm {
    /// A table that fits the terminal.
    #[default]
    Table,
    /// A line for each value.
    Vertical,
    /// Rows as CSV, with a header.
    Csv,
    /// Rows as one JSON array.
    Json,
    /// Rows as JSON Lines.
    Jsonl,
    /// A table of Markdown.
    Markdown,
}

impl Choice for ViewForm {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("table", Self::Table),
        ("vertical", Self::Vertical),
        ("csv", Self::Csv),
        ("json", Self::Json),
        ("jsonl", Self::Jsonl),
        ("markdown", Self::Markdown),
    ];
}

/// What is asked of a look at rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewSettings {
    /// How many rows; `None`: as many as there is room for.
    pub rows: Option<u64>,
    /// Whether the last rows are shown.
    pub tail: bool,
    /// Whether rows from everywhere are shown.
    pub sample: bool,
    /// Chooses rows from everywhere; `None`: 1.
    pub seed: Option<u64>,
    /// Rows that are passed over.
    pub skip: u64,
    /// The case whose events are shown.
    pub case: Option<String>,
    /// The table of an object-centric log.
    pub table: Option<String>,
    /// The form in which rows are shown.
    pub form: ViewForm,
    /// Whether long values and all columns are shown whole.
    pub full: bool,
    /// Columns of the terminal.
    pub width: Option<u32>,
}

keys! {
    ViewSettings, "settings of a view" {
        "rows": Maybe<Same> = rows,
        "tail": Same = tail,
        "sample": Same = sample,
        "seed": Maybe<Same> = seed,
        "skip": Same = skip,
        "case": Maybe<Same> = case,
        "table": Maybe<Same> = table,
        "format": ByWord = form,
        "full": Same = full,
        "width": Maybe<NumberForm<20, 100_000>> = width,
    }
}

impl ViewSettings {
    /// What does not fit together.
    ///
    /// # Errors
    /// [`Code::Usage`].
    pub fn check(&self) -> Result<()> {
        let refused = |what: &str, help: &str| Err(Error::new(Code::Usage, what).help(help));
        if self.tail && self.sample {
            return refused("⟦tail⟧ and ⟦sample⟧ exclude each other", "leave one of them out");
        }
        if self.case.is_some() && (self.tail || self.sample) {
            return refused(
                "⟦case⟧ shows all events of a case, not the last ones or some",
                "leave ⟦tail⟧ and ⟦sample⟧ out",
            );
        }
        if self.seed.is_some() && !self.sample {
            return refused("⟦seed⟧ chooses the rows of ⟦sample⟧, which is not given", "add ⟦sample⟧");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let case = Some("1".to_owned());
        for (settings, is_fine) in [
            (ViewSettings { sample: true, seed: Some(2), ..ViewSettings::default() }, true),
            (ViewSettings { seed: Some(1), ..ViewSettings::default() }, false),
            (ViewSettings { tail: true, sample: true, ..ViewSettings::default() }, false),
            (ViewSettings { case, tail: true, ..ViewSettings::default() }, false),
        ] {
            assert_eq!(settings.check().is_ok(), is_fine, "{settings:?}");
        }
    }
}
