//! What EKS keeps in one region.

use serde::{Deserialize, Serialize};

use crate::table::{Row, tables};
use crate::tags::Tags;

tables! { "eks" =>
    #[doc = "The clusters of one region, and what belongs to them."]
    pub(crate) struct Eks {
        clusters: Cluster,
        associations: Association,
        addons: Addon,
        updates: Update,
    }
}

/// A cluster; its id is its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Cluster {
    pub(crate) name: String,
    #[serde(default = "version")]
    pub(crate) version: String,
    #[serde(default = "active")]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) created_ms: u64,
    pub(crate) endpoint: String,
    /// The PEM of the authority that signs the endpoint's certificate, in base64.
    #[serde(default)]
    pub(crate) certificate_authority: String,
    #[serde(default)]
    pub(crate) issuer: Option<String>,
    #[serde(default)]
    pub(crate) role_arn: String,
    pub(crate) vpc_id: String,
    #[serde(default)]
    pub(crate) subnet_ids: Vec<String>,
    /// Groups beside the cluster's own.
    #[serde(default)]
    pub(crate) security_group_ids: Vec<String>,
    #[serde(rename = "clusterSecurityGroupId")]
    pub(crate) own_group: String,
    #[serde(default)]
    pub(crate) ipv6: bool,
    /// Names of add-ons whose objects somebody installed by other means, or changed since:
    /// creating or updating such an add-on meets a conflict.
    #[serde(default)]
    pub(crate) self_managed: Vec<String>,
    /// Names of add-ons whose workloads are there with other selectors than the add-on's. These never
    /// change: creating such an add-on fails, whatever its `resolveConflicts` says
    /// (aws/containers-roadmap issue 2186).
    #[serde(default)]
    pub(crate) other_selectors: Vec<String>,
    /// Names of add-ons whose pods no node runs.
    #[serde(default)]
    pub(crate) without_replicas: Vec<String>,
    #[serde(default)]
    pub(crate) tags: Tags,
}

fn version() -> String {
    "1.33".to_owned()
}

fn active() -> String {
    "ACTIVE".to_owned()
}

/// An EKS Pod Identity association.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Association {
    pub(crate) id: String,
    pub(crate) cluster: String,
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    pub(crate) role_arn: String,
    pub(crate) target_role_arn: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) disable_session_tags: bool,
    /// The ARN of the add-on that it belongs to.
    pub(crate) owner: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) created_ms: u64,
    pub(crate) modified_ms: u64,
    pub(crate) tags: Tags,
}

/// An add-on of a cluster; its id is `CLUSTER/NAME`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Addon {
    pub(crate) cluster: String,
    pub(crate) name: String,
    /// The last part of its ARN.
    pub(crate) uuid: String,
    pub(crate) version: String,
    pub(crate) status: AddonStatus,
    /// When the status changes, and to what.
    pub(crate) next: Option<(u64, AddonStatus)>,
    pub(crate) role_arn: Option<String>,
    pub(crate) configuration: Option<String>,
    pub(crate) namespace: String,
    pub(crate) created_ms: u64,
    pub(crate) modified_ms: u64,
    pub(crate) tags: Tags,
}

impl Addon {
    /// The id of its row.
    pub(crate) fn id(cluster: &str, name: &str) -> String {
        format!("{cluster}/{name}")
    }
}

/// The status of an add-on, as EKS names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AddonStatus {
    Creating,
    Active,
    CreateFailed,
    Updating,
    UpdateFailed,
    Degraded,
    Deleting,
}

/// What `UpdateAddon` began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Update {
    pub(crate) id: String,
    pub(crate) cluster: String,
    pub(crate) addon: String,
    /// When it is through.
    pub(crate) until_ms: u64,
    pub(crate) created_ms: u64,
    pub(crate) params: Vec<(String, String)>,
    /// Whether it met a conflict.
    #[serde(default)]
    pub(crate) failed: bool,
}

impl Row for Cluster {}

impl Row for Association {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("cluster", &self.cluster)]
    }
}

impl Row for Addon {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("cluster", &self.cluster)]
    }

    fn due(&self) -> Option<u64> {
        self.next.map(|(due, _)| due)
    }
}

impl Row for Update {}
