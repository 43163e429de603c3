//! AWS's own managed policies that matter here, by ARN.
//!
//! `managed.json` holds them as facts: name, path, default version and what each statement
//! allows. Source: AWS Managed Policy Reference Guide, in the state that moto 5.2.1 carries
//! (`moto/iam/aws_managed_policies.py`, PyPI); the test
//! `managed_policies_are_those_that_moto_carries` compares them. Of `ReadOnlyAccess` only
//! the actions of services that the sandbox serves are kept: the whole has over 100,000
//! characters.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

/// A managed policy of AWS.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Managed {
    pub(crate) name: String,
    pub(crate) path: String,
    /// The default version, such as `v10`.
    pub(crate) version: String,
    /// The dates of its first and of this version, as `2023-07-25`.
    pub(crate) created: String,
    pub(crate) updated: String,
    statements: Vec<Value>,
}

static ALL: LazyLock<Vec<Managed>> =
    LazyLock::new(|| serde_json::from_str(include_str!("managed.json")).unwrap_or_default());

impl Managed {
    /// Its ARN in a partition.
    pub(crate) fn arn(&self, partition: &str) -> String {
        arn(partition, &format!("{}{}", self.path, self.name))
    }

    /// The document, whose ARNs are of a partition.
    pub(crate) fn document(&self, partition: &str) -> Value {
        let mut document = json!({ "Version": "2012-10-17", "Statement": self.statements });
        if partition != "aws" {
            in_partition(&mut document, &format!("arn:{partition}:"));
        }
        document
    }
}

/// The ARN of the policy of AWS with this path and name, such as `/service-role/Name`.
pub(crate) fn arn(partition: &str, path_and_name: &str) -> String {
    format!("arn:{partition}:iam::aws:policy{path_and_name}")
}

/// Gives all ARNs of the partition `aws` in a document another beginning.
fn in_partition(value: &mut Value, beginning: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix("arn:aws:") {
                *text = format!("{beginning}{rest}");
            }
        }
        Value::Array(values) => {
            for value in values {
                in_partition(value, beginning);
            }
        }
        Value::Object(members) => {
            for value in members.values_mut() {
                in_partition(value, beginning);
            }
        }
        _ => {}
    }
}

/// All of them, in the order of the file.
pub(crate) fn all() -> &'static [Managed] {
    &ALL
}

/// Whether an ARN is that of a policy of AWS, whether or not it is known here.
pub(crate) fn is_managed(arn: &str) -> bool {
    whole_name(arn).is_some()
}

/// Path and name; every partition has the same policies.
fn whole_name(arn: &str) -> Option<&str> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(':')?;
    let name = rest.strip_prefix("iam::aws:policy")?;
    (partition.starts_with("aws") && name.starts_with('/')).then_some(name)
}

/// The policy of an ARN, in any partition.
pub(crate) fn by_arn(arn: &str) -> Option<&'static Managed> {
    let (path, name) = whole_name(arn)?.rsplit_once('/')?;
    ALL.iter().find(|policy| policy.name == name && policy.path.trim_end_matches('/') == path)
}
