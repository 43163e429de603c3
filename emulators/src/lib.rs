//! Emulators of AWS by others, and the sandbox in a container: started for a test or an
//! end-to-end run, and always stopped.

mod aws;
mod container;
mod kind;
mod process;
pub mod python;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;

pub use aws::{
    Network, Response, delete_mount_target, ec2, iam, mount_targets, post, put, request, text,
};
pub use kind::Kind;

/// How long an emulator may take until it responds.
const START_TIMEOUT: Duration = Duration::from_secs(90);

/// A running emulator; dropping this value stops it.
pub struct Emulator {
    url: String,
    _running: Running,
}

/// What is stopped when the emulator is dropped.
enum Running {
    Process { _process: process::Process },
    Container { _container: Box<container::Container> },
}

impl Emulator {
    /// Starts moto or `MiniStack` from a virtual environment of Python in the folder `venv`. It
    /// is created, and the program installed from PyPI, where they are missing.
    ///
    /// # Errors
    /// If the emulator is not on PyPI, cannot be installed, or does not start.
    pub fn from_pypi(kind: Kind, venv: &Path) -> anyhow::Result<Emulator> {
        let (process, url) = process::start(kind, venv)?;
        let emulator = Emulator { url, _running: Running::Process { _process: process } };
        emulator.wait_for_response()?;
        Ok(emulator)
    }

    /// Starts a container of `image`; `None` is the emulator's own image.
    ///
    /// # Errors
    /// If no container engine responds, the image cannot be pulled, or `LocalStack` has no
    /// token.
    pub fn in_container(kind: Kind, image: Option<&str>) -> anyhow::Result<Emulator> {
        let (container, url) = container::start(kind, image)?;
        let emulator =
            Emulator { url, _running: Running::Container { _container: Box::new(container) } };
        emulator.wait_for_response()?;
        Ok(emulator)
    }

    /// The URL of its endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits for the first successful response.
    fn wait_for_response(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            match ec2(&self.url, "Action=DescribeSubnets&Version=2016-11-15") {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    bail!("{} did not respond within {START_TIMEOUT:?}: {error:#}", self.url)
                }
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }
}
