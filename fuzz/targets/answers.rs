//! Any text in responses of AWS and of a cluster: plans, tables and pages stay well-formed.
#![no_main]

use efs::resources::file_system::{
    BackupPolicy, FileSystem, Lifecycle, MeteredIn, OverwriteProtection, PerformanceMode, Policy, Spec, Throughput, Transition,
};
use efs::resources::mount_target::MountTarget;
use efs::{
    AccessPoint, AccessPointId, Actual, Cluster, Desired, FileSystemId, LifeCycle, MountTargetId,
    Networks, OtherClass, Replication, Volume,
};
use inputs::{Given, GivenInputs};
use kubernetes::claim::Claim;
use libfuzzer_sys::fuzz_target;
use network::Tags;
use plan::{Scope, Styled, Table};
use serde_json::{Value, json};
use timeline::{Call, State, Step, Timeline};

fn inputs() -> Option<efs::Inputs> {
    let given: Value = json!({
        "aws_region": "eu-west-1",
        "cluster_name": "dev",
        "subnet_ids": ["subnet-00000001"],
        "security_group_id": "sg-00000001",
    });
    let given: GivenInputs = given
        .as_object()?
        .iter()
        .map(|(name, value)| (name.clone(), Given::Literal(value.clone())))
        .collect();
    efs::Inputs::parse(&given).ok()
}

fn file_system(text: &str, tags: Tags, ours: bool) -> Option<FileSystem> {
    Some(FileSystem {
        id: FileSystemId::try_from("fs-00000001".to_owned()).ok()?,
        life_cycle: LifeCycle::parse(if ours { "available" } else { text }),
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
            replication: Some(std::collections::BTreeMap::from([("region".to_owned(), text.to_owned())])),
        },
        metered_bytes: Some(1 << 20),
        metered_in: MeteredIn::default(),
        metered_at: Some(text.to_owned()),
        tags,
    })
}

fn cluster(text: &str, ours: bool) -> Cluster {
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
            unknown: Some(text.to_owned()),
            gid_range: None,
        }],
        volumes: vec![Volume {
            name: text.to_owned(),
            handle: "fs-00000001".to_owned(),
            of_driver: ours,
            class: Some(text.to_owned()),
            capacity: Some(text.to_owned()),
            claim: Some(text.to_owned()),
            access_points: [text.to_owned()].into(),
            target_address: Some(text.to_owned()),
            target_zone: Some(text.to_owned()),
        }],
        nodes: vec![efs::Node {
            name: text.to_owned(),
            zone: Some(text.to_owned()),
            taints: vec![efs::Taint {
                key: text.to_owned(),
                value: text.to_owned(),
                effect: "NoSchedule".to_owned(),
            }],
            ..efs::Node::default()
        }],
        default_classes: vec![text.to_owned()],
        ..Cluster::default()
    }
}

fn actual(text: &str, inputs: &efs::Inputs, ours: bool) -> Option<Actual> {
    let owner = inputs.owner();
    let mut tags: Tags = if ours { owner.tags(&Tags::new()) } else { Tags::new() };
    tags.insert(text.to_owned(), text.to_owned());
    Some(Actual {
        file_system: Some(file_system(text, tags, ours)?),
        mount_targets: vec![MountTarget {
            id: MountTargetId::try_from("fsmt-00000001".to_owned()).ok()?,
            life_cycle: LifeCycle::parse(text),
            subnet_id: "subnet-00000001".to_owned().try_into().ok()?,
            vpc_id: None,
            availability_zone: text.to_owned(),
            availability_zone_id: Some(text.to_owned()),
            network_interface_id: None,
            ip_address: Some(text.to_owned()),
        ipv6_address: Some(text.to_owned()),
            security_groups: None,
        }],
        access_points: vec![AccessPoint {
            id: AccessPointId::try_from("fsap-00000001".to_owned()).ok()?,
            life_cycle: LifeCycle::parse(text),
            client_token: Some(text.to_owned()),
            path: text.to_owned(),
            posix_user: None,
            creation_info: None,
            account: Some(text.to_owned()),
            tags: Tags::from([("clockwork-codex/cluster".to_owned(), text.to_owned())]),
        }],
        replications: vec![Replication {
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
        }],
        policy: Some(text.to_owned()),
        cluster: Some(cluster(text, ours)),
        ..Actual::default()
    })
}

/// Asserts that a text has no control character, and none that changes the writing direction.
fn assert_harmless(text: &str) {
    let acts = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.chars().any(acts), "{text:?}");
}

fuzz_target!(|text: &str| {
    let Some(inputs) = inputs() else { unreachable!("they are right") };
    let scope = Scope::alone("efs_csi");
    let Some(desired) = Desired::new(scope.clone(), &inputs, &Networks::new()) else { unreachable!("listed") };
    for ours in [true, false] {
        let Some(actual) = actual(text, &inputs, ours) else { unreachable!("the ids are right") };
        for plan in [
            efs::plan(&desired, &actual).expect("it renders"),
            efs::destroy(&scope, &inputs, &actual),
        ] {
            assert_harmless(&Styled { plan: &plan, colour: false }.to_string());
            let json = serde_json::to_string(&plan).expect("JSON");
            let _: Value = serde_json::from_str(&json).expect("JSON");
        }
        assert_harmless(&Table(&efs::rows(&inputs, &actual)).to_string());
    }
    let page = timeline::page(&Timeline {
        title: text.to_owned(),
        steps: vec![Step {
            address: text.to_owned(),
            needs: vec![text.to_owned()],
            states: vec![State { name: text.to_owned(), from_us: 0 }],
            to_us: 1,
            outcome: text.to_owned(),
            failed: false,
        }],
        calls: vec![Call {
            operation: text.to_owned(),
            attempt: 1,
            status: None,
            from_us: 0,
            to_us: 1,
        }],
        total_us: 1,
    })
    .expect("it renders");
    let empty = timeline::page(&Timeline::default()).expect("it renders");
    let tags = |page: &str, tag: &str| page.matches(tag).count();
    assert_eq!(tags(&page, "<script"), tags(&empty, "<script"));
    assert_eq!(tags(&page, "<tr"), tags(&empty, "<tr") + 2);
});
