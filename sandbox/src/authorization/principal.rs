//! Who makes a request, and how a policy's `Principal` element names them.

use std::collections::BTreeMap;

use super::context::Context;
use super::pattern::matches_ignoring_case;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) kind: Kind,
    /// Twelve digits.
    pub(crate) account: String,
    /// The ARN that messages name: of a session, where there is one.
    pub(crate) arn: String,
    /// The unique id, such as `AIDA…` or `AROA…:session`.
    pub(crate) id: String,
    /// The tags of the user or role, and of the session over them.
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The account's root user.
    Root,
    User {
        name: String,
    },
    /// A session of a role.
    Session {
        role_arn: String,
        /// A role that belongs to a service, which no service control policy limits.
        service_linked: bool,
    },
    /// Who presents a token of an identity provider, before a role is assumed.
    Federated {
        provider: String,
    },
    /// An NFS client that does not identify itself; counted to the account of what it uses.
    Anonymous,
}

impl Principal {
    /// The ARN in `aws:PrincipalArn`: of the role, for a session of it.
    /// Source: IAM User Guide, "AWS global condition context keys".
    pub(crate) fn principal_arn(&self) -> &str {
        match &self.kind {
            Kind::Session { role_arn, .. } => role_arn,
            _ => &self.arn,
        }
    }

    /// Sets the condition keys that tell the principal.
    pub(crate) fn describe(&self, context: &mut Context) {
        let kind = match &self.kind {
            Kind::Root => "Account",
            Kind::User { .. } => "User",
            Kind::Session { .. } => "AssumedRole",
            Kind::Federated { .. } => "FederatedUser",
            Kind::Anonymous => "Anonymous",
        };
        context.set("aws:PrincipalType", kind);
        context.set("aws:PrincipalIsAWSService", false);
        context.set("aws:userid", &self.id);
        if !matches!(self.kind, Kind::Federated { .. } | Kind::Anonymous) {
            context.set("aws:PrincipalArn", self.principal_arn());
            context.set("aws:PrincipalAccount", &self.account);
        }
        if let Kind::User { name } = &self.kind {
            context.set("aws:username", name);
        }
        for (key, value) in &self.tags {
            context.set(&format!("aws:PrincipalTag/{key}"), value);
        }
    }
}

/// The ARN of a session of the role with this ARN: in its account and its partition, without
/// its path. Source: IAM User Guide, "IAM identifiers".
pub(crate) fn session_arn(role_arn: &str, role: &str, session: &str) -> String {
    let part = |n| role_arn.split(':').nth(n).unwrap_or_default();
    format!("arn:{}:sts::{}:assumed-role/{role}/{session}", part(1), part(4))
}

/// One entry of a `Principal` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grantee {
    /// `*`, or `{"AWS": "*"}`.
    Everyone,
    /// An account, as twelve digits or as its root's ARN.
    Account(String),
    /// A user, a role or a session, by ARN.
    Arn(String),
    Federated(String),
    /// An AWS service, or a canonical user of Amazon S3: neither makes a request here.
    Other(String),
}

/// How closely a `Principal` element names who makes a request; the closer ones are greater.
/// Source: IAM User Guide, "Policy evaluation logic", on resource-based policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Closeness {
    /// By the account: that hands the decision to the account's identity policies.
    Account,
    /// By a role or by everyone: boundaries and session policies still limit.
    Role,
    /// By the user or the session itself: nothing but an explicit deny limits.
    Exact,
}

impl std::fmt::Display for Grantee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Grantee::Everyone => "*",
            Grantee::Account(text)
            | Grantee::Arn(text)
            | Grantee::Federated(text)
            | Grantee::Other(text) => text,
        })
    }
}

impl Grantee {
    /// Whether, and how closely, this names the principal.
    pub(crate) fn covers(&self, principal: &Principal) -> Option<Closeness> {
        match (self, &principal.kind) {
            (Grantee::Everyone, _) => Some(Closeness::Role),
            (Grantee::Federated(named), Kind::Federated { provider }) => {
                (named == provider).then_some(Closeness::Exact)
            }
            (_, Kind::Federated { .. } | Kind::Anonymous) => None,
            (Grantee::Account(account), Kind::Root) => {
                (*account == principal.account).then_some(Closeness::Exact)
            }
            (Grantee::Account(account), _) => {
                (*account == principal.account).then_some(Closeness::Account)
            }
            (Grantee::Arn(arn), _) if *arn == principal.arn => Some(Closeness::Exact),
            (Grantee::Arn(arn), Kind::Session { role_arn, .. }) => {
                (arn == role_arn).then_some(Closeness::Role)
            }
            _ => None,
        }
    }

    /// Reads an entry under `AWS`.
    pub(super) fn aws(text: &str) -> Grantee {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            _ if text == "*" => Grantee::Everyone,
            _ if digits => Grantee::Account(text.to_owned()),
            ["arn", _, service, "", account, "root"] if matches_ignoring_case("iam", service) => {
                Grantee::Account((*account).to_owned())
            }
            _ => Grantee::Arn(text.to_owned()),
        }
    }
}
