//! What Helm printed, as an error with a remedy.

use anyhow::anyhow;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use failure::Failure;
use inputs::{concealed, printable, secrets_in};
use serde_json::Value;

use crate::cluster::Unreachable;
use crate::meaning::helm;

/// Whether Helm could not even read what releases there are.
pub(super) fn is_listing(error: &anyhow::Error) -> bool {
    helm::is_listing(&format!("{error:#}"))
}

/// Whether the same command may succeed in a moment: the API server's trouble, or a cut connection.
pub(super) fn may_pass(error: &anyhow::Error) -> bool {
    helm::may_pass(&format!("{error:#}"))
}

/// Whether another Helm is at work on the same release.
pub(super) fn is_raced(error: &anyhow::Error) -> bool {
    helm::is_raced(&format!("{error:#}"))
}

/// `None` where Helm says that there is no such release.
pub(super) fn found(output: anyhow::Result<String>) -> anyhow::Result<Option<String>> {
    match output {
        Ok(text) => Ok(Some(text)),
        Err(error) if helm::is_not_found(&format!("{error:#}")) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The secrets in values, as they are and as a Secret has them: Helm and the API server repeat values
/// in their errors.
pub(super) fn secrets_of(values: &Value) -> Vec<String> {
    let mut secrets = secrets_in(values);
    let encoded: Vec<String> = secrets.iter().map(|secret| STANDARD.encode(secret)).collect();
    secrets.extend(encoded);
    secrets
}

/// What Helm printed, without these secrets and with a remedy.
pub(super) fn explain(
    args: &[&str],
    stderr: &str,
    (cluster, secrets): (&str, &[String]),
) -> anyhow::Error {
    let text = printable(&concealed(stderr.trim(), secrets));
    let cause = text.lines().filter(|line| !line.starts_with("WARNING:")).collect::<Vec<_>>();
    let cause = cause.join("\n").trim_start_matches("Error: ").to_owned();
    let remedy = helm::remedy(&cause, args, cluster);
    let what = args.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    let error = if helm::is_unreachable(&cause) && args.first() != Some(&"pull") {
        anyhow!(Unreachable(cause))
    } else {
        anyhow!("{cause}")
    };
    error.context(Failure::new(format!("running `helm {what}`"), remedy))
}
