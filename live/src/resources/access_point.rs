//! Access points, and what of a cluster names them.

use anyhow::Context as _;
use aws_sdk_efs::types::{
    CreationInfo as SdkCreationInfo, PosixUser as SdkUser, RootDirectory, Tag,
};
use efs::resources::access_point::{Call, Seen, Spec, UnboundClaim, awaiting};
use efs::{AccessPoint, AccessPointId, FileSystemId, LifeCycle, PROVISIONER};
use failure::failure;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::ListParams;
use network::Tags;
use tokio::try_join;

use crate::absence::Absence;
use crate::aws::{Aws, explain, is};
use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::meaning::efs as codes;
use crate::progress::Line;
use crate::resources::file_system;
use crate::users;
use crate::wait::IN_USE_PAUSE;
use crate::watch::Watch;

/// The access points of a file system, and afterwards what names them: a volume that comes
/// meanwhile is seen, as its access point came before it.
pub(crate) async fn observe(
    aws: &Aws,
    kube: Option<&Kube>,
    id: &FileSystemId,
) -> anyhow::Result<Seen> {
    let access_points: Vec<AccessPoint> = users::access_points(aws, id).await?;
    let (volumes, claims) = match kube {
        Some(kube) => {
            let (claims, volumes) = named(kube).await?;
            (Some(volumes), claims)
        }
        None => (None, Vec::new()),
    };
    Ok(Seen { access_points, volumes, claims })
}

/// The claims that have no volume yet, and then the volumes: one that is bound in between is
/// among both, and never in neither.
async fn named(kube: &Kube) -> anyhow::Result<(Vec<UnboundClaim>, Vec<efs::Volume>)> {
    let claims = unbound(kube).await?;
    let volumes = users::volumes(kube).await?;
    Ok((claims, volumes))
}

/// The claims of the driver's classes that have no volume yet.
async fn unbound(kube: &Kube) -> anyhow::Result<Vec<UnboundClaim>> {
    let everything = ListParams::default();
    let (claims, classes) = (kube.all::<PersistentVolumeClaim>(), kube.all::<StorageClass>());
    let of_driver = |class: StorageClass| {
        (class.provisioner == PROVISIONER).then_some(class.metadata.name).flatten()
    };
    let (claims, classes) = try_join!(
        kube.list_each(&claims, &everything, unbound_with_class),
        kube.list_each(&classes, &everything, of_driver)
    )?;
    let of_driver = claims.into_iter().filter(|(class, _)| classes.contains(class));
    Ok(of_driver.map(|(_, claim)| claim).collect())
}

/// A claim without a volume, and its class.
fn unbound_with_class(claim: PersistentVolumeClaim) -> Option<(String, UnboundClaim)> {
    let (metadata, spec) = (claim.metadata, claim.spec?);
    if spec.volume_name.is_some_and(|volume| !volume.is_empty()) {
        return None;
    }
    let name = |name: Option<String>| name.unwrap_or_default();
    let claim = UnboundClaim {
        name: format!("{}/{}", name(metadata.namespace), name(metadata.name)),
        uid: name(metadata.uid),
    };
    Some((spec.storage_class_name?, claim))
}

/// Carries a call out.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::Create { of, token, spec, marks } => {
            line.state("creating");
            let of: FileSystemId = context.results.resolve(of)?;
            let token = token.resolve(|change| context.results.of(change))?;
            let id = create(context, aws, &of, (&token, spec, marks), line).await?;
            Ok(Done::created(id))
        }
        Call::Tag { id, tags } => {
            line.state("tagging");
            let call = aws.efs.tag_resource().resource_id(id.as_str());
            let sent = call.set_tags(Some(sdk_tags(tags)?)).send().await.map(drop);
            sent.map_err(|error| explain("elasticfilesystem:TagResource", &aws.region, error))?;
            Ok(Done::that("tagged"))
        }
        Call::DeleteDeclared { id } => {
            if let Ok(cluster) = context.cluster() {
                line.state("looking whether a volume names it");
                let volumes = users::volumes(&cluster.kube).await?;
                if let Some(by) = named_by(&volumes, id) {
                    return Err(stays(id, &by));
                }
            }
            line.state("deleting");
            delete(aws, id).await
        }
        Call::Delete { id, client_token, may_be_reused } => {
            line.state("looking whether a volume names it");
            let (claims, volumes) = named(&context.cluster()?.kube).await?;
            let claim = awaiting(client_token.as_deref(), *may_be_reused, &claims);
            let by = named_by(&volumes, id).or_else(|| Some(format!("the claim {}", claim?.name)));
            if let Some(by) = by {
                return Err(stays(id, &by));
            }
            line.state("deleting");
            delete(aws, id).await
        }
    }
}

/// The volume that names an access point.
fn named_by(volumes: &[efs::Volume], id: &AccessPointId) -> Option<String> {
    let volume = volumes.iter().find(|volume| volume.access_points.contains(id.as_str()));
    volume.map(|volume| format!("the volume {}", volume.name))
}

fn stays(id: &AccessPointId, by: &str) -> anyhow::Error {
    failure(
        format!("{id} stays: since the plan was made, it belongs to {by}"),
        "run the same command again to see what is left",
    )
}

/// Deletes an access point. "Clients connected to the access point at the time of deletion will
/// continue to function until they terminate their connection" (`DeleteAccessPoint`).
async fn delete(aws: &Aws, id: &AccessPointId) -> anyhow::Result<Done> {
    match aws.efs.delete_access_point().access_point_id(id.as_str()).send().await {
        Ok(_) => Ok(Done::that(format!("destroyed {id}"))),
        Err(error) if is(&error, codes::ACCESS_POINT_NOT_FOUND) => {
            Ok(Done::that(format!("{id} was gone already")))
        }
        Err(error) => Err(explain("elasticfilesystem:DeleteAccessPoint", &aws.region, error)),
    }
}

fn sdk_tags(tags: &Tags) -> anyhow::Result<Vec<Tag>> {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    Ok(tags.collect::<Result<_, _>>()?)
}

/// Makes an access point, and waits until clients can mount through it. The token makes the
/// creation happen once: what an earlier run or one beside this made of it is taken.
async fn create(
    context: &Context,
    aws: &Aws,
    of: &FileSystemId,
    (token, spec, marks): (&str, &Spec, &Tags),
    line: &Line,
) -> anyhow::Result<AccessPointId> {
    let Spec { path, posix_user, creation_info, tags } = spec;
    let info = creation_info.as_ref().map(|info| {
        SdkCreationInfo::builder()
            .owner_uid(info.owner_uid)
            .owner_gid(info.owner_gid)
            .permissions(&info.permissions)
            .build()
    });
    let user = posix_user.as_ref().map(|user| {
        let others = Some(user.secondary_gids.clone()).filter(|others| !others.is_empty());
        let user = SdkUser::builder().uid(user.uid).gid(user.gid);
        user.set_secondary_gids(others).build()
    });
    let user = user.transpose()?;
    let root = RootDirectory::builder().path(path).set_creation_info(info.transpose()?).build();
    loop {
        let call = aws.efs.create_access_point().file_system_id(of.as_str()).client_token(token);
        let call = call.root_directory(root.clone()).set_posix_user(user.clone());
        match call.set_tags(Some(sdk_tags(tags)?)).send().await {
            Ok(made) => {
                let id = made.access_point_id().unwrap_or_default();
                let id = AccessPointId::try_from(id).context("reading an access point")?;
                return available(context, aws, of, id).await;
            }
            // A change of the file system is under way, such as of its throughput.
            Err(error) if is(&error, codes::INCORRECT_FILE_SYSTEM_STATE) => {
                file_system::available(context, aws, of, line).await?;
            }
            Err(error) if is(&error, codes::ACCESS_POINT_ALREADY_EXISTS) => {
                let all = users::access_points(aws, of).await?;
                let Some(there) = all.iter().find(|it| it.client_token.as_deref() == Some(token))
                else {
                    return Err(explain(CREATE, &aws.region, error));
                };
                if there.life_cycle.is_leaving() {
                    context.pause(IN_USE_PAUSE).await?;
                    continue;
                }
                if marks.iter().all(|(key, value)| there.tags.get(key) == Some(value)) {
                    return available(context, aws, of, there.id.clone()).await;
                }
                return Err(failure(
                    format!("{} is this deployment's access point, but not by its tags", there.id),
                    "put the `clockwork-codex/` tags back that somebody took off, or delete it, \
                     which keeps its files",
                ));
            }
            Err(error) => return Err(explain(CREATE, &aws.region, error)),
        }
    }
}

const CREATE: &str = "elasticfilesystem:CreateAccessPoint";

/// Waits until an access point is available: a mount through it fails before.
async fn available(
    context: &Context,
    aws: &Aws,
    of: &FileSystemId,
    id: AccessPointId,
) -> anyhow::Result<AccessPointId> {
    let asked = (aws.clone(), of.clone());
    let watch = Watch::new(move || {
        let (aws, of) = asked.clone();
        async move { users::access_points(&aws, &of).await }
    });
    let mut absence = Absence::default();
    let judge = |all: &Vec<AccessPoint>| match all.iter().find(|it| it.id == id) {
        Some(found) if found.life_cycle == LifeCycle::Available => Some(Ok(())),
        Some(found) if found.life_cycle.is_coming() => {
            absence.ended();
            None
        }
        Some(found) => Some(Err(failure(
            format!("the access point {id} is {}", found.life_cycle.as_str()),
            "run the same command again: it makes another one",
        ))),
        None => absence.noticed(&format!("the access point {id}")).map(Err),
    };
    context.wait(&watch, judge).await??;
    Ok(id)
}
