//! Programs: how fast they start, how large they are, how long they take to build.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context;
use xshell::{Shell, cmd};

use crate::measure::measured;
use crate::report::Figure;

/// How often a start is measured; the middle one counts.
const REPEATED: usize = 9;

/// The programs, and what each does at once: its help, or an answer to no job at all.
const PROGRAMS: [(&str, &[&str]); 3] =
    [("xtask", &["--help"]), ("sandbox", &["--help"]), ("live", &[])];

/// Starts and sizes.
pub fn starts(programs: &Path) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (program, args) in PROGRAMS {
        let path = programs.join(program);
        if forget_files() {
            let cold = start(&path, args)?;
            figures.push(Figure::alone(format!("start/{program}/cold"), cold, "s"));
        }
        let mut warm =
            (0..REPEATED).map(|_| start(&path, args)).collect::<anyhow::Result<Vec<_>>>()?;
        warm.sort_by(f64::total_cmp);
        let middle = warm[REPEATED / 2];
        figures.push(Figure::alone(format!("start/{program}/warm"), middle, "s"));
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
        // Without a job it says so and ends, which is all that is to be measured.
        let started = Instant::now();
        command.status()?;
        return Ok(started.elapsed().as_secs_f64());
    }
    Ok(measured(command)?.seconds)
}

/// Makes Linux forget what it read of files, where this identity may.
fn forget_files() -> bool {
    std::fs::write("/proc/sys/vm/drop_caches", "1").is_ok()
}

/// Builds from nothing: the front door, and what it hands jobs to.
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
