//! What Helm printed, as an error with a remedy.

use anyhow::anyhow;
use failure::Failure;
use inputs::printable;

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

/// What Helm printed, with a remedy.
pub(super) fn explain(args: &[&str], stderr: &str, cluster: &str) -> anyhow::Error {
    let text = printable(stderr.trim());
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
