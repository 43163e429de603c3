//! Tags of file systems and access points.

use serde::Deserialize;
use serde_json::{Value, json};

use super::missing::{no_access_point, no_file_system};
use super::{Call, Told, bare};
use crate::error::{Answer, AwsError};
use crate::world::Tags;

/// The most tags that a resource takes.
const MOST: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagResource {
    tags: Vec<Tag>,
}

/// Checks what EFS checks: length, letters, reserved keys, number.
pub(super) fn checked(tags: Vec<Tag>) -> Answer<Tags> {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "+-=._:/@".contains(c);
    let mut checked = Tags::new();
    for Tag { key, value } in tags {
        let lengths = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
        if !lengths || !key.chars().chain(value.chars()).all(allowed) {
            return Err(AwsError::bad_request(format!("invalid tag: {key:?}")));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(AwsError::bad_request("tag keys beginning with aws: are reserved"));
        }
        if checked.insert(key.clone(), value).is_some() {
            return Err(AwsError::bad_request(format!("duplicate tag key: {key:?}")));
        }
    }
    limited(checked)
}

fn limited(tags: Tags) -> Answer<Tags> {
    if tags.len() > MOST {
        return Err(AwsError::bad_request(format!("a resource takes at most {MOST} tags")));
    }
    Ok(tags)
}

pub(super) fn told(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

pub(super) fn tag(call: &mut Call, id: &str) -> Told {
    let new = checked(call.body::<TagResource>()?.tags)?;
    let tags = of(call, id)?;
    let mut all = tags.clone();
    all.extend(new);
    *tags = limited(all)?;
    Ok((200, Value::Null))
}

pub(super) fn untag(call: &mut Call, id: &str) -> Told {
    let keys: Vec<String> = call
        .incoming
        .query
        .iter()
        .filter(|(name, _)| name == "tagKeys")
        .map(|(_, key)| key.clone())
        .collect();
    of(call, id)?.retain(|key, _| !keys.contains(key));
    Ok((200, Value::Null))
}

pub(super) fn list(call: &mut Call, id: &str) -> Told {
    let tags = told(of(call, id)?);
    Ok((200, json!({ "Tags": tags })))
}

fn of<'a>(call: &'a mut Call, id: &str) -> Answer<&'a mut Tags> {
    let id = bare(id);
    let region = &mut *call.context.region;
    if id.starts_with("fsap-") {
        let found = region.efs.access_points.get_mut(id).map(|point| &mut point.tags);
        return found.ok_or_else(|| no_access_point(id));
    }
    let found = region.efs.file_systems.get_mut(id).map(|found| &mut found.tags);
    found.ok_or_else(|| no_file_system(id))
}
