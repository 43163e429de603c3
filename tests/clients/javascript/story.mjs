// A life of a file system, told with the AWS SDK for JavaScript: creating, sharing,
// describing page by page, policies, errors as typed exceptions, and the end.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import {
  CreateAccessPointCommand,
  CreateFileSystemCommand,
  CreateMountTargetCommand,
  DeleteAccessPointCommand,
  DeleteFileSystemCommand,
  DeleteFileSystemPolicyCommand,
  DeleteMountTargetCommand,
  DescribeAccountPreferencesCommand,
  DescribeBackupPolicyCommand,
  DescribeFileSystemPolicyCommand,
  DescribeFileSystemsCommand,
  DescribeLifecycleConfigurationCommand,
  DescribeMountTargetSecurityGroupsCommand,
  DescribeMountTargetsCommand,
  EFSClient,
  FileSystemAlreadyExists,
  FileSystemInUse,
  FileSystemNotFound,
  ListTagsForResourceCommand,
  ModifyMountTargetSecurityGroupsCommand,
  MountTargetConflict,
  MountTargetNotFound,
  PolicyNotFound,
  PutBackupPolicyCommand,
  PutFileSystemPolicyCommand,
  PutLifecycleConfigurationCommand,
  TagResourceCommand,
  TooManyRequests,
  UntagResourceCommand,
  UpdateFileSystemCommand,
  UpdateFileSystemProtectionCommand,
  paginateDescribeAccessPoints,
  paginateDescribeFileSystems,
} from "@aws-sdk/client-efs";

const [subnet, group] = process.argv.slice(2);
const client = new EFSClient({ region: "eu-west-1", maxAttempts: 1 });
const call = (Command, input = {}) => client.send(new Command(input));

async function until(what, holds) {
  const limit = Date.now() + 30_000;
  while (!(await holds())) {
    assert(Date.now() < limit, `not in 30 s: ${what}`);
    await pause(20);
  }
}

async function gone(Command, input, Missing) {
  await until(`${JSON.stringify(input)} is gone`, async () => {
    try {
      await call(Command, input);
      return false;
    } catch (error) {
      assert(error instanceof Missing, error);
      return true;
    }
  });
}

const made = await call(CreateFileSystemCommand, {
  CreationToken: "javascript",
  Encrypted: true,
  Tags: [{ Key: "Name", Value: "of JavaScript" }],
});
const FileSystemId = made.FileSystemId;
assert.equal(made.Name, "of JavaScript");
assert(made.CreationTime instanceof Date && Math.abs(made.CreationTime - Date.now()) < 600_000, made.CreationTime);
await assert.rejects(call(CreateFileSystemCommand, { CreationToken: "javascript" }), (error) => {
  assert(error instanceof FileSystemAlreadyExists, error);
  assert.equal(error.FileSystemId, FileSystemId);
  assert.equal(error.$metadata.httpStatusCode, 409);
  return true;
});
const found = async () => (await call(DescribeFileSystemsCommand, { FileSystemId })).FileSystems[0];
const available = () => until("it is available", async () => (await found()).LifeCycleState === "available");
await available();

const target = await call(CreateMountTargetCommand, { FileSystemId, SubnetId: subnet, SecurityGroups: [group] });
const MountTargetId = target.MountTargetId;
await assert.rejects(call(CreateMountTargetCommand, { FileSystemId, SubnetId: subnet }), MountTargetConflict);
await until("the target is available", async () => {
  const { MountTargets } = await call(DescribeMountTargetsCommand, { MountTargetId });
  return MountTargets[0].LifeCycleState === "available";
});
await call(ModifyMountTargetSecurityGroupsCommand, { MountTargetId, SecurityGroups: [group] });
const { SecurityGroups } = await call(DescribeMountTargetSecurityGroupsCommand, { MountTargetId });
assert.deepEqual(SecurityGroups, [group]);

const points = [];
for (const n of [1, 2, 3]) {
  const point = await call(CreateAccessPointCommand, {
    ClientToken: `javascript-${n}`,
    FileSystemId,
    PosixUser: { Uid: 1000 + n, Gid: 1000 },
    RootDirectory: { Path: `/${n}`, CreationInfo: { OwnerUid: 1000 + n, OwnerGid: 1000, Permissions: "700" } },
  });
  points.push(point.AccessPointId);
}
const listed = [];
for await (const page of paginateDescribeAccessPoints({ client, pageSize: 2 }, { FileSystemId })) {
  assert(page.AccessPoints.length <= 2, page);
  listed.push(...page.AccessPoints.map((point) => point.AccessPointId));
}
assert.deepEqual(listed.toSorted?.() ?? [...listed].sort(), [...points].sort());
let systems = 0;
for await (const page of paginateDescribeFileSystems({ client, pageSize: 1 }, {})) {
  systems += page.FileSystems.length;
}
assert.equal(systems, 1);

await call(TagResourceCommand, { ResourceId: made.FileSystemArn, Tags: [{ Key: "stage", Value: "first" }] });
await call(UntagResourceCommand, { ResourceId: FileSystemId, TagKeys: ["stage"] });
const { Tags } = await call(ListTagsForResourceCommand, { ResourceId: FileSystemId });
assert.deepEqual(Tags, [{ Key: "Name", Value: "of JavaScript" }]);

const LifecyclePolicies = [{ TransitionToIA: "AFTER_30_DAYS" }];
await call(PutLifecycleConfigurationCommand, { FileSystemId, LifecyclePolicies });
const lifecycle = await call(DescribeLifecycleConfigurationCommand, { FileSystemId });
assert.deepEqual(lifecycle.LifecyclePolicies, LifecyclePolicies);
await assert.rejects(call(DescribeBackupPolicyCommand, { FileSystemId }), PolicyNotFound);
await call(PutBackupPolicyCommand, { FileSystemId, BackupPolicy: { Status: "ENABLED" } });
await assert.rejects(call(DescribeFileSystemPolicyCommand, { FileSystemId }), PolicyNotFound);
const Statement = [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "elasticfilesystem:ClientMount", Resource: made.FileSystemArn }];
const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
await call(PutFileSystemPolicyCommand, { FileSystemId, Policy, BypassPolicyLockoutSafetyCheck: true });
assert.equal((await call(DescribeFileSystemPolicyCommand, { FileSystemId })).FileSystemId, FileSystemId);
await call(DeleteFileSystemPolicyCommand, { FileSystemId });
await call(UpdateFileSystemProtectionCommand, { FileSystemId, ReplicationOverwriteProtection: "DISABLED" });
assert.equal((await found()).FileSystemProtection.ReplicationOverwriteProtection, "DISABLED");
await call(DescribeAccountPreferencesCommand);

await call(UpdateFileSystemCommand, { FileSystemId, ThroughputMode: "elastic" });
await available();
await assert.rejects(call(UpdateFileSystemCommand, { FileSystemId, ThroughputMode: "bursting" }), TooManyRequests);

await assert.rejects(call(DeleteFileSystemCommand, { FileSystemId }), FileSystemInUse);
for (const AccessPointId of points) {
  await call(DeleteAccessPointCommand, { AccessPointId });
}
await call(DeleteMountTargetCommand, { MountTargetId });
await gone(DescribeMountTargetsCommand, { MountTargetId }, MountTargetNotFound);
await call(DeleteFileSystemCommand, { FileSystemId });
await gone(DescribeFileSystemsCommand, { FileSystemId }, FileSystemNotFound);
