//! What an operation needs beside its own action, each of which can be taken away.

use serde_json::{Value, json};

use crate::access::{USER, allow, deny, efs_denies};
use crate::support::{Aws, caller, root};

const SUBNET: &str = "subnet-0c0dec0000000010a";

#[test]
fn each_action_that_a_mount_target_needs_can_be_taken_away() {
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    let body = json!({ "FileSystemId": id, "SubnetId": SUBNET });
    let needed = [
        "elasticfilesystem:CreateMountTarget",
        "ec2:DescribeSubnets",
        "ec2:DescribeNetworkInterfaces",
        "ec2:CreateNetworkInterface",
    ];
    let ci = caller("ci");
    for missing in needed {
        aws.may("ci", &json!([allow(&json!(needed)), deny(missing)]));
        let refused = aws.efs(&ci, "POST", "mount-targets", &body);
        if missing.starts_with("ec2:") {
            // Recorded in hashicorp/terraform-provider-aws issue 1727.
            efs_denies(
                refused,
                "User is not authorized to perform that action on the specified resource",
            );
        } else {
            efs_denies(
                refused,
                &format!(
                    "User: {USER} is not authorized to perform: {missing} on the specified resource with an explicit deny in an identity-based policy"
                ),
            );
        }
    }
    aws.may("ci", &json!([allow(&json!(needed))]));
    aws.efs(&ci, "POST", "mount-targets", &body).is(200);
}

#[test]
fn a_mount_target_needs_to_use_each_of_its_security_groups() {
    let aws = Aws::enforcing();
    let id = aws.file_system("t");
    let group = "sg-0c0dec00000000003";
    let ci = caller("ci");
    let body = json!({ "FileSystemId": id, "SubnetId": SUBNET, "SecurityGroups": [group] });
    let create = || aws.efs(&ci, "POST", "mount-targets", &body);
    let deny = |resource: &str| {
        json!({
            "Effect": "Deny",
            "Action": "ec2:CreateNetworkInterface",
            "Resource": format!("arn:aws:ec2:*:*:security-group/{resource}"),
        })
    };
    let all = allow(&json!(["elasticfilesystem:*", "ec2:*"]));
    for denied in ["*", group] {
        aws.may("ci", &json!([all, deny(denied)]));
        efs_denies(
            create(),
            "User is not authorized to perform that action on the specified resource",
        );
    }
    aws.may("ci", &json!([all, deny("sg-0123456789abcdef0")]));
    create().is(200);
}

#[test]
fn the_first_file_system_makes_the_service_linked_role() {
    let aws = Aws::enforcing();
    let ci = caller("ci");
    let create =
        |token: &str| aws.efs(&ci, "POST", "file-systems", &json!({ "CreationToken": token }));
    let efs = allow(&json!("elasticfilesystem:*"));
    aws.may("ci", &json!([efs]));
    create("t").is(403);
    let role = json!({
        "Effect": "Allow",
        "Action": "iam:CreateServiceLinkedRole",
        "Resource": "*",
        "Condition": { "StringEquals": { "iam:AWSServiceName": "elasticfilesystem.amazonaws.com" } },
    });
    aws.may("ci", &json!([efs, role]));
    create("t").is(201);
    let name = "AWSServiceRoleForAmazonElasticFileSystem";
    aws.iam(&root(), &[("Action", "GetRole"), ("RoleName", name)]).is(200);
    // The role exists now: no permission to create it is needed.
    aws.may("ci", &json!([efs]));
    create("u").is(201);
}

#[test]
fn creating_with_tags_needs_to_tag_and_a_condition_may_ask_for_encryption() {
    let aws = Aws::enforcing();
    aws.file_system("first");
    let ci = caller("ci");
    let create = |body: &Value| aws.efs(&ci, "POST", "file-systems", body).status;
    let encrypted = json!({
        "Effect": "Allow",
        "Action": "elasticfilesystem:CreateFileSystem",
        "Resource": "*",
        "Condition": { "Bool": { "elasticfilesystem:Encrypted": "true" } },
    });
    aws.may("ci", &json!([encrypted]));
    assert_eq!(create(&json!({ "CreationToken": "a" })), 403);
    assert_eq!(create(&json!({ "CreationToken": "a", "Encrypted": true })), 201);
    let tagged = json!({
        "CreationToken": "b",
        "Encrypted": true,
        "Tags": [{ "Key": "team", "Value": "graphs" }],
    });
    assert_eq!(create(&tagged), 403);
    let tag = json!({
        "Effect": "Allow",
        "Action": "elasticfilesystem:TagResource",
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "elasticfilesystem:CreateAction": "CreateFileSystem",
                "aws:RequestTag/team": "graphs",
            },
        },
    });
    aws.may("ci", &json!([encrypted, tag]));
    assert_eq!(create(&tagged), 201);
}

#[test]
fn to_name_a_key_needs_what_efs_does_with_it() {
    // Source: Amazon EFS User Guide, "Using AWS KMS keys for Amazon EFS".
    let aws = Aws::enforcing();
    aws.file_system("first");
    let body = json!({ "CreationToken": "t", "Encrypted": true, "KmsKeyId": "alias/aws/elasticfilesystem" });
    let create = || aws.efs(&caller("ci"), "POST", "file-systems", &body).status;
    let efs = allow(&json!("elasticfilesystem:CreateFileSystem"));
    let key = |conditions: Value| {
        json!({
            "Effect": "Allow",
            "Action": ["kms:DescribeKey", "kms:CreateGrant", "kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt"],
            "Resource": "arn:aws:kms:eu-west-1:111122223333:key/*",
            "Condition": conditions,
        })
    };
    let service = |name: &str| json!({ "StringEquals": { "kms:ViaService": format!("{name}.eu-west-1.amazonaws.com") } });
    aws.may("ci", &json!([efs]));
    assert_eq!(create(), 403);
    aws.may("ci", &json!([efs, key(service("rds"))]));
    assert_eq!(create(), 403);
    aws.may("ci", &json!([efs, key(service("elasticfilesystem"))]));
    assert_eq!(create(), 201);
}

#[test]
fn to_give_a_role_to_a_service_account_needs_to_pass_it() {
    let aws = Aws::enforcing();
    let role = "arn:aws:iam::111122223333:role/driver";
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
    let create =
        [("Action", "CreateRole"), ("RoleName", "driver"), ("AssumeRolePolicyDocument", trust)];
    aws.iam(&root(), &create).is(200);
    let body = json!({ "namespace": "kube-system", "serviceAccount": "efs-csi-controller-sa", "roleArn": role });
    let path = "clusters/graphscope-dev/pod-identity-associations";
    let associate = || aws.eks(&caller("ci"), "POST", path, &body);
    let eks = allow(&json!(["eks:CreatePodIdentityAssociation", "iam:GetRole"]));
    aws.may("ci", &json!([eks]));
    let refused = associate().is(403).json();
    assert_eq!(
        refused["message"],
        format!(
            "User: {USER} is not authorized to perform: iam:PassRole on resource: {role} because no identity-based policy allows the iam:PassRole action"
        )
    );
    let pass = json!({
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": role,
        "Condition": { "StringEquals": { "iam:PassedToService": "pods.eks.amazonaws.com" } },
    });
    aws.may("ci", &json!([eks, pass]));
    assert_ne!(associate().status, 403);
}

/// Source: Amazon EFS User Guide, "Replicating EFS file systems", permissions.
#[test]
fn a_replication_needs_to_create_its_destination_and_the_service_linked_role() {
    let aws = Aws::enforcing();
    let (source, destination) = (aws.file_system("source"), aws.file_system("destination"));
    let ci = caller("ci");
    let replicate = |to: Value| {
        let path = format!("file-systems/{source}/replication-configuration");
        aws.efs(&ci, "POST", &path, &json!({ "Destinations": [to] }))
    };
    let own = "elasticfilesystem:CreateReplicationConfiguration";
    let create = "elasticfilesystem:CreateFileSystem";
    aws.may("ci", &json!([allow(&json!(own))]));
    replicate(json!({ "Region": "eu-central-1" })).is(403);
    // One that is there is not created.
    aws.efs(
        &root(),
        "PUT",
        &format!("file-systems/{destination}/protection"),
        &json!({ "ReplicationOverwriteProtection": "DISABLED" }),
    )
    .is(200);
    // To another account, its role is passed: the Service Authorization Reference has
    // `iam:PassRole` for this operation.
    let role = "arn:aws:iam::111122223333:role/replication";
    let passed = json!({ "FileSystemId": destination, "RoleArn": role });
    replicate(passed).is(403);
    replicate(json!({ "FileSystemId": destination })).is(200);
    let path = format!("file-systems/{source}/replication-configuration");
    aws.efs(&root(), "DELETE", &path, &Value::Null).is(204);

    let elsewhere = json!({
        "Effect": "Allow",
        "Action": create,
        "Resource": "arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/*",
        "Condition": { "Bool": { "elasticfilesystem:Encrypted": "true" } },
    });
    aws.may("ci", &json!([allow(&json!(own)), elsewhere]));
    let other = aws.file_system("other");
    let path = format!("file-systems/{other}/replication-configuration");
    let to = |region: &str| {
        let body = json!({ "Destinations": [{ "Region": region }] });
        aws.efs(&ci, "POST", &path, &body)
    };
    to("eu-west-2").is(403);
    to("eu-central-1").is(200);
}
