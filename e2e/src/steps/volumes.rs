//! The steps of the volumes, whoever makes them: claims of two classes, a volume that was made
//! by hand, growth, and that what goes takes its access point along.

use anyhow::{Context, ensure};
use control_plane::{AccessPoint, Efs};
use job::DriverPolicy;
use serde_json::{Value, json};

use crate::report::Report;
use crate::runner::{CLASS, Runner};
use crate::wait::until;

const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";
const VOLUMES: &str = "/api/v1/persistentvolumes";

/// The claim of a run, in the namespace `default`.
const CLAIM: &str = "clockwork-e2e";

/// A second class on the file system of the first, and its claim.
const SECOND: &str = "clockwork-e2e-second";

/// A volume that was made by hand, and its claim.
const STATIC: &str = "clockwork-e2e-static";

/// The owner of the first class's volumes, as `Runner` gives it to every command.
const OWNER: u64 = 1001;

pub(crate) fn run(runner: &Runner, file_system: &str, report: &mut Report) -> anyhow::Result<()> {
    report.step("a claim is bound", || bound(runner, file_system))?;
    report.step("a volume expansion is completed", || expanded(runner))?;
    report.step("a second class has volumes of its own", || second(runner, file_system))?;
    report.step("a volume that was made by hand is bound", || by_hand(runner, file_system))?;
    report.step("destroy is refused while claims are bound", || {
        let output = runner.run_refused("destroy-efs", &["--yes"])?;
        let claims = [CLAIM, SECOND, STATIC].map(|name| format!("default/{name}"));
        for named in claims.iter().map(String::as_str).chain([SECOND]) {
            ensure!(output.contains(named), "the refusal does not name {named}: {output}");
        }
        Ok(((), "the claims and the second class are named".to_owned()))
    })
}

/// Deletes the claims, the volumes and the second class.
pub(crate) fn delete(runner: &Runner, report: &mut Report) -> anyhow::Result<()> {
    report.step("a volume that was made by hand outlives its claim", || kept(runner))?;
    report.step("the second class goes, and the file system stays", || second_gone(runner))?;
    report.step("the claim, its volume and its access point are deleted", || {
        let detail = deleted(runner, CLAIM)?;
        Ok(((), detail))
    })
}

/// Removes what the steps made, after one of them failed.
pub(crate) fn clean_up(runner: &Runner) -> anyhow::Result<()> {
    let api = &runner.cluster.api;
    for claim in [CLAIM, SECOND, STATIC] {
        api.delete(&claim_path(claim))?;
    }
    api.delete(&volume_path(STATIC))?;
    let ours = |volume: &Value| {
        let class = &volume["spec"]["storageClassName"];
        class == CLASS || class == SECOND
    };
    until("the volumes are deleted", || Ok(!api.list(VOLUMES)?.iter().any(ours)))?;
    api.delete(&format!("/apis/storage.k8s.io/v1/storageclasses/{SECOND}"))
}

fn bound(runner: &Runner, file_system: &str) -> anyhow::Result<((), String)> {
    let volume = claim(runner, CLAIM, json!({"storageClassName": CLASS}))?;
    let detail = match access_point(runner, file_system, &volume)? {
        Some(found) => {
            let (uid, gid) = (found.uid, found.gid);
            ensure!((uid, gid) == (OWNER, OWNER), "{} belongs to {uid}:{gid}", found.id);
            format!(" as {} at {}", found.id, found.path)
        }
        None => String::new(),
    };
    Ok(((), format!("10Gi, ReadWriteMany{detail}")))
}

fn expanded(runner: &Runner) -> anyhow::Result<((), String)> {
    let requests = json!({"spec": {"resources": {"requests": {"storage": "20Gi"}}}});
    runner.cluster.api.merge(&claim_path(CLAIM), &requests)?;
    let summary = runner.run("expand-volumes", &[])?;
    ensure!(summary["changed"] == 1, "expected 1 change: {summary:#}");
    let capacity = &runner.cluster.api.get(&claim_path(CLAIM))?["status"]["capacity"]["storage"];
    ensure!(capacity == "20Gi", "the claim's capacity is {capacity}");
    Ok(((), "10Gi to 20Gi".to_owned()))
}

/// How many changes make another class, and take it down: itself, and its policy in the driver's
/// role, where that is the deployment's.
fn of_class(runner: &Runner) -> usize {
    if runner.job.enforce_iam == Some(DriverPolicy::Rendered) { 2 } else { 1 }
}

/// A class with a directory and group ids of its own on the same file system.
fn second(runner: &Runner, file_system: &str) -> anyhow::Result<((), String)> {
    let args = second_args(file_system);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let summary = runner.run("deploy-efs", &args)?;
    let expected = of_class(runner);
    ensure!(summary["changed"] == expected, "expected {expected} changes: {summary:#}");
    let again = runner.run("deploy-efs", &args)?;
    ensure!(again["changed"] == 0, "the second run made changes: {again:#}");
    let volume = claim(runner, SECOND, json!({"storageClassName": SECOND}))?;
    let Some(found) = access_point(runner, file_system, &volume)? else {
        return Ok(((), SECOND.to_owned()));
    };
    let AccessPoint { id, path, uid, gid, .. } = found;
    ensure!(path.starts_with("/second/"), "{id} is at {path}");
    ensure!((2000..=2009).contains(&gid) && uid == gid, "{id} belongs to {uid}:{gid}");
    Ok(((), format!("{id} at {path} of group {gid}")))
}

fn second_args(file_system: &str) -> Vec<String> {
    let args =
        ["--driver=skip", "--base-path=/second", "--gid-range-start=2000", "--gid-range-end=2009"];
    [format!("--storage-class-name={SECOND}"), format!("--file-system-id={file_system}")]
        .into_iter()
        .chain(args.map(str::to_owned))
        .collect()
}

/// A volume of the whole file system, which no driver makes or deletes.
fn by_hand(runner: &Runner, file_system: &str) -> anyhow::Result<((), String)> {
    let volume = json!({
        "metadata": {"name": STATIC},
        "spec": {
            "capacity": {"storage": "10Gi"},
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "csi": {"driver": "efs.csi.aws.com", "volumeHandle": file_system},
        },
    });
    runner.cluster.api.create(VOLUMES, &volume)?;
    let bound = claim(runner, STATIC, json!({"storageClassName": "", "volumeName": STATIC}))?;
    ensure!(bound["metadata"]["name"] == STATIC, "another volume was bound: {bound:#}");
    Ok(((), file_system.to_owned()))
}

/// Deletes the claim of the volume that was made by hand, which takes nothing along.
fn kept(runner: &Runner) -> anyhow::Result<((), String)> {
    let api = &runner.cluster.api;
    api.delete(&claim_path(STATIC))?;
    until("the volume is released", || {
        Ok(api.get(&volume_path(STATIC))?["status"]["phase"] == "Released")
    })?;
    api.delete(&volume_path(STATIC))?;
    Ok(((), "released, and then deleted by hand".to_owned()))
}

fn second_gone(runner: &Runner) -> anyhow::Result<((), String)> {
    let api = &runner.cluster.api;
    let claim = api.get(&claim_path(SECOND))?;
    let volume = api.get(&volume_path(claim["spec"]["volumeName"].as_str().unwrap_or_default()))?;
    let file_system = file_system_of(&volume)?.to_owned();
    let detail = deleted(runner, SECOND)?;
    let args = second_args(&file_system);
    let args: Vec<&str> = args.iter().map(String::as_str).chain(["--yes"]).collect();
    let summary = runner.run("destroy-efs", &args)?;
    let expected = of_class(runner);
    ensure!(summary["changed"] == expected, "expected {expected} changes: {summary:#}");
    let again = runner.run("deploy-efs", &[])?;
    ensure!(again["changed"] == 0, "the first class lost something: {again:#}");
    Ok(((), detail))
}

/// Deletes a claim, and waits until its volume and its access point are gone.
fn deleted(runner: &Runner, claim: &str) -> anyhow::Result<String> {
    let api = &runner.cluster.api;
    let found = api.get(&claim_path(claim))?;
    let volume = volume_path(found["spec"]["volumeName"].as_str().unwrap_or_default());
    let handle = api.get(&volume)?["spec"]["csi"]["volumeHandle"].clone();
    api.delete(&claim_path(claim))?;
    until("the volume is deleted", || Ok(api.find(&volume)?.is_none()))?;
    let (Some(efs), Some(handle)) = (efs(runner), handle.as_str()) else {
        return Ok("deleted".to_owned());
    };
    let (file_system, id) = handle.split_once("::").context("the handle names no access point")?;
    let left = efs.access_points(file_system)?;
    ensure!(!left.iter().any(|found| found.id == id), "{id} is left: {left:?}");
    Ok(format!("{id} too"))
}

/// Creates a claim, and waits until it is bound; returns its volume.
fn claim(runner: &Runner, name: &str, spec: Value) -> anyhow::Result<Value> {
    let mut claim = json!({
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "10Gi"}},
        },
    });
    for (key, value) in spec.as_object().into_iter().flatten() {
        claim["spec"][key] = value.clone();
    }
    let api = &runner.cluster.api;
    api.create(CLAIMS, &claim)?;
    until("the claim is bound", || Ok(api.get(&claim_path(name))?["status"]["phase"] == "Bound"))?;
    let bound = api.get(&claim_path(name))?;
    let volume = bound["spec"]["volumeName"].as_str().context("a bound claim names no volume")?;
    api.get(&volume_path(volume))
}

/// The access point of a volume, where it can be looked up; it must have the driver's tag.
fn access_point(
    runner: &Runner,
    file_system: &str,
    volume: &Value,
) -> anyhow::Result<Option<AccessPoint>> {
    let Some(efs) = efs(runner) else { return Ok(None) };
    let handle = volume["spec"]["csi"]["volumeHandle"].as_str().unwrap_or_default();
    let all = efs.access_points(file_system)?;
    let found = all.iter().find(|found| handle == format!("{file_system}::{}", found.id));
    let found = found.with_context(|| format!("{handle} is none of {all:?}"))?;
    ensure!(found.is_the_drivers, "{} has not the driver's tag", found.id);
    let name = volume["metadata"]["name"].as_str().unwrap_or_default();
    ensure!(found.path.ends_with(&format!("/{name}")), "{} is at {}", found.id, found.path);
    Ok(Some(found.clone()))
}

/// Where the access points of a run are: not where folders are volumes, and not in an account of
/// the user's.
fn efs(runner: &Runner) -> Option<Efs> {
    let there = runner.cluster.has_access_points && runner.aws.emulated;
    there.then(|| Efs::new(&runner.aws.url))
}

fn file_system_of(volume: &Value) -> anyhow::Result<&str> {
    let handle = volume["spec"]["csi"]["volumeHandle"].as_str().unwrap_or_default();
    handle.split(':').next().filter(|id| id.starts_with("fs-")).context("no file system is named")
}

fn claim_path(name: &str) -> String {
    format!("{CLAIMS}/{name}")
}

fn volume_path(name: &str) -> String {
    format!("{VOLUMES}/{name}")
}
