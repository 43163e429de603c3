//! Network interfaces that the account makes.

use super::{CLOSED, SUBNET, vpc};
use crate::testing::{Aws, Reply};

fn interface(aws: &Aws, rest: &str) -> Reply {
    aws.ec2(&format!("Action=CreateNetworkInterface&SubnetId={SUBNET}&{rest}"))
}

fn described(aws: &Aws, id: &str) -> Reply {
    aws.ec2(&format!("Action=DescribeNetworkInterfaces&NetworkInterfaceId.1={id}")).ok()
}

#[test]
fn a_new_interface_is_available_in_the_default_group_at_a_free_address() {
    let aws = Aws::new();
    let made = interface(&aws, "Description=mine").ok();
    for (element, expected) in [
        ("status", "available"),
        ("requesterManaged", "false"),
        ("privateIpAddress", "10.0.0.4"),
        ("description", "mine"),
        ("groupId", "sg-0c0dec00000000004"),
    ] {
        assert_eq!(made.text(element), expected, "{element}");
    }
    assert_eq!(made.texts("attachment"), [""; 0]);
    let with_token = || interface(&aws, "ClientToken=t").ok().text("networkInterfaceId");
    assert_eq!(with_token(), with_token(), "a token makes it once");
    let subnet = aws.ec2(&format!("Action=DescribeSubnets&SubnetId.1={SUBNET}")).ok();
    assert_eq!(subnet.text("availableIpAddressCount"), "4089");
}

#[test]
fn addresses_are_of_the_subnet_and_of_one_interface() {
    let aws = Aws::new();
    interface(&aws, "PrivateIpAddress=10.0.0.9").ok();
    for (address, code) in [
        ("10.0.0.9", "InvalidIPAddress.InUse"),
        ("10.0.0.3", "InvalidParameterValue"),
        ("10.0.15.255", "InvalidParameterValue"),
        ("10.9.0.9", "InvalidParameterValue"),
        ("banana", "InvalidParameterValue"),
    ] {
        interface(&aws, &format!("PrivateIpAddress={address}")).refused(code);
    }
    interface(&aws, "Ipv6AddressCount=1").refused("InvalidParameterValue");
    let many = "PrivateIpAddresses.1.PrivateIpAddress=10.0.0.20&PrivateIpAddresses.2.PrivateIpAddress=10.0.0.21&PrivateIpAddresses.2.Primary=true";
    let made = interface(&aws, many).ok();
    assert_eq!(made.texts("privateIpAddress"), ["10.0.0.21", "10.0.0.21", "10.0.0.20"]);
}

#[test]
fn groups_are_of_the_vpc_and_at_most_five() {
    let aws = Aws::new();
    let foreign = vpc(&aws);
    let form = format!("Action=CreateSecurityGroup&GroupName=g&GroupDescription=d&VpcId={foreign}");
    let foreign = aws.ec2(&form).ok().text("groupId");
    interface(&aws, &format!("SecurityGroupId.1={foreign}")).refused("InvalidGroup.NotFound");
    let six: Vec<String> = (1..=6).map(|n| format!("SecurityGroupId.{n}={CLOSED}")).collect();
    interface(&aws, &six.join("&")).refused("SecurityGroupsPerInterfaceLimitExceeded");
    interface(&aws, &format!("SecurityGroupId.1={CLOSED}")).ok();
    aws.ec2(&format!("Action=DeleteSecurityGroup&GroupId={CLOSED}")).refused("DependencyViolation");
}

#[test]
fn attributes_change_one_at_a_time() {
    let aws = Aws::new();
    let id = interface(&aws, "").ok().text("networkInterfaceId");
    let modify = |rest: &str| {
        aws.ec2(&format!("Action=ModifyNetworkInterfaceAttribute&NetworkInterfaceId={id}&{rest}"))
    };
    let read = |name: &str| {
        let form = format!("NetworkInterfaceId={id}&Attribute={name}");
        aws.ec2(&format!("Action=DescribeNetworkInterfaceAttribute&{form}"))
    };
    modify("Description.Value=new").ok();
    modify("SourceDestCheck.Value=false").ok();
    modify(&format!("SecurityGroupId.1={CLOSED}")).ok();
    assert_eq!(read("description").ok().text("value"), "new");
    assert_eq!(read("sourceDestCheck").ok().text("value"), "false");
    assert_eq!(read("groupSet").ok().text("groupId"), CLOSED);
    assert_eq!(read("attachment").ok().texts("attachment"), [""; 0]);
    read("colour").refused("InvalidParameterValue");
    modify("").refused("MissingParameter");
    modify("Description.Value=a&SourceDestCheck.Value=true").refused("InvalidParameterCombination");
}

#[test]
fn an_interface_is_attached_to_an_instance_of_its_zone_and_stays_while_it_is() {
    let aws = Aws::with(&["--world", "nodes"]);
    let id = interface(&aws, "").ok().text("networkInterfaceId");
    let attach = |instance: &str, index: u8| {
        let form = format!("NetworkInterfaceId={id}&InstanceId={instance}&DeviceIndex={index}");
        aws.ec2(&format!("Action=AttachNetworkInterface&{form}"))
    };
    let (here, elsewhere) = ("i-0c0dec00000000010", "i-0c0dec00000000011");
    attach(elsewhere, 1).refused("InvalidParameterValue");
    attach(here, 0).refused("InvalidParameterValue");
    attach("i-00000000", 1).refused("InvalidInstanceID.NotFound");
    let attachment = attach(here, 1).ok().text("attachmentId");
    attach(here, 2).refused("InvalidNetworkInterface.InUse");
    let found = described(&aws, &id);
    assert_eq!(
        (found.text("status").as_str(), found.text("instanceId").as_str()),
        ("in-use", here)
    );
    let deletes = format!(
        "NetworkInterfaceId={id}&Attachment.AttachmentId={attachment}&Attachment.DeleteOnTermination=true"
    );
    aws.ec2(&format!("Action=ModifyNetworkInterfaceAttribute&{deletes}")).ok();
    assert_eq!(described(&aws, &id).text("deleteOnTermination"), "true");
    let delete = || aws.ec2(&format!("Action=DeleteNetworkInterface&NetworkInterfaceId={id}"));
    delete().refused("InvalidParameterValue");
    let detach = |id: &str| aws.ec2(&format!("Action=DetachNetworkInterface&AttachmentId={id}"));
    detach(&attachment).ok();
    detach(&attachment).refused("InvalidAttachmentID.NotFound");
    detach("banana").refused("InvalidNetworkInterfaceAttachmentId.Malformed");
    detach("ela-attach-0c0dec00000000001").refused("OperationNotPermitted");
    detach("eni-attach-0c0dec00000000010").refused("OperationNotPermitted");
    delete().ok();
    delete().refused("InvalidNetworkInterfaceID.NotFound");
}

#[test]
fn secondary_addresses_come_and_go_and_move_on_request() {
    let aws = Aws::new();
    let make = || interface(&aws, "").ok().text("networkInterfaceId");
    let (a, b) = (make(), make());
    let on = |verb: &str, id: &str, rest: &str| {
        aws.ec2(&format!("Action={verb}PrivateIpAddresses&NetworkInterfaceId={id}&{rest}"))
    };
    on("Assign", &a, "SecondaryPrivateIpAddressCount=2").ok();
    on("Assign", &a, "PrivateIpAddress.1=10.0.0.40").ok();
    on("Assign", &b, "PrivateIpAddress.1=10.0.0.40").refused("InvalidIPAddress.InUse");
    on("Assign", &b, "PrivateIpAddress.1=10.0.0.40&AllowReassignment=true").ok();
    on("Assign", &a, "").refused("MissingParameter");
    on("Assign", &a, "SecondaryPrivateIpAddressCount=50").refused("PrivateIpAddressLimitExceeded");
    assert_eq!(described(&aws, &a).texts("primary"), ["true", "false", "false"]);
    let primary = described(&aws, &b).text("privateIpAddress");
    on("Unassign", &b, &format!("PrivateIpAddress.1={primary}")).refused("InvalidParameterValue");
    on("Unassign", &b, "PrivateIpAddress.1=10.0.0.40").ok();
}

#[test]
fn ipv6_addresses_are_of_the_subnets_range() {
    let aws = Aws::with(&["--world", "dual-stack"]);
    let id = interface(&aws, "Ipv6AddressCount=1").ok().text("networkInterfaceId");
    let on = |verb: &str, rest: &str| {
        aws.ec2(&format!("Action={verb}Ipv6Addresses&NetworkInterfaceId={id}&{rest}"))
    };
    on("Assign", "Ipv6Addresses.1=2001:db8::1").refused("InvalidParameterValue");
    let added = on("Assign", "Ipv6AddressCount=1").ok().text("item");
    on("Assign", &format!("Ipv6Addresses.1={added}")).refused("InvalidIPAddress.InUse");
    on("Unassign", &format!("Ipv6Addresses.1={added}")).ok();
    on("Unassign", &format!("Ipv6Addresses.1={added}")).refused("InvalidParameterValue");
}

#[test]
fn what_a_service_manages_is_not_the_accounts_to_change() {
    let aws = Aws::new();
    let id = "eni-0c0dec00000000001";
    aws.ec2(&format!(
        "Action=ModifyNetworkInterfaceAttribute&NetworkInterfaceId={id}&Description.Value=mine"
    ))
    .refused("AuthFailure");
    aws.ec2(&format!("Action=DeleteNetworkInterface&NetworkInterfaceId={id}"))
        .refused("InvalidParameterValue");
}
