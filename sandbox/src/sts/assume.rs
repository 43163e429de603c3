//! Assuming a role: by who is trusted, or by a token of a provider that is trusted.

use super::credentials::{duration, issue};
use super::token::Token;
use crate::authorization::context::Context as Keys;
use crate::authorization::document::{Document, Request, Use};
use crate::authorization::evaluate::{Policies, Policy, ResourcePolicy, evaluate};
use crate::authorization::principal::{Kind, Principal, session_arn};
use crate::error::{AwsError, Result};
use crate::query::{Params, validation};
use crate::service::Context;
use crate::world::Tags;
use crate::world::iam::Role;
use crate::world::sts::Of;
use crate::xml::Element;

/// A role that is asked for, and what the session is to be.
struct Wanted {
    arn: String,
    name: String,
    session: String,
    policies: Option<Vec<String>>,
}

impl Wanted {
    fn of(params: &Params) -> Result<Wanted> {
        let arn = params.required("RoleArn")?;
        let session = params.required("RoleSessionName")?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        if !(2..=64).contains(&session.len()) || !session.bytes().all(plain) {
            return Err(validation(&format!(
                "Value '{session}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*, with 2 to 64 characters"
            )));
        }
        let name = match arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "iam", "", _, resource] => {
                resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next())
            }
            _ => None,
        };
        let name = name.ok_or_else(|| validation(&format!("{arn} is invalid")))?;
        Ok(Wanted {
            arn: arn.to_owned(),
            name: name.to_owned(),
            session: session.to_owned(),
            policies: session_policies(params)?,
        })
    }

    /// The role, where it exists under just this ARN.
    fn role(&self, context: &Context<'_>) -> Option<Role> {
        context.role(&self.arn).cloned()
    }
}

/// `Policy` and `PolicyArns`, which narrow the session.
fn session_policies(params: &Params) -> Result<Option<Vec<String>>> {
    let mut all: Vec<String> =
        params.fields("PolicyArns", "arn").into_iter().map(str::to_owned).collect();
    if all.len() > 10 {
        let message = "Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10";
        return Err(validation(message));
    }
    if let Some(text) = params.get("Policy") {
        if text.len() > 2048 {
            let message = "Packed size of session tags and policies exceeds the limit";
            return Err(AwsError::new(400, "PackedPolicyTooLarge", message));
        }
        Document::parse(text, Use::Identity)
            .map_err(|message| AwsError::new(400, "MalformedPolicyDocument", message))?;
        all.push(text.to_owned());
    }
    Ok((!all.is_empty()).then_some(all))
}

/// The longest session of any role, in seconds. Source: AWS STS API Reference, `AssumeRole`.
const LONGEST: u64 = 43_200;

/// Refuses a session that is to last longer than the role lets it.
fn within(role: &Role, seconds: u64) -> Result<()> {
    if seconds > role.max_session {
        // AWS's message: kreuzwerker/awsu issue 27.
        return Err(too_long("the MaxSessionDuration set for this role"));
    }
    Ok(())
}

fn too_long(limit: &str) -> AwsError {
    let message = format!("The requested DurationSeconds exceeds {limit}.");
    AwsError::new(400, "ValidationError", message)
}

/// `AssumeRole`. Without enforcement everyone may assume any role that exists.
pub(super) fn role(context: &mut Context<'_>, params: &Params) -> Result<Vec<Element>> {
    let wanted = Wanted::of(params)?;
    let tags = params.tags()?;
    let seconds = duration(params, 900, LONGEST, 3600)?;
    let by_device = device(params)?;
    let role = wanted.role(context);
    // AWS does not tell a role that is not there from one that does not trust.
    let role = role.ok_or_else(|| {
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
            context.caller.principal.arn, wanted.arn
        );
        AwsError::new(403, "AccessDenied", message)
    })?;
    within(&role, seconds)?;
    let chained = matches!(context.caller.principal.kind, Kind::Session { .. });
    if chained && seconds > 3600 {
        // AWS's message: 99designs/aws-vault issue 263.
        return Err(too_long("the 1 hour session limit for roles assumed by role chaining"));
    }
    if context.access.enforced {
        allowed(context, params, &wanted, &role, &tags, by_device)?;
    }
    Ok(assumed(context, &wanted, &role, seconds, tags, None))
}

/// Whether the caller gives the code of an MFA device. Devices are not known here: any six
/// digits are taken for its code.
///
/// Source: AWS STS API Reference, `AssumeRole`, `SerialNumber` and `TokenCode`; the messages are
/// AWS's: aws-cli issue 2279, sgviz issue 9.
fn device(params: &Params) -> Result<bool> {
    let denied = |message: &str| Err(AwsError::new(403, "AccessDenied", message));
    match (params.get("SerialNumber"), params.get("TokenCode")) {
        (None, None) => Ok(false),
        (Some(_), Some(code)) if code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit()) => {
            Ok(true)
        }
        (Some(_), Some(_)) => {
            denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
        }
        _ => denied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time \
             pass code.",
        ),
    }
}

/// Whether the role trusts the caller, and the caller's own policies agree.
fn allowed(
    context: &Context<'_>,
    params: &Params,
    wanted: &Wanted,
    role: &Role,
    tags: &Tags,
    by_device: bool,
) -> Result<()> {
    let caller = &context.caller;
    let denied = |message: String| AwsError::new(403, "AccessDenied", message);
    let trust = trust_of(role)?;
    let mut keys = caller.keys.clone();
    keys.set("sts:RoleSessionName", &wanted.session);
    if let Some(id) = params.get("ExternalId") {
        keys.set("sts:ExternalId", id);
    }
    if by_device {
        keys.set("aws:MultiFactorAuthPresent", true);
    }
    keys.set_request_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    for (key, value) in &role.tags {
        keys.set(&format!("aws:ResourceTag/{key}"), value);
        keys.set(&format!("iam:ResourceTag/{key}"), value);
    }
    let actions = ["sts:AssumeRole", "sts:TagSession"];
    let needed = if tags.is_empty() { &actions[..1] } else { &actions[..] };
    for action in needed {
        let request =
            Request { principal: &caller.principal, action, resource: &role.arn, context: &keys };
        evaluate(&request, &caller.policies, ResourcePolicy::Must(&trust))
            .map_err(|denial| denied(denial.message()))?;
    }
    Ok(())
}

fn trust_of(role: &Role) -> Result<Policy> {
    let document = Document::parse(&role.trust, Use::Trust)
        .map_err(|message| AwsError::new(400, "MalformedPolicyDocument", message))?;
    Ok(Policy { name: role.name.clone(), document })
}

/// `AssumeRoleWithWebIdentity`. The token's signature is not checked: the issuer's keys are
/// out of reach here.
pub(super) fn with_web_identity(
    context: &mut Context<'_>,
    params: &Params,
) -> Result<Vec<Element>> {
    let wanted = Wanted::of(params)?;
    let token = Token::read(params.required("WebIdentityToken")?)?;
    token.check_time(context.now / 1000)?;
    let invalid = |message: String| AwsError::new(400, "InvalidIdentityToken", message);
    let arn = context.region.iam_arn(&format!("oidc-provider/{}", token.issuer));
    let provider = context.global.iam.providers.get(&arn);
    let provider = provider.cloned().ok_or_else(|| {
        invalid(format!(
            "No OpenIDConnect provider found in your account for https://{}",
            token.issuer
        ))
    })?;
    let Some(audience) = token.audience.iter().find(|id| provider.client_ids.contains(id)) else {
        return Err(invalid("Incorrect token audience".to_owned()));
    };
    let denied = || {
        AwsError::new(
            403,
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        )
    };
    let role = wanted.role(context).ok_or_else(denied)?;
    let seconds = duration(params, 900, LONGEST, 3600)?;
    within(&role, seconds)?;
    let principal = Principal {
        kind: Kind::Federated { provider: provider.arn.clone() },
        account: context.options.account.clone(),
        arn: provider.arn.clone(),
        id: format!("{}:{}", provider.arn, token.subject),
        tags: Tags::new(),
    };
    let mut keys = Keys::default();
    principal.describe(&mut keys);
    keys.set("aws:FederatedProvider", &provider.arn);
    keys.set("sts:RoleSessionName", &wanted.session);
    for (claim, values) in &token.claims {
        keys.set_all(&format!("{}:{claim}", provider.url), values.clone());
    }
    let trust = trust_of(&role)?;
    let request = Request {
        principal: &principal,
        action: "sts:AssumeRoleWithWebIdentity",
        resource: &role.arn,
        context: &keys,
    };
    evaluate(&request, &Policies::default(), ResourcePolicy::Must(&trust)).map_err(|_| denied())?;
    let audience = audience.clone();
    let mut members =
        assumed(context, &wanted, &role, seconds, Tags::new(), Some(provider.arn.clone()));
    members.push(Element::text("SubjectFromWebIdentityToken", &token.subject));
    members.push(Element::text("Provider", &provider.arn));
    members.push(Element::text("Audience", audience));
    Ok(members)
}

/// The credentials and the name of a session of a role.
fn assumed(
    context: &mut Context<'_>,
    wanted: &Wanted,
    role: &Role,
    seconds: u64,
    tags: Tags,
    provider: Option<String>,
) -> Vec<Element> {
    let Wanted { arn, name, session, policies } = wanted;
    let id = role.id.clone();
    let user = Element::new(
        "AssumedRoleUser",
        vec![
            Element::text("AssumedRoleId", format!("{id}:{session}")),
            Element::text("Arn", session_arn(arn, name, session)),
        ],
    );
    let of = Of::Role { name: name.clone(), arn: arn.clone(), id, session: session.clone() };
    let credentials = issue(context, of, seconds, tags, policies.clone(), provider);
    vec![credentials, user]
}
