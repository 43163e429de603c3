//! The file system that a deployment's class names, where that is not the deployment's own.

use efs::resources::file_system::FileSystemSource;
use efs::{Actual, Inputs, NamedBefore};

use crate::aws::Aws;
use crate::resources::file_system;
use crate::target::Target;
use crate::users;

/// What the class of a deployment, or its document, names in place of the file system of the
/// deployment, where that exists: data may be on it. An ordinary run costs no call for it.
pub(crate) async fn observe(
    inputs: &Inputs,
    aws: &Aws,
    target: &Target,
    actual: &mut Actual,
) -> anyhow::Result<()> {
    let Some(named) = efs::named_by_class(&inputs.owner(), actual) else { return Ok(()) };
    let wanted = match &inputs.file_system {
        FileSystemSource::Adopted(id) => Some(id),
        FileSystemSource::Own(_) => actual.file_system.as_ref().map(|found| &found.id),
    };
    if wanted == Some(&named) {
        return Ok(());
    }
    let lookup = file_system::Lookup::Id(named.clone());
    let Some(found) = file_system::observe(aws, &lookup).await? else { return Ok(()) };
    let mut access_points = 0;
    if let (Some(there), Some(cluster)) = (target.cluster(), &mut actual.cluster) {
        cluster.volumes = users::volumes(&there.kube).await?;
    } else {
        let all = users::access_points(aws, &named).await?;
        access_points = all.iter().filter(|point| !point.life_cycle.is_leaving()).count();
    }
    if !found.life_cycle.is_leaving() {
        actual.named_before = Some(NamedBefore { file_system: found, access_points });
    }
    Ok(())
}
