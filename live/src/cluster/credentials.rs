//! The program that fetches the credentials of a kubeconfig's user: what it is, and what it
//! means that it fails.

use std::io::{ErrorKind, IsTerminal};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::anyhow;
use failure::Failure;
use inputs::{HIDDEN, is_secret, names_secret, printable};
use kube::client::AuthError;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use place::TokenPlugin;

use crate::meaning::credentials::NoCredentials;

/// The credential program of a kubeconfig's user.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    command: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    /// What the kubeconfig says of installing it.
    install_hint: Option<String>,
    /// Whether its standard error is read here, and not shown as it comes.
    pub(super) captured: bool,
}

impl Program {
    /// The program of a user, where there is one. What it writes to standard error is kept for
    /// the message, unless a person has to read it meanwhile.
    pub(super) fn of(user: &AuthInfo) -> Option<Program> {
        let exec = user.exec.as_ref()?;
        let ExecConfig { command, args, env, install_hint, .. } = exec;
        let env = env
            .iter()
            .flatten()
            .filter_map(|entry| Some((entry.get("name")?.clone(), entry.get("value")?.clone())));
        let mut program = Program {
            command: command.clone().unwrap_or_default(),
            args: args.clone().unwrap_or_default(),
            env: env.collect(),
            install_hint: install_hint.clone().filter(|hint| !hint.trim().is_empty()),
            captured: true,
        };
        let asks = exec.interactive_mode != Some(ExecInteractiveMode::Never);
        program.captured = !asks || program.for_eks().is_some() || !std::io::stderr().is_terminal();
        Some(program)
    }

    /// What it says of an EKS cluster.
    pub(super) fn for_eks(&self) -> Option<TokenPlugin> {
        TokenPlugin::read(&self.command, &self.args, &self.env)
    }

    /// The command as a person would type it, without secrets.
    fn line(&self) -> String {
        let mut words = vec![self.command.clone()];
        let mut hides = false;
        for arg in &self.args {
            let (flag, value) = arg.split_once('=').unwrap_or((arg, ""));
            let is_flag = flag.starts_with('-');
            words.push(if is_flag && names_secret(flag) && !value.is_empty() {
                format!("{flag}={HIDDEN}")
            } else if (hides && !is_flag) || is_secret(arg) {
                HIDDEN.to_owned()
            } else {
                arg.clone()
            });
            hides = is_flag && value.is_empty() && names_secret(flag);
        }
        printable(&words.join(" "))
    }
}

/// Why the program of a kubeconfig printed no credentials.
#[derive(Debug, thiserror::Error)]
#[error("the credential program of the kubeconfig printed no credentials")]
pub(super) enum Failed {
    /// It could not be started.
    Start(std::io::Error),
    /// It failed, with what it wrote to standard error, where that was read.
    Ended { status: ExitStatus, stderr: Vec<u8> },
    /// It was not done within this time.
    Late(Duration),
    /// It printed something else.
    NoCredentials,
}

impl Program {
    /// The command, ready to be started.
    pub(super) fn prepared(&self) -> std::io::Result<std::process::Command> {
        let shell = xshell::Shell::new().map_err(std::io::Error::other)?;
        let Program { command, args, env, .. } = self;
        let mut command: std::process::Command = xshell::cmd!(shell, "{command} {args...}").into();
        command.envs(env.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// A failure in words, and its remedy.
    pub(super) fn explain(&self, failed: &Failed) -> (String, String) {
        let line = self.line();
        match failed {
            Failed::Start(error) => {
                let name = &self.command;
                let why = match error.kind() {
                    _ if name.is_empty() => {
                        return (
                            "the kubeconfig's user has an `exec` without `command`".to_owned(),
                            NoCredentials::NoCommand.remedy(),
                        );
                    }
                    ErrorKind::NotFound => format!("the program `{name}` was not found"),
                    ErrorKind::PermissionDenied => {
                        format!("the program `{name}` cannot be executed")
                    }
                    _ => format!("the program `{name}` cannot be started: {error}"),
                };
                let meaning = NoCredentials::NotStarted {
                    command: name,
                    install_hint: self.install_hint.as_deref(),
                };
                (format!("{why}; the kubeconfig fetches credentials by `{line}`"), meaning.remedy())
            }
            Failed::Ended { status, stderr } => {
                let words = String::from_utf8_lossy(stderr);
                let last = words.lines().map(str::trim).rfind(|line| !line.is_empty());
                let said = match last {
                    Some(last) if is_secret(last) => HIDDEN.to_owned(),
                    Some(last) => printable(last),
                    None if self.captured => "it wrote no message".to_owned(),
                    None => "its own message is above".to_owned(),
                };
                (
                    format!(
                        "`{line}`, the credential program of the kubeconfig, ended with {status}: {said}"
                    ),
                    NoCredentials::Failed { line: &line }.remedy(),
                )
            }
            Failed::Late(limit) => (
                format!(
                    "`{line}`, the credential program of the kubeconfig, was not done within {} s",
                    limit.as_secs()
                ),
                NoCredentials::Late { line: &line }.remedy(),
            ),
            Failed::NoCredentials => (
                format!(
                    "`{line}`, the credential program of the kubeconfig, printed no credentials"
                ),
                NoCredentials::NotPrinted.remedy(),
            ),
        }
    }

    /// A failure, for people.
    pub(super) fn failed(&self, what: String, failed: &Failed) -> anyhow::Error {
        let (why, remedy) = self.explain(failed);
        anyhow!("{}", printable(&why)).context(Failure::new(what, remedy))
    }
}

/// Other credentials of a kubeconfig that cannot be used, for people.
pub(super) fn failed(what: String, error: &AuthError) -> anyhow::Error {
    let (why, remedy) = match error {
        AuthError::ReadTokenFile(error, path) => (
            format!("the token file `{}` cannot be read: {error}", path.display()),
            NoCredentials::TokenFile.remedy(),
        ),
        other => (other.to_string(), NoCredentials::Other.remedy()),
    };
    anyhow!("{}", printable(&why)).context(Failure::new(what, remedy))
}
