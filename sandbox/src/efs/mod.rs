//! The EFS API, version 2015-02-01, over REST and JSON.

mod access_points;
mod file_systems;
mod mount_targets;
mod policies;
mod tags;

use axum::http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Answer, AwsError};
use crate::http::{Context, Incoming, Success};

/// The path that all operations start with.
pub(crate) const PREFIX: &str = "/2015-02-01/";

/// Resources per page, as AWS has it for targets and access points.
const PAGE: usize = 100;

/// What a call does, once somebody has decided that it is carried out.
type Operation<'a> = Box<dyn FnOnce(&mut Call) -> Told + 'a>;

/// The operation that a request names.
pub(crate) fn operation(incoming: &Incoming) -> &'static str {
    route(&incoming.method, &parts(incoming)).0
}

pub(crate) fn carry_out(context: &mut Context, incoming: &Incoming) -> Answer<Success> {
    let parts = parts(incoming);
    let (_, operation) = route(&incoming.method, &parts);
    let (status, body) = operation(&mut Call { context, incoming })?;
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    Ok(Success { status, body })
}

/// A status and a body; `null` for none.
type Told = Answer<(u16, Value)>;

fn parts(incoming: &Incoming) -> Vec<&str> {
    let path = incoming.path.strip_prefix(PREFIX).unwrap_or_default();
    path.trim_end_matches('/').split('/').collect()
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
            let message = format!("the sandbox does not have {method} {PREFIX}{}", parts.join("/"));
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
        let region = &self.context.region.name;
        format!("arn:aws:elasticfilesystem:{region}:{}:{kind}/{id}", crate::world::ACCOUNT)
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

fn no_file_system(id: &str) -> AwsError {
    AwsError::new(404, "FileSystemNotFound", format!("File system '{id}' does not exist."))
}
