//! Internet gateways, and NAT gateways to read.

use super::call::Call;
use super::errors::dependency;
use super::ids::{INTERNET_GATEWAY, Kind, NAT_GATEWAY};
use super::listing::{Described, Paging, list, tag_set};
use super::state::{InternetGateway, NatGateway};
use super::xml::{Element, timestamp};
use super::{tags, vpcs};
use crate::error::{Answer, AwsError};
use crate::world::{Region, Tags};

impl Described for InternetGateway {
    const SET: &'static str = "internetGatewaySet";
    const IDS: &'static str = "InternetGatewayId";
    const KIND: &'static Kind = &INTERNET_GATEWAY;
    const FILTERS: &'static [&'static str] = &[
        "attachment.state",
        "attachment.vpc-id",
        "internet-gateway-id",
        "owner-id",
        "tag-key",
        "tag:",
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn values(&self, region: &Region, filter: &str) -> Vec<String> {
        match filter {
            "attachment.state" => self.vpc.iter().map(|_| "available".to_owned()).collect(),
            "attachment.vpc-id" => self.vpc.iter().cloned().collect(),
            "internet-gateway-id" => vec![self.id.clone()],
            "owner-id" => vec![region.account.clone()],
            _ => Vec::new(),
        }
    }

    fn item(&self, region: &Region) -> Vec<Element> {
        let attachments = self
            .vpc
            .iter()
            .map(|vpc| vec![Element::text("vpcId", vpc), Element::text("state", "available")]);
        vec![
            Element::text("internetGatewayId", &self.id),
            Element::text("ownerId", &region.account),
            Element::set("attachmentSet", attachments),
            tag_set(&self.tags),
        ]
    }
}

/// `DescribeInternetGateways`.
pub(super) fn describe(call: &mut Call) -> Answer<Vec<Element>> {
    list(call, call.context.region.ec2.internet_gateways.values(), Paging::Always)
}

/// `CreateInternetGateway`.
pub(super) fn create(call: &mut Call) -> Answer<Vec<Element>> {
    let tags = tags::on_creation(call, &INTERNET_GATEWAY)?;
    let gateway = InternetGateway { id: call.context.ids.next("igw-"), vpc: None, tags };
    let region = &mut *call.context.region;
    let item = gateway.item(region);
    region.ec2.internet_gateways.insert(gateway.id.clone(), gateway);
    Ok(vec![Element::new("internetGateway", item)])
}

fn named(call: &Call) -> Answer<InternetGateway> {
    let id = call.form.required("InternetGatewayId")?;
    INTERNET_GATEWAY.check(id)?;
    let found = call.context.region.ec2.internet_gateways.get(id);
    found.cloned().ok_or_else(|| INTERNET_GATEWAY.not_found(id))
}

/// `AttachInternetGateway`: one gateway to one VPC.
pub(super) fn attach(call: &mut Call) -> Answer<Vec<Element>> {
    let gateway = named(call)?;
    let vpc = vpcs::find(call.context.region, call.form.required("VpcId")?)?.id.clone();
    if let Some(other) = &gateway.vpc {
        let message = format!("resource {} is already attached to network {other}", gateway.id);
        return Err(AwsError::new(400, "Resource.AlreadyAssociated", message));
    }
    let gateways = &mut call.context.region.ec2.internet_gateways;
    if gateways.values().any(|other| other.vpc.as_ref() == Some(&vpc)) {
        let message = format!("Network {vpc} already has an internet gateway attached");
        return Err(AwsError::new(400, "InvalidParameterValue", message));
    }
    let gateway = InternetGateway { vpc: Some(vpc), ..gateway };
    gateways.insert(gateway.id.clone(), gateway);
    Ok(vec![Element::text("return", true)])
}

/// `DetachInternetGateway`: not while a NAT gateway of the VPC has a public address.
pub(super) fn detach(call: &mut Call) -> Answer<Vec<Element>> {
    let gateway = named(call)?;
    let vpc = vpcs::find(call.context.region, call.form.required("VpcId")?)?.id.clone();
    if gateway.vpc.as_ref() != Some(&vpc) {
        let message = format!("resource {} is not attached to network {vpc}", gateway.id);
        return Err(AwsError::new(400, "Gateway.NotAttached", message));
    }
    let ec2 = &mut call.context.region.ec2;
    if ec2.nat_gateways.values().any(|row| row.vpc == vpc) {
        let message = format!(
            "Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."
        );
        return Err(dependency(message));
    }
    let gateway = InternetGateway { vpc: None, ..gateway };
    ec2.internet_gateways.insert(gateway.id.clone(), gateway);
    Ok(vec![Element::text("return", true)])
}

/// `DeleteInternetGateway`: it must be detached.
pub(super) fn delete(call: &mut Call) -> Answer<Vec<Element>> {
    let gateway = named(call)?;
    if gateway.vpc.is_some() {
        let message =
            format!("The internetGateway '{}' has dependencies and cannot be deleted.", gateway.id);
        return Err(dependency(message));
    }
    call.context.region.ec2.internet_gateways.remove(&gateway.id);
    Ok(vec![Element::text("return", true)])
}

impl Described for NatGateway {
    const SET: &'static str = "natGatewaySet";
    const IDS: &'static str = "NatGatewayId";
    const KIND: &'static Kind = &NAT_GATEWAY;
    const FILTERS: &'static [&'static str] =
        &["nat-gateway-id", "state", "subnet-id", "tag-key", "tag:", "vpc-id"];

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn values(&self, _region: &Region, filter: &str) -> Vec<String> {
        match filter {
            "nat-gateway-id" => vec![self.id.clone()],
            "state" => vec!["available".to_owned()],
            "subnet-id" => vec![self.subnet.clone()],
            "vpc-id" => vec![self.vpc.clone()],
            _ => Vec::new(),
        }
    }

    fn item(&self, _region: &Region) -> Vec<Element> {
        let address = vec![
            Element::text("publicIp", self.public_ip),
            Element::text("privateIp", self.private_ip),
            Element::text("isPrimary", true),
            Element::text("status", "succeeded"),
        ];
        vec![
            Element::text("natGatewayId", &self.id),
            Element::text("vpcId", &self.vpc),
            Element::text("subnetId", &self.subnet),
            Element::text("state", "available"),
            Element::text("connectivityType", "public"),
            Element::text("createTime", timestamp(self.created_ms)),
            Element::set("natGatewayAddressSet", [address]),
            tag_set(&self.tags),
        ]
    }
}

/// `DescribeNatGateways`.
pub(super) fn describe_nat(call: &mut Call) -> Answer<Vec<Element>> {
    list(call, call.context.region.ec2.nat_gateways.values(), Paging::Always)
}
