//! Divides a total exactly into a known number of shares, such as events among cases and objects among
//! orders.

use super::rng::Rng;

/// The part of the total that is left, and the least and the most that a share may get. `least` × shares ≤
/// the total ≤ `most` × shares must hold.
#[derive(Debug)]
pub struct Share {
    left: u64,
    least: u64,
    /// The most that a share may get.
    pub most: u64,
}

impl Share {
    /// Divides `total` into shares of `least` to `most`.
    pub const fn new(total: u64, least: u64, most: u64) -> Self {
        Self { left: total, least, most }
    }

    /// Draws a share around the mean of the rest, with a long tail, so that the `after` shares that follow
    /// can all be within their bounds. So the last share uses up the total exactly.
    pub fn draw(&mut self, after: u64, rng: &mut Rng) -> u64 {
        let least = self.least.max(self.left.saturating_sub(self.most * after));
        let most = self.most.min(self.left - self.least * after);
        // The mean is in 256ths: rounded to whole numbers it would leave too much for the last shares.
        let mean = (self.left - self.least * (after + 1)) * 256 / (after + 1);
        let drawn = (self.least + (rng.long_tailed(mean) + 128) / 256).clamp(least, most);
        self.left -= drawn;
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_keep_their_bounds() {
        for (total, shares, least, most) in [(0, 3, 0, 5), (7, 7, 1, 1), (1000, 100, 2, 60), (99, 1, 0, 99)] {
            let (mut share, mut rng) = (Share::new(total, least, most), Rng::new(1));
            let drawn: Vec<u64> = (0..shares).rev().map(|after| share.draw(after, &mut rng)).collect();
            assert_eq!(drawn.iter().sum::<u64>(), total);
            assert!(drawn.iter().all(|drawn| (least..=most).contains(drawn)), "{drawn:?}");
        }
    }
}
