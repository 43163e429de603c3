//! Identifiers of EFS.

inputs::id!(FileSystemId, "fs-", "file system id");
inputs::id!(MountTargetId, "fsmt-", "mount target id");
inputs::id!(AccessPointId, "fsap-", "access point id");
