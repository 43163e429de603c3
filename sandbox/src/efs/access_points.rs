//! Access points, which the CSI driver makes one of per volume.

use serde::Deserialize;
use serde_json::{Value, json};

use super::missing::{available, no_access_point, no_file_system};
use super::state::AccessPoint;
use super::tags::{Tag, checked, told};
use super::{Call, PAGE, Told, bare};
use crate::error::AwsError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    client_token: String,
    file_system_id: String,
    posix_user: Option<Value>,
    root_directory: Option<Value>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create(call: &mut Call) -> Told {
    let asked: Create = call.body()?;
    let file_system = bare(&asked.file_system_id).to_owned();
    let points = &call.context.region.efs.access_points;
    if let Some(found) = points.by("token", &asked.client_token).next() {
        let message = format!("Access point '{}' already exists with this client token", found.id);
        return Err(AwsError::new(409, "AccessPointAlreadyExists", message)
            .with("AccessPointId", found.id.clone()));
    }
    let Some(found) = call.context.region.efs.file_systems.get(&file_system) else {
        return Err(no_file_system(&file_system));
    };
    available(found)?;
    let point = AccessPoint {
        id: call.context.ids.next("fsap-"),
        file_system,
        token: asked.client_token,
        posix_user: asked.posix_user,
        root_directory: asked.root_directory.unwrap_or_else(|| json!({ "Path": "/" })),
        tags: checked(asked.tags)?,
    };
    let told = description(call, &point);
    call.context.region.efs.access_points.insert(point.id.clone(), point);
    Ok((200, told))
}

pub(super) fn describe(call: &mut Call) -> Told {
    let file_system = call.query("FileSystemId").map(bare);
    let id = call.query("AccessPointId").map(bare);
    let region = &*call.context.region;
    if let Some(id) = id
        && !region.efs.access_points.contains_key(id)
    {
        return Err(no_access_point(id));
    }
    if let Some(id) = file_system
        && !region.efs.file_systems.contains_key(id)
    {
        return Err(no_file_system(id));
    }
    let listed = region
        .efs
        .access_points
        .values()
        .filter(|point| file_system.is_none_or(|id| point.file_system == id))
        .filter(|point| id.is_none_or(|id| point.id == id))
        .map(|point| (point.id.clone(), description(call, point)))
        .collect();
    // This operation alone calls its marker a token.
    let (status, mut body) = call.page("AccessPoints", PAGE, listed)?;
    if let Some(marker) = body.get("NextMarker").cloned() {
        body["NextToken"] = marker;
    }
    Ok((status, body))
}

pub(super) fn delete(call: &mut Call, id: &str) -> Told {
    let id = bare(id);
    let removed = call.context.region.efs.access_points.remove(id);
    removed.map(|_| (204, Value::Null)).ok_or_else(|| no_access_point(id))
}

fn description(call: &Call, point: &AccessPoint) -> Value {
    let mut described = json!({
        "ClientToken": point.token,
        "AccessPointId": point.id,
        "AccessPointArn": call.arn("access-point", &point.id),
        "FileSystemId": point.file_system,
        "RootDirectory": point.root_directory,
        "OwnerId": call.context.region.account,
        "LifeCycleState": "available",
        "Tags": told(&point.tags),
    });
    if let Some(user) = &point.posix_user {
        described["PosixUser"] = user.clone();
    }
    if let Some(name) = point.tags.get("Name") {
        described["Name"] = json!(name);
    }
    described
}
