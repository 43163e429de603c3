//! Users of a file system, as random worlds have them.

use efs::{AccessPoint, AccessPointId, Actual, LifeCycle, OtherClass, Replication, Volume};
use kubernetes::claim::Claim;
use proptest::prelude::*;

/// What a world may have beside a deployment on `fs-0000000a`.
#[derive(Debug, Clone)]
pub(crate) enum User {
    /// A static volume, or one of another class; with a claim or without.
    Volume {
        handle: String,
        of_driver: bool,
        class: Option<String>,
        claimed: bool,
    },
    /// A claim of the deployment's own class.
    Claim,
    /// Another class on the file system.
    Class,
    /// An access point that some cluster's driver made, or a person.
    AccessPoint {
        tagged: bool,
        leaving: bool,
    },
    /// Files, as EFS metered them.
    Files {
        bytes: u64,
    },
    Replication,
}

impl User {
    /// Whether it is lost with the file system: an empty one meters 6 KiB, and an access point
    /// that is being deleted is somebody's wish.
    pub(crate) fn counts(&self) -> bool {
        match self {
            User::AccessPoint { leaving, .. } => !leaving,
            User::Files { bytes } => *bytes > 6144,
            User::Volume { handle, .. } => !handle.contains("fs-0000000b"),
            User::Claim | User::Class | User::Replication => true,
        }
    }

    /// Whether only a cluster shows it.
    pub(crate) fn is_in_cluster(&self) -> bool {
        matches!(self, User::Volume { .. } | User::Claim | User::Class)
    }
}

/// Any user.
pub(crate) fn user() -> impl Strategy<Value = User> {
    prop_oneof![
        volume(),
        Just(User::Claim),
        Just(User::Class),
        (any::<bool>(), any::<bool>())
            .prop_map(|(tagged, leaving)| User::AccessPoint { tagged, leaving }),
        prop_oneof![0_u64..6145, 6145..u64::MAX].prop_map(|bytes| User::Files { bytes }),
        Just(User::Replication),
    ]
}

/// A volume of this file system or of another one, in any form of its handle.
fn volume() -> impl Strategy<Value = User> {
    let forms = prop_oneof![
        Just(""),
        Just(":/data"),
        Just("::fsap-00000007"),
        Just(":/data:fsap-00000007"),
    ];
    let id = prop_oneof![3 => Just("fs-0000000a"), 1 => Just("fs-0000000b")];
    let class = prop_oneof![Just(None), Just(Some("other")), Just(Some(""))];
    (id, forms, any::<bool>(), any::<bool>(), class, any::<bool>()).prop_map(
        |(id, form, prefixed, of_driver, class, claimed)| {
            let prefix = if prefixed { "efs:" } else { "" };
            let handle = if of_driver {
                format!("{prefix}{id}{form}")
            } else {
                format!("{id}.efs.eu-west-1.amazonaws.com")
            };
            User::Volume { handle, of_driver, class: class.map(str::to_owned), claimed }
        },
    )
}

/// Adds a user to a world.
pub(crate) fn beside(actual: &mut Actual, user: &User) {
    match user {
        User::AccessPoint { tagged, leaving } => {
            let number = actual.access_points.len() + 1;
            let tag = ("efs.csi.aws.com/cluster".to_owned(), "true".to_owned());
            actual.access_points.push(AccessPoint {
                id: AccessPointId::try_from(format!("fsap-{number:08x}")).unwrap(),
                life_cycle: if *leaving { LifeCycle::Deleting } else { LifeCycle::Available },
                path: format!("/pvc-{number}"),
                account: Some("111122223333".to_owned()),
                tags: tagged.then_some(tag).into_iter().collect(),
            });
        }
        User::Files { bytes } => {
            if let Some(found) = &mut actual.file_system {
                // Several files are as large as the largest: the others are among them.
                let before = found.metered_bytes.unwrap_or(0);
                found.metered_bytes = Some(before.max(*bytes));
                found.metered_at = Some("2026-01-02T00:00:00Z".to_owned());
            }
        }
        User::Replication => actual.replications.push(Replication {
            source: "fs-0000000a".to_owned(),
            source_region: "eu-west-1".to_owned(),
            destination: "fs-0000000c".to_owned(),
            destination_region: "eu-central-1".to_owned(),
            status: "ENABLED".to_owned(),
        }),
        User::Volume { .. } | User::Claim | User::Class => in_cluster(actual, user),
    }
}

fn in_cluster(actual: &mut Actual, user: &User) {
    let Some(cluster) = &mut actual.cluster else { return };
    let number = cluster.volumes.len();
    match user {
        User::Volume { handle, of_driver, class, claimed } => cluster.volumes.push(Volume {
            target_address: None,
            target_zone: None,
            name: format!("pv-{number}"),
            handle: handle.clone(),
            of_driver: *of_driver,
            class: class.clone(),
            capacity: Some("10Gi".to_owned()),
            claim: claimed.then(|| format!("other/data-{number}")),
        }),
        User::Claim => {
            let (volume, claim) = (format!("pvc-{number}"), format!("checkpoints-{number}"));
            cluster.claims.push(Claim {
                namespace: "graphs".to_owned(),
                name: claim.clone(),
                phase: "Bound".to_owned(),
                volume: Some(volume.clone()),
                ..Claim::default()
            });
            cluster.volumes.push(Volume {
                target_address: None,
                target_zone: None,
                name: volume,
                handle: format!("fs-0000000a::fsap-{number:08x}"),
                of_driver: true,
                class: Some("efs-sc".to_owned()),
                capacity: Some("10Gi".to_owned()),
                claim: Some(format!("graphs/{claim}")),
            });
        }
        _ => cluster.other_classes.push(OtherClass {
            name: "efs-b".to_owned(),
            file_system: Some("fs-0000000a".to_owned()),
        }),
    }
}
