//! How far a run is: a bar on a terminal, JSON lines for programs, or nothing.
//!
//! A thread looks at the [`Observer`] now and then; the engine knows nothing of it.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use logflow::observer::{Observer, Phase};
use serde_json::json;

use crate::args::{ConsoleArgs, ProgressStyle};
use crate::figures::{count, duration, rate, size};
use crate::stdout;

/// Between two looks. A bar that moves ten times a second looks alive, and costs nothing that can be
/// measured.
const BAR_EVERY: Duration = Duration::from_millis(100);
/// Time between two lines of JSON progress.
const LINE_EVERY: Duration = Duration::from_millis(500);

/// The thread that shows the progress of a run.
pub struct ProgressDisplay {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl ProgressDisplay {
    /// Begins to show how far the run that `observer` watches is; `place` is its number and how many there
    /// are.
    pub fn start(console: &ConsoleArgs, observer: &Observer, output: &Path, place: (usize, usize)) -> Self {
        use std::io::IsTerminal;
        let run = ProgressRun {
            observer: observer.clone(),
            start: Instant::now(),
            passes: observer.progress().pass,
            output: output.display().to_string(),
            place,
        };
        let (end, ended) = mpsc::channel();
        let spawn = |name: &str, show: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.to_owned()).spawn(show).ok()
        };
        let thread = match console.progress {
            ProgressStyle::Auto if !console.quiet && std::io::stderr().is_terminal() => {
                spawn("progress", Box::new(move || bar(&run, &ended)))
            }
            ProgressStyle::Json => spawn("progress", Box::new(move || lines(&run, &ended))),
            ProgressStyle::Auto | ProgressStyle::None => None,
        };
        Self { running: thread.map(|thread| (end, thread)) }
    }

    /// Clears the bar, so that the next message stands on a line of its own.
    pub fn finish(self) {
        if let Some((end, thread)) = self.running {
            drop(end);
            // It has nothing to tell; a panic in it has been printed.
            let _ = thread.join();
        }
    }
}

struct ProgressRun {
    observer: Observer,
    start: Instant,
    passes: u64,
    output: String,
    place: (usize, usize),
}

/// A snapshot of the progress.
struct ProgressState {
    phase: Phase,
    total: u64,
    done: u64,
    rows: u64,
    pass: u64,
    seconds: f64,
}

impl ProgressRun {
    fn state(&self, pass_start: &mut (u64, Instant)) -> ProgressState {
        let now = self.observer.progress();
        let (total, done) = (now.total_bytes.unwrap_or_default(), now.bytes);
        let pass = now.pass.saturating_sub(self.passes);
        if pass != pass_start.0 {
            *pass_start = (pass, if pass > 1 { Instant::now() } else { self.start });
        }
        // A file that grew: better no end in sight than one that was passed.
        let total = if done > total { 0 } else { total };
        let seconds = pass_start.1.elapsed().as_secs_f64();
        ProgressState { phase: now.phase, total, done, rows: now.rows, pass, seconds }
    }
}

impl ProgressState {
    fn seconds_left(&self) -> Option<f64> {
        (self.total > 0 && self.done > 0)
            .then(|| self.seconds * (self.total - self.done) as f64 / self.done as f64)
    }
}

fn bar(run: &ProgressRun, ended: &mpsc::Receiver<()>) {
    // Most runs are over before a bar could be read.
    if ended.recv_timeout(BAR_EVERY * 3) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style =
        |template: &str| BarStyle::with_template(template).unwrap_or_else(|_| BarStyle::default_bar());
    let known = style("{prefix}{bar:16.cyan/dim} {percent:>3}%  {wide_msg}").progress_chars("━━╌");
    let unknown = style("{prefix}{spinner} {wide_msg}");
    if run.place.1 > 1 {
        bar.set_prefix(format!("{} of {}  ", run.place.0, run.place.1));
    }
    let mut pass_start = (0, run.start);
    loop {
        let state = run.state(&mut pass_start);
        if state.total > 0 && state.phase != Phase::Looking {
            bar.set_length(state.total);
            bar.set_style(known.clone());
        } else {
            bar.set_style(unknown.clone());
        }
        bar.set_position(state.done);
        bar.set_message(message(&state));
        bar.tick();
        if ended.recv_timeout(BAR_EVERY) != Err(RecvTimeoutError::Timeout) {
            bar.finish_and_clear();
            return;
        }
    }
}

fn message(state: &ProgressState) -> String {
    match state.phase {
        // The figures are still those of the run before.
        Phase::Looking => return "looking at the input".to_owned(),
        Phase::Finishing | Phase::Committing => {
            return format!("completing the output, {} rows", count(state.rows));
        }
        _ => {}
    }
    let mut text = if state.total > 0 {
        format!("{} of {}", size(state.done), size(state.total))
    } else {
        size(state.done)
    };
    // A pass that has only begun has no rate yet.
    if state.seconds >= 0.1 {
        text.push_str(&format!(", {}", rate(state.done, state.seconds)));
        text.push_str(
            &state.seconds_left().map(|left| format!(", {} left", time_left(left))).unwrap_or_default(),
        );
    }
    if state.pass > 1 {
        text.push_str(", second pass");
    }
    if state.rows > 0 {
        text.push_str(&format!(", {} rows", count(state.rows)));
    }
    text
}

/// Whole seconds below a minute: a guess is no more exact.
fn time_left(seconds: f64) -> String {
    if seconds < 60.0 { format!("{} s", seconds.ceil().max(1.0)) } else { duration(seconds) }
}

fn lines(run: &ProgressRun, ended: &mpsc::Receiver<()>) {
    let mut pass_start = (0, run.start);
    loop {
        let is_over = ended.recv_timeout(LINE_EVERY) != Err(RecvTimeoutError::Timeout);
        let state = run.state(&mut pass_start);
        let line = json!({
            "event": if is_over { "end" } else { "progress" },
            "output": run.output,
            "phase": (state.phase != Phase::Waiting).then(|| state.phase.name()),
            "pass": state.pass,
            "bytes": state.done,
            "bytes_total": (state.total > 0).then_some(state.total),
            "rows": state.rows,
            "seconds": run.start.elapsed().as_secs_f64(),
            "seconds_left": state.seconds_left().filter(|_| !is_over),
        });
        stdout::eprint(&format!("{line}\n"));
        if is_over {
            return;
        }
    }
}
