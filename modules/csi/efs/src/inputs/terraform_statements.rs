//! Statements as Terraform writes them: those of `data "aws_iam_policy_document"` and of the input
//! `policy_statements` of the module terraform-aws-efs, as IAM writes them.
//!
//! Source: the documentation of `aws_iam_policy_document` in the provider hashicorp/aws.

use ::inputs::Problem;
use serde_json::{Map, Value, json};

/// What such a statement may have.
const NAMES: &[&str] = &[
    "sid",
    "effect",
    "actions",
    "not_actions",
    "principals",
    "not_principals",
    "resources",
    "not_resources",
    "condition",
    "conditions",
];

/// A statement as IAM writes it; one that is written so stays as it is.
pub(super) fn as_iam(name: &str, statement: Value) -> Result<Value, Problem> {
    let Value::Object(entries) = statement else { return Ok(statement) };
    let of_terraform = |key: &String| key.starts_with(|c: char| c.is_ascii_lowercase());
    if !entries.keys().any(of_terraform) {
        return Ok(Value::Object(entries));
    }
    let problem = |what: String, remedy: String| {
        Err(Problem::new(format!("statement `{}` {what}", name.escape_debug()), remedy))
    };
    if let Some(key) = entries.keys().find(|key| !NAMES.contains(&key.as_str())) {
        let what = format!("has `{}`, which is none of Terraform's names", key.escape_debug());
        let remedy = format!("write `{}`, or all names as IAM does", NAMES.join("`, `"));
        return problem(what, remedy);
    }
    let mut iam = Map::new();
    // What a module leaves out is `null`.
    for (key, value) in entries.into_iter().filter(|(_, value)| !value.is_null()) {
        let said = match key.as_str() {
            "sid" => ("Sid", Some(value)),
            "effect" => ("Effect", Some(value)),
            "actions" => ("Action", Some(value)),
            "not_actions" => ("NotAction", Some(value)),
            "resources" => ("Resource", Some(value)),
            "not_resources" => ("NotResource", Some(value)),
            "principals" => ("Principal", principals(&value)),
            "not_principals" => ("NotPrincipal", principals(&value)),
            _ => ("Condition", conditions(&value)),
        };
        let (Some(value), to) = (said.1, said.0) else {
            let (what, remedy) = if key.contains("principals") {
                ("`type` and `identifiers`", "{ type = \"AWS\", identifiers = [\"*\"] }")
            } else {
                (
                    "`test`, `variable` and `values`",
                    "{ test = \"Bool\", variable = \"aws:SecureTransport\", values = [\"false\"] }",
                )
            };
            let what = format!("has `{key}` without {what}");
            return problem(what, format!("write a list of them, such as `[{remedy}]`"));
        };
        if !is_empty(&value) {
            iam.insert(to.to_owned(), value);
        }
    }
    // As it does for Terraform.
    iam.entry("Effect").or_insert_with(|| "Allow".into());
    Ok(Value::Object(iam))
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// One value, or each of a list.
fn each(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// Principals by their type; `None` where one is not written so. The type `*` is everybody.
fn principals(all: &Value) -> Option<Value> {
    let mut by_type: Map<String, Value> = Map::new();
    for one in each(all) {
        let (of, identifiers) = (one["type"].as_str()?, one.get("identifiers")?);
        if of == "*" {
            return Some("*".into());
        }
        add(by_type.entry(of).or_insert_with(|| json!([])), identifiers);
    }
    Some(Value::Object(by_type))
}

/// Conditions by test and variable; `None` where one is not written so.
fn conditions(all: &Value) -> Option<Value> {
    let mut by_test: Map<String, Value> = Map::new();
    for one in each(all) {
        let (test, variable) = (one["test"].as_str()?, one["variable"].as_str()?);
        let of_test = by_test.entry(test).or_insert_with(|| json!({})).as_object_mut()?;
        add(of_test.entry(variable).or_insert_with(|| json!([])), one.get("values")?);
    }
    Some(Value::Object(by_test))
}

fn add(list: &mut Value, values: &Value) {
    if let Value::Array(list) = list {
        list.extend(each(values).iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_in_the_words_of_terraform_means_what_it_means_there() {
        let terraform = json!({
            "sid": "OnlyApp",
            "effect": "Deny",
            "actions": ["elasticfilesystem:ClientMount"],
            "not_actions": null,
            "principals": [
                { "type": "AWS", "identifiers": ["111122223333"] },
                { "type": "AWS", "identifiers": ["arn:aws:iam::111122223333:role/app"] },
            ],
            "conditions": [
                { "test": "Bool", "variable": "aws:SecureTransport", "values": ["false"] },
            ],
        });
        let iam = json!({
            "Sid": "OnlyApp",
            "Effect": "Deny",
            "Action": ["elasticfilesystem:ClientMount"],
            "Principal": { "AWS": ["111122223333", "arn:aws:iam::111122223333:role/app"] },
            "Condition": { "Bool": { "aws:SecureTransport": ["false"] } },
        });
        assert_eq!(as_iam("a", terraform).unwrap(), iam);
        assert_eq!(as_iam("a", iam.clone()).unwrap(), iam);
        let least = json!({ "not_actions": ["elasticfilesystem:Delete*"], "not_principals":
            { "type": "*", "identifiers": ["*"] }, "condition": [] });
        let iam = json!({
            "Effect": "Allow", "NotAction": ["elasticfilesystem:Delete*"], "NotPrincipal": "*",
        });
        assert_eq!(as_iam("a", least).unwrap(), iam);
    }

    #[test]
    fn what_is_neither_terraforms_nor_iams_is_a_mistake() {
        for (statement, what) in [
            (json!({ "actions": ["*"], "Effect": "Allow" }), "`Effect`, which is none"),
            (json!({ "action": ["*"] }), "`action`, which is none"),
            (json!({ "principals": ["*"] }), "`principals` without `type`"),
            (json!({ "conditions": [{ "test": "Bool" }] }), "`conditions` without `test`"),
        ] {
            let told = as_iam("Mine", statement).unwrap_err().message;
            assert!(told.contains(what) && told.contains("`Mine`"), "{told}");
        }
    }
}
