//! How far a workload of the driver has come, and which of its pods are waited for.

use std::collections::{BTreeMap, BTreeSet};

/// How far a workload of the driver has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollout {
    /// `deployment` or `daemonset`, and its name.
    pub name: String,
    /// How many pods there should be.
    pub desired: i32,
    /// How many pods are of the newest template.
    pub updated: i32,
    /// How many pods are ready.
    pub ready: i32,
    /// Whether its controller has seen the newest template.
    pub current: bool,
    /// How many pods may be missing while a rollout counts as one: `maxUnavailable` of a
    /// DaemonSet.
    pub may_lack: i32,
    /// The nodes that cannot run their pods now, which are not waited for.
    pub away: Vec<Away>,
    /// Why pods are not ready, where something says so.
    pub why: Option<String>,
}

/// A node that cannot run pods now, and has one that is not ready.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Away {
    pub node: String,
    /// Such as `NotReady`.
    pub reason: String,
    /// Whether its pod is of the newest template.
    pub updated: bool,
}

/// A pod of a workload that is not ready, or that is being deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its node, or the only one that may run it; `None` where it has none yet.
    pub node: Option<String>,
    /// Whether it is of the newest template.
    pub updated: bool,
}

impl Rollout {
    /// How many pods are as they should be.
    pub fn done(&self) -> i32 {
        self.updated.min(self.ready)
    }

    /// How many pods are missing on nodes that could run them.
    pub fn missing(&self) -> i32 {
        let count = |nodes: usize| i32::try_from(nodes).unwrap_or(i32::MAX);
        let outdated = count(self.away.iter().filter(|node| !node.updated).count());
        let not_updated = self.desired.saturating_sub(self.updated).saturating_sub(outdated);
        let not_ready =
            self.desired.saturating_sub(self.ready).saturating_sub(count(self.away.len()));
        not_updated.max(not_ready).max(0)
    }

    /// Whether all of it runs, but on nodes that cannot run it now.
    pub fn is_complete(&self) -> bool {
        self.runs() && self.missing() == 0
    }

    /// Whether so much of it runs that Kubernetes counts it as available.
    pub fn is_enough(&self) -> bool {
        self.runs() && self.missing() <= self.may_lack
    }

    /// Whether any of it runs: a cluster none of whose nodes is ready yet has no driver.
    fn runs(&self) -> bool {
        self.current && (self.done() > 0 || self.desired == 0)
    }

    /// How far it is, with what is not waited for.
    pub fn shown(&self) -> String {
        let away = self.not_waited_for().map(|away| format!(", {away}")).unwrap_or_default();
        let why = self.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        format!("{} {} of {}{why}{away}", self.name, self.done(), self.desired)
    }

    /// The nodes that it does not run on, where that is not waited for.
    pub fn not_waited_for(&self) -> Option<String> {
        let nodes = self.away.iter().map(|it| format!("{} ({})", it.node, it.reason));
        let nodes: Vec<String> = nodes.collect();
        (!nodes.is_empty()).then(|| format!("not on {}", nodes.join(", ")))
    }
}

/// Of these pods, those that the nodes cannot run now, by the reason of the node. A pod without
/// a node counts as one that such a node would have: it is where the pod cannot go.
pub fn away(missing: &[Missing], nodes: &BTreeMap<String, String>) -> Vec<Away> {
    let of = |node: &String, updated| {
        let reason = nodes.get(node)?;
        Some(Away { node: node.clone(), reason: reason.clone(), updated })
    };
    let mut found: BTreeMap<&String, Away> = BTreeMap::new();
    for pod in missing {
        if let Some(node) = &pod.node
            && let Some(away) = of(node, pod.updated)
        {
            found.insert(node, away);
        }
    }
    let homeless = missing.iter().filter(|pod| pod.node.is_none());
    let taken: BTreeSet<&String> = found.keys().copied().collect();
    let free = nodes.keys().filter(|node| !taken.contains(node));
    let more: Vec<Away> =
        free.zip(homeless).filter_map(|(node, pod)| of(node, pod.updated)).collect();
    found.into_values().chain(more).collect()
}

/// How many pods of a DaemonSet `maxUnavailable` lets be missing: a number, or a percentage of
/// all of them, rounded up
/// (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/#DaemonSetSpec>).
/// `None` where it is neither.
pub fn max_unavailable(text: &str, desired: i32) -> Option<i32> {
    let Some(percent) = text.strip_suffix('%') else {
        return text.parse().ok().filter(|count| *count >= 0);
    };
    let percent = percent.parse::<i64>().ok().filter(|percent| *percent >= 0)?;
    i32::try_from((i64::from(desired) * percent + 99) / 100).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(desired: i32, updated: i32, ready: i32) -> Rollout {
        let name = "daemonset/efs-csi-node".to_owned();
        Rollout { name, desired, updated, ready, current: true, ..Rollout::default() }
    }

    fn not_ready(nodes: &[&str]) -> BTreeMap<String, String> {
        nodes.iter().map(|node| ((*node).to_owned(), "NotReady".to_owned())).collect()
    }

    fn missing(node: Option<&str>, updated: bool) -> Missing {
        Missing { node: node.map(str::to_owned), updated }
    }

    #[test]
    fn a_rollout_is_complete_where_every_node_that_can_runs_the_newest() {
        let away = |nodes: &[(&str, bool)]| -> Vec<Away> {
            let pods: Vec<Missing> =
                nodes.iter().map(|(node, updated)| missing(Some(node), *updated)).collect();
            let names: Vec<&str> = nodes.iter().map(|(node, _)| *node).collect();
            away(&pods, &not_ready(&names))
        };
        for (desired, updated, ready, nodes, complete) in [
            (3, 3, 3, &[][..], true),
            (3, 3, 2, &[][..], false),
            (3, 3, 2, &[("c", true)][..], true),
            // Its old pod cannot be replaced while its node is away.
            (3, 2, 2, &[("c", false)], true),
            // One on a node that is well is outdated.
            (3, 2, 2, &[("c", true)], false),
            (3, 1, 3, &[], false),
            // A cluster without nodes, and one whose nodes are not ready yet.
            (0, 0, 0, &[], true),
            (2, 2, 0, &[("a", true), ("b", true)], false),
        ] {
            let rollout = Rollout { away: away(nodes), ..rollout(desired, updated, ready) };
            assert_eq!(rollout.is_complete(), complete, "{rollout:?}");
        }
        assert!(!Rollout { current: false, ..rollout(3, 3, 3) }.is_complete());
    }

    #[test]
    fn a_rollout_that_lacks_no_more_than_max_unavailable_is_enough() {
        let enough = |may_lack, ready| {
            let rollout = Rollout { may_lack, ..rollout(10, 10, ready) };
            assert!(!rollout.is_complete());
            rollout.is_enough()
        };
        assert!(enough(1, 9) && !enough(1, 8) && enough(2, 8) && !enough(0, 9));
        // Of a single node nothing may be missing.
        assert!(!Rollout { may_lack: 1, ..rollout(1, 1, 0) }.is_enough());
    }

    #[test]
    fn max_unavailable_is_a_number_or_a_percentage_rounded_up() {
        for (text, desired, count) in [
            ("1", 10, Some(1)),
            ("0", 10, Some(0)),
            ("10%", 10, Some(1)),
            ("10%", 11, Some(2)),
            ("10%", 3, Some(1)),
            ("100%", 3, Some(3)),
            ("0%", 3, Some(0)),
            ("ten", 3, None),
            ("-1", 3, None),
            ("-5%", 3, None),
        ] {
            assert_eq!(max_unavailable(text, desired), count, "{text} of {desired}");
        }
    }

    #[test]
    fn a_pod_that_finds_no_node_is_excused_by_one_node_that_is_away_and_no_more() {
        let pods = [missing(Some("a"), true), missing(None, true), missing(None, true)];
        let names = |nodes: &[&str]| -> Vec<String> {
            away(&pods, &not_ready(nodes)).into_iter().map(|it| it.node).collect()
        };
        assert_eq!(names(&[]), [""; 0]);
        assert_eq!(names(&["a"]), ["a"]);
        assert_eq!(names(&["a", "b"]), ["a", "b"]);
        assert_eq!(names(&["b"]), ["b"]);
        let shown = Rollout { away: away(&pods, &not_ready(&["a"])), ..rollout(3, 3, 2) }.shown();
        assert_eq!(shown, "daemonset/efs-csi-node 2 of 3, not on a (NotReady)");
    }
}
