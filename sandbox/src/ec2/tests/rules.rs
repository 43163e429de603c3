//! Rules of security groups, in both forms.

use super::CLOSED;
use crate::testing::{Aws, Reply};

/// NFS from a range, as a permission.
const NFS: &str =
    "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=2049&IpPermissions.1.ToPort=2049";

fn ingress(aws: &Aws, verb: &str, rest: &str) -> Reply {
    aws.ec2(&format!("Action={verb}SecurityGroupIngress&GroupId={CLOSED}&{rest}"))
}

#[test]
fn a_rule_is_listed_in_both_forms_with_its_description() {
    let aws = Aws::new();
    let range = format!(
        "{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.7/16&IpPermissions.1.IpRanges.1.Description=nfs"
    );
    let made = ingress(&aws, "Authorize", &range).ok();
    assert_eq!(made.text("cidrIpv4"), "10.0.0.0/16", "bits behind the prefix are dropped");
    assert_eq!(made.text("description"), "nfs");
    let group = aws.ec2(&format!("Action=DescribeSecurityGroups&GroupId.1={CLOSED}")).ok();
    let permission = group.text("ipPermissions");
    for part in ["<ipProtocol>tcp<", "<fromPort>2049<", "<cidrIp>10.0.0.0/16<", "<description>nfs<"]
    {
        assert!(permission.contains(part), "{part}: {permission}");
    }
}

#[test]
fn a_rule_exists_once_whatever_its_description() {
    let aws = Aws::new();
    let range = |text: &str| {
        format!(
            "{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/16&IpPermissions.1.IpRanges.1.Description={text}"
        )
    };
    ingress(&aws, "Authorize", &range("a")).ok();
    let message = ingress(&aws, "Authorize", &range("b")).refused("InvalidPermission.Duplicate");
    assert_eq!(
        message,
        "the specified rule \"peer: 10.0.0.0/16, TCP, from port: 2049, to port: 2049, ALLOW\" already exists"
    );
    let twice = format!(
        "{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.1.0.0/16&IpPermissions.1.IpRanges.2.CidrIp=10.1.0.1/16"
    );
    ingress(&aws, "Authorize", &twice).refused("InvalidParameterValue");
    let some_new = format!(
        "{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.2.0.0/16&IpPermissions.1.IpRanges.2.CidrIp=10.0.0.0/16"
    );
    ingress(&aws, "Authorize", &some_new).refused("InvalidPermission.Duplicate");
    let group = aws.ec2(&format!("Action=DescribeSecurityGroups&GroupId.1={CLOSED}")).ok();
    assert!(!group.body.contains("10.2.0.0"), "all rules of a call, or none");
}

#[test]
fn permissions_are_read_as_ec2_reads_them() {
    let aws = Aws::new();
    let all = "IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/16&IpPermissions.1.IpProtocol";
    for (rest, protocol, from) in [
        (format!("{all}=6&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=2"), "tcp", "1"),
        (format!("{all}=17&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=2"), "udp", "1"),
        (format!("{all}=1&IpPermissions.1.FromPort=8&IpPermissions.1.ToPort=0"), "icmp", "8"),
        (format!("{all}=50&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=2"), "50", "-1"),
        (format!("{all}=-1&IpPermissions.1.FromPort=0&IpPermissions.1.ToPort=0"), "-1", "-1"),
        ("IpProtocol=tcp&FromPort=7&ToPort=7&CidrIp=10.3.0.0/16".to_owned(), "tcp", "7"),
    ] {
        let made = ingress(&aws, "Authorize", &rest).ok();
        assert_eq!(
            (made.text("ipProtocol").as_str(), made.text("fromPort").as_str()),
            (protocol, from)
        );
    }
    for (rest, code) in [
        (format!("{all}=tcp"), "InvalidParameterValue"),
        (
            format!("{all}=tcp&IpPermissions.1.FromPort=5&IpPermissions.1.ToPort=4"),
            "InvalidParameterValue",
        ),
        (
            format!("{all}=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=65536"),
            "InvalidParameterValue",
        ),
        (format!("{all}=nfs"), "InvalidParameterValue"),
        (format!("{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0"), "InvalidParameterValue"),
        (format!("{NFS}&IpPermissions.1.IpRanges.1.CidrIp=::/0"), "InvalidParameterValue"),
        (format!("{NFS}&IpPermissions.1.Groups.1.GroupId=sg-00000000"), "InvalidGroup.NotFound"),
        (format!("{NFS}&IpPermissions.1.Groups.1.GroupId=banana"), "InvalidGroupId.Malformed"),
        (
            format!("{NFS}&IpPermissions.1.PrefixListIds.1.PrefixListId=x"),
            "InvalidPrefixListId.Malformed",
        ),
        (
            format!(
                "{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.9.0.0/16&IpPermissions.1.IpRanges.1.Description=%3Cb%3E"
            ),
            "InvalidParameterValue",
        ),
        (NFS.to_owned(), "MissingParameter"),
    ] {
        ingress(&aws, "Authorize", &rest).refused(code);
    }
}

#[test]
fn a_rule_is_revoked_by_its_id_or_by_what_it_permits() {
    let aws = Aws::new();
    let range = format!("{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/16");
    let described = format!("{range}&IpPermissions.1.IpRanges.1.Description=d");
    ingress(&aws, "Authorize", &described).ok();
    let revoked = ingress(&aws, "Revoke", &range).ok();
    assert_eq!(revoked.text("return"), "true");
    assert_eq!(revoked.text("cidrIpv4"), "10.0.0.0/16", "a description need not be given");
    ingress(&aws, "Revoke", &range).refused("InvalidPermission.NotFound");
    let id = ingress(&aws, "Authorize", &range).ok().text("securityGroupRuleId");
    let by_id = format!("SecurityGroupRuleId.1={id}");
    let as_egress = format!("Action=RevokeSecurityGroupEgress&GroupId={CLOSED}&{by_id}");
    aws.ec2(&as_egress).refused("InvalidSecurityGroupRuleId.NotFound");
    ingress(&aws, "Revoke", &by_id).ok();
    ingress(&aws, "Revoke", &by_id).refused("InvalidSecurityGroupRuleId.NotFound");
    ingress(&aws, "Revoke", "SecurityGroupRuleId.1=x")
        .refused("InvalidSecurityGroupRuleId.Malformed");
    ingress(&aws, "Revoke", &format!("{by_id}&{range}")).refused("InvalidParameterCombination");
}

/// Terraform's provider does this to every group it makes.
#[test]
fn the_default_egress_can_be_taken_away_and_put_back() {
    let aws = Aws::new();
    let egress = |verb: &str| {
        aws.ec2(&format!("Action={verb}SecurityGroupEgress&GroupId={CLOSED}&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"))
    };
    egress("Revoke").ok();
    egress("Revoke").refused("InvalidPermission.NotFound");
    egress("Authorize").ok();
    egress("Authorize").refused("InvalidPermission.Duplicate");
}

#[test]
fn a_rule_is_changed_as_a_whole_but_for_the_kind_of_its_peer() {
    let aws = Aws::new();
    let range = format!(
        "{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/16&IpPermissions.1.IpRanges.1.Description=a"
    );
    let id = ingress(&aws, "Authorize", &range).ok().text("securityGroupRuleId");
    let modify = |rest: &str| {
        let rule = "SecurityGroupRule.1.SecurityGroupRule";
        let rest = rest.replace('@', &format!("{rule}."));
        aws.ec2(&format!("Action=ModifySecurityGroupRules&GroupId={CLOSED}&{rule}Id={id}&{rest}"))
    };
    modify("@IpProtocol=tcp&@FromPort=2049&@ToPort=2050&@CidrIpv4=10.4.0.0/16").ok();
    let found =
        aws.ec2(&format!("Action=DescribeSecurityGroupRules&SecurityGroupRuleId.1={id}")).ok();
    assert_eq!(
        (found.text("toPort").as_str(), found.text("cidrIpv4").as_str()),
        ("2050", "10.4.0.0/16")
    );
    assert_eq!(found.texts("description"), [""; 0], "what is not given is gone");
    modify("@IpProtocol=tcp&@FromPort=1&@ToPort=1&@CidrIpv6=::/0").refused("InvalidParameterValue");
}

#[test]
fn descriptions_change_in_both_forms() {
    let aws = Aws::new();
    let range = format!("{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/16");
    let id = ingress(&aws, "Authorize", &range).ok().text("securityGroupRuleId");
    let update = |rest: &str| {
        aws.ec2(&format!(
            "Action=UpdateSecurityGroupRuleDescriptionsIngress&GroupId={CLOSED}&{rest}"
        ))
    };
    let read = || {
        let form = format!("Action=DescribeSecurityGroupRules&SecurityGroupRuleId.1={id}");
        aws.ec2(&form).ok().texts("description").join("")
    };
    update(&format!("{range}&IpPermissions.1.IpRanges.1.Description=one")).ok();
    assert_eq!(read(), "one");
    update(&format!("SecurityGroupRuleDescription.1.SecurityGroupRuleId={id}&SecurityGroupRuleDescription.1.Description=two")).ok();
    assert_eq!(read(), "two");
    update(&range).ok();
    assert_eq!(read(), "");
    let none = format!("{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.5.0.0/16");
    update(&none).refused("InvalidPermission.NotFound");
}

/// "60 … enforced separately for IPv4 and IPv6" (Amazon VPC quotas).
#[test]
fn a_group_takes_sixty_rules_of_each_family_in_each_direction() {
    let aws = Aws::new();
    let many = |family: &str, from: u8, to: u8| -> String {
        let (list, member, range) = match family {
            "v4" => ("IpRanges", "CidrIp", "10.N.0.0/16"),
            _ => ("Ipv6Ranges", "CidrIpv6", "fd00:N::/32"),
        };
        let ranges = (from..=to).map(|n| {
            let range = range.replace('N', &n.to_string());
            format!("&IpPermissions.1.{list}.{}.{member}={range}", n - from + 1)
        });
        format!("{NFS}{}", ranges.collect::<String>())
    };
    ingress(&aws, "Authorize", &many("v4", 1, 61)).refused("RulesPerSecurityGroupLimitExceeded");
    ingress(&aws, "Authorize", &many("v4", 1, 60)).ok();
    ingress(&aws, "Authorize", &many("v6", 1, 60)).ok();
    let message = ingress(&aws, "Authorize", &many("v6", 61, 61))
        .refused("RulesPerSecurityGroupLimitExceeded");
    assert_eq!(message, "The maximum number of rules per security group has been reached.");
    let group = format!("{NFS}&IpPermissions.1.Groups.1.GroupId={CLOSED}");
    ingress(&aws, "Authorize", &group).refused("RulesPerSecurityGroupLimitExceeded");
}

#[test]
fn a_rule_has_tags_of_its_own() {
    let aws = Aws::new();
    let rest = format!(
        "{NFS}&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/16&TagSpecification.1.ResourceType=security-group-rule&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=1"
    );
    let id = ingress(&aws, "Authorize", &rest).ok().text("securityGroupRuleId");
    let found =
        aws.ec2("Action=DescribeSecurityGroupRules&Filter.1.Name=tag:a&Filter.1.Value.1=1").ok();
    assert_eq!(found.texts("securityGroupRuleId"), [id.as_str()]);
}

/// "[Default VPC] The name of the security group" (`UserIdGroupPair`).
#[test]
fn a_rule_names_a_group_of_its_own_vpc_and_account() {
    let aws = Aws::with(&["--world", "default-vpc"]);
    let from =
        |peer: &str| format!("IpPermissions.1.IpProtocol=-1&IpPermissions.1.Groups.1.{peer}");
    ingress(&aws, "Authorize", &from("GroupName=default")).refused("InvalidParameterValue");
    let theirs = "GroupId=sg-0c0dec00000000001&IpPermissions.1.Groups.1.UserId=444455556666";
    ingress(&aws, "Authorize", &from(theirs)).refused("InvalidGroup.NotFound");
    let default = aws.ec2("Action=DescribeSecurityGroups&GroupName.1=default").ok().text("groupId");
    let message = ingress(&aws, "Authorize", &from(&format!("GroupId={default}")))
        .refused("InvalidGroup.NotFound");
    assert_eq!(message, "You have specified two resources that belong to different networks.");
    let made = aws.ec2("Action=CreateSecurityGroup&GroupName=g&GroupDescription=d").ok();
    let group = made.text("groupId");
    let rule = format!("GroupId={group}&{}", from("GroupName=default"));
    let made = aws.ec2(&format!("Action=AuthorizeSecurityGroupIngress&{rule}")).ok();
    assert_eq!(made.texts("groupId"), [group, default]);
}
