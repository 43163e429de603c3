//! The sandbox's flags; each can be set by an environment variable too, so that
//! they reach it through the programs that start it.

pub(crate) mod efs;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use efs::EfsOptions;

use crate::faults::Rule;
use crate::worlds::World;

/// A local AWS for any client: EFS, and the parts of EC2, EKS, IAM, KMS and STS that its clients use.
///
/// Set `AWS_ENDPOINT_URL` to its address. Any credentials are accepted, but requests must be
/// signed. The last 10,000 calls are listed at `/_sandbox/calls`.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Options {
    /// Port to listen on; 0 for any free port
    #[arg(long, default_value_t = 4566, env = "CLOCKWORK_SANDBOX_PORT")]
    pub port: u16,
    /// Address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), hide = true)]
    pub host: IpAddr,
    /// State file; without one, the state is lost when the program ends
    #[arg(long, env = "CLOCKWORK_SANDBOX_STATE")]
    pub(crate) state: Option<PathBuf>,
    /// Id of the account that everything belongs to
    #[arg(long, default_value = "111122223333", env = "CLOCKWORK_SANDBOX_ACCOUNT", value_parser = account)]
    pub(crate) account: String,
    /// Number of Availability Zones of a new region
    #[arg(long, default_value_t = 3, env = "CLOCKWORK_SANDBOX_ZONES", value_parser = clap::value_parser!(u8).range(1..=6))]
    pub(crate) zones: u8,
    /// What a new region has in addition to its default network; may be repeated or separated by
    /// commas
    #[arg(
        long = "world",
        value_name = "WORLD",
        env = "CLOCKWORK_SANDBOX_WORLDS",
        value_delimiter = ','
    )]
    pub(crate) worlds: Vec<World>,
    /// File with further resources of regions: JSON, `{"REGION": {"Clusters": [],
    /// "Keys": [], "Aliases": [], "Instances": []}}`
    #[arg(long = "seed", value_name = "FILE", env = "CLOCKWORK_SANDBOX_SEED")]
    pub(crate) seed: Option<PathBuf>,
    /// Latency of every request, in milliseconds
    #[arg(long, default_value_t = 0, env = "CLOCKWORK_SANDBOX_LATENCY_MS")]
    latency_ms: u64,
    /// Milliseconds that a file system is `creating`
    #[arg(long, default_value_t = 200, env = "CLOCKWORK_SANDBOX_FILE_SYSTEM_CREATING_MS")]
    pub(crate) file_system_creating_ms: u64,
    /// Milliseconds that a file system is `updating`
    #[arg(long, default_value_t = 200, env = "CLOCKWORK_SANDBOX_FILE_SYSTEM_UPDATING_MS")]
    pub(crate) file_system_updating_ms: u64,
    /// Milliseconds that a file system is `deleting`
    #[arg(long, default_value_t = 200, env = "CLOCKWORK_SANDBOX_FILE_SYSTEM_DELETING_MS")]
    pub(crate) file_system_deleting_ms: u64,
    /// Milliseconds that a mount target is `creating`
    #[arg(long, default_value_t = 600, env = "CLOCKWORK_SANDBOX_MOUNT_TARGET_CREATING_MS")]
    pub(crate) mount_target_creating_ms: u64,
    /// Milliseconds that a mount target is `deleting`
    #[arg(long, default_value_t = 400, env = "CLOCKWORK_SANDBOX_MOUNT_TARGET_DELETING_MS")]
    pub(crate) mount_target_deleting_ms: u64,
    #[command(flatten)]
    pub(crate) efs: EfsOptions,
    /// Milliseconds that an add-on of a cluster is created, updated or deleted
    #[arg(long, default_value_t = 600, env = "CLOCKWORK_SANDBOX_ADDON_CHANGING_MS")]
    pub(crate) addon_changing_ms: u64,
    /// Requests per second for the account; more are throttled. 0 for no limit
    #[arg(long, default_value_t = 0.0, env = "CLOCKWORK_SANDBOX_RATE_LIMIT")]
    pub(crate) rate_limit: f64,
    /// Fault to inject, `OPERATION:WHEN:FAULT`; may be repeated.
    /// WHEN: `*`, `#N`, `P%`. FAULT: throttle, error, code=NAME (an error code of the operation),
    /// delay=MS, cut-before, cut-after, stale=MS, hold-before, hold-after
    #[arg(
        long = "fault",
        value_name = "RULE",
        env = "CLOCKWORK_SANDBOX_FAULTS",
        value_delimiter = ';'
    )]
    pub(crate) faults: Vec<Rule>,
    /// File with one such rule per line
    #[arg(long, value_name = "FILE")]
    pub(crate) faults_file: Option<PathBuf>,
    /// Seed of the random faults
    #[arg(long, default_value_t = 0, env = "CLOCKWORK_SANDBOX_FAULT_SEED")]
    pub(crate) fault_seed: u64,
    /// Refuse calls that the caller's IAM policies do not allow
    #[arg(long, env = "CLOCKWORK_SANDBOX_ENFORCE_IAM")]
    pub(crate) enforce_iam: bool,
    /// Caller with this access key id and the policies in this file: a policy document, or a
    /// principal as in `--iam-file`; may be repeated
    #[arg(
        long = "principal",
        value_name = "KEY=FILE",
        env = "CLOCKWORK_SANDBOX_PRINCIPALS",
        value_delimiter = ';',
        value_parser = principal
    )]
    pub(crate) principals: Vec<(String, PathBuf)>,
    /// JSON file with the callers by access key id (`principals`: `arn`, `tags`, `policies`,
    /// `permissions_boundary`, `session_policies`), the organization's
    /// `service_control_policies`, a list for each level, and the account's place in it,
    /// `organization_path`, such as `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`
    #[arg(long, value_name = "FILE", env = "CLOCKWORK_SANDBOX_IAM_FILE")]
    pub(crate) iam_file: Option<PathBuf>,
    /// Stop when standard input is closed, for programs that start this one
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
}

/// The id of an account: twelve digits.
fn account(text: &str) -> Result<String, String> {
    let digits = text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit());
    if digits { Ok(text.to_owned()) } else { Err("an account id has twelve digits".to_owned()) }
}

/// `KEY=FILE`.
fn principal(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((key, file)) if !key.is_empty() && !file.is_empty() => {
            Ok((key.to_owned(), PathBuf::from(file)))
        }
        _ => Err("give an access key id and a file: KEY=FILE".to_owned()),
    }
}

impl Options {
    /// For how long what was just made is not known to other calls and services: "the IAM service is
    /// eventually consistent" (IAM User Guide, "Troubleshoot IAM"), and so is EC2 (EC2 API Reference,
    /// "Eventual consistency"). In the world of it, it is always just as long.
    pub(crate) fn unknown_ms(&self) -> u64 {
        if self.worlds.contains(&World::LateVisibility) { 2000 } else { 0 }
    }

    /// For how long the network interface of a mount target outlives it: "the network interface is
    /// deleted" after the target is (`DeleteMountTarget`), and until then EC2 answers
    /// `DependencyViolation` for its groups, and EFS `FileSystemInUse` for the file system, which
    /// Terraform's provider waits for (`internal/service/efs/file_system.go`, `internal/service/ec2/
    /// vpc_security_group.go`).
    pub(crate) fn released_after_ms(&self) -> Option<u64> {
        self.worlds.contains(&World::LateRelease).then_some(2000)
    }

    /// The latency of every request.
    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(self.latency_ms)
    }
}
