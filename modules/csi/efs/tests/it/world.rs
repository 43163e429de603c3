//! A world for plans: what is there, and what a plan makes of it.

use std::collections::BTreeMap;
use std::convert::Infallible;

use efs::resources::file_system::{FileSystem, Lifecycle, MeteredIn, OverwriteProtection, Spec};
use efs::resources::mount_target::{IpAddressType, MountTarget};
use efs::resources::storage_class::StorageClass;
use efs::resources::{file_system, ingress, mount_target, storage_class};
use efs::{
    Actual, Call, Cluster, Desired, FileSystemId, Inputs, LifeCycle, MountTargetId, Networks, Plan,
};
use inputs::Given;
use kubernetes::Preconditions;
use network::{
    IngressRule, Observed, RuleSource, SecurityGroup, SecurityGroupId, Subnet, SubnetId, VpcId,
};
use plan::{ChangeId, Known, Scope, compare, files};
use serde_json::{Value, json};

use crate::{obeying, obeying_volumes};

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
        availability_zone_id: Some(format!("euw1-az{}", u32::from(zone) - u32::from('a') + 1)),
        free_addresses: 100,
        ranges: vec![format!("10.0.{}.0/24", n % 256).parse().unwrap()],
        on_outpost: false,
        nodes: 0,
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
                source: Some(RuleSource::Group(group(GROUP))),
                tags: BTreeMap::new(),
            }],
            ..Observed::default()
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

/// The only module of its file.
pub(crate) fn scope() -> Scope {
    Scope::alone("efs_csi")
}

/// The plan that makes `actual` what it should be.
pub(crate) fn planned(desired: &Desired, actual: &Actual) -> Plan {
    efs::plan(desired, actual).unwrap()
}

pub(crate) fn desired(more: &Value) -> Desired {
    Desired::new(scope(), &inputs(more), &Networks::new()).unwrap()
}

/// Carries a plan out on a world that obeys at once, in an order that the
/// plan's needs allow; a plan that never gets through is a defect.
pub(crate) fn apply(plan: &Plan, actual: &mut Actual) {
    assert_eq!(plan.refusals, [], "a refused plan is not carried out");
    let mut done: Vec<&ChangeId> = Vec::new();
    for wait in &plan.waits {
        carry_out(&wait.call, actual);
        done.push(&wait.id);
    }
    let mut left: Vec<_> = plan.changes.iter().collect();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|change| {
            let mut needs = change.needs.iter().chain(&change.needs_any.of);
            let ready = needs.all(|need| done.contains(&need));
            if ready {
                for call in &change.calls {
                    carry_out(call, actual);
                }
                done.push(&change.id);
            }
            !ready
        });
        assert!(left.len() < before, "changes wait for each other: {left:?}");
    }
}

/// Obeys one call.
pub(crate) fn carry_out(call: &Call, actual: &mut Actual) {
    match call {
        Call::AccessPoint(call) => obeying::access_point(call, &result(actual), actual),
        Call::Addon(call) => obeying::addon(call, &result(actual), actual),
        Call::PersistentVolume(call) => obeying_volumes::volume(call, &result(actual), actual),
        Call::File(call) => file(call, actual),
        Call::FileSystem(call) => file_system(call, actual),
        Call::MountTarget(call) => mount_target(call, actual),
        Call::Ingress(call) => rule(call, actual),
        Call::SecurityGroup(call) => obeying::security_group(call, actual),
        Call::StorageClass(call) => storage_class(call, actual),
        Call::Driver(call) => obeying::driver(call, &result(actual), actual),
        Call::IamRole(call) => obeying::role(call, &result(actual), actual),
        Call::OidcProvider(call) => obeying::provider(call, actual),
        Call::PodIdentityAssociation(call) => obeying::association(call, &result(actual), actual),
        Call::Release(call) => obeying::release(call, &result(actual), actual),
        Call::Expand(call) => obeying::expand(call, actual),
        Call::Replica(_) => panic!("only a failover has one"),
        Call::Canary(_) => panic!("a check is no change"),
    }
}

/// What a change resulted in: the file system's id, or the role's ARN.
fn result(actual: &Actual) -> impl Fn(&ChangeId) -> Result<String, Infallible> + use<> {
    let id = actual.file_system.as_ref().map(|found| found.id.to_string());
    let points: BTreeMap<String, String> = obeying::points(actual);
    let role = actual.identity.as_ref().and_then(|found| Some(found.role.as_ref()?.arn.clone()));
    move |change| {
        let result = match change.as_str() {
            "file_system" => &id,
            "iam_role" => &role,
            other => match points.get(other) {
                Some(id) => return Ok(id.clone()),
                None => panic!("nobody needs the result of {other}"),
            },
        };
        Ok(result.clone().unwrap())
    }
}

fn file(call: &files::Call, actual: &mut Actual) {
    match call {
        files::Call::Write { path, text } => {
            let now = text.now();
            let text = now.unwrap_or_else(|| text.resolve(result(actual)).unwrap());
            actual.documents.insert(path.clone(), text);
        }
        files::Call::Remove { path } => drop(actual.documents.remove(path)),
    }
}

fn file_system(call: &file_system::Call, actual: &mut Actual) {
    match call {
        file_system::Call::Create { token, spec, tags, marks: _ } => {
            assert!(actual.file_system.is_none(), "a second file system");
            actual.file_system = Some(FileSystem {
                id: FileSystemId::try_from("fs-0000000a").unwrap(),
                life_cycle: LifeCycle::Available,
                created: Some("2026-01-01T00:00:00Z".to_owned()),
                account: Some("111122223333".to_owned()),
                creation_token: token.clone(),
                // Creation takes no lifecycle policy and no other one: none is on.
                spec: Spec {
                    lifecycle: spec.lifecycle.as_ref().map(|_| Lifecycle::new()),
                    overwrite_protection: Some(OverwriteProtection::Enabled),
                    policy: None,
                    replication: None,
                    ..(**spec).clone()
                },
                metered_bytes: Some(0),
                metered_in: MeteredIn::default(),
                metered_at: None,
                tags: tags.clone(),
            });
        }
        file_system::Call::Put { group, spec, .. } => {
            obeying::put(*group, spec, actual.file_system.as_mut().unwrap());
        }
        file_system::Call::Tag { tags, .. } => {
            actual.file_system.as_mut().unwrap().tags.extend(tags.clone());
        }
        file_system::Call::MarkCopy { .. } => {}
        file_system::Call::EndReplication { .. } => {
            actual.replications.clear();
            actual.file_system.as_mut().unwrap().spec.replication = None;
        }
        file_system::Call::StillUnused { access_points, .. } => {
            let there = actual.access_points.iter().map(|point| &point.id);
            assert!(there.eq(access_points), "nobody came meanwhile");
        }
        file_system::Call::Delete { .. } => {
            assert_eq!(actual.mount_targets, [], "FileSystemInUse");
            actual.file_system = None;
        }
        file_system::Call::UntilAvailable { .. } => {
            actual.file_system.as_mut().unwrap().life_cycle = LifeCycle::Available;
        }
        file_system::Call::UntilGone { .. } => {
            actual.file_system = None;
            actual.mount_targets.clear();
        }
    }
}

fn mount_target(call: &mount_target::Call, actual: &mut Actual) {
    match call {
        mount_target::Call::Create {
            subnet,
            availability_zone,
            addresses,
            security_groups,
            ..
        } => {
            let mut others = actual.mount_targets.iter();
            assert!(
                others.all(|target| target.availability_zone != *availability_zone),
                "MountTargetConflict in {availability_zone}",
            );
            let family = addresses.family.unwrap_or(IpAddressType::Ipv4Only);
            let one = |wanted: &Option<String>, any: &str| {
                wanted.clone().unwrap_or_else(|| any.to_owned())
            };
            let digits = &subnet.as_str()["subnet-".len()..];
            let groups = known(security_groups, actual);
            actual.mount_targets.push(MountTarget {
                id: MountTargetId::try_from(format!("fsmt-{digits}")).unwrap(),
                life_cycle: LifeCycle::Available,
                subnet_id: subnet.clone(),
                vpc_id: Some(vpc()),
                availability_zone: availability_zone.clone(),
                availability_zone_id: None,
                network_interface_id: None,
                ip_address: (family != IpAddressType::Ipv6Only)
                    .then(|| one(&addresses.ipv4, "10.0.0.4")),
                ipv6_address: (family != IpAddressType::Ipv4Only)
                    .then(|| one(&addresses.ipv6, "fd00::4")),
                security_groups: Some(groups),
            });
        }
        mount_target::Call::SetSecurityGroups { id, security_groups, .. } => {
            let groups = known(security_groups, actual);
            for target in actual.mount_targets.iter_mut().filter(|target| target.id == *id) {
                target.security_groups = Some(groups.clone());
            }
        }
        mount_target::Call::Delete { id, .. } | mount_target::Call::UntilGone { id, .. } => {
            actual.mount_targets.retain(|target| target.id != *id);
        }
        mount_target::Call::UntilAvailable { id, .. } => {
            for target in actual.mount_targets.iter_mut().filter(|target| target.id == *id) {
                target.life_cycle = LifeCycle::Available;
            }
        }
    }
}

fn known(groups: &[Known<SecurityGroupId>], actual: &Actual) -> Vec<SecurityGroupId> {
    assert!((1..=5).contains(&groups.len()), "SecurityGroupLimitExceeded");
    groups.iter().map(|group| obeying::group(group, actual)).collect()
}

fn rule(call: &ingress::Call, actual: &mut Actual) {
    match call {
        ingress::Call::Authorize {
            group,
            protocol,
            from_port,
            to_port,
            source,
            description: _,
            tags,
        } => {
            let (group, id) = (obeying::group(group, actual), format!("sgr-{source}"));
            let taken = actual.network.ingress_rules.iter().any(|rule| rule.id == id);
            actual.network.ingress_rules.push(IngressRule {
                id: if taken { format!("{id} in {group}") } else { id },
                group_id: group,
                protocol: protocol.clone(),
                from_port: *from_port,
                to_port: *to_port,
                source: Some(match source {
                    ingress::Source::Group(id) => RuleSource::Group(id.now().unwrap().clone()),
                    ingress::Source::Cidr(range) => RuleSource::Cidr(*range),
                    ingress::Source::PrefixList(id) => RuleSource::PrefixList(id.clone()),
                }),
                tags: tags.clone(),
            });
        }
        ingress::Call::Revoke { rule, .. } => {
            actual.network.ingress_rules.retain(|found| found.id != *rule);
        }
    }
}

fn storage_class(call: &storage_class::Call, actual: &mut Actual) {
    let resolve = result(actual);
    let cluster = actual.cluster.as_mut().unwrap();
    match call {
        storage_class::Call::Apply { document, name } => {
            let class = class(&document.resolve(resolve).unwrap());
            let beside = class.spec.annotations.contains_key("clockwork-codex/storage-class");
            let own = cluster.storage_class.as_ref();
            let found = if beside { cluster.classes_beside.get(name) } else { own };
            if let Some(found) = found {
                let same = compare(storage_class::immutable(), &class.spec, Some(&found.spec));
                assert!(!same.replaces, "Forbidden: immutable");
            }
            if beside {
                cluster.classes_beside.insert(name.clone(), class);
            } else {
                cluster.storage_class = Some(class);
            }
        }
        storage_class::Call::Delete { name, preconditions } => {
            let beside = cluster.classes_beside.remove(name);
            let found = beside.or_else(|| cluster.storage_class.take());
            assert_eq!(found.unwrap().preconditions, *preconditions, "Conflict");
        }
    }
}

/// A class as it is found after this document was applied.
pub(crate) fn class(text: &str) -> StorageClass {
    let spec = storage_class::parse(text).unwrap();
    StorageClass {
        our_labels: spec.labels.keys().cloned().collect(),
        our_annotations: spec.annotations.keys().cloned().collect(),
        preconditions: Preconditions {
            uid: Some("4b1c".to_owned()),
            resource_version: Some("17".to_owned()),
        },
        referred: None,
        unknown: None,
        spec,
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
    apply(&planned(&desired, &actual), &mut actual);
    actual
}

/// The account after a deployment of these inputs.
pub(crate) fn deployed(more: &Value, subnets: Vec<Subnet>) -> Actual {
    let desired = desired(more);
    let mut actual = account(subnets);
    apply(&planned(&desired, &actual), &mut actual);
    actual
}

/// Three zones with a subnet each.
pub(crate) fn three() -> Vec<Subnet> {
    vec![subnet(1, 'a'), subnet(2, 'b'), subnet(3, 'c')]
}
