//! Progress on standard error: a line per resource on a terminal, plain lines or events of the log
//! otherwise.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use plan::{ChangeId, Plan, Styled};

use crate::log::{self, millis};
use crate::report::takes_colour;
use crate::trace::Trace;
use crate::wait::TICK;

/// All lines of one run.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Present on a terminal.
    bars: Option<MultiProgress>,
    colour: bool,
    /// Which of many deployments it is, where there are many.
    name: Option<String>,
    trace: Arc<Trace>,
}

/// One resource, until it is done.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    bar: Option<ProgressBar>,
    name: String,
    /// The change that it is of.
    step: Option<ChangeId>,
    started: Instant,
    last: Arc<Mutex<String>>,
    trace: Arc<Trace>,
    /// Its place in the trace.
    place: usize,
}

impl Progress {
    pub(crate) fn new(trace: &Arc<Trace>) -> Self {
        let terminal = std::io::stderr().is_terminal() && !log::is_json();
        let colour = takes_colour(&std::io::stderr());
        let bars = terminal.then(MultiProgress::new);
        Progress { bars, colour, name: None, trace: Arc::clone(trace) }
    }

    /// That of one of many deployments: plain lines that begin with its name.
    pub(crate) fn named(name: &str, trace: &Arc<Trace>) -> Self {
        let name = Some(name.to_owned());
        Progress { bars: None, colour: false, name, trace: Arc::clone(trace) }
    }

    /// Whether others write at the same time, so that nobody can be asked.
    pub(crate) fn is_one_of_many(&self) -> bool {
        self.name.is_some()
    }

    /// Says something to the person who watches.
    pub(crate) fn say(&self, text: &str) {
        match &self.name {
            _ if log::is_json() => log::say(text),
            None => eprintln!("{text}"),
            Some(name) => {
                for line in text.lines() {
                    eprintln!("{name}: {line}");
                }
            }
        }
    }

    /// Says what will be done, by the plan of this digest: all of it, or how much where there are
    /// many.
    pub(crate) fn plan<C>(&self, plan: &Plan<C>, digest: &str) {
        self.trace.plan(plan);
        if log::is_json() {
            return log::plan(plan, digest);
        }
        let text = Styled { plan, colour: self.colour }.to_string();
        match &self.name {
            Some(_) if plan.refusals.is_empty() => {
                self.say(text.lines().last().unwrap_or_default());
            }
            _ => self.say(&text),
        }
    }

    /// How long the run has taken so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.trace.elapsed()
    }

    /// Starts the line of something that is no change.
    pub(crate) fn line(&self, name: &str) -> Line {
        self.line_of(None, name)
    }

    /// Starts the line of one resource, for a change.
    pub(crate) fn line_of(&self, change: Option<&ChangeId>, name: &str) -> Line {
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
            bar.enable_steady_tick(TICK);
            bar
        });
        let place = self.trace.begin(change, name);
        if log::is_json() {
            tracing::info!(event = "begun", step = change.map(ChangeId::as_str), address = name);
        }
        let name = match &self.name {
            Some(own) if !log::is_json() => format!("{own}: {name}"),
            _ => name.to_owned(),
        };
        let (trace, step) = (Arc::clone(&self.trace), change.cloned());
        Line { bar, name, step, started: Instant::now(), last: Arc::default(), trace, place }
    }
}

impl Line {
    /// The resource.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its last state.
    pub(crate) fn last(&self) -> String {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what it is doing.
    pub(crate) fn state(&self, state: &str) {
        self.trace.state(self.place, state);
        state.clone_into(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner));
        match &self.bar {
            Some(bar) => bar.set_message(state.to_owned()),
            None if log::is_json() => {
                tracing::info!(event = "state", step = self.step(), address = self.name, state);
            }
            None => eprintln!("{}: {state}", self.name),
        }
    }

    /// Says in what state AWS or the cluster has it; only a terminal shows that.
    pub(crate) fn observed(&self, state: &str) {
        let state: String = state.chars().filter(|c| !c.is_control()).collect();
        if let Some(bar) = &self.bar {
            bar.set_message(state.clone());
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Ends the line.
    pub(crate) fn done(&self, what: &str) {
        self.trace.end(self.place, what, false);
        if log::is_json() {
            let (address, duration_ms) = (&self.name, millis(self.started.elapsed()));
            tracing::info!(event = "done", step = self.step(), address, result = what, duration_ms);
            return;
        }
        self.end(what);
    }

    /// Ends the line of something that failed or was given up.
    pub(crate) fn failed(&self, why: &str) {
        self.trace.end(self.place, why, true);
        if log::is_json() {
            let (address, duration_ms) = (&self.name, millis(self.started.elapsed()));
            tracing::warn!(
                event = "failed",
                step = self.step(),
                address,
                result = why,
                duration_ms
            );
            return;
        }
        self.end(why);
    }

    fn step(&self) -> Option<&str> {
        self.step.as_ref().map(ChangeId::as_str)
    }

    fn end(&self, what: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        match &self.bar {
            Some(bar) => {
                // The time is shown once, to a tenth.
                if let Ok(style) = ProgressStyle::with_template("  {prefix} {msg}") {
                    bar.set_style(style);
                }
                bar.finish_with_message(format!("{what} ({seconds:.1} s)"));
            }
            None => eprintln!("{}: {what} ({seconds:.1} s)", self.name),
        }
    }
}
