//! What older drivers do to volumes of newer ones, and to classes that share a file system.

use kubernetes::release;
use plan::{Address, Refusal, Scope, Warning};

use super::found::Beyond;
use super::{DriverInputs, DriverMode};
use crate::chart::{self, ChartVersion, RELEASE};
use crate::resources::addon;
use crate::resources::storage_class::{self, GidRange, StorageClassInputs};
use crate::users::{OtherClass, Volume};

/// How many things a message names.
const NAMED: usize = 5;

/// Refuses a driver that does not know the handles of volumes that are there: from chart 4.0.0 on
/// they are `efs:fs-X::fsap-Y`. An older driver cannot mount these, and answers their deletion
/// with success without deleting anything. (Both were tried, with drivers 1.7.7 and 3.4.1.)
pub(crate) fn unknown_handles(
    scope: &Scope,
    wanted: ChartVersion,
    volumes: &[Volume],
) -> Option<Refusal> {
    let newer = |volume: &&Volume| volume.of_driver && volume.handle.starts_with("efs:");
    let names: Vec<&str> = volumes.iter().filter(newer).map(|it| it.name.as_str()).collect();
    if wanted >= ChartVersion::PREFIXED_HANDLES || names.is_empty() {
        return None;
    }
    let first = ChartVersion::PREFIXED_HANDLES;
    Some(Refusal::new(
        scope.address(release::KIND, Some(RELEASE)),
        format!(
            "the driver of chart {wanted} does not know the volumes of charts from {first} on: it could \
             not mount them, and would say that it deletes them and delete nothing: {}",
            listed(&names)
        ),
        format!(
            "choose `helm_chart_version` {first} or later, or move the data of these volumes to \
             others first"
        ),
    ))
}

/// Warns of an upgrade after which mounts that are there go on with a program that the new driver
/// may not have: they fail, or stay slower, until they are made anew
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1560>).
pub(super) fn mounts_of_before(chart: &str, wanted: ChartVersion) -> Option<Warning> {
    let installed = chart.strip_prefix(chart::NAME)?.strip_prefix('-')?;
    let installed = ChartVersion::parse(installed).ok()?;
    if installed >= ChartVersion::EFS_PROXY || wanted < ChartVersion::EFS_PROXY {
        return None;
    }
    Some(Warning::new(
        format!(
            "from chart {} on, the driver mounts through efs-proxy in place of stunnel: mounts of chart \
             {installed} may fail after the upgrade until they are made anew",
            ChartVersion::EFS_PROXY
        ),
        "restart the pods with volumes of EFS afterwards, or drain the nodes one by one",
    ))
}

/// Refuses a driver before 2.0.0 in the place of one that mounts through efs-proxy, where there are
/// volumes that may be mounted: the watchdog of a node's new pod starts the program of each mount
/// again that it finds in the state of before, and does not have this one (efs-utils,
/// `src/watchdog/__init__.py`, `restart_tls_tunnel`).
pub(super) fn hung(
    address: &Address,
    chart: &str,
    wanted: ChartVersion,
    volumes: &[Volume],
) -> Option<Refusal> {
    let mounted = volumes.iter().any(|volume| volume.of_driver);
    let installed = addon::chart_version(chart).filter(|_| mounted);
    addon::without_proxy(address, installed, Some(wanted), "helm_chart_version")
}

/// Refuses a chart whose roles this identity may not make.
pub(super) fn escalates(address: &Address, Beyond { role, lacking }: &Beyond) -> Refusal {
    let names: Vec<&str> = lacking.iter().map(String::as_str).collect();
    Refusal::new(
        address,
        format!(
            "the role `{role}` of the chart allows what this identity may not do, and Kubernetes lets \
             nobody make or bind such a role: {}",
            listed(&names)
        ),
        "give this user the roles that `cargo xtask render --rbac` prints, which may `escalate` and \
         `bind`; `kubectl auth whoami` shows the user",
    )
}

/// Refuses a class whose volumes would get group ids of another class's range: drivers before
/// 1.7.0 keep one range for each file system, that of whichever class they see first, and hand
/// the same ids out again after a restart (tried with driver 1.5.6, and
/// <https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/764>).
pub(crate) fn shared_range(
    scope: &Scope,
    inputs: &DriverInputs,
    (class, file_system): (&StorageClassInputs, &str),
    others: &[OtherClass],
) -> Option<Refusal> {
    let chart = inputs.version;
    let own = class.hands_out().filter(|_| chart < ChartVersion::RANGE_OF_EACH_CLASS)?;
    let differs = |other: &&OtherClass| {
        other.file_system.as_deref() == Some(file_system)
            && other.gid_range.is_some_and(|range| range != own)
    };
    let differing: Vec<String> = others
        .iter()
        .filter(differs)
        .map(|other| {
            format!("`{}` {}", other.name, other.gid_range.map_or_else(String::new, shown))
        })
        .collect();
    if differing.is_empty() {
        return None;
    }
    let differing: Vec<&str> = differing.iter().map(String::as_str).collect();
    let (of, newer) = if inputs.mode == DriverMode::Addon {
        ("the add-on".to_owned(), "an `addon_version` of driver 1.7.0".to_owned())
    } else if inputs.mode == DriverMode::Skip {
        (format!("chart {chart}, which runs,"), "a driver of 1.7.0".to_owned())
    } else {
        let first = ChartVersion::RANGE_OF_EACH_CLASS;
        (format!("chart {chart}"), format!("`helm_chart_version` {first}"))
    };
    Some(Refusal::new(
        scope.address(storage_class::KIND, Some(&class.name)),
        format!(
            "its volumes get group ids {}, and on the same file system those of {}: the driver of {of} \
             keeps one range for each file system, whatever its classes say",
            shown(own),
            listed(&differing)
        ),
        format!(
            "give both the same `gid_range_start` and `gid_range_end`, or `uid` and `gid`, or choose \
             {newer} or later"
        ),
    ))
}

fn shown((first, last): GidRange) -> String {
    format!("{first} to {last}")
}

fn listed(names: &[&str]) -> String {
    let mut shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if let Some(more) = names.len().checked_sub(NAMED).filter(|more| *more > 0) {
        shown.push_str(&format!(" and {more} more"));
    }
    shown
}
