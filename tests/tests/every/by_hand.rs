//! What people change by hand, in AWS and in a cluster, past the deployment.

use control_plane::Cluster;
use serde_json::{Value, json};
use tests::{Answer, Aws, Clustered, until};

const VOLUME: &str = "/api/v1/persistentvolumes/efs-sc.logs";
const CLASS: &str = "/apis/storage.k8s.io/v1/storageclasses/efs-sc";
const CSI_DRIVER: &str = "/apis/storage.k8s.io/v1/csidrivers/efs.csi.aws.com";

#[track_caller]
fn took(answer: &Answer) {
    assert!((200..300).contains(&answer.status), "{}", answer.body);
}

/// Everything of a file system that EFS lets anybody change.
pub(crate) fn file_system(aws: &Aws, id: &str) {
    let put = |path: &str, body: &Value| {
        took(&aws.efs("PUT", &format!("file-systems/{id}{path}"), Some(body)));
    };
    put("/lifecycle-configuration", &json!({ "LifecyclePolicies": [] }));
    put("/backup-policy", &json!({ "BackupPolicy": { "Status": "ENABLED" } }));
    let open = json!({ "Version": "2012-10-17", "Id": "clockwork-codex", "Statement": [
        { "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "elasticfilesystem:*" },
    ] });
    put("/policy", &json!({ "Policy": open.to_string() }));
    took(&aws.efs("DELETE", &format!("resource-tags/{id}?tagKeys=team"), None));
    let replication = format!("file-systems/{id}/replication-configuration");
    took(&aws.efs("DELETE", &replication, None));
    until("the replication is gone", || {
        let path = format!("file-systems/replication-configurations?FileSystemId={id}");
        aws.efs("GET", &path, None).status == 404
    });
    put("/protection", &json!({ "ReplicationOverwriteProtection": "ENABLED" }));
    put("", &json!({ "ThroughputMode": "elastic" }));
    until("the throughput is changed", || aws.file_system()["LifeCycleState"] == "available");
}

/// An access point in the place of the deployment's own: EFS changes none but in its tags.
pub(crate) fn access_point(aws: &Aws) {
    let all = aws.efs("GET", "access-points", None).json();
    let old = &all["AccessPoints"][0];
    let id = old["AccessPointId"].as_str().unwrap();
    let mut tags = old["Tags"].as_array().unwrap().clone();
    tags.retain(|tag| tag["Key"] != "kind");
    took(&aws.efs("DELETE", &format!("access-points/{id}"), None));
    let new = json!({
        "ClientToken": "by-hand",
        "FileSystemId": old["FileSystemId"],
        "PosixUser": { "Uid": 8, "Gid": 8 },
        "RootDirectory": { "Path": "/other", "CreationInfo": {
            "OwnerUid": 8, "OwnerGid": 8, "Permissions": "777",
        } },
        "Tags": tags,
    });
    took(&aws.efs("POST", "access-points", Some(&new)));
}

/// A mount target in another subnet of its zone, with another address, of IPv4 alone, and without
/// the groups that the deployment gives it.
pub(crate) fn mount_target(aws: &Aws) {
    let old = aws.mount_targets().swap_remove(0);
    let id = old["MountTargetId"].as_str().unwrap();
    took(&aws.efs("DELETE", &format!("mount-targets/{id}"), None));
    let new = json!({
        "FileSystemId": old["FileSystemId"],
        "SubnetId": "subnet-0c0dec0000000020a",
        "IpAddressType": "IPV4_ONLY",
        "SecurityGroups": ["sg-0c0dec00000000001"],
    });
    until("the target is made anew", || aws.efs("POST", "mount-targets", Some(&new)).status == 200);
    until("it is available", || {
        aws.mount_targets().iter().all(|target| target["LifeCycleState"] == "available")
    });
    let other = aws.mount_targets().swap_remove(1);
    let path =
        format!("mount-targets/{}/security-groups", other["MountTargetId"].as_str().unwrap());
    took(&aws.efs("PUT", &path, Some(&json!({ "SecurityGroups": ["sg-0c0dec00000000001"] }))));
}

/// The deployment's own security group loses a tag and a rule.
pub(crate) fn own_group(aws: &Aws, group: &str) {
    let tag = format!("Action=DeleteTags&ResourceId.1={group}&Tag.1.Key=team");
    took(&aws.ec2(&tag));
    let rules = aws.ec2("Action=DescribeSecurityGroupRules").body;
    let of_range = |rule: &&str| rule.contains("2049") && rule.contains("10.0.0.0/16");
    let rule = rules.split("<item>").find(of_range).unwrap();
    let text =
        |name: &str| rule.split(&format!("<{name}>")).nth(1).unwrap().split('<').next().unwrap();
    let (group, rule) = (text("groupId"), text("securityGroupRuleId"));
    let which = format!("GroupId={group}&SecurityGroupRuleId.1={rule}");
    took(&aws.ec2(&format!("Action=RevokeSecurityGroupIngress&{which}")));
}

/// The role takes others, its policy allows something else, and its provider is gone.
pub(crate) fn identity(aws: &Aws, role: &str) {
    let document =
        |statement: Value| json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let trust = document(json!({
        "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole",
    }));
    let policy =
        document(json!({ "Effect": "Allow", "Action": "elasticfilesystem:*", "Resource": "*" }));
    aws.iam("UpdateAssumeRolePolicy", &[("RoleName", role), ("PolicyDocument", &trust)]);
    let names = aws.iam("ListRolePolicies", &[("RoleName", role)]);
    let name = names.split("<member>").nth(1).unwrap().split('<').next().unwrap();
    let put = [("RoleName", role), ("PolicyName", name), ("PolicyDocument", &policy)];
    aws.iam("PutRolePolicy", &put);
    let providers = aws.iam("ListOpenIDConnectProviders", &[]);
    let arn = providers.split("<Arn>").nth(1).unwrap().split('<').next().unwrap();
    aws.iam("DeleteOpenIDConnectProvider", &[("OpenIDConnectProviderArn", arn)]);
}

/// Makes an object anew with a change, as nobody may change it in place.
fn anew(there: &Clustered, path: &str, change: impl Fn(&mut Value)) {
    let cluster: &Cluster = there.cluster();
    let mut object = cluster.get(path).unwrap();
    cluster.merge(path, &json!({ "metadata": { "finalizers": null } })).unwrap();
    cluster.delete(path).unwrap();
    there.await_that("the object is gone", || cluster.find(path).unwrap().is_none());
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.retain(|key, _| ["name", "labels", "annotations"].contains(&key.as_str()));
    object.as_object_mut().unwrap().remove("status");
    change(&mut object);
    cluster.create(path.rsplit_once('/').unwrap().0, &object).unwrap();
}

/// The claim is gone, and its volume is another one under the same name.
pub(crate) fn volume(there: &Clustered) {
    let claim = Clustered::claim_path("logs");
    there.cluster().delete(&claim).unwrap();
    there.await_that("the claim is gone", || there.cluster().find(&claim).unwrap().is_none());
    anew(there, VOLUME, |volume| {
        let spec = &mut volume["spec"];
        spec["claimRef"] = json!({ "namespace": "default", "name": "other" });
        spec["capacity"]["storage"] = json!("2Gi");
        spec["mountOptions"] = json!(["tls"]);
        spec["persistentVolumeReclaimPolicy"] = json!("Delete");
    });
}

/// Another class under the same name.
pub(crate) fn class(there: &Clustered) {
    anew(there, CLASS, |class| {
        class["provisioner"] = json!("example.com/other");
        class["reclaimPolicy"] = json!("Delete");
        class["volumeBindingMode"] = json!("Immediate");
        class["allowedTopologies"] = json!(null);
        class["mountOptions"] = json!(["tls"]);
        class["parameters"]["uid"] = json!("8");
        class["metadata"]["labels"]["team"] = json!("others");
        class["metadata"]["annotations"]["example.com/owner"] = json!("others");
        class["allowVolumeExpansion"] = json!(false);
    });
}

/// Another CSIDriver under the same name.
pub(crate) fn csi_driver(there: &Clustered) {
    anew(there, CSI_DRIVER, |driver| {
        driver["spec"]["attachRequired"] = json!(true);
        driver["spec"]["volumeLifecycleModes"] = json!(["Persistent", "Ephemeral"]);
    });
}
