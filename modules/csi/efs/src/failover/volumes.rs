//! The volumes of the cluster that are on the source: Kubernetes changes neither the source of a volume
//! nor the volume of a claim, so that both are made anew, with the same names of claims, in an order in
//! which a run that is killed anywhere loses nothing. The new volume comes first and carries the claim.

use std::collections::BTreeMap;

use inputs::plain;
use kubernetes::Preconditions;
use plan::{Action, Change, ChangeId, Difference, Known, Refusal, Scope, Text, Warning};

use super::anew::{claim_anew, point_anew, token, volume_anew};
use super::asked::Failing;
use super::moved::{CLAIM, MovedClaim, MovedVolume};
use crate::actual::Actual;
use crate::calls::{Call, Plan};
use crate::desired::Desired;
use crate::ids::{AccessPointId, FileSystemId};
use crate::owner::Owner;
use crate::resources::access_point;
use crate::resources::persistent_volume::{self, FoundVolume, KIND};
use crate::resources::replica::Side;
use crate::users::AccessPoint;

/// Frees the claims of the deployment's own volumes, as they will be when the rest is planned.
pub(super) fn release(
    desired: &Desired,
    after: &mut Actual,
    failing: &Failing,
    source: &FileSystemId,
) {
    let owner = desired.inputs.owner();
    let Some(cluster) = &mut after.cluster else { return };
    let there = &mut cluster.static_volumes;
    for volume in &mut there.volumes {
        let on_source =
            failing.volumes.volumes.iter().any(|it| it.name == volume.name && it.is_on(source));
        if !on_source || !is_made_anew(desired, volume, &owner) || volume.phase != "Bound" {
            continue;
        }
        "Released".clone_into(&mut volume.phase);
        // Its version changes with its claim.
        volume.preconditions.resource_version = None;
        if let Some(claim) = &volume.spec.claim {
            there.claims.remove(claim);
        }
    }
}

/// Whether the deployment makes both anew, a volume of its own and the claim that is bound to it. A
/// claim of somebody else's stays, and holds up the plan: nobody would make it anew.
fn is_made_anew(desired: &Desired, volume: &FoundVolume, owner: &Owner) -> bool {
    let points = desired.inputs.access_points.as_ref();
    let point = volume.point(owner).and_then(|name| points?.get(name));
    let claim = point.and_then(|point| point.volume.as_ref()?.claim.as_ref());
    let key = claim.map(|(namespace, name)| format!("{namespace}/{name}"));
    key.is_some() && key == volume.spec.claim
}

/// Plans the volumes, after the promotion; whether none is left on the source that a claim holds.
pub(super) fn plan(
    plan: &mut Plan,
    desired: &Desired,
    (actual, failing): (&Actual, &Failing),
    (source, id): (&Side, &FileSystemId),
    promotion: Option<&ChangeId>,
) -> bool {
    let owner = desired.inputs.owner();
    let mut moving = Moving { scope: &desired.scope, failing, source, id, promotion, left: false };
    let own: BTreeMap<&str, bool> = actual
        .cluster
        .iter()
        .flat_map(|cluster| &cluster.static_volumes.volumes)
        .filter(|volume| volume.point(&owner).is_some())
        .map(|volume| (volume.name.as_str(), is_made_anew(desired, volume, &owner)))
        .collect();
    let mut points = BTreeMap::new();
    for volume in failing.volumes.volumes.iter().filter(|it| it.is_on(&source.file_system)) {
        match own.get(volume.name.as_str()) {
            Some(true) => moving.free(plan, volume),
            Some(false) => {}
            None => moving.one(plan, volume, &mut points),
        }
    }
    !moving.left
}

/// The volumes of one failover.
struct Moving<'a> {
    scope: &'a Scope,
    failing: &'a Failing,
    source: &'a Side,
    id: &'a FileSystemId,
    promotion: Option<&'a ChangeId>,
    /// Whether one stays on the source although a claim holds it.
    left: bool,
}

impl Moving<'_> {
    /// Plans that a claim of the deployment's own volume is deleted before its volume is.
    fn free(&self, plan: &mut Plan, volume: &MovedVolume) {
        let Some((key, claim)) = self.claim_of(volume) else { return };
        if self.is_used(plan, key, claim) {
            return;
        }
        let Some((namespace, name)) = key.split_once('/') else { return };
        let id = self.scope.id(format_args!("claim.{key}.delete"));
        let change = Change::new(
            Action::Delete,
            id.clone(),
            self.scope.address(kubernetes::claim::KIND, Some(key)),
        )
        .because(
            "Kubernetes never changes the volume of a claim; its files stay, and it is made anew",
        )
        .needing(self.promotion.cloned())
        .showing([Difference::gone("volumeName", plain(&volume.name))])
        .calling(deletion(namespace, name, claim));
        let replaces = |it: &&mut Change<Call>| {
            it.address.kind == KIND && it.address.key.as_deref() == Some(volume.name.as_str())
        };
        for replaced in plan.changes.iter_mut().filter(|it| replaces(it)) {
            replaced.needs.push(id.clone());
        }
        plan.changes.push(change);
    }

    fn claim_of<'v>(&'v self, volume: &'v MovedVolume) -> Option<(&'v str, &'v MovedClaim)> {
        let key = volume.claim.as_deref()?;
        Some((key, self.failing.volumes.claims.get(key)?))
    }

    /// Refuses to take a claim from its pods.
    fn is_used(&self, plan: &mut Plan, key: &str, claim: &MovedClaim) -> bool {
        if claim.used_by.is_empty() {
            return false;
        }
        plan.refusals.push(Refusal::new(
            self.scope.address(kubernetes::claim::KIND, Some(key)),
            plain(&format!(
                "it is on {}, and pods use it: {}",
                self.source,
                claim.used_by.join(", ")
            )),
            "stop these pods, such as by scaling what runs them to 0, and run it again: claims \
             are made anew on the copy with their names",
        ));
        true
    }

    /// Plans one volume, from whatever an earlier run left of its move.
    fn one(
        &mut self,
        plan: &mut Plan,
        old: &MovedVolume,
        points: &mut BTreeMap<String, Known<AccessPointId>>,
    ) {
        let all = &self.failing.volumes;
        let new_name = old.name_on(self.id);
        let new = all.volumes.iter().find(|it| it.name == new_name && it.is_on(self.id));
        let Some(key) = old.claim.as_deref() else {
            plan.notes.push(free(old, self.source));
            return;
        };
        let forget = persistent_volume::Call::Delete {
            name: old.name.clone(),
            preconditions: Preconditions { uid: old.uid.clone(), resource_version: None },
        };
        let claim = all.claims.get(key);
        match claim {
            Some(claim) if claim.volume.as_deref() == Some(old.name.as_str()) => {
                if !self.is_used(plan, key, claim) {
                    self.whole_way(plan, (old, key, claim), new, (points, forget));
                }
            }
            Some(claim) if claim.volume.as_deref() == Some(new_name.as_str()) => {
                plan.changes.push(self.change(old, key, self.id).calling(forget));
            }
            None if new.is_some_and(|new| new.annotation(CLAIM).is_some()) => {
                let kept = new.and_then(|new| new.annotation(CLAIM)).unwrap_or_default();
                let change = self.change(old, key, self.id);
                plan.changes.push(change.calling(make(key, kept.to_owned())).calling(forget));
            }
            Some(_) | None => plan.notes.push(free(old, self.source)),
        }
    }

    /// Plans the whole way, as far as it is not gone yet.
    fn whole_way(
        &mut self,
        plan: &mut Plan,
        (old, key, claim): (&MovedVolume, &str, &MovedClaim),
        new: Option<&MovedVolume>,
        (points, forget): (&mut BTreeMap<String, Known<AccessPointId>>, persistent_volume::Call),
    ) {
        let Some((namespace, name)) = key.split_once('/') else { return };
        let point = match old.access_point().map(|point| self.point(plan, point, points)) {
            None => None,
            Some(Some(point)) => Some(point),
            Some(None) => {
                self.left = true;
                plan.warnings.push(self.unknown(old, key));
                return;
            }
        };
        let kept = claim_anew(claim, &old.name_on(self.id)).to_string();
        let mut change = self.change(old, key, self.id);
        if let Some(later) = point.as_ref().and_then(Known::later) {
            change = change.needing([later.clone()]);
        }
        if old.reclaim_policy != "Retain" {
            let (name, uid) = (old.name.clone(), old.uid.clone());
            change = change.calling(persistent_volume::Call::Retain { name, uid });
        }
        if new.is_none() {
            change = change.calling(volume_anew(
                old,
                (&self.source.file_system, self.id),
                &kept,
                point.as_ref(),
            ));
        }
        change = change.calling(deletion(namespace, name, claim));
        plan.changes.push(change.calling(make(key, kept)).calling(forget));
    }

    fn change(&self, old: &MovedVolume, key: &str, id: &FileSystemId) -> Change<Call> {
        Change::new(
            Action::Replace,
            self.scope.id(format_args!("{KIND}.{}.move", old.name)),
            self.scope.address(KIND, Some(&old.name)),
        )
        .because(plain(&format!(
            "the claim {key} goes to {id}: it and its volume are made anew; its files stay, on both \
             file systems"
        )))
        .needing(self.promotion.cloned())
        .showing([
            Difference::gone("volumeHandle", plain(&old.handle)),
            Difference::set("volume", old.name_on(id)),
            Difference::set("persistentVolumeReclaimPolicy", "Retain"),
        ])
    }

    /// The access point on the copy in the place of one on the source; `None` where nobody knows
    /// what that is.
    fn point(
        &self,
        plan: &mut Plan,
        of_source: &str,
        points: &mut BTreeMap<String, Known<AccessPointId>>,
    ) -> Option<Known<AccessPointId>> {
        if let Some(known) = points.get(of_source) {
            return Some(known.clone());
        }
        let token = token(of_source);
        let made = |it: &&AccessPoint| {
            it.client_token.as_deref() == Some(&token) && !it.life_cycle.is_leaving()
        };
        let there = self.failing.points.iter().find(made);
        let known = if let Some(there) = there {
            Known::Now(there.id.clone())
        } else {
            let all = self.failing.points_of_source.as_ref()?;
            let found = all.iter().find(|it| it.id.as_str() == of_source)?;
            let id = self.scope.id(format_args!("{}.{of_source}.copy", access_point::KIND));
            plan.changes.push(self.copy(found, &id, token));
            Known::After(id)
        };
        points.insert(of_source.to_owned(), known.clone());
        Some(known)
    }

    /// EFS replicates files, and no access points
    /// (<https://docs.aws.amazon.com/efs/latest/ug/efs-replication.html>).
    fn copy(&self, found: &AccessPoint, id: &ChangeId, token: String) -> Change<Call> {
        let (spec, marks) = point_anew(found);
        let shown = plan::compare(access_point::PROPERTIES, &spec, None).differences;
        let address = self.scope.address(access_point::KIND, Some(found.id.as_str()));
        Change::new(Action::Create, id.clone(), address)
            .because(format!("EFS copies the files of {}, and no access points", found.id))
            .needing(self.promotion.cloned())
            .showing([Difference::later("access_point_id")])
            .showing(shown)
            .calling(access_point::Call::Create {
                of: Known::Now(self.id.clone()),
                token: Text::literal(token),
                spec: Box::new(spec),
                marks,
            })
    }

    fn unknown(&self, old: &MovedVolume, key: &str) -> Warning {
        Warning::new(
            plain(&format!(
                "the claim {key} stays on {}: what the access point of its volume {} is, is not known",
                self.source, old.name
            )),
            "run the same command again once that region answers: it moves what is left; or make an \
             access point with its path and user on the copy, and a volume and a claim for it",
        )
    }
}

fn make(key: &str, document: String) -> persistent_volume::Call {
    let (namespace, name) = key.split_once('/').unwrap_or_default();
    let (namespace, name) = (namespace.to_owned(), name.to_owned());
    persistent_volume::Call::ApplyClaim { namespace, name, document }
}

fn deletion(namespace: &str, name: &str, claim: &MovedClaim) -> persistent_volume::Call {
    persistent_volume::Call::DeleteClaim {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: claim.uid.clone(),
    }
}

/// That a volume stays which no claim holds.
fn free(volume: &MovedVolume, source: &Side) -> String {
    plain(&format!(
        "the volume {} stays on {source}, as no claim is bound to it: its files are on both",
        volume.name
    ))
}
