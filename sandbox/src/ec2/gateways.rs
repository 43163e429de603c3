//! Internet gateways.

use super::call::Call;
use super::errors::{dependency, invalid_value};
use super::ids::INTERNET_GATEWAY;
use super::listing::{
    By, Index, Listing, MOST, Pages, all, by_id, done, everyone, one, tag_keys, tag_set,
};
use super::resource::find;
use super::{tags, vpcs};
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::{Ec2, InternetGateway};
use crate::xml::Element;

pub(super) static LISTING: Listing<InternetGateway> = Listing {
    set: "internetGatewaySet",
    ids: "InternetGatewayId",
    pages: Pages::Most(MOST),
    filters: &[
        By("attachment.state", |gateway, _| all(gateway.vpc.iter().map(|_| "available"))),
        By("attachment.vpc-id", |gateway, _| all(&gateway.vpc)),
        By("internet-gateway-id", |gateway, _| one(&gateway.id)),
        By("owner-id", |_, region| one(&region.account)),
        By("tag-key", tag_keys),
    ],
    indexes: &[
        Index("internet-gateway-id", by_id),
        Index("attachment.vpc-id", |ec2, vpc| ec2.internet_gateways.by("vpc", vpc).collect()),
    ],
    item,
    visible: everyone,
};

fn item(gateway: &InternetGateway, region: &Region) -> Vec<Element> {
    let attachments = gateway
        .vpc
        .iter()
        .map(|vpc| vec![Element::text("vpcId", vpc), Element::text("state", "available")]);
    vec![
        Element::text("internetGatewayId", &gateway.id),
        Element::text("ownerId", &region.account),
        Element::set("attachmentSet", attachments),
        tag_set(&gateway.tags),
    ]
}

/// The internet gateway of a VPC.
pub(super) fn of<'a>(ec2: &'a Ec2, vpc: &str) -> Option<&'a InternetGateway> {
    ec2.internet_gateways.by("vpc", vpc).next()
}

/// `CreateInternetGateway`.
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
    let tags = tags::on_creation(call, &INTERNET_GATEWAY)?;
    let gateway = InternetGateway { id: call.context.ids.next("igw-"), vpc: None, tags };
    let region = &mut *call.context.region;
    let item = item(&gateway, region);
    region.ec2.internet_gateways.insert(gateway.id.clone(), gateway);
    Ok(vec![Element::new("internetGateway", item)])
}

fn named(call: &Call) -> Result<InternetGateway> {
    find(&call.context.region.ec2, call.form.required("InternetGatewayId")?).cloned()
}

/// `AttachInternetGateway`: one gateway to one VPC.
pub(super) fn attach(call: &mut Call) -> Result<Vec<Element>> {
    let gateway = named(call)?;
    let vpc = vpcs::find(call.context.region, call.form.required("VpcId")?)?.id.clone();
    if let Some(other) = &gateway.vpc {
        let message = format!("resource {} is already attached to network {other}", gateway.id);
        return Err(AwsError::new(400, "Resource.AlreadyAssociated", message));
    }
    let ec2 = &mut call.context.region.ec2;
    if of(ec2, &vpc).is_some() {
        let message = format!("Network {vpc} already has an internet gateway attached");
        return Err(invalid_value(message));
    }
    let gateway = InternetGateway { vpc: Some(vpc), ..gateway };
    ec2.internet_gateways.insert(gateway.id.clone(), gateway);
    Ok(done())
}

/// `DetachInternetGateway`: not while an interface of the VPC has a public address.
pub(super) fn detach(call: &mut Call) -> Result<Vec<Element>> {
    let gateway = named(call)?;
    let vpc = vpcs::find(call.context.region, call.form.required("VpcId")?)?.id.clone();
    if gateway.vpc.as_ref() != Some(&vpc) {
        let message = format!("resource {} is not attached to network {vpc}", gateway.id);
        return Err(AwsError::new(400, "Gateway.NotAttached", message));
    }
    let ec2 = &mut call.context.region.ec2;
    let in_vpc = |interface: &String| {
        let subnet = ec2.interfaces.get(interface).and_then(|row| ec2.subnets.get(&row.subnet));
        subnet.is_some_and(|subnet| subnet.vpc == vpc)
    };
    let mut used = ec2.addresses.values().filter_map(|address| address.association.as_ref());
    if used.any(|association| in_vpc(&association.interface)) {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        );
        return Err(dependency(message));
    }
    let gateway = InternetGateway { vpc: None, ..gateway };
    ec2.internet_gateways.insert(gateway.id.clone(), gateway);
    Ok(done())
}

/// `DeleteInternetGateway`: it must be detached.
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
    let gateway = named(call)?;
    if gateway.vpc.is_some() {
        let message =
            format!("The internetGateway '{}' has dependencies and cannot be deleted.", gateway.id);
        return Err(dependency(message));
    }
    call.context.region.ec2.internet_gateways.remove(&gateway.id);
    Ok(done())
}
