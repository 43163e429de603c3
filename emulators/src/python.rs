//! Virtual environments of Python, made and filled from `PyPI` where they do not hold
//! the packages yet.

use std::path::Path;

use anyhow::Context as _;
use failure::Help;
use xshell::{Shell, cmd};

/// The file that says what an environment was filled with.
const STAMP: &str = "packages.txt";

/// Fills a virtual environment with packages, such as `moto==5.2.5`, and with nothing else: one
/// that holds others is made anew.
///
/// # Errors
/// Where Python has no `venv`, or a package cannot be had.
pub fn environment(venv: &Path, packages: &[&str]) -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let version = cmd!(shell, "python3 --version").quiet().read().help(
        "asking Python for its version",
        "install Python 3 with venv, on Debian `apt install python3-venv`",
    )?;
    let wanted = format!("{version}\n{}", packages.join("\n"));
    let stamp = venv.join(STAMP);
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    eprintln!("installing {} into `{}`", packages.join(" and "), venv.display());
    shell.remove_path(venv)?;
    cmd!(shell, "python3 -m venv {venv}").quiet().ignore_stdout().run().help(
        "creating a virtual environment",
        "install Python 3 with venv, on Debian `apt install python3-venv`",
    )?;
    let pip = venv.join("bin/pip");
    cmd!(shell, "{pip} install --quiet --disable-pip-version-check {packages...}")
        .quiet()
        .run()
        .help(format!("installing {}", packages.join(" and ")), "see pip's message above")?;
    // Last, so that an installation that was killed is begun again.
    shell.write_file(&stamp, wanted).context("marking the virtual environment as complete")
}
