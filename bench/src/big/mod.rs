//! A big account and a big cluster: time and memory of what looks at all of it.

mod api;

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::measure::{self, Aws, Measurement};
use crate::report::Figure;
use crate::sandbox::{Client, side_by_side};
use api::{Api, Size};

/// The whole of what there is, and the part of it that growth is measured against.
const PARTS: [usize; 2] = [4, 1];
const ACCESS_POINTS: usize = 10_000;
const PODS: usize = 20_000;
const VOLUMES: usize = 1_000;

/// What looks at everything, and most of all a destroy, which is refused.
const COMMANDS: [(&str, &[&str]); 4] = [
    ("plan", &["plan-efs"]),
    ("status", &["status"]),
    ("access-points", &["access-points"]),
    ("destroy", &["destroy-efs", "--yes"]),
];

/// What a destroy is refused with.
const REFUSAL: &str = "claims hold volumes of the class";

/// The most that a run may hold, in megabytes.
const MOST: f64 = 200.0;

/// Measures with 5,000 interfaces, 10,000 access points, 20,000 pods and claims, and 1,000
/// volumes, and with a fourth of all but the interfaces.
pub fn big(programs: &Path, workspace: &Path) -> anyhow::Result<Vec<Figure>> {
    let [small, whole] = PARTS.map(|part| of_size(programs, workspace, part));
    let (small, whole) = (small?, whole?);
    let mut figures = Vec::new();
    for (((name, _), small), whole) in COMMANDS.into_iter().zip(small).zip(whole) {
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let peak = whole.peak as f64 / 1e6;
        let growth = whole.seconds / small.seconds;
        figures.push(Figure::at_most(format!("big/{name}/memory"), peak, "MB", MOST));
        figures.push(Figure::alone(format!("big/{name}/time"), whole.seconds, "s"));
        // Four times as much takes at most four times as long.
        figures.push(Figure::at_most(format!("big/{name}/growth"), growth, "x", 4.0));
    }
    Ok(figures)
}

/// Each command's measurement where there is one `part`th of everything.
fn of_size(programs: &Path, workspace: &Path, part: usize) -> anyhow::Result<Vec<Measurement>> {
    let folder = tempfile::tempdir()?;
    std::fs::copy(workspace.join("clockwork.hcl"), folder.path().join("clockwork.hcl"))?;
    let aws = Aws::start(programs, &["--world=many-interfaces".to_owned()])?;
    let url = format!("--endpoint-url={}", aws.url);
    let kubeconfig = folder.path().join("kubeconfig");
    let environment = [("KUBECONFIG", OsString::from(&kubeconfig))];
    let manifests = format!("--manifests={}", folder.path().join("manifests").display());
    let run = |args: &[&str], more: &[&str]| {
        let args = [args, more].concat();
        let job = measure::job_in(programs, workspace, folder.path(), &args, &environment)?;
        let ended = measure::live_in(programs, &job, &environment)?;
        let refused = args[0] == "destroy-efs" && ended.stderr.contains(REFUSAL);
        if !ended.status.success() && !refused {
            bail!("`{}` exited with {}:\n{}", args[0], ended.status, ended.stderr);
        }
        Ok(ended.measurement)
    };
    // The file system and its targets, of which no cluster need know.
    run(&["deploy-efs"], &[&url, &manifests])?;
    let client = Client::new(&aws.url);
    let found = client.done("GET", "file-systems", &Value::Null)?;
    let id = found["FileSystems"][0]["FileSystemId"].as_str().context("no file system")?;
    let points = fill(&aws, id, ACCESS_POINTS / part)?;
    let size = Size { pods: PODS / part, volumes: VOLUMES / part };
    let api = Api::start(size, id, &points)?;
    api.write_kubeconfig(&kubeconfig)?;
    let cluster = [url.as_str(), "--driver=skip", "--driver-identity=none", "--context=bench"];
    COMMANDS.iter().map(|(_, args)| run(args, &cluster)).collect()
}

/// Access points as the driver makes them.
fn fill(aws: &Aws, id: &str, count: usize) -> anyhow::Result<Vec<String>> {
    const CLIENTS: usize = 4;
    let made = side_by_side(CLIENTS, |client| {
        let connection = Client::new(&aws.url);
        let numbers = (client..count).step_by(CLIENTS);
        let made = numbers.map(|number| {
            let path = format!("/dynamic/{number}");
            let body = json!({
                "ClientToken": format!("pvc-{number}"),
                "FileSystemId": id,
                "PosixUser": { "Uid": 1001, "Gid": 1001 },
                "RootDirectory": { "Path": path, "CreationInfo":
                    { "OwnerUid": 1001, "OwnerGid": 1001, "Permissions": "700" } },
                "Tags": [{ "Key": "efs.csi.aws.com/cluster", "Value": "true" }],
            });
            let point = connection.done("POST", "access-points", &body)?;
            Ok(point["AccessPointId"].as_str().context("no id")?.to_owned())
        });
        made.collect::<anyhow::Result<Vec<String>>>()
    })?;
    Ok(made.into_iter().flatten().collect())
}
