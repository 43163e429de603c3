//! Error responses of a Kubernetes API server, by their HTTP status
//! (Kubernetes API conventions, "HTTP Status codes").

use kube::core::Status;

use super::{Meaning, REPEAT, Table, find};

const FORBIDDEN: u16 = 403;
const GONE: u16 = 410;
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

/// What to do where the cluster refuses what nobody may do there.
pub(crate) const REFUSED: &str = "a rule of the cluster refuses what the message names, such as an admission policy, a \
     quota, the pod security level of the namespace or a field that never changes; no right is missing";

/// How an API server says that somebody makes a role that allows more than they may do
/// (`k8s.io/kubernetes/pkg/registry/rbac`).
pub(super) const ESCALATES: &str = "attempting to grant RBAC permissions not currently held";

/// What to do about that.
pub(super) const ESCALATION: &str = "the driver's chart has a role that allows more than this user \
     may do: give the user the roles that `cargo xtask render --rbac` prints, which may `escalate` \
     and `bind`";

/// How a kubelet says that it cannot have the image of a container
/// (`k8s.io/kubernetes/pkg/kubelet/images/types.go`, and `k8s.io/cri-api/pkg/errors` for the last two).
const IMAGE_MISSING: [&str; 7] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// Whether a pod does not run because its image cannot be had, which no patience mends.
pub(crate) fn lacks_image(why: &str) -> bool {
    IMAGE_MISSING.iter().any(|sign| why.contains(sign))
}

/// Whether there is no such object.
pub(crate) fn is_not_found(status: &Status) -> bool {
    status.code == NOT_FOUND
}

/// Whether another client changed the object meanwhile.
pub(crate) fn is_conflict(status: &Status) -> bool {
    status.code == CONFLICT
}

/// Whether the server has forgotten the state that a listing goes on from.
pub(crate) fn is_gone(status: &Status) -> bool {
    status.code == GONE
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

/// Whether a message says that a right is missing, in the words of RBAC: `User "ann" cannot list
/// resource "secrets"` (`k8s.io/apiserver`, `forbiddenMessage`). Validation and admission say
/// "forbidden" too, of what nobody may do.
pub(crate) fn lacks_right(message: &str) -> bool {
    message.split_once("forbidden: User \"").is_some_and(|(_, rest)| rest.contains("\" cannot "))
}

/// Whether a policy of the cluster refuses it, in the words of the admission of Kubernetes: of
/// `ValidatingAdmissionPolicy` with 422, of the webhooks of Kyverno and Gatekeeper with any status
/// (`k8s.io/apiserver/pkg/admission/plugin/policy/validating`, `.../webhook/errors`).
fn is_policy(message: &str) -> bool {
    message.contains(" denied request: ") || message.contains(" denied the request")
}

/// What to do about an error response to `call`.
pub(crate) fn remedy(status: &Status, call: &str) -> String {
    if is_policy(&status.message) {
        return REFUSED.to_owned();
    }
    let refused = !status.message.is_empty() && !lacks_right(&status.message);
    match find(STATUSES, status.code) {
        Some(Meaning::Denied) if status.message.contains(ESCALATES) => ESCALATION.to_owned(),
        Some(Meaning::Denied) if refused => REFUSED.to_owned(),
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
    fn an_image_that_cannot_be_had_is_told_from_a_pod_that_is_late() {
        assert!(lacks_image("pod a: ImagePullBackOff Back-off pulling image \"busybox:none\""));
        assert!(!lacks_image("pod a: ContainerCreating"));
    }

    #[test]
    fn only_rbac_says_that_a_right_is_missing() {
        let of = |code, message: &str| {
            let status = Status { code, message: message.to_owned(), ..Status::default() };
            remedy(&status, "create pods")
        };
        let rbac =
            "pods is forbidden: User \"ann\" cannot create resource \"pods\" in API group \"\"";
        assert!(of(403, rbac).starts_with("allow `create pods`"));
        for admission in [
            "pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\": privileged",
            "pods \"a\" is forbidden: exceeded quota: pods, requested: pods=1",
        ] {
            assert_eq!(of(403, admission), REFUSED);
        }
        let by_policy = "storageclasses.storage.k8s.io \"a\" is forbidden: ValidatingAdmissionPolicy 'costs' \
                         with binding 'costs' denied request: every class names its team";
        assert_eq!(of(422, by_policy), REFUSED);
        let by_webhook =
            "admission webhook \"validate.kyverno.svc-fail\" denied the request: no team";
        assert_eq!(of(400, by_webhook), REFUSED);
        let validation = "spec: Forbidden: updates to statefulset spec are forbidden";
        assert!(of(422, validation).contains("correct the input"));
    }

    #[test]
    fn a_denial_names_the_call() {
        let remedy = remedy_of(403);
        assert!(remedy.contains("`patch storageclasses.storage.k8s.io/efs-sc`"), "{remedy}");
    }
}
