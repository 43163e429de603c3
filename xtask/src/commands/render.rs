//! Subcommand: cargo xtask render

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use efs::resources::file_system::FileSystemSource;
use failure::failure;
use graphscope::{Example, Trial};
use job::{Asked, Goal, ModuleInputs};
use kubernetes::yaml::Block;

use super::fleet;
use super::verify::{IMAGE, example};
use crate::deployment::{self, Deployment};
use crate::flags::{DeploymentArgs, Format, OWN, Run, url};
use crate::iam::{self, Whose};
use crate::print::print;
use crate::request::{Request, Selection};

/// Stands in a StorageClass whose file system does not exist yet.
const UNKNOWN: &str = "(known after apply)";

/// Print, write or compare the documents, without changing anything else.
///
/// These are the documents of the storage, and those of every workload of the file, in a folder
/// named after its module; with `--fleet`, all of them in a folder named after their file.
///
/// The id of the file system is known after it is deployed. Until then the documents have a
/// placeholder, unless `--check` finds the id in the directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask render
  cargo xtask render --write gitops/efs --file-system-id fs-0123456789abcdef0
  cargo xtask render --iam operator
  cargo xtask render --rbac | kubectl apply -f -
  cargo xtask render --iam driver --iam-format terraform
  cargo xtask render --terraform --config prod.hcl > efs.tf    # looks at AWS
  cargo xtask render --example checkpoint | kubectl apply -f -
  cargo xtask render --check gitops/efs    # exits 1 if they differ
  cargo xtask render --fleet clusters --check gitops")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// Do it for every `.hcl` file of this folder, each in a folder of the file's name
    #[arg(long, help_heading = OWN, value_name = "DIR", conflicts_with_all = ["config", "module", "example"])]
    fleet: Option<PathBuf>,
    /// Write the documents into this directory
    #[arg(long, help_heading = OWN, value_name = "DIR", conflicts_with = "check")]
    write: Option<PathBuf>,
    /// Compare the documents with those in this directory
    #[arg(long, help_heading = OWN, value_name = "DIR")]
    check: Option<PathBuf>,
    /// Print an example workload on each module's own class instead, complete and ready to apply
    #[arg(long, help_heading = OWN, value_name = "NAME", value_parser = example(), conflicts_with_all = ["write", "check"])]
    example: Option<Example>,
    /// Image of the example's pods: any with a shell, `flock` and `cksum`
    #[arg(long, help_heading = OWN, default_value = IMAGE, requires = "example")]
    image: String,
    /// Print the IAM policy of whoever runs this program, or the documents of the driver's role
    #[arg(long, help_heading = OWN, value_enum, value_name = "WHOSE", conflicts_with_all = ["write", "check", "example", "fleet"])]
    iam: Option<Whose>,
    /// Print the RBAC roles that whoever runs this program needs in the cluster
    #[arg(long, help_heading = OWN, conflicts_with_all = ["write", "check", "example", "iam", "fleet"])]
    rbac: bool,
    /// How the documents of `--iam` are written
    #[arg(long, help_heading = OWN, value_enum, default_value_t = iam::Language::Json, requires = "iam")]
    iam_format: iam::Language,
    /// Print the deployment, as it is in AWS, as Terraform's resources with `import` blocks, by which
    /// Terraform takes it over
    #[arg(long, help_heading = OWN, conflicts_with_all = ["write", "check", "example", "iam", "rbac", "fleet"])]
    terraform: bool,
    /// Look at the local AWS for `--terraform`
    #[arg(long, help_heading = OWN, requires = "terraform", conflicts_with = "endpoint_url")]
    sandbox: bool,
    /// Endpoint for `--terraform` to use instead of AWS
    #[arg(long, help_heading = OWN, value_name = "URL", requires = "terraform", value_parser = url)]
    endpoint_url: Option<String>,
    /// Output format: one stream of YAML, or JSON by file name
    #[arg(long, help_heading = OWN, value_enum, default_value_t = Format::Text)]
    output: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.terraform {
        return print_terraform(args);
    }
    let mut rendered = Rendered::default();
    if let Some(folder) = &args.fleet {
        for (name, deployment) in fleet::read(folder, &args.deployment, true, deployment::read)? {
            rendered.add(&deployment, Some(&name), args.check.as_deref())?;
        }
    } else {
        let deployment = deployment::read(&args.deployment)?;
        if let Some(whose) = args.iam {
            return iam::print_documents(whose, args.iam_format, &deployment);
        }
        if args.rbac {
            return print_roles(args.output, &deployment);
        }
        if let Some(example) = args.example {
            return print_example(args, example, &deployment);
        }
        rendered.add(&deployment, None, args.check.as_deref())?;
    }
    let Rendered { documents, unknown } = rendered;
    if let Some(path) = &args.check {
        return compare(&documents, path);
    }
    if let Some(path) = &args.write {
        return write(&documents, path, unknown);
    }
    print_all(args.output, &documents).context("printing the documents")?;
    if unknown {
        eprintln!("note: {UNKNOWN} stands for the id of a file system that `deploy-efs` creates");
    }
    Ok(ExitCode::SUCCESS)
}

/// The deployment as Terraform takes it over: only AWS knows the ids.
fn print_terraform(args: &Args) -> anyhow::Result<ExitCode> {
    let run = Run::looking(args.sandbox, args.endpoint_url.clone(), args.output);
    let request = Request::new(&args.deployment, &run, Selection::Storage);
    let asked = Asked { name: None, format: None, terraform: true };
    request.hand_over(Goal::Outputs(asked), false)
}

/// Documents by their paths.
#[derive(Default)]
struct Rendered {
    documents: Vec<(String, String)>,
    /// Whether one of them lacks the id of a file system.
    unknown: bool,
}

impl Rendered {
    /// Adds the documents of a deployment, in a folder of their own where they have one. Those
    /// in the directory to compare with may say the id of its file system.
    fn add(
        &mut self,
        deployment: &Deployment,
        folder: Option<&str>,
        check: Option<&Path>,
    ) -> anyhow::Result<()> {
        for module in &deployment.modules {
            let scope = module.scope();
            let path = |name: &str| match folder {
                Some(folder) => format!("{folder}/{}", scope.path(name)),
                None => scope.path(name),
            };
            let files = match &module.inputs {
                ModuleInputs::Network(_) => continue,
                ModuleInputs::Efs(inputs) => {
                    zone_is_named(inputs)?;
                    let known = known_id(check.map(|check| check.join(path(""))), inputs)?;
                    self.unknown |= known.is_none();
                    let relying = module.driver.elsewhere().map(|_| inputs.without_driver());
                    let inputs = relying.as_ref().unwrap_or(inputs);
                    efs::rendered(inputs, known.as_deref().unwrap_or(UNKNOWN))?
                }
                ModuleInputs::GraphScope(inputs) => graphscope::documents(inputs, &[])?,
            };
            self.documents.extend(files.into_iter().map(|(name, text)| (path(name), text)));
        }
        Ok(())
    }
}

/// The documents have the name of the zone of a One Zone file system; which zone an id is differs
/// from account to account, and nobody looks at AWS here.
fn zone_is_named(inputs: &efs::Inputs) -> anyhow::Result<()> {
    inputs.zone_id().map_or(Ok(()), |id| {
        Err(failure(
            format!("which zone `{id}` is in this account is known only by a look at AWS"),
            "write the name of the zone in `availability_zone_name`, such as `eu-west-1a`",
        ))
    })
}

/// The file system's id, where it is adopted or the documents in a folder name it.
fn known_id(folder: Option<PathBuf>, inputs: &efs::Inputs) -> anyhow::Result<Option<String>> {
    if let Some(id) = &inputs.imported {
        return Ok(Some(id.to_string()));
    }
    match (&inputs.file_system, folder) {
        (FileSystemSource::Adopted(id), _) => Ok(Some(id.to_string())),
        (FileSystemSource::Own(_), None) => Ok(None),
        (FileSystemSource::Own(_), Some(folder)) => {
            let found = directory::read(&folder, efs::DOCUMENTS)?;
            Ok(efs::file_system_of(&found))
        }
    }
}

fn write(documents: &[(String, String)], path: &Path, unknown: bool) -> anyhow::Result<ExitCode> {
    if unknown {
        return Err(failure(
            "the StorageClass names a file system that does not exist yet",
            "`cargo xtask deploy-efs` creates it and writes the documents, or give `--file-system-id`",
        ));
    }
    for (name, text) in documents {
        let path = path.join(name);
        directory::write_file(&path, text)?;
        eprintln!("wrote {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// An example on each class. It runs under its own name, with a number where there are
/// several, so that all of them can be applied as they are.
fn print_example(
    args: &Args,
    example: Example,
    deployment: &Deployment,
) -> anyhow::Result<ExitCode> {
    let mut examples = Vec::new();
    let several = deployment.storage().count() > 1;
    let storage = deployment.modules.iter().filter_map(|module| match &module.inputs {
        ModuleInputs::Efs(inputs) => Some((module.scope(), inputs)),
        ModuleInputs::Network(_) | ModuleInputs::GraphScope(_) => None,
    });
    for (number, (scope, inputs)) in (1..).zip(storage) {
        let name = example.as_str();
        let run = if several { format!("{name}-{number}") } else { name.to_owned() };
        let trial = Trial::new(example, &run, &inputs.storage_class.name, &args.image);
        examples.push((scope.path(&format!("{name}.yaml")), trial.documents()?));
    }
    match (args.output, examples.as_slice()) {
        (Format::Text, [(_, only)]) => print(only.clone())?,
        _ => print_all(args.output, &examples)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The roles of whoever runs this program; who has them is for an administrator to say.
fn print_roles(format: Format, deployment: &Deployment) -> anyhow::Result<ExitCode> {
    let roles = efs::permissions::cluster_roles(deployment.storage().map(|(_, inputs)| inputs));
    print(match format {
        Format::Json => serde_json::to_string_pretty(&roles)? + "\n",
        Format::Text => {
            roles.iter().fold(String::new(), |text, role| text + &format!("---\n{}", Block(role)))
        }
    })?;
    eprintln!(
        "note: bind them with a ClusterRoleBinding, and the Role with a RoleBinding; \
         `clockwork-codex-verify` is for `verify` alone"
    );
    Ok(ExitCode::SUCCESS)
}

fn print_all(format: Format, documents: &[(String, String)]) -> anyhow::Result<()> {
    match format {
        Format::Text => {
            let parts =
                documents.iter().map(|(name, text)| format!("---\n# Source: {name}\n{text}"));
            print(parts.collect::<String>())
        }
        Format::Json => {
            let all: serde_json::Map<String, serde_json::Value> =
                documents.iter().map(|(name, text)| (name.clone(), text.clone().into())).collect();
            print(serde_json::to_string_pretty(&all)? + "\n")
        }
    }
}

/// Prints a difference per document; the exit code is 1 where there is any.
fn compare(documents: &[(String, String)], folder: &Path) -> anyhow::Result<ExitCode> {
    let mut same = true;
    for (name, wanted) in documents {
        let there = directory::read_file(&folder.join(name))?.unwrap_or_default();
        if there != *wanted {
            same = false;
            let diff = similar::TextDiff::from_lines(there.as_str(), wanted);
            let headers = (format!("{name} (there)"), format!("{name} (rendered)"));
            print(diff.unified_diff().header(&headers.0, &headers.1).to_string())?;
        }
    }
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
