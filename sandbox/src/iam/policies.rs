//! Managed policies and their versions: the customer's, and AWS's to read.

use super::call::{Call, Response, conflict, exists, no_such, over_quota};
use super::write;
use crate::authorization::document::{Document, Use};
use crate::authorization::managed::{self, Managed};
use crate::error::{AwsError, Result};
use crate::query;
use crate::world::iam::{ManagedPolicy, Version};
use crate::xml::Element;

/// Source: IAM User Guide, "IAM and AWS STS quotas"; white space does not count.
const LONGEST: usize = 6144;
const MOST_VERSIONS: usize = 5;

/// Refuses a document that is no identity policy.
pub(super) fn check(text: &str) -> Result<()> {
    Document::parse(text, Use::Identity)
        .map(drop)
        .map_err(|message| AwsError::new(400, "MalformedPolicyDocument", message))
}

fn check_managed(text: &str) -> Result<()> {
    if text.chars().filter(|c| !c.is_whitespace()).count() > LONGEST {
        return Err(over_quota("PolicySize", LONGEST));
    }
    check(text)
}

impl Call<'_, '_> {
    /// A customer managed policy.
    pub(super) fn policy(&self, arn: &str) -> Result<&ManagedPolicy> {
        self.context.global.iam.policies.get(arn).ok_or_else(|| no_policy(arn))
    }

    /// The same under `PolicyArn`, to change it. AWS's own are changed by nobody.
    fn policy_mut(&mut self) -> Result<&mut ManagedPolicy> {
        let arn = self.params.required("PolicyArn")?;
        if managed::is_managed(arn) {
            let message = format!("Policy {arn} is managed by AWS and cannot be changed.");
            return Err(AwsError::new(403, "AccessDenied", message));
        }
        self.policy(arn)?;
        self.context.global.iam.policies.get_mut(arn).ok_or_else(|| no_policy(arn))
    }

    /// How many roles a policy is attached to, and bounds.
    fn used(&self, arn: &str) -> (usize, usize) {
        let roles = || self.context.global.iam.roles.values();
        let attached = roles().filter(|role| role.attached.iter().any(|found| found == arn));
        let bounded = roles().filter(|role| role.boundary.as_deref() == Some(arn));
        (attached.count(), bounded.count())
    }
}

fn no_policy(arn: &str) -> AwsError {
    no_such(format!("Policy {arn} was not found."))
}

fn no_version(arn: &str, id: &str) -> AwsError {
    no_such(format!("Policy {arn} version {id} does not exist or is not attachable."))
}

pub(super) fn create(call: &mut Call<'_, '_>) -> Response {
    let name = call.name("PolicyName", 128)?;
    let path = call.path()?;
    let document = call.params.required("PolicyDocument")?.to_owned();
    check_managed(&document)?;
    let tags = call.params.tags()?;
    let same = |policy: &ManagedPolicy| policy.name.eq_ignore_ascii_case(&name);
    if call.context.global.iam.policies.values().any(same) {
        let message =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(exists(message));
    }
    let now = call.context.now;
    let arn = call.context.region.iam_arn(&format!("policy{path}{name}"));
    let policy = ManagedPolicy {
        id: call.unique_id("ANPA"),
        arn: arn.clone(),
        name,
        path,
        description: call.params.get("Description").map(str::to_owned),
        created_ms: now,
        updated_ms: now,
        tags,
        versions: vec![Version { id: "v1".to_owned(), document, created_ms: now }],
        default: "v1".to_owned(),
        last: 1,
    };
    let mut written = write::policy(&policy, (0, 0), false);
    written.push(query::tags(&policy.tags));
    call.context.global.iam.policies.insert(arn, policy);
    Ok(Some(vec![Element::new("Policy", written)]))
}

pub(super) fn get(call: &mut Call<'_, '_>) -> Response {
    let arn = call.params.required("PolicyArn")?;
    let written = match call.managed(arn) {
        Some(policy) => write::managed(policy, arn, call.used(arn)),
        None => write::policy(call.policy(arn)?, call.used(arn), true),
    };
    Ok(Some(vec![Element::new("Policy", written)]))
}

pub(super) fn list(call: &mut Call<'_, '_>) -> Response {
    let scope = call.params.get("Scope").unwrap_or("All");
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let attached_only = call.params.get("OnlyAttached") == Some("true");
    let wanted = |path: &str, arn: &str| {
        path.starts_with(prefix) && (!attached_only || call.used(arn).0 > 0)
    };
    let local = call.context.global.iam.policies.values();
    let mut all: Vec<Vec<Element>> = local
        .filter(|policy| scope != "AWS" && wanted(&policy.path, &policy.arn))
        .map(|policy| write::policy(policy, call.used(&policy.arn), false))
        .collect();
    let aws = managed::all().iter().map(|policy| (policy, policy.arn(call.partition())));
    let aws = aws.filter(|(policy, arn)| scope != "Local" && wanted(&policy.path, arn));
    all.extend(aws.map(|(policy, arn)| write::managed(policy, &arn, call.used(&arn))));
    let (page, tail) = call.page(all)?;
    Ok(Some([query::members("Policies", page)].into_iter().chain(tail).collect()))
}

pub(super) fn delete(call: &mut Call<'_, '_>) -> Response {
    let policy = call.policy_mut()?.clone();
    if call.used(&policy.arn) != (0, 0) {
        return Err(conflict("Cannot delete a policy attached to entities."));
    }
    if policy.versions.len() > 1 {
        let message = "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.";
        return Err(conflict(message));
    }
    call.context.global.iam.policies.remove(&policy.arn);
    Ok(None)
}

pub(super) fn tag(call: &mut Call<'_, '_>) -> Response {
    let tags = call.params.tags()?;
    call.policy_mut()?.tags.extend(tags);
    Ok(None)
}

pub(super) fn untag(call: &mut Call<'_, '_>) -> Response {
    let keys: Vec<String> = call.params.list("TagKeys").into_iter().map(str::to_owned).collect();
    call.policy_mut()?.tags.retain(|key, _| !keys.contains(key));
    Ok(None)
}

pub(super) fn list_tags(call: &mut Call<'_, '_>) -> Response {
    let tags = query::tags(&call.policy(call.params.required("PolicyArn")?)?.tags);
    Ok(Some(vec![tags, Element::text("IsTruncated", false)]))
}

pub(super) fn create_version(call: &mut Call<'_, '_>) -> Response {
    let document = call.params.required("PolicyDocument")?.to_owned();
    check_managed(&document)?;
    let as_default = call.params.get("SetAsDefault") == Some("true");
    let now = call.context.now;
    let policy = call.policy_mut()?;
    if policy.versions.len() >= MOST_VERSIONS {
        let message = format!(
            "A managed policy can have up to {MOST_VERSIONS} versions. Before you create a new version, you must delete an existing version."
        );
        return Err(AwsError::new(409, "LimitExceeded", message));
    }
    policy.last += 1;
    let version = Version { id: format!("v{}", policy.last), document, created_ms: now };
    if as_default {
        policy.default.clone_from(&version.id);
        policy.updated_ms = now;
    }
    let written = version_of(&version, &policy.default, false);
    policy.versions.push(version);
    Ok(Some(vec![Element::new("PolicyVersion", written)]))
}

fn version_of(version: &Version, default: &str, whole: bool) -> Vec<Element> {
    let mut members = vec![
        Element::text("VersionId", &version.id),
        Element::text("IsDefaultVersion", version.id == default),
        Element::text("CreateDate", query::time(version.created_ms)),
    ];
    if whole {
        members.insert(0, write::document("Document", &version.document));
    }
    members
}

/// The one version that is known of a policy of AWS.
fn managed_version(policy: &Managed, partition: &str) -> Version {
    let document = policy.document(partition).to_string();
    Version { id: policy.version.clone(), document, created_ms: 0 }
}

pub(super) fn get_version(call: &mut Call<'_, '_>) -> Response {
    let arn = call.params.required("PolicyArn")?;
    let id = call.params.required("VersionId")?;
    let written = if let Some(policy) = call.managed(arn) {
        let version = managed_version(policy, call.partition());
        if version.id != id {
            return Err(no_version(arn, id));
        }
        version_of(&version, &version.id, true)
    } else {
        let policy = call.policy(arn)?;
        let found = policy.versions.iter().find(|version| version.id == id);
        version_of(found.ok_or_else(|| no_version(arn, id))?, &policy.default, true)
    };
    Ok(Some(vec![Element::new("PolicyVersion", written)]))
}

pub(super) fn list_versions(call: &mut Call<'_, '_>) -> Response {
    let arn = call.params.required("PolicyArn")?;
    let all = if let Some(policy) = call.managed(arn) {
        vec![version_of(&managed_version(policy, call.partition()), &policy.version, false)]
    } else {
        let policy = call.policy(arn)?;
        let newest_first = policy.versions.iter().rev();
        newest_first.map(|version| version_of(version, &policy.default, false)).collect()
    };
    let (page, tail) = call.page(all)?;
    Ok(Some([query::members("Versions", page)].into_iter().chain(tail).collect()))
}

pub(super) fn set_default(call: &mut Call<'_, '_>) -> Response {
    let id = call.params.required("VersionId")?.to_owned();
    let now = call.context.now;
    let policy = call.policy_mut()?;
    if !policy.versions.iter().any(|version| version.id == id) {
        return Err(no_version(&policy.arn, &id));
    }
    policy.default = id;
    policy.updated_ms = now;
    Ok(None)
}

pub(super) fn delete_version(call: &mut Call<'_, '_>) -> Response {
    let id = call.params.required("VersionId")?.to_owned();
    let policy = call.policy_mut()?;
    if policy.default == id {
        return Err(conflict("Cannot delete the default version of a policy."));
    }
    let before = policy.versions.len();
    policy.versions.retain(|version| version.id != id);
    if policy.versions.len() == before {
        return Err(no_version(&policy.arn, &id));
    }
    Ok(None)
}
