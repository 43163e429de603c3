//! A world for plans: what is there, and what a plan makes of it.

use std::collections::BTreeMap;

use efs::{
    Actual, Cluster, CreateMountTarget, Desired, Document, FileSystem, FileSystemRef, Inputs,
    LifeCycle, MountTarget, Operation, Plan, Release, ReleaseStatus, StorageClass, Until, Wait,
};
use inputs::Given;
use network::{
    FileSystemId, IngressRule, MountTargetId, Observed, SecurityGroup, SecurityGroupId, Subnet,
    SubnetId, VpcId,
};
use serde_json::{Value, json};

pub(crate) const GROUP: &str = "sg-00000001";

pub(crate) fn subnet_id(n: u32) -> SubnetId {
    SubnetId::try_from(format!("subnet-{n:08x}")).unwrap()
}

pub(crate) fn vpc() -> VpcId {
    VpcId::try_from("vpc-00000001").unwrap()
}

pub(crate) fn group(id: &str) -> SecurityGroupId {
    SecurityGroupId::try_from(id).unwrap()
}

/// A subnet whose zone is named by a letter.
pub(crate) fn subnet(n: u32, zone: char) -> Subnet {
    Subnet {
        id: subnet_id(n),
        vpc_id: vpc(),
        availability_zone: format!("eu-west-1{zone}"),
        free_addresses: 100,
        tags: BTreeMap::new(),
    }
}

/// An empty account with a VPC of these subnets and a group that admits its own members.
pub(crate) fn account(subnets: Vec<Subnet>) -> Actual {
    Actual {
        network: Observed {
            subnets,
            route_tables: Vec::new(),
            security_groups: vec![SecurityGroup {
                id: group(GROUP),
                vpc_id: vpc(),
                tags: BTreeMap::new(),
            }],
            ingress_rules: vec![IngressRule {
                id: "sgr-00000001".to_owned(),
                group_id: group(GROUP),
                protocol: "-1".to_owned(),
                from_port: -1,
                to_port: -1,
                source: Some(network::RuleSource::Group(group(GROUP))),
                tags: BTreeMap::new(),
            }],
        },
        ..Actual::default()
    }
}

/// The required inputs for three subnets, with others beside or in place of them.
pub(crate) fn inputs(more: &Value) -> Inputs {
    let mut all = json!({
        "aws_region": "eu-west-1",
        "cluster_name": "dev",
        "subnet_ids": ["subnet-00000001", "subnet-00000002", "subnet-00000003"],
        "security_group_id": GROUP,
    });
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    let given = all.as_object().unwrap().iter();
    let given = given.map(|(name, value)| (name.clone(), Given::Literal(value.clone()))).collect();
    Inputs::parse(&given).unwrap()
}

pub(crate) fn desired(more: &Value) -> Desired {
    Desired::new("efs_csi", &inputs(more), None).unwrap()
}

/// Carries a plan out on a world that obeys at once, in an order that the
/// plan's needs allow; a plan that never gets through is a defect.
pub(crate) fn apply(plan: &Plan, desired: &Desired, actual: &mut Actual) {
    assert_eq!(plan.refusals, [], "a refused plan is not carried out");
    let mut through: Vec<&str> = Vec::new();
    for wait in &plan.waits {
        arrive(wait, actual);
        through.push(&wait.id);
    }
    let mut left: Vec<_> = plan.steps.iter().collect();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|step| {
            let ready = step.needs.iter().all(|need| through.contains(&need.as_str()));
            if ready {
                carry_out(&step.operation, desired, actual);
                through.push(&step.id);
            }
            !ready
        });
        assert!(left.len() < before, "steps wait for each other: {left:?}");
    }
}

fn arrive(wait: &Wait, actual: &mut Actual) {
    match &wait.until {
        Until::FileSystemAvailable(_) => {
            actual.file_system.as_mut().unwrap().life_cycle = LifeCycle::Available;
        }
        Until::FileSystemGone(_) => {
            actual.file_system = None;
            actual.mount_targets.clear();
        }
        Until::MountTargetAvailable(id) => {
            for target in actual.mount_targets.iter_mut().filter(|target| target.id == *id) {
                target.life_cycle = LifeCycle::Available;
            }
        }
        Until::MountTargetGone(id) => actual.mount_targets.retain(|target| target.id != *id),
        Until::DriverReady => {
            for rollout in &mut actual.cluster.as_mut().unwrap().driver.rollouts {
                rollout.ready = rollout.desired;
                rollout.current = true;
            }
        }
    }
}

fn carry_out(operation: &Operation, desired: &Desired, actual: &mut Actual) {
    match operation {
        Operation::CreateFileSystem(create) => {
            assert!(actual.file_system.is_none(), "a second file system");
            actual.file_system = Some(FileSystem {
                id: FileSystemId::try_from("fs-0000000a").unwrap(),
                life_cycle: LifeCycle::Available,
                creation_token: create.creation_token.clone(),
                encrypted: create.encrypted,
                kms_key_id: create.kms_key_id.clone(),
                performance_mode: create.performance_mode.as_str().to_owned(),
                throughput_mode: create.throughput.mode().to_owned(),
                provisioned_throughput_in_mibps: create.throughput.mibps(),
                availability_zone: None,
                metered_bytes: None,
                tags: create.tags.clone(),
            });
        }
        Operation::UpdateThroughput { throughput, .. } => {
            let found = actual.file_system.as_mut().unwrap();
            throughput.mode().clone_into(&mut found.throughput_mode);
            found.provisioned_throughput_in_mibps = throughput.mibps();
        }
        Operation::TagFileSystem { tags, .. } => {
            actual.file_system.as_mut().unwrap().tags.extend(tags.clone());
        }
        Operation::DeleteFileSystem { .. } => {
            assert_eq!(actual.mount_targets, [], "FileSystemInUse");
            actual.file_system = None;
        }
        Operation::CreateMountTarget(create) => create_target(create, actual),
        Operation::ReplaceMountTarget { old, new } => {
            actual.mount_targets.retain(|target| target.id != *old);
            create_target(new, actual);
        }
        Operation::SetSecurityGroups { mount_target, security_groups } => {
            for target in
                actual.mount_targets.iter_mut().filter(|target| target.id == *mount_target)
            {
                target.security_groups = Some(security_groups.clone());
            }
        }
        Operation::DeleteMountTarget { mount_target } => {
            actual.mount_targets.retain(|target| target.id != *mount_target);
        }
        Operation::AuthorizeIngress { group, source, tags } => {
            actual.network.ingress_rules.push(IngressRule {
                id: format!("sgr-{source}"),
                group_id: group.clone(),
                protocol: "tcp".to_owned(),
                from_port: 2049,
                to_port: 2049,
                source: Some(source.clone()),
                tags: tags.clone(),
            });
        }
        Operation::RevokeIngress { rule, .. } => {
            actual.network.ingress_rules.retain(|found| found.id != *rule);
        }
        Operation::WriteDocument { document, file_system } => {
            let id = match file_system {
                None => String::new(),
                Some(FileSystemRef::Known(id)) => id.to_string(),
                Some(FileSystemRef::AfterApply) => {
                    actual.file_system.as_ref().unwrap().id.to_string()
                }
            };
            let text = document.render_for(&desired.inputs, &id).unwrap();
            actual.documents.insert(document.file_name().to_owned(), text);
        }
        Operation::RemoveDocument { document } => {
            actual.documents.remove(document.file_name());
        }
        Operation::ApplyStorageClass { .. }
        | Operation::DeleteStorageClass { .. }
        | Operation::UpgradeRelease { .. }
        | Operation::UninstallRelease
        | Operation::ExpandClaim { .. } => in_cluster(operation, desired, actual),
        Operation::ApplyClaim { .. }
        | Operation::DeleteClaim { .. }
        | Operation::WriteFile { .. }
        | Operation::RemoveFile { .. }
        | Operation::UpgradeWorkload { .. }
        | Operation::UninstallWorkload { .. } => unreachable!("of workloads"),
    }
}

fn in_cluster(operation: &Operation, desired: &Desired, actual: &mut Actual) {
    let id = actual.file_system.as_ref().map(|found| found.id.to_string()).unwrap_or_default();
    let cluster = actual.cluster.as_mut().unwrap();
    match operation {
        Operation::ApplyStorageClass { replace, .. } => {
            let text = Document::StorageClass.render_for(&desired.inputs, &id).unwrap();
            let class = class(&text);
            if let Some(found) = &cluster.storage_class {
                assert!(*replace || found.immutable == class.immutable, "Forbidden: immutable");
            }
            cluster.storage_class = Some(class);
        }
        Operation::DeleteStorageClass { .. } => {
            assert!(cluster.storage_class.take().is_some());
        }
        Operation::UpgradeRelease { .. } => {
            let revision = cluster.driver.release.as_ref().map_or(0, |release| release.revision);
            cluster.driver.release = Some(Release {
                revision: revision + 1,
                status: ReleaseStatus::Deployed,
                chart: format!("{}-{}", efs::CHART, desired.inputs.driver.version),
                values: desired.inputs.release_values(),
                ours: true,
            });
        }
        Operation::UninstallRelease => assert!(cluster.driver.release.take().is_some()),
        Operation::ExpandClaim { namespace, name, capacity, .. } => {
            let mut claims = cluster.claims.iter_mut();
            let claim =
                claims.find(|claim| claim.namespace == *namespace && claim.name == *name).unwrap();
            claim.capacity = Some(capacity.clone());
            claim.wants_more = false;
        }
        _ => unreachable!("not in a cluster"),
    }
}

/// A class as it is found after this document was applied.
pub(crate) fn class(text: &str) -> StorageClass {
    let class: Value = serde_norway::from_str(text).unwrap();
    let map = |name: &str| -> BTreeMap<String, String> {
        serde_json::from_value(class["metadata"][name].clone()).unwrap_or_default()
    };
    StorageClass {
        labels: map("labels"),
        annotations: map("annotations"),
        our_labels: map("labels").into_keys().collect(),
        our_annotations: map("annotations").into_keys().collect(),
        immutable: efs::Immutable::parse(text).unwrap(),
        allow_volume_expansion: class["allowVolumeExpansion"].as_bool().unwrap(),
    }
}

/// An account with a VPC of these subnets, and an empty cluster as the target.
pub(crate) fn account_and_cluster(subnets: Vec<Subnet>) -> Actual {
    let cluster = Cluster { name: "dev".to_owned(), ..Cluster::default() };
    Actual { cluster: Some(cluster), ..account(subnets) }
}

/// Account and cluster after a deployment of these inputs.
pub(crate) fn deployed_to_cluster(more: &Value) -> Actual {
    let desired = desired(more);
    let mut actual = account_and_cluster(three());
    apply(&efs::plan(&desired, &actual), &desired, &mut actual);
    actual
}

fn create_target(create: &CreateMountTarget, actual: &mut Actual) {
    let mut others = actual.mount_targets.iter();
    assert!(
        others.all(|target| target.availability_zone != create.availability_zone),
        "MountTargetConflict in {}",
        create.availability_zone
    );
    let digits = &create.subnet.as_str()["subnet-".len()..];
    actual.mount_targets.push(MountTarget {
        id: MountTargetId::try_from(format!("fsmt-{digits}")).unwrap(),
        life_cycle: LifeCycle::Available,
        subnet_id: create.subnet.clone(),
        vpc_id: Some(vpc()),
        availability_zone: create.availability_zone.clone(),
        ip_address: Some("10.0.0.4".to_owned()),
        security_groups: Some(vec![create.security_group.clone()]),
    });
}

/// The account after a deployment of these inputs.
pub(crate) fn deployed(more: &Value, subnets: Vec<Subnet>) -> Actual {
    let desired = desired(more);
    let mut actual = account(subnets);
    apply(&efs::plan(&desired, &actual), &desired, &mut actual);
    actual
}

/// Three zones with a subnet each.
pub(crate) fn three() -> Vec<Subnet> {
    vec![subnet(1, 'a'), subnet(2, 'b'), subnet(3, 'c')]
}
