//! Fractions as floating-point numbers: the nearest one there is, so that equal fractions are equal numbers in
//! whatever unit their parts were counted.

/// What one whole number is worth in the unit that is shown: `times / per`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    pub times: i128,
    pub per: u128,
}

impl Unit {
    /// The number itself.
    pub const ONE: Self = Self { times: 1, per: 1 };

    /// A number in this unit.
    pub fn of(self, value: i128) -> f64 {
        self.share(value, 1)
    }

    /// A number in this unit, divided by `parts`, of which there is at least one.
    pub fn share(self, value: i128, parts: u64) -> f64 {
        nearest(value * self.times, self.per * u128::from(parts.max(1)))
    }
}

/// The number that is nearest to `above / below`; `below` is from 1 to 2^104.
fn nearest(above: i128, below: u128) -> f64 {
    // Bits of a quotient, one more than a number has and one that says whether anything follows.
    const BITS: u32 = 55;
    // Bits that are divided at once: the rest is less than 2^104.
    const STEP: i32 = 24;
    let sign = if above < 0 { -1.0 } else { 1.0 };
    let above = above.unsigned_abs();
    let (mut whole, mut rest, mut shift) = (above / below, above % below, 0);
    while rest > 0 && whole >> BITS == 0 {
        rest <<= STEP;
        whole = (whole << STEP) | (rest / below);
        rest %= below;
        shift += STEP;
    }
    sign * (whole | u128::from(rest > 0)) as f64 * 2f64.powi(-shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_the_nearest_numbers() {
        for (above, below, expected) in [
            (0, 7, 0.0),
            (1, 3, 1.0 / 3.0),
            (-1, 3, -1.0 / 3.0),
            (2, 3, 2.0 / 3.0),
            (1, 10, 0.1),
            (150_000, 1_000_000, 0.15),
            (1, 1_000_000_000, 1e-9),
            (9_007_199_254_740_993, 1, 9_007_199_254_740_992.0),
            // A little more than the middle between two numbers is nearer to the greater one.
            (18_014_398_509_481_987, 2, 9_007_199_254_740_994.0),
            (i128::from(i64::MAX), 1, i64::MAX as f64),
        ] {
            assert_eq!(nearest(above, below), expected, "{above} / {below}");
            assert_eq!(nearest(above * 1_000, below * 1_000), expected, "{above} / {below}, both more");
        }
        assert_eq!(nearest(1, 1 << 100), 2f64.powi(-100));
        assert_eq!(Unit { times: 1_000, per: 1_000_000_000 }.share(3_000_000, 2), 1.5);
    }
}
