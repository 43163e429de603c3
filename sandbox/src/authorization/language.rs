//! What AWS documents about the policy language: operators, keys, variables, mistakes.

use serde_json::{Value, json};

use super::context::Context;
use super::document::{Document, Request, Use};
use super::evaluate::{ResourcePolicy, evaluate};
use super::tests::{holds, identity, user};

/// Whether a single condition lets a call through.
fn condition(condition: Value, keys: &[(&str, &[&str])]) -> bool {
    let mut context = Context::default();
    for (key, values) in keys {
        context.set_all(key, values.iter().map(|value| (*value).to_owned()));
    }
    let statement =
        json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
    let principal = user("ci");
    let request = Request {
        principal: &principal,
        action: "ec2:CreateTags",
        resource: "*",
        context: &context,
    };
    evaluate(&request, &holds(vec![identity(statement)]), ResourcePolicy::None).is_ok()
}

#[test]
fn operators_compare_as_documented() {
    let text = |operator: &str, wanted: &str, value: &str| {
        condition(json!({ operator: { "aws:k": wanted } }), &[("aws:k", &[value])])
    };
    for (operator, wanted, value, expected) in [
        ("StringEquals", "a*", "a*", true),
        ("StringEquals", "a*", "ab", false),
        ("StringNotEquals", "a", "b", true),
        ("StringEqualsIgnoreCase", "AB", "ab", true),
        ("StringLike", "a?c*", "abcdef", true),
        ("StringLike", "a?c", "ac", false),
        ("StringNotLike", "a*", "abc", false),
        ("NumericLessThan", "10", "9.5", true),
        ("NumericGreaterThanEquals", "10", "10", true),
        ("NumericNotEquals", "10", "10.0", false),
        ("NumericEquals", "10", "ten", false),
        ("DateLessThan", "2026-01-02T00:00:00Z", "2026-01-01T23:59:59Z", true),
        ("DateGreaterThan", "1767225600", "2026-01-01T00:00:01Z", true),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", true),
        ("Bool", "true", "TRUE", true),
        ("Bool", "false", "true", false),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", true),
        ("IpAddress", "10.0.0.0/16", "10.0.7.7", true),
        ("IpAddress", "10.0.0.1", "10.0.0.2", false),
        ("NotIpAddress", "2001:db8::/32", "2001:db8::1", false),
        (
            "ArnEquals",
            "arn:aws:iam::*:role/driver-*",
            "arn:aws:iam::111122223333:role/driver-1",
            true,
        ),
        ("ArnLike", "arn:aws:*:role/x", "arn:aws:iam::111122223333:role/x", false),
        ("ArnNotLike", "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:user/x", true),
    ] {
        assert_eq!(text(operator, wanted, value), expected, "{operator} {wanted} {value}");
    }
}

#[test]
fn an_absent_key_fails_unless_the_operator_is_negated_or_optional() {
    let absent = |operator: &str| condition(json!({ operator: { "aws:k": "x" } }), &[]);
    for (operator, expected) in [
        ("StringEquals", false),
        ("StringNotEquals", true),
        ("StringEqualsIfExists", true),
        ("ArnNotLike", true),
        ("Bool", false),
        ("BoolIfExists", true),
        ("ForAllValues:StringEquals", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringNotEquals", false),
        ("ForAnyValue:StringEqualsIfExists", true),
    ] {
        assert_eq!(absent(operator), expected, "{operator}");
    }
    assert!(condition(json!({ "Null": { "aws:k": "true" } }), &[]));
    assert!(!condition(json!({ "Null": { "aws:k": "false" } }), &[]));
    assert!(condition(json!({ "Null": { "aws:k": false } }), &[("AWS:K", &["here"])]));
}

#[test]
fn set_qualifiers_look_at_every_value() {
    let keys = |operator: &str, values: &[&str]| {
        condition(json!({ operator: { "aws:TagKeys": ["a", "b"] } }), &[("aws:tagkeys", values)])
    };
    assert!(keys("ForAllValues:StringEquals", &["a", "b"]));
    assert!(!keys("ForAllValues:StringEquals", &["a", "c"]));
    assert!(keys("ForAnyValue:StringEquals", &["a", "c"]));
    assert!(!keys("ForAnyValue:StringEquals", &["c", "d"]));
    assert!(keys("ForAnyValue:StringNotEquals", &["a", "c"]));
    assert!(!keys("ForAllValues:StringNotEquals", &["a", "c"]));
    assert!(keys("ForAllValues:StringNotEquals", &["c", "d"]));
    // Keys are joined by AND, and so are operators.
    let both =
        json!({ "StringEquals": { "aws:a": "1", "aws:b": "2" }, "Bool": { "aws:c": "true" } });
    let with =
        |c: &str| condition(both.clone(), &[("aws:a", &["1"]), ("aws:b", &["2"]), ("aws:c", &[c])]);
    assert!(with("true") && !with("false"));
}

#[test]
fn policy_variables_are_literal_and_match_nothing_when_unknown() {
    let matches = |resource: &str, team: Option<&str>, asked: &str| {
        let mut ci = user("ci");
        ci.tags = team.map(|team| ("team".to_owned(), team.to_owned())).into_iter().collect();
        let mut context = Context::default();
        ci.describe(&mut context);
        let statement = json!({ "Effect": "Allow", "Action": "iam:GetRole", "Resource": resource });
        let request =
            Request { principal: &ci, action: "IAM:getrole", resource: asked, context: &context };
        evaluate(&request, &holds(vec![identity(statement)]), ResourcePolicy::None).is_ok()
    };
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let own = role("${aws:PrincipalTag/team}-*");
    assert!(matches(&own, Some("graphs"), &role("graphs-1")));
    assert!(!matches(&own, Some("*"), &role("graphs-1")), "a tag is no wildcard");
    assert!(!matches(&own, None, &role("-1")), "an unknown variable is not empty");
    assert!(matches(&role("${aws:PrincipalTag/team, 'all'}-*"), None, &role("all-1")));
    assert!(matches(&role("a${*}"), None, &role("a*")));
    assert!(!matches(&role("a${*}"), None, &role("ab")));
}

#[test]
fn malformed_documents_are_refused_with_iams_messages() {
    let message = |statement: Value, of: Use| {
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        Document::from_value(&document, of).unwrap_err()
    };
    let plain = |more: Value| {
        let mut statement = json!({ "Effect": "Allow", "Action": "iam:GetRole", "Resource": "*" });
        for (key, value) in more.as_object().unwrap() {
            statement[key] = value.clone();
        }
        statement
    };
    let of = Use::Identity;
    assert_eq!(
        message(plain(json!({ "Principal": "*" })), of),
        "Policy document should not specify a principal."
    );
    assert_eq!(
        message(plain(json!({ "Action": "GetRole" })), of),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    );
    assert_eq!(
        message(json!({ "Effect": "Allow", "Action": "iam:*" }), of),
        "Policy statement must contain resources."
    );
    assert_eq!(
        message(json!({ "Effect": "Allow", "Resource": "*" }), of),
        "Policy statement must contain actions."
    );
    assert_eq!(message(plain(json!({ "Effect": "allow" })), of), "Syntax errors in policy.");
    assert_eq!(
        message(plain(json!({ "Condition": { "Foo": { "aws:k": "v" } } })), of),
        "Invalid Condition type : Foo."
    );
    assert_eq!(
        message(plain(json!({ "Principal": "*" })), Use::Trust),
        "Has prohibited field Resource"
    );
    let old = json!({ "Version": "2012-10-18", "Statement": [] });
    assert_eq!(
        Document::from_value(&old, of).unwrap_err(),
        "Policy document must be version 2012-10-17 or greater."
    );
    assert_eq!(Document::parse("{", of).unwrap_err(), "Syntax errors in policy.");
}
