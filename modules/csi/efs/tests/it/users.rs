//! Users of a file system, as random worlds have them.

use std::collections::BTreeSet;

use efs::resources::file_system::FileSystem;
use efs::{
    AccessPoint, AccessPointId, Actual, FileSystemId, LifeCycle, NamedBefore, OtherClass,
    Replication, Volume,
};
use kubernetes::claim::Claim;
use plan::Known;
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
    /// Another class, on this file system or on another one, as it says itself, as what it
    /// refers to says, or as nobody may see.
    Class {
        here: bool,
        says: Says,
    },
    /// The deployment's own class on another file system, with a volume there.
    Elsewhere,
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

/// Where a class says what its file system is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Says {
    Itself,
    /// In a `ConfigMap` or a Secret that this identity may not read.
    Hidden,
}

impl User {
    /// Whether it is a volume of this class.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        matches!(self, User::Volume { class: Some(class), .. } if class == name)
    }

    /// Whether it is lost with the file system: an empty one meters 6 KiB, and an access point
    /// that is being deleted is somebody's wish.
    pub(crate) fn counts(&self) -> bool {
        match self {
            User::AccessPoint { leaving, .. } => !leaving,
            User::Files { bytes } => *bytes > 6144,
            User::Volume { handle, .. } => !handle.contains("fs-0000000b"),
            User::Class { here, .. } => *here,
            User::Claim | User::Elsewhere | User::Replication => true,
        }
    }

    /// Whether only a cluster shows it.
    pub(crate) fn is_in_cluster(&self) -> bool {
        matches!(self, User::Volume { .. } | User::Claim | User::Class { .. } | User::Elsewhere)
    }
}

/// Any user.
pub(crate) fn user() -> impl Strategy<Value = User> {
    prop_oneof![
        volume(),
        Just(User::Claim),
        Just(User::Elsewhere),
        (any::<bool>(), prop_oneof![Just(Says::Itself), Just(Says::Hidden)])
            .prop_map(|(here, says)| User::Class { here, says }),
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
    let classes = [None, Some("other"), Some(""), Some("efs-store")];
    let class = proptest::sample::select(classes.to_vec());
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
                client_token: None,
                path: format!("/pvc-{number}"),
                posix_user: None,
                creation_info: None,
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
            last_replicated: None,
            ..Replication::default()
        }),
        User::Elsewhere => elsewhere(actual),
        User::Volume { .. } | User::Claim | User::Class { .. } => in_cluster(actual, user),
    }
}

fn in_cluster(actual: &mut Actual, user: &User) {
    let Some(cluster) = &mut actual.cluster else { return };
    let number = cluster.volumes.len();
    match user {
        User::Volume { handle, of_driver, class, claimed } => cluster.volumes.push(Volume {
            access_points: BTreeSet::new(),
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
                access_points: BTreeSet::new(),
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
        User::Class { here, says } => {
            let names = if *here { "fs-0000000a" } else { "fs-0000000b" };
            let hidden = matches!(says, Says::Hidden);
            cluster.other_classes.push(OtherClass {
                name: format!("efs-{number}-{}", cluster.other_classes.len()),
                file_system: (!hidden).then(|| names.to_owned()),
                unknown: hidden.then(|| "this identity may not read it".to_owned()),
                gid_range: None,
            });
        }
        _ => {}
    }
}

/// The own class names another file system that exists, and a claim has its volume there.
fn elsewhere(actual: &mut Actual) {
    let Some(found) = actual.file_system.clone() else { return };
    let id = FileSystemId::try_from("fs-0000000b").unwrap();
    let file_system = FileSystem { id, ..found };
    let Some(cluster) = &mut actual.cluster else { return };
    if let Some(class) = &mut cluster.storage_class {
        let named = Known::Now("fs-0000000b".to_owned());
        class.spec.parameters.insert("fileSystemId".to_owned(), named);
    }
    let number = cluster.volumes.len();
    cluster.volumes.push(Volume {
        name: format!("pvc-elsewhere-{number}"),
        handle: format!("fs-0000000b::fsap-{number:08x}"),
        of_driver: true,
        class: Some("efs-sc".to_owned()),
        capacity: Some("10Gi".to_owned()),
        claim: Some(format!("graphs/elsewhere-{number}")),
        ..Volume::default()
    });
    cluster.claims.push(Claim {
        namespace: "graphs".to_owned(),
        name: format!("elsewhere-{number}"),
        phase: "Bound".to_owned(),
        volume: Some(format!("pvc-elsewhere-{number}")),
        ..Claim::default()
    });
    actual.named_before = Some(NamedBefore { file_system, access_points: 0 });
}
