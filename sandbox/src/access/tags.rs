//! What condition keys tell of a resource: its tags, and what EC2 adds.

use crate::authorization::context::Context as Keys;
use crate::service::Context;
use crate::world::Tags;

/// Sets the keys of the resource that an ARN names, as far as it exists.
pub(super) fn describe(context: &Context<'_>, arn: &str, keys: &mut Keys) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, service, region, _, resource] = parts.as_slice() else { return };
    let Some((kind, id)) = resource.split_once('/') else { return };
    let own = match *service {
        "ec2" => {
            keys.set("ec2:Region", region);
            if let Some(vpc) = vpc_of(context, kind, id) {
                let vpc = context.region.arn("ec2", &format!("vpc/{vpc}"));
                keys.set("ec2:Vpc", vpc);
            }
            if id != "*" {
                let key = match kind {
                    "vpc" => "ec2:VpcID",
                    "subnet" => "ec2:SubnetID",
                    "security-group" => "ec2:SecurityGroupID",
                    "network-interface" => "ec2:NetworkInterfaceID",
                    "route-table" => "ec2:RouteTableID",
                    "internet-gateway" => "ec2:InternetGatewayID",
                    "network-acl" => "ec2:NetworkAclID",
                    "dhcp-options" => "ec2:DhcpOptionsID",
                    _ => "ec2:InstanceID",
                };
                keys.set(key, id);
            }
            Some("ec2:ResourceTag")
        }
        "iam" => Some("iam:ResourceTag"),
        _ => None,
    };
    let Some(tags) = of(context, service, kind, id) else { return };
    for (key, value) in tags {
        keys.set(&format!("aws:ResourceTag/{key}"), value);
        if let Some(own) = own {
            keys.set(&format!("{own}/{key}"), value);
        }
    }
}

fn of<'a>(context: &'a Context<'_>, service: &str, kind: &str, id: &str) -> Option<&'a Tags> {
    let (ec2, efs, iam) = (&context.region.ec2, &context.region.efs, &context.global.iam);
    let name = id.rsplit('/').next().unwrap_or(id);
    match (service, kind) {
        ("elasticfilesystem", "file-system") => efs.file_systems.get(id).map(|found| &found.tags),
        ("elasticfilesystem", "access-point") => efs.access_points.get(id).map(|found| &found.tags),
        ("ec2", "vpc") => ec2.vpcs.get(id).map(|found| &found.tags),
        ("ec2", "subnet") => ec2.subnets.get(id).map(|found| &found.tags),
        ("ec2", "route-table") => ec2.route_tables.get(id).map(|found| &found.tags),
        ("ec2", "security-group") => ec2.security_groups.get(id).map(|found| &found.tags),
        ("ec2", "security-group-rule") => ec2.rules.get(id).map(|found| &found.tags),
        ("ec2", "network-interface") => ec2.interfaces.get(id).map(|found| &found.tags),
        ("ec2", "internet-gateway") => ec2.internet_gateways.get(id).map(|found| &found.tags),
        ("ec2", "natgateway") => ec2.nat_gateways.get(id).map(|found| &found.tags),
        ("ec2", "elastic-ip") => ec2.addresses.get(id).map(|found| &found.tags),
        ("ec2", "network-acl") => ec2.network_acls.get(id).map(|found| &found.tags),
        ("ec2", "dhcp-options") => ec2.dhcp_options.get(id).map(|found| &found.tags),
        ("ec2", "instance") => ec2.instances.get(id).map(|found| &found.tags),
        ("eks", "cluster") => context.region.eks.clusters.get(id).map(|found| &found.tags),
        ("eks", "addon") => {
            // The last part of the id is a UUID, which a request does not name.
            let (cluster_and_name, _) = id.rsplit_once('/')?;
            context.region.eks.addons.get(cluster_and_name).map(|found| &found.tags)
        }
        ("eks", "podidentityassociation") => {
            context.region.eks.associations.get(name).map(|found| &found.tags)
        }
        ("iam", "role") => iam.roles.get(name).map(|found| &found.tags),
        ("iam", "instance-profile") => iam.instance_profiles.get(name).map(|found| &found.tags),
        ("iam", "policy") => {
            let arn = context.region.iam_arn(&format!("policy/{id}"));
            iam.policies.get(&arn).map(|found| &found.tags)
        }
        ("iam", "oidc-provider") => {
            let arn = context.region.iam_arn(&format!("oidc-provider/{id}"));
            iam.providers.get(&arn).map(|found| &found.tags)
        }
        _ => None,
    }
}

fn vpc_of(context: &Context<'_>, kind: &str, id: &str) -> Option<String> {
    let ec2 = &context.region.ec2;
    match kind {
        "subnet" => ec2.subnets.get(id).map(|found| found.vpc.clone()),
        "route-table" => ec2.route_tables.get(id).map(|found| found.vpc.clone()),
        "security-group" => ec2.security_groups.get(id).map(|found| found.vpc.clone()),
        "network-interface" => {
            let interface = ec2.interfaces.get(id)?;
            ec2.subnets.get(&interface.subnet).map(|found| found.vpc.clone())
        }
        _ => None,
    }
}
