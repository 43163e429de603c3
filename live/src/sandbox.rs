//! The local AWS, for the length of one job.

use std::os::unix::process::CommandExt;
use std::process::Stdio;

use anyhow::{Context, bail};
use job::Sandbox;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::log;
use crate::wait::{LOCAL_AWS, within};

/// A running sandbox. It ends when its standard input does, so that not even
/// a kill of this program leaves it behind.
#[derive(Debug)]
pub(crate) struct LocalAws {
    child: Child,
    url: String,
}

impl LocalAws {
    /// Starts the sandbox on a free port.
    pub(crate) async fn start(sandbox: &Sandbox) -> anyhow::Result<LocalAws> {
        let Sandbox { program, state } = sandbox;
        let shell = xshell::Shell::new()?;
        let mut command: std::process::Command =
            xshell::cmd!(shell, "{program} --port 0 --until-stdin-closes --state {state}").into();
        // A process group of its own: Ctrl-C is for this program, which still needs its AWS then.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting the sandbox `{}`", program.display()))?;
        let Some(stdout) = child.stdout.take() else { bail!("the sandbox has no output") };
        let mut lines = BufReader::new(stdout).lines();
        match within(LOCAL_AWS, lines.next_line()).await {
            Some(Ok(Some(url))) => Ok(LocalAws { child, url }),
            Some(_) => bail!("the sandbox did not start; its own message is above"),
            None => bail!("the sandbox did not start within {} s", LOCAL_AWS.as_secs()),
        }
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Stops it, and waits until it has let go of its state.
    pub(crate) async fn stop(mut self) {
        drop(self.child.stdin.take());
        if within(LOCAL_AWS, self.child.wait()).await.is_none() {
            log::warn("the sandbox did not stop on its own and was killed");
        }
    }
}
