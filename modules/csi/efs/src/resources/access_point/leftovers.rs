//! What no volume names any more: its table, and the plan that removes it.

use std::collections::BTreeMap;

use inputs::{counted, plain};
use network::Tags;
use plan::{Action, Change, Difference, Known, Plan, Refusal, Row, Scope, Text, Warning};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::declared::{AccessPointInputs, Spec, fits};
use super::standing::{Seen, Standing, may_be_reused, standing};
use crate::ids::{AccessPointId, FileSystemId};
use crate::owner::Owner;
use crate::users::AccessPoint;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "access_point";

/// How many access points a file system takes
/// (<https://docs.aws.amazon.com/efs/latest/ug/limits.html>).
const QUOTA: usize = 10_000;

/// From how many on a person should know: nine tenths of that.
const NEAR: usize = QUOTA / 10 * 9;

/// Which access points are to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// None: they are only listed.
    None,
    /// Every leftover.
    Leftovers,
    /// These, as far as nothing names them.
    Named(Vec<AccessPointId>),
}

/// A call of EFS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Makes one of a deployment's own; where its token made one before, that must carry these
    /// marks.
    Create { of: Known<FileSystemId>, token: Text, spec: Box<Spec>, marks: Tags },
    /// Sets tags; others stay.
    Tag { id: AccessPointId, tags: Tags },
    /// Deletes one of a deployment's own, unless a volume of the cluster names it: without one, of
    /// which nobody made a volume. Its directory stays.
    DeleteDeclared { id: AccessPointId },
    /// Deletes it, unless a volume of the cluster names it by now, or a claim waits for it: any
    /// claim, where it may be reused. Its directory stays.
    Delete { id: AccessPointId, client_token: Option<String>, may_be_reused: bool },
}

/// Of which deployment they are, and which of them are to go.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    /// The access points that its inputs name, where they do.
    pub points: Option<&'a BTreeMap<String, AccessPointInputs>>,
    pub file_system: &'a FileSystemId,
    pub deletion: &'a Deletion,
}

impl Wanted<'_> {
    /// Whether the inputs have an access point of this name as this one is.
    fn has(&self, name: &str, point: &AccessPoint) -> bool {
        let inputs = self.points.and_then(|points| points.get(name));
        inputs.is_some_and(|it| fits(&it.spec(name, self.owner, &Tags::new()), point))
    }
}

/// Plans the removal of what is asked for.
///
/// Never goes what a volume names or a claim waits for, nor what says that it is another
/// cluster's: that cluster's volumes are not seen here.
pub fn plan<C: From<Call>>(plan: &mut Plan<C>, scope: &Scope, wanted: &Wanted, seen: &Seen) {
    let judged = |point| standing(point, seen, wanted.owner);
    match wanted.deletion {
        Deletion::None => {}
        _ if seen.volumes.is_none() => plan.refusals.push(Refusal::new(
            wanted.file_system,
            "no cluster is looked at, so that nobody knows which access points its volumes name",
            "name the cluster that uses the file system with `--context`",
        )),
        Deletion::Leftovers => {
            let all = seen.access_points.iter();
            let left = all.filter(|point| judged(point) == Standing::Leftover);
            plan.changes.extend(left.map(|point| delete(scope, wanted, point)));
        }
        Deletion::Named(ids) => {
            for id in ids {
                let Some(point) = seen.access_points.iter().find(|point| point.id == *id) else {
                    plan.refusals.push(Refusal::new(
                        id,
                        format!("{} has no such access point", wanted.file_system),
                        "`cargo xtask access-points` lists those that it has",
                    ));
                    continue;
                };
                match judged(point) {
                    Standing::Leftover | Standing::SomeCluster | Standing::Foreign => {
                        plan.changes.push(delete(scope, wanted, point));
                    }
                    Standing::Declared(name) if !wanted.has(&name, point) => {
                        plan.changes.push(delete(scope, wanted, point));
                    }
                    Standing::Deleting => plan.notes.push(format!("{id} is being deleted")),
                    kept => plan.refusals.push(Refusal::new(
                        id,
                        format!("it stays: {}", plain(&kept.why())),
                        keeps(&kept),
                    )),
                }
            }
        }
    }
    plan.warnings.extend(near_quota(wanted.file_system, seen.access_points.len(), 0));
}

/// What to do about an access point that is kept.
fn keeps(standing: &Standing) -> &'static str {
    match standing {
        Standing::Volume(_) => "delete the volume first: the driver then deletes its access point",
        Standing::Declared(_) => "take it out of `access_points`, and deploy",
        Standing::Claim(_) => "wait until the claim is bound, or delete it",
        _ => "run this command for the deployment of that cluster",
    }
}

fn delete<C: From<Call>>(scope: &Scope, wanted: &Wanted, point: &AccessPoint) -> Change<C> {
    let AccessPoint { id, client_token, .. } = point;
    let change = scope.id(format_args!("{KIND}.{id}.delete"));
    Change::new(Action::Delete, change, scope.address(KIND, Some(id.as_str())))
        .because(format!("no volume names it; its directory in {} stays", wanted.file_system))
        .showing([Difference::gone("path", plain(&point.path))])
        .calling(Call::Delete {
            id: id.clone(),
            client_token: client_token.clone(),
            may_be_reused: may_be_reused(point, wanted.owner),
        })
}

/// A warning before the quota hurts; the plan makes so many more.
pub(crate) fn near_quota(file_system: &FileSystemId, count: usize, new: usize) -> Option<Warning> {
    let after = count + new;
    let more = match (new, after > QUOTA) {
        (0, _) => String::new(),
        (new, false) => format!(", and this plan makes {new} more"),
        (new, true) => format!(", and this plan makes {new} more, of which EFS refuses some"),
    };
    (after >= NEAR).then(|| {
        Warning::new(
            format!("{file_system} has {count} of the {QUOTA} access points that it takes{more}"),
            "`cargo xtask access-points --delete` removes those that no volume names any more",
        )
    })
}

/// Their row in a status.
pub fn quota(count: usize) -> Row {
    let near = if count >= NEAR { "near the quota: `cargo xtask access-points`" } else { "" };
    Row {
        resource: "access points",
        name: count.to_string(),
        state: if count >= QUOTA { "full" } else { "available" }.to_owned(),
        detail: format!("of {QUOTA}; {near}").trim_end_matches("; ").to_owned(),
        healthy: count < QUOTA,
    }
}

/// What people and programs read of all access points: those in use are only counted for people.
pub fn table(wanted: &Wanted, seen: &Seen) -> (Vec<Row>, Value) {
    let mut points: Vec<&AccessPoint> = seen.access_points.iter().collect();
    points.sort_by(|a, b| (&a.path, &a.id).cmp(&(&b.path, &b.id)));
    let judged: Vec<(&AccessPoint, Standing)> =
        points.into_iter().map(|point| (point, standing(point, seen, wanted.owner))).collect();
    let in_use = judged.iter().filter(|(_, it)| matches!(it, Standing::Volume(_))).count();
    let mut rows = vec![quota(judged.len())];
    rows.push(Row {
        resource: "access points",
        name: in_use.to_string(),
        state: "in use".to_owned(),
        detail: format!("by {}", counted(in_use, "volume")),
        healthy: true,
    });
    let others = judged.iter().filter(|(_, it)| !matches!(it, Standing::Volume(_)));
    rows.extend(others.map(|(point, standing)| Row {
        resource: "access point",
        name: point.id.to_string(),
        state: standing.as_str().to_owned(),
        detail: plain(&format!("{}{}: {}", point.path, user(point), standing.why())),
        healthy: true,
    }));
    let document = judged.iter().map(|(point, standing)| {
        json!({
            "access_point_id": point.id,
            "file_system_id": wanted.file_system,
            "path": point.path,
            "posix_user": point.posix_user,
            "client_token": point.client_token,
            "tags": point.tags,
            "standing": standing,
            "leftover": *standing == Standing::Leftover,
        })
    });
    (rows, document.collect())
}

fn user(point: &AccessPoint) -> String {
    let user = point.posix_user.as_ref();
    user.map(|user| format!(" as {}:{}", user.uid, user.gid)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use plan::Plan;

    use super::*;
    use crate::life_cycle::LifeCycle;
    use crate::users::Volume;

    fn point(number: usize, tags: &[(&str, &str)]) -> AccessPoint {
        AccessPoint {
            id: AccessPointId::try_from(format!("fsap-{number:08x}")).unwrap(),
            life_cycle: LifeCycle::Available,
            client_token: Some(format!("pvc-{number}")),
            path: format!("/pvc-{number}"),
            posix_user: None,
            creation_info: None,
            account: None,
            tags: tags
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    fn planned(seen: &Seen, deletion: &Deletion) -> Plan<Call> {
        let owner = Owner {
            region: "eu-west-1".to_owned(),
            cluster: "prod".to_owned(),
            storage_class: "efs-sc".to_owned(),
        };
        let file_system = FileSystemId::try_from("fs-00000001").unwrap();
        let wanted = Wanted { owner: &owner, points: None, file_system: &file_system, deletion };
        let mut made = Plan::default();
        plan(&mut made, &Scope::alone("efs_csi"), &wanted, seen);
        made
    }

    const DRIVER: (&str, &str) = ("efs.csi.aws.com/cluster", "true");

    fn seen(access_points: Vec<AccessPoint>) -> Seen {
        Seen { access_points, volumes: Some(Vec::new()), claims: Vec::new() }
    }

    #[test]
    fn nothing_goes_that_was_not_asked_for_and_each_deletion_says_that_the_directory_stays() {
        let mut found = seen(vec![
            point(1, &[DRIVER, ("cluster", "prod")]),
            point(2, &[DRIVER]),
            point(3, &[]),
        ]);
        assert!(planned(&found, &Deletion::None).changes.is_empty());
        let all = planned(&found, &Deletion::Leftovers);
        let [change] = all.changes.as_slice() else { panic!("{all:?}") };
        assert!(change.action.needs_consent() && change.reason.contains("stays"), "{change:?}");
        let ids: Vec<AccessPointId> = found.access_points.iter().map(|it| it.id.clone()).collect();
        assert_eq!(planned(&found, &Deletion::Named(ids.clone())).changes.len(), 3);

        // A volume that comes keeps its own, by whatever way it is asked for.
        let named = [ids[0].to_string()].into();
        found.volumes = Some(vec![Volume { access_points: named, ..Volume::default() }]);
        assert!(planned(&found, &Deletion::Leftovers).changes.is_empty());
        let kept = planned(&found, &Deletion::Named(ids.clone()));
        assert_eq!((kept.changes.len(), kept.refusals.len()), (2, 1));
        // Nobody deletes blindly, and nobody deletes what is not there.
        found.volumes = None;
        assert_eq!(planned(&found, &Deletion::Named(ids)).refusals.len(), 1);
        let other = AccessPointId::try_from("fsap-0000000f").unwrap();
        let told = planned(&seen(Vec::new()), &Deletion::Named(vec![other])).refusals;
        assert!(told[0].reason.contains("has no such access point"), "{told:?}");
    }

    #[test]
    fn the_quota_is_told_of_before_it_hurts() {
        let warned = |count: usize| {
            let all = (0..count).map(|number| point(number, &[])).collect();
            !planned(&seen(all), &Deletion::None).warnings.is_empty()
        };
        assert!(!warned(8_999) && warned(9_000));
        let id = FileSystemId::try_from("fs-0000000a").unwrap();
        let told = |count, new| near_quota(&id, count, new).map(|warning| warning.text);
        assert_eq!(told(8_998, 1), None);
        assert!(told(8_999, 1).unwrap().ends_with("and this plan makes 1 more"));
        assert!(told(9_999, 2).unwrap().contains("2 more, of which EFS refuses some"));
        for (count, state, healthy, hint) in [
            (8_999, "available", true, false),
            (9_000, "available", true, true),
            (10_000, "full", false, true),
        ] {
            let row = quota(count);
            assert_eq!((row.state.as_str(), row.healthy), (state, healthy), "{count}");
            assert_eq!(row.detail.contains("near the quota"), hint, "{count}");
        }
    }
}
