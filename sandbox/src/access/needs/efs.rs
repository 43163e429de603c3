//! What EFS's operations need.
//!
//! What they need of EC2, KMS and IAM is told in the Amazon EFS API Reference
//! (`CreateMountTarget`, `DeleteMountTarget`, `ModifyMountTargetSecurityGroups`,
//! `DescribeMountTargetSecurityGroups`: "This operation also requires permissions for…"), in
//! the EFS User Guide's "Using AWS KMS keys" (required permissions on the key), and in its
//! "Using service-linked roles"; that page does not say which first call makes the role, so
//! it is the first one here that could.

use serde_json::Value;

use super::need::{Action, Need, action, row};
use crate::access::service_linked;
use crate::authorization::context::Context as Keys;
use crate::ec2::zones::suffix;
use crate::kms;
use crate::request::Incoming;
use crate::service::Context;
use crate::world::partition;

const FILE_SYSTEM: &[&str] = &["file-system"];
const EITHER: &[&str] = &["access-point", "file-system"];

pub(super) const ACTIONS: &[Action] = &[
    action("CreateAccessPoint", FILE_SYSTEM),
    // The reference names no resource; the EFS User Guide's first example allows it on
    // `file-system/*`, and so it is decided.
    action("CreateFileSystem", &["+file-system"]),
    action("CreateMountTarget", FILE_SYSTEM),
    action("CreateReplicationConfiguration", FILE_SYSTEM),
    action("CreateTags", FILE_SYSTEM),
    action("DeleteAccessPoint", &["access-point"]),
    action("DeleteFileSystem", FILE_SYSTEM),
    action("DeleteFileSystemPolicy", FILE_SYSTEM),
    action("DeleteMountTarget", FILE_SYSTEM),
    action("DeleteReplicationConfiguration", FILE_SYSTEM),
    action("DeleteTags", FILE_SYSTEM),
    action("DescribeAccessPoints", EITHER),
    action("DescribeAccountPreferences", &[]),
    action("DescribeBackupPolicy", FILE_SYSTEM),
    action("DescribeFileSystemPolicy", FILE_SYSTEM),
    action("DescribeFileSystems", FILE_SYSTEM),
    action("DescribeLifecycleConfiguration", FILE_SYSTEM),
    action("DescribeMountTargetSecurityGroups", FILE_SYSTEM),
    action("DescribeMountTargets", EITHER),
    action("DescribeReplicationConfigurations", FILE_SYSTEM),
    action("DescribeTags", FILE_SYSTEM),
    action("ListTagsForResource", EITHER),
    action("ModifyMountTargetSecurityGroups", FILE_SYSTEM),
    action("PutAccountPreferences", &[]),
    action("PutBackupPolicy", FILE_SYSTEM),
    action("PutFileSystemPolicy", FILE_SYSTEM),
    action("PutLifecycleConfiguration", FILE_SYSTEM),
    action("TagResource", EITHER),
    action("UntagResource", EITHER),
    action("UpdateFileSystem", FILE_SYSTEM),
    action("UpdateFileSystemProtection", FILE_SYSTEM),
];

pub(super) fn needs(context: &Context<'_>, operation: &str, request: &Incoming) -> Vec<Need> {
    let asked = Asked::read(context, request);
    let mut own = asked.tags.clone();
    if operation == "CreateFileSystem" {
        let encrypted = asked.body.get("Encrypted").and_then(Value::as_bool);
        own.set("elasticfilesystem:Encrypted", encrypted.unwrap_or_default());
    }
    let action = format!("elasticfilesystem:{operation}");
    let mut needs = vec![Need::new(action, asked.resource(operation)).with(&own)];
    let create = operation.starts_with("Create") && operation != "CreateTags";
    if create && asked.tagged() {
        let kind = if operation == "CreateAccessPoint" { "access-point" } else { "file-system" };
        let mut keys = asked.tags.clone();
        keys.set("elasticfilesystem:CreateAction", operation);
        let arn = context.region.arn("elasticfilesystem", &format!("{kind}/*"));
        needs.push(Need::new("elasticfilesystem:TagResource", arn).with(&keys).dependent());
    }
    needs.extend(asked.elsewhere(operation).into_iter().map(Need::dependent));
    needs
}

/// What a request names.
struct Asked<'a> {
    context: &'a Context<'a>,
    file_system: Option<String>,
    access_point: Option<String>,
    /// The network interface of the mount target.
    interface: Option<String>,
    body: Value,
    /// The condition keys of the tags.
    tags: Keys,
}

impl<'a> Asked<'a> {
    fn read<'b>(context: &'a Context<'b>, request: &Incoming) -> Asked<'a>
    where
        'b: 'a,
    {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let of_path: Vec<&str> = request.path.iter().skip(2).map(String::as_str).collect();
        let mut asked = Asked {
            context,
            file_system: None,
            access_point: None,
            interface: None,
            tags: tags(&body, request),
            body,
        };
        let query = request.query.iter().map(|(_, value)| value.as_str());
        let of_body = ["FileSystemId", "ResourceId"]
            .map(|name| asked.body.get(name).and_then(Value::as_str).map(str::to_owned));
        for id in query.chain(of_path).chain(of_body.iter().flatten().map(String::as_str)) {
            asked.take(id.rsplit('/').next().unwrap_or(id));
        }
        asked
    }

    fn take(&mut self, id: &str) {
        if id.starts_with("fs-") {
            self.file_system = Some(id.to_owned());
        } else if id.starts_with("fsap-") {
            self.access_point = Some(id.to_owned());
        } else if let Some(target) = self.context.region.efs.mount_targets.get(id) {
            self.file_system = Some(target.file_system.clone());
            self.interface = Some(target.interface.clone());
        }
    }

    fn resource(&self, operation: &str) -> String {
        let on = row(ACTIONS, operation);
        let arn = |kind: &str, id: &str| {
            self.context.region.arn("elasticfilesystem", &format!("{kind}/{id}"))
        };
        let named = on.iter().find_map(|kind| {
            let id = match *kind {
                "file-system" => self.file_system.as_ref(),
                "access-point" => self.access_point.as_ref(),
                _ => None,
            };
            id.map(|id| arn(kind, id))
        });
        match (named, on.last()) {
            (Some(named), _) => named,
            (None, Some(kind)) => arn(kind.trim_start_matches('+'), "*"),
            (None, None) => "*".to_owned(),
        }
    }

    fn tagged(&self) -> bool {
        self.tags.values("aws:TagKeys").is_some()
    }

    /// What is needed of other services.
    fn elsewhere(&self, operation: &str) -> Vec<Need> {
        let ec2 = |resource: String| self.context.region.arn("ec2", &resource);
        let interface = || {
            let id = self.interface.as_deref().unwrap_or("*");
            ec2(format!("network-interface/{id}"))
        };
        match operation {
            "CreateFileSystem" => {
                let key = self.body.get("KmsKeyId").and_then(Value::as_str);
                let mut needs = self.key(key, &self.context.region.name);
                needs.extend(self.service_linked_role());
                needs
            }
            "CreateReplicationConfiguration" => self.replication(),
            "CreateMountTarget" => {
                let mut needs = vec![
                    Need::new("ec2:DescribeSubnets", "*"),
                    Need::new("ec2:DescribeNetworkInterfaces", "*"),
                    Need::new("ec2:CreateNetworkInterface", interface()),
                ];
                if let Some(subnet) = self.body.get("SubnetId").and_then(Value::as_str) {
                    let subnet = ec2(format!("subnet/{subnet}"));
                    needs.push(Need::new("ec2:CreateNetworkInterface", subnet));
                }
                // `security-group*` is among the action's resource types. Source: Service
                // Authorization Reference, "Actions defined by Amazon EC2".
                let groups = self.body.get("SecurityGroups").and_then(Value::as_array);
                needs.extend(groups.into_iter().flatten().filter_map(Value::as_str).map(|id| {
                    Need::new("ec2:CreateNetworkInterface", ec2(format!("security-group/{id}")))
                }));
                needs.extend(self.service_linked_role());
                needs
            }
            "DeleteMountTarget" => vec![Need::new("ec2:DeleteNetworkInterface", interface())],
            "ModifyMountTargetSecurityGroups" => {
                vec![Need::new("ec2:ModifyNetworkInterfaceAttribute", interface())]
            }
            "DescribeMountTargetSecurityGroups" => {
                vec![Need::new("ec2:DescribeNetworkInterfaceAttribute", "*")]
            }
            _ => Vec::new(),
        }
    }

    /// What a replication needs: to create the destination, unless it is there, with its key; to
    /// pass the role of a replication to another account; and the service-linked role. Sources:
    /// EFS User Guide, "Replicating EFS file systems", permissions ("to create a service linked
    /// role, a replication configuration, and a file system"), and Service Authorization
    /// Reference, which has `iam:PassRole` for this operation. `ReplicationRead`,
    /// `ReplicationWrite` and the others are permissions of that role, not of the caller ("…
    /// across AWS accounts").
    fn replication(&self) -> Vec<Need> {
        let destination = self.body.get("Destinations").and_then(|all| all.get(0));
        let named = |name: &str| destination?.get(name)?.as_str();
        let mut needs = Vec::new();
        if named("FileSystemId").is_none() {
            let here = &self.context.region;
            let region = named("Region").unwrap_or(&here.name);
            let (partition, account) = (partition(&here.name), &here.account);
            let arn = format!("arn:{partition}:elasticfilesystem:{region}:{account}:file-system/*");
            let mut keys = Keys::default();
            // "All destination file systems are created with encryption at rest enabled."
            keys.set("elasticfilesystem:Encrypted", true);
            needs.push(Need::new("elasticfilesystem:CreateFileSystem", arn).with(&keys));
            needs.extend(self.key(named("KmsKeyId"), region));
        }
        needs.extend(named("RoleArn").map(|role| {
            let mut keys = Keys::default();
            keys.set("iam:PassedToService", service_linked::EFS);
            Need::new("iam:PassRole", role).with(&keys)
        }));
        needs.extend(self.service_linked_role());
        needs
    }

    /// What EFS needs of the key that is to encrypt a file system, on the caller's behalf. The
    /// key policy is the default one, which leaves it to IAM. EFS uses it where the file system is.
    fn key(&self, named: Option<&str>, region: &str) -> Vec<Need> {
        let Some(key) = named else {
            return Vec::new();
        };
        let here = &*self.context.region;
        let others = self.context.others.iter().copied();
        let known = std::iter::once(here).chain(others).find(|one| one.name == region);
        let arn = match known {
            Some(known) => kms::key_arn(known, key),
            None if key.starts_with("arn:") && !key.contains(":alias/") => key.to_owned(),
            None => {
                let id = if key.contains("alias/") { "*" } else { key };
                format!("arn:{}:kms:{region}:{}:key/{id}", partition(region), here.account)
            }
        };
        let mut keys = Keys::default();
        let suffix = suffix(region);
        keys.set("kms:ViaService", format!("elasticfilesystem.{region}.{suffix}"));
        keys.set("kms:CallerAccount", &self.context.options.account);
        let mut granting = keys.clone();
        granting.set("kms:GrantIsForAWSResource", true);
        ["DescribeKey", "CreateGrant", "GenerateDataKeyWithoutPlaintext", "Decrypt"]
            .into_iter()
            .map(|name| {
                let keys = if name == "CreateGrant" { &granting } else { &keys };
                Need::new(format!("kms:{name}"), &*arn).with(keys)
            })
            .collect()
    }

    fn service_linked_role(&self) -> Option<Need> {
        if service_linked::exists(self.context, service_linked::EFS) {
            return None;
        }
        let arn = service_linked::arn(service_linked::EFS, self.context.region)?;
        let mut keys = Keys::default();
        keys.set("iam:AWSServiceName", service_linked::EFS);
        Some(Need::new("iam:CreateServiceLinkedRole", arn).with(&keys))
    }
}

fn tags(body: &Value, request: &Incoming) -> Keys {
    let mut keys = Keys::default();
    let tags = body.get("Tags").and_then(Value::as_array);
    let tags = tags.into_iter().flatten().filter_map(|tag| {
        Some((tag.get("Key")?.as_str()?, tag.get("Value").and_then(Value::as_str).unwrap_or("")))
    });
    keys.set_request_tags(tags);
    let removed = request.query.iter().filter(|(name, _)| name == "tagKeys");
    let mut removed: Vec<String> = removed.map(|(_, value)| value.clone()).collect();
    let of_body = body.get("TagKeys").and_then(Value::as_array);
    let of_body = of_body.into_iter().flatten().filter_map(Value::as_str);
    removed.extend(of_body.map(str::to_owned));
    if !removed.is_empty() {
        keys.set_all("aws:TagKeys", removed);
    }
    keys
}
