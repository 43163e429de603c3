//! The inputs of the file-system policy: switches, statements and documents become one policy.

use std::collections::BTreeMap;

use ::inputs::{Problem, Reader};
use serde_json::{Value, json};

use super::terraform_statements::as_iam;
use crate::resources::file_system::{OUR_ID, Policy, statements};

/// The whole policy, in place of what the switches make.
const WHOLE: &str = "file_system_policy";
const STATEMENTS: &str = "policy_statements";
const SOURCES: &str = "source_policy_documents";
const OVERRIDES: &str = "override_policy_documents";
const BYPASS: &str = "bypass_policy_lockout_safety_check";

/// The switches, which make statements of their own.
const SWITCHES: &[&str] = &["enforce_tls", "root_squash", "allow_anonymous"];

/// All of these inputs.
pub(super) const NAMES: &[&str] = &[
    WHOLE,
    "enforce_tls",
    "root_squash",
    "allow_anonymous",
    STATEMENTS,
    SOURCES,
    OVERRIDES,
    BYPASS,
];

/// The most characters that EFS takes (`PutFileSystemPolicy`, `Policy`).
const LONGEST: usize = 20_000;

/// The policy that the inputs ask for; none where they ask for none.
pub(super) fn policy(reader: &mut Reader) -> Option<Policy> {
    let enforce_tls = reader.boolean("enforce_tls") != Some(false);
    let root_squash = reader.boolean("root_squash") == Some(true);
    let anonymous = reader.boolean("allow_anonymous") != Some(false);
    let bypass_lockout_check = reader.boolean(BYPASS) == Some(true);
    let whole = whole(reader);
    let (own, extra) = (whole.is_none(), extra_statements(reader));
    let switched = own && (enforce_tls || root_squash || !anonymous);
    let (mut document, mut all) = match whole {
        Some(document) => {
            let all = statements(&document).cloned().collect();
            (document, all)
        }
        None => (json!({}), Vec::new()),
    };
    let given = !extra.added.is_empty() || !extra.over.is_empty();
    if own && (switched || given) {
        all.extend(enforce_tls.then(without_tls));
        all.push(clients(anonymous, root_squash));
    }
    all.extend(extra.added);
    for statement in extra.over {
        let sid = statement["Sid"].clone();
        match all.iter_mut().find(|known| !sid.is_null() && known["Sid"] == sid) {
            Some(known) => *known = statement,
            None => all.push(statement),
        }
    }
    repeated(reader, &all);
    if all.is_empty() {
        return None;
    }
    let entries = document.as_object_mut()?;
    entries.entry("Version").or_insert_with(|| "2012-10-17".into());
    entries.entry("Id").or_insert_with(|| OUR_ID.into());
    entries.insert("Statement".to_owned(), all.into());
    let length = document.to_string().chars().count();
    if length > LONGEST {
        let name = if own { STATEMENTS } else { WHOLE };
        reader.mistake(
            name,
            Problem::new(
                format!("the policy has {length} characters, and EFS takes {LONGEST}"),
                "leave statements out, or write wildcards in place of lists",
            ),
        );
    }
    let by_default = !NAMES.iter().any(|name| reader.is_given(name));
    Some(Policy { document, bypass_lockout_check, by_default })
}

/// The policy that the switches make, where one of them is on.
pub(crate) fn switched(enforce_tls: bool, root_squash: bool, anonymous: bool) -> Policy {
    let mut all: Vec<Value> = enforce_tls.then(without_tls).into_iter().collect();
    all.push(clients(anonymous, root_squash));
    let document = json!({ "Version": "2012-10-17", "Id": OUR_ID, "Statement": all });
    Policy { document, bypass_lockout_check: false, by_default: false }
}

/// Denies every request without TLS. By itself it would break all mounts: a policy takes the
/// place of the default one, which lets everybody mount (EFS User Guide, "Using IAM to control
/// file system data access").
fn without_tls() -> Value {
    json!({
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": { "AWS": "*" },
        "Action": "*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })
}

/// What clients may do that reach the file system through a mount target. Who is allowed
/// `ClientMount` by a policy of an own may mount too; without it here, nobody else
/// (EFS User Guide, "Working with file system policies", on the options of the console).
fn clients(anonymous: bool, root_squash: bool) -> Value {
    let actions = [
        anonymous.then_some("elasticfilesystem:ClientMount"),
        Some("elasticfilesystem:ClientWrite"),
        (!root_squash).then_some("elasticfilesystem:ClientRootAccess"),
    ];
    json!({
        "Sid": "AllowThroughMountTargets",
        "Effect": "Allow",
        "Principal": { "AWS": "*" },
        "Action": actions.into_iter().flatten().collect::<Vec<_>>(),
        "Condition": { "Bool": { "elasticfilesystem:AccessedViaMountTarget": "true" } },
    })
}

/// The whole policy, where one is given: the switches would change it behind its back.
fn whole(reader: &mut Reader) -> Option<Value> {
    if !reader.is_given(WHOLE) {
        return None;
    }
    let document = Value::Object(reader.values(WHOLE)?);
    for switch in SWITCHES.iter().filter(|switch| reader.is_given(switch)).collect::<Vec<_>>() {
        reader.mistake(
            switch,
            Problem::new(
                format!("`{switch}` is given, and `{WHOLE}` is the whole policy"),
                format!("write it as a statement of `{WHOLE}`, or leave that out"),
            ),
        );
    }
    if statements(&document).next().is_none() {
        let problem = Problem::new(
            "the policy has no `Statement`",
            "give the policy as IAM writes it: a map with `Version` and `Statement`",
        );
        reader.mistake(WHOLE, problem);
        return None;
    }
    for statement in statements(&document) {
        reader.check(WHOLE, check(statement));
    }
    Some(document)
}

/// The statements beside those of the switches.
#[derive(Default)]
struct Extra {
    added: Vec<Value>,
    /// Those that take the place of others with their `Sid`.
    over: Vec<Value>,
}

fn extra_statements(reader: &mut Reader) -> Extra {
    let mut extra = Extra::default();
    if reader.is_given(STATEMENTS) {
        for (sid, statement) in reader.values(STATEMENTS).unwrap_or_default() {
            let Some(mut statement) = reader.check(STATEMENTS, as_iam(&sid, statement)) else {
                continue;
            };
            if let Some(entries) = statement.as_object_mut() {
                entries.entry("Sid").or_insert_with(|| sid.into());
            }
            reader.check(STATEMENTS, check(&statement));
            extra.added.push(statement);
        }
    }
    extra.added.extend(documents(reader, SOURCES));
    extra.over = documents(reader, OVERRIDES);
    extra
}

/// The statements of documents that are given as JSON.
fn documents(reader: &mut Reader, name: &'static str) -> Vec<Value> {
    if !reader.is_given(name) {
        return Vec::new();
    }
    let read = reader.strings(name, |text| {
        let document: Value = serde_json::from_str(text).map_err(|error| {
            Problem::new(
                format!("an element is no JSON: {error}"),
                "give policies as JSON, such as by `jsonencode` or `file`",
            )
        })?;
        let all: Vec<Value> = statements(&document).cloned().collect();
        if all.is_empty() {
            let remedy = "give policies as IAM writes them: with `Version` and `Statement`";
            return Err(Problem::new("an element has no `Statement`", remedy));
        }
        all.iter().try_for_each(check)?;
        Ok(all)
    });
    read.unwrap_or_default().into_iter().flatten().collect()
}

/// What EFS demands of a statement, so far as it shows without AWS: `InvalidPolicyException`
/// otherwise (`PutFileSystemPolicy`; IAM User Guide, "IAM JSON policy elements: Sid").
fn check(statement: &Value) -> Result<(), Problem> {
    let sid = statement["Sid"].as_str().unwrap_or_default();
    let name = if sid.is_empty() { "a statement".to_owned() } else { format!("statement `{sid}`") };
    let name = name.escape_debug();
    let has =
        |one: &str, other: &str| statement.get(one).is_some() || statement.get(other).is_some();
    let (problem, remedy) = if !statement.is_object() {
        (format!("{name} is no map"), "write `Effect`, `Principal` and `Action`".to_owned())
    } else if !sid.bytes().all(|c| c.is_ascii_alphanumeric()) {
        (format!("{name} has a name that IAM does not take"), "use letters and digits".to_owned())
    } else if !["Allow", "Deny"].iter().any(|effect| statement["Effect"] == *effect) {
        (format!("{name} neither allows nor denies"), "write `Effect` as `Allow` or `Deny`".into())
    } else if !has("Principal", "NotPrincipal") {
        let remedy =
            "write `Principal`, such as `{ AWS = \"*\" }`: a policy of a resource says whom";
        (format!("{name} names nobody"), remedy.to_owned())
    } else if !has("Action", "NotAction") {
        (format!("{name} has no `Action`"), "write it, such as `elasticfilesystem:Client*`".into())
    } else if let Some(foreign) = foreign_action(statement) {
        (
            format!("{name} has the action `{}`", foreign.escape_debug()),
            "write actions of `elasticfilesystem`: EFS takes no others here".to_owned(),
        )
    } else {
        return Ok(());
    };
    Err(Problem::new(problem, remedy))
}

/// An action of another service.
fn foreign_action(statement: &Value) -> Option<&str> {
    let actions = [&statement["Action"], &statement["NotAction"]].into_iter().flat_map(each);
    actions.filter_map(Value::as_str).find(|action| {
        *action != "*" && !action.to_ascii_lowercase().starts_with("elasticfilesystem:")
    })
}

/// One value, or each of a list.
fn each(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// Two statements of one name, which IAM refuses: "Sid … must be unique within a JSON policy".
fn repeated(reader: &mut Reader, all: &[Value]) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for sid in all.iter().filter_map(|statement| statement["Sid"].as_str()) {
        *counts.entry(sid).or_default() += 1;
    }
    let name = [SOURCES, STATEMENTS, WHOLE].into_iter().find(|name| reader.is_given(name));
    for (sid, _) in counts.into_iter().filter(|(sid, count)| *count > 1 && !sid.is_empty()) {
        reader.mistake(
            name.unwrap_or(STATEMENTS),
            Problem::new(
                format!("several statements have the `Sid` `{}`", sid.escape_debug()),
                format!("give each a name of its own, or override it by `{OVERRIDES}`"),
            ),
        );
    }
}
