//! The subcommands, a file each.

mod bench;
mod clients;
mod completions;
mod deploy;
mod destroy;
mod doctor;
mod e2e;
mod expand;
mod fleet;
mod fuzz;
mod graphscope;
mod matrix;
mod plan;
mod render;
mod sandbox;
mod status;
mod tools;
mod verify;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use efs::DriverMode;
use job::{ClusterTarget, Command, ContextChoice, Job, Order, Output, Sandbox, Target};

use crate::deployment::{self, Deployment};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::flags::{Format, InputFlags, Run, Which, Workload};
use crate::{helm, live};

/// Shared, persistent, POSIX storage for GraphScope on Amazon EKS: from a list
/// of subnets to an EFS file system, with one command and no state file.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
#[command(after_help = "Try it without an AWS account: cargo xtask deploy-efs --sandbox")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    /// Show what would change
    PlanEfs(plan::Args),
    /// Plan, and carry the plan out
    DeployEfs(deploy::Args),
    /// Take down what a deployment made
    DestroyEfs(destroy::Args),
    /// Show what there is: file system, targets, driver, class, claims
    Status(status::Args),
    /// Prove that pods share a volume of the class
    Verify(verify::Args),
    /// Complete what claims ask for, which no part of EFS does
    ExpandVolumes(expand::Args),
    /// Show what would change of storage and GraphScope workloads
    PlanGraphscope(graphscope::Plan),
    /// Plan storage and GraphScope workloads as one, and carry it out
    DeployGraphscope(graphscope::Deploy),
    /// Take GraphScope workloads down; their data stays
    DestroyGraphscope(graphscope::Destroy),
    /// Print the CI matrix as JSON
    Matrix(matrix::Args),
    /// Print or write the documents, without touching anything else
    Render(render::Args),
    /// Serve the local AWS, for any AWS client
    Sandbox(sandbox::Args),
    /// Tell the whole story on a cluster and an AWS of choice
    E2e(e2e::Args),
    /// Run other people's AWS clients in the sandbox
    Clients(clients::Args),
    /// Measure everything against what it could be at best
    Bench(bench::Args),
    /// Try any text where people, AWS and clusters may give one
    Fuzz(fuzz::Args),
    /// Tell what each command lacks on this machine
    Doctor(doctor::Args),
    /// List and build the external programs of the end-to-end tests
    Tools(tools::Args),
    /// Print shell completions
    Completions(completions::Args),
}

/// Runs the subcommand.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Commands::PlanEfs(args) => plan::run(&args),
        Commands::DeployEfs(args) => deploy::run(&args),
        Commands::DestroyEfs(args) => destroy::run(&args),
        Commands::Status(args) => status::run(&args),
        Commands::Verify(args) => verify::run(&args),
        Commands::ExpandVolumes(args) => expand::run(&args),
        Commands::Clients(args) => clients::run(&args),
        Commands::Bench(args) => bench::run(&args),
        Commands::Fuzz(args) => fuzz::run(&args),
        Commands::E2e(args) => e2e::run(&args),
        Commands::PlanGraphscope(args) => graphscope::plan(&args),
        Commands::DeployGraphscope(args) => graphscope::deploy(&args),
        Commands::DestroyGraphscope(args) => graphscope::destroy(&args),
        Commands::Matrix(args) => matrix::run(&args),
        Commands::Render(args) => render::run(&args),
        Commands::Sandbox(args) => sandbox::run(&args),
        Commands::Doctor(args) => doctor::run(&args),
        Commands::Tools(args) => tools::run(&args),
        Commands::Completions(args) => completions::run(&args),
    }
}

/// Writes a result to standard output. A reader that went away, such as
/// `head`, has seen enough, and that is no failure.
fn tell(text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_ref()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing to standard output"),
    }
}

/// The environment variable that names another file for the sandbox's state.
const SANDBOX_STATE: &str = "CLOCKWORK_SANDBOX_STATE";

/// What a command was asked with.
struct Asked<'a> {
    which: &'a Which,
    workload: Option<&'a InputFlags<Workload>>,
    run: &'a Run,
}

impl<'a> Asked<'a> {
    fn new(which: &'a Which, run: &'a Run) -> Self {
        Asked { which, workload: None, run }
    }

    fn of_workloads(which: &'a Which, workload: &'a InputFlags<Workload>, run: &'a Run) -> Self {
        Asked { which, workload: Some(workload), run }
    }
}

/// Reads the deployment, builds what is needed, and hands the job over.
fn hand_over(asked: Asked, command: Command, yes: bool) -> anyhow::Result<ExitCode> {
    let Asked { which, workload, run } = asked;
    let Deployment { module, inputs, network, workloads } = match workload {
        Some(flags) => deployment::read_with(which, flags)?,
        None => deployment::read(which)?,
    };
    if workload.is_some() && workloads.is_empty() {
        let place =
            which.config.as_ref().map_or("clockwork.hcl".into(), |path| path.to_string_lossy());
        return wrong(
            &place,
            "the file has no module of `./modules/graphscope`",
            "add `module \"NAME\" { source = \"./modules/graphscope\" … }`, or give `--workload-kind`",
        );
    }
    let target = target(run, &inputs, &command)?;
    // Always both: alone, `live` would have other features of shared crates, and the AWS
    // SDK would be compiled once for AWS and once for the sandbox.
    let folder = live::build(&["live", "sandbox"])?;
    let sandbox = if run.sandbox {
        Some(Sandbox { program: folder.join("sandbox"), state: sandbox_state()? })
    } else {
        None
    };
    let job = Job {
        workloads: if command.knows_workloads() { workloads } else { Vec::new() },
        command,
        module,
        network,
        target,
        wait: !run.no_wait,
        inputs,
        output: match run.output {
            Format::Text => Output::Text,
            Format::Json => Output::Json,
        },
        yes,
        timeout: run.timeout,
        endpoint_url: run.endpoint_url.clone(),
        sandbox,
        verbosity: run.verbose,
        timeline: run.timeline.as_deref().map(std::path::absolute).transpose()?,
        again: again(),
    };
    order(&Order::Run(Box::new(job)), run, &folder)
}

/// Hands an order over, or prints it for whoever starts `live` himself.
fn order(order: &Order, run: &Run, folder: &Path) -> anyhow::Result<ExitCode> {
    if run.print_job {
        tell(serde_json::to_string(order)? + "\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    match live::hand_over(order, folder)? {}
}

/// A mistake in how a command was called.
fn wrong<T>(place: &str, message: &str, remedy: &str) -> anyhow::Result<T> {
    let mut mistakes = Diagnostics::default();
    mistakes.push(
        Diagnostic::new(message.to_owned(), Place::Named(place.to_owned()))
            .remedy(remedy.to_owned()),
    );
    mistakes.into_result()?;
    bail!("{message}")
}

/// Where Kubernetes objects go; what a cluster needs is looked for now, before anything is built.
fn target(run: &Run, inputs: &efs::Inputs, command: &Command) -> anyhow::Result<Target> {
    let in_cluster = matches!(command, Command::Expand | Command::Verify(_));
    if in_cluster && (run.manifests.is_some() || (run.sandbox && run.context.is_none())) {
        let place = if run.manifests.is_some() { "--manifests" } else { "--sandbox" };
        return wrong(
            place,
            "this command works in a cluster, and documents were asked for",
            "give `--context`",
        );
    }
    if let Some(directory) = &run.manifests {
        return Ok(Target::Directory(directory.clone()));
    }
    if run.sandbox && run.context.is_none() {
        let top = sandbox_manifests()?;
        return Ok(Target::Directory(
            top.join(&inputs.cluster_name).join(&inputs.storage_class.name),
        ));
    }
    let helm = match (command, inputs.driver.mode) {
        (
            Command::PlanWorkloads { .. }
            | Command::DeployWorkloads { .. }
            | Command::DestroyWorkloads { .. },
            _,
        ) => Some(helm::find()?),
        (Command::Expand | Command::Verify(_), _) | (_, DriverMode::Skip) => None,
        // Whoever only looks is shown what can be seen without Helm.
        (Command::Status, _) => helm::find().ok(),
        _ => Some(helm::find()?),
    };
    let context = run.context.clone().map_or(ContextChoice::Current, ContextChoice::Named);
    Ok(Target::Cluster(ClusterTarget { context, helm }))
}

/// The file that holds the sandbox's state.
fn sandbox_state() -> anyhow::Result<PathBuf> {
    match std::env::var_os(SANDBOX_STATE).filter(|path| !path.is_empty()) {
        Some(path) => {
            std::path::absolute(PathBuf::from(path)).context("reading CLOCKWORK_SANDBOX_STATE")
        }
        None => Ok(live::target()?.join("sandbox/state.json")),
    }
}

/// Where runs with `--sandbox` leave their documents: beside the state, as the
/// documents of one AWS make no sense in another.
fn sandbox_manifests() -> anyhow::Result<PathBuf> {
    Ok(sandbox_state()?.with_file_name("manifests"))
}

/// The command line, as a person would type it again.
fn again() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    let quoted = std::env::args().skip(1).map(|arg| {
        if !arg.is_empty() && arg.chars().all(plain) {
            arg
        } else {
            format!("'{}'", arg.replace('\'', "'\\''"))
        }
    });
    std::iter::once("cargo xtask".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}
