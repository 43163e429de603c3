//! The proof that a mount is shared: a writer, readers, and a witness who comes later.

use std::time::Instant;

use anyhow::Context;
use kubernetes::proof::{Participant, Proof, Report, judge};

use super::setting::{Judged, Setting, nobody_gave_up};
use super::stage::{Stage, behind};
use crate::cluster::PodProgress;
use crate::progress::Line;
use crate::stop::Stop;

/// Makes everything, and watches it to its end.
pub(super) async fn run(setting: &Setting<'_>) -> anyhow::Result<(Stage, anyhow::Result<Judged>)> {
    let Setting { connection, kube, class, wanted, nonce, .. } = setting;
    let mut proof = Proof::new(class, nonce.clone(), wanted.image.clone(), wanted.readers);
    if let Some(claim) = &wanted.claim {
        proof.namespace.clone_from(&claim.namespace);
        proof.claim.clone_from(&claim.name);
    }
    let existing = wanted.claim.is_some();
    let place = (proof.namespace.as_str(), proof.claim.as_str());
    let stage = Stage::new(kube, &proof.nonce, place, existing, &wanted.placement);
    let line = setting.named(&format!("proof on {}/{}", proof.namespace, proof.claim));
    let line = connection.progress.line(&line);
    let outcome = prove(&stage, &proof, &line, connection.stop).await;
    Ok((stage, outcome))
}

async fn prove(stage: &Stage, proof: &Proof, line: &Line, stop: &Stop) -> anyhow::Result<Judged> {
    let kube = &stage.kube;
    let started = Instant::now();
    let mut times = Vec::new();
    line.state("starting pods");
    let (namespace, claim) = (proof.namespace_document()?, proof.claim_document()?);
    stage.prepare(&namespace, &claim, stop).await?;
    let team = proof.team();
    for participant in &team {
        stage.create(&proof.pod_document(participant)?).await?;
    }
    let mut phases = Vec::new();
    let ended = stage.until(line, stop, |pods| {
        let running = pods.iter().filter(|pod| pod.started).count();
        if running == team.len() && phases.is_empty() {
            phases.push(("all pods ran", started.elapsed().as_secs_f64()));
        }
        line.observed(&behind(&of(pods, &team), team.len()));
        reports(pods, &team)
    });
    let reports_of_team = ended.await?;
    times.append(&mut phases);
    times.push(("the team was done", started.elapsed().as_secs_f64()));
    nobody_gave_up(&reports_of_team).inspect_err(|_| line.failed("failed"))?;
    // The writer goes, and its node with it for all that the others know.
    let (writer, witness) = (&team[0], proof.witness());
    line.state("deleting the writer");
    kube.delete_pod(&proof.namespace, &writer.name).await?;
    let gone =
        |pods: &Vec<PodProgress>| (!pods.iter().any(|pod| pod.name == writer.name)).then_some(());
    stage.until(line, stop, gone).await?;
    stage.create(&proof.pod_document(&witness)?).await?;
    let only = [witness];
    let ended = stage.until(line, stop, |pods| {
        line.observed(&behind(&of(pods, &only), only.len()));
        reports(pods, &only)
    });
    let witnessed = ended.await?;
    times.push(("the witness was done", started.elapsed().as_secs_f64()));
    nobody_gave_up(&witnessed).inspect_err(|_| line.failed("failed"))?;
    let witness = witnessed.first().context("the witness reported nothing")?;
    line.done("done");
    Ok(Judged { findings: judge(proof, &reports_of_team, witness), times })
}

/// The pods of these participants.
fn of<'a>(pods: &'a [PodProgress], team: &[Participant]) -> Vec<&'a PodProgress> {
    pods.iter().filter(|pod| team.iter().any(|member| member.name == pod.name)).collect()
}

/// The reports of these, once all have ended.
fn reports(pods: &[PodProgress], team: &[Participant]) -> Option<Vec<Report>> {
    team.iter()
        .map(|participant| {
            let pod = pods.iter().find(|pod| pod.name == participant.name)?;
            pod.ended.as_deref().map(Report::parse)
        })
        .collect()
}
