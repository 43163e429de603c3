//! The flags of EFS: how long its states take, and how much an account may have.

use clap::Args;

/// Times and quotas of EFS.
#[derive(Debug, Clone, Args)]
pub(crate) struct EfsOptions {
    /// Milliseconds that an access point is `creating`
    #[arg(long, default_value_t = 100, env = "CLOCKWORK_SANDBOX_ACCESS_POINT_CREATING_MS")]
    pub(crate) access_point_creating_ms: u64,
    /// Milliseconds that an access point is `deleting`
    #[arg(long, default_value_t = 0, env = "CLOCKWORK_SANDBOX_ACCESS_POINT_DELETING_MS")]
    pub(crate) access_point_deleting_ms: u64,
    /// Milliseconds that a backup policy is `ENABLING` or `DISABLING`
    #[arg(long, default_value_t = 200, env = "CLOCKWORK_SANDBOX_BACKUP_CHANGING_MS")]
    pub(crate) backup_changing_ms: u64,
    /// Milliseconds that a replication is `ENABLING`: its first copy
    #[arg(long, default_value_t = 400, env = "CLOCKWORK_SANDBOX_REPLICATION_ENABLING_MS")]
    pub(crate) replication_enabling_ms: u64,
    /// Milliseconds that a replication is `DELETING`
    #[arg(long, default_value_t = 400, env = "CLOCKWORK_SANDBOX_REPLICATION_DELETING_MS")]
    pub(crate) replication_deleting_ms: u64,
    /// Milliseconds from one copy of a replication to the next
    #[arg(long, default_value_t = 60_000, env = "CLOCKWORK_SANDBOX_REPLICATION_INTERVAL_MS",
        value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) replication_interval_ms: u64,
    /// Milliseconds until a new file system is metered for the first time: an empty one holds 6 KiB
    #[arg(long, default_value_t = 3_600_000, env = "CLOCKWORK_SANDBOX_METERING_MS")]
    pub(crate) metering_ms: u64,
    /// Milliseconds that must pass between two changes of a throughput mode; AWS's day is the default
    #[arg(long, default_value_t = 86_400_000, env = "CLOCKWORK_SANDBOX_THROUGHPUT_CHANGE_MS")]
    pub(crate) throughput_change_ms: u64,
    /// File systems that the account may have in a region
    #[arg(long, default_value_t = 1000, env = "CLOCKWORK_SANDBOX_FILE_SYSTEM_LIMIT")]
    pub(crate) file_system_limit: usize,
    /// Access points that a file system may have
    #[arg(long, default_value_t = 10_000, env = "CLOCKWORK_SANDBOX_ACCESS_POINT_LIMIT")]
    pub(crate) access_point_limit: usize,
    /// Mount targets that a VPC may have
    #[arg(long, default_value_t = 1400, env = "CLOCKWORK_SANDBOX_MOUNT_TARGET_LIMIT")]
    pub(crate) mount_target_limit: usize,
    /// Encrypt file systems whatever the request says, as AWS has begun to do
    #[arg(long, env = "CLOCKWORK_SANDBOX_ENCRYPT_ALWAYS")]
    pub(crate) encrypt_always: bool,
}
