//! The deployment that a command is about: flags over variables over the file over
//! defaults.

mod checked;
mod explain;
mod gathered;
mod labels;
mod modules;
mod networks;
mod reading;
mod shared;
mod workloads;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Config;
use crate::diagnostic::{Diagnostics, Source};
use crate::flags::{DeploymentArgs, InputFlags, Storage, Workload};
use gathered::Gathered;
use inputs::GivenInputs;
use modules::of_config;

pub(crate) use checked::Deployment;

/// The file that is read where none is named.
const DEFAULT_FILE: &str = "clockwork.hcl";

/// Reads the deployment, or reports every mistake in it.
pub(crate) fn read(args: &DeploymentArgs) -> anyhow::Result<Deployment> {
    read_with(args, &InputFlags::default())
}

/// The same, with flags for its workload.
pub(crate) fn read_with(
    args: &DeploymentArgs,
    workload: &InputFlags<Workload>,
) -> anyhow::Result<Deployment> {
    let mut diagnostics = Diagnostics::default();
    let path = args.config.clone().or_else(default_file);
    let config = match &path {
        Some(path) => Config::read(path, &mut diagnostics),
        None => Config::default(),
    };
    let (deployment, notes) = of_config(args, workload, path.as_deref(), &config, diagnostics)?;
    for note in notes {
        eprintln!("{note}");
    }
    Ok(deployment)
}

/// The deployment of a file with this text, without anything from the command line.
pub(crate) fn of_text(text: &str) -> anyhow::Result<Deployment> {
    let mut diagnostics = Diagnostics::default();
    let source = Source { name: DEFAULT_FILE.to_owned(), text: text.to_owned() };
    let config = Config::parse(&Arc::new(source), &mut diagnostics);
    let path = Some(Path::new(DEFAULT_FILE));
    of_config(&DeploymentArgs::default(), &InputFlags::default(), path, &config, diagnostics)
        .map(|(deployment, _)| deployment)
}

/// The inputs that flags alone give.
pub(crate) fn flags(flags: &InputFlags<Storage>) -> anyhow::Result<GivenInputs> {
    let (mut given, mut diagnostics) = (Gathered::nothing(), Diagnostics::default());
    given.take_flags(flags, &mut diagnostics);
    given.read_files(efs::INPUTS, &mut diagnostics);
    diagnostics.into_result()?;
    Ok(given.inputs)
}

/// `clockwork.hcl` here, or else at the top of the workspace.
fn default_file() -> Option<PathBuf> {
    let here = PathBuf::from(DEFAULT_FILE);
    let top = crate::live::workspace().join(DEFAULT_FILE);
    [here, top].into_iter().find(|path| path.is_file())
}
