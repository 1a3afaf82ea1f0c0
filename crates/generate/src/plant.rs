//! The patterns that can be planted in a log, and how each changes the events of a case.
//!
//! The first eleven are the imperfection patterns of Suriadi et al., "Event log imperfection patterns for
//! process mining", Information Systems 64, 2017. The others are what the checks of DaQAPO look for.

use super::activities::Activity;
use super::log::DAY;
use super::options::{TimeGrain, Word};
use super::planted::{Before, Change, Row, case_name};
use super::rng::Rng;
use super::text::{date, day_number};
use super::words::{DEPARTMENTS, REGIONS};

/// Days that an outlier takes longer than other events.
const OUTLIER_DAYS: u64 = 2;
/// Room that collateral events need before the next event, in milliseconds.
const COLLATERAL_ROOM: u64 = 60_000;

/// Something that is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Three to six events in a row have the time of the last of them, as if a form had recorded them.
    FormBasedCapture,
    /// An event is dated a day (for times in days: 30 days) too early, before events that it follows.
    InadvertentTimeTravel,
    /// Day and month of a time have changed places, which leads to a later date.
    UnanchoredEvent,
    /// The activity of an event is misspelled, or differs in case or blanks.
    DistortedLabel,
    /// The activity of an event has a reference number in it.
    PollutedLabel,
    /// An event is recorded three or four times within seconds.
    CollateralEvents,
    /// One activity is recorded under the name of another activity.
    HomonymousLabels,
    /// An event is missing; it is told in the note of the event before it.
    ScatteredEvent,
    /// The events of a case have lost its id.
    ElusiveCase,
    /// The second part of a case has another case id.
    ScatteredCase,
    /// One activity is recorded under another name.
    SynonymousLabels,
    /// An event has no activity, no time or no resource.
    MissingValues,
    /// An event is there twice, with the same id.
    Duplicates,
    /// An event ends before it begins.
    NegativeDurations,
    /// An event ends when it begins.
    ZeroDurations,
    /// An event takes two days longer than usual.
    OutlierDurations,
    /// The last one to three events of a case are missing.
    IncompleteCases,
    /// All events of a case are missing, so that its id is missing between its neighbours.
    CaseIdGaps,
    /// Nothing happens for some time in the middle of the log.
    InactivePeriod,
    /// An event has a department other than that of its resource.
    BrokenDependency,
    /// An attribute of the case changes within the case. Not for XES.
    ChangingCaseAttribute,
}

impl Word for Pattern {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("form-based-capture", Self::FormBasedCapture),
        ("inadvertent-time-travel", Self::InadvertentTimeTravel),
        ("unanchored-event", Self::UnanchoredEvent),
        ("distorted-label", Self::DistortedLabel),
        ("polluted-label", Self::PollutedLabel),
        ("collateral-events", Self::CollateralEvents),
        ("homonymous-labels", Self::HomonymousLabels),
        ("scattered-event", Self::ScatteredEvent),
        ("elusive-case", Self::ElusiveCase),
        ("scattered-case", Self::ScatteredCase),
        ("synonymous-labels", Self::SynonymousLabels),
        ("missing-values", Self::MissingValues),
        ("duplicates", Self::Duplicates),
        ("negative-durations", Self::NegativeDurations),
        ("zero-durations", Self::ZeroDurations),
        ("outlier-durations", Self::OutlierDurations),
        ("incomplete-cases", Self::IncompleteCases),
        ("case-id-gaps", Self::CaseIdGaps),
        ("inactive-period", Self::InactivePeriod),
        ("broken-dependency", Self::BrokenDependency),
        ("changing-case-attribute", Self::ChangingCaseAttribute),
    ];
}

impl Pattern {
    /// Share of the cases that get the pattern unless another is asked for.
    pub const fn usual_share(self) -> f64 {
        match self {
            Self::InadvertentTimeTravel => 0.02,
            Self::HomonymousLabels | Self::SynonymousLabels => 0.2,
            _ => 0.05,
        }
    }

    /// Whether the pattern is about the time at which an event began.
    pub const fn needs_intervals(self) -> bool {
        matches!(self, Self::NegativeDurations | Self::ZeroDurations | Self::OutlierDurations)
    }

    /// Whether the pattern can't be seen in times without a time of day.
    pub const fn needs_times_of_day(self) -> bool {
        matches!(self, Self::CollateralEvents | Self::NegativeDurations | Self::ZeroDurations)
    }

    /// Whether the pattern is in single cases, of which no two patterns share one.
    pub const fn takes_cases(self) -> bool {
        !matches!(self, Self::InactivePeriod)
    }
}

/// A case that a pattern is planted in.
pub(super) struct Ground<'a> {
    /// The events, in the order of their times.
    pub(super) rows: Vec<Row>,
    /// Events that the log has lost.
    pub(super) removed: Vec<Row>,
    /// Position of the pattern among those that are planted.
    pub(super) plant: usize,
    /// The activities of the process.
    pub(super) activities: &'a [Activity],
    /// The times of the log.
    pub(super) grain: TimeGrain,
    /// The numbers of the next new event and of the next new case.
    pub(super) next_event: u64,
    pub(super) next_case: u64,
    /// Whether this is the first or the last case.
    pub(super) is_outermost: bool,
}

impl Ground<'_> {
    /// Plants the pattern; `false` if there is no place for it, and then nothing has changed.
    pub(super) fn plant(&mut self, pattern: Pattern, rng: &mut Rng) -> bool {
        match pattern {
            Pattern::FormBasedCapture => self.form_based_capture(rng),
            Pattern::InadvertentTimeTravel => self.time_travel(rng),
            Pattern::UnanchoredEvent => self.unanchored_event(rng),
            Pattern::DistortedLabel => self.relabel(rng, distorted),
            Pattern::PollutedLabel => self.relabel(rng, |label, rng| Some(polluted(label, rng))),
            Pattern::CollateralEvents => self.collateral_events(rng),
            Pattern::HomonymousLabels => {
                let count = self.activities.len();
                let (other, own) = (&self.activities[count / 3].name, &self.activities[count * 2 / 3].name);
                other != own && self.rename(own, other)
            }
            Pattern::SynonymousLabels => {
                let activity = &self.activities[self.activities.len() / 2];
                self.rename(&activity.name, &activity.synonym)
            }
            Pattern::ScatteredEvent => self.scattered_event(rng),
            Pattern::ElusiveCase => {
                let plant = self.plant;
                self.rows.iter_mut().for_each(|row| row.set_case(plant, 0));
                true
            }
            Pattern::ScatteredCase => self.scattered_case(rng),
            Pattern::MissingValues => self.missing_values(rng),
            Pattern::Duplicates => {
                let at = self.any(rng);
                let copy = self.rows[at].copied(self.plant, self.rows[at].id);
                self.rows.insert(at + 1, copy);
                true
            }
            Pattern::NegativeDurations | Pattern::ZeroDurations => self.duration(pattern, rng),
            Pattern::OutlierDurations => self.outlier(rng),
            Pattern::IncompleteCases => self.incomplete_case(rng),
            Pattern::CaseIdGaps => {
                let fits = !self.is_outermost;
                if fits {
                    self.removed.append(&mut self.rows);
                }
                fits
            }
            Pattern::BrokenDependency => {
                let at = self.any(rng);
                self.rows[at].set_department(self.plant, rng);
                true
            }
            Pattern::ChangingCaseAttribute => {
                let fits = self.rows.len() > 1;
                if fits {
                    let at = 1 + rng.below(self.rows.len() as u64 - 1) as usize;
                    self.rows[at].set_region(self.plant, rng);
                }
                fits
            }
            // It is planted in the clock of the whole log.
            Pattern::InactivePeriod => false,
        }
    }

    fn any(&self, rng: &mut Rng) -> usize {
        rng.below(self.rows.len() as u64) as usize
    }

    /// The first event, from a random one on, for which there is a value.
    fn find<T>(&self, rng: &mut Rng, value: impl Fn(&[Row], usize) -> Option<T>) -> Option<(usize, T)> {
        let (start, count) = (self.any(rng), self.rows.len());
        (0..count).map(|step| (start + step) % count).find_map(|at| Some((at, value(&self.rows, at)?)))
    }

    fn form_based_capture(&mut self, rng: &mut Rng) -> bool {
        let count = (3 + rng.below(4) as usize).min(self.rows.len());
        if count < 3 {
            return false;
        }
        let from = rng.below((self.rows.len() - count + 1) as u64) as usize;
        let moment = self.rows[from + count - 1].moment;
        for row in &mut self.rows[from..from + count - 1] {
            row.set_moment(self.plant, moment);
        }
        true
    }

    fn time_travel(&mut self, rng: &mut Rng) -> bool {
        let shift = if self.grain == TimeGrain::Days { 30 * DAY } else { DAY };
        let found = self.find(rng, |rows, at| {
            let earlier = rows[at].moment?.checked_sub(shift)?;
            let is_inner = at > 1 && at + 1 < rows.len();
            // The first event stays the first, and no two events get the same time.
            let fits = is_inner
                && rows[0].moment < Some(earlier)
                && Some(earlier) < rows[at - 1].moment
                && rows.iter().all(|row| row.moment != Some(earlier));
            fits.then_some(earlier)
        });
        let Some((at, earlier)) = found else { return false };
        let row = &mut self.rows[at];
        row.set_moment(self.plant, Some(earlier));
        row.set_start(self.plant, row.start.map(|start| start.saturating_sub(shift)));
        true
    }

    fn unanchored_event(&mut self, rng: &mut Rng) -> bool {
        let found = self.find(rng, |rows, at| {
            let moment = rows[at].moment.filter(|_| at > 0)?;
            let (year, month, day) = date(moment / DAY);
            (day <= 12 && day > month).then(|| day_number(year, day, month) - moment / DAY)
        });
        let Some((at, days)) = found else { return false };
        let row = &mut self.rows[at];
        row.set_moment(self.plant, row.moment.map(|moment| moment + days * DAY));
        row.set_start(self.plant, row.start.map(|start| start + days * DAY));
        true
    }

    fn relabel(&mut self, rng: &mut Rng, change: impl Fn(&str, &mut Rng) -> Option<String>) -> bool {
        let at = self.any(rng);
        let Some(label) = change(&self.rows[at].activity, rng) else { return false };
        self.rows[at].set_activity(self.plant, label);
        true
    }

    fn rename(&mut self, from: &str, to: &str) -> bool {
        let mut found = false;
        for row in self.rows.iter_mut().filter(|row| row.activity == from) {
            row.set_activity(self.plant, to.to_owned());
            found = true;
        }
        found
    }

    fn collateral_events(&mut self, rng: &mut Rng) -> bool {
        let found = self.find(rng, |rows, at| {
            let moment = rows[at].moment?;
            let next = rows.get(at + 1).map_or(Some(u64::MAX), |next| next.start.or(next.moment))?;
            (next.saturating_sub(moment) > COLLATERAL_ROOM).then_some(moment)
        });
        let Some((at, mut moment)) = found else { return false };
        for copy in 1..=2 + rng.below(2) as usize {
            let mut row = self.rows[at].copied(self.plant, self.next_event);
            self.next_event += 1;
            row.start = row.start.map(|_| moment);
            moment += 1000 * (1 + rng.below(4));
            row.moment = Some(moment);
            row.order = moment;
            self.rows.insert(at + copy, row);
        }
        true
    }

    fn scattered_event(&mut self, rng: &mut Rng) -> bool {
        if self.rows.len() < 3 {
            return false;
        }
        let at = 1 + rng.below(self.rows.len() as u64 - 2) as usize;
        let gone = self.rows.remove(at);
        let moment = self.grain.text(gone.moment.unwrap_or(gone.order));
        let told = format!("{} by {} on {moment}", gone.activity, gone.resource);
        self.rows[at - 1].set_note(self.plant, told);
        self.removed.push(gone);
        true
    }

    fn scattered_case(&mut self, rng: &mut Rng) -> bool {
        if self.rows.len() < 4 {
            return false;
        }
        let from = 2 + rng.below(self.rows.len() as u64 - 3) as usize;
        for row in &mut self.rows[from..] {
            row.set_case(self.plant, self.next_case);
            row.trace = self.next_case;
        }
        self.next_case += 1;
        true
    }

    fn missing_values(&mut self, rng: &mut Rng) -> bool {
        let at = self.any(rng);
        let (row, plant) = (&mut self.rows[at], self.plant);
        match rng.below(3) {
            0 => row.set_activity(plant, String::new()),
            1 => row.set_moment(plant, None),
            _ => row.set_resource(plant, String::new()),
        }
        true
    }

    fn duration(&mut self, pattern: Pattern, rng: &mut Rng) -> bool {
        let found = self.find(rng, |rows, at| {
            let (start, moment) = (rows[at].start?, rows[at].moment?);
            // The first event opens the case at its time.
            (start < moment && at > 0).then_some((start, moment))
        });
        let Some((at, (start, moment))) = found else { return false };
        let row = &mut self.rows[at];
        row.set_start(self.plant, Some(moment));
        if pattern == Pattern::NegativeDurations {
            row.set_moment(self.plant, Some(start));
        }
        true
    }

    fn outlier(&mut self, rng: &mut Rng) -> bool {
        let at = self.any(rng);
        // A multiple of what an event takes in times of days.
        let longer = OUTLIER_DAYS * DAY * if self.grain == TimeGrain::Days { 15 } else { 1 };
        let Self { rows, plant, .. } = self;
        let moment = rows[at].moment.map(|moment| moment + longer);
        rows[at].set_moment(*plant, moment);
        // Those that follow are as much later, which is no change of their own: only their times say so.
        for row in &mut rows[at + 1..] {
            row.moment = row.moment.map(|moment| moment + longer);
            row.start = row.start.map(|start| start + longer);
            row.order += longer;
        }
        true
    }

    fn incomplete_case(&mut self, rng: &mut Rng) -> bool {
        if self.rows.len() < 3 {
            return false;
        }
        let keep = self.rows.len() - 1 - rng.below((self.rows.len() as u64 - 2).min(3)) as usize;
        self.removed.extend(self.rows.drain(keep..));
        true
    }
}

impl Row {
    fn change(&mut self, plant: usize, column: &'static str, before: Before) {
        self.changes.push(Change { plant, column: Some(column), before });
    }

    fn copied(&self, plant: usize, id: u64) -> Self {
        let mut copy = Self { id, ..self.clone() };
        copy.changes = vec![Change { plant, column: None, before: Before::Nothing }];
        copy
    }

    fn set_moment(&mut self, plant: usize, moment: Option<u64>) {
        self.change(plant, "timestamp", self.moment.map_or(Before::Nothing, Before::Time));
        self.moment = moment;
        self.order = moment.unwrap_or(self.order);
    }

    /// A log without starts has none to change.
    fn set_start(&mut self, plant: usize, start: Option<u64>) {
        if let Some(before) = self.start {
            self.change(plant, "start_timestamp", Before::Time(before));
            self.start = start;
        }
    }

    fn set_activity(&mut self, plant: usize, label: String) {
        let before = std::mem::replace(&mut self.activity, label);
        self.change(plant, "activity", Before::Text(before));
    }

    fn set_resource(&mut self, plant: usize, resource: String) {
        let before = std::mem::replace(&mut self.resource, resource);
        self.change(plant, "resource", Before::Text(before));
    }

    fn set_note(&mut self, plant: usize, note: String) {
        let before = std::mem::replace(&mut self.note, note);
        self.change(plant, "note", Before::Text(before));
    }

    fn set_case(&mut self, plant: usize, case: u64) {
        self.change(plant, "case_id", Before::Text(case_name(self.case)));
        self.case = case;
    }

    fn set_department(&mut self, plant: usize, rng: &mut Rng) {
        let other = another(&DEPARTMENTS, self.department, rng);
        let before = std::mem::replace(&mut self.department, other);
        self.change(plant, "department", Before::Text(before.to_owned()));
    }

    fn set_region(&mut self, plant: usize, rng: &mut Rng) {
        let other = another(&REGIONS, self.region, rng);
        let before = std::mem::replace(&mut self.region, other);
        self.change(plant, "case_region", Before::Text(before.to_owned()));
    }
}

/// A word of a list of different words, other than this one.
fn another(words: &[&'static str], than: &str, rng: &mut Rng) -> &'static str {
    let own = words.iter().position(|word| *word == than).unwrap_or(0);
    words[(own + 1 + rng.below(words.len() as u64 - 1) as usize) % words.len()]
}

/// A label with a slip of the finger, other cases or other blanks; `None` for a label that has no letters to
/// slip on.
fn distorted(label: &str, rng: &mut Rng) -> Option<String> {
    let at = 1 + rng.below((label.len() as u64).saturating_sub(3)) as usize;
    let (head, tail) = (label.get(..at)?, label.get(at..)?);
    let mut signs = tail.chars();
    let (first, second) = (signs.next()?, signs.next()?);
    let rest = signs.as_str();
    let changed = match rng.below(7) {
        0 if first != second => format!("{head}{second}{first}{rest}"),
        1 => format!("{head}{second}{rest}"),
        2 if first != ' ' => format!("{head}{first}{first}{second}{rest}"),
        3 => label.to_uppercase(),
        4 => label.to_lowercase(),
        5 => format!("{label} "),
        _ => label.replacen(' ', "  ", 1),
    };
    (changed != label).then_some(changed)
}

/// A label with a number in it that differs each time; the same words around it for the same label.
fn polluted(label: &str, rng: &mut Rng) -> String {
    let number = 10_000 + rng.below(90_000);
    match label.len() % 3 {
        0 => format!("{label} {number}"),
        1 => format!("{label} (ref {number})"),
        _ => format!("{label}_{number}"),
    }
}
