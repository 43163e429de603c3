//! The inputs of the StorageClass.

use ::inputs::{Problem, Reader};

use super::mount_targets::once;
use super::{directory, rules};
use crate::provisioner_secret::ProvisionerSecret;
use crate::resources::storage_class::{ReclaimPolicy, StorageClassInputs, VolumeBindingMode};
use crate::users::Reference;

/// The StorageClass.
pub(super) fn storage_class(reader: &mut Reader) -> Option<StorageClassInputs> {
    let name = reader.string("storage_class_name", ::inputs::dns_subdomain);
    let directory_perms = reader.string("directory_perms", rules::directory_perms);
    let id = |number| rules::whole(number, 0, u32::MAX);
    let uid = reader.number("uid", id);
    let gid = reader.number("gid", id);
    let gid_range = gid_range(reader);
    let base_path =
        reader.string("base_path", directory::base_path).filter(|path| !path.is_empty());
    let sub_path_pattern = reader.string("sub_path_pattern", directory::sub_path_pattern);
    let ensure_unique_directory = reader.boolean("ensure_unique_directory");
    let pattern = (sub_path_pattern.as_deref(), ensure_unique_directory != Some(false));
    leaves_room(reader, base_path.as_deref(), pattern);
    let reuse_access_point = reader.boolean("reuse_access_point");
    let reclaim_policy = reader.string("reclaim_policy", ReclaimPolicy::one_of);
    if reuse_access_point == Some(true) && reclaim_policy == Some(ReclaimPolicy::Delete) {
        reader.mistake("reuse_access_point", shared_and_deleted());
    }
    let az = reader.string("az", rules::zone);
    let provisioner_secret = reader.string("provisioner_secret", ProvisionerSecret::parse);
    let enforce_zone_affinity = reader.boolean("enforce_zone_affinity");
    let enable_tagging = reader.boolean("enable_tagging");
    if enable_tagging == Some(false) && reader.is_given("access_point_tags") {
        reader.mistake("enable_tagging", untagged_and_tagged());
    }
    let file_system_reference = reference(reader);
    let volume_binding_mode = reader.string("volume_binding_mode", VolumeBindingMode::one_of);
    let mount_options = reader.strings("mount_options", rules::mount_option);
    let allow_volume_expansion = reader.boolean("allow_volume_expansion");
    let labels = reader.map("storage_class_labels", rules::label);
    let annotations = reader.map("storage_class_annotations", rules::annotation);
    let default = reader.boolean("default_storage_class");
    Some(StorageClassInputs {
        name: name?,
        directory_perms: directory_perms?,
        uid,
        gid,
        gid_range,
        base_path,
        sub_path_pattern,
        ensure_unique_directory,
        reuse_access_point,
        az,
        provisioner_secret,
        enforce_zone_affinity,
        enable_tagging,
        file_system_reference,
        reclaim_policy: reclaim_policy?,
        volume_binding_mode: volume_binding_mode?,
        allowed_topologies: allowed_topologies(reader, volume_binding_mode),
        mount_options: mount_options.unwrap_or_default(),
        allow_volume_expansion: allow_volume_expansion?,
        labels: labels.unwrap_or_default(),
        annotations: annotations.unwrap_or_default(),
        default: default?,
    })
}

/// The directory of a volume is one that EFS takes, with names of claims in it.
fn leaves_room(reader: &mut Reader, base: Option<&str>, (pattern, unique): (Option<&str>, bool)) {
    let blamed = if base.is_some() { "base_path" } else { "sub_path_pattern" };
    reader.check(blamed, directory::room_for_names(base, pattern, unique).map(drop));
}

/// Where the class finds its file system, if not in itself: the driver takes exactly one of the
/// three parameters (its `docs/parameters.md`, from chart 3.2.6 on).
fn reference(reader: &mut Reader) -> Option<Reference> {
    let of = |reader: &mut Reader, name: &str, secret: bool| {
        reader.string(name, |text| Reference::parse(text, secret))
    };
    let config = of(reader, "file_system_id_config_ref", false);
    let secret = of(reader, "file_system_id_secret_ref", true);
    if config.is_some() && secret.is_some() {
        reader.mistake(
            "file_system_id_secret_ref",
            Problem::new(
                "the class names its file system in a ConfigMap and in a Secret",
                "leave one of them out",
            ),
        );
    }
    config.or(secret)
}

/// The zones to which pods go. Kubernetes heeds them when a pod is placed whose claim waits for it
/// (<https://kubernetes.io/docs/concepts/storage/storage-classes/#allowed-topologies>): a volume
/// that is made before is no reason to place a pod anywhere.
fn allowed_topologies(reader: &mut Reader, binding: Option<VolumeBindingMode>) -> Vec<String> {
    let name = "allowed_topologies";
    if !reader.is_given(name) {
        return Vec::new();
    }
    if binding == Some(VolumeBindingMode::Immediate) {
        reader.mistake(
            name,
            Problem::new(
                "`allowed_topologies` keeps no pod in a zone while volumes are made before pods",
                "set `volume_binding_mode = \"WaitForFirstConsumer\"`, or leave it out",
            ),
        );
    }
    let zones = reader.strings(name, rules::zone).unwrap_or_default();
    // The API server refuses a class with one twice.
    reader.check(name, once(&zones, "zone"));
    zones
}

/// With `reuseAccessPoint` the driver makes the token of an access point of the claim's name alone
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/parameters.md>), so
/// that claims of that name in several namespaces are given the same one.
fn shared_and_deleted() -> Problem {
    Problem::new(
        "claims of one name in different namespaces get one access point, and the first of them \
         that is deleted takes it away from the others, as `reclaim_policy` is `Delete`",
        "set `reclaim_policy = \"Retain\"`, or leave `reuse_access_point` out",
    )
}

/// The driver refuses every claim of such a class (its `docs/parameters.md`, `enableTagging`).
fn untagged_and_tagged() -> Problem {
    Problem::new(
        "the driver refuses claims of a class without tags while `access_point_tags` gives it some",
        "leave `access_point_tags` out, or `enable_tagging`",
    )
}

/// Both ends or neither, the first below the last.
fn gid_range(reader: &mut Reader) -> Option<(u32, u32)> {
    let given = (reader.is_given("gid_range_start"), reader.is_given("gid_range_end"));
    let id = |number| rules::whole(number, 1, u32::MAX);
    let start = reader.number("gid_range_start", id);
    let end = reader.number("gid_range_end", id);
    let lonely = |present: &str, missing: &str| {
        Problem::new(
            format!("`{present}` is given without `{missing}`"),
            "give both ends of the range, or neither",
        )
    };
    match given {
        (true, false) => {
            reader.mistake("gid_range_start", lonely("gid_range_start", "gid_range_end"));
        }
        (false, true) => {
            reader.mistake("gid_range_end", lonely("gid_range_end", "gid_range_start"));
        }
        _ => {}
    }
    let (start, end) = (start?, end?);
    if start >= end {
        reader.mistake(
            "gid_range_end",
            Problem::new(
                format!("the range of group ids ends at {end}, which is not after {start}"),
                "set `gid_range_end` above `gid_range_start`",
            ),
        );
        return None;
    }
    Some((start, end))
}
