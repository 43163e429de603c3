//! Subcommand: cargo xtask e2e

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use job::{AwsChoice, ClusterChoice, EndToEnd};

use crate::diagnostic::wrong;
use crate::{live, tools};

/// Run the end-to-end scenario.
///
/// On a cluster and an AWS: deploy, no changes, drift, change, claims, expansion, verify, the three
/// kinds of workload, destroy.
///
/// Prints one line per step, and writes a JUnit file and, after a failure, logs. Removes
/// everything that it started, unless `--keep` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask tools install                                 # once: the programs of a control plane
  cargo xtask e2e --cluster control-plane --aws sandbox
  cargo xtask e2e --cluster kind --kind-image kindest/node:v1.35.0 --aws ministack
  LOCALSTACK_AUTH_TOKEN=… cargo xtask e2e --cluster kind --aws localstack
  cargo xtask e2e --cluster context --context dev --aws https://efs.example.com")]
pub(super) struct Args {
    /// The cluster
    #[arg(long, value_enum, default_value_t = Cluster::ControlPlane)]
    cluster: Cluster,
    /// AWS: `sandbox`, `moto`, `ministack`, `localstack`, or the URL of an endpoint
    #[arg(long, default_value = "sandbox", value_parser = aws)]
    aws: AwsChoice,
    /// Run the emulator in a container of its own image; `localstack` always does
    #[arg(long)]
    container: bool,
    /// Run the emulator in a container of this image, such as one from a mirror or one built locally
    #[arg(long, value_name = "IMAGE")]
    aws_image: Option<String>,
    /// Context of the kubeconfig [default: the current one], with `--cluster context`
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Image of the nodes, with `--cluster kind`
    #[arg(long, value_name = "IMAGE")]
    kind_image: Option<String>,
    /// Use the cluster of an earlier run and keep it, with `--cluster kind`
    #[arg(long)]
    reuse: bool,
    /// Deployment file [default: the example at the top of the repository]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The driver's chart [default: the small one of the tests; with `--cluster context`, the real one]
    #[arg(long, value_name = "CHART")]
    helm_chart: Option<String>,
    /// Version of the driver's chart
    #[arg(long, value_name = "VERSION", default_value = "2.4.5")]
    helm_chart_version: String,
    /// Folder with the charts of the workloads, by their names [default: the small ones of the
    /// tests; with `--cluster context`, none, and the workloads are left out]
    #[arg(long, value_name = "DIR")]
    workload_charts: Option<PathBuf>,
    /// Image of the pods of `verify`
    #[arg(long, value_name = "IMAGE")]
    verify_image: Option<String>,
    /// Folder for the JUnit file and the logs [default: target/e2e/CLUSTER-AWS]
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Keep everything running at the end
    #[arg(long)]
    keep: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Cluster {
    /// A cluster of containers
    Kind,
    /// A bare control plane on the loopback, with stand-ins for nodes
    ControlPlane,
    /// A context of the kubeconfig
    Context,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let cluster = match args.cluster {
        Cluster::Context => ClusterChoice::Context(args.context.clone()),
        _ if args.context.is_some() => {
            return wrong(
                "--context",
                "it goes with `--cluster context`, and `--cluster` is another one",
                "give `--cluster context`, or leave it out",
            );
        }
        Cluster::Kind => ClusterChoice::Kind { image: args.kind_image.clone(), reuse: args.reuse },
        Cluster::ControlPlane => ClusterChoice::ControlPlane,
    };
    // Together with what it runs, so that all agree on the features of what they share.
    let programs = live::build(&["live", "sandbox", "e2e"])?;
    let target = live::target()?;
    let name = format!("{}-{}", cluster.as_str(), args.aws.as_str());
    let own_chart = live::workspace().join("tests/charts/aws-efs-csi-driver");
    let helm_chart = match (&args.helm_chart, args.cluster) {
        (Some(chart), _) => chart.clone(),
        (None, Cluster::Context) => efs::CHART.to_owned(),
        (None, _) => own_chart.display().to_string(),
    };
    let workload_charts = match (&args.workload_charts, args.cluster) {
        (Some(charts), _) => Some(std::path::absolute(charts)?),
        (None, Cluster::Context) => None,
        (None, _) => Some(live::workspace().join("tests/charts")),
    };
    let job = EndToEnd {
        workload_charts,
        aws: args.aws.clone(),
        aws_image: args.aws_image.clone(),
        container: args.container,
        config: args.config.clone().unwrap_or_else(|| live::workspace().join("clockwork.hcl")),
        helm_chart,
        helm_chart_version: args.helm_chart_version.clone(),
        verify_image: args.verify_image.clone(),
        keep: args.keep,
        report: args.report.clone().unwrap_or_else(|| target.join("e2e").join(name)),
        tools: tools::folder()?,
        venv: target.join("emulators"),
        programs,
        cluster,
    };
    match live::start(&job, &job.programs.join("e2e"), false)? {}
}

fn aws(text: &str) -> Result<AwsChoice, String> {
    Ok(match text {
        "sandbox" => AwsChoice::Sandbox,
        "moto" => AwsChoice::Moto,
        "ministack" => AwsChoice::MiniStack,
        "localstack" => AwsChoice::LocalStack,
        url if url.starts_with("http://") || url.starts_with("https://") => {
            AwsChoice::Url(url.to_owned())
        }
        other => {
            let known = ["sandbox", "moto", "ministack", "localstack"];
            let near = inputs::nearest(other, known)
                .map(|near| format!("did you mean `{near}`? "))
                .unwrap_or_default();
            return Err(format!("{near}write one of {}, or a URL", known.join(", ")));
        }
    })
}
