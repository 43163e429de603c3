//! Laws that hold for all policies, and a second opinion on single documents.

use iam_rs::{Arn, Decision, IAMPolicy, IAMRequest, PrincipalId, evaluate_policy};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::context::Context;
use super::document::{Document, Effect, Request, Use};
use super::evaluate::{Policies, Policy, ResourcePolicy, applied, evaluate};
use super::principal::Principal;
use super::tests::{policy, user};

const ACTIONS: &[&str] = &["ec2:CreateTags", "ec2:DescribeVpcs", "iam:GetRole"];
const RESOURCES: &[&str] = &[
    "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1",
    "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1",
    "arn:aws:iam::111122223333:role/driver",
];

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn conditions() -> impl Strategy<Value = Value> {
    let operators = one_of(&[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIfExists",
        "StringEqualsIgnoreCase",
    ]);
    let single = (operators, one_of(&["a", "b", "a*", "?"]))
        .prop_map(|(operator, value)| json!({ operator: { "aws:k": value } }));
    prop_oneof![2 => Just(json!({})), 1 => single]
}

fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let action = one_of(&["*", "ec2:*", "ec2:Create*", "EC2:describevpcs", "iam:Get????"]);
    let resource = one_of(&[
        "*",
        "arn:aws:ec2:*:*:vpc/*",
        "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-?",
        "arn:aws:iam::111122223333:role/driver",
    ]);
    let members = (any::<bool>(), any::<bool>());
    (effect, action, resource, members, conditions()).prop_map(
        |(effect, action, resource, (not_action, not_resource), condition)| {
            let action_member = if not_action { "NotAction" } else { "Action" };
            let resource_member = if not_resource { "NotResource" } else { "Resource" };
            json!({ "Effect": effect, action_member: action, resource_member: resource, "Condition": condition })
        },
    )
}

fn documents() -> impl Strategy<Value = Vec<Policy>> {
    let one = prop::collection::vec(statement(), 1..4)
        .prop_map(|statements| policy(Value::Array(statements), Use::Identity));
    prop::collection::vec(one, 0..3)
}

fn policies() -> impl Strategy<Value = Policies> {
    let level = documents();
    (documents(), prop::option::of(documents()), documents(), prop::option::of(level)).prop_map(
        |(identity, session, boundary, level)| Policies {
            identity,
            boundary: boundary.into_iter().next(),
            session,
            service_control: level.into_iter().collect(),
        },
    )
}

/// An action, a resource, and the value of `aws:k`, where there is one.
fn calls() -> impl Strategy<Value = (String, String, Option<String>)> {
    (one_of(ACTIONS), one_of(RESOURCES), prop::option::of(one_of(&["a", "B", "abc"])))
}

fn check<T>(call: &(String, String, Option<String>), use_it: impl FnOnce(&Request<'_>) -> T) -> T {
    let principal: Principal = user("ci");
    let mut context = Context::default();
    if let Some(value) = &call.2 {
        context.set("aws:k", value);
    }
    let request =
        Request { principal: &principal, action: &call.0, resource: &call.1, context: &context };
    use_it(&request)
}

proptest! {
    /// Whatever allows: one deny that applies is a denial, and an explicit one.
    #[test]
    fn an_explicit_deny_wins(policies in policies(), call in calls()) {
        check(&call, |request| {
            let applied = applied(request, &policies, ResourcePolicy::None);
            let denied = applied.iter().any(|applied| applied.effect == Effect::Deny);
            let explicit = evaluate(request, &policies, ResourcePolicy::None)
                .is_err_and(|denial| denial.explicit);
            prop_assert_eq!(denied, explicit);
            Ok(())
        })?;
    }

    /// A further statement that allows, in whatever policy, takes no access away.
    #[test]
    fn adding_an_allow_never_removes_access(
        policies in policies(),
        call in calls(),
        mut more in statement(),
    ) {
        more["Effect"] = json!("Allow");
        let more = policy(more, Use::Identity);
        check(&call, |request| {
            if evaluate(request, &policies, ResourcePolicy::None).is_err() {
                return Ok(());
            }
            let mut wider = policies.clone();
            wider.identity.push(more.clone());
            if let Some(session) = &mut wider.session {
                session.push(more.clone());
            }
            for level in &mut wider.service_control {
                level.push(more.clone());
            }
            prop_assert_eq!(evaluate(request, &wider, ResourcePolicy::None), Ok(()));
            Ok(())
        })?;
    }

    /// A boundary, a session policy or a further level only ever narrow.
    #[test]
    fn limits_never_add_access(policies in policies(), call in calls(), limits in documents()) {
        check(&call, |request| {
            let mut narrower = policies.clone();
            narrower.service_control.push(limits.clone());
            let wide = evaluate(request, &policies, ResourcePolicy::None).is_ok();
            let narrow = evaluate(request, &narrower, ResourcePolicy::None).is_ok();
            prop_assert!(wide || !narrow);
            let unlimited = Policies { boundary: None, session: None, ..policies.clone() };
            prop_assert!(evaluate(request, &unlimited, ResourcePolicy::None).is_ok() || !wide);
            Ok(())
        })?;
    }

    /// What is allowed is allowed by an identity policy; the order of policies is nothing.
    #[test]
    fn access_needs_an_allow_and_no_order(policies in policies(), call in calls()) {
        check(&call, |request| {
            let decision = evaluate(request, &policies, ResourcePolicy::None);
            let mut turned = policies.clone();
            turned.identity.reverse();
            prop_assert_eq!(&decision, &evaluate(request, &turned, ResourcePolicy::None));
            let none = Policies { identity: Vec::new(), ..policies.clone() };
            prop_assert!(evaluate(request, &none, ResourcePolicy::None).is_err());
            Ok(())
        })?;
    }

    /// `iam-rs` decides a single document alike, on the part of the language that it has.
    #[test]
    fn iam_rs_agrees(statements in prop::collection::vec(statement(), 1..4), call in calls()) {
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        let ours = Policy {
            name: "one".to_owned(),
            document: Document::from_value(&document, Use::Identity).unwrap(),
        };
        let theirs: IAMPolicy = serde_json::from_value(document).unwrap();
        let user = "arn:aws:iam::111122223333:user/ci".to_owned();
        let mut request = IAMRequest::new(
            iam_rs::Principal::Aws(PrincipalId::String(user)),
            call.0.clone(),
            Arn::parse(&call.1).unwrap(),
        );
        if let Some(value) = &call.2 {
            let value = iam_rs::ContextValue::String(value.clone());
            request.context.insert("aws:k".to_owned(), value);
        }
        let theirs = evaluate_policy(&theirs, &request).unwrap();
        let policies = Policies { identity: vec![ours], ..Policies::default() };
        let ours = check(&call, |request| {
            match evaluate(request, &policies, ResourcePolicy::None) {
                Ok(()) => Decision::Allow,
                Err(denial) if denial.explicit => Decision::Deny,
                Err(_) => Decision::NotApplicable,
            }
        });
        prop_assert_eq!(ours, theirs);
    }
}
