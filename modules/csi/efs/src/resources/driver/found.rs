//! What of the driver is found in a cluster, as plain data.

use kubernetes::FoundChart;
use kubernetes::release::Release;

use super::csi_driver::{CsiDriver, CsiDriverMade};
use super::images::Version;
use super::pods::Pods;
use super::rollout::Rollout;
use crate::chart::RELEASE;
use crate::users::Volume;

/// Everything that was found of the driver.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The release of our name in our namespace.
    pub release: Option<Release>,
    /// Installations that are not that release.
    pub foreign: Vec<Foreign>,
    /// The pods of its controller, where they were looked at and the cluster has EKS's webhook, which
    /// gives pods their credentials.
    pub pods: Pods,
    /// Its Deployment and DaemonSet.
    pub rollouts: Vec<Rollout>,
    /// The volumes of a cluster, where an older driver may be installed that does not know those
    /// of newer ones.
    pub volumes: Vec<Volume>,
    /// The chart, where a release must be made or changed.
    pub chart: Option<FoundChart>,
    /// The CSIDriver object.
    pub csi_driver: CsiDriver,
    /// What Helm would make of the chart, where that was looked at.
    pub made: Option<Made>,
    /// The version of the driver that its controller runs, where the image tells.
    pub running: Option<Version>,
    /// Whether EKS applied objects of it, as it does with those of an add-on.
    pub applied_by_eks: bool,
}

/// What Helm would make of the chart, as far as a cluster may refuse it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Made {
    pub csi_driver: Option<CsiDriverMade>,
    /// The roles that allow more than this identity may do.
    pub beyond: Vec<Beyond>,
}

/// A role of the chart that allows more than this identity may do, which Kubernetes lets nobody make
/// or bind who may not `escalate` and `bind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    pub role: String,
    /// What it allows beyond that, such as `create persistentvolumes`.
    pub lacking: Vec<String>,
}

impl Found {
    /// The rollouts that must be waited for, and how far they are.
    pub fn behind(&self) -> Vec<String> {
        self.rollouts.iter().filter(|it| !it.is_enough()).map(Rollout::shown).collect()
    }

    /// Whether the CSIDriver is gone that its chart makes.
    pub fn lacks_csi_driver(&self) -> bool {
        let made = self.made.as_ref().and_then(|made| made.csi_driver.as_ref());
        self.csi_driver == CsiDriver::Missing && made.is_some()
    }

    /// What of the rollouts is not waited for: pods of nodes that cannot run them now, and as
    /// many others as `maxUnavailable` lets be missing.
    pub fn not_waited_for(&self) -> Vec<String> {
        let partly = |it: &&Rollout| it.is_enough() && it.done() < it.desired;
        self.rollouts.iter().filter(partly).map(Rollout::shown).collect()
    }
}

/// An installation of the driver that is not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// A Helm release of another name or namespace.
    Release { name: String, namespace: String },
    /// The EKS managed add-on.
    AddOn,
    /// Manifests that somebody applied.
    Manifests {
        /// Where the objects are.
        namespace: String,
    },
}

/// What an object of the driver says of where it comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The annotation `meta.helm.sh/release-name`.
    pub release: Option<String>,
    /// The annotation `meta.helm.sh/release-namespace`.
    pub release_namespace: Option<String>,
    /// The label `app.kubernetes.io/managed-by`.
    pub managed_by: Option<String>,
    /// Who applied fields of it.
    pub field_managers: Vec<String>,
    /// The object's namespace.
    pub namespace: String,
}

impl Origin {
    /// Whether EKS applied fields of the object: it applies its add-ons under the field manager
    /// `eks` (<https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-field-management.html>).
    pub fn is_applied_by_eks(&self) -> bool {
        self.field_managers.iter().any(|manager| manager == "eks")
    }
}

impl Foreign {
    /// Whose an object is, where it is not of our release in `our_namespace`.
    pub fn of(origin: Origin, our_namespace: &str) -> Option<Foreign> {
        let by_eks = origin.is_applied_by_eks();
        let Origin { release, release_namespace, managed_by, field_managers: _, namespace } =
            origin;
        match (release, release_namespace) {
            (Some(name), Some(namespace)) if name == RELEASE && namespace == our_namespace => None,
            (Some(name), Some(namespace)) => Some(Foreign::Release { name, namespace }),
            _ if managed_by.as_deref() == Some("EKS") || by_eks => Some(Foreign::AddOn),
            _ => Some(Foreign::Manifests { namespace }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn helm(name: &str, namespace: &str) -> Origin {
        Origin {
            release: Some(name.to_owned()),
            release_namespace: Some(namespace.to_owned()),
            managed_by: Some("Helm".to_owned()),
            ..Origin::default()
        }
    }

    #[test]
    fn our_own_release_is_nobody_elses() {
        assert_eq!(Foreign::of(helm(RELEASE, "kube-system"), "kube-system"), None);
    }

    #[test]
    fn the_same_name_elsewhere_is_somebody_elses() {
        let foreign = Foreign::of(helm(RELEASE, "storage"), "kube-system");
        let namespace = "storage".to_owned();
        assert_eq!(foreign, Some(Foreign::Release { name: RELEASE.to_owned(), namespace }));
    }

    #[test]
    fn an_add_on_is_distinguished_from_manifests_by_who_applied_it() {
        let applied = |by: &str| Origin {
            field_managers: vec!["kube-controller-manager".to_owned(), by.to_owned()],
            namespace: "kube-system".to_owned(),
            ..Origin::default()
        };
        assert_eq!(Foreign::of(applied("eks"), "kube-system"), Some(Foreign::AddOn));
        let namespace = "kube-system".to_owned();
        assert_eq!(
            Foreign::of(applied("kubectl"), "kube-system"),
            Some(Foreign::Manifests { namespace })
        );
    }
}
