//! Subcommand: cargo xtask COMMAND --fleet DIR, for every command of a deployment: all files
//! of a folder in one process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use job::{ClusterTarget, ContextChoice, Destination, Fleet, Goal, Order, Work};

use crate::deployment::Deployment;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, wrong};
use crate::flags::DeploymentArgs;
use crate::request::{NEEDS_CLUSTER, Request, build, is_in_cluster};
use crate::{prices, sandbox};

/// Many deployments at once.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Fleet")]
pub(super) struct FleetArgs {
    /// Do it for every `.hcl` file of this folder in one process; each goes to the cluster
    /// that its `cluster_name` names in the kubeconfig, or with `--manifests` to a folder of the
    /// file's name
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "module", "context", "timeline"])]
    fleet: Option<PathBuf>,
    /// Limit of AWS calls per second, shared by all deployments of a region
    #[arg(long, value_name = "N", default_value_t = 20.0, requires = "fleet", value_parser = rate)]
    rate: f64,
}

impl FleetArgs {
    /// Whether the command is for all files of a folder.
    pub(super) fn is_fleet(&self) -> bool {
        self.fleet.is_some()
    }
}

/// Hands over one deployment, or all of a fleet.
pub(super) fn hand_over(
    args: &FleetArgs,
    request: &Request,
    goal: Goal,
    yes: bool,
) -> anyhow::Result<ExitCode> {
    match &args.fleet {
        Some(folder) => hand_over_all(folder, args.rate, request, &goal, yes),
        None => request.hand_over(goal, yes),
    }
}

/// Reads all files, reports every mistake in any of them, and hands all of them over.
fn hand_over_all(
    folder: &Path,
    rate: f64,
    request: &Request,
    goal: &Goal,
    yes: bool,
) -> anyhow::Result<ExitCode> {
    let run = request.run;
    if is_in_cluster(goal) && (run.manifests.is_some() || run.sandbox) {
        let place = if run.manifests.is_some() { "--manifests" } else { "--sandbox" };
        return wrong(place, NEEDS_CLUSTER, "leave it out: each file names its cluster");
    }
    let has_drivers = goal.plans() || goal.destroys();
    let read = read(folder, request.deployment, has_drivers, |file| request.read(file))?;
    if request.lacks_workloads(read.iter().map(|(_, deployment)| deployment)) {
        return wrong(
            "--fleet",
            "no file of the folder has a module of `./modules/graphscope`",
            "add `module \"NAME\" { source = \"./modules/graphscope\" … }` to one of them",
        );
    }
    let in_cluster = run.manifests.is_none() && !run.sandbox;
    let deployments = read.iter().map(|(_, deployment)| deployment);
    let helm = if in_cluster { request.helm(deployments, goal)? } else { None };
    let prices = prices::read(run.prices.as_deref())?;
    let programs = build(run)?;
    let target = |name: &str, deployment: &Deployment| -> anyhow::Result<Destination> {
        Ok(match &run.manifests {
            Some(folder) => Destination::Directory(folder.join(name)),
            None if run.sandbox => Destination::Directory(sandbox::manifests()?.join(name)),
            None => Destination::Cluster(ClusterTarget {
                context: ContextChoice::OfCluster(deployment.cluster().to_owned()),
                helm: helm.clone(),
            }),
        })
    };
    let mut jobs = Vec::new();
    for (name, deployment) in read {
        let target = target(&name, &deployment)?;
        jobs.push((name, request.job(deployment, goal.clone(), target, yes)?));
    }
    let session = request.session(&programs, prices)?;
    let work = Work::Fleet(Fleet { jobs, rate });
    request.order(&Order { session, work }, &programs)
}

/// The deployments of a folder by the names of their files, or every mistake in any of them.
/// `one` reads that of a file; `has_drivers` says that it matters which of them installs the
/// driver of a cluster.
pub(super) fn read(
    folder: &Path,
    args: &DeploymentArgs,
    has_drivers: bool,
    one: impl Fn(&DeploymentArgs) -> anyhow::Result<Deployment>,
) -> anyhow::Result<Vec<(String, Deployment)>> {
    let files = files(folder)?;
    if files.is_empty() {
        return wrong("--fleet", "the folder has no `.hcl` file", "name a folder that has some");
    }
    let mut diagnostics = Diagnostics::default();
    let mut read = Vec::new();
    for file in &files {
        let of_file = DeploymentArgs { config: Some(file.clone()), ..args.clone() };
        match one(&of_file) {
            Ok(deployment) => read.push((name(file), deployment)),
            Err(error) => diagnostics.append(error.downcast::<Diagnostics>()?),
        }
    }
    twice(&read, &mut diagnostics);
    if has_drivers {
        two_drivers(&read, &mut diagnostics);
    }
    diagnostics.into_result()?;
    Ok(read)
}

/// The files of a folder, by name.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let place = || format!("reading the folder `{}`", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(place)? {
        let path = entry.with_context(place)?.path();
        if path.extension().is_some_and(|end| end == "hcl") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn name(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Two files that would make one and the same thing would undo each other's work.
fn twice(read: &[(String, Deployment)], diagnostics: &mut Diagnostics) {
    let mut storage: BTreeMap<String, &str> = BTreeMap::new();
    let mut releases: BTreeMap<(&str, &str, &str), &str> = BTreeMap::new();
    for (name, deployment) in read {
        for (_, inputs) in deployment.storage() {
            let Some(other) = storage.insert(inputs.owner().creation_token(), name) else {
                continue;
            };
            let message = format!(
                "`{other}.hcl` has the same region, cluster and storage class, and so is the same deployment"
            );
            let remedy =
                "give one of them another `cluster_name` or `storage_class_name`, or remove it";
            diagnostics.push(of_file(name, message).remedy(remedy));
        }
        for (_, inputs) in deployment.workloads() {
            let key = (deployment.cluster(), inputs.namespace.as_str(), inputs.name.as_str());
            let Some(other) = releases.insert(key, name).filter(|other| other != name) else {
                continue;
            };
            let message = format!(
                "`{other}.hcl` has a workload of the same cluster, namespace and name: `{}/{}`",
                inputs.namespace, inputs.name
            );
            diagnostics.push(of_file(name, message).remedy("give one of them another `name`"));
        }
    }
}

/// A cluster has one driver: two runs side by side would both install it, and two folders of
/// documents would both define it.
fn two_drivers(read: &[(String, Deployment)], diagnostics: &mut Diagnostics) {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, deployment) in read {
        if !(deployment.installs_chart() || deployment.has_addon()) {
            continue;
        }
        let Some(other) = known.insert(deployment.cluster(), name) else { continue };
        let message = format!(
            "`{other}.hcl` installs the driver of the cluster `{}` too",
            deployment.cluster()
        );
        diagnostics.push(of_file(name, message).remedy(
            "put the modules of one cluster into one file, or set `driver = \"skip\"` in one of them",
        ));
    }
}

fn of_file(name: &str, message: String) -> Diagnostic {
    Diagnostic::new(message, Place::Named(format!("{name}.hcl")))
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && (0.1..=1000.0).contains(&rate) => Ok(rate),
        _ => Err("write a number from 0.1 to 1000".to_owned()),
    }
}
