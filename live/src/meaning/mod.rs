//! What error codes mean for a run, and what to do about them: one table for each service, and
//! one for the credentials of a kubeconfig.
//!
//! No other module names a code of AWS or a status of Kubernetes; those that a call handles
//! itself are constants here. `tests/tests/house/codes.rs` holds this.

pub(crate) mod aws;
mod common;
pub(crate) mod connection;
pub(crate) mod credentials;
mod denial;
pub(crate) mod ec2;
pub(crate) mod efs;
pub(crate) mod eks;
pub(crate) mod helm;
pub(crate) mod iam;
pub(crate) mod kms;
pub(crate) mod kubernetes;

/// The codes of a service with their meanings.
type Table<Code = &'static str> = &'static [(Code, Meaning)];

/// What an error code means for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Another run changed things after this one had looked.
    Raced,
    /// The same call may succeed in a moment, with nothing changed.
    Passing,
    /// Too many calls in too short a time.
    Throttled,
    /// A policy does not allow it.
    Denied,
    /// The credentials have expired.
    Expired,
    /// The credentials are not accepted.
    NotAccepted,
    /// The request was signed at a time that is not the service's.
    Clock,
    /// Nobody answers at that address.
    Unreachable,
    /// A quota of the account is used up.
    Quota,
    /// Not before a time that the message may name; until then, this is the alternative.
    Later(&'static str),
    /// Never, however often it is repeated: here is what to change.
    Never(&'static str),
}

/// What to do where only a repetition helps.
const REPEAT: &str = "run the same command again; completed changes are kept";

/// The meaning of a code in a table.
fn find<Code: PartialEq<Of>, Of>(table: Table<Code>, code: Of) -> Option<Meaning> {
    table.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}
