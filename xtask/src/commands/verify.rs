//! Subcommand: cargo xtask verify

use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use graphscope::Example;
use job::{ClaimName, Goal, Verify};
use kubernetes::proof::{Placement, Toleration};

use super::fleet;
use crate::flags::{DeploymentArgs, OWN, Run};
use crate::request::{Request, Selection};

/// The heading of the flags that say where pods run, and what.
pub(super) const PODS: &str = "Pods";

/// The image of pods that need a shell and nothing else: EKS nodes reach this registry.
pub(super) const IMAGE: &str = "public.ecr.aws/docker/library/busybox:stable";

/// Verify that pods share a volume of the class, or of each class of the file.
///
/// In a namespace of its own, a writer and readers start together on one claim. Checks that
/// all of them read what one writes, that concurrent appends lose nothing, that a lock
/// excludes, and that the files outlive the writer; cleans up unless `--keep` is given. With `--workload`, it
/// instead runs and checks an example of what GraphScope does: `dataset`, `checkpoint`,
/// `logs` or `stream`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask verify --config prod.hcl
  cargo xtask verify --config prod.hcl --module scratch    # one class of several
  cargo xtask verify --config prod.hcl --image registry.example.com/busybox:1.37
  cargo xtask verify --config prod.hcl --toleration nvidia.com/gpu --node-selector kubernetes.io/arch=arm64
  cargo xtask verify --config prod.hcl --workload checkpoint
  cargo xtask verify --config prod.hcl --claim graphs/checkpoints")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
    /// Image of the pods: any with a shell and `flock`, and `cksum` for `--workload`
    #[arg(long, help_heading = PODS, default_value = IMAGE)]
    image: String,
    /// Example workload to run and check; `render --example` prints it
    #[arg(long, value_name = "NAME", help_heading = OWN, value_parser = example())]
    workload: Option<Example>,
    /// Number of pods that read, beside the one that writes
    #[arg(long, help_heading = OWN, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=20), conflicts_with = "workload")]
    readers: u8,
    /// Existing claim to use, instead of a new one
    #[arg(long, value_name = "NAMESPACE/NAME", help_heading = OWN, value_parser = claim)]
    claim: Option<ClaimName>,
    /// Keep everything at the end
    #[arg(long, help_heading = OWN)]
    keep: bool,
    #[command(flatten)]
    placement: PlacementArgs,
}

/// Where the pods may run.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = PODS)]
pub(super) struct PlacementArgs {
    /// Taint that the pods bear; may be repeated
    #[arg(long, value_name = "KEY[=VALUE][:EFFECT]", value_parser = Toleration::parse)]
    toleration: Vec<Toleration>,
    /// Label that the nodes of the pods must have; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    node_selector: Vec<(String, String)>,
    /// Requests and limits of the pods, such as `cpu=100m,memory=64Mi`, where a quota asks for them
    #[arg(long, value_name = "NAME=QUANTITY,…", value_parser = pair, value_delimiter = ',')]
    pod_resources: Vec<(String, String)>,
    /// Secret that the image is pulled with; it is copied into the namespace of the proof
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = claim)]
    image_pull_secret: Option<ClaimName>,
}

impl PlacementArgs {
    pub(super) fn read(&self) -> Placement {
        let secret = self.image_pull_secret.as_ref();
        Placement {
            tolerations: self.toleration.clone(),
            node_selector: self.node_selector.iter().cloned().collect(),
            resources: self.pod_resources.iter().cloned().collect(),
            image_pull_secret: secret.map(|it| (it.namespace.clone(), it.name.clone())),
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty());
    let (key, value) = parts.ok_or("write it as NAME=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let verify = Verify {
        image: args.image.clone(),
        readers: args.readers.into(),
        example: args.workload,
        claim: args.claim.clone(),
        keep: args.keep,
        placement: args.placement.read(),
    };
    let request = Request::new(&args.deployment, &args.run, Selection::Storage);
    fleet::hand_over(&args.fleet, &request, Goal::Verify(verify), false)
}

/// One of the examples, by name.
pub(super) fn example() -> impl TypedValueParser<Value = Example> {
    PossibleValuesParser::new(
        Example::ALL.map(|example| PossibleValue::new(example.as_str()).help(example.shows())),
    )
    .try_map(|name| {
        Example::ALL.into_iter().find(|example| example.as_str() == name).ok_or("no such example")
    })
}

fn claim(text: &str) -> Result<ClaimName, String> {
    let parts = text.split_once('/').filter(|(namespace, name)| {
        inputs::dns_label(namespace).is_ok() && inputs::dns_subdomain(name).is_ok()
    });
    let (namespace, name) = parts.ok_or("write it as NAMESPACE/NAME")?;
    Ok(ClaimName { namespace: namespace.to_owned(), name: name.to_owned() })
}
