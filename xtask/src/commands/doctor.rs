//! Subcommand: cargo xtask doctor

use std::path::Path;
use std::process::ExitCode;

use job::Goal;
use xshell::{Shell, cmd};

use super::fleet;
use crate::flags::{DeploymentArgs, Format, Run};
use crate::helm;
use crate::print::print;
use crate::request::{Request, Selection};
use crate::tools::TOOLS;

/// Check what this machine lacks for each command, and show how to get it.
///
/// With `--config` or `--fleet`, it also asks AWS and the API server who this is, and says for
/// each deployment whether account, region and cluster belong together.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask doctor    # exits 1 if something essential is missing
  cargo xtask doctor --config prod.hcl
  cargo xtask doctor --fleet clusters --output json")]
pub(super) struct Args {
    #[command(flatten)]
    deployment: DeploymentArgs,
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    fleet: fleet::FleetArgs,
}

/// The programs of a real node, beside those of the driver and of a control plane.
const NODE: [&str; 7] = [
    "kubelet",
    "kube-scheduler",
    "containerd",
    "containerd-shim-runc-v2",
    "ctr",
    "efs-csi-driver",
    "csi-provisioner",
];

/// A thing that commands need.
struct Need {
    what: &'static str,
    there: bool,
    remedy: &'static str,
}

/// What is looked for on this machine.
struct Machine {
    shell: Shell,
}

impl Machine {
    fn runs(&self, program: &str, arg: &str) -> bool {
        let command = cmd!(self.shell, "{program} {arg}");
        command.quiet().ignore_stdout().ignore_stderr().run().is_ok()
    }

    fn cargo(&self) -> Need {
        let there = self.runs("cargo", "--version");
        Need { what: "cargo", there, remedy: "install Rust from https://rustup.rs" }
    }

    fn compiler(&self, name: &str, what: &'static str) -> Need {
        let remedy = "install build-essential, or the Xcode command line tools";
        Need { what, there: self.runs(name, "--version"), remedy }
    }

    fn credentials() -> Need {
        let home = std::env::home_dir().unwrap_or_default().join(".aws");
        let there = set("AWS_ACCESS_KEY_ID")
            || set("AWS_PROFILE")
            || set("AWS_WEB_IDENTITY_TOKEN_FILE")
            || set("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            || home.join("credentials").exists()
            || home.join("config").exists();
        Need {
            what: "AWS credentials",
            there,
            remedy: "run `aws configure` or `aws sso login`, or set AWS_PROFILE; instances with a role need nothing",
        }
    }

    fn tool(name: &'static str) -> Need {
        let tool = TOOLS.iter().find(|tool| tool.name == name);
        let there = tool.is_some_and(|tool| tool.find().is_ok_and(|found| found.is_some()));
        Need { what: name, there, remedy: "`cargo xtask tools install` builds it" }
    }

    fn helm() -> Need {
        Need {
            what: "helm 3.6 or later",
            there: helm::find().is_ok(),
            remedy: "`cargo xtask tools install helm` builds it; `--driver skip` and `--manifests` need none",
        }
    }

    fn kubeconfig() -> Need {
        let file = std::env::home_dir().unwrap_or_default().join(".kube/config");
        Need {
            what: "a kubeconfig",
            there: set("KUBECONFIG") || set("KUBERNETES_SERVICE_HOST") || file.exists(),
            remedy: "`aws eks update-kubeconfig --name CLUSTER` writes one; `--manifests DIR` needs none",
        }
    }

    fn engine(&self) -> Need {
        Need {
            what: "a container engine that answers",
            there: self.runs("docker", "info"),
            remedy: "install and start Docker or Podman with its Docker-compatible socket",
        }
    }

    fn python(&self) -> Need {
        Need {
            what: "python3",
            there: self.runs("python3", "--version"),
            remedy: "install Python 3 with venv; the emulators come from PyPI on their own",
        }
    }

    /// What other people's clients need beside Python.
    fn of_clients(&self) -> [Need; 2] {
        let npm = Need {
            what: "node and npm",
            there: self.runs("npm", "--version"),
            remedy: "install Node.js 20 or later from https://nodejs.org",
        };
        let terraform = Need {
            what: "terraform, without which that part is skipped",
            there: self.runs("terraform", "version"),
            remedy: "install Terraform 1.11 or later from https://developer.hashicorp.com/terraform/install",
        };
        [npm, terraform]
    }

    /// Namespaces of mounts and host names, as root or in a user namespace.
    fn namespaces(&self) -> Need {
        let command = cmd!(self.shell, "unshare --map-root-user --mount --uts true");
        let there = command.quiet().ignore_stdout().ignore_stderr().run().is_ok();
        Need {
            what: "namespaces of its own for a process",
            there,
            remedy: "allow user namespaces (`sysctl kernel.unprivileged_userns_clone=1`), or run it as root on Linux",
        }
    }

    /// What a real node needs of the distribution.
    fn of_node(&self) -> [Need; 3] {
        let package = |what, there, remedy| Need { what, there, remedy };
        [
            package("busybox", self.runs("busybox", "true"), "install Debian's busybox-static"),
            package("runc", self.runs("runc", "--version"), "install Debian's runc"),
            package(
                "the network plugin ptp",
                Path::new("/usr/lib/cni/ptp").exists(),
                "install Debian's containernetworking-plugins",
            ),
        ]
    }

    fn go(&self) -> Need {
        let there = self.runs("go", "version");
        Need { what: "go", there, remedy: "install Go from https://go.dev/dl" }
    }
}

/// Whether a variable of the environment is set.
fn set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Every command with what it needs, and whether a newcomer cannot do without it.
fn needs() -> anyhow::Result<Vec<(&'static str, bool, Vec<Need>)>> {
    let machine = Machine { shell: Shell::new()? };
    let c = || machine.compiler("cc", "a C compiler (`cc`)");
    let cpp = machine.compiler("c++", "a C++ compiler (`c++`)");
    let [npm, terraform] = machine.of_clients();
    let clients = vec![machine.cargo(), machine.python(), npm, terraform];
    let token = Need {
        what: "LOCALSTACK_AUTH_TOKEN",
        there: set("LOCALSTACK_AUTH_TOKEN"),
        remedy: "set it: LocalStack has EFS in a paid plan only",
    };
    let (kubeconfig, helm, tool) = (Machine::kubeconfig, Machine::helm, Machine::tool);
    let control_plane =
        || vec![tool("etcd"), tool("kube-apiserver"), tool("kube-controller-manager"), helm()];
    let mut driver = control_plane();
    driver.extend([tool("efs-csi-driver"), tool("csi-provisioner"), machine.namespaces()]);
    let mut node = control_plane();
    node.extend(NODE.map(tool));
    node.extend(machine.of_node());
    Ok(vec![
        ("render, matrix, completions", true, vec![machine.cargo()]),
        (
            "sandbox; plan-efs, deploy-efs, destroy-efs, status with --sandbox",
            true,
            vec![machine.cargo(), c()],
        ),
        (
            "plan-efs, deploy-efs, destroy-efs, status against AWS",
            false,
            vec![Machine::credentials()],
        ),
        ("the same in a cluster", false, vec![kubeconfig(), helm()]),
        ("verify, expand-volumes", false, vec![kubeconfig()]),
        (
            "plan-graphscope, deploy-graphscope, destroy-graphscope in a cluster",
            false,
            vec![kubeconfig(), helm()],
        ),
        ("bench", false, vec![machine.cargo(), c()]),
        ("fuzz", false, vec![machine.cargo(), cpp]),
        ("e2e --cluster control-plane", false, control_plane()),
        ("e2e --cluster control-plane --driver real", false, driver),
        ("e2e --cluster node", false, node),
        ("e2e --cluster kind", false, vec![tool("kind"), machine.engine(), helm()]),
        ("clients", false, clients),
        ("e2e --aws moto, e2e --aws ministack", false, vec![machine.python()]),
        ("e2e --aws localstack", false, vec![machine.engine(), token]),
        ("tools install", false, vec![machine.go()]),
    ])
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let of_deployments = args.deployment.config.is_some() || args.fleet.is_fleet();
    if of_deployments && args.run.output == Format::Json {
        return identify(args);
    }
    let code = machine()?;
    if of_deployments && code == ExitCode::SUCCESS {
        return identify(args);
    }
    Ok(code)
}

/// Asks AWS and the cluster who this is.
fn identify(args: &Args) -> anyhow::Result<ExitCode> {
    let request = Request::new(&args.deployment, &args.run, Selection::Everything);
    fleet::hand_over(&args.fleet, &request, Goal::Identify, false)
}

/// Looks at this machine.
fn machine() -> anyhow::Result<ExitCode> {
    let mut lacking = false;
    let mut lines = Vec::new();
    for (command, essential, needs) in needs()? {
        lines.push(command.to_owned());
        for Need { what, there, remedy } in needs {
            lacking |= essential && !there;
            lines.push(if there {
                format!("  found    {what}")
            } else {
                format!("  missing  {what}: {remedy}")
            });
        }
    }
    lines.push("external programs".to_owned());
    for tool in TOOLS {
        let name = tool.name;
        lines.push(match tool.find()? {
            Some(found) => format!("  found    {name} by {}: {}", found.by, found.path.display()),
            None => format!("  missing  {name}: `cargo xtask tools install {name}`"),
        });
    }
    print(lines.join("\n") + "\n")?;
    Ok(if lacking { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
