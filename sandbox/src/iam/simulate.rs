//! `SimulatePrincipalPolicy` and `SimulateCustomPolicy`: decisions without a call.

use super::call::{Call, Response, no_such};
use crate::authorization::context::Context as Keys;
use crate::authorization::denial::{Denial, PolicyKind};
use crate::authorization::document::{Document, Effect, Request, Use};
use crate::authorization::evaluate::{
    Applied, Policies, Policy, ResourcePolicy, applied, evaluate,
};
use crate::callers::Caller;
use crate::error::{AwsError, Result};
use crate::query;
use crate::world::partition;
use crate::xml::Element;

pub(super) fn principal(call: &mut Call<'_, '_>) -> Response {
    let arn = call.params.required("PolicySourceArn")?;
    let context = &*call.context;
    let mut source = context
        .access
        .by_arn(arn, context.global)
        .ok_or_else(|| no_such(format!("The entity with ARN {arn} cannot be found.")))?;
    source.policies.identity.extend(given(call, "PolicyInputList", "PolicyInputList")?);
    let boundary = given(call, "PermissionsBoundaryPolicyInputList", "PermissionsBoundary")?;
    source.policies.boundary = boundary.into_iter().next().or(source.policies.boundary);
    simulate(call, &source)
}

pub(super) fn custom(call: &mut Call<'_, '_>) -> Response {
    let boundary = given(call, "PermissionsBoundaryPolicyInputList", "PermissionsBoundary")?;
    let policies = Policies {
        identity: given(call, "PolicyInputList", "PolicyInputList")?,
        boundary: boundary.into_iter().next(),
        ..Policies::default()
    };
    let name = match call.params.get("CallerArn") {
        None => "simulated",
        Some(arn) => arn.rsplit('/').next().unwrap_or(arn),
    };
    let caller = Caller::user(name, call.account(), partition(&call.context.region.name));
    simulate(call, &Caller { policies, ..caller })
}

/// The documents of a list, named as IAM names them: `PolicyInputList.1`.
fn given(call: &Call<'_, '_>, parameter: &str, name: &str) -> Result<Vec<Policy>> {
    let documents = call.params.list(parameter).into_iter().enumerate();
    documents.map(|(n, text)| parsed(text, format!("{name}.{}", n + 1), Use::Identity)).collect()
}

fn parsed(text: &str, name: String, of: Use) -> Result<Policy> {
    let document = Document::parse(text, of)
        .map_err(|message| AwsError::new(400, "InvalidInput", format!("{name}: {message}")))?;
    Ok(Policy { name, document })
}

fn simulate(call: &Call<'_, '_>, source: &Caller) -> Response {
    let actions = call.params.list("ActionNames");
    if actions.is_empty() {
        call.params.required("ActionNames")?;
    }
    let mut resources = call.params.list("ResourceArns");
    if resources.is_empty() {
        resources.push("*");
    }
    let resource = match call.params.get("ResourcePolicy") {
        None => None,
        Some(text) => Some(parsed(text, "ResourcePolicy".to_owned(), Use::Resource)?),
    };
    let resource_policy = resource.as_ref().map_or(ResourcePolicy::None, ResourcePolicy::May);
    let mut keys = Keys::default();
    source.principal.describe(&mut keys);
    for (n, key) in call.params.fields("ContextEntries", "ContextKeyName").into_iter().enumerate() {
        let values = call.params.list(&format!("ContextEntries.member.{}.ContextKeyValues", n + 1));
        keys.set_all(key, values.into_iter().map(str::to_owned));
    }
    let mut results = Vec::new();
    for action in actions {
        for resource in &resources {
            let principal = &source.principal;
            let request = Request { principal, action, resource, context: &keys };
            results.push(result(&request, &source.policies, resource_policy));
        }
    }
    let (page, tail) = call.page(results)?;
    Ok(Some([query::members("EvaluationResults", page)].into_iter().chain(tail).collect()))
}

fn result(
    request: &Request<'_>,
    policies: &Policies,
    resource: ResourcePolicy<'_>,
) -> Vec<Element> {
    let outcome = evaluate(request, policies, resource);
    let matched = applied(request, policies, resource);
    let decision = match &outcome {
        Ok(()) => "allowed",
        Err(denial) if denial.explicit => "explicitDeny",
        Err(_) => "implicitDeny",
    };
    let mut missing: Vec<&str> = policies
        .identity
        .iter()
        .chain(&policies.boundary)
        .flat_map(|policy| policy.document.condition_keys())
        .filter(|key| request.context.values(key).is_none())
        .collect();
    missing.sort_unstable();
    missing.dedup();
    let missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
    let mut members = vec![
        Element::text("EvalActionName", request.action),
        Element::text("EvalResourceName", request.resource),
        Element::text("EvalDecision", decision),
        query::members(
            "MatchedStatements",
            matched.iter().filter(|one| decides(one, &outcome)).map(statement),
        ),
        query::texts("MissingContextValues", &missing),
    ];
    if policies.boundary.is_some() {
        let allows =
            |one: &Applied| one.kind == PolicyKind::Boundary && one.effect == Effect::Allow;
        members.push(Element::new(
            "PermissionsBoundaryDecisionDetail",
            vec![Element::text("AllowedByPermissionsBoundary", matched.iter().any(allows))],
        ));
    }
    members
}

/// An explicit deny names the statements that deny, and otherwise all that apply are named.
fn decides(applied: &Applied, outcome: &Result<(), Box<Denial>>) -> bool {
    match outcome {
        Err(denial) if denial.explicit => applied.effect == Effect::Deny,
        _ => true,
    }
}

fn statement(applied: &Applied) -> Vec<Element> {
    let kind = if applied.policy.starts_with("arn:") { "IAM Policy" } else { "none" };
    vec![Element::text("SourcePolicyId", &applied.policy), Element::text("SourcePolicyType", kind)]
}
