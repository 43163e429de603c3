//! The release of a workload's chart.

use inputs::plain;
use kubernetes::FoundChart;
use kubernetes::release::{self, Call, Planned, Release, Status, Wanted};
use plan::{Action, Change, ChangeId, Plan, Refusal, Row, Scope};

/// Plans the release, after `needs`. What must go after it needs the answer.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    (found, chart): (Option<&Release>, Option<&FoundChart>),
    needs: Vec<ChangeId>,
) -> Option<ChangeId> {
    let address = scope.address(release::KIND, Some(&wanted.id.name));
    if let Some(theirs) = found.filter(|release| !release.ours) {
        let held = release::held(theirs).map(|held| format!("; {held}")).unwrap_or_default();
        plan.refusals.push(Refusal::new(
            &address,
            format!(
                "the release `{}` in `{}` ({}) is not managed by Clockwork Codex{held}",
                wanted.id.name, wanted.id.namespace, theirs.chart
            ),
            "give the workload another `name` or `namespace`",
        ));
        return None;
    }
    let mut planned = release::plan(scope, address.clone(), wanted, found);
    if let Planned::Change(change) = &mut planned {
        if let Some(chart) = chart {
            plan.refusals.extend(release::incompatible_chart(&address, wanted, chart));
            plan.warnings.extend(release::unread_values(wanted, chart));
        }
        change.needs.extend(needs);
    }
    release::add(plan, planned)
}

/// Plans to uninstall the release, where it is ours; the answer is what must be
/// done before its pods are gone.
pub fn remove<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    id: &release::Id,
    found: Option<&Release>,
) -> Vec<ChangeId> {
    let Some(found) = found else { return Vec::new() };
    if !found.ours {
        plan.notes.push(format!("the release `{}` stays: this project did not make it", id.name));
        return Vec::new();
    }
    let address = scope.address(release::KIND, Some(&id.name));
    let change = Change::new(Action::Delete, scope.id("helm_release.delete"), address)
        .because("the workload is destroyed")
        .calling(Call::Uninstall(id.clone()));
    let id = change.id.clone();
    plan.changes.push(change);
    vec![id]
}

/// The release of a workload in the table of a status; `more` is what else is known of the
/// workload.
pub fn row(
    workload: &str,
    wanted: &release::Id,
    found: Option<&Release>,
    more: Vec<String>,
) -> Row {
    let chart = found.map(|found| format!("{}, revision {}", found.chart, found.revision));
    let details: Vec<String> = chart.into_iter().chain(more).collect();
    let state = found.map_or("missing", |found| found.status.as_str());
    Row {
        resource: "workload",
        name: format!("{workload} {}/{}", wanted.namespace, wanted.name),
        state: plain(state),
        detail: plain(&details.join("; ")),
        healthy: found.is_some_and(|found| found.status == Status::Deployed),
    }
}
