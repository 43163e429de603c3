//! What stands in the way of nodes, in the words that plans say it with, and what keeps names from
//! being resolved (Amazon VPC User Guide, "DNS attributes in your VPC").

use crate::paths::Dns;

/// What stands in the way, or may do so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// A sentence without a full stop.
    pub what: String,
    pub remedy: String,
}

/// The resolver that every VPC has, by the name that DHCP options give it.
const AMAZON_DNS: &str = "AmazonProvidedDNS";

/// What keeps the names of file systems from being resolved.
pub(crate) fn unresolved(dns: &Dns) -> Vec<Obstacle> {
    let Dns { vpc_id, support, hostnames, servers } = dns;
    let mut found = Vec::new();
    let mut add = |what: String, remedy: String| found.push(Obstacle { what, remedy });
    if !support {
        add(
            format!(
                "`enableDnsSupport` of {vpc_id} is off: nothing in it resolves the name of a file system"
            ),
            format!("`aws ec2 modify-vpc-attribute --vpc-id {vpc_id} --enable-dns-support`"),
        );
    } else if !hostnames {
        add(
            format!(
                "`enableDnsHostnames` of {vpc_id} is off: the names of file systems do not resolve in it"
            ),
            format!("`aws ec2 modify-vpc-attribute --vpc-id {vpc_id} --enable-dns-hostnames`"),
        );
    }
    let others: Vec<&str> =
        servers.iter().map(String::as_str).filter(|server| *server != AMAZON_DNS).collect();
    if !others.is_empty() {
        add(
            format!(
                "the DHCP options of {vpc_id} name other resolvers than {AMAZON_DNS} ({}): where they do \
                 not ask Amazon's for names of AWS, the names of file systems do not resolve",
                others.join(", ")
            ),
            "have them forward to the VPC's resolver (the second address of its range), or ignore \
             this if they do"
                .to_owned(),
        );
    }
    found
}

/// How many of how many.
pub(crate) fn of(count: usize, all: usize) -> String {
    if count == all { format!("all {all}") } else { format!("{count} of {all}") }
}

/// Up to three of them.
pub(crate) fn some<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.as_slice() {
        [a, b, c, rest @ ..] if !rest.is_empty() => {
            format!("{a}, {b}, {c} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}
