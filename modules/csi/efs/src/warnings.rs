//! What to warn of the inputs of a deployment, whatever its plan changes.

use plan::Warning;

use crate::actual::Actual;
use crate::chart;
use crate::deployment::zones_of;
use crate::desired::Desired;
use crate::driver_policy;
use crate::identity;
use crate::inputs::Inputs;
use crate::inputs::directory::room_for_names;
use crate::nodes;
use crate::resources::driver;
use crate::resources::file_system::FileSystemSource;
use crate::resources::storage_class::DEFAULT_CLASS;

/// What the choices of the inputs bring with them that people should know.
pub(crate) fn warnings(desired: &Desired, actual: &Actual) -> Vec<Warning> {
    let inputs = &desired.inputs;
    let nodes = actual.cluster.as_ref().map_or(&[][..], |cluster| &cluster.nodes);
    let taints: Vec<String> =
        nodes.iter().flat_map(|node| &node.taints).map(|taint| taint.key.clone()).collect();
    let class = &inputs.storage_class;
    let controller = inputs.driver.values.get("controller");
    let deletes = controller.and_then(|values| values.get("deleteAccessPointRootDir"));
    let here = chart::Context {
        fixed_gid: class.uid.is_some() && class.gid.is_some(),
        deletes_directories: deletes.is_some_and(|value| *value == true),
        taints: &taints,
    };
    let mut warnings = Vec::new();
    if inputs.driver.mode != driver::DriverMode::Skip {
        warnings.extend(chart::warnings(inputs.driver.version, &here));
    }
    warnings.extend(nodes::warnings(inputs, nodes, &zones_of(desired, actual)));
    warnings.extend(default_classes(inputs, actual));
    if here.deletes_directories && squashes_root(inputs) {
        warnings.push(Warning::new(
            "`root_squash` keeps the driver from deleting the directories of deleted volumes",
            "leave out `root_squash`, or `controller.deleteAccessPointRootDir` in `helm_values`",
        ));
    }
    let tags = &inputs.driver.access_point_tags;
    if inputs.driver.mode != driver::DriverMode::Skip
        && !identity::is_of_ours(inputs, actual)
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

/// Of several default classes, claims without one get the newest (Kubernetes documentation,
/// "Storage Classes", default StorageClass): which that is changes with every new one.
fn default_classes(inputs: &Inputs, actual: &Actual) -> Option<Warning> {
    let others = actual.cluster.as_ref().map_or(&[][..], |cluster| &cluster.default_classes);
    if !inputs.storage_class.default || others.is_empty() {
        return None;
    }
    let quoted: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
    Some(Warning::new(
        format!(
            "the cluster has another default class, {}, and claims without a class get the newest \
             of them",
            quoted.join(", ")
        ),
        format!(
            "leave out `default_storage_class`, or annotate the other one `{DEFAULT_CLASS}=false`"
        ),
    ))
}

/// Whether the file-system policy takes root access from clients.
fn squashes_root(inputs: &Inputs) -> bool {
    let FileSystemSource::Own(spec) = &inputs.file_system else { return false };
    spec.policy.as_ref().is_some_and(|policy| {
        let policy = policy.document.to_string();
        !policy.contains("ClientRootAccess") && policy.contains("AllowThroughMountTargets")
    })
}
