//! The part of a plan that is about volumes of a deployment's own access points, and their rows.

use std::collections::{BTreeMap, BTreeSet};

use inputs::plain;
use kubernetes::{Preconditions, RenderError};
use plan::{
    Action, Change, ChangeId, Compared, Difference, Known, Plan, Refusal, Row, Scope, Text, compare,
};

use super::document::{Place, Volume};
use super::spec::{
    CLAIM_PROPERTIES, ClaimSpec, Found, FoundClaim, FoundVolume, KIND, PROPERTIES, volume_name,
};
use crate::ids::{AccessPointId, FileSystemId};
use crate::owner::Owner;
use crate::resources::access_point::{AccessPointInputs, VolumeInputs};
use crate::resources::mount_target::Ready;

/// The kind of its claims, as it stands in addresses.
const CLAIM: &str = kubernetes::claim::KIND;

/// A call of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Applies the volume.
    Apply { name: String, document: Text },
    /// Deletes the volume that was observed, and no other of its name. Its files stay.
    Delete { name: String, preconditions: Preconditions },
    /// Keeps the files of a volume when its claim goes.
    Retain { name: String, uid: Option<String> },
    /// Applies the claim.
    ApplyClaim { namespace: String, name: String, document: String },
    /// Deletes the claim that was observed, once no pod uses it, and waits until it is gone.
    DeleteClaim { namespace: String, name: String, uid: Option<String> },
}

/// The volumes that a deployment wants.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    /// The access points of the inputs, by name.
    pub points: &'a BTreeMap<String, AccessPointInputs>,
    /// Their ids, as they were planned.
    pub ids: &'a BTreeMap<String, Known<AccessPointId>>,
    pub file_system: &'a Known<FileSystemId>,
    /// The zone whose mount target volumes are mounted by, where that is one.
    pub zone: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// The volumes, by the names of their access points.
    pub fn volumes(self) -> impl Iterator<Item = Volume<'a>> {
        self.points.iter().filter_map(move |(point, inputs)| {
            Some(Volume {
                owner: self.owner,
                point,
                inputs: inputs.volume.as_ref()?,
                file_system: self.file_system,
                access_point: self.ids.get(point)?,
                zone: self.zone,
            })
        })
    }
}

/// Plans the volumes and claims in a cluster, after `ready`: pods can mount from then on. Those of
/// access points that the inputs do not name any more go, unless the access point `stays`. The
/// answer is what must be done before an access point that they named may go.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    (found, stays): (&Found, &dyn Fn(&str) -> bool),
    ready: &Ready,
) -> Result<Vec<ChangeId>, RenderError> {
    let first = plan.changes.len();
    let mut kept = Vec::new();
    for volume in wanted.volumes() {
        let name = volume_name(wanted.owner, volume.point);
        let there = found.volumes.iter().find(|it| it.name == name);
        kept.push(name);
        one(plan, scope, &volume, (there, found), ready)?;
    }
    let left = found.volumes.iter().filter(|it| !kept.contains(&it.name));
    for (volume, point) in left.filter_map(|it| Some((it, it.point(wanted.owner)?))) {
        if !wanted.points.contains_key(point) && stays(point) {
            plan.notes.push(retained(volume));
            continue;
        }
        let why = "the inputs do not ask for it any more";
        unwanted(plan, scope, (volume, point), found, why);
    }
    Ok(plan.changes[first..].iter().map(|change| change.id.clone()).collect())
}

/// Plans one volume and its claim.
fn one<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    volume: &Volume,
    (there, found): (Option<&FoundVolume>, &Found),
    ready: &Ready,
) -> Result<(), RenderError> {
    let name = volume_name(volume.owner, volume.point);
    let address = scope.address(KIND, Some(&name));
    if there.is_some_and(|it| it.point(volume.owner) != Some(volume.point)) {
        plan.refusals.push(Refusal::new(
            &address,
            "the cluster has a volume of that name that this deployment did not make",
            "rename the access point, or delete that volume yourself",
        ));
        return Ok(());
    }
    let compared = compare(PROPERTIES, &volume.spec(), there.map(|it| &it.spec));
    if let Some(bound) = there.filter(|it| compared.replaces && it.phase == "Bound") {
        plan.refusals.push(held(&address, bound, &compared));
        return Ok(());
    }
    let id = scope.id(format_args!("{KIND}.{}", volume.point));
    let change = |action| Change::new(action, id.clone(), address.clone());
    let change = match there {
        None => Some(change(Action::Create).because("the volume does not exist")),
        Some(old) => match why_anew(old, &compared) {
            Some(why) => Some(change(Action::Replace).because(why).calling(deletion(old))),
            None if compared.differences.is_empty() => None,
            None => Some(change(Action::Update).because("the volume differs")),
        },
    };
    let needs = if change.is_some() { vec![id] } else { Vec::new() };
    if let Some(change) = change {
        let change = change.needing(ready.needs.clone());
        let change = change.needing(volume.access_point.later().cloned());
        let apply = Call::Apply { name, document: volume.volume(Place::Cluster)? };
        let change = change.needing_any(ready.targets.clone()).showing(compared.differences);
        plan.changes.push(change.calling(apply));
    }
    if let Some(claim) = &volume.inputs.claim {
        return claimed(plan, scope, (volume, claim), found, needs);
    }
    let bound = there.and_then(|it| it.spec.claim.as_ref());
    let ours = bound.filter(|name| found.claims.get(*name).is_some_and(|it| it.managed));
    plan.notes.extend(ours.map(|name| {
        plain(&format!(
            "the claim {name} stays, though the inputs name its volume alone: pods may use it; \
             `kubectl delete persistentvolumeclaim` takes it away"
        ))
    }));
    Ok(())
}

/// Why a volume is made anew, where it must be: that of a claim which is gone is bound to no other.
fn why_anew(old: &FoundVolume, compared: &Compared<()>) -> Option<String> {
    let why = if old.phase == "Released" || old.phase == "Failed" {
        format!("it is {}, as its claim is gone", old.phase)
    } else if compared.replaces {
        "Kubernetes never changes these fields of a volume".to_owned()
    } else {
        return None;
    };
    Some(plain(&format!("{why}; its files stay")))
}

/// Why a volume that is bound stays as it is.
fn held(address: &plan::Address, bound: &FoundVolume, compared: &Compared<()>) -> Refusal {
    let claim = bound.spec.claim.as_deref().unwrap_or("?");
    Refusal::new(
        address,
        plain(&format!(
            "it is bound to the claim {claim}, and Kubernetes never changes {} of a volume",
            forcing(compared).join(" or ")
        )),
        "stop the pods of that claim and delete it, which keeps the files, and run it again; or leave \
         the access point as it is",
    )
}

/// The properties that no volume can change to.
fn forcing(compared: &Compared<()>) -> Vec<String> {
    let forcing = compared.differences.iter().filter(|it| it.forces_replacement);
    forcing.map(|it| format!("`{}`", it.attribute.as_str())).collect()
}

fn deletion(volume: &FoundVolume) -> Call {
    Call::Delete { name: volume.name.clone(), preconditions: volume.preconditions.clone() }
}

/// Plans the claim of a volume.
fn claimed<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (volume, (namespace, name)): (&Volume, &(String, String)),
    found: &Found,
    needs: Vec<ChangeId>,
) -> Result<(), RenderError> {
    let key = format!("{namespace}/{name}");
    let address = scope.address(CLAIM, Some(&key));
    if found.missing_namespaces.contains(namespace) {
        plan.refusals.push(Refusal::new(
            &address,
            format!("the cluster has no namespace `{namespace}`"),
            format!("create it: `kubectl create namespace {namespace}`"),
        ));
        return Ok(());
    }
    let spec = ClaimSpec {
        volume: Some(volume_name(volume.owner, volume.point)),
        class: Some(String::new()),
        size: Some(volume.inputs.size.clone()),
    };
    let there = found.claims.get(&key);
    let compared = compare(CLAIM_PROPERTIES, &spec, there.map(|it| &it.spec));
    if let Some(never) = compared.forbidden.first() {
        let had = never.found.as_deref().unwrap_or("none");
        plan.refusals.push(Refusal::new(
            &address,
            plain(&format!(
                "the claim's `{}` is `{had}`, which Kubernetes never changes to `{}`",
                never.attribute, never.wanted
            )),
            "leave it as it is, as the size of an EFS volume is nominal; or delete the claim, which \
             keeps the files, or give another `name`",
        ));
        return Ok(());
    }
    if there.is_some() {
        return Ok(());
    }
    plan.changes.push(
        Change::new(Action::Create, scope.id(format_args!("{CLAIM}.{}", volume.point)), address)
            .because("the claim does not exist")
            .needing(needs)
            .showing(compared.differences)
            .calling(Call::ApplyClaim {
                namespace: namespace.clone(),
                name: name.clone(),
                document: volume.claim(Place::Cluster)?,
            }),
    );
    Ok(())
}

/// That the volume of an access point stays with it, and its claim.
fn retained(volume: &FoundVolume) -> String {
    plain(&format!(
        "the volume {} stays, as the `deletion_policy` of its access point is `retain`",
        volume.name
    ))
}

/// The claims, as namespace and name, of volumes that a deployment of these access points deletes:
/// their pods are to be looked at.
pub fn unwanted_claims(
    owner: &Owner,
    points: &BTreeMap<String, AccessPointInputs>,
    volumes: &[FoundVolume],
) -> BTreeSet<(String, String)> {
    let unwanted = |volume: &&FoundVolume| {
        let point = volume.point(owner);
        point.is_some_and(|point| points.get(point).is_none_or(|it| it.volume.is_none()))
    };
    let claims = volumes.iter().filter(unwanted).filter_map(|volume| {
        let (namespace, name) = volume.spec.claim.as_ref()?.split_once('/')?;
        Some((namespace.to_owned(), name.to_owned()))
    });
    claims.collect()
}

/// Plans the deletion of a volume and of its claim, unless somebody else's claim or a pod has it.
fn unwanted<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (volume, point): (&FoundVolume, &str),
    found: &Found,
    why: &str,
) -> Vec<ChangeId> {
    let bound = volume.spec.claim.as_ref().filter(|_| volume.phase == "Bound");
    let claim = bound.and_then(|key| Some((key, found.claims.get(key)?)));
    let address = scope.address(KIND, Some(&volume.name));
    if let Some((key, claim)) = claim
        && (!claim.managed || !claim.used_by.is_empty())
    {
        let by = claim.used_by.join(", ");
        let reason = if claim.managed {
            format!("the pods {by} use its claim {key}")
        } else {
            format!("the claim {key} is bound to it, which this deployment did not make")
        };
        let remedy = "stop these pods, or delete that claim: the files stay";
        plan.refusals.push(Refusal::new(&address, plain(&reason), remedy));
        return Vec::new();
    }
    let mut removed = Vec::new();
    if let Some((key, claim)) = claim {
        let change = delete_claim(scope, (key, point), claim, why);
        removed.push(change.id.clone());
        plan.changes.push(change);
    }
    let id = scope.id(format_args!("{KIND}.{point}.delete"));
    let change = Change::new(Action::Delete, id.clone(), address)
        .because(format!("{why}; its files stay"))
        .needing(removed.clone())
        .showing(plan::gone(&PROPERTIES[..2], &volume.spec))
        .calling(Call::Delete {
            name: volume.name.clone(),
            // Its version changes with the claim's deletion.
            preconditions: Preconditions {
                uid: volume.preconditions.uid.clone(),
                resource_version: None,
            },
        });
    plan.changes.push(change);
    removed.push(id);
    removed
}

fn delete_claim<C: From<Call>>(
    scope: &Scope,
    (key, point): (&str, &str),
    claim: &FoundClaim,
    why: &str,
) -> Change<C> {
    let (namespace, name) = key.split_once('/').unwrap_or_default();
    let id = scope.id(format_args!("{CLAIM}.{point}.delete"));
    Change::new(Action::Delete, id, scope.address(CLAIM, Some(key)))
        .because(format!("{why}; its files stay"))
        .showing([Difference::gone("volumeName", claim.spec.volume.as_deref().unwrap_or_default())])
        .calling(Call::DeleteClaim {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: claim.uid.clone(),
        })
}

/// Plans the deletion of the volumes and claims of a deployment, but for those of the access points
/// that stay; the answer is what was planned, and the names of the volumes that go.
pub fn remove<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    owner: &Owner,
    found: &Found,
    stays: impl Fn(&str) -> bool,
) -> (Vec<ChangeId>, Vec<String>) {
    let (mut removed, mut names) = (Vec::new(), Vec::new());
    for volume in &found.volumes {
        let Some(point) = volume.point(owner) else { continue };
        if stays(point) {
            plan.notes.push(retained(volume));
            continue;
        }
        names.push(volume.name.clone());
        removed.extend(unwanted(
            plan,
            scope,
            (volume, point),
            found,
            "the deployment is destroyed",
        ));
    }
    (removed, names)
}

/// Their rows in a status.
pub fn rows(
    owner: &Owner,
    wanted: Option<&BTreeMap<String, AccessPointInputs>>,
    found: &Found,
) -> Vec<Row> {
    let of = |(point, inputs): (&String, &AccessPointInputs)| {
        let VolumeInputs { claim, .. } = inputs.volume.as_ref()?;
        let name = volume_name(owner, point);
        let Some(volume) = found.volumes.iter().find(|it| it.name == name) else {
            return Some(Row::missing("volume", name));
        };
        let held = volume.spec.claim.as_deref().map(|claim| format!(", of the claim {claim}"));
        let handle = volume.spec.handle.as_ref().map(ToString::to_string).unwrap_or_default();
        Some(Row {
            resource: "volume",
            name: plain(&volume.name),
            state: plain(&volume.phase),
            detail: plain(&format!("{handle}{}", held.unwrap_or_default())),
            healthy: volume.phase == if claim.is_some() { "Bound" } else { "Available" }
                || volume.phase == "Bound",
        })
    };
    wanted.into_iter().flatten().filter_map(of).collect()
}
