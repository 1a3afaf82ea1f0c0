//! The risk that a case is recognised again: how many cases differ from all others in what somebody may know.
//!
//! ```text
//! collect.rs   rows -> events as hashes, in blocks by case
//! count.rs     cases, whole and in order -> sizes of groups of equal cases, and unique cases by some points
//! figures.rs   the result, and its JSON
//! step.rs      the step of a run
//! ```
//!
//! After von Voigt et al., "Quantifying the Re-identification Risk of Event Logs for Process Mining" (CAiSE 2020):
//! somebody knows of a case what a projection leaves of it, all of its events or some points of it, and the case is
//! unique if no other case of the log has these as well.
//!
//! | projection | an event | a case |
//! |---|---|---|
//! | A | activity and time | |
//! | B | activity and attributes of events | attributes of cases |
//! | C | attributes of events | |
//! | D | | attributes of cases |
//! | E | activity | |
//!
//! Invariant: the result follows from the rows alone; the order of rows counts only among events of one case with the
//! same time. Which points are known follows from the seed, the case and the number of the event.

mod collect;
mod count;
pub mod figures;
mod step;

pub use self::figures::{ProjectionRisk, RiskFigures};
pub use self::step::{RiskStep, projections};

use crate::error::{Code, Error, Result};

/// What somebody may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Projection {
    /// Activities and times.
    A,
    /// Activities, attributes of events and of cases.
    B,
    /// Attributes of events.
    C,
    /// Attributes of cases.
    D,
    /// The projection to activities alone.
    E,
}

impl Projection {
    /// All projections, in the order of their letters.
    pub const ALL: [Self; 5] = [Self::A, Self::B, Self::C, Self::D, Self::E];

    /// The letter by which the projection is known.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }

    /// What somebody knows then, in words.
    pub const fn described(self) -> &'static str {
        match self {
            Self::A => "activities and times",
            Self::B => "activities and all attributes",
            Self::C => "attributes of events",
            Self::D => "attributes of cases",
            Self::E => "activities",
        }
    }

    /// The projection of a letter.
    ///
    /// # Errors
    /// [`Code::Usage`] for another text.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|it| it.letter().eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            Error::new(Code::Usage, format!("expected A, B, C, D or E, found {text:?}"))
                .help("A is activities and times, B activities and all attributes, C attributes of events, D those of cases, E activities")
        })
    }

    const fn has_case(self) -> bool {
        matches!(self, Self::B | Self::D)
    }

    const fn has_events(self) -> bool {
        !matches!(self, Self::D)
    }
}

/// What is to be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RiskWishes {
    /// The projections, in order.
    pub projections: Vec<Projection>,
    /// Whether all events of a case are known.
    pub all_points: bool,
    /// Numbers of random events that are known.
    pub points: Vec<u32>,
    /// Which events these are follows from it.
    pub seed: u64,
    /// Columns that say the same in all events of a case; those whose names begin with `case:` are among them.
    pub case_columns: Vec<String>,
}

impl Default for RiskWishes {
    fn default() -> Self {
        Self {
            projections: Projection::ALL.to_vec(),
            all_points: true,
            points: Vec::new(),
            seed: 1,
            case_columns: Vec::new(),
        }
    }
}

/// Spreads the bits of a number (splitmix64).
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A hash that takes another number in; the order counts.
const fn with(hash: u64, number: u64) -> u64 {
    mixed(hash.rotate_left(23) ^ number)
}
