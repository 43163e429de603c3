"""The services around EFS, as far as ordinary files and this project use them.

A chapter of `story.py`: every answer is checked against botocore's model there too.
"""

import base64
import json
import time

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
        "roleArn": f"arn:aws:iam::{account}:role/pods",
    }
    story.denied("eks", "InvalidParameterException", "CreatePodIdentityAssociation", **whom)
    pods = {"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [pods]})
    for role in ("pods", "other-pods"):
        story.client.call("iam", "CreateRole", RoleName=role, AssumeRolePolicyDocument=trust)
    made = call("CreatePodIdentityAssociation", **whom)["association"]
    found = call("DescribePodIdentityAssociation", clusterName=CLUSTER, associationId=made["associationId"])
    assert found["association"]["roleArn"] == whom["roleArn"], found
    assert call("ListPodIdentityAssociations", clusterName=CLUSTER)["associations"]
    other = f"arn:aws:iam::{account}:role/other-pods"
    which = {"clusterName": CLUSTER, "associationId": made["associationId"]}
    call("UpdatePodIdentityAssociation", **which, roleArn=other)
    assert call("DescribePodIdentityAssociation", **which)["association"]["roleArn"] == other
    call("TagResource", resourceArn=made["associationArn"], tags={"team": "graphs", "stage": "one"})
    call("UntagResource", resourceArn=made["associationArn"], tagKeys=["stage"])
    assert call("ListTagsForResource", resourceArn=made["associationArn"])["tags"] == {"team": "graphs"}
    call("DeletePodIdentityAssociation", **which)
    for role in ("pods", "other-pods"):
        story.client.call("iam", "DeleteRole", RoleName=role)
    call("CreateAddon", clusterName=CLUSTER, addonName="aws-efs-csi-driver", addonVersion=version)
    addon = lambda: call("DescribeAddon", clusterName=CLUSTER, addonName="aws-efs-csi-driver")["addon"]
    story.until("the add-on is active", lambda: addon()["status"] == "ACTIVE")
    assert call("ListAddons", clusterName=CLUSTER)["addons"] == ["aws-efs-csi-driver"]
    values = json.dumps({"controller": {"logLevel": 5}})
    update = call("UpdateAddon", clusterName=CLUSTER, addonName="aws-efs-csi-driver", configurationValues=values)["update"]
    done = lambda: call("DescribeUpdate", name=CLUSTER, addonName="aws-efs-csi-driver", updateId=update["id"])["update"]
    story.until("the add-on is updated", lambda: done()["status"] == "Successful")
    assert addon()["configurationValues"] == values
    wrong = json.dumps({"nobodys": True})
    story.denied("eks", "InvalidParameterException", "UpdateAddon", clusterName=CLUSTER, addonName="aws-efs-csi-driver", configurationValues=wrong)
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


def policies_of_iam(story):
    """What is read and changed of roles and policies beside their lives."""
    call = lambda operation, **params: story.client.call("iam", operation, **params)
    assert call("ListPolicies", Scope="AWS")["Policies"]
    driver = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"
    version = call("GetPolicy", PolicyArn=driver)["Policy"]["DefaultVersionId"]
    assert call("GetPolicyVersion", PolicyArn=driver, VersionId=version)["PolicyVersion"]["Document"]
    allow = lambda **more: json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **more}]})
    trust = lambda service: allow(Principal={"Service": service}, Action="sts:AssumeRole")
    document = allow(Action="ec2:Describe*", Resource="*")
    role, policy = {"RoleName": "nodes"}, {"PolicyName": "more"}
    call("CreateRole", **role, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"), Tags=[{"Key": "a", "Value": "1"}])
    assert "nodes" in [one["RoleName"] for one in call("ListRoles")["Roles"]]
    call("UpdateRole", **role, Description="of nodes", MaxSessionDuration=7200)
    call("UpdateRoleDescription", **role, Description="of all nodes")
    call("UpdateAssumeRolePolicy", **role, PolicyDocument=trust("eks.amazonaws.com"))
    nobody = allow(Principal={"AWS": "arn:aws:iam::111122223333:role/nobodys"}, Action="sts:AssumeRole")
    story.denied("iam", "MalformedPolicyDocument", "UpdateAssumeRolePolicy", **role, PolicyDocument=nobody)
    call("TagRole", **role, Tags=[{"Key": "b", "Value": "2"}])
    call("UntagRole", **role, TagKeys=["a"])
    assert call("ListRoleTags", **role)["Tags"] == [{"Key": "b", "Value": "2"}]
    arn = call("CreatePolicy", **policy, PolicyDocument=document)["Policy"]["Arn"]
    call("TagPolicy", PolicyArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    assert call("ListPolicyTags", PolicyArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    call("UntagPolicy", PolicyArn=arn, TagKeys=["b"])
    call("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document)
    call("SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v2")
    call("DeletePolicyVersion", PolicyArn=arn, VersionId="v1")
    call("PutRolePermissionsBoundary", **role, PermissionsBoundary=arn)
    used = call("ListEntitiesForPolicy", PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert [one["RoleName"] for one in used["PolicyRoles"]] == ["nodes"], used
    call("DeleteRolePermissionsBoundary", **role)
    call("PutRolePolicy", **role, PolicyName="inline", PolicyDocument=document)
    assert call("GetRolePolicy", **role, PolicyName="inline")["PolicyDocument"]
    call("DeleteRolePolicy", **role, PolicyName="inline")
    decision = call("SimulateCustomPolicy", PolicyInputList=[document], ActionNames=["ec2:DescribeVpcs"])
    assert decision["EvaluationResults"][0]["EvalDecision"] == "allowed", decision
    profile = {"InstanceProfileName": "nodes"}
    call("CreateInstanceProfile", **profile)
    call("AddRoleToInstanceProfile", **profile, **role)
    assert call("GetInstanceProfile", **profile)["InstanceProfile"]["Roles"][0]["RoleName"] == "nodes"
    assert call("ListInstanceProfiles")["InstanceProfiles"]
    assert call("ListInstanceProfilesForRole", **role)["InstanceProfiles"]
    call("RemoveRoleFromInstanceProfile", **profile, **role)
    call("DeleteInstanceProfile", **profile)
    call("DeletePolicy", PolicyArn=arn)
    call("DeleteRole", **role)
    linked = call("CreateServiceLinkedRole", AWSServiceName="elasticfilesystem.amazonaws.com")["Role"]
    assert linked["RoleName"] == "AWSServiceRoleForAmazonElasticFileSystem", linked


def token(issuer, **claims):
    """A token of a provider: whoever reads it here does not check the signature."""
    encoded = lambda part: base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    claims = {"iss": f"https://{issuer}", "exp": int(time.time()) + 600, **claims}
    return f"{encoded({'alg': 'RS256'})}.{encoded(claims)}.{encoded('signature')}"


def web_identity(story):
    """A provider of tokens, a role that trusts it (IRSA), and a session for a token."""
    call = lambda operation, **params: story.client.call("iam", operation, **params)
    issuer = "oidc.eks.eu-west-1.amazonaws.com/id/0C0DEC0C0DEC0C0DEC0C0DEC0C0DEC0C"
    arn = call("CreateOpenIDConnectProvider", Url=f"https://{issuer}", ClientIDList=["sts.amazonaws.com"])["OpenIDConnectProviderArn"]
    provider = {"OpenIDConnectProviderArn": arn}
    story.denied("iam", "EntityAlreadyExists", "CreateOpenIDConnectProvider", Url=f"https://{issuer}")
    assert {"Arn": arn} in call("ListOpenIDConnectProviders")["OpenIDConnectProviderList"]
    call("AddClientIDToOpenIDConnectProvider", **provider, ClientID="other")
    call("RemoveClientIDFromOpenIDConnectProvider", **provider, ClientID="other")
    call("UpdateOpenIDConnectProviderThumbprint", **provider, ThumbprintList=["0" * 40])
    call("TagOpenIDConnectProvider", **provider, Tags=[{"Key": "a", "Value": "1"}])
    assert call("ListOpenIDConnectProviderTags", **provider)["Tags"] == [{"Key": "a", "Value": "1"}]
    call("UntagOpenIDConnectProvider", **provider, TagKeys=["a"])
    found = call("GetOpenIDConnectProvider", **provider)
    assert found["ClientIDList"] == ["sts.amazonaws.com"] and found["ThumbprintList"] == ["0" * 40], found

    account = "system:serviceaccount:kube-system:efs-csi-controller-sa"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:sub": account, f"{issuer}:aud": "sts.amazonaws.com"}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = call("CreateRole", RoleName="irsa", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    who = {"RoleArn": role, "RoleSessionName": "irsa"}
    told = token(issuer, sub=account, aud=["sts.amazonaws.com"])
    session = story.client.call("sts", "AssumeRoleWithWebIdentity", **who, WebIdentityToken=told)
    assert session["SubjectFromWebIdentityToken"] == account and session["Provider"] == arn, session
    for code, wrong in (
        ("AccessDenied", token(issuer, sub="system:serviceaccount:other:other", aud=["sts.amazonaws.com"])),
        ("ExpiredTokenException", token(issuer, sub=account, aud=["sts.amazonaws.com"], exp=1)),
        ("InvalidIdentityToken", token("nobody.example.com", sub=account, aud=["sts.amazonaws.com"])),
    ):
        story.denied("sts", code, "AssumeRoleWithWebIdentity", **who, WebIdentityToken=wrong)
    nobody = {**who, "RoleArn": role.replace("/irsa", "/nobodys")}
    story.denied("sts", "AccessDenied", "AssumeRole", **nobody)
    assert story.client.call("sts", "GetSessionToken")["Credentials"]["SessionToken"]
    story.denied("sts", "InvalidAuthorizationMessageException", "DecodeAuthorizationMessage", EncodedMessage="nothing")
    call("DeleteRole", RoleName="irsa")
    call("DeleteOpenIDConnectProvider", **provider)
