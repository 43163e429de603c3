//! What is known late in the world of it.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use serde_json::{Value, json};

use crate::testing::Aws;

const ROLE: &str = "arn:aws:iam::111122223333:role/efs";
const ADDONS: &str = "/clusters/graphscope-dev/addons";
const ASSOCIATIONS: &str = "/clusters/graphscope-dev/pod-identity-associations";

fn make_role(aws: &Aws) {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": "pods.eks.amazonaws.com", "AWS": "111122223333" },
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }] });
    let trust = trust.to_string();
    let form = [("Action", "CreateRole"), ("RoleName", "efs")];
    aws.iam(&[&form[..], &[("AssumeRolePolicyDocument", &trust)]].concat()).ok();
}

fn file_system(aws: &Aws) -> String {
    let made = aws.efs("POST", "file-systems", &json!({ "CreationToken": "t" })).ok().json();
    aws.wait(1000);
    made["FileSystemId"].as_str().unwrap().to_owned()
}

#[test]
fn a_role_that_was_just_made_is_known_late() {
    let aws = Aws::with(&["--world", "late-visibility"]);
    let id = file_system(&aws);
    make_role(&aws);
    aws.iam(&[("Action", "GetRole"), ("RoleName", "efs")]).ok();
    let body = json!({ "namespace": "kube-system", "serviceAccount": "a", "roleArn": ROLE });
    let associate = || aws.eks("POST", ASSOCIATIONS, &body);
    let addon = json!({ "addonName": "aws-efs-csi-driver", "serviceAccountRoleArn": ROLE });
    let add = || aws.eks("POST", ADDONS, &addon);
    let form = [("Action", "AssumeRole"), ("RoleArn", ROLE), ("RoleSessionName", "it")];
    let assume = || aws.query("sts", "2011-06-15", &form).status;
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "AWS": ROLE },
        "Action": "elasticfilesystem:ClientMount",
    }] });
    let policy = json!({ "Policy": policy.to_string() });
    let put = || aws.efs("PUT", &format!("file-systems/{id}/policy"), &policy);
    associate().rejected(400, "InvalidParameterException");
    add().rejected(400, "InvalidParameterException");
    let refused = put();
    let code = refused.error_type.as_deref().unwrap_or_default();
    assert_eq!((refused.status, code), (400, "InvalidPolicyException"));
    assert_eq!(refused.json()["Message"], "Policy contains invalid Principal block");
    assert_eq!(assume(), 403);
    aws.wait(2000);
    associate().ok();
    add().ok();
    put().ok();
    assert_eq!(assume(), 200);
}

#[test]
fn a_security_group_that_was_just_made_is_known_late() {
    let aws = Aws::with(&["--world", "late-visibility"]);
    let file_system = file_system(&aws);
    let form = "Action=CreateSecurityGroup&GroupName=web&GroupDescription=d\
                &VpcId=vpc-0c0dec00000000001";
    let id = aws.ec2(form).ok().text("groupId");
    aws.ec2(form).refused("InvalidGroup.Duplicate");
    let named = || aws.ec2(&format!("Action=DescribeSecurityGroups&GroupId.1={id}"));
    let filtered = || {
        let name = "Filter.1.Name=group-name&Filter.1.Value.1=web";
        aws.ec2(&format!("Action=DescribeSecurityGroups&{name}")).ok().texts("groupId").len()
    };
    let rule = "IpPermissions.1.IpProtocol=-1&IpPermissions.1.Groups.1.GroupId";
    let other = "sg-0c0dec00000000002";
    let admit = |group: &str, peer: &str| {
        aws.ec2(&format!("Action=AuthorizeSecurityGroupIngress&GroupId={group}&{rule}={peer}"))
    };
    let body: Value = json!({
        "FileSystemId": file_system,
        "SubnetId": "subnet-0c0dec0000000010a",
        "SecurityGroups": [id],
    });
    let mount = || aws.efs("POST", "mount-targets", &body);
    named().refused("InvalidGroup.NotFound");
    assert_eq!(filtered(), 0);
    admit(&id, other).refused("InvalidGroup.NotFound");
    admit(other, &id).refused("InvalidGroup.NotFound");
    assert_eq!(mount().error_type.as_deref(), Some("SecurityGroupNotFound"));
    aws.wait(2000);
    named().ok();
    assert_eq!(filtered(), 1);
    admit(&id, other).ok();
    admit(other, &id).ok();
    mount().ok();
}
