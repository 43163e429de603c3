//! Looking whether account, region and cluster belong together, beside all other looks.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use job::{ContextChoice, Job};
use place::{Access, Choice, Evidence, TokenPlugin, Verdict, Wanted};
use plan::Plan;

use crate::aws::Aws;
use crate::target::Target;

/// Judges every place of a job at once; none of a job that goes neither to AWS nor to a
/// cluster, such as one that removes the documents of workloads: it works offline.
pub(crate) async fn judge(
    job: &Job,
    clients: &BTreeMap<String, Aws>,
    target: &Target,
) -> Vec<Verdict> {
    if target.cluster().is_none() && job.storage().next().is_none() {
        return Vec::new();
    }
    let access = target.cluster().map(|cluster| &cluster.kube.access);
    let places =
        job.places.iter().filter_map(|wanted| Some((wanted, clients.get(&wanted.region)?)));
    join_all(places.map(|(wanted, aws)| one(wanted, aws, access))).await
}

async fn one(wanted: &Wanted, aws: &Aws, access: Option<&Access>) -> Verdict {
    let profile = access.and_then(|access| other_profile(access.plugin.as_ref()?));
    let (caller, described, token_caller) = tokio::join!(
        aws.caller(),
        async {
            match access {
                Some(_) => aws.eks_cluster(&wanted.cluster).await,
                None => Ok(None),
            }
        },
        async {
            match profile {
                Some(profile) => Some(aws.caller_of(profile).await),
                None => None,
            }
        },
    );
    let evidence = Evidence { caller, access: access.cloned(), described, token_caller };
    place::judge(wanted, &evidence)
}

/// The profile of a token program, where it is another one than that of the calls to AWS.
///
/// As in the AWS CLI, keys in the environment win over a profile of the environment, and not
/// over `--profile`.
fn other_profile(plugin: &TokenPlugin) -> Option<&str> {
    let profile = plugin.profile.as_deref()?;
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let has_keys = set("AWS_ACCESS_KEY_ID").is_some();
    let own = set("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
    let same = if has_keys { !plugin.profile_is_argument } else { own == profile };
    (!same).then_some(profile)
}

/// How the cluster of a job was chosen.
pub(crate) fn choice(job: &Job) -> Choice {
    match &job.target {
        job::Destination::Directory(_) => Choice::Current,
        job::Destination::Cluster(cluster) => match cluster.context {
            ContextChoice::Named(_) => Choice::ByName,
            ContextChoice::Current => Choice::Current,
            ContextChoice::OfCluster(_) => Choice::OfFile,
        },
    }
}

/// Puts the places into a plan.
pub(crate) fn guard<C>(job: &Job, places: &[Verdict], plan: &mut Plan<C>) {
    let choice = choice(job);
    for verdict in places {
        verdict.guard(plan, choice);
    }
}
