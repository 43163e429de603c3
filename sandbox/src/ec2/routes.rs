//! Route tables, their routes and their associations.

use ipnet::IpNet;

use super::call::Call;
use super::errors::{combination, dependency, invalid, invalid_value, missing, not_yours};
use super::ids::ROUTE_TABLE;
use super::listing::{
    By, Index, Listing, Pages, all, by_id, done, nothing, one, tag_keys, tag_set,
};
use super::resource::find;
use super::{defaults, subnets, tags, vpcs};
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::{Interface, InternetGateway, NatGateway, NatState, Route, RouteTable};
use crate::xml::Element;

/// The kinds of targets: the prefix of the id, the parameter, and the element.
const TARGETS: [(&str, &str, &str); 10] = [
    ("igw-", "GatewayId", "gatewayId"),
    ("vgw-", "GatewayId", "gatewayId"),
    ("vpce-", "VpcEndpointId", "gatewayId"),
    ("nat-", "NatGatewayId", "natGatewayId"),
    ("tgw-", "TransitGatewayId", "transitGatewayId"),
    ("eni-", "NetworkInterfaceId", "networkInterfaceId"),
    ("pcx-", "VpcPeeringConnectionId", "vpcPeeringConnectionId"),
    ("eigw-", "EgressOnlyInternetGatewayId", "egressOnlyInternetGatewayId"),
    ("lgw-", "LocalGatewayId", "localGatewayId"),
    ("cagw-", "CarrierGatewayId", "carrierGatewayId"),
];

pub(super) static LISTING: Listing<RouteTable> = Listing {
    set: "routeTableSet",
    ids: "RouteTableId",
    // 5 to 100 in EC2's model, unlike in other listings.
    pages: Pages::Most(100),
    filters: &[
        By("association.gateway-id", nothing),
        By("association.main", |table, _| {
            let main = table.main.iter().map(|_| true);
            all(main.chain(table.subnets.iter().map(|_| false)))
        }),
        By("association.route-table-association-id", |table, _| {
            all(table.main.iter().chain(table.subnets.iter().map(|(id, _)| id)))
        }),
        By("association.route-table-id", |table, _| {
            let used = table.main.is_some() || !table.subnets.is_empty();
            all(used.then_some(&table.id))
        }),
        By("association.subnet-id", |table, _| all(table.subnets.iter().map(|(_, id)| id))),
        By("owner-id", |table, _| one(&table.owner)),
        By("route-table-id", |table, _| one(&table.id)),
        By("route.destination-cidr-block", |table, _| destinations(table, true)),
        By("route.destination-ipv6-cidr-block", |table, _| destinations(table, false)),
        By("route.destination-prefix-list-id", nothing),
        By("route.egress-only-internet-gateway-id", |table, _| {
            targets(table, "egressOnlyInternetGatewayId")
        }),
        By("route.gateway-id", |table, _| targets(table, "gatewayId")),
        By("route.instance-id", nothing),
        By("route.nat-gateway-id", |table, _| targets(table, "natGatewayId")),
        By("route.origin", |table, _| all(table.routes.iter().map(|route| &route.origin))),
        By("route.state", |table, region| {
            all(table.routes.iter().map(|route| state_of(route, region)))
        }),
        By("route.transit-gateway-id", |table, _| targets(table, "transitGatewayId")),
        By("route.vpc-peering-connection-id", |table, _| targets(table, "vpcPeeringConnectionId")),
        By("tag-key", tag_keys),
        By("vpc-id", |table, _| one(&table.vpc)),
    ],
    indexes: &[
        Index("route-table-id", by_id),
        Index("association.subnet-id", |ec2, id| ec2.route_tables.by("subnet", id).collect()),
        Index("vpc-id", |ec2, id| ec2.route_tables.by("vpc", id).collect()),
    ],
    item,
    // A participant in a shared VPC sees the tables that its subnets name, and not the main one.
    visible: |table, region| table.owner == region.account || !table.subnets.is_empty(),
};

fn destinations(table: &RouteTable, v4: bool) -> Vec<String> {
    let of_family = |route: &&Route| route.destination.addr().is_ipv4() == v4;
    all(table.routes.iter().filter(of_family).map(|route| route.destination))
}

fn targets(table: &RouteTable, element: &str) -> Vec<String> {
    let found = table.routes.iter().filter(|route| element_of(&route.target) == element);
    all(found.map(|route| &route.target))
}

fn item(table: &RouteTable, region: &Region) -> Vec<Element> {
    let association = |id: &String, subnet: Option<&String>| {
        let mut members = vec![
            Element::text("routeTableAssociationId", id),
            Element::text("routeTableId", &table.id),
            Element::text("main", subnet.is_none()),
            Element::new("associationState", vec![Element::text("state", "associated")]),
        ];
        members.extend(subnet.map(|id| Element::text("subnetId", id)));
        members
    };
    let main = table.main.iter().map(|id| association(id, None));
    let named = table.subnets.iter().map(|(id, subnet)| association(id, Some(subnet)));
    vec![
        Element::text("routeTableId", &table.id),
        Element::text("vpcId", &table.vpc),
        Element::text("ownerId", &table.owner),
        Element::set("routeSet", table.routes.iter().map(|route| route_item(route, region))),
        Element::set("associationSet", main.chain(named)),
        Element::set("propagatingVgwSet", []),
        tag_set(&table.tags),
    ]
}

fn element_of(target: &str) -> &'static str {
    let found = TARGETS.iter().find(|(prefix, ..)| target.starts_with(prefix));
    found.map_or("gatewayId", |(.., element)| element)
}

fn route_item(route: &Route, region: &Region) -> Vec<Element> {
    let destination = match route.destination {
        IpNet::V4(_) => "destinationCidrBlock",
        IpNet::V6(_) => "destinationIpv6CidrBlock",
    };
    vec![
        Element::text(destination, route.destination),
        Element::text(element_of(&route.target), &route.target),
        Element::text("state", state_of(route, region)),
        Element::text("origin", &route.origin),
    ]
}

/// "blackhole … indicates that the route's target isn't available" (`Route`).
fn state_of(route: &Route, region: &Region) -> &'static str {
    let (ec2, target) = (&region.ec2, route.target.as_str());
    let available = match target.split('-').next() {
        Some("igw") => ec2.internet_gateways.get(target).is_some_and(|row| row.vpc.is_some()),
        Some("nat") => ec2
            .nat_gateways
            .get(target)
            .is_some_and(|row| matches!(row.state, NatState::Pending | NatState::Available)),
        Some("eni") => ec2.interfaces.contains_key(target),
        _ => true,
    };
    if available { "active" } else { "blackhole" }
}

/// `CreateRouteTable`: a token makes it once.
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
    let vpc = vpcs::find(call.context.region, call.form.required("VpcId")?)?.clone();
    if vpc.owner != call.context.region.account {
        return Err(not_yours());
    }
    let token = call.form.get("ClientToken").map(str::to_owned);
    let made = |row: &&RouteTable| token.is_some() && row.token == token;
    if let Some(table) = call.context.region.ec2.route_tables.values().find(made) {
        if table.vpc != vpc.id {
            let message = "The client token was used with other parameters.";
            return Err(AwsError::new(400, "IdempotentParameterMismatch", message));
        }
        return Ok(created(call.context.region, table));
    }
    let table = RouteTable {
        tags: tags::on_creation(call, &ROUTE_TABLE)?,
        id: call.context.ids.next("rtb-"),
        owner: vpc.owner.clone(),
        main: None,
        subnets: Vec::new(),
        routes: defaults::local_routes(&vpc),
        vpc: vpc.id,
        token,
    };
    let region = &mut *call.context.region;
    let members = created(region, &table);
    region.ec2.route_tables.insert(table.id.clone(), table);
    Ok(members)
}

fn created(region: &Region, table: &RouteTable) -> Vec<Element> {
    let mut members = vec![Element::new("routeTable", item(table, region))];
    members.extend(table.token.as_ref().map(|token| Element::text("clientToken", token)));
    members
}

/// The table that a call names, which the account must own to change it.
fn own(call: &Call) -> Result<RouteTable> {
    let table: &RouteTable = find(&call.context.region.ec2, call.form.required("RouteTableId")?)?;
    if table.owner != call.context.region.account {
        return Err(not_yours());
    }
    Ok(table.clone())
}

fn put(call: &mut Call, table: RouteTable) {
    call.context.region.ec2.route_tables.insert(table.id.clone(), table);
}

/// `DeleteRouteTable`: neither the main one, nor one that a subnet uses.
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
    let table = own(call)?;
    if table.main.is_some() || !table.subnets.is_empty() {
        let message =
            format!("The routeTable '{}' has dependencies and cannot be deleted.", table.id);
        return Err(dependency(message));
    }
    call.context.region.ec2.route_tables.remove(&table.id);
    Ok(done())
}

/// `CreateRoute`.
pub(super) fn create_route(call: &mut Call) -> Result<Vec<Element>> {
    let mut table = own(call)?;
    let destination = destination(call)?;
    let target = target(call, &table)?;
    if table.routes.iter().any(|route| route.destination == destination) {
        let message = format!("The route identified by {destination} already exists.");
        return Err(AwsError::new(400, "RouteAlreadyExists", message));
    }
    table.routes.push(Route { destination, target, origin: "CreateRoute".to_owned() });
    put(call, table);
    Ok(done())
}

/// `ReplaceRoute`.
pub(super) fn replace_route(call: &mut Call) -> Result<Vec<Element>> {
    let mut table = own(call)?;
    let (destination, target) = (destination(call)?, target(call, &table)?);
    let found = table.routes.iter_mut().find(|route| route.destination == destination);
    found.ok_or_else(|| no_route(&table.id, destination))?.target = target;
    put(call, table);
    Ok(done())
}

/// `DeleteRoute`: not the local one.
pub(super) fn delete_route(call: &mut Call) -> Result<Vec<Element>> {
    let mut table = own(call)?;
    let destination = destination(call)?;
    let found = table.routes.iter().position(|route| route.destination == destination);
    let found = found.ok_or_else(|| no_route(&table.id, destination))?;
    if table.routes[found].target == "local" {
        let message =
            format!("cannot remove local route {destination} in route table {}", table.id);
        return Err(AwsError::new(400, "InvalidParameterValue", message));
    }
    table.routes.remove(found);
    put(call, table);
    Ok(done())
}

fn no_route(table: &str, destination: IpNet) -> AwsError {
    let message =
        format!("no route with destination-cidr-block {destination} in route table {table}");
    AwsError::new(400, "InvalidRoute.NotFound", message)
}

fn destination(call: &Call) -> Result<IpNet> {
    if call.form.get("DestinationPrefixListId").is_some() {
        return Err(AwsError::not_served("the sandbox does not serve routes to prefix lists"));
    }
    let text =
        match (call.form.get("DestinationCidrBlock"), call.form.get("DestinationIpv6CidrBlock")) {
            (Some(text), None) | (None, Some(text)) => text,
            (None, None) => return Err(missing("DestinationCidrBlock")),
            _ => return Err(combination("Give one destination")),
        };
    let range = text
        .parse::<IpNet>()
        .map_err(|_| invalid("destinationCidrBlock", text, "This is not a valid CIDR block."))?;
    Ok(range.trunc())
}

fn target(call: &Call, table: &RouteTable) -> Result<String> {
    let mut parameters: Vec<&str> = TARGETS.iter().map(|(_, parameter, _)| *parameter).collect();
    parameters.dedup();
    let given: Vec<&str> = parameters.iter().filter_map(|name| call.form.get(name)).collect();
    let [target] = given.as_slice() else {
        let message = "The request must contain exactly one target of the route";
        return Err(AwsError::new(400, "InvalidParameterCombination", message));
    };
    let ec2 = &call.context.region.ec2;
    match target.split('-').next() {
        Some("igw") => {
            let gateway: &InternetGateway = find(ec2, target)?;
            if gateway.vpc.as_ref() != Some(&table.vpc) {
                let message = format!(
                    "route table {} and network gateway {target} belong to different networks",
                    table.id
                );
                return Err(invalid_value(message));
            }
        }
        Some("nat") => find::<NatGateway>(ec2, target).map(|_| ())?,
        Some("eni") => find::<Interface>(ec2, target).map(|_| ())?,
        _ => {}
    }
    Ok((*target).to_owned())
}

/// `AssociateRouteTable`: a subnet names one table, or else uses the main one.
pub(super) fn associate(call: &mut Call) -> Result<Vec<Element>> {
    let mut table = own(call)?;
    if call.form.get("GatewayId").is_some() {
        return Err(AwsError::not_served("the sandbox does not serve route tables of gateways"));
    }
    let subnet = subnets::find(call.context.region, call.form.required("SubnetId")?)?;
    if subnet.vpc != table.vpc {
        return Err(invalid("subnetId", &subnet.id, "The subnet is not in the route table's VPC."));
    }
    let subnet = subnet.id.clone();
    if call.context.region.ec2.route_tables.by("subnet", &subnet).next().is_some() {
        let message = format!(
            "the specified association for route table {} conflicts with an existing association",
            table.id
        );
        return Err(AwsError::new(400, "Resource.AlreadyAssociated", message));
    }
    let id = call.context.ids.next("rtbassoc-");
    table.subnets.push((id.clone(), subnet));
    put(call, table);
    Ok(vec![
        Element::text("associationId", id),
        Element::new("associationState", vec![Element::text("state", "associated")]),
    ])
}

/// The table that an association belongs to.
fn associated(call: &Call) -> Result<(RouteTable, String)> {
    let id = call.form.required("AssociationId")?.to_owned();
    let mut tables = call.context.region.ec2.route_tables.values();
    let has = |row: &&RouteTable| {
        row.main.as_ref() == Some(&id) || row.subnets.iter().any(|(named, _)| *named == id)
    };
    let table = tables.find(has).cloned().ok_or_else(|| {
        let message = format!("The association ID '{id}' does not exist");
        AwsError::new(400, "InvalidAssociationID.NotFound", message)
    })?;
    if table.owner != call.context.region.account {
        return Err(not_yours());
    }
    Ok((table, id))
}

/// `DisassociateRouteTable`.
pub(super) fn disassociate(call: &mut Call) -> Result<Vec<Element>> {
    let (mut table, id) = associated(call)?;
    if table.main.as_ref() == Some(&id) {
        let message = format!("cannot disassociate the main route table association {id}");
        return Err(AwsError::new(400, "InvalidParameterValue", message));
    }
    table.subnets.retain(|(named, _)| *named != id);
    put(call, table);
    Ok(done())
}

/// `ReplaceRouteTableAssociation`: a subnet's, or the main one's.
pub(super) fn replace_association(call: &mut Call) -> Result<Vec<Element>> {
    let mut new = own(call)?;
    let (mut old, id) = associated(call)?;
    if old.vpc != new.vpc {
        return Err(invalid("routeTableId", &new.id, "The route table is in another VPC."));
    }
    let next = call.context.ids.next("rtbassoc-");
    if old.id != new.id {
        if old.main.as_ref() == Some(&id) {
            old.main = None;
            new.main = Some(next.clone());
        } else {
            let moved: Vec<String> = old
                .subnets
                .iter()
                .filter(|(named, _)| *named == id)
                .map(|(_, subnet)| subnet.clone())
                .collect();
            old.subnets.retain(|(named, _)| *named != id);
            new.subnets.extend(moved.into_iter().map(|subnet| (next.clone(), subnet)));
        }
        put(call, old);
        put(call, new);
        return Ok(replaced(&next));
    }
    Ok(replaced(&id))
}

fn replaced(id: &str) -> Vec<Element> {
    vec![
        Element::text("newAssociationId", id),
        Element::new("associationState", vec![Element::text("state", "associated")]),
    ]
}
