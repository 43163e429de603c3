//! Subcommand: cargo xtask verify

use std::process::ExitCode;

use job::{ClaimName, Command, Verify};

use super::hand_over;
use crate::flags::{Run, Which};

/// Prove that pods share a volume of the class.
///
/// In a namespace of its own, a writer and readers start at once on one claim:
/// what one writes all read, concurrent appends lose nothing, a lock excludes,
/// and the files outlive the writer. Whatever happens, it cleans up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask verify --config prod.hcl
  cargo xtask verify --config prod.hcl --image registry.example.com/busybox:1.37
  cargo xtask verify --config prod.hcl --claim graphs/checkpoints")]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    run: Run,
    /// Image of the pods: any with a shell and `flock`
    #[arg(long, default_value = "public.ecr.aws/docker/library/busybox:stable")]
    image: String,
    /// How many pods read beside the one that writes
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=20))]
    readers: u8,
    /// Existing claim to prove it on, instead of one of its own
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = claim)]
    claim: Option<ClaimName>,
    /// Leave everything as it is at the end
    #[arg(long)]
    keep: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let verify = Verify {
        image: args.image.clone(),
        readers: args.readers.into(),
        claim: args.claim.clone(),
        keep: args.keep,
    };
    hand_over(&args.which, &args.run, Command::Verify(verify), false)
}

fn claim(text: &str) -> Result<ClaimName, String> {
    let parts = text.split_once('/').filter(|(namespace, name)| {
        inputs::dns_label(namespace).is_ok() && inputs::dns_subdomain(name).is_ok()
    });
    let (namespace, name) = parts.ok_or("write it as NAMESPACE/NAME")?;
    Ok(ClaimName { namespace: namespace.to_owned(), name: name.to_owned() })
}
