//! The entries of network ACLs.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::errors::{combination, invalid, invalid_value, missing};
use super::form::Form;
use crate::error::Result;
use crate::world::Region;
use crate::world::ec2::{AclEntry, NetworkAcl};
use crate::xml::Element;

/// The number of the entry that denies what no other one decides; the next one is for IPv6.
const LAST: u16 = 32_767;

/// The greatest number that an entry may be given (`CreateNetworkAclEntry`).
const GREATEST: u16 = 32_766;

/// The numbers of protocols that a call may name instead ("Protocol Numbers", IANA).
const PROTOCOLS: [(&str, &str); 5] =
    [("all", "-1"), ("icmp", "1"), ("tcp", "6"), ("udp", "17"), ("icmpv6", "58")];

fn everything(number: u16, allow: bool, range: IpNet) -> [AclEntry; 2] {
    [false, true].map(|egress| AclEntry {
        egress,
        number,
        protocol: "-1".to_owned(),
        allow,
        range,
        icmp: None,
        ports: None,
    })
}

/// The entries that allow everything.
pub(super) fn open(ipv6: bool) -> Vec<AclEntry> {
    let mut entries = everything(100, true, IpNet::V4(Ipv4Net::default())).to_vec();
    if ipv6 {
        entries.extend(everything(101, true, IpNet::V6(Ipv6Net::default())));
    }
    sort(&mut entries);
    entries
}

/// The order in which they are listed.
pub(super) fn sort(entries: &mut [AclEntry]) {
    entries.sort_by_key(|entry| (entry.egress, entry.number));
}

/// All entries, with those that every ACL ends with: for IPv6 too where the VPC has it.
pub(super) fn all(acl: &NetworkAcl, region: &Region) -> Vec<AclEntry> {
    let ipv6 = region.ec2.vpcs.get(&acl.vpc).is_some_and(|vpc| !vpc.ipv6.is_empty());
    let mut entries = acl.entries.clone();
    entries.extend(everything(LAST, false, IpNet::V4(Ipv4Net::default())));
    if ipv6 {
        entries.extend(everything(LAST + 1, false, IpNet::V6(Ipv6Net::default())));
    }
    sort(&mut entries);
    entries
}

/// `allow` or `deny`.
pub(super) fn action(entry: &AclEntry) -> &'static str {
    if entry.allow { "allow" } else { "deny" }
}

pub(super) fn item(entry: &AclEntry) -> Vec<Element> {
    let range = match entry.range {
        IpNet::V4(_) => "cidrBlock",
        IpNet::V6(_) => "ipv6CidrBlock",
    };
    let mut item = vec![
        Element::text("ruleNumber", entry.number),
        Element::text("protocol", &entry.protocol),
        Element::text("ruleAction", action(entry)),
        Element::text("egress", entry.egress),
        Element::text(range, entry.range),
    ];
    item.extend(entry.icmp.map(|(kind, code)| {
        Element::new("icmpTypeCode", vec![Element::text("code", code), Element::text("type", kind)])
    }));
    item.extend(entry.ports.map(|(from, to)| {
        Element::new("portRange", vec![Element::text("from", from), Element::text("to", to)])
    }));
    item
}

/// The direction and the number of an entry.
pub(super) fn place(form: &Form) -> Result<(bool, u16)> {
    let egress = form.flag("Egress")?.ok_or_else(|| missing("Egress"))?;
    let number = form.parsed::<i64>("RuleNumber", "an integer")?;
    let number = number.ok_or_else(|| missing("RuleNumber"))?;
    let valid = u16::try_from(number).ok().filter(|number| (1..=GREATEST).contains(number));
    let why = format!("Expected a number from 1 to {GREATEST}.");
    Ok((egress, valid.ok_or_else(|| invalid("ruleNumber", &number.to_string(), &why))?))
}

/// The entry that a call describes.
pub(super) fn read(form: &Form) -> Result<AclEntry> {
    let (egress, number) = place(form)?;
    let allow = match form.required("RuleAction")? {
        "allow" => true,
        "deny" => false,
        other => return Err(invalid("ruleAction", other, "Expected allow or deny.")),
    };
    let protocol = protocol(form.required("Protocol")?)?;
    let range = range(form)?;
    Ok(AclEntry {
        icmp: icmp(form, &protocol, range)?,
        ports: ports(form, &protocol)?,
        egress,
        number,
        protocol,
        allow,
        range,
    })
}

fn protocol(text: &str) -> Result<String> {
    let named = PROTOCOLS.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
    let number = named.map_or(text, |(_, number)| number);
    if number == "-1" || number.parse::<u8>().is_ok() {
        return Ok(number.to_owned());
    }
    Err(invalid_value(format!("Invalid value '{text}' for IP protocol. Unknown protocol.")))
}

fn range(form: &Form) -> Result<IpNet> {
    let (text, v4) = match (form.get("CidrBlock"), form.get("Ipv6CidrBlock")) {
        (Some(text), None) => (text, true),
        (None, Some(text)) => (text, false),
        (None, None) => return Err(missing("CidrBlock")),
        _ => return Err(combination("Give one of CidrBlock and Ipv6CidrBlock")),
    };
    let range = text.parse::<IpNet>().ok().filter(|range| range.addr().is_ipv4() == v4);
    let range = range.ok_or_else(|| {
        let parameter = if v4 { "cidrBlock" } else { "ipv6CidrBlock" };
        invalid(parameter, text, "This is not a valid CIDR block.")
    })?;
    Ok(range.trunc())
}

/// "`IcmpTypeCode`: … Required if specifying protocol 1 (ICMP), or protocol 58 (`ICMPv6`) with an
/// IPv6 CIDR block" (`CreateNetworkAclEntry`).
fn icmp(form: &Form, protocol: &str, range: IpNet) -> Result<Option<(i32, i32)>> {
    let read = |name: &str| form.parsed::<i32>(&format!("Icmp.{name}"), "an integer");
    match (protocol, read("Type")?, read("Code")?) {
        ("1" | "58", Some(kind), code) => Ok(Some((kind, code.unwrap_or(-1)))),
        ("58", None, _) if range.addr().is_ipv4() => Ok(None),
        ("1" | "58", None, _) => Err(missing("Icmp.Type")),
        _ => Ok(None),
    }
}

/// "`PortRange`: … Required if specifying protocol 6 (TCP) or 17 (UDP)".
fn ports(form: &Form, protocol: &str) -> Result<Option<(u16, u16)>> {
    let read = |name: &str| form.parsed::<i32>(&format!("PortRange.{name}"), "an integer");
    let (from, to) = (read("From")?, read("To")?);
    if !["6", "17"].contains(&protocol) {
        return Ok(None);
    }
    let (Some(from), Some(to)) = (from, to) else {
        return Err(missing("PortRange"));
    };
    match (u16::try_from(from), u16::try_from(to)) {
        (Ok(first), Ok(last)) if first <= last => Ok(Some((first, last))),
        _ => Err(invalid_value(format!("Invalid port range ({from}:{to})"))),
    }
}
