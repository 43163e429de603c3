//! What IAM's operations need.

use super::need::{Action, Need, action, row};
use crate::authorization::context::Context as Keys;
use crate::query::Params;
use crate::request::Incoming;
use crate::service::Context;

const ROLE: &[&str] = &["role"];
const POLICY: &[&str] = &["policy"];
const PROVIDER: &[&str] = &["oidc-provider"];
const PROFILE: &[&str] = &["instance-profile"];

pub(super) const ACTIONS: &[Action] = &[
    action("AddClientIDToOpenIDConnectProvider", PROVIDER),
    action("AddRoleToInstanceProfile", PROFILE),
    action("AttachRolePolicy", ROLE),
    action("CreateInstanceProfile", &["+instance-profile"]),
    action("CreateOpenIDConnectProvider", &["+oidc-provider"]),
    action("CreatePolicy", &["+policy"]),
    action("CreatePolicyVersion", POLICY),
    action("CreateRole", &["+role"]),
    action("CreateServiceLinkedRole", &["+role"]),
    action("DeleteInstanceProfile", PROFILE),
    action("DeleteOpenIDConnectProvider", PROVIDER),
    action("DeletePolicy", POLICY),
    action("DeletePolicyVersion", POLICY),
    action("DeleteRole", ROLE),
    action("DeleteRolePermissionsBoundary", ROLE),
    action("DeleteRolePolicy", ROLE),
    action("DetachRolePolicy", ROLE),
    action("GetInstanceProfile", PROFILE),
    action("GetOpenIDConnectProvider", PROVIDER),
    action("GetPolicy", POLICY),
    action("GetPolicyVersion", POLICY),
    action("GetRole", ROLE),
    action("GetRolePolicy", ROLE),
    action("ListAttachedRolePolicies", ROLE),
    action("ListEntitiesForPolicy", POLICY),
    action("ListInstanceProfiles", &[]),
    action("ListInstanceProfilesForRole", ROLE),
    action("ListOpenIDConnectProviderTags", PROVIDER),
    action("ListOpenIDConnectProviders", &[]),
    action("ListPolicies", &[]),
    action("ListPolicyTags", POLICY),
    action("ListPolicyVersions", POLICY),
    action("ListRolePolicies", ROLE),
    action("ListRoleTags", ROLE),
    action("ListRoles", &[]),
    action("PutRolePermissionsBoundary", ROLE),
    action("PutRolePolicy", ROLE),
    action("RemoveClientIDFromOpenIDConnectProvider", PROVIDER),
    action("RemoveRoleFromInstanceProfile", PROFILE),
    action("SetDefaultPolicyVersion", POLICY),
    action("SimulateCustomPolicy", &[]),
    action("SimulatePrincipalPolicy", ROLE),
    action("TagOpenIDConnectProvider", PROVIDER),
    action("TagPolicy", POLICY),
    action("TagRole", ROLE),
    action("UntagOpenIDConnectProvider", PROVIDER),
    action("UntagPolicy", POLICY),
    action("UntagRole", ROLE),
    action("UpdateAssumeRolePolicy", ROLE),
    action("UpdateOpenIDConnectProviderThumbprint", PROVIDER),
    action("UpdateRole", ROLE),
    action("UpdateRoleDescription", ROLE),
];

pub(super) fn needs(context: &Context<'_>, operation: &str, request: &Incoming) -> Vec<Need> {
    let params = Params::of(request);
    let resource = match row(ACTIONS, operation) {
        [kind, ..] => resource(context, operation, kind, &params),
        [] => "*".to_owned(),
    };
    let mut keys = Keys::default();
    if let Ok(tags) = params.tags() {
        keys.set_request_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    }
    if operation.starts_with("Untag") {
        let removed = params.list("TagKeys").into_iter().map(str::to_owned);
        keys.set_all("aws:TagKeys", removed);
    }
    for (key, parameter) in [
        ("iam:PolicyARN", "PolicyArn"),
        ("iam:PermissionsBoundary", "PermissionsBoundary"),
        ("iam:AWSServiceName", "AWSServiceName"),
    ] {
        if let Some(value) = params.get(parameter) {
            keys.set(key, value);
        }
    }
    let mut needs = vec![Need::new(format!("iam:{operation}"), resource).with(&keys)];
    // What is made with tags takes the permission to tag it. Source: IAM User Guide, "Tags for IAM
    // resources".
    let tagged = keys.values("aws:RequestTag").is_some() || keys.values("aws:TagKeys").is_some();
    let thing = operation.strip_prefix("Create").filter(|_| tagged);
    if let Some(thing) = thing.filter(|thing| *thing != "ServiceLinkedRole") {
        let resource = needs[0].resource.clone();
        needs.push(Need::new(format!("iam:Tag{thing}"), resource).with(&keys).dependent());
    }
    // The role that a profile carries is passed to EC2. Source: IAM API Reference,
    // `AddRoleToInstanceProfile`.
    if operation == "AddRoleToInstanceProfile" {
        let name = params.get("RoleName").unwrap_or("*");
        let mut keys = Keys::default();
        keys.set("iam:PassedToService", "ec2.amazonaws.com");
        let role = arn_of_role(context, name);
        needs.push(Need::new("iam:PassRole", role).with(&keys).dependent());
    }
    needs
}

/// The ARN of a role by its name: with its path, where it exists.
pub(super) fn arn_of_role(context: &Context<'_>, name: &str) -> String {
    match context.global.iam.roles.get(name) {
        Some(role) => role.arn.clone(),
        None => context.region.iam_arn(&format!("role/{name}")),
    }
}

fn resource(context: &Context<'_>, operation: &str, kind: &str, params: &Params) -> String {
    let get = |name: &str| params.get(name).unwrap_or("*");
    let new = |kind: &str, name: &str| {
        let path = params.get("Path").unwrap_or("/");
        context.region.iam_arn(&format!("{kind}{path}{name}"))
    };
    match kind {
        "role" if operation == "SimulatePrincipalPolicy" => get("PolicySourceArn").to_owned(),
        "role" => arn_of_role(context, get("RoleName")),
        "policy" => get("PolicyArn").to_owned(),
        "oidc-provider" => get("OpenIDConnectProviderArn").to_owned(),
        "instance-profile" => {
            let name = get("InstanceProfileName");
            let found = context.global.iam.instance_profiles.get(name);
            found.map_or_else(|| new(kind, name), |profile| profile.arn.clone())
        }
        "+role" if operation == "CreateServiceLinkedRole" => {
            let service = get("AWSServiceName");
            new("role", &format!("aws-service-role/{service}/*"))
        }
        "+role" => new("role", get("RoleName")),
        "+policy" => new("policy", get("PolicyName")),
        "+instance-profile" => new("instance-profile", get("InstanceProfileName")),
        "+oidc-provider" => {
            let issuer = get("Url").trim_start_matches("https://");
            context.region.iam_arn(&format!("oidc-provider/{issuer}"))
        }
        _ => "*".to_owned(),
    }
}
