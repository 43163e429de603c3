//! Everything that exists, region by region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::options::Options;
use crate::seed;

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// The account that everything belongs to; AWS's own example.
pub(crate) const ACCOUNT: &str = "111122223333";

/// All regions that were ever used.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct World {
    regions: BTreeMap<String, Region>,
}

impl World {
    /// A region at a moment; one that is used for the first time gets its network.
    pub(crate) fn region(&mut self, name: &str, options: &Options, now: u64) -> &mut Region {
        let region = self
            .regions
            .entry(name.to_owned())
            .or_insert_with(|| seed::region(name, options.zones));
        region.settle(now);
        region
    }
}

/// What exists in one region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    pub(crate) subnets: BTreeMap<String, Subnet>,
    pub(crate) route_tables: BTreeMap<String, RouteTable>,
    pub(crate) security_groups: BTreeMap<String, SecurityGroup>,
    pub(crate) rules: BTreeMap<String, Rule>,
    pub(crate) interfaces: BTreeMap<String, Interface>,
    pub(crate) file_systems: BTreeMap<String, FileSystem>,
    pub(crate) mount_targets: BTreeMap<String, MountTarget>,
    pub(crate) access_points: BTreeMap<String, AccessPoint>,
}

impl Region {
    /// Carries out what has become due by `now`.
    fn settle(&mut self, now: u64) {
        let due = |life: &Life| life.until.is_some_and(|until| until <= now);
        let gone: Vec<String> = self
            .mount_targets
            .iter()
            .filter(|(_, target)| target.life.state == State::Deleting && due(&target.life))
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            if let Some(target) = self.mount_targets.remove(&id) {
                self.interfaces.remove(&target.interface);
            }
        }
        self.file_systems
            .retain(|_, found| found.life.state != State::Deleting || !due(&found.life));
        let lives = self
            .file_systems
            .values_mut()
            .map(|found| &mut found.life)
            .chain(self.mount_targets.values_mut().map(|target| &mut target.life));
        for life in lives {
            if due(life) {
                *life = Life { state: State::Available, until: None };
            }
        }
    }
}

/// A state, and when the next one comes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Life {
    pub(crate) state: State,
    /// Milliseconds since 1970.
    pub(crate) until: Option<u64>,
}

impl Life {
    pub(crate) fn until(state: State, now: u64, ms: u64) -> Life {
        Life { state, until: Some(now.saturating_add(ms)) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Creating,
    Available,
    Updating,
    Deleting,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::Creating => "creating",
            State::Available => "available",
            State::Updating => "updating",
            State::Deleting => "deleting",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Vpc {
    pub(crate) id: String,
    pub(crate) cidr: ipnet::Ipv4Net,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
    pub(crate) cidr: ipnet::Ipv4Net,
    pub(crate) public: bool,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RouteTable {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) main: bool,
    pub(crate) subnets: Vec<String>,
    /// Destination and target, such as `igw-…` or `nat-…`.
    pub(crate) routes: Vec<(String, String)>,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SecurityGroup {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) egress: bool,
    pub(crate) protocol: String,
    pub(crate) from_port: i32,
    pub(crate) to_port: i32,
    pub(crate) source: Source,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Group(String),
    Ipv4(String),
    Ipv6(String),
}

/// An elastic network interface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) subnet: String,
    pub(crate) address: std::net::Ipv4Addr,
    pub(crate) groups: Vec<String>,
    pub(crate) description: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileSystem {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) created_ms: u64,
    pub(crate) life: Life,
    pub(crate) encrypted: bool,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) performance_mode: String,
    pub(crate) throughput_mode: String,
    pub(crate) mibps: Option<f64>,
    /// When provisioned throughput was last decreased, in milliseconds since 1970.
    pub(crate) decreased_ms: Option<u64>,
    pub(crate) zone: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) lifecycle_policies: Vec<serde_json::Value>,
    pub(crate) backup: bool,
    pub(crate) policy: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MountTarget {
    pub(crate) id: String,
    pub(crate) file_system: String,
    pub(crate) subnet: String,
    pub(crate) interface: String,
    pub(crate) life: Life,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccessPoint {
    pub(crate) id: String,
    pub(crate) file_system: String,
    pub(crate) token: String,
    pub(crate) posix_user: Option<serde_json::Value>,
    pub(crate) root_directory: serde_json::Value,
    pub(crate) tags: Tags,
}
