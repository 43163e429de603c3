//! Roles: their trust, tags and boundaries.

use super::call::{Call, Response, conflict, exists, no_such, over_quota};
use super::write;
use crate::authorization::document::{Document, Use};
use crate::authorization::principal::Grantee;
use crate::error::{AwsError, Result};
use crate::query::{self, validation};
use crate::world::iam::Role;
use crate::xml::Element;

/// The longest trust policy, and the most roles. Source: IAM User Guide, "IAM and AWS STS
/// quotas".
const LONGEST_TRUST: usize = 2048;
const MOST_ROLES: usize = 1000;

impl Call<'_, '_> {
    /// The role that `RoleName` names.
    pub(super) fn role(&self) -> Result<&Role> {
        let name = self.params.required("RoleName")?;
        self.context.global.iam.roles.get(name).ok_or_else(|| no_role(name))
    }

    /// The same, to change it. A role of a service is changed by nobody else.
    pub(super) fn role_mut(&mut self) -> Result<&mut Role> {
        let role = self.role()?;
        if role.service_linked() {
            let message = format!(
                "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
                role.name
            );
            return Err(AwsError::new(400, "UnmodifiableEntity", message));
        }
        let name = role.name.clone();
        self.context.global.iam.roles.get_mut(&name).ok_or_else(|| no_role(&name))
    }

    /// Whether a managed policy of this ARN exists.
    pub(super) fn policy_exists(&self, arn: &str) -> bool {
        self.managed(arn).is_some() || self.context.global.iam.policies.contains_key(arn)
    }

    fn boundary(&self) -> Result<Option<String>> {
        let Some(arn) = self.params.get("PermissionsBoundary") else { return Ok(None) };
        if self.policy_exists(arn) {
            return Ok(Some(arn.to_owned()));
        }
        Err(no_such(format!("Scope ARN: {arn} does not exist or is not attachable.")))
    }
}

pub(super) fn no_role(name: &str) -> AwsError {
    no_such(format!("The role with name {name} cannot be found."))
}

/// Refuses a trust policy that is none, or that names who does not exist.
fn check_trust(call: &Call<'_, '_>, text: &str) -> Result<()> {
    let malformed = |message| AwsError::new(400, "MalformedPolicyDocument", message);
    if text.chars().filter(|c| !c.is_whitespace()).count() > LONGEST_TRUST {
        return Err(over_quota("ACLSizePerRole", LONGEST_TRUST));
    }
    let document = Document::parse(text, Use::Trust).map_err(malformed)?;
    match document.grantees().find(|grantee| !exists_as(call, grantee)) {
        None => Ok(()),
        // AWS's message: hashicorp/terraform-provider-aws issue 8905.
        Some(grantee) => {
            Err(malformed(format!("Invalid principal in policy: \"AWS\":\"{grantee}\"")))
        }
    }
}

/// Whether a principal that a trust policy names exists: a role, or a user that is configured.
/// Who is in another account is not known here, and counts as existing.
fn exists_as(call: &Call<'_, '_>, grantee: &Grantee) -> bool {
    let text = match grantee {
        Grantee::Account(text) | Grantee::Arn(text) => text,
        Grantee::Everyone | Grantee::Federated(_) | Grantee::Other(_) => return true,
    };
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        [account] => account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit()),
        ["arn", partition, _, "", _, _] if *partition != call.partition() => false,
        ["arn", _, "iam", "", account, _] if *account == call.account() => {
            call.context.principal_exists(text)
        }
        // A session of a role of ours exists with the role.
        ["arn", _, "sts", "", account, resource] if *account == call.account() => {
            let role = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/'));
            role.is_some_and(|(name, _)| call.context.global.iam.roles.contains_key(name))
        }
        ["arn", _, "iam" | "sts", "", account, _] => account.len() == 12,
        _ => false,
    }
}

pub(super) fn create(call: &mut Call<'_, '_>) -> Response {
    let name = call.name("RoleName", 64)?;
    let path = call.path()?;
    let trust = call.params.required("AssumeRolePolicyDocument")?.to_owned();
    check_trust(call, &trust)?;
    let tags = call.params.tags()?;
    let boundary = call.boundary()?;
    let max_session = max_session(call)?.unwrap_or(3600);
    if call.context.global.iam.roles.contains_key(&name) {
        return Err(exists(format!("Role with name {name} already exists.")));
    }
    if call.context.global.iam.roles.len() >= MOST_ROLES {
        return Err(over_quota("RolesPerAccount", MOST_ROLES));
    }
    let role = Role {
        id: call.unique_id("AROA"),
        arn: call.context.region.iam_arn(&format!("role{path}{name}")),
        name: name.clone(),
        path,
        trust,
        description: call.params.get("Description").map(str::to_owned),
        max_session,
        created_ms: call.context.now,
        tags,
        boundary,
        attached: Vec::new(),
        inline: std::collections::BTreeMap::new(),
    };
    let written = write::role(&role, true);
    call.context.global.iam.roles.insert(name, role);
    Ok(Some(vec![Element::new("Role", written)]))
}

fn max_session(call: &Call<'_, '_>) -> Result<Option<u64>> {
    let Some(seconds) = call.params.number("MaxSessionDuration")? else { return Ok(None) };
    if (3600..=43200).contains(&seconds) {
        return Ok(Some(seconds));
    }
    Err(validation(&format!(
        "Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200"
    )))
}

pub(super) fn get(call: &mut Call<'_, '_>) -> Response {
    Ok(Some(vec![Element::new("Role", write::role(call.role()?, true))]))
}

pub(super) fn list(call: &mut Call<'_, '_>) -> Response {
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let roles = call.context.global.iam.roles.values();
    let found = roles.filter(|role| role.path.starts_with(prefix));
    let (page, tail) = call.page(found.map(|role| write::role(role, false)).collect())?;
    Ok(Some([query::members("Roles", page)].into_iter().chain(tail).collect()))
}

pub(super) fn update(call: &mut Call<'_, '_>) -> Response {
    let max_session = max_session(call)?;
    let description = call.params.get("Description").map(str::to_owned);
    let role = call.role_mut()?;
    role.max_session = max_session.unwrap_or(3600);
    if description.is_some() {
        role.description = description;
    }
    Ok(Some(Vec::new()))
}

pub(super) fn update_description(call: &mut Call<'_, '_>) -> Response {
    let description = call.params.get("Description").unwrap_or_default().to_owned();
    let role = call.role_mut()?;
    role.description = Some(description);
    Ok(Some(vec![Element::new("Role", write::role(role, true))]))
}

pub(super) fn update_trust(call: &mut Call<'_, '_>) -> Response {
    let trust = call.params.required("PolicyDocument")?.to_owned();
    check_trust(call, &trust)?;
    call.role_mut()?.trust = trust;
    Ok(None)
}

pub(super) fn delete(call: &mut Call<'_, '_>) -> Response {
    let role = call.role_mut()?.clone();
    if !role.attached.is_empty() {
        return Err(conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.inline.is_empty() {
        return Err(conflict("Cannot delete entity, must delete policies first."));
    }
    let mut profiles = call.context.global.iam.instance_profiles.values();
    if profiles.any(|profile| profile.role.as_ref() == Some(&role.name)) {
        let message = "Cannot delete entity, must remove roles from instance profile first.";
        return Err(conflict(message));
    }
    call.context.global.iam.roles.remove(&role.name);
    Ok(None)
}

pub(super) fn tag(call: &mut Call<'_, '_>) -> Response {
    let tags = call.params.tags()?;
    call.role_mut()?.tags.extend(tags);
    Ok(None)
}

pub(super) fn untag(call: &mut Call<'_, '_>) -> Response {
    let keys: Vec<String> = call.params.list("TagKeys").into_iter().map(str::to_owned).collect();
    call.role_mut()?.tags.retain(|key, _| !keys.contains(key));
    Ok(None)
}

pub(super) fn list_tags(call: &mut Call<'_, '_>) -> Response {
    let tags = query::tags(&call.role()?.tags);
    Ok(Some(vec![tags, Element::text("IsTruncated", false)]))
}

pub(super) fn put_boundary(call: &mut Call<'_, '_>) -> Response {
    call.params.required("PermissionsBoundary")?;
    let boundary = call.boundary()?;
    call.role_mut()?.boundary = boundary;
    Ok(None)
}

pub(super) fn delete_boundary(call: &mut Call<'_, '_>) -> Response {
    call.role_mut()?.boundary = None;
    Ok(None)
}
