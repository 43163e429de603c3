//! How fast the programs start, how large they are, and how long they take to build.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context;
use xshell::{Shell, cmd};

use crate::measure::measured;
use crate::report::Figure;

/// How often a start is measured; the median counts.
const REPETITIONS: usize = 9;

/// The programs, with arguments that make each exit at once: its help, or no job at all.
const PROGRAMS: [(&str, &[&str]); 3] =
    [("xtask", &["--help"]), ("sandbox", &["--help"]), ("live", &[])];

/// Measures how fast each program starts, and its size.
pub fn starts(programs: &Path) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (program, args) in PROGRAMS {
        let path = programs.join(program);
        if drop_caches() {
            let cold = start(&path, args)?;
            figures.push(Figure::alone(format!("start/{program}/cold"), cold, "s"));
        }
        let mut warm =
            (0..REPETITIONS).map(|_| start(&path, args)).collect::<anyhow::Result<Vec<_>>>()?;
        warm.sort_by(f64::total_cmp);
        let median = warm[REPETITIONS / 2];
        figures.push(Figure::alone(format!("start/{program}/warm"), median, "s"));
        let size = std::fs::metadata(&path).with_context(|| format!("measuring {program}"))?.len();
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        figures.push(Figure::alone(format!("size/{program}"), size as f64 / 1e6, "MB"));
    }
    Ok(figures)
}

fn start(program: &Path, args: &[&str]) -> anyhow::Result<f64> {
    let shell = Shell::new()?;
    let mut command: Command = cmd!(shell, "{program} {args...}").into();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if args.is_empty() {
        // Without a job it fails, which is all that is to be measured.
        let started = Instant::now();
        command.status()?;
        return Ok(started.elapsed().as_secs_f64());
    }
    Ok(measured(command)?.seconds)
}

/// Drops the page cache of Linux; `false` without the right to.
fn drop_caches() -> bool {
    std::fs::write("/proc/sys/vm/drop_caches", "1").is_ok()
}

/// Measures builds from scratch: of `xtask`, and of the programs that it starts.
pub fn builds(workspace: &Path) -> anyhow::Result<Vec<Figure>> {
    let target = tempfile::tempdir()?;
    let shell = Shell::new()?;
    shell.change_dir(workspace);
    let folder = target.path();
    let mut figures = Vec::new();
    for packages in [&["--package=xtask"][..], &["--package=live", "--package=sandbox"]] {
        let started = Instant::now();
        cmd!(shell, "cargo build --quiet --locked --target-dir {folder} {packages...}")
            .quiet()
            .run()?;
        let name = packages[0].trim_start_matches("--package=");
        figures.push(Figure::alone(format!("build/{name}"), started.elapsed().as_secs_f64(), "s"));
    }
    Ok(figures)
}
