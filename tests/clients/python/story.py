"""The life of everything that EFS has: each of the 31 operations, and what each refuses.

    python story.py boto3
    python story.py cli

Every answer is checked against botocore's model by `answers.py`; what is asserted here is
what the model cannot say. Source, unless a line names another: the EFS API reference.
"""

import json
import sys
import time
import traceback

import interfaces
import neighbours
import network
import policies
from clients import MISSING, Boto3, Cli, Refused


class Story:
    """One client, and what was brought about with it."""

    def __init__(self, client):
        self.client = client
        self.mistakes = []

    def efs(self, operation, **params):
        return self.client.call("efs", operation, **params)

    def refused(self, codes, operation, **params):
        """A call that is refused with one of these codes."""
        return self.denied("efs", codes, operation, **params)

    def denied(self, service, codes, operation, **params):
        """The same of any service."""
        codes = (codes,) if isinstance(codes, str) else codes
        given = json.dumps(params)[:200]
        try:
            told = self.client.call(service, operation, **params)
        except Refused as refused:
            if refused.code not in codes:
                self.mistakes.append(f"{operation} {given}: {refused}; expected {' or '.join(codes)}")
            return refused
        self.mistakes.append(f"{operation} {given}: expected {' or '.join(codes)}, not {told}")
        return Refused("none", "")

    def chapter(self, part, *args):
        """One part of the story; one that breaks off leaves the others to be told."""
        try:
            return part(self, *args)
        except (AssertionError, Refused, LookupError) as mistake:
            place = traceback.extract_tb(mistake.__traceback__)[1]
            self.mistakes.append(f"{part.__name__}, line {place.lineno} (`{place.line}`): {mistake!r}")
            return None

    def until(self, what, holds):
        """Waits until something holds."""
        limit = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < limit, f"not in 30 s: {what}"
            time.sleep(0.02)

    def file_system(self, fs):
        return self.efs("DescribeFileSystems", FileSystemId=fs)["FileSystems"][0]

    def available(self, fs):
        self.until(f"{fs} is available", lambda: self.file_system(fs)["LifeCycleState"] == "available")

    def gone(self, operation, code, **params):
        """Waits until a description is refused, as what it describes is gone."""

        def is_gone():
            try:
                self.efs(operation, **params)
            except Refused as refused:
                assert refused.code == code, str(refused)
                return True
            return False

        self.until(f"{params} is gone", is_gone)

    def network(self):
        """The cluster's private subnets, one a zone, and two of its groups."""
        found = self.client.call(
            "ec2",
            "DescribeSubnets",
            Filters=[{"Name": "tag:kubernetes.io/role/internal-elb", "Values": ["1"]}],
        )["Subnets"]
        zones = {}
        for subnet in sorted(found, key=lambda subnet: subnet["SubnetId"]):
            zones.setdefault(subnet["AvailabilityZone"], []).append(subnet)
        groups = self.client.call("ec2", "DescribeSecurityGroups")["SecurityGroups"]
        groups = sorted(group["GroupId"] for group in groups if group["VpcId"] == found[0]["VpcId"])
        return zones, groups


def file_systems(story):
    """Creating, describing and updating; the file system that the rest is about."""
    tags = [{"Key": "Name", "Value": "shared"}, {"Key": "team", "Value": "graphs"}]
    made = story.efs("CreateFileSystem", CreationToken="story", Encrypted=True, Tags=tags)
    fs = made["FileSystemId"]
    assert made["LifeCycleState"] == "creating" and made["Name"] == "shared", made
    assert made["PerformanceMode"] == "generalPurpose" and made["ThroughputMode"] == "bursting", made
    assert made["Encrypted"] is True and made["KmsKeyId"].startswith("arn:aws:kms:"), made
    assert made["FileSystemArn"].endswith(f":file-system/{fs}") and made["NumberOfMountTargets"] == 0, made
    size = made["SizeInBytes"]
    assert size["Value"] == 0 and "Timestamp" not in size, f"a new one is not measured yet: {size}"
    assert made["Tags"] == tags, made["Tags"]

    again = story.refused("FileSystemAlreadyExists", "CreateFileSystem", CreationToken="story")
    if again.more:
        assert again.more["FileSystemId"] == fs, again.more
    story.available(fs)
    found = story.efs("DescribeFileSystems", CreationToken="story")["FileSystems"]
    assert [one["FileSystemId"] for one in found] == [fs], found
    assert story.efs("DescribeFileSystems", CreationToken="nobody's")["FileSystems"] == []
    by_arn = story.efs("DescribeFileSystems", FileSystemId=made["FileSystemArn"])["FileSystems"]
    assert [one["FileSystemId"] for one in by_arn] == [fs], by_arn

    for wrong in (
        {"PerformanceMode": "maxIO", "ThroughputMode": "elastic"},
        {"ThroughputMode": "provisioned"},
        {"ProvisionedThroughputInMibps": 10.0},
        {"Encrypted": False, "KmsKeyId": "alias/aws/elasticfilesystem"},
        {"Tags": [{"Key": "aws:reserved", "Value": ""}]},
    ):
        story.refused("BadRequest", "CreateFileSystem", CreationToken="wrong", **wrong)
    for wrong in ({"CreationToken": "x" * 65}, {"CreationToken": "w", "ThroughputMode": "faster"}):
        story.refused(("BadRequest", "ValidationException"), "CreateFileSystem", **wrong)
    beyond = {"ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 1000000.0}
    story.refused("ThroughputLimitExceeded", "CreateFileSystem", CreationToken="beyond", **beyond)
    story.refused("FileSystemNotFound", "DescribeFileSystems", FileSystemId=MISSING["file system"])
    story.refused(("BadRequest", "ValidationException"), "DescribeFileSystems", FileSystemId="fs-x")
    story.refused("BadRequest", "DescribeFileSystems", Marker="never handed out")
    return fs


def mount_targets(story, fs):
    """One a zone, with addresses of the subnet and groups of the VPC."""
    zones, groups = story.network()
    (zone_a, in_a), (_, in_b), (_, in_c) = sorted(zones.items())[:3]
    create = lambda subnet, **more: story.efs(
        "CreateMountTarget", FileSystemId=fs, SubnetId=subnet["SubnetId"], **more
    )
    made = create(in_a[0], SecurityGroups=groups[:1])
    target = made["MountTargetId"]
    assert made["AvailabilityZoneName"] == zone_a and made["VpcId"] == in_a[0]["VpcId"], made
    assert made["AvailabilityZoneId"] == in_a[0]["AvailabilityZoneId"], made
    assert made["NetworkInterfaceId"].startswith("eni-") and made["LifeCycleState"] == "creating", made
    other = create(in_b[0])["MountTargetId"]

    story.refused("MountTargetConflict", "CreateMountTarget", FileSystemId=fs, SubnetId=in_a[0]["SubnetId"])
    refused = lambda code, **more: story.refused(
        code, "CreateMountTarget", **{"FileSystemId": fs, "SubnetId": in_c[0]["SubnetId"], **more}
    )
    refused("SubnetNotFound", SubnetId="subnet-0123456789abcdef0")
    refused("SecurityGroupNotFound", SecurityGroups=["sg-0123456789abcdef0"])
    refused("SecurityGroupLimitExceeded", SecurityGroups=[f"sg-0123456789abcdef{n}" for n in range(6)])
    refused("FileSystemNotFound", FileSystemId=MISSING["file system"])
    refused("BadRequest", IpAddress="192.0.2.1")

    state = lambda id: story.efs("DescribeMountTargets", MountTargetId=id)["MountTargets"][0]["LifeCycleState"]
    story.until("both are available", lambda: {state(target), state(other)} == {"available"})
    listed = story.client.all("efs", "DescribeMountTargets", "MountTargets", 1, FileSystemId=fs)
    assert {one["MountTargetId"] for one in listed} == {target, other}, listed
    assert story.file_system(fs)["NumberOfMountTargets"] == 2
    address = story.efs("DescribeMountTargets", MountTargetId=other)["MountTargets"][0]["IpAddress"]
    taken = story.efs("CreateFileSystem", CreationToken="taken")["FileSystemId"]
    story.refused(
        "IncorrectFileSystemLifeCycleState", "CreateMountTarget", FileSystemId=taken, SubnetId=in_b[0]["SubnetId"]
    )
    story.available(taken)
    refused("IpAddressInUse", FileSystemId=taken, SubnetId=in_b[0]["SubnetId"], IpAddress=address)
    story.efs("DeleteFileSystem", FileSystemId=taken)

    told = story.efs("DescribeMountTargetSecurityGroups", MountTargetId=target)
    assert told["SecurityGroups"] == groups[:1], told
    story.efs("ModifyMountTargetSecurityGroups", MountTargetId=target, SecurityGroups=groups[1:3])
    told = story.efs("DescribeMountTargetSecurityGroups", MountTargetId=target)
    assert sorted(told["SecurityGroups"]) == groups[1:3], told
    modify = lambda code, groups, id=target: story.refused(
        code, "ModifyMountTargetSecurityGroups", MountTargetId=id, SecurityGroups=groups
    )
    modify("SecurityGroupNotFound", ["sg-0123456789abcdef0"])
    modify("SecurityGroupLimitExceeded", [f"sg-0123456789abcdef{n}" for n in range(6)])
    modify("MountTargetNotFound", groups[:1], MISSING["mount target"])
    for operation in ("DescribeMountTargetSecurityGroups", "DescribeMountTargets", "DeleteMountTarget"):
        story.refused("MountTargetNotFound", operation, MountTargetId=MISSING["mount target"])
    story.refused("BadRequest", "DescribeMountTargets")
    story.refused("FileSystemNotFound", "DescribeMountTargets", FileSystemId=MISSING["file system"])
    return [target, other]


def one_zone(story):
    """A file system of one zone takes a target of that zone only."""
    zones, _ = story.network()
    (zone, inside), (_, outside) = sorted(zones.items())[:2]
    made = story.efs("CreateFileSystem", CreationToken="one zone", AvailabilityZoneName=zone)
    fs = made["FileSystemId"]
    assert made["AvailabilityZoneName"] == zone, made
    assert made["AvailabilityZoneId"] == inside[0]["AvailabilityZoneId"], made
    story.available(fs)
    told = story.efs("DescribeBackupPolicy", FileSystemId=fs)["BackupPolicy"]
    assert told["Status"] in ("ENABLED", "ENABLING"), f"One Zone has backups unless told otherwise: {told}"
    wrong = {"FileSystemId": fs, "SubnetId": outside[0]["SubnetId"]}
    story.refused("AvailabilityZonesMismatch", "CreateMountTarget", **wrong)
    io = {"PerformanceMode": "maxIO", "AvailabilityZoneName": zone}
    story.refused("BadRequest", "CreateFileSystem", CreationToken="one zone, maxIO", **io)
    story.efs("DeleteFileSystem", FileSystemId=fs)
    story.gone("DescribeFileSystems", "FileSystemNotFound", FileSystemId=fs)


def access_points(story, fs):
    """What they hold comes back as it was given; tokens exist once."""
    user = {"Uid": 1001, "Gid": 1001, "SecondaryGids": [2001]}
    root = {"Path": "/graphs", "CreationInfo": {"OwnerUid": 1001, "OwnerGid": 1001, "Permissions": "0750"}}
    wanted = {"FileSystemId": fs, "PosixUser": user, "RootDirectory": root}
    tags = [{"Key": "Name", "Value": "graphs"}]
    made = story.efs("CreateAccessPoint", ClientToken="point", Tags=tags, **wanted)
    point = made["AccessPointId"]
    assert {name: made[name] for name in wanted} == wanted and made["Name"] == "graphs", made
    assert made["AccessPointArn"].endswith(f":access-point/{point}"), made
    story.refused("AccessPointAlreadyExists", "CreateAccessPoint", ClientToken="point", FileSystemId=fs)
    plain = story.efs("CreateAccessPoint", ClientToken="plain", FileSystemId=fs)
    assert plain["RootDirectory"] == {"Path": "/"}, plain

    invalid = ("BadRequest", "ValidationException")
    for wrong in (
        {"PosixUser": {"Uid": "x", "Gid": 1}},
        {"PosixUser": {"Uid": 1}},
        {"PosixUser": {"Uid": -1, "Gid": 1}},
        {"PosixUser": {"Uid": 4294967296, "Gid": 1}},
        {"PosixUser": {"Uid": 1, "Gid": 1, "SecondaryGids": list(range(17))}},
        {"RootDirectory": {"Path": "graphs"}},
        {"RootDirectory": {"Path": "/a/b/c/d/e"}},
        {"RootDirectory": {"Path": "/a", "CreationInfo": {"OwnerUid": 1, "OwnerGid": 1, "Permissions": "999"}}},
    ):
        story.refused(invalid, "CreateAccessPoint", ClientToken="wrong", FileSystemId=fs, **wrong)
    missing = MISSING["file system"]
    story.refused("FileSystemNotFound", "CreateAccessPoint", ClientToken="none", FileSystemId=missing)
    creating = story.efs("CreateFileSystem", CreationToken="creating")["FileSystemId"]
    story.refused(
        "IncorrectFileSystemLifeCycleState", "CreateAccessPoint", ClientToken="early", FileSystemId=creating
    )
    story.available(creating)
    story.efs("DeleteFileSystem", FileSystemId=creating)

    listed = story.client.all("efs", "DescribeAccessPoints", "AccessPoints", 1, FileSystemId=fs)
    assert {one["AccessPointId"] for one in listed} == {point, plain["AccessPointId"]}, listed
    found = story.efs("DescribeAccessPoints", AccessPointId=point)["AccessPoints"]
    assert found[0]["PosixUser"] == user, found
    targets = story.efs("DescribeMountTargets", AccessPointId=point)["MountTargets"]
    assert len(targets) == 2, targets
    missing = {"AccessPointId": MISSING["access point"]}
    for operation in ("DescribeAccessPoints", "DescribeMountTargets", "DeleteAccessPoint"):
        story.refused("AccessPointNotFound", operation, **missing)
    story.refused("FileSystemNotFound", "DescribeAccessPoints", FileSystemId=MISSING["file system"])
    story.refused("BadRequest", "DescribeAccessPoints", NextToken="never handed out")
    return [point, plain["AccessPointId"]]


def tags(story, fs, point):
    """The new operations, and the three old ones that the model still has."""
    pairs = lambda tags: {tag["Key"]: tag["Value"] for tag in tags}
    listed = lambda id: pairs(story.client.call("efs", "ListTagsForResource", ResourceId=id)["Tags"])
    story.efs("TagResource", ResourceId=fs, Tags=[{"Key": "stage", "Value": "first"}])
    story.efs("TagResource", ResourceId=fs, Tags=[{"Key": "stage", "Value": "second"}])
    assert listed(fs) == {"Name": "shared", "team": "graphs", "stage": "second"}, listed(fs)
    arn = story.file_system(fs)["FileSystemArn"]
    assert listed(arn) == listed(fs), "an ARN, percent-encoded in the path"
    story.efs("UntagResource", ResourceId=fs, TagKeys=["stage", "nobodys"])
    story.efs("TagResource", ResourceId=point, Tags=[{"Key": "a", "Value": ""}])
    assert listed(point) == {"Name": "graphs", "a": ""}, listed(point)
    story.efs("UntagResource", ResourceId=point, TagKeys=["a"])
    story.efs("CreateTags", FileSystemId=fs, Tags=[{"Key": "old", "Value": "way"}])
    found = story.client.all("efs", "DescribeTags", "Tags", 2, FileSystemId=fs)
    assert pairs(found) == {"Name": "shared", "team": "graphs", "old": "way"}, found
    story.efs("DeleteTags", FileSystemId=fs, TagKeys=["old"])
    assert listed(fs) == {"Name": "shared", "team": "graphs"}, listed(fs)

    for operation, more in (("TagResource", {"Tags": [{"Key": "a", "Value": "b"}]}), ("UntagResource", {"TagKeys": ["a"]}), ("ListTagsForResource", {})):
        for kind, code in (("file system", "FileSystemNotFound"), ("access point", "AccessPointNotFound")):
            story.refused(code, operation, ResourceId=MISSING[kind], **more)
    for operation, more in (("CreateTags", {"Tags": [{"Key": "a", "Value": "b"}]}), ("DeleteTags", {"TagKeys": ["a"]}), ("DescribeTags", {})):
        story.refused("FileSystemNotFound", operation, FileSystemId=MISSING["file system"], **more)
    for wrong in ({"Key": "aws:reserved", "Value": "x"}, {"Key": "k" * 129, "Value": "x"}, {"Key": "k", "Value": "v" * 257}):
        story.refused(("BadRequest", "ValidationException"), "TagResource", ResourceId=fs, Tags=[wrong])


def paging(story):
    """Every listing that is paged gives each item once; one item a page."""
    made = [story.efs("CreateFileSystem", CreationToken=f"page {n}")["FileSystemId"] for n in range(3)]
    listed = [one["FileSystemId"] for one in story.client.all("efs", "DescribeFileSystems", "FileSystems", 1)]
    assert len(listed) == len(set(listed)) and set(made) <= set(listed), listed
    for operation in ("DescribeFileSystems", "DescribeMountTargets", "DescribeTags", "DescribeAccessPoints", "DescribeReplicationConfigurations"):
        assert story.client.paginates("efs", operation), operation
    for fs in made:
        story.available(fs)
        story.efs("DeleteFileSystem", FileSystemId=fs)


def the_end(story, fs, targets, points):
    """Down again, in the order that AWS demands."""
    for point in points:
        story.efs("DeleteAccessPoint", AccessPointId=point)
    story.refused("FileSystemInUse", "DeleteFileSystem", FileSystemId=fs)
    for target in targets:
        story.efs("DeleteMountTarget", MountTargetId=target)
    for target in targets:
        story.gone("DescribeMountTargets", "MountTargetNotFound", MountTargetId=target)
    story.efs("DeleteFileSystem", FileSystemId=fs)
    story.gone("DescribeFileSystems", "FileSystemNotFound", FileSystemId=fs)
    story.refused("FileSystemNotFound", "DeleteFileSystem", FileSystemId=fs)


def identity(story):
    """Who calls."""
    told = story.client.call("sts", "GetCallerIdentity")
    assert told["Account"].isdigit() and len(told["Account"]) == 12, told
    assert f":{told['Account']}:" in told["Arn"], told


def tell(client):
    """The whole story; all that went otherwise."""
    story = Story(client)
    story.chapter(identity)
    story.chapter(policies.preferences)
    fs = story.chapter(file_systems)
    targets = story.chapter(mount_targets, fs) or []
    points = story.chapter(access_points, fs) or []
    story.chapter(tags, fs, points[0] if points else None)
    story.chapter(policies.policies, fs)
    story.chapter(policies.throughput, fs)
    story.chapter(one_zone)
    story.chapter(policies.replication, fs)
    story.chapter(paging)
    story.chapter(the_end, fs, targets, points)
    parts = (neighbours.ec2, neighbours.kms, neighbours.eks, neighbours.iam)
    for part in (*parts, neighbours.policies_of_iam, neighbours.web_identity):
        story.chapter(part)
    for part in (network.guards, network.gateways, network.private_gateway, network.defaults):
        story.chapter(part)
    for part in (interfaces.blocks, interfaces.attachments, interfaces.routes, interfaces.tags):
        story.chapter(part)
    return story.mistakes


if __name__ == "__main__":
    mistakes = tell({"boto3": Boto3, "cli": Cli}[sys.argv[1]]())
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    sys.exit(1 if mistakes else 0)
