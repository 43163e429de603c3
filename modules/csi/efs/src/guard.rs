//! When a file system may be deleted, and what stands against it.

use inputs::plain;
use plan::{Loss, Plan, Refusal, Scope, Warning};

use crate::actual::Actual;
use crate::data::{Kind, User, lost};
use crate::ids::FileSystemId;
use crate::policy::{Denied, denies_deletion};
use crate::resources::file_system::{self, FileSystem};
use crate::users::Replication;

/// What stands against the deletion of a file system, as refusals: those who use it through
/// this cluster, what makes EFS refuse, and data whose deletion nobody has asked for by the
/// file system's id.
pub(crate) fn guard<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (actual, region): (&Actual, &str),
    (found, users): (&FileSystem, &[User]),
    delete_data: &[FileSystemId],
) {
    let id = &found.id;
    let address = scope.address(file_system::KIND, None);
    // The claims of our own class are refused with that class, and their volumes with them.
    let claims = || actual.cluster.iter().flat_map(|cluster| &cluster.claims);
    let of_class = |user: &User| claims().any(|it| it.volume.as_ref() == Some(&user.name));
    let in_cluster = users.iter().filter(|user| match user.kind {
        Kind::Volume => !of_class(user),
        Kind::Class => true,
        Kind::Files | Kind::AccessPoint | Kind::Replication | Kind::UnknownClass => false,
    });
    let in_cluster: Vec<String> = in_cluster.map(User::shown).collect();
    if !in_cluster.is_empty() {
        plan.refusals.push(Refusal::new(
            &address,
            format!("{id} is in use: {}", plan::named(&in_cluster, "; ")),
            "delete these volumes, their claims, pods and classes first, if their data may go; \
             `deletion_policy = \"retain\"` keeps the file system",
        ));
    }
    plan.refusals.extend(refused_by_efs(scope, (actual, region), id, users));
    plan.warnings.extend(perhaps_denied(actual, id));
    if actual.replications_unknown {
        plan.warnings.push(Warning::new(
            format!(
                "this endpoint has no `DescribeReplicationConfigurations`, as an emulator may not: \
                 whether {id} is replicated is not known"
            ),
            "delete its replications first, where it has any",
        ));
    }
    if !delete_data.contains(id) {
        plan.refusals.extend(perhaps_used(scope, id, users));
    }
    let data = lost(users);
    // Data that claims still use is not to be given up yet.
    let unused = in_cluster.is_empty() && claims().next().is_none();
    if !data.is_empty() && unused && !delete_data.contains(id) {
        plan.refusals.push(Refusal::new(
            &address,
            format!("{id} holds data: {}", shown(&data)),
            format!(
                "give `--delete-data {id}` if all of that may go; `deletion_policy = \"retain\"` \
                 keeps the file system"
            ),
        ));
    }
}

fn shown(data: &[Loss]) -> String {
    let shown: Vec<String> = data.iter().map(|loss| loss.shown.clone()).collect();
    plan::named(&shown, "; ")
}

/// Classes that name their file system where this identity may not look, and so perhaps this one.
fn perhaps_used(scope: &Scope, id: &FileSystemId, users: &[User]) -> Option<Refusal> {
    let unknown = users.iter().filter(|user| user.kind == Kind::UnknownClass);
    let unknown: Vec<&str> = unknown.map(|user| user.name.as_str()).collect();
    (!unknown.is_empty()).then(|| {
        Refusal::new(
            scope.address(file_system::KIND, None),
            plain(&format!(
                "whether {id} is the file system of these storage classes is not known: {}",
                unknown.join("; ")
            )),
            format!(
                "allow this identity to `get` what these classes refer to, or give \
                 `--delete-data {id}` if none of them is on it"
            ),
        )
    })
}

/// What makes EFS refuse the deletion, so that mount targets would be deleted in vain.
fn refused_by_efs(
    scope: &Scope,
    (actual, region): (&Actual, &str),
    id: &FileSystemId,
    users: &[User],
) -> Vec<Refusal> {
    let address = scope.address(file_system::KIND, None);
    let mut refusals = Vec::new();
    let of = users.iter().filter(|user| user.kind == Kind::Replication);
    let all: Vec<String> = of.map(User::shown).collect();
    if let Some(remedy) = end_of_replications(&actual.replications) {
        let reason = format!("EFS does not delete {id}, which is part of a {}", all.join("; "));
        refusals.push(Refusal::new(&address, reason, remedy));
    }
    if let Some((Denied::Always, call)) = actual.policy.as_deref().map(denies_deletion) {
        refusals.push(Refusal::new(
            &address,
            format!("the policy of {id} denies `{call}` to everybody"),
            format!(
                "change the policy, or `aws efs delete-file-system-policy --file-system-id {id} \
                 --region {region}`; then run it again"
            ),
        ));
    }
    refusals
}

/// How replications end: those that are ending already only take time, as their deletion does
/// (<https://docs.aws.amazon.com/efs/latest/ug/API_Destination.html>).
fn end_of_replications(replications: &[Replication]) -> Option<String> {
    replications.first()?;
    let Some(lasting) = replications.iter().find(|it| it.status != "DELETING") else {
        return Some("it is being deleted already: wait until it is gone, and run it again".into());
    };
    Some(format!(
        "`aws efs delete-replication-configuration --source-file-system-id {} --region {}` \
         ends it; then run it again",
        plain(&lasting.source),
        plain(&lasting.source_region)
    ))
}

fn perhaps_denied(actual: &Actual, id: &FileSystemId) -> Option<Warning> {
    let (denied, call) = actual.policy.as_deref().map(denies_deletion)?;
    (denied == Denied::Perhaps).then(|| {
        Warning::new(
            format!(
                "the policy of {id} denies `{call}` to some identities or in some circumstances: if \
                 this run is one of them, it ends after the steps before"
            ),
            format!("let the policy allow `{call}` to this identity first"),
        )
    })
}

/// Ids whose data may be deleted that are not file systems of these deployments. Those of
/// deployments whose file system is gone already may be right: an earlier run deleted it.
pub(crate) fn unknown_ids(
    delete_data: &[FileSystemId],
    found: &[Option<&FileSystemId>],
) -> Vec<Refusal> {
    let there: Vec<&FileSystemId> = found.iter().copied().flatten().collect();
    if there.len() < found.len() {
        return Vec::new();
    }
    let right: Vec<&str> = there.iter().map(|id| id.as_str()).collect();
    let wrong = delete_data.iter().filter(|id| !there.contains(id));
    wrong
        .map(|id| {
            Refusal::new(
                "--delete-data",
                format!("{id} is not a file system of this deployment"),
                format!("its file system is {}", right.join(", ")),
            )
        })
        .collect()
}
