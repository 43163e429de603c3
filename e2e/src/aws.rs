//! AWS, or what stands in for it.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use emulators::{Emulator, Kind, Network};
use job::{AwsChoice, EndToEnd};
use supervised::Program;
use tempfile::TempDir;

/// A running AWS.
pub(crate) struct Aws {
    /// Where it answers.
    pub(crate) url: String,
    /// Where a deployment goes; the sandbox has what the example deployment names.
    pub(crate) network: Option<Network>,
    /// Whether it takes requests without a real signature.
    pub(crate) emulated: bool,
    _running: Running,
}

/// What keeps it running.
enum Running {
    Elsewhere,
    Emulator { _emulator: Emulator },
    Sandbox { _program: Program, _folder: TempDir },
}

impl Aws {
    pub(crate) fn start(job: &EndToEnd) -> anyhow::Result<Aws> {
        let kind = match &job.aws {
            AwsChoice::Sandbox => Kind::Sandbox,
            AwsChoice::Moto => Kind::Moto,
            AwsChoice::MiniStack => Kind::MiniStack,
            AwsChoice::LocalStack => Kind::LocalStack,
            AwsChoice::Url(url) => {
                return Ok(Aws {
                    url: url.clone(),
                    network: None,
                    emulated: false,
                    _running: Running::Elsewhere,
                });
            }
        };
        let contained = job.container || job.aws_image.is_some() || kind == Kind::LocalStack;
        let emulator = match (kind, contained) {
            (_, true) => Emulator::in_container(kind, job.aws_image.as_deref())?,
            (Kind::Sandbox, false) => return sandbox(job),
            (_, false) => Emulator::from_pypi(kind, &job.venv)?,
        };
        let network = if kind == Kind::Sandbox { None } else { Some(Network::of(emulator.url())?) };
        Ok(Aws {
            url: emulator.url().to_owned(),
            network,
            emulated: true,
            _running: Running::Emulator { _emulator: emulator },
        })
    }
}

/// The sandbox as a program of this machine.
fn sandbox(job: &EndToEnd) -> anyhow::Result<Aws> {
    let folder = tempfile::tempdir().context("making a folder for the sandbox")?;
    let program = job.programs.join("sandbox");
    let args = ["--port".to_owned(), "0".to_owned()];
    let running = Program::start("sandbox", &program, folder.path(), &args, &[])?;
    let limit = Instant::now() + Duration::from_secs(30);
    // The first line that it prints is where it answers.
    let url = loop {
        if let Some(line) = running.log().lines().find(|line| line.starts_with("http://")) {
            break line.to_owned();
        }
        running.is_alive()?;
        if Instant::now() > limit {
            bail!("the sandbox did not start:\n{}", running.tail());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    Ok(Aws {
        url,
        network: None,
        emulated: true,
        _running: Running::Sandbox { _program: running, _folder: folder },
    })
}
