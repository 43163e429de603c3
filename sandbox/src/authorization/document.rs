//! A policy document as a value; [`super::read`] makes it from JSON.

use super::conditions::Condition;
use super::context::Context;
use super::pattern::{Pattern, matches_ignoring_case};
use super::principal::{Grantee, Principal};
use super::version::Version;

/// A policy document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    pub(crate) version: Version,
    pub(crate) statements: Vec<Statement>,
}

/// What a document is attached to, which decides what its statements must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// A user, a role, a boundary, a session or an organization: `Resource`, no `Principal`.
    Identity,
    /// A resource such as a file system: `Principal`, and `Resource` where it is given.
    Resource,
    /// A role's trust: `Principal`, no `Resource`.
    Trust,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) sid: Option<String>,
    pub(crate) effect: Effect,
    pub(crate) actions: Selection,
    /// `None` means the resource that the policy is attached to: the role in a trust policy,
    /// the file system in a file system's policy that names no resource.
    pub(crate) resources: Option<Selection>,
    pub(crate) principals: Option<Principals>,
    pub(crate) conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selection {
    Only(Vec<String>),
    Except(Vec<String>),
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Principals {
    Only(Vec<Grantee>),
    Except(Vec<Grantee>),
}

/// What a statement is compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) principal: &'a Principal,
    /// Such as `elasticfilesystem:CreateAccessPoint`.
    pub(crate) action: &'a str,
    /// An ARN, or `*` for an action without resource-level permissions.
    pub(crate) resource: &'a str,
    /// All condition keys, the principal's among them.
    pub(crate) context: &'a Context,
}

impl Document {
    /// The statements that apply to a request, whatever their effect.
    pub(crate) fn matching<'a>(
        &'a self,
        request: &'a Request<'a>,
    ) -> impl Iterator<Item = &'a Statement> {
        self.statements.iter().filter(|statement| statement.applies(self.version, request))
    }

    /// Everyone whom any statement names as a principal.
    pub(crate) fn grantees(&self) -> impl Iterator<Item = &Grantee> {
        self.statements.iter().filter_map(|statement| statement.principals.as_ref()).flat_map(
            |principals| match principals {
                Principals::Only(grantees) | Principals::Except(grantees) => grantees,
            },
        )
    }

    /// The condition keys that any statement names.
    pub(crate) fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.statements
            .iter()
            .flat_map(|statement| &statement.conditions)
            .map(|condition| condition.key.as_str())
    }
}

impl Statement {
    fn applies(&self, version: Version, request: &Request<'_>) -> bool {
        self.actions.selects(|pattern| matches_ignoring_case(pattern, request.action))
            && self.resources.as_ref().is_none_or(|resources| {
                resources.selects(|text| {
                    Pattern::resolve(text, version, request.context)
                        .is_some_and(|pattern| pattern.matches_arn(request.resource))
                })
            })
            && self
                .principals
                .as_ref()
                .is_none_or(|principals| principals.selects(request.principal))
            && self.conditions.iter().all(|condition| condition.holds(version, request.context))
    }
}

impl Selection {
    fn selects(&self, matches: impl Fn(&str) -> bool) -> bool {
        match self {
            Selection::Only(patterns) => patterns.iter().any(|pattern| matches(pattern)),
            Selection::Except(patterns) => !patterns.iter().any(|pattern| matches(pattern)),
        }
    }
}

impl Principals {
    fn selects(&self, principal: &Principal) -> bool {
        match self {
            Principals::Only(grantees) => {
                grantees.iter().any(|grantee| grantee.covers(principal).is_some())
            }
            Principals::Except(grantees) => {
                !grantees.iter().any(|grantee| grantee.covers(principal).is_some())
            }
        }
    }
}
