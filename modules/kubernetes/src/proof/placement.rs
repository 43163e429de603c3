//! Where the pods of a proof may run, in clusters that do not take any pod anywhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What is asked of a pod beside what it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub tolerations: Vec<Toleration>,
    /// Labels that its node must have.
    pub node_selector: BTreeMap<String, String>,
    /// What its container takes at most, and is given: quotas and limit ranges may ask for both.
    pub resources: BTreeMap<String, String>,
    /// The Secret that its image is pulled with: the namespace that it is in, and its name.
    pub image_pull_secret: Option<(String, String)>,
}

/// A taint that a pod bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toleration {
    pub key: String,
    /// Any where there is none.
    pub value: Option<String>,
    /// Any where there is none.
    pub effect: Option<String>,
}

/// The effects that a taint can have.
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

impl Toleration {
    /// Reads `KEY[=VALUE][:EFFECT]`, as `kubectl taint` writes taints.
    ///
    /// # Errors
    /// If it is none, with what is wrong.
    pub fn parse(text: &str) -> Result<Toleration, String> {
        let (taint, effect) = match text.split_once(':') {
            Some((taint, effect)) => (taint, Some(effect)),
            None => (text, None),
        };
        if let Some(effect) = effect.filter(|effect| !EFFECTS.contains(effect)) {
            return Err(format!(
                "`{}` is no effect of a taint: {} are",
                effect.escape_debug(),
                EFFECTS.join(", ")
            ));
        }
        let (key, value) = match taint.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (taint, None),
        };
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(format!(
                "`{}` is no taint: write it as KEY, KEY=VALUE or KEY=VALUE:EFFECT",
                text.escape_debug()
            ));
        }
        Ok(Toleration { key: key.to_owned(), value, effect: effect.map(str::to_owned) })
    }

    /// As a pod's specification has it.
    pub fn document(&self) -> Value {
        let Toleration { key, value, effect } = self;
        let mut document = match value {
            Some(value) => json!({"key": key, "operator": "Equal", "value": value}),
            None => json!({"key": key, "operator": "Exists"}),
        };
        if let Some(effect) = effect {
            document["effect"] = json!(effect);
        }
        document
    }
}

impl Placement {
    /// Puts it into a Pod or a Job; other objects stay as they are.
    pub fn apply(&self, object: &mut Value) {
        let spec = match object["kind"].as_str() {
            Some("Pod") => object.get_mut("spec"),
            Some("Job") => object.pointer_mut("/spec/template/spec"),
            _ => None,
        };
        let Some(spec) = spec else { return };
        if !self.tolerations.is_empty() {
            spec["tolerations"] = self.tolerations.iter().map(Toleration::document).collect();
        }
        if !self.node_selector.is_empty() {
            spec["nodeSelector"] = json!(self.node_selector);
        }
        if let Some((_, name)) = &self.image_pull_secret {
            spec["imagePullSecrets"] = json!([{"name": name}]);
        }
        if !self.resources.is_empty()
            && let Some(containers) = spec["containers"].as_array_mut()
        {
            for container in containers {
                container["resources"] =
                    json!({"requests": self.resources, "limits": self.resources});
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toleration_is_written_as_kubectl_writes_taints() {
        let read = |text: &str| Toleration::parse(text).map(|it| it.document());
        assert_eq!(read("gpu").unwrap(), json!({"key": "gpu", "operator": "Exists"}));
        assert_eq!(
            read("team=graph:NoSchedule").unwrap(),
            json!({"key": "team", "operator": "Equal", "value": "graph", "effect": "NoSchedule"})
        );
        assert_eq!(
            read("nvidia.com/gpu:NoExecute").unwrap(),
            json!({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoExecute"})
        );
        for wrong in ["", "=a", "a b", "gpu:Never"] {
            assert!(Toleration::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pods_and_the_pods_of_jobs_are_placed_and_nothing_else_is() {
        let placement = Placement {
            tolerations: vec![Toleration::parse("gpu").unwrap()],
            node_selector: BTreeMap::from([("arch".to_owned(), "arm64".to_owned())]),
            resources: BTreeMap::from([("cpu".to_owned(), "50m".to_owned())]),
            image_pull_secret: Some(("kube-system".to_owned(), "registry".to_owned())),
        };
        let spec = json!({"containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}]});
        let placed = json!({
            "containers": [{"name": "a", "resources":
                {"requests": {"cpu": "50m"}, "limits": {"cpu": "50m"}}}],
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "nodeSelector": {"arch": "arm64"},
            "imagePullSecrets": [{"name": "registry"}],
        });
        let mut pod = json!({"kind": "Pod", "spec": spec});
        placement.apply(&mut pod);
        assert_eq!(pod["spec"], placed);
        let mut job = json!({"kind": "Job", "spec": {"template": {"spec": spec}}});
        placement.apply(&mut job);
        assert_eq!(job["spec"]["template"]["spec"], placed);
        let mut claim = json!({"kind": "PersistentVolumeClaim", "spec": {}});
        placement.apply(&mut claim);
        assert_eq!(claim["spec"], json!({}));
        let mut pod = json!({"kind": "Pod", "spec": spec});
        Placement::default().apply(&mut pod);
        assert_eq!(pod["spec"], spec);
    }
}
