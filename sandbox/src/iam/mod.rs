//! The part of the IAM API that roles for workloads need, version 2010-05-08, over forms
//! and XML. Global: it belongs to no region.

mod attachments;
mod call;
mod instance_profiles;
mod policies;
mod providers;
mod roles;
pub(crate) mod service_linked;
mod simulate;
pub(crate) mod state;
mod write;

use crate::error::{Answer, AwsError};
use crate::query::{self, Params};
use crate::request::Incoming;
use crate::response::{ErrorBody, Refusal, Success};
use crate::service::{Context, Service};
use call::{Call, Result};

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
const VERSION: &str = "2010-05-08";

/// AWS Identity and Access Management.
pub(crate) struct Iam;

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
            Err(AwsError::not_served(message))
        }
    }
}
