//! The directly-follows graph as text of other programs and as a picture.
//!
//! ```text
//! dfg.rs       the text format of pm4py
//! dot.rs       Graphviz
//! mermaid.rs   Mermaid
//! layout.rs    where nodes and edges are in a picture
//! svg.rs       the picture
//! ```

pub mod dfg;
pub mod dot;
pub(crate) mod layout;
pub mod mermaid;
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

/// The part of a graph that is shown: the edges that occur most often, and the activities between them.
#[derive(Debug)]
struct ShownGraph<'f> {
    nodes: Vec<Node<'f>>,
    arrows: Vec<Arrow>,
    /// Nodes at which cases begin, and end, each with the number of cases.
    starts: Vec<(usize, u64)>,
    ends: Vec<(usize, u64)>,
    /// Edges and activities that are not shown.
    hidden: (usize, usize),
}

impl<'f> ShownGraph<'f> {
    /// At most so many edges; all, and all activities, without a number.
    fn of(figures: &'f ProcessFigures, most: Option<usize>) -> Self {
        let mut order: Vec<usize> = (0..figures.edges.len()).collect();
        // The edges are sorted by name already, and those of one count stay so.
        order.sort_by_key(|at| std::cmp::Reverse(figures.edges[*at].seconds.count));
        order.truncate(most.unwrap_or(usize::MAX));
        order.sort_unstable();
        let shows_all = order.len() == figures.edges.len();
        let mut is_shown = vec![shows_all; figures.activities.len()];
        for at in &order {
            let edge = &figures.edges[*at];
            is_shown[edge.from] = true;
            is_shown[edge.to] = true;
        }
        let mut places = vec![None; is_shown.len()];
        let mut graph = ShownGraph {
            nodes: Vec::new(),
            arrows: Vec::new(),
            starts: Vec::new(),
            ends: Vec::new(),
            hidden: (figures.edges.len() - order.len(), 0),
        };
        for (at, activity) in figures.activities.iter().enumerate().filter(|(_, it)| it.events > 0) {
            if !is_shown[at] {
                graph.hidden.1 += 1;
                continue;
            }
            let place = graph.nodes.len();
            places[at] = Some(place);
            graph.nodes.push(Node { name: &activity.name, events: activity.events });
            graph.starts.extend((activity.starts > 0).then_some((place, activity.starts)));
            graph.ends.extend((activity.ends > 0).then_some((place, activity.ends)));
        }
        for at in order {
            let edge = &figures.edges[at];
            if let (Some(from), Some(to)) = (places[edge.from], places[edge.to]) {
                let (count, median) = (edge.seconds.count, edge.seconds.median);
                graph.arrows.push(Arrow { from, to, count, median });
            }
        }
        graph
    }

    /// What is not shown, in words; `None` if all is shown.
    fn hidden_text(&self) -> Option<String> {
        let (edges, activities) = self.hidden;
        (edges > 0)
            .then(|| format!("not shown: {edges} edges and {activities} activities that occur less often"))
    }

    /// How wide a line for so many is, from 1 to `widest`.
    fn width(&self, count: u64, widest: f64) -> f64 {
        let most = self.arrows.iter().map(|arrow| arrow.count).chain(self.starts.iter().map(|it| it.1)).max();
        let most = (most.unwrap_or(1).max(2) as f64).ln();
        1.0 + (widest - 1.0) * (count.max(1) as f64).ln() / most
    }
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
