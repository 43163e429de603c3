//! A fleet whose deployments go to clusters of their own: the memory of everything that runs then,
//! the Helms and the programs that fetch tokens among them.

mod api;
mod protobuf;

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use failure::failure;

use crate::fleet::file;
use crate::measure::{self, Aws};
use crate::report::Figure;
use api::Api;

/// The most that a fleet of 100 may hold with all that it starts, in megabytes.
const MOST: f64 = 1_000.0;

/// Deploys a fleet, with the driver in each cluster, and then finds nothing to do.
pub fn clusters(programs: &Path, workspace: &Path, count: usize) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let files = folder.path().join("files");
    std::fs::create_dir(&files)?;
    let names: Vec<String> = (0..count).map(|number| format!("cluster-{number:04}")).collect();
    for (number, name) in names.iter().enumerate() {
        std::fs::write(files.join(format!("{name}.hcl")), file(number))?;
    }
    let api = Api::start()?;
    let kubeconfig = folder.path().join("kubeconfig");
    api.write_kubeconfig(&names, &login(folder.path())?, &kubeconfig)?;
    let aws = Aws::start(programs, &["--latency-ms=20".to_owned()])?;
    let environment = [("KUBECONFIG", OsString::from(&kubeconfig)), ("PATH", with_helm(programs)?)];
    let (files, url) =
        (format!("--fleet={}", files.display()), format!("--endpoint-url={}", aws.url));
    let chart = workspace.join("tests/charts/aws-efs-csi-driver");
    let chart = format!("--helm-chart={}", chart.display());
    let more = ["--rate=200", "--no-wait", "--no-canary", "--driver-identity=none"];
    let run = || {
        let args = [&["deploy-efs", &files, &url, &chart][..], &more].concat();
        let job = measure::job_in(programs, workspace, folder.path(), &args, &environment)?;
        measure::tree_in(programs, &job, &environment)
    };
    let (first, again) = (run()?, run()?);
    for (ended, what) in [(&first, "the first deployment"), (&again, "the second")] {
        if !ended.ended.status.success() {
            bail!("{what} of the fleet failed:\n{}", ended.ended.stderr);
        }
    }
    // Each was deployed to a cluster of its own, by a Helm.
    let (classes, releases) = (
        api.count("/storageclasses//efs-sc"),
        api.count("/sh.helm.release.v1.aws-efs-csi-driver.v1"),
    );
    if (classes, releases) != (count, count) {
        bail!("of {count} clusters, {classes} have the class and {releases} the driver's release");
    }
    let changed = &again.ended.measurement.result["changed"];
    if changed != 0 {
        bail!("the second deployment of the fleet changed {changed}");
    }
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let name = |what: &str| format!("clusters/{count}/{what}");
    Ok(vec![
        Figure::at_most(name("memory"), megabytes(first.peak), "MB", MOST),
        Figure::alone(name("memory/alone"), megabytes(first.ended.measurement.peak), "MB"),
        Figure::alone(name("time"), first.ended.measurement.seconds, "s"),
        Figure::at_most(name("no-op/memory"), megabytes(again.peak), "MB", MOST),
        Figure::alone(name("no-op/time"), again.ended.measurement.seconds, "s"),
    ])
}

/// A program that prints a token, as `aws eks get-token` does; what that one holds is its own.
fn login(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("login");
    let credential = r#"{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "bench"}}"#;
    std::fs::write(&path, format!("#!/bin/sh\necho '{credential}'\n"))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// The search path with the Helm of the end-to-end tests before any other.
fn with_helm(programs: &Path) -> anyhow::Result<OsString> {
    let target = programs.parent().context("the programs are in no folder")?;
    let tools = target.join("tools/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all: Vec<PathBuf> =
        std::iter::once(tools.clone()).chain(std::env::split_paths(&path)).collect();
    if !all.iter().any(|folder| folder.join("helm").is_file()) {
        return Err(failure(
            format!("there is no Helm in `{}` nor in `PATH`", tools.display()),
            "build it with `cargo xtask tools install helm`",
        ));
    }
    std::env::join_paths(all).context("making a search path")
}
