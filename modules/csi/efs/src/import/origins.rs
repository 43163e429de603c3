//! Where the block of an import takes the value of each input from. The table has all of the
//! schema, so that none is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use ::inputs::plain;
use network::{RuleSource, SecurityGroupId};
use plan::Warning;
use serde_json::{Map, Value, json};

use super::found::{Found, own_tags};
use super::names::Names;
use super::{class, points, policy};
use crate::resources::file_system::{OverwriteProtection, PerformanceMode, is_leaving_status};
use crate::resources::mount_target::{IpAddressType, MountTarget};
use crate::resources::security_group;

/// Where a value comes from.
pub enum Origin {
    /// It is what was found, or the names of the deployment.
    Written(fn(&Found, &Names, &mut Vec<Warning>) -> Option<Value>),
    /// It is never written, for this reason.
    LeftOut(&'static str),
}

use Origin::{LeftOut, Written};

const DRIVER: &str =
    "a driver of others is left alone, and one that is installed gets the defaults";
const POLICY: &str = "the policy is written by the switches, or whole";

/// The inputs, in the order of the schema.
pub const ORIGINS: &[(&str, Origin)] = &[
    ("aws_region", Written(|found, _, _| Some(found.region.clone().into()))),
    ("cluster_name", Written(|_, names, _| Some(names.owner.cluster.clone().into()))),
    ("subnet_ids", Written(|found, _, _| subnets(found))),
    ("security_group_id", LeftOut("`security_group_ids` has all of them")),
    ("namespace", LeftOut(DRIVER)),
    ("storage_class_name", Written(|_, names, _| Some(names.owner.storage_class.clone().into()))),
    ("helm_chart_version", LeftOut(DRIVER)),
    ("security_group_ids", Written(|found, _, warnings| groups(found, warnings))),
    ("ip_address_type", Written(|found, _, _| family(found).map(|it| it.as_str().into()))),
    ("mount_target_addresses", Written(|found, _, _| addresses(found))),
    ("mount_targets", Written(|found, _, _| each_target(found))),
    ("security_group", Written(|found, _, _| own_group(found))),
    ("security_group_name", Written(|found, names, _| own_group_name(found, names))),
    ("driver", Written(|found, _, _| found.has_driver.then(|| "skip".into()))),
    ("addon_version", LeftOut(DRIVER)),
    ("addon_resolve_conflicts", LeftOut(DRIVER)),
    ("addon_configuration", LeftOut(DRIVER)),
    ("helm_chart", LeftOut(DRIVER)),
    ("helm_repository", LeftOut(DRIVER)),
    ("helm_values", LeftOut(DRIVER)),
    ("image_registry", LeftOut(DRIVER)),
    ("driver_replicas", LeftOut(DRIVER)),
    ("driver_log_level", LeftOut(DRIVER)),
    ("driver_tolerations", LeftOut(DRIVER)),
    ("driver_controller_node_selector", LeftOut(DRIVER)),
    ("driver_node_selector", LeftOut(DRIVER)),
    ("driver_controller_resources", LeftOut(DRIVER)),
    ("driver_node_resources", LeftOut(DRIVER)),
    ("driver_use_fips", LeftOut(DRIVER)),
    ("driver_host_network", LeftOut(DRIVER)),
    ("driver_controller_priority_class", LeftOut(DRIVER)),
    ("driver_node_priority_class", LeftOut(DRIVER)),
    ("driver_volume_attach_limit", LeftOut(DRIVER)),
    ("driver_max_inflight_mounts", LeftOut(DRIVER)),
    ("driver_metrics", LeftOut(DRIVER)),
    ("driver_service_monitor", LeftOut(DRIVER)),
    ("driver_identity", LeftOut(DRIVER)),
    ("driver_role_arn", LeftOut(DRIVER)),
    ("oidc_provider", LeftOut(DRIVER)),
    ("access_point_tags", LeftOut(DRIVER)),
    ("aws_account_id", Written(|found, _, _| found.file_system.account.clone().map(Value::from))),
    ("tags", Written(|found, names, _| tags(found, names))),
    (
        "encrypted",
        Written(|found, _, _| (!found.file_system.spec.encrypted).then_some(false.into())),
    ),
    (
        "kms_key_id",
        Written(|found, _, _| found.file_system.spec.kms_key_id.clone().map(Value::from)),
    ),
    (
        "availability_zone_name",
        Written(|found, _, _| found.file_system.spec.availability_zone.clone().map(Value::from)),
    ),
    ("performance_mode", Written(|found, _, _| performance(found))),
    (
        "throughput_mode",
        Written(|found, _, _| Some(found.file_system.spec.throughput.mode().into())),
    ),
    (
        "provisioned_throughput_in_mibps",
        Written(|found, _, _| found.file_system.spec.throughput.mibps().map(Value::from)),
    ),
    ("lifecycle_policy", Written(|found, _, _| lifecycle(found))),
    (
        "backup_policy",
        Written(|found, _, _| found.file_system.spec.backup.map(|it| it.as_str().into())),
    ),
    ("replication_overwrite_protection", Written(|found, _, warnings| protection(found, warnings))),
    ("file_system_policy", Written(|found, _, _| policy::whole(found))),
    ("enforce_tls", Written(|found, _, _| policy::enforce_tls(found))),
    ("root_squash", Written(|found, _, _| policy::root_squash(found))),
    ("allow_anonymous", LeftOut(POLICY)),
    ("policy_statements", LeftOut(POLICY)),
    ("source_policy_documents", LeftOut(POLICY)),
    ("override_policy_documents", LeftOut(POLICY)),
    ("bypass_policy_lockout_safety_check", LeftOut("EFS keeps it nowhere")),
    ("replication", Written(|found, _, warnings| replication(found, warnings))),
    ("file_system_id", Written(|found, names, _| id(found, names))),
    ("manage_file_system", Written(|found, names, _| id(found, names).map(|_| json!(true)))),
    // Data that was there before goes by no habit.
    ("deletion_policy", Written(|_, _, _| Some("retain".into()))),
    ("access_points", Written(points::written)),
    ("nfs_clients", LeftOut("the groups are written one by one")),
    ("nfs_client_security_group_id", Written(|found, _, _| one(&clients(found)))),
    ("nfs_client_cidr", Written(|found, _, _| one(&client_ranges(found)))),
    ("nfs_client_security_groups", Written(|found, _, _| several(&clients(found)))),
    ("nfs_client_cidrs", Written(|found, _, _| several(&client_ranges(found)))),
    ("nfs_client_prefix_lists", Written(|found, _, _| client_lists(found))),
    ("directory_perms", Written(|found, _, _| class::permissions(found))),
    ("uid", Written(|found, _, _| class::number(found, "uid"))),
    ("gid", Written(|found, _, _| class::number(found, "gid"))),
    ("gid_range_start", Written(|found, _, _| class::number(found, "gidRangeStart"))),
    ("gid_range_end", Written(|found, _, _| class::number(found, "gidRangeEnd"))),
    ("base_path", Written(|found, _, _| class::text(found, "basePath"))),
    ("sub_path_pattern", Written(|found, _, _| class::text(found, "subPathPattern"))),
    (
        "ensure_unique_directory",
        Written(|found, _, _| class::truth(found, "ensureUniqueDirectory")),
    ),
    ("reuse_access_point", Written(|found, _, _| class::truth(found, "reuseAccessPoint"))),
    ("az", Written(|found, _, _| class::text(found, "az"))),
    ("provisioner_secret", Written(|found, _, _| class::provisioner_secret(found))),
    ("enforce_zone_affinity", Written(|found, _, _| class::truth(found, "enforceZoneAffinity"))),
    ("enable_tagging", Written(|found, _, _| class::truth(found, "enableTagging"))),
    (
        "file_system_id_config_ref",
        Written(|found, _, _| class::text(found, "fileSystemIdConfigRef")),
    ),
    (
        "file_system_id_secret_ref",
        Written(|found, _, _| class::text(found, "fileSystemIdSecretRef")),
    ),
    ("reclaim_policy", Written(|found, _, _| class::reclaim_policy(found))),
    ("volume_binding_mode", Written(|found, _, _| class::binding(found))),
    ("allowed_topologies", Written(|found, _, _| class::zones(found))),
    ("mount_options", Written(|found, _, _| class::mount_options(found))),
    ("allow_volume_expansion", Written(|found, _, _| class::expansion(found))),
    ("storage_class_labels", Written(|found, _, _| class::labels(found))),
    ("storage_class_annotations", Written(|found, _, _| class::annotations(found))),
    ("default_storage_class", Written(|found, _, _| class::is_default(found))),
    ("storage_classes", LeftOut("other classes on it are named in a warning")),
];

/// The id, unless the deployment finds it by its creation token anyway.
fn id(found: &Found, names: &Names) -> Option<Value> {
    let ours = found.file_system.creation_token == names.owner.creation_token()
        && names.owner.owns(&found.file_system.tags);
    (!ours).then(|| found.file_system.id.as_str().into())
}

fn subnets(found: &Found) -> Option<Value> {
    let mut ids: Vec<&str> = found.targets().map(|target| target.subnet_id.as_str()).collect();
    ids.sort_unstable();
    (!ids.is_empty()).then(|| json!(ids))
}

/// The deployment's own group, where the mount targets have it.
fn own_group(found: &Found) -> Option<Value> {
    let own = |id: &SecurityGroupId| found.own_groups.iter().any(|group| group.id == *id);
    let mut all = found.targets().flat_map(|target| target.security_groups.iter().flatten());
    all.any(own).then(|| "own".into())
}

/// The name of that group, where it is not the one that it has by itself.
fn own_group_name(found: &Found, names: &Names) -> Option<Value> {
    own_group(found)?;
    let name = &found.own_groups.first()?.spec.name;
    (*name != security_group::name(&names.owner)).then(|| name.as_str().into())
}

/// The groups that all mount targets have; `mount_targets` has those that only some have.
fn groups(found: &Found, warnings: &mut Vec<Warning>) -> Option<Value> {
    let first = found.targets().find_map(|target| target.security_groups.as_ref())?;
    let mut common = common_groups(found);
    if common.is_empty() {
        warnings.push(Warning::new(
            "the mount targets have no security group in common, and a deployment gives all of \
             them the same ones beside those that they have",
            "put a group that admits the nodes on all of them, or expect the plan to add those of \
             the first one",
        ));
        common = first.iter().collect();
    }
    let own = |id: &&SecurityGroupId| found.own_groups.iter().any(|group| group.id == **id);
    let ids: Vec<&str> =
        common.into_iter().filter(|id| !own(id)).map(SecurityGroupId::as_str).collect();
    (!ids.is_empty()).then(|| json!(ids))
}

/// The family of the addresses of all targets, where it is not the one that EFS chooses by itself.
fn family(found: &Found) -> Option<IpAddressType> {
    let mut families = found.targets().filter_map(MountTarget::ip_address_type);
    let first = families.next()?;
    let is_of_all = families.all(|family| family == first);
    (is_of_all && first != IpAddressType::Ipv4Only).then_some(first)
}

/// What single targets have that not all have: another family, and security groups.
fn each_target(found: &Found) -> Option<Value> {
    let of_all = family(found).unwrap_or(IpAddressType::Ipv4Only);
    let common = common_groups(found);
    let own = |id: &&SecurityGroupId| found.own_groups.iter().any(|group| group.id == **id);
    let mut all = Map::new();
    for target in found.targets() {
        let mut entry = Map::new();
        if let Some(family) = target.ip_address_type().filter(|family| *family != of_all) {
            entry.insert("ip_address_type".to_owned(), family.as_str().into());
        }
        let groups = target.security_groups.iter().flatten();
        let more = groups.filter(|id| !common.contains(id) && !own(id));
        let more: Vec<&str> = more.map(SecurityGroupId::as_str).collect();
        if !more.is_empty() && !common.is_empty() {
            entry.insert("security_groups".to_owned(), json!(more));
        }
        if !entry.is_empty() {
            all.insert(target.subnet_id.to_string(), Value::Object(entry));
        }
    }
    (!all.is_empty()).then_some(Value::Object(all))
}

/// The groups that all targets have.
fn common_groups(found: &Found) -> BTreeSet<&SecurityGroupId> {
    let of_targets = || found.targets().filter_map(|target| target.security_groups.as_ref());
    let mut common: BTreeSet<&SecurityGroupId> =
        of_targets().next().into_iter().flatten().collect();
    for groups in of_targets() {
        common.retain(|id| groups.contains(id));
    }
    common
}

/// The addresses, by which clients may have mounted: a target that is made anew keeps its own.
fn addresses(found: &Found) -> Option<Value> {
    let mut all = Map::new();
    for target in found.targets() {
        let addresses = [target.ip_address.as_deref(), target.ipv6_address.as_deref()];
        let addresses: Vec<&str> = addresses.into_iter().flatten().collect();
        if !addresses.is_empty() {
            all.insert(target.subnet_id.to_string(), addresses.join(" ").into());
        }
    }
    (!all.is_empty()).then_some(Value::Object(all))
}

fn tags(found: &Found, names: &Names) -> Option<Value> {
    let name = names.owner.name();
    let all: BTreeMap<String, String> = own_tags(&found.file_system.tags)
        .filter(|(key, value)| key != "Name" || *value != name)
        .collect();
    (!all.is_empty()).then(|| json!(all))
}

fn performance(found: &Found) -> Option<Value> {
    let mode = &found.file_system.spec.performance_mode;
    (*mode != PerformanceMode::GeneralPurpose).then(|| mode.as_str().into())
}

/// The transitions; `{}` where none is on, so that they stay off.
fn lifecycle(found: &Found) -> Option<Value> {
    let policy = found.file_system.spec.lifecycle.as_ref()?;
    let all =
        policy.iter().map(|(one, rule)| (one.as_str().to_owned(), Value::from(rule.as_str())));
    Some(Value::Object(all.collect()))
}

fn protection(found: &Found, warnings: &mut Vec<Warning>) -> Option<Value> {
    let protection = found.file_system.spec.overwrite_protection.as_ref()?;
    if *protection != OverwriteProtection::Replicating {
        return Some(protection.as_str().into());
    }
    let from = found.replications.iter().find(|it| it.source != found.file_system.id.as_str());
    let from = from.map(|it| format!(" of {} in {}", it.source, it.source_region));
    warnings.push(Warning::new(
        plain(&format!(
            "{} is the copy{}: it is read only until the replication is deleted",
            found.file_system.id,
            from.unwrap_or_default()
        )),
        "take over the source instead, or delete the replication first if this one is to be used",
    ));
    None
}

/// Where it is replicated to. EFS does not tell the zone and the key of a copy there.
fn replication(found: &Found, warnings: &mut Vec<Warning>) -> Option<Value> {
    let id = found.file_system.id.as_str();
    let stays = found.replications.iter().filter(|it| !is_leaving_status(&it.status));
    let to = stays.into_iter().find(|it| it.source == id)?;
    warnings.push(Warning::new(
        plain(&format!(
            "{id} is replicated to {} in {}: whether that copy has a zone and a key of its own is \
             not told, and nothing of it is taken over",
            to.destination, to.destination_region
        )),
        "add `availability_zone_name` or `kms_key_id` to `replication` if another copy is to have them",
    ));
    Some(json!({ "region": to.destination_region }))
}

/// Whose traffic rules of this deployment admit, of one kind, each once.
fn sources(found: &Found, of: fn(&RuleSource) -> bool) -> Vec<String> {
    let rules = found.own_rules.iter().filter_map(|rule| rule.source.as_ref());
    let all: BTreeSet<&RuleSource> = rules.filter(|source| of(source)).collect();
    all.into_iter().map(ToString::to_string).collect()
}

fn clients(found: &Found) -> Vec<String> {
    sources(found, |source| matches!(source, RuleSource::Group(_)))
}

fn client_ranges(found: &Found) -> Vec<String> {
    sources(found, |source| matches!(source, RuleSource::Cidr(_)))
}

fn client_lists(found: &Found) -> Option<Value> {
    let all = sources(found, |source| matches!(source, RuleSource::PrefixList(_)));
    (!all.is_empty()).then(|| json!(all))
}

/// The value of an input for one, where there is one.
fn one(all: &[String]) -> Option<Value> {
    if let [one] = all { Some(json!(one)) } else { None }
}

/// The value of an input for several, where there are.
fn several(all: &[String]) -> Option<Value> {
    (all.len() > 1).then(|| json!(all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::INPUTS;

    #[test]
    fn every_input_is_written_or_left_out_for_a_reason() {
        let schema: Vec<&str> = INPUTS.iter().map(|input| input.name).collect();
        let origins: Vec<&str> = ORIGINS.iter().map(|(name, _)| *name).collect();
        assert_eq!(origins, schema);
        for (name, origin) in ORIGINS {
            if let LeftOut(reason) = origin {
                assert!(!reason.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn every_property_of_a_file_system_is_written() {
        for property in crate::resources::file_system::PROPERTIES {
            let written = ORIGINS
                .iter()
                .any(|(name, origin)| *name == property.name && matches!(origin, Written(_)));
            assert!(written, "{}", property.name);
        }
    }
}
