//! Subcommand: cargo xtask doctor

use std::process::ExitCode;

use xshell::{Shell, cmd};

use super::tell;
use crate::helm;
use crate::tools::TOOLS;

/// Tell what each command lacks on this machine, and how to get it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  cargo xtask doctor    # exits 1 where a command lacks something that it cannot do without")]
pub(super) struct Args {}

/// A thing that commands need.
struct Need {
    what: &'static str,
    there: bool,
    remedy: &'static str,
}

/// What other people's clients need beside Python.
fn of_clients(runs: impl Fn(&str, &str) -> bool) -> [Need; 2] {
    let npm = Need {
        what: "node and npm",
        there: runs("npm", "--version"),
        remedy: "install Node.js 20 or later from https://nodejs.org",
    };
    let terraform = Need {
        what: "terraform, without which that part is skipped",
        there: runs("terraform", "version"),
        remedy: "install Terraform 1.11 or later from https://developer.hashicorp.com/terraform/install",
    };
    [npm, terraform]
}

/// Every command with what it needs, and whether a newcomer cannot do without it.
fn needs() -> anyhow::Result<Vec<(&'static str, bool, Vec<Need>)>> {
    let shell = Shell::new()?;
    let runs = |program: &str, arg: &str| {
        cmd!(shell, "{program} {arg}").quiet().ignore_stdout().ignore_stderr().run().is_ok()
    };
    let cargo = || Need {
        what: "cargo",
        there: runs("cargo", "--version"),
        remedy: "install Rust from https://rustup.rs",
    };
    let compiler = || Need {
        what: "a C compiler (`cc`)",
        there: runs("cc", "--version"),
        remedy: "install build-essential, or the Xcode command line tools",
    };
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let home = std::env::home_dir().unwrap_or_default().join(".aws");
    let credentials = Need {
        what: "AWS credentials",
        there: set("AWS_ACCESS_KEY_ID")
            || set("AWS_PROFILE")
            || set("AWS_WEB_IDENTITY_TOKEN_FILE")
            || set("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            || home.join("credentials").exists()
            || home.join("config").exists(),
        remedy: "run `aws configure` or `aws sso login`, or set AWS_PROFILE; instances with a role need nothing",
    };
    let tool = |name: &'static str| {
        let tool = TOOLS.iter().find(|tool| tool.name == name);
        let there = tool.is_some_and(|tool| tool.find().is_ok_and(|found| found.is_some()));
        Need { what: name, there, remedy: "`cargo xtask tools install` builds it" }
    };
    let helm = || match helm::find() {
        Ok(_) => Need { what: "helm 3.6 or later", there: true, remedy: "" },
        Err(_) => Need {
            what: "helm 3.6 or later",
            there: false,
            remedy: "`cargo xtask tools install helm` builds it; `--driver skip` and `--manifests` need none",
        },
    };
    let kubeconfig = || Need {
        what: "a kubeconfig",
        there: set("KUBECONFIG")
            || set("KUBERNETES_SERVICE_HOST")
            || std::env::home_dir().unwrap_or_default().join(".kube/config").exists(),
        remedy: "`aws eks update-kubeconfig --name CLUSTER` writes one; `--manifests DIR` needs none",
    };
    let engine = || Need {
        what: "a container engine that answers",
        there: runs("docker", "info"),
        remedy: "install and start Docker or Podman with its Docker-compatible socket",
    };
    let python = || Need {
        what: "python3",
        there: runs("python3", "--version"),
        remedy: "install Python 3 with venv; the emulators come from PyPI by themselves",
    };
    let token = Need {
        what: "LOCALSTACK_AUTH_TOKEN",
        there: set("LOCALSTACK_AUTH_TOKEN"),
        remedy: "set it: LocalStack has EFS in a paid plan only",
    };
    let cpp = Need {
        what: "a C++ compiler (`c++`)",
        there: runs("c++", "--version"),
        remedy: "install build-essential, or the Xcode command line tools",
    };
    let go = Need {
        what: "go",
        there: runs("go", "version"),
        remedy: "install Go from https://go.dev/dl",
    };
    Ok(vec![
        ("render, matrix, completions", true, vec![cargo()]),
        (
            "sandbox; plan-efs, deploy-efs, destroy-efs, status with --sandbox",
            true,
            vec![cargo(), compiler()],
        ),
        ("plan-efs, deploy-efs, destroy-efs, status against AWS", false, vec![credentials]),
        ("the same in a cluster", false, vec![kubeconfig(), helm()]),
        ("verify, expand-volumes", false, vec![kubeconfig()]),
        (
            "plan-graphscope, deploy-graphscope, destroy-graphscope in a cluster",
            false,
            vec![kubeconfig(), helm()],
        ),
        ("bench", false, vec![cargo(), compiler()]),
        ("fuzz", false, vec![cargo(), cpp]),
        (
            "e2e --cluster control-plane",
            false,
            vec![tool("etcd"), tool("kube-apiserver"), tool("kube-controller-manager"), helm()],
        ),
        ("e2e --cluster kind", false, vec![tool("kind"), engine(), helm()]),
        ("clients", false, [cargo(), python()].into_iter().chain(of_clients(runs)).collect()),
        ("e2e --aws moto, e2e --aws ministack", false, vec![python()]),
        ("e2e --aws localstack", false, vec![engine(), token]),
        ("tools install", false, vec![go]),
    ])
}

pub(super) fn run(_args: &Args) -> anyhow::Result<ExitCode> {
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
    tell(lines.join("\n") + "\n")?;
    Ok(if lacking { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
