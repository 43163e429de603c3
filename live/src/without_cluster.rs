//! What can be done where the cluster of a deployment that is to be destroyed is not there.

use failure::Failure;
use job::Goal;

use crate::cluster::Unreachable;

/// How the part in AWS goes without the cluster, and what then nobody sees.
const WAY_OUT: &str = "if the cluster is gone for good, `destroy-efs --manifests DIR` with an empty \
                       DIR takes down what is in AWS: it sees the access points, files and \
                       replications of the file system, and no volume, claim or class of any cluster";

/// The same error of a cluster that does not answer, with that remedy too where the deployment is
/// to be destroyed.
pub(crate) fn unanswered(goal: &Goal, error: anyhow::Error) -> anyhow::Error {
    let unreachable = error.chain().any(<dyn std::error::Error>::is::<Unreachable>);
    if unreachable { unconnected(goal, error) } else { error }
}

/// The same for an error of connecting at all, such as of a context that is not there any more.
pub(crate) fn unconnected(goal: &Goal, error: anyhow::Error) -> anyhow::Error {
    if !goal.destroys() {
        return error;
    }
    let before = error.downcast_ref::<Failure>().map(|failure| format!("{}; ", failure.remedy()));
    let remedy = format!("{}{WAY_OUT}", before.unwrap_or_default());
    error.context(Failure::new("the cluster cannot be asked who uses the file system", remedy))
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use failure::{failure, report};

    use super::*;

    #[test]
    fn a_destroy_without_its_cluster_is_told_the_way_out_and_nobody_else_is() {
        let destroy = Goal::Destroy { delete_data: false, file_systems: Vec::new() };
        let unreachable = || {
            let cause = anyhow!(Unreachable("connection refused".to_owned()));
            cause.context(Failure::new("calling list storageclasses", "check the network"))
        };
        let told = report(&[unanswered(&destroy, unreachable())]);
        assert!(
            told.contains("help: check the network; if the cluster is gone for good"),
            "{told}"
        );
        assert!(told.contains("no volume, claim or class"), "{told}");
        for (goal, error) in [
            (&Goal::Status, unreachable()),
            (&destroy, failure("calling list storageclasses", "allow it")),
        ] {
            let told = report(&[unanswered(goal, error)]);
            assert!(!told.contains("gone for good"), "{told}");
        }
    }
}
