//! In the regions of China and of the government of the US, ARNs are of their own partition, and
//! those of `aws` name nothing.
//!
//! Source: IAM User Guide, "IAM identifiers".

use serde_json::{Value, json};

use crate::iam::TRUST;
use crate::support::{Aws, Caller, root};

const DRIVER: &str = "iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy";

#[test]
fn managed_policies_are_of_the_partition_of_the_call() {
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        let aws = Aws::with(&[]);
        let by = Caller { region, ..root() };
        let own = format!("arn:{partition}:{DRIVER}");
        let found = aws.iam(&by, &[("Action", "GetPolicy"), ("PolicyArn", &own)]).is(200);
        assert_eq!(found.xml("Arn"), own);
        let listed = aws.iam(&by, &[("Action", "ListPolicies"), ("Scope", "AWS")]).is(200);
        assert!(!listed.body.contains("arn:aws:"), "{}", listed.body);
        let version = [("Action", "GetPolicyVersion"), ("PolicyArn", &*own), ("VersionId", "v1")];
        aws.iam(&by, &version).is(200);

        let create =
            [("Action", "CreateRole"), ("RoleName", "driver"), ("AssumeRolePolicyDocument", TRUST)];
        aws.iam(&by, &create).is(200);
        let other = format!("arn:aws:{DRIVER}");
        for action in ["AttachRolePolicy", "GetPolicy", "ListPolicyVersions", "DetachRolePolicy"] {
            let form = [("Action", action), ("RoleName", "driver"), ("PolicyArn", &other)];
            assert_eq!(aws.iam(&by, &form).is(404).xml("Code"), "NoSuchEntity", "{action}");
        }
        let attach = [("Action", "AttachRolePolicy"), ("RoleName", "driver"), ("PolicyArn", &own)];
        aws.iam(&by, &attach).is(200);
    }
}

#[test]
fn add_ons_recommend_policies_of_the_partition_and_take_its_roles() {
    let aws = Aws::with(&[]);
    let by = Caller { region: "cn-north-1", ..root() };
    let path =
        "addons/configuration-schemas?addonName=aws-efs-csi-driver&addonVersion=v2.1.7-eksbuild.1";
    let found = aws.eks(&by, "GET", path, &Value::Null).is(200).json();
    let policies = &found["podIdentityConfiguration"][0]["recommendedManagedPolicies"];
    assert_eq!(policies[0], format!("arn:aws-cn:{DRIVER}"));
    let add = |partition: &str| {
        let role = format!("arn:{partition}:iam::111122223333:role/efs");
        let body = json!({ "addonName": "aws-efs-csi-driver", "serviceAccountRoleArn": role });
        aws.eks(&by, "POST", "clusters/graphscope-dev/addons", &body)
    };
    assert_eq!(
        add("aws").is(400).json()["message"],
        "Invalid role ARN: arn:aws:iam::111122223333:role/efs"
    );
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com.cn"},"Action":"sts:AssumeRole"}]}"#;
    let role = [("RoleName", "efs"), ("AssumeRolePolicyDocument", trust)];
    aws.iam(&by, &[&[("Action", "CreateRole")], &role[..]].concat()).is(200);
    add("aws-cn").is(200);
}

#[test]
fn a_managed_policy_allows_in_its_partition_what_it_allows_in_others() {
    let aws = Aws::enforcing();
    let by = Caller { region: "cn-north-1", key: "ci".to_owned(), ..root() };
    // It allows `ec2:CreateTags` on `arn:PARTITION:ec2:*:*:network-interface/*` only.
    let policy = json!({ "policies": ["arn:aws-cn:iam::aws:policy/AmazonEKS_CNI_Policy"] });
    aws.admin("PUT", "iam/principals/ci", &policy).is(204);
    let tag = |id: &str| {
        let form = format!("Action=CreateTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=b");
        aws.ec2(&by, &form)
    };
    let missing = tag("eni-0123456789abcdef0").is(400);
    assert_eq!(missing.xml("Code"), "InvalidNetworkInterfaceID.NotFound", "allowed, but not there");
    assert_eq!(tag("subnet-0c0dec0000000010a").is(403).xml("Code"), "UnauthorizedOperation");
}
