//! The classes of the store's log: Kafka and ZooKeeper, which must never be on EFS.
//!
//! Both come with the store's chart, as charts below it. Helm hands `global` down to those
//! (<https://helm.sh/docs/chart_template_guide/subcharts_and_globals/>), and there its class wins
//! over their own: so the store's class is never given as `global.storageClass`.

use inputs::Problem;
use plan::Warning;
use serde_json::Value;

use crate::directories;
use crate::kind::Workload;

/// What of the log has claims: its name, and where its values lie.
const PARTS: [(&str, &[&str]); 2] = [("Kafka", &["kafka"]), ("ZooKeeper", &["kafka", "zookeeper"])];

/// The class that claims get which name none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DefaultClass {
    /// Nobody looked.
    #[default]
    Unknown,
    /// There is none: such claims stay pending.
    Missing,
    Named(String),
}

/// What is wrong with these values of a store's chart, where `class` is that of its data.
pub(crate) fn check(values: &Value, class: &str) -> Result<(), Problem> {
    let of = |path: &str| {
        let class = values.pointer(path).and_then(Value::as_str).unwrap_or_default();
        (!class.is_empty()).then_some(class)
    };
    if let Some(global) = of("/global/storageClass") {
        return Err(Problem::new(
            format!(
                "`global.storageClass` is `{global}`: it wins over `storage_class_name`, and over \
                 the classes of Kafka and ZooKeeper"
            ),
            "leave it out: `storage_class_name` is the store's class, `kafka_storage_class` that \
             of Kafka and ZooKeeper",
        ));
    }
    for (name, path) in PARTS {
        if of(&format!("/{}/persistence/storageClass", path.join("/"))) == Some(class) {
            return Err(Problem::new(
                format!("{name} must not be on `{class}`: {}", reason()),
                "choose a class of block storage, such as one of the EBS CSI driver",
            ));
        }
    }
    Ok(())
}

/// The parts of the log whose claims name no class, and so get the default one.
pub(crate) fn of_default_class(values: &Value) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut above = values;
    for (name, path) in PARTS {
        let Some(part) = path.last() else { continue };
        let values = &above[*part];
        if values["enabled"] == false {
            break;
        }
        let persistence = &values["persistence"];
        let of = |key: &str| persistence[key].as_str().is_some_and(|text| !text.is_empty());
        if persistence["enabled"] != false && !of("storageClass") && !of("existingClaim") {
            found.push(name);
        }
        above = values;
    }
    found
}

/// What to warn of, where these values are given to a store's chart.
pub(crate) fn warning(values: &Value, class: &str, default: &DefaultClass) -> Option<Warning> {
    let parts = of_default_class(values).join(" and ");
    if parts.is_empty() {
        return None;
    }
    let remedy = "set `kafka_storage_class` to a class of block storage, such as one of the EBS \
                  CSI driver";
    let text = match default {
        DefaultClass::Named(default) if default == class => format!(
            "the claims of {parts} get the default class of the cluster, which is `{class}`: {}",
            reason()
        ),
        // EKS marks none as the default from Kubernetes 1.30 on
        // (<https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions-extended.html>).
        DefaultClass::Missing => {
            format!("the cluster has no default class: the claims of {parts} stay pending")
        }
        DefaultClass::Named(_) | DefaultClass::Unknown => return None,
    };
    Some(Warning::new(text, remedy))
}

/// Why the log must not be there, without a full stop.
fn reason() -> &'static str {
    directories::find(Workload::Store, "kafka").map_or("", |directory| directory.reason)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_no_claim_or_a_class_of_its_own_gets_no_default_class() {
        for (values, expected) in [
            (json!({}), &["Kafka", "ZooKeeper"][..]),
            (json!({ "kafka": { "enabled": false } }), &[]),
            (json!({ "kafka": { "zookeeper": { "enabled": false } } }), &["Kafka"]),
            (json!({ "kafka": { "persistence": { "enabled": false } } }), &["ZooKeeper"]),
            (json!({ "kafka": { "persistence": { "storageClass": "gp3" } } }), &["ZooKeeper"]),
            (json!({ "kafka": { "persistence": { "existingClaim": "log" } } }), &["ZooKeeper"]),
        ] {
            assert_eq!(of_default_class(&values), expected, "{values}");
        }
    }

    #[test]
    fn a_default_class_is_reported_where_it_would_hurt_and_only_there() {
        let told = |values: &Value, default| warning(values, "efs-sc", &default);
        let named = |name: &str| DefaultClass::Named(name.to_owned());
        let ours = told(&json!({}), named("efs-sc")).unwrap();
        assert!(ours.text.contains("Kafka and ZooKeeper get the default class"), "{ours:?}");
        assert!(ours.text.contains("which NFS"), "{ours:?}");
        assert!(ours.remedy.contains("`kafka_storage_class`"), "{ours:?}");
        let none = told(&json!({}), DefaultClass::Missing).unwrap();
        assert!(none.text.contains("stay pending"), "{none:?}");
        assert_eq!(told(&json!({}), named("gp3")), None);
        assert_eq!(told(&json!({}), DefaultClass::Unknown), None);
        assert_eq!(told(&json!({ "kafka": { "enabled": false } }), named("efs-sc")), None);
    }
}
