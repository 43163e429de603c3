//! Outputs in the forms that other tools read.

use std::collections::BTreeMap;

use kubernetes::{MANAGER, RenderError};
use serde_json::{Value, json};

use crate::templates::render;

inputs::words! {
    /// A form of outputs, beside text and JSON.
    pub enum OutputFormat {
        /// Variables of Terraform, or of a deployment file: a `.tfvars` file.
        Tfvars = "tfvars",
        /// A file of environment variables that a shell reads too: a `.env` file.
        Env = "env",
        /// Outputs of a step in a GitHub workflow.
        Github = "github",
        /// A `ConfigMap` for each module.
        ConfigMap = "config-map",
    }
}

/// The output that grows with the volumes of a file system, to thousands of entries.
const LONG: &str = "access_points";

impl OutputFormat {
    /// Whether it takes this output of a module among all of them. An environment, a `ConfigMap`
    /// (1 MiB) and the annotation in which `kubectl apply` keeps it (256 KiB) have limits, which a
    /// list of every access point exceeds; asked for by name, it is printed in any form.
    pub fn takes(self, output: &str) -> bool {
        self == OutputFormat::Tfvars || output != LONG
    }
}

/// Outputs as lines of this form, each by its name. One without a value is left out.
pub fn in_format(format: OutputFormat, values: &[(String, Value)]) -> String {
    let there = values.iter().filter(|(_, value)| !value.is_null());
    let lines = there.map(|(name, value)| match format {
        OutputFormat::Tfvars => format!("{name} = {}", hcl(value, 0)),
        OutputFormat::Env => format!("{}={}", variable(name), shell(&in_a_line(value))),
        OutputFormat::Github | OutputFormat::ConfigMap => format!("{name}={}", in_a_line(value)),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The `ConfigMap` with the outputs of a module. It names no namespace: `kubectl apply
/// --namespace` puts it where it is read.
pub fn config_map(class: &str, values: &[(String, Value)]) -> Result<String, RenderError> {
    let there = values.iter().filter(|(_, value)| !value.is_null());
    let data: BTreeMap<&str, String> =
        there.map(|(name, value)| (name.as_str(), in_a_line(value))).collect();
    let context = json!({ "name": format!("{class}-outputs"), "manager": MANAGER, "data": data });
    render("outputs-configmap.yaml", &context)
}

/// A value in one line: a text as it is, everything else as JSON. So is a text with characters
/// that would end the line, so that no value can add a line of its own.
fn in_a_line(value: &Value) -> String {
    let plain = value.as_str().filter(|text| !text.chars().any(char::is_control));
    plain.map_or_else(|| value.to_string(), str::to_owned)
}

/// The name of an environment variable.
fn variable(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    name.chars().map(plain).collect()
}

/// A text as a POSIX shell reads one word.
fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A value as Terraform's language writes it
/// (<https://developer.hashicorp.com/terraform/language/expressions/strings>).
pub(crate) fn hcl(value: &Value, depth: usize) -> String {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::Array(all) if all.is_empty() => "[]".to_owned(),
        Value::Object(all) if all.is_empty() => "{}".to_owned(),
        Value::Array(all) => {
            let items = all.iter().map(|item| format!("{inner}{},\n", hcl(item, depth + 1)));
            format!("[\n{}{outer}]", items.collect::<String>())
        }
        Value::Object(all) => {
            let items = all
                .iter()
                .map(|(key, item)| format!("{inner}{} = {}\n", key_of(key), hcl(item, depth + 1)));
            format!("{{\n{}{outer}}}", items.collect::<String>())
        }
        // JSON's escapes are those of HCL; a template would begin with these.
        Value::String(text) => json!(text).to_string().replace("${", "$${").replace("%{", "%%{"),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A key of an object: an identifier, or a text.
pub(crate) fn key_of(key: &str) -> String {
    let mut letters = key.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if first && letters.all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
        key.to_owned()
    } else {
        hcl(&json!(key), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Vec<(String, Value)> {
        let value = |name: &str, value: Value| (name.to_owned(), value);
        vec![
            value("file_system_id", json!("fs-00000001")),
            value("manifests", json!("/tmp/it's ${here}")),
            value("nothing", Value::Null),
            value("zones", json!(["a"])),
            value("odd", json!("a\nAWS_PROFILE=admin")),
            value("size", json!({ "value": 6144, "team/cost": null })),
        ]
    }

    #[test]
    fn each_form_says_the_same_and_no_value_adds_a_line() {
        let of = |format| in_format(format, &values());
        assert_eq!(
            of(OutputFormat::Tfvars),
            "file_system_id = \"fs-00000001\"\n\
             manifests = \"/tmp/it's $${here}\"\n\
             zones = [\n  \"a\",\n]\n\
             odd = \"a\\nAWS_PROFILE=admin\"\n\
             size = {\n  \"team/cost\" = null\n  value = 6144\n}"
        );
        assert_eq!(
            of(OutputFormat::Env),
            "FILE_SYSTEM_ID=fs-00000001\n\
             MANIFESTS='/tmp/it'\\''s ${here}'\n\
             ZONES='[\"a\"]'\n\
             ODD='\"a\\nAWS_PROFILE=admin\"'\n\
             SIZE='{\"team/cost\":null,\"value\":6144}'"
        );
        assert_eq!(
            of(OutputFormat::Github).lines().next_back(),
            Some("size={\"team/cost\":null,\"value\":6144}")
        );
        assert_eq!(of(OutputFormat::Github).lines().count(), 5);
    }

    #[test]
    fn only_a_file_of_variables_takes_a_list_of_any_length() {
        for format in
            [OutputFormat::Tfvars, OutputFormat::Env, OutputFormat::Github, OutputFormat::ConfigMap]
        {
            for output in crate::OUTPUTS {
                let long = output.name == "access_points";
                assert_eq!(format.takes(output.name), !long || format == OutputFormat::Tfvars);
            }
        }
    }

    #[test]
    fn a_config_map_holds_texts_only() {
        let text = config_map("efs-sc", &values()).unwrap();
        let map: Value = serde_norway::from_str(&text).unwrap();
        assert_eq!(map["metadata"]["name"], "efs-sc-outputs");
        assert_eq!(map["data"]["file_system_id"], "fs-00000001");
        assert_eq!(map["data"]["zones"], "[\"a\"]");
        assert_eq!(map["data"].get("nothing"), None);
    }
}
