//! What happened when, for the timeline of a run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use efs::Plan;
use timeline::{Call, State, Step, Timeline};

/// What one run did so far.
#[derive(Debug)]
pub(crate) struct Trace {
    started: Instant,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    steps: Vec<Step>,
    calls: Vec<Call>,
    /// What each address needs, by the plans so far.
    needs: BTreeMap<String, Vec<String>>,
}

impl Trace {
    pub(crate) fn new() -> Trace {
        Trace { started: Instant::now(), told: Mutex::default() }
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

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What will be done, and what each of it needs.
    pub(crate) fn plan(&self, plan: &Plan) {
        let address: BTreeMap<&str, &str> = plan
            .steps
            .iter()
            .map(|step| (step.id.as_str(), step.address.as_str()))
            .chain(plan.waits.iter().map(|wait| (wait.id.as_str(), wait.address.as_str())))
            .collect();
        let needs = plan.steps.iter().map(|step| {
            let needs = step.needs.iter().filter_map(|id| address.get(id.as_str()));
            (step.address.clone(), needs.map(|&address| address.to_owned()).collect())
        });
        self.told().needs.extend(needs);
    }

    /// Something began; the answer is its place.
    pub(crate) fn begin(&self, address: &str) -> usize {
        let now = self.at(Instant::now());
        let mut told = self.told();
        let needs = told.needs.get(address).cloned().unwrap_or_default();
        told.steps.push(Step {
            address: address.to_owned(),
            needs,
            states: vec![State { name: "begun".to_owned(), from_us: now }],
            to_us: 0,
            outcome: String::new(),
            failed: false,
        });
        told.steps.len() - 1
    }

    /// It goes on in another state.
    pub(crate) fn state(&self, place: usize, name: &str) {
        let now = self.at(Instant::now());
        if let Some(step) = self.told().steps.get_mut(place) {
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
        if let Some(step) = self.told().steps.get_mut(place) {
            step.to_us = now;
            outcome.clone_into(&mut step.outcome);
            step.failed = failed;
        }
    }

    /// A call was answered, or will not be.
    pub(crate) fn call(&self, operation: &str, attempt: u32, status: Option<u16>, since: Instant) {
        let call = Call {
            operation: operation.to_owned(),
            attempt,
            status,
            from_us: self.at(since),
            to_us: self.at(Instant::now()),
        };
        self.told().calls.push(call);
    }

    /// All of it, as it is now: what is under way goes on until this moment.
    pub(crate) fn timeline(&self, title: &str) -> Timeline {
        let total_us = self.at(Instant::now());
        let told = self.told();
        let mut calls = told.calls.clone();
        calls.sort_by_key(|call| call.from_us);
        let mut steps = told.steps.clone();
        for step in steps.iter_mut().filter(|step| step.to_us == 0) {
            step.to_us = total_us;
            "under way".clone_into(&mut step.outcome);
        }
        Timeline { title: title.to_owned(), steps, calls, total_us }
    }
}
