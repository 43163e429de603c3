//! Building `live` on first use, and handing it one job.

use std::convert::Infallible;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use failure::Help;
use job::Order;
use serde::Serialize;
use xshell::{Cmd, Shell, cmd};

/// The top of the workspace.
pub(crate) fn workspace() -> PathBuf {
    // Cargo sets it for `cargo xtask`; the one that was compiled in serves who starts the program itself.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map(Path::to_owned).unwrap_or(manifest)
}

/// The folder that this program was built into, and the others are too.
pub(crate) fn built() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("finding this program")?;
    program.parent().map(Path::to_owned).context("finding the folder of this program")
}

/// Cargo's target folder.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    Ok(built()?.parent().map(Path::to_owned).unwrap_or_default())
}

/// Builds programs of the workspace; the answer is the folder that they are in.
pub(crate) fn build(programs: &[&str]) -> anyhow::Result<PathBuf> {
    build_as(programs, false)
}

/// The same; `silently` says nothing but errors.
pub(crate) fn build_as(programs: &[&str], silently: bool) -> anyhow::Result<PathBuf> {
    let folder = built()?;
    let shell = Shell::new()?;
    shell.change_dir(workspace());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = target()?;
    let mut packages = Vec::new();
    for program in programs {
        packages.extend(["--package", program]);
    }
    let profile = if cfg!(debug_assertions) { &[][..] } else { &["--release"][..] };
    let first = programs.iter().any(|program| !folder.join(program).exists());
    let told = first && !silently;
    let quiet = if told { None } else { Some("--quiet") };
    if told {
        eprintln!(
            "Building {}. The first build takes minutes, as the AWS SDK is large; later runs start at once.",
            programs.join(" and ")
        );
    }
    let build = cmd!(
        shell,
        "{cargo} build {quiet...} {profile...} --locked --target-dir {target} {packages...}"
    );
    of_no_package(build)
        .quiet()
        .run()
        .help("building the program that talks to AWS", "see the compiler's message above")?;
    Ok(folder)
}

/// Builds the sandbox; the answer is the folder that it is in.
///
/// The sandbox alone is light. Where `live` is there already, both are built together, as for
/// a deploy: other features would have it compiled again and again.
pub(crate) fn build_sandbox() -> anyhow::Result<PathBuf> {
    let with_live = built()?.join("live").exists();
    build(if with_live { &["live", "sandbox"] } else { &["sandbox"] })
}

/// Builds a program of the workspace for speed; the answer is the program.
pub(crate) fn build_release(program: &str) -> anyhow::Result<PathBuf> {
    let shell = Shell::new()?;
    shell.change_dir(workspace());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = target()?;
    let build = cmd!(
        shell,
        "{cargo} build --quiet --release --locked --target-dir {target} --package {program}"
    );
    of_no_package(build)
        .quiet()
        .run()
        .help(format!("building `{program}`"), "see the compiler's message above")?;
    Ok(target.join("release").join(program))
}

/// A call of Cargo without what Cargo sets for the one package that it runs, this one.
///
/// Build scripts watch some of it, `ring`'s for one, and would compile anew, with all that
/// depends on them, whenever another package asks.
pub(crate) fn of_no_package(mut cargo: Cmd<'_>) -> Cmd<'_> {
    for (name, _) in std::env::vars_os() {
        let variable = name.to_string_lossy();
        if variable.starts_with("CARGO_MANIFEST_") || variable.starts_with("CARGO_PKG_") {
            cargo = cargo.env_remove(name);
        }
    }
    cargo
}

/// Hands the order to `live`, which takes the place of this program: signals
/// and the exit code are its own.
pub(crate) fn hand_over(order: &Order, folder: &Path) -> anyhow::Result<Infallible> {
    start(order, &folder.join("live"), order.session.sandbox.is_some())
}

/// Starts a program with its job on standard input, in the place of this one.
pub(crate) fn start(
    job: &impl Serialize,
    program: &Path,
    in_sandbox: bool,
) -> anyhow::Result<Infallible> {
    let mut stdin = tempfile::tempfile().context("preparing the job")?;
    serde_json::to_writer(&mut stdin, job).context("preparing the job")?;
    std::io::Seek::rewind(&mut stdin)?;
    let shell = Shell::new()?;
    let mut command: Command = cmd!(shell, "{program}").into();
    command.stdin(stdin);
    if in_sandbox {
        local_credentials(&mut command);
    }
    let error = command.exec();
    bail!(anyhow::Error::new(error).context(format!("starting `{}`", program.display())))
}

/// The sandbox takes any credentials. Those of the user stay where they are,
/// and so do settings that would lead elsewhere.
fn local_credentials(command: &mut Command) {
    for name in [
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_EFS",
        "AWS_ENDPOINT_URL_EC2",
        "AWS_ENDPOINT_URL_EKS",
        "AWS_ENDPOINT_URL_STS",
    ] {
        command.env_remove(name);
    }
    command
        .env("AWS_ACCESS_KEY_ID", "sandbox")
        .env("AWS_SECRET_ACCESS_KEY", "sandbox")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
}
