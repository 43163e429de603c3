//! What `live` is started with.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::import::Import;
use crate::job::Job;
use crate::output::{LogFormat, Output};

/// Work, and what holds for the whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub session: Session,
    pub work: Work,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// One deployment.
    Run(Box<Job>),
    /// Many deployments at once, which share the account's rate.
    Fleet(Fleet),
    /// The blocks of file systems that are there.
    Import(Box<Import>),
}

/// What holds for the whole run, of one deployment or of many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// How the result is printed.
    pub output: Output,
    /// The limit of the whole run.
    pub timeout: Duration,
    /// Where AWS is, where it is not AWS itself.
    pub endpoint_url: Option<String>,
    /// The local AWS to run for the length of the job.
    pub sandbox: Option<Sandbox>,
    /// How often one looks at what AWS makes or deletes.
    pub pace: Pace,
    /// How much is written to standard error: 0 progress, 1 or more every AWS call.
    pub verbosity: u8,
    /// The command line that continues where an interrupted run stopped.
    pub again: String,
    /// The same without the values of variables: what logs and audit files show.
    pub command: String,
    /// How progress and events are written to standard error.
    pub log: LogFormat,
    /// The file that changes are recorded in.
    pub audit: Option<PathBuf>,
    /// The prices of estimates, where they are not those of this program alone.
    pub prices: Option<efs::costs::Prices>,
}

impl Session {
    /// The prices of estimates.
    pub fn prices(&self) -> &efs::costs::Prices {
        self.prices.as_ref().unwrap_or_else(|| efs::costs::Prices::built_in())
    }
}

/// Many deployments in one process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fleet {
    /// The deployments by name, in the order in which they begin.
    pub jobs: Vec<(String, Job)>,
    /// AWS calls per second and region that they make together.
    pub rate: f64,
}

/// How long what is waited for takes, and so when to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// As long as in AWS: some looks where it usually ends, as each is one of the account's calls.
    Aws,
    /// A moment, as in an emulator: looks begin at once.
    Emulator,
}

impl Pace {
    /// The pace of an endpoint. AWS's own are `https`, VPC endpoints too; emulators are not.
    pub fn of(endpoint_url: Option<&str>) -> Pace {
        match endpoint_url {
            Some(url) if url.starts_with("http://") => Pace::Emulator,
            _ => Pace::Aws,
        }
    }
}

/// The local AWS to run for the length of the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    pub program: PathBuf,
    /// The file that holds its state.
    pub state: PathBuf,
}
