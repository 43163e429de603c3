//! Runs the commands of this project against the cluster and the AWS of a run.

use anyhow::{Context, bail, ensure};
use job::{DriverPolicy, EndToEnd};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::aws::Aws;
use crate::cluster::TestCluster;
use crate::identity::IRSA;
use crate::report::write_log;

/// The StorageClass of a run; no other class is touched.
pub(crate) const CLASS: &str = "clockwork-e2e";

/// What every step needs.
pub(crate) struct Runner<'a> {
    pub(crate) job: &'a EndToEnd,
    pub(crate) aws: Aws,
    pub(crate) cluster: TestCluster,
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Runner<'_> {
    /// Runs a command that must succeed, and returns its JSON output.
    pub(crate) fn run(&self, command: &str, args: &[&str]) -> anyhow::Result<Value> {
        let Ran { code, stdout, stderr } = self.xtask(command, args)?;
        if code != Some(0) {
            write_log(&self.job.report.join("logs"), command, &format!("{stdout}\n{stderr}"))?;
            bail!("`{command}` exited with {code:?}:\n{stdout}{stderr}");
        }
        serde_json::from_str(&stdout).with_context(|| format!("parsing the output of `{command}`"))
    }

    /// Runs a command that must fail with exit code 1, and returns everything that it printed.
    pub(crate) fn run_refused(&self, command: &str, args: &[&str]) -> anyhow::Result<String> {
        let Ran { code, stdout, stderr } = self.xtask(command, args)?;
        ensure!(code == Some(1), "`{command}` exited with {code:?}:\n{stdout}{stderr}");
        Ok(stdout + &stderr)
    }

    fn xtask(&self, command: &str, args: &[&str]) -> anyhow::Result<Ran> {
        let shell = Shell::new()?;
        let path = std::env::var("PATH").unwrap_or_default();
        shell.set_var("PATH", format!("{path}:{}", self.job.tools.display()));
        if let Some(kubeconfig) = &self.cluster.kubeconfig {
            shell.set_var("KUBECONFIG", kubeconfig);
        }
        if self.aws.emulated {
            shell.set_var("AWS_ACCESS_KEY_ID", self.aws.operator);
            shell.set_var("AWS_SECRET_ACCESS_KEY", "sandbox");
        }
        let program = self.job.programs.join("xtask");
        let shared = self.shared_args(args);
        let output =
            cmd!(shell, "{program} {command} {shared...} {args...}").quiet().ignore_status();
        let output = output.output()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Ran {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        })
    }

    /// What all commands get; those of another class say all about it themselves.
    fn shared_args(&self, args: &[&str]) -> Vec<String> {
        let of_another_class = args.iter().any(|arg| arg.starts_with("--storage-class-name="));
        let EndToEnd { config, helm_chart, helm_chart_version, .. } = self.job;
        let mut args = vec![
            format!("--config={}", config.display()),
            format!("--endpoint-url={}", self.aws.url),
            format!("--helm-chart={helm_chart}"),
            format!("--helm-chart-version={helm_chart_version}"),
            "--output=json".to_owned(),
        ];
        args.extend(self.cluster.context.iter().map(|context| format!("--context={context}")));
        if let Some(network) = &self.aws.network {
            args.push(format!("--subnet-ids={}", network.subnets.join(",")));
            args.push(format!("--security-group-id={}", network.security_group));
        }
        if !of_another_class {
            args.push(format!("--storage-class-name={CLASS}"));
            // The user that the store's pods run as; all workloads share one class.
            args.extend(["--uid=1001", "--gid=1001"].map(str::to_owned));
            let role = self.aws.driver_role.iter();
            args.extend(role.map(|role| format!("--driver-role-arn={role}")));
            if self.job.enforce_iam == Some(DriverPolicy::Rendered) {
                args.extend(IRSA.map(str::to_owned));
            }
        }
        if !self.cluster.runs_driver {
            args.push("--no-wait".to_owned());
        }
        args
    }
}
