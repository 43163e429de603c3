//! Network interfaces, as EC2 keeps them.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::table::Row;
use crate::tags::Tags;

/// An elastic network interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) subnet: String,
    /// `None` in an IPv6-only subnet.
    pub(crate) address: Option<Ipv4Addr>,
    /// Further private addresses.
    pub(crate) secondary: Vec<Ipv4Addr>,
    pub(crate) ipv6: Vec<Ipv6Addr>,
    pub(crate) groups: Vec<String>,
    pub(crate) description: String,
    /// Its type: `interface`, `efs`, `nat_gateway` (the filter `interface-type`).
    pub(crate) kind: String,
    /// The service that manages it, as EC2 names the requester.
    pub(crate) requester: Option<String>,
    /// The instance that it is attached to.
    pub(crate) attachment: Option<Attachment>,
    pub(crate) source_dest_check: bool,
    /// The token that `CreateNetworkInterface` carried.
    pub(crate) token: Option<String>,
    pub(crate) tags: Tags,
    /// When it goes, where that is after its mount target is gone; milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) goes_ms: Option<u64>,
}

/// How an interface is attached to an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) id: String,
    pub(crate) instance: String,
    /// Its place there; 0 is the instance's primary interface.
    pub(crate) index: u8,
    pub(crate) delete_on_termination: bool,
    /// Milliseconds since 1970.
    pub(crate) since_ms: u64,
}

impl Interface {
    /// An interface that nothing uses yet, without addresses.
    pub(crate) fn unused(id: String, subnet: &str) -> Interface {
        Interface {
            id,
            subnet: subnet.to_owned(),
            address: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            groups: Vec::new(),
            description: String::new(),
            kind: "interface".to_owned(),
            requester: None,
            attachment: None,
            source_dest_check: true,
            token: None,
            tags: Tags::new(),
            goes_ms: None,
        }
    }

    /// Its private IPv4 addresses, the primary one first.
    pub(crate) fn ipv4(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.address.into_iter().chain(self.secondary.iter().copied())
    }
}

impl Row for Interface {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        let groups = self.groups.iter().map(|group| ("group", group.as_str()));
        let instance = self.attachment.iter().map(|found| ("instance", found.instance.as_str()));
        [("subnet", self.subnet.as_str())].into_iter().chain(groups).chain(instance).collect()
    }

    fn due(&self) -> Option<u64> {
        self.goes_ms
    }
}
