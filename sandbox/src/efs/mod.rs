//! The EFS API, version 2015-02-01, over REST and JSON.

mod access_points;
mod addresses;
mod admin;
mod api;
mod backup;
mod call;
mod destinations;
mod file_systems;
mod keys;
mod lifecycle;
mod mount_targets;
mod names;
mod network;
mod pages;
mod policy;
mod preferences;
mod protection;
mod replicated;
mod replication;
mod tags;
mod throughput;

use serde_json::Value;

use crate::error::{AwsError, Result};
use crate::life::{Life, State};
use crate::model::{Malformed, Operation, Sent};
use crate::request::Incoming;
use crate::response::{ErrorBody, Refusal, Success};
use crate::service::{Context, Service};
use crate::world::Region;
use api::MODEL;
use call::Call;

/// The segment that the paths of all operations start with.
const VERSION: &str = "2015-02-01";

/// The content type of all responses.
const CONTENT_TYPE: &str = "application/json";

/// Errors that every operation may give, whatever its model lists: the "Common errors" of
/// the API reference, and those of signatures.
const COMMON: &[&str] = &[
    "AccessDeniedException",
    "IncompleteSignatureException",
    "InternalServerError",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "RequestEntityTooLargeException",
    "ThrottlingException",
    "UnrecognizedClientException",
    "ValidationException",
];

/// What carries an operation out, and answers with its body: `null` for none.
type Carried = fn(&mut Call) -> Result<Value>;

/// Amazon EFS.
pub(crate) struct Efs;

impl Service for Efs {
    fn name(&self) -> &'static str {
        "elasticfilesystem"
    }

    fn accepts(&self, request: &Incoming) -> bool {
        request.path.first().is_some_and(|segment| segment == VERSION)
    }

    fn operations(&self) -> Vec<&'static str> {
        let all = MODEL.operations.keys().map(String::as_str);
        all.filter(|name| carries(name).is_some()).collect()
    }

    fn operation(&self, request: &Incoming) -> String {
        let route = MODEL.route(request.method.as_str(), &request.path);
        route.map_or("unknown", |route| route.name).to_owned()
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Result<Success> {
        let (method, path) = (request.method.as_str(), request.path.join("/"));
        let route = MODEL.route(method, &request.path);
        let carried = route.as_ref().and_then(|route| carries(route.name));
        let (Some(route), Some(carried)) = (route, carried) else {
            let message = format!(
                "The sandbox does not serve {method} /{path}: EFS's API has no such operation."
            );
            return Err(AwsError::not_served(message));
        };
        let sent = Sent { query: &request.query, body: &request.body };
        let input =
            MODEL.input(&route, &sent).map_err(|malformed| invalid(route.operation, &malformed))?;
        replication::arrive(context);
        let operation = route.name;
        let mut call = Call { context, operation, input };
        let body =
            carried(&mut call).map_err(|error| listed(route.name, route.operation, error))?;
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        Ok(Success { status: route.operation.status, content_type: CONTENT_TYPE, body })
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
        let error_type = (!error.code.is_empty()).then_some(error.code);
        ErrorBody { content_type: CONTENT_TYPE, error_type, body }
    }

    fn own_path(&self) -> Option<&'static str> {
        Some("efs")
    }

    fn administer(
        &self,
        context: &mut Context<'_>,
        id: &str,
        body: &[u8],
    ) -> Result<(), (u16, String)> {
        admin::change(context, id, body)
    }

    fn settle(&self, region: &mut Region, now: u64) {
        for id in region.efs.mount_targets.due(now) {
            let Some(target) = region.efs.mount_targets.get_mut(&id) else { continue };
            if target.life.state == State::Deleting {
                let interface = target.interface.clone();
                let goes = region.ec2.interfaces.get(&interface).and_then(|found| found.goes_ms);
                if goes.is_none_or(|at| at <= now) {
                    region.ec2.interfaces.remove(&interface);
                }
                region.efs.mount_targets.remove(&id);
            } else {
                target.life = Life::AVAILABLE;
            }
        }
        for id in region.ec2.interfaces.due(now) {
            region.ec2.interfaces.remove(&id);
        }
        for id in region.efs.access_points.due(now) {
            let Some(point) = region.efs.access_points.get_mut(&id) else { continue };
            if point.life.state == State::Deleting {
                region.efs.access_points.remove(&id);
            } else {
                point.life = Life::AVAILABLE;
            }
        }
        for id in region.efs.file_systems.due(now) {
            let Some(found) = region.efs.file_systems.get_mut(&id) else { continue };
            if found.life.state == State::Deleting {
                region.efs.file_systems.remove(&id);
                let points = region.efs.access_points.by("file_system", &id);
                let points: Vec<String> = points.map(|point| point.id.clone()).collect();
                for point in points {
                    region.efs.access_points.remove(&point);
                }
            } else {
                found.life = Life::AVAILABLE;
            }
        }
    }
}

/// The refusal of an input that its model refuses: as `ValidationException` where the
/// operation's model lists that, and as `BadRequest` elsewhere.
///
/// AWS itself was seen to answer `ValidationException` for operations that do not list it
/// (<https://github.com/aws/aws-sdk-js/pull/3321>); clients cannot expect that.
fn invalid(operation: &Operation, malformed: &Malformed) -> AwsError {
    let code = if operation.lists("BadRequest") && !operation.lists("ValidationException") {
        "BadRequest"
    } else {
        "ValidationException"
    };
    call::refused(code, malformed.to_string())
}

/// The error, if the operation may give it: clients have no other ones to expect.
fn listed(name: &str, operation: &Operation, error: AwsError) -> AwsError {
    let known = operation.lists(error.code) && MODEL.status(error.code) == Some(error.status);
    if known || error.status == 501 || COMMON.contains(&error.code) {
        return error;
    }
    let message = format!(
        "The sandbox is wrong: EFS's model lists no {} with status {} for {name} ({})",
        error.code, error.status, error.message
    );
    call::refused("InternalServerError", message)
}

/// What carries out an operation of the model.
fn carries(operation: &str) -> Option<Carried> {
    Some(match operation {
        "CreateAccessPoint" => access_points::create,
        "CreateFileSystem" => file_systems::create,
        "CreateMountTarget" => mount_targets::create,
        "CreateReplicationConfiguration" => replication::create,
        "CreateTags" | "TagResource" => tags::tag,
        "DeleteAccessPoint" => access_points::delete,
        "DeleteFileSystem" => file_systems::delete,
        "DeleteFileSystemPolicy" => policy::delete,
        "DeleteMountTarget" => mount_targets::delete,
        "DeleteReplicationConfiguration" => replication::delete,
        "DeleteTags" | "UntagResource" => tags::untag,
        "DescribeAccessPoints" => access_points::describe,
        "DescribeAccountPreferences" => preferences::describe,
        "DescribeBackupPolicy" => backup::describe,
        "DescribeFileSystemPolicy" => policy::describe,
        "DescribeFileSystems" => file_systems::describe,
        "DescribeLifecycleConfiguration" => lifecycle::describe,
        "DescribeMountTargetSecurityGroups" => mount_targets::describe_groups,
        "DescribeMountTargets" => mount_targets::describe,
        "DescribeReplicationConfigurations" => replication::describe,
        "DescribeTags" => tags::describe,
        "ListTagsForResource" => tags::list,
        "ModifyMountTargetSecurityGroups" => mount_targets::modify_groups,
        "PutAccountPreferences" => preferences::put,
        "PutBackupPolicy" => backup::put,
        "PutFileSystemPolicy" => policy::put,
        "PutLifecycleConfiguration" => lifecycle::put,
        "UpdateFileSystem" => file_systems::update,
        "UpdateFileSystemProtection" => protection::update,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
