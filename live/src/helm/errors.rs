//! What Helm said, and what to do about it.

use anyhow::anyhow;
use failure::Failure;
use inputs::printable;

/// How Helm says that it could not read what releases there are: it changed nothing.
const LISTING_FAILED: &str = "failed to query with labels";

/// Whether Helm could not even read what releases there are.
pub(super) fn is_listing(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains(LISTING_FAILED)
}

/// Whether what Helm said may be otherwise in a moment: the API server's trouble, or a cut connection.
pub(super) fn may_pass(error: &anyhow::Error) -> bool {
    let said = format!("{error:#}");
    let final_ = ["forbidden", "Unauthorized", "provide credentials", "refused", "no such host"];
    let passing = [
        LISTING_FAILED,
        "EOF",
        "connection reset",
        "etcdserver",
        "Internal error",
        "InternalError",
        "ServiceUnavailable",
        "currently unable",
        "Too many requests",
        "TooManyRequests",
        "try again",
    ];
    let says = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    says(&passing) && !says(&final_)
}

/// `None` where Helm says that there is no such release.
pub(super) fn found(answer: anyhow::Result<String>) -> anyhow::Result<Option<String>> {
    match answer {
        Ok(text) => Ok(Some(text)),
        Err(error) if format!("{error:#}").contains("release: not found") => Ok(None),
        Err(error) => Err(error),
    }
}

/// What Helm said, with a remedy.
pub(super) fn explain(args: &[&str], said: &str, cluster: &str) -> anyhow::Error {
    let said = printable(said.trim());
    let cause = said.lines().filter(|line| !line.starts_with("WARNING:")).collect::<Vec<_>>();
    let cause = cause.join("\n").trim_start_matches("Error: ").to_owned();
    let contains = |any: &[&str]| any.iter().any(|part| cause.contains(part));
    let remedy = if contains(&["Unauthorized", "the server has asked for the client to provide"]) {
        "the cluster does not accept the credentials: log in again".to_owned()
    } else if contains(&["forbidden"]) {
        "ask for the permission that the message names".to_owned()
    } else if contains(&[
        "connection refused",
        "no such host",
        "i/o timeout",
        "cluster unreachable",
    ]) {
        match args {
            ["pull", ..] => "the chart's source could not be reached: check `helm_repository`, or \
                             give `helm_chart` a `.tgz` file that you fetched elsewhere"
                .to_owned(),
            _ => format!("`{cluster}` could not be reached: check the network and `--context`"),
        }
    } else if contains(&[
        "execution error",
        "template:",
        "parse error",
        "YAML parse",
        "values don't meet",
    ]) {
        "the chart does not render with these values: correct `helm_values`, or choose another \
         `helm_chart_version`; nothing of it was changed"
            .to_owned()
    } else if contains(&["not found in", "no chart version found", "failed to fetch", "404"]) {
        "check `helm_chart_version`, `helm_chart` and `helm_repository`".to_owned()
    } else if contains(&[
        "invalid ownership metadata",
        "cannot be imported into the current release",
    ]) {
        "objects of that name are there and belong to another owner: remove them, or leave the \
         driver alone with `--driver skip`"
            .to_owned()
    } else {
        "see Helm's message; the same command run again resumes from there".to_owned()
    };
    let what = args.iter().take(2).copied().collect::<Vec<_>>().join(" ");
    anyhow!("{cause}").context(Failure::new(format!("running `helm {what}`"), remedy))
}
