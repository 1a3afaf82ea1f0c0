//! What is asked of figures of a run: of statistics and of inspections, as flags and pipeline files have it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Code, Error, Result};
use crate::inspect::Inspection;
use crate::inspect::checks::Severity;
use crate::options::Choice;
use crate::options::forms::{ByWord, DayForm, EachText, Maybe, Same};
use crate::options::keys::keys;

/// Forms in which statistics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatsForm {
    /// Tables for people.
    Table,
    /// All figures, for programs.
    Json,
    /// The graph for Graphviz.
    Dot,
    /// The graph for Mermaid.
    Mermaid,
    /// The graph as a picture.
    Svg,
    /// The graph for pm4py.
    Dfg,
}

impl Choice for StatsForm {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("table", Self::Table),
        ("json", Self::Json),
        ("dot", Self::Dot),
        ("mermaid", Self::Mermaid),
        ("svg", Self::Svg),
        ("dfg", Self::Dfg),
    ];
}

/// What is asked of statistics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatsSettings {
    /// The form; `None`: what the name of the output says.
    pub form: Option<StatsForm>,
    /// A folder for tables of edges, variants and cases.
    pub tables: Option<PathBuf>,
    /// How many variants, edges and activities are shown; 0 shows all.
    pub top: Option<u64>,
    /// The most events of a case whose activities are compared in pairs.
    pub temporal_profile: Option<u64>,
}

keys! {
    StatsSettings, "settings of statistics" {
        "format": Maybe<ByWord> = form,
        "tables": Maybe<Same> = tables,
        "top": Maybe<Same> = top,
        "temporal_profile": Maybe<Same> = temporal_profile,
    }
}

impl StatsSettings {
    /// The form that is asked for, or that the name of the output says.
    ///
    /// # Errors
    /// [`Code::Usage`] for a name that says none.
    pub fn form(&self, path: Option<&Path>) -> Result<StatsForm> {
        let named = |ending: &str| match ending {
            "json" => Some(StatsForm::Json),
            "dot" | "gv" => Some(StatsForm::Dot),
            "mmd" | "mermaid" => Some(StatsForm::Mermaid),
            "svg" => Some(StatsForm::Svg),
            "dfg" => Some(StatsForm::Dfg),
            "txt" => Some(StatsForm::Table),
            _ => None,
        };
        form_of(self.form, StatsForm::Table, path, named, ".json, .dot, .mmd, .svg, .dfg or .txt")
    }
}

/// Forms in which the result of an inspection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InspectForm {
    /// Text for people to read.
    Table,
    /// All figures, for programs.
    Json,
    /// A page for a browser.
    Html,
}

impl Choice for InspectForm {
    const WORDS: &'static [(&'static str, Self)] =
        &[("table", Self::Table), ("json", Self::Json), ("html", Self::Html)];
}

/// What is asked of an inspection.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InspectSettings {
    /// The form; `None`: what the name of the output says.
    pub form: Option<InspectForm>,
    /// A file for a page with everything to see.
    pub html: Option<PathBuf>,
    /// A Parquet file for all affected rows.
    pub findings: Option<PathBuf>,
    /// When the run fails.
    pub fail_on: Vec<FailOn>,
    /// The moment after which times are in the future, in seconds since 1970; `None`: now.
    pub as_of: Option<i64>,
    /// A file with rules of people who know the process.
    pub rules: Option<PathBuf>,
}

keys! {
    InspectSettings, "settings of an inspection" {
        "format": Maybe<ByWord> = form,
        "html": Maybe<Same> = html,
        "findings": Maybe<Same> = findings,
        "fail_on": EachText = fail_on,
        "as_of": Maybe<DayForm> = as_of,
        "rules": Maybe<Same> = rules,
    }
}

impl InspectSettings {
    /// The form that is asked for, or that the name of the output says.
    ///
    /// # Errors
    /// [`Code::Usage`] for a name that says none.
    pub fn form(&self, path: Option<&Path>) -> Result<InspectForm> {
        let named = |ending: &str| match ending {
            "json" => Some(InspectForm::Json),
            "html" | "htm" => Some(InspectForm::Html),
            "txt" => Some(InspectForm::Table),
            _ => None,
        };
        form_of(self.form, InspectForm::Table, path, named, ".json, .html or .txt")
    }

    /// Whether a result is worse than what [`fail_on`](Self::fail_on) tolerates.
    pub fn refuses(&self, result: &Inspection) -> bool {
        let gravest = result.gravest();
        self.fail_on.iter().any(|limit| match limit {
            FailOn::Error => gravest >= Some(Severity::Error),
            FailOn::Warn => gravest >= Some(Severity::Warn),
            // A log of which nothing can be assessed is not known to be good.
            FailOn::Score(least) => result.score.is_none_or(|score| score < *least),
        })
    }
}

/// The form that is asked for, else that of the name, else `usual` where nothing is named.
fn form_of<T>(
    asked: Option<T>,
    usual: T,
    path: Option<&Path>,
    named: impl Fn(&str) -> Option<T>,
    endings: &str,
) -> Result<T> {
    if let Some(form) = asked {
        return Ok(form);
    }
    let Some(path) = path else { return Ok(usual) };
    let ending = path.extension().and_then(|it| it.to_str()).map(str::to_ascii_lowercase);
    ending.as_deref().and_then(named).ok_or_else(|| {
        let what = format!("the name {:?} does not say in which form to write", path.display());
        Error::new(Code::Usage, what).help(format!("end it in {endings}, or give ⟦format⟧"))
    })
}

/// When an inspection fails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailOn {
    /// If an error is found.
    Error,
    /// If an error or a warning is found.
    Warn,
    /// If the score is below this.
    Score(f64),
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error => f.write_str("error"),
            Self::Warn => f.write_str("warn"),
            Self::Score(least) => write!(f, "score<{least}"),
        }
    }
}

impl FromStr for FailOn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let word = text.trim().to_ascii_lowercase();
        match (word.as_str(), word.strip_prefix("score<").map(|it| it.trim().parse::<f64>())) {
            ("error", _) => Ok(Self::Error),
            ("warn", _) => Ok(Self::Warn),
            (_, Some(Ok(score))) if (0.0..=100.0).contains(&score) => Ok(Self::Score(score)),
            _ => Err(Error::new(
                Code::Usage,
                format!("expected error, warn or score<N with N from 0 to 100, found {text:?}"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_an_inspection_is_written_as_it_is_read() {
        for text in ["error", "warn", "score<90", "score<87.5"] {
            assert_eq!(text.parse::<FailOn>().unwrap().to_string(), text);
        }
        for text in ["", "errors", "score<", "score<101", "score<NaN"] {
            assert!(text.parse::<FailOn>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_name_of_an_output_says_its_form() {
        let stats = StatsSettings::default();
        let form = |name: &str| stats.form(Some(Path::new(name))).ok();
        assert_eq!(form("a.JSON"), Some(StatsForm::Json));
        assert_eq!(form("a.gv"), Some(StatsForm::Dot));
        assert_eq!(form("a.parquet"), None);
        assert_eq!(stats.form(None).unwrap(), StatsForm::Table);
        let inspect = InspectSettings { form: Some(InspectForm::Json), ..InspectSettings::default() };
        assert_eq!(inspect.form(Some(Path::new("a.txt"))).unwrap(), InspectForm::Json);
    }
}
