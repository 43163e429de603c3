//! Carries a plan out: every change as soon as what it needs is done. A failure holds back what
//! needs it, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use failure::Failure;
use plan::{Action, ChangeId, Plan, Schedule};
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::audit::Entry;
use crate::call::Call;
use crate::context::{Context, Done};
use crate::progress::{Line, Progress};
use crate::raced::Raced;
use crate::stop::{Reason, Stopped};
use crate::world::carry_out;

/// What came of carrying a plan out.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// How many changes were carried out.
    pub(crate) done: usize,
    /// What failed; what did not need it was carried out.
    pub(crate) errors: Vec<anyhow::Error>,
    /// What was not carried out for that, with its address.
    pub(crate) held_back: BTreeMap<ChangeId, String>,
    /// What failed itself.
    pub(crate) failed: BTreeSet<ChangeId>,
    /// Why it was stopped, and what is left, with its last state.
    pub(crate) stopped: Option<(Reason, Vec<String>)>,
}

/// A change, a wait or a check.
#[derive(Clone)]
struct Node {
    id: ChangeId,
    address: String,
    calls: Vec<Call>,
    kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Change(Action),
    Wait,
    Check,
}

/// Carries one plan out.
struct Executor<'a> {
    context: &'a Arc<Context>,
    progress: &'a Progress,
    nodes: BTreeMap<ChangeId, Node>,
    schedule: Schedule,
    /// Whether another run changed things, so that the rest of the plan may be out of date.
    raced: bool,
    in_progress: BTreeMap<ChangeId, Line>,
    tasks: JoinSet<(Node, Line, anyhow::Result<String>)>,
    ran: Ran,
}

/// Carries a plan out to its end, or as far as it goes.
pub(crate) async fn run(context: &Arc<Context>, plan: &Plan<Call>, progress: &Progress) -> Ran {
    let mut executor = Executor {
        context,
        progress,
        nodes: nodes(plan),
        schedule: Schedule::new(plan),
        raced: false,
        in_progress: BTreeMap::new(),
        tasks: JoinSet::new(),
        ran: Ran::default(),
    };
    loop {
        executor.start();
        match context.stop.or_late(executor.tasks.join_next()).await {
            Err(_) | Ok(None) => break,
            Ok(Some(Ok((node, line, result)))) => executor.ended(&node, &line, result),
            Ok(Some(Err(panic))) => executor.ran.errors.push(
                anyhow::Error::new(panic)
                    .context(Failure::new("a step panicked", "this is a bug: please report it")),
            ),
        }
    }
    executor.finish()
}

impl Ran {
    /// Whether a change was not carried out, or not to its end.
    pub(crate) fn lacks(&self, change: &ChangeId) -> bool {
        self.failed.contains(change) || self.held_back.contains_key(change)
    }
}

impl Executor<'_> {
    /// Starts whatever has all that it needs.
    fn start(&mut self) {
        if self.raced || self.context.stop.reason().is_some() {
            return;
        }
        for id in self.schedule.begin() {
            let Some(node) = self.nodes.get(&id).cloned() else { continue };
            let line = self.progress.line_of(Some(&id), &node.address);
            self.in_progress.insert(id, line.clone());
            let context = Arc::clone(self.context);
            let step = tracing::info_span!("step", step = node.id.as_str(), address = node.address);
            let work = async move {
                let result = recorded(&context, &node, &line).await;
                (node, line, result)
            };
            self.tasks.spawn(work.instrument(step));
        }
    }

    fn ended(&mut self, node: &Node, line: &Line, result: anyhow::Result<String>) {
        match result {
            Ok(summary) => {
                line.done(&summary);
                self.in_progress.remove(&node.id);
                self.schedule.end(&node.id, true);
                self.ran.done += usize::from(matches!(node.kind, Kind::Change(_)));
            }
            Err(error) if error.is::<Stopped>() => line.failed(&format!("left {}", line.last())),
            Err(error) => {
                line.failed("failed");
                self.in_progress.remove(&node.id);
                self.schedule.end(&node.id, false);
                self.ran.failed.insert(node.id.clone());
                self.raced |= error.downcast_ref::<Raced>().is_some();
                self.ran.errors.push(error.context(format!("carrying out {}", node.address)));
                // What waits goes on for as long as all that is ahead may still come.
                if self.raced || !self.schedule.held_back().is_empty() {
                    self.context.failing.send_replace(true);
                }
            }
        }
    }

    fn finish(mut self) -> Ran {
        let address = |id: &ChangeId| self.nodes.get(id).map(|node| node.address.clone());
        if !self.ran.errors.is_empty() {
            let left = self.in_progress.keys().chain(self.schedule.ahead());
            self.ran.held_back = left.filter_map(|id| Some((id.clone(), address(id)?))).collect();
            return self.ran;
        }
        if let Some(reason) = self.context.stop.reason() {
            let lines = self.in_progress.values();
            let waiting = lines.map(|line| format!("{} ({})", line.name(), line.last()));
            let left: Vec<String> =
                waiting.chain(self.schedule.ahead().filter_map(address)).collect();
            if !left.is_empty() {
                self.ran.stopped = Some((reason, left));
                return self.ran;
            }
        }
        if self.schedule.is_stuck() {
            let stuck: Vec<&str> = self.schedule.ahead().map(ChangeId::as_str).collect();
            let stuck = stuck.join(", ");
            let error = anyhow::anyhow!("the plan has steps that wait for each other: {stuck}");
            self.ran.errors.push(error);
        }
        self.ran
    }
}

/// The calls of a node; those of changes and checks are told to the audit file.
async fn recorded(context: &Context, node: &Node, line: &Line) -> anyhow::Result<String> {
    let action = match node.kind {
        Kind::Wait => return all_calls(context, node, line).await,
        Kind::Change(Action::Create) => "create",
        Kind::Change(Action::Update) => "update",
        Kind::Change(Action::Replace) => "replace",
        Kind::Change(Action::Delete) => "delete",
        Kind::Check => "check",
    };
    let entry = Entry { step: node.id.as_str(), address: &node.address, action };
    context.trail.step(entry, all_calls(context, node, line)).await
}

/// The calls of a change, one after the other; what they did.
async fn all_calls(context: &Context, node: &Node, line: &Line) -> anyhow::Result<String> {
    let mut summaries: Vec<String> = Vec::new();
    for call in &node.calls {
        let Done { summary, id } = carry_out(context, &node.id, call, line).await?;
        if let Some(id) = id {
            context.results.add(&node.id, id);
        }
        summaries.extend(summary.filter(|summary| summaries.last() != Some(summary)));
    }
    Ok(summaries.join(", "))
}

fn nodes(plan: &Plan<Call>) -> BTreeMap<ChangeId, Node> {
    let changes = plan.changes.iter().map(|change| Node {
        id: change.id.clone(),
        address: change.address.to_string(),
        calls: change.calls.clone(),
        kind: Kind::Change(change.action),
    });
    let waits = plan.waits.iter().map(|wait| Node {
        id: wait.id.clone(),
        address: wait.address.to_string(),
        calls: vec![wait.call.clone()],
        kind: Kind::Wait,
    });
    let checks = plan.checks.iter().map(|check| Node {
        id: check.id.clone(),
        address: check.address.to_string(),
        calls: vec![check.call.clone()],
        kind: Kind::Check,
    });
    waits.chain(changes).chain(checks).map(|node| (node.id.clone(), node)).collect()
}
