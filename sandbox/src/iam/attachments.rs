//! What a role may do: managed policies attached to it, and inline ones.

use super::call::{Call, Response, no_such, over_quota};
use super::{policies, write};
use crate::error::AwsError;
use crate::query;
use crate::xml::Element;

/// Source: IAM User Guide, "IAM and AWS STS quotas".
const MOST_ATTACHED: usize = 10;
const LONGEST_INLINE: usize = 10_240;

pub(super) fn attach(call: &mut Call<'_, '_>) -> Response {
    let arn = call.params.required("PolicyArn")?.to_owned();
    if !call.policy_exists(&arn) {
        return Err(no_such(format!("Policy {arn} does not exist or is not attachable.")));
    }
    if arn.contains(":policy/aws-service-role/") {
        let message = format!("Cannot attach a Service Role Policy to a Customer Role: {arn}");
        return Err(AwsError::new(400, "PolicyNotAttachable", message));
    }
    let role = call.role_mut()?;
    if !role.attached.contains(&arn) {
        if role.attached.len() >= MOST_ATTACHED {
            return Err(over_quota("PoliciesPerRole", MOST_ATTACHED));
        }
        role.attached.push(arn);
    }
    Ok(None)
}

pub(super) fn detach(call: &mut Call<'_, '_>) -> Response {
    let arn = call.params.required("PolicyArn")?.to_owned();
    let role = call.role_mut()?;
    let before = role.attached.len();
    role.attached.retain(|attached| *attached != arn);
    if role.attached.len() == before {
        return Err(no_such(format!("Policy {arn} was not found.")));
    }
    Ok(None)
}

pub(super) fn list_attached(call: &mut Call<'_, '_>) -> Response {
    let prefix = call.params.get("PathPrefix").unwrap_or("/").to_owned();
    let attached =
        call.role()?.attached.iter().filter(|arn| {
            arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(&prefix))
        });
    let attached = attached.map(|arn| {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        vec![Element::text("PolicyName", name), Element::text("PolicyArn", arn)]
    });
    let (page, tail) = call.page(attached.collect())?;
    Ok(Some([query::members("AttachedPolicies", page)].into_iter().chain(tail).collect()))
}

pub(super) fn list_entities(call: &mut Call<'_, '_>) -> Response {
    let arn = call.params.required("PolicyArn")?;
    if call.managed(arn).is_none() {
        call.policy(arn)?;
    }
    let boundary = call.params.get("PolicyUsageFilter") == Some("PermissionsBoundary");
    let roles = call.context.global.iam.roles.values().filter(|role| {
        if boundary {
            role.boundary.as_deref() == Some(arn)
        } else {
            role.attached.iter().any(|attached| attached == arn)
        }
    });
    let roles = roles
        .map(|role| vec![Element::text("RoleName", &role.name), Element::text("RoleId", &role.id)]);
    let (page, tail) = call.page(roles.collect())?;
    let mut members = vec![
        query::members("PolicyGroups", []),
        query::members("PolicyUsers", []),
        query::members("PolicyRoles", page),
    ];
    members.extend(tail);
    Ok(Some(members))
}

pub(super) fn put_inline(call: &mut Call<'_, '_>) -> Response {
    let name = call.name("PolicyName", 128)?;
    let document = call.params.required("PolicyDocument")?.to_owned();
    policies::check(&document)?;
    let role = call.role_mut()?;
    let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    let others = role.inline.iter().filter(|(other, _)| **other != name);
    let sum: usize = others.map(|(_, text)| visible(text)).sum();
    if sum + visible(&document) > LONGEST_INLINE {
        let message = format!(
            "Maximum policy size of {LONGEST_INLINE} bytes exceeded for role {}",
            role.name
        );
        return Err(AwsError::new(409, "LimitExceeded", message));
    }
    role.inline.insert(name, document);
    Ok(None)
}

pub(super) fn get_inline(call: &mut Call<'_, '_>) -> Response {
    let name = call.params.required("PolicyName")?;
    let role = call.role()?;
    let document = role.inline.get(name).ok_or_else(|| no_inline(name))?;
    Ok(Some(vec![
        Element::text("RoleName", &role.name),
        Element::text("PolicyName", name),
        write::document("PolicyDocument", document),
    ]))
}

pub(super) fn delete_inline(call: &mut Call<'_, '_>) -> Response {
    let name = call.params.required("PolicyName")?.to_owned();
    call.role_mut()?.inline.remove(&name).ok_or_else(|| no_inline(&name))?;
    Ok(None)
}

pub(super) fn list_inline(call: &mut Call<'_, '_>) -> Response {
    let (page, tail) = call.page(call.role()?.inline.keys().collect())?;
    Ok(Some([query::texts("PolicyNames", page)].into_iter().chain(tail).collect()))
}

fn no_inline(name: &str) -> AwsError {
    no_such(format!("The role policy with name {name} cannot be found."))
}
