//! A release's part of a plan.

use std::time::Duration;

use inputs::HIDDEN;
use plan::{
    Action, Address, Change, ChangeId, Difference, Plan, Refusal, Scope, Wait, Warning, compare,
};

use super::spec::{CHART, Id, LONGEST, PROPERTIES, Record, Release, Status, VALUES, Wanted};
use crate::chart::FoundChart;
use crate::values::{unknown_keys, unread_keys};

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "helm_release";

/// A call of Helm, or of Kubernetes for one of its records.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Waits until Helm is done with a pending revision, at most so long.
    UntilFinished { id: Id, revision: u64, record: Record, at_most: Duration },
    /// Deletes the record of a revision that was left pending, so that the next one follows the
    /// revision before it.
    Discard { id: Id, revision: u64, record: Record },
    /// Installs or upgrades the release.
    Upgrade {
        release: Box<Wanted>,
        /// The revision that it follows; `None` where it is installed.
        follows: Option<u64>,
    },
    /// Uninstalls the release; one that is not there any more is fine.
    Uninstall(Id),
}

/// What is planned for a release.
#[derive(Debug, Clone, PartialEq)]
pub enum Planned<C> {
    /// It is what it should be.
    Nothing,
    Change(Change<C>),
    /// Helm is at work on it: what is to be done is known afterwards.
    Wait(Wait<C>),
    Refused(Refusal),
}

/// Plans what makes a release what it should be. It is ours, or taken over.
pub fn plan<C: From<Call>>(
    scope: &Scope,
    address: Address,
    wanted: &Wanted,
    found: Option<&Release>,
) -> Planned<C> {
    let id = scope.id(KIND);
    let upgrade = |follows| Call::Upgrade { release: Box::new(wanted.clone()), follows };
    let Some(found) = found else {
        let change = Change::new(Action::Create, id, address)
            .because("the chart is not installed")
            .showing(compare([&CHART, &VALUES], &wanted.spec(), None).differences)
            .calling(upgrade(None));
        return Planned::Change(change);
    };
    let mut differences = compare(PROPERTIES, &wanted.spec(), Some(&found.spec())).differences;
    if !found.ours {
        hide_values(&mut differences);
    }
    if differences.is_empty() {
        return Planned::Nothing;
    }
    let change = |reason: String| {
        Change::new(Action::Update, id, address.clone()).because(reason).showing(differences)
    };
    let revision = found.revision;
    match (&found.status, &found.record) {
        (Status::Deployed, _) => Planned::Change(
            change("the release differs".to_owned()).calling(upgrade(Some(revision))),
        ),
        (Status::Other(status), _) => Planned::Change(
            change(format!("revision {revision} is `{status}`")).calling(upgrade(Some(revision))),
        ),
        (Status::Pending(status), Some(record))
            if found.ours && record.is_of_helm() && record.age >= LONGEST =>
        {
            let reason = format!("{}: its Helm was killed", pending(found, status, record));
            let discard = Call::Discard { id: wanted.id.clone(), revision, record: record.clone() };
            Planned::Change(change(reason).calling(discard).calling(upgrade(found.previous)))
        }
        (Status::Pending(status), Some(record)) if found.ours && record.age < LONGEST => {
            let reason = format!(
                "{}; {} may still be running, for at most {}",
                pending(found, status, record),
                holder(record),
                readable(LONGEST)
            );
            let call = until_finished(wanted, revision, record);
            let id = scope.id("helm_release.finished");
            Planned::Wait(Wait { id, address, reason, call: call.into() })
        }
        (Status::Pending(_), _) => Planned::Refused(undisturbed(&address, wanted, found)),
    }
}

/// Waits until whoever is at work on a pending revision is done, as long as that may take.
fn until_finished(wanted: &Wanted, revision: u64, record: &Record) -> Call {
    Call::UntilFinished {
        id: wanted.id.clone(),
        revision,
        record: record.clone(),
        at_most: LONGEST.saturating_sub(record.age),
    }
}

/// Hides what somebody else's release was given: that is theirs to show.
fn hide_values(differences: &mut [Difference]) {
    for difference in differences {
        let of_values = difference.attribute.as_str().split('.').next() == Some(VALUES.name);
        if let Some(before) = difference.before.as_mut().filter(|_| of_values) {
            HIDDEN.clone_into(before);
        }
    }
}

/// Since when a release is pending, and who holds it, where it is.
pub fn held(found: &Release) -> Option<String> {
    let Status::Pending(status) = &found.status else { return None };
    Some(match &found.record {
        Some(record) => {
            format!("{}, held by {}", pending(found, status, record), holder(record))
        }
        None => format!(
            "revision {} is `{status}`, and neither a Secret nor a ConfigMap says since when",
            found.revision
        ),
    })
}

/// A pending revision that must not be disturbed.
fn undisturbed(address: &Address, wanted: &Wanted, found: &Release) -> Refusal {
    let Id { name, namespace } = &wanted.id;
    let command = if found.previous.is_some() { "rollback" } else { "uninstall" };
    let remedy = format!(
        "wait until it is done; if no Helm process is working on it, `helm {command} {name} --namespace {namespace}`"
    );
    Refusal::new(address, held(found).unwrap_or_default(), remedy)
}

fn pending(found: &Release, status: &str, record: &Record) -> String {
    format!("revision {} has been `{status}` for {}", found.revision, readable(record.age))
}

fn holder(record: &Record) -> String {
    record.written_by.as_ref().map_or("another Helm".to_owned(), |program| format!("`{program}`"))
}

/// A duration in its largest unit.
fn readable(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// Adds what was planned; what comes after the release needs the answer.
pub fn add<C>(plan: &mut Plan<C>, planned: Planned<C>) -> Option<ChangeId> {
    match planned {
        Planned::Nothing => None,
        Planned::Change(change) => {
            let id = change.id.clone();
            plan.changes.push(change);
            Some(id)
        }
        Planned::Wait(wait) => {
            let id = wait.id.clone();
            plan.waits.push(wait);
            Some(id)
        }
        Planned::Refused(refusal) => {
            plan.refusals.push(refusal);
            None
        }
    }
}

/// Whether a release must be made or changed, and so its chart be looked at.
pub fn differs(wanted: &Wanted, found: Option<&Release>) -> bool {
    let same = |found: &Release| {
        compare(PROPERTIES, &wanted.spec(), Some(&found.spec())).differences.is_empty()
    };
    !found.is_some_and(same)
}

/// Whether a release of ours is changed at once, and not waited for.
pub fn can_change(found: &Release) -> bool {
    match (&found.status, &found.record) {
        (Status::Pending(_), Some(record)) => found.ours && record.age >= LONGEST,
        (Status::Pending(_), None) => false,
        (Status::Deployed | Status::Other(_), _) => found.ours,
    }
}

/// Why this chart cannot be what is wanted; all reasons at once.
pub fn incompatible_chart(address: &Address, wanted: &Wanted, chart: &FoundChart) -> Vec<Refusal> {
    let Wanted { chart_name, version, values, digest, written, .. } = wanted;
    let chart_input = written.name("helm_chart");
    let mut refusals = Vec::new();
    if chart.name != *chart_name {
        refusals.push(Refusal::new(
            address,
            format!("the chart's name is `{}`", chart.name),
            format!("give a chart whose name is `{chart_name}` in {chart_input}"),
        ));
    }
    if chart.version != *version {
        refusals.push(Refusal::new(
            address,
            format!("the chart's version is {}, and {version} is wanted", chart.version),
            format!(
                "set {} to it, or give another {chart_input}",
                written.name("helm_chart_version")
            ),
        ));
    } else if let (Some(known), Some(found)) = (digest, &chart.digest)
        && known != found
    {
        refusals.push(Refusal::new(
            address,
            format!("the archive's digest is {found}, and that of chart {version} is {known}"),
            format!(
                "find out who changed it; a chart of your own goes into {chart_input} as a folder"
            ),
        ));
    }
    for key in unknown_keys(&chart.values, &values.value) {
        let remedy = match key.nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("leave it out of {}", written.name("helm_values")),
        };
        let reason = format!(
            "chart {} does not know the key `{}`, and Helm would ignore it",
            chart.version, key.path
        );
        refusals.push(Refusal::new(address, reason, remedy));
    }
    refusals
}

/// Warnings for values that change nothing, as no template of this chart reads them.
pub fn unread_values(wanted: &Wanted, chart: &FoundChart) -> Vec<Warning> {
    let warning = |path: String| {
        let FoundChart { name, version, .. } = chart;
        Warning::new(
            format!("no template of chart {name}-{version} reads the value `{path}`"),
            "leave it out of `helm_values`, or check its spelling",
        )
    };
    unread_keys(&chart.values, &wanted.values.value).into_iter().map(warning).collect()
}
