//! Terraform's states: what `terraform show -json` prints
//! (<https://developer.hashicorp.com/terraform/internals/json-format>), and the state file itself,
//! in version 4.

use ::inputs::Problem;
use serde_json::Value;

use super::source::{Source, Tool};
use crate::ids::FileSystemId;

/// Whether a document is a state, or a plan, which holds one.
pub(super) fn is_state(file: &Value) -> bool {
    let of_file = file["version"].is_u64()
        && ["resources", "modules", "terraform_version"].iter().any(|it| !file[*it].is_null());
    file["format_version"].is_string() || of_file
}

/// A resource that a state has.
struct Resource<'a> {
    address: String,
    kind: &'a str,
    attributes: &'a Value,
}

/// The file systems of a state, each with what belongs to it. A resource without an id, such as one
/// whose creation failed, is passed over, and so is everything that is not understood.
pub(super) fn sources(file: &Value) -> Result<Vec<Source>, Problem> {
    let mut all = Vec::new();
    if file["format_version"].is_string() {
        let of_plan = &file["prior_state"]["values"];
        let values = if file["values"].is_object() { &file["values"] } else { of_plan };
        if !values.is_object() {
            return Err(Problem::new(
                "the state is empty",
                "run `terraform show -json` where Terraform was applied",
            ));
        }
        shown(&values["root_module"], &mut all);
    } else if file["version"] == 4 {
        in_file(file, &mut all);
    } else {
        return Err(Problem::new(
            format!(
                "it is a state of version {}, and Terraform writes version 4 since 0.12",
                file["version"]
            ),
            "give what `terraform show -json` prints",
        ));
    }
    let systems = all.iter().filter(|resource| resource.kind == "aws_efs_file_system");
    Ok(systems.filter_map(|system| source(system, &all)).collect())
}

fn source(system: &Resource, all: &[Resource]) -> Option<Source> {
    let text = |name: &str| system.attributes[name].as_str();
    let id = FileSystemId::try_from(text("id")?).ok()?;
    // From version 6 on, the provider has the region as an attribute.
    let of_arn = || text("arn").and_then(|arn| arn.split(':').nth(3));
    let region = text("region").or_else(of_arn).map(str::to_owned);
    let belongs = |resource: &&Resource| {
        let named = ["file_system_id", "source_file_system_id"];
        resource.kind.starts_with("aws_efs_")
            && named.iter().any(|name| resource.attributes[*name] == id.as_str())
    };
    let mut addresses = vec![system.address.clone()];
    addresses.extend(all.iter().filter(belongs).map(|resource| resource.address.clone()));
    Some(Source { tool: Tool::Terraform, id, region, addresses })
}

/// The resources of a module and of those in it.
fn shown<'a>(module: &'a Value, all: &mut Vec<Resource<'a>>) {
    for resource in list(&module["resources"]).filter(|it| it["mode"] == "managed") {
        let text = |name: &str| resource[name].as_str();
        if let (Some(address), Some(kind)) = (text("address"), text("type")) {
            let address = address.to_owned();
            all.push(Resource { address, kind, attributes: &resource["values"] });
        }
    }
    list(&module["child_modules"]).for_each(|child| shown(child, all));
}

/// The resources of a state file.
fn in_file<'a>(file: &'a Value, all: &mut Vec<Resource<'a>>) {
    for resource in list(&file["resources"]).filter(|it| it["mode"] == "managed") {
        let text = |name: &str| resource[name].as_str();
        let (Some(kind), Some(name)) = (text("type"), text("name")) else { continue };
        let module = text("module").map(|module| format!("{module}.")).unwrap_or_default();
        // One that was replaced and is not deleted yet is no longer the one that is meant.
        for instance in list(&resource["instances"]).filter(|it| it["deposed"].is_null()) {
            let key = match &instance["index_key"] {
                Value::Null => String::new(),
                key => format!("[{key}]"),
            };
            let address = format!("{module}{kind}.{name}{key}");
            all.push(Resource { address, kind, attributes: &instance["attributes"] });
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-00000001";

    #[test]
    fn what_terraform_shows_names_file_systems_in_modules_with_all_that_belongs_to_them() {
        let of = |address: &str, kind: &str, values: Value| json!({ "address": address, "mode": "managed", "type": kind, "name": "x", "values": values });
        let file = json!({ "format_version": "1.0", "terraform_version": "1.11.4", "values": {
            "outputs": { "secret": { "sensitive": true, "value": "hunter2" } },
            "root_module": {
                "resources": [
                    { "mode": "data", "type": "aws_efs_file_system", "address": "data.x", "values": { "id": "fs-00000009" } },
                    of("aws_efs_file_system.failed", "aws_efs_file_system", json!({ "id": null })),
                ],
                "child_modules": [{ "child_modules": [{ "resources": [
                    of("module.a[\"x\"].module.b.aws_efs_file_system.shared[0]", "aws_efs_file_system",
                       json!({ "id": "fs-00000001", "arn": ARN, "newer": { "a": [] } })),
                    of("module.a[\"x\"].module.b.aws_efs_mount_target.zone[\"a\"]", "aws_efs_mount_target",
                       json!({ "file_system_id": "fs-00000001" })),
                    of("aws_efs_replication_configuration.r", "aws_efs_replication_configuration",
                       json!({ "source_file_system_id": "fs-00000001" })),
                    of("aws_efs_access_point.other", "aws_efs_access_point",
                       json!({ "file_system_id": "fs-00000002" })),
                ] }] }],
            },
        } });
        let [one] = sources(&file).unwrap().try_into().unwrap();
        assert_eq!((one.id.as_str(), one.region.as_deref()), ("fs-00000001", Some("eu-west-1")));
        assert_eq!(
            one.addresses,
            [
                "module.a[\"x\"].module.b.aws_efs_file_system.shared[0]",
                "module.a[\"x\"].module.b.aws_efs_mount_target.zone[\"a\"]",
                "aws_efs_replication_configuration.r",
            ]
        );
        let remedy = one.warning().remedy;
        assert!(
            remedy.contains("from = module.a[\"x\"].module.b.aws_efs_file_system.shared …"),
            "{remedy}"
        );
        assert!(!remedy.contains("hunter2"));
    }

    #[test]
    fn a_state_file_names_instances_of_count_and_for_each() {
        let instance = |key: Value, id: &str| json!({ "index_key": key, "schema_version": 0, "attributes": { "id": id, "arn": ARN } });
        let file = json!({ "version": 4, "terraform_version": "1.11.4", "resources": [
            { "mode": "managed", "type": "aws_efs_file_system", "name": "shared", "module": "module.m",
              "instances": [
                  instance(json!(0), "fs-00000001"),
                  { "deposed": "1a2b", "attributes": { "id": "fs-00000007" } },
                  { "index_key": 1, "attributes": null },
              ] },
            { "mode": "managed", "type": "aws_efs_file_system", "name": "each",
              "instances": [instance(json!("logs"), "fs-00000002")] },
            { "mode": "managed" },
        ] });
        let found = sources(&file).unwrap();
        let addresses: Vec<&str> = found.iter().map(|it| it.addresses[0].as_str()).collect();
        assert_eq!(
            addresses,
            ["module.m.aws_efs_file_system.shared[0]", "aws_efs_file_system.each[\"logs\"]"]
        );
        assert_eq!(found[0].region.as_deref(), Some("eu-west-1"));
    }
}
