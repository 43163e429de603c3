//! From a release of the chart to the add-on and back, without losing mounts.
//!
//! Mounts go through processes of the driver's pods on the nodes, and these are started again from
//! what they left on the host: an upgrade of the driver, whoever makes it, interrupts mounts for the
//! seconds that a pod takes. An uninstallation ends them. So neither way uninstalls anything: EKS
//! takes the release's objects over (`OVERWRITE`), after which Helm forgets the release; and Helm
//! takes those of an add-on over that was deleted with `preserve`.
//!
//! Sources: Amazon EKS API Reference, `CreateAddon` (`resolveConflicts`) and `DeleteAddon`
//! (`preserve`); aws/containers-roadmap issues 2869 (restarts of the node's pods) and 2186
//! (selectors never change, whatever `resolveConflicts` says); Helm's documentation, "helm
//! install": objects with its label and annotations are adopted.

use inputs::plain;
use kubernetes::release::{self, Release, Status as ReleaseStatus};
use plan::{Action, Address, Change, ChangeId, Plan, Refusal, Scope, Warning};

use super::given::ResolveConflicts;
use super::spec::{Found, KIND, NAME, Observed, Status, VERSION};
use super::versions::chart_of;
use super::wanted::{Call, Wanted, under_way};
use crate::chart::{ChartVersion, RELEASE, version};
use crate::resources::driver;

/// How many things a message names.
const NAMED: usize = 5;

/// The chart whose nodes' pods have no host network: their mounts hang when they are replaced
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1270>).
const WITHOUT_HOST_NETWORK: ChartVersion = version(2, 4, 9);

/// The release that becomes the add-on.
fn release<'a>(wanted: &Wanted<'a>) -> Option<&'a Release> {
    wanted.driver.and_then(|driver| driver.release.as_ref())
}

/// Whether a release becomes the add-on.
pub(super) fn moves(wanted: &Wanted) -> bool {
    release(wanted).is_some()
}

/// The values that give the chart's workloads other names and selectors than the add-on's have.
fn renamed(values: &serde_json::Value) -> impl Iterator<Item = &'static str> {
    let text = |name: &str| values.get(name).and_then(serde_json::Value::as_str);
    let names = ["nameOverride", "fullnameOverride"].into_iter();
    names.filter(move |name| text(name).is_some_and(|it| !it.is_empty()))
}

/// Why a release cannot become the add-on without losing mounts.
pub(super) fn refusals(address: &Address, wanted: &Wanted, observed: &Observed) -> Vec<Refusal> {
    let Some(release) = release(wanted) else { return Vec::new() };
    let namespace = &wanted.inputs.namespace;
    let of = format!("the release `{RELEASE}` in `{namespace}`");
    let mut refusals = Vec::new();
    let mut refuse = |reason: String, remedy: &str| {
        refusals.push(Refusal::new(address, plain(&reason), remedy));
    };
    if !release.ours {
        refuse(
            format!("{of} ({}) is not managed by Clockwork Codex", release.chart),
            "deploy once with `--driver adopt`, which takes it over, and then with `addon`; or leave \
             it alone with `--driver skip`",
        );
    }
    if let ReleaseStatus::Pending(_) = release.status {
        refuse(
            format!("{of} is being changed: {}", release::held(release).unwrap_or_default()),
            "wait until it is done, and run the same command again",
        );
    }
    for name in renamed(&release.values) {
        refuse(
            format!(
                "{of} has the value `{name}`: the selectors of its workloads never change, and EKS cannot take them over"
            ),
            "drain the nodes and uninstall the release first, or stay with the chart",
        );
    }
    if chart_version(&release.chart) == Some(WITHOUT_HOST_NETWORK) {
        refuse(
            format!(
                "{of} runs chart {WITHOUT_HOST_NETWORK}, whose mounts hang when a node's pod is replaced"
            ),
            "move its pods with volumes of EFS away from each node first, with `helm_chart_version` \
             \"2.5.0\"",
        );
    }
    let there = |found: &Found| matches!(found.status, Status::Active | Status::Degraded);
    if wanted.inputs.addon.resolve_conflicts != ResolveConflicts::Overwrite
        && !observed.found.as_ref().is_some_and(there)
    {
        refuse(
            format!("the driver is installed by {of}, and EKS would find its fields in conflict"),
            "set `addon_resolve_conflicts` to `OVERWRITE`: EKS takes its objects over, and mounts stay",
        );
    }
    refusals
}

/// Plans that Helm forgets a release whose objects EKS has, after the add-on.
pub(super) fn hand_over<C: From<driver::Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    addon: Option<ChangeId>,
) {
    let Some(release) = release(wanted) else { return };
    // What was refused changes nothing.
    if !plan.refusals.is_empty() {
        return;
    }
    let id = release::Id { name: RELEASE.to_owned(), namespace: wanted.inputs.namespace.clone() };
    plan.notes.push(
        "EKS takes the release's objects over: the driver's pods are replaced node by node, and \
         mounts stall for the seconds that each takes"
            .to_owned(),
    );
    plan.changes.push(
        Change::new(
            Action::Delete,
            scope.id("helm_release.forget"),
            scope.address(release::KIND, Some(RELEASE)),
        )
        .because("EKS manages its objects from now on: they stay, and Helm forgets them")
        .needing(addon)
        .showing(plan::gone([&release::CHART], &release.spec()))
        .calling(driver::Call::LeaveToEks { release: id, revision: release.revision }),
    );
}

/// Plans that a release of the chart takes the place of an add-on of ours; the answer is what must
/// be done before. An add-on of others is refused where the release is planned.
pub fn leave<C: From<Call> + From<driver::Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    (found, becomes): (&Found, &release::Wanted),
) -> Option<ChangeId> {
    let address = scope.address(KIND, Some(NAME));
    if wanted.is_kept_elsewhere(found) {
        let keeper = found.keeper().unwrap_or_default();
        plan.refusals.push(Refusal::new(
            address,
            format!(
                "`{}/{keeper}` keeps the driver of this cluster as an add-on",
                wanted.owner.cluster
            ),
            "give both deployments `driver = \"addon\"`, or this one `driver = \"skip\"`",
        ));
        return None;
    }
    let refused = plan.refusals.len();
    plan.refusals.extend(elsewhere(&address, wanted, found));
    let renamed = renamed(&becomes.values.value).map(|name| {
        Refusal::new(
            &address,
            format!(
                "`helm_values` has `{name}`: the selectors of the add-on's workloads never change, and \
                 Helm cannot take them over"
            ),
            format!("leave `{name}` out of `helm_values`, or stay with `driver = \"addon\"`"),
        )
    });
    plan.refusals.extend(renamed);
    if plan.refusals.len() > refused {
        return None;
    }
    if let Some(wait) = under_way(scope, &address, wanted.owner, found) {
        let id = wait.id.clone();
        plan.waits.push(wait);
        return Some(id);
    }
    let (before, after) = (chart_of(&found.version), Some(wanted.inputs.version));
    plan.refusals.extend(without_proxy(&address, before, after, "helm_chart_version"));
    plan.notes.push(
        "Helm takes the add-on's objects over: the driver's pods are replaced node by node, and \
         mounts stall for the seconds that each takes"
            .to_owned(),
    );
    let cluster = || wanted.owner.cluster.clone();
    let change = Change::new(Action::Delete, scope.id("eks_addon.delete"), address)
        .because("the chart takes its place: its objects stay, with all mounts")
        .showing(plan::gone([&VERSION], &found.spec()))
        .calling(driver::Call::GiveToHelm { release: Box::new(becomes.clone()) })
        .calling(Call::Delete { cluster: cluster(), preserve: true })
        .calling(Call::UntilGone { cluster: cluster() });
    let id = change.id.clone();
    plan.changes.push(change);
    Some(id)
}

/// Why the chart does not take the objects of an add-on over now: they are in another namespace, or
/// EKS is at work on them.
fn elsewhere(address: &Address, wanted: &Wanted, found: &Found) -> Vec<Refusal> {
    let (there, here) = (&found.namespace, &wanted.inputs.namespace);
    let moved = (there != here).then(|| {
        Refusal::new(
            address,
            format!(
                "the add-on is in `{there}`, and the chart is to be in `{here}`: Helm would install \
                 a second driver beside its objects"
            ),
            format!("set `namespace` to \"{there}\""),
        )
    });
    let busy = matches!(found.status, Status::Creating | Status::Updating).then(|| {
        Refusal::new(
            address,
            format!("EKS is at work on the add-on: {}", found.status.as_str()),
            "run the same command again when it is done, in a minute or two",
        )
    });
    moved.into_iter().chain(busy).collect()
}

/// The version of a chart with its name, such as `aws-efs-csi-driver-2.4.5`.
pub(crate) fn chart_version(chart: &str) -> Option<ChartVersion> {
    let version = chart.strip_prefix(crate::chart::NAME)?.strip_prefix('-')?;
    ChartVersion::parse(version).ok()
}

/// What runs now: the add-on's driver, or that of the release.
pub(super) fn runs(driver: Option<&driver::Found>, found: Option<&Found>) -> Option<ChartVersion> {
    let release = driver.and_then(|driver| driver.release.as_ref());
    let of_release = || release.and_then(|release| chart_version(&release.chart));
    found.and_then(|found| chart_of(&found.version)).or_else(of_release)
}

/// Warns where mounts that are there go on with a program that the new driver may not have
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1560>).
pub(super) fn mounts_of_before(
    before: Option<ChartVersion>,
    after: Option<ChartVersion>,
) -> Option<Warning> {
    let crosses = before? < ChartVersion::EFS_PROXY && after? >= ChartVersion::EFS_PROXY;
    crosses.then(|| {
        Warning::new(
            "from driver 2.0.0 on, mounts go through efs-proxy in place of stunnel: those of before may \
             fail after the upgrade until they are made anew",
            "restart the pods with volumes of EFS afterwards, or drain the nodes one by one",
        )
    })
}

/// Refuses a driver that does not have the program of the mounts that are there: drivers before
/// 2.0.0 have no efs-proxy, and start none again.
pub(crate) fn without_proxy(
    address: &Address,
    before: Option<ChartVersion>,
    after: Option<ChartVersion>,
    input: &str,
) -> Option<Refusal> {
    let crosses = before? >= ChartVersion::EFS_PROXY && after? < ChartVersion::EFS_PROXY;
    crosses.then(|| {
        let first = if input == "addon_version" { "v2.0.0" } else { "3.1.1" };
        Refusal::new(
            address,
            "the mounts that are there go through efs-proxy, which drivers before 2.0.0 do not have: \
             they would hang when a node's pod is replaced",
            format!("set `{input}` to {first} or later, or move the pods with volumes of EFS away first"),
        )
    })
}

/// Refuses a driver that does not know the handles of volumes that are there.
pub(super) fn unknown_handles(
    address: &Address,
    version: &str,
    driver: Option<&driver::Found>,
) -> Option<Refusal> {
    let older = chart_of(version).is_some_and(|chart| chart < ChartVersion::PREFIXED_HANDLES);
    let volumes = driver.map(|driver| driver.volumes.as_slice()).unwrap_or_default().iter();
    let newer = volumes.filter(|volume| volume.of_driver && volume.handle.starts_with("efs:"));
    let names: Vec<&str> = newer.map(|volume| volume.name.as_str()).collect();
    (older && !names.is_empty()).then(|| {
        let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Refusal::new(
            address,
            format!(
                "the driver of the add-on {version} does not know the volumes of drivers from 3.0.0 on: \
                 it could not mount them, and would say that it deletes them and delete nothing: \
                 {shown}{more}"
            ),
            "choose an `addon_version` of driver 3 or later, or move the data of these volumes first",
        )
    })
}
