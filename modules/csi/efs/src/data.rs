//! The data of a file system: who uses it, and what goes with it.

use inputs::plain;
use plan::{Detail, Loss, Plan};
use serde::Serialize;

use crate::actual::Actual;
use crate::ids::FileSystemId;
use crate::owner::{OUR_PREFIX, Owner};
use crate::resources::file_system::FileSystem;
use crate::users::{AccessPoint, OtherClass, Volume};

/// Under this name plans show who uses the file system, in JSON.
pub const USERS: &str = "users";

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
    /// A class that names its file system elsewhere, where this identity may not look.
    #[serde(rename = "storage class of an unknown file system")]
    UnknownClass,
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
            Kind::UnknownClass => "perhaps the storage class",
            Kind::Replication => "replication",
        }
    }
}

impl User {
    /// What it is, with its size and its owner.
    pub(crate) fn shown(&self) -> String {
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
    let own = actual.cluster.iter().filter_map(|cluster| cluster.storage_class.as_ref());
    let foreign = own.filter(|class| !class.is_of(owner)).map(|class| {
        let of = class.cluster().map(|cluster| format!("the cluster {cluster}"));
        (owner.storage_class.as_str(), class.file_system(), class.unknown.as_ref(), of)
    });
    let others = others.map(|class| {
        (class.name.as_str(), class.file_system.as_deref(), class.unknown.as_ref(), None)
    });
    users.extend(others.chain(foreign).filter_map(|(name, names, unknown, of)| match unknown {
        Some(why) => Some(user(Kind::UnknownClass, &format!("{name} ({why})"), None, of)),
        None => (names == Some(id.as_str())).then(|| user(Kind::Class, name, None, of)),
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

/// The access points that pods of this cluster may mount, where no cluster is seen: all but those
/// that say that another cluster's driver made them.
pub(crate) fn may_be_mounted(actual: &Actual, owner: &Owner) -> Option<String> {
    let of_others = |point: &&AccessPoint| {
        point.tags.get(&format!("{OUR_PREFIX}cluster")).is_some_and(|it| *it != owner.cluster)
    };
    let points = access_points(actual).filter(|point| !of_others(point));
    let points: Vec<String> = points.map(|it| format!("{} (`{}`)", it.id, it.path)).collect();
    let kind = if points.len() == 1 { "access point" } else { "access points" };
    (!points.is_empty()).then(|| plain(&format!("the {kind} {}", points.join(", "))))
}

pub(crate) fn access_points(actual: &Actual) -> impl Iterator<Item = &AccessPoint> {
    actual.access_points.iter().filter(|point| !point.life_cycle.is_leaving())
}

/// The volumes of the cluster that mount a file system, by its id or by the address of one of
/// its mount targets.
pub(crate) fn volumes_of<'a>(
    actual: &'a Actual,
    id: &'a FileSystemId,
) -> impl Iterator<Item = &'a Volume> {
    let all = actual.cluster.iter().flat_map(|cluster| &cluster.volumes);
    all.filter(|volume| volume.mounts(id, actual.addresses()))
}

pub(crate) fn other_classes(actual: &Actual) -> impl Iterator<Item = &OtherClass> {
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
pub(crate) fn lost(users: &[User]) -> Vec<Loss> {
    let data = |user: &&User| matches!(user.kind, Kind::Files | Kind::AccessPoint);
    let loss = |user: &User| Loss {
        what: format!("{} {}", user.kind.as_str(), user.name),
        shown: user.shown(),
    };
    users.iter().filter(data).map(loss).collect()
}
