//! Subcommand: cargo xtask fuzz

use std::process::ExitCode;

use anyhow::Context;
use clap::ValueEnum;
use failure::Help;
use xshell::{Shell, cmd};

use crate::live::{self, of_no_package};

/// What the compiler adds so that the fuzzer sees which code an input reaches. The
/// flags are those of stable Rust: no sanitizer is needed to find a panic.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1";

/// Fuzz every parser of outside text.
///
/// These read deployment files, templates, YAML, and responses of AWS and clusters.
///
/// An input that makes one fail is kept under `target/fuzz/`, and reported.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask fuzz                      # 30 seconds per target
  cargo xtask fuzz hcl --seconds 600")]
pub(super) struct Args {
    /// The target [default: all]
    #[arg(value_enum)]
    target: Option<Target>,
    /// Seconds per target
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// The seed of chance, so that runs try the same [default: another one every time]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    seed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Deployment files
    Hcl,
    /// Documents
    Templates,
    /// YAML, as it is read and written
    Yaml,
    /// Responses of AWS and clusters
    Answers,
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Target::Hcl => "hcl",
            Target::Templates => "templates",
            Target::Yaml => "yaml",
            Target::Answers => "answers",
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let shell = Shell::new()?;
    shell.change_dir(live::workspace());
    let (folder, host) = (live::target()?.join("fuzz"), host(&shell)?);
    {
        // Naming the target keeps the flags from build scripts and macros.
        let _flags = shell.push_env("RUSTFLAGS", FLAGS);
        let build = cmd!(
            shell,
            "cargo build --quiet --release --manifest-path fuzz/Cargo.toml --target {host} --target-dir {folder}"
        );
        of_no_package(build)
            .quiet()
            .run()
            .help("building the fuzz targets", "they need a C++ compiler")?;
    }
    let all: Vec<Target> = match args.target {
        Some(one) => vec![one],
        None => Target::value_variants().to_vec(),
    };
    for target in all {
        let name = target.name();
        let program = folder.join(&host).join("release").join(name);
        let (corpus, found) = (folder.join("corpus").join(name), folder.join("found"));
        shell.create_dir(&corpus)?;
        shell.create_dir(&found)?;
        let found = format!("-artifact_prefix={}/{name}-", found.display());
        let seconds = format!("-max_total_time={}", args.seconds);
        // libFuzzer takes 0 for "another one every time".
        let seed = format!("-seed={}", args.seed);
        eprintln!("{name}: {} s", args.seconds);
        cmd!(shell, "{program} {corpus} {found} {seconds} {seed} -max_len=4096 -timeout=30 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1")
            .quiet()
            .run()
            .help(format!("fuzzing `{name}`"), "its message is above, and the text is beside it")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The machine that this is, as the compiler names it.
fn host(shell: &Shell) -> anyhow::Result<String> {
    let printed = cmd!(shell, "rustc --version --verbose").quiet().read()?;
    let host = printed.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("asking the compiler for this machine's name")?.to_owned())
}
