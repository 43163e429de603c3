//! NAT gateways: their listing and their life.

use super::addresses;
use super::call::Call;
use super::errors::{combination, invalid, missing, not_yours};
use super::gateways;
use super::ids::NAT_GATEWAY;
use super::interface_addresses::choose;
use super::listing::{By, Index, Listing, MOST, Pages, by_id, everyone, one, tag_keys, tag_set};
use super::resource::find;
use super::tags;
use crate::error::{AwsError, Result};
use crate::world::ec2::{Address, Ec2, Interface, NatGateway, NatState, Subnet};
use crate::world::{Region, Tags};
use crate::xml::{Element, timestamp};

/// "NAT gateways per Availability Zone: 5" (Amazon VPC quotas).
const MOST_OF_A_ZONE: usize = 5;

/// How long a gateway is `pending`, and how long it is `deleting`, in milliseconds. AWS takes
/// minutes.
const CHANGING_MS: u64 = 200;

/// "The NAT gateway entry might remain visible … for about an hour" (Amazon VPC User Guide).
const KEPT_MS: u64 = 3_600_000;

pub(super) static LISTING: Listing<NatGateway> = Listing {
    set: "natGatewaySet",
    ids: "NatGatewayId",
    pages: Pages::Most(MOST),
    filters: &[
        By("nat-gateway-id", |gateway, _| one(&gateway.id)),
        By("state", |gateway, _| one(state(gateway))),
        By("subnet-id", |gateway, _| one(&gateway.subnet)),
        By("tag-key", tag_keys),
        By("vpc-id", |gateway, _| one(&gateway.vpc)),
    ],
    indexes: &[
        Index("nat-gateway-id", by_id),
        Index("subnet-id", |ec2, id| ec2.nat_gateways.by("subnet", id).collect()),
        Index("vpc-id", |ec2, id| ec2.nat_gateways.by("vpc", id).collect()),
    ],
    item,
    visible: everyone,
};

fn state(gateway: &NatGateway) -> &'static str {
    match gateway.state {
        NatState::Pending => "pending",
        NatState::Failed => "failed",
        NatState::Available => "available",
        NatState::Deleting => "deleting",
        NatState::Deleted => "deleted",
    }
}

fn item(gateway: &NatGateway, region: &Region) -> Vec<Element> {
    let mut item = vec![
        Element::text("natGatewayId", &gateway.id),
        Element::text("vpcId", &gateway.vpc),
        Element::text("subnetId", &gateway.subnet),
        Element::text("state", state(gateway)),
        Element::text("connectivityType", if gateway.public { "public" } else { "private" }),
        Element::text("createTime", timestamp(gateway.created_ms)),
        Element::set("natGatewayAddressSet", address_items(gateway, region)),
        tag_set(&gateway.tags),
    ];
    item.extend(gateway.deleted_ms.map(|ms| Element::text("deleteTime", timestamp(ms))));
    if let Some((code, message)) = &gateway.failure {
        item.push(Element::text("failureCode", code));
        item.push(Element::text("failureMessage", message));
    }
    item
}

/// The addresses of a gateway, each with the Elastic IP address that stands for it.
pub(super) fn address_items(gateway: &NatGateway, region: &Region) -> Vec<Vec<Element>> {
    let interface = gateway.interface.as_ref().and_then(|id| region.ec2.interfaces.get(id));
    let item = |interface: &Interface, private| {
        let mut item = vec![
            Element::text("privateIp", private),
            Element::text("networkInterfaceId", &interface.id),
            Element::text("isPrimary", interface.address == Some(private)),
            Element::text("status", "succeeded"),
        ];
        if let Some(address) = addresses::of(&region.ec2, &interface.id, private) {
            item.push(Element::text("publicIp", address.public));
            item.push(Element::text("allocationId", &address.id));
            let association = address.association.iter();
            item.extend(association.map(|found| Element::text("associationId", &found.id)));
        }
        item
    };
    interface
        .into_iter()
        .flat_map(|interface| interface.ipv4().map(|private| item(interface, private)))
        .collect()
}

/// `CreateNatGateway`: what cannot work is made, and has failed.
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
    let token = call.form.get("ClientToken").map(str::to_owned);
    let region = &*call.context.region;
    let made = |row: &&NatGateway| token.is_some() && row.token == token;
    if let Some(gateway) = region.ec2.nat_gateways.values().find(made) {
        return Ok(created(region, gateway));
    }
    let subnet: Subnet = find::<Subnet>(&region.ec2, call.form.required("SubnetId")?)?.clone();
    if subnet.owner != region.account {
        return Err(not_yours());
    }
    let public = match call.form.get("ConnectivityType").unwrap_or("public") {
        "public" => true,
        "private" => false,
        other => return Err(invalid("connectivityType", other, "Expected public or private.")),
    };
    let allocations = allocations(call, public)?;
    within_quota(region, &subnet)?;
    let mut gateway = NatGateway {
        tags: tags::on_creation(call, &NAT_GATEWAY)?,
        id: call.context.ids.next("nat-"),
        vpc: subnet.vpc.clone(),
        subnet: subnet.id.clone(),
        public,
        interface: None,
        state: NatState::Pending,
        failure: None,
        until: Some(call.context.now + CHANGING_MS),
        created_ms: call.context.now,
        deleted_ms: None,
        token,
    };
    match equip(call, &gateway, &subnet, &allocations) {
        Ok(interface) => gateway.interface = Some(interface),
        Err(failure) => {
            gateway.state = NatState::Failed;
            gateway.failure = Some((failure.code.to_owned(), failure.message));
            gateway.until = Some(call.context.now + KEPT_MS);
        }
    }
    let region = &mut *call.context.region;
    let members = created(region, &gateway);
    region.ec2.nat_gateways.insert(gateway.id.clone(), gateway);
    Ok(members)
}

fn created(region: &Region, gateway: &NatGateway) -> Vec<Element> {
    let mut members = vec![Element::new("natGateway", item(gateway, region))];
    members.extend(gateway.token.as_ref().map(|token| Element::text("clientToken", token)));
    members
}

/// The Elastic IP addresses that a call names, the primary one first.
fn allocations(call: &Call, public: bool) -> Result<Vec<String>> {
    let first = call.form.get("AllocationId");
    let more = call.form.list("SecondaryAllocationId");
    match (public, first) {
        (true, None) => return Err(missing("AllocationId")),
        (false, _) if first.is_some() || !more.is_empty() => {
            let message =
                "The parameter AllocationId cannot be used with the connectivity type private";
            return Err(combination(message));
        }
        _ => {}
    }
    let all: Vec<String> = first.into_iter().chain(more).map(str::to_owned).collect();
    for id in &all {
        find::<Address>(&call.context.region.ec2, id)?;
    }
    Ok(all)
}

fn within_quota(region: &Region, subnet: &Subnet) -> Result<()> {
    let in_zone = |gateway: &&NatGateway| {
        let lives = !matches!(gateway.state, NatState::Deleted | NatState::Failed);
        let zone = region.ec2.subnets.get(&gateway.subnet).map(|found| &found.zone);
        lives && zone == Some(&subnet.zone)
    };
    if region.ec2.nat_gateways.values().filter(in_zone).count() >= MOST_OF_A_ZONE {
        let message = format!(
            "Performing this operation would exceed the limit of {MOST_OF_A_ZONE} NAT gateways"
        );
        return Err(AwsError::new(400, "NatGatewayLimitExceeded", message));
    }
    Ok(())
}

/// Makes the gateway's interface, with its addresses. The sentences are those of
/// "Troubleshoot NAT gateways" (Amazon VPC User Guide); the codes are those that the model
/// lists for `failureCode`.
fn equip(
    call: &mut Call,
    gateway: &NatGateway,
    subnet: &Subnet,
    allocations: &[String],
) -> Result<String> {
    let ec2 = &call.context.region.ec2;
    if gateway.public && gateways::of(ec2, &gateway.vpc).is_none() {
        let message = format!("Network {} has no Internet gateway attached", gateway.vpc);
        return Err(AwsError::new(400, "Gateway.NotAttached", message));
    }
    for id in allocations {
        if ec2.addresses.get(id).is_some_and(|address| address.association.is_some()) {
            let message = format!("Elastic IP address [{id}] is already associated");
            return Err(AwsError::new(400, "Resource.AlreadyAssociated", message));
        }
    }
    let form = &call.form;
    let primary = form.get("PrivateIpAddress");
    let secondary = form.list("SecondaryPrivateIpAddress");
    let more = form.parsed::<usize>("SecondaryPrivateIpAddressCount", "a number")?.unwrap_or(0);
    let count = (1 + more.max(secondary.len())).max(allocations.len());
    let given: Vec<&str> = primary.into_iter().chain(secondary.iter().copied()).collect();
    let mut private = choose(&call.context.region.ec2, subnet, &given, count)?;
    if primary.is_none() {
        // The first one behind those that are given is free, and becomes the primary one.
        private[..=secondary.len()].rotate_right(1);
    }
    let id = call.context.ids.next("eni-");
    let mut private = private.into_iter();
    let interface = Interface {
        address: private.next(),
        secondary: private.collect(),
        description: format!("Interface for NAT Gateway {}", gateway.id),
        kind: "nat_gateway".to_owned(),
        requester: Some(call.context.region.account.clone()),
        source_dest_check: false,
        tags: Tags::new(),
        ..Interface::unused(id.clone(), &subnet.id)
    };
    let private: Vec<_> = interface.ipv4().collect();
    call.context.region.ec2.interfaces.insert(id.clone(), interface);
    for (allocation, private) in allocations.iter().zip(private) {
        addresses::put(call, allocation, &id, private);
    }
    Ok(id)
}

/// The gateway that a call names, which is not on its way out.
pub(super) fn named(call: &Call) -> Result<NatGateway> {
    let id = call.form.required("NatGatewayId")?;
    let gateway: &NatGateway = find(&call.context.region.ec2, id)?;
    if matches!(gateway.state, NatState::Deleting | NatState::Deleted) {
        return Err(NAT_GATEWAY.not_found(id));
    }
    Ok(gateway.clone())
}

/// `DeleteNatGateway`: its Elastic IP addresses stay, and serve nothing any more.
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
    let gateway = named(call)?;
    let now = call.context.now;
    let gateway = NatGateway {
        state: NatState::Deleting,
        until: Some(now + CHANGING_MS),
        deleted_ms: Some(now),
        ..gateway
    };
    let members = vec![Element::text("natGatewayId", &gateway.id)];
    call.context.region.ec2.nat_gateways.insert(gateway.id.clone(), gateway);
    Ok(members)
}

/// Carries out the changes of state that are due.
pub(super) fn settle(ec2: &mut Ec2, now: u64) {
    for id in ec2.nat_gateways.due(now) {
        let Some(mut gateway) = ec2.nat_gateways.get(&id).cloned() else { continue };
        match gateway.state {
            NatState::Pending | NatState::Available => {
                gateway.state = NatState::Available;
                gateway.until = None;
            }
            NatState::Deleting => {
                if let Some(interface) = gateway.interface.take() {
                    addresses::free(ec2, &interface);
                    ec2.interfaces.remove(&interface);
                }
                gateway.state = NatState::Deleted;
                gateway.until = Some(now + KEPT_MS);
            }
            NatState::Failed | NatState::Deleted => {
                ec2.nat_gateways.remove(&id);
                continue;
            }
        }
        ec2.nat_gateways.insert(id, gateway);
    }
}
