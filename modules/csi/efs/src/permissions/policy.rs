//! IAM policies for people to hand to whoever grants them: of this program, and of the driver.

use std::collections::BTreeMap;

use ::inputs::Partition;
use place::partition;
use serde_json::{Map, Value, json};

use super::table::{ALL_OF_THEM, CREATE, OURS, On, PERMISSIONS, Permission, When};
use crate::driver_policy::{self, Access};
use crate::identity::{irsa_trust, pod_identity_trust};
use crate::inputs::Inputs;
use crate::resources::addon;
use crate::resources::driver::{DriverMode, Identity, ProviderPolicy, Way, service_accounts};
use crate::resources::file_system::{BackupPolicy, FileSystemSource, Spec, Throughput};

/// What stands in a driver's policy for what only AWS knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown<'a> {
    pub account: &'a str,
    pub file_system: &'a str,
    /// The issuer of the cluster's tokens, without its scheme.
    pub issuer: &'a str,
}

/// The policy that this program needs for a deployment, and no more. Where the inputs name no
/// account, it is for any.
pub fn operator(inputs: &Inputs) -> Value {
    let adopted = matches!(inputs.file_system, FileSystemSource::Adopted(_));
    // By resources and conditions, in the order of the table.
    let mut statements: Vec<(String, Value, Value, Vec<&str>)> = Vec::new();
    let made = |one: &&Permission| inputs.imported.is_none() || one.of != CREATE;
    for permission in PERMISSIONS.iter().filter(made).filter(|one| is_needed(one, inputs, adopted))
    {
        let resources = resources(permission.on, inputs);
        let conditions = conditions(permission, inputs, adopted);
        let key = format!("{resources}{conditions}");
        match statements.iter_mut().find(|(known, ..)| *known == key) {
            Some((.., actions)) if actions.contains(&permission.action) => {}
            Some((.., actions)) => actions.push(permission.action),
            None => statements.push((key, resources, conditions, vec![permission.action])),
        }
    }
    let statements =
        statements.into_iter().enumerate().map(|(n, (_, resources, conditions, actions))| {
            let mut statement = json!({
                "Sid": format!("Clockwork{}", n + 1),
                "Effect": "Allow",
                "Action": actions,
                "Resource": resources,
            });
            for (key, value) in conditions.as_object().into_iter().flatten() {
                let (operator, key) = match key.strip_prefix(ALL_OF_THEM) {
                    Some(key) => ("ForAllValues:StringEquals", key),
                    None => ("StringEquals", key.as_str()),
                };
                statement["Condition"][operator][key] = value.clone();
            }
            statement
        });
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}

fn is_needed(permission: &Permission, inputs: &Inputs, adopted: bool) -> bool {
    let own = own(inputs);
    let driver = &inputs.driver;
    let auto = driver.identity == Identity::By(Way::Auto);
    match permission.when {
        When::Always => true,
        When::Own => !adopted,
        When::Lifecycle => own.is_some_and(|spec| spec.lifecycle.is_some()),
        When::LifecycleIsRead => own
            .is_some_and(|spec| spec.lifecycle.is_some() || spec.throughput != Throughput::Elastic),
        When::Replication => replication(inputs).is_some(),
        When::NewReplica => {
            let makes = |it: &BTreeMap<_, _>| !it.is_empty() && !it.contains_key("file_system_id");
            replication(inputs).is_some_and(makes)
        }
        When::ReplicaKey => replicated(inputs, "kms_key_id").is_some(),
        When::ReplicationRole => replicated(inputs, "role_arn").is_some(),
        When::AccessPoints => inputs.access_points.is_some(),
        When::Protection => own.is_some_and(|spec| spec.overwrite_protection.is_some()),
        When::Backups => own.is_some_and(|spec| spec.backup != Some(BackupPolicy::Disabled)),
        When::IngressRules => !inputs.nfs_clients.is_empty() || inputs.has_own_group(),
        When::OwnGroup => inputs.has_own_group(),
        When::Key => key(inputs).is_some(),
        When::Role => driver.identity.is_looked_at(),
        When::GivenRole => driver.identity.role().is_some() && driver.may_leave_identity(),
        When::OwnDriver => driver.identity.is_looked_at() || driver.may_leave_identity(),
        When::Irsa => {
            let irsa = auto || driver.identity == Identity::By(Way::Irsa);
            irsa && driver.oidc_provider == ProviderPolicy::Create
        }
        When::Addon => driver.mode == DriverMode::Addon,
        When::AddonWithRole => {
            let irsa = auto || driver.identity == Identity::By(Way::Irsa);
            irsa && driver.mode == DriverMode::Addon
        }
        When::AddonWithGivenRole => {
            driver.identity.role().is_some() && driver.mode == DriverMode::Addon
        }
        When::PodIdentity => auto || driver.identity == Identity::By(Way::PodIdentity),
    }
}

/// The file system of our own.
fn own(inputs: &Inputs) -> Option<&Spec> {
    match &inputs.file_system {
        FileSystemSource::Own(spec) => Some(spec),
        FileSystemSource::Adopted(_) => None,
    }
}

/// Whether it takes over access points of before.
fn takes_points(inputs: &Inputs) -> bool {
    inputs.access_points.iter().flatten().any(|(_, point)| point.existing.is_some())
}

fn key(inputs: &Inputs) -> Option<&str> {
    own(inputs)?.kms_key_id.as_deref()
}

fn replication(inputs: &Inputs) -> Option<&BTreeMap<String, String>> {
    own(inputs)?.replication.as_ref()
}

/// What the input says of a replication by one of its keys.
fn replicated<'a>(inputs: &'a Inputs, key: &str) -> Option<&'a str> {
    replication(inputs)?.get(key).map(String::as_str)
}

/// The ARN of a key in a region; of all keys there, where an alias names it.
fn key_arn(key: Option<&str>, any: impl Fn(&str) -> String) -> Value {
    match key {
        Some(key) if key.starts_with("arn:") && !key.contains(":alias/") => key.into(),
        Some(key) if !key.contains("alias/") => any(&format!("key/{key}")).into(),
        _ => any("key/*").into(),
    }
}

fn resources(on: On, inputs: &Inputs) -> Value {
    let (region, cluster) = (inputs.aws_region.as_str(), inputs.cluster_name.as_str());
    let account = inputs.aws_account_id.as_deref().unwrap_or("*");
    let partition = partition(region);
    let arn_in = |region: &str, service: &str, resource: &str| {
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    };
    let arn = |service: &str, resource: &str| {
        arn_in(if service == "iam" { "" } else { region }, service, resource)
    };
    let own = format!("cluster/{cluster}");
    let associations = format!("podidentityassociation/{cluster}/*");
    let addon = format!("addon/{cluster}/{}/*", addon::NAME);
    match on {
        On::Everything => "*".into(),
        On::FileSystems => {
            let id = inputs.imported.as_ref().map_or("*", |id| id.as_str());
            arn("elasticfilesystem", &format!("file-system/{id}")).into()
        }
        On::AccessPoints => arn("elasticfilesystem", "access-point/*").into(),
        On::SecurityGroups => arn("ec2", "security-group/*").into(),
        On::SecurityGroupRules => arn("ec2", "security-group-rule/*").into(),
        On::NewGroup => json!([arn("ec2", "security-group/*"), arn("ec2", "vpc/*")]),
        On::NewRules => {
            json!([arn("ec2", "security-group/*"), arn("ec2", "security-group-rule/*")])
        }
        On::Interfaces => {
            let kinds = ["network-interface/*", "subnet/*", "security-group/*"];
            kinds.map(|kind| arn("ec2", kind)).to_vec().into()
        }
        On::ServiceRole => {
            arn("iam", "role/aws-service-role/elasticfilesystem.amazonaws.com/*").into()
        }
        On::BackupRole => arn("iam", "role/aws-service-role/backup.amazonaws.com/*").into(),
        On::ReplicationRole => replicated(inputs, "role_arn").into(),
        On::DriverRole => arn("iam", &format!("role/{}", inputs.owner().role_name())).into(),
        On::Providers => arn("iam", "oidc-provider/*").into(),
        On::Cluster => arn("eks", &own).into(),
        On::Associations => arn("eks", &associations).into(),
        On::Addon => arn("eks", &addon).into(),
        On::NewAddon => json!([arn("eks", &own), arn("eks", &addon)]),
        On::GivenRole => inputs.driver.identity.role().into(),
        On::NewAssociations => json!([arn("eks", &own), arn("eks", &associations)]),
        On::Key | On::SeenKey => key_arn(key(inputs), |resource| arn("kms", resource)),
        On::Copies => {
            // Where the copy is whose replication ends, only AWS knows.
            let ends = replication(inputs).is_some_and(BTreeMap::is_empty);
            let there = replicated(inputs, "region").unwrap_or(if ends { "*" } else { region });
            arn_in(there, "elasticfilesystem", "file-system/*").into()
        }
        On::ReplicaKey | On::SeenReplicaKey => {
            let there = replicated(inputs, "region").unwrap_or(region);
            let named = replicated(inputs, "kms_key_id");
            key_arn(named, |resource| arn_in(there, "kms", resource))
        }
    }
}

fn conditions(permission: &Permission, inputs: &Inputs, adopted: bool) -> Value {
    // An adopted file system does not carry our tags, and one of before does not carry them yet:
    // it is allowed by its id. So it is with access points of before.
    let of_before = match permission.on {
        On::FileSystems => inputs.imported.is_some(),
        On::AccessPoints => permission.action.ends_with(":TagResource") && takes_points(inputs),
        _ => false,
    };
    let untagged = adopted || of_before;
    let only = permission.only.iter().filter(|only| !(untagged && **only == OURS));
    let mut all: Map<String, Value> =
        only.map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    let here = inputs.aws_region.as_str();
    let region = match permission.on {
        On::Key => Some(here),
        On::ReplicaKey => Some(replicated(inputs, "region").unwrap_or(here)),
        _ => None,
    };
    if let Some(region) = region {
        // By EFS, on the caller's behalf (EFS User Guide, "Using AWS KMS keys").
        let suffix = Partition::of(region).dns_suffix;
        let service = format!("elasticfilesystem.{region}.{suffix}");
        all.insert("kms:ViaService".to_owned(), service.into());
    }
    Value::Object(all)
}

/// The documents that the driver's role needs, by name: its policy, and who may assume it, by each
/// way that the inputs leave.
pub fn driver(inputs: &Inputs, unknown: &Unknown) -> BTreeMap<&'static str, Value> {
    let nodes = inputs.mounts_with_iam();
    let partition = partition(&inputs.aws_region);
    let access = Access {
        partition,
        region: &inputs.aws_region,
        account: unknown.account,
        tags: &inputs.driver.access_point_tags,
        untagged: inputs.makes_untagged(),
        mounts: nodes,
    };
    let mut documents =
        BTreeMap::from([("policy", driver_policy::document(&access, unknown.file_system))]);
    let identity = &inputs.driver.identity;
    if *identity != Identity::By(Way::PodIdentity) {
        let provider =
            format!("arn:{partition}:iam::{}:oidc-provider/{}", unknown.account, unknown.issuer);
        let accounts = service_accounts(nodes || inputs.driver.mode == DriverMode::Addon);
        let namespace = &inputs.driver.namespace;
        documents.insert("trust_irsa", irsa_trust(&provider, unknown.issuer, namespace, &accounts));
    }
    if *identity != Identity::By(Way::Irsa) {
        documents.insert("trust_pod_identity", pod_identity_trust());
    }
    documents
}
