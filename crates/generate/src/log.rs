//! The model of a generated log: cases open one after the other, and each case is a stream of events.
//!
//! A case draws from its own random stream, which is split off when the case opens. So the order in which
//! cases take turns changes no event: an interleaved log has the same events as a grouped log. Cases open at
//! a pace that keeps [`OPEN_CASES`] of them under way, whatever their length.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::activities::{Activity, activities};
use super::notes::Notes;
use super::options::{GenerateOptions, Process, TimeGrain};
use super::rng::Rng;
use super::share::Share;
use super::words::{DEPARTMENTS, FIRST_NAMES, LAST_NAMES, LIFECYCLES, OPENINGS, REGIONS, WORDS};
use super::{Error, Result};

/// Cases that are open at once, on average; they take about 100 KB. With fewer, an interleaved log would be
/// nearly grouped.
pub(super) const OPEN_CASES: u64 = 1000;
/// Least and most events of a case, unless the number of cases asks for more or fewer.
const CASE_EVENTS: (u64, u64) = (5, 60);
/// Milliseconds between the events of a case, on average, unless the log gets too long for [`LONGEST`].
pub(super) const PAUSE: u64 = 3_600_000;
/// Pauses of the ordered process by those of the loose process: three hours, and from a third of that to five
/// thirds, so that a day between two events of a case is rare and none is an outlier.
const ORDERED_PAUSE: u64 = 3;
/// Units of time between the events of a case where the unit is a day.
const PAUSE_DAYS: u64 = 2;
/// Milliseconds in the thousand years that the longest log may take: well before the year 9999, where four
/// digits end.
pub(super) const LONGEST: u64 = 31_556_952_000_000;
/// Milliseconds in a day.
pub(super) const DAY: u64 = 86_400_000;
/// Most milliseconds that an event of the ordered process takes: less than the least pause.
const LONGEST_STEP: u64 = 1_800_000;
/// Least number of activities among which the loose process draws the next.
const LEAST_NEAR: u64 = 4;
/// One of this many notes has quotes, commas or newlines.
const AWKWARD_NOTES: u64 = 50;
/// Least and most bytes after which a note ends with the next word. With the longest word a note has 60 to 90
/// bytes.
const NOTE_BYTES: (u64, u64) = (60, 76);
/// Share of events without a cost: three in five.
const WITHOUT_COST: (u64, u64) = (3, 5);

/// An event with the attributes of its case. An empty text and `None` are missing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// Number of the case, from 1; 0 if the event lost it.
    pub case: u64,
    /// Tells cases apart, also those that lost their number.
    pub trace: u64,
    /// Name of the activity that the event records.
    pub activity: &'a str,
    /// Time of the event as [`Clock`](super::text::Clock) counts it; in a clean log it is later than the event
    /// before it in the case.
    pub moment: Option<u64>,
    /// Time at which the event began, if the log has such a column.
    pub start: Option<u64>,
    /// Name of the person who did it, one of 150.
    pub resource: &'a str,
    /// Lifecycle transition: `complete` for four of five events.
    pub lifecycle: &'static str,
    /// Attribute of the case: its region.
    pub region: &'static str,
    /// Attribute of the case: its amount, in hundredths.
    pub amount: u64,
    /// Value of the boolean column `approved`.
    pub approved: bool,
    /// Cost in hundredths; `None` for three of five events.
    pub cost: Option<u64>,
    /// Number of the event, from 1; unique in the log.
    pub id: u64,
    /// Free text; of the usual kind it has 60 to 90 bytes, and 2% have quotes, commas or newlines.
    pub note: &'a str,
    /// Department of the resource.
    pub department: &'static str,
}

/// What all cases share.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) activities: Vec<Activity>,
    pub(super) resources: Vec<String>,
    notes: Notes,
    process: Process,
    /// Milliseconds in a unit of time.
    unit: u64,
    intervals: bool,
    /// The first case of another process; beyond the last case if there is none.
    drift: u64,
}

impl Model {
    pub(super) fn new(options: &GenerateOptions, cases: u64) -> Self {
        let resources =
            FIRST_NAMES.iter().flat_map(|first| LAST_NAMES.iter().map(move |last| format!("{first} {last}")));
        let drift = options.drift_at.map_or(u64::MAX, |share| (share * cases as f64) as u64 + 1);
        Self {
            activities: activities(options.activities),
            resources: resources.collect(),
            notes: Notes::new(options.text),
            process: options.process(),
            unit: options.times.millis(),
            intervals: options.has_intervals(),
            drift,
        }
    }

    /// The first case after the drift.
    pub(super) const fn drift(&self) -> u64 {
        self.drift
    }

    /// Milliseconds between two events of a case on average, before the log is shortened to [`LONGEST`].
    fn pause(options: &GenerateOptions) -> u64 {
        let plain = if options.times == TimeGrain::Days { PAUSE_DAYS * DAY } else { PAUSE };
        match (options.process(), options.times) {
            (Process::Loose, _) => plain,
            (Process::Ordered, TimeGrain::Days) => plain * 2,
            (Process::Ordered, _) => plain * ORDERED_PAUSE,
        }
    }

    /// # Errors
    /// [`Error::Options`] if a log whose pauses can't get shorter would not end in time.
    pub(super) fn check_span(options: &GenerateOptions, cases: u64) -> Result<()> {
        let per_case = options.events / cases.max(1);
        let units = options.events / OPEN_CASES + longest(options.events, per_case) * 5;
        // The process after a drift takes twice as long.
        let least = if options.times == TimeGrain::Days { Self::pause(options) * 2 } else { 10_000 };
        if options.times != TimeGrain::Millis && units.saturating_mul(least) > LONGEST {
            return Err(Error::Options(format!(
                "expected fewer events or shorter cases for these times: {} events in {cases} cases would take \
                 more than a thousand years",
                options.events
            )));
        }
        Ok(())
    }

    /// The position of the activity of event `done` of `events`.
    #[inline]
    fn step(&self, case: u64, done: u64, events: u64, rng: &mut Rng) -> usize {
        let last = self.activities.len() - 1;
        let step = match self.process {
            Process::Loose => loose_step(done, events, last, rng),
            Process::Ordered => ordered_step(done, events, last, rng),
        };
        // After the drift the middle third of the process runs the other way round.
        let (from, to) = (self.activities.len() / 3, self.activities.len() * 2 / 3);
        if case >= self.drift && (from..to).contains(&step) { to - 1 - (step - from) } else { step }
    }

    /// Milliseconds to the next event of a case; `mean` are milliseconds.
    #[inline]
    fn next_pause(&self, case: u64, mean: u64, rng: &mut Rng) -> u64 {
        let mean = if case >= self.drift { mean * 2 } else { mean };
        let units = mean / self.unit;
        self.unit
            * match self.process {
                Process::Loose => 1 + rng.long_tailed(units),
                Process::Ordered => {
                    let least = (units / 3).max(2);
                    least + rng.below((units * 5 / 3).max(least) - least + 1)
                }
            }
    }

    /// When an event began that ended at `moment`, after the event that ended at `before`. It takes no number
    /// from the random stream, so that the log has the same events without this column.
    fn start(&self, before: Option<u64>, moment: u64, rng: &Rng) -> u64 {
        let mut rng = Rng::new(!rng.clone().bits());
        let room = before.map_or(LONGEST_STEP.max(self.unit), |before| moment - before) / self.unit;
        let most = room.saturating_sub(1).min((LONGEST_STEP / self.unit).max(1));
        let units = match self.process {
            Process::Loose if most > 0 => 1 + rng.below(most),
            Process::Loose => 0,
            // From a third of the longest step on, so that no step is much shorter than others.
            Process::Ordered => (most / 3 + rng.below(most - most / 3)).max(1),
        };
        moment.saturating_sub(units * self.unit)
    }
}

/// The most events of a case: the end of the distribution's long tail, 57 of 60 for 18 events in a case.
fn longest(events: u64, per_case: u64) -> u64 {
    let shortest = CASE_EVENTS.0.min(per_case);
    CASE_EVENTS.1.max(shortest + 4 * (per_case - shortest)).min(events)
}

/// A log, event by event.
#[derive(Debug)]
pub struct Log {
    cases: Cases,
    order: Order,
    model: Model,
    note: String,
}

#[derive(Debug)]
enum Order {
    Grouped(Option<Case>),
    Mixed(BinaryHeap<Case>),
}

impl Log {
    /// The log of these options, without what is planted in it.
    ///
    /// # Errors
    /// [`Error::Options`] if they don't fit together.
    pub fn new(options: &GenerateOptions) -> Result<Self> {
        let cases = options.checked_cases()?;
        let order = if options.interleave { Order::Mixed(BinaryHeap::new()) } else { Order::Grouped(None) };
        Ok(Self {
            cases: Cases::new(options, cases),
            order,
            model: Model::new(options, cases),
            note: String::new(),
        })
    }

    /// The next event; `None` after the last event.
    #[inline]
    pub fn next_event(&mut self) -> Option<Event<'_>> {
        let Self { cases, order, model, note } = self;
        match order {
            Order::Grouped(open) => {
                if open.as_ref().is_none_or(Case::is_over) {
                    *open = cases.open();
                }
                Some(open.as_mut()?.event(model, note))
            }
            Order::Mixed(open) => {
                while cases.left > 0 && open.peek().is_none_or(|first| cases.arrival < first.moment) {
                    open.extend(cases.open());
                }
                let mut first = open.peek_mut()?;
                let event = first.event(model, note);
                if first.is_over() {
                    PeekMut::pop(first);
                }
                Some(event)
            }
        }
    }
}

/// The cases that are not open yet.
#[derive(Debug)]
pub(super) struct Cases {
    rng: Rng,
    pub(super) left: u64,
    lengths: Share,
    pause: u64,
    pace: u64,
    unit: u64,
    /// Time at which the next case opens.
    pub(super) arrival: u64,
    next_case: u64,
    next_event: u64,
}

impl Cases {
    pub(super) fn new(options: &GenerateOptions, cases: u64) -> Self {
        let events = options.events;
        let per_case = events / cases.max(1);
        let shortest = CASE_EVENTS.0.min(per_case);
        let longest = longest(events, per_case);
        let pause = Model::pause(options).min(LONGEST / (events / OPEN_CASES + longest + 1));
        Self {
            rng: Rng::new(options.seed),
            left: cases,
            lengths: Share::new(events, shortest, longest).spread(options.lengths()),
            pause,
            pace: (per_case * pause / OPEN_CASES).max(1),
            unit: options.times.millis(),
            // The first event must not begin before the clock does.
            arrival: if options.has_intervals() { DAY } else { 0 },
            next_case: 1,
            next_event: 1,
        }
    }

    /// Milliseconds between two events of a case, on average.
    pub(super) const fn pause(&self) -> u64 {
        self.pause
    }

    /// Milliseconds in which all cases arrive, on average.
    pub(super) const fn span(&self) -> u64 {
        self.pace * self.left
    }

    pub(super) fn open(&mut self) -> Option<Case> {
        let after = self.left.checked_sub(1)?;
        let mut rng = self.rng.split();
        let events = self.lengths.draw(after, &mut self.rng);
        let regions = REGIONS.len() as u64;
        let case = Case {
            number: self.next_case,
            region: REGIONS[rng.below(regions).min(rng.below(regions)) as usize],
            amount: 1_000 + rng.long_tailed(1_250_000),
            events,
            done: 0,
            first_event: self.next_event,
            before: None,
            moment: self.arrival / self.unit * self.unit,
            pause: self.pause,
            rng,
        };
        self.left = after;
        self.next_case += 1;
        self.next_event += events;
        self.arrival += self.rng.long_tailed(self.pace);
        Some(case)
    }
}

/// A case that has begun and still has events to come.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) number: u64,
    region: &'static str,
    amount: u64,
    events: u64,
    done: u64,
    first_event: u64,
    /// Time of the event before.
    before: Option<u64>,
    /// Time of its next event.
    moment: u64,
    pause: u64,
    rng: Rng,
}

impl Case {
    pub(super) const fn is_over(&self) -> bool {
        self.done == self.events
    }

    #[inline]
    pub(super) fn event<'a>(&mut self, model: &'a Model, note: &'a mut String) -> Event<'a> {
        let rng = &mut self.rng;
        let Activity { name, department, .. } =
            &model.activities[model.step(self.number, self.done, self.events, rng)];
        let is_loose = model.process == Process::Loose;
        let team = model.resources.len() / DEPARTMENTS.len();
        // The lesser of two draws, so that some people do most of the work.
        let colleague = rng.below(team as u64).min(rng.below(team as u64)) as usize;
        let lifecycle = rng.pick(&LIFECYCLES);
        let approved = rng.below(8) < 5;
        let has_cost = rng.below(WITHOUT_COST.1) >= WITHOUT_COST.0 || !is_loose;
        let cost = has_cost.then(|| rng.long_tailed(22_500));
        model.notes.write(note, rng);
        let event = Event {
            case: self.number,
            trace: self.number,
            activity: name,
            moment: Some(self.moment),
            start: model.intervals.then(|| model.start(self.before, self.moment, rng)),
            resource: &model.resources[department * team + colleague],
            lifecycle: if is_loose { lifecycle } else { "complete" },
            region: self.region,
            amount: self.amount,
            approved,
            cost,
            id: self.first_event + self.done,
            note,
            department: DEPARTMENTS[*department],
        };
        self.before = Some(self.moment);
        self.moment += model.next_pause(self.number, self.pause, rng);
        self.done += 1;
        event
    }
}

/// The activity of an event of the loose process: the first and the last are fixed, those between are drawn
/// near the same share of the process, so that cases skip, repeat and swap activities.
#[inline]
fn loose_step(done: u64, events: u64, last: usize, rng: &mut Rng) -> usize {
    if done == 0 {
        0
    } else if done + 1 == events {
        last
    } else {
        let near = LEAST_NEAR.max((last as u64 + 1) / 6);
        ((done * (last as u64).saturating_sub(2) / events + rng.below(near)) as usize).min(last)
    }
}

/// The activity of an event of the ordered process: the activities between the first and the last are divided
/// evenly among the events between, and each event draws from its own. So an activity comes back only next
/// to itself, and only if there are more events than activities.
fn ordered_step(done: u64, events: u64, last: usize, rng: &mut Rng) -> usize {
    let drawn = rng.bits();
    if done == 0 {
        return 0;
    }
    if done + 1 == events {
        return last;
    }
    let (events, activities) = (events - 2, (last as u64).saturating_sub(1));
    let (low, high) = ((done - 1) * activities / events, done * activities / events);
    let step = low + ((u128::from(drawn) * u128::from((high - low).max(1))) >> 64) as u64;
    (1 + step as usize).min(last)
}

/// Replaces the note by a new note: 60 to 90 bytes, one in fifty with quotes, commas or newlines.
#[inline]
pub(super) fn write_note(note: &mut String, rng: &mut Rng) {
    note.clear();
    note.push_str(rng.pick(&OPENINGS));
    if rng.below(AWKWARD_NOTES) == 0 {
        write_awkward(note, rng);
    }
    let bytes = NOTE_BYTES.0 + rng.below(NOTE_BYTES.1 - NOTE_BYTES.0 + 1);
    while (note.len() as u64) < bytes {
        note.push_str(rng.pick(&WORDS));
    }
    note.pop();
    note.push('.');
}

/// Appends one or several of these: a word in quotes, a word with a comma, a word before a line break.
#[cold]
fn write_awkward(note: &mut String, rng: &mut Rng) {
    let which = 1 + rng.below(7);
    for (bit, before, after) in [(1, "\"", "\" "), (2, "", ", "), (4, "", "\n")] {
        if which & bit != 0 {
            note.push_str(before);
            note.push_str(rng.pick(&WORDS).trim_end());
            note.push_str(after);
        }
    }
}

/// Cases are ordered by time and number, and the earliest is the greatest, since a [`BinaryHeap`] gives the
/// greatest first.
impl Ord for Case {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.moment, other.number).cmp(&(self.moment, self.number))
    }
}

impl PartialOrd for Case {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Case {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Case {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use crate::options::MAX_EVENTS;
    use std::collections::{HashMap, HashSet};

    fn options(events: u64, cases: Option<u64>, interleave: bool) -> GenerateOptions {
        GenerateOptions { cases, seed: 7, interleave, ..GenerateOptions::new(events) }
    }

    /// Calls `see` with each event, and returns the largest number of cases that were open at once.
    fn each(options: &GenerateOptions, mut see: impl FnMut(&Event<'_>)) -> usize {
        let mut log = Log::new(options).unwrap();
        let mut most = 0;
        while let Some(event) = log.next_event() {
            see(&event);
            if let Order::Mixed(open) = &log.order {
                most = most.max(open.len());
            }
        }
        most
    }

    #[test]
    fn events_and_cases_are_exactly_as_many_as_asked_for() {
        for interleave in [false, true] {
            for (events, cases) in [
                (0, None),
                (1, None),
                (17, None),
                (4999, None),
                (10, Some(3)),
                (100, Some(1)),
                (100, Some(100)),
                (1000, Some(10)),
                (1000, Some(199)),
            ] {
                let mut lengths: HashMap<u64, u64> = HashMap::new();
                each(&options(events, cases, interleave), |event| {
                    *lengths.entry(event.case).or_default() += 1
                });
                assert_eq!(lengths.values().sum::<u64>(), events);
                assert_eq!(lengths.len() as u64, cases.unwrap_or((events / 18).max(events.min(1))));
            }
        }
    }

    #[test]
    fn cases_have_5_to_60_events_with_a_long_tail() {
        let mut lengths: HashMap<u64, u64> = HashMap::new();
        each(&options(180_000, None, false), |event| *lengths.entry(event.case).or_default() += 1);
        assert!(lengths.values().all(|length| (5..=60).contains(length)));
        let count = |low, high| lengths.values().filter(|length| (low..=high).contains(*length)).count();
        assert!(count(5, 12) > lengths.len() / 2 && count(40, 60) > lengths.len() / 20);
    }

    #[test]
    fn a_mixed_log_is_ordered_by_time_and_holds_the_same_events_as_a_grouped_one() {
        let mut grouped = Vec::new();
        each(&options(50_000, None, false), |event| {
            grouped.push((event.moment, event.case, format!("{event:?}")))
        });
        let (mut mixed, mut switches, mut before) = (Vec::new(), 0, 0);
        let open = each(&options(50_000, None, true), |event| {
            switches += usize::from(event.case != before);
            before = event.case;
            mixed.push((event.moment, event.case, format!("{event:?}")));
        });
        assert!(switches > 45_000, "{switches}");
        assert!((500..3000).contains(&open), "{open}");
        grouped.sort();
        assert!(grouped == mixed);
    }

    #[test]
    fn few_cases_are_open_at_once_whatever_their_length() {
        for cases in [300_000, 100_000, 3_000, 300] {
            let open = each(&options(300_000, Some(cases), true), |_| ());
            assert!(open < 4000, "{open} of {cases}");
        }
    }

    #[test]
    fn a_case_is_in_one_piece_with_times_that_grow_and_attributes_that_stay() {
        let (mut last, mut seen, mut ids) = (None, HashSet::new(), HashSet::new());
        each(&options(20_000, None, false), |event| {
            assert!(ids.insert(event.id));
            if let Some((case, moment, region, amount)) = last
                && case == event.case
            {
                assert!(moment < event.moment);
                assert_eq!((region, amount), (event.region, event.amount));
            } else {
                assert!(seen.insert(event.case));
            }
            last = Some((event.case, event.moment, event.region, event.amount));
        });
    }

    #[test]
    fn columns_vary_as_they_promise() {
        let (mut activities, mut resources) = (HashSet::new(), HashSet::new());
        let (mut awkward, mut commas, mut quotes, mut newlines, mut costs) = (0, 0, 0, 0, 0);
        each(&options(100_000, None, false), |event| {
            activities.insert(event.activity.to_owned());
            resources.insert(event.resource.to_owned());
            assert!((60..=90).contains(&event.note.len()), "{}", event.note);
            awkward += usize::from(event.note.contains([',', '"', '\n']));
            commas += usize::from(event.note.contains(','));
            quotes += usize::from(event.note.contains('"'));
            newlines += usize::from(event.note.contains('\n'));
            costs += usize::from(event.cost.is_some());
        });
        assert_eq!((activities.len(), resources.len()), (26, 150));
        assert!((1900..2100).contains(&awkward), "{awkward}");
        assert!([commas, quotes, newlines].iter().all(|count| *count > 1000));
        assert!((39_000..41_000).contains(&costs), "{costs}");
    }

    #[test]
    fn the_largest_log_ends_before_its_thousand_years_are_over() {
        for cases in [1, 1_000_000, 5_555_555_555, 100_000_000_000] {
            let mut cases = Cases::new(&GenerateOptions::new(MAX_EVENTS), cases);
            assert!(cases.pause > 0);
            assert!(cases.span() + cases.pause * cases.lengths.most < LONGEST * 2);
            assert!(cases.open().is_some());
        }
    }

    #[test]
    fn options_that_do_not_fit_are_refused() {
        let good = options(100, None, false);
        for wrong in [
            GenerateOptions { cases: Some(0), ..good.clone() },
            GenerateOptions { cases: Some(101), ..good.clone() },
            GenerateOptions { events: MAX_EVENTS + 1, ..good.clone() },
            GenerateOptions { dirty: -0.1, ..good.clone() },
            GenerateOptions { dirty: 1.1, ..good.clone() },
            GenerateOptions { dirty: f64::NAN, ..good.clone() },
        ] {
            assert!(matches!(Log::new(&wrong), Err(Error::Options(_))), "{wrong:?}");
        }
    }
}
