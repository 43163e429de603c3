//! Subcommand: cargo xtask bench

use std::path::Path;
use std::process::ExitCode;

use job::Bench;

use crate::flags::Format;
use crate::live;

/// Benchmark against the theoretical best.
///
/// Measures wall times against the critical path of the calls, numbers of calls and rounds,
/// planning and rendering, a fleet at the account's rate, starts, sizes and memory.
///
/// Each figure is printed with its ratio to the best: 1.000 is perfect. One that has a goal, as those
/// of the sandbox have, is `within` it or `over` it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask bench                             # everything: seven minutes
  cargo xtask bench --only fleet
  cargo xtask bench --only sandbox              # the local AWS where it holds much; builds no SDK
  cargo xtask bench --only sandbox --check      # the same, and a failure where a figure is over its goal
  cargo xtask bench --only big                  # a big account and a big cluster: time, memory, growth
  cargo xtask bench --only clusters             # a fleet with a cluster and a Helm for each: memory
  cargo xtask bench --only deploy/200ms --output json")]
pub(super) struct Args {
    /// Only figures whose names begin with this, such as `no-op` or `deploy/200ms/6`
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Number of deployments in the fleet
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    fleet: u16,
    /// Measure builds from scratch too, which takes minutes
    #[arg(long)]
    build: bool,
    /// Exit with code 1 if a figure is over its goal; quiet machines only, as all others are slow
    #[arg(long)]
    check: bool,
    /// Output format: a table, or an array of `{"name", "value", "unit", "limit", "ratio", "within"}`
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // What is measured is what people run; what measures is not to be in the way.
    let sandbox_alone = args.only.as_ref().is_some_and(|only| only.starts_with("sandbox"));
    let programs =
        if sandbox_alone { live::build_sandbox()? } else { live::build(&["live", "sandbox"])? };
    let bench = live::build_release("bench")?;
    let job = Bench {
        only: args.only.clone(),
        fleet: args.fleet.into(),
        build: args.build,
        check: args.check,
        output: args.output.into(),
        programs,
        workspace: live::workspace(),
    };
    match live::start(&job, Path::new(&bench), false)? {}
}
