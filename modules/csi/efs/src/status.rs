//! What there is of a deployment, in one table.

use std::fmt;

use inputs::plain;
use serde::Serialize;

use crate::actual::{Actual, FileSystem, LifeCycle, MountTarget};
use crate::cluster::{Claim, Cluster};
use crate::driver::chart::RELEASE;
use crate::driver::{Foreign, ReleaseStatus};
use crate::inputs::Inputs;
use crate::usage::readable;

/// One thing of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What kind of thing.
    pub resource: &'static str,
    /// Which one.
    pub name: String,
    /// Its state, as AWS, Kubernetes or Helm calls it.
    pub state: String,
    /// What else is worth knowing.
    pub detail: String,
    /// Whether it is as it should be.
    pub healthy: bool,
}

/// Everything that there is of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whether all of it is there and as it should be.
    pub healthy: bool,
    /// The things, from the file system to the claims.
    pub rows: Vec<Row>,
    /// The claims of the class.
    pub claims: Vec<Claim>,
}

impl Status {
    /// What `actual` holds of a deployment.
    pub fn of(inputs: &Inputs, actual: &Actual) -> Status {
        let mut rows = vec![file_system(actual.file_system.as_ref())];
        let mut targets: Vec<&MountTarget> = actual.mount_targets.iter().collect();
        targets.sort_by(|a, b| a.availability_zone.cmp(&b.availability_zone));
        if targets.is_empty() {
            rows.push(missing("mount target", "-"));
        }
        rows.extend(targets.into_iter().map(mount_target));
        let claims = match &actual.cluster {
            None => {
                rows.extend(documents(actual));
                Vec::new()
            }
            Some(cluster) => {
                rows.extend(driver(cluster));
                rows.push(class(inputs, cluster, actual.file_system.as_ref()));
                rows.extend(cluster.claims.iter().map(claim));
                cluster.claims.clone()
            }
        };
        Status { healthy: rows.iter().all(|row| row.healthy), rows, claims }
    }

    /// Adds rows of what uses the storage.
    pub fn add(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows);
        self.healthy = self.rows.iter().all(|row| row.healthy);
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |of: fn(&Row) -> &str, least: usize| {
            self.rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0).max(least)
        };
        let (a, b, c) =
            (width(|row| row.resource, 8), width(|row| &row.name, 4), width(|row| &row.state, 5));
        write!(f, "{:a$}  {:b$}  {:c$}  DETAIL", "RESOURCE", "NAME", "STATE")?;
        for Row { resource, name, state, detail, healthy: _ } in &self.rows {
            write!(
                f,
                "\n{}",
                format!("{resource:a$}  {name:b$}  {state:c$}  {detail}").trim_end()
            )?;
        }
        Ok(())
    }
}

fn missing(resource: &'static str, name: &str) -> Row {
    Row {
        resource,
        name: name.to_owned(),
        state: "missing".to_owned(),
        detail: String::new(),
        healthy: false,
    }
}

fn file_system(found: Option<&FileSystem>) -> Row {
    let Some(found) = found else { return missing("file system", "-") };
    let encrypted = if found.encrypted { "encrypted" } else { "not encrypted" };
    let zone = found.availability_zone.as_ref().map(|zone| format!(", One Zone in {zone}"));
    Row {
        resource: "file system",
        name: found.id.to_string(),
        state: plain(found.life_cycle.as_str()),
        detail: plain(&format!(
            "{}, {encrypted}{}{}",
            found.throughput_mode,
            zone.unwrap_or_default(),
            used(found.metered_bytes)
        )),
        healthy: found.life_cycle == LifeCycle::Available,
    }
}

fn mount_target(target: &MountTarget) -> Row {
    let address = target.ip_address.as_deref().unwrap_or("no address yet");
    Row {
        resource: "mount target",
        name: plain(&target.availability_zone),
        state: plain(target.life_cycle.as_str()),
        detail: plain(&format!("{} {} {address}", target.id, target.subnet_id)),
        healthy: target.life_cycle == LifeCycle::Available,
    }
}

fn documents(actual: &Actual) -> Vec<Row> {
    crate::Document::ALL
        .into_iter()
        .map(|document| match actual.documents.get(document.file_name()) {
            None => missing("document", document.file_name()),
            Some(_) => Row {
                resource: "document",
                name: document.file_name().to_owned(),
                state: "present".to_owned(),
                detail: String::new(),
                healthy: true,
            },
        })
        .collect()
}

fn driver(cluster: &Cluster) -> Vec<Row> {
    let driver = &cluster.driver;
    let mut rows = Vec::new();
    match &driver.release {
        Some(release) => rows.push(Row {
            resource: "driver",
            name: format!("release {RELEASE}"),
            state: plain(release.status.as_str()),
            detail: plain(&format!("{}, revision {}", release.chart, release.revision)),
            healthy: release.status == ReleaseStatus::Deployed,
        }),
        None if driver.foreign.is_empty() => {
            rows.push(missing("driver", &format!("release {RELEASE}")));
        }
        None => {}
    }
    rows.extend(driver.foreign.iter().map(|foreign| Row {
        resource: "driver",
        name: match foreign {
            Foreign::Release { name, namespace } => format!("release {namespace}/{name}"),
            Foreign::AddOn => "EKS add-on".to_owned(),
            Foreign::Manifests { namespace } => format!("manifests in {namespace}"),
        },
        state: "installed".to_owned(),
        detail: "by somebody else".to_owned(),
        healthy: true,
    }));
    rows.extend(driver.rollouts.iter().map(|rollout| Row {
        resource: "driver",
        name: rollout.name.clone(),
        state: if rollout.is_complete() { "ready" } else { "not ready" }.to_owned(),
        detail: plain(&format!(
            "{} of {} {}",
            rollout.ready,
            rollout.desired,
            rollout.why.as_deref().unwrap_or_default()
        )),
        healthy: rollout.is_complete(),
    }));
    rows
}

fn class(inputs: &Inputs, cluster: &Cluster, file_system: Option<&FileSystem>) -> Row {
    let name = &inputs.storage_class.name;
    let Some(found) = &cluster.storage_class else { return missing("storage class", name) };
    let names = found.immutable.parameters.get("fileSystemId").map_or("-", String::as_str);
    let fits = file_system.is_some_and(|found| found.id.as_str() == names);
    let (state, detail) = if !found.is_of(&inputs.owner()) {
        ("not ours", format!("on {names}"))
    } else if fits {
        ("present", format!("on {names}"))
    } else {
        ("stale", format!("on {names}, which is not this deployment's file system"))
    };
    Row {
        resource: "storage class",
        name: name.clone(),
        state: state.to_owned(),
        detail: plain(&detail),
        healthy: state == "present",
    }
}

fn claim(claim: &Claim) -> Row {
    let capacity = claim.capacity.as_deref().unwrap_or("-");
    let mut detail = match &claim.requested {
        Some(requested) if claim.wants_more => {
            format!("{capacity}, asks for {requested}: `expand-volumes` completes that")
        }
        _ => capacity.to_owned(),
    };
    detail.push_str(&used(claim.used_bytes));
    if !claim.used_by.is_empty() {
        detail.push_str(&format!(", used by {}", claim.used_by.join(", ")));
    }
    if !claim.nodes.is_empty() {
        detail.push_str(&format!(" on {}", claim.nodes.join(", ")));
    }
    Row {
        resource: "claim",
        name: plain(&claim.address()),
        state: plain(&claim.phase),
        detail: plain(&detail),
        healthy: claim.phase == "Bound" && !claim.wants_more,
    }
}

/// What files take, where that is known.
fn used(bytes: Option<u64>) -> String {
    bytes.map(|bytes| format!(", {} used", readable(bytes))).unwrap_or_default()
}
