//! Whether a file-system policy denies calls, such as those of a destroy.

use serde_json::Value;

/// The calls that delete a file system, in their order.
const DELETING: &[&str] =
    &["elasticfilesystem:DeleteMountTarget", "elasticfilesystem:DeleteFileSystem"];

/// Whether calls are denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Denied {
    No,
    /// To some identities, or in some circumstances.
    Perhaps,
    /// To everybody.
    Always,
}

/// Whether the policy denies a call that deletes the file system, and which.
///
/// An explicit deny of a resource's policy wins over every allow
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>).
pub(crate) fn denies_deletion(policy: &str) -> (Denied, &'static str) {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else {
        return (Denied::Perhaps, DELETING[0]);
    };
    let judged = DELETING.iter().map(|call| {
        let statements = each(&policy["Statement"]);
        (statements.map(|one| statement(one, call)).max().unwrap_or(Denied::No), *call)
    });
    // Of two that are denied alike, the one that comes first.
    judged
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .unwrap_or((Denied::No, ""))
}

/// Whether the policy denies a call to everybody, whoever makes it and however.
pub(crate) fn denies_everybody(policy: &Value, call: &str) -> bool {
    each(&policy["Statement"]).any(|one| statement(one, call) == Denied::Always)
}

/// Whether a statement denies a call.
fn statement(statement: &Value, call: &str) -> Denied {
    let covers = match (&statement["Action"], &statement["NotAction"]) {
        (Value::Null, Value::Null) => true,
        (Value::Null, except) => !names(except, call),
        (actions, _) => names(actions, call),
    };
    if statement["Effect"] != "Deny" || !covers || never_applies(&statement["Condition"]) {
        return Denied::No;
    }
    let principal = &statement["Principal"];
    let everybody = |value: &Value| each(value).any(|one| one == "*");
    let conditional = statement["Condition"].as_object().is_some_and(|map| !map.is_empty());
    if !conditional && (everybody(principal) || everybody(&principal["AWS"])) {
        Denied::Always
    } else {
        Denied::Perhaps
    }
}

/// A condition that holds for requests without TLS only, as in AWS's own example that enforces
/// encryption in transit: those of a destroy have it.
fn never_applies(condition: &Value) -> bool {
    let secure = &condition["Bool"]["aws:SecureTransport"];
    condition.as_object().is_some_and(|map| map.len() == 1)
        && condition["Bool"].as_object().is_some_and(|map| map.len() == 1)
        && (*secure == "false" || *secure == false)
}

/// One value, or each of a list.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter()
}

/// Whether one of the patterns matches the call; IAM compares actions without regard to case.
fn names(patterns: &Value, call: &str) -> bool {
    let call = call.to_ascii_lowercase();
    each(patterns)
        .filter_map(Value::as_str)
        .any(|pattern| matches(pattern.to_ascii_lowercase().as_bytes(), call.as_bytes()))
}

/// Whether a pattern with `*` and `?` matches: from the last `*` on, one more character of the
/// text is left to it each time the rest does not fit.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read, mut star) = (0, 0, None);
    while let Some(found) = text.get(read) {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at + 1, read));
                at += 1;
            }
            (Some(wanted), _) if *wanted == b'?' || wanted == found => {
                at += 1;
                read += 1;
            }
            (_, Some((after, from))) => {
                star = Some((after, from + 1));
                (at, read) = (after, from + 1);
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|left| *left == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judged(statement: &Value) -> Denied {
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        denies_deletion(&policy.to_string()).0
    }

    #[test]
    fn an_unconditional_deny_to_everybody_is_certain() {
        for action in [
            "*",
            "elasticfilesystem:*",
            "elasticfilesystem:delete*",
            "elasticfilesystem:DeleteFileSystem",
        ] {
            for principal in [json!("*"), json!({ "AWS": "*" }), json!({ "AWS": ["*"] })] {
                let deny = json!({ "Effect": "Deny", "Principal": principal, "Action": [action] });
                assert_eq!(judged(&deny), Denied::Always, "{deny}");
            }
        }
        let but_reads =
            json!({ "Effect": "Deny", "Principal": "*", "NotAction": "elasticfilesystem:Client*" });
        assert_eq!(judged(&but_reads), Denied::Always);
    }

    #[test]
    fn a_deny_to_some_or_under_a_condition_is_possible() {
        let one = json!({ "AWS": "arn:aws:iam::111122223333:role/ci" });
        let condition = json!({ "StringEquals": { "aws:PrincipalTag/team": "graphs" } });
        for deny in [
            json!({ "Effect": "Deny", "Principal": one, "Action": "*" }),
            json!({ "Effect": "Deny", "NotPrincipal": one, "Action": "*" }),
            json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Condition": condition }),
        ] {
            assert_eq!(judged(&deny), Denied::Perhaps, "{deny}");
        }
        assert_eq!(denies_deletion("no JSON").0, Denied::Perhaps);
    }

    #[test]
    fn what_enforces_tls_or_is_about_clients_denies_no_deletion() {
        let no_tls = json!({ "Bool": { "aws:SecureTransport": "false" } });
        for harmless in [
            json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Condition": no_tls }),
            json!({ "Effect": "Deny", "Principal": "*", "Action": "elasticfilesystem:Client*" }),
            json!({ "Effect": "Allow", "Principal": "*", "Action": "*" }),
        ] {
            assert_eq!(judged(&harmless), Denied::No, "{harmless}");
        }
    }

    #[test]
    fn patterns_match_as_iam_matches_them() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*a*a*", "xaxaxa", true),
            ("*a*a*a*", "xaxa", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn the_first_call_that_is_denied_is_named() {
        let deny = json!({ "Effect": "Deny", "Principal": "*", "Action": "elasticfilesystem:DeleteFileSystem" });
        let policy = json!({ "Statement": deny }).to_string();
        assert_eq!(denies_deletion(&policy), (Denied::Always, DELETING[1]));
        let policy = json!({ "Statement": { "Effect": "Deny", "Principal": "*", "Action": "*" } });
        assert_eq!(denies_deletion(&policy.to_string()), (Denied::Always, DELETING[0]));
    }
}
