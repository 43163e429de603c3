//! Whether a call is allowed: IAM policies evaluated as AWS evaluates them.
//!
//! Pure: nothing here knows a network, a clock or a store. [`evaluate`] takes a request
//! (who, which action, which resource, which condition keys) and every policy that has a
//! say, and returns the decision and, for a denial, the kind of policy that made it.
//!
//! The rules are those of the IAM User Guide, "Policy evaluation logic": an explicit deny
//! anywhere wins; within one account the identity policies and the resource's policy are a
//! union; permissions boundaries, service control policies and session policies each
//! intersect what is left.
//!
//! # Why this is our own code
//!
//! `iam-rs` 0.8 was tried first and is kept as the second opinion of a test, over the part
//! of the language on which it agrees with AWS. It cannot decide here, because:
//!
//! - an `ArnEquals` with a wildcard compares literally (AWS: the same as `ArnLike`);
//! - a policy variable whose key is missing becomes an empty text, so that
//!   `…/${aws:PrincipalTag/team}*` matches everything (AWS: it matches nothing), and
//!   `${*}`, `${?}` and `${$}` are looked up as keys;
//! - context keys are compared with their case (AWS: without);
//! - `ForAllValues:…IfExists`, numbers and dates with a set qualifier, and `"Bool": "true"`
//!   with one are errors, and one error ends the whole evaluation;
//! - a `Principal` element holds one kind of principal, and a role's sessions do not match
//!   the role's ARN, nor any principal its account;
//! - it knows one list of policies: no boundaries, service control policies or session
//!   policies, and not which kind of policy denied a call.

pub(crate) mod conditions;
pub(crate) mod context;
pub(crate) mod denial;
pub(crate) mod document;
pub(crate) mod evaluate;
pub(crate) mod managed;
mod operators;
mod pattern;
pub(crate) mod principal;
mod read;
mod version;

#[cfg(test)]
mod language;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
