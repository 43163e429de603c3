//! What an NFS client may do with a file system: the actions that no call of EFS's API takes, and
//! the condition keys that only they have.
//!
//! Source: Amazon EFS User Guide, "Using IAM to control access to file systems". An API call has
//! neither `elasticfilesystem:AccessedViaMountTarget` nor `elasticfilesystem:AccessPointArn`: the
//! Service Authorization Reference has them for `ClientMount`, `ClientWrite` and
//! `ClientRootAccess` alone. There a key that a request does not have is absent, so that
//! `Bool` does not hold, `BoolIfExists` and negated operators do, and `Null` is `true`.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::authorization::context::Context as Keys;
use crate::authorization::document::{Document, Request, Use};
use crate::authorization::evaluate::{Policy, ResourcePolicy, evaluate};
use crate::callers::Caller;
use crate::life::State;
use crate::service::Context;
use crate::world::efs::MountTarget;

/// The actions of clients: to mount and read, to write, to be the root user.
pub(super) const ACTIONS: [&str; 3] = [
    "elasticfilesystem:ClientMount",
    "elasticfilesystem:ClientWrite",
    "elasticfilesystem:ClientRootAccess",
];

/// The keys that only these actions have.
pub(super) const ACCESSED_VIA_MOUNT_TARGET: &str = "elasticfilesystem:AccessedViaMountTarget";
pub(super) const ACCESS_POINT_ARN: &str = "elasticfilesystem:AccessPointArn";

/// "The default EFS file system policy … grants full access to any anonymous client that can
/// connect to the file system using a mount target. The default policy is in effect whenever a
/// user-configured file system policy is not in effect".
const DEFAULT: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow",
        "Principal": { "AWS": "*" },
        "Action": "elasticfilesystem:Client*",
        "Condition": { "Bool": { "elasticfilesystem:AccessedViaMountTarget": "true" } }
    }]
}"#;

/// A status of HTTP and a sentence.
type Refusal = (u16, String);

/// How a client connects.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct Client {
    /// The role, or the user, that it identifies itself by (mount option `iam`); nobody without.
    principal_arn: Option<String>,
    /// The mount target that it connects to; without it and a zone, not by a mount target.
    mount_target_id: Option<String>,
    /// The Availability Zone that it is in: it connects to the mount target there, as the name
    /// of the file system resolves to its address.
    availability_zone_name: Option<String>,
    /// The access point that it mounts.
    access_point_id: Option<String>,
    /// Whether it encrypts in transit (mount option `tls`).
    tls: bool,
    /// Its address; of use to policies where it is public.
    source_ip: Option<String>,
}

/// Decides each action for a client that connects as the body says, which is JSON:
/// `PrincipalArn`, `MountTargetId` or `AvailabilityZoneName`, `AccessPointId`, `Tls`, `SourceIp`,
/// none of them required.
/// `allowed`, or why not, by action.
pub(crate) fn decide(context: &Context<'_>, id: &str, body: &[u8]) -> Result<Value, Refusal> {
    let client: Client =
        serde_json::from_slice(body).map_err(|error| (400, format!("the body: {error}")))?;
    let found = context.region.efs.file_systems.get(id).ok_or_else(|| missing(id))?;
    let text = found.policy.as_deref().unwrap_or(DEFAULT);
    let document = Document::parse(text, Use::Resource)
        .map_err(|why| (500, format!("the policy of `{id}`: {why}")))?;
    let policy = Policy { name: id.to_owned(), document };
    let keys = keys(context, id, &client)?;
    let caller = match &client.principal_arn {
        None => Caller::anonymous(&context.region.account),
        Some(arn) => context.access.client(arn, context.global).ok_or_else(|| missing(arn))?,
    };
    let resource = context.region.arn("elasticfilesystem", &format!("file-system/{id}"));
    let decided = ACTIONS.map(|action| {
        let principal = &caller.principal;
        let request = Request { principal, action, resource: &resource, context: &keys };
        let decision = evaluate(&request, &caller.policies, ResourcePolicy::May(&policy));
        let told = decision.map_or_else(|denial| denial.reason(), |()| "allowed".to_owned());
        (action.to_owned(), Value::from(told))
    });
    Ok(Value::Object(Map::from_iter(decided)))
}

/// "Amazon EFS has the following predefined condition keys for NFS clients. Any other condition
/// keys are not enforced": those of the principal and the resource are absent.
fn keys(context: &Context<'_>, id: &str, client: &Client) -> Result<Keys, Refusal> {
    let efs = &context.region.efs;
    let mut keys = Keys::default();
    keys.set("aws:SecureTransport", client.tls);
    keys.set_all("aws:SourceIp", client.source_ip.clone());
    let target = target(context, id, client)?;
    keys.set(ACCESSED_VIA_MOUNT_TARGET, target.is_some());
    if let Some(target) = target
        && target.life.state != State::Available
    {
        return Err((409, format!("`{}` is {}", target.id, target.life.state.as_str())));
    }
    if let Some(point) = &client.access_point_id {
        let found = efs.access_points.get(point).filter(|found| found.file_system == id);
        found.ok_or_else(|| missing(point))?;
        let arn = context.region.arn("elasticfilesystem", &format!("access-point/{point}"));
        keys.set(ACCESS_POINT_ARN, arn);
    }
    Ok(keys)
}

/// The mount target that a client connects to, where it does.
///
/// "The DNS name resolves to the mount target's IP address in the same Availability Zone as the
/// connecting Amazon EC2 instance" (Amazon EFS User Guide, "Mounting with a DNS name"): without a
/// mount target there, it does not resolve.
fn target<'a>(
    context: &'a Context<'_>,
    id: &str,
    client: &Client,
) -> Result<Option<&'a MountTarget>, Refusal> {
    let mut its = context.region.efs.mount_targets.values().filter(|found| found.file_system == id);
    let zone_of = |found: &MountTarget| {
        context.region.ec2.subnets.get(&found.subnet).map(|subnet| subnet.zone.as_str())
    };
    match (&client.mount_target_id, &client.availability_zone_name) {
        (None, None) => Ok(None),
        (Some(name), None) => its.find(|it| it.id == *name).map(Some).ok_or_else(|| missing(name)),
        (None, Some(zone)) => {
            let found = its.find(|found| zone_of(found) == Some(zone));
            let none = || (404, format!("`{id}` has no mount target in `{zone}`"));
            found.map(Some).ok_or_else(none)
        }
        (Some(_), Some(_)) => {
            Err((400, "a client connects to `MountTargetId` or in `AvailabilityZoneName`".into()))
        }
    }
}

fn missing(name: &str) -> Refusal {
    (404, format!("`{name}` does not exist here"))
}
