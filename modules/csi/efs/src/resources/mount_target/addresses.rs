//! The addresses of mount targets: of which family, and which ones.

use std::net::IpAddr;

use ipnet::IpNet;
use network::Subnet;
use plan::{Address, Refusal};

inputs::words! {
    /// Which addresses a mount target has (`CreateMountTarget`, `IpAddressType`).
    pub enum IpAddressType {
        Ipv4Only = "IPV4_ONLY",
        Ipv6Only = "IPV6_ONLY",
        DualStack = "DUAL_STACK",
    }
}

impl IpAddressType {
    /// What these addresses are; none where there is no address yet.
    pub(crate) fn of(ipv4: Option<&str>, ipv6: Option<&str>) -> Option<IpAddressType> {
        match (ipv4, ipv6) {
            (Some(_), Some(_)) => Some(IpAddressType::DualStack),
            (Some(_), None) => Some(IpAddressType::Ipv4Only),
            (None, Some(_)) => Some(IpAddressType::Ipv6Only),
            (None, None) => None,
        }
    }

    pub(crate) fn has_ipv4(self) -> bool {
        self != IpAddressType::Ipv6Only
    }

    pub(crate) fn has_ipv6(self) -> bool {
        self != IpAddressType::Ipv4Only
    }
}

/// What a deployment says of the addresses of one target.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantedAddresses<'a> {
    /// `None` where any is right; EFS then chooses IPv4.
    pub(super) family: Option<IpAddressType>,
    /// Those that it must have.
    pub(super) fixed: &'a [IpAddr],
}

/// What a new target is asked to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewAddresses {
    /// `None` lets EFS choose, which is IPv4.
    pub family: Option<IpAddressType>,
    /// The address that the inputs say, or that of the target in whose place it comes.
    pub ipv4: Option<String>,
    pub ipv6: Option<String>,
    /// Whether it must be these: otherwise any other will do where they were taken meanwhile.
    pub fixed: bool,
}

impl NewAddresses {
    /// Whether any address is asked for.
    pub fn is_given(&self) -> bool {
        self.ipv4.is_some() || self.ipv6.is_some()
    }
}

/// The addresses of the target in whose place another comes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before<'a> {
    pub(super) ipv4: Option<&'a str>,
    pub(super) ipv6: Option<&'a str>,
    /// Whether it is in the same subnet, so that the new one can have them.
    pub(super) here: bool,
}

impl WantedAddresses<'_> {
    /// The addresses that the target must have.
    pub(super) fn fixed(&self) -> Vec<String> {
        self.fixed.iter().map(IpAddr::to_string).collect()
    }

    /// The addresses of a new target, in the place of one that had some, in the same
    /// subnet or another: clients that mounted by address, or that resolved the name before, find
    /// it at the same.
    pub(super) fn of_new(&self, before: Before) -> NewAddresses {
        let one = |is_wanted: fn(&IpAddr) -> bool| {
            self.fixed.iter().find(|it| is_wanted(it)).map(IpAddr::to_string)
        };
        let had = IpAddressType::of(before.ipv4, before.ipv6);
        // What EFS chooses by itself is not asked for.
        let family = self.family.or(had.filter(|had| *had != IpAddressType::Ipv4Only));
        let again = |had: Option<&str>| had.filter(|_| before.here).map(str::to_owned);
        let has_ipv4 = family.is_none_or(IpAddressType::has_ipv4);
        let has_ipv6 = family.is_some_and(IpAddressType::has_ipv6);
        let ipv4 = one(IpAddr::is_ipv4).or_else(|| again(before.ipv4));
        let ipv6 = one(IpAddr::is_ipv6).or_else(|| again(before.ipv6));
        NewAddresses {
            family,
            ipv4: ipv4.filter(|_| has_ipv4),
            ipv6: ipv6.filter(|_| has_ipv6),
            fixed: !self.fixed.is_empty(),
        }
    }

    /// What EFS would refuse of a target in a subnet, as far as its ranges are known: "The
    /// provided subnet does not support … address type", and addresses outside of its ranges or
    /// among those that AWS keeps, which are the first four and the last of IPv4
    /// (`CreateMountTarget`; Amazon VPC User Guide, "Subnet CIDR blocks").
    pub(super) fn impossible(&self, address: &Address, subnet: &Subnet) -> Vec<Refusal> {
        if subnet.ranges.is_empty() {
            return Vec::new();
        }
        let has = |is_wanted: fn(&IpNet) -> bool| subnet.ranges.iter().any(is_wanted);
        let (ipv4, ipv6) = (has(|it| it.addr().is_ipv4()), has(|it| it.addr().is_ipv6()));
        let family = self.family.unwrap_or(IpAddressType::Ipv4Only);
        let fits = match family {
            IpAddressType::Ipv4Only => ipv4,
            IpAddressType::Ipv6Only => ipv6 && !ipv4,
            IpAddressType::DualStack => ipv4 && ipv6,
        };
        let mut refusals = Vec::new();
        if !fits {
            let can = match (ipv4, ipv6) {
                (true, true) => "`IPV4_ONLY` or `DUAL_STACK`",
                (true, false) => "`IPV4_ONLY`",
                _ => "`IPV6_ONLY`",
            };
            refusals.push(Refusal::new(
                address,
                format!("{} does not support `{}` targets", subnet.id, family.as_str()),
                format!("set `ip_address_type` to {can}, or give another subnet of that zone"),
            ));
        }
        for one in self.fixed {
            let within = subnet.ranges.iter().find(|range| range.contains(one));
            let why = match within {
                None => format!("is not in {}", subnet.id),
                Some(range) if is_kept(range, one) => "is kept by AWS".to_owned(),
                Some(_) => continue,
            };
            let ranges: Vec<String> = subnet.ranges.iter().map(ToString::to_string).collect();
            refusals.push(Refusal::new(
                address,
                format!("the address {one} of the inputs {why}"),
                format!(
                    "give an address of {}, other than the first four and the last",
                    ranges.join(" or ")
                ),
            ));
        }
        refusals
    }
}

/// Whether AWS keeps an address of a range for itself.
fn is_kept(range: &IpNet, address: &IpAddr) -> bool {
    match (range, address) {
        (IpNet::V4(range), IpAddr::V4(address)) => {
            let offset = address.to_bits() - range.network().to_bits();
            offset < 4 || *address == range.broadcast()
        }
        (IpNet::V6(range), IpAddr::V6(address)) => {
            address.to_bits() - range.network().to_bits() < 4
        }
        _ => false,
    }
}

/// Whether a target has the addresses that it should have; both are written with commas.
pub(super) fn has_addresses(found: &str, wanted: &str) -> bool {
    wanted.split(", ").all(|wanted| found.split(", ").any(|found| found == wanted))
}
