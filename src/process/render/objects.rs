//! The directly-follows graph of an object-centric log for Graphviz, for Mermaid and as a picture: a colour for
//! each type of objects, and its name beside each number, for a colour alone is not seen by everyone.

use std::fmt::Write as _;
use std::io::{Result, Write};

use super::svg::{Picture, PictureLine, PictureMark};
use super::{Node, Selection, dot, line_width, mermaid, span};
use crate::process::objects::{ActivityOfType, ObjectEdge, ObjectFigures};

/// Colours that differ in lightness too, dark enough on white and light enough on black.
const COLOURS: [&str; 8] =
    ["#1b7837", "#2166ac", "#b2182b", "#e08214", "#762a83", "#01858a", "#8c510a", "#636363"];

fn colour(object_type: usize) -> &'static str {
    COLOURS[object_type % COLOURS.len()]
}

/// An activity at which objects of a type begin or end, and how many do.
struct Mark {
    object_type: usize,
    activity: usize,
    objects: u64,
}

/// The part of the graph that is shown.
struct ShownObjects<'f> {
    figures: &'f ObjectFigures,
    selection: Selection,
    starts: Vec<Mark>,
    ends: Vec<Mark>,
    /// Types that have a mark or an edge, by position.
    types: Vec<usize>,
    /// The greatest number on an edge.
    most: u64,
}

impl<'f> ShownObjects<'f> {
    fn of(figures: &'f ObjectFigures, most: Option<usize>) -> Self {
        let edges: Vec<_> = figures.edges.iter().map(|it| (it.from, it.to, it.event_couples.count)).collect();
        let events: Vec<u64> = figures.activities.iter().map(|it| it.events).collect();
        let selection = Selection::of(&edges, &events, most);
        let marks = |objects: fn(&ActivityOfType) -> u64| -> Vec<Mark> {
            let types = figures.object_types.iter().enumerate();
            let all = types.flat_map(|(at, of)| of.activities.iter().map(move |it| (at, it)));
            all.filter(|(_, it)| selection.activities[it.activity] && objects(it) > 0)
                .map(|(object_type, it)| Mark { object_type, activity: it.activity, objects: objects(it) })
                .collect()
        };
        let (starts, ends) = (marks(|it| it.start_objects), marks(|it| it.end_objects));
        let mut types: Vec<usize> = selection.edges.iter().map(|at| figures.edges[*at].object_type).collect();
        types.extend(starts.iter().chain(&ends).map(|mark| mark.object_type));
        types.sort_unstable();
        types.dedup();
        let most = selection.edges.iter().map(|at| edges[*at].2).max().unwrap_or(1);
        Self { figures, selection, starts, ends, types, most }
    }

    fn activities(&self) -> impl Iterator<Item = (usize, &str, u64)> {
        let all = self.figures.activities.iter().enumerate();
        all.filter(|(at, _)| self.selection.activities[*at]).map(|(at, it)| (at, &*it.name, it.events))
    }

    fn edges(&self) -> impl Iterator<Item = &ObjectEdge> {
        self.selection.edges.iter().map(|at| &self.figures.edges[*at])
    }
}

/// Writes the graph for Graphviz, with at most so many edges. An edge has the number of pairs of events.
///
/// # Errors
/// If `out` can't be written.
pub fn write_dot(figures: &ObjectFigures, most: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let graph = ShownObjects::of(figures, most);
    writeln!(out, "digraph process {{")?;
    if let Some(hidden) = graph.selection.hidden_text() {
        writeln!(out, "  // {hidden}")?;
    }
    writeln!(out, "  node [shape=box, style=rounded, fontname=\"sans-serif\"];")?;
    writeln!(out, "  edge [fontname=\"sans-serif\", fontsize=10];")?;
    for object_type in &graph.types {
        let (name, colour) = (dot::escaped(figures.object_type(*object_type)), colour(*object_type));
        let look = format!("shape=ellipse, color=\"{colour}\", fontcolor=\"{colour}\"");
        writeln!(out, "  start{object_type} [label=\"{name}\", {look}];")?;
        writeln!(out, "  end{object_type} [label=\"{name}\", {look}, peripheries=2];")?;
    }
    for (at, name, events) in graph.activities() {
        writeln!(out, "  n{at} [label=\"{}\\n{events}\"];", dot::escaped(name))?;
    }
    let line = |count: u64, object_type: usize| {
        let (width, colour) = (line_width(count, graph.most, 5.0), colour(object_type));
        format!("color=\"{colour}\", fontcolor=\"{colour}\", penwidth={width:.2}")
    };
    for Mark { object_type, activity, objects } in &graph.starts {
        let line = line(*objects, *object_type);
        writeln!(out, "  start{object_type} -> n{activity} [label=\"{objects}\", {line}];")?;
    }
    for edge in graph.edges() {
        let (from, to, couples) = (edge.from, edge.to, &edge.event_couples);
        let name = dot::escaped(figures.object_type(edge.object_type));
        let median = couples.median.map(|it| format!("\\n{}", span(it))).unwrap_or_default();
        let line = line(couples.count, edge.object_type);
        writeln!(out, "  n{from} -> n{to} [label=\"{name}: {}{median}\", {line}];", couples.count)?;
    }
    for Mark { object_type, activity, objects } in &graph.ends {
        let line = line(*objects, *object_type);
        writeln!(out, "  n{activity} -> end{object_type} [label=\"{objects}\", {line}];")?;
    }
    writeln!(out, "}}")
}

/// The same for Mermaid.
///
/// # Errors
/// If `out` can't be written.
pub fn write_mermaid(figures: &ObjectFigures, most: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let graph = ShownObjects::of(figures, most);
    writeln!(out, "flowchart TD")?;
    if let Some(hidden) = graph.selection.hidden_text() {
        writeln!(out, "  %% {hidden}")?;
    }
    for object_type in &graph.types {
        let name = mermaid::escaped(figures.object_type(*object_type));
        writeln!(out, "  start{object_type}([\"{name}\"])")?;
        writeln!(out, "  finish{object_type}([\"{name} ends\"])")?;
    }
    for (at, name, events) in graph.activities() {
        writeln!(out, "  n{at}[\"{}<br/>{events}\"]", mermaid::escaped(name))?;
    }
    // The style of a line is told by its number.
    let mut types = Vec::new();
    for Mark { object_type, activity, objects } in &graph.starts {
        writeln!(out, "  start{object_type} -->|{objects}| n{activity}")?;
        types.push(*object_type);
    }
    for edge in graph.edges() {
        let (from, to, couples) = (edge.from, edge.to, &edge.event_couples);
        let name = mermaid::escaped(figures.object_type(edge.object_type));
        let median = couples.median.map(|it| format!("<br/>{}", span(it))).unwrap_or_default();
        writeln!(out, "  n{from} -->|\"{name}: {}{median}\"| n{to}", couples.count)?;
        types.push(edge.object_type);
    }
    for Mark { object_type, activity, objects } in &graph.ends {
        writeln!(out, "  n{activity} -->|{objects}| finish{object_type}")?;
        types.push(*object_type);
    }
    for object_type in &graph.types {
        let own = types.iter().enumerate().filter(|(_, of)| *of == object_type);
        let numbers: Vec<String> = own.map(|(number, _)| number.to_string()).collect();
        writeln!(out, "  linkStyle {} stroke:{}", numbers.join(","), colour(*object_type))?;
        let style = format!("stroke:{}", colour(*object_type));
        writeln!(out, "  style start{object_type} {style}\n  style finish{object_type} {style}")?;
    }
    Ok(())
}

/// The same as a picture.
///
/// # Errors
/// If `out` can't be written.
pub fn write_svg(figures: &ObjectFigures, most: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let graph = ShownObjects::of(figures, most);
    let mut places = vec![0; figures.activities.len()];
    let mut nodes = Vec::new();
    for (at, name, events) in graph.activities() {
        places[at] = nodes.len();
        nodes.push(Node { name, events });
    }
    // Marks of starts stand before those of ends: cycles are opened from the first one on.
    let (first, types) = (nodes.len(), graph.types.len());
    let mark = |of: usize| first + graph.types.binary_search(&of).unwrap_or_default();
    let captioned = |object_type: &usize| PictureMark {
        name: figures.object_type(*object_type),
        class: format!("mark c{}", object_type % COLOURS.len()),
        caption: Some(figures.object_type(*object_type)),
    };
    let marks = graph.types.iter().chain(&graph.types).map(captioned).collect();
    let line = |object_type: usize, from, to, count, label| PictureLine {
        from,
        to,
        count,
        label,
        colour: Some(object_type % COLOURS.len()),
    };
    let mut lines: Vec<PictureLine> = Vec::new();
    lines.extend(graph.edges().map(|edge| {
        let couples = &edge.event_couples;
        let median = couples.median.map(|it| format!(" · {}", span(it))).unwrap_or_default();
        let label = format!("{} {}{median}", figures.object_type(edge.object_type), couples.count);
        line(edge.object_type, places[edge.from], places[edge.to], couples.count, label)
    }));
    let number = |it: &Mark| it.objects.to_string();
    lines.extend(
        graph.starts.iter().map(|it| {
            line(it.object_type, mark(it.object_type), places[it.activity], it.objects, number(it))
        }),
    );
    lines.extend(graph.ends.iter().map(|it| {
        line(it.object_type, places[it.activity], mark(it.object_type) + types, it.objects, number(it))
    }));
    let mut style = String::new();
    for (at, colour) in COLOURS.iter().enumerate() {
        let _ = write!(style, "\n.edge.c{at} path {{ stroke: {colour} }} .mark.c{at} {{ fill: {colour} }}");
    }
    let picture = Picture {
        nodes,
        marks,
        lines,
        widest: graph.most,
        description: format!("{} events of {} objects", figures.events, figures.objects),
        hidden: graph.selection.hidden_text(),
        style,
    };
    picture.draw(out)
}
