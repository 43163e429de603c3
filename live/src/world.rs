//! Carrying a call out: to each resource its room.

use plan::{ChangeId, files};

use crate::call::Call;
use crate::context::{Context, Done};
use crate::progress::Line;
use crate::resources::{
    access_point, addon, canary, claim, driver, file_system, iam_role, ingress, mount_target,
    namespace, oidc_provider, persistent_volume, pod_identity_association, release, replica,
    security_group, stateful_set, storage_class,
};

/// Carries a call of a change out.
pub(crate) async fn carry_out(
    context: &Context,
    change: &ChangeId,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::AccessPoint(aws, call) => access_point::carry_out(context, aws, call, line).await,
        Call::Addon(aws, call) => addon::carry_out(context, aws, call, line).await,
        Call::File(call) => file(context, call),
        Call::FileSystem(aws, call) => {
            file_system::carry_out(context, aws, change, call, line).await
        }
        Call::MountTarget(aws, call) => {
            mount_target::carry_out(context, aws, change, call, line).await
        }
        Call::Ingress(aws, call) => ingress::carry_out(context, aws, call, line).await,
        Call::SecurityGroup(aws, call) => security_group::carry_out(context, aws, call, line).await,
        Call::PersistentVolume(call) => persistent_volume::carry_out(context, call, line).await,
        Call::StorageClass(call) => storage_class::carry_out(context, call, line).await,
        Call::Driver(call) => driver::carry_out(context, call, line).await,
        Call::IamRole(aws, call) => iam_role::carry_out(context, aws, call, line).await,
        Call::OidcProvider(aws, call) => oidc_provider::carry_out(aws, call, line).await,
        Call::PodIdentityAssociation(aws, call) => {
            pod_identity_association::carry_out(context, aws, call, line).await
        }
        Call::Namespace(call) => namespace::carry_out(context, call, line).await,
        Call::Claim(call) => claim::carry_out(context, call, line).await,
        Call::Expand(call) => claim::expand(context, call, line).await,
        Call::StatefulSet(call) => stateful_set::carry_out(context, call, line).await,
        Call::Release(call) => release::carry_out(context, call, line).await,
        Call::Replica(aws, call) => replica::carry_out(context, aws, call, line).await,
        Call::Canary(aws, call) => canary::carry_out(context, aws, call, line).await,
    }
}

fn file(context: &Context, call: &files::Call) -> anyhow::Result<Done> {
    let directory = context.directory()?;
    match call {
        files::Call::Write { path, text } => {
            let text = text.resolve(|change| context.results.of(change))?;
            directory::write_file(&directory.join(path), &text)?;
            Ok(Done::that("written"))
        }
        files::Call::Remove { path } => {
            directory::remove_file(&directory.join(path))?;
            Ok(Done::that("removed"))
        }
    }
}
