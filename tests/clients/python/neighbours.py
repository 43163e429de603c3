"""The services around EFS, as far as ordinary files and this project use them.

A chapter of `story.py`: every answer is checked against botocore's model there too.
"""

import json

CLUSTER = "graphscope-dev"
LISTINGS = (
    ("DescribeAvailabilityZones", "AvailabilityZones"),
    ("DescribeRegions", "Regions"),
    ("DescribeVpcs", "Vpcs"),
    ("DescribeSubnets", "Subnets"),
    ("DescribeRouteTables", "RouteTables"),
    ("DescribeInternetGateways", "InternetGateways"),
    ("DescribeNatGateways", "NatGateways"),
    ("DescribeNetworkAcls", "NetworkAcls"),
    ("DescribeDhcpOptions", "DhcpOptions"),
    ("DescribeSecurityGroups", "SecurityGroups"),
    ("DescribeSecurityGroupRules", "SecurityGroupRules"),
)


def ec2(story):
    """Every listing of the network is there and fits the model."""
    call = lambda operation, **params: story.client.call("ec2", operation, **params)
    for operation, listed in LISTINGS:
        assert call(operation)[listed], operation
    call("DescribeInstances")
    vpc = call("DescribeVpcs")["Vpcs"][0]["VpcId"]
    told = call("DescribeVpcAttribute", VpcId=vpc, Attribute="enableDnsHostnames")
    assert told["EnableDnsHostnames"]["Value"] is True, told
    interfaces = call("DescribeNetworkInterfaces", Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    assert all(one["InterfaceType"] for one in interfaces["NetworkInterfaces"]), interfaces
    story.denied("ec2", "InvalidParameterValue", "DescribeSubnets", Filters=[{"Name": "colour", "Values": ["red"]}])
    story.denied("ec2", "InvalidSubnetID.NotFound", "DescribeSubnets", SubnetIds=["subnet-0123456789abcdef0"])

    subnet = call("CreateSubnet", VpcId=call("CreateVpc", CidrBlock="10.90.0.0/16")["Vpc"]["VpcId"], CidrBlock="10.90.0.0/24")["Subnet"]
    group = call("CreateSecurityGroup", GroupName="story", Description="of a story", VpcId=subnet["VpcId"])["GroupId"]
    ranges = [{"CidrIp": "10.90.0.0/16", "Description": "NFS"}]
    rule = [{"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "IpRanges": ranges}]
    made = call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=rule)["SecurityGroupRules"]
    assert made[0]["Description"] == "NFS" and made[0]["CidrIpv4"] == "10.90.0.0/16", made
    found = call("DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]
    assert found["IpPermissions"][0]["IpRanges"] == ranges, found
    assert found["IpPermissionsEgress"][0]["IpProtocol"] == "-1", found
    story.denied("ec2", "InvalidPermission.Duplicate", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=rule)
    call("RevokeSecurityGroupIngress", GroupId=group, SecurityGroupRuleIds=[made[0]["SecurityGroupRuleId"]])
    call("CreateTags", Resources=[group], Tags=[{"Key": "Name", "Value": "story"}])
    call("DeleteSecurityGroup", GroupId=group)
    story.denied("ec2", "DependencyViolation", "DeleteVpc", VpcId=subnet["VpcId"])
    call("DeleteSubnet", SubnetId=subnet["SubnetId"])
    call("DeleteVpc", VpcId=subnet["VpcId"])


def kms(story):
    """The key that EFS takes where none is named."""
    call = lambda operation, **params: story.client.call("kms", operation, **params)
    key = call("DescribeKey", KeyId="alias/aws/elasticfilesystem")["KeyMetadata"]
    assert key["KeyManager"] == "AWS" and key["KeyState"] == "Enabled", key
    aliases = [alias["AliasName"] for alias in call("ListAliases")["Aliases"]]
    assert "alias/aws/elasticfilesystem" in aliases, aliases
    story.denied("kms", "NotFoundException", "DescribeKey", KeyId="alias/nobodys")


def eks(story):
    """The cluster, what its pods may be, and its add-ons."""
    call = lambda operation, **params: story.client.call("eks", operation, **params)
    cluster = call("DescribeCluster", name=CLUSTER)["cluster"]
    assert cluster["status"] == "ACTIVE" and cluster["resourcesVpcConfig"]["vpcId"], cluster
    story.denied("eks", "ResourceNotFoundException", "DescribeCluster", name="nobodys")
    assert CLUSTER in call("ListClusters")["clusters"]
    versions = call("DescribeAddonVersions", addonName="aws-efs-csi-driver")["addons"]
    version = versions[0]["addonVersions"][0]["addonVersion"]
    schema = call("DescribeAddonConfiguration", addonName="aws-efs-csi-driver", addonVersion=version)
    json.loads(schema["configurationSchema"])
    account = story.client.call("sts", "GetCallerIdentity")["Account"]
    whom = {
        "clusterName": CLUSTER,
        "namespace": "kube-system",
        "serviceAccount": "efs-csi-controller-sa",
        "roleArn": f"arn:aws:iam::{account}:role/story",
    }
    made = call("CreatePodIdentityAssociation", **whom)["association"]
    found = call("DescribePodIdentityAssociation", clusterName=CLUSTER, associationId=made["associationId"])
    assert found["association"]["roleArn"] == whom["roleArn"], found
    assert call("ListPodIdentityAssociations", clusterName=CLUSTER)["associations"]
    call("DeletePodIdentityAssociation", clusterName=CLUSTER, associationId=made["associationId"])
    call("CreateAddon", clusterName=CLUSTER, addonName="aws-efs-csi-driver", addonVersion=version)
    addon = lambda: call("DescribeAddon", clusterName=CLUSTER, addonName="aws-efs-csi-driver")["addon"]
    story.until("the add-on is active", lambda: addon()["status"] == "ACTIVE")
    assert call("ListAddons", clusterName=CLUSTER)["addons"] == ["aws-efs-csi-driver"]
    call("DeleteAddon", clusterName=CLUSTER, addonName="aws-efs-csi-driver")


def iam(story):
    """Roles, policies and their versions, attachments, simulation, and a session of a role."""
    call = lambda operation, **params: story.client.call("iam", operation, **params)
    account = story.client.call("sts", "GetCallerIdentity")["Account"]
    statement = lambda effect, **more: json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, **more}]})
    trust = statement("Allow", Principal={"AWS": f"arn:aws:iam::{account}:root"}, Action="sts:AssumeRole")
    role = call("CreateRole", RoleName="story", AssumeRolePolicyDocument=trust)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/story", role
    assert call("GetRole", RoleName="story")["Role"]["RoleId"] == role["RoleId"]
    reading = statement("Allow", Action="elasticfilesystem:Describe*", Resource="*")
    policy = call("CreatePolicy", PolicyName="story", PolicyDocument=reading)["Policy"]["Arn"]
    all_of_it = statement("Allow", Action="elasticfilesystem:*", Resource="*")
    call("CreatePolicyVersion", PolicyArn=policy, PolicyDocument=all_of_it, SetAsDefault=True)
    assert len(call("ListPolicyVersions", PolicyArn=policy)["Versions"]) == 2
    call("AttachRolePolicy", RoleName="story", PolicyArn=policy)
    attached = call("ListAttachedRolePolicies", RoleName="story")["AttachedPolicies"]
    assert attached == [{"PolicyName": "story", "PolicyArn": policy}], attached
    call("PutRolePolicy", RoleName="story", PolicyName="inline", PolicyDocument=reading)
    assert call("ListRolePolicies", RoleName="story")["PolicyNames"] == ["inline"]
    results = call(
        "SimulatePrincipalPolicy",
        PolicySourceArn=role["Arn"],
        ActionNames=["elasticfilesystem:DeleteFileSystem", "ec2:DescribeVpcs"],
    )["EvaluationResults"]
    assert [one["EvalDecision"] for one in results] == ["allowed", "implicitDeny"], results
    session = story.client.call("sts", "AssumeRole", RoleArn=role["Arn"], RoleSessionName="story")
    assert session["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{account}:assumed-role/story/story", session
    story.denied("iam", "DeleteConflict", "DeletePolicy", PolicyArn=policy)
    story.denied("iam", "EntityAlreadyExists", "CreateRole", RoleName="story", AssumeRolePolicyDocument=trust)
    call("DeleteRolePolicy", RoleName="story", PolicyName="inline")
    call("DetachRolePolicy", RoleName="story", PolicyArn=policy)
    old = [one["VersionId"] for one in call("ListPolicyVersions", PolicyArn=policy)["Versions"] if not one["IsDefaultVersion"]]
    for version in old:
        call("DeletePolicyVersion", PolicyArn=policy, VersionId=version)
    call("DeletePolicy", PolicyArn=policy)
    call("DeleteRole", RoleName="story")
    story.denied("iam", "NoSuchEntity", "GetRole", RoleName="story")
