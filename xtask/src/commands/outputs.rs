//! Subcommand: cargo xtask outputs

use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use efs::{OUTPUTS, OutputFormat};
use job::{Asked, Goal};

use super::fleet;
use crate::deployment::Deployment;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::flags::{DeploymentArgs, Run};
use crate::request::{Request, Selection};

/// Print the ids, names, addresses and roles of a deployment, for other tools.
///
/// Reads AWS and changes nothing. `--output json` prints the document that a deploy prints.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask outputs --sandbox
  cargo xtask outputs file_system_id --config prod.hcl    # the value alone
  cargo xtask outputs scratch.file_system_arn             # of one of several modules
  cargo xtask outputs --config prod.hcl --format tfvars > efs.auto.tfvars
  cargo xtask outputs --config prod.hcl --format github >> $GITHUB_OUTPUT
  cargo xtask outputs --config prod.hcl --format config-map | kubectl apply -n graphs -f -")]
pub(super) struct Args {
    /// The only output to print: one of a module, or of an `output` block of the file
    #[arg(value_name = "NAME", conflicts_with = "fleet")]
    name: Option<String>,
    /// A form that other tools read, instead of text or JSON
    #[arg(long, value_name = "FORMAT", value_parser = format(), conflicts_with_all = ["output", "fleet"])]
    format: Option<OutputFormat>,
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let request = Request::new(&args.deployment, &args.run, Selection::Storage);
    if let Some(name) = &args.name {
        check(name, &request.read(&args.deployment)?)?;
    }
    let goal =
        Goal::Outputs(Asked { name: args.name.clone(), format: args.format, terraform: false });
    fleet::hand_over(&args.fleet, &request, goal, false)
}

/// Refuses a name that nothing has.
fn check(name: &str, deployment: &Deployment) -> anyhow::Result<()> {
    let mut known: Vec<String> = deployment.outputs.iter().map(|it| it.name.clone()).collect();
    known.extend(OUTPUTS.iter().map(|output| output.name.to_owned()));
    for (label, _) in deployment.storage() {
        known.extend(OUTPUTS.iter().map(|output| format!("{label}.{}", output.name)));
    }
    let mut diagnostics = Diagnostics::default();
    if !known.iter().any(|it| it == name) {
        let message = format!("there is no output `{name}`");
        let place = Place::Named("NAME".to_owned());
        let known = known.iter().map(String::as_str).filter(|known| !known.contains('.'));
        diagnostics.push(Diagnostic::new(message, place).nearest(name, known));
    }
    diagnostics.into_result()
}

fn format() -> impl TypedValueParser<Value = OutputFormat> {
    let all = OutputFormat::ALL.iter();
    PossibleValuesParser::new(all.map(|format| format.as_str()))
        .try_map(|name| OutputFormat::one_of(&name).map_err(|_| "no such format"))
}
