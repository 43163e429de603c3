//! A program, started with its log in a file, and stopped for certain: also when
//! whoever started it is killed.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context, bail};
use xshell::{Shell, cmd};

/// Runs a program, and kills it when standard input ends: that happens even
/// when whoever started it is killed. Commands in the background lose standard
/// input, so it is kept under another number.
const SUPERVISOR: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{ cat <&3 >/dev/null; kill -KILL "$program" 2>/dev/null; } &
wait "$program"
"#;

/// How much of a log is told after a failure.
const TAIL: usize = 30;

/// A running program. It ends with this value.
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    supervisor: Mutex<Child>,
    log: PathBuf,
}

impl Program {
    /// Starts it, with its log in the folder.
    pub fn start(
        name: &'static str,
        path: &Path,
        folder: &Path,
        args: &[String],
        env: &[(&str, &str)],
    ) -> anyhow::Result<Program> {
        let log = folder.join(format!("{name}.log"));
        let out = File::create(&log).with_context(|| format!("making `{}`", log.display()))?;
        let shell = Shell::new()?;
        let mut command: Command = cmd!(shell, "sh -c {SUPERVISOR} {name} {path} {args...}").into();
        command.envs(env.iter().copied());
        // A process group of its own: Ctrl-C is for who started it.
        let supervisor = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("starting `{}`", path.display()))?;
        Ok(Program { name, supervisor: Mutex::new(supervisor), log })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// An error where it has ended by itself.
    pub fn is_alive(&self) -> anyhow::Result<()> {
        let mut supervisor =
            self.supervisor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(status) = supervisor.try_wait()? {
            bail!("`{}` ended with {status}:\n{}", self.name, self.tail());
        }
        Ok(())
    }

    /// Everything that it said.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map_or_else(
            |error| format!("no log: {error}"),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    /// The end of what it said.
    pub fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let supervisor =
            self.supervisor.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        drop(supervisor.stdin.take());
        let _ = supervisor.wait();
    }
}
