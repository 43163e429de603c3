//! Subcommand: cargo xtask deploy-efs --fleet, cargo xtask destroy-efs --fleet

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use job::{ClusterTarget, Command, ContextChoice, Fleet, Job, Order, Output, Sandbox, Target};

use super::{again, order, sandbox_manifests, sandbox_state, wrong};
use crate::deployment::{self, Deployment};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::flags::{Format, Run, Which};
use crate::{helm, live};

/// Many deployments at once.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Fleet")]
pub(super) struct FleetArgs {
    /// Every `.hcl` file of this folder at once, in one process; each goes to the cluster that
    /// its `cluster_name` names in the kubeconfig, or to a folder of its name with `--manifests`
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "module", "context", "timeline"])]
    fleet: Option<PathBuf>,
    /// AWS calls per second that all deployments of a region make together
    #[arg(long, value_name = "N", default_value_t = 20.0, requires = "fleet", value_parser = rate)]
    rate: f64,
}

impl FleetArgs {
    /// Whether many are meant.
    pub(super) fn is_given(&self) -> bool {
        self.fleet.is_some()
    }
}

/// Reads all files, tells every mistake in any of them, and hands all of them over.
pub(super) fn run(
    args: &FleetArgs,
    which: &Which,
    run: &Run,
    command: &Command,
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
        let of_file = Which { config: Some(file.clone()), ..which.clone() };
        match deployment::read(&of_file) {
            Ok(deployment) => read.push((name(file), deployment)),
            Err(error) => diagnostics.append(error.downcast::<Diagnostics>()?),
        }
    }
    twice(&read, &mut diagnostics);
    diagnostics.into_result()?;
    let in_cluster = run.manifests.is_none() && !run.sandbox;
    let installs = |one: &(String, Deployment)| one.1.inputs.driver.mode != efs::DriverMode::Skip;
    let helm = (in_cluster && read.iter().any(installs)).then(helm::find).transpose()?;
    let programs = live::build(&["live", "sandbox"])?;
    let target = |name: &str, deployment: &Deployment| -> anyhow::Result<Target> {
        Ok(match &run.manifests {
            Some(folder) => Target::Directory(folder.join(name)),
            None if run.sandbox => Target::Directory(sandbox_manifests()?.join(name)),
            None => Target::Cluster(ClusterTarget {
                context: ContextChoice::OfCluster(deployment.inputs.cluster_name.clone()),
                helm: helm.clone(),
            }),
        })
    };
    let sandbox = run
        .sandbox
        .then(|| anyhow::Ok(Sandbox { program: programs.join("sandbox"), state: sandbox_state()? }))
        .transpose()?;
    let output = match run.output {
        Format::Text => Output::Text,
        Format::Json => Output::Json,
    };
    let mut jobs = Vec::new();
    for (name, deployment) in read {
        let target = target(&name, &deployment)?;
        let Deployment { module, inputs, network, workloads: _ } = deployment;
        let job = Job {
            command: command.clone(),
            module,
            inputs,
            network,
            workloads: Vec::new(),
            target,
            wait: !run.no_wait,
            output,
            yes,
            timeout: run.timeout,
            endpoint_url: run.endpoint_url.clone(),
            sandbox: None,
            verbosity: run.verbose,
            timeline: None,
            again: again(),
        };
        jobs.push((name, job));
    }
    let fleet =
        Fleet { jobs, rate: args.rate, output, timeout: run.timeout, sandbox, again: again() };
    order(&Order::Fleet(fleet), run, &programs)
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
    for (name, deployment) in read {
        let token = deployment.inputs.owner().creation_token();
        if let Some(other) = known.insert(token, name) {
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
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && (0.1..=1000.0).contains(&rate) => Ok(rate),
        _ => Err("write a number from 0.1 to 1000".to_owned()),
    }
}
