//! What protects the data of a file system: backups, and what keeps it from being overwritten.

inputs::words! {
    /// Whether AWS Backup makes a copy every day (`BackupPolicy`). EFS also answers with
    /// `ENABLING` and `DISABLING` on the way, which [`BackupPolicy::found`] reads.
    pub enum BackupPolicy {
        Enabled = "ENABLED",
        Disabled = "DISABLED",
    }
}

impl BackupPolicy {
    /// What EFS answers: a change that is under way counts as done.
    pub fn found(status: &str) -> Option<BackupPolicy> {
        match status {
            "ENABLED" | "ENABLING" => Some(BackupPolicy::Enabled),
            "DISABLED" | "DISABLING" => Some(BackupPolicy::Disabled),
            _ => None,
        }
    }
}

inputs::words! {
    /// Whether it can be made the destination of a replication, which overwrites it
    /// (`ReplicationOverwriteProtection`).
    pub open enum OverwriteProtection {
        /// It cannot.
        Enabled = "ENABLED",
        /// It can.
        Disabled = "DISABLED",
        /// It is one; nobody can write to it, and EFS sets this itself.
        Replicating = "REPLICATING",
    }
}
