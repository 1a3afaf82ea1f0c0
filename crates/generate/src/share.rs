//! Divides a total exactly into a known number of shares, such as events among cases and objects among
//! orders.

use super::options::Lengths;
use super::rng::Rng;

/// The part of the total that is left, and the least and the most that a share may get. `least` × shares ≤
/// the total ≤ `most` × shares must hold.
#[derive(Debug)]
pub struct Share {
    left: u64,
    least: u64,
    /// The most that a share may get.
    pub most: u64,
    lengths: Lengths,
}

impl Share {
    /// Divides `total` into shares of `least` to `most`.
    pub const fn new(total: u64, least: u64, most: u64) -> Self {
        Self { left: total, least, most, lengths: Lengths::LongTail }
    }

    /// The same shares in another distribution.
    pub const fn spread(self, lengths: Lengths) -> Self {
        Self { lengths, ..self }
    }

    /// Draws a share around the mean of the rest, usually with a long tail, so that the `after` shares that follow
    /// can all be within their bounds. So the last share uses up the total exactly.
    pub fn draw(&mut self, after: u64, rng: &mut Rng) -> u64 {
        let least = self.least.max(self.left.saturating_sub(self.most * after));
        let most = self.most.min(self.left - self.least * after);
        // The mean is in 256ths: rounded to whole numbers it would leave too much for the last shares.
        let mean = (self.left - self.least * (after + 1)) * 256 / (after + 1);
        let beyond = match self.lengths {
            Lengths::LongTail => rng.long_tailed(mean),
            Lengths::Even => rng.below(2 * mean + 1),
            Lengths::Fixed => mean,
            // The short ones have half of the mean, so the long ones have to have five and a half of it.
            Lengths::Bimodal if rng.below(10) == 0 => mean * 11 / 2,
            Lengths::Bimodal => mean / 2,
        };
        let drawn = (self.least + (beyond + 128) / 256).clamp(least, most);
        self.left -= drawn;
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Word;

    #[test]
    fn shares_add_up_and_keep_their_bounds() {
        for (total, shares, least, most) in [(0, 3, 0, 5), (7, 7, 1, 1), (1000, 100, 2, 60), (99, 1, 0, 99)] {
            for (_, lengths) in Lengths::WORDS {
                let (mut share, mut rng) = (Share::new(total, least, most).spread(*lengths), Rng::new(1));
                let drawn: Vec<u64> = (0..shares).rev().map(|after| share.draw(after, &mut rng)).collect();
                assert_eq!(drawn.iter().sum::<u64>(), total);
                assert!(drawn.iter().all(|drawn| (least..=most).contains(drawn)), "{drawn:?}");
            }
        }
    }

    #[test]
    fn distributions_have_their_shapes() {
        let drawn = |lengths| -> Vec<u64> {
            let (mut share, mut rng) = (Share::new(18_000, 5, 80).spread(lengths), Rng::new(1));
            (0..1000).rev().map(|after| share.draw(after, &mut rng)).collect()
        };
        assert!(drawn(Lengths::Fixed).iter().all(|length| *length == 18));
        let even = drawn(Lengths::Even);
        assert!(even.iter().all(|length| *length <= 45), "{:?}", even.iter().max());
        let bimodal = drawn(Lengths::Bimodal);
        let (short, long) =
            (bimodal.iter().filter(|it| **it < 18).count(), bimodal.iter().filter(|it| **it > 50).count());
        assert!(short > 800 && long > 50 && short + long > 950, "{short} {long}");
    }
}
