//! `verify`: proves that pods share a volume.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use efs::{Finding, Participant, Proof, Report, judge};
use job::{Job, Output, Verify};
use serde_json::json;

use super::{connect_to_cluster, stopped};
use crate::cluster::{Kube, Seen};
use crate::progress::Progress;
use crate::report;
use crate::stop::{Reason, Stop};
use crate::watch::Watch;

/// How long Kubernetes may take to remove a namespace with a claim in it.
const CLEANING: Duration = Duration::from_mins(1);

/// What came of it.
enum Outcome {
    Judged(Vec<Finding>, Vec<(&'static str, f64)>),
    Stopped(Reason),
}

pub(super) async fn run(job: &Job, asked: &Verify, stop: &Stop) -> anyhow::Result<ExitCode> {
    let target = connect_to_cluster(job).await?;
    let kube = target.kube;
    let nonce = format!("{:08x}", fastrand::u32(..));
    let mut proof = Proof::new(&job.inputs, nonce, asked.image.clone(), asked.readers);
    if let Some(claim) = &asked.claim {
        proof.namespace.clone_from(&claim.namespace);
        proof.claim.clone_from(&claim.name);
    }
    let progress = Progress::new();
    let started = Instant::now();
    let outcome = prove(&kube, &proof, asked.claim.is_some(), &progress, stop).await;
    if !matches!(outcome, Ok(Outcome::Judged(ref findings, _)) if findings.iter().all(|finding| finding.shown))
    {
        tell_what_was_seen(&kube, &proof).await;
    }
    if asked.keep {
        eprintln!("Kept: the pods of the proof in the namespace `{}`", proof.namespace);
    } else {
        clean_up(&kube, &proof, asked.claim.is_some(), &progress).await?;
    }
    match outcome? {
        Outcome::Stopped(reason) => Ok(stopped(job, reason, "Nothing was proved.")),
        Outcome::Judged(findings, times) => {
            let proved = findings.iter().all(|finding| finding.shown);
            match job.output {
                Output::Json => report::json(&json!({
                    "proved": proved,
                    "findings": findings,
                    "seconds": times.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
                    "elapsed_ms": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
                })),
                Output::Text => report::text(&table(&findings, &times)),
            }
            Ok(if proved { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

fn table(findings: &[Finding], times: &[(&str, f64)]) -> String {
    let mut text = String::new();
    for Finding { what, shown, detail } in findings {
        let mark = if *shown { "shown    " } else { "NOT SHOWN" };
        text.push_str(&format!("{mark}  {what} ({detail})\n"));
    }
    let times: Vec<String> =
        times.iter().map(|(what, seconds)| format!("{what} after {seconds:.1} s")).collect();
    text.push_str(&format!("\n{}", times.join(", ")));
    text
}

/// Makes everything, and watches it to its end.
async fn prove(
    kube: &Kube,
    proof: &Proof,
    existing: bool,
    progress: &Progress,
    stop: &Stop,
) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let mut times = Vec::new();
    let line = progress.line(&format!("proof on {}/{}", proof.namespace, proof.claim));
    line.state("starting pods");
    if !existing {
        kube.create_from(&proof.namespace_document()?).await?;
        kube.create_from(&proof.claim_document()?).await?;
        // Pods are refused until the controllers have made it.
        let (looks, namespace) = (kube.clone(), proof.namespace.clone());
        let account = Watch::new(move || {
            let (kube, namespace) = (looks.clone(), namespace.clone());
            async move { kube.has_default_account(&namespace).await }
        });
        tokio::select! {
            there = account.until(|there| there.then_some(())) => there?,
            reason = stop.stopped() => return Ok(Outcome::Stopped(reason)),
        }
    }
    let team = proof.team();
    for participant in &team {
        kube.create_from(&proof.pod_document(participant)?).await?;
    }
    let (looks, namespace, nonce) = (kube.clone(), proof.namespace.clone(), proof.nonce.clone());
    let pods = Watch::new(move || {
        let (kube, namespace, nonce) = (looks.clone(), namespace.clone(), nonce.clone());
        async move { kube.seen(&namespace, &nonce).await }
    });
    let mut phases = Vec::new();
    let ended = pods.until(|seen: &Vec<Seen>| {
        let running = seen.iter().filter(|pod| pod.started).count();
        if running == team.len() && phases.is_empty() {
            phases.push(("all pods ran", started.elapsed().as_secs_f64()));
        }
        line.observed(&behind(seen, &team));
        reports(seen, &team)
    });
    let reports_of_team = tokio::select! {
        ended = ended => ended?,
        reason = stop.stopped() => {
            line.failed("given up");
            return Ok(Outcome::Stopped(reason));
        }
    };
    times.append(&mut phases);
    times.push(("the team was through", started.elapsed().as_secs_f64()));
    if let Some(why) = reports_of_team.iter().find_map(Report::failure) {
        line.failed("failed");
        bail!("a pod gave up: {why}");
    }
    // The writer goes, and its node with it for all that the others know.
    let (writer, witness) = (&team[0], proof.witness());
    line.state("deleting the writer");
    kube.delete_pod(&proof.namespace, &writer.name).await?;
    let gone = pods.until(|seen| (!seen.iter().any(|pod| pod.name == writer.name)).then_some(()));
    tokio::select! {
        gone = gone => gone?,
        reason = stop.stopped() => return Ok(Outcome::Stopped(reason)),
    }
    kube.create_from(&proof.pod_document(&witness)?).await?;
    let only = [witness];
    let ended = pods.until(|seen| {
        line.observed(&behind(seen, &only));
        reports(seen, &only)
    });
    let witnessed = tokio::select! {
        ended = ended => ended?,
        reason = stop.stopped() => return Ok(Outcome::Stopped(reason)),
    };
    times.push(("the witness was through", started.elapsed().as_secs_f64()));
    let witness = witnessed.first().context("the witness reported nothing")?;
    if let Some(why) = witness.failure() {
        line.failed("failed");
        bail!("the witness gave up: {why}");
    }
    line.done("through");
    Ok(Outcome::Judged(judge(proof, &reports_of_team, witness), times))
}

/// The reports of these, once all have ended.
fn reports(seen: &[Seen], team: &[Participant]) -> Option<Vec<Report>> {
    team.iter()
        .map(|participant| {
            let pod = seen.iter().find(|pod| pod.name == participant.name)?;
            pod.ended.as_deref().map(Report::parse)
        })
        .collect()
}

/// How far these are, and why not further.
fn behind(seen: &[Seen], team: &[Participant]) -> String {
    let ended = seen
        .iter()
        .filter(|pod| pod.ended.is_some() && team.iter().any(|member| member.name == pod.name));
    let why = seen.iter().find_map(|pod| pod.why.as_ref());
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    format!("{} of {} pods through{why}", ended.count(), team.len())
}

/// After a failure: what pods and claim say.
async fn tell_what_was_seen(kube: &Kube, proof: &Proof) {
    let Ok(seen) = kube.seen(&proof.namespace, &proof.nonce).await else { return };
    for pod in seen {
        let state = match (&pod.ended, pod.started) {
            (Some(message), _) => format!("ended: {}", message.trim().replace('\n', ", ")),
            (None, true) => "running".to_owned(),
            (None, false) => pod.why.clone().unwrap_or_else(|| "not started".to_owned()),
        };
        eprintln!("pod {}: {state}", pod.name);
        if let Ok(Some(warning)) = kube.newest_warning(&proof.namespace, &pod.name).await {
            eprintln!("pod {}: {warning}", pod.name);
        }
    }
    if let Ok((Some(phase), _)) = kube.claim(&proof.namespace, &proof.claim).await {
        eprintln!("claim {}: {phase}", proof.claim);
    }
    if let Ok(Some(warning)) = kube.newest_warning(&proof.namespace, &proof.claim).await {
        eprintln!("claim {}: {warning}", proof.claim);
    }
}

async fn clean_up(
    kube: &Kube,
    proof: &Proof,
    existing: bool,
    progress: &Progress,
) -> anyhow::Result<()> {
    let line = progress.line("cleaning up");
    let done = if existing {
        let mut all = proof.team();
        all.push(proof.witness());
        let mut done = Ok(());
        for participant in all {
            let deleted = kube.delete_pod(&proof.namespace, &participant.name).await;
            done = done.and(deleted);
        }
        done.map(|()| true)
    } else {
        line.state("removing what the proof made");
        remove_namespace(kube, proof).await
    };
    match done {
        Ok(true) => {
            line.done("removed what the proof made");
            Ok(())
        }
        Ok(false) => {
            let namespace = &proof.namespace;
            line.failed(&format!("Kubernetes is still removing the namespace `{namespace}`"));
            Ok(())
        }
        Err(error) => {
            line.failed("failed");
            Err(error.context(format!(
                "removing the proof; what now: `kubectl delete namespace,pods --selector clockwork-codex/verify={}`",
                proof.nonce
            )))
        }
    }
}

/// Removes the namespace of the proof; whether it and its volume are gone in
/// time, so that a destroy right afterwards finds nothing in its way.
async fn remove_namespace(kube: &Kube, proof: &Proof) -> anyhow::Result<bool> {
    let (_, volume) = kube.claim(&proof.namespace, &proof.claim).await?;
    kube.delete_namespace(&proof.namespace).await?;
    let (looks, namespace) = (kube.clone(), proof.namespace.clone());
    let gone = Watch::new(move || {
        let (kube, namespace, volume) = (looks.clone(), namespace.clone(), volume.clone());
        async move { kube.are_gone(&namespace, volume.as_deref()).await }
    });
    let wait = gone.until(|gone| gone.then_some(()));
    match tokio::time::timeout(CLEANING, wait).await {
        Ok(gone) => gone.map(|()| true),
        Err(_) => Ok(false),
    }
}
