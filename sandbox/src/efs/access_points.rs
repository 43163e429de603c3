//! Access points, which the CSI driver makes one of per volume.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, refused};
use super::names::Kind;
use super::pages::{Page, TOKENS};
use super::tags::{Tag, checked, shown};
use crate::error::{AwsError, Result};
use crate::life::{Life, State};
use crate::world::Region;
use crate::world::efs::{AccessPoint, PosixUser, RootDirectory};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    client_token: String,
    posix_user: Option<PosixUser>,
    root_directory: Option<RootDirectory>,
    #[serde(default)]
    tags: Vec<Tag>,
}

pub(super) fn create(call: &mut Call) -> Result<Value> {
    let asked: Create = call.read()?;
    let (now, options) = (call.context.now, call.context.options);
    // The token counts for the whole region, whatever file system it was given for:
    // https://github.com/kubernetes-sigs/aws-efs-csi-driver/pull/1170; and it never answers
    // 200 a second time: https://github.com/aws/aws-sdk/issues/163.
    if let Some(found) =
        call.context.region.efs.access_points.by("token", &asked.client_token).next()
    {
        let message = format!(
            "Access point '{}' already exists with client token '{}'",
            found.id, asked.client_token
        );
        return Err(
            refused("AccessPointAlreadyExists", message).with("AccessPointId", found.id.clone())
        );
    }
    let file_system = call.available("FileSystemId")?.id.clone();
    let tags = checked(asked.tags)?;
    let limit = options.efs.access_point_limit;
    if call.context.region.efs.access_points.count("file_system", &file_system) >= limit {
        let message =
            format!("File system '{file_system}' has the maximum of {limit} access points.");
        return Err(refused("AccessPointLimitExceeded", message));
    }
    let root = RootDirectory { path: RootDirectory::root(), creation_info: None };
    let point = AccessPoint {
        id: call.context.ids.next(Kind::AccessPoint.prefix()),
        file_system,
        token: asked.client_token,
        posix_user: asked.posix_user,
        root_directory: asked.root_directory.unwrap_or(root),
        tags,
        life: Life::until(State::Creating, now, options.efs.access_point_creating_ms),
    };
    let body = description(call.context.region, &point);
    call.context.region.efs.access_points.insert(point.id.clone(), point);
    Ok(body)
}

pub(super) fn describe(call: &mut Call) -> Result<Value> {
    let by_point = call.text("AccessPointId").is_some();
    let by_file_system = call.text("FileSystemId").is_some();
    if by_point && by_file_system {
        return Err(AwsError::bad_request(
            "AccessPointId and FileSystemId are mutually exclusive: specify one of them",
        ));
    }
    let region = &*call.context.region;
    if by_point {
        let found = call.access_point("AccessPointId")?;
        return Ok(json!({ "AccessPoints": [description(region, found)] }));
    }
    let page = Page::of(call, TOKENS)?;
    let id = |point: &&AccessPoint| point.id.clone();
    let shown = |point: &AccessPoint| description(region, point);
    let points = &region.efs.access_points;
    let after = page.after().to_owned();
    if by_file_system {
        let of = &call.file_system("FileSystemId")?.id;
        return Ok(page.response(
            "AccessPoints",
            points.by_after("file_system", of, &after),
            id,
            shown,
        ));
    }
    let points = points.after(&after).map(|(_, point)| point);
    Ok(page.response("AccessPoints", points, id, shown))
}

pub(super) fn delete(call: &mut Call) -> Result<Value> {
    let found = call.access_point("AccessPointId")?;
    if found.life.state == State::Deleting {
        return Ok(Value::Null);
    }
    let (id, now) = (found.id.clone(), call.context.now);
    let deleting = call.context.options.efs.access_point_deleting_ms;
    let points = &mut call.context.region.efs.access_points;
    if deleting == 0 {
        points.remove(&id);
    } else if let Some(found) = points.get_mut(&id) {
        found.life = Life::until(State::Deleting, now, deleting);
    }
    Ok(Value::Null)
}

fn description(region: &Region, point: &AccessPoint) -> Value {
    let mut body = json!({
        "ClientToken": point.token,
        "AccessPointId": point.id,
        "AccessPointArn": region.arn("elasticfilesystem", &format!("access-point/{}", point.id)),
        "FileSystemId": point.file_system,
        "RootDirectory": point.root_directory,
        "OwnerId": region.account,
        "LifeCycleState": point.life.state.as_str(),
        "Tags": shown(&point.tags),
    });
    if let Some(user) = &point.posix_user {
        body["PosixUser"] = json!(user);
    }
    if let Some(name) = point.tags.get("Name") {
        body["Name"] = json!(name);
    }
    body
}
