//! What a log shall be like: the options of the generator, their words on a command line, and the check that
//! they fit together.

use std::str::FromStr;

use super::log::Model;
use super::plant::Pattern;
use super::{Error, Result};

/// Most events in one log, some 19 TB of CSV. With more events a thousand years would be too short to tell
/// cases apart by the millisecond.
pub const MAX_EVENTS: u64 = 100_000_000_000;
/// Most different activities.
pub const MAX_ACTIVITIES: u64 = 100_000;
/// Most additional attributes.
pub const MAX_ATTRIBUTES: u64 = 10_000;

/// A choice that a word of the command line stands for.
pub trait Word: Copy + PartialEq + 'static {
    /// All choices with their words, the default first.
    const WORDS: &'static [(&'static str, Self)];

    /// The word of the choice.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, choice)| *choice == self).map_or("", |(word, _)| word)
    }

    /// The choice of a word.
    ///
    /// # Errors
    /// [`Error::Options`] with all the words.
    fn from_word(word: &str) -> Result<Self> {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, choice)| *choice);
        found.ok_or_else(|| {
            let all: Vec<&str> = Self::WORDS.iter().map(|(word, _)| *word).collect();
            Error::Options(format!("expected one of {}, found {word:?}", all.join(", ")))
        })
    }
}

/// Kind of the free text in the column `note`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextKind {
    /// Short notes of 80 words, 60 to 90 bytes.
    #[default]
    Notes,
    /// Sentences whose words follow Zipf's law, with phrases that come back.
    Natural,
    /// Messages of programs: fixed words with numbers in their places.
    Template,
    /// Small objects of JSON.
    Json,
    /// UUIDs and digests without any order.
    Ids,
    /// Paragraphs of natural text, some 1,500 bytes.
    Comments,
    /// Nothing for 24 of 25 events, otherwise a sentence.
    Sparse,
    /// Sentences in nine languages and five scripts.
    Multilingual,
}

impl Word for TextKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("notes", Self::Notes),
        ("natural", Self::Natural),
        ("template", Self::Template),
        ("json", Self::Json),
        ("ids", Self::Ids),
        ("comments", Self::Comments),
        ("sparse", Self::Sparse),
        ("multilingual", Self::Multilingual),
    ];
}

/// How exactly times are known. The events of a case are always at least one unit apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeGrain {
    /// Milliseconds.
    #[default]
    Millis,
    /// Whole seconds, written without a fraction.
    Seconds,
    /// Microseconds.
    Micros,
    /// Days, written without a time of day.
    Days,
}

impl Word for TimeGrain {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("millis", Self::Millis),
        ("seconds", Self::Seconds),
        ("micros", Self::Micros),
        ("days", Self::Days),
    ];
}

impl TimeGrain {
    /// Milliseconds in a unit. Microseconds are added when a time is written, so their unit is a millisecond.
    pub const fn millis(self) -> u64 {
        match self {
            Self::Millis | Self::Micros => 1,
            Self::Seconds => 1_000,
            Self::Days => 86_400_000,
        }
    }
}

/// Distribution of the numbers of events of cases. The numbers of events and cases are exact in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lengths {
    /// Many short cases and a long tail.
    #[default]
    LongTail,
    /// Every length from the least to twice the mean is as frequent as any other.
    Even,
    /// All cases have the same length, as far as the numbers allow.
    Fixed,
    /// Nine of ten cases are short, one of ten is long.
    Bimodal,
}

impl Word for Lengths {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("long-tail", Self::LongTail),
        ("even", Self::Even),
        ("fixed", Self::Fixed),
        ("bimodal", Self::Bimodal),
    ];
}

/// How strictly cases follow the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Process {
    /// Cases skip, repeat and swap activities, some events are milliseconds apart, one of five is no
    /// completion, and three of five have no cost.
    #[default]
    Loose,
    /// Cases skip activities and never swap them; events of a case are an hour to five hours apart (two to six
    /// days for times in days), all are completions, and no value is missing. Nothing in it is a finding.
    Ordered,
}

impl Word for Process {
    const WORDS: &'static [(&'static str, Self)] = &[("loose", Self::Loose), ("ordered", Self::Ordered)];
}

/// A pattern to plant, and the share of cases that get it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plant {
    /// What is planted.
    pub pattern: Pattern,
    /// Share of all cases, from 0 to 1; at least one case gets the pattern.
    pub share: f64,
}

impl FromStr for Plant {
    type Err = Error;

    /// Reads `PATTERN` or `PATTERN:SHARE`, the share as a number from 0 to 1 or a percentage.
    fn from_str(text: &str) -> Result<Self> {
        let (name, share) = text.split_once(':').map_or((text, None), |(name, share)| (name, Some(share)));
        let pattern = Pattern::from_word(name)?;
        let share = match share {
            None => pattern.usual_share(),
            Some(share) => {
                let read = match share.strip_suffix('%') {
                    Some(percent) => percent.trim().parse().map(|percent: f64| percent / 100.0),
                    None => share.parse(),
                };
                let valid = read.ok().filter(|share| *share > 0.0 && *share <= 1.0);
                valid.ok_or_else(|| {
                    Error::Options(format!(
                        "expected a share such as 0.05 or 5% after {name}:, found {share:?}"
                    ))
                })?
            }
        };
        Ok(Self { pattern, share })
    }
}

/// Describes the log that is to be generated. [`GenerateOptions::default`] has no events.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateOptions {
    /// Exact number of events; planted patterns may add and remove some.
    pub events: u64,
    /// Exact number of cases; `None`: a case for every 18 events.
    pub cases: Option<u64>,
    /// Seed of the random numbers; each seed gives a different log.
    pub seed: u64,
    /// Whether the events of all cases are sorted by time, with some thousand cases open at once, rather than
    /// written case after case. The rows are the same. Not for XES, whose traces contain their events.
    pub interleave: bool,
    /// Share of events to damage, from 0 to 1. The other events are the same as in a clean log.
    pub dirty: f64,
    /// Kind of the free text.
    pub text: TextKind,
    /// How exactly times are known.
    pub times: TimeGrain,
    /// Distribution of the lengths of cases; `None`: a long tail, or even for the ordered process.
    pub lengths: Option<Lengths>,
    /// How strictly cases follow the process; `None`: loosely, unless something is planted.
    pub process: Option<Process>,
    /// Number of different activities; `None`: the 26 of the usual process.
    pub activities: Option<u64>,
    /// Number of additional attributes of several types, some of which belong to the case.
    pub attributes: u64,
    /// Whether events have the time of their start too.
    pub intervals: bool,
    /// Share of the cases, from 0 to 1, after which the process is another.
    pub drift_at: Option<f64>,
    /// What is wrong with the log.
    pub plants: Vec<Plant>,
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self::new(0)
    }
}

impl GenerateOptions {
    /// A log of the usual kind.
    pub const fn new(events: u64) -> Self {
        Self {
            events,
            cases: None,
            seed: 1,
            interleave: false,
            dirty: 0.0,
            text: TextKind::Notes,
            times: TimeGrain::Millis,
            lengths: None,
            process: None,
            activities: None,
            attributes: 0,
            intervals: false,
            drift_at: None,
            plants: Vec::new(),
        }
    }

    /// How strictly cases follow the process.
    pub fn process(&self) -> Process {
        self.process.unwrap_or(if self.plants.is_empty() { Process::Loose } else { Process::Ordered })
    }

    /// Distribution of the lengths of cases.
    pub fn lengths(&self) -> Lengths {
        self.lengths.unwrap_or(match self.process() {
            Process::Loose => Lengths::LongTail,
            Process::Ordered => Lengths::Even,
        })
    }

    /// Whether events have the time of their start: if it is asked for, or if a planted pattern is about it.
    pub fn has_intervals(&self) -> bool {
        self.intervals || self.plants.iter().any(|plant| plant.pattern.needs_intervals())
    }

    /// The number of cases, if the options fit together.
    ///
    /// # Errors
    /// [`Error::Options`] if they don't.
    pub fn checked_cases(&self) -> Result<u64> {
        let wrong = |what: String| Err(Error::Options(what));
        if self.events > MAX_EVENTS {
            return wrong(format!("expected at most {MAX_EVENTS} events, found {}", self.events));
        }
        if !(0.0..=1.0).contains(&self.dirty) {
            return wrong(format!("expected a share of dirty rows from 0 to 1, found {}", self.dirty));
        }
        let least = self.events.min(1);
        let cases = self.cases.unwrap_or((self.events / 18).max(least));
        if cases < least || cases > self.events {
            return wrong(format!("expected {least} to {} cases, found {cases}", self.events));
        }
        if let Some(activities) = self.activities
            && !(1..=MAX_ACTIVITIES).contains(&activities)
        {
            return wrong(format!("expected 1 to {MAX_ACTIVITIES} activities, found {activities}"));
        }
        if self.attributes > MAX_ATTRIBUTES {
            return wrong(format!("expected at most {MAX_ATTRIBUTES} attributes, found {}", self.attributes));
        }
        if let Some(share) = self.drift_at
            && !(0.0..=1.0).contains(&share)
        {
            return wrong(format!("expected a share of cases from 0 to 1 before the drift, found {share}"));
        }
        self.check_plants()?;
        Model::check_span(self, cases)?;
        Ok(cases)
    }

    fn check_plants(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::Options(what));
        if self.plants.is_empty() {
            return Ok(());
        }
        if self.dirty > 0.0 {
            return wrong("a log with planted patterns cannot have damaged events too".to_owned());
        }
        for (at, Plant { pattern, share }) in self.plants.iter().enumerate() {
            let name = pattern.word();
            if !(*share > 0.0 && *share <= 1.0) {
                return wrong(format!(
                    "expected a share of cases above 0 and up to 1 for {name}, found {share}"
                ));
            }
            if self.plants[..at].iter().any(|other| other.pattern == *pattern) {
                return wrong(format!("the pattern {name} is planted twice"));
            }
            if self.times == TimeGrain::Days && pattern.needs_times_of_day() {
                return wrong(format!("the pattern {name} needs times finer than days"));
            }
        }
        let sum: f64 =
            self.plants.iter().filter(|plant| plant.pattern.takes_cases()).map(|it| it.share).sum();
        if sum > 1.0 + 1e-9 {
            return wrong(format!("expected shares of cases that add up to at most 1, found {sum}"));
        }
        Ok(())
    }
}
