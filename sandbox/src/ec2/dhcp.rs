//! DHCP options sets and the VPCs that use them.

use super::call::Call;
use super::errors::{dependency, invalid, missing};
use super::ids::DHCP_OPTIONS;
use super::listing::{
    By, Index, Listing, MOST, Pages, all, by_id, done, everyone, one, tag_keys, tag_set,
};
use super::resource::find;
use super::{tags, vpcs};
use crate::error::Result;
use crate::world::Region;
use crate::world::ec2::DhcpOptions;
use crate::xml::Element;

/// The options that EC2 takes (`CreateDhcpOptions`), with how many values each may have.
const OPTIONS: [(&str, usize); 6] = [
    ("domain-name-servers", 4),
    ("domain-name", 1),
    ("ntp-servers", 4),
    ("netbios-name-servers", 4),
    ("netbios-node-type", 1),
    ("ipv6-address-preferred-lease-time", 1),
];

pub(super) static LISTING: Listing<DhcpOptions> = Listing {
    set: "dhcpOptionsSet",
    ids: "DhcpOptionsId",
    pages: Pages::Most(MOST),
    filters: &[
        By("dhcp-options-id", |set, _| one(&set.id)),
        By("key", |set, _| all(set.options.iter().map(|(key, _)| key))),
        By("owner-id", |_, region| one(&region.account)),
        By("tag-key", tag_keys),
        By("value", |set, _| all(set.options.iter().flat_map(|(_, values)| values))),
    ],
    indexes: &[Index("dhcp-options-id", by_id)],
    item,
    visible: everyone,
};

fn item(set: &DhcpOptions, region: &Region) -> Vec<Element> {
    let options = set.options.iter().map(|(key, values)| {
        let values = values.iter().map(|value| vec![Element::text("value", value)]);
        vec![Element::text("key", key), Element::set("valueSet", values)]
    });
    vec![
        Element::text("dhcpOptionsId", &set.id),
        Element::text("ownerId", &region.account),
        Element::set("dhcpConfigurationSet", options),
        tag_set(&set.tags),
    ]
}

/// `CreateDhcpOptions`.
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
    let options = options(call)?;
    let tags = tags::on_creation(call, &DHCP_OPTIONS)?;
    let set = DhcpOptions { id: call.context.ids.next("dopt-"), options, tags };
    let region = &mut *call.context.region;
    let item = item(&set, region);
    region.ec2.dhcp_options.insert(set.id.clone(), set);
    Ok(vec![Element::new("dhcpOptions", item)])
}

fn options(call: &Call) -> Result<Vec<(String, Vec<String>)>> {
    let mut options: Vec<(String, Vec<String>)> = Vec::new();
    for prefix in call.form.groups("DhcpConfiguration") {
        let key = call.form.required(&format!("{prefix}Key"))?.to_owned();
        let values = call.form.list(&format!("{prefix}Value"));
        // One text may hold several servers.
        let values: Vec<String> = values
            .into_iter()
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_owned())
            .collect();
        let Some((_, most)) = OPTIONS.iter().find(|(name, _)| *name == key) else {
            return Err(invalid("option", &key, "This is not a DHCP option."));
        };
        if values.is_empty() || values.iter().any(String::is_empty) {
            return Err(missing("DhcpConfiguration.Value"));
        }
        if values.len() > *most {
            let why = format!("Expected at most {most}.");
            return Err(invalid(&key, &values.join(", "), &why));
        }
        check(&key, &values)?;
        if options.iter().any(|(known, _)| *known == key) {
            return Err(invalid("option", &key, "The option is given twice."));
        }
        options.push((key, values));
    }
    if options.is_empty() {
        return Err(missing("DhcpConfiguration"));
    }
    Ok(options)
}

fn check(key: &str, values: &[String]) -> Result<()> {
    let address = |value: &str| value.parse::<std::net::IpAddr>().is_ok();
    let fits = |value: &str| match key {
        "domain-name-servers" => value == "AmazonProvidedDNS" || address(value),
        "ntp-servers" => address(value),
        "netbios-name-servers" => value.parse::<std::net::Ipv4Addr>().is_ok(),
        "netbios-node-type" => ["1", "2", "4", "8"].contains(&value),
        "ipv6-address-preferred-lease-time" => {
            value.parse::<u32>().is_ok_and(|seconds| seconds >= 140)
        }
        _ => true,
    };
    match values.iter().find(|value| !fits(value)) {
        Some(value) => Err(invalid(key, value, "The option does not take this value.")),
        None => Ok(()),
    }
}

/// `AssociateDhcpOptions`: `default` stands for none at all.
pub(super) fn associate(call: &mut Call) -> Result<Vec<Element>> {
    let id = call.form.required("DhcpOptionsId")?.to_owned();
    let vpc = vpcs::own(call)?;
    let ec2 = &mut call.context.region.ec2;
    if id != "default" {
        find::<DhcpOptions>(ec2, &id)?;
    }
    if let Some(vpc) = ec2.vpcs.get_mut(&vpc) {
        vpc.dhcp_options = id;
    }
    Ok(done())
}

/// `DeleteDhcpOptions`: no VPC may use it.
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
    let id = call.form.required("DhcpOptionsId")?.to_owned();
    let ec2 = &mut call.context.region.ec2;
    find::<DhcpOptions>(ec2, &id)?;
    if ec2.vpcs.by("dhcp_options", &id).next().is_some() {
        let message = format!("The dhcpOptions '{id}' has dependencies and cannot be deleted.");
        return Err(dependency(message));
    }
    ec2.dhcp_options.remove(&id);
    Ok(done())
}
