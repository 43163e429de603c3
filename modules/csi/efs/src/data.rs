//! The data of a file system: who uses it, when it may be deleted, and when a deployment takes
//! over what another one left.

use inputs::plain;
use plan::{Detail, Plan, Question, Refusal, Scope, Warning};
use serde::Serialize;

use crate::actual::Actual;
use crate::documents;
use crate::ids::FileSystemId;
use crate::owner::{OUR_PREFIX, Owner};
use crate::policy::{Denied, denies_deletion};
use crate::resources::file_system::{self, FileSystem};
use crate::users::{AccessPoint, OtherClass, Replication, Volume};

/// Under this name plans show who uses the file system, in JSON.
pub const USERS: &str = "users";

/// The flag that lets a deployment take over data of before.
pub const ADOPT_EXISTING: &str = "--adopt-existing";

/// Something that uses a file system, or may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct User {
    pub(crate) file_system: FileSystemId,
    /// What it is, as people say it.
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// How large it is, as far as that is known.
    pub(crate) size: Option<String>,
    /// Whose it is, as far as that is known.
    pub(crate) owner: Option<String>,
}

/// The kinds of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Kind {
    #[serde(rename = "files")]
    Files,
    #[serde(rename = "access point")]
    AccessPoint,
    #[serde(rename = "volume")]
    Volume,
    #[serde(rename = "storage class")]
    Class,
    #[serde(rename = "replication")]
    Replication,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Kind::Files => "files",
            Kind::AccessPoint => "access point",
            Kind::Volume => "volume",
            Kind::Class => "storage class",
            Kind::Replication => "replication",
        }
    }
}

impl User {
    /// What it is, with its size and its owner.
    fn shown(&self) -> String {
        let mut shown = format!("{} {}", self.kind.as_str(), self.name);
        if let Some(size) = &self.size {
            shown.push_str(&format!(", {size}"));
        }
        if let Some(owner) = &self.owner {
            shown.push_str(&format!(", of {owner}"));
        }
        plain(&shown)
    }
}

/// Everybody who uses a file system, or may, apart from this deployment's own class and from
/// `going`, the classes that the same plan deletes.
pub(crate) fn users(
    actual: &Actual,
    owner: &Owner,
    found: &FileSystem,
    going: &[&str],
) -> Vec<User> {
    let id = &found.id;
    let user = |kind, name: &str, size: Option<String>, of: Option<String>| User {
        file_system: id.clone(),
        kind,
        name: name.to_owned(),
        size,
        owner: of,
    };
    let mut users = Vec::new();
    if found.holds_files() {
        let account = found.account.as_ref().map(|account| format!("the account {account}"));
        users.push(user(Kind::Files, &format!("in {id}"), Some(found.size()), account));
    }
    let volumes: Vec<&Volume> = volumes_of(actual, id).collect();
    users.extend(access_points(actual).map(|point| {
        let name = format!("{} (`{}`)", point.id, point.path);
        user(Kind::AccessPoint, &name, None, owner_of(point, &volumes))
    }));
    users.extend(volumes.iter().map(|volume| {
        let claim = volume.claim.as_ref().map(|claim| format!("the claim {claim}"));
        user(Kind::Volume, &volume.name, volume.capacity.clone(), claim)
    }));
    let others = other_classes(actual).filter(|class| !going.contains(&class.name.as_str()));
    let others = others.filter(|class| class.file_system.as_deref() == Some(id.as_str()));
    users.extend(others.map(|class| user(Kind::Class, &class.name, None, None)));
    let own = actual.cluster.iter().filter_map(|cluster| cluster.storage_class.as_ref());
    let foreign =
        own.filter(|class| !class.is_of(owner) && class.file_system() == Some(id.as_str()));
    users.extend(foreign.map(|class| {
        let of = class.cluster().map(|cluster| format!("the cluster {cluster}"));
        user(Kind::Class, &owner.storage_class, None, of)
    }));
    users.extend(actual.replications.iter().map(|replication| {
        let name = format!(
            "from {} in {} to {} in {} ({})",
            replication.source,
            replication.source_region,
            replication.destination,
            replication.destination_region,
            replication.status
        );
        user(Kind::Replication, &name, None, None)
    }));
    users
}

/// Whose an access point is: of a volume of this cluster, of the driver of a cluster by the
/// tags that it sets, or of an account.
fn owner_of(point: &AccessPoint, volumes: &[&Volume]) -> Option<String> {
    let named = |volume: &&&Volume| volume.access_point() == Some(point.id.as_str());
    if let Some(volume) = volumes.iter().find(named) {
        return Some(match &volume.claim {
            Some(claim) => format!("the claim {claim}"),
            None => format!("the volume {}", volume.name),
        });
    }
    if let Some(cluster) = point.tags.get(&format!("{OUR_PREFIX}cluster")) {
        return Some(format!("the driver of the cluster {cluster}"));
    }
    // The driver's own tag (its `pkg/driver/controller.go`).
    if point.tags.get("efs.csi.aws.com/cluster").is_some_and(|value| value == "true") {
        return Some("the driver of some cluster".to_owned());
    }
    point.account.as_ref().map(|account| format!("the account {account}"))
}

fn access_points(actual: &Actual) -> impl Iterator<Item = &AccessPoint> {
    actual.access_points.iter().filter(|point| !point.life_cycle.is_leaving())
}

/// The volumes of the cluster that mount a file system, by its id or by the address of one of
/// its mount targets.
fn volumes_of<'a>(actual: &'a Actual, id: &'a FileSystemId) -> impl Iterator<Item = &'a Volume> {
    let all = actual.cluster.iter().flat_map(|cluster| &cluster.volumes);
    all.filter(|volume| volume.mounts(id, actual.addresses()))
}

fn other_classes(actual: &Actual) -> impl Iterator<Item = &OtherClass> {
    actual.cluster.iter().flat_map(|cluster| &cluster.other_classes)
}

/// Shows all users in a plan.
pub(crate) fn show<C>(plan: &mut Plan<C>, users: &[User]) {
    let detail = |user: &User| Detail {
        value: serde_json::to_value(user).unwrap_or_default(),
        line: Some(format!("In use: {}: {}", user.file_system, user.shown())),
    };
    if !users.is_empty() {
        plan.details.entry(USERS).or_default().extend(users.iter().map(detail));
    }
}

/// What data goes with a file system, for the question before its deletion.
pub(crate) fn lost(users: &[User]) -> Vec<String> {
    let data = |user: &&User| matches!(user.kind, Kind::Files | Kind::AccessPoint);
    users.iter().filter(data).map(User::shown).collect()
}

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
        Kind::Files | Kind::AccessPoint | Kind::Replication => false,
    });
    let in_cluster: Vec<String> = in_cluster.map(User::shown).collect();
    if !in_cluster.is_empty() {
        plan.refusals.push(Refusal::new(
            &address,
            format!("{id} is in use: {}", in_cluster.join("; ")),
            "delete these volumes, their claims and these classes first, if their data may go; \
             `deletion_policy = \"retain\"` keeps the file system",
        ));
    }
    plan.refusals.extend(refused_by_efs(scope, (actual, region), id, users));
    plan.warnings.extend(perhaps_denied(actual, id));
    let data = lost(users);
    // Data that claims still use is not to be given up yet.
    let unused = in_cluster.is_empty() && claims().next().is_none();
    if !data.is_empty() && unused && !delete_data.contains(id) {
        plan.refusals.push(Refusal::new(
            &address,
            format!("{id} holds data: {}", data.join("; ")),
            format!(
                "give `--delete-data {id}` if all of that may go; `deletion_policy = \"retain\"` \
                 keeps the file system"
            ),
        ));
    }
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

/// Whether a deployment finds a file system of its own that nothing names which it can see
/// without asking for volumes and access points: those then say whether it is taken over.
pub fn may_be_taken_over(owner: &Owner, actual: &Actual) -> bool {
    let Some(found) = actual.file_system.as_ref() else { return false };
    owner.owns(&found.tags) && !found.life_cycle.is_leaving() && !is_named(actual, &found.id)
}

/// Whether a class, a volume or a document names a file system.
fn is_named(actual: &Actual, id: &FileSystemId) -> bool {
    let own = actual.cluster.as_ref().and_then(|cluster| cluster.storage_class.as_ref());
    let mut classes = other_classes(actual).filter_map(|class| class.file_system.as_deref());
    own.and_then(|class| class.file_system()) == Some(id.as_str())
        || classes.any(|named| named == id.as_str())
        || volumes_of(actual, id).next().is_some()
        || documents::file_system_of(&actual.documents).as_deref() == Some(id.as_str())
}

/// Asks whether a deployment may take over the data of a file system that another one with its
/// names left, such as that of a cluster which was deleted and created anew.
pub(crate) fn take_over<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (actual, owner): (&Actual, &Owner),
    consents: bool,
) {
    let Some(found) = actual.file_system.as_ref() else { return };
    let points = access_points(actual).count();
    if !may_be_taken_over(owner, actual) || (!found.holds_files() && points == 0) {
        return;
    }
    let id = &found.id;
    let since = found.created.as_ref().map(|at| format!(" since {at}")).unwrap_or_default();
    let files = found.holds_files().then(|| found.size());
    let points = (points > 0)
        .then(|| format!("{points} access point{}", if points == 1 { "" } else { "s" }));
    let holds: Vec<String> = files.into_iter().chain(points).collect();
    let nothing = match &actual.cluster {
        Some(cluster) => format!("no class and no volume in `{}` names it", cluster.name),
        None => "no document in the directory names it".to_owned(),
    };
    let what = format!(
        "takes over {id}, which exists{since} and holds {}: {nothing}",
        holds.join(" and ")
    );
    if consents {
        plan.notes.push(format!("the deployment {what}"));
        return;
    }
    plan.questions.push(Question {
        address: scope.address(file_system::KIND, None).to_string(),
        asks: what,
        remedy: format!(
            "give `{ADOPT_EXISTING}` if this is the data that it should have; another \
             `storage_class_name` makes a file system of its own"
        ),
    });
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
