//! A copy takes over from its source: what comes before and after the end of the replication, and
//! volumes that move in an order in which a run that is killed anywhere loses nothing.

use std::collections::BTreeMap;
use std::convert::Infallible;

use efs::resources::file_system::OverwriteProtection;
use efs::resources::{access_point, persistent_volume, replica};
use efs::{
    AccessPoint, AccessPointId, Actual, Call, Desired, Failing, Failover, FileSystemId, LifeCycle,
    Moment, Moved, MovedClaim, MovedVolume, NamedBefore, Plan, PosixUser, Replication, Writes,
};
use plan::{ChangeId, Styled};
use serde_json::{Value, json};

use crate::world::{carry_out, deployed_to_cluster, desired};

pub(crate) const SOURCE: &str = "fs-0000000a";
pub(crate) const COPY: &str = "fs-0000000b";
/// The last copy, as text and in seconds since 1970.
pub(crate) const LAST: (&str, u64) = ("2026-05-04T09:12:40Z", 1_777_885_960);

pub(crate) fn id(text: &str) -> FileSystemId {
    FileSystemId::try_from(text).unwrap()
}

pub(crate) fn at(second: u64) -> Moment {
    Moment { text: format!("second {second}"), second }
}

/// A failover before which the writes were stopped, and copied.
pub(crate) fn planned_one() -> Failover {
    Failover {
        replicate_from: None,
        writes: Writes::StoppedAt(at(LAST.1 - 1)),
        source_lost: false,
        overwrite: None,
        proves: false,
    }
}

pub(crate) fn replication(status: &str) -> Replication {
    Replication {
        source: SOURCE.to_owned(),
        source_region: "eu-west-1".to_owned(),
        destination: COPY.to_owned(),
        destination_region: "eu-west-1".to_owned(),
        status: status.to_owned(),
        last_replicated: Some(LAST.0.to_owned()),
        ..Replication::default()
    }
}

fn volume(name: &str, point: &str, claim: Option<&str>) -> MovedVolume {
    let handle = format!("{SOURCE}::{point}");
    let reference = claim.map(|key| {
        let (namespace, name) = key.split_once('/').unwrap();
        json!({ "namespace": namespace, "name": name, "uid": "u", "resourceVersion": "7" })
    });
    MovedVolume {
        name: name.to_owned(),
        handle: handle.clone(),
        phase: if claim.is_some() { "Bound" } else { "Released" }.to_owned(),
        reclaim_policy: "Delete".to_owned(),
        uid: Some(format!("uid-{name}")),
        claim: claim.map(str::to_owned),
        object: json!({
            "metadata": {
                "name": name,
                "annotations": { "pv.kubernetes.io/provisioned-by": "efs.csi.aws.com" },
            },
            "spec": {
                "accessModes": ["ReadWriteMany"],
                "capacity": { "storage": "7Gi" },
                "claimRef": reference,
                "csi": { "driver": "efs.csi.aws.com", "volumeHandle": handle },
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": "efs-sc",
            },
        }),
    }
}

fn claim(key: &str, volume: &str) -> (String, MovedClaim) {
    let (namespace, name) = key.split_once('/').unwrap();
    let claim = MovedClaim {
        uid: Some("u".to_owned()),
        volume: Some(volume.to_owned()),
        used_by: Vec::new(),
        object: json!({
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": { "team": "graphs" },
                "annotations": { "pv.kubernetes.io/bind-completed": "yes", "note": "kept" },
            },
            "spec": {
                "accessModes": ["ReadWriteMany"],
                "resources": { "requests": { "storage": "7Gi" } },
                "storageClassName": "efs-sc",
                "volumeName": volume,
            },
        }),
    };
    (key.to_owned(), claim)
}

fn point(id: &str) -> AccessPoint {
    AccessPoint {
        id: AccessPointId::try_from(id).unwrap(),
        life_cycle: LifeCycle::Available,
        client_token: Some("pvc-1".to_owned()),
        path: format!("/{id}"),
        creation_info: None,
        posix_user: Some(PosixUser { uid: 1001, gid: 1001, secondary_gids: Vec::new() }),
        account: None,
        tags: BTreeMap::from([("efs.csi.aws.com/cluster".to_owned(), "true".to_owned())]),
    }
}

/// A cluster whose class and volumes are on the source, and a copy without a mount target.
pub(crate) struct Stage {
    pub(crate) actual: Actual,
    pub(crate) failing: Failing,
    desired: Desired,
    results: BTreeMap<ChangeId, String>,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let mut actual = deployed_to_cluster(&json!({}));
        let source = actual.file_system.clone().unwrap();
        actual.mount_targets.clear();
        let copy = actual.file_system.as_mut().unwrap();
        copy.id = id(COPY);
        copy.tags.clear();
        copy.spec.overwrite_protection = Some(OverwriteProtection::Replicating);
        actual.named_before = Some(NamedBefore { file_system: source, access_points: 0 });
        let failing = Failing {
            replications: vec![replication("ENABLED")],
            last_copy: Some(LAST.1),
            now: LAST.1 + 600,
            points_of_source: Some(vec![point("fsap-00000001"), point("fsap-00000002")]),
            points: Vec::new(),
            volumes: Moved {
                others: Vec::new(),
                volumes: vec![
                    volume("pvc-1", "fsap-00000001", Some("graphs/one")),
                    volume("pvc-2", "fsap-00000002", Some("graphs/two")),
                    volume("pvc-3", "fsap-00000002", None),
                ],
                claims: [claim("graphs/one", "pvc-1"), claim("graphs/two", "pvc-2")].into(),
            },
            denied: Vec::new(),
        };
        let desired = desired(&json!({ "file_system_id": COPY }));
        Stage { actual, failing, desired, results: BTreeMap::new() }
    }

    pub(crate) fn plan(&self, how: &Failover) -> Plan {
        let module = (&self.desired, &self.actual, &self.failing);
        efs::failover_together(&[module], how).unwrap().remove(0)
    }

    /// Carries calls out one after the other, in an order that the plan's needs allow; at most so
    /// many. Whether all were.
    pub(crate) fn obey(&mut self, plan: &Plan, mut calls: usize) -> bool {
        assert_eq!(plan.refusals, [], "a refused plan is not carried out");
        let mut done: Vec<&ChangeId> = plan.waits.iter().map(|wait| &wait.id).collect();
        let mut left: Vec<_> = plan.changes.iter().collect();
        while !left.is_empty() {
            let needed = |change: &plan::Change<Call>| {
                change.needs.iter().chain(&change.needs_any.of).all(|need| done.contains(&need))
            };
            let next = left.iter().position(|change| needed(change));
            let change = left.remove(next.unwrap_or_else(|| panic!("a circle: {left:?}")));
            for call in &change.calls {
                if calls == 0 {
                    return false;
                }
                calls -= 1;
                self.call(&change.id, call);
            }
            done.push(&change.id);
        }
        true
    }

    fn call(&mut self, change: &ChangeId, call: &Call) {
        match call {
            Call::Replica(call) => self.replica(call),
            Call::PersistentVolume(call) => self.volume(call),
            Call::AccessPoint(access_point::Call::Create { token, spec, .. }) => {
                let token = token.now().unwrap();
                let made_before =
                    |it: &AccessPoint| it.client_token.as_deref() == Some(token.as_str());
                assert!(!self.failing.points.iter().any(made_before), "AccessPointAlreadyExists");
                assert!(self.failing.replications.is_empty(), "the copy is read-only");
                let number = self.failing.points.len() + 11;
                let made = format!("fsap-000000{number}");
                self.results.insert(change.clone(), made.clone());
                self.failing.points.push(AccessPoint {
                    client_token: Some(token),
                    path: spec.path.clone(),
                    posix_user: spec.posix_user.clone(),
                    tags: spec.tags.clone(),
                    ..point(&made)
                });
            }
            other => carry_out(other, &mut self.actual),
        }
    }

    fn replica(&mut self, call: &replica::Call) {
        let copy = self.actual.file_system.as_mut().unwrap();
        match call {
            replica::Call::Mark { value, .. } => {
                copy.tags.insert(replica::tag(), value.clone());
            }
            replica::Call::Promote { .. } => {
                assert!(!self.actual.mount_targets.is_empty(), "nobody could mount it");
                copy.spec.overwrite_protection = Some(OverwriteProtection::Enabled);
                self.failing.replications.clear();
            }
            other => panic!("not of a failover: {other:?}"),
        }
    }

    fn volume(&mut self, call: &persistent_volume::Call) {
        let Moved { volumes, claims, .. } = &mut self.failing.volumes;
        match call {
            persistent_volume::Call::Retain { name, .. } => {
                let found = volume_named(volumes, name);
                "Retain".clone_into(&mut found.reclaim_policy);
            }
            persistent_volume::Call::Apply { name, document } => {
                let results = &self.results;
                let text = document
                    .resolve(|change| Ok::<_, Infallible>(results[change].clone()))
                    .unwrap();
                let object: Value = serde_json::from_str(&text).unwrap();
                let text = |pointer: &str| object.pointer(pointer).unwrap().as_str().unwrap();
                let reference = (text("/spec/claimRef/namespace"), text("/spec/claimRef/name"));
                let made = MovedVolume {
                    name: name.clone(),
                    handle: text("/spec/csi/volumeHandle").to_owned(),
                    phase: "Available".to_owned(),
                    reclaim_policy: text("/spec/persistentVolumeReclaimPolicy").to_owned(),
                    uid: Some("new".to_owned()),
                    claim: Some(format!("{}/{}", reference.0, reference.1)),
                    object: object.clone(),
                };
                assert_eq!(object.pointer("/spec/claimRef/uid"), None, "of the old claim");
                volumes.push(made);
            }
            persistent_volume::Call::DeleteClaim { namespace, name, .. } => {
                let gone = claims.remove(&format!("{namespace}/{name}")).unwrap();
                let old = gone.volume.unwrap();
                let old = volume_named(volumes, &old);
                assert_eq!(old.reclaim_policy, "Retain", "the driver deletes its files");
                "Released".clone_into(&mut old.phase);
            }
            persistent_volume::Call::ApplyClaim { namespace, name, document } => {
                let object: Value = serde_json::from_str(document).unwrap();
                let of = object["spec"]["volumeName"].as_str().unwrap().to_owned();
                let volume = volume_named(volumes, &of);
                assert_eq!(volume.claim.as_deref(), Some(format!("{namespace}/{name}").as_str()));
                "Bound".clone_into(&mut volume.phase);
                let made = MovedClaim { volume: Some(of), object, ..MovedClaim::default() };
                claims.insert(format!("{namespace}/{name}"), made);
            }
            persistent_volume::Call::Delete { name, .. } => {
                let bound = claims.values().any(|it| it.volume.as_ref() == Some(name));
                assert!(!bound, "{name} is bound");
                volumes.retain(|it| it.name != *name);
            }
        }
    }

    /// Asserts that everything is on the copy, and that there is nothing to do.
    #[track_caller]
    pub(crate) fn is_complete(&self) {
        let Moved { volumes, claims, .. } = &self.failing.volumes;
        let bound: Vec<(&str, &str)> = claims
            .iter()
            .map(|(key, claim)| (key.as_str(), claim.volume.as_deref().unwrap()))
            .collect();
        let moved = [("graphs/one", "pvc-1-fs-0000000b"), ("graphs/two", "pvc-2-fs-0000000b")];
        assert_eq!(bound, moved);
        let mut names: Vec<(&str, bool)> = volumes
            .iter()
            .map(|it| (it.name.as_str(), it.handle.starts_with(&format!("{COPY}::fsap-000000"))))
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [("pvc-1-fs-0000000b", true), ("pvc-2-fs-0000000b", true), ("pvc-3", false)]
        );
        let class = self.actual.cluster.as_ref().unwrap().storage_class.as_ref().unwrap();
        assert_eq!(class.file_system(), Some(COPY));
        let claim = &claims["graphs/one"].object["metadata"];
        assert_eq!(claim["labels"], json!({ "team": "graphs" }));
        assert_eq!(claim["annotations"], json!({ "note": "kept" }));
        let again = self.plan(&planned_one());
        assert!(again.is_settled(), "{}", shown(&again));
    }
}

fn volume_named<'a>(volumes: &'a mut [MovedVolume], name: &str) -> &'a mut MovedVolume {
    volumes.iter_mut().find(|it| it.name == name).unwrap()
}

pub(crate) fn shown(plan: &Plan) -> String {
    Styled { plan, colour: false }.to_string()
}

#[test]
fn the_whole_plan_of_a_failover() {
    insta::assert_snapshot!(shown(&Stage::new().plan(&planned_one())));
}

#[test]
fn what_it_lacks_comes_first_and_what_is_on_it_after_it_can_be_written_to() {
    let plan = Stage::new().plan(&planned_one());
    let promotion = plan.changes.iter().find(|it| it.id.as_str() == "replica.promote").unwrap();
    let targets: Vec<&str> = promotion.needs_any.of.iter().map(ChangeId::as_str).collect();
    assert_eq!((targets.len(), promotion.needs_any.least), (3, 1));
    for change in &plan.changes {
        let after = change.needs.contains(&promotion.id);
        let kind = change.address.kind;
        let on_it = ["storage_class", "access_point", "persistent_volume"].contains(&kind);
        assert_eq!(after, on_it || change.id.as_str() == "replica.complete", "{}", change.id);
    }
    assert!(plan.checks.iter().all(|check| check.needs.contains(&promotion.id)));
}

#[test]
fn a_failover_that_is_killed_after_any_call_is_completed_by_the_next() {
    let mut points = 0;
    loop {
        let mut stage = Stage::new();
        let whole = stage.obey(&stage.plan(&planned_one()), points);
        if !whole {
            let rest = stage.plan(&planned_one());
            stage.obey(&rest, usize::MAX);
        }
        stage.is_complete();
        if whole {
            break;
        }
        points += 1;
    }
    assert!(points > 15, "{points}");
}

#[test]
fn a_claim_that_pods_use_is_named_and_nothing_is_done() {
    let mut stage = Stage::new();
    let claim = stage.failing.volumes.claims.get_mut("graphs/two").unwrap();
    claim.used_by = vec!["graphs/load-0".to_owned(), "graphs/load-1".to_owned()];
    let plan = stage.plan(&planned_one());
    let [refusal] = plan.refusals.as_slice() else { panic!("{:?}", plan.refusals) };
    let why = "it is on fs-0000000a in eu-west-1, and pods use it: graphs/load-0, graphs/load-1";
    assert_eq!((refusal.reason.as_str(), refusal.address.contains("graphs/two")), (why, true));
}

#[test]
fn a_volume_whose_directory_nobody_knows_stays_and_the_rest_is_completed_later() {
    let mut stage = Stage::new();
    stage.failing.points_of_source = None;
    stage.failing.replications[0].source_region = "eu-north-1".to_owned();
    let lost =
        Failover { writes: Writes::LostSince(at(LAST.1)), source_lost: true, ..planned_one() };
    let plan = stage.plan(&lost);
    assert!(shown(&plan).contains("the claim graphs/one stays on fs-0000000a"), "{}", shown(&plan));
    assert!(!plan.changes.iter().any(|it| it.id.as_str() == "replica.complete"));
    assert!(stage.obey(&plan, usize::MAX));
    // Once the region answers again, the next run moves them.
    stage.failing.points_of_source = Some(vec![point("fsap-00000001"), point("fsap-00000002")]);
    let rest = stage.plan(&planned_one());
    assert!(stage.obey(&rest, usize::MAX));
    stage.is_complete();
}
