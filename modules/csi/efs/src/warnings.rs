//! What to warn of the inputs of a deployment, whatever its plan changes.

use plan::Warning;

use crate::actual::Actual;
use crate::chart;
use crate::driver_policy;
use crate::inputs::Inputs;
use crate::inputs::directory::room_for_names;
use crate::resources::driver;
use crate::resources::file_system::FileSystemSource;

/// What the choices of the inputs bring with them that people should know.
pub(crate) fn warnings(inputs: &Inputs, actual: &Actual) -> Vec<Warning> {
    let class = &inputs.storage_class;
    let controller = inputs.driver.values.get("controller");
    let deletes = controller.and_then(|values| values.get("deleteAccessPointRootDir"));
    let here = chart::Context {
        fixed_gid: class.uid.is_some() && class.gid.is_some(),
        deletes_directories: deletes.is_some_and(|value| *value == true),
        taints: actual.cluster.as_ref().map_or(&[], |cluster| &cluster.taints),
    };
    let mut warnings = Vec::new();
    if inputs.driver.mode != driver::DriverMode::Skip {
        warnings.extend(chart::warnings(inputs.driver.version, &here));
    }
    if here.deletes_directories && squashes_root(inputs) {
        warnings.push(Warning::new(
            "`root_squash` keeps the driver from deleting the directories of deleted volumes",
            "leave out `root_squash`, or `controller.deleteAccessPointRootDir` in `helm_values`",
        ));
    }
    let tags = &inputs.driver.access_point_tags;
    if inputs.driver.mode != driver::DriverMode::Skip
        && !inputs.driver.identity.is_ours()
        && !tags.is_empty()
    {
        warnings.push(Warning::new(
            "AWS's managed `AmazonEFSCSIDriverPolicy` does not allow `access_point_tags`, and claims \
             stay pending",
            format!(
                "add this statement to the policies of the driver's role: {}",
                driver_policy::tagging(tags)
            ),
        ));
    }
    let room = room_for_names(
        class.base_path.as_deref(),
        class.sub_path_pattern.as_deref(),
        class.ensure_unique_directory != Some(false),
    );
    // A name has up to 63 characters nearly everywhere, and claims up to 253.
    if let Ok(Some(room)) = room
        && room < 63
    {
        warnings.push(Warning::new(
            format!(
                "`sub_path_pattern` leaves {room} characters for the names of a claim and its \
                 namespace: EFS takes directories of 100, and claims with longer names stay pending"
            ),
            "shorten `sub_path_pattern` or `base_path`",
        ));
    }
    if matches!(&inputs.file_system, FileSystemSource::Own(spec) if !spec.encrypted) {
        warnings.push(Warning::new(
            "the file system is not encrypted at rest, and can never be made so",
            "leave out `encrypted = false` before the file system is created",
        ));
    }
    warnings
}

/// Whether the file-system policy takes root access from clients.
fn squashes_root(inputs: &Inputs) -> bool {
    let FileSystemSource::Own(spec) = &inputs.file_system else { return false };
    spec.policy.as_ref().is_some_and(|policy| {
        let policy = policy.document.to_string();
        !policy.contains("ClientRootAccess") && policy.contains("AllowThroughMountTargets")
    })
}
