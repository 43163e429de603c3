//! Functions of address ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::arguments::Takes::{Number as Num, String as Text};
use super::arguments::{Arguments, Function};
use crate::config::language::fault::REFUSED;
use crate::config::language::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("cidrhost", &[Text, Num], |args| {
        let range = Range::parse(args.text(0)?)?;
        let number = args.number(1)?;
        let whole = number.to_whole().ok_or_else(|| format!("{number} is not a whole number"))?;
        let wanted = i128::try_from(whole).map_err(|_| format!("{number} is too large"))?;
        range.host(wanted).map(|address| Value::string(&address.to_string()))
    }),
    Function::new("cidrnetmask", &[Text], |args| {
        let range = Range::parse(args.text(0)?)?;
        if range.bits == 128 {
            return Err("IPv6 ranges have no netmask".to_owned());
        }
        Ok(Value::string(&range.address(range.mask()).to_string()))
    }),
    Function::new("cidrsubnet", &[Text, Num, Num], |args| {
        let range = Range::parse(args.text(0)?)?;
        let number = args.number(2)?;
        let whole = number.to_whole().ok_or_else(|| format!("{number} is not a whole number"))?;
        let wanted = u128::try_from(whole)
            .map_err(|_| format!("{number} is not a subnet's number{REFUSED}"))?;
        let subnet = range.subnet(args.integer(1)?, wanted)?;
        Ok(Value::string(&subnet.to_string()))
    }),
    Function::new("cidrsubnets", &[Text], subnets).rest(Num),
];

/// An address range, its first address as a number.
#[derive(Debug, Clone, Copy)]
struct Range {
    first: u128,
    prefix: u32,
    /// 32 or 128.
    bits: u32,
}

impl Range {
    fn parse(text: &str) -> Result<Range, String> {
        let mistake = || format!("{text:?} is not an address range, such as `10.0.0.0/16`");
        let (address, prefix) = text.split_once('/').ok_or_else(mistake)?;
        if prefix.is_empty() || !prefix.bytes().all(|c| c.is_ascii_digit()) {
            return Err(mistake());
        }
        let prefix: u32 = prefix.parse().map_err(|_| mistake())?;
        let (number, bits) = match parse_address(address).ok_or_else(mistake)? {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            // Terraform counts its bits from the wrong end.
            IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
                return Err(format!(
                    "{text:?} is a range of IPv4 addresses written as IPv6{REFUSED}"
                ));
            }
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        if prefix > bits {
            return Err(mistake());
        }
        let mut range = Range { first: 0, prefix, bits };
        range.first = number & range.mask();
        Ok(range)
    }

    /// How many addresses differ below the prefix, less one.
    fn last_host(self) -> u128 {
        let free = self.bits - self.prefix;
        u128::MAX.checked_shr(128 - free).unwrap_or(0)
    }

    fn mask(self) -> u128 {
        let all = u128::MAX >> (128 - self.bits);
        all & !self.last_host()
    }

    fn address(self, number: u128) -> IpAddr {
        if self.bits == 32 {
            IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)))
        } else {
            IpAddr::V6(Ipv6Addr::from(number))
        }
    }

    /// An address of the range, from its end where the number is negative.
    fn host(self, number: i128) -> Result<IpAddr, String> {
        let mistake = || {
            let prefix = self.prefix;
            format!("a range of /{prefix} has no host {number}")
        };
        let last = self.last_host();
        let offset = if number < 0 {
            let back = number.unsigned_abs() - 1;
            last.checked_sub(back).ok_or_else(mistake)?
        } else {
            number.unsigned_abs()
        };
        if offset > last {
            return Err(mistake());
        }
        Ok(self.address(self.first | offset))
    }

    fn subnet(self, more_bits: i64, number: u128) -> Result<Range, String> {
        let more = u32::try_from(more_bits)
            .map_err(|_| format!("the bits to add are negative{REFUSED}"))?;
        let prefix = self.prefix.saturating_add(more);
        if prefix > self.bits {
            return Err(format!("/{} and {more} more bits exceed {}", self.prefix, self.bits));
        }
        if more < 128 && number >> more != 0 {
            return Err(format!("{more} more bits have no subnet {number}"));
        }
        let first = self.first | number.checked_shl(self.bits - prefix).unwrap_or(0);
        Ok(Range { first, prefix, ..self })
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address(self.first), self.prefix)
    }
}

/// An address; older texts write IPv4 with zeros in front, which count for nothing.
fn parse_address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| {
        let digits = !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
        digits.then(|| part.parse::<u8>().ok()).flatten()
    };
    let numbers: Vec<u8> = parts.iter().map(number).collect::<Option<_>>()?;
    let octets: [u8; 4] = numbers.try_into().ok()?;
    Some(IpAddr::V4(Ipv4Addr::from(octets)))
}

/// Ranges one behind the other, each as large as its bits say.
fn subnets(args: &Arguments) -> Result<Value, String> {
    let range = Range::parse(args.text(0)?)?;
    let mut next = range.first;
    let mut found = Vec::new();
    for at in 1..args.values.len() {
        let more = args.integer(at)?;
        if !(1..=32).contains(&more) {
            return Err(format!("{more} bits are not between 1 and 32"));
        }
        let size = range.subnet(more, 0)?;
        let step = size.last_host();
        // The next address that such a range may begin at.
        let aligned = next.checked_add(step).map(|next| next & !step);
        let first = aligned.filter(|first| first & range.mask() == range.first);
        let first = first.ok_or_else(|| format!("there is no room for all of them in {range}"))?;
        found.push(Range { first, ..size }.to_string());
        next = first.checked_add(step).and_then(|last| last.checked_add(1)).unwrap_or(u128::MAX);
    }
    Ok(Value::strings(found))
}
