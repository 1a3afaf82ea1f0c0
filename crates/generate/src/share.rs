//! A total dealt out to a known number of shares, exactly: how many events each case gets, how many objects each order.

use super::rng::Rng;

/// What is left to deal, and the least and the most that one share may get. `least` × shares ≤ the total ≤ `most` × shares must hold.
#[derive(Debug)]
pub struct Share {
    left: u64,
    least: u64,
    /// What the largest share may be.
    pub most: u64,
}

impl Share {
    /// Deals out `total` in shares of `least` to `most`.
    pub const fn new(total: u64, least: u64, most: u64) -> Self {
        Self { left: total, least, most }
    }

    /// Draws a share around the mean of what is left, with a long tail, within what the `after` shares that follow need at least and can
    /// take at most. So the last one comes out exactly.
    pub fn draw(&mut self, after: u64, rng: &mut Rng) -> u64 {
        let least = self.least.max(self.left.saturating_sub(self.most * after));
        let most = self.most.min(self.left - self.least * after);
        // In 256ths, or rounding the mean would pile up what is left on the last shares.
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
