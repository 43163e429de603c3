//! The EFS API, version 2015-02-01, over REST and JSON.

mod access_points;
mod file_systems;
mod missing;
mod mount_targets;
mod policies;
pub(crate) mod state;
mod tags;

use axum::http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Answer, AwsError};
use crate::life::{Life, State};
use crate::service::{Context, ErrorBody, Incoming, Refusal, Service, Success};
use crate::world::Region;

/// The segment that the paths of all operations start with.
const VERSION: &str = "2015-02-01";

/// The content type of all responses.
const CONTENT_TYPE: &str = "application/json";

/// Resources per page, as AWS has it for targets and access points.
const PAGE: usize = 100;

/// What a call does, once somebody has decided that it is carried out.
type Operation<'a> = Box<dyn FnOnce(&mut Call) -> Told + 'a>;

/// Amazon EFS.
pub(crate) struct Efs;

impl Service for Efs {
    fn name(&self) -> &'static str {
        "elasticfilesystem"
    }

    fn accepts(&self, request: &Incoming) -> bool {
        request.path.first().is_some_and(|segment| segment == VERSION)
    }

    fn operation(&self, request: &Incoming) -> String {
        route(&request.method, &segments(request)).0.to_owned()
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Answer<Success> {
        let segments = segments(request);
        let (_, operation) = route(&request.method, &segments);
        let (status, body) = operation(&mut Call { context, incoming: request })?;
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        Ok(Success { status, content_type: CONTENT_TYPE, body })
    }

    fn refusal(&self, refusal: Refusal) -> AwsError {
        let (status, code, message) = match refusal {
            Refusal::Unsigned => {
                (403, "MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            Refusal::WrongService => (
                403,
                "InvalidSignatureException",
                "Credential should be scoped to correct service: 'elasticfilesystem'.",
            ),
            Refusal::Throttled => (429, "ThrottlingException", "Rate exceeded"),
            Refusal::BodyTooLarge => {
                (413, "RequestEntityTooLargeException", "Request entity too large")
            }
            Refusal::Internal => (500, "InternalServerError", "An internal error has occurred"),
        };
        AwsError::new(status, code, message)
    }

    fn error(&self, error: &AwsError, _request_id: &str) -> ErrorBody {
        let body = error.to_json().to_string().into_bytes();
        ErrorBody { content_type: CONTENT_TYPE, error_type: Some(error.code), body }
    }

    fn settle(&self, region: &mut Region, now: u64) {
        for id in region.efs.mount_targets.due(now) {
            let Some(target) = region.efs.mount_targets.get_mut(&id) else { continue };
            if target.life.state == State::Deleting {
                let interface = target.interface.clone();
                region.ec2.interfaces.remove(&interface);
                region.efs.mount_targets.remove(&id);
            } else {
                target.life = Life::AVAILABLE;
            }
        }
        for id in region.efs.file_systems.due(now) {
            let Some(found) = region.efs.file_systems.get_mut(&id) else { continue };
            if found.life.state == State::Deleting {
                region.efs.file_systems.remove(&id);
            } else {
                found.life = Life::AVAILABLE;
            }
        }
    }
}

/// A status and a body; `null` for none.
type Told = Answer<(u16, Value)>;

/// The segments of the path behind the version.
fn segments(request: &Incoming) -> Vec<&str> {
    request.path.iter().skip(1).map(String::as_str).collect()
}

fn route<'a>(method: &Method, parts: &'a [&'a str]) -> (&'static str, Operation<'a>) {
    match (method.as_str(), parts) {
        ("POST", ["file-systems"]) => ("CreateFileSystem", Box::new(file_systems::create)),
        ("GET", ["file-systems"]) => ("DescribeFileSystems", Box::new(file_systems::describe)),
        ("PUT", ["file-systems", id]) => {
            ("UpdateFileSystem", Box::new(move |call| file_systems::update(call, id)))
        }
        ("DELETE", ["file-systems", id]) => {
            ("DeleteFileSystem", Box::new(move |call| file_systems::delete(call, id)))
        }
        ("POST", ["mount-targets"]) => ("CreateMountTarget", Box::new(mount_targets::create)),
        ("GET", ["mount-targets"]) => ("DescribeMountTargets", Box::new(mount_targets::describe)),
        ("DELETE", ["mount-targets", id]) => {
            ("DeleteMountTarget", Box::new(move |call| mount_targets::delete(call, id)))
        }
        ("GET", ["mount-targets", id, "security-groups"]) => (
            "DescribeMountTargetSecurityGroups",
            Box::new(move |call| mount_targets::describe_groups(call, id)),
        ),
        ("PUT", ["mount-targets", id, "security-groups"]) => (
            "ModifyMountTargetSecurityGroups",
            Box::new(move |call| mount_targets::modify_groups(call, id)),
        ),
        ("POST", ["resource-tags", id]) => {
            ("TagResource", Box::new(move |call| tags::tag(call, id)))
        }
        ("DELETE", ["resource-tags", id]) => {
            ("UntagResource", Box::new(move |call| tags::untag(call, id)))
        }
        ("GET", ["resource-tags", id]) => {
            ("ListTagsForResource", Box::new(move |call| tags::list(call, id)))
        }
        ("POST", ["access-points"]) => ("CreateAccessPoint", Box::new(access_points::create)),
        ("GET", ["access-points"]) => ("DescribeAccessPoints", Box::new(access_points::describe)),
        ("DELETE", ["access-points", id]) => {
            ("DeleteAccessPoint", Box::new(move |call| access_points::delete(call, id)))
        }
        ("GET", ["file-systems", id, "lifecycle-configuration"]) => {
            ("DescribeLifecycleConfiguration", Box::new(move |call| policies::lifecycle(call, id)))
        }
        ("PUT", ["file-systems", id, "lifecycle-configuration"]) => {
            ("PutLifecycleConfiguration", Box::new(move |call| policies::put_lifecycle(call, id)))
        }
        ("GET", ["file-systems", id, "backup-policy"]) => {
            ("DescribeBackupPolicy", Box::new(move |call| policies::backup(call, id)))
        }
        ("PUT", ["file-systems", id, "backup-policy"]) => {
            ("PutBackupPolicy", Box::new(move |call| policies::put_backup(call, id)))
        }
        ("GET", ["file-systems", id, "policy"]) => {
            ("DescribeFileSystemPolicy", Box::new(move |call| policies::policy(call, id)))
        }
        ("PUT", ["file-systems", id, "policy"]) => {
            ("PutFileSystemPolicy", Box::new(move |call| policies::put_policy(call, id)))
        }
        ("DELETE", ["file-systems", id, "policy"]) => {
            ("DeleteFileSystemPolicy", Box::new(move |call| policies::delete_policy(call, id)))
        }
        _ => {
            let message =
                format!("the sandbox does not have {method} /{VERSION}/{}", parts.join("/"));
            let error = AwsError::new(404, "UnknownOperationException", message);
            ("unknown", Box::new(move |_| Err(error)))
        }
    }
}

/// One call: what it works on, and what it says.
struct Call<'a, 'b> {
    context: &'a mut Context<'b>,
    incoming: &'a Incoming,
}

impl Call<'_, '_> {
    /// The JSON body.
    fn body<T: DeserializeOwned>(&self) -> Answer<T> {
        let text: &[u8] = if self.incoming.body.is_empty() { b"{}" } else { &self.incoming.body };
        serde_json::from_slice(text).map_err(|error| AwsError::bad_request(error.to_string()))
    }

    /// One parameter of the query.
    fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.incoming.query.iter();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The ARN of a resource.
    fn arn(&self, kind: &str, id: &str) -> String {
        self.context.region.arn("elasticfilesystem", &format!("{kind}/{id}"))
    }

    /// One page of what is listed under `member`, sorted by id. The marker is
    /// the last id of the page before.
    fn page(&self, member: &str, most: usize, listed: Vec<(String, Value)>) -> Told {
        // Access points call them MaxResults and NextToken.
        let asked =
            match self.query("MaxItems").or(self.query("MaxResults")) {
                None => most,
                Some(text) => text.parse().ok().filter(|asked| *asked > 0).ok_or_else(|| {
                    AwsError::bad_request("MaxItems must be a number greater than 0")
                })?,
            };
        let marker = self.query("Marker").or(self.query("NextToken")).unwrap_or_default();
        let mut rest = listed.into_iter().filter(|(id, _)| id.as_str() > marker).peekable();
        let page: Vec<(String, Value)> = rest.by_ref().take(asked.min(most)).collect();
        let mut body = json!({});
        if rest.peek().is_some() {
            body["NextMarker"] = json!(page.last().map(|(id, _)| id));
        }
        if !marker.is_empty() {
            body["Marker"] = json!(marker);
        }
        body[member] = page.into_iter().map(|(_, value)| value).collect();
        Ok((200, body))
    }
}

/// An ARN's last part, or the id as it is: EFS takes both.
fn bare(id: &str) -> &str {
    id.rsplit_once('/').map_or(id, |(_, id)| id)
}
