//! An example workload, run and checked.

use std::time::Instant;

use graphscope::{Example, Part, Reports, Trial};
use kubernetes::proof::Report;

use super::setting::{Judged, Setting, nobody_gave_up};
use super::stage::{Stage, behind};
use crate::cluster::PodProgress;
use crate::log;
use crate::progress::Line;
use crate::stop::{Reason, Stop};

/// Runs every part in its turn, and judges what their pods report.
pub(super) async fn run(
    setting: &Setting<'_>,
    example: Example,
) -> anyhow::Result<(Stage, anyhow::Result<Judged>)> {
    let Setting { connection, kube, class, wanted, nonce, .. } = setting;
    let stop = connection.stop;
    let mut trial = Trial::new(example, nonce, class, &wanted.image);
    if let Some(claim) = &wanted.claim {
        trial.namespace.clone_from(&claim.namespace);
        trial.claim.clone_from(&claim.name);
    }
    let existing = wanted.claim.is_some();
    let place = (trial.namespace.as_str(), trial.claim.as_str());
    let stage = Stage::new(kube, nonce, place, existing, &wanted.placement);
    let line = connection.progress.line(&setting.named(&format!(
        "{} on {}/{}",
        example.as_str(),
        trial.namespace,
        trial.claim
    )));
    let outcome = all_turns(&stage, &trial, &line, stop).await;
    match &outcome {
        Ok(_) => line.done("done"),
        Err(error) if error.is::<Reason>() => {}
        Err(_) => line.failed("failed"),
    }
    if existing && !wanted.keep {
        // The claim is somebody's: nothing of ours stays in it.
        let swept = part_by_part(&stage, &trial, &[trial.sweep()], &line, stop).await;
        if let Err(error) = swept {
            log::warn(&format!(
                "`clockwork-example-{nonce}` stays in the claim {}/{}: {error:#}",
                trial.namespace, trial.claim
            ));
        }
    }
    Ok((stage, outcome))
}

async fn all_turns(
    stage: &Stage,
    trial: &Trial,
    line: &Line,
    stop: &Stop,
) -> anyhow::Result<Judged> {
    let started = Instant::now();
    line.state("starting pods");
    let (namespace, claim) = (trial.namespace_document()?, trial.claim_document()?);
    stage.prepare(&namespace, &claim, stop).await?;
    let mut reports = Reports::new();
    let mut times = Vec::new();
    for turn in 0..trial.example.turns() {
        let parts: Vec<&Part> =
            trial.example.parts().iter().filter(|part| part.turn == turn).collect();
        reports.extend(part_by_part(stage, trial, &parts, line, stop).await?);
        times.extend(parts.iter().map(|part| (part.name, started.elapsed().as_secs_f64())));
    }
    Ok(Judged { findings: trial.example.judge(&reports), times })
}

/// Starts these parts at once; their reports, when all of their pods have ended.
async fn part_by_part(
    stage: &Stage,
    trial: &Trial,
    parts: &[&Part],
    line: &Line,
    stop: &Stop,
) -> anyhow::Result<Reports> {
    for part in parts {
        stage.create(&trial.job_document(part)?).await?;
    }
    let count = parts.iter().map(|part| part.pods).sum();
    let ended = stage.until(line, stop, |seen| {
        let pods: Vec<&PodProgress> = seen
            .iter()
            .filter(|pod| parts.iter().any(|part| pod.part.as_deref() == Some(part.name)))
            .collect();
        line.observed(&behind(&pods, count));
        reports(&pods, parts)
    });
    let reports = ended.await?;
    reports.values().try_for_each(|of_part| nobody_gave_up(of_part))?;
    Ok(reports)
}

/// The reports by part: of all pods, or of those that ended once one of them gave up.
fn reports(pods: &[&PodProgress], parts: &[&Part]) -> Option<Reports> {
    let of = |part: &Part| -> Vec<Report> {
        let pods = pods.iter().filter(|pod| pod.part.as_deref() == Some(part.name));
        pods.filter_map(|pod| pod.ended.as_deref()).map(Report::parse).collect()
    };
    let all: Reports = parts.iter().map(|part| (part.name.to_owned(), of(part))).collect();
    let complete = parts.iter().all(|part| all[part.name].len() >= part.pods);
    let gave_up = all.values().flatten().any(|report| report.failure().is_some());
    (complete || gave_up).then_some(all)
}
