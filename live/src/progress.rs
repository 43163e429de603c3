//! Progress on standard error: a line per resource on a terminal, plain lines otherwise.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// All lines of one run.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Present on a terminal.
    bars: Option<MultiProgress>,
    colour: bool,
    started: Instant,
}

/// One resource, until it is done.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    bar: Option<ProgressBar>,
    name: String,
    started: Instant,
    last: Arc<Mutex<String>>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Progress { bars: terminal.then(MultiProgress::new), colour, started: Instant::now() }
    }

    /// How long the run has taken so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether standard error takes colour.
    pub(crate) fn colour(&self) -> bool {
        self.colour
    }

    /// Starts the line of one resource.
    pub(crate) fn line(&self, name: &str) -> Line {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            let template = if self.colour {
                "{spinner:.cyan} {prefix} {msg} {elapsed:.dim}"
            } else {
                "{spinner} {prefix} {msg} {elapsed}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_prefix(format!("{name}:"));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Line { bar, name: name.to_owned(), started: Instant::now(), last: Arc::default() }
    }
}

impl Line {
    /// The resource.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What was going on when it was last heard of.
    pub(crate) fn last(&self) -> String {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what is going on.
    pub(crate) fn state(&self, state: &str) {
        state.clone_into(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner));
        match &self.bar {
            Some(bar) => bar.set_message(state.to_owned()),
            None => eprintln!("{}: {state}", self.name),
        }
    }

    /// Says in what state AWS has it; plain lines tell a state once.
    pub(crate) fn observed(&self, state: &str) {
        let state: String = state.chars().filter(|c| !c.is_control()).collect();
        if self.bar.is_some() {
            self.state(&state);
        } else {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = state;
        }
    }

    /// Ends the line.
    pub(crate) fn done(&self, what: &str) {
        self.end(what);
    }

    /// Ends the line of something that failed or was given up.
    pub(crate) fn failed(&self, why: &str) {
        self.end(why);
    }

    fn end(&self, what: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        match &self.bar {
            Some(bar) => {
                // The time is told once, to a tenth.
                if let Ok(style) = ProgressStyle::with_template("  {prefix} {msg}") {
                    bar.set_style(style);
                }
                bar.finish_with_message(format!("{what} ({seconds:.1} s)"));
            }
            None => eprintln!("{}: {what} ({seconds:.1} s)", self.name),
        }
    }
}
