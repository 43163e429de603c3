//! Add-ons: what is offered, and what is installed.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, Response, seconds};
use super::catalog::{self, Offer};
use super::errors::{in_use, invalid_parameter, not_found};
use super::{associations, clusters, schema};
use crate::authorization::managed;
use crate::error::{AwsError, Result};
use crate::service::Context;
use crate::world::eks::{Addon, AddonStatus, Association};
use crate::world::{Region, Tags, partition};

/// What EKS says where somebody else set fields of an add-on's objects.
pub(super) const CONFLICT: &str = "ConfigurationConflict";
pub(super) const CONFLICT_MESSAGE: &str =
    "Conflicts found when trying to apply. Will not continue due to resolve conflicts mode";
/// The words behind the colon are those of the API server (apimachinery, `FieldImmutableErrorMsg`).
const IMMUTABLE_MESSAGE: &str =
    "Apply failed: DaemonSet.apps \"efs-csi-node\" is invalid: spec.selector: field is immutable";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    addon_name: Option<String>,
    #[serde(flatten)]
    wishes: Wishes,
    #[serde(default)]
    tags: Tags,
    namespace_config: Option<Namespace>,
}

#[derive(Deserialize)]
struct Namespace {
    namespace: Option<String>,
}

/// What creation and update have in common.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wishes {
    pub(super) addon_version: Option<String>,
    pub(super) service_account_role_arn: Option<String>,
    pub(super) resolve_conflicts: Option<String>,
    pub(super) configuration_values: Option<String>,
    pub(super) pod_identity_associations: Option<Vec<Wanted>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    service_account: String,
    role_arn: String,
}

impl Wishes {
    /// Refuses what no add-on of this offer can be.
    pub(super) fn check(&self, offer: &Offer, context: &Context) -> Result<()> {
        if let Some(version) = &self.addon_version
            && !offer.versions.contains(&version.as_str())
        {
            return Err(invalid_parameter("Addon version specified is not supported"));
        }
        let resolve = self.resolve_conflicts.as_deref().unwrap_or("NONE");
        if !["NONE", "OVERWRITE", "PRESERVE"].contains(&resolve) {
            return Err(invalid_parameter(format!("Invalid resolveConflicts value: {resolve}")));
        }
        if let Some(role) = &self.service_account_role_arn {
            associations::check_existing_role(context, role)?;
        }
        let wanted = self.pod_identity_associations.as_deref().unwrap_or_default();
        if self.service_account_role_arn.is_some() && !wanted.is_empty() {
            return Err(invalid_parameter(
                "ServiceAccountRoleArn and PodIdentityAssociations cannot be specified together",
            ));
        }
        for one in wanted {
            associations::check_pod_role(context, &one.role_arn)?;
            if !offer.accounts.iter().any(|(name, _)| *name == one.service_account) {
                return Err(invalid_parameter(format!(
                    "The service account {} is not one of the add-on {}",
                    one.service_account, offer.name
                )));
            }
        }
        let values = self.configuration_values.as_deref().unwrap_or_default();
        schema::check_configuration(&offer.schema(), values)
    }
}

/// `CreateAddon`.
pub(super) fn create(call: &mut Call, cluster: &str) -> Response {
    let wanted: Create = call.body()?;
    let found = clusters::active(call.context.region, cluster)?.clone();
    let name = wanted.addon_name.unwrap_or_default();
    let unsupported = || {
        invalid_parameter(format!(
            "Addon {name} specified is not supported in {} kubernetes version",
            found.version
        ))
    };
    let offer = catalog::offer(&name).ok_or_else(unsupported)?;
    if !catalog::KUBERNETES.contains(&found.version.as_str()) {
        return Err(unsupported());
    }
    wanted.wishes.check(offer, call.context)?;
    let id = Addon::id(cluster, &name);
    if call.context.region.eks.addons.contains_key(&id) {
        return Err(in_use("Addon already exists.")
            .with("clusterName", cluster)
            .with("addonName", name));
    }
    let overwrite = wanted.wishes.resolve_conflicts.as_deref() == Some("OVERWRITE");
    let conflict =
        found.self_managed.contains(&name) && !overwrite || found.other_selectors.contains(&name);
    let ends = if conflict { AddonStatus::CreateFailed } else { AddonStatus::Active };
    if overwrite {
        settle_conflict(call.context.region, cluster, &name);
    }
    let now = call.context.now;
    let addon = Addon {
        cluster: cluster.to_owned(),
        uuid: call.context.ids.uuid(),
        version: wanted.wishes.addon_version.unwrap_or_else(|| offer.versions[0].to_owned()),
        status: AddonStatus::Creating,
        next: Some((now + call.context.options.addon_changing_ms, ends)),
        role_arn: wanted.wishes.service_account_role_arn,
        configuration: wanted.wishes.configuration_values,
        namespace: wanted
            .namespace_config
            .and_then(|it| it.namespace)
            .unwrap_or_else(|| offer.namespace.to_owned()),
        created_ms: now,
        modified_ms: now,
        tags: wanted.tags,
        name,
    };
    let associations = wanted.wishes.pod_identity_associations.unwrap_or_default();
    own_associations(call, &addon, associations)?;
    let body = json!({ "addon": describe_one(call.context.region, &addon) });
    call.context.region.eks.addons.insert(id, addon);
    Ok((200, body))
}

/// EKS has set the fields that somebody else had set.
pub(super) fn settle_conflict(region: &mut Region, cluster: &str, addon: &str) {
    if let Some(cluster) = region.eks.clusters.get_mut(cluster) {
        cluster.self_managed.retain(|name| name != addon);
    }
}

/// The associations that belong to an add-on, instead of those it had.
pub(super) fn own_associations(call: &mut Call, addon: &Addon, wanted: Vec<Wanted>) -> Result<()> {
    let owner = arn(call.context.region, addon);
    let region = &mut *call.context.region;
    let former: Vec<String> = owned(region, addon).map(|row| row.id.clone()).collect();
    for id in &former {
        region.eks.associations.remove(id);
    }
    for one in wanted {
        let (namespace, account) = (&addon.namespace, &one.service_account);
        associations::unique(call.context.region, &addon.cluster, namespace, account)?;
        let association = Association {
            id: associations::new_id(call),
            cluster: addon.cluster.clone(),
            namespace: addon.namespace.clone(),
            service_account: one.service_account,
            role_arn: one.role_arn,
            target_role_arn: None,
            external_id: None,
            disable_session_tags: false,
            owner: Some(owner.clone()),
            token: None,
            created_ms: call.context.now,
            modified_ms: call.context.now,
            tags: Tags::new(),
        };
        call.context.region.eks.associations.insert(association.id.clone(), association);
    }
    Ok(())
}

fn owned<'a>(region: &'a Region, addon: &Addon) -> impl Iterator<Item = &'a Association> {
    let owner = arn(region, addon);
    let all = region.eks.associations.by("cluster", &addon.cluster);
    all.filter(move |row| row.owner.as_ref() == Some(&owner))
}

/// `DescribeAddon`.
pub(super) fn describe(call: &mut Call, cluster: &str, name: &str) -> Response {
    let addon = find(call.context.region, cluster, name)?;
    Ok((200, json!({ "addon": describe_one(call.context.region, addon) })))
}

/// `DeleteAddon`. Unless they are preserved, the objects go, whoever had set their fields.
pub(super) fn delete(call: &mut Call, cluster: &str, name: &str) -> Response {
    let addon = find(call.context.region, cluster, name)?.clone();
    let preserve = match call.query("preserve") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(invalid_parameter(format!("Invalid preserve: {other}"))),
    };
    if !preserve {
        settle_conflict(call.context.region, cluster, name);
    }
    let until = call.context.now + call.context.options.addon_changing_ms;
    let leaving = Addon {
        status: AddonStatus::Deleting,
        next: Some((until, AddonStatus::Deleting)),
        ..addon
    };
    let body = json!({ "addon": describe_one(call.context.region, &leaving) });
    call.context.region.eks.addons.insert(Addon::id(cluster, name), leaving);
    Ok((200, body))
}

/// `ListAddons`.
pub(super) fn list(call: &mut Call, cluster: &str) -> Response {
    clusters::find(call.context.region, cluster)?;
    let addons = call.context.region.eks.addons.by("cluster", cluster);
    let names: Vec<(String, Value)> =
        addons.map(|addon| (addon.name.clone(), json!(addon.name))).collect();
    call.page("addons", names)
}

/// `DescribeAddonVersions`.
pub(super) fn versions(call: &mut Call) -> Response {
    let name = call.query("addonName");
    if let Some(name) = name
        && catalog::offer(name).is_none()
    {
        return Err(not_found(format!("Addon {name} specified is not supported")));
    }
    let kubernetes = call.query("kubernetesVersion");
    let wanted = |parameter: &str, value: &str| {
        let given = call.queries(parameter);
        given.is_empty() || given.contains(&value)
    };
    let offers = catalog::OFFERS.iter().filter(|offer| name.is_none_or(|name| offer.name == name));
    let mut listed: Vec<(String, Value)> = offers
        .map(|offer| (offer.name.to_owned(), offer.describe(kubernetes)))
        .filter(|(_, offer)| {
            [("types", "type"), ("publishers", "publisher"), ("owners", "owner")].iter().all(
                |(parameter, member)| {
                    wanted(parameter, offer[*member].as_str().unwrap_or_default())
                },
            )
        })
        .filter(|_| kubernetes.is_none_or(|version| catalog::KUBERNETES.contains(&version)))
        .collect();
    listed.sort_by(|a, b| a.0.cmp(&b.0));
    call.page("addons", listed)
}

/// `DescribeAddonConfiguration`.
pub(super) fn configuration(call: &mut Call) -> Response {
    let name = call.query("addonName").unwrap_or_default();
    let version = call.query("addonVersion").unwrap_or_default();
    let offer = catalog::offer(name)
        .ok_or_else(|| not_found(format!("Addon {name} specified is not supported")))?;
    if !offer.versions.contains(&version) {
        return Err(invalid_parameter("Addon version specified is not supported"));
    }
    let accounts: Vec<Value> = offer
        .accounts
        .iter()
        .map(|(account, policy)| {
            let policy = managed::arn(partition(&call.context.region.name), policy);
            json!({ "serviceAccount": account, "recommendedManagedPolicies": [policy] })
        })
        .collect();
    let body = json!({
        "addonName": name,
        "addonVersion": version,
        "configurationSchema": offer.schema().to_string(),
        "podIdentityConfiguration": accounts,
    });
    Ok((200, body))
}

pub(super) fn find<'a>(region: &'a Region, cluster: &str, name: &str) -> Result<&'a Addon> {
    clusters::find(region, cluster)?;
    let missing = || -> AwsError {
        not_found(format!("No addon: {name} found in cluster: {cluster}"))
            .with("clusterName", cluster)
            .with("addonName", name)
    };
    region.eks.addons.get(&Addon::id(cluster, name)).ok_or_else(missing)
}

/// An add-on's ARN.
pub(super) fn arn(region: &Region, addon: &Addon) -> String {
    region.arn("eks", &format!("addon/{}/{}/{}", addon.cluster, addon.name, addon.uuid))
}

fn describe_one(region: &Region, addon: &Addon) -> Value {
    let cluster = region.eks.clusters.get(&addon.cluster);
    let lacks_pods = cluster.is_some_and(|cluster| cluster.without_replicas.contains(&addon.name));
    let status = match addon.status {
        AddonStatus::Active if lacks_pods => AddonStatus::Degraded,
        status => status,
    };
    let issue = |code: &str, message: &str| json!([{ "code": code, "message": message, "resourceIds": [] }]);
    let fixed = cluster.is_some_and(|cluster| cluster.other_selectors.contains(&addon.name));
    let issues = match status {
        AddonStatus::CreateFailed if fixed => issue(CONFLICT, IMMUTABLE_MESSAGE),
        AddonStatus::CreateFailed | AddonStatus::UpdateFailed => issue(CONFLICT, CONFLICT_MESSAGE),
        AddonStatus::Degraded => issue(
            "InsufficientNumberOfReplicas",
            "The add-on is unhealthy because it doesn't have the desired number of replicas.",
        ),
        _ => json!([]),
    };
    let associations: Vec<String> =
        owned(region, addon).map(|row| associations::arn(region, row)).collect();
    let mut body = json!({
        "addonName": addon.name,
        "clusterName": addon.cluster,
        "status": status,
        "addonVersion": addon.version,
        "health": { "issues": issues },
        "addonArn": arn(region, addon),
        "createdAt": seconds(addon.created_ms),
        "modifiedAt": seconds(addon.modified_ms),
        "namespaceConfig": { "namespace": addon.namespace },
        "tags": addon.tags,
    });
    if let Some(role) = &addon.role_arn {
        body["serviceAccountRoleArn"] = json!(role);
    }
    if let Some(values) = &addon.configuration {
        body["configurationValues"] = json!(values);
    }
    if !associations.is_empty() {
        body["podIdentityAssociations"] = json!(associations);
    }
    body
}
