//! The `output` blocks of a file, once everything is there.

use std::collections::BTreeMap;

use efs::{OUTPUTS, Outputs};
use job::Job;
use serde_json::{Value, json};

use crate::observe::Observed;

/// What stands for a sensitive value, as Terraform prints it.
const SENSITIVE: &str = "<sensitive>";

/// The values by name; those of modules that the run was not about are left out.
pub(super) fn of(
    job: &Job,
    observed: &Observed,
    modules: &[(String, Outputs)],
) -> BTreeMap<String, Value> {
    let of_storage = |label: &str, name: &str| {
        let (_, outputs) = modules.iter().find(|(of, _)| of == label)?;
        let output = OUTPUTS.iter().find(|output| output.name == name)?;
        Some((output.value)(outputs).unwrap_or_default())
    };
    let of_network = |label: &str, name: &str| {
        let outputs = observed.storage.values().find_map(|storage| storage.networks.get(label))?;
        match name {
            "vpc_id" => Some(json!(outputs.vpc_id)),
            "private_subnets" => Some(json!(outputs.private_subnets)),
            "security_group_id" => Some(json!(outputs.security_group_id)),
            _ => None,
        }
    };
    let known =
        |label: &str, name: &str| of_storage(label, name).or_else(|| of_network(label, name));
    let all = job.outputs.iter().filter_map(|output| {
        let value = match &output.value {
            None => SENSITIVE.into(),
            Some(value) => value.resolve(&known)?,
        };
        Some((output.name.clone(), value))
    });
    all.collect()
}
