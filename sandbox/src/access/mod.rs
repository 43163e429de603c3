//! What callers may do, and the refusal where they may not.
//!
//! Off unless `--enforce-iam` is given: any access key is then the account's root user.
//! With it, a caller is known by the access key id: one that was configured
//! ([`crate::callers::config::Config`]), one that STS handed out, or `sandbox`, which is the root user unless
//! it is configured otherwise. Secrets and signatures are not checked.

pub(crate) mod clients;
pub(crate) mod needs;
mod refusal;
pub(crate) mod service_linked;
mod tags;

use crate::authorization::context::Context as Keys;
use crate::authorization::denial::Denial;
use crate::authorization::document::{Document, Effect, Request, Use};
use crate::authorization::evaluate::{Policy, ResourcePolicy, evaluate};
use crate::callers::{Caller, keys};
use crate::error::{AwsError, Result};
use crate::request::Incoming;
use crate::service::{Context, Service};

/// Refuses a call that the caller may not make.
///
/// Whatever else the operation needs is checked too, dependent actions after the operation's
/// own; the service-linked role that the first use of EFS makes is made here.
pub(crate) fn authorize(
    context: &mut Context<'_>,
    service: &dyn Service,
    operation: &str,
    request: &Incoming,
) -> Result<()> {
    if !context.access.enforced || !service.needs_signature(operation) {
        return Ok(());
    }
    let needed = needs::of(context, service.name(), operation, request);
    for need in &needed {
        decide(context, service.name(), need)?
            .map_err(|denial| refusal::denied(service.name(), need, &denial))?;
    }
    if needed.iter().any(|need| need.action == "iam:CreateServiceLinkedRole" && need.dependent) {
        service_linked::make(context, service_linked::EFS);
    }
    Ok(())
}

/// The decision on one need; the outer error says that a policy cannot be read.
fn decide(
    context: &Context<'_>,
    service: &str,
    need: &needs::Need,
) -> Result<Result<(), Box<Denial>>> {
    let Caller { principal, policies, keys } = &context.caller;
    let mut keys = keys_of(context, &need.resource, &keys.with(&need.keys));
    if need.is_forwarded_by(service) {
        keys::via(service, &mut keys);
    }
    let request =
        Request { principal, action: &need.action, resource: &need.resource, context: &keys };
    let policy = file_system_policy(context, &need.resource)?;
    let resource = policy.as_ref().map_or(ResourcePolicy::None, ResourcePolicy::May);
    Ok(evaluate(&request, policies, resource))
}

/// Whether the caller could make this request again, were the resource's policy this one.
///
/// Without enforcement nobody needs an `Allow`: only a `Deny` of the policy itself counts.
pub(crate) fn would_allow(
    context: &Context<'_>,
    action: &str,
    resource: &str,
    policy: &Policy,
) -> bool {
    let Caller { principal, policies, keys } = &context.caller;
    let keys = keys_of(context, resource, keys);
    let request = Request { principal, action, resource, context: &keys };
    if context.access.enforced {
        return evaluate(&request, policies, ResourcePolicy::May(policy)).is_ok();
    }
    !policy.document.matching(&request).any(|statement| statement.effect == Effect::Deny)
}

/// The condition keys of a request together with those of the resource.
fn keys_of(context: &Context<'_>, resource: &str, request: &Keys) -> Keys {
    let mut keys = request.clone();
    tags::describe(context, resource, &mut keys);
    let organization = context.access.organization_path();
    keys::of_owner(resource, &context.region.account, organization, &mut keys);
    keys
}

/// The policy of the file system that an ARN names. It says who may call EFS's API on the file
/// system, as well as who may mount it. Source: Amazon EFS User Guide, "Controlling access to
/// the EFS API".
///
/// # Errors
///
/// A policy that cannot be read is an error, never no policy: it may deny.
fn file_system_policy(context: &Context<'_>, arn: &str) -> Result<Option<Policy>> {
    let found = arn.split_once(":file-system/").and_then(|(_, id)| {
        let policy = context.region.efs.file_systems.get(id)?.policy.as_ref()?;
        Some((id, policy))
    });
    let Some((id, text)) = found else { return Ok(None) };
    let document = Document::parse(text, Use::Resource).map_err(|why| {
        let message = format!(
            "the policy of file system `{id}` cannot be evaluated: {why}: replace it by a valid one, or delete it, while IAM is not enforced"
        );
        AwsError::new(500, "InternalServerError", message)
    })?;
    Ok(Some(Policy { name: id.to_owned(), document }))
}
