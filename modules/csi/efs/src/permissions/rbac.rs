//! What this program may do in a cluster, as RBAC documents: what a plan asks for, no more.

use std::collections::{BTreeMap, BTreeSet};

use kubernetes::release::Storage;
use serde_json::{Value, json};

use crate::inputs::Inputs;
use crate::provisioner_secret::ProvisionerSecret;
use crate::resources::driver::DriverMode;
use crate::users::Reference;

/// The name of the roles.
const NAME: &str = "clockwork-codex-operator";

/// A rule: API groups are one, as in all of ours.
fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
}

const ALL: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete"];

/// The documents of whoever runs this program for these deployments: a role of the whole cluster,
/// and one in each namespace of a driver. `verify` has a namespace of its own for each proof, and
/// so permissions everywhere, in a role that may be left out.
pub fn cluster_roles<'a>(all: impl IntoIterator<Item = &'a Inputs>) -> Vec<Value> {
    let all: Vec<&Inputs> = all.into_iter().collect();
    let installs = all.iter().any(|inputs| inputs.driver.mode.has_chart());
    let takes_over = all.iter().any(|inputs| inputs.driver.mode == DriverMode::Addon);
    let mut rules = storage();
    if all.iter().any(|inputs| inputs.access_points.is_some()) {
        rules.extend(static_volumes());
    }
    if installs {
        rules.extend(driver());
    }
    let mut namespaces: Vec<&str> =
        all.iter().map(|inputs| inputs.driver.namespace.as_str()).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    let mut documents = vec![cluster_role(NAME, &rules)];
    documents.extend(namespaces.into_iter().map(|namespace| {
        let mut rules = canary();
        if installs {
            rules.extend(release());
        } else if takes_over {
            rules.extend(left_to_eks());
        }
        if all.iter().any(|inputs| is_monitored(inputs)) {
            rules.push(rule("monitoring.coreos.com", &["servicemonitors"], ALL));
        }
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": NAME, "namespace": namespace},
            "rules": rules,
        })
    }));
    documents.extend(references(&all));
    documents.push(cluster_role("clockwork-codex-verify", &proof()));
    documents
}

/// What classes refer to, each by its name: a plan looks where that leads, and which keys a Secret has.
fn references(all: &[&Inputs]) -> Vec<Value> {
    let mut named: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for class in all.iter().flat_map(|inputs| inputs.classes()) {
        if let Some(Reference { secret, namespace, name, .. }) = &class.file_system_reference {
            let kind = if *secret { "secrets" } else { "configmaps" };
            named.entry(namespace).or_default().insert((kind, name));
        }
        if let Some(ProvisionerSecret { namespace, name }) = &class.provisioner_secret {
            named.entry(namespace).or_default().insert(("secrets", name));
        }
    }
    let role = |(namespace, objects): (&str, BTreeSet<(&str, &str)>)| {
        let rules = objects.into_iter().map(|(kind, name)| {
            let mut rule = rule("", &[kind], &["get"]);
            rule["resourceNames"] = json!([name]);
            rule
        });
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "clockwork-codex-references", "namespace": namespace},
            "rules": rules.collect::<Vec<_>>(),
        })
    };
    named.into_iter().map(role).collect()
}

fn cluster_role(name: &str, rules: &[Value]) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    })
}

/// Classes and volumes, and who uses them.
fn storage() -> Vec<Value> {
    vec![
        rule("storage.k8s.io", &["storageclasses"], &["get", "list", "create", "patch", "delete"]),
        rule("", &["persistentvolumes"], &["get", "list", "patch"]),
        rule("", &["persistentvolumeclaims"], &["get", "list"]),
        rule("", &["persistentvolumeclaims/status"], &["patch"]),
        rule("", &["pods", "nodes", "events"], &["get", "list"]),
        rule("apps", &["deployments", "daemonsets"], &["get", "list"]),
        // Whether pods get their credentials by EKS's webhook.
        rule("admissionregistration.k8s.io", &["mutatingwebhookconfigurations"], &["get"]),
    ]
}

/// The volumes of the deployment's own access points and their claims, in whatever namespaces.
fn static_volumes() -> Vec<Value> {
    vec![
        rule("", &["persistentvolumes"], &["create", "delete"]),
        rule("", &["persistentvolumeclaims"], &["create", "patch", "delete"]),
        rule("", &["namespaces"], &["get"]),
    ]
}

/// The objects of the driver's chart that belong to no namespace. Kubernetes lets nobody make a
/// role that allows more than they may do themselves, unless they may `escalate` and `bind`
/// (Kubernetes documentation, "Using RBAC Authorization", privilege escalation).
fn driver() -> Vec<Value> {
    vec![
        rule("storage.k8s.io", &["csidrivers"], ALL),
        rule(
            "rbac.authorization.k8s.io",
            &["clusterroles", "roles"],
            &[ALL, &["escalate", "bind"]].concat(),
        ),
        rule("rbac.authorization.k8s.io", &["clusterrolebindings", "rolebindings"], ALL),
        // Helm makes the namespace of a release, where it is not there.
        rule("", &["namespaces"], &["get", "create"]),
    ]
}

/// The claim and the pod that a deploy ends with; and pods of the driver's controller are deleted that
/// lack their credentials.
fn canary() -> Vec<Value> {
    vec![rule(
        "",
        &["persistentvolumeclaims", "pods"],
        &["get", "list", "create", "patch", "delete"],
    )]
}

/// The objects of the driver's chart in its namespace, and Helm's own records.
fn release() -> Vec<Value> {
    vec![
        rule("", &["secrets", "configmaps", "serviceaccounts", "services"], ALL),
        rule("apps", &["deployments", "daemonsets"], ALL),
        rule("policy", &["poddisruptionbudgets"], ALL),
    ]
}

/// What leaving a release to EKS takes in its namespace, by verb, API group and resource: Helm's
/// marks are taken off its workloads, and its records are deleted, wherever Helm keeps them.
pub fn to_leave_a_release(
    records: Option<Storage>,
) -> [(&'static str, &'static str, &'static str); 3] {
    let records = match records {
        Some(Storage::ConfigMap) => "configmaps",
        Some(Storage::Secret) | None => "secrets",
    };
    [("patch", "apps", "deployments"), ("patch", "apps", "daemonsets"), ("delete", "", records)]
}

/// A release of before, whose objects EKS takes over: Helm's marks go, and its records.
fn left_to_eks() -> Vec<Value> {
    vec![
        rule("", &["secrets", "configmaps"], &["get", "list", "delete"]),
        rule("apps", &["deployments", "daemonsets"], &["get", "list", "patch"]),
    ]
}

/// Whether the chart makes a `ServiceMonitor`, which belongs to the operator of Prometheus.
fn is_monitored(inputs: &Inputs) -> bool {
    let controller = inputs.driver.settings.get("controller");
    let enabled = controller.and_then(|it| it.pointer("/serviceMonitor/enabled"));
    enabled == Some(&Value::Bool(true))
}

/// A proof: a namespace with a claim, pods and Jobs.
fn proof() -> Vec<Value> {
    vec![
        rule("", &["namespaces"], &["get", "create", "patch", "delete"]),
        rule(
            "",
            &["persistentvolumeclaims", "pods", "secrets"],
            &["get", "list", "create", "patch", "delete", "deletecollection"],
        ),
        rule("batch", &["jobs"], &["get", "list", "create", "patch", "delete", "deletecollection"]),
        rule("", &["serviceaccounts", "events", "pods/log"], &["get", "list"]),
    ]
}
