//! What is counted of each case while its events pass, in order; the counts of several threads are added.

use std::sync::Arc;

use super::cases::CaseRows;
use super::edges::Edges;
use super::intervals::Intervals;
use super::moments::Moments;
use super::profile::Profile;
use super::step::ProcessWishes;
use super::values::Values;
use super::variants::Variants;
use crate::encode::page_store::Spill;
use crate::error::Result;

/// Numbers with their moments and all their values.
#[derive(Debug, Default)]
pub(super) struct Distribution {
    pub moments: Moments,
    pub values: Values,
}

impl Distribution {
    /// Counts one more number, and keeps it for quantiles.
    #[inline]
    pub fn add(&mut self, value: i64, spill: &Arc<Spill>) -> Result<()> {
        self.moments.add(value);
        self.values.add(value, spill)
    }

    /// Adds the numbers of another.
    pub fn join(&mut self, other: Self, spill: &Arc<Spill>) -> Result<()> {
        self.moments.join(&other.moments);
        self.values.join(other.values, spill)
    }
}

/// What is counted of one activity.
#[derive(Debug, Default)]
pub(super) struct ActivityTally {
    pub events: u64,
    /// Cases in which it occurs, and in which it occurs at least twice.
    pub cases: u64,
    pub rework: u64,
    pub starts: u64,
    pub ends: u64,
    /// From the start of its events to their time, where starts are known.
    pub service: Distribution,
    /// Twice the number of the last case in which it occurred, and one more if it occurred again.
    mark: u64,
}

/// The least and the greatest of some times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub first: i64,
    pub last: i64,
}

impl Default for Span {
    fn default() -> Self {
        Self { first: i64::MAX, last: i64::MIN }
    }
}

impl Span {
    /// Widens the span to a time.
    pub fn add(&mut self, time: i64) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    /// Adds the times of another.
    pub fn join(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// What is counted of cases.
#[derive(Debug)]
pub(super) struct Tally {
    spill: Arc<Spill>,
    pub events: u64,
    pub cases: u64,
    pub activities: Vec<ActivityTally>,
    pub edges: Edges,
    pub variants: Variants,
    pub durations: Distribution,
    /// Events of each case.
    pub sizes: Distribution,
    /// The case with the least duration and the case with the greatest, of several the first by its text.
    pub shortest: Option<(i64, Box<[u8]>)>,
    pub longest: Option<(i64, Box<[u8]>)>,
    /// First times of cases, and last times.
    pub begins: Span,
    pub ends: Span,
    /// Events that stand behind a later event of their case, and cases with such events.
    pub late: (u64, u64),
    pub resources: Vec<u64>,
    pub intervals: Intervals,
    /// Each case, if they are asked for.
    pub rows: Option<CaseRows>,
    /// Times between any two activities, if they are asked for.
    pub profile: Option<Profile>,
    /// The case that is being read: its first time, its events, and the last of them.
    current: (i64, u64, Option<(u32, i64)>),
}

impl Tally {
    /// Nothing is counted yet.
    pub fn new((activities, resources): (usize, usize), wishes: ProcessWishes, spill: Arc<Spill>) -> Self {
        Self {
            spill,
            events: 0,
            cases: 0,
            activities: (0..activities).map(|_| ActivityTally::default()).collect(),
            edges: Edges::new(activities),
            variants: Variants::default(),
            durations: Distribution::default(),
            sizes: Distribution::default(),
            shortest: None,
            longest: None,
            begins: Span::default(),
            ends: Span::default(),
            late: (0, 0),
            resources: vec![0; resources],
            intervals: Intervals::default(),
            rows: wishes.cases.then(CaseRows::default),
            profile: wishes.temporal_profile.map(Profile::new),
            current: (0, 0, None),
        }
    }

    /// Where values wait.
    pub fn spill(&self) -> &Arc<Spill> {
        &self.spill
    }

    /// The next event of the case by time. `is_edge`: the order by start is that by time.
    #[inline]
    pub fn event(&mut self, number: u32, time: i64, is_edge: bool) -> Result<()> {
        let activity = &mut self.activities[number as usize];
        activity.events += 1;
        let mark = (self.cases + 1) * 2;
        if activity.mark < mark {
            activity.mark = mark;
            activity.cases += 1;
        } else if activity.mark == mark {
            activity.mark = mark + 1;
            activity.rework += 1;
        }
        self.variants.event(number);
        match self.current.2 {
            None => {
                activity.starts += 1;
                self.current.0 = time;
            }
            Some((before, at)) if is_edge => {
                self.edges.add((before, number), time.saturating_sub(at), time == at, &self.spill)?;
            }
            Some(_) => {}
        }
        if let (Some(profile), true) = (&mut self.profile, is_edge) {
            profile.event(number, time, time);
        }
        self.current.1 += 1;
        self.current.2 = Some((number, time));
        Ok(())
    }

    /// The next pair of the case by start, where that is another order.
    pub fn follows(&mut self, pair: (u32, u32), ticks: i64, is_tied: bool) -> Result<()> {
        self.edges.add(pair, ticks, is_tied, &self.spill)
    }

    /// An event took from its start to its time.
    pub fn served(&mut self, activity: u32, start: i64, time: i64) -> Result<()> {
        self.intervals.add(start, time);
        self.activities[activity as usize].service.add(time.saturating_sub(start), &self.spill)
    }

    /// The case ends here.
    pub fn end(&mut self, case: &[u8]) -> Result<()> {
        let (first, events, last) = std::mem::take(&mut self.current);
        let Some((activity, last)) = last else { return Ok(()) };
        self.activities[activity as usize].ends += 1;
        let variant = self.variants.end();
        if let Some(profile) = &mut self.profile {
            profile.end();
        }
        if let Some(rows) = &mut self.rows {
            rows.add(case, events, (first, last), variant);
        }
        self.events += events;
        self.cases += 1;
        self.begins.add(first);
        self.ends.add(last);
        let duration = last.saturating_sub(first);
        self.durations.add(duration, &self.spill)?;
        self.sizes.add(i64::try_from(events).unwrap_or(i64::MAX), &self.spill)?;
        keep(&mut self.shortest, duration, case, |new, old| new < old);
        keep(&mut self.longest, duration, case, |new, old| new > old);
        Ok(())
    }

    /// Adds what was counted of other cases.
    pub fn join(&mut self, other: Self) -> Result<()> {
        let spill = &self.spill;
        self.events += other.events;
        self.cases += other.cases;
        for (sum, more) in self.activities.iter_mut().zip(other.activities) {
            sum.events += more.events;
            sum.cases += more.cases;
            sum.rework += more.rework;
            sum.starts += more.starts;
            sum.ends += more.ends;
            sum.service.join(more.service, spill)?;
        }
        self.edges.join(other.edges, spill)?;
        let variants = self.variants.join(&other.variants);
        if let (Some(rows), Some(more)) = (&mut self.rows, &other.rows) {
            rows.join(more, &variants);
        }
        self.durations.join(other.durations, spill)?;
        self.sizes.join(other.sizes, spill)?;
        if let Some((duration, case)) = other.shortest {
            keep(&mut self.shortest, duration, &case, |new, old| new < old);
        }
        if let Some((duration, case)) = other.longest {
            keep(&mut self.longest, duration, &case, |new, old| new > old);
        }
        self.begins.join(other.begins);
        self.ends.join(other.ends);
        self.late = (self.late.0 + other.late.0, self.late.1 + other.late.1);
        for (sum, more) in self.resources.iter_mut().zip(other.resources) {
            *sum += more;
        }
        self.intervals.join(other.intervals);
        if let (Some(profile), Some(more)) = (&mut self.profile, other.profile) {
            profile.join(more);
        }
        Ok(())
    }
}

/// Keeps the case that is beyond the one that is kept, or as far and before it by its text.
fn keep(kept: &mut Option<(i64, Box<[u8]>)>, value: i64, case: &[u8], is_beyond: fn(i64, i64) -> bool) {
    let replaces = match kept {
        None => true,
        Some((old, text)) => is_beyond(value, *old) || value == *old && *case < **text,
    };
    if replaces {
        *kept = Some((value, case.into()));
    }
}
