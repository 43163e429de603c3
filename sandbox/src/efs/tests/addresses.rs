//! Addresses of each family, chosen and given.

use super::*;

fn space(ipv4: Option<&str>, ipv6: Option<&str>, taken: &[&str]) -> Space {
    Space {
        subnet: "subnet-01234567".to_owned(),
        ipv4: ipv4.and_then(|range| range.parse().ok()),
        ipv6: ipv6.and_then(|range| range.parse().ok()),
        taken: taken.iter().filter_map(|address| address.parse().ok()).collect(),
    }
}

const V4: Option<&str> = Some("10.0.0.0/28");
const V6: Option<&str> = Some("2001:db8::/64");

/// `IpAddressType`: "`IPV4_ONLY` – with IPv4 only subnet or dual-stack subnet. `DUAL_STACK` – with
/// dual-stack subnet. `IPV6_ONLY` – with IPv6 only subnet", and not in a dual-stack one.
#[test]
fn each_type_has_its_kinds_of_subnets() {
    use Family::{DualStack, Ipv4Only, Ipv6Only};
    for (ipv4, ipv6, family, chosen) in [
        (V4, None, Ipv4Only, Some((Some("10.0.0.4"), None))),
        (V4, V6, Ipv4Only, Some((Some("10.0.0.4"), None))),
        (None, V6, Ipv4Only, None),
        (V4, None, DualStack, None),
        (V4, V6, DualStack, Some((Some("10.0.0.4"), Some("2001:db8::4")))),
        (None, V6, DualStack, None),
        (V4, None, Ipv6Only, None),
        (V4, V6, Ipv6Only, None),
        (None, V6, Ipv6Only, Some((None, Some("2001:db8::4")))),
    ] {
        let found = choose(&space(ipv4, ipv6, &[]), Wanted { family, ..Wanted::default() });
        let expected = chosen.map(|(ipv4, ipv6)| Addresses {
            ipv4: ipv4.and_then(|address| address.parse().ok()),
            ipv6: ipv6.and_then(|address| address.parse().ok()),
        });
        assert_eq!(found.ok(), expected, "{ipv4:?} {ipv6:?} {family:?}");
    }
}

#[test]
fn the_first_free_address_is_chosen_until_there_is_none() {
    let first = |taken: &[&str]| choose(&space(V4, None, taken), Wanted::default());
    let address =
        |taken: &[&str]| first(taken).ok().and_then(|found| found.ipv4).map(|ip| ip.to_string());
    assert_eq!(address(&["10.0.0.4", "10.0.0.6"]).as_deref(), Some("10.0.0.5"));
    let all: Vec<String> = (4..15).map(|last| format!("10.0.0.{last}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(first(&all).err().map(|error| error.code), Some("NoFreeAddressesInSubnet"));
    assert_eq!(address(&all[..10]).as_deref(), Some("10.0.0.14"), "the last one is AWS's");
}

#[test]
fn a_given_address_is_in_the_range_free_and_not_kept() {
    for (ipv4, ipv6, code) in [
        (Some("10.0.0.4"), None, None),
        (Some("10.0.0.14"), None, None),
        (Some("10.0.0.3"), None, Some("BadRequest")),
        (Some("10.0.0.15"), None, Some("BadRequest")),
        (Some("10.0.1.4"), None, Some("BadRequest")),
        (Some("10.0.0.9"), None, Some("IpAddressInUse")),
        (None, Some("2001:db8::ffff"), None),
        (None, Some("2001:db8::3"), Some("BadRequest")),
        (None, Some("2001:db8:0:0:ffff:ffff:ffff:ffff"), Some("BadRequest")),
        (None, Some("2001:db9::4"), Some("BadRequest")),
        (None, Some("2001:db8::9"), Some("IpAddressInUse")),
        (None, Some("10.0.0.4"), Some("BadRequest")),
    ] {
        let space = space(V4, V6, &["10.0.0.9", "2001:db8::9"]);
        let found = choose(&space, Wanted { family: Family::DualStack, ipv4, ipv6 });
        assert_eq!(found.err().map(|error| error.code), code, "{ipv4:?} {ipv6:?}");
    }
}
