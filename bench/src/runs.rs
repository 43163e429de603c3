//! Deploy, a run without changes, and destroy, against the critical path of their calls.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::measure::{self, Aws, Measurement, live, measured};
use crate::report::Figure;

/// Milliseconds from a request to its response.
const LATENCIES: [u32; 3] = [0, 20, 200];

/// How long AWS takes for each change of state, in seconds: about what is seen in accounts.
const FILE_SYSTEM_CREATING: f64 = 4.0;
const FILE_SYSTEM_DELETING: f64 = 4.0;
const MOUNT_TARGET_CREATING: f64 = 75.0;
const MOUNT_TARGET_DELETING: f64 = 20.0;

/// How often short runs are repeated; the median counts.
const REPETITIONS: usize = 5;

/// One deployment in an AWS and a directory of its own.
struct Case<'a> {
    programs: &'a Path,
    aws: Aws,
    folder: tempfile::TempDir,
    latency: u32,
    zones: u32,
}

/// Measures all latencies and numbers of zones side by side, as nearly all of it is waiting.
pub fn runs(programs: &Path, workspace: &Path) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    std::fs::copy(workspace.join("clockwork.hcl"), folder.path().join("clockwork.hcl"))?;
    let unused = ["--endpoint-url=http://127.0.0.1:9", "--manifests=here"];
    let job = |command: &'static str, more: &[&str]| {
        measure::job(programs, workspace, folder.path(), &[&[command], &unused[..], more].concat())
    };
    let (deploy, destroy) = (job("deploy-efs", &[])?, job("destroy-efs", &["--yes"])?);
    let mut cases = Vec::new();
    for latency in LATENCIES {
        for zones in 1..=6 {
            cases.push(Case::new(programs, latency, zones)?);
        }
    }
    let mut figures = Vec::new();
    let mut peaks = BTreeMap::new();
    let deployed = side_by_side(&cases, &deploy)?;
    for (case, run) in cases.iter().zip(&deployed) {
        let creating = FILE_SYSTEM_CREATING + MOUNT_TARGET_CREATING;
        // Two rounds to observe; for the file system and for its mount targets, the call that
        // creates it, and the response of the poll that finds it available.
        figures.push(case.figure("deploy", run, 4.0, creating));
        figures.extend(case.counts("deploy", run, 10 + case.zones));
    }
    for case in &cases {
        let run = case.repeated(&deploy)?;
        peaks.insert("no-op", run.peak);
        // The file system, its mount targets, and their network interfaces.
        figures.push(case.figure("no-op", &run, 3.0, 0.0));
        figures.extend(case.counts("no-op", &run, 9));
    }
    let destroyed = side_by_side(&cases, &destroy)?;
    for (case, run) in cases.iter().zip(&destroyed) {
        let deleting = MOUNT_TARGET_DELETING + FILE_SYSTEM_DELETING;
        figures.push(case.figure("destroy", run, 5.0, deleting));
        // Who uses it takes five calls: access points, replications and policy, and the first two
        // again before the first deletion in AWS.
        figures.extend(case.counts("destroy", run, 11 + case.zones));
    }
    for (command, all) in [("deploy", &deployed), ("destroy", &destroyed)] {
        peaks.insert(command, all.iter().map(|run| run.peak).max().unwrap_or(0));
    }
    for (name, job) in [("plan", job("plan-efs", &[])?), ("status", job("status", &[])?)] {
        if let Some(case) = cases.first() {
            peaks.insert(name, case.run(&job)?.peak);
        }
    }
    peaks.insert("render", rendered(programs, workspace)?.peak);
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    figures.extend(peaks.into_iter().map(|(command, peak)| {
        Figure::alone(format!("memory/{command}"), peak as f64 / 1e6, "MB")
    }));
    Ok(figures)
}

/// Measures `render`, which needs `xtask` alone.
fn rendered(programs: &Path, workspace: &Path) -> anyhow::Result<Measurement> {
    let shell = Shell::new()?;
    shell.change_dir(workspace);
    shell.set_var("CARGO_MANIFEST_DIR", workspace.join("xtask"));
    let program = programs.join("xtask");
    let mut command: Command = cmd!(shell, "{program} render").into();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    measured(command)
}

fn side_by_side(cases: &[Case], job: &Value) -> anyhow::Result<Vec<Measurement>> {
    std::thread::scope(|scope| {
        let all: Vec<_> = cases.iter().map(|case| scope.spawn(|| case.run(job))).collect();
        let joined = all.into_iter().map(|one| match one.join() {
            Ok(run) => run,
            Err(_) => anyhow::bail!("a measurement panicked; this is a bug"),
        });
        joined.collect()
    })
}

impl<'a> Case<'a> {
    fn new(programs: &'a Path, latency: u32, zones: u32) -> anyhow::Result<Case<'a>> {
        let ms = |name: &str, seconds: f64| format!("--{name}-ms={:.0}", seconds * 1000.0);
        let flags = [
            format!("--latency-ms={latency}"),
            format!("--zones={zones}"),
            ms("file-system-creating", FILE_SYSTEM_CREATING),
            ms("file-system-deleting", FILE_SYSTEM_DELETING),
            ms("mount-target-creating", MOUNT_TARGET_CREATING),
            ms("mount-target-deleting", MOUNT_TARGET_DELETING),
        ];
        let aws = Aws::start(programs, &flags)?;
        Ok(Case { programs, aws, folder: tempfile::tempdir()?, latency, zones })
    }

    fn run(&self, job: &Value) -> anyhow::Result<Measurement> {
        let mut job = job.clone();
        job["session"]["endpoint_url"] = json!(self.aws.url);
        // What it makes takes as long as in AWS, and so it is looked at as AWS is.
        job["session"]["pace"] = json!("aws");
        job["work"]["run"]["target"] = json!({"directory": self.folder.path().join("manifests")});
        live(self.programs, &job)
    }

    /// The median of several runs.
    fn repeated(&self, job: &Value) -> anyhow::Result<Measurement> {
        let mut all =
            (0..REPETITIONS).map(|_| self.run(job)).collect::<anyhow::Result<Vec<_>>>()?;
        all.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        Ok(all.swap_remove(REPETITIONS / 2))
    }

    fn name(&self) -> String {
        format!("{}ms/{}-zones", self.latency, self.zones)
    }

    /// The wall time against that many calls in sequence, and what AWS takes in between.
    fn figure(&self, command: &str, run: &Measurement, calls: f64, aws: f64) -> Figure {
        let limit = calls * f64::from(self.latency) / 1000.0 + aws;
        Figure::against(format!("{command}/{}", self.name()), run.seconds, "s", limit)
    }

    /// The number of calls and of dependent rounds, with the polls among them.
    fn counts(&self, command: &str, run: &Measurement, min_calls: u32) -> Vec<Figure> {
        // One latency is enough: it changes only how often is polled.
        if self.latency != 200 {
            return Vec::new();
        }
        let number = |key: &str| run.result[key].as_f64().unwrap_or(f64::NAN);
        let name = |what: &str| format!("{what}/{command}/{}-zones", self.zones);
        vec![
            Figure::against(name("calls"), number("aws_calls"), "calls", f64::from(min_calls)),
            Figure::alone(name("rounds"), number("aws_rounds"), "rounds"),
        ]
    }
}
