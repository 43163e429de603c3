//! Subcommand: cargo xtask render

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use efs::{Document, FileSystemInputs};
use graphscope::{Example, Trial};

use super::tell;
use super::verify::{IMAGE, example};
use crate::deployment;
use crate::flags::{Format, Which};

/// Stands in a StorageClass whose file system does not exist yet.
const UNKNOWN: &str = "(known after apply)";

/// Print or write the documents, without touching anything else: those of the storage,
/// and those of every workload of the file in a folder named after its block.
///
/// The file system's id is known once it was deployed; until then its place
/// is marked, unless `--check` finds it in the directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask render
  cargo xtask render --write gitops/efs --file-system-id fs-0123456789abcdef0
  cargo xtask render --example checkpoint | kubectl apply -f -
  cargo xtask render --check gitops/efs    # exits 1 with a difference where there is one")]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// Write the documents into this directory
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    write: Option<PathBuf>,
    /// Compare the documents with those in this directory
    #[arg(long, value_name = "DIR")]
    check: Option<PathBuf>,
    /// Print an example workload on the class instead: complete, to read and to apply
    #[arg(long, value_name = "NAME", value_parser = example(), conflicts_with_all = ["write", "check"])]
    example: Option<Example>,
    /// Image of the example's pods: any with a shell and `flock`
    #[arg(long, default_value = IMAGE, requires = "example")]
    image: String,
    /// How the documents are printed: one stream of YAML, or JSON by file name
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let deployment = deployment::read(&args.which)?;
    if let Some(example) = args.example {
        return print_example(args, example, &deployment.inputs.storage_class.name);
    }
    let found = match &args.check {
        Some(path) => directory::read(path)?,
        None => std::collections::BTreeMap::new(),
    };
    let known = match &deployment.inputs.file_system {
        FileSystemInputs::Adopted(id) => Some(id.to_string()),
        FileSystemInputs::Own { .. } => {
            found.get(Document::StorageClass.file_name()).and_then(|text| efs::file_system_of(text))
        }
    };
    let id = known.as_deref().unwrap_or(UNKNOWN);
    let mut documents = Vec::new();
    for document in Document::ALL {
        let text = document.render_for(&deployment.inputs, id)?;
        documents.push((document.file_name().to_owned(), text));
    }
    for (label, workload) in &deployment.workloads {
        for document in graphscope::Document::ALL {
            let path = format!("{label}/{}", document.file_name());
            documents.push((path, document.render(workload)?));
        }
    }
    if let Some(path) = &args.check {
        return compare(&documents, path);
    }
    if let Some(path) = &args.write {
        if known.is_none() {
            anyhow::bail!(
                "the StorageClass names a file system that does not exist yet; what now: \
                 `cargo xtask deploy-efs` creates it and writes the documents, or give `--file-system-id`"
            );
        }
        for (name, text) in &documents {
            let path = path.join(name);
            directory::write_file(&path, text)?;
            eprintln!("wrote {}", path.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    print(args.output, &documents).context("printing the documents")?;
    if known.is_none() {
        eprintln!("note: {UNKNOWN} stands for the id of a file system that `deploy-efs` creates");
    }
    Ok(ExitCode::SUCCESS)
}

/// An example that runs under its own name, so that it can be applied as it is.
fn print_example(args: &Args, example: Example, class: &str) -> anyhow::Result<ExitCode> {
    let text = Trial::new(example, example.as_str(), class, &args.image).documents()?;
    match args.output {
        Format::Text => tell(text)?,
        Format::Json => print(args.output, &[(format!("{}.yaml", example.as_str()), text)])?,
    }
    Ok(ExitCode::SUCCESS)
}

fn print(format: Format, documents: &[(String, String)]) -> anyhow::Result<()> {
    match format {
        Format::Text => {
            let parts =
                documents.iter().map(|(name, text)| format!("---\n# Source: {name}\n{text}"));
            tell(parts.collect::<String>())
        }
        Format::Json => {
            let all: serde_json::Map<String, serde_json::Value> =
                documents.iter().map(|(name, text)| (name.clone(), text.clone().into())).collect();
            tell(serde_json::to_string_pretty(&all)? + "\n")
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
            tell(diff.unified_diff().header(&headers.0, &headers.1).to_string())?;
        }
    }
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
