//! What one test has to itself: a folder, a sandbox with its state in it, and the programs.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::{Aws, programs, workspace};

/// The outcome of a run.
#[derive(Debug)]
pub struct Ran {
    /// `None` after a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The calls that reached the sandbox during the run.
    pub calls: Vec<Call>,
}

impl Ran {
    /// Parses standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}\n{}", self.stdout, self.stderr))
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Ran {
        assert_eq!(
            self.code,
            Some(code),
            "standard output:\n{}\nstandard error:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// One call that reached the sandbox.
#[derive(Debug, Clone)]
pub struct Call {
    pub operation: String,
    /// `ok`, or the error code.
    pub outcome: String,
    /// When the request arrived, in microseconds.
    pub at: u64,
    /// When the response was sent, in microseconds.
    pub answered: u64,
    /// The id that the response carried.
    pub request_id: String,
}

/// A folder with the state of a sandbox and the documents of a deployment.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    /// Environment variables of every run.
    pub env: Vec<(String, String)>,
}

impl Default for World {
    fn default() -> Self {
        World::new()
    }
}

impl World {
    /// A folder with a copy of the example `clockwork.hcl`, and an empty account.
    pub fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(workspace().join("clockwork.hcl"), folder.path().join("clockwork.hcl"))
            .unwrap();
        World { folder, env: Vec::new() }
    }

    /// The working directory of runs.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The file with the state of the sandbox.
    pub fn state(&self) -> PathBuf {
        self.path().join("state.json")
    }

    /// The directory of the documents.
    pub fn manifests(&self) -> PathBuf {
        self.path().join("manifests")
    }

    /// Reads a document.
    pub fn document(&self, name: &str) -> String {
        std::fs::read_to_string(self.manifests().join(name)).unwrap()
    }

    /// Sets an environment variable for every later run.
    pub fn set(&mut self, name: &str, value: impl ToString) {
        self.env.push((name.to_owned(), value.to_string()));
    }

    /// Has the AWS of every later run take 20 ms for what takes seconds otherwise.
    pub fn hurry(&mut self) {
        self.env.extend(hurried());
    }

    /// A shell in the folder, whose `xtask` uses the sandbox of this world.
    pub fn shell(&self) -> Shell {
        let shell = Shell::new().unwrap();
        shell.change_dir(self.path());
        shell.set_var("CLOCKWORK_SANDBOX_STATE", self.state());
        shell.set_var("CARGO_MANIFEST_DIR", workspace().join("xtask"));
        for (name, value) in &self.env {
            shell.set_var(name, value);
        }
        shell
    }

    /// Runs `xtask` with these arguments.
    pub fn xtask(&self, args: &[&str]) -> Ran {
        self.xtask_with(&[], args)
    }

    /// The same with more environment variables.
    pub fn xtask_with(&self, env: &[(String, String)], args: &[&str]) -> Ran {
        let shell = self.shell();
        for (name, value) in env {
            shell.set_var(name, value);
        }
        let program = programs().join("xtask");
        let before = self.calls().len();
        let output = cmd!(shell, "{program} {args...}").quiet().ignore_status().output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            // A reset deletes the list.
            calls: self.calls().into_iter().skip(before).collect(),
        }
    }

    /// Runs a command of a deployment on the sandbox of this world.
    pub fn run(&self, command: &str, more: &[&str]) -> Ran {
        let manifests = self.manifests();
        let mut args = vec![
            command,
            "--sandbox",
            "--output",
            "json",
            "--manifests",
            manifests.to_str().unwrap(),
        ];
        args.extend(more);
        self.xtask(&args)
    }

    /// Deploys, which must succeed; returns the summary.
    #[track_caller]
    pub fn deploy(&self, more: &[&str]) -> Value {
        self.run("deploy-efs", more).exits(0).json()
    }

    /// Plans, which must succeed; returns the plan.
    #[track_caller]
    pub fn plan(&self, more: &[&str]) -> Value {
        self.run("plan-efs", more).exits(0).json()
    }

    /// Asserts that a plan has no changes.
    #[track_caller]
    pub fn nothing_to_do(&self, more: &[&str]) {
        let plan = self.plan(more);
        assert_eq!(plan["changes"], 0, "{plan:#}");
        assert_eq!(plan["waits"].as_array().map(Vec::len), Some(0), "{plan:#}");
    }

    /// Every call that reached the sandbox so far.
    pub fn calls(&self) -> Vec<Call> {
        let text =
            std::fs::read_to_string(self.state().with_extension("calls.jsonl")).unwrap_or_default();
        let call = |line| {
            let call: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| call[name].as_str().unwrap().to_owned();
            let at = call["at_us"].as_u64().unwrap();
            Call {
                operation: text("operation"),
                outcome: text("outcome"),
                at,
                request_id: text("request_id"),
                answered: at + call["took_us"].as_u64().unwrap(),
            }
        };
        // The sandbox may be writing the last line.
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        complete.lines().map(call).collect()
    }

    /// Serves the sandbox of this world until the returned value is dropped.
    pub fn aws(&self) -> Aws {
        Aws::serve(Some(&self.state()), &self.env)
    }
}

/// Runs a command whose wait ends at its time limit, with ever longer limits, until it says this: how
/// long the machine takes up to the wait is nobody's promise.
#[track_caller]
pub fn says_at_its_limit(run: impl Fn(&str) -> Ran, words: &str) -> Ran {
    let mut last = None;
    for seconds in [5, 20, 80] {
        let ran = run(&format!("--timeout={seconds}s")).exits(1);
        if ran.stderr.contains(words) {
            return ran;
        }
        last = Some(ran);
    }
    panic!("no {words:?} in\n{}", last.map(|ran| ran.stderr).unwrap_or_default());
}

impl Call {
    /// Whether it changes nothing.
    pub fn reads(&self) -> bool {
        ["Describe", "Get", "List"].iter().any(|verb| self.operation.starts_with(verb))
    }

    /// The length of the longest chain of calls of which each arrived after the response to
    /// the one before.
    pub fn rounds(calls: &[Call]) -> usize {
        let mut rounds: Vec<(u64, usize)> = Vec::new();
        for call in calls {
            let before =
                rounds.iter().filter(|(answered, _)| *answered <= call.at).map(|(_, round)| *round);
            rounds.push((call.answered, before.max().unwrap_or(0) + 1));
        }
        rounds.into_iter().map(|(_, round)| round).max().unwrap_or(0)
    }
}

/// The variables by which the sandbox takes 20 ms for what takes seconds otherwise.
pub(crate) fn hurried() -> [(String, String); 9] {
    [
        "FILE_SYSTEM_CREATING",
        "FILE_SYSTEM_UPDATING",
        "FILE_SYSTEM_DELETING",
        "MOUNT_TARGET_CREATING",
        "MOUNT_TARGET_DELETING",
        "THROUGHPUT_CHANGE",
        "REPLICATION_ENABLING",
        "REPLICATION_DELETING",
        "ADDON_CHANGING",
    ]
    .map(|time| (format!("CLOCKWORK_SANDBOX_{time}_MS"), "20".to_owned()))
}
