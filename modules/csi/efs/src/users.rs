//! What may use a file system beside this deployment's own class: access points, replications,
//! volumes and classes, as AWS and a cluster list them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use inputs::{Problem, dns_label, dns_subdomain};
use network::Tags;
use serde::{Deserialize, Serialize};

use crate::ids::{AccessPointId, FileSystemId};
use crate::life_cycle::LifeCycle;

/// The first and the last of the group ids that the driver hands out for a class.
pub type GidRange = (u32, u32);

/// An access point: the driver creates one per volume, and deletes it with the volume unless
/// that is retained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPoint {
    pub id: AccessPointId,
    pub life_cycle: LifeCycle,
    /// What made it a second time would be answered with it: the driver gives the name of the
    /// volume, which is `pvc-` and the uid of its claim.
    pub client_token: Option<String>,
    /// Its directory of the file system.
    pub path: String,
    /// How that directory is made where it does not exist.
    pub creation_info: Option<CreationInfo>,
    /// Whoever mounts through it is this user, whatever the process is.
    pub posix_user: Option<PosixUser>,
    /// The AWS account that it belongs to.
    pub account: Option<String>,
    pub tags: Tags,
}

/// The user that an access point enforces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosixUser {
    pub uid: i64,
    pub gid: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secondary_gids: Vec<i64>,
}

/// How EFS makes the directory of an access point at the first mount, where it does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreationInfo {
    pub owner_uid: i64,
    pub owner_gid: i64,
    /// In octal.
    pub permissions: String,
}

/// A copy of a replication: one source and one of its destinations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replication {
    pub source: String,
    pub source_region: String,
    pub destination: String,
    pub destination_region: String,
    /// As EFS writes it, such as `ENABLED`.
    pub status: String,
    /// When the last copy was complete, as RFC 3339 writes times.
    pub last_replicated: Option<String>,
    /// How long before the look that was, in seconds.
    pub lag_seconds: Option<u64>,
    /// What EFS says of a state in which nothing is copied.
    pub message: Option<String>,
    /// The AWS account of the destination.
    pub account: Option<String>,
    /// The role by which EFS replicates, where one was given.
    pub role_arn: Option<String>,
}

impl Replication {
    /// Whether its other side has left it, as after a deletion in the region of the copy alone.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.status == "ERROR" && self.is_between_regions()
    }

    /// Whether its two file systems are in different regions.
    pub(crate) fn is_between_regions(&self) -> bool {
        self.source_region != self.destination_region
    }
}

/// A `PersistentVolume` of the driver, or one that mounts a file system over NFS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Volume {
    pub name: String,
    /// The handle of a CSI volume, or the server that another volume mounts.
    pub handle: String,
    /// Whether the EFS driver serves it.
    pub of_driver: bool,
    pub class: Option<String>,
    /// The address of the mount target that it mounts, where the driver is told one.
    pub target_address: Option<String>,
    /// The zone whose mount target it mounts, where the driver is told one.
    pub target_zone: Option<String>,
    /// As Kubernetes writes quantities.
    pub capacity: Option<String>,
    /// Every access point that it names, in its handle, its mount options or elsewhere.
    pub access_points: BTreeSet<String>,
    /// The claim that binds it, as `NAMESPACE/NAME`.
    pub claim: Option<String>,
}

impl Volume {
    /// Whether it is a volume of this file system, whose mount targets have these addresses.
    pub fn mounts<'a>(
        &self,
        id: &FileSystemId,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> bool {
        let by_address = || addresses.into_iter().any(|address| address == self.handle);
        self.names(id) || (!self.of_driver && by_address())
    }

    /// Whether it names this file system.
    ///
    /// A handle is `fs-X`, `fs-X:/path`, `fs-X::fsap-Y` or `fs-X:/path:fsap-Y`, and from driver
    /// 3.0 on has `efs:` before it. An NFS server is `fs-X.efs.REGION.SUFFIX`, or
    /// `ZONE.fs-X.efs.REGION.SUFFIX`
    /// (<https://docs.aws.amazon.com/efs/latest/ug/mounting-fs-mount-cmd-dns-name.html>).
    pub fn names(&self, id: &FileSystemId) -> bool {
        let handle = self.handle.strip_prefix("efs:").unwrap_or(&self.handle);
        if self.of_driver {
            return handle.split(':').next() == Some(id.as_str());
        }
        handle.split('.').take(2).any(|label| label == id.as_str())
    }

    /// The address that it mounts, where it mounts one.
    pub(crate) fn address(&self) -> Option<&str> {
        let server = Some(self.handle.as_str()).filter(|_| !self.of_driver);
        self.target_address.as_deref().or(server)
    }

    /// The zone whose mount target of this file system it mounts, where it names one.
    pub(crate) fn zone(&self, id: &FileSystemId) -> Option<&str> {
        let of_server = || {
            let (zone, rest) = self.handle.split_once('.').filter(|_| !self.of_driver)?;
            (rest.split('.').next() == Some(id.as_str())).then_some(zone)
        };
        self.target_zone.as_deref().or_else(of_server)
    }

    /// The access point that its handle names.
    pub fn access_point(&self) -> Option<&str> {
        let (_, last) = self.handle.rsplit_once(':')?;
        Some(last).filter(|last| self.of_driver && last.starts_with("fsap-"))
    }
}

/// A `StorageClass` of the driver that has another name than ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherClass {
    pub name: String,
    /// The file system that it names: by its parameter `fileSystemId`, or by way of what
    /// `fileSystemIdConfigRef` or `fileSystemIdSecretRef` refers to.
    pub file_system: Option<String>,
    /// The group ids that the driver hands out for it; `None` where its volumes have those that
    /// it says.
    pub gid_range: Option<GidRange>,
    /// Why that is not known, where a reference could not be followed.
    pub unknown: Option<String>,
}

/// Where a class names its file system, if not itself: a key of a `ConfigMap` or a Secret
/// (the driver's `docs/parameters.md`, from chart 3.2.6 on).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    pub secret: bool,
    pub namespace: String,
    pub name: String,
    pub key: String,
}

impl Reference {
    /// Reads `NAMESPACE/NAME/KEY`.
    pub(crate) fn parse(text: &str, secret: bool) -> Result<Reference, Problem> {
        let parts: Vec<&str> = text.split('/').collect();
        if let [namespace, name, key] = parts.as_slice() {
            let word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if !key.is_empty() && key.chars().all(word) {
                dns_label(namespace)?;
                dns_subdomain(name)?;
                let [namespace, name, key] = [namespace, name, key].map(|it| (*it).to_owned());
                return Ok(Reference { secret, namespace, name, key });
            }
        }
        Err(Problem::new(
            format!("`{}` names no key of a ConfigMap or a Secret", text.escape_debug()),
            "write it as `NAMESPACE/NAME/KEY`, such as `graphs/efs-sc-outputs/file_system_id`",
        ))
    }

    /// The parameter of a class, and its value.
    pub(crate) fn parameter(&self) -> (&'static str, String) {
        let Reference { secret, namespace, name, key } = self;
        let parameter = if *secret { "fileSystemIdSecretRef" } else { "fileSystemIdConfigRef" };
        (parameter, format!("{namespace}/{name}/{key}"))
    }

    /// The reference among the parameters of a class, or a text of another form than
    /// `NAMESPACE/NAME/KEY`. The driver takes `fileSystemId` first, where it is not blank.
    pub fn among(parameters: &BTreeMap<String, String>) -> Option<Result<Reference, String>> {
        let given = |name: &str| {
            let value = parameters.get(name)?.trim();
            (!value.is_empty()).then_some(value)
        };
        if given("fileSystemId").is_some() {
            return None;
        }
        let (secret, text) = match given("fileSystemIdConfigRef") {
            Some(text) => (false, text),
            None => (true, given("fileSystemIdSecretRef")?),
        };
        let parts: Vec<&str> = text.split('/').collect();
        Some(match parts.as_slice() {
            [namespace, name, key] => Ok(Reference {
                secret,
                namespace: (*namespace).to_owned(),
                name: (*name).to_owned(),
                key: (*key).to_owned(),
            }),
            _ => Err(text.to_owned()),
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reference { secret, namespace, name, key } = self;
        let kind = if *secret { "Secret" } else { "ConfigMap" };
        write!(f, "the key `{key}` of the {kind} `{namespace}/{name}`")
    }
}

/// What a cluster runs, as far as it may mount a file system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running {
    /// The pods that run on a node.
    pub pods: Vec<Pod>,
    /// The zones of the nodes, by their names, where they say.
    pub zones: BTreeMap<String, String>,
}

/// A pod, with what it mounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pod {
    /// `NAMESPACE/NAME`.
    pub name: String,
    pub node: String,
    /// Its claims, as `NAMESPACE/NAME`.
    pub claims: Vec<String>,
    /// The servers that it mounts over NFS without a claim.
    pub servers: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(handle: &str, of_driver: bool) -> Volume {
        Volume { handle: handle.to_owned(), of_driver, ..Volume::default() }
    }

    #[test]
    fn every_form_of_a_handle_names_its_file_system_and_no_other() {
        let id = FileSystemId::try_from("fs-00000001").unwrap();
        let forms =
            ["fs-00000001", "fs-00000001:/data", "fs-00000001::fsap-1", "fs-00000001:/a:fsap-1"];
        for form in forms {
            assert!(volume(form, true).names(&id), "{form}");
            assert!(volume(&format!("efs:{form}"), true).names(&id), "efs:{form}");
            let other = form.replace("00000001", "000000012");
            assert!(!volume(&other, true).names(&id), "{other}");
        }
        assert!(volume("fs-00000001.efs.eu-west-1.amazonaws.com", false).names(&id));
        assert!(volume("eu-west-1a.fs-00000001.efs.eu-west-1.amazonaws.com", false).names(&id));
        assert!(!volume("files.example.com", false).names(&id));
    }

    #[test]
    fn a_volume_may_mount_the_address_of_a_mount_target() {
        let id = FileSystemId::try_from("fs-00000001").unwrap();
        let mounts = |handle: &str, of_driver| {
            volume(handle, of_driver).mounts(&id, ["10.0.0.4", "10.0.1.4"])
        };
        assert!(mounts("10.0.1.4", false));
        assert!(!mounts("10.0.1.40", false));
        assert!(!mounts("10.0.1.4", true), "a handle of the driver is no address");
        assert!(mounts("fs-00000001", true));
    }

    #[test]
    fn a_class_may_name_its_file_system_in_a_config_map_or_a_secret() {
        let of = |parameters: &[(&str, &str)]| {
            let map =
                parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Reference::among(&map.collect()).map(|found| found.map(|it| it.to_string()))
        };
        let (config, secret) = ("fileSystemIdConfigRef", "fileSystemIdSecretRef");
        assert_eq!(of(&[("fileSystemId", "fs-00000001")]), None);
        assert_eq!(of(&[("fileSystemId", "fs-00000001"), (config, "a/b/c")]), None);
        assert_eq!(of(&[("fileSystemId", " "), (secret, "")]), None);
        let found = |text: &str| Some(Ok(text.to_owned()));
        assert_eq!(of(&[(config, " a/b/c ")]), found("the key `c` of the ConfigMap `a/b`"));
        assert_eq!(of(&[(secret, "a/b/c")]), found("the key `c` of the Secret `a/b`"));
        assert_eq!(of(&[(secret, "b/c")]), Some(Err("b/c".to_owned())));
    }

    #[test]
    fn a_handle_may_name_an_access_point() {
        for (handle, named) in [
            ("fs-00000001::fsap-1", Some("fsap-1")),
            ("efs:fs-00000001:/a:fsap-1", Some("fsap-1")),
            ("fs-00000001:/fsap-1", None),
            ("fs-00000001", None),
        ] {
            assert_eq!(volume(handle, true).access_point(), named, "{handle}");
        }
    }
}
