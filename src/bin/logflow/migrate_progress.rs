//! How far a migration or a verification is: one bar on a terminal, JSON lines for programs, or nothing.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use logflow::migrate::progress::{MigrationProgress, MigrationState};
use serde_json::json;

use crate::args::{ConsoleArgs, ProgressStyle};
use crate::figures::{count, duration, rate, size};
use crate::stdout;

/// Between two looks at a bar.
const BAR_EVERY: Duration = Duration::from_millis(200);
/// Between two lines of JSON.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// The thread that shows the progress.
pub struct MigrationDisplay {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl MigrationDisplay {
    /// Begins to show it; `verb` tells what is done to files.
    pub fn start(
        console: &ConsoleArgs,
        progress: &MigrationProgress,
        output: &Path,
        verb: &'static str,
    ) -> Self {
        use std::io::IsTerminal;
        let (end, ended) = mpsc::channel();
        let (progress, output) = (progress.clone(), output.display().to_string());
        let spawn = |show: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name("progress".to_owned()).spawn(show).ok()
        };
        let thread = match console.progress {
            ProgressStyle::Auto if !console.quiet && std::io::stderr().is_terminal() => {
                spawn(Box::new(move || bar(&progress, verb, &ended)))
            }
            ProgressStyle::Json => spawn(Box::new(move || lines(&progress, &output, &ended))),
            ProgressStyle::Auto | ProgressStyle::None => None,
        };
        Self { running: thread.map(|thread| (end, thread)) }
    }

    /// Clears the bar, so that the report begins on an empty line.
    pub fn finish(self) {
        if let Some((end, thread)) = self.running {
            drop(end);
            // It has nothing to tell; a panic in it has been printed.
            let _ = thread.join();
        }
    }
}

/// Seconds until the end, if the rate stays what it was.
fn seconds_left(state: &MigrationState, seconds: f64) -> Option<f64> {
    let left = state.bytes.saturating_sub(state.bytes_done);
    (state.bytes_done > 0 && state.bytes > 0).then(|| seconds * left as f64 / state.bytes_done as f64)
}

fn bar(progress: &MigrationProgress, verb: &str, ended: &Receiver<()>) {
    let start = Instant::now();
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = BarStyle::with_template("{bar:16.cyan/dim} {percent:>3}%  {wide_msg}");
    bar.set_style(style.unwrap_or_else(|_| BarStyle::default_bar()).progress_chars("━━╌"));
    while ended.recv_timeout(BAR_EVERY) == Err(RecvTimeoutError::Timeout) {
        let (state, seconds) = (progress.state(), start.elapsed().as_secs_f64());
        bar.set_length(state.bytes.max(1));
        bar.set_position(state.bytes_done.min(state.bytes.max(1)));
        bar.set_message(match state.files {
            0 => "looking for logs".to_owned(),
            _ => message(&state, seconds, verb),
        });
        bar.tick();
    }
    bar.finish_and_clear();
}

fn message(state: &MigrationState, seconds: f64, verb: &str) -> String {
    let mut text = format!(
        "{} of {} files {verb}, {} of {}, {}",
        count(state.files_done),
        count(state.files),
        size(state.bytes_done),
        size(state.bytes),
        rate(state.bytes_done, seconds),
    );
    if let Some(left) = seconds_left(state, seconds) {
        text.push_str(&format!(", {} left", duration(left.ceil())));
    }
    if state.failed > 0 {
        text.push_str(&format!(", {} failed", count(state.failed)));
    }
    text
}

fn lines(progress: &MigrationProgress, output: &str, ended: &Receiver<()>) {
    let start = Instant::now();
    loop {
        let is_over = ended.recv_timeout(LINE_EVERY) != Err(RecvTimeoutError::Timeout);
        let (state, seconds) = (progress.state(), start.elapsed().as_secs_f64());
        let line = json!({
            "event": if is_over { "end" } else { "progress" },
            "output": output,
            "files": state.files_done,
            "files_total": state.files,
            "files_failed": state.failed,
            "bytes": state.bytes_done,
            "bytes_total": state.bytes,
            "seconds": seconds,
            "seconds_left": seconds_left(&state, seconds).filter(|_| !is_over),
        });
        stdout::eprint(&format!("{line}\n"));
        if is_over {
            return;
        }
    }
}
