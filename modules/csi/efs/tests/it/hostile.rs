//! Whatever AWS and a cluster answer: plans and tables stay text, and JSON stays JSON.

use std::collections::{BTreeMap, BTreeSet};

use efs::resources::file_system::{
    BackupPolicy, FileSystem, Lifecycle, MeteredIn, OverwriteProtection, PerformanceMode, Policy,
    Spec, Throughput, Transition,
};
use efs::resources::mount_target::MountTarget;
use efs::{
    AccessPoint, AccessPointId, Actual, Cluster, FileSystemId, LifeCycle, MountTargetId,
    OtherClass, Owner, Replication, Volume,
};
use kubernetes::claim::Claim;
use plan::{Styled, Table};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{account, desired, inputs, planned, scope, subnet, subnet_id};

/// Nothing that a terminal acts on, nor what turns the direction of writing.
fn is_harmless(told: &str) -> bool {
    let acts = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    !told.chars().any(acts)
}

/// Texts with what does harm in them more often than by chance.
fn hostile() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            any::<char>().prop_map(String::from),
            Just("\u{1b}[2J".to_owned()),
            Just("\u{9b}31m".to_owned()),
            Just("\u{202e}".to_owned()),
            Just("\r\n".to_owned()),
            Just("\": {{ x }}".to_owned()),
        ],
        0..12,
    )
    .prop_map(|pieces| pieces.concat())
}

fn file_system(text: &str, ours: bool, tags: BTreeMap<String, String>) -> FileSystem {
    FileSystem {
        id: FileSystemId::try_from("fs-00000001".to_owned()).unwrap(),
        life_cycle: if ours { LifeCycle::Available } else { LifeCycle::parse(text) },
        created: Some(text.to_owned()),
        account: Some(text.to_owned()),
        creation_token: text.to_owned(),
        spec: Spec {
            encrypted: false,
            kms_key_id: Some(text.to_owned()),
            availability_zone: Some(text.to_owned()),
            performance_mode: PerformanceMode::parse(text),
            throughput: Throughput::found(text, None),
            lifecycle: Some(Lifecycle::from([(Transition::ToIa, text.to_owned())])),
            backup: BackupPolicy::found(text),
            overwrite_protection: Some(OverwriteProtection::parse(text)),
            policy: Policy::found(text),
            replication: Some(std::collections::BTreeMap::from([(
                "region".to_owned(),
                text.to_owned(),
            )])),
        },
        metered_bytes: Some(1 << 20),
        metered_in: MeteredIn::default(),
        metered_at: Some(text.to_owned()),
        tags,
    }
}

fn mount_target(text: &str) -> MountTarget {
    MountTarget {
        id: MountTargetId::try_from("fsmt-00000001".to_owned()).unwrap(),
        life_cycle: LifeCycle::parse(text),
        subnet_id: subnet_id(9),
        vpc_id: None,
        availability_zone: text.to_owned(),
        availability_zone_id: Some(text.to_owned()),
        network_interface_id: None,
        ip_address: Some(text.to_owned()),
        ipv6_address: Some(text.to_owned()),
        security_groups: None,
    }
}

fn access_point(text: &str) -> AccessPoint {
    AccessPoint {
        id: AccessPointId::try_from("fsap-00000001").unwrap(),
        life_cycle: LifeCycle::Available,
        client_token: Some(text.to_owned()),
        path: text.to_owned(),
        posix_user: None,
        creation_info: None,
        account: Some(text.to_owned()),
        tags: [("clockwork-codex/cluster".to_owned(), text.to_owned())].into(),
    }
}

fn replication(text: &str) -> Replication {
    Replication {
        source: text.to_owned(),
        source_region: text.to_owned(),
        destination: text.to_owned(),
        destination_region: text.to_owned(),
        status: text.to_owned(),
        last_replicated: Some(text.to_owned()),
        message: Some(text.to_owned()),
        account: Some(text.to_owned()),
        role_arn: Some(text.to_owned()),
        lag_seconds: None,
    }
}

fn cluster(text: &str) -> Cluster {
    Cluster {
        name: text.to_owned(),
        claims: vec![Claim {
            namespace: text.to_owned(),
            name: text.to_owned(),
            phase: text.to_owned(),
            used_by: vec![text.to_owned()],
            nodes: vec![text.to_owned()],
            requested: Some(text.to_owned()),
            capacity: Some(text.to_owned()),
            ..Claim::default()
        }],
        denied: vec![text.to_owned()],
        other_classes: vec![OtherClass {
            name: text.to_owned(),
            file_system: Some("fs-00000001".to_owned()),
            gid_range: None,
            unknown: Some(text.to_owned()),
        }],
        volumes: vec![Volume {
            access_points: BTreeSet::new(),
            target_address: None,
            target_zone: None,
            name: text.to_owned(),
            handle: "fs-00000001".to_owned(),
            of_driver: true,
            class: Some(text.to_owned()),
            capacity: Some(text.to_owned()),
            claim: Some(text.to_owned()),
        }],
        nodes: vec![efs::Node {
            name: text.to_owned(),
            zone: Some(text.to_owned()),
            taints: vec![efs::Taint {
                key: text.to_owned(),
                value: text.to_owned(),
                effect: "NoSchedule".to_owned(),
            }],
            labels: [("kubernetes.io/arch".to_owned(), text.to_owned())].into(),
            ..efs::Node::default()
        }],
        default_classes: vec![text.to_owned()],
        ..Cluster::default()
    }
}

/// What is found where everything that may be any text is this one.
fn found(text: &str, ours: bool, owner: &Owner) -> Actual {
    let mut tags = if ours { owner.tags(&[].into()) } else { [].into() };
    tags.insert(text.to_owned(), text.to_owned());
    Actual {
        file_system: Some(file_system(text, ours, tags)),
        mount_targets: vec![mount_target(text)],
        access_points: vec![access_point(text)],
        replications: vec![replication(text)],
        policy: Some(text.to_owned()),
        cluster: Some(cluster(text)),
        ..account(vec![subnet(1, 'a'), subnet(2, 'b'), subnet(3, 'c')])
    }
}

proptest! {
    #[test]
    fn answers_reach_plans_and_tables_as_text(text in hostile(), ours in any::<bool>()) {
        let inputs = inputs(&json!({}));
        let actual = found(&text, ours, &inputs.owner());
        for plan in [planned(&desired(&json!({})), &actual), efs::destroy(&scope(), &inputs, &actual)] {
            let told = Styled { plan: &plan, colour: false }.to_string();
            prop_assert!(is_harmless(&told), "{told:?}");
            let document = serde_json::to_string(&plan).unwrap();
            prop_assert!(serde_json::from_str::<Value>(&document).is_ok());
        }
        let rows = efs::rows(&inputs, &actual);
        let table = Table(&rows).to_string();
        prop_assert!(is_harmless(&table), "{table:?}");
        // One line for the heading and one for each thing: nothing of it looks like another.
        prop_assert_eq!(table.lines().count(), 1 + rows.len());
    }
}
