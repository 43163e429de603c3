//! What an error of the cluster means, and what to do about it.

use anyhow::anyhow;
use failure::Failure;
use inputs::printable;
use kube::Error;

use crate::meaning::kubernetes as codes;

/// An error of the call `what`, with a remedy.
pub(crate) fn explain(what: &str, cluster: &str, error: Error) -> anyhow::Error {
    let remedy = match &error {
        Error::Api(status) => codes::remedy(status, what),
        Error::Auth(error) => credentials(error),
        _ => format!(
            "`{cluster}` could not be reached: check the network, and `--context` or KUBECONFIG"
        ),
    };
    let cause = match &error {
        Error::Api(status) if !status.message.is_empty() => {
            let (reason, message) = (printable(&status.reason), printable(&status.message));
            anyhow!("{reason} ({}): {message}", status.code)
        }
        other => anyhow!("{}", printable(&message(other))),
    };
    cause.context(Failure::new(format!("calling {what} in `{cluster}`"), remedy))
}

/// An error while the connection is made, before any call.
pub(super) fn preparing(address: &str, error: &Error) -> anyhow::Error {
    let remedy = match error {
        Error::Auth(error) => credentials(error),
        _ => "correct the kubeconfig: `aws eks update-kubeconfig` writes its entry anew".to_owned(),
    };
    let what = format!("preparing the connection to {address}");
    anyhow!("{}", printable(&message(error))).context(Failure::new(what, remedy))
}

/// The message of an error; of a program that failed, what it printed and not its environment.
fn message(error: &Error) -> String {
    match error {
        Error::Auth(kube::client::AuthError::AuthExecRun { out, .. }) => {
            let (status, stderr) = (out.status, String::from_utf8_lossy(&out.stderr));
            format!(
                "the credential program of the kubeconfig ended with {status}: {}",
                stderr.trim()
            )
        }
        other => chain(other),
    }
}

/// What to do where the kubeconfig's credentials could not be had.
fn credentials(error: &kube::client::AuthError) -> String {
    use kube::client::AuthError;
    match error {
        AuthError::AuthExecStart(_) => {
            "the kubeconfig's user names a program in `exec.command` that cannot be started: \
             install it, for EKS the AWS CLI, or correct the kubeconfig"
                .to_owned()
        }
        AuthError::AuthExecRun { .. } => {
            "the program of the kubeconfig's user failed: run its `exec.command` by hand to see why, \
             or log in again, for instance with `aws sso login`"
                .to_owned()
        }
        _ => "the kubeconfig's credentials could not be fetched: log in again, for instance with \
              `aws sso login`"
            .to_owned(),
    }
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
