//! Error responses of a Kubernetes API server, by their HTTP status
//! (Kubernetes API conventions, "HTTP Status codes").

use kube::core::Status;

use super::{Meaning, REPEAT, Table, find};

const FORBIDDEN: u16 = 403;
const NOT_FOUND: u16 = 404;
const CONFLICT: u16 = 409;

const STATUSES: Table<u16> = &[
    (400, Meaning::Never("correct the input that the message names")),
    (401, Meaning::NotAccepted),
    (FORBIDDEN, Meaning::Denied),
    (
        NOT_FOUND,
        Meaning::Never("the cluster does not have what the message names: check `--context`"),
    ),
    (405, Meaning::Never("this cluster does not offer the call: check its version")),
    (CONFLICT, Meaning::Raced),
    (422, Meaning::Never("correct the input that the message names")),
    (429, Meaning::Throttled),
    (500, Meaning::Passing),
    (502, Meaning::Passing),
    (503, Meaning::Passing),
    (504, Meaning::Passing),
];

/// Whether there is no such object.
pub(crate) fn is_not_found(status: &Status) -> bool {
    status.code == NOT_FOUND
}

/// Whether another client changed the object meanwhile.
pub(crate) fn is_conflict(status: &Status) -> bool {
    status.code == CONFLICT
}

/// Whether this identity may not make the call.
pub(crate) fn is_forbidden(status: &Status) -> bool {
    status.code == FORBIDDEN
}

/// Whether the same call may be answered in a moment. The client itself repeats what the
/// server refuses for its load (429 and 503, with `Retry-After`).
pub(crate) fn may_be_repeated(status: &Status) -> bool {
    matches!(status.code, CONFLICT | 500 | 502)
}

/// What to do where the API server cannot be reached.
pub(crate) fn unreachable(cluster: &str) -> String {
    format!("`{cluster}` could not be reached: check the network, and `--context` or KUBECONFIG")
}

/// What to do about an error response to `call`.
pub(crate) fn remedy(status: &Status, call: &str) -> String {
    match find(STATUSES, status.code) {
        Some(Meaning::NotAccepted) => {
            "the cluster does not accept the credentials: log in again, for instance with \
             `aws sso login`, or rewrite the kubeconfig entry with `aws eks update-kubeconfig`"
                .to_owned()
        }
        Some(Meaning::Denied) => format!(
            "allow `{call}` to this user by a Role or ClusterRole; `kubectl auth whoami` shows the user"
        ),
        Some(Meaning::Raced) => {
            "another client is changing the object: run the same command again".to_owned()
        }
        Some(Meaning::Throttled) => {
            "the API server is overloaded: run the same command again later".to_owned()
        }
        Some(Meaning::Never(remedy)) => remedy.to_owned(),
        _ => REPEAT.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy_of(code: u16) -> String {
        let status = Status { code, ..Status::default() };
        remedy(&status, "patch storageclasses.storage.k8s.io/efs-sc")
    }

    #[test]
    fn only_what_may_succeed_is_advised_to_be_repeated() {
        for code in [400, 403, 404, 405, 422] {
            let remedy = remedy_of(code);
            assert!(!remedy.contains("again"), "{code}: {remedy}");
        }
        for code in [409, 429, 500, 502, 503, 504] {
            let remedy = remedy_of(code);
            assert!(remedy.contains("again"), "{code}: {remedy}");
        }
    }

    #[test]
    fn a_denial_names_the_call() {
        let remedy = remedy_of(403);
        assert!(remedy.contains("`patch storageclasses.storage.k8s.io/efs-sc`"), "{remedy}");
    }
}
