//! Route tables, their routes and their associations.

use ipnet::IpNet;

use super::call::Call;
use super::errors::{combination, dependency, invalid, missing, not_served, not_yours};
use super::ids::{INTERNET_GATEWAY, Kind, NAT_GATEWAY, ROUTE_TABLE};
use super::listing::{Described, Paging, list, tag_set};
use super::state::{Route, RouteTable};
use super::xml::Element;
use super::{defaults, subnets, tags, vpcs};
use crate::error::{Answer, AwsError};
use crate::world::{Region, Tags};

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

impl Described for RouteTable {
    const SET: &'static str = "routeTableSet";
    const IDS: &'static str = "RouteTableId";
    const KIND: &'static Kind = &ROUTE_TABLE;
    const FILTERS: &'static [&'static str] = &[
        "association.gateway-id",
        "association.main",
        "association.route-table-association-id",
        "association.route-table-id",
        "association.subnet-id",
        "owner-id",
        "route-table-id",
        "route.destination-cidr-block",
        "route.destination-ipv6-cidr-block",
        "route.destination-prefix-list-id",
        "route.egress-only-internet-gateway-id",
        "route.gateway-id",
        "route.instance-id",
        "route.nat-gateway-id",
        "route.origin",
        "route.state",
        "route.transit-gateway-id",
        "route.vpc-peering-connection-id",
        "tag-key",
        "tag:",
        "vpc-id",
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn values(&self, _region: &Region, filter: &str) -> Vec<String> {
        let routes = self.routes.iter();
        let to = |element: &str| {
            let found = self.routes.iter().filter(|route| element_of(&route.target) == element);
            found.map(|route| route.target.clone()).collect()
        };
        match filter {
            "association.main" => {
                let main = self.main.iter().map(|_| true);
                main.chain(self.subnets.iter().map(|_| false))
                    .map(|main| main.to_string())
                    .collect()
            }
            "association.route-table-association-id" => {
                let named = self.subnets.iter().map(|(id, _)| id);
                self.main.iter().chain(named).cloned().collect()
            }
            "association.route-table-id" if self.main.is_some() || !self.subnets.is_empty() => {
                vec![self.id.clone()]
            }
            "association.subnet-id" => self.subnets.iter().map(|(_, id)| id.clone()).collect(),
            "owner-id" => vec![self.owner.clone()],
            "route-table-id" => vec![self.id.clone()],
            "route.destination-cidr-block" => {
                let v4 = routes.filter(|route| route.destination.addr().is_ipv4());
                v4.map(|route| route.destination.to_string()).collect()
            }
            "route.destination-ipv6-cidr-block" => {
                let v6 = routes.filter(|route| route.destination.addr().is_ipv6());
                v6.map(|route| route.destination.to_string()).collect()
            }
            "route.egress-only-internet-gateway-id" => to("egressOnlyInternetGatewayId"),
            "route.gateway-id" => to("gatewayId"),
            "route.nat-gateway-id" => to("natGatewayId"),
            "route.origin" => routes.map(|route| route.origin.clone()).collect(),
            "route.state" => routes.map(|_| "active".to_owned()).collect(),
            "route.transit-gateway-id" => to("transitGatewayId"),
            "route.vpc-peering-connection-id" => to("vpcPeeringConnectionId"),
            "vpc-id" => vec![self.vpc.clone()],
            _ => Vec::new(),
        }
    }

    fn item(&self, _region: &Region) -> Vec<Element> {
        let association = |id: &String, subnet: Option<&String>| {
            let mut members = vec![
                Element::text("routeTableAssociationId", id),
                Element::text("routeTableId", &self.id),
                Element::text("main", subnet.is_none()),
                Element::new("associationState", vec![Element::text("state", "associated")]),
            ];
            members.extend(subnet.map(|id| Element::text("subnetId", id)));
            members
        };
        let main = self.main.iter().map(|id| association(id, None));
        let named = self.subnets.iter().map(|(id, subnet)| association(id, Some(subnet)));
        vec![
            Element::text("routeTableId", &self.id),
            Element::text("vpcId", &self.vpc),
            Element::text("ownerId", &self.owner),
            Element::set("routeSet", self.routes.iter().map(route_item)),
            Element::set("associationSet", main.chain(named)),
            Element::set("propagatingVgwSet", []),
            tag_set(&self.tags),
        ]
    }

    /// A participant in a shared VPC sees the tables that its subnets name, and not the
    /// main one.
    fn visible(&self, region: &Region) -> bool {
        self.owner == region.account || !self.subnets.is_empty()
    }
}

fn element_of(target: &str) -> &'static str {
    let found = TARGETS.iter().find(|(prefix, ..)| target.starts_with(prefix));
    found.map_or("gatewayId", |(.., element)| element)
}

fn route_item(route: &Route) -> Vec<Element> {
    let destination = match route.destination {
        IpNet::V4(_) => "destinationCidrBlock",
        IpNet::V6(_) => "destinationIpv6CidrBlock",
    };
    vec![
        Element::text(destination, route.destination),
        Element::text(element_of(&route.target), &route.target),
        Element::text("state", "active"),
        Element::text("origin", &route.origin),
    ]
}

/// `DescribeRouteTables`.
pub(super) fn describe(call: &mut Call) -> Answer<Vec<Element>> {
    list(call, call.context.region.ec2.route_tables.values(), Paging::Always)
}

/// `CreateRouteTable`: a token makes it once.
pub(super) fn create(call: &mut Call) -> Answer<Vec<Element>> {
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
    let mut members = vec![Element::new("routeTable", table.item(region))];
    members.extend(table.token.as_ref().map(|token| Element::text("clientToken", token)));
    members
}

/// The table that a call names, which the account must own to change it.
fn own(call: &Call) -> Answer<RouteTable> {
    let id = call.form.required("RouteTableId")?;
    ROUTE_TABLE.check(id)?;
    let table = call.context.region.ec2.route_tables.get(id);
    let table = table.ok_or_else(|| ROUTE_TABLE.not_found(id))?;
    if table.owner != call.context.region.account {
        return Err(not_yours());
    }
    Ok(table.clone())
}

fn put(call: &mut Call, table: RouteTable) {
    call.context.region.ec2.route_tables.insert(table.id.clone(), table);
}

/// `DeleteRouteTable`: neither the main one, nor one that a subnet uses.
pub(super) fn delete(call: &mut Call) -> Answer<Vec<Element>> {
    let table = own(call)?;
    if table.main.is_some() || !table.subnets.is_empty() {
        let message =
            format!("The routeTable '{}' has dependencies and cannot be deleted.", table.id);
        return Err(dependency(message));
    }
    call.context.region.ec2.route_tables.remove(&table.id);
    Ok(vec![Element::text("return", true)])
}

/// `CreateRoute`.
pub(super) fn create_route(call: &mut Call) -> Answer<Vec<Element>> {
    let mut table = own(call)?;
    let destination = destination(call)?;
    let target = target(call)?;
    if table.routes.iter().any(|route| route.destination == destination) {
        let message = format!("The route identified by {destination} already exists.");
        return Err(AwsError::new(400, "RouteAlreadyExists", message));
    }
    table.routes.push(Route { destination, target, origin: "CreateRoute".to_owned() });
    put(call, table);
    Ok(vec![Element::text("return", true)])
}

/// `ReplaceRoute`.
pub(super) fn replace_route(call: &mut Call) -> Answer<Vec<Element>> {
    let mut table = own(call)?;
    let (destination, target) = (destination(call)?, target(call)?);
    let found = table.routes.iter_mut().find(|route| route.destination == destination);
    found.ok_or_else(|| no_route(&table.id, destination))?.target = target;
    put(call, table);
    Ok(vec![Element::text("return", true)])
}

/// `DeleteRoute`: not the local one.
pub(super) fn delete_route(call: &mut Call) -> Answer<Vec<Element>> {
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
    Ok(vec![Element::text("return", true)])
}

fn no_route(table: &str, destination: IpNet) -> AwsError {
    let message =
        format!("no route with destination-cidr-block {destination} in route table {table}");
    AwsError::new(400, "InvalidRoute.NotFound", message)
}

fn destination(call: &Call) -> Answer<IpNet> {
    if call.form.get("DestinationPrefixListId").is_some() {
        return Err(not_served("the sandbox does not serve routes to prefix lists"));
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

fn target(call: &Call) -> Answer<String> {
    let mut parameters: Vec<&str> = TARGETS.iter().map(|(_, parameter, _)| *parameter).collect();
    parameters.dedup();
    let given: Vec<&str> = parameters.iter().filter_map(|name| call.form.get(name)).collect();
    let [target] = given.as_slice() else {
        let message = "The request must contain exactly one target of the route";
        return Err(AwsError::new(400, "InvalidParameterCombination", message));
    };
    let ec2 = &call.context.region.ec2;
    if target.starts_with("igw-") && !ec2.internet_gateways.contains_key(target) {
        return Err(INTERNET_GATEWAY.not_found(target));
    }
    if target.starts_with("nat-") && !ec2.nat_gateways.contains_key(target) {
        return Err(NAT_GATEWAY.not_found(target));
    }
    Ok((*target).to_owned())
}

/// `AssociateRouteTable`: a subnet names one table, or else uses the main one.
pub(super) fn associate(call: &mut Call) -> Answer<Vec<Element>> {
    let mut table = own(call)?;
    if call.form.get("GatewayId").is_some() {
        return Err(not_served("the sandbox does not serve route tables of gateways"));
    }
    let subnet = subnets::find(call.context.region, call.form.required("SubnetId")?)?;
    if subnet.vpc != table.vpc {
        return Err(invalid("subnetId", &subnet.id, "The subnet is not in the route table's VPC."));
    }
    let subnet = subnet.id.clone();
    let names_it = |row: &RouteTable| row.subnets.iter().any(|(_, named)| *named == subnet);
    if call.context.region.ec2.route_tables.values().any(names_it) {
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
fn associated(call: &Call) -> Answer<(RouteTable, String)> {
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
pub(super) fn disassociate(call: &mut Call) -> Answer<Vec<Element>> {
    let (mut table, id) = associated(call)?;
    if table.main.as_ref() == Some(&id) {
        let message = format!("cannot disassociate the main route table association {id}");
        return Err(AwsError::new(400, "InvalidParameterValue", message));
    }
    table.subnets.retain(|(named, _)| *named != id);
    put(call, table);
    Ok(vec![Element::text("return", true)])
}

/// `ReplaceRouteTableAssociation`: a subnet's, or the main one's.
pub(super) fn replace_association(call: &mut Call) -> Answer<Vec<Element>> {
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
