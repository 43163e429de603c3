//! Errors of Helm, by signs in the text that it prints: it has no codes.

use super::Meaning;
use super::kubernetes::{ESCALATES, ESCALATION, REFUSED};

/// How Helm says that it could not read what releases there are: it changed nothing.
const LISTING_FAILED: &str = "failed to query with labels";

/// How Helm says that another Helm is at work on the same release.
const RACED: Signs = &["another operation (install/upgrade/rollback)", "release: already exists"];

/// The signs of a meaning.
type Signs = &'static [&'static str];

/// The meanings by their signs; the first that fits counts.
const SIGNS: &[(Signs, Meaning)] = &[
    (&["Unauthorized", "the server has asked for the client to provide"], Meaning::NotAccepted),
    (&["\" cannot "], Meaning::Denied),
    (&[ESCALATES], Meaning::Never(ESCALATION)),
    (&["forbidden", "Forbidden"], Meaning::Never(REFUSED)),
    (
        &["connection refused", "no such host", "i/o timeout", "cluster unreachable"],
        Meaning::Unreachable,
    ),
    (
        &["execution error", "template:", "parse error", "YAML parse", "values don't meet"],
        Meaning::Never(
            "the chart does not render with these values: correct `helm_values`, or use another \
             `helm_chart_version`; nothing of the release was changed",
        ),
    ),
    (
        &["not found in", "no chart version found", "failed to fetch", "404"],
        Meaning::Never(NO_CHART),
    ),
    (
        &["invalid ownership metadata", "cannot be imported into the current release"],
        Meaning::Never(
            "objects of that name exist and belong to another owner: remove them, or leave the \
             driver alone with `--driver skip`",
        ),
    ),
];

/// How a repository or a registry refuses a login, or the lack of one, in the words of Helm and of
/// the OCI distribution specification ("Error Codes").
const NO_LOGIN: Signs = &[
    "401",
    "403",
    "nauthorized",
    "UNAUTHORIZED",
    "authentication required",
    "no basic auth credentials",
    "basic credential not found",
    "denied:",
    "DENIED",
];

/// How Helm says that a registry does not have a chart.
const NOT_THERE: &str = ": not found";

/// What to do where there is no such chart.
const NO_CHART: &str = "check `helm_chart_version`, `helm_chart` and `helm_repository`";

/// How Go says that it does not know who signed a certificate (`crypto/x509`, `UnknownAuthorityError`).
const UNTRUSTED: Signs = &["certificate signed by unknown authority", "x509: "];

/// The API server's trouble, or a cut connection: it may be over in a moment.
const PASSING: Signs = &[
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

/// What no repetition helps against, whatever else the text says.
const FINAL: Signs =
    &["forbidden", "Unauthorized", "provide credentials", "refused", "no such host"];

fn has(text: &str, signs: &[&str]) -> bool {
    signs.iter().any(|sign| text.contains(sign))
}

/// Whether Helm could not even read what releases there are.
pub(crate) fn is_listing(text: &str) -> bool {
    text.contains(LISTING_FAILED)
}

/// Whether another Helm is at work on the same release.
pub(crate) fn is_raced(text: &str) -> bool {
    has(text, RACED)
}

/// Whether no API server answered.
pub(crate) fn is_unreachable(text: &str) -> bool {
    let found = SIGNS.iter().find(|(signs, _)| has(text, signs)).map(|(_, meaning)| *meaning);
    found == Some(Meaning::Unreachable)
}

/// Whether there is no such release.
pub(crate) fn is_not_found(text: &str) -> bool {
    text.contains("release: not found")
}

/// Whether the same command may succeed in a moment.
pub(crate) fn may_pass(text: &str) -> bool {
    has(text, PASSING) && !has(text, FINAL)
}

/// What to do about an error that Helm printed when it ran with `args`.
pub(crate) fn remedy(text: &str, args: &[&str], cluster: &str) -> String {
    let found = SIGNS.iter().find(|(signs, _)| has(text, signs)).map(|(_, meaning)| *meaning);
    match (found, args) {
        (_, ["pull", ..]) if has(text, UNTRUSTED) => "the chart's registry or repository, or a proxy \
             that inspects TLS, has an authority of its own: name its certificate with \
             `SSL_CERT_FILE`"
            .to_owned(),
        (_, ["pull", ..]) if has(text, NO_LOGIN) => "the registry or repository of the chart does \
             not accept the login: `helm registry login HOST` for `oci://` (for Amazon ECR with `aws \
             ecr get-login-password`), `helm repo add --username` for others, or set `helm_chart` to \
             a `.tgz` file"
            .to_owned(),
        (None, ["pull", ..]) if text.trim_end().ends_with(NOT_THERE) => NO_CHART.to_owned(),
        (Some(Meaning::NotAccepted), _) => "the cluster does not accept the credentials: log in \
             again, for instance with `aws sso login`"
            .to_owned(),
        (Some(Meaning::Denied), _) => "allow what the message names to this user by a Role or \
             ClusterRole; `kubectl auth whoami` shows the user"
            .to_owned(),
        (Some(Meaning::Unreachable), ["pull", ..]) => "the chart's source could not be reached: \
             check `helm_repository`, or set `helm_chart` to a `.tgz` file that was downloaded \
             elsewhere"
            .to_owned(),
        (Some(Meaning::Unreachable), _) => {
            format!("`{cluster}` could not be reached: check the network and `--context`")
        }
        (Some(Meaning::Never(remedy)), _) => remedy.to_owned(),
        _ => "fix what Helm's message says, and run the same command again".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_that_wants_a_login_is_told_from_a_cluster_that_does() {
        let pull = ["pull", "oci://registry.example.com/charts/aws-efs-csi-driver"];
        for said in [
            "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
            "GET \"https://1.dkr.ecr.eu-west-1.amazonaws.com/v2/a/manifests/1\": response status code \
             403: denied: Your authorization token has expired",
            "failed to perform \"FetchReference\" on source: GET \"https://registry/v2/a\": basic \
             credential not found",
        ] {
            assert!(remedy(said, &pull, "dev").contains("helm registry login"), "{said}");
        }
        let cluster = remedy("Unauthorized", &["upgrade", "a"], "dev");
        assert!(cluster.starts_with("the cluster does not accept"), "{cluster}");
    }

    #[test]
    fn a_chart_that_a_registry_does_not_have_is_told_from_a_login_that_is_missing() {
        let said = "failed to perform \"FetchReference\" on source: registry/a:1.0.0: not found";
        assert_eq!(remedy(said, &["pull", "oci://registry/a"], "dev"), NO_CHART);
    }

    #[test]
    fn an_authority_that_nobody_knows_is_named_as_such() {
        let said =
            "tls: failed to verify certificate: x509: certificate signed by unknown authority";
        let pull = ["pull", "oci://registry.example.com/charts/aws-efs-csi-driver"];
        assert!(remedy(said, &pull, "dev").contains("`SSL_CERT_FILE`"));
    }

    #[test]
    fn a_role_that_allows_more_than_its_maker_may_is_no_rule_of_the_cluster() {
        let said = "clusterroles.rbac.authorization.k8s.io \"a\" is forbidden: user \"ann\" \
                    (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not \
                    currently held:";
        assert_eq!(remedy(said, &["upgrade", "a"], "dev"), ESCALATION);
    }

    #[test]
    fn a_text_has_the_remedy_of_its_first_sign() {
        let remedy = |text, args: &[&str]| remedy(text, args, "dev");
        let upgrade = ["upgrade", "driver"];
        let invalid = "StatefulSet.apps \"a\" is invalid: spec: Forbidden: updates are forbidden";
        assert_eq!(remedy(invalid, &upgrade), REFUSED);
        let forbidden = "secrets is forbidden: User \"ann\" cannot list resource \"secrets\"";
        assert!(remedy(forbidden, &upgrade).starts_with("allow what the message names"));
        let refused = "dial tcp 10.0.0.1:443: connect: connection refused";
        assert!(remedy(refused, &upgrade).starts_with("`dev` could not be reached"));
        assert!(remedy(refused, &["pull", "chart"]).contains("`helm_repository`"));
        let template = "parse error at (driver/templates/node.yaml:3): unexpected EOF";
        assert!(remedy(template, &upgrade).contains("`helm_values`"));
    }

    #[test]
    fn another_helm_at_the_same_release_is_a_race_and_an_error_of_its_own_is_none() {
        let both = "another operation (install/upgrade/rollback) is in progress";
        assert!(is_raced(both) && is_raced("cannot re-use: release: already exists"));
        assert!(!is_raced("release: not found"));
    }

    #[test]
    fn a_cut_connection_passes_and_a_refusal_does_not() {
        assert!(may_pass("Kubernetes cluster unreachable: Get \"https://dev\": EOF"));
        assert!(!may_pass("connection refused, try again"));
        assert!(!may_pass("values don't meet the specifications of the schema"));
    }
}
