//! Gives the orders one after the other, each with its lines, its parcels and the number of its events.
//!
//! The objects and the events of an order draw from random streams of their own, which are split off when it
//! opens, so neither depends on the other.

use super::population::Population;
use super::{Id, ObjectKind, OcelOptions};
use crate::log::{LONGEST, OPEN_CASES, PAUSE};
use crate::rng::Rng;
use crate::share::Share;

/// Least and most lines and parcels of an order, unless there are too few orders for that.
const PARTS: (u64, u64) = (2, 12);
/// Least and most events of an order, unless there are too few or too many events for that.
const EVENTS: (u64, u64) = (4, 60);

/// One order, from which events and objects follow.
#[derive(Debug)]
pub(super) struct Order {
    /// Number of the order, counted from 1.
    pub(super) number: u64,
    pub(super) customer: Id,
    pub(super) lines: u64,
    pub(super) parcels: u64,
    first_line: u64,
    first_parcel: u64,
    pub(super) events: u64,
    /// Moment at which the order is placed.
    pub(super) placed: u64,
    /// Milliseconds between its events, on average.
    pub(super) pause: u64,
    /// Random numbers for the objects of the order.
    pub(super) of_objects: Rng,
    /// Random numbers for the events of the order.
    pub(super) of_events: Rng,
}

impl Order {
    pub(super) const fn id(&self) -> Id {
        Id { kind: ObjectKind::Order, number: self.number }
    }

    /// The line with this index.
    pub(super) const fn line(&self, index: u64) -> Id {
        Id { kind: ObjectKind::Line, number: self.first_line + index }
    }

    /// The parcel with this index.
    pub(super) const fn parcel(&self, index: u64) -> Id {
        Id { kind: ObjectKind::Parcel, number: self.first_parcel + index }
    }

    /// The lines that are in the parcel of this index: dealt out in turn.
    pub(super) fn lines_in(&self, parcel: u64) -> impl Iterator<Item = Id> {
        (parcel..self.lines).step_by(self.parcels as usize).map(|index| self.line(index))
    }
}

/// The orders that are not open yet.
#[derive(Debug)]
pub(super) struct Orders {
    population: Population,
    rng: Rng,
    left: u64,
    parts: Share,
    events: Share,
    next: (u64, u64, u64),
    pause: u64,
    pace: u64,
    arrival: u64,
}

impl Orders {
    pub(super) fn new(options: &OcelOptions) -> Self {
        let population = Population::of(options);
        let orders = population.orders;
        let most = |total: u64, (least, most): (u64, u64)| {
            let mean = total / orders;
            // The end of the distribution's long tail.
            most.max(least.min(mean) + 4 * (mean - least.min(mean)))
        };
        let longest = most(options.events, EVENTS);
        let pause = PAUSE.min(LONGEST / (options.events / OPEN_CASES + longest + 1));
        Self {
            population,
            rng: Rng::new(options.seed),
            left: orders,
            parts: Share::new(population.parts, PARTS.0, most(population.parts, PARTS)),
            events: Share::new(options.events, EVENTS.0.min(options.events / orders), longest),
            next: (1, 1, 1),
            pause,
            pace: (options.events / orders * pause / OPEN_CASES).max(1),
            arrival: 0,
        }
    }

    pub(super) const fn population(&self) -> &Population {
        &self.population
    }

    /// Approximate milliseconds within which all orders open.
    pub(super) const fn span(&self) -> u64 {
        self.population.orders * self.pace
    }

    /// Whether the next order opens before this time.
    pub(super) const fn is_due(&self, moment: u64) -> bool {
        self.left > 0 && self.arrival < moment
    }

    pub(super) fn open(&mut self) -> Option<Order> {
        let after = self.left.checked_sub(1)?;
        let mut rng = self.rng.split();
        let parts = self.parts.draw(after, &mut self.rng);
        let events = self.events.draw(after, &mut self.rng);
        let parcels = 1 + parts / 5;
        let customer = 1 + rng.below(self.population.customers);
        let (number, first_line, first_parcel) = self.next;
        let order = Order {
            number,
            customer: Id { kind: ObjectKind::Customer, number: customer },
            lines: parts - parcels,
            parcels,
            first_line,
            first_parcel,
            events,
            placed: self.arrival,
            pause: self.pause,
            of_objects: rng.split(),
            of_events: rng,
        };
        self.left = after;
        self.next = (number + 1, first_line + order.lines, first_parcel + parcels);
        self.arrival += self.rng.long_tailed(self.pace);
        Some(order)
    }
}
