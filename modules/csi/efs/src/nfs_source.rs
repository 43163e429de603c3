//! Whose NFS traffic a rule admits.

use std::fmt;

use ipnet::IpNet;
use network::{PrefixListId, RuleSource, SecurityGroupId};
use plan::{ChangeId, Known};

/// Whose traffic a rule admits, wanted or found: a group may be one that the plan creates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Group(Known<SecurityGroupId>),
    Cidr(IpNet),
    PrefixList(PrefixListId),
}

impl Source {
    /// As it stands in the addresses and ids of changes, where a group that does not exist yet
    /// goes by the change that creates it.
    pub(crate) fn key(&self) -> String {
        match self {
            Source::Group(Known::After(change)) => change.to_string(),
            Source::Group(Known::Now(_)) | Source::Cidr(_) | Source::PrefixList(_) => {
                self.to_string()
            }
        }
    }

    /// The source, where it is known now.
    pub(crate) fn now(&self) -> Option<RuleSource> {
        match self {
            Source::Group(group) => group.now().cloned().map(RuleSource::Group),
            Source::Cidr(range) => Some(RuleSource::Cidr(*range)),
            Source::PrefixList(id) => Some(RuleSource::PrefixList(id.clone())),
        }
    }

    /// The source as a plan shows it.
    pub(crate) fn shown(&self) -> Known<String> {
        match self {
            Source::Group(group) => group.clone().map(|id| id.to_string()),
            Source::Cidr(range) => Known::Now(range.to_string()),
            Source::PrefixList(id) => Known::Now(id.to_string()),
        }
    }

    /// The change that creates it.
    pub(crate) fn created_by(&self) -> Option<&ChangeId> {
        match self {
            Source::Group(Known::After(change)) => Some(change),
            Source::Group(Known::Now(_)) | Source::Cidr(_) | Source::PrefixList(_) => None,
        }
    }
}

impl From<RuleSource> for Source {
    fn from(source: RuleSource) -> Source {
        match source {
            RuleSource::Group(id) => Source::Group(Known::Now(id)),
            RuleSource::Cidr(range) => Source::Cidr(range),
            RuleSource::PrefixList(id) => Source::PrefixList(id),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown().fmt(f)
    }
}
