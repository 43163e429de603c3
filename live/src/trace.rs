//! What happened when, for the timeline of a run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use plan::{ChangeId, Plan};
use timeline::{Call, State, Step, Timeline};

/// What one run did so far.
#[derive(Debug)]
pub(crate) struct Trace {
    started: Instant,
    recorded: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    steps: Vec<Step>,
    calls: Vec<Call>,
    /// The addresses of what each change needs, by the plans so far.
    needs: BTreeMap<ChangeId, Vec<String>>,
}

impl Trace {
    pub(crate) fn new() -> Trace {
        Trace { started: Instant::now(), recorded: Mutex::default() }
    }

    /// How long the run has taken so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// When something was, in microseconds since the run began.
    fn at(&self, moment: Instant) -> u64 {
        let since = moment.saturating_duration_since(self.started);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    fn recorded(&self) -> std::sync::MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What will be done, and what each change needs.
    pub(crate) fn plan<C>(&self, plan: &Plan<C>) {
        let address: BTreeMap<&ChangeId, String> = plan
            .changes
            .iter()
            .map(|change| (&change.id, change.address.to_string()))
            .chain(plan.waits.iter().map(|wait| (&wait.id, wait.address.to_string())))
            .collect();
        let needs = plan.changes.iter().map(|change| {
            let needs = change
                .needs
                .iter()
                .chain(&change.needs_any.of)
                .filter_map(|id| address.get(id).cloned());
            (change.id.clone(), needs.collect())
        });
        self.recorded().needs.extend(needs);
    }

    /// Something began, of a change where it is one; returns its place.
    pub(crate) fn begin(&self, change: Option<&ChangeId>, address: &str) -> usize {
        let now = self.at(Instant::now());
        let mut recorded = self.recorded();
        let needs = change.and_then(|id| recorded.needs.get(id)).cloned().unwrap_or_default();
        recorded.steps.push(Step {
            address: address.to_owned(),
            needs,
            states: vec![State { name: "begun".to_owned(), from_us: now }],
            to_us: 0,
            outcome: String::new(),
            failed: false,
        });
        recorded.steps.len() - 1
    }

    /// It is in another state.
    pub(crate) fn state(&self, place: usize, name: &str) {
        let now = self.at(Instant::now());
        if let Some(step) = self.recorded().steps.get_mut(place) {
            match step.states.as_mut_slice() {
                // What it does first is what it began with.
                [only] if only.name == "begun" => name.clone_into(&mut only.name),
                _ => step.states.push(State { name: name.to_owned(), from_us: now }),
            }
        }
    }

    /// It ended.
    pub(crate) fn end(&self, place: usize, outcome: &str, failed: bool) {
        let now = self.at(Instant::now());
        if let Some(step) = self.recorded().steps.get_mut(place) {
            step.to_us = now;
            outcome.clone_into(&mut step.outcome);
            step.failed = failed;
        }
    }

    /// A call has its response, or will have none.
    pub(crate) fn call(&self, operation: &str, attempt: u32, status: Option<u16>, since: Instant) {
        let call = Call {
            operation: operation.to_owned(),
            attempt,
            status,
            from_us: self.at(since),
            to_us: self.at(Instant::now()),
        };
        self.recorded().calls.push(call);
    }

    /// All of it, as it is now: what is in progress lasts until this moment.
    pub(crate) fn timeline(&self, title: &str) -> Timeline {
        let total_us = self.at(Instant::now());
        let recorded = self.recorded();
        let mut calls = recorded.calls.clone();
        calls.sort_by_key(|call| call.from_us);
        let mut steps = recorded.steps.clone();
        for step in steps.iter_mut().filter(|step| step.to_us == 0) {
            step.to_us = total_us;
            "in progress".clone_into(&mut step.outcome);
        }
        Timeline { title: title.to_owned(), steps, calls, total_us }
    }
}
