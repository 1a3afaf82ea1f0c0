//! Count, sum, sum of squares, least and greatest of whole numbers: exact, so that their order does not count.

use super::ratio::Unit;

/// A whole number of up to 256 bits, in two halves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Wide {
    high: u128,
    low: u128,
}

impl Wide {
    fn product(a: u128, b: u128) -> Self {
        const HALF: u128 = u64::MAX as u128;
        let (a1, a0, b1, b0) = (a >> 64, a & HALF, b >> 64, b & HALF);
        let (low, mid1, mid2, high) = (a0 * b0, a1 * b0, a0 * b1, a1 * b1);
        let carry = (low >> 64) + (mid1 & HALF) + (mid2 & HALF);
        Self { high: high + (mid1 >> 64) + (mid2 >> 64) + (carry >> 64), low: low & HALF | carry << 64 }
    }

    fn plus(self, other: Self) -> Self {
        let (low, carry) = self.low.overflowing_add(other.low);
        Self { high: self.high.wrapping_add(other.high).wrapping_add(u128::from(carry)), low }
    }

    fn minus(self, other: Self) -> Self {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Self { high: self.high.wrapping_sub(other.high).wrapping_sub(u128::from(borrow)), low }
    }

    /// The product with a small number, which must fit.
    fn times(self, factor: u128) -> Self {
        Self::product(self.low, factor).plus(Self { high: self.high.wrapping_mul(factor), low: 0 })
    }

    fn to_float(self) -> f64 {
        self.high as f64 * 2f64.powi(128) + self.low as f64
    }
}

/// The moments of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moments {
    /// How many there are.
    pub count: u64,
    /// The sum of the numbers.
    pub sum: i128,
    squares: Wide,
    /// The least of them.
    pub min: i64,
    /// The greatest of them.
    pub max: i64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { count: 0, sum: 0, squares: Wide::default(), min: i64::MAX, max: i64::MIN }
    }
}

impl Moments {
    /// Counts one more number.
    #[inline]
    pub fn add(&mut self, value: i64) {
        self.count += 1;
        self.sum += i128::from(value);
        let magnitude = u128::from(value.unsigned_abs());
        let (low, carry) = self.squares.low.overflowing_add(magnitude * magnitude);
        self.squares.low = low;
        self.squares.high += u128::from(carry);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Adds the numbers of another.
    pub fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares = self.squares.plus(other.squares);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The mean; `None` without numbers.
    pub fn mean(&self, unit: Unit) -> Option<f64> {
        (self.count > 0).then(|| unit.share(self.sum, self.count))
    }

    /// The standard deviation of a sample, with `count - 1` below the line; `None` for fewer than two numbers.
    pub fn deviation(&self, unit: Unit) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        // count * squares - sum * sum, exactly: both are large, and their difference may be small.
        let count = u128::from(self.count);
        let sum = self.sum.unsigned_abs();
        let above = self.squares.times(count).minus(Wide::product(sum, sum));
        // Multiplied before it is rounded, so that one deviation in two units is one number.
        let times = unit.times.unsigned_abs();
        let above = above.times(times * times).to_float();
        let below = self.count as f64 * (self.count - 1) as f64;
        Some((above / below).sqrt() / unit.per as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[i64]) -> Moments {
        let mut moments = Moments::default();
        values.iter().for_each(|value| moments.add(*value));
        moments
    }

    #[test]
    fn small_numbers_have_the_figures_that_a_person_finds() {
        // Mean 5, squares of the differences 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, divided by 7.
        let moments = of(&[2, 4, 4, 4, 5, 5, 7, 9]);
        assert_eq!((moments.count, moments.sum, moments.min, moments.max), (8, 40, 2, 9));
        assert_eq!(moments.mean(Unit::ONE), Some(5.0));
        assert_eq!(moments.deviation(Unit::ONE), Some((32.0f64 / 7.0).sqrt()));
        assert_eq!((of(&[]).mean(Unit::ONE), of(&[3]).deviation(Unit::ONE)), (None, None));
        assert_eq!(of(&[-3, 3]).deviation(Unit::ONE), Some(18f64.sqrt()));
    }

    #[test]
    fn small_differences_of_large_numbers_are_not_lost() {
        let base = 4_000_000_000_000_000_000;
        assert_eq!(of(&[base, base + 2]).deviation(Unit::ONE), Some(2f64.sqrt()));
        assert_eq!(of(&[i64::MIN; 9]).deviation(Unit::ONE), Some(0.0));
        // The deviation of ±a, n times each, is a * sqrt(2n / (2n - 1)).
        let many: Vec<i64> = (0..1000).map(|at| if at % 2 == 0 { i64::MAX } else { -i64::MAX }).collect();
        let expected = i64::MAX as f64 * (1000f64 / 999.0).sqrt();
        assert!((of(&many).deviation(Unit::ONE).unwrap() / expected - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_spread_in_two_units_is_the_same_numbers() {
        let (micros, nanos) =
            (Unit { times: 1_000, per: 1_000_000_000 }, Unit { times: 1, per: 1_000_000_000 });
        let values = [3_300_001, 7, 86_400_000_123, -1_000_007, 59_999_999];
        let (coarse, fine) = (of(&values), of(&values.map(|it| it * 1_000)));
        assert_eq!(coarse.mean(micros), fine.mean(nanos));
        assert_eq!(coarse.deviation(micros), fine.deviation(nanos));
    }

    #[test]
    fn joined_moments_are_those_of_all_numbers() {
        let mut left = of(&[i64::MAX, 1, -5]);
        left.join(&of(&[i64::MIN, i64::MIN, 7]));
        assert_eq!(left, of(&[i64::MIN, 7, 1, -5, i64::MIN, i64::MAX]));
    }
}
