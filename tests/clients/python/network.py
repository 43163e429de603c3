"""What guards a network of EC2 and leads out of it: a chapter of `story.py`."""


def guards(story):
    """Network ACLs, DHCP options and interfaces are made, changed and taken away."""
    call = lambda operation, **params: story.client.call("ec2", operation, **params)
    vpc = call("CreateVpc", CidrBlock="10.91.0.0/16")["Vpc"]["VpcId"]
    subnet = call("CreateSubnet", VpcId=vpc, CidrBlock="10.91.0.0/24")["Subnet"]["SubnetId"]
    acl = call("CreateNetworkAcl", VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {
        "NetworkAclId": acl, "RuleNumber": 10, "Protocol": "6", "RuleAction": "allow", "Egress": False,
        "CidrBlock": "10.91.0.0/16", "PortRange": {"From": 2049, "To": 2049},
    }
    call("CreateNetworkAclEntry", **entry)
    story.denied("ec2", "NetworkAclEntryAlreadyExists", "CreateNetworkAclEntry", **entry)
    icmp = {"Protocol": "1", "IcmpTypeCode": {"Type": 8, "Code": -1}}
    call("ReplaceNetworkAclEntry", **{name: value for name, value in entry.items() if name != "PortRange"} | icmp)
    of_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
    association = call("DescribeNetworkAcls", Filters=of_subnet)["NetworkAcls"][0]["Associations"][0]
    moved = call("ReplaceNetworkAclAssociation", AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
    found = call("DescribeNetworkAcls", Filters=of_subnet)["NetworkAcls"][0]
    assert found["NetworkAclId"] == acl and found["Entries"][0]["IcmpTypeCode"]["Type"] == 8, found
    story.denied("ec2", "DependencyViolation", "DeleteNetworkAcl", NetworkAclId=acl)
    call("ReplaceNetworkAclAssociation", AssociationId=moved["NewAssociationId"], NetworkAclId=association["NetworkAclId"])
    call("DeleteNetworkAclEntry", NetworkAclId=acl, RuleNumber=10, Egress=False)
    call("DeleteNetworkAcl", NetworkAclId=acl)

    options = [{"Key": "domain-name", "Values": ["graphs.internal"]}]
    dhcp = call("CreateDhcpOptions", DhcpConfigurations=options)["DhcpOptions"]["DhcpOptionsId"]
    call("AssociateDhcpOptions", DhcpOptionsId=dhcp, VpcId=vpc)
    story.denied("ec2", "DependencyViolation", "DeleteDhcpOptions", DhcpOptionsId=dhcp)
    call("AssociateDhcpOptions", DhcpOptionsId="default", VpcId=vpc)
    call("DeleteDhcpOptions", DhcpOptionsId=dhcp)

    interface = call("CreateNetworkInterface", SubnetId=subnet, Description="story")["NetworkInterface"]
    assert interface["Status"] == "available", interface
    one = {"NetworkInterfaceId": interface["NetworkInterfaceId"]}
    added = call("AssignPrivateIpAddresses", SecondaryPrivateIpAddressCount=1, **one)["AssignedPrivateIpAddresses"]
    story.denied("ec2", "DependencyViolation", "DeleteSubnet", SubnetId=subnet)
    call("UnassignPrivateIpAddresses", PrivateIpAddresses=[added[0]["PrivateIpAddress"]], **one)
    call("DeleteNetworkInterface", **one)
    call("DeleteSubnet", SubnetId=subnet)
    call("DeleteVpc", VpcId=vpc)


def gateways(story):
    """Elastic IP addresses and the NAT gateway that uses them."""
    call = lambda operation, **params: story.client.call("ec2", operation, **params)
    subnet = call("DescribeSubnets", Filters=[{"Name": "map-public-ip-on-launch", "Values": ["true"]}])["Subnets"][0]
    address = call("AllocateAddress", Domain="vpc")
    gateway = call("CreateNatGateway", SubnetId=subnet["SubnetId"], AllocationId=address["AllocationId"])["NatGateway"]
    found = call("DescribeNatGateways", NatGatewayIds=[gateway["NatGatewayId"]])["NatGateways"][0]
    assert found["NatGatewayAddresses"][0]["PublicIp"] == address["PublicIp"], found
    used = call("DescribeAddresses", AllocationIds=[address["AllocationId"]])["Addresses"][0]
    assert used["NetworkInterfaceId"] == found["NatGatewayAddresses"][0]["NetworkInterfaceId"], used
    interfaces = call("DescribeNetworkInterfaces", NetworkInterfaceIds=[used["NetworkInterfaceId"]])["NetworkInterfaces"]
    assert interfaces[0]["Association"]["PublicIp"] == address["PublicIp"], interfaces
    call("DescribeAddressesAttribute", Attribute="domain-name", AllocationIds=[address["AllocationId"]])
    story.denied("ec2", "InvalidIPAddress.InUse", "ReleaseAddress", AllocationId=address["AllocationId"])
    which = {"NatGatewayId": gateway["NatGatewayId"]}
    second = call("AllocateAddress", Domain="vpc")["AllocationId"]
    call("AssociateNatGatewayAddress", AllocationIds=[second], **which)
    again = "Resource.AlreadyAssociated"
    story.denied("ec2", again, "AssociateNatGatewayAddress", AllocationIds=[second], **which)
    association = call("DescribeAddresses", AllocationIds=[second])["Addresses"][0]["AssociationId"]
    call("DisassociateNatGatewayAddress", AssociationIds=[association], **which)
    missing = "InvalidAssociationID.NotFound"
    story.denied("ec2", missing, "DisassociateNatGatewayAddress", AssociationIds=[association], **which)
    call("ReleaseAddress", AllocationId=second)
    call("DeleteNatGateway", **which)
    story.denied("ec2", "InvalidAllocationID.NotFound", "ReleaseAddress", AllocationId="eipalloc-0123456789abcdef0")


def private_gateway(story):
    """Further addresses of a private NAT gateway."""
    call = lambda operation, **params: story.client.call("ec2", operation, **params)
    subnet = call("DescribeSubnets", Filters=[{"Name": "map-public-ip-on-launch", "Values": ["false"]}])["Subnets"][0]
    which = {"NatGatewayId": call("CreateNatGateway", SubnetId=subnet["SubnetId"], ConnectivityType="private")["NatGateway"]["NatGatewayId"]}
    addresses = lambda told: [one["PrivateIp"] for one in told["NatGatewayAddresses"]]
    first, second = addresses(call("AssignPrivateNatGatewayAddress", PrivateIpAddressCount=1, **which))
    story.denied("ec2", "InvalidParameterValue", "UnassignPrivateNatGatewayAddress", PrivateIpAddresses=[first], **which)
    assert addresses(call("UnassignPrivateNatGatewayAddress", PrivateIpAddresses=[second], **which)) == [first]
    call("DeleteNatGateway", **which)


def defaults(story):
    """The default VPC, which a region has once, with a subnet per zone."""
    call = lambda operation, **params: story.client.call("ec2", operation, **params)
    story.denied("ec2", "DefaultVpcDoesNotExist", "CreateDefaultSubnet", AvailabilityZone="eu-west-1a")
    vpc = call("CreateDefaultVpc")["Vpc"]
    assert vpc["IsDefault"] and vpc["CidrBlock"] == "172.31.0.0/16", vpc
    story.denied("ec2", "DefaultVpcAlreadyExists", "CreateDefaultVpc")
    again = "DefaultSubnetAlreadyExistsInAvailabilityZone"
    story.denied("ec2", again, "CreateDefaultSubnet", AvailabilityZone="eu-west-1a")
