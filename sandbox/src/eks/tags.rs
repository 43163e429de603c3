//! Tags of clusters, add-ons and associations, by ARN.

use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Response};
use crate::error::{AwsError, Result};
use crate::world::Tags;
use crate::world::eks::Addon;

#[derive(Deserialize)]
struct Tag {
    tags: Tags,
}

/// `ListTagsForResource`.
pub(super) fn list(call: &mut Call, arn: &str) -> Response {
    Ok((200, json!({ "tags": of(call, arn)? })))
}

/// `TagResource`.
pub(super) fn tag(call: &mut Call, arn: &str) -> Response {
    let Tag { tags } = call.body()?;
    if let Some(key) =
        tags.keys().find(|key| key.starts_with("aws:") || key.len() > 128 || key.is_empty())
    {
        return Err(bad(format!("Invalid tag key: {key}")));
    }
    let all = of(call, arn)?;
    all.extend(tags);
    if all.len() > 50 {
        return Err(bad("More than 50 tags".to_owned()));
    }
    Ok((200, json!({})))
}

/// `UntagResource`.
pub(super) fn untag(call: &mut Call, arn: &str) -> Response {
    let keys: Vec<String> = call.queries("tagKeys").into_iter().map(str::to_owned).collect();
    of(call, arn)?.retain(|key, _| !keys.contains(key));
    Ok((200, json!({})))
}

fn bad(message: String) -> AwsError {
    AwsError::new(400, "BadRequestException", message)
}

/// The tags behind an ARN of this region and account, to change.
fn of<'a>(call: &'a mut Call, arn: &str) -> Result<&'a mut Tags> {
    let region = &mut *call.context.region;
    let base = region.arn("eks", "");
    let resource = arn.strip_prefix(&base).ok_or_else(|| bad(format!("Invalid ARN: {arn}")))?;
    let eks = &mut region.eks;
    let parts: Vec<&str> = resource.split('/').collect();
    let found = match parts.as_slice() {
        ["cluster", name] => eks.clusters.get_mut(name).map(|row| &mut row.tags),
        ["addon", cluster, name, uuid] => {
            let addon = eks.addons.get_mut(&Addon::id(cluster, name));
            addon.filter(|row| row.uuid == *uuid).map(|row| &mut row.tags)
        }
        ["podidentityassociation", cluster, id] => {
            let association = eks.associations.get_mut(id);
            association.filter(|row| row.cluster == *cluster).map(|row| &mut row.tags)
        }
        _ => None,
    };
    found.ok_or_else(|| AwsError::new(404, "NotFoundException", format!("No resource: {arn}")))
}
