//! Gives all events in the order of time, and numbers them so: some thousand orders are open at once and take
//! turns.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::objects::CARRIERS;
use super::orders::{Order, Orders};
use super::population::Population;
use super::{Event, Id, OcelOptions, Relation, Value};
use crate::notes::Notes;
use crate::rng::Rng;
use crate::words::REGIONS;

/// Positions in [`EVENT_TYPES`](super::EVENT_TYPES) of the steps between the first and the last event of the
/// process, in its order.
const STEPS: [usize; 14] = [1, 1, 2, 3, 3, 3, 3, 4, 5, 5, 6, 7, 8, 8];
const PLACE: usize = 0;
const PAY: usize = 9;
const CHANNELS: [&str; 4] = ["web", "phone", "letter", "shop"];
const METHODS: [&str; 4] = ["card", "transfer", "cash", "voucher"];
/// Milliseconds in a day.
const DAY: u64 = 86_400_000;

/// An iterator over the events.
pub(super) struct Events {
    orders: Orders,
    open: BinaryHeap<Open>,
    written: u64,
    said: EventContent,
    notes: Notes,
    note: String,
}

/// Attributes and relations of an event; the buffers are used again for the next event.
#[derive(Default)]
struct EventContent {
    attributes: Vec<(usize, Value)>,
    relations: Vec<Relation>,
}

impl Events {
    pub(super) fn new(options: &OcelOptions) -> Self {
        Self {
            orders: Orders::new(options),
            open: BinaryHeap::new(),
            written: 0,
            said: EventContent::default(),
            notes: Notes::new(options.text),
            note: String::new(),
        }
    }

    /// The next event; `None` after the last event.
    pub(super) fn next_event(&mut self) -> Option<Event<'_>> {
        let Self { orders, open, written, said, notes, note } = self;
        while orders.is_due(open.peek().map_or(u64::MAX, |first| first.moment)) {
            let order = orders.open().filter(|order| order.events > 0);
            open.extend(order.map(|order| Open { moment: order.placed, done: 0, order }));
        }
        let mut first = open.peek_mut()?;
        let moment = first.moment;
        said.attributes.clear();
        said.relations.clear();
        let kind = first.step();
        let Open { order, .. } = &mut *first;
        let mut rng = order.of_events.split();
        said.tell(kind, moment, order, orders.population(), &mut rng);
        if said.attributes.iter().any(|(_, value)| *value == Value::Note) {
            notes.write(note, &mut rng);
        }
        first.done += 1;
        first.moment += 1 + rng.long_tailed(first.order.pause);
        if first.done == first.order.events {
            PeekMut::pop(first);
        }
        *written += 1;
        let EventContent { attributes, relations } = said;
        Some(Event { id: *written, kind, moment, attributes, relations, note })
    }
}

impl EventContent {
    /// Attributes and relations of an event of this kind.
    fn tell(&mut self, kind: usize, moment: u64, order: &Order, all: &Population, rng: &mut Rng) {
        let line = order.line(rng.below(order.lines));
        let parcel = rng.below(order.parcels);
        match kind {
            PLACE => {
                self.say([Value::Word(rng.pick(&CHANNELS)), Value::Note]);
                self.relate(order.id(), "order");
                self.relate(order.customer, "customer");
                self.relate(all.clerk(rng), "taken by");
                (0..order.lines).for_each(|index| self.relate(order.line(index), "ordered"));
            }
            1 => {
                self.say([Value::Integer(rng.below(1000)), Value::Boolean(rng.below(12) > 0)]);
                self.relate(order.id(), "order");
                self.relate(order.customer, "customer");
                self.relate(all.clerk(rng), "checked by");
            }
            2 => {
                self.say([Value::Integer(1 + rng.long_tailed(3)), Value::Note]);
                self.relate(order.id(), "order");
                self.relate(line, "changed");
                self.relate(order.customer, "wished by");
            }
            3 => {
                self.say([Value::Word(rng.pick(&REGIONS)), Value::Hundredths(rng.long_tailed(6_000))]);
                self.relate(line, "picked");
                self.relate(all.product(line.number), "product");
                self.relate(all.clerk(rng), "picked by");
            }
            4 => {
                // One of three has no number.
                if rng.below(3) > 0 {
                    self.say([Value::Integer(1 + rng.long_tailed(2))]);
                }
                self.relate(line, "missing");
                self.relate(all.product(line.number), "product");
            }
            5 => {
                self.say([Value::Hundredths(10 + rng.long_tailed(500)), Value::Note]);
                self.relate(order.parcel(parcel), "packed");
                self.relate(all.clerk(rng), "packed by");
                order.lines_in(parcel).for_each(|line| self.relate(line, "content"));
            }
            6 => {
                let pickup = moment + rng.long_tailed(DAY);
                let cost = Value::Hundredths(300 + rng.long_tailed(900));
                self.say([Value::Word(rng.pick(&CARRIERS)), cost, Value::Time(pickup)]);
                self.relate(order.parcel(parcel), "shipped");
                self.relate(order.id(), "order");
            }
            7 => {
                self.say([Value::Boolean(rng.below(4) > 0), Value::Note]);
                self.relate(order.parcel(parcel), "delivered");
                self.relate(order.id(), "order");
                self.relate(order.customer, "receiver");
            }
            8 => {
                let amount = Value::Hundredths(1_000 + rng.long_tailed(150_000));
                self.say([amount, Value::Time(moment + 30 * DAY)]);
                self.relate(order.id(), "order");
                self.relate(order.customer, "payer");
            }
            _ => {
                let amount = Value::Hundredths(1_000 + rng.long_tailed(150_000));
                self.say([amount, Value::Word(rng.pick(&METHODS))]);
                self.relate(order.id(), "order");
                self.relate(order.customer, "payer");
            }
        }
    }

    fn say<const N: usize>(&mut self, values: [Value; N]) {
        self.attributes.extend(values.into_iter().enumerate());
    }

    fn relate(&mut self, to: Id, qualifier: &'static str) {
        self.relations.push(Relation { to, qualifier });
    }
}

/// An order that has events to come.
struct Open {
    /// Time of its next event.
    moment: u64,
    done: u64,
    order: Order,
}

impl Open {
    /// The kind of the next event: the first and the last are fixed, those between are drawn near the same
    /// share of the process.
    fn step(&mut self) -> usize {
        let Self { done, order, .. } = self;
        if *done == 0 {
            PLACE
        } else if *done + 1 == order.events {
            PAY
        } else {
            let most = STEPS.len() as u64 - 1;
            STEPS[(*done * (most - 1) / order.events + order.of_events.below(3)).min(most) as usize]
        }
    }
}

/// Orders are ordered by time and number, and the earliest is the greatest, since a [`BinaryHeap`] gives the
/// greatest first.
impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.moment, other.order.number).cmp(&(self.moment, self.order.number))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Open {}
