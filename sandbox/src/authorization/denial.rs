//! A denial, and AWS's words for it.
//!
//! Sources: IAM User Guide, "Troubleshoot access denied error messages", for the general
//! form; for EFS and EC2, messages that people recorded from AWS and published.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::document::Request;

/// The kinds of policies that can deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyKind {
    Identity,
    Resource,
    Boundary,
    ServiceControl,
    Session,
    /// The trust policy of a role: without it, the role cannot be assumed.
    Trust,
}

/// A denial of one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denial {
    pub(crate) kind: PolicyKind,
    /// By a `Deny` statement, and not by the want of an `Allow`.
    pub(crate) explicit: bool,
    principal_id: String,
    pub(crate) principal_arn: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    context: Vec<(String, Vec<String>)>,
}

impl Denial {
    pub(super) fn new(request: &Request<'_>, kind: PolicyKind, explicit: bool) -> Denial {
        let context = request.context.iter();
        Denial {
            kind,
            explicit,
            principal_id: request.principal.id.clone(),
            principal_arn: request.principal.arn.clone(),
            action: request.action.to_owned(),
            resource: request.resource.to_owned(),
            context: context.map(|(key, values)| (key.to_owned(), values.to_vec())).collect(),
        }
    }

    /// `with an explicit deny in a …` or `because no … allows the … action`.
    pub(crate) fn reason(&self) -> String {
        if self.explicit {
            let policy = match self.kind {
                PolicyKind::Identity => "an identity-based policy",
                PolicyKind::Resource => "a resource-based policy",
                PolicyKind::Boundary => "a permissions boundary",
                PolicyKind::ServiceControl => "a service control policy",
                PolicyKind::Session => "a session policy",
                PolicyKind::Trust => "the role trust policy",
            };
            return format!("with an explicit deny in {policy}");
        }
        let policy = match self.kind {
            PolicyKind::Identity => "identity-based policy",
            PolicyKind::Resource => "resource-based policy",
            PolicyKind::Boundary => "permissions boundary",
            PolicyKind::ServiceControl => "service control policy",
            PolicyKind::Session => "session policy",
            PolicyKind::Trust => "role trust policy",
        };
        format!("because no {policy} allows the {} action", self.action)
    }

    /// The general form; an action without resource-level permissions names no resource.
    pub(crate) fn message(&self) -> String {
        let Denial { principal_arn, action, resource, .. } = self;
        let reason = self.reason();
        if resource == "*" || self.kind == PolicyKind::Trust {
            format!("User: {principal_arn} is not authorized to perform: {action} {reason}")
        } else {
            format!(
                "User: {principal_arn} is not authorized to perform: {action} on resource: {resource} {reason}"
            )
        }
    }

    /// EFS's form, as recorded many times for a missing allow: it names no resource and no
    /// reason. For the other kinds no recording was found; they carry the general reason.
    pub(crate) fn efs_message(&self) -> String {
        let Denial { principal_arn, action, .. } = self;
        let plain = format!(
            "User: {principal_arn} is not authorized to perform: {action} on the specified resource"
        );
        if self.kind == PolicyKind::Identity && !self.explicit {
            plain
        } else {
            format!("{plain} {}", self.reason())
        }
    }

    /// EC2's form. Only what changes something carries an encoded message, which
    /// `sts:DecodeAuthorizationMessage` decodes.
    pub(crate) fn ec2_message(&self) -> String {
        let message =
            format!("You are not authorized to perform this operation. {}", self.message());
        if self.action.starts_with("ec2:Describe") || self.action.starts_with("ec2:Get") {
            message
        } else {
            format!("{message}. Encoded authorization failure message: {}", self.encoded())
        }
    }

    /// What [`decode`] decodes. AWS encrypts it; here it is encoded only.
    fn encoded(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.details().to_string())
    }

    /// The details as `DecodeAuthorizationMessage` gives them. Source: AWS STS API
    /// Reference, `DecodeAuthorizationMessage`.
    fn details(&self) -> Value {
        let conditions: Vec<Value> = self
            .context
            .iter()
            .map(|(key, values)| {
                let values: Vec<Value> =
                    values.iter().map(|value| json!({ "value": value })).collect();
                json!({ "key": key, "values": { "items": values } })
            })
            .collect();
        json!({
            "allowed": false,
            "explicitDeny": self.explicit,
            "matchedStatements": { "items": [] },
            "failures": { "items": [] },
            "context": {
                "principal": { "id": self.principal_id, "arn": self.principal_arn },
                "action": self.action,
                "resource": self.resource,
                "conditions": { "items": conditions },
            },
        })
    }
}

/// The details that a message of EC2 carries; `None` where it is none of ours.
pub(crate) fn decode(message: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(message).ok()?).ok()?;
    let details: Value = serde_json::from_str(&text).ok()?;
    details.get("explicitDeny").is_some().then_some(text)
}
