//! What AWS documents about the evaluation of policies, as examples.

use serde_json::{Value, json};

use super::context::Context;
use super::denial::{Denial, PolicyKind, decode};
use super::document::{Document, Request, Use};
use super::evaluate::{Policies, Policy, ResourcePolicy, evaluate};
use super::managed;
use super::principal::{Kind, Principal};

pub(super) const ACCOUNT: &str = "111122223333";
const FILE_SYSTEM: &str =
    "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-0123456789abcdef0";

pub(super) fn user(name: &str) -> Principal {
    Principal {
        kind: Kind::User { name: name.to_owned() },
        account: ACCOUNT.to_owned(),
        arn: format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        id: "AIDAEXAMPLE".to_owned(),
        tags: [("team".to_owned(), "graphs".to_owned())].into(),
    }
}

fn session(role: &str) -> Principal {
    Principal {
        kind: Kind::Session {
            role_arn: format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
            service_linked: false,
        },
        arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s1"),
        ..user("nobody")
    }
}

pub(super) fn policy(statements: Value, of: Use) -> Policy {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let document = Document::from_value(&document, of).unwrap();
    Policy { name: "test".to_owned(), document }
}

pub(super) fn identity(statements: Value) -> Policy {
    policy(statements, Use::Identity)
}

fn allow(action: &str) -> Policy {
    identity(json!({ "Effect": "Allow", "Action": action, "Resource": "*" }))
}

fn deny(action: &str) -> Policy {
    identity(json!({ "Effect": "Deny", "Action": action, "Resource": "*" }))
}

pub(super) fn holds(policies: Vec<Policy>) -> Policies {
    Policies { identity: policies, ..Policies::default() }
}

fn describe(
    principal: &Principal,
    policies: &Policies,
    resource: ResourcePolicy<'_>,
) -> Result<(), Box<Denial>> {
    let mut context = Context::default();
    principal.describe(&mut context);
    let action = "elasticfilesystem:DescribeMountTargets";
    let request = Request { principal, action, resource: FILE_SYSTEM, context: &context };
    evaluate(&request, policies, resource)
}

/// Policies that deny, each by another kind, and AWS's words for it.
fn denials<'a>(
    ok: &Policies,
    file_system: &'a Policy,
) -> [(Policies, ResourcePolicy<'a>, &'static str); 9] {
    let all = || vec![allow("*")];
    let none = ResourcePolicy::None;
    [
        (holds(vec![]), none, "because no identity-based policy allows the"),
        (
            holds(vec![allow("*"), deny("*")]),
            none,
            "with an explicit deny in an identity-based policy",
        ),
        (
            Policies { service_control: vec![all(), vec![allow("ec2:*")]], ..ok.clone() },
            none,
            "because no service control policy allows the",
        ),
        (
            Policies { service_control: vec![vec![allow("*"), deny("*")]], ..ok.clone() },
            none,
            "with an explicit deny in a service control policy",
        ),
        (
            Policies { boundary: Some(allow("ec2:*")), ..ok.clone() },
            none,
            "because no permissions boundary allows the",
        ),
        (
            Policies { boundary: Some(deny("*")), ..ok.clone() },
            none,
            "with an explicit deny in a permissions boundary",
        ),
        (
            Policies { session: Some(vec![]), ..ok.clone() },
            none,
            "because no session policy allows the",
        ),
        (
            Policies { session: Some(vec![allow("*"), deny("*")]), ..ok.clone() },
            none,
            "with an explicit deny in a session policy",
        ),
        (
            ok.clone(),
            ResourcePolicy::May(file_system),
            "with an explicit deny in a resource-based policy",
        ),
    ]
}

#[test]
fn each_kind_of_policy_denies_in_aws_words() {
    let all = || vec![allow("*")];
    let ok = Policies { identity: all(), service_control: vec![all()], ..Policies::default() };
    let ci = user("ci");
    assert_eq!(describe(&ci, &ok, ResourcePolicy::None), Ok(()));

    let file_system = policy(
        json!({ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" }),
        Use::Resource,
    );
    for (policies, resource, words) in denials(&ok, &file_system) {
        let denial = describe(&ci, &policies, resource).unwrap_err();
        let action = "elasticfilesystem:DescribeMountTargets";
        let words =
            if denial.explicit { words.to_owned() } else { format!("{words} {action} action") };
        assert_eq!(
            denial.message(),
            format!(
                "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: {action} on resource: {FILE_SYSTEM} {words}"
            )
        );
    }
}

#[test]
fn in_one_account_the_policy_of_the_resource_allows_as_much_as_an_identity_policy() {
    let granting = |principal: Value| {
        policy(
            json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "elasticfilesystem:*", "Resource": "*" }),
            Use::Resource,
        )
    };
    let nothing = Policies::default();
    let to = |who: &Principal, principal: Value, policies: &Policies| {
        let policy = granting(principal);
        describe(who, policies, ResourcePolicy::May(&policy)).map_err(|denial| denial.kind)
    };
    let ci = user("ci");
    assert_eq!(to(&ci, json!(ci.arn), &nothing), Ok(()));
    assert_eq!(to(&ci, json!("*"), &nothing), Ok(()));
    assert_eq!(to(&user("other"), json!(ci.arn), &nothing), Err(PolicyKind::Identity));
    // The account hands the decision to its own identity policies.
    assert_eq!(to(&ci, json!(ACCOUNT), &nothing), Err(PolicyKind::Identity));
    assert_eq!(
        to(&ci, json!("arn:aws:iam::111122223333:root"), &nothing),
        Err(PolicyKind::Identity)
    );
    assert_eq!(to(&ci, json!(ACCOUNT), &holds(vec![allow("*")])), Ok(()));

    // A boundary limits what is granted to a role, and not what is granted to its session.
    let bounded = Policies { boundary: Some(allow("ec2:*")), ..Policies::default() };
    let driver = session("driver");
    let role = "arn:aws:iam::111122223333:role/driver";
    assert_eq!(to(&driver, json!(role), &nothing), Ok(()));
    assert_eq!(to(&driver, json!(role), &bounded), Err(PolicyKind::Boundary));
    assert_eq!(to(&driver, json!(driver.arn), &bounded), Ok(()));
    assert_eq!(to(&ci, json!(ci.arn), &bounded), Ok(()));
}

#[test]
fn another_account_needs_both_policies() {
    let guest = Principal {
        account: "444455556666".to_owned(),
        arn: "arn:aws:iam::444455556666:user/guest".to_owned(),
        ..user("guest")
    };
    let open = policy(
        json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }),
        Use::Resource,
    );
    let kind = |policies: &Policies, resource| {
        describe(&guest, policies, resource).map_err(|denial| denial.kind)
    };
    let allowed = holds(vec![allow("*")]);
    assert_eq!(kind(&allowed, ResourcePolicy::None), Err(PolicyKind::Resource));
    assert_eq!(kind(&Policies::default(), ResourcePolicy::May(&open)), Err(PolicyKind::Identity));
    assert_eq!(kind(&allowed, ResourcePolicy::May(&open)), Ok(()));
}

#[test]
fn the_root_user_needs_no_policy_and_obeys_those_that_deny() {
    let root =
        Principal { kind: Kind::Root, arn: format!("arn:aws:iam::{ACCOUNT}:root"), ..user("root") };
    assert_eq!(describe(&root, &Policies::default(), ResourcePolicy::None), Ok(()));
    let organization =
        Policies { service_control: vec![vec![allow("*"), deny("*")]], ..Policies::default() };
    let denial = describe(&root, &organization, ResourcePolicy::None).unwrap_err();
    assert_eq!((denial.kind, denial.explicit), (PolicyKind::ServiceControl, true));
}

#[test]
fn not_action_not_resource_and_not_principal_select_all_else() {
    let ci = user("ci");
    let but_iam = identity(json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" }));
    assert_eq!(describe(&ci, &holds(vec![but_iam]), ResourcePolicy::None), Ok(()));
    let but_this =
        identity(json!({ "Effect": "Allow", "Action": "*", "NotResource": FILE_SYSTEM }));
    assert!(describe(&ci, &holds(vec![but_this]), ResourcePolicy::None).is_err());
    let but_ci = policy(
        json!({ "Effect": "Deny", "NotPrincipal": { "AWS": ci.arn }, "Action": "*", "Resource": "*" }),
        Use::Resource,
    );
    let all = holds(vec![allow("*")]);
    assert_eq!(describe(&ci, &all, ResourcePolicy::May(&but_ci)), Ok(()));
    assert!(describe(&user("other"), &all, ResourcePolicy::May(&but_ci)).is_err());
}

#[test]
fn every_managed_policy_is_a_policy() {
    assert!(managed::all().len() > 15);
    for policy in managed::all() {
        let parsed = Document::from_value(&policy.document("aws"), Use::Identity);
        assert!(parsed.is_ok(), "{}: {parsed:?}", policy.name);
        for partition in ["aws", "aws-cn"] {
            assert_eq!(managed::by_arn(&policy.arn(partition)).unwrap().name, policy.name);
        }
        let in_china = policy.document("aws-cn").to_string();
        assert!(!in_china.contains("arn:aws:"), "{}: {in_china}", policy.name);
    }
    assert!(managed::by_arn("arn:aws:iam::aws:policy/AmazonEFSCSIDriverPolicy").is_none());
    assert!(
        managed::by_arn("arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy").is_some()
    );
}

#[test]
fn ec2_encodes_what_a_denied_change_was_and_sts_decodes_it() {
    let ci = user("ci");
    let context = Context::default();
    let denied = |action| {
        let request = Request { principal: &ci, action, resource: "*", context: &context };
        evaluate(&request, &Policies::default(), ResourcePolicy::None).unwrap_err()
    };
    let listing = denied("ec2:DescribeSubnets").ec2_message();
    assert_eq!(
        listing,
        "You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/ci is not authorized to perform: ec2:DescribeSubnets because no identity-based policy allows the ec2:DescribeSubnets action"
    );
    let change = denied("ec2:CreateVpc").ec2_message();
    let (_, encoded) = change.split_once("Encoded authorization failure message: ").unwrap();
    let decoded: Value = serde_json::from_str(&decode(encoded).unwrap()).unwrap();
    assert_eq!(decoded["explicitDeny"], false);
    assert_eq!(decoded["context"]["action"], "ec2:CreateVpc");
    assert_eq!(decode("something else"), None);
}
