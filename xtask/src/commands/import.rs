//! Subcommand: cargo xtask import

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use efs::FileSystemId;
use efs::import::{Source, sources};
use inputs::{Given, GivenInputs};
use job::{ContextChoice, Find, Import, Order, Work};

use crate::deployment;
use crate::diagnostic::wrong;
use crate::flags::{DeploymentArgs, InputFlags, Run, Storage};
use crate::request::{Request, Selection, build};

/// Write the module block that takes over an existing file system.
///
/// It is found by `--file-system-id`, by tags, or in a file of what made it: a state of Terraform
/// or what `terraform show -json` prints, what `aws cloudformation describe-stack-resources`
/// prints, or a manifest of ACK. Nothing is changed: the block is printed, and what a deployment of
/// it would tag, what it would change, and who else manages the file system are told.
///
/// Other inputs that are given as flags stand in the block as they are given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask import --file-system-id fs-0123456789abcdef0 --aws-region eu-west-1 --cluster-name prod
  cargo xtask import --tag team=graphs --tag stage=prod --cluster-name prod --out prod.hcl
  terraform show -json | cargo xtask import --from - --cluster-name prod --out prod.hcl
  cargo xtask import --from terraform.tfstate --cluster-name prod --output json
  cargo xtask plan-efs --config prod.hcl          # afterwards")]
pub(super) struct Args {
    /// Find file systems by a tag; may be repeated, and all must match
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag, conflicts_with = "from")]
    by_tag: Vec<(String, String)>,
    /// Find them in a file of what made them, or in standard input where it is `-`
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Label of the module block
    #[arg(long, value_name = "LABEL", default_value = "efs_csi", value_parser = label)]
    label: String,
    /// Write the block to this file, which must not exist, instead of standard output
    #[arg(long, value_name = "FILE.hcl")]
    out: Option<PathBuf>,
    #[command(flatten)]
    inputs: InputFlags<Storage>,
    #[command(flatten)]
    run: Run,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let given = deployment::flags(&args.inputs)?;
    let find = find(args, &given)?;
    if args.run.manifests.is_some() {
        let message = "an import looks at AWS, and with `--context` at a cluster";
        return wrong(
            "--manifests",
            message,
            "give it to `plan-efs` with the block that is written",
        );
    }
    let ignored = [
        ("--prices", args.run.prices.is_some()),
        ("--timeline", args.run.timeline.is_some()),
        ("--no-wait", args.run.no_wait),
    ];
    if let Some((flag, _)) = ignored.into_iter().find(|(_, given)| *given) {
        return wrong(flag, "an import has no use for it", "leave it out");
    }
    let context = args.run.context.clone().map(ContextChoice::Named);
    let out = args.out.as_deref().map(std::path::absolute).transpose()?;
    if let Some(path) = out.as_deref().filter(|path| path.exists()) {
        let message = format!("`{}` is there already", path.display());
        return wrong("--out", &message, "name a new file: nothing is overwritten");
    }
    let region = region(&given, &find)?;
    let literal = |value: &Given| match value {
        Given::Literal(value) => Some(value.clone()),
        Given::Output { .. } | Given::List(_) => None,
    };
    let literals = given.iter().filter(|(name, _)| *name != "file_system_id");
    let given = literals.filter_map(|(name, value)| Some((name.clone(), literal(value)?)));
    let import =
        Import { region, find, label: args.label.clone(), given: given.collect(), out, context };
    let deployment = DeploymentArgs::default();
    let request = Request::new(&deployment, &args.run, Selection::Storage);
    let folder = build(&args.run)?;
    let session = request.session(&folder, None)?;
    request.order(&Order { session, work: Work::Import(Box::new(import)) }, &folder)
}

/// What is looked for.
fn find(args: &Args, given: &GivenInputs) -> anyhow::Result<Find> {
    let id = match text(given, "file_system_id") {
        Some(id) => match FileSystemId::try_from(id) {
            Ok(id) => Some(id),
            Err(error) => {
                let remedy = "write it as fs-0123456789abcdef0";
                return wrong("--file-system-id", &error.to_string(), remedy);
            }
        },
        None => None,
    };
    match (id, &args.from) {
        (None, None) if args.by_tag.is_empty() => wrong(
            "import",
            "nothing says which file system is meant",
            "give `--file-system-id fs-…`, `--tag KEY=VALUE`, or `--from FILE`",
        ),
        (Some(_), None) if !args.by_tag.is_empty() => {
            wrong("--tag", "the file system is named by its id already", "leave out one of the two")
        }
        (Some(id), None) => Ok(Find::Id(id)),
        (None, None) => Ok(Find::Tags(BTreeMap::from_iter(args.by_tag.clone()))),
        (id, Some(path)) => from_file(path, id.as_ref()).map(Find::Sources),
    }
}

/// The file systems that a file names, or the one of them that is meant.
fn from_file(path: &Path, id: Option<&FileSystemId>) -> anyhow::Result<Vec<Source>> {
    let name = format!("--from {}", path.display());
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = match read {
        Ok(text) => text,
        Err(error) => return wrong(&name, &error.to_string(), "name a file that can be read"),
    };
    let mut all = match sources(&text) {
        Ok(all) => all,
        Err(problem) => return wrong(&name, &problem.message, &problem.remedy),
    };
    if let Some(id) = id {
        let known: Vec<String> = all.iter().map(|source| source.id.to_string()).collect();
        all.retain(|source| source.id == *id);
        if all.is_empty() {
            let remedy = format!("it names {}", known.join(", "));
            return wrong("--file-system-id", &format!("the file does not name {id}"), &remedy);
        }
    }
    Ok(all)
}

/// The region: that of the flag, else that of the environment, as the AWS CLI takes it
/// (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html>). The sources of
/// a file may have regions of their own.
fn region(given: &GivenInputs, find: &Find) -> anyhow::Result<Option<String>> {
    let named = text(given, "aws_region").map(str::to_owned);
    let told = matches!(find, Find::Sources(all) if all.iter().all(|it| it.region.is_some()));
    let of_environment = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let of_environment = of_environment.iter().filter_map(|name| std::env::var(name).ok());
    let mut of_environment = of_environment.filter(|region| !told && !region.is_empty());
    let region = named.or_else(|| of_environment.next());
    if let Some(Err(problem)) = region.as_deref().map(network::region) {
        return wrong("--aws-region", &problem.message, &problem.remedy);
    }
    if region.is_none() && !told {
        let message = "nothing says in which region it is";
        return wrong("--aws-region", message, "give it, or set AWS_REGION");
    }
    Ok(region)
}

fn text<'a>(given: &'a GivenInputs, name: &str) -> Option<&'a str> {
    match given.get(name) {
        Some(Given::Literal(value)) => value.as_str(),
        _ => None,
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// A label as HCL's identifiers are.
fn label(text: &str) -> Result<String, String> {
    let mut letters = text.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if first && letters.all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
        return Ok(text.to_owned());
    }
    Err("use letters, digits, `_` and `-`".to_owned())
}
