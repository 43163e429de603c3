//! Access points, and what of a cluster names them.

use efs::PROVISIONER;
use efs::resources::access_point::{Call, Seen, UnboundClaim, awaiting};
use efs::{AccessPoint, FileSystemId};
use failure::failure;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::ListParams;
use tokio::try_join;

use crate::aws::{Aws, explain, is};
use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::meaning::efs as codes;
use crate::progress::Line;
use crate::users;

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
    let Call::Delete { id, client_token, may_be_reused } = call;
    line.state("looking whether a volume names it");
    let (claims, volumes) = named(&context.cluster()?.kube).await?;
    let volume = volumes.iter().find(|volume| volume.access_points.contains(id.as_str()));
    let claim = awaiting(client_token.as_deref(), *may_be_reused, &claims);
    let by = volume
        .map(|volume| format!("the volume {}", volume.name))
        .or_else(|| Some(format!("the claim {}", claim?.name)));
    if let Some(by) = by {
        return Err(failure(
            format!("{id} stays: since the plan was made, it belongs to {by}"),
            "run `cargo xtask access-points` again to see what is left",
        ));
    }
    line.state("deleting");
    match aws.efs.delete_access_point().access_point_id(id.as_str()).send().await {
        Ok(_) => Ok(Done::that(format!("destroyed {id}"))),
        Err(error) if is(&error, codes::ACCESS_POINT_NOT_FOUND) => {
            Ok(Done::that(format!("{id} was gone already")))
        }
        Err(error) => Err(explain("elasticfilesystem:DeleteAccessPoint", &aws.region, error)),
    }
}
