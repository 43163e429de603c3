"""What is set on a file system and on an account: chapters of `story.py`."""

import json

from clients import MISSING


def preferences(story):
    """Ids are long; short ones are past (API reference, PutAccountPreferences)."""
    told = story.efs("PutAccountPreferences", ResourceIdType="LONG_ID")["ResourceIdPreference"]
    assert told["ResourceIdType"] == "LONG_ID", told
    assert set(told["Resources"]) == {"FILE_SYSTEM", "MOUNT_TARGET"}, told
    told = story.efs("DescribeAccountPreferences")["ResourceIdPreference"]
    assert told["ResourceIdType"] == "LONG_ID", told
    story.refused("BadRequest", "PutAccountPreferences", ResourceIdType="SHORT_ID")
    story.refused(("BadRequest", "ValidationException"), "PutAccountPreferences", ResourceIdType="LONGER_ID")


def policies(story, fs):
    """Lifecycle, backup and the resource policy."""
    missing = MISSING["file system"]
    rules = [{"TransitionToIA": "AFTER_30_DAYS"}, {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]
    put = lambda rules: story.efs("PutLifecycleConfiguration", FileSystemId=fs, LifecyclePolicies=rules)
    assert put(rules)["LifecyclePolicies"] == rules
    assert story.efs("DescribeLifecycleConfiguration", FileSystemId=fs)["LifecyclePolicies"] == rules
    both = {"TransitionToIA": "AFTER_7_DAYS", "TransitionToArchive": "AFTER_90_DAYS"}
    invalid = ("BadRequest", "ValidationException")
    for wrong in ([both], [{"TransitionToIA": "AFTER_2_DAYS"}], [{"TransitionToIA": "AFTER_7_DAYS"}] * 2):
        story.refused(invalid, "PutLifecycleConfiguration", FileSystemId=fs, LifecyclePolicies=wrong)
    assert put([])["LifecyclePolicies"] == []
    story.refused("FileSystemNotFound", "PutLifecycleConfiguration", FileSystemId=missing, LifecyclePolicies=[])
    story.refused("FileSystemNotFound", "DescribeLifecycleConfiguration", FileSystemId=missing)

    story.refused("PolicyNotFound", "DescribeBackupPolicy", FileSystemId=fs)
    backup = lambda status: story.efs("PutBackupPolicy", FileSystemId=fs, BackupPolicy={"Status": status})
    assert backup("ENABLED")["BackupPolicy"]["Status"] in ("ENABLED", "ENABLING")
    status = lambda: story.efs("DescribeBackupPolicy", FileSystemId=fs)["BackupPolicy"]["Status"]
    story.until("backups are on", lambda: status() == "ENABLED")
    backup("DISABLED")
    story.until("backups are off", lambda: status() == "DISABLED")
    story.refused(invalid, "PutBackupPolicy", FileSystemId=fs, BackupPolicy={"Status": "SOMETIMES"})
    story.refused("FileSystemNotFound", "PutBackupPolicy", FileSystemId=missing, BackupPolicy={"Status": "ENABLED"})
    story.refused("FileSystemNotFound", "DescribeBackupPolicy", FileSystemId=missing)

    arn = story.file_system(fs)["FileSystemArn"]
    everyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everyone]})
    story.refused("PolicyNotFound", "DescribeFileSystemPolicy", FileSystemId=fs)
    bypass = {"BypassPolicyLockoutSafetyCheck": True}
    put = story.efs("PutFileSystemPolicy", FileSystemId=fs, Policy=policy, **bypass)
    assert json.loads(put["Policy"])["Statement"], put
    found = story.efs("DescribeFileSystemPolicy", FileSystemId=fs)
    assert found["FileSystemId"] == fs and json.loads(found["Policy"])["Statement"], found
    lockout = dict(everyone, Effect="Deny", Action="elasticfilesystem:*")
    lockout = json.dumps({"Version": "2012-10-17", "Statement": [lockout]})
    for wrong in ("no JSON", lockout):
        story.refused("InvalidPolicyException", "PutFileSystemPolicy", FileSystemId=fs, Policy=wrong)
    story.efs("DeleteFileSystemPolicy", FileSystemId=fs)
    story.efs("DeleteFileSystemPolicy", FileSystemId=fs)
    story.refused("PolicyNotFound", "DescribeFileSystemPolicy", FileSystemId=fs)
    for operation, more in (("DeleteFileSystemPolicy", {}), ("DescribeFileSystemPolicy", {}), ("PutFileSystemPolicy", {"Policy": policy})):
        story.refused("FileSystemNotFound", operation, FileSystemId=missing, **more)


def throughput(story, fs):
    """The 24-hour rule: one change of the mode, increases, and no more."""
    update = lambda **what: story.efs("UpdateFileSystem", FileSystemId=fs, **what)
    told = update(ThroughputMode="provisioned", ProvisionedThroughputInMibps=64.0)
    assert told["ThroughputMode"] == "provisioned" and told["ProvisionedThroughputInMibps"] == 64.0, told
    story.available(fs)
    assert update(ProvisionedThroughputInMibps=128.0)["ProvisionedThroughputInMibps"] == 128.0
    story.available(fs)
    story.refused("TooManyRequests", "UpdateFileSystem", FileSystemId=fs, ThroughputMode="elastic")
    story.refused("TooManyRequests", "UpdateFileSystem", FileSystemId=fs, ProvisionedThroughputInMibps=32.0)
    missing = MISSING["file system"]
    story.refused("FileSystemNotFound", "UpdateFileSystem", FileSystemId=missing, ThroughputMode="elastic")
    fast = {"ThroughputMode": "provisioned", "ProvisionedThroughputInMibps": 1000000.0}
    story.refused("ThroughputLimitExceeded", "UpdateFileSystem", FileSystemId=fs, **fast)


def replication(story, fs):
    """A copy in another region, protection, and letting go of it."""
    missing = MISSING["file system"]
    protect = lambda wish: story.efs("UpdateFileSystemProtection", FileSystemId=fs, ReplicationOverwriteProtection=wish)
    assert protect("DISABLED")["ReplicationOverwriteProtection"] == "DISABLED"
    assert protect("ENABLED")["ReplicationOverwriteProtection"] == "ENABLED"
    story.refused(
        "FileSystemNotFound", "UpdateFileSystemProtection", FileSystemId=missing, ReplicationOverwriteProtection="ENABLED"
    )
    story.refused("ReplicationNotFound", "DescribeReplicationConfigurations", FileSystemId=fs)
    abroad = [{"Region": "eu-central-1"}]
    made = story.efs("CreateReplicationConfiguration", SourceFileSystemId=fs, Destinations=abroad)
    assert made["SourceFileSystemId"] == fs and made["SourceFileSystemRegion"] == "eu-west-1", made
    assert made["Destinations"][0]["Region"] == "eu-central-1", made
    copy = made["Destinations"][0]["FileSystemId"]
    found = lambda: story.efs("DescribeReplicationConfigurations", FileSystemId=fs)["Replications"][0]
    story.until("it is enabled", lambda: found()["Destinations"][0]["Status"] == "ENABLED")
    assert found()["Destinations"][0]["FileSystemId"] == copy, found()
    listed = story.client.all("efs", "DescribeReplicationConfigurations", "Replications", 1)
    assert [one["SourceFileSystemId"] for one in listed] == [fs], listed
    story.refused("BadRequest", "CreateReplicationConfiguration", SourceFileSystemId=fs, Destinations=abroad)
    story.refused(("BadRequest", "FileSystemInUse"), "DeleteFileSystem", FileSystemId=fs)
    story.efs("DeleteReplicationConfiguration", SourceFileSystemId=fs)
    story.gone("DescribeReplicationConfigurations", "ReplicationNotFound", FileSystemId=fs)
    story.refused("ReplicationNotFound", "DeleteReplicationConfiguration", SourceFileSystemId=fs)
    for operation, more in (("CreateReplicationConfiguration", {"Destinations": abroad}), ("DeleteReplicationConfiguration", {})):
        story.refused("FileSystemNotFound", operation, SourceFileSystemId=missing, **more)
    story.refused("FileSystemNotFound", "DescribeReplicationConfigurations", FileSystemId=missing)
