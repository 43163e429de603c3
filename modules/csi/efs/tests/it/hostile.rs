//! Whatever AWS and a cluster answer: plans and tables stay text, and JSON stays JSON.

use efs::resources::file_system::{
    FileSystem, Lifecycle, PerformanceMode, Spec, Throughput, Transition,
};
use efs::resources::mount_target::MountTarget;
use efs::{
    AccessPoint, AccessPointId, Cluster, FileSystemId, LifeCycle, MountTargetId, OtherClass,
    Replication, Volume,
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

proptest! {
    #[test]
    fn answers_reach_plans_and_tables_as_text(text in hostile(), ours in any::<bool>()) {
        let mut actual = account(vec![subnet(1, 'a'), subnet(2, 'b'), subnet(3, 'c')]);
        let inputs = inputs(&json!({}));
        let owner = inputs.owner();
        let mut tags = if ours { owner.tags(&[].into()) } else { [].into() };
        tags.insert(text.clone(), text.clone());
        actual.file_system = Some(FileSystem {
            id: FileSystemId::try_from("fs-00000001".to_owned()).unwrap(),
            life_cycle: if ours { LifeCycle::Available } else { LifeCycle::parse(&text) },
            created: Some(text.clone()),
            account: Some(text.clone()),
            creation_token: text.clone(),
            spec: Spec {
                encrypted: false,
                kms_key_id: Some(text.clone()),
                performance_mode: PerformanceMode::parse(&text),
                throughput: Throughput::found(&text, None),
                lifecycle: Some(Lifecycle::from([(Transition::ToIa, text.clone())])),
            },
            availability_zone: Some(text.clone()),
            metered_bytes: Some(1 << 20),
            metered_at: Some(text.clone()),
            tags,
        });
        actual.mount_targets = vec![MountTarget {
            id: MountTargetId::try_from("fsmt-00000001".to_owned()).unwrap(),
            life_cycle: LifeCycle::parse(&text),
            subnet_id: subnet_id(9),
            vpc_id: None,
            availability_zone: text.clone(),
            ip_address: Some(text.clone()),
            security_groups: None,
        }];
        actual.access_points = vec![AccessPoint {
            id: AccessPointId::try_from("fsap-00000001").unwrap(),
            life_cycle: LifeCycle::Available,
            path: text.clone(),
            account: Some(text.clone()),
            tags: [("clockwork-codex/cluster".to_owned(), text.clone())].into(),
        }];
        actual.replications = vec![Replication {
            source: text.clone(),
            source_region: text.clone(),
            destination: text.clone(),
            destination_region: text.clone(),
            status: text.clone(),
        }];
        actual.policy = Some(text.clone());
        actual.cluster = Some(Cluster {
            name: text.clone(),
            claims: vec![Claim {
                namespace: text.clone(),
                name: text.clone(),
                phase: text.clone(),
                used_by: vec![text.clone()],
                nodes: vec![text.clone()],
                requested: Some(text.clone()),
                capacity: Some(text.clone()),
                ..Claim::default()
            }],
            denied: vec![text.clone()],
            other_classes: vec![OtherClass {
                name: text.clone(),
                file_system: Some("fs-00000001".to_owned()),
            }],
            volumes: vec![Volume {
                name: text.clone(),
                handle: "fs-00000001".to_owned(),
                of_driver: true,
                class: Some(text.clone()),
                capacity: Some(text.clone()),
                claim: Some(text.clone()),
            }],
            taints: vec![text],
            ..Cluster::default()
        });
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
