//! One program, measured while it runs.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;
use xshell::{Shell, cmd};

/// What a run took.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) seconds: f64,
    /// The largest resident set, in bytes; 0 where this system does not tell.
    pub(crate) peak: u64,
    pub(crate) result: Value,
}

/// Runs `live` with an order, and measures it from its start to its end.
pub(crate) fn live(programs: &Path, order: &Value) -> anyhow::Result<Ran> {
    let mut stdin = tempfile::tempfile()?;
    serde_json::to_writer(&mut stdin, order)?;
    std::io::Seek::rewind(&mut stdin)?;
    let shell = Shell::new()?;
    let program = programs.join("live");
    let mut command: Command = cmd!(shell, "{program}").into();
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    credentials(&mut command);
    measured(command)
}

/// Runs a command to its end, which must be a good one.
pub(crate) fn measured(mut command: Command) -> anyhow::Result<Ran> {
    let started = Instant::now();
    let mut child = command.spawn().context("starting a program to measure")?;
    let mut peak = 0;
    // What it prints is read beside, or a full pipe would hold it up.
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
        // The mark only rises, but for the moment when the program takes the place of ours.
        peak = Some(resident(child.id())).filter(|mark| *mark > 0).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(1));
    };
    let text = |read: std::thread::JoinHandle<String>| read.join().unwrap_or_default();
    let (out, err) = (text(out), text(err));
    if !status.success() {
        bail!("a measured program ended with {status}:\n{err}");
    }
    Ok(Ran { seconds, peak, result: serde_json::from_str(&out).unwrap_or_default() })
}

/// The high-water mark of a process's memory, as Linux tells it.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// The order that the front door makes of these arguments.
pub(crate) fn order(
    programs: &Path,
    workspace: &Path,
    folder: &Path,
    args: &[&str],
) -> anyhow::Result<Value> {
    let shell = Shell::new()?;
    shell.change_dir(folder);
    shell.set_var("CARGO_MANIFEST_DIR", workspace.join("xtask"));
    let program = programs.join("xtask");
    let text = cmd!(shell, "{program} {args...} --print-job --output json").quiet().read()?;
    serde_json::from_str(&text).context("reading the job of a run")
}

/// Any credentials do: the sandbox knows no secrets.
fn credentials(command: &mut Command) {
    command
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
}

/// A sandbox that ends with this value.
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
