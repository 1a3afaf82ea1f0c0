//! The earth mover's distance of two sets of variants: the least work that turns the frequencies of one into those of
//! the other, where to move a case from one variant to another costs the share of activities that differ (the
//! Levenshtein distance, divided by the longer length). Exact; it is pm4py's `compute_emd`.

/// Work beyond which no distance is computed: cells of tables for Levenshtein distances, some seconds.
const MOST_CELLS: u64 = 400_000_000;
/// Variants of each side beyond which no distance is computed.
const MOST_VARIANTS: usize = 400;

/// Variants with their weights.
pub(super) type Weighted<'v> = Vec<(&'v [u32], u64)>;

/// The distance; `None` if it would take too long, or if a side has no weight.
pub(super) fn earth_movers_distance(from: &Weighted<'_>, to: &Weighted<'_>) -> Option<f64> {
    let length = |side: &Weighted<'_>| side.iter().map(|(variant, _)| variant.len() as u64 + 1).sum::<u64>();
    let weight = |side: &Weighted<'_>| side.iter().map(|(_, weight)| *weight).sum::<u64>();
    let is_small = from.len() <= MOST_VARIANTS
        && to.len() <= MOST_VARIANTS
        && length(from).saturating_mul(length(to)) <= MOST_CELLS;
    let (all_from, all_to) = (weight(from), weight(to));
    if !is_small || all_from == 0 || all_to == 0 {
        return None;
    }
    let cost: Vec<Vec<f64>> =
        from.iter().map(|(left, _)| to.iter().map(|(right, _)| difference(left, right)).collect()).collect();
    // Whole numbers that have one sum on both sides.
    let supply = from.iter().map(|(_, weight)| u128::from(*weight) * u128::from(all_to)).collect();
    let demand = to.iter().map(|(_, weight)| u128::from(*weight) * u128::from(all_from)).collect();
    let work = transport(&cost, supply, demand);
    Some(work / (all_from as f64 * all_to as f64))
}

/// The Levenshtein distance of two sequences, divided by the length of the longer one.
fn difference(left: &[u32], right: &[u32]) -> f64 {
    let longer = left.len().max(right.len());
    if longer == 0 || left == right {
        return 0.0;
    }
    let mut row: Vec<u32> = (0..=right.len() as u32).collect();
    for (at, one) in (1..).zip(left) {
        let mut diagonal = std::mem::replace(&mut row[0], at);
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + u32::from(one != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    f64::from(row[right.len()]) / longer as f64
}

/// The least cost of moving all supply to the demand: successive shortest paths, with potentials that keep all costs
/// above 0.
fn transport(cost: &[Vec<f64>], mut supply: Vec<u128>, mut demand: Vec<u128>) -> f64 {
    let (rows, columns) = (supply.len(), demand.len());
    let mut flow = vec![vec![0_u128; columns]; rows];
    let (mut of_row, mut of_column) = (vec![0.0; rows], vec![0.0; columns]);
    while supply.iter().any(|left| *left > 0) {
        // Dijkstra from all rows with supply to the nearest column with demand.
        let mut near_row: Vec<f64> =
            supply.iter().map(|left| if *left > 0 { 0.0 } else { f64::INFINITY }).collect();
        let mut near_column = vec![f64::INFINITY; columns];
        let (mut before_row, mut before_column) = (vec![usize::MAX; rows], vec![usize::MAX; columns]);
        let (mut done_row, mut done_column) = (vec![false; rows], vec![false; columns]);
        let end = loop {
            let row =
                (0..rows).filter(|at| !done_row[*at]).min_by(|a, b| near_row[*a].total_cmp(&near_row[*b]));
            let column = (0..columns)
                .filter(|at| !done_column[*at])
                .min_by(|a, b| near_column[*a].total_cmp(&near_column[*b]));
            let far = |at: Option<usize>, near: &[f64]| at.map_or(f64::INFINITY, |at| near[at]);
            let (row_far, column_far) = (far(row, &near_row), far(column, &near_column));
            match (row, column) {
                (_, Some(column)) if column_far <= row_far && column_far.is_finite() => {
                    done_column[column] = true;
                    if demand[column] > 0 {
                        break Some(column);
                    }
                    for row in (0..rows).filter(|row| flow[*row][column] > 0 && !done_row[*row]) {
                        let reduced = (of_row[row] - of_column[column] - cost[row][column]).abs();
                        if column_far + reduced < near_row[row] {
                            near_row[row] = column_far + reduced;
                            before_row[row] = column;
                        }
                    }
                }
                (Some(row), _) if row_far.is_finite() => {
                    done_row[row] = true;
                    for column in (0..columns).filter(|column| !done_column[*column]) {
                        let reduced = (cost[row][column] + of_column[column] - of_row[row]).max(0.0);
                        if row_far + reduced < near_column[column] {
                            near_column[column] = row_far + reduced;
                            before_column[column] = row;
                        }
                    }
                }
                _ => break None,
            }
        };
        // Both sides have one sum, so there is demand while there is supply.
        let Some(end) = end else { break };
        let reach = near_column[end];
        for row in 0..rows {
            of_row[row] -= near_row[row].min(reach) - reach;
        }
        for column in 0..columns {
            of_column[column] -= near_column[column].min(reach) - reach;
        }
        // Back along the path: how much fits through it, then move that much.
        let mut path = Vec::new();
        let mut column = end;
        let mut most = demand[end];
        let start = loop {
            let row = before_column[column];
            path.push((row, column, true));
            if before_row[row] == usize::MAX {
                break row;
            }
            column = before_row[row];
            most = most.min(flow[row][column]);
            path.push((row, column, false));
        };
        most = most.min(supply[start]);
        for (row, column, is_forward) in path {
            match is_forward {
                true => flow[row][column] += most,
                false => flow[row][column] -= most,
            }
        }
        supply[start] -= most;
        demand[end] -= most;
    }
    let of = |(flow, cost): (&Vec<u128>, &Vec<f64>)| -> f64 {
        flow.iter().zip(cost).map(|(flow, cost)| *flow as f64 * cost).sum()
    };
    flow.iter().zip(cost).map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_shares_of_the_longer_sequence() {
        assert_eq!(difference(&[1, 2, 3], &[1, 2, 3]), 0.0);
        assert_eq!(difference(&[1, 2, 3], &[1, 3]), 1.0 / 3.0);
        assert_eq!(difference(&[], &[1, 3]), 1.0);
        assert_eq!(difference(&[1, 2, 3, 4], &[2, 1, 3, 5]), 0.75);
    }

    #[test]
    fn the_distance_is_the_least_work() {
        let (a, b, c): (&[u32], &[u32], &[u32]) = (&[1, 2], &[1, 3], &[4, 5, 6, 7]);
        // Half of the cases move from c to a and b, which differ by 1; nothing else must move.
        let whole = vec![(a, 1), (b, 1), (c, 2)];
        assert_eq!(earth_movers_distance(&whole, &vec![(a, 1), (b, 1)]), Some(0.5));
        assert_eq!(earth_movers_distance(&whole, &whole), Some(0.0));
        // A quarter of b moves to a, half of the cases from c.
        assert_eq!(earth_movers_distance(&whole, &vec![(a, 5)]), Some(0.25 * 0.5 + 0.5));
        assert_eq!(earth_movers_distance(&whole, &Vec::new()), None);
    }

    /// The least cost by trying all ways, for masses of one each.
    fn by_trial(cost: &[Vec<f64>], row: usize, taken: &mut Vec<bool>) -> f64 {
        if row == cost.len() {
            return 0.0;
        }
        let mut least = f64::INFINITY;
        for column in 0..taken.len() {
            if !taken[column] {
                taken[column] = true;
                least = least.min(cost[row][column] + by_trial(cost, row + 1, taken));
                taken[column] = false;
            }
        }
        least
    }

    #[test]
    fn the_least_cost_is_that_of_all_ways() {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / 1e6
        };
        for size in 1..=6 {
            for _ in 0..20 {
                let cost: Vec<Vec<f64>> = (0..size).map(|_| (0..size).map(|_| next()).collect()).collect();
                let least = by_trial(&cost, 0, &mut vec![false; size]);
                let found = transport(&cost, vec![1; size], vec![1; size]);
                assert!((found - least).abs() < 1e-9, "{found} {least}");
            }
        }
    }
}
