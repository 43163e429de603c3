//! Who calls, what they may do, and the refusal where they may not.
//!
//! Off unless `--enforce-iam` is given: any access key is then the account's root user.
//! With it, a caller is known by the access key id: one that was configured
//! ([`config::Config`]), one that STS handed out, or `sandbox`, which is the root user unless
//! it is configured otherwise. Secrets and signatures are not checked.

pub(crate) mod admin;
pub(crate) mod caller;
pub(crate) mod config;
pub(crate) mod needs;
mod refusal;
mod tags;

pub(crate) use caller::{Access, Caller};

use crate::authorization::context::Context as Keys;
use crate::authorization::denial::Denial;
use crate::authorization::document::{Document, Request, Use};
use crate::authorization::evaluate::{Policy, ResourcePolicy, evaluate};
use crate::error::Answer;
use crate::iam::service_linked;
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
) -> Answer<()> {
    if !context.access.enforced || !service.needs_signature(operation) {
        return Ok(());
    }
    let needed = needs::of(context, service.name(), operation, request);
    for need in &needed {
        decide(context, need).map_err(|denial| refusal::denied(service.name(), need, &denial))?;
    }
    if needed.iter().any(|need| need.action == "iam:CreateServiceLinkedRole" && need.dependent) {
        service_linked::make(context, service_linked::EFS);
    }
    Ok(())
}

fn decide(context: &Context<'_>, need: &needs::Need) -> Result<(), Box<Denial>> {
    let Caller { principal, policies, keys } = &context.caller;
    let mut own = need.keys.clone();
    tags::describe(context, &need.resource, &mut own);
    let keys: Keys = keys.with(&own);
    let request =
        Request { principal, action: &need.action, resource: &need.resource, context: &keys };
    let policy = file_system_policy(context, &need.resource);
    let resource = policy.as_ref().map_or(ResourcePolicy::None, ResourcePolicy::May);
    evaluate(&request, policies, resource)
}

/// The policy of the file system that an ARN names. It says who may call EFS's API on the file
/// system, as well as who may mount it. Source: Amazon EFS User Guide, "Controlling access to
/// the EFS API".
fn file_system_policy(context: &Context<'_>, arn: &str) -> Option<Policy> {
    let id = arn.split_once(":file-system/")?.1;
    let text = context.region.efs.file_systems.get(id)?.policy.as_ref()?;
    let document = Document::parse(text, Use::Resource).ok()?;
    Some(Policy { name: id.to_owned(), document })
}
