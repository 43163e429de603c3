//! Jobs as `xtask` hands them to `live`, for tests that run `live` very often: `xtask` has
//! Cargo check the sources at every run.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::{Ran, World, programs};

/// The job of a command whose inputs were read and checked.
#[derive(Debug, Clone)]
pub struct Job {
    order: Value,
    env: Vec<(String, String)>,
}

impl World {
    /// The job that `xtask` makes of these arguments; it runs only [at](Job::at) an AWS.
    #[track_caller]
    pub fn job(&self, args: &[&str]) -> Job {
        let somewhere = ["--endpoint-url=http://127.0.0.1:9", "--manifests=here"];
        self.job_of(&[args, &somewhere].concat())
    }

    /// The same, where the arguments name an AWS and a target themselves.
    #[track_caller]
    pub fn job_of(&self, args: &[&str]) -> Job {
        let ran = self.xtask(&[args, &["--print-job", "--output=json"]].concat()).exits(0);
        Job { order: ran.json(), env: self.env.clone() }
    }
}

impl Job {
    /// The same job at another AWS and in another directory.
    #[must_use]
    pub fn at(&self, url: &str, manifests: &Path) -> Job {
        let mut job = self.clone();
        job.order["session"]["endpoint_url"] = json!(url);
        job.order["work"]["run"]["target"] = json!({ "directory": manifests });
        job
    }

    /// The same destroy, with consent to delete this file system with its data.
    #[must_use]
    pub fn deleting_data(&self, file_system: &str) -> Job {
        let mut job = self.clone();
        job.order["work"]["run"]["goal"]["destroy"]["file_systems"] = json!([file_system]);
        job
    }

    /// The same job with another text wherever it has `before`, such as the id of a file system.
    #[must_use]
    pub fn with(&self, before: &str, after: &str) -> Job {
        let order = self.order.to_string().replace(before, after);
        Job { order: serde_json::from_str(&order).unwrap(), env: self.env.clone() }
    }

    /// Starts `live` with the job.
    pub fn start(&self) -> Child {
        let shell = Shell::new().unwrap();
        let program = programs().join("live");
        let mut stdin = tempfile::tempfile().unwrap();
        serde_json::to_writer(&mut stdin, &self.order).unwrap();
        std::io::Seek::rewind(&mut stdin).unwrap();
        let mut command: Command = cmd!(shell, "{program}").into();
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(self.env.iter().cloned());
        command.spawn().unwrap()
    }

    /// Runs the job to its end.
    pub fn run(&self) -> Ran {
        let output = self.start().wait_with_output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            calls: Vec::new(),
        }
    }
}
