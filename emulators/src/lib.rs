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
    Network, Response, delete_mount_target, ec2, iam, mount_targets, post, put, request,
    set_file_system_policy, text,
};
pub use kind::Kind;

/// How long an emulator may take until it responds.
const START_TIMEOUT: Duration = Duration::from_secs(90);

/// A running emulator; dropping this value stops it.
pub struct Emulator {
    url: String,
    running: Running,
}

/// What is stopped when the emulator is dropped.
enum Running {
    Process { process: process::Process },
    Container { _container: Box<container::Container> },
}

impl Emulator {
    /// Starts moto or `MiniStack` from a virtual environment of Python in the folder `venv`. It
    /// is created, and the program installed from PyPI, where they are missing.
    ///
    /// # Errors
    /// If the emulator is not on PyPI, cannot be installed, or does not start.
    pub fn from_pypi(kind: Kind, venv: &Path) -> anyhow::Result<Emulator> {
        let mut attempt = 1;
        loop {
            let (process, url) = process::start(kind, venv)?;
            let emulator = Emulator { url, running: Running::Process { process } };
            match emulator.wait_for_response() {
                Ok(()) => return Ok(emulator),
                // A port that was free a moment ago may be taken by now: try again with another.
                Err(_) if attempt < 3 && !emulator.is_alive() => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Starts a container of `image`; `None` is the emulator's own image.
    ///
    /// # Errors
    /// If no container engine responds, the image cannot be pulled, or `LocalStack` has no
    /// token.
    pub fn in_container(kind: Kind, image: Option<&str>) -> anyhow::Result<Emulator> {
        let (container, url) = container::start(kind, image)?;
        let emulator =
            Emulator { url, running: Running::Container { _container: Box::new(container) } };
        emulator.wait_for_response()?;
        Ok(emulator)
    }

    /// The URL of its endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether its program has not ended by itself.
    fn is_alive(&self) -> bool {
        match &self.running {
            Running::Process { process } => process.is_alive().is_ok(),
            Running::Container { .. } => true,
        }
    }

    /// Waits for the first successful response.
    fn wait_for_response(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            match ec2(&self.url, "Action=DescribeSubnets&Version=2016-11-15") {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline || !self.is_alive() => {
                    bail!("{} does not respond, and had {START_TIMEOUT:?}: {error:#}", self.url)
                }
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }
}
