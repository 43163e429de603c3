//! What is said of single mount targets: `mount_targets`, a map as Terraform's modules take it, and
//! the shorter `mount_target_addresses`.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ::inputs::{Input, Kind, Problem, Reader};
use network::{SecurityGroupId, SubnetId};
use serde_json::{Map, Value};

use super::mount_targets::once;
use super::nested::{Object, objects, read};
use super::zone::is_zone_id;
use super::{Group, Subnets, rules};
use crate::resources::mount_target::{IpAddressType, MOST_GROUPS, TargetInputs, TargetsInputs};

/// The input.
const NAME: &str = "mount_targets";

/// The shorter one.
const ADDRESSES: &str = "mount_target_addresses";

/// An entry, with the names that Terraform's `aws_efs_mount_target` has.
const TARGET: &[Input] = &[
    Input::optional("subnet_id", Kind::String, ""),
    Input::optional("ip_address", Kind::String, ""),
    Input::optional("ipv6_address", Kind::String, ""),
    Input::optional("ip_address_type", Kind::String, ""),
    Input::optional("security_groups", Kind::Strings, ""),
];

/// The family of all targets, and what is said of each.
pub(super) fn targets(
    reader: &mut Reader,
    region: Option<&str>,
) -> (Option<IpAddressType>, TargetsInputs) {
    let family = reader.string("ip_address_type", IpAddressType::one_of);
    let mut entries =
        if reader.is_given(NAME) { each(reader, region) } else { Some(TargetsInputs::new()) };
    if let Some(entries) = &mut entries
        && reader.is_given(ADDRESSES)
    {
        add_addresses(reader, entries);
    }
    let entries = entries.unwrap_or_default();
    let mut of_families = entries.iter().filter_map(|(key, entry)| {
        let family = entry.ip_address_type.or(family).unwrap_or(IpAddressType::Ipv4Only);
        let fits = |it: &IpAddr| if it.is_ipv4() { family.has_ipv4() } else { family.has_ipv6() };
        let other = entry.addresses.iter().find(|it| !fits(it))?;
        Some(Problem::new(
            format!("`{other}` of {key} does not go with `ip_address_type`"),
            "set `ip_address_type` to the family of the address, or to `DUAL_STACK` for both",
        ))
    });
    let name = if reader.is_given(NAME) { NAME } else { ADDRESSES };
    if let Some(problem) = of_families.next() {
        reader.mistake(name, problem);
    }
    (family, entries)
}

/// The entries of the map.
fn each(reader: &mut Reader, region: Option<&str>) -> Option<TargetsInputs> {
    let all = reader.values(NAME)?;
    let mut problems = Vec::new();
    let mut entries = TargetsInputs::new();
    for (key, object) in objects(NAME, &all, &mut problems) {
        let entry = entry(key, object, &mut problems);
        match subnet_of(key, entry.subnet_id.as_ref(), region) {
            Ok(subnet_id) => {
                entries.insert(key.to_owned(), TargetInputs { subnet_id, ..entry });
            }
            Err(problem) => problems.push(problem),
        }
    }
    let named: Vec<&SubnetId> = entries.values().filter_map(|it| it.subnet_id.as_ref()).collect();
    let mut known = BTreeSet::new();
    problems.extend(named.into_iter().find(|id| !known.insert(*id)).map(|id| {
        Problem::new(
            format!("two entries of `{NAME}` are about {id}"),
            "a subnet has one mount target: leave one of them out",
        )
    }));
    if !reader.is_given("subnet_ids")
        && let Some((key, _)) = entries.iter().find(|(_, entry)| entry.subnet_id.is_none())
    {
        problems.push(Problem::new(
            format!("`{NAME}.{key}` names no subnet, and `subnet_ids` is not given"),
            "write `subnet_id = \"subnet-…\"` there, or give `subnet_ids`",
        ));
    }
    if !reader.is_given("subnet_ids") && entries.is_empty() && problems.is_empty() {
        problems.push(Problem::new(
            format!("`{NAME}` names no subnet, and `subnet_ids` is not given"),
            "give `subnet_ids`, or an entry with a subnet for each zone",
        ));
    }
    let whole = problems.is_empty();
    for problem in problems {
        reader.mistake(NAME, problem);
    }
    whole.then_some(entries)
}

/// The subnet that an entry is about; a key that is neither a subnet nor a zone is a problem.
fn subnet_of(
    key: &str,
    given: Option<&SubnetId>,
    region: Option<&str>,
) -> Result<Option<SubnetId>, Problem> {
    if key.starts_with("subnet-") {
        let id = rules::subnet_id(key)?;
        return match given.filter(|given| **given != id) {
            Some(given) => Err(Problem::new(
                format!("`{NAME}.{key}` has the `subnet_id` {given}"),
                "write the entry under its own subnet or under its zone",
            )),
            None => Ok(Some(id)),
        };
    }
    let is_name = region.is_none_or(|region| key.starts_with(region));
    if !is_name && !is_zone_id(key) {
        return Err(Problem::new(
            format!("`{}` is neither a subnet nor a zone of the region", key.escape_debug()),
            "write each entry under `subnet-…`, a zone such as `eu-west-1a`, or a zone id such as \
             `euw1-az1`",
        ));
    }
    Ok(given.cloned())
}

fn entry(key: &str, entries: &Map<String, Value>, problems: &mut Vec<Problem>) -> TargetInputs {
    let path = format!("{NAME}.{key}");
    read(Object { path: &path, entries }, (TARGET, &[]), problems, |reader| {
        let ipv4 = reader.string("ip_address", |text| address(text, IpAddr::is_ipv4, "an IPv4"));
        let ipv6 = reader.string("ipv6_address", |text| address(text, IpAddr::is_ipv6, "an IPv6"));
        let groups = reader.strings("security_groups", rules::security_group_id);
        reader.check(
            "security_groups",
            once(groups.as_deref().unwrap_or_default(), "security group"),
        );
        TargetInputs {
            subnet_id: reader.string("subnet_id", rules::subnet_id),
            ip_address_type: reader.string("ip_address_type", IpAddressType::one_of),
            addresses: ipv4.into_iter().chain(ipv6).collect(),
            security_groups: groups.unwrap_or_default(),
            is_address_only: false,
        }
    })
}

fn address(text: &str, is_wanted: fn(&IpAddr) -> bool, what: &str) -> Result<IpAddr, Problem> {
    text.parse().ok().filter(is_wanted).ok_or_else(|| {
        let example = if what.ends_with('4') { "10.0.1.5" } else { "fd00::5" };
        let problem = format!("`{}` is not {what} address", text.escape_debug());
        Problem::new(problem, format!("write it such as `{example}`"))
    })
}

/// Adds what `mount_target_addresses` says, by subnets.
fn add_addresses(reader: &mut Reader, entries: &mut TargetsInputs) {
    let read =
        |text: &str| text.split_whitespace().map(str::parse).collect::<Result<Vec<IpAddr>, _>>();
    let given = reader.map(ADDRESSES, |subnet, text| {
        rules::subnet_id(subnet)?;
        let addresses = read(text).unwrap_or_default();
        let ipv4 = addresses.iter().filter(|it| it.is_ipv4()).count();
        let ipv6 = addresses.len() - ipv4;
        if addresses.is_empty() || ipv4 > 1 || ipv6 > 1 {
            return Err(Problem::new(
                format!("`{}` is no address of a mount target", text.escape_debug()),
                "write an IPv4 address, an IPv6 address, or both with a space between",
            ));
        }
        Ok(())
    });
    for (subnet, text) in given.into_iter().flatten() {
        let (Ok(id), Ok(addresses)) = (SubnetId::try_from(subnet.as_str()), read(&text)) else {
            continue;
        };
        let named = entries.values_mut().find(|entry| entry.subnet_id.as_ref() == Some(&id));
        match named {
            Some(entry) if entry.addresses.is_empty() => entry.addresses = addresses,
            Some(_) => reader.mistake(
                ADDRESSES,
                Problem::new(
                    format!("`{NAME}` has an address for {subnet} too"),
                    "give it in one of the two",
                ),
            ),
            None => {
                let entry = TargetInputs {
                    subnet_id: Some(id),
                    addresses,
                    is_address_only: true,
                    ..TargetInputs::default()
                };
                entries.insert(subnet, entry);
            }
        }
    }
}

/// What entries and the inputs for all targets say of each other.
pub(super) fn check(
    reader: &mut Reader,
    entries: &TargetsInputs,
    (subnets, groups): (Option<&Subnets>, Option<&[Group]>),
) {
    for (key, entry) in entries {
        let name = if reader.is_given(NAME) { NAME } else { ADDRESSES };
        if let (Some(Subnets::Listed(ids)), Some(id)) = (subnets, &entry.subnet_id)
            && !ids.contains(id)
        {
            reader.mistake(
                name,
                Problem::new(
                    format!("{id} of `{name}` is not among `subnet_ids`"),
                    "add it to `subnet_ids`, or leave it out here",
                ),
            );
        }
        let groups = groups.unwrap_or_default();
        let listed: Vec<&SecurityGroupId> = groups.iter().filter_map(Group::listed).collect();
        let more: BTreeSet<&SecurityGroupId> =
            entry.security_groups.iter().filter(|id| !listed.contains(id)).collect();
        let count = groups.len() + more.len();
        if count > MOST_GROUPS {
            reader.mistake(
                name,
                Problem::new(
                    format!(
                        "the mount target of `{key}` would have {count} security groups with those \
                         of all: it takes {MOST_GROUPS}"
                    ),
                    format!("give at most {MOST_GROUPS}; a group may admit several sources"),
                ),
            );
        }
    }
}
