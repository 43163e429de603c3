//! The names of the deployment that takes a file system over, as far as tags tell them.

use ::inputs::{Given, GivenInputs};
use network::Tags;

use crate::inputs::INPUTS;
use crate::owner::{OUR_PREFIX, Owner};

/// The names that a deployment has and AWS does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The label of the block.
    pub label: String,
    pub owner: Owner,
}

impl Names {
    /// The names: those that are given, or those that the tags of a file system tell. The cluster
    /// is `None` where nothing does. `number` is which of several it is, from 1 on.
    pub fn of(
        region: &str,
        tags: &Tags,
        given: &GivenInputs,
        (label, number): (&str, Option<usize>),
    ) -> Option<Names> {
        let text = |name: &str| match given.get(name) {
            Some(Given::Literal(value)) => value.as_str().map(str::to_owned),
            _ => None,
        };
        let mark = |key: &str| tags.get(&format!("{OUR_PREFIX}{key}")).cloned();
        let cluster = text("cluster_name").or_else(|| mark("cluster")).or_else(|| cluster(tags))?;
        let default = INPUTS.iter().find(|input| input.name == "storage_class_name");
        let default = default.and_then(|input| input.default).unwrap_or_default();
        let class = text("storage_class_name").or_else(|| mark("storage-class"));
        let class = class.unwrap_or_else(|| default.to_owned());
        let numbered = |name: &str, by: char| match number {
            None | Some(1) => name.to_owned(),
            Some(number) => format!("{name}{by}{number}"),
        };
        let storage_class =
            if mark("storage-class").is_some() { class } else { numbered(&class, '-') };
        let region = region.to_owned();
        Some(Names { label: numbered(label, '_'), owner: Owner { region, cluster, storage_class } })
    }
}

/// The cluster that other tools' tags name: eksctl's, EKS's, and the one by which Kubernetes knows
/// what belongs to a cluster.
fn cluster(tags: &Tags) -> Option<String> {
    let named = ["alpha.eksctl.io/cluster-name", "aws:eks:cluster-name", "eks:cluster-name"];
    if let Some(name) = named.iter().find_map(|key| tags.get(*key)) {
        return Some(name.clone());
    }
    let mut all = tags.keys().filter_map(|key| key.strip_prefix("kubernetes.io/cluster/"));
    all.next().filter(|_| all.next().is_none()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cluster_is_the_one_that_is_given_or_that_tags_name() {
        let tags = |all: &[(&str, &str)]| {
            all.iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<Tags>()
        };
        let of = |all: &[(&str, &str)]| {
            let names = Names::of("eu-west-1", &tags(all), &GivenInputs::new(), ("efs_csi", None));
            names.map(|names| names.owner.name())
        };
        assert_eq!(of(&[]), None);
        let eksctl = [("alpha.eksctl.io/cluster-name", "prod")];
        assert_eq!(of(&eksctl).as_deref(), Some("prod/efs-sc"));
        assert_eq!(of(&[("kubernetes.io/cluster/a", "owned")]).as_deref(), Some("a/efs-sc"));
        let two = [("kubernetes.io/cluster/a", "x"), ("kubernetes.io/cluster/b", "x")];
        assert_eq!(of(&two), None);
        let ours = [("clockwork-codex/cluster", "a"), ("clockwork-codex/storage-class", "fast")];
        assert_eq!(of(&ours).as_deref(), Some("a/fast"));
        let given = GivenInputs::from([("cluster_name".to_owned(), Given::Literal("b".into()))]);
        let second = Names::of("eu-west-1", &tags(&eksctl), &given, ("efs_csi", Some(2))).unwrap();
        assert_eq!(
            (second.owner.name().as_str(), second.label.as_str()),
            ("b/efs-sc-2", "efs_csi_2")
        );
    }
}
