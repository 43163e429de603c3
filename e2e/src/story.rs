//! The story itself, step by step.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use job::EndToEnd;
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use crate::aws::Aws;
use crate::cluster::Place;
use crate::report::{Report, log};
use crate::workloads;

/// The class of the story, so that no other is touched.
const CLASS: &str = "clockwork-e2e";

/// The claim of the story.
const CLAIM: &str = "/api/v1/namespaces/default/persistentvolumeclaims/clockwork-e2e";

/// How long Kubernetes may take for what it does by itself.
const PATIENCE: Duration = Duration::from_mins(2);

/// Tells it, and takes everything down whatever came of it.
pub(crate) fn tell(job: &EndToEnd, report: &mut Report) -> anyhow::Result<()> {
    // Both at once: each takes seconds.
    let (aws, place) = std::thread::scope(|scope| {
        let aws = scope.spawn(|| timed(|| Aws::start(job)));
        let place = timed(|| Place::start(job));
        (aws.join(), place)
    });
    let aws = aws.unwrap_or_else(|_| timed(|| bail!("starting AWS ended by a defect")));
    let (name, what) = (job.aws.as_str(), job.cluster.as_str());
    let aws = report.took(&format!("start {name}"), aws, |aws: &Aws| aws.url.clone())?;
    let place =
        report.took(&format!("start {what}"), place, |place: &Place| place.about.clone())?;
    if let Some(stand_in) = place.stand_in {
        Report::note(stand_in);
    }
    let story = Story { job, aws, place };
    let told = story.chapters(report);
    if told.is_err() {
        story.place.write_logs(&report.logs())?;
        Report::note(&format!("logs are in {}", report.logs().display()));
    }
    if told.is_err() && !job.keep {
        // What is somebody else's cluster or account is left as it was found.
        if let Err(error) = story.clean() {
            Report::note(&format!("what is left: {error:#}"));
        }
    }
    if job.keep {
        Report::note(&story.place.keep());
    }
    told
}

/// What a start came to, and how long it took.
fn timed<T>(start: impl FnOnce() -> anyhow::Result<T>) -> (anyhow::Result<T>, f64) {
    let started = Instant::now();
    (start(), started.elapsed().as_secs_f64())
}

pub(crate) struct Story<'a> {
    pub(crate) job: &'a EndToEnd,
    aws: Aws,
    pub(crate) place: Place,
}

impl Story<'_> {
    fn chapters(&self, report: &mut Report) -> anyhow::Result<()> {
        let id = report.step("deploy", || {
            let made = self.run("deploy-efs", &[])?;
            let id = made["outputs"]["file_system_id"].as_str().context("no file system")?;
            let targets = made["outputs"]["mount_targets"].as_array().map_or(0, Vec::len);
            let detail = format!("{} changes, {id} with {targets} mount targets", made["changed"]);
            Ok((id.to_owned(), detail))
        })?;
        report.step("nothing to do", || self.nothing_to_do(&[]))?;
        report.step("status", || {
            let status = self.run("status", &[])?;
            // Without nodes of its own kind, the driver's pods may never run.
            ensure!(status["healthy"] == true || !self.place.driver_runs, "{status:#}");
            let rows = status["rows"].as_array().map_or(0, Vec::len);
            Ok(((), format!("{rows} things, healthy: {}", status["healthy"])))
        })?;
        report.step("drift and repair", || self.drift(&id))?;
        report.step("the class is replaced with consent only", || self.replaced())?;
        report.step("a claim is bound", || self.claimed())?;
        report.step("a grown claim is completed", || self.expanded())?;
        report.step("destroy is refused while the claim is bound", || {
            let said = self.refused("destroy-efs", &["--yes"])?;
            ensure!(said.contains("default/clockwork-e2e"), "the claim is not named: {said}");
            Ok(((), "the claim is named".to_owned()))
        })?;
        let prove = "verify: pods share a volume";
        if self.place.has_nodes()? {
            report.step(prove, || {
                let image = self.job.verify_image.iter().map(|image| format!("--image={image}"));
                let image: Vec<String> = image.collect();
                let image: Vec<&str> = image.iter().map(String::as_str).collect();
                let proof = self.run("verify", &image)?;
                ensure!(proof["proved"] == true, "{proof:#}");
                let shown = proof["findings"].as_array().map_or(0, Vec::len);
                Ok(((), format!("{shown} findings shown")))
            })?;
        } else {
            report.skip(prove, "the cluster has no nodes");
        }
        match &self.job.workload_charts {
            Some(charts) => workloads::chapters(self, charts, report)?,
            None => report.skip("workloads", "no charts for them were given"),
        }
        report.step("the claim goes, and its volume", || {
            self.place.api.delete(CLAIM)?;
            until("the volume is gone", || Ok(self.volumes()?.is_empty()))?;
            Ok(((), "gone".to_owned()))
        })?;
        if self.job.keep {
            report.skip("destroy", "`--keep` leaves everything standing");
            return Ok(());
        }
        report.step("destroy", || {
            let gone = self.run("destroy-efs", &["--yes"])?;
            Ok(((), format!("{} changes", gone["changed"])))
        })?;
        report.step("nothing is left", || {
            let again = self.run("destroy-efs", &["--yes"])?;
            ensure!(again["changed"] == 0, "{again:#}");
            let class = format!("/apis/storage.k8s.io/v1/storageclasses/{CLASS}");
            ensure!(self.place.api.find(&class)?.is_none(), "the class is still there");
            Ok(((), "neither in AWS nor in the cluster".to_owned()))
        })
    }

    fn nothing_to_do(&self, more: &[&str]) -> anyhow::Result<((), String)> {
        let again = self.run("deploy-efs", more)?;
        ensure!(again["changed"] == 0, "the second run found something to do: {again:#}");
        Ok(((), format!("{} AWS calls, {} ms", again["aws_calls"], again["elapsed_ms"])))
    }

    /// Somebody changes the class by hand, and deletes a mount target where AWS is an emulator's.
    fn drift(&self, file_system: &str) -> anyhow::Result<((), String)> {
        let class = format!("/apis/storage.k8s.io/v1/storageclasses/{CLASS}");
        self.place.api.merge(&class, &json!({"allowVolumeExpansion": false}))?;
        let mut expected = 1;
        if self.aws.emulated {
            let targets = emulators::mount_targets(&self.aws.url, file_system)?;
            let first = targets.first().context("the file system has no mount target")?;
            emulators::delete_mount_target(&self.aws.url, first)?;
            until("the mount target is gone", || {
                Ok(!emulators::mount_targets(&self.aws.url, file_system)?.contains(first))
            })?;
            expected += 1;
        }
        let mended = self.run("deploy-efs", &[])?;
        ensure!(mended["changed"] == expected, "{expected} changes were expected: {mended:#}");
        self.nothing_to_do(&[])?;
        Ok(((), format!("{expected} differences found and mended")))
    }

    fn replaced(&self) -> anyhow::Result<((), String)> {
        let said = self.refused("deploy-efs", &["--directory-perms=770"])?;
        ensure!(said.contains("must be replaced"), "the plan does not say it: {said}");
        let replaced = self.run("deploy-efs", &["--directory-perms=770", "--yes"])?;
        ensure!(replaced["changed"] == 1, "{replaced:#}");
        self.nothing_to_do(&["--directory-perms=770"])?;
        self.run("deploy-efs", &["--yes"])?;
        self.nothing_to_do(&[])?;
        Ok(((), "and back again".to_owned()))
    }

    fn claimed(&self) -> anyhow::Result<((), String)> {
        let claim = json!({
            "metadata": {"name": CLASS},
            "spec": {
                "accessModes": ["ReadWriteMany"],
                "storageClassName": CLASS,
                "resources": {"requests": {"storage": "10Gi"}},
            },
        });
        let claims = CLAIM.rsplit_once('/').map_or(CLAIM, |(claims, _)| claims);
        self.place.api.create(claims, &claim)?;
        until("the claim is bound", || {
            Ok(self.place.api.get(CLAIM)?["status"]["phase"] == "Bound")
        })?;
        Ok(((), "10Gi, shared".to_owned()))
    }

    fn expanded(&self) -> anyhow::Result<((), String)> {
        let grown = json!({"spec": {"resources": {"requests": {"storage": "20Gi"}}}});
        self.place.api.merge(CLAIM, &grown)?;
        let expanded = self.run("expand-volumes", &[])?;
        ensure!(expanded["changed"] == 1, "{expanded:#}");
        let capacity = &self.place.api.get(CLAIM)?["status"]["capacity"]["storage"];
        ensure!(capacity == "20Gi", "the claim has {capacity}");
        Ok(((), "10Gi became 20Gi".to_owned()))
    }

    /// The volumes of the story's class.
    fn volumes(&self) -> anyhow::Result<Vec<Value>> {
        let mut volumes = self.place.api.list("/api/v1/persistentvolumes")?;
        volumes.retain(|volume| volume["spec"]["storageClassName"] == CLASS);
        Ok(volumes)
    }

    /// After a failure: what the story made goes.
    fn clean(&self) -> anyhow::Result<()> {
        workloads::clean(self)?;
        self.place.api.delete(CLAIM)?;
        until("the volume is gone", || Ok(self.volumes()?.is_empty()))?;
        self.run("destroy-efs", &["--yes"]).map(drop)
    }

    /// Runs a command of ours, which is expected to succeed; its result.
    pub(crate) fn run(&self, command: &str, more: &[&str]) -> anyhow::Result<Value> {
        let (code, out, err) = self.xtask(command, more)?;
        if code != Some(0) {
            log(&self.job.report.join("logs"), command, &format!("{out}\n{err}"))?;
            bail!("`{command}` ended with {code:?}:\n{out}{err}");
        }
        serde_json::from_str(&out).with_context(|| format!("reading what `{command}` printed"))
    }

    /// Runs a command of ours, which is expected to refuse; what it said.
    pub(crate) fn refused(&self, command: &str, more: &[&str]) -> anyhow::Result<String> {
        let (code, out, err) = self.xtask(command, more)?;
        ensure!(code == Some(1), "`{command}` ended with {code:?}:\n{out}{err}");
        Ok(out + &err)
    }

    fn xtask(&self, command: &str, more: &[&str]) -> anyhow::Result<(Option<i32>, String, String)> {
        let shell = Shell::new()?;
        let program = self.job.programs.join("xtask");
        let path = std::env::var("PATH").unwrap_or_default();
        shell.set_var("PATH", format!("{path}:{}", self.job.tools.display()));
        if let Some(kubeconfig) = &self.place.kubeconfig {
            shell.set_var("KUBECONFIG", kubeconfig);
        }
        if self.aws.emulated {
            shell.set_var("AWS_ACCESS_KEY_ID", "emulated");
            shell.set_var("AWS_SECRET_ACCESS_KEY", "emulated");
        }
        let mut args: Vec<String> = vec![
            command.to_owned(),
            format!("--config={}", self.job.config.display()),
            format!("--endpoint-url={}", self.aws.url),
            format!("--storage-class-name={CLASS}"),
            // Whom the store runs as; all workloads share one class.
            "--uid=1001".to_owned(),
            "--gid=1001".to_owned(),
            format!("--helm-chart={}", self.job.helm_chart),
            format!("--helm-chart-version={}", self.job.helm_chart_version),
            "--output=json".to_owned(),
        ];
        args.extend(self.place.context.iter().map(|context| format!("--context={context}")));
        if let Some(network) = &self.aws.network {
            args.push(format!("--subnet-ids={}", network.subnets.join(",")));
            args.push(format!("--security-group-id={}", network.security_group));
        }
        if !self.place.driver_runs {
            args.push("--no-wait".to_owned());
        }
        args.extend(more.iter().map(|&arg| arg.to_owned()));
        let output = cmd!(shell, "{program} {args...}").quiet().ignore_status().output()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((output.status.code(), text(output.stdout), text(output.stderr)))
    }
}

/// Waits until something holds.
pub(crate) fn until(what: &str, holds: impl Fn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let limit = Instant::now() + PATIENCE;
    while !holds()? {
        ensure!(Instant::now() < limit, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
