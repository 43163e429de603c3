//! The mount targets, the deployment's own security group, and its rules.

use ::network::{IngressRule, RuleSource};
use plan::Warning;
use serde_json::json;

use super::deployed::{Deployed, Naming};
use super::resource::Resource;
use crate::resources::ingress::DESCRIPTION;
use crate::resources::mount_target::MountTarget;

pub(super) fn mount_targets(
    deployed: &Deployed,
    naming: &Naming,
    warnings: &mut Vec<Warning>,
) -> Vec<Resource> {
    let target = |target: &MountTarget| {
        let groups = target.security_groups.iter().flatten();
        let groups: Vec<String> = groups.map(|id| naming.group(deployed, id)).collect();
        if target.ipv6_address.is_some() {
            warnings.push(Warning::new(
                format!("the IPv6 address of {} is left out: provider 5.100 knows none", target.id),
                "add `ip_address_type` and `ipv6_address` with version 6 of the provider",
            ));
        }
        Resource::new("aws_efs_mount_target", naming.of(&target.availability_zone), &target.id)
            .expression("file_system_id", naming.file_system())
            .with("subnet_id", target.subnet_id.as_str())
            .maybe("ip_address", target.ip_address.as_deref())
            .expression("security_groups", format!("[{}]", groups.join(", ")))
    };
    deployed.found.targets().map(target).collect()
}

pub(super) fn groups(deployed: &Deployed, naming: &Naming) -> Vec<Resource> {
    let own = deployed.found.own_groups.iter().map(|group| {
        let spec = &group.spec;
        // It counts when Terraform deletes the group, and AWS does not keep it: without this, an
        // import would set it.
        let ignored = "    ignore_changes = [revoke_rules_on_delete]\n".to_owned();
        Resource::new("aws_security_group", &naming.label, &group.id)
            .with("name", spec.name.as_str())
            .with("description", spec.description.as_str())
            .with("vpc_id", spec.vpc_id.as_str())
            .with("tags", json!(spec.tags))
            .block("lifecycle", ignored)
    });
    own.chain(deployed.found.own_rules.iter().map(|rule| of_rule(deployed, naming, rule))).collect()
}

fn of_rule(deployed: &Deployed, naming: &Naming, rule: &IngressRule) -> Resource {
    let resource =
        Resource::new("aws_vpc_security_group_ingress_rule", naming.of(&rule.id), &rule.id)
            .expression("security_group_id", naming.group(deployed, &rule.group_id))
            .with("description", DESCRIPTION)
            .with("ip_protocol", rule.protocol.as_str())
            .with("from_port", rule.from_port)
            .with("to_port", rule.to_port);
    let resource = match &rule.source {
        Some(RuleSource::Group(id)) => {
            resource.expression("referenced_security_group_id", naming.group(deployed, id))
        }
        Some(RuleSource::Cidr(range)) if range.addr().is_ipv6() => {
            resource.with("cidr_ipv6", range.to_string())
        }
        Some(RuleSource::Cidr(range)) => resource.with("cidr_ipv4", range.to_string()),
        Some(RuleSource::PrefixList(id)) => resource.with("prefix_list_id", id.as_str()),
        None => resource,
    };
    resource.with("tags", json!(rule.tags))
}
