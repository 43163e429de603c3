//! Why the credentials of a kubeconfig's user could not be fetched, and what to do about it.

use inputs::printable;

/// What to do about an entry of a kubeconfig that is not right.
pub(crate) const REWRITE_KUBECONFIG: &str =
    "correct the kubeconfig: `aws eks update-kubeconfig` rewrites its entry";

/// What to do where only the person can.
const LOG_IN: &str = "log in again, for instance with `aws sso login`";

/// Why there are no credentials.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NoCredentials<'a> {
    /// The credential program cannot be started.
    NotStarted {
        command: &'a str,
        /// What the kubeconfig says of installing it.
        install_hint: Option<&'a str>,
    },
    /// It ended with an error; this is its command line.
    Failed { line: &'a str },
    /// It was not done in time; this is its command line.
    Late { line: &'a str },
    /// It printed something else.
    NotPrinted,
    /// The kubeconfig names no program.
    NoCommand,
    /// The file with the token cannot be read.
    TokenFile,
    /// Anything else.
    Other,
}

impl NoCredentials<'_> {
    /// What to do about it.
    pub(crate) fn remedy(self) -> String {
        match self {
            NoCredentials::NotStarted { command, install_hint } => install(command, install_hint),
            NoCredentials::Failed { line } => {
                format!("run `{line}` by hand to see all of it, or {LOG_IN}")
            }
            NoCredentials::Late { line } => {
                format!("run `{line}` by hand to see what it waits for, or {LOG_IN}")
            }
            NoCredentials::NotPrinted => "run it by hand: it must print an `ExecCredential`; `aws \
                                          eks update-kubeconfig` rewrites the entry of an EKS \
                                          cluster"
                .to_owned(),
            NoCredentials::NoCommand => REWRITE_KUBECONFIG.to_owned(),
            NoCredentials::TokenFile => {
                "correct `tokenFile` in the kubeconfig, or have it written again".to_owned()
            }
            NoCredentials::Other => {
                format!("the kubeconfig's credentials could not be fetched: {LOG_IN}")
            }
        }
    }
}

/// How to get a credential program.
fn install(command: &str, hint: Option<&str>) -> String {
    let name = command.rsplit('/').next().unwrap_or(command);
    match (hint, name) {
        (Some(hint), _) => {
            let hint = hint.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("install `{name}`; the kubeconfig says: {}", printable(&hint))
        }
        (None, "aws") => "install the AWS CLI \
             (https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html)"
            .to_owned(),
        (None, "aws-iam-authenticator") => {
            "install aws-iam-authenticator, or have `aws eks update-kubeconfig` rewrite the entry, \
             which needs the AWS CLI only"
                .to_owned()
        }
        (None, name) => format!("install `{name}`, or correct `exec.command` of the kubeconfig"),
    }
}
