//! Updates of add-ons.

use serde_json::{Value, json};

use super::addons::{CONFLICT, CONFLICT_MESSAGE, Wishes, find, own_associations, settle_conflict};
use super::call::{Call, Response, seconds};
use super::errors::{in_use, invalid_request, not_found};
use super::{catalog, clusters};
use crate::world::eks::{Addon, AddonStatus, Update};

/// `UpdateAddon`.
pub(super) fn update(call: &mut Call, cluster: &str, name: &str) -> Response {
    let wishes: Wishes = call.body()?;
    let addon = find(call.context.region, cluster, name)?.clone();
    if matches!(addon.status, AddonStatus::Creating | AddonStatus::Updating | AddonStatus::Deleting)
    {
        let status = json!(addon.status);
        let status = status.as_str().unwrap_or_default();
        return Err(in_use(format!(
            "Addon {name} cannot be updated as it is currently in {status} state"
        ))
        .with("clusterName", cluster)
        .with("addonName", name));
    }
    let offer = catalog::offer(name).ok_or_else(|| invalid_request("Addon is not supported"))?;
    wishes.check(offer, call.context)?;
    let now = call.context.now;
    let until = now + call.context.options.addon_changing_ms;
    let params = params(&wishes);
    let changed_by_hand = clusters::find(call.context.region, cluster)?;
    let changed_by_hand = changed_by_hand.self_managed.iter().any(|addon| addon == name);
    let resolve = wishes.resolve_conflicts.as_deref().unwrap_or("NONE");
    let failed = changed_by_hand && resolve == "NONE";
    if resolve == "OVERWRITE" {
        settle_conflict(call.context.region, cluster, name);
    }
    let ends = if failed { AddonStatus::UpdateFailed } else { AddonStatus::Active };
    let mut changed = Addon {
        status: AddonStatus::Updating,
        next: Some((until, ends)),
        modified_ms: now,
        ..addon
    };
    let wishes = if failed { Wishes::default() } else { wishes };
    changed.version = wishes.addon_version.unwrap_or(changed.version);
    // "If you don't specify an existing IAM role, then the add-on uses the permissions assigned to
    // the node IAM role" (`UpdateAddon`): a role that is not given again is taken away
    // (hashicorp/terraform-provider-aws issue 19402).
    if !failed {
        changed.role_arn = wishes.service_account_role_arn;
    }
    changed.configuration = wishes.configuration_values.or(changed.configuration);
    if let Some(wanted) = wishes.pod_identity_associations {
        own_associations(call, &changed, wanted)?;
    }
    let update = Update {
        id: call.context.ids.uuid(),
        cluster: cluster.to_owned(),
        addon: name.to_owned(),
        until_ms: until,
        created_ms: now,
        params,
        failed,
    };
    let body = json!({ "update": describe_update(&update, now) });
    let eks = &mut call.context.region.eks;
    eks.updates.insert(update.id.clone(), update);
    eks.addons.insert(Addon::id(cluster, name), changed);
    Ok((200, body))
}

fn params(wishes: &Wishes) -> Vec<(String, String)> {
    let given = [
        ("AddonVersion", &wishes.addon_version),
        ("ServiceAccountRoleArn", &wishes.service_account_role_arn),
        ("ResolveConflicts", &wishes.resolve_conflicts),
        ("ConfigurationValues", &wishes.configuration_values),
    ];
    given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect()
}

/// `DescribeUpdate`.
pub(super) fn updated(call: &mut Call, cluster: &str, id: &str) -> Response {
    let update = call.context.region.eks.updates.get(id).filter(|row| row.cluster == cluster);
    let update = update.ok_or_else(|| not_found(format!("No update found for ID: {id}.")))?;
    Ok((200, json!({ "update": describe_update(update, call.context.now) })))
}

fn describe_update(update: &Update, now: u64) -> Value {
    let params: Vec<Value> =
        update.params.iter().map(|(kind, value)| json!({ "type": kind, "value": value })).collect();
    let ended = if update.failed { "Failed" } else { "Successful" };
    let over = now >= update.until_ms;
    let errors = if over && update.failed {
        json!([{ "errorCode": CONFLICT, "errorMessage": CONFLICT_MESSAGE, "resourceIds": [] }])
    } else {
        json!([])
    };
    json!({
        "id": update.id,
        "status": if over { ended } else { "InProgress" },
        "type": "AddonUpdate",
        "params": params,
        "createdAt": seconds(update.created_ms),
        "errors": errors,
    })
}
