//! Security groups.

use super::{VPC, vpc};
use crate::testing::Aws;

fn group(aws: &Aws, name: &str) -> String {
    let form =
        format!("Action=CreateSecurityGroup&GroupName={name}&GroupDescription=d&VpcId={VPC}");
    aws.ec2(&form).ok().text("groupId")
}

#[test]
fn a_new_group_admits_nothing_and_may_send_anything() {
    let aws = Aws::new();
    let id = group(&aws, "web");
    let found = aws.ec2(&format!("Action=DescribeSecurityGroups&GroupId.1={id}")).ok();
    assert_eq!(found.text("ipPermissions"), "");
    assert_eq!(found.texts("cidrIp"), ["0.0.0.0/0"]);
    let rules = aws
        .ec2(&format!(
            "Action=DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1={id}"
        ))
        .ok();
    assert_eq!(rules.texts("isEgress"), ["true"]);
    assert_eq!((rules.text("fromPort").as_str(), rules.text("ipProtocol").as_str()), ("-1", "-1"));
}

#[test]
fn a_group_that_cannot_be_is_refused_with_ec2s_code() {
    let aws = Aws::new();
    group(&aws, "web");
    let create = |name: &str, description: &str, more: &str| {
        aws.ec2(&format!(
            "Action=CreateSecurityGroup&GroupName={name}&GroupDescription={description}{more}"
        ))
    };
    let in_vpc = format!("&VpcId={VPC}");
    create("web", "d", &in_vpc).refused("InvalidGroup.Duplicate");
    create("default", "d", &in_vpc).refused("InvalidGroup.Reserved");
    create("sg-web", "d", &in_vpc).refused("InvalidParameterValue");
    create("b", "", &in_vpc).refused("MissingParameter");
    create("b", "caf%C3%A9", &in_vpc).refused("InvalidParameterValue");
    create("b", "d", "").refused("VPCIdNotSpecified");
    create("b", "d", "&VpcId=vpc-00000000").refused("InvalidVpcID.NotFound");
    let other = format!("&VpcId={}", vpc(&aws));
    create("web", "d", &other).ok();
}

#[test]
fn a_group_in_use_stays() {
    let aws = Aws::new();
    let (a, b) = (group(&aws, "a"), group(&aws, "b"));
    aws.ec2(&format!("Action=AuthorizeSecurityGroupIngress&GroupId={b}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.Groups.1.GroupId={a}")).ok();
    let refused = aws.ec2(&format!("Action=DeleteSecurityGroup&GroupId={a}"));
    assert_eq!(
        refused.refused("DependencyViolation"),
        format!("resource {a} has a dependent object")
    );
    aws.ec2(&format!("Action=DeleteSecurityGroup&GroupId={b}")).ok();
    aws.ec2(&format!("Action=DeleteSecurityGroup&GroupId={a}")).ok();
    let rules = aws.ec2("Action=DescribeSecurityGroupRules").ok();
    assert!(!rules.body.contains(&a) && !rules.body.contains(&b), "{}", rules.body);
    aws.ec2("Action=DeleteSecurityGroup&GroupId=sg-0c0dec00000000004").refused("CannotDelete");
}

#[test]
fn tags_come_with_creation_afterwards_and_go() {
    let aws = Aws::new();
    let made = aws.ec2(&format!("Action=CreateSecurityGroup&GroupName=t&GroupDescription=d&VpcId={VPC}&TagSpecification.1.ResourceType=security-group&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=1")).ok();
    let id = made.text("groupId");
    aws.ec2(&format!(
        "Action=CreateTags&ResourceId.1={id}&Tag.1.Key=b&Tag.1.Value=2&Tag.2.Key=c&Tag.2.Value=3"
    ))
    .ok();
    let tags = || {
        let form = format!("Action=DescribeTags&Filter.1.Name=resource-id&Filter.1.Value.1={id}");
        aws.ec2(&form).ok().texts("key").join("")
    };
    assert_eq!(tags(), "abc");
    aws.ec2(&format!("Action=DeleteTags&ResourceId.1={id}&Tag.1.Key=a&Tag.1.Value=other")).ok();
    assert_eq!(tags(), "abc", "the value is another one");
    aws.ec2(&format!("Action=DeleteTags&ResourceId.1={id}&Tag.1.Key=a&Tag.2.Key=b&Tag.2.Value=2"))
        .ok();
    assert_eq!(tags(), "c");
    aws.ec2(&format!("Action=DeleteTags&ResourceId.1={id}")).ok();
    assert_eq!(tags(), "");
    aws.ec2(&format!("Action=CreateTags&ResourceId.1={id}&Tag.1.Key=aws:a&Tag.1.Value=2"))
        .refused("InvalidParameterValue");
    aws.ec2("Action=CreateTags&ResourceId.1=sg-00000000&Tag.1.Key=a")
        .refused("InvalidGroup.NotFound");
    aws.ec2("Action=CreateTags&ResourceId.1=banana&Tag.1.Key=a").refused("InvalidID");
    let many: Vec<String> = (1..=51).map(|n| format!("&Tag.{n}.Key=k{n}")).collect();
    let many = many.concat();
    aws.ec2(&format!("Action=CreateTags&ResourceId.1={id}{many}")).refused("TagLimitExceeded");
}

/// "VPC security groups per Region: 2,500" (Amazon VPC quotas).
#[test]
fn an_account_has_so_many_groups_in_a_region() {
    let aws = Aws::new();
    let (mut made, mut last) = (0, String::new());
    while made < 2500 {
        let form =
            format!("Action=CreateSecurityGroup&GroupName=g{made}&GroupDescription=d&VpcId={VPC}");
        let reply = aws.ec2(&form);
        if reply.status != 200 {
            reply.refused("SecurityGroupLimitExceeded");
            break;
        }
        (made, last) = (made + 1, reply.text("groupId"));
    }
    // Some are there from the beginning.
    assert!((2490..2500).contains(&made), "{made}");
    aws.ec2(&format!("Action=DeleteSecurityGroup&GroupId={last}")).ok();
    group(&aws, "another");
}
