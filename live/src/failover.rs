//! What a failover looks at, beside what a deployment looks at: both sides of the replication, and the
//! volumes of the cluster that are on the source.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use efs::resources::file_system::{FileSystem, OverwriteProtection};
use efs::resources::replica::Side;
use efs::{
    AccessPoint, Failing, Failover, FileSystemId, Moved, MovedClaim, MovedVolume, SOURCE_LOST,
    source_of,
};
use failure::Failure;
use futures_util::future::try_join_all;
use job::Job;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use kube::Api;
use kube::api::ListParams;
use tokio::try_join;

use crate::aws::{Aws, second};
use crate::cluster::{Kube, denied_of_volumes};
use crate::observe::{Clients, Observed};
use crate::resources::claim::pods_of;
use crate::resources::file_system::{Lookup, observe as file_system};
use crate::resources::replica::observe as replications;
use crate::target::Target;
use crate::users;

/// Looks at what the failover of each module takes, side by side.
pub(crate) async fn observe(
    (job, how): (&Job, &Failover),
    clients: &Clients,
    target: &Target,
    observed: &Observed,
) -> anyhow::Result<BTreeMap<String, Failing>> {
    let all = job.storage().map(|(label, inputs)| async move {
        let aws = clients.get(&inputs.aws_region).context("a region has no client")?;
        let found = observed.storage.get(label).and_then(|it| it.actual.file_system.as_ref());
        let failing = match found {
            Some(found) => Box::pin(of_file_system((aws, how), target, found)).await?,
            None => Failing::default(),
        };
        anyhow::Ok((label.to_owned(), failing))
    });
    Ok(try_join_all(all).await?.into_iter().collect())
}

async fn of_file_system(
    (aws, how): (&Aws, &Failover),
    target: &Target,
    found: &FileSystem,
) -> anyhow::Result<Failing> {
    let (replications, points) =
        try_join!(replications(aws, &found.id), users::access_points(aws, &found.id))?;
    let cluster = target.cluster();
    let source = source_of(found, &replications, cluster.is_some());
    let volumes = async {
        match cluster {
            Some(cluster) => moved(&cluster.kube, (&found.id, source.as_ref(), how)).await,
            None => Ok(Moved::default()),
        }
    };
    let (volumes, points_of_source) =
        try_join!(volumes, points_of_source(aws, source.as_ref(), how))?;
    let denied = match cluster.filter(|_| !volumes.volumes.is_empty()) {
        Some(cluster) => {
            let verbs = ["create", "patch", "delete"];
            denied_of_volumes(&cluster.kube, &verbs, &namespaces(&volumes)).await?
        }
        None => Vec::new(),
    };
    let of_copy = replications.iter().find(|it| it.destination == found.id.as_str());
    let last = of_copy.and_then(|it| it.last_replicated.as_deref());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Failing {
        last_copy: last.and_then(second),
        now: now.as_secs(),
        replications,
        points_of_source,
        points,
        volumes,
        denied,
    })
}

/// The access points of the source: with the file system itself, which shows that its region answers
/// before anything is changed.
async fn points_of_source(
    aws: &Aws,
    source: Option<&Side>,
    how: &Failover,
) -> anyhow::Result<Option<Vec<AccessPoint>>> {
    let asked = how.replicate_from.as_ref().or(source);
    let Some(source) = asked.filter(|_| !how.source_lost) else { return Ok(None) };
    let there = aws.of_region(&source.region).await;
    let lookup = Lookup::Id(source.file_system.clone());
    let points = users::access_points(&there, &source.file_system);
    let looked = try_join!(file_system(&there, &lookup), points);
    let (found, points) = looked.with_context(|| {
        Failure::new(
            format!("looking at {source}"),
            format!(
                "if that region is lost, give `{SOURCE_LOST}`: nothing is asked of it then; else \
                 mend the cause, and run the same command again"
            ),
        )
    })?;
    let read_only = found.as_ref().is_some_and(|found| {
        found.spec.overwrite_protection == Some(OverwriteProtection::Replicating)
    });
    if read_only && how.replicate_from.is_some() {
        return Err(failure::failure(
            format!("{source} is the destination of a replication, and never took over"),
            "fail over to it first, or end that replication; what it holds may be old",
        ));
    }
    if found.is_none() && how.replicate_from.is_some() {
        return Err(failure::failure(
            format!("{source} does not exist"),
            "name the file system that took over: `--replicate-from REGION/fs-…`",
        ));
    }
    Ok(Some(points))
}

/// The namespaces of the claims that move.
fn namespaces(volumes: &Moved) -> BTreeSet<String> {
    let claims = volumes.volumes.iter().filter_map(|volume| volume.claim.as_deref());
    claims.filter_map(|claim| Some(claim.split_once('/')?.0.to_owned())).collect()
}

/// The volumes of the driver on a file system and on its source, and their claims.
async fn moved(
    kube: &Kube,
    (id, source, how): (&FileSystemId, Option<&Side>, &Failover),
) -> anyhow::Result<Moved> {
    let back = how.replicate_from.is_some();
    let ids: Vec<&FileSystemId> = match (source, back) {
        (None, false) => return Ok(Moved::default()),
        (_, true) => vec![id],
        (Some(source), false) => vec![id, &source.file_system],
    };
    let on_them = |found: PersistentVolume| {
        let volume = users::volume(&found)?;
        if !volume.of_driver {
            // On the copy, they are where they should be.
            let stays = source.is_some_and(|source| volume.names(&source.file_system));
            return stays.then_some(Err(volume.name));
        }
        ids.iter().any(|id| volume.names(id)).then(|| read(&found, volume)).flatten().map(Ok)
    };
    let all = kube.all::<PersistentVolume>();
    let found = kube.list_each(&all, &ListParams::default(), on_them).await?;
    let (mut volumes, mut others) = (Vec::new(), Vec::new());
    for one in found {
        match one {
            Ok(volume) => volumes.push(volume),
            Err(name) => others.push(name),
        }
    }
    let keys: BTreeSet<&String> =
        volumes.iter().filter_map(|volume| volume.claim.as_ref()).collect();
    let claims = try_join_all(keys.into_iter().map(|key| claim(kube, key))).await?;
    Ok(Moved { claims: claims.into_iter().flatten().collect(), others, volumes })
}

fn read(found: &PersistentVolume, volume: efs::Volume) -> Option<MovedVolume> {
    let spec = found.spec.as_ref()?;
    Some(MovedVolume {
        name: volume.name,
        handle: volume.handle,
        phase: found.status.as_ref().and_then(|it| it.phase.clone()).unwrap_or_default(),
        reclaim_policy: spec.persistent_volume_reclaim_policy.clone().unwrap_or_default(),
        uid: found.metadata.uid.clone(),
        claim: volume.claim,
        object: serde_json::to_value(found).ok()?,
    })
}

async fn claim(kube: &Kube, key: &str) -> anyhow::Result<Option<(String, MovedClaim)>> {
    let Some((namespace, name)) = key.split_once('/') else { return Ok(None) };
    let claims: Api<PersistentVolumeClaim> = kube.within(namespace);
    let Some(found) = kube.get(&claims, name).await? else { return Ok(None) };
    let used_by = pods_of(kube, namespace, name).await?;
    let used_by = used_by.into_iter().map(|pod| format!("{namespace}/{pod}")).collect();
    let claim = MovedClaim {
        uid: found.metadata.uid.clone(),
        volume: found.spec.as_ref().and_then(|spec| spec.volume_name.clone()),
        used_by,
        object: serde_json::to_value(&found)?,
    };
    Ok(Some((key.to_owned(), claim)))
}
