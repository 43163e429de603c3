//! What the roles of a chart allow. Kubernetes lets nobody make a role that allows more than they may do
//! themselves, nor bind one, unless they may `escalate` and `bind`
//! (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping>).

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

/// One thing that a role allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// To do something with objects.
    Object {
        /// Such as `create`, or `*`.
        verb: String,
        /// The API group; empty for the core of Kubernetes.
        group: String,
        /// Such as `pods` or `pods/log`.
        resource: String,
        /// The only object that it is about, where it is not about all.
        name: Option<String>,
    },
    /// To ask for a path of the API server that is no object.
    Path {
        /// Such as `get`.
        verb: String,
        /// Such as `/healthz`.
        path: String,
    },
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Permission::Object { verb, group, resource, name } => {
                let dot = if group.is_empty() { "" } else { "." };
                write!(f, "{verb} {resource}{dot}{group}")?;
                name.iter().try_for_each(|name| write!(f, "/{name}"))
            }
            Permission::Path { verb, path } => write!(f, "{verb} {path}"),
        }
    }
}

/// A role among the documents of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub name: String,
    /// Where a `Role` is; a `ClusterRole` is nowhere.
    pub namespace: Option<String>,
    pub permissions: BTreeSet<Permission>,
    /// The bindings of the chart that give it to somebody.
    pub bindings: Vec<Binding>,
}

/// A binding of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    pub name: String,
    /// Where a `RoleBinding` is; a `ClusterRoleBinding` is nowhere.
    pub namespace: Option<String>,
}

/// The roles among documents; a `Role` without a namespace is in that of the release.
pub fn roles(documents: &[Value], release_namespace: &str) -> Vec<Role> {
    let within = |document: &Value, kind: &str| {
        let named = document["metadata"]["namespace"].as_str().unwrap_or(release_namespace);
        (document["kind"] == kind).then(|| named.to_owned())
    };
    let of_kind = |kinds: [&'static str; 2]| {
        documents.iter().filter(move |it| kinds.iter().any(|kind| it["kind"] == *kind))
    };
    let name = |document: &Value| document["metadata"]["name"].as_str().unwrap_or("").to_owned();
    let role = |document: &Value| {
        let bindings = of_kind(["ClusterRoleBinding", "RoleBinding"]).filter(|binding| {
            let reference = &binding["roleRef"];
            reference["kind"] == document["kind"]
                && reference["name"] == document["metadata"]["name"]
        });
        Role {
            name: name(document),
            namespace: within(document, "Role"),
            permissions: permissions(&document["rules"]),
            bindings: bindings
                .map(|it| Binding { name: name(it), namespace: within(it, "RoleBinding") })
                .collect(),
        }
    };
    of_kind(["ClusterRole", "Role"]).map(role).collect()
}

/// All that the rules of a role allow, one by one.
pub fn permissions(rules: &Value) -> BTreeSet<Permission> {
    let mut all = BTreeSet::new();
    for rule in rules.as_array().into_iter().flatten() {
        let texts = |name: &str| -> Vec<String> {
            let texts = rule[name].as_array().into_iter().flatten().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        let mut names: Vec<Option<String>> = texts("resourceNames").into_iter().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        for verb in texts("verbs") {
            for path in texts("nonResourceURLs") {
                all.insert(Permission::Path { verb: verb.clone(), path });
            }
            for group in texts("apiGroups") {
                for resource in texts("resources") {
                    all.extend(names.iter().map(|name| Permission::Object {
                        verb: verb.clone(),
                        group: group.clone(),
                        resource: resource.clone(),
                        name: name.clone(),
                    }));
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(of: &BTreeSet<Permission>) -> Vec<String> {
        of.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_rule_allows_every_verb_on_every_resource_of_every_group() {
        let rules = json!([
            { "apiGroups": ["", "apps"], "resources": ["pods", "pods/log"], "verbs": ["get", "list"] },
            { "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"], "verbs": ["get"] },
            { "nonResourceURLs": ["/healthz"], "verbs": ["get"] },
        ]);
        let all = permissions(&rules);
        assert_eq!(all.len(), 10);
        let shown = shown(&all);
        for one in ["get pods", "list pods/log.apps", "get secrets/a", "get /healthz"] {
            assert!(shown.contains(&one.to_owned()), "{one} is not in {shown:?}");
        }
        assert_eq!(permissions(&Value::Null), BTreeSet::new());
    }

    #[test]
    fn roles_are_found_with_the_bindings_that_give_them_to_somebody() {
        let rules = json!([{ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] }]);
        let role =
            |kind: &str| json!({ "kind": kind, "metadata": { "name": "a" }, "rules": rules });
        let binding = |kind: &str, to: &str| {
            json!({ "kind": kind, "metadata": { "name": format!("to-{to}") },
                "roleRef": { "kind": to, "name": "a" } })
        };
        let documents = [
            role("ClusterRole"),
            role("Role"),
            binding("ClusterRoleBinding", "ClusterRole"),
            binding("RoleBinding", "Role"),
            json!({ "kind": "Deployment", "metadata": { "name": "a" } }),
        ];
        let found = roles(&documents, "kube-system");
        let namespace = Some("kube-system".to_owned());
        let places: Vec<_> = found.iter().map(|role| role.namespace.clone()).collect();
        assert_eq!(places, [None, namespace.clone()]);
        let bindings: Vec<&Binding> = found.iter().flat_map(|role| &role.bindings).collect();
        let expected = [
            Binding { name: "to-ClusterRole".to_owned(), namespace: None },
            Binding { name: "to-Role".to_owned(), namespace },
        ];
        assert_eq!(bindings, expected.iter().collect::<Vec<_>>());
        assert_eq!(shown(&found[0].permissions), ["get pods"]);
    }
}
