//! Emulators from PyPI, as programs of this machine.

use std::net::TcpListener;
use std::path::Path;

use anyhow::bail;
use supervised::Program;

use crate::kind::Kind;
use crate::python;

/// A running program; dropping this value stops it.
pub(crate) type Process = Program;

/// Starts an emulator on a free port, and returns it with the URL of its endpoint.
pub(crate) fn start(kind: Kind, venv: &Path) -> anyhow::Result<(Process, String)> {
    // Exactly these versions: `tests/clients/differences.json` names where they differ from AWS.
    let (name, package) = match kind {
        Kind::Moto => ("moto_server", "moto[ec2,efs,server]==5.2.5"),
        Kind::MiniStack => ("ministack", "ministack==1.5.33"),
        Kind::LocalStack | Kind::Sandbox => bail!("{kind:?} is not on PyPI"),
    };
    // One for each emulator, as their requirements conflict.
    let venv = &venv.join(name);
    let program = venv.join("bin").join(name);
    python::environment(venv, &[package])?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let args: Vec<String> = match kind {
        Kind::Moto => vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.clone()],
        _ => Vec::new(),
    };
    let env = [("GATEWAY_PORT", port.as_str())];
    let process = Program::start(name, &program, venv, &args, &env)?;
    Ok((process, format!("http://127.0.0.1:{port}")))
}
