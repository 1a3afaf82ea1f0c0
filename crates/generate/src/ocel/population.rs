//! How many objects of each type a log has, and which product a line refers to: facts that the iterators over
//! objects and events must agree on.

use super::{Id, ObjectKind, OcelOptions};
use crate::rng::Rng;

/// Number of objects for each customer, each clerk and each product, rounded down; there is at least one of
/// each.
const PER_CUSTOMER: u64 = 25;
const PER_CLERK: u64 = 1500;
const PER_PRODUCT: u64 = 100;
/// Objects of an order, itself included, on average.
const PER_ORDER: u64 = 5;

/// The number of objects by type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Population {
    pub(super) customers: u64,
    pub(super) clerks: u64,
    pub(super) products: u64,
    pub(super) orders: u64,
    /// Number of lines and parcels together, at least two for each order.
    pub(super) parts: u64,
    seed: u64,
}

impl Population {
    pub(super) fn of(options: &OcelOptions) -> Self {
        let one_for = |count: u64| (options.objects / count).max(1);
        let (customers, clerks, products) = (one_for(PER_CUSTOMER), one_for(PER_CLERK), one_for(PER_PRODUCT));
        let rest = options.objects - customers - clerks - products;
        let orders = (rest / PER_ORDER).max(1);
        Self { customers, clerks, products, orders, parts: rest - orders, seed: options.seed }
    }

    /// Objects that belong to no order.
    pub(super) const fn standing(&self) -> u64 {
        self.customers + self.clerks + self.products
    }

    /// A random clerk: the lesser of two draws, so that some clerks do most of the work.
    pub(super) fn clerk(&self, rng: &mut Rng) -> Id {
        let index = rng.below(self.clerks).min(rng.below(self.clerks));
        Id { kind: ObjectKind::Clerk, number: index + 1 }
    }

    /// The product of a line.
    pub(super) fn product(&self, line: u64) -> Id {
        let mut rng = Rng::new(self.seed.wrapping_add(line));
        let index = rng.below(self.products).min(rng.below(self.products));
        Id { kind: ObjectKind::Product, number: index + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_counted_once_and_every_order_has_a_line_and_a_parcel() {
        for objects in [6, 7, 8, 9, 10, 23, 100, 1500, 150_000] {
            let all = Population::of(&OcelOptions { events: 0, objects, seed: 1, text: Default::default() });
            assert_eq!(all.standing() + all.orders + all.parts, objects);
            assert!(all.parts >= 2 * all.orders, "{all:?}");
        }
    }
}
