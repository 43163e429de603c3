//! A program that is started with its log in a file, and always stopped: even when the
//! process that started it is killed.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context, bail};
use xshell::{Shell, cmd};

/// Runs a program, and kills it when standard input ends, which happens even when the
/// starting process is killed. A shell gives background commands an empty standard input, so
/// the real one is kept as file descriptor 3.
const SUPERVISOR: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{ cat <&3 >/dev/null; kill -KILL "$program" 2>/dev/null; } &
wait "$program"
"#;

/// How many lines of a log are part of an error.
const TAIL: usize = 30;

/// A running program; dropping this value stops it.
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    supervisor: Mutex<Child>,
    log: PathBuf,
}

impl Program {
    /// Starts the program at `path`, with its output in `folder/name.log`.
    ///
    /// # Errors
    /// If the log or the process cannot be created.
    pub fn start(
        name: &'static str,
        path: &Path,
        folder: &Path,
        args: &[String],
        env: &[(&str, &str)],
    ) -> anyhow::Result<Program> {
        let log = folder.join(format!("{name}.log"));
        let out = File::create(&log).with_context(|| format!("creating `{}`", log.display()))?;
        let shell = Shell::new()?;
        let mut command: Command = cmd!(shell, "sh -c {SUPERVISOR} {name} {path} {args...}").into();
        command.envs(env.iter().copied());
        // A process group of its own: Ctrl-C in a terminal is for the starting process only.
        let supervisor = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("starting `{}`", path.display()))?;
        Ok(Program { name, supervisor: Mutex::new(supervisor), log })
    }

    /// The name that it was started with.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Checks that the program still runs.
    ///
    /// # Errors
    /// If it exited; the error has the end of its log.
    pub fn is_alive(&self) -> anyhow::Result<()> {
        let mut supervisor =
            self.supervisor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(status) = supervisor.try_wait()? {
            bail!("`{}` exited with {status}:\n{}", self.name, self.tail());
        }
        Ok(())
    }

    /// Everything that it printed.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map_or_else(
            |error| format!("the log cannot be read: {error}"),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    /// The last lines that it printed.
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
