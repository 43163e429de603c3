//! The Describe operations.

use super::filters::{Listing, Shown, tag_set};
use super::form::Form;
use super::rules::rule_item;
use super::state::Subnet;
use super::xml::Element;
use crate::error::Answer;
use crate::world::Region;

fn shown<const N: usize>(values: [(&'static str, Vec<String>); N]) -> Shown {
    values.into_iter().collect()
}

pub(super) fn vpcs(region: &Region, form: &Form) -> Answer<Vec<Element>> {
    let rows = region.ec2.vpcs.values().map(|vpc| {
        let shown = shown([("vpc-id", vec![vpc.id.clone()]), ("cidr", vec![vpc.cidr.to_string()])]);
        let item = vec![
            Element::text("vpcId", &vpc.id),
            Element::text("ownerId", &region.account),
            Element::text("state", "available"),
            Element::text("cidrBlock", vpc.cidr),
            Element::text("isDefault", false),
            tag_set(&vpc.tags),
        ];
        (vpc.id.clone(), &vpc.tags, shown, item)
    });
    Listing {
        set: "vpcSet",
        ids: "VpcId",
        missing: "InvalidVpcID.NotFound",
        filters: &["vpc-id", "cidr"],
        rows: rows.collect(),
    }
    .answer(form)
}

pub(super) fn subnets(region: &Region, form: &Form) -> Answer<Vec<Element>> {
    let rows = region.ec2.subnets.values().map(|subnet| {
        let shown = shown([
            ("subnet-id", vec![subnet.id.clone()]),
            ("vpc-id", vec![subnet.vpc.clone()]),
            ("availability-zone", vec![subnet.zone.clone()]),
        ]);
        (subnet.id.clone(), &subnet.tags, shown, subnet_item(region, subnet))
    });
    Listing {
        set: "subnetSet",
        ids: "SubnetId",
        missing: "InvalidSubnetID.NotFound",
        filters: &["subnet-id", "vpc-id", "availability-zone"],
        rows: rows.collect(),
    }
    .answer(form)
}

fn subnet_item(region: &Region, subnet: &Subnet) -> Vec<Element> {
    let used = region.ec2.interfaces.by("subnet", &subnet.id).count();
    // AWS keeps five addresses of every subnet.
    let free = (1usize << (32 - subnet.cidr.prefix_len())).saturating_sub(5 + used);
    let arn = region.arn("ec2", &format!("subnet/{}", subnet.id));
    vec![
        Element::text("subnetId", &subnet.id),
        Element::text("subnetArn", arn),
        Element::text("state", "available"),
        Element::text("ownerId", &region.account),
        Element::text("vpcId", &subnet.vpc),
        Element::text("cidrBlock", subnet.cidr),
        Element::text("availableIpAddressCount", free),
        Element::text("availabilityZone", &subnet.zone),
        Element::text("availabilityZoneId", &subnet.zone_id),
        Element::text("defaultForAz", false),
        Element::text("mapPublicIpOnLaunch", subnet.public),
        tag_set(&subnet.tags),
    ]
}

pub(super) fn route_tables(region: &Region, form: &Form) -> Answer<Vec<Element>> {
    let rows = region.ec2.route_tables.values().map(|table| {
        let shown = shown([
            ("route-table-id", vec![table.id.clone()]),
            ("vpc-id", vec![table.vpc.clone()]),
            ("association.subnet-id", table.subnets.clone()),
            ("association.main", vec![table.main.to_string()]),
        ]);
        let association = |main: bool, subnet: Option<&String>| {
            let mut members = vec![
                Element::text("routeTableAssociationId", format!("rtbassoc-{}", &table.id[4..])),
                Element::text("routeTableId", &table.id),
                Element::text("main", main),
            ];
            members.extend(subnet.map(|id| Element::text("subnetId", id)));
            members
        };
        let main = table.main.then(|| association(true, None));
        let named = table.subnets.iter().map(|id| association(false, Some(id)));
        let routes = table.routes.iter().map(|(destination, target)| {
            let kind = if target.starts_with("nat-") { "natGatewayId" } else { "gatewayId" };
            vec![
                Element::text("destinationCidrBlock", destination),
                Element::text(kind, target),
                Element::text("state", "active"),
            ]
        });
        let item = vec![
            Element::text("routeTableId", &table.id),
            Element::text("vpcId", &table.vpc),
            Element::text("ownerId", &region.account),
            Element::set("routeSet", routes),
            Element::set("associationSet", main.into_iter().chain(named)),
            tag_set(&table.tags),
        ];
        (table.id.clone(), &table.tags, shown, item)
    });
    Listing {
        set: "routeTableSet",
        ids: "RouteTableId",
        missing: "InvalidRouteTableID.NotFound",
        filters: &["route-table-id", "vpc-id", "association.subnet-id", "association.main"],
        rows: rows.collect(),
    }
    .answer(form)
}

pub(super) fn security_groups(region: &Region, form: &Form) -> Answer<Vec<Element>> {
    let rows = region.ec2.security_groups.values().map(|group| {
        let shown = shown([
            ("group-id", vec![group.id.clone()]),
            ("group-name", vec![group.name.clone()]),
            ("vpc-id", vec![group.vpc.clone()]),
        ]);
        let item = vec![
            Element::text("groupId", &group.id),
            Element::text("groupName", &group.name),
            Element::text("groupDescription", &group.description),
            Element::text("ownerId", &region.account),
            Element::text("vpcId", &group.vpc),
            tag_set(&group.tags),
        ];
        (group.id.clone(), &group.tags, shown, item)
    });
    Listing {
        set: "securityGroupInfo",
        ids: "GroupId",
        missing: "InvalidGroup.NotFound",
        filters: &["group-id", "group-name", "vpc-id"],
        rows: rows.collect(),
    }
    .answer(form)
}

pub(super) fn security_group_rules(region: &Region, form: &Form) -> Answer<Vec<Element>> {
    let rows = region.ec2.rules.values().map(|rule| {
        let shown = shown([
            ("group-id", vec![rule.group.clone()]),
            ("security-group-rule-id", vec![rule.id.clone()]),
        ]);
        (rule.id.clone(), &rule.tags, shown, rule_item(region, rule))
    });
    Listing {
        set: "securityGroupRuleSet",
        ids: "SecurityGroupRuleId",
        missing: "InvalidSecurityGroupRuleId.NotFound",
        filters: &["group-id", "security-group-rule-id"],
        rows: rows.collect(),
    }
    .answer(form)
}

pub(super) fn network_interfaces(region: &Region, form: &Form) -> Answer<Vec<Element>> {
    let none = crate::world::Tags::new();
    let rows = region.ec2.interfaces.values().filter_map(|interface| {
        let subnet = region.ec2.subnets.get(&interface.subnet)?;
        let shown = shown([
            ("network-interface-id", vec![interface.id.clone()]),
            ("subnet-id", vec![interface.subnet.clone()]),
            ("vpc-id", vec![subnet.vpc.clone()]),
            ("group-id", interface.groups.clone()),
            ("description", vec![interface.description.clone()]),
        ]);
        let groups = interface.groups.iter().map(|id| {
            let name = region.ec2.security_groups.get(id).map_or("", |group| &group.name);
            vec![Element::text("groupId", id), Element::text("groupName", name)]
        });
        let item = vec![
            Element::text("networkInterfaceId", &interface.id),
            Element::text("subnetId", &interface.subnet),
            Element::text("vpcId", &subnet.vpc),
            Element::text("availabilityZone", &subnet.zone),
            Element::text("description", &interface.description),
            Element::text("ownerId", &region.account),
            Element::text("requesterManaged", true),
            Element::text("status", "in-use"),
            Element::text("privateIpAddress", interface.address),
            Element::set("groupSet", groups),
        ];
        Some((interface.id.clone(), &none, shown, item))
    });
    Listing {
        set: "networkInterfaceSet",
        ids: "NetworkInterfaceId",
        missing: "InvalidNetworkInterfaceID.NotFound",
        filters: &["network-interface-id", "subnet-id", "vpc-id", "group-id", "description"],
        rows: rows.collect(),
    }
    .answer(form)
}

pub(super) fn availability_zones(region: &Region, form: &Form) -> Answer<Vec<Element>> {
    let none = crate::world::Tags::new();
    let mut zones: Vec<(&String, &String)> =
        region.ec2.subnets.values().map(|subnet| (&subnet.zone, &subnet.zone_id)).collect();
    zones.sort();
    zones.dedup();
    let rows = zones.into_iter().map(|(zone, id)| {
        let shown = shown([("zone-name", vec![zone.clone()]), ("zone-id", vec![id.clone()])]);
        let item = vec![
            Element::text("zoneName", zone),
            Element::text("zoneId", id),
            Element::text("regionName", &region.name),
            Element::text("zoneState", "available"),
        ];
        (zone.clone(), &none, shown, item)
    });
    Listing {
        set: "availabilityZoneInfo",
        ids: "ZoneName",
        missing: "InvalidParameterValue",
        filters: &["zone-name", "zone-id"],
        rows: rows.collect(),
    }
    .answer(form)
}
