//! The directly-follows graph as text of other programs and as a picture.
//!
//! ```text
//! dfg.rs       the text format of pm4py
//! dot.rs       Graphviz
//! mermaid.rs   Mermaid
//! layout.rs    where nodes and edges are in a picture
//! svg.rs       the picture
//! objects.rs   the graph of an object-centric log for Graphviz and Mermaid
//! ```

pub mod dfg;
pub mod dot;
pub(crate) mod layout;
pub mod mermaid;
pub mod objects;
pub mod svg;

use super::figures::ProcessFigures;

/// A node of the graph: an activity with its events.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node<'f> {
    name: &'f str,
    events: u64,
}

/// An edge between two nodes, by their positions.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Arrow {
    from: usize,
    to: usize,
    count: u64,
    /// Median seconds between the two.
    median: Option<f64>,
}

/// Which edges and activities are shown, of all that there are.
#[derive(Debug)]
struct Selection {
    /// Positions of the edges that are shown, in order.
    edges: Vec<usize>,
    /// For each activity whether it is shown.
    activities: Vec<bool>,
    /// Edges and activities that are not shown.
    hidden: (usize, usize),
}

impl Selection {
    /// The `most` edges that occur most often, and the activities between them; and of the activities that have no
    /// edge at all, up to as many, those that occur as often as the least frequent of these edges. Everything
    /// without a number. Edges are given with their activities and counts, activities by their events.
    fn of(edges: &[(usize, usize, u64)], events: &[u64], most: Option<usize>) -> Self {
        let most = most.unwrap_or(usize::MAX);
        let mut order: Vec<usize> = (0..edges.len()).collect();
        // The edges are sorted by name already, and those of one count stay so.
        order.sort_by_key(|at| std::cmp::Reverse(edges[*at].2));
        order.truncate(most);
        let least = match order.last() {
            Some(last) if order.len() < edges.len() => edges[*last].2,
            _ => 1,
        };
        order.sort_unstable();
        let joined_by = |edges: &mut dyn Iterator<Item = &(usize, usize, u64)>| {
            let mut joined = vec![false; events.len()];
            edges.for_each(|(from, to, _)| (joined[*from], joined[*to]) = (true, true));
            joined
        };
        let mut activities = joined_by(&mut order.iter().map(|at| &edges[*at]));
        let has_edge = joined_by(&mut edges.iter());
        let mut others: Vec<usize> =
            (0..events.len()).filter(|at| !has_edge[*at] && events[*at] >= least).collect();
        others.sort_by_key(|at| std::cmp::Reverse(events[*at]));
        others.into_iter().take(most).for_each(|at| activities[at] = true);
        let hidden = events.iter().zip(&activities).filter(|(events, is_shown)| **events > 0 && !**is_shown);
        let hidden = (edges.len() - order.len(), hidden.count());
        Self { edges: order, activities, hidden }
    }

    /// What is not shown, in words; `None` if all is shown.
    fn hidden_text(&self) -> Option<String> {
        let (edges, activities) = self.hidden;
        let text = format!(
            "not shown: {} and {} that occur less often",
            crate::model::figures::counted(edges as u64, "edge"),
            match activities {
                1 => "1 activity".to_owned(),
                several => format!("{several} activities"),
            }
        );
        (self.hidden != (0, 0)).then_some(text)
    }
}

/// The part of a graph that is shown.
#[derive(Debug)]
struct ShownGraph<'f> {
    nodes: Vec<Node<'f>>,
    arrows: Vec<Arrow>,
    /// Nodes at which cases begin, and end, each with the number of cases.
    starts: Vec<(usize, u64)>,
    ends: Vec<(usize, u64)>,
    selection: Selection,
}

impl<'f> ShownGraph<'f> {
    /// The part with at most so many edges; all without a number.
    fn of(figures: &'f ProcessFigures, most: Option<usize>) -> Self {
        let edges: Vec<_> = figures.edges.iter().map(|it| (it.from, it.to, it.seconds.count)).collect();
        let events: Vec<u64> = figures.activities.iter().map(|it| it.events).collect();
        let selection = Selection::of(&edges, &events, most);
        let mut places = vec![0; events.len()];
        let (mut nodes, mut starts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for (at, activity) in
            figures.activities.iter().enumerate().filter(|(at, _)| selection.activities[*at])
        {
            let place = nodes.len();
            places[at] = place;
            nodes.push(Node { name: &activity.name, events: activity.events });
            starts.extend((activity.starts > 0).then_some((place, activity.starts)));
            ends.extend((activity.ends > 0).then_some((place, activity.ends)));
        }
        let arrow = |at: &usize| {
            let edge = &figures.edges[*at];
            let (count, median) = (edge.seconds.count, edge.seconds.median);
            Arrow { from: places[edge.from], to: places[edge.to], count, median }
        };
        let arrows = selection.edges.iter().map(arrow).collect();
        ShownGraph { nodes, arrows, starts, ends, selection }
    }

    /// What is not shown, in words; `None` if all is shown.
    fn hidden_text(&self) -> Option<String> {
        self.selection.hidden_text()
    }

    /// How wide a line for so many is, from 1 to `widest`.
    fn width(&self, count: u64, widest: f64) -> f64 {
        line_width(count, self.widest(), widest)
    }

    /// The number that has the widest line.
    fn widest(&self) -> u64 {
        let counts = self.arrows.iter().map(|arrow| arrow.count);
        counts.chain(self.starts.iter().map(|it| it.1)).max().unwrap_or(1)
    }
}

/// How wide a line for so many is, from 1 to `widest`, if `most` is the greatest number.
fn line_width(count: u64, most: u64, widest: f64) -> f64 {
    1.0 + (widest - 1.0) * (count.max(1) as f64).ln() / (most.max(2) as f64).ln()
}

/// A span of time in its two largest units: `2 d 4 h`, `35 min`, `1.50 s`.
pub fn span(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let seconds = seconds.abs();
    let pair = |large: f64, small: f64, names: [&str; 2]| {
        let whole = (seconds / small).round();
        let (upper, lower) = ((whole * small / large + 1e-9).floor(), whole);
        let lower = lower - (upper * large / small).round();
        match lower as i64 {
            0 => format!("{sign}{upper} {}", names[0]),
            lower => format!("{sign}{upper} {} {lower} {}", names[0], names[1]),
        }
    };
    match seconds {
        it if it >= 86_400.0 * 365.0 => pair(86_400.0 * 365.0, 86_400.0, ["y", "d"]),
        it if it >= 86_400.0 => pair(86_400.0, 3_600.0, ["d", "h"]),
        it if it >= 3_600.0 => pair(3_600.0, 60.0, ["h", "min"]),
        it if it >= 60.0 => pair(60.0, 1.0, ["min", "s"]),
        it if it == it.floor() => format!("{sign}{it} s"),
        it if it >= 1.0 => format!("{sign}{it:.2} s"),
        it if it >= 0.001 => format!("{sign}{:.1} ms", it * 1e3),
        it => format!("{sign}{:.1} µs", it * 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activities_without_a_shown_edge_are_shown_if_they_are_as_frequent() {
        // 0 -> 1 nine times, 1 -> 2 once; 3 has no edge and twelve events, 4 none and two; 5 has no events.
        let (edges, events) = ([(0, 1, 9), (1, 2, 1)], [9, 10, 1, 12, 2, 0]);
        let one = Selection::of(&edges, &events, Some(1));
        assert_eq!((one.edges.as_slice(), one.hidden), (&[0][..], (1, 2)));
        assert_eq!(one.activities, [true, true, false, true, false, false]);
        assert_eq!(one.hidden_text().unwrap(), "not shown: 1 edge and 2 activities that occur less often");
        let all = Selection::of(&edges, &events, None);
        assert_eq!((all.edges.len(), all.hidden_text()), (2, None));
        assert_eq!(all.activities, [true, true, true, true, true, false]);
        let none = Selection::of(&[], &[3, 3, 2], Some(2));
        assert_eq!((none.activities.as_slice(), none.hidden), (&[true, true, false][..], (0, 1)));
    }

    #[test]
    fn spans_have_their_two_largest_units() {
        let texts = [
            (0.0, "0 s"),
            (0.0005, "500.0 µs"),
            (0.25, "250.0 ms"),
            (1.5, "1.50 s"),
            (59.0, "59 s"),
            (90.0, "1 min 30 s"),
            (3_600.0, "1 h"),
            (90_000.0, "1 d 1 h"),
            (-7_260.0, "-2 h 1 min"),
            (86_400.0 * 400.0, "1 y 35 d"),
            (86_399.0, "24 h"),
        ];
        for (seconds, text) in texts {
            assert_eq!(span(seconds), text);
        }
    }
}
