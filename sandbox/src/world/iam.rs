//! What IAM keeps in an account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::table::{Row, tables};
use crate::tags::Tags;

tables! { "iam" =>
    #[doc = "The identities of the account, and what they may do."]
    pub(crate) struct Iam {
        #[doc = "By name."]
        roles: Role,
        #[doc = "Customer managed policies, by ARN."]
        policies: ManagedPolicy,
        #[doc = "By ARN."]
        providers: Provider,
        #[doc = "By name."]
        instance_profiles: InstanceProfile,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    /// The unique id, `AROA…`.
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) arn: String,
    /// The trust policy, as it was given.
    pub(crate) trust: String,
    pub(crate) description: Option<String>,
    /// Seconds.
    pub(crate) max_session: u64,
    pub(crate) created_ms: u64,
    pub(crate) tags: Tags,
    /// The ARN of the permissions boundary.
    pub(crate) boundary: Option<String>,
    /// The ARNs of the managed policies.
    pub(crate) attached: Vec<String>,
    /// The inline policies by name, as they were given.
    pub(crate) inline: BTreeMap<String, String>,
}

impl Role {
    /// Whether a service made it for itself.
    pub(crate) fn service_linked(&self) -> bool {
        self.path.starts_with("/aws-service-role/")
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ManagedPolicy {
    pub(crate) name: String,
    /// The unique id, `ANPA…`.
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    pub(crate) created_ms: u64,
    pub(crate) updated_ms: u64,
    pub(crate) tags: Tags,
    /// Oldest first.
    pub(crate) versions: Vec<Version>,
    /// The id of the default version.
    pub(crate) default: String,
    /// The number of the newest version that there ever was.
    pub(crate) last: u32,
}

impl ManagedPolicy {
    /// The text of the default version.
    pub(crate) fn document(&self) -> Option<&str> {
        let found = self.versions.iter().find(|version| version.id == self.default);
        found.map(|version| version.document.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// Such as `v1`.
    pub(crate) id: String,
    pub(crate) document: String,
    pub(crate) created_ms: u64,
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Provider {
    pub(crate) arn: String,
    /// Without `https://`.
    pub(crate) url: String,
    pub(crate) client_ids: Vec<String>,
    pub(crate) thumbprints: Vec<String>,
    pub(crate) tags: Tags,
    pub(crate) created_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceProfile {
    pub(crate) name: String,
    /// The unique id, `AIPA…`.
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) arn: String,
    pub(crate) created_ms: u64,
    pub(crate) tags: Tags,
    /// The name of its role.
    pub(crate) role: Option<String>,
}

impl Row for Role {}
impl Row for ManagedPolicy {}
impl Row for Provider {}
impl Row for InstanceProfile {}
