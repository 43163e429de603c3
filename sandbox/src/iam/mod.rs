//! The part of the IAM API that roles for workloads need, version 2010-05-08, over forms
//! and XML. Global: it belongs to no region.

mod attachments;
mod instance_profiles;
mod policies;
mod providers;
mod roles;
pub(crate) mod service_linked;
mod simulate;
pub(crate) mod state;
mod write;

use crate::ec2::xml::Element;
use crate::error::{Answer, AwsError};
use crate::query::{self, Params, validation};
use crate::service::{Context, ErrorBody, Incoming, Refusal, Service, Success};

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
const VERSION: &str = "2010-05-08";

/// AWS Identity and Access Management.
pub(crate) struct Iam;

/// What an operation returns: the members of its result, or `None` where it has no result.
type Result = Answer<Option<Vec<Element>>>;

impl Service for Iam {
    fn name(&self) -> &'static str {
        "iam"
    }

    fn accepts(&self, request: &Incoming) -> bool {
        request.path.is_empty() && Params::of(request).get("Version") == Some(VERSION)
    }

    fn operation(&self, request: &Incoming) -> String {
        Params::of(request).get("Action").unwrap_or("unknown").to_owned()
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Answer<Success> {
        let params = Params::of(request);
        let operation = params.get("Action").unwrap_or("unknown");
        let result = operate(&mut Call { context, params: &params }, operation)?;
        Ok(query::success(operation, result, request, NAMESPACE))
    }

    fn refusal(&self, refusal: Refusal) -> AwsError {
        query::refusal(refusal, self.name())
    }

    fn error(&self, error: &AwsError, request_id: &str) -> ErrorBody {
        query::error(error, request_id, NAMESPACE)
    }
}

/// One call.
struct Call<'a, 'b> {
    context: &'a mut Context<'b>,
    params: &'a Params,
}

fn operate(call: &mut Call<'_, '_>, operation: &str) -> Result {
    match operation {
        "CreateRole" => roles::create(call),
        "GetRole" => roles::get(call),
        "ListRoles" => roles::list(call),
        "UpdateRole" => roles::update(call),
        "UpdateRoleDescription" => roles::update_description(call),
        "UpdateAssumeRolePolicy" => roles::update_trust(call),
        "DeleteRole" => roles::delete(call),
        "TagRole" => roles::tag(call),
        "UntagRole" => roles::untag(call),
        "ListRoleTags" => roles::list_tags(call),
        "PutRolePermissionsBoundary" => roles::put_boundary(call),
        "DeleteRolePermissionsBoundary" => roles::delete_boundary(call),
        "AttachRolePolicy" => attachments::attach(call),
        "DetachRolePolicy" => attachments::detach(call),
        "ListAttachedRolePolicies" => attachments::list_attached(call),
        "ListEntitiesForPolicy" => attachments::list_entities(call),
        "PutRolePolicy" => attachments::put_inline(call),
        "GetRolePolicy" => attachments::get_inline(call),
        "DeleteRolePolicy" => attachments::delete_inline(call),
        "ListRolePolicies" => attachments::list_inline(call),
        "CreatePolicy" => policies::create(call),
        "GetPolicy" => policies::get(call),
        "ListPolicies" => policies::list(call),
        "DeletePolicy" => policies::delete(call),
        "TagPolicy" => policies::tag(call),
        "UntagPolicy" => policies::untag(call),
        "ListPolicyTags" => policies::list_tags(call),
        "CreatePolicyVersion" => policies::create_version(call),
        "GetPolicyVersion" => policies::get_version(call),
        "ListPolicyVersions" => policies::list_versions(call),
        "SetDefaultPolicyVersion" => policies::set_default(call),
        "DeletePolicyVersion" => policies::delete_version(call),
        "CreateOpenIDConnectProvider" => providers::create(call),
        "GetOpenIDConnectProvider" => providers::get(call),
        "ListOpenIDConnectProviders" => providers::list(call),
        "DeleteOpenIDConnectProvider" => providers::delete(call),
        "UpdateOpenIDConnectProviderThumbprint" => providers::update_thumbprints(call),
        "AddClientIDToOpenIDConnectProvider" => providers::add_client_id(call),
        "RemoveClientIDFromOpenIDConnectProvider" => providers::remove_client_id(call),
        "TagOpenIDConnectProvider" => providers::tag(call),
        "UntagOpenIDConnectProvider" => providers::untag(call),
        "ListOpenIDConnectProviderTags" => providers::list_tags(call),
        "CreateInstanceProfile" => instance_profiles::create(call),
        "GetInstanceProfile" => instance_profiles::get(call),
        "ListInstanceProfiles" => instance_profiles::list(call),
        "ListInstanceProfilesForRole" => instance_profiles::list_for_role(call),
        "AddRoleToInstanceProfile" => instance_profiles::add_role(call),
        "RemoveRoleFromInstanceProfile" => instance_profiles::remove_role(call),
        "DeleteInstanceProfile" => instance_profiles::delete(call),
        "CreateServiceLinkedRole" => service_linked::create(call),
        "SimulatePrincipalPolicy" => simulate::principal(call),
        "SimulateCustomPolicy" => simulate::custom(call),
        other => {
            let message = format!("the sandbox does not serve the IAM operation {other}");
            Err(AwsError::new(501, "NotImplemented", message))
        }
    }
}

impl Call<'_, '_> {
    fn account(&self) -> &str {
        &self.context.options.account
    }

    /// A new unique id, such as `AROA` and 17 characters.
    fn unique_id(&mut self, prefix: &str) -> String {
        self.context.ids.next(prefix).to_uppercase()
    }

    /// `Path`: from and to a slash; `/` where none is given.
    fn path(&self) -> Answer<String> {
        let path = self.params.get("Path").unwrap_or("/");
        let slashes = path.starts_with('/') && path.ends_with('/');
        if slashes && path.len() <= 512 && path.bytes().all(|byte| (0x21..=0x7f).contains(&byte)) {
            return Ok(path.to_owned());
        }
        Err(validation(
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
        ))
    }

    /// A name: letters, digits and `+=,.@_-`, up to `longest` characters.
    fn name(&self, parameter: &str, longest: usize) -> Answer<String> {
        let name = self.params.required(parameter)?;
        let member = format!("{}{}", parameter[..1].to_lowercase(), &parameter[1..]);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
        if !name.bytes().all(plain) {
            return Err(validation(&format!(
                "The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
            )));
        }
        if name.len() > longest {
            return Err(validation(&format!(
                "Value '{name}' at '{member}' failed to satisfy constraint: Member must have length less than or equal to {longest}"
            )));
        }
        Ok(name.to_owned())
    }

    /// One page of a list, and whether and where it goes on.
    fn page<T>(&self, all: Vec<T>) -> Answer<(Vec<T>, Vec<Element>)> {
        let most = self.params.number("MaxItems")?.unwrap_or(100).clamp(1, 1000);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let from = match self.params.get("Marker") {
            None => 0,
            Some(marker) => marker
                .parse()
                .ok()
                .filter(|from| *from < all.len())
                .ok_or_else(|| validation(&format!("Invalid Marker: '{marker}'")))?,
        };
        let more = all.len() > from + most;
        let page: Vec<T> = all.into_iter().skip(from).take(most).collect();
        let mut tail = vec![Element::text("IsTruncated", more)];
        if more {
            tail.push(Element::text("Marker", from + most));
        }
        Ok((page, tail))
    }
}

/// `NoSuchEntity`.
fn no_such(message: impl Into<String>) -> AwsError {
    AwsError::new(404, "NoSuchEntity", message)
}

/// `EntityAlreadyExists`.
fn exists(message: impl Into<String>) -> AwsError {
    AwsError::new(409, "EntityAlreadyExists", message)
}

/// `DeleteConflict`.
fn conflict(message: impl Into<String>) -> AwsError {
    AwsError::new(409, "DeleteConflict", message)
}

/// `LimitExceeded`, for a quota.
fn over_quota(quota: &str, most: usize) -> AwsError {
    AwsError::new(409, "LimitExceeded", format!("Cannot exceed quota for {quota}: {most}"))
}
