//! Random numbers that never change: a library's generator may change with its version, and every golden file
//! with it.
//!
//! SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014. A Weyl
//! sequence through a mixer; a generator seeded from another's output is a stream of its own. Only integers
//! are used, so that the float arithmetic of a platform does not matter.

/// 2^64 divided by the golden ratio, made odd.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// A stream of random numbers, of eight bytes, so that every open case can have its own.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The stream of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next 64 random bits.
    #[inline]
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Splits off an independent stream.
    pub const fn split(&mut self) -> Self {
        Self::new(self.bits())
    }

    /// A number below `limit`, or 0 if `limit` is 0. It is scaled by multiplication; the bias is below
    /// `limit` / 2^64.
    #[inline]
    pub const fn below(&mut self, limit: u64) -> u64 {
        ((self.bits() as u128 * limit as u128) >> 64) as u64
    }

    /// A random element of a list that is not empty.
    #[inline]
    pub const fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    /// A number up to four times `mean`, small numbers far more often: the cube of a uniform number, half of
    /// them below `mean` / 2. It stands in for an exponential distribution, whose logarithm differs between
    /// platforms in the last digit.
    #[inline]
    pub const fn long_tailed(&mut self, mean: u64) -> u64 {
        let uniform = self.bits() >> 43;
        let cube = (uniform * uniform * uniform) as u128;
        ((cube * (mean as u128 * 4) + (1 << 62)) >> 63) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_seed_0_is_the_published_one() {
        let mut rng = Rng::new(0);
        assert_eq!(
            [rng.bits(), rng.bits(), rng.bits()],
            [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F]
        );
    }

    #[test]
    fn a_long_tail_keeps_its_mean_and_its_bounds() {
        let mut rng = Rng::new(1);
        let draws: Vec<u64> = (0..100_000).map(|_| rng.long_tailed(1000)).collect();
        let mean = draws.iter().sum::<u64>() / 100_000;
        assert!((990..=1010).contains(&mean), "{mean}");
        assert!(draws.iter().max() <= Some(&4000) && draws.iter().max() > Some(&3990));
        assert_eq!((rng.long_tailed(0), rng.below(0), rng.below(1)), (0, 0, 0));
    }
}
