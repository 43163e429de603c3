//! Deploy, nothing to do, and destroy, against the critical path of the calls themselves.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::measure::{Aws, Ran, live, measured, order};
use crate::report::Figure;

/// How many zones a deployment has.
pub type Zones = u32;

/// Milliseconds from a request to its answer.
const LATENCIES: [u32; 3] = [0, 20, 200];

/// How long AWS takes for what it does by itself, in seconds: about what people see.
const FILE_SYSTEM_CREATING: f64 = 4.0;
const FILE_SYSTEM_DELETING: f64 = 4.0;
const MOUNT_TARGET_CREATING: f64 = 75.0;
const MOUNT_TARGET_DELETING: f64 = 20.0;

/// How often the short ones are run; the middle one counts.
const REPEATED: usize = 5;

/// One deployment in a place of its own.
struct Place<'a> {
    programs: &'a Path,
    aws: Aws,
    folder: tempfile::TempDir,
    latency: u32,
    zones: Zones,
}

/// All latencies and numbers of zones, side by side, as nearly all of it is waiting.
pub fn runs(programs: &Path, workspace: &Path) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    std::fs::copy(workspace.join("clockwork.hcl"), folder.path().join("clockwork.hcl"))?;
    let anywhere = ["--endpoint-url=http://127.0.0.1:9", "--manifests=here"];
    let job = |command: &'static str, more: &[&str]| {
        order(programs, workspace, folder.path(), &[&[command], &anywhere[..], more].concat())
    };
    let (deploy, destroy) = (job("deploy-efs", &[])?, job("destroy-efs", &["--yes"])?);
    let mut places = Vec::new();
    for latency in LATENCIES {
        for zones in 1..=6 {
            places.push(Place::new(programs, latency, zones)?);
        }
    }
    let mut figures = Vec::new();
    let mut peaks = BTreeMap::new();
    let deployed = side_by_side(&places, &deploy)?;
    for (place, ran) in places.iter().zip(&deployed) {
        let creating = FILE_SYSTEM_CREATING + MOUNT_TARGET_CREATING;
        // Two rounds of looking; creating the file system and its targets, and for each
        // the look that finds it there, half of whose way is gone by then.
        figures.push(place.figure("deploy", ran, 4.0, creating));
        figures.extend(place.counts("deploy", ran, 9 + place.zones));
    }
    for place in &places {
        let ran = place.repeated(&deploy)?;
        peaks.insert("no-op", ran.peak);
        // The file system, its targets, and their interfaces.
        figures.push(place.figure("no-op", &ran, 3.0, 0.0));
        figures.extend(place.counts("no-op", &ran, 8));
    }
    let destroyed = side_by_side(&places, &destroy)?;
    for (place, ran) in places.iter().zip(&destroyed) {
        let deleting = MOUNT_TARGET_DELETING + FILE_SYSTEM_DELETING;
        figures.push(place.figure("destroy", ran, 4.0, deleting));
        figures.extend(place.counts("destroy", ran, 6 + place.zones));
    }
    for (command, all) in [("deploy", &deployed), ("destroy", &destroyed)] {
        peaks.insert(command, all.iter().map(|ran| ran.peak).max().unwrap_or(0));
    }
    for (name, job) in [("plan", job("plan-efs", &[])?), ("status", job("status", &[])?)] {
        if let Some(place) = places.first() {
            peaks.insert(name, place.run(&job)?.peak);
        }
    }
    peaks.insert("render", rendered(programs, workspace)?.peak);
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    figures.extend(peaks.into_iter().map(|(command, peak)| {
        Figure::alone(format!("memory/{command}"), peak as f64 / 1e6, "MB")
    }));
    Ok(figures)
}

/// The front door alone.
fn rendered(programs: &Path, workspace: &Path) -> anyhow::Result<Ran> {
    let shell = Shell::new()?;
    shell.change_dir(workspace);
    shell.set_var("CARGO_MANIFEST_DIR", workspace.join("xtask"));
    let program = programs.join("xtask");
    let mut command: Command = cmd!(shell, "{program} render").into();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    measured(command)
}

fn side_by_side(places: &[Place], job: &Value) -> anyhow::Result<Vec<Ran>> {
    std::thread::scope(|scope| {
        let all: Vec<_> = places.iter().map(|place| scope.spawn(|| place.run(job))).collect();
        let joined = all.into_iter().map(|one| match one.join() {
            Ok(ran) => ran,
            Err(_) => anyhow::bail!("a measurement ended by a defect"),
        });
        joined.collect()
    })
}

impl<'a> Place<'a> {
    fn new(programs: &'a Path, latency: u32, zones: Zones) -> anyhow::Result<Place<'a>> {
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
        Ok(Place { programs, aws, folder: tempfile::tempdir()?, latency, zones })
    }

    fn run(&self, job: &Value) -> anyhow::Result<Ran> {
        let mut job = job.clone();
        job["run"]["endpoint_url"] = json!(self.aws.url);
        job["run"]["target"] = json!({"directory": self.folder.path().join("manifests")});
        live(self.programs, &job)
    }

    /// The middle one of several.
    fn repeated(&self, job: &Value) -> anyhow::Result<Ran> {
        let mut all = (0..REPEATED).map(|_| self.run(job)).collect::<anyhow::Result<Vec<_>>>()?;
        all.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        Ok(all.swap_remove(REPEATED / 2))
    }

    fn place(&self) -> String {
        format!("{}ms/{}-zones", self.latency, self.zones)
    }

    /// The wall time against so many answers that must follow one another, and what AWS takes.
    fn figure(&self, command: &str, ran: &Ran, answers: f64, by_itself: f64) -> Figure {
        let limit = answers * f64::from(self.latency) / 1000.0 + by_itself;
        Figure::against(format!("{command}/{}", self.place()), ran.seconds, "s", limit)
    }

    /// Calls and dependent rounds; looks at what takes its time are among them.
    fn counts(&self, command: &str, ran: &Ran, least: u32) -> Vec<Figure> {
        // One place tells it: latency changes only how often is looked.
        if self.latency != 200 {
            return Vec::new();
        }
        let number = |key: &str| ran.result[key].as_f64().unwrap_or(f64::NAN);
        let name = |what: &str| format!("{what}/{command}/{}-zones", self.zones);
        vec![
            Figure::against(name("calls"), number("aws_calls"), "calls", f64::from(least)),
            Figure::alone(name("rounds"), number("aws_rounds"), "rounds"),
        ]
    }
}
