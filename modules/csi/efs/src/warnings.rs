//! What to warn of the inputs of a deployment, whatever its plan changes.

use std::collections::BTreeSet;

use plan::Warning;

use crate::actual::Actual;
use crate::chart;
use crate::class_references;
use crate::desired::Desired;
use crate::driver_policy;
use crate::identity;
use crate::inputs::Inputs;
use crate::inputs::directory::room_for_names;
use crate::nodes::{self, Node};
use crate::resources::driver;
use crate::resources::file_system::FileSystemSource;
use crate::resources::mount_target::IpAddressType;
use crate::resources::storage_class::{DEFAULT_CLASS, StorageClassInputs, VolumeBindingMode};

/// What the choices of the inputs bring with them that people should know; `zones` will have mount
/// targets.
pub(crate) fn warnings(inputs: &Inputs, actual: &Actual, zones: &BTreeSet<String>) -> Vec<Warning> {
    let nodes = actual.cluster.as_ref().map_or(&[][..], |cluster| &cluster.nodes);
    let mut warnings = Vec::new();
    if inputs.driver.mode != driver::DriverMode::Skip {
        warnings.extend(of_chart(inputs, nodes));
    }
    warnings.extend(nodes::warnings(inputs, nodes, zones));
    warnings.extend(default_classes(inputs, actual));
    warnings.extend(root_squash(inputs));
    warnings.extend(deletes_in_one_zone(inputs, actual));
    warnings.extend(access_point_tags(inputs, actual));
    warnings.extend(untagged(inputs, actual));
    for class in inputs.classes() {
        warnings.extend(class_references::warnings(inputs, class));
        warnings.extend(names(class));
        warnings.extend(directories(class));
    }
    let is_encrypted = actual.file_system.as_ref().is_some_and(|found| found.spec.encrypted);
    if matches!(&inputs.file_system, FileSystemSource::Own(spec) if !spec.encrypted)
        && !is_encrypted
    {
        warnings.push(Warning::new(
            "the file system is not encrypted at rest, and can never be made so",
            "leave out `encrypted = false` before the file system is created",
        ));
    }
    warnings.extend(across_zones(inputs, actual));
    warnings.extend(by_ipv6(inputs));
    warnings
}

/// Classes whose pods may run in other zones than a One Zone file system. AWS bills what they read
/// and write there as traffic between zones
/// (<https://docs.aws.amazon.com/efs/latest/ug/manage-fs-access-create-delete-mount-targets.html>,
/// "cost considerations").
fn across_zones(inputs: &Inputs, actual: &Actual) -> Option<Warning> {
    let wanted = match &inputs.file_system {
        FileSystemSource::Own(spec) => spec.availability_zone.as_ref(),
        FileSystemSource::Adopted(_) => None,
    };
    let found = actual.file_system.as_ref().and_then(|it| it.spec.availability_zone.as_ref());
    let zone = found.or(wanted)?;
    let stays = |class: &&StorageClassInputs| {
        class.enforce_zone_affinity == Some(true)
            || (class.volume_binding_mode == VolumeBindingMode::WaitForFirstConsumer
                && class.allowed_topologies == [zone.as_str()])
    };
    let classes = inputs.classes().filter(|class| !stays(class));
    let classes: Vec<String> = classes.map(|class| format!("`{}`", class.name)).collect();
    let first = (!classes.is_empty()).then(|| classes.join(", "))?;
    Some(Warning::new(
        format!(
            "pods of other zones than {zone} mount the One Zone file system across zones, by {first}: \
             AWS bills that traffic, and they lose it when {zone} fails"
        ),
        format!(
            "set `enforce_zone_affinity = true` (chart 3.4.0 or later) to keep pods in its zone, or, \
             for the first pod of each claim, `allowed_topologies = [\"{zone}\"]` with \
             `volume_binding_mode = \"WaitForFirstConsumer\"`"
        ),
    ))
}

/// Mount targets that are reached by IPv6 alone, and a driver that cannot: "versions of
/// amazon-efs-utils prior to 2.3 do not support mounting with IPv6 addresses"
/// (<https://docs.aws.amazon.com/efs/latest/ug/efs-mount-helper.html>). The driver's image takes
/// in the newest of its day: 2.3 is of April 2025, EFS has IPv6 since 9 June 2025, and the first
/// driver after that is 2.1.9, of chart 3.2.0.
fn by_ipv6(inputs: &Inputs) -> Option<Warning> {
    let each = inputs.mount_targets.values().map(|entry| entry.ip_address_type);
    let is_wanted =
        each.chain([inputs.ip_address_type]).any(|it| it == Some(IpAddressType::Ipv6Only));
    let knows = inputs.driver.mode == driver::DriverMode::Skip
        || inputs.driver.version >= chart::FIRST_WITH_IPV6;
    (is_wanted && !knows).then(|| {
        Warning::new(
            format!(
                "the driver of chart {} mounts by IPv4 alone, and mount targets of `IPV6_ONLY` have no \
                 such address: pods on them do not start",
                inputs.driver.version
            ),
            "set `helm_chart_version` to \"3.2.0\" or later, or `ip_address_type` to `DUAL_STACK`",
        )
    })
}

/// What people should know of what they ask for.
pub(crate) fn notes(desired: &Desired, actual: &Actual) -> Vec<String> {
    let class = &desired.inputs.storage_class;
    let shared = (class.reuse_access_point == Some(true)).then(|| {
        format!(
            "claims of one name get one access point, and so the same files, in whatever namespace \
             or cluster they are made from `{}`: `reuse_access_point`",
            class.name
        )
    });
    let found = actual.file_system.as_ref().filter(|found| found.spec.encrypted);
    let encrypted = match (&desired.inputs.file_system, found) {
        (FileSystemSource::Own(spec), Some(found)) if !spec.encrypted => Some(format!(
            "{} is encrypted at rest although `encrypted` is false: AWS encrypts it all the same, and \
             it stays so",
            found.id
        )),
        _ => None,
    };
    let nodes = actual.cluster.as_ref().map_or(&[][..], |cluster| &cluster.nodes);
    let nodes = nodes::notes(&desired.inputs, nodes);
    let noted = desired.notes.iter().cloned();
    shared.into_iter().chain(encrypted).chain(nodes).chain(noted).collect()
}

/// Versions of the chart that are known to hurt here.
fn of_chart(inputs: &Inputs, nodes: &[Node]) -> Vec<Warning> {
    let class = &inputs.storage_class;
    let taints: Vec<String> =
        nodes.iter().flat_map(|node| &node.taints).map(|taint| taint.key.clone()).collect();
    let here = chart::Context {
        fixed_gid: class.uid.is_some() && class.gid.is_some(),
        deletes_directories: deletes_directories(inputs),
        taints: &taints,
    };
    chart::warnings(inputs.driver.version, &here)
}

/// Whether the driver deletes the directory of a volume that is deleted.
fn deletes_directories(inputs: &Inputs) -> bool {
    let given = inputs.driver.given_values();
    given.pointer("/controller/deleteAccessPointRootDir").is_some_and(|value| *value == true)
}

/// A driver that is to delete directories as root, which nobody is.
fn root_squash(inputs: &Inputs) -> Option<Warning> {
    (deletes_directories(inputs) && squashes_root(inputs)).then(|| {
        Warning::new(
            "`root_squash` keeps the driver from deleting the directories of deleted volumes",
            "leave out `root_squash`, or `controller.deleteAccessPointRootDir` in `helm_values`",
        )
    })
}

/// A driver that is to delete directories of a One Zone file system: its controller mounts that as
/// `mount -t efs -o tls,iam fs-…`, without the option `az`
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1695> has the call in its log),
/// and the plain name resolves in the zone of the mount target only (EFS User Guide, "Mounting One
/// Zone file systems").
fn deletes_in_one_zone(inputs: &Inputs, actual: &Actual) -> Option<Warning> {
    let wanted = match &inputs.file_system {
        FileSystemSource::Own(spec) => spec.availability_zone.as_ref(),
        FileSystemSource::Adopted(_) => None,
    };
    let found = actual.file_system.as_ref().and_then(|it| it.spec.availability_zone.as_ref());
    let zone = found.or(wanted).filter(|_| deletes_directories(inputs))?;
    let selector = "/controller/nodeSelector/topology.kubernetes.io~1zone";
    let there = inputs.driver.given_values();
    let there = there.pointer(selector).is_some_and(|it| it == zone.as_str());
    (!there).then(|| {
        Warning::new(
            format!(
                "the driver deletes the directories of deleted volumes where its controller runs in \
                 {zone} only: elsewhere it does not find the One Zone file system, and such volumes stay"
            ),
            format!(
                "set `driver_controller_node_selector = {{ \"topology.kubernetes.io/zone\" = \
                 \"{zone}\" }}`, or leave `controller.deleteAccessPointRootDir` out of `helm_values`"
            ),
        )
    })
}

/// Access points without tags, which a role that is not ours does not allow: AWS's policy knows the
/// driver's by its tag
/// (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEFSCSIDriverPolicy.html>).
fn untagged(inputs: &Inputs, actual: &Actual) -> Option<Warning> {
    let skipped = inputs.driver.mode == driver::DriverMode::Skip;
    if skipped || identity::is_of_ours(inputs, actual) || !inputs.makes_untagged() {
        return None;
    }
    let statements = driver_policy::without_tags("*", "*");
    Some(Warning::new(
        "AWS's managed `AmazonEFSCSIDriverPolicy` does not allow access points without tags \
         (`enable_tagging`), and claims stay pending",
        format!(
            "add these statements to the policies of the driver's role: {}",
            serde_json::Value::from(statements.to_vec())
        ),
    ))
}

/// Tags that a role which is not ours does not allow.
fn access_point_tags(inputs: &Inputs, actual: &Actual) -> Option<Warning> {
    let tags = &inputs.driver.access_point_tags;
    let skipped = inputs.driver.mode == driver::DriverMode::Skip;
    if skipped || identity::is_of_ours(inputs, actual) || tags.is_empty() {
        return None;
    }
    Some(Warning::new(
        "AWS's managed `AmazonEFSCSIDriverPolicy` does not allow `access_point_tags`, and claims \
         stay pending",
        format!(
            "add this statement to the policies of the driver's role: {}",
            driver_policy::tagging(tags)
        ),
    ))
}

/// Names of claims for which the directory leaves no room. A name has up to 63 characters nearly
/// everywhere, and claims up to 253.
fn names(class: &StorageClassInputs) -> Option<Warning> {
    let room = room_for_names(
        class.base_path.as_deref(),
        class.sub_path_pattern.as_deref(),
        class.ensure_unique_directory != Some(false),
    );
    let room = room.ok().flatten().filter(|room| *room < 63)?;
    Some(Warning::new(
        format!(
            "`sub_path_pattern` leaves {room} characters for the names of a claim and its \
             namespace: EFS takes directories of 100, and claims with longer names stay pending"
        ),
        "shorten `sub_path_pattern` or `base_path`",
    ))
}

/// Directories that the pods of a claim cannot use, or have for themselves alone.
///
/// Source: EFS User Guide, "Working with Amazon EFS access points": every call is made as the
/// access point's user, whom the driver makes the owner of the directory.
fn directories(class: &StorageClassInputs) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let owner = class.directory_perms.bytes().rev().nth(2).map_or(7, |digit| digit - b'0');
    if owner != 7 {
        warnings.push(Warning::new(
            format!(
                "`directory_perms` {} does not let the owner of a volume read, write and enter it, and \
                 every pod is that owner",
                class.directory_perms
            ),
            "begin it with 7, such as \"700\" or \"750\"",
        ));
    }
    if let Some(pattern) = &class.sub_path_pattern
        && class.ensure_unique_directory == Some(false)
    {
        let unique = pattern.contains("${.PV.name}")
            || (pattern.contains("${.PVC.name}") && pattern.contains("${.PVC.namespace}"));
        if !unique {
            warnings.push(Warning::new(
                format!(
                    "`sub_path_pattern` `{pattern}` gives several claims one directory, as \
                     `ensure_unique_directory` is false: they share their files, and delete them for each \
                     other"
                ),
                "put both `${.PVC.namespace}` and `${.PVC.name}` into it, or leave out \
                 `ensure_unique_directory`",
            ));
        }
    }
    warnings
}

/// Of several default classes, claims without one get the newest (Kubernetes documentation,
/// "Storage Classes", default StorageClass): which that is changes with every new one.
fn default_classes(inputs: &Inputs, actual: &Actual) -> Option<Warning> {
    let others = actual.cluster.as_ref().map_or(&[][..], |cluster| &cluster.default_classes);
    if !inputs.classes().any(|class| class.default) || others.is_empty() {
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
