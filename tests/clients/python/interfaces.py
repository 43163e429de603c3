"""Addresses, interfaces, routes, descriptions of rules and tags of EC2: chapters of `story.py`."""


def blocks(story):
    """The CIDR blocks of a VPC and of a subnet, and IPv6 addresses of an interface."""
    call = lambda operation, **params: story.client.call("ec2", operation, **params)
    vpc = call("CreateVpc", CidrBlock="10.92.0.0/16")["Vpc"]["VpcId"]
    second = call("AssociateVpcCidrBlock", VpcId=vpc, CidrBlock="10.93.0.0/16")["CidrBlockAssociation"]
    story.denied("ec2", "InvalidVpc.Range", "AssociateVpcCidrBlock", VpcId=vpc, CidrBlock="10.93.0.0/16")
    call("AssociateVpcCidrBlock", VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    found = call("DescribeVpcs", VpcIds=[vpc])["Vpcs"][0]
    assert [block["CidrBlock"] for block in found["CidrBlockAssociationSet"]] == ["10.92.0.0/16", "10.93.0.0/16"], found
    range_of_vpc = found["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]

    subnet = call("CreateSubnet", VpcId=vpc, CidrBlock="10.92.0.0/24")["Subnet"]["SubnetId"]
    range_of_subnet = range_of_vpc.replace("/56", "/64")
    block = call("AssociateSubnetCidrBlock", SubnetId=subnet, Ipv6CidrBlock=range_of_subnet)["Ipv6CidrBlockAssociation"]
    assert block["Ipv6CidrBlock"] == range_of_subnet, block
    interface = call("CreateNetworkInterface", SubnetId=subnet, Ipv6AddressCount=1)["NetworkInterface"]
    one = {"NetworkInterfaceId": interface["NetworkInterfaceId"]}
    added = call("AssignIpv6Addresses", Ipv6AddressCount=1, **one)["AssignedIpv6Addresses"]
    association = {"AssociationId": block["AssociationId"]}
    story.denied("ec2", "DependencyViolation", "DisassociateSubnetCidrBlock", **association)
    first = interface["Ipv6Addresses"][0]["Ipv6Address"]
    gone = call("UnassignIpv6Addresses", Ipv6Addresses=[first, *added], **one)["UnassignedIpv6Addresses"]
    assert sorted(gone) == sorted([first, *added]), gone
    call("DisassociateSubnetCidrBlock", **association)
    missing = "InvalidSubnetCidrBlockAssociationID.NotFound"
    story.denied("ec2", missing, "DisassociateSubnetCidrBlock", **association)
    call("DisassociateVpcCidrBlock", AssociationId=second["AssociationId"])
    missing = "InvalidVpcCidrBlockAssociationID.NotFound"
    story.denied("ec2", missing, "DisassociateVpcCidrBlock", AssociationId=second["AssociationId"])
    call("DeleteNetworkInterface", **one)
    call("DeleteSubnet", SubnetId=subnet)
    call("DeleteVpc", VpcId=vpc)


def attachments(story):
    """An interface is attached to an instance of its zone, described, and detached."""
    call = lambda operation, **params: story.client.call("ec2", operation, **params)
    instance = call("DescribeInstances")["Reservations"][0]["Instances"][0]
    interface = call("CreateNetworkInterface", SubnetId=instance["SubnetId"], Description="a second one")["NetworkInterface"]
    one = {"NetworkInterfaceId": interface["NetworkInterfaceId"]}
    told = call("DescribeNetworkInterfaceAttribute", Attribute="description", **one)
    assert told["Description"]["Value"] == "a second one", told
    groups = call("DescribeNetworkInterfaceAttribute", Attribute="groupSet", **one)["Groups"]
    assert [group["GroupName"] for group in groups] == ["default"], groups
    where = {"InstanceId": instance["InstanceId"], **one}
    story.denied("ec2", "InvalidParameterValue", "AttachNetworkInterface", DeviceIndex=0, **where)
    attachment = call("AttachNetworkInterface", DeviceIndex=1, **where)["AttachmentId"]
    story.denied("ec2", "InvalidNetworkInterface.InUse", "AttachNetworkInterface", DeviceIndex=2, **where)
    told = call("DescribeNetworkInterfaceAttribute", Attribute="attachment", **one)["Attachment"]
    assert told["AttachmentId"] == attachment and told["DeviceIndex"] == 1, told
    story.denied("ec2", "InvalidParameterValue", "DeleteNetworkInterface", **one)
    call("DetachNetworkInterface", AttachmentId=attachment)
    story.denied("ec2", "InvalidAttachmentID.NotFound", "DetachNetworkInterface", AttachmentId=attachment)
    primary = instance["NetworkInterfaces"][0]["Attachment"]["AttachmentId"]
    story.denied("ec2", "OperationNotPermitted", "DetachNetworkInterface", AttachmentId=primary)
    call("DeleteNetworkInterface", **one)


def routes(story):
    """A route is replaced, and a subnet moves from one route table to another."""
    call = lambda operation, **params: story.client.call("ec2", operation, **params)
    vpc = call("CreateVpc", CidrBlock="10.94.0.0/16")["Vpc"]["VpcId"]
    subnet = call("CreateSubnet", VpcId=vpc, CidrBlock="10.94.0.0/24")["Subnet"]["SubnetId"]
    gateway = call("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    call("AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    interface = call("CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    tables = [call("CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    route = {"RouteTableId": tables[0], "DestinationCidrBlock": "0.0.0.0/0"}
    story.denied("ec2", "InvalidRoute.NotFound", "ReplaceRoute", GatewayId=gateway, **route)
    call("CreateRoute", GatewayId=gateway, **route)
    call("ReplaceRoute", NetworkInterfaceId=interface, **route)
    found = call("DescribeRouteTables", RouteTableIds=tables[:1])["RouteTables"][0]["Routes"]
    target = [one.get("NetworkInterfaceId") for one in found if one["DestinationCidrBlock"] == "0.0.0.0/0"]
    assert target == [interface], found
    association = call("AssociateRouteTable", RouteTableId=tables[0], SubnetId=subnet)["AssociationId"]
    moved = {"AssociationId": association, "RouteTableId": tables[1]}
    association = call("ReplaceRouteTableAssociation", **moved)["NewAssociationId"]
    story.denied("ec2", "InvalidAssociationID.NotFound", "ReplaceRouteTableAssociation", **moved)
    of_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
    found = call("DescribeRouteTables", Filters=of_subnet)["RouteTables"]
    assert [one["RouteTableId"] for one in found] == [tables[1]], found
    call("DisassociateRouteTable", AssociationId=association)
    call("DeleteRoute", **route)
    for table in tables:
        call("DeleteRouteTable", RouteTableId=table)
    call("DeleteNetworkInterface", NetworkInterfaceId=interface)
    call("DetachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    call("DeleteInternetGateway", InternetGatewayId=gateway)
    call("DeleteSubnet", SubnetId=subnet)
    call("DeleteVpc", VpcId=vpc)


def tags(story):
    """Tags and the descriptions of rules are read, changed and removed; attributes of the account."""
    call = lambda operation, **params: story.client.call("ec2", operation, **params)
    vpc = call("CreateVpc", CidrBlock="10.95.0.0/16")["Vpc"]["VpcId"]
    group = call("CreateSecurityGroup", GroupName="rules", Description="of rules", VpcId=vpc)["GroupId"]
    named = lambda text: [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": text}]}]
    call("UpdateSecurityGroupRuleDescriptionsEgress", GroupId=group, IpPermissions=named("everywhere"))
    found = call("DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
    assert found[0]["IpRanges"][0]["Description"] == "everywhere", found
    nowhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.95.0.0/16", "Description": "none"}]}]
    update = "UpdateSecurityGroupRuleDescriptionsEgress"
    story.denied("ec2", "InvalidPermission.NotFound", update, GroupId=group, IpPermissions=nowhere)

    of_group = [{"Name": "resource-id", "Values": [group]}]
    read = lambda: {tag["Key"]: tag["Value"] for tag in call("DescribeTags", Filters=of_group)["Tags"]}
    call("CreateTags", Resources=[group], Tags=[{"Key": "stage", "Value": "one"}, {"Key": "team", "Value": "graphs"}])
    assert read() == {"stage": "one", "team": "graphs"}, read()
    call("DeleteTags", Resources=[group], Tags=[{"Key": "stage", "Value": "two"}, {"Key": "team"}])
    assert read() == {"stage": "one"}, "a tag goes only with the value that is named"
    story.denied("ec2", "InvalidGroup.NotFound", "DeleteTags", Resources=["sg-0123456789abcdef0"], Tags=[{"Key": "team"}])
    call("DeleteSecurityGroup", GroupId=group)
    call("DeleteVpc", VpcId=vpc)

    attributes = call("DescribeAccountAttributes", AttributeNames=["supported-platforms"])["AccountAttributes"]
    assert attributes[0]["AttributeValues"] == [{"AttributeValue": "VPC"}], attributes
