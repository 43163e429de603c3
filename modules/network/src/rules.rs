//! Whom rules of security groups are about.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::SecurityGroupId;

/// The source of the traffic that an ingress rule admits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSource {
    Group(SecurityGroupId),
    Cidr(IpNet),
}

impl RuleSource {
    /// Whether all traffic that `other` admits is admitted here too.
    pub fn covers(&self, other: &RuleSource) -> bool {
        match (self, other) {
            (RuleSource::Group(here), RuleSource::Group(there)) => here == there,
            (RuleSource::Cidr(here), RuleSource::Cidr(there)) => here.contains(there),
            (RuleSource::Group(_), RuleSource::Cidr(_))
            | (RuleSource::Cidr(_), RuleSource::Group(_)) => false,
        }
    }
}

impl std::fmt::Display for RuleSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RuleSource::Group(id) => id.fmt(f),
            RuleSource::Cidr(range) => range.fmt(f),
        }
    }
}
