//! Subcommand: cargo xtask deploy-efs --fleet, cargo xtask destroy-efs --fleet

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use efs::resources::driver::DriverMode;
use job::{ClusterTarget, ContextChoice, Destination, Fleet, Goal, Order, Work};

use crate::deployment::{self, Deployment};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, wrong};
use crate::flags::DeploymentArgs;
use crate::request::{Request, build};
use crate::{helm, sandbox};

/// Many deployments at once.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Fleet")]
pub(super) struct FleetArgs {
    /// Deploy or destroy every `.hcl` file of this folder in one process; each goes to the cluster
    /// that its `cluster_name` names in the kubeconfig, or with `--manifests` to a folder of the
    /// file's name
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "module", "context", "timeline"])]
    fleet: Option<PathBuf>,
    /// Limit of AWS calls per second, shared by all deployments of a region
    #[arg(long, value_name = "N", default_value_t = 20.0, requires = "fleet", value_parser = rate)]
    rate: f64,
}

impl FleetArgs {
    /// Whether many are meant.
    pub(super) fn is_given(&self) -> bool {
        self.fleet.is_some()
    }
}

/// Reads all files, reports every mistake in any of them, and hands all of them over.
pub(super) fn run(
    args: &FleetArgs,
    request: &Request,
    goal: &Goal,
    yes: bool,
) -> anyhow::Result<ExitCode> {
    let folder = args.fleet.as_deref().unwrap_or(Path::new("."));
    let files = files(folder)?;
    if files.is_empty() {
        return wrong("--fleet", "the folder has no `.hcl` file", "name a folder that has some");
    }
    let mut diagnostics = Diagnostics::default();
    let mut read = Vec::new();
    for file in &files {
        let of_file = DeploymentArgs { config: Some(file.clone()), ..request.deployment.clone() };
        match deployment::read(&of_file) {
            Ok(deployment) => read.push((name(file), deployment)),
            Err(error) => diagnostics.append(error.downcast::<Diagnostics>()?),
        }
    }
    twice(&read, &mut diagnostics);
    several_clusters(&read, &mut diagnostics);
    diagnostics.into_result()?;
    let run = request.run;
    let installs = |inputs: &efs::Inputs| inputs.driver.mode != DriverMode::Skip;
    let installs = read.iter().any(|(_, one)| one.storage().any(|(_, inputs)| installs(inputs)));
    let in_cluster = run.manifests.is_none() && !run.sandbox;
    let helm = (in_cluster && installs).then(helm::find).transpose()?;
    let programs = build()?;
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
    let session = request.session(&programs)?;
    let work = Work::Fleet(Fleet { jobs, rate: args.rate });
    request.order(&Order { session, work }, &programs)
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
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    let all = read.iter().flat_map(|(name, one)| one.storage().map(move |it| (name, it.1)));
    for (name, inputs) in all {
        let Some(other) = known.insert(inputs.owner().creation_token(), name) else { continue };
        diagnostics.push(
            Diagnostic::new(
                format!(
                    "`{other}.hcl` has the same region, cluster and storage class, and so is the same deployment"
                ),
                Place::Named(format!("{name}.hcl")),
            )
            .remedy("give one of them another `cluster_name` or `storage_class_name`, or remove it"),
        );
    }
}

/// A file of a fleet goes to one cluster.
fn several_clusters(read: &[(String, Deployment)], diagnostics: &mut Diagnostics) {
    for (name, one) in read {
        let mut names: Vec<&str> =
            one.storage().map(|(_, inputs)| inputs.cluster_name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() > 1 {
            diagnostics.push(
                Diagnostic::new(
                    format!("the file is about several clusters: {}", names.join(", ")),
                    Place::Named(format!("{name}.hcl")),
                )
                .remedy("write a file for each cluster"),
            );
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && (0.1..=1000.0).contains(&rate) => Ok(rate),
        _ => Err("write a number from 0.1 to 1000".to_owned()),
    }
}
