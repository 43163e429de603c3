//! What KMS keeps in one region.

use serde::{Deserialize, Serialize};

use crate::table::{Row, tables};

tables! { "kms" =>
    #[doc = "The keys of one region."]
    pub(crate) struct Kms {
        keys: Key,
        aliases: Alias,
    }
}

/// A KMS key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Key {
    /// A UUID, or `mrk-` and 32 digits.
    #[serde(rename = "KeyId")]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) description: String,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub(crate) created_ms: u64,
    #[serde(rename = "KeyState", default)]
    pub(crate) state: KeyState,
    /// Whether AWS manages it, as it does those behind `alias/aws/…`.
    #[serde(default)]
    pub(crate) aws_managed: bool,
    /// When a key is deleted that is pending deletion, in milliseconds since 1970.
    #[serde(default)]
    pub(crate) deletion_ms: Option<u64>,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048` and so on.
    #[serde(rename = "KeySpec", default = "symmetric")]
    pub(crate) spec: String,
}

fn symmetric() -> String {
    "SYMMETRIC_DEFAULT".to_owned()
}

/// The state of a key, as KMS names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyState {
    Creating,
    #[default]
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    Unavailable,
}

/// A name of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Alias {
    /// With its `alias/`.
    #[serde(rename = "AliasName")]
    pub(crate) name: String,
    pub(crate) target_key_id: String,
    #[serde(default)]
    pub(crate) created_ms: u64,
}

impl Row for Key {}

impl Row for Alias {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("key", &self.target_key_id)]
    }
}
