//! The program that fetches the credentials of a kubeconfig's user: what it is, and what it
//! means that it fails.

use std::io::{ErrorKind, IsTerminal};

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
    captured: bool,
}

impl Program {
    /// The program of a user, where there is one. What it writes to standard error is kept for
    /// the message, unless a person has to read it meanwhile: standard input carried the job,
    /// so that only a terminal's user can be asked by other means.
    pub(super) fn of(user: &mut AuthInfo) -> Option<Program> {
        let exec = user.exec.as_mut()?;
        let ExecConfig { command, args, env, install_hint, .. } = &*exec;
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
        if program.captured {
            exec.interactive_mode = Some(ExecInteractiveMode::Never);
        }
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

/// An error of the credentials, in words, and its remedy.
pub(super) fn explain(error: &AuthError, program: Option<&Program>) -> (String, String) {
    match (error, program) {
        (AuthError::AuthExecStart(error), Some(program)) => {
            let name = &program.command;
            let why = match error.kind() {
                ErrorKind::NotFound => format!("the program `{name}` was not found"),
                ErrorKind::PermissionDenied => format!("the program `{name}` cannot be executed"),
                _ => format!("the program `{name}` cannot be started: {error}"),
            };
            let meaning = NoCredentials::NotStarted {
                command: name,
                install_hint: program.install_hint.as_deref(),
            };
            let line = program.line();
            (format!("{why}; the kubeconfig fetches credentials by `{line}`"), meaning.remedy())
        }
        (AuthError::AuthExecRun { out, .. }, Some(program)) => {
            let words = String::from_utf8_lossy(&out.stderr);
            let last = words.lines().map(str::trim).rfind(|line| !line.is_empty());
            let said = match last {
                Some(last) if is_secret(last) => HIDDEN.to_owned(),
                Some(last) => printable(last),
                None if program.captured => "it wrote no message".to_owned(),
                None => "its own message is above".to_owned(),
            };
            let line = program.line();
            (
                format!("`{line}`, the credential program of the kubeconfig, ended with {}: {said}", out.status),
                NoCredentials::Failed { line: &line }.remedy(),
            )
        }
        (AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed, Some(program)) => (
            format!("`{}`, the credential program of the kubeconfig, printed no credentials", program.line()),
            NoCredentials::NotPrinted.remedy(),
        ),
        (AuthError::MissingCommand, _) => (
            "the kubeconfig's user has an `exec` without `command`".to_owned(),
            NoCredentials::NoCommand.remedy(),
        ),
        (AuthError::ReadTokenFile(error, path), _) => (
            format!("the token file `{}` cannot be read: {error}", path.display()),
            NoCredentials::TokenFile.remedy(),
        ),
        (other, _) => (other.to_string(), NoCredentials::Other.remedy()),
    }
}

/// An error of the credentials, for people.
pub(super) fn failed(what: String, error: &AuthError, program: Option<&Program>) -> anyhow::Error {
    let (why, remedy) = explain(error, program);
    anyhow!("{}", printable(&why)).context(Failure::new(what, remedy))
}
