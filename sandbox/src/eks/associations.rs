//! EKS Pod Identity associations.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, Response, seconds};
use super::clusters;
use super::errors::{in_use, invalid_parameter, invalid_request, not_found};
use crate::authorization::document::{Document, Effect, Principals, Use};
use crate::authorization::principal::Grantee;
use crate::error::{AwsError, Result};
use crate::service::Context;
use crate::world::eks::Association;
use crate::world::iam::Role;
use crate::world::{Region, Tags, partition};

/// "Pod Identity associations per cluster" (Amazon EKS service quotas).
const MOST: usize = 5000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    namespace: Option<String>,
    service_account: Option<String>,
    role_arn: Option<String>,
    target_role_arn: Option<String>,
    #[serde(default)]
    disable_session_tags: bool,
    client_request_token: Option<String>,
    policy: Option<String>,
    #[serde(default)]
    tags: Tags,
}

/// `CreatePodIdentityAssociation`: one for a service account of a cluster. Whether the
/// service account exists is not asked; the role must exist, and trust EKS.
pub(super) fn create(call: &mut Call, cluster: &str) -> Response {
    let wanted: Create = call.body()?;
    clusters::active(call.context.region, cluster)?;
    let missing = |name: &str| invalid_parameter(format!("{name} is required"));
    let namespace = wanted.namespace.ok_or_else(|| missing("namespace"))?;
    let service_account = wanted.service_account.ok_or_else(|| missing("serviceAccount"))?;
    let role_arn = wanted.role_arn.ok_or_else(|| missing("roleArn"))?;
    for name in [&namespace, &service_account] {
        check_name(name)?;
    }
    check_pod_role(call.context, &role_arn)?;
    if let Some(role) = &wanted.target_role_arn {
        check_role(call.context.region, role)?;
    }
    refuse_policy(wanted.policy.as_deref())?;
    let associations = &call.context.region.eks.associations;
    if let Some(token) = &wanted.client_request_token
        && let Some(found) =
            associations.by("cluster", cluster).find(|row| row.token.as_ref() == Some(token))
    {
        return Ok((200, json!({ "association": describe_one(call.context.region, found) })));
    }
    unique(call.context.region, cluster, &namespace, &service_account)?;
    if associations.by("cluster", cluster).count() >= MOST {
        let message =
            format!("Cluster {cluster} has the most associations that are allowed: {MOST}");
        return Err(AwsError::new(400, "ResourceLimitExceededException", message));
    }
    let external = wanted.target_role_arn.as_ref().map(|_| {
        let region = &*call.context.region;
        format!("{}/{}/{cluster}/{namespace}/{service_account}", region.name, region.account)
    });
    let association = Association {
        id: new_id(call),
        cluster: cluster.to_owned(),
        namespace,
        service_account,
        role_arn,
        external_id: external,
        target_role_arn: wanted.target_role_arn,
        disable_session_tags: wanted.disable_session_tags,
        owner: None,
        token: wanted.client_request_token,
        created_ms: call.context.now,
        modified_ms: call.context.now,
        tags: wanted.tags,
    };
    let body = json!({ "association": describe_one(call.context.region, &association) });
    call.context.region.eks.associations.insert(association.id.clone(), association);
    Ok((200, body))
}

/// Refuses a second association of a service account.
pub(super) fn unique(region: &Region, cluster: &str, namespace: &str, account: &str) -> Result<()> {
    let same = |row: &&Association| row.namespace == namespace && row.service_account == account;
    match region.eks.associations.by("cluster", cluster).find(same) {
        None => Ok(()),
        Some(found) => Err(in_use(format!("Association already exists: {}", found.id))
            .with("clusterName", cluster)),
    }
}

/// `a-` and 17 letters and digits.
pub(super) fn new_id(call: &mut Call) -> String {
    call.context.ids.next("a-")
}

/// Names of namespaces and service accounts: RFC 1123 labels, with dots in the latter.
fn check_name(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    let edges = [name.chars().next(), name.chars().last()];
    let fine = (1..=253).contains(&name.len())
        && name.chars().all(fits)
        && edges.into_iter().flatten().all(|c| c.is_ascii_alphanumeric());
    if fine { Ok(()) } else { Err(invalid_parameter(format!("Invalid name: {name}"))) }
}

/// An IAM role's ARN, in the partition of a region.
pub(super) fn check_role(region: &Region, arn: &str) -> Result<()> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let fits = matches!(parts.as_slice(), ["arn", its, "iam", "", account, role]
        if *its == partition(&region.name) && account.len() == 12
            && account.bytes().all(|c| c.is_ascii_digit())
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()));
    if fits { Ok(()) } else { Err(invalid_parameter(format!("Invalid role ARN: {arn}"))) }
}

/// A role that exists, as far as EKS knows. AWS's message: hashicorp/terraform-provider-aws pull
/// 34717; of add-ons only its end is known (`internal/service/eks/addon.go`).
pub(super) fn check_existing_role<'a>(context: &'a Context, arn: &str) -> Result<&'a Role> {
    check_role(context.region, arn)?;
    let unknown = || invalid_parameter("Role provided in the request does not exist.");
    context.role(arn).ok_or_else(unknown)
}

/// A role for pods: it exists, and trusts the service that hands its credentials out. AWS's message:
/// hashicorp/terraform-provider-aws issue 41483.
pub(super) fn check_pod_role(context: &Context, arn: &str) -> Result<()> {
    let role = check_existing_role(context, arn)?;
    let trust = Document::parse(&role.trust, Use::Trust);
    let trusts = trust.is_ok_and(|trust| {
        let mut allowed = trust.statements.iter().filter(|it| it.effect == Effect::Allow);
        allowed.any(|statement| {
            let Some(Principals::Only(trusted)) = &statement.principals else { return false };
            trusted.iter().any(|it| *it == Grantee::Other("pods.eks.amazonaws.com".to_owned()))
        })
    });
    if trusts {
        Ok(())
    } else {
        Err(invalid_parameter("Trust policy of the role provided is invalid"))
    }
}

fn refuse_policy(policy: Option<&str>) -> Result<()> {
    match policy {
        None => Ok(()),
        Some(_) => Err(AwsError::not_served(
            "The sandbox does not serve the session policies of associations.",
        )),
    }
}

/// `ListPodIdentityAssociations`.
pub(super) fn list(call: &mut Call, cluster: &str) -> Response {
    let region = &*call.context.region;
    clusters::find(region, cluster)?;
    let (namespace, account) = (call.query("namespace"), call.query("serviceAccount"));
    let listed = region
        .eks
        .associations
        .by("cluster", cluster)
        .filter(|row| namespace.is_none_or(|name| row.namespace == name))
        .filter(|row| account.is_none_or(|name| row.service_account == name))
        .map(|row| (row.id.clone(), summary(region, row)))
        .collect();
    call.page("associations", listed)
}

/// `DescribePodIdentityAssociation`.
pub(super) fn describe(call: &mut Call, cluster: &str, id: &str) -> Response {
    let region = &*call.context.region;
    Ok((200, json!({ "association": describe_one(region, find(region, cluster, id)?) })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update {
    role_arn: Option<String>,
    target_role_arn: Option<String>,
    disable_session_tags: Option<bool>,
    policy: Option<String>,
}

/// `UpdatePodIdentityAssociation`: the roles only; an add-on's are changed with it.
pub(super) fn update(call: &mut Call, cluster: &str, id: &str) -> Response {
    let wanted: Update = call.body()?;
    let found = find(call.context.region, cluster, id)?.clone();
    owned_by_addon(&found)?;
    refuse_policy(wanted.policy.as_deref())?;
    if let Some(role) = &wanted.role_arn {
        check_pod_role(call.context, role)?;
    }
    if let Some(role) = &wanted.target_role_arn {
        check_role(call.context.region, role)?;
    }
    let changed = Association {
        role_arn: wanted.role_arn.unwrap_or(found.role_arn),
        target_role_arn: wanted.target_role_arn.or(found.target_role_arn),
        disable_session_tags: wanted.disable_session_tags.unwrap_or(found.disable_session_tags),
        modified_ms: call.context.now,
        ..found
    };
    let body = json!({ "association": describe_one(call.context.region, &changed) });
    call.context.region.eks.associations.insert(id.to_owned(), changed);
    Ok((200, body))
}

/// `DeletePodIdentityAssociation`.
pub(super) fn delete(call: &mut Call, cluster: &str, id: &str) -> Response {
    let found = find(call.context.region, cluster, id)?.clone();
    owned_by_addon(&found)?;
    let body = json!({ "association": describe_one(call.context.region, &found) });
    call.context.region.eks.associations.remove(id);
    Ok((200, body))
}

fn owned_by_addon(association: &Association) -> Result<()> {
    match &association.owner {
        None => Ok(()),
        Some(owner) => Err(invalid_request(format!(
            "The association {} is owned by {owner}; change it with the add-on",
            association.id
        ))),
    }
}

fn find<'a>(region: &'a Region, cluster: &str, id: &str) -> Result<&'a Association> {
    clusters::find(region, cluster)?;
    let found = region.eks.associations.get(id).filter(|row| row.cluster == cluster);
    found.ok_or_else(|| {
        not_found(format!("Association not found: {id}")).with("clusterName", cluster)
    })
}

/// An association's ARN.
pub(super) fn arn(region: &Region, association: &Association) -> String {
    let resource = format!("podidentityassociation/{}/{}", association.cluster, association.id);
    region.arn("eks", &resource)
}

fn summary(region: &Region, association: &Association) -> Value {
    let mut body = json!({
        "clusterName": association.cluster,
        "namespace": association.namespace,
        "serviceAccount": association.service_account,
        "associationArn": arn(region, association),
        "associationId": association.id,
    });
    if let Some(owner) = &association.owner {
        body["ownerArn"] = json!(owner);
    }
    body
}

fn describe_one(region: &Region, association: &Association) -> Value {
    let mut body = summary(region, association);
    body["roleArn"] = json!(association.role_arn);
    body["tags"] = json!(association.tags);
    body["createdAt"] = json!(seconds(association.created_ms));
    body["modifiedAt"] = json!(seconds(association.modified_ms));
    body["disableSessionTags"] = json!(association.disable_session_tags);
    if let Some(role) = &association.target_role_arn {
        body["targetRoleArn"] = json!(role);
        body["externalId"] = json!(association.external_id);
    }
    body
}
