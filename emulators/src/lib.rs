//! Emulators of AWS that others wrote, and the sandbox in a container: each
//! started for a test or an end-to-end run, and stopped for certain.

mod aws;
mod container;
mod process;
pub mod python;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;

pub use aws::{Network, delete_mount_target, ec2, mount_targets};

/// How long an emulator may take until it answers.
const PATIENCE: Duration = Duration::from_secs(90);

/// The emulators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// moto, <https://github.com/getmoto/moto>.
    Moto,
    /// `MiniStack`, <https://github.com/ministackorg/ministack>.
    MiniStack,
    /// `LocalStack`, whose EFS is in a paid plan only.
    LocalStack,
    /// Our own sandbox.
    Sandbox,
}

/// A running emulator. It ends with this value.
pub struct Emulator {
    url: String,
    _running: Running,
}

/// What keeps it running.
enum Running {
    Process { _process: process::Process },
    Container { _container: Box<container::Container> },
}

impl Emulator {
    /// Starts moto or `MiniStack` from a virtual environment of Python, which is
    /// made and filled from PyPI where it does not hold the program yet.
    ///
    /// # Errors
    /// Where Python, the package or the emulator itself does not do as it should.
    pub fn from_pypi(kind: Kind, venv: &Path) -> anyhow::Result<Emulator> {
        let (process, url) = process::start(kind, venv)?;
        let emulator = Emulator { url, _running: Running::Process { _process: process } };
        emulator.answers()?;
        Ok(emulator)
    }

    /// Starts a container of `image`, or of the emulator's own image.
    ///
    /// # Errors
    /// Where no container engine answers, the image is not there and cannot be
    /// fetched, or `LocalStack` has no token.
    pub fn in_container(kind: Kind, image: Option<&str>) -> anyhow::Result<Emulator> {
        let (container, url) = container::start(kind, image)?;
        let emulator =
            Emulator { url, _running: Running::Container { _container: Box::new(container) } };
        emulator.answers()?;
        Ok(emulator)
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until it answers at all, whatever it says.
    fn answers(&self) -> anyhow::Result<()> {
        let limit = Instant::now() + PATIENCE;
        loop {
            match ec2(&self.url, "Action=DescribeSubnets&Version=2016-11-15") {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > limit => {
                    bail!("{} did not answer within {PATIENCE:?}: {error:#}", self.url)
                }
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }
}
