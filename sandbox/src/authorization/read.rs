//! Reads a policy document, with AWS's words for what is wrong with one.
//!
//! The messages are those of IAM's `MalformedPolicyDocument`, as moto's validation and its
//! tests record them from AWS (moto on PyPI, `moto/iam/policy_validation.py`).

use serde_json::{Map, Value};

use super::conditions::Condition;
use super::document::{Document, Effect, Principals, Selection, Statement, Use};
use super::principal::Grantee;
use super::version::Version;

const SYNTAX: &str = "Syntax errors in policy.";
const VERSION: &str = "Policy document must be version 2012-10-17 or greater.";
const NO_ACTIONS: &str = "Policy statement must contain actions.";
const NO_RESOURCES: &str = "Policy statement must contain resources.";
const NO_VENDOR: &str =
    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const PRINCIPAL: &str = "Policy document should not specify a principal.";
const PROHIBITED_RESOURCE: &str = "Has prohibited field Resource";
const NO_PRINCIPAL: &str = "Missing required field Principal";
const SID: &str = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*";
const SIDS: &str = "Statement IDs (SID) in a single policy must be unique.";

impl Document {
    /// Reads a document for its use; the error is the message of AWS's
    /// `MalformedPolicyDocument`.
    pub(crate) fn parse(text: &str, of: Use) -> Result<Document, String> {
        let value: Value = serde_json::from_str(text).map_err(|_| SYNTAX.to_owned())?;
        Document::from_value(&value, of)
    }

    /// The same from a value.
    pub(crate) fn from_value(value: &Value, of: Use) -> Result<Document, String> {
        document(value, of)
    }
}

fn document(value: &Value, of: Use) -> Result<Document, String> {
    let members = value.as_object().ok_or(SYNTAX)?;
    only(members, &["Version", "Id", "Statement"])?;
    let version = match members.get("Version").map(Value::as_str) {
        None | Some(Some("2008-10-17")) => Version::V2008,
        Some(Some("2012-10-17")) => Version::V2012,
        Some(Some(_)) => return Err(VERSION.to_owned()),
        Some(None) => return Err(SYNTAX.to_owned()),
    };
    let statements = match members.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
        _ => return Err(SYNTAX.to_owned()),
    };
    if statements.is_empty() {
        return Err(SYNTAX.to_owned());
    }
    let statements: Vec<Statement> =
        statements.iter().map(|value| statement(value, of)).collect::<Result<_, _>>()?;
    let mut sids: Vec<&str> =
        statements.iter().filter_map(|statement| statement.sid.as_deref()).collect();
    sids.sort_unstable();
    if sids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(SIDS.to_owned());
    }
    Ok(Document { version, statements })
}

fn statement(value: &Value, of: Use) -> Result<Statement, String> {
    let members = value.as_object().ok_or(SYNTAX)?;
    only(
        members,
        &[
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Principal",
            "NotPrincipal",
            "Condition",
        ],
    )?;
    let effect = match members.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(SYNTAX.to_owned()),
    };
    let actions = selection(members, "Action", "NotAction")?.ok_or(NO_ACTIONS)?;
    check_actions(&actions)?;
    Ok(Statement {
        sid: sid(members, of)?,
        effect,
        actions,
        resources: resources(members, of)?,
        principals: principals(members, of)?,
        conditions: conditions(members)?,
    })
}

fn sid(members: &Map<String, Value>, of: Use) -> Result<Option<String>, String> {
    let Some(sid) = members.get("Sid") else { return Ok(None) };
    let sid = sid.as_str().ok_or(SYNTAX)?;
    // Services that keep resource policies take further characters.
    let alphanumeric = sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if of == Use::Identity && !alphanumeric {
        return Err(SID.to_owned());
    }
    Ok(Some(sid.to_owned()).filter(|sid| !sid.is_empty()))
}

fn resources(members: &Map<String, Value>, of: Use) -> Result<Option<Selection>, String> {
    let found = selection(members, "Resource", "NotResource")?;
    match (of, found) {
        (Use::Trust, Some(_)) => Err(PROHIBITED_RESOURCE.to_owned()),
        // Without one, a resource's policy means the resource that it is attached to, as the
        // EFS console writes it. Source: IAM User Guide, "IAM JSON policy elements: Resource".
        (Use::Trust | Use::Resource, None) => Ok(None),
        (Use::Identity, None) => Err(NO_RESOURCES.to_owned()),
        (_, Some(found)) => {
            let (Selection::Only(texts) | Selection::Except(texts)) = &found;
            for text in texts.iter().filter(|text| *text != "*") {
                if !text.starts_with("arn:") && !text.starts_with('*') && !text.starts_with("${") {
                    return Err(format!("Resource {text} must be in ARN format or \"*\"."));
                }
            }
            Ok(Some(found))
        }
    }
}

fn principals(members: &Map<String, Value>, of: Use) -> Result<Option<Principals>, String> {
    let found = (members.get("Principal"), members.get("NotPrincipal"));
    match (of, found) {
        (Use::Identity, (None, None)) => Ok(None),
        (Use::Identity, _) => Err(PRINCIPAL.to_owned()),
        (_, (Some(value), None)) => grantees(value).map(Principals::Only).map(Some),
        (_, (None, Some(value))) => grantees(value).map(Principals::Except).map(Some),
        (_, (None, None)) => Err(NO_PRINCIPAL.to_owned()),
        (_, (Some(_), Some(_))) => Err(SYNTAX.to_owned()),
    }
}

fn grantees(value: &Value) -> Result<Vec<Grantee>, String> {
    let Value::Object(kinds) = value else {
        return match value.as_str() {
            Some("*") => Ok(vec![Grantee::Everyone]),
            _ => Err(SYNTAX.to_owned()),
        };
    };
    let mut all = Vec::new();
    for (kind, value) in kinds {
        let make: fn(&str) -> Grantee = match kind.as_str() {
            "AWS" => Grantee::aws,
            "Federated" => |name| Grantee::Federated(name.to_owned()),
            "Service" | "CanonicalUser" => |name| Grantee::Other(name.to_owned()),
            _ => return Err(SYNTAX.to_owned()),
        };
        all.extend(texts(value)?.iter().map(|text| make(text)));
    }
    if all.is_empty() { Err(SYNTAX.to_owned()) } else { Ok(all) }
}

fn conditions(members: &Map<String, Value>) -> Result<Vec<Condition>, String> {
    let mut all = Vec::new();
    let Some(value) = members.get("Condition") else { return Ok(all) };
    for (operator, keys) in value.as_object().ok_or(SYNTAX)? {
        for (key, values) in keys.as_object().ok_or(SYNTAX)? {
            if !key.contains(':') {
                return Err(NO_VENDOR.to_owned());
            }
            let condition = Condition::new(operator, key, texts(values)?);
            all.push(condition.ok_or_else(|| format!("Invalid Condition type : {operator}."))?);
        }
    }
    Ok(all)
}

fn check_actions(actions: &Selection) -> Result<(), String> {
    let (Selection::Only(texts) | Selection::Except(texts)) = actions;
    if texts.is_empty() {
        return Err(NO_ACTIONS.to_owned());
    }
    for text in texts.iter().filter(|text| *text != "*") {
        let (vendor, name) = text.split_once(':').ok_or(NO_VENDOR)?;
        let plain = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if vendor.is_empty() || !plain(vendor) {
            return Err(format!("Vendor {vendor} is not valid"));
        }
        if name.is_empty() || name.contains(':') {
            return Err("Actions/Condition can contain only one colon.".to_owned());
        }
    }
    Ok(())
}

fn selection(
    members: &Map<String, Value>,
    only: &str,
    except: &str,
) -> Result<Option<Selection>, String> {
    match (members.get(only), members.get(except)) {
        (None, None) => Ok(None),
        (Some(value), None) => texts(value).map(Selection::Only).map(Some),
        (None, Some(value)) => texts(value).map(Selection::Except).map(Some),
        (Some(_), Some(_)) => Err(SYNTAX.to_owned()),
    }
}

/// A text or a list of texts; numbers and booleans count as their text.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(value) => Ok(value.to_string()),
        _ => Err(SYNTAX.to_owned()),
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}

fn only(members: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    if members.keys().all(|key| known.contains(&key.as_str())) {
        Ok(())
    } else {
        Err(SYNTAX.to_owned())
    }
}
