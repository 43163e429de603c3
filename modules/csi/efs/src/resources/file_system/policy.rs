//! The file-system policy: what it means, whose it is, and what becomes of one that is there.

use std::collections::BTreeMap;

use plan::Known;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::driver_policy::normal;

/// The `Id` of the policies that are written here, by which they are known as ours: EFS returns a
/// policy as it was put.
pub(crate) const OUR_ID: &str = "clockwork-codex";

/// A policy, wanted or found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// As IAM reads it.
    pub document: Value,
    /// Whether EFS should put it even if this identity could not change it again.
    pub bypass_lockout_check: bool,
    /// Whether only the defaults ask for it.
    pub by_default: bool,
}

impl Policy {
    /// What EFS answers; a text that is no JSON becomes a document without statements that
    /// differs from every other.
    pub fn found(text: &str) -> Option<Policy> {
        let document = serde_json::from_str(text).unwrap_or_else(|_| json!({ "Statement": text }));
        Some(Policy { document, bypass_lockout_check: false, by_default: false })
    }

    /// The `Id` of the document.
    pub(super) fn id(&self) -> Option<&str> {
        self.document["Id"].as_str()
    }

    /// What a status says of it.
    pub(super) fn summary(&self) -> String {
        let count = statements(&self.document).count();
        let tls = statements(&self.document).any(denies_without_tls);
        let tls = if tls { ", TLS enforced" } else { "" };
        format!("policy of {count} statement{}{tls}", if count == 1 { "" } else { "s" })
    }

    /// Whether both mean the same, in whatever order, under whatever names.
    pub(crate) fn means(&self, other: &Policy) -> bool {
        let meaning = |policy: &Policy| {
            let mut all: Vec<String> =
                statements(&policy.document).map(|one| meaning(one, lower).to_string()).collect();
            all.sort();
            all.dedup();
            let version = policy.document["Version"].as_str().unwrap_or("2008-10-17").to_owned();
            (version, all)
        };
        meaning(self) == meaning(other)
    }
}

/// The statements of a document: one, or a list.
pub(crate) fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    let all = &document["Statement"];
    all.as_array()
        .map_or(std::slice::from_ref(all), Vec::as_slice)
        .iter()
        .filter(|it| !it.is_null())
}

/// Whether a statement denies what is sent without TLS.
pub(super) fn denies_without_tls(statement: &Value) -> bool {
    let secure = &statement["Condition"]["Bool"]["aws:SecureTransport"];
    statement["Effect"] == "Deny" && (*secure == "false" || *secure == false)
}

/// The statements of a policy as plans show them, by their `Sid` or by their number.
pub(super) fn shown_statements(policy: Option<&Policy>) -> BTreeMap<String, Known<String>> {
    let statements = policy.into_iter().flat_map(|policy| statements(&policy.document));
    let named = statements.enumerate().map(|(index, statement)| {
        let sid = statement["Sid"].as_str().filter(|sid| !sid.is_empty());
        let name = sid.map_or_else(|| (index + 1).to_string(), str::to_owned);
        (name, Known::Now(words(statement)))
    });
    named.collect()
}

/// A statement in one line, such as `Allow elasticfilesystem:ClientMount to AWS *`.
fn words(statement: &Value) -> String {
    let plain = meaning(statement, Clone::clone);
    let Some(entries) = plain.as_object() else { return listed(&plain) };
    let part = |name: &str, before: &str| {
        let value = entries.get(name)?;
        Some(format!("{before}{}", listed(value)))
    };
    let parts = [
        part("Effect", ""),
        part("Action", ""),
        part("NotAction", "all but "),
        part("Principal", "to "),
        part("NotPrincipal", "to all but "),
        part("NotResource", "on all but "),
        part("Condition", "where "),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A value as people read it: lists with commas, maps with their keys in front.
fn listed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(listed).collect::<Vec<_>>().join(", "),
        Value::Object(all) => {
            let entry = |(key, value): (&String, &Value)| format!("{key} {}", listed(value));
            all.iter().map(entry).collect::<Vec<_>>().join(" and ")
        }
        other => other.to_string(),
    }
}

/// Whether two statements, as plans show them, mean the same: IAM compares actions, which stand
/// before whom they are for, without regard to case.
pub(super) fn same_statement(found: &str, wanted: &str) -> bool {
    let parts = |text: &str| {
        let (what, rest) = text.split_once(" to ").unwrap_or((text, ""));
        (what.to_ascii_lowercase(), rest.to_owned())
    };
    parts(found) == parts(wanted)
}

/// A statement without what does not matter: its name; its resource, which EFS takes for this
/// file system only and which may be left out; the two ways to write everybody and an account;
/// the case of actions; lists of one; the order of lists (IAM User Guide, "IAM JSON policy
/// element reference"; EFS User Guide, "Using IAM to control file system data access").
fn meaning(statement: &Value, actions: fn(&Value) -> Value) -> Value {
    let Some(entries) = statement.as_object() else { return normal(statement) };
    let mut kept = Map::new();
    for (key, value) in entries {
        let value = match key.as_str() {
            "Sid" | "Resource" => continue,
            "Action" | "NotAction" => actions(value),
            "Principal" | "NotPrincipal" if value == "*" => json!({ "AWS": "*" }),
            "Principal" | "NotPrincipal" => accounts(value),
            _ => value.clone(),
        };
        kept.insert(key.clone(), value);
    }
    normal(&Value::Object(kept))
}

/// Actions in lower case: IAM compares them without regard to case.
fn lower(value: &Value) -> Value {
    match value {
        Value::String(text) => text.to_ascii_lowercase().into(),
        Value::Array(all) => all.iter().map(lower).collect(),
        other => other.clone(),
    }
}

/// Principals with accounts by their number: EFS answers with the ARN of their root.
fn accounts(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let account = text.strip_suffix(":root").and_then(|text| text.rsplit(':').next());
            account.filter(|_| text.starts_with("arn:")).unwrap_or(text).into()
        }
        Value::Array(all) => all.iter().map(accounts).collect(),
        Value::Object(all) => {
            Value::Object(all.iter().map(|(key, it)| (key.clone(), accounts(it))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statements: &Value) -> Policy {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        Policy::found(&text).unwrap()
    }

    #[test]
    fn policies_are_compared_by_what_they_mean() {
        let root = "arn:aws:iam::111122223333:root";
        let file_system = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1";
        let one = |principal: Value, action: Value| json!({ "Effect": "Allow", "Principal": principal, "Action": action });
        let mount = "elasticfilesystem:ClientMount";
        for (left, right) in [
            (one(json!("*"), json!(mount)), one(json!({ "AWS": "*" }), json!([mount]))),
            (
                one(json!({ "AWS": root }), json!(mount)),
                one(json!({ "AWS": ["111122223333"] }), json!(mount)),
            ),
            (
                one(json!("*"), json!(mount)),
                one(json!("*"), json!("elasticfilesystem:clientmount")),
            ),
        ] {
            assert!(policy(&left).means(&policy(&json!([right]))), "{left} {right}");
        }
        let mut named = one(json!("*"), json!(mount));
        named["Sid"] = "Mount".into();
        named["Resource"] = file_system.into();
        assert!(policy(&named).means(&policy(&one(json!("*"), json!(mount)))));
        let other = one(json!("*"), json!("elasticfilesystem:ClientWrite"));
        assert!(!policy(&named).means(&policy(&other)));
        assert!(!Policy::found("no JSON").unwrap().means(&policy(&json!([]))));
    }

    #[test]
    fn a_statement_is_shown_in_one_line() {
        let statement = json!({
            "Sid": "Own",
            "Effect": "Allow",
            "Principal": { "AWS": ["arn:aws:iam::111122223333:root"] },
            "Action": ["elasticfilesystem:ClientWrite", "elasticfilesystem:ClientMount"],
            "Condition": { "Bool": { "aws:SecureTransport": true } },
        });
        assert_eq!(
            words(&statement),
            "Allow elasticfilesystem:ClientMount, elasticfilesystem:ClientWrite to AWS 111122223333 \
             where Bool aws:SecureTransport true"
        );
        let shown = words(&statement);
        assert!(same_statement(&shown.replace("Client", "client"), &shown));
        assert!(!same_statement(&shown.replace("true", "false"), &shown));
    }
}
