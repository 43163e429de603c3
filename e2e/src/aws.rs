//! The AWS of a run: an emulator that is started, or an endpoint that is given.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use emulators::{Emulator, Kind, Network};
use job::{AwsChoice, ClusterChoice, DriverChoice, DriverPolicy, EndToEnd};
use supervised::Program;
use tempfile::TempDir;

use crate::identity;
use crate::names::OPERATOR;

/// The access key id of the sandbox's root user; other emulators take any.
const ROOT: &str = "sandbox";

/// How long the sandbox may take to start.
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// A running AWS; dropping this value stops what was started.
pub(crate) struct Aws {
    pub(crate) url: String,
    /// The subnets and the security group to deploy into; `None` where they are those of the
    /// deployment file.
    pub(crate) network: Option<Network>,
    /// Whether it is none of Amazon's, and needs no credentials of the user's.
    pub(crate) emulated: bool,
    /// The role of the driver, where AWS enforces its policies.
    pub(crate) driver_role: Option<String>,
    /// The access key id of this program.
    pub(crate) operator: &'static str,
    /// The credentials that programs on a node get, where AWS accepts any.
    pub(crate) node_credentials: Option<(String, String)>,
    /// Whether it says what NFS clients may do.
    pub(crate) knows_clients: bool,
    _running: Running,
}

/// What is stopped when [`Aws`] is dropped.
enum Running {
    External,
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
                    driver_role: None,
                    operator: ROOT,
                    node_credentials: None,
                    knows_clients: false,
                    _running: Running::External,
                });
            }
        };
        let in_container = job.container || job.aws_image.is_some() || kind == Kind::LocalStack;
        let emulator = match (kind, in_container) {
            (_, true) => Emulator::in_container(kind, job.aws_image.as_deref())?,
            (Kind::Sandbox, false) => return sandbox(job),
            (_, false) => Emulator::from_pypi(kind, &job.venv)?,
        };
        let network = if kind == Kind::Sandbox { None } else { Some(Network::of(emulator.url())?) };
        Ok(Aws {
            url: emulator.url().to_owned(),
            network,
            emulated: true,
            driver_role: None,
            operator: ROOT,
            node_credentials: Some(("emulated".to_owned(), "emulated".to_owned())),
            knows_clients: kind == Kind::Sandbox,
            _running: Running::Emulator { _emulator: emulator },
        })
    }
}

/// Starts the sandbox as a program of this machine. It enforces the policy of the real driver's
/// role: a driver without the role gets nothing from it.
fn sandbox(job: &EndToEnd) -> anyhow::Result<Aws> {
    let folder = tempfile::tempdir().context("creating a folder for the sandbox")?;
    let program = job.programs.join("sandbox");
    let mut args = vec!["--port".to_owned(), "0".to_owned()];
    let on_node = job.cluster == ClusterChoice::Node;
    let enforced = job.driver == DriverChoice::Real || on_node || job.enforce_iam.is_some();
    if enforced {
        args.push("--enforce-iam".to_owned());
    }
    let running = Program::start("sandbox", &program, folder.path(), &args, &[])?;
    let deadline = Instant::now() + START_TIMEOUT;
    // The first line that it prints is its URL.
    let url = loop {
        if let Some(line) = running.log().lines().find(|line| line.starts_with("http://")) {
            break line.to_owned();
        }
        running.is_alive()?;
        if Instant::now() > deadline {
            bail!("the sandbox did not start within {START_TIMEOUT:?}:\n{}", running.tail());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let node_credentials = on_node.then(|| identity::of_node(&url)).transpose()?;
    let operator = if job.enforce_iam.is_some() {
        identity::restrict(job, &url)?;
        OPERATOR
    } else {
        ROOT
    };
    let given = enforced && !on_node && job.enforce_iam != Some(DriverPolicy::Rendered);
    let driver_role = given.then(|| identity::create_role(&url)).transpose()?;
    Ok(Aws {
        url,
        network: None,
        emulated: true,
        driver_role,
        operator,
        node_credentials,
        knows_clients: true,
        _running: Running::Sandbox { _program: running, _folder: folder },
    })
}
