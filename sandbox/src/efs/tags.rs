//! Tags of file systems and access points, by the operations of today and by the deprecated ones.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, no_file_system};
use super::names::Kind;
use super::pages::{MARKERS, Names, Page, TOKENS};
use crate::error::{AwsError, Result};
use crate::world::Tags;

/// The most tags that a resource takes (EFS user guide, "Quotas").
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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Untag {
    tag_keys: Vec<String>,
}

/// Tags of a request as they are kept. Lengths, letters and the reserved prefix `aws:` are
/// the model's; here each key is told apart ("each key must be unique"), and all are counted.
pub(super) fn checked(tags: Vec<Tag>) -> Result<Tags> {
    let mut checked = Tags::new();
    for Tag { key, value } in tags {
        if checked.insert(key.clone(), value).is_some() {
            return Err(AwsError::bad_request(format!("Duplicate tag key: '{key}'")));
        }
    }
    limited(checked)
}

fn limited(tags: Tags) -> Result<Tags> {
    if tags.len() > MOST {
        return Err(AwsError::bad_request(format!("A resource can have at most {MOST} tags.")));
    }
    Ok(tags)
}

/// Tags as the API writes them.
pub(super) fn shown(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// `TagResource` and `CreateTags`: new tags are added, those of the same key replaced.
pub(super) fn tag(call: &mut Call) -> Result<Value> {
    let new = checked(call.read::<TagResource>()?.tags)?;
    let mut tags = of(call)?.clone();
    tags.extend(new);
    put(call, limited(tags)?)
}

/// `UntagResource` and `DeleteTags`: keys that are not there are ignored.
pub(super) fn untag(call: &mut Call) -> Result<Value> {
    let keys = call.read::<Untag>()?.tag_keys;
    let mut tags = of(call)?.clone();
    tags.retain(|key, _| !keys.contains(key));
    put(call, tags)
}

pub(super) fn list(call: &mut Call) -> Result<Value> {
    listed(call, TOKENS)
}

/// `DescribeTags`, deprecated.
pub(super) fn describe(call: &mut Call) -> Result<Value> {
    listed(call, MARKERS)
}

fn listed(call: &Call, names: Names) -> Result<Value> {
    let tags = of(call)?;
    let page = Page::of(call, names)?;
    // A key may be longer than a marker: the place in the list stands for it.
    let id = |(place, _): &(usize, _)| format!("{place:03}");
    Ok(page.response(
        "Tags",
        tags.iter().enumerate(),
        id,
        |(_, (key, value))| json!({ "Key": key, "Value": value }),
    ))
}

/// What a call names: the deprecated operations know file systems only.
enum Tagged {
    FileSystem(String),
    AccessPoint(String),
}

fn tagged(call: &Call) -> Result<Tagged> {
    if call.text("FileSystemId").is_some() {
        return call.file_system("FileSystemId").map(|found| Tagged::FileSystem(found.id.clone()));
    }
    let id = call.text("ResourceId").unwrap_or_default();
    if id.starts_with(Kind::AccessPoint.prefix()) || id.contains(":access-point/") {
        return call.access_point("ResourceId").map(|found| Tagged::AccessPoint(found.id.clone()));
    }
    call.file_system("ResourceId").map(|found| Tagged::FileSystem(found.id.clone()))
}

fn of<'a>(call: &'a Call) -> Result<&'a Tags> {
    let efs = &call.context.region.efs;
    match tagged(call)? {
        Tagged::FileSystem(id) => {
            efs.file_systems.get(&id).map(|found| &found.tags).ok_or_else(|| no_file_system(&id))
        }
        Tagged::AccessPoint(_) => call.access_point("ResourceId").map(|found| &found.tags),
    }
}

fn put(call: &mut Call, tags: Tags) -> Result<Value> {
    let tagged = tagged(call)?;
    let efs = &mut call.context.region.efs;
    match tagged {
        Tagged::FileSystem(id) => {
            if let Some(found) = efs.file_systems.get_mut(&id) {
                found.tags = tags;
            }
        }
        Tagged::AccessPoint(id) => {
            if let Some(found) = efs.access_points.get_mut(&id) {
                found.tags = tags;
            }
        }
    }
    Ok(Value::Null)
}
