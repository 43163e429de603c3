//! The steps of the storage: deploy, drift, replacement, volumes, proof and destroy.

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::names::CLASS;
use crate::report::Report;
use crate::runner::Runner;
use crate::steps::volumes;
use crate::wait::until;

/// The examples of what GraphScope does with shared storage.
const EXAMPLES: [&str; 4] = ["dataset", "checkpoint", "logs", "stream"];

/// From nothing to bound and expanded claims whose volumes pods share.
pub(crate) fn deploy(runner: &Runner, report: &mut Report) -> anyhow::Result<()> {
    let file_system = report.step("deploy", || deployed(runner))?;
    report.step("no changes", || no_changes(runner, &[]))?;
    report.step("status", || status(runner))?;
    report.step("drift is found and repaired", || drift(runner, &file_system))?;
    report.step("the class is replaced only with consent", || replaced(runner))?;
    volumes::run(runner, &file_system, report)?;
    let verify = "verify: pods share a volume";
    if runner.cluster.has_nodes()? {
        if runner.aws.knows_clients && runner.cluster.asks_about_mounts() {
            report.step("a mount that a file-system policy refuses is explained", || {
                refused_mount(runner, &file_system)
            })?;
        }
        report.step(verify, || verified(runner, &[]))?;
        for example in EXAMPLES {
            let workload = format!("--workload={example}");
            report.step(&format!("verify: the example {example}"), || {
                verified(runner, &[&workload])
            })?;
        }
        Ok(())
    } else {
        report.skip(verify, "the cluster has no nodes");
        Ok(())
    }
}

/// Deletes the volumes, and everything else unless `--keep` was given.
pub(crate) fn destroy(runner: &Runner, report: &mut Report) -> anyhow::Result<()> {
    volumes::delete(runner, report)?;
    if runner.job.keep {
        report.skip("destroy", "`--keep` was given");
        return Ok(());
    }
    report.step("destroy", || {
        let summary = destroyed(runner)?;
        Ok(((), counted(&summary["changed"], "change")))
    })?;
    report.step("nothing is left", || {
        let summary = runner.run("destroy-efs", &["--yes"])?;
        ensure!(summary["changed"] == 0, "a second destroy made changes: {summary:#}");
        ensure!(runner.cluster.api.find(&class_path())?.is_none(), "{CLASS} still exists");
        Ok(((), "in AWS and in the cluster".to_owned()))
    })
}

/// Removes what the steps made, after one of them failed.
pub(crate) fn clean_up(runner: &Runner) -> anyhow::Result<()> {
    volumes::clean_up(runner)?;
    destroyed(runner).map(drop)
}

/// Destroys the storage with its data: on AWS, the driver leaves the directories of deleted
/// volumes behind, which are metered.
fn destroyed(runner: &Runner) -> anyhow::Result<serde_json::Value> {
    let class = runner.cluster.api.find(&class_path())?.unwrap_or_default();
    let id = class["parameters"]["fileSystemId"].as_str();
    let data = id.map(|id| format!("--delete-data={id}"));
    let args: Vec<&str> = ["--yes"].into_iter().chain(data.as_deref()).collect();
    runner.run("destroy-efs", &args)
}

fn deployed(runner: &Runner) -> anyhow::Result<(String, String)> {
    let summary = runner.run("deploy-efs", &[])?;
    let outputs = &summary["outputs"];
    let id = outputs["file_system_id"].as_str().context("no output `file_system_id`")?;
    let targets = outputs["mount_targets"].as_array().map_or(0, Vec::len);
    let detail =
        format!("{}, {id} with mount targets: {targets}", counted(&summary["changed"], "change"));
    Ok((id.to_owned(), detail))
}

fn no_changes(runner: &Runner, args: &[&str]) -> anyhow::Result<((), String)> {
    let summary = runner.run("deploy-efs", args)?;
    ensure!(summary["changed"] == 0, "the second run made changes: {summary:#}");
    Ok((
        (),
        format!("{}, {} ms", counted(&summary["aws_calls"], "AWS call"), summary["elapsed_ms"]),
    ))
}

fn status(runner: &Runner) -> anyhow::Result<((), String)> {
    let status = runner.run("status", &[])?;
    // The driver's pods never run in some clusters.
    ensure!(status["healthy"] == true || !runner.cluster.runs_driver, "{status:#}");
    let rows = status["rows"].as_array().map_or(0, Vec::len);
    Ok(((), format!("{rows} rows, healthy: {}", status["healthy"])))
}

/// Changes the class by hand, and deletes a mount target where AWS is emulated.
fn drift(runner: &Runner, file_system: &str) -> anyhow::Result<((), String)> {
    runner.cluster.api.merge(&class_path(), &json!({"allowVolumeExpansion": false}))?;
    let mut expected = 1;
    if runner.aws.emulated {
        let url = &runner.aws.url;
        let targets = emulators::mount_targets(url, file_system)?;
        let first = targets.first().context("the file system has no mount target")?;
        emulators::delete_mount_target(url, first)?;
        until("the mount target is deleted", || {
            Ok(!emulators::mount_targets(url, file_system)?.contains(first))
        })?;
        expected += 1;
    }
    let summary = runner.run("deploy-efs", &[])?;
    ensure!(summary["changed"] == expected, "expected {expected} changes: {summary:#}");
    no_changes(runner, &[])?;
    Ok(((), format!("{expected} differences")))
}

fn replaced(runner: &Runner) -> anyhow::Result<((), String)> {
    let args = ["--directory-perms=770"];
    let output = runner.run_refused("deploy-efs", &args)?;
    ensure!(output.contains("must be replaced"), "the plan has no replacement: {output}");
    let summary = runner.run("deploy-efs", &["--directory-perms=770", "--yes"])?;
    ensure!(summary["changed"] == 1, "expected 1 change: {summary:#}");
    no_changes(runner, &args)?;
    runner.run("deploy-efs", &["--yes"])?;
    no_changes(runner, &[])?;
    Ok(((), "and replaced back".to_owned()))
}

fn verified(runner: &Runner, more: &[&str]) -> anyhow::Result<((), String)> {
    let image = runner.job.verify_image.as_ref().map(|image| format!("--image={image}"));
    let args: Vec<&str> = image.iter().map(String::as_str).chain(more.iter().copied()).collect();
    let proof = runner.run("verify", &args)?;
    ensure!(proof["proved"] == true, "{proof:#}");
    let findings = proof["findings"].as_array().map_or(0, Vec::len);
    Ok(((), format!("{findings} findings")))
}

fn class_path() -> String {
    format!("/apis/storage.k8s.io/v1/storageclasses/{CLASS}")
}

/// A policy by hand that lets nobody mount, for a while: `verify` says what the nodes are told.
fn refused_mount(runner: &Runner, file_system: &str) -> anyhow::Result<((), String)> {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "elasticfilesystem:ClientMount",
        }],
    });
    let body = json!({"Policy": policy.to_string()}).to_string();
    emulators::set_file_system_policy(&runner.aws.url, file_system, Some(&body))?;
    let told = "access denied by server while mounting";
    let mut output = String::new();
    // How long a cluster takes until it tries to mount is nobody's promise.
    for limit in ["--timeout=15s", "--timeout=45s", "--timeout=2m"] {
        output = runner.run_refused("verify", &[limit])?;
        if output.contains(told) {
            break;
        }
    }
    emulators::set_file_system_policy(&runner.aws.url, file_system, None)?;
    ensure!(output.contains(told), "`verify` does not say `{told}`: {output}");
    Ok(((), told.to_owned()))
}

/// A count of a summary with its noun.
fn counted(count: &Value, noun: &str) -> String {
    format!("{count} {noun}{}", if *count == 1 { "" } else { "s" })
}
