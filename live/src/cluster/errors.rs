//! What an error of the cluster means, and what to do about it.

use anyhow::anyhow;
use failure::Failure;
use inputs::printable;
use kube::Error;

use super::credentials::{self, Failed, Program};
use crate::meaning::credentials::REWRITE_KUBECONFIG;
use crate::meaning::{connection, kubernetes as codes};

/// The cause of an error where no API server answered: nothing of the cluster is known.
#[derive(Debug)]
pub(crate) struct Unreachable(pub(crate) String);

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreachable {}

/// An error of the call `what`, with a remedy.
pub(crate) fn explain(
    what: &str,
    cluster: &str,
    error: Error,
    program: Option<&Program>,
) -> anyhow::Error {
    if let Error::Auth(error) = &error {
        return credentials::failed(format!("calling {what} in `{cluster}`"), error);
    }
    if let (Error::Service(error), Some(program)) = (&error, program)
        && let Some(failed) = error.downcast_ref::<Failed>()
    {
        return program.failed(format!("calling {what} in `{cluster}`"), failed);
    }
    let remedy = match &error {
        Error::Api(status) => codes::remedy(status, what),
        other => connection::remedy(&chain(other)).unwrap_or_else(|| codes::unreachable(cluster)),
    };
    let cause = match &error {
        Error::Api(status) if !status.message.is_empty() => {
            let (reason, message) = (printable(&status.reason), printable(&status.message));
            anyhow!("{reason} ({}): {message}", status.code)
        }
        other => anyhow!(Unreachable(printable(&chain(other)))),
    };
    cause.context(Failure::new(format!("calling {what} in `{cluster}`"), remedy))
}

/// An error while the connection is made, before any call.
pub(super) fn preparing(address: &str, error: &Error) -> anyhow::Error {
    let what = format!("preparing the connection to {address}");
    if let Error::Auth(error) = error {
        return credentials::failed(what, error);
    }
    anyhow!("{}", printable(&chain(error))).context(Failure::new(what, REWRITE_KUBECONFIG))
}

/// An error with everything that led to it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}
