//! The part of the IAM API that roles for workloads need, version 2010-05-08, over forms
//! and XML. Global: it belongs to no region.

mod attachments;
mod call;
mod instance_profiles;
mod policies;
mod providers;
mod roles;
mod service_linked;
mod simulate;
mod write;

use crate::error::{AwsError, Result};
use crate::query::{self, Params};
use crate::request::Incoming;
use crate::response::{ErrorBody, Refusal, Success};
use crate::service::{Context, Service};
use call::{Call, Response};

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

    fn operations(&self) -> Vec<&'static str> {
        OPERATIONS.iter().map(|(name, _)| *name).collect()
    }

    fn operation(&self, request: &Incoming) -> String {
        Params::of(request).get("Action").unwrap_or("unknown").to_owned()
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Result<Success> {
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

/// What carries an operation out.
type Run = fn(&mut Call<'_, '_>) -> Response;

/// The served operations.
const OPERATIONS: &[(&str, Run)] = &[
    ("CreateRole", roles::create),
    ("GetRole", roles::get),
    ("ListRoles", roles::list),
    ("UpdateRole", roles::update),
    ("UpdateRoleDescription", roles::update_description),
    ("UpdateAssumeRolePolicy", roles::update_trust),
    ("DeleteRole", roles::delete),
    ("TagRole", roles::tag),
    ("UntagRole", roles::untag),
    ("ListRoleTags", roles::list_tags),
    ("PutRolePermissionsBoundary", roles::put_boundary),
    ("DeleteRolePermissionsBoundary", roles::delete_boundary),
    ("AttachRolePolicy", attachments::attach),
    ("DetachRolePolicy", attachments::detach),
    ("ListAttachedRolePolicies", attachments::list_attached),
    ("ListEntitiesForPolicy", attachments::list_entities),
    ("PutRolePolicy", attachments::put_inline),
    ("GetRolePolicy", attachments::get_inline),
    ("DeleteRolePolicy", attachments::delete_inline),
    ("ListRolePolicies", attachments::list_inline),
    ("CreatePolicy", policies::create),
    ("GetPolicy", policies::get),
    ("ListPolicies", policies::list),
    ("DeletePolicy", policies::delete),
    ("TagPolicy", policies::tag),
    ("UntagPolicy", policies::untag),
    ("ListPolicyTags", policies::list_tags),
    ("CreatePolicyVersion", policies::create_version),
    ("GetPolicyVersion", policies::get_version),
    ("ListPolicyVersions", policies::list_versions),
    ("SetDefaultPolicyVersion", policies::set_default),
    ("DeletePolicyVersion", policies::delete_version),
    ("CreateOpenIDConnectProvider", providers::create),
    ("GetOpenIDConnectProvider", providers::get),
    ("ListOpenIDConnectProviders", providers::list),
    ("DeleteOpenIDConnectProvider", providers::delete),
    ("UpdateOpenIDConnectProviderThumbprint", providers::update_thumbprints),
    ("AddClientIDToOpenIDConnectProvider", providers::add_client_id),
    ("RemoveClientIDFromOpenIDConnectProvider", providers::remove_client_id),
    ("TagOpenIDConnectProvider", providers::tag),
    ("UntagOpenIDConnectProvider", providers::untag),
    ("ListOpenIDConnectProviderTags", providers::list_tags),
    ("CreateInstanceProfile", instance_profiles::create),
    ("GetInstanceProfile", instance_profiles::get),
    ("ListInstanceProfiles", instance_profiles::list),
    ("ListInstanceProfilesForRole", instance_profiles::list_for_role),
    ("AddRoleToInstanceProfile", instance_profiles::add_role),
    ("RemoveRoleFromInstanceProfile", instance_profiles::remove_role),
    ("DeleteInstanceProfile", instance_profiles::delete),
    ("CreateServiceLinkedRole", service_linked::create),
    ("SimulatePrincipalPolicy", simulate::principal),
    ("SimulateCustomPolicy", simulate::custom),
];

fn operate(call: &mut Call<'_, '_>, operation: &str) -> Response {
    let Some((_, run)) = OPERATIONS.iter().find(|(name, _)| *name == operation) else {
        let message = format!("the sandbox does not serve the IAM operation {operation}");
        return Err(AwsError::not_served(message));
    };
    run(call)
}
