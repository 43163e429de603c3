//! A world of its own for one test: a folder, an AWS in it, and the programs.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::{Aws, programs, workspace};

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The calls that the sandbox listed meanwhile.
    pub calls: Vec<Call>,
}

impl Ran {
    /// The result as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}\n{}", self.stdout, self.stderr))
    }

    /// The same, after an exit code that was expected.
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

/// One call that the sandbox listed.
#[derive(Debug, Clone)]
pub struct Call {
    /// The operation.
    pub operation: String,
    /// `ok`, or the error's code.
    pub outcome: String,
    /// When the request arrived, in microseconds.
    pub at: u64,
    /// When it was answered, in microseconds.
    pub answered: u64,
}

/// A folder with a sandbox's state and a deployment's documents.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    /// Variables of the environment for every run.
    pub env: Vec<(String, String)>,
}

impl Default for World {
    fn default() -> Self {
        World::new()
    }
}

impl World {
    /// An empty world.
    pub fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(workspace().join("clockwork.hcl"), folder.path().join("clockwork.hcl"))
            .unwrap();
        World { folder, env: Vec::new() }
    }

    /// The folder that runs start in; it holds a copy of the example `clockwork.hcl`.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The sandbox's state.
    pub fn state(&self) -> PathBuf {
        self.path().join("state.json")
    }

    /// The directory of documents.
    pub fn manifests(&self) -> PathBuf {
        self.path().join("manifests")
    }

    /// One document's text.
    pub fn document(&self, name: &str) -> String {
        std::fs::read_to_string(self.manifests().join(name)).unwrap()
    }

    /// Sets a variable of the environment for every run from now on.
    pub fn set(&mut self, name: &str, value: impl ToString) {
        self.env.push((name.to_owned(), value.to_string()));
    }

    /// A shell in the folder, in which `xtask` finds the world's sandbox.
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
        let shell = self.shell();
        let program = programs().join("xtask");
        let before = self.calls().len();
        let output = cmd!(shell, "{program} {args...}").quiet().ignore_status().output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            // A reset takes the list away.
            calls: self.calls().into_iter().skip(before).collect(),
        }
    }

    /// Runs a command of a deployment against the world's sandbox.
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

    /// Deploys, and expects that to succeed; the result.
    #[track_caller]
    pub fn deploy(&self, more: &[&str]) -> Value {
        self.run("deploy-efs", more).exits(0).json()
    }

    /// Plans, and expects that to succeed; the plan.
    #[track_caller]
    pub fn plan(&self, more: &[&str]) -> Value {
        self.run("plan-efs", more).exits(0).json()
    }

    /// Plans, and expects that there is nothing to do.
    #[track_caller]
    pub fn nothing_to_do(&self, more: &[&str]) {
        let plan = self.plan(more);
        assert_eq!(plan["changes"], 0, "{plan:#}");
        assert_eq!(plan["waits"].as_array().map(Vec::len), Some(0), "{plan:#}");
    }

    /// Every call so far.
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
                answered: at + call["took_us"].as_u64().unwrap(),
            }
        };
        text.lines().map(call).collect()
    }

    /// Serves the world's sandbox, for as long as the answer lives.
    pub fn aws(&self) -> Aws {
        Aws::serve(Some(&self.state()), &self.env)
    }
}

impl Call {
    /// The longest chain of calls in which each arrived after the one before was answered.
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
