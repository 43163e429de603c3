//! What each client saw of each operation, kept under `tests/clients/seen/`, and the
//! documentation's table of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::files;
use crate::{Aws, workspace};

/// Set by `cargo xtask clients --write`: what was seen is written down instead of compared.
pub const WRITE: &str = "CLOCKWORK_WRITE_SEEN";

/// The clients in the order of the table's columns.
const CLIENTS: [&str; 6] = ["terraform", "cli", "boto3", "javascript", "ministack", "moto"];

/// All operations of EFS's model, botocore `efs/2015-02-01/service-2.json`.
pub const EFS: [&str; 31] = [
    "CreateAccessPoint",
    "CreateFileSystem",
    "CreateMountTarget",
    "CreateReplicationConfiguration",
    "CreateTags",
    "DeleteAccessPoint",
    "DeleteFileSystem",
    "DeleteFileSystemPolicy",
    "DeleteMountTarget",
    "DeleteReplicationConfiguration",
    "DeleteTags",
    "DescribeAccessPoints",
    "DescribeAccountPreferences",
    "DescribeBackupPolicy",
    "DescribeFileSystemPolicy",
    "DescribeFileSystems",
    "DescribeLifecycleConfiguration",
    "DescribeMountTargetSecurityGroups",
    "DescribeMountTargets",
    "DescribeReplicationConfigurations",
    "DescribeTags",
    "ListTagsForResource",
    "ModifyMountTargetSecurityGroups",
    "PutAccountPreferences",
    "PutBackupPolicy",
    "PutFileSystemPolicy",
    "PutLifecycleConfiguration",
    "TagResource",
    "UntagResource",
    "UpdateFileSystem",
    "UpdateFileSystemProtection",
];

/// Statuses and error codes by service and operation.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Seen(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Seen {
    /// What the sandbox listed of a client's calls.
    pub fn of(aws: &Aws) -> Seen {
        Seen::of_all([aws])
    }

    /// What several sandboxes listed.
    pub fn of_all<'a>(all: impl IntoIterator<Item = &'a Aws>) -> Seen {
        let mut seen = Seen::default();
        for aws in all {
            let calls: Value = serde_json::from_str(&aws.unsigned("/_sandbox/calls").body).unwrap();
            for call in calls.as_array().unwrap() {
                let text = |name: &str| call[name].as_str().unwrap();
                let status = call["status"].as_u64().unwrap();
                let code = Some(text("outcome")).filter(|outcome| *outcome != "ok");
                seen.add(text("service"), text("operation"), status, code);
            }
        }
        seen
    }

    /// Adds one answer.
    pub fn add(&mut self, service: &str, operation: &str, status: u64, code: Option<&str>) {
        let text = code.map_or_else(|| status.to_string(), |code| format!("{status} {code}"));
        let operations = self.0.entry(service.to_owned()).or_default();
        operations.entry(operation.to_owned()).or_default().insert(text);
    }

    /// Compares with what was written down, or writes it down.
    ///
    /// # Panics
    /// Where a client sees something else than it did.
    pub fn settle(&self, client: &str, version: &str) {
        let path = path(client);
        let told = json!({ "client": version, "seen": self.to_json() });
        if std::env::var_os(WRITE).is_some() {
            let text = serde_json::to_string_pretty(&told).unwrap();
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text + "\n").unwrap();
            return;
        }
        assert_eq!(
            read(client),
            Some(told),
            "{client} sees something else than `{}` says; help: `cargo xtask clients --write`",
            path.display()
        );
    }

    fn to_json(&self) -> Value {
        let operations = |operations: &BTreeMap<String, BTreeSet<String>>| {
            operations.iter().map(|(name, told)| (name.clone(), json!(told))).collect::<Value>()
        };
        self.0.iter().map(|(service, all)| (service.clone(), operations(all))).collect()
    }
}

fn path(client: &str) -> PathBuf {
    files().join("seen").join(format!("{client}.json"))
}

fn read(client: &str) -> Option<Value> {
    let text = std::fs::read_to_string(path(client)).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Where the documentation has the table.
pub fn document() -> PathBuf {
    workspace().join("sandbox/OPERATIONS.md")
}

/// The document, of what was written down.
///
/// # Panics
/// Where nothing was written down for a client.
pub fn render() -> String {
    let seen: Vec<Value> = CLIENTS
        .iter()
        .map(|client| read(client).unwrap_or_else(|| panic!("nothing is known of {client}")))
        .collect();
    let mut text = String::from(INTRODUCTION);
    let versions: Vec<&str> = seen.iter().map(|seen| seen["client"].as_str().unwrap()).collect();
    text.push_str("\n## EFS\n\n");
    text.push_str(&table(&versions, &EFS.map(str::to_owned), &seen, "elasticfilesystem"));
    let of_sandbox = &seen[..4];
    let services: BTreeSet<&String> = of_sandbox
        .iter()
        .flat_map(|seen| seen["seen"].as_object().unwrap().keys())
        .filter(|service| *service != "elasticfilesystem")
        .collect();
    for service in services {
        let operations: BTreeSet<String> = of_sandbox
            .iter()
            .filter_map(|seen| seen["seen"][service].as_object())
            .flat_map(|operations| operations.keys().cloned())
            .collect();
        let operations: Vec<String> = operations.into_iter().collect();
        text.push_str(&format!("\n## {}\n\n", service.to_uppercase()));
        text.push_str(&table(&versions[..4], &operations, of_sandbox, service));
    }
    text
}

const INTRODUCTION: &str = "# Operations by client

What clients that others wrote saw of the sandbox, and of MiniStack and moto beside it: the
statuses and the error codes of each operation's answers. `cargo xtask clients` runs the clients
and fails where one sees something else; `cargo xtask clients --write` writes this file.

The answers to boto3 and to the AWS CLI are checked member by member against botocore's model.
MiniStack and moto answer the conversations under `tests/clients/conversations/`, which the
sandbox answers as they say; each difference is named and explained in
`tests/clients/differences.json`. 0 means that there was no answer of HTTP.
";

fn table(clients: &[&str], operations: &[String], seen: &[Value], service: &str) -> String {
    let mut text = format!("| Operation | {} |\n", clients.join(" | "));
    text.push_str(&format!("| --- |{}\n", " --- |".repeat(clients.len())));
    for operation in operations {
        let cells: Vec<String> = seen
            .iter()
            .map(|seen| {
                let told = seen["seen"][service][operation].as_array();
                let told: Vec<&str> =
                    told.into_iter().flatten().filter_map(Value::as_str).collect();
                told.join("<br>")
            })
            .collect();
        text.push_str(&format!("| {operation} | {} |\n", cells.join(" | ")));
    }
    text
}
