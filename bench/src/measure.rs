//! Measuring a program while it runs.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;
use xshell::{Shell, cmd};

#[derive(Debug, Clone)]
pub(crate) struct Measurement {
    pub(crate) seconds: f64,
    /// The largest resident set, in bytes; 0 on systems without `/proc`.
    pub(crate) peak: u64,
    /// The JSON that the program printed; null if it printed none.
    pub(crate) result: Value,
}

/// Runs `live` with a job, and measures it.
pub(crate) fn live(programs: &Path, job: &Value) -> anyhow::Result<Measurement> {
    measured(command_of(programs, job, &[])?)
}

/// Variables of a program's environment.
pub(crate) type Environment<'a> = &'a [(&'a str, OsString)];

/// The same with these variables, whatever comes of it.
pub(crate) fn live_in(
    programs: &Path,
    job: &Value,
    environment: Environment<'_>,
) -> anyhow::Result<Ended> {
    ended(command_of(programs, job, environment)?)
}

fn command_of(
    programs: &Path,
    job: &Value,
    environment: Environment<'_>,
) -> anyhow::Result<Command> {
    let mut stdin = tempfile::tempfile()?;
    serde_json::to_writer(&mut stdin, job)?;
    std::io::Seek::rewind(&mut stdin)?;
    let shell = Shell::new()?;
    let program = programs.join("live");
    let mut command: Command = cmd!(shell, "{program}").into();
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    credentials(&mut command);
    command.envs(environment.iter().map(|(name, value)| (*name, value)));
    Ok(command)
}

/// A program that ended, and the most that it held together with all that it had started.
pub(crate) struct Tree {
    pub(crate) ended: Ended,
    /// In bytes: the resident sets added up, so that what processes share counts for each of them.
    pub(crate) peak: u64,
}

/// Runs `live` with a job and these variables, and measures it with all that it starts.
pub(crate) fn tree_in(
    programs: &Path,
    job: &Value,
    environment: Environment<'_>,
) -> anyhow::Result<Tree> {
    let mut peak = 0;
    let command = command_of(programs, job, environment)?;
    let ended = ended_watched(command, LOOK_AT_TREE, |process| {
        peak = peak.max(tree(process));
    })?;
    Ok(Tree { ended, peak })
}

/// Runs a command, which must succeed, and measures it.
pub(crate) fn measured(command: Command) -> anyhow::Result<Measurement> {
    let ended = ended(command)?;
    if !ended.status.success() {
        bail!("the measured program exited with {}:\n{}", ended.status, ended.stderr);
    }
    Ok(ended.measurement)
}

/// A command that ended, whatever came of it.
pub(crate) struct Ended {
    pub(crate) measurement: Measurement,
    pub(crate) status: ExitStatus,
    pub(crate) stderr: String,
}

/// How often one looks at a process, and at one with all that it started, which takes a
/// millisecond itself.
const LOOK: Duration = Duration::from_millis(1);
const LOOK_AT_TREE: Duration = Duration::from_millis(10);

/// Runs a command to its end, and measures it.
fn ended(command: Command) -> anyhow::Result<Ended> {
    ended_watched(command, LOOK, |_| {})
}

/// The same, while `watch` looks at it too.
fn ended_watched(
    mut command: Command,
    pause: Duration,
    mut watch: impl FnMut(u32),
) -> anyhow::Result<Ended> {
    let started = Instant::now();
    let mut child = command.spawn().context("starting a program to measure")?;
    let mut peak = 0;
    // The pipes are read at the same time, as a full one would block the program.
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut text = String::new();
            if let Some(mut pipe) = pipe {
                let _ = pipe.read_to_string(&mut text);
            }
            text
        })
    };
    let out = read(out.map(|pipe| Box::new(pipe) as _));
    let err = read(err.map(|pipe| Box::new(pipe) as _));
    let (seconds, status) = loop {
        if let Some(status) = child.try_wait()? {
            break (started.elapsed().as_secs_f64(), status);
        }
        // The peak only rises, except at `exec`, where the new program starts with a lower one.
        peak = Some(resident(child.id())).filter(|peak| *peak > 0).unwrap_or(peak);
        watch(child.id());
        std::thread::sleep(pause);
    };
    let text = |read: std::thread::JoinHandle<String>| read.join().unwrap_or_default();
    let (out, stderr) = (text(out), text(err));
    let result = serde_json::from_str(&out).unwrap_or_default();
    Ok(Ended { measurement: Measurement { seconds, peak, result }, status, stderr })
}

/// The peak resident set of a process, in bytes.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// What a process and all that it started hold, in bytes; 0 on systems without `/proc`.
fn tree(root: u32) -> u64 {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let of = |entry: std::fs::DirEntry| {
        let process: u32 = entry.file_name().to_str()?.parse().ok()?;
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().trim_end_matches(" kB").parse::<u64>().ok()
        };
        let parent = u32::try_from(number("PPid:")?).ok()?;
        Some((process, parent, number("VmRSS:").unwrap_or(0) * 1024))
    };
    let all: Vec<(u32, u32, u64)> = processes.filter_map(of).collect();
    let (mut members, mut next) = (vec![root], 0);
    while let Some(parent) = members.get(next).copied() {
        members.extend(all.iter().filter(|(_, of, _)| *of == parent).map(|(process, ..)| process));
        next += 1;
    }
    all.iter().filter(|(process, ..)| members.contains(process)).map(|(.., held)| held).sum()
}

/// The job that `xtask` makes of these arguments.
pub(crate) fn job(
    programs: &Path,
    workspace: &Path,
    folder: &Path,
    args: &[&str],
) -> anyhow::Result<Value> {
    job_in(programs, workspace, folder, args, &[])
}

/// The same, with these variables.
pub(crate) fn job_in(
    programs: &Path,
    workspace: &Path,
    folder: &Path,
    args: &[&str],
    environment: Environment<'_>,
) -> anyhow::Result<Value> {
    let shell = Shell::new()?;
    shell.change_dir(folder);
    for (name, value) in environment {
        shell.set_var(name, value);
    }
    shell.set_var("CARGO_MANIFEST_DIR", workspace.join("xtask"));
    let program = programs.join("xtask");
    let text = cmd!(shell, "{program} {args...} --print-job --output json").quiet().read()?;
    serde_json::from_str(&text).context("parsing the job")
}

/// The sandbox accepts any credentials.
fn credentials(command: &mut Command) {
    command
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
}

/// A running sandbox; dropping this value stops it.
pub(crate) struct Aws {
    child: Child,
    pub(crate) url: String,
}

impl Aws {
    pub(crate) fn start(programs: &Path, flags: &[String]) -> anyhow::Result<Aws> {
        let shell = Shell::new()?;
        let program = programs.join("sandbox");
        let mut command: Command =
            cmd!(shell, "{program} --port 0 --until-stdin-closes {flags...}").into();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        let stdout = child.stdout.take().context("the sandbox has no output")?;
        BufReader::new(stdout).read_line(&mut url)?;
        Ok(Aws { child, url: url.trim().to_owned() })
    }
}

impl Aws {
    /// The high-water mark of its memory, in bytes; 0 where this system does not tell.
    pub(crate) fn peak(&self) -> u64 {
        resident(self.child.id())
    }

    /// How often it has called the system to write anything; 0 where this system does not tell.
    pub(crate) fn writes(&self) -> u64 {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.child.id()));
        let io = io.unwrap_or_default();
        let line = io.lines().find_map(|line| line.strip_prefix("syscw:"));
        line.and_then(|line| line.trim().parse().ok()).unwrap_or(0)
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        if let Some(mut stdin) = self.child.stdin.take() {
            let _ = stdin.flush();
        }
        let _ = self.child.wait();
    }
}
