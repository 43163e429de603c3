//! Why a claim of the class was not bound, or its volume not deleted, from what the driver and
//! the cluster say of it.
//!
//! The driver answers a call that AWS denied with `Access denied` alone, without AWS's message
//! (`ErrAccessDenied` in `pkg/cloud/cloud.go` of versions 1.5.6 to 3.4.1); other errors of AWS are
//! in its answer. The provisioner writes that answer into an event of the claim with the reason
//! `ProvisioningFailed`, and for a volume with the reason `VolumeFailedDelete`.

use super::assumed;
use super::facts::{Controller, Event, Facts, Rule, account};

/// What the controller's Deployment is called, where no value says otherwise.
const CONTROLLER: &str = "efs-csi-controller";

/// Why it was not bound, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What is missing, in a sentence without a full stop.
    pub what: String,
    /// What the driver or the cluster says, word for word, where it says anything.
    pub says: Option<String>,
    pub remedy: String,
    /// Whether that is an answer of the driver or of the scheduler, and not their silence.
    pub answered: bool,
    /// Whether waiting any longer changes nothing.
    pub is_final: bool,
}

/// The reasons of events that say that something went wrong, the more telling ones first.
const TELLING: [&str; 4] =
    ["VolumeFailedDelete", "ProvisioningFailed", "FailedScheduling", "FailedBinding"];

/// Why a claim is not bound.
pub fn binding(facts: &Facts, events: &[Event]) -> Cause {
    let Some(event) = telling(events) else { return silent(facts, events) };
    if event.reason == "FailedScheduling" {
        return cause(
            "no node takes the canary's pod, and the class makes volumes only for pods that have one",
            event,
            "see the taints and the free resources of the nodes, or deploy with \
             `volume_binding_mode = \"Immediate\"`"
                .to_owned(),
            false,
        );
    }
    let called = "create its access point";
    let known = |rule: &&Rule| rule.words.iter().any(|word| event.message.contains(word));
    match assumed::RULES.iter().chain(RULES).find(known) {
        Some(rule) => cause(&(rule.what)(facts), event, (rule.remedy)(facts), rule.is_final),
        None if is_denied(&event.message) => denied(facts, event, called, CREATING),
        None => unknown(facts, event, "could not make a volume for the claim"),
    }
}

/// Why the volume of a claim that is gone does not go.
pub fn removal(facts: &Facts, events: &[Event]) -> Cause {
    match telling(events) {
        Some(event) if is_denied(&event.message) => {
            denied(facts, event, "delete its access point", DELETING)
        }
        Some(event) => unknown(facts, event, "could not delete the volume of the claim"),
        None => Cause {
            what: format!(
                "the claim was bound, and the EFS CSI driver in `{}` has not deleted its volume",
                facts.namespace
            ),
            says: None,
            remedy: format!("look at what the driver says: {}", logs(facts)),
            answered: false,
            is_final: false,
        },
    }
}

/// What the driver calls to make a volume, and to delete one.
const CREATING: &str = "`elasticfilesystem:DescribeFileSystems`, \
    `elasticfilesystem:DescribeAccessPoints`, `elasticfilesystem:CreateAccessPoint` and \
    `elasticfilesystem:TagResource`";
const DELETING: &str = "`elasticfilesystem:DescribeAccessPoints` and \
    `elasticfilesystem:DeleteAccessPoint`, the latter where the access point has the tag \
    `efs.csi.aws.com/cluster`";

/// The known causes; the more special words come first.
const RULES: &[Rule] = &[
    // external-provisioner (`pkg/controller/controller.go`, `getCredentials`).
    Rule {
        words: &["error getting secret"],
        what: |facts| {
            format!(
                "{} may not read the Secret that the class names by `provisioner_secret`, or there is none",
                account(facts)
            )
        },
        remedy: |_| {
            "make that Secret, and give the service account `get` on it by a Role of your own, where the \
             chart gives none"
                .to_owned()
        },
        is_final: false,
    },
    // The driver's `pkg/driver/filesystem_id_finder.go`.
    Rule {
        words: &["Failed to resolve filesystem Id"],
        what: |_| {
            "the driver does not find the file system where the class refers to it".to_owned()
        },
        remedy: |_| {
            "put its id into the ConfigMap or Secret of `file_system_id_config_ref` or \
             `file_system_id_secret_ref`: `cargo xtask outputs --format config-map` prints one"
                .to_owned()
        },
        is_final: false,
    },
    Rule {
        words: &[
            "NoCredentialProviders",
            "no EC2 IMDS role found",
            "failed to refresh cached credentials",
            "get credentials",
        ],
        what: |facts| {
            format!(
                "the driver has no AWS credentials: neither {} nor its node has a role that it can use",
                account(facts)
            )
        },
        remedy: |facts| {
            format!(
                "give the driver a role of its own: `driver_identity` or `driver_role_arn`; where it has \
                 one in a network without a way to the internet, that network needs an interface \
                 endpoint for {}",
                credentials_endpoint(facts)
            )
        },
        is_final: false,
    },
    Rule {
        words: &[
            "ExpiredToken",
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
        ],
        what: |_| "AWS does not accept the driver's credentials".to_owned(),
        remedy: |facts| {
            format!(
                "check the secret or the environment that gives {} its keys, and the clock of its node",
                account(facts)
            )
        },
        is_final: false,
    },
    Rule {
        words: &["AccessPointLimitExceeded"],
        what: |_| "the file system has as many access points as it may".to_owned(),
        remedy: |_| {
            "delete access points that nobody uses, or raise the quota `Access points per file \
             system` of EFS in Service Quotas"
                .to_owned()
        },
        is_final: true,
    },
    Rule {
        words: &["ThrottlingException", "Throttling:", "Rate exceeded", "RequestLimitExceeded"],
        what: |facts| format!("AWS limits the rate of the account's calls in {}", facts.region),
        remedy: |_| {
            "deploy again when fewer clients call EFS in this account and region".to_owned()
        },
        is_final: false,
    },
    Rule {
        words: &["Failed to locate a free GID", "allocator failed to find available GID"],
        what: |_| "every group id that the driver may hand out is in use".to_owned(),
        remedy: |_| "widen `gid_range_start` and `gid_range_end`, or set `gid`".to_owned(),
        is_final: true,
    },
    Rule {
        words: &[
            "exceeds EFS limit of 100 characters",
            "exceeds file system limit of 100 characters",
            "limit of 4 subdirectories",
        ],
        what: |_| "EFS does not take the directory that the class makes for a volume".to_owned(),
        remedy: |_| "shorten `base_path` or `sub_path_pattern`".to_owned(),
        is_final: true,
    },
    Rule {
        words: &["File System does not exist", "FileSystemNotFound"],
        what: |facts| {
            format!(
                "the driver finds no file system of the class {} in its account and region",
                facts.class
            )
        },
        remedy: |facts| {
            format!(
                "make sure that the driver's role belongs to the account of the file system, and that its nodes are in {}",
                facts.region
            )
        },
        is_final: false,
    },
    Rule {
        words: &[
            "Cannot find mount targets",
            "is in available state",
            "No available mount targets",
        ],
        what: |_| {
            "the driver finds no mount target of the file system that is available".to_owned()
        },
        remedy: |_| "deploy again: it creates the mount targets that are missing".to_owned(),
        is_final: false,
    },
    Rule {
        words: &[
            "no such host",
            "i/o timeout",
            "context deadline exceeded",
            "dial tcp",
            "connection refused",
            "RequestCanceled",
            "TLS handshake timeout",
        ],
        what: |facts| format!("the driver cannot reach the API of EFS in {}", facts.region),
        remedy: |facts| {
            format!(
                "give the nodes' subnets a route to a NAT gateway, or an interface endpoint for \
                 `com.amazonaws.{0}.elasticfilesystem` and one for {1}, whose \
                 security groups admit TCP 443 from the nodes",
                facts.region,
                credentials_endpoint(facts)
            )
        },
        is_final: false,
    },
];

/// The service that the driver's credentials come from: STS by an annotation (IRSA), and EKS's own
/// where an association gives them to it (EKS User Guide, "Deploy private clusters with limited internet
/// access").
fn credentials_endpoint(facts: &Facts) -> String {
    let region = &facts.region;
    match facts.controller.as_ref().and_then(|controller| controller.role.as_ref()) {
        Some(_) => format!("`com.amazonaws.{region}.sts`"),
        None => format!(
            "`com.amazonaws.{region}.eks-auth` where EKS Pod Identity gives the driver its role, else \
             `com.amazonaws.{region}.sts`"
        ),
    }
}

/// Whether AWS denied a call; `Access denied` is the driver's own word for it.
fn is_denied(message: &str) -> bool {
    ["Access Denied", "Access denied", "AccessDenied", "not authorized to perform"]
        .iter()
        .any(|words| message.contains(words))
}

/// What AWS denied, and to whom: the driver has an identity, or has none of its own.
fn denied(facts: &Facts, event: &Event, doing: &str, actions: &str) -> Cause {
    if let Some(action) = after(&event.message, "not authorized to perform: ") {
        return cause(
            &format!("AWS denies the driver `{action}`"),
            event,
            format!("allow `{action}` to {}", principal(facts)),
            false,
        );
    }
    let controller = facts.controller.as_ref();
    let tags = controller.and_then(|controller| controller.tags.as_deref());
    let (what, remedy) = match (controller.and_then(|controller| controller.role.as_deref()), tags)
    {
        (None, _) => (
            format!("AWS denies the driver to {doing}: {} has no role of its own", account(facts)),
            format!(
                "give it one with `driver_role_arn`, which allows {actions}; `AmazonEFSCSIDriverPolicy` \
                 does. Where EKS Pod Identity or the nodes' role is meant to give it one, allow them there"
            ),
        ),
        (Some(role), Some(tags)) if actions == CREATING => (
            format!("AWS denies the driver to {doing}, which it tags with {tags}"),
            format!(
                "leave out `access_point_tags`, or `controller.tags` of the driver's values, or allow \
                 these tag keys to `{role}`: `AmazonEFSCSIDriverPolicy` allows `elasticfilesystem:CreateAccessPoint` with the tag \
                 `efs.csi.aws.com/cluster` and no other"
            ),
        ),
        (Some(role), _) => (
            format!("AWS denies the driver to {doing} as `{role}`"),
            format!("allow {actions} to that role; `AmazonEFSCSIDriverPolicy` does"),
        ),
    };
    cause(&what, event, remedy, false)
}

/// Nobody said that anything went wrong: whoever should make the volume does not work.
fn silent(facts: &Facts, events: &[Event]) -> Cause {
    let says = events.last().map(|event| event.message.clone());
    let namespace = &facts.namespace;
    let (what, remedy) = match &facts.controller {
        None => (
            format!("no EFS CSI driver answers: `{namespace}` has no `{CONTROLLER}`"),
            "install it by `driver = \"install\"`, or name the namespace of the one that is there"
                .to_owned(),
        ),
        Some(Controller { name, selector, ready: 0, desired, .. }) => (
            format!("no EFS CSI driver answers: 0 of {desired} pods of `{name}` are ready"),
            format!(
                "look why: `kubectl --namespace {namespace} describe pods --selector {selector}`"
            ),
        ),
        Some(_) => (
            "the EFS CSI driver runs, and does not answer claims of the class".to_owned(),
            format!("look at what it says: {}", logs(facts)),
        ),
    };
    Cause { what, says, remedy, answered: false, is_final: false }
}

fn unknown(facts: &Facts, event: &Event, what: &str) -> Cause {
    cause(
        &format!("the EFS CSI driver {what}"),
        event,
        format!("look at what it says besides: {}", logs(facts)),
        false,
    )
}

fn cause(what: &str, event: &Event, remedy: String, is_final: bool) -> Cause {
    let says = Some(event.message.clone());
    Cause { what: what.to_owned(), says, remedy, answered: true, is_final }
}

/// The newest event that says most.
fn telling(events: &[Event]) -> Option<&Event> {
    TELLING.iter().find_map(|reason| events.iter().rev().find(|event| event.reason == *reason))
}

/// The word that follows these words.
fn after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(words)?;
    rest.split_whitespace().next().map(|word| word.trim_end_matches(['.', ',']))
}

fn principal(facts: &Facts) -> String {
    let role = facts.controller.as_ref().and_then(|controller| controller.role.as_deref());
    role.map_or_else(|| format!("the role of {}", account(facts)), |role| format!("`{role}`"))
}

fn logs(facts: &Facts) -> String {
    let name = facts.controller.as_ref().map_or(CONTROLLER, |controller| controller.name.as_str());
    let namespace = &facts.namespace;
    format!("`kubectl --namespace {namespace} logs deployment/{name} --container efs-plugin`")
}
