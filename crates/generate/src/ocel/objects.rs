//! Gives all objects: customers, clerks and products, then every order with its lines and its parcels.
//!
//! Some attributes change, some change together with another at the same time, some have no first value, and
//! some have no value at all.

use super::orders::{Order, Orders};
use super::{Id, Object, ObjectKind, OcelOptions, Relation, Setting, Value};
use crate::notes::Notes;
use crate::rng::Rng;
use crate::words::LAST_NAMES;

const SEGMENTS: [&str; 4] = ["private", "business", "public", "reseller"];
const ROLES: [&str; 4] = ["intake", "warehouse", "finance", "lead"];
pub(super) const CARRIERS: [&str; 5] = ["bicycle", "van", "post", "rail", "own fleet"];
/// Statuses of an order after `open`.
const STATUSES: [&str; 3] = ["checked", "shipped", "paid"];
/// Milliseconds in a day.
const DAY: u64 = 86_400_000;

/// An iterator over the objects.
pub(super) struct Objects {
    orders: Orders,
    rng: Rng,
    /// Number of objects given so far that belong to no order.
    standing: u64,
    open: Option<Order>,
    /// Number of objects given so far of the open order.
    done: u64,
    settings: Vec<Setting>,
    relations: Vec<Relation>,
    notes: Notes,
    note: String,
}

impl Objects {
    pub(super) fn new(options: &OcelOptions) -> Self {
        Self {
            orders: Orders::new(options),
            // A constant keeps the stream apart from that of the orders.
            rng: Rng::new(!options.seed).split(),
            standing: 0,
            open: None,
            done: 0,
            settings: Vec::new(),
            relations: Vec::new(),
            notes: Notes::new(options.text),
            note: String::new(),
        }
    }

    /// The next object; `None` after the last object.
    pub(super) fn next_object(&mut self) -> Option<Object<'_>> {
        self.settings.clear();
        self.relations.clear();
        self.note.clear();
        let id = if self.standing < self.orders.population().standing() {
            self.standing += 1;
            self.standing_object()
        } else {
            self.object_of_order()?
        };
        Some(Object { id, settings: &self.settings, relations: &self.relations, note: &self.note })
    }

    fn standing_object(&mut self) -> Id {
        let population = *self.orders.population();
        let span = self.orders.span();
        let mut rng = self.rng.split();
        let number = self.standing;
        if number <= population.customers {
            self.customer(span, &mut rng);
            return Id { kind: ObjectKind::Customer, number };
        }
        let number = number - population.customers;
        if number <= population.clerks {
            self.clerk(span, &mut rng);
            return Id { kind: ObjectKind::Clerk, number };
        }
        self.product(span, &mut rng);
        Id { kind: ObjectKind::Product, number: number - population.clerks }
    }

    fn object_of_order(&mut self) -> Option<Id> {
        let is_over = |order: &Order, done: u64| done > order.lines + order.parcels;
        if self.open.as_ref().is_none_or(|order| is_over(order, self.done)) {
            self.open = self.orders.open();
            self.done = 0;
        }
        let mut order = self.open.take()?;
        let id = match self.done.checked_sub(1) {
            None => self.order(&mut order),
            Some(part) if part < order.lines => self.line(&mut order, part),
            Some(part) => {
                let parcel = part - order.lines;
                self.parcel(&mut order, parcel)
            }
        };
        self.done += 1;
        self.open = Some(order);
        Some(id)
    }

    fn customer(&mut self, span: u64, rng: &mut Rng) {
        self.set(0, Value::Word(rng.pick(&LAST_NAMES)));
        self.set(1, Value::Word(rng.pick(&SEGMENTS)));
        // One of ten has no limit at first.
        if rng.below(10) > 0 {
            self.set(2, Value::Hundredths(rng.long_tailed(500_000)));
        }
        self.set(3, Value::Time(rng.below(span + 1)));
        let mut moment = 0;
        for _ in 0..rng.below(3) {
            moment += 1 + rng.long_tailed(span / 3);
            self.change(1, moment, Value::Word(rng.pick(&SEGMENTS)));
            // Both change at the same time.
            if rng.below(2) == 0 {
                self.change(2, moment, Value::Hundredths(rng.long_tailed(500_000)));
            }
        }
        let clerk = self.orders.population().clerk(rng);
        self.relate(clerk, "cared for by");
    }

    fn clerk(&mut self, span: u64, rng: &mut Rng) {
        self.set(0, Value::Word(rng.pick(&ROLES)));
        self.set(1, Value::Integer(20 + rng.below(21)));
        if rng.below(4) == 0 {
            self.change(0, 1 + rng.below(span + 1), Value::Word(rng.pick(&ROLES)));
        }
    }

    fn product(&mut self, span: u64, rng: &mut Rng) {
        self.notes.write(&mut self.note, rng);
        self.set(0, Value::Note);
        self.set(1, Value::Hundredths(100 + rng.long_tailed(20_000)));
        self.set(2, Value::Integer(rng.below(1000)));
        self.set(3, Value::Boolean(rng.below(5) == 0));
        let mut moment = 0;
        for _ in 0..rng.below(8) {
            moment += 1 + rng.long_tailed(span / 8);
            self.change(2, moment, Value::Integer(rng.below(1000)));
        }
    }

    fn order(&mut self, order: &mut Order) -> Id {
        let rng = &mut order.of_objects;
        let due = order.placed + DAY * (2 + rng.below(20));
        self.set(0, Value::Word("open"));
        self.set(1, Value::Hundredths(1_000 + rng.long_tailed(150_000)));
        self.set(2, Value::Boolean(rng.below(6) == 0));
        self.set(3, Value::Time(due));
        let mut moment = order.placed;
        for status in STATUSES {
            moment += 1 + rng.long_tailed(order.pause * 4);
            self.change(0, moment, Value::Word(status));
        }
        if rng.below(8) == 0 {
            self.change(1, order.placed + 1, Value::Hundredths(1_000 + rng.long_tailed(150_000)));
        }
        if rng.below(10) == 0 {
            self.change(3, moment, Value::Time(due + DAY));
        }
        self.relate(order.customer, "placed by");
        (0..order.lines).for_each(|index| self.relate(order.line(index), "contains"));
        order.id()
    }

    fn line(&mut self, order: &mut Order, index: u64) -> Id {
        let id = order.line(index);
        let rng = &mut order.of_objects;
        self.set(0, Value::Integer(1 + rng.long_tailed(3)));
        self.set(1, Value::Hundredths(100 + rng.long_tailed(20_000)));
        // Half of the lines have no value here.
        if rng.below(2) == 0 {
            self.set(2, Value::Boolean(rng.below(9) == 0));
        }
        if rng.below(10) == 0 {
            let moment = order.placed + 1 + rng.long_tailed(order.pause);
            self.change(0, moment, Value::Integer(1 + rng.long_tailed(3)));
        }
        let product = self.orders.population().product(id.number);
        self.relate(product, "of");
        id
    }

    fn parcel(&mut self, order: &mut Order, index: u64) -> Id {
        let rng = &mut order.of_objects;
        self.set(0, Value::Word(rng.pick(&CARRIERS)));
        self.set(1, Value::Hundredths(10 + rng.long_tailed(500)));
        self.set(2, Value::Boolean(rng.below(3) == 0));
        // The value holds from the delivery on, so there is no first value.
        let moment = order.placed + 1 + rng.long_tailed(order.pause * 16);
        self.change(3, moment, Value::Time(moment));
        order.lines_in(index).for_each(|line| self.relate(line, "holds"));
        order.parcel(index)
    }

    fn set(&mut self, attribute: usize, value: Value) {
        self.settings.push(Setting { attribute, since: None, value });
    }

    fn change(&mut self, attribute: usize, moment: u64, value: Value) {
        self.settings.push(Setting { attribute, since: Some(moment), value });
    }

    fn relate(&mut self, to: Id, qualifier: &'static str) {
        self.relations.push(Relation { to, qualifier });
    }
}
