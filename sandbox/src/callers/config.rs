//! Principals and service control policies as people give them: by flag, by file, and at
//! `/_sandbox/iam`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::authorization::document::{Document, Use};
use crate::authorization::managed;
use crate::world::Tags;

/// Everything that is configured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// By access key id.
    pub(crate) principals: BTreeMap<String, PrincipalConfig>,
    /// Where the account is in its organization: `o-ORGANIZATION/r-ROOT/`, and `ou-UNIT/` for
    /// each organizational unit. Without it the account is in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) organization_path: Option<String>,
    /// The organization's policies, a list for each level from its root to the account.
    pub(crate) service_control_policies: Vec<Vec<Value>>,
}

/// A principal. A policy is a document, or the ARN of a managed policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PrincipalConfig {
    /// Of a user, of a role, or of the root user; a user named after the key by default. A
    /// role has, beside these policies, those that it has in IAM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) arn: Option<String>,
    pub(crate) tags: Tags,
    pub(crate) policies: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) permissions_boundary: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_policies: Option<Vec<Value>>,
}

impl Config {
    /// Reads the file, and over it the principals of the flags.
    pub(crate) fn read(
        file: Option<&PathBuf>,
        principals: &[(String, PathBuf)],
    ) -> anyhow::Result<Config> {
        let mut config = match file {
            None => Config::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("reading the principals `{}`", path.display()))?;
                Config::parse(text.as_bytes())
                    .map_err(anyhow::Error::msg)
                    .with_context(|| format!("reading the principals `{}`", path.display()))?
            }
        };
        for (key, path) in principals {
            let place = || format!("reading the policy of `{key}` from `{}`", path.display());
            let text = std::fs::read_to_string(path).with_context(place)?;
            let principal = PrincipalConfig::parse(text.as_bytes())
                .map_err(anyhow::Error::msg)
                .with_context(place)?;
            config.principals.insert(key.clone(), principal);
        }
        Ok(config)
    }

    /// Reads and checks a configuration; the error names the place.
    pub(crate) fn parse(text: &[u8]) -> Result<Config, String> {
        let config: Config = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        for (key, principal) in &config.principals {
            principal.check().map_err(|mistake| format!("principals.{key}: {mistake}"))?;
        }
        if let Some(path) = &config.organization_path {
            check_path(path)?;
        }
        for (n, level) in config.service_control_policies.iter().enumerate() {
            for (m, policy) in level.iter().enumerate() {
                check(policy)
                    .map_err(|mistake| format!("service_control_policies[{n}][{m}]: {mistake}"))?;
            }
        }
        Ok(config)
    }
}

impl PrincipalConfig {
    /// Reads a principal, or a policy document alone: a user with this one policy.
    pub(crate) fn parse(text: &[u8]) -> Result<PrincipalConfig, String> {
        let value: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let principal = if value.get("Statement").is_some() {
            PrincipalConfig { policies: vec![value], ..PrincipalConfig::default() }
        } else {
            serde_json::from_value(value).map_err(|error| error.to_string())?
        };
        principal.check().map(|()| principal)
    }

    fn check(&self) -> Result<(), String> {
        if let Some(arn) = &self.arn {
            let parts: Vec<&str> = arn.splitn(6, ':').collect();
            let known = |resource: &str| {
                resource == "root" || resource.starts_with("user/") || resource.starts_with("role/")
            };
            match parts.as_slice() {
                ["arn", _, "iam", "", account, resource]
                    if account.len() == 12 && known(resource) => {}
                _ => return Err(format!("arn: `{arn}` names no user, role or root user")),
            }
        }
        let session = self.session_policies.iter().flatten();
        for policy in self.policies.iter().chain(&self.permissions_boundary).chain(session) {
            check(policy)?;
        }
        Ok(())
    }
}

/// The path of an account in its organization, as AWS Organizations writes entity paths.
fn check_path(path: &str) -> Result<(), String> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [organization, root, units @ .., ""]
            if organization.starts_with("o-")
                && root.starts_with("r-")
                && units.iter().all(|unit| unit.starts_with("ou-")) =>
        {
            Ok(())
        }
        _ => Err(format!(
            "organization_path: `{path}` is no path of an account; help: write it as \
             `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`"
        )),
    }
}

/// A policy is the ARN of a managed policy, of AWS or of the account, or a document.
fn check(policy: &Value) -> Result<(), String> {
    let Some(arn) = policy.as_str() else {
        return Document::from_value(policy, Use::Identity)
            .map(drop)
            .map_err(|message| format!("{message} The document was {policy}"));
    };
    if managed::by_arn(arn).is_some() || !managed::is_managed(arn) && arn.starts_with("arn:") {
        return Ok(());
    }
    let known: Vec<String> = managed::all().iter().map(|policy| policy.arn("aws")).collect();
    Err(format!("`{arn}` is not known here: give the document, or one of {}", known.join(", ")))
}
