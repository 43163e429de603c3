//! The values of the driver's chart that are the user's to set, and how ours are recognized.

use inputs::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::chart::ChartVersion;
use super::source::{DriverMode, HelmChart};
use crate::inputs::rules::OUR_PREFIX;

/// What the inputs say of the driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriverInputs {
    /// What is done about it.
    pub mode: DriverMode,
    /// The namespace that it is installed in.
    pub namespace: String,
    /// Where its chart comes from.
    pub chart: HelmChart,
    /// The version of its chart.
    pub version: ChartVersion,
    /// The IAM role of its service accounts.
    pub role_arn: Option<String>,
    /// The user's own values, which win over ours.
    pub values: Map<String, Value>,
}

/// The user's values must leave the StorageClass to us.
pub(crate) fn check(values: &Map<String, Value>) -> Result<(), Problem> {
    match values.get("storageClasses") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(classes)) if classes.is_empty() => Ok(()),
        Some(_) => Err(Problem::new(
            "`storageClasses` cannot be set: the class is a document of its own",
            "leave it out, and use the inputs of the StorageClass",
        )),
    }
}

/// Whether a release with these values was made by Clockwork Codex: the tags of
/// access points say so. A revision that was killed half way has nothing else to tell.
pub fn are_ours(values: &Value) -> bool {
    let mark = format!("{OUR_PREFIX}managed-by");
    values["controller"]["tags"][&mark] == "clockwork-codex"
}
