//! Network ACLs and DHCP options.

use super::{SUBNET, VPC, vpc};
use crate::testing::{Aws, Reply};

/// An entry that admits NFS from a range.
const NFS: &str = "Protocol=6&RuleAction=allow&CidrBlock=10.0.0.0/8&PortRange.From=2049&PortRange.To=2049&Egress=false";

fn acl(aws: &Aws) -> String {
    aws.ec2(&format!("Action=CreateNetworkAcl&VpcId={VPC}")).ok().text("networkAclId")
}

fn entry(aws: &Aws, verb: &str, acl: &str, rest: &str) -> Reply {
    aws.ec2(&format!("Action={verb}NetworkAclEntry&NetworkAclId={acl}&{rest}"))
}

fn described(aws: &Aws, id: &str) -> Reply {
    aws.ec2(&format!("Action=DescribeNetworkAcls&NetworkAclId.1={id}")).ok()
}

/// "A custom network ACL … denies all inbound and outbound traffic until you add rules"
/// ("Custom network ACLs", Amazon VPC User Guide).
#[test]
fn a_new_acl_denies_everything_and_no_subnet_uses_it() {
    let aws = Aws::new();
    let found = described(&aws, &acl(&aws));
    assert_eq!(found.texts("ruleAction"), ["deny", "deny"]);
    assert_eq!(found.texts("ruleNumber"), ["32767", "32767"]);
    assert_eq!((found.text("default").as_str(), found.texts("subnetId").len()), ("false", 0));
}

#[test]
fn a_token_makes_an_acl_once() {
    let aws = Aws::new();
    let make = || aws.ec2(&format!("Action=CreateNetworkAcl&VpcId={VPC}&ClientToken=t")).ok();
    assert_eq!(make().text("networkAclId"), make().text("networkAclId"));
}

#[test]
fn an_entry_is_known_by_its_direction_and_its_number() {
    let aws = Aws::new();
    let id = acl(&aws);
    entry(&aws, "Create", &id, &format!("RuleNumber=7&{NFS}")).ok();
    let message = entry(&aws, "Create", &id, &format!("RuleNumber=7&{NFS}"))
        .refused("NetworkAclEntryAlreadyExists");
    assert_eq!(message, "The network acl entry identified by 7 already exists.");
    let egress = NFS.replace("Egress=false", "Egress=true");
    entry(&aws, "Create", &id, &format!("RuleNumber=7&{egress}")).ok();
    let replaced = NFS.replace("2049", "443");
    entry(&aws, "Replace", &id, &format!("RuleNumber=7&{replaced}")).ok();
    let found = described(&aws, &id);
    assert_eq!(found.texts("from"), ["443", "2049"], "ingress first");
    entry(&aws, "Delete", &id, "RuleNumber=7&Egress=false").ok();
    entry(&aws, "Delete", &id, "RuleNumber=7&Egress=false")
        .refused("InvalidNetworkAclEntry.NotFound");
    entry(&aws, "Replace", &id, &format!("RuleNumber=7&{NFS}"))
        .refused("InvalidNetworkAclEntry.NotFound");
}

#[test]
fn entries_are_read_as_ec2_reads_them() {
    let aws = Aws::new();
    let id = acl(&aws);
    for (wrong, code) in [
        (
            "RuleNumber=0&Protocol=-1&RuleAction=allow&CidrBlock=10.0.0.0/8&Egress=false",
            "InvalidParameterValue",
        ),
        (
            "RuleNumber=32767&Protocol=-1&RuleAction=allow&CidrBlock=10.0.0.0/8&Egress=false",
            "InvalidParameterValue",
        ),
        (
            "RuleNumber=1&Protocol=banana&RuleAction=allow&CidrBlock=10.0.0.0/8&Egress=false",
            "InvalidParameterValue",
        ),
        (
            "RuleNumber=1&Protocol=-1&RuleAction=admit&CidrBlock=10.0.0.0/8&Egress=false",
            "InvalidParameterValue",
        ),
        (
            "RuleNumber=1&Protocol=-1&RuleAction=allow&CidrBlock=banana&Egress=false",
            "InvalidParameterValue",
        ),
        ("RuleNumber=1&Protocol=-1&RuleAction=allow&Egress=false", "MissingParameter"),
        ("RuleNumber=1&Protocol=-1&RuleAction=allow&CidrBlock=10.0.0.0/8", "MissingParameter"),
        (
            "RuleNumber=1&Protocol=6&RuleAction=allow&CidrBlock=10.0.0.0/8&Egress=false",
            "MissingParameter",
        ),
        (
            "RuleNumber=1&Protocol=1&RuleAction=allow&CidrBlock=10.0.0.0/8&Egress=false",
            "MissingParameter",
        ),
    ] {
        entry(&aws, "Create", &id, wrong).refused(code);
    }
    let icmp = "RuleNumber=1&Protocol=icmp&RuleAction=deny&CidrBlock=10.0.0.7/8&Egress=false&Icmp.Type=8&Icmp.Code=-1";
    entry(&aws, "Create", &id, icmp).ok();
    let found = described(&aws, &id);
    assert_eq!((found.texts("protocol")[0], found.text("type")), ("1", "8".to_owned()));
    assert_eq!(found.texts("cidrBlock")[0], "10.0.0.0/8", "bits behind the prefix are dropped");
}

/// "Rules per network ACL: 20 … one-way limit" (Amazon VPC quotas).
#[test]
fn an_acl_has_twenty_entries_in_each_direction() {
    let aws = Aws::new();
    let id = acl(&aws);
    for n in 1..=20 {
        entry(&aws, "Create", &id, &format!("RuleNumber={n}&{NFS}")).ok();
    }
    entry(&aws, "Create", &id, &format!("RuleNumber=21&{NFS}"))
        .refused("NetworkAclEntryLimitExceeded");
    let egress = NFS.replace("Egress=false", "Egress=true");
    entry(&aws, "Create", &id, &format!("RuleNumber=21&{egress}")).ok();
}

#[test]
fn a_subnet_always_uses_one_acl_of_its_vpc() {
    let aws = Aws::new();
    let id = acl(&aws);
    let of_subnet = || {
        let filter = format!("Filter.1.Name=association.subnet-id&Filter.1.Value.1={SUBNET}");
        let found = aws.ec2(&format!("Action=DescribeNetworkAcls&{filter}")).ok();
        let place = found.texts("subnetId").iter().position(|subnet| *subnet == SUBNET).unwrap();
        let associations = found.texts("networkAclAssociationId");
        (found.text("networkAclId"), associations[place].to_owned())
    };
    let (default, association) = of_subnet();
    let moved = |association: &str, acl: &str| {
        aws.ec2(&format!(
            "Action=ReplaceNetworkAclAssociation&AssociationId={association}&NetworkAclId={acl}"
        ))
    };
    let next = moved(&association, &id).ok().text("newAssociationId");
    assert_eq!(of_subnet(), (id.clone(), next.clone()));
    moved(&association, &id).refused("InvalidAssociationID.NotFound");
    aws.ec2(&format!("Action=DeleteNetworkAcl&NetworkAclId={id}")).refused("DependencyViolation");
    let foreign = vpc(&aws);
    let foreign = aws.ec2(&format!("Action=CreateNetworkAcl&VpcId={foreign}")).ok();
    moved(&next, &foreign.text("networkAclId")).refused("InvalidParameterValue");
    moved(&next, &default).ok();
    aws.ec2(&format!("Action=DeleteNetworkAcl&NetworkAclId={id}")).ok();
    aws.ec2(&format!("Action=DeleteNetworkAcl&NetworkAclId={default}")).refused("CannotDelete");
}

#[test]
fn a_vpc_stays_while_it_has_an_acl_of_its_own() {
    let aws = Aws::new();
    let vpc = vpc(&aws);
    let acl = aws.ec2(&format!("Action=CreateNetworkAcl&VpcId={vpc}")).ok().text("networkAclId");
    aws.ec2(&format!("Action=DeleteVpc&VpcId={vpc}")).refused("DependencyViolation");
    aws.ec2(&format!("Action=DeleteNetworkAcl&NetworkAclId={acl}")).ok();
    aws.ec2(&format!("Action=DeleteVpc&VpcId={vpc}")).ok();
}

fn options(aws: &Aws, rest: &str) -> Reply {
    aws.ec2(&format!("Action=CreateDhcpOptions&{rest}"))
}

#[test]
fn dhcp_options_are_checked_by_key_and_value() {
    let aws = Aws::new();
    let option = |key: &str, value: &str| {
        format!("DhcpConfiguration.1.Key={key}&DhcpConfiguration.1.Value.1={value}")
    };
    for (key, value) in [
        ("domain-name-servers", "banana"),
        ("ntp-servers", "banana"),
        ("netbios-node-type", "3"),
        ("ipv6-address-preferred-lease-time", "139"),
        ("colour", "red"),
    ] {
        options(&aws, &option(key, value)).refused("InvalidParameterValue");
    }
    options(&aws, "").refused("MissingParameter");
    let five = option("ntp-servers", "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5");
    options(&aws, &five).refused("InvalidParameterValue");
    let made = options(&aws, &option("domain-name-servers", "10.0.0.2, AmazonProvidedDNS")).ok();
    assert_eq!(made.texts("value"), ["10.0.0.2", "AmazonProvidedDNS"]);
}

#[test]
fn dhcp_options_stay_while_a_vpc_uses_them() {
    let aws = Aws::new();
    let own = "DhcpConfiguration.1.Key=domain-name&DhcpConfiguration.1.Value.1=own";
    let id = options(&aws, own).ok().text("dhcpOptionsId");
    let associate =
        |id: &str| aws.ec2(&format!("Action=AssociateDhcpOptions&VpcId={VPC}&DhcpOptionsId={id}"));
    associate(&id).ok();
    let filter = format!("Filter.1.Name=dhcp-options-id&Filter.1.Value.1={id}");
    let users = aws.ec2(&format!("Action=DescribeVpcs&{filter}")).ok();
    assert_eq!(users.texts("vpcId"), [VPC]);
    let delete = || aws.ec2(&format!("Action=DeleteDhcpOptions&DhcpOptionsId={id}"));
    delete().refused("DependencyViolation");
    associate("default").ok();
    delete().ok();
    delete().refused("InvalidDhcpOptionID.NotFound");
    associate("dopt-00000000").refused("InvalidDhcpOptionID.NotFound");
}
