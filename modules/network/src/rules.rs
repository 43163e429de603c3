//! Whom rules of security groups are about.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{PrefixListId, SecurityGroupId};

/// The source of the traffic that an ingress rule admits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSource {
    Group(SecurityGroupId),
    Cidr(IpNet),
    /// A list of ranges that is kept elsewhere (Amazon VPC User Guide, "Managed prefix lists").
    PrefixList(PrefixListId),
}

impl RuleSource {
    /// Whether all traffic that `other` admits is admitted here too.
    pub fn covers(&self, other: &RuleSource) -> bool {
        match (self, other) {
            (RuleSource::Group(here), RuleSource::Group(there)) => here == there,
            (RuleSource::Cidr(here), RuleSource::Cidr(there)) => here.contains(there),
            (RuleSource::PrefixList(here), RuleSource::PrefixList(there)) => here == there,
            // What is on a prefix list is not read.
            (RuleSource::Group(_) | RuleSource::Cidr(_) | RuleSource::PrefixList(_), _) => false,
        }
    }
}

impl std::fmt::Display for RuleSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RuleSource::Group(id) => id.fmt(f),
            RuleSource::Cidr(range) => range.fmt(f),
            RuleSource::PrefixList(id) => id.fmt(f),
        }
    }
}
