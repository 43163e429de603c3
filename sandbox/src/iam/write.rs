//! IAM's resources as it writes them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::authorization::managed::Managed;
use crate::query;
use crate::world::iam::{InstanceProfile, ManagedPolicy, Role};
use crate::xml::Element;

/// What stays as it is in an encoded document (RFC 3986).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A policy document, percent-encoded as IAM returns it.
pub(super) fn document(name: &str, text: &str) -> Element {
    Element::text(name, utf8_percent_encode(text, UNRESERVED))
}

/// A role; lists leave out tags and boundary.
pub(super) fn role(role: &Role, whole: bool) -> Vec<Element> {
    let mut members = vec![
        Element::text("Path", &role.path),
        Element::text("RoleName", &role.name),
        Element::text("RoleId", &role.id),
        Element::text("Arn", &role.arn),
        Element::text("CreateDate", query::time(role.created_ms)),
        document("AssumeRolePolicyDocument", &role.trust),
        Element::text("MaxSessionDuration", role.max_session),
    ];
    members.extend(role.description.as_ref().map(|text| Element::text("Description", text)));
    if whole {
        members.extend(role.boundary.as_ref().map(|arn| {
            Element::new(
                "PermissionsBoundary",
                vec![
                    Element::text("PermissionsBoundaryType", "Policy"),
                    Element::text("PermissionsBoundaryArn", arn),
                ],
            )
        }));
        if !role.tags.is_empty() {
            members.push(query::tags(&role.tags));
        }
        members.push(Element::new("RoleLastUsed", Vec::new()));
    }
    members
}

/// A customer managed policy and how many roles it is attached to, and bounds.
pub(super) fn policy(policy: &ManagedPolicy, used: (usize, usize), whole: bool) -> Vec<Element> {
    let mut members = vec![
        Element::text("PolicyName", &policy.name),
        Element::text("PolicyId", &policy.id),
        Element::text("Arn", &policy.arn),
        Element::text("Path", &policy.path),
        Element::text("DefaultVersionId", &policy.default),
        Element::text("AttachmentCount", used.0),
        Element::text("PermissionsBoundaryUsageCount", used.1),
        Element::text("IsAttachable", true),
        Element::text("CreateDate", query::time(policy.created_ms)),
        Element::text("UpdateDate", query::time(policy.updated_ms)),
    ];
    if whole {
        members.extend(policy.description.as_ref().map(|text| Element::text("Description", text)));
        members.push(query::tags(&policy.tags));
    }
    members
}

/// A managed policy of AWS, under its ARN in the caller's partition.
pub(super) fn managed(policy: &Managed, arn: &str, used: (usize, usize)) -> Vec<Element> {
    vec![
        Element::text("PolicyName", &policy.name),
        // AWS's ids of its policies are not known here; this one is made of the name.
        Element::text("PolicyId", managed_id(&policy.name)),
        Element::text("Arn", arn),
        Element::text("Path", &policy.path),
        Element::text("DefaultVersionId", &policy.version),
        Element::text("AttachmentCount", used.0),
        Element::text("PermissionsBoundaryUsageCount", used.1),
        Element::text("IsAttachable", !policy.path.starts_with("/aws-service-role/")),
        Element::text("CreateDate", format!("{}T00:00:00Z", policy.created)),
        Element::text("UpdateDate", format!("{}T00:00:00Z", policy.updated)),
    ]
}

fn managed_id(name: &str) -> String {
    let sum = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("ANPA{sum:017X}")
}

/// An instance profile with its role.
pub(super) fn instance_profile(profile: &InstanceProfile, of: Option<&Role>) -> Vec<Element> {
    vec![
        Element::text("Path", &profile.path),
        Element::text("InstanceProfileName", &profile.name),
        Element::text("InstanceProfileId", &profile.id),
        Element::text("Arn", &profile.arn),
        Element::text("CreateDate", query::time(profile.created_ms)),
        query::members("Roles", of.map(|found| role(found, false))),
        query::tags(&profile.tags),
    ]
}
