//! What people are told of an add-on that cannot be what is wanted.

use plan::{Address, Difference, Refusal, Warning};

use super::given::ResolveConflicts;
use super::schema::{What, mistakes};
use super::spec::{Found, Issue, NAMESPACE, Observed, Spec, Status};
use super::wanted::Wanted;
use crate::inputs::driver_settings::input_of;
use crate::owner::Owner;

/// An add-on that somebody else made.
pub(super) fn not_ours(address: &Address, owner: &Owner, found: &Found) -> Refusal {
    let tags = owner.marks().into_iter().map(|(key, value)| format!("{key}={value}"));
    let tags: Vec<String> = tags.collect();
    Refusal::new(
        address,
        format!("the add-on is there ({}), and does not carry this project's tags", found.version),
        format!(
            "leave it alone with `--driver skip`, or hand it over: `aws eks tag-resource \
             --resource-arn {} --tags {}`",
            found.arn,
            tags.join(",")
        ),
    )
}

/// A version that is asked for and installed, and that EKS does not offer for the cluster any more.
pub(super) fn withdrawn(version: &str, observed: &Observed) -> Warning {
    let kubernetes = observed.kubernetes.as_deref().unwrap_or("this cluster");
    Warning::new(
        format!(
            "EKS does not offer the add-on's version {version} for Kubernetes {kubernetes} any more: it \
             stays as it is installed, and EKS may not install or change it again"
        ),
        "set `addon_version` to one that `aws eks describe-addon-versions --addon-name \
         aws-efs-csi-driver` shows, or leave it out",
    )
}

/// What EKS never changes of an add-on.
pub(super) fn moved(address: &Address, forbidden: &plan::Forbidden) -> Refusal {
    let found = forbidden.found.as_deref().unwrap_or("none");
    Refusal::new(
        address,
        format!(
            "its {} is `{found}`, and EKS never moves an add-on to `{}`",
            forbidden.attribute, forbidden.wanted
        ),
        format!("set `namespace` to \"{found}\"; {NAMESPACE} is what it has without that input"),
    )
}

/// A failure that the same call would meet again.
pub(super) fn unresolved(
    address: &Address,
    wanted: &Wanted,
    found: Option<&Found>,
) -> Option<Refusal> {
    let found = found?;
    let failed = match found.status {
        Status::CreateFailed => {
            wanted.inputs.addon.resolve_conflicts != ResolveConflicts::Overwrite
        }
        Status::UpdateFailed => wanted.inputs.addon.resolve_conflicts == ResolveConflicts::None,
        _ => false,
    };
    let conflict = found.issues.iter().any(|issue| issue.code == CONFLICT);
    (failed && conflict).then(|| {
        Refusal::new(
            address,
            format!("it is {}: {}", found.status.as_str(), found.told()),
            remedy(&found.issues),
        )
    })
}

pub(super) fn degraded(found: &Found) -> Warning {
    Warning::new(format!("the add-on is DEGRADED: {}", found.told()), remedy(&found.issues))
}

/// Two deployments that want different settings of the one add-on.
pub(super) fn contested(
    address: &Address,
    owner: &Owner,
    found: &Found,
    differences: &[Difference],
) -> Refusal {
    let names = differences.iter().map(|it| format!("`{}`", it.attribute.as_str()));
    let names: Vec<String> = names.take(5).collect();
    let keeper = found.keeper().unwrap_or_default();
    Refusal::new(
        address,
        format!(
            "`{}/{keeper}` keeps the add-on of this cluster with other settings: `{}` would undo {}",
            owner.cluster,
            owner.name(),
            names.join(", ")
        ),
        "give both the same inputs for it, or one of them `driver = \"skip\"`",
    )
}

/// Configuration values that the add-on's version does not take.
pub(super) fn not_taken(
    address: &Address,
    spec: &Spec,
    schema: &serde_json::Value,
) -> Vec<Refusal> {
    let found = mistakes(schema, &spec.configuration.value).into_iter();
    found
        .map(|mistake| {
            let path = &mistake.path;
            let input = input_of(path).unwrap_or(if path.starts_with("controller.tags") {
                "access_point_tags"
            } else {
                "addon_configuration"
            });
            match mistake.what {
                What::Unknown { nearest } => Refusal::new(
                    address,
                    format!(
                        "the add-on {} has no configuration value `{path}`, which `{input}` sets",
                        spec.version
                    ),
                    match nearest {
                        Some(nearest) => format!("did you mean `{nearest}`?"),
                        None => format!("leave `{input}` out, or choose another `addon_version`"),
                    },
                ),
                What::Wrong(why) => Refusal::new(
                    address,
                    format!("the configuration value `{path}` of the add-on: {why}"),
                    format!("correct `{input}`"),
                ),
            }
        })
        .collect()
}

/// The code of an issue: somebody else set fields of the add-on's objects.
const CONFLICT: &str = "ConfigurationConflict";

/// What to do about the issues that EKS names.
///
/// Sources: Amazon EKS API Reference, `AddonIssue`; EKS User Guide, "IAM roles and users for add-ons"
/// and "Troubleshoot Amazon EKS add-ons".
const REMEDIES: &[(&str, &str)] = &[
    (
        CONFLICT,
        "set `addon_resolve_conflicts` to `OVERWRITE` to have EKS set these fields, or take back \
         what was changed by hand",
    ),
    ("UnsupportedAddonModification", "set `addon_resolve_conflicts` to `OVERWRITE`"),
    ("K8sResourceNotFound", "set `addon_resolve_conflicts` to `OVERWRITE`: EKS makes it anew"),
    (
        "InsufficientNumberOfReplicas",
        "look why its pods do not run: `kubectl get pods --all-namespaces --selector \
         app.kubernetes.io/name=aws-efs-csi-driver`; it needs nodes whose taints it tolerates",
    ),
    (
        "AccessDenied",
        "let EKS change the cluster: its ClusterRole and ClusterRoleBinding `eks:addon-manager` \
         must be there",
    ),
    (
        "AdmissionRequestDenied",
        "a policy or a webhook of the cluster denies its objects: let the user `eks:addon-manager` \
         pass",
    ),
    (
        "ClusterUnreachable",
        "EKS does not reach the cluster: look at its health, and at its subnets and security groups",
    ),
    ("AddonPermissionFailure", "give the add-on's role what the message names"),
    ("InternalFailure", "run the same command again; if it stays, ask AWS Support"),
];

/// What the API server says of a selector that would change (apimachinery,
/// `FieldImmutableErrorMsg`).
const IMMUTABLE: &str = "field is immutable";

/// The remedy for the first issue that has one.
pub fn remedy(issues: &[Issue]) -> String {
    if issues.iter().any(|issue| issue.message.contains(IMMUTABLE)) {
        return "the driver that is there has other selectors than the add-on, and they never change: \
                stay with it by `driver = \"install\"`, or drain the nodes and uninstall it first"
            .to_owned();
    }
    let mut known =
        issues.iter().filter_map(|issue| REMEDIES.iter().find(|(code, _)| *code == issue.code));
    let (_, remedy) = known
        .next()
        .unwrap_or(&("", "look at the add-on in the EKS console, and at the events of its pods"));
    (*remedy).to_owned()
}
