//! Subcommand: cargo xtask e2e

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use job::{AwsChoice, ClusterChoice, DriverChoice, DriverPolicy, EndToEnd};

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
  cargo xtask e2e --cluster control-plane --aws sandbox --driver real
  cargo xtask e2e --cluster control-plane --aws sandbox --enforce-iam
  cargo xtask e2e --cluster node
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
    /// Who makes the volumes of claims, with `--cluster control-plane` [default: stand-in; with
    /// `--enforce-iam`, whose policies are the driver's, real]
    #[arg(long, value_enum)]
    driver: Option<Driver>,
    /// Let this program do what its rendered policy allows and nothing else, and the driver what the
    /// policy allows that the deployment makes (`rendered`) or AWS's own (`managed`); with
    /// `--cluster control-plane --aws sandbox`
    #[arg(
        long,
        value_enum,
        value_name = "POLICY",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "rendered"
    )]
    enforce_iam: Option<Policy>,
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
    /// The driver's chart [default: the small one of the tests; with `--driver real` or `--cluster node`,
    /// the one that the driver brings along; with `--cluster context`, the published one]
    #[arg(long, value_name = "CHART")]
    helm_chart: Option<String>,
    /// Version of the driver's chart [default: 2.4.5; with `--driver real`, that of its chart]
    #[arg(long, value_name = "VERSION")]
    helm_chart_version: Option<String>,
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
    /// A control plane with a real kubelet and containers, as root on Linux
    Node,
    /// A context of the kubeconfig
    Context,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Policy {
    /// The role and the policy that the deployment makes
    Rendered,
    /// A role with AWS's managed policy
    Managed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// A stand-in for the driver's provisioner
    StandIn,
    /// The controller of the EFS CSI driver, and csi-provisioner, as programs of this machine
    Real,
}

/// The version of the published chart.
const CHART_VERSION: &str = "2.4.5";

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let cluster = match cluster(args) {
        Ok(cluster) => cluster,
        Err((flag, what, remedy)) => return wrong(flag, what, remedy),
    };
    let driver = match driver(args) {
        Driver::Real if cluster != ClusterChoice::ControlPlane => {
            let what = "only `--cluster control-plane` runs the driver's programs as processes";
            return wrong("--driver", what, "give `--cluster control-plane`, or leave it out");
        }
        Driver::Real => DriverChoice::Real,
        Driver::StandIn => DriverChoice::StandIn,
    };
    let sandboxed = cluster == ClusterChoice::ControlPlane && args.aws == AwsChoice::Sandbox;
    if args.enforce_iam.is_some() && (!sandboxed || args.container || args.aws_image.is_some()) {
        let what = "only the sandbox as a program, beside a bare control plane, is given policies";
        let remedy = "give `--cluster control-plane --aws sandbox`, or leave it out";
        return wrong("--enforce-iam", what, remedy);
    }
    let enforce_iam = args.enforce_iam.map(|policy| match policy {
        Policy::Rendered => DriverPolicy::Rendered,
        Policy::Managed => DriverPolicy::Managed,
    });
    let (helm_chart, helm_chart_version) = chart(args)?;
    // Together with what it runs, so that all agree on the features of what they share.
    let programs = live::build(&["live", "sandbox", "e2e"])?;
    let target = live::target()?;
    let mut name = format!("{}-{}", cluster.as_str(), args.aws.as_str());
    if driver == DriverChoice::Real {
        name.push_str("-driver");
    }
    if let Some(policy) = args.enforce_iam.and_then(|policy| policy.to_possible_value()) {
        name.push_str(&format!("-{}", policy.get_name()));
    }
    let workload_charts = match (&args.workload_charts, args.cluster) {
        (Some(charts), _) => Some(std::path::absolute(charts)?),
        (None, Cluster::Context) => None,
        (None, _) => Some(live::workspace().join("tests/charts")),
    };
    let job = EndToEnd {
        workload_charts,
        aws: args.aws.clone(),
        driver,
        enforce_iam,
        aws_image: args.aws_image.clone(),
        container: args.container,
        config: args.config.clone().unwrap_or_else(|| live::workspace().join("clockwork.hcl")),
        helm_chart,
        helm_chart_version,
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

/// The cluster, or the flag that does not go with it, why, and the remedy.
fn cluster(args: &Args) -> Result<ClusterChoice, (&'static str, &'static str, &'static str)> {
    match args.cluster {
        Cluster::Context => Ok(ClusterChoice::Context(args.context.clone())),
        _ if args.context.is_some() => Err((
            "--context",
            "it goes with `--cluster context`, and `--cluster` is another one",
            "give `--cluster context`, or leave it out",
        )),
        Cluster::Kind => {
            Ok(ClusterChoice::Kind { image: args.kind_image.clone(), reuse: args.reuse })
        }
        Cluster::ControlPlane => Ok(ClusterChoice::ControlPlane),
        Cluster::Node if args.keep => Err((
            "--keep",
            "nothing outlives the namespaces of `--cluster node`",
            "leave it out, or give `--cluster control-plane`",
        )),
        Cluster::Node => Ok(ClusterChoice::Node),
    }
}

/// Who makes the volumes: without a word, who has a policy to keep.
fn driver(args: &Args) -> Driver {
    let fitting = if args.enforce_iam.is_some() { Driver::Real } else { Driver::StandIn };
    args.driver.unwrap_or(fitting)
}

/// The driver's chart and its version.
fn chart(args: &Args) -> anyhow::Result<(String, String)> {
    let version = args.helm_chart_version.clone();
    let published = || version.clone().unwrap_or_else(|| CHART_VERSION.to_owned());
    Ok(match (&args.helm_chart, driver(args), args.cluster) {
        (Some(chart), ..) => (chart.clone(), published()),
        (None, Driver::Real, _) | (None, _, Cluster::Node) => {
            let (folder, its) = tools::driver_chart()?;
            (folder.display().to_string(), version.unwrap_or(its))
        }
        (None, _, Cluster::Context) => (efs::CHART.to_owned(), published()),
        (None, ..) => {
            let own = live::workspace().join("tests/charts/aws-efs-csi-driver");
            (own.display().to_string(), published())
        }
    })
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
