//! Emulators from PyPI, as programs of this machine.

use std::net::TcpListener;
use std::path::Path;

use anyhow::bail;
use failure::Help;
use supervised::Program;
use xshell::{Shell, cmd};

use crate::kind::Kind;

/// A running program; dropping this value stops it.
pub(crate) type Process = Program;

/// Starts an emulator on a free port, and returns it with the URL of its endpoint.
pub(crate) fn start(kind: Kind, venv: &Path) -> anyhow::Result<(Process, String)> {
    let (name, package) = match kind {
        Kind::Moto => ("moto_server", "moto[ec2,efs,server]==5.*"),
        Kind::MiniStack => ("ministack", "ministack"),
        Kind::LocalStack | Kind::Sandbox => bail!("{kind:?} is not on PyPI"),
    };
    // One for each emulator, as their requirements conflict.
    let venv = &venv.join(name);
    let program = venv.join("bin").join(name);
    if !program.exists() {
        install(venv, package)?;
    }
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let args: Vec<String> = match kind {
        Kind::Moto => vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.clone()],
        _ => Vec::new(),
    };
    let env = [("GATEWAY_PORT", port.as_str())];
    let process = Program::start(name, &program, venv, &args, &env)?;
    Ok((process, format!("http://127.0.0.1:{port}")))
}

fn install(venv: &Path, package: &str) -> anyhow::Result<()> {
    eprintln!("installing {package} into `{}`", venv.display());
    let shell = Shell::new()?;
    let pip = venv.join("bin/pip");
    if !pip.exists() {
        cmd!(shell, "python3 -m venv {venv}").quiet().ignore_stdout().run().help(
            "creating a virtual environment",
            "install Python 3 with venv, on Debian `apt install python3-venv`",
        )?;
    }
    cmd!(shell, "{pip} install --quiet --disable-pip-version-check {package}")
        .quiet()
        .run()
        .help(format!("installing {package}"), "see pip's message above")
}
