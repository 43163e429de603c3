//! `verify`: proves that pods share a volume, in general or by an example workload.

mod example;
mod setting;
mod shared_mount;
mod stage;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use failure::{advice, failure, report};
use futures_util::future::join_all;
use job::Verify;
use kubernetes::proof::Finding;
use serde_json::{Value, json};

use super::connection::Connection;
use crate::log::{self, millis};
use crate::outcome::{Conclusion, Ending, Outcome, Shown};
use crate::report::places;
use crate::stop::Reason;
use crate::target::Target;
use setting::{Judged, Setting};

/// Proves every class of the job, side by side: each in a namespace of its own. A proof on
/// an existing claim is one, as no class takes part in it.
pub(super) async fn run(connection: &Connection<'_>, wanted: &Verify) -> anyhow::Result<Outcome> {
    let target = connection.connect_to_cluster().await?;
    let storage = connection.job.storage();
    let mut classes: Vec<(&str, &str)> = storage
        .flat_map(|(label, inputs)| inputs.classes().map(move |it| (label, it.name.as_str())))
        .collect();
    if wanted.claim.is_some() {
        classes.truncate(1);
    }
    classes.first().context("the job has no storage")?;
    let several = classes.len() > 1;
    connection.look_at_places(&Target::Cluster(Arc::clone(&target))).await;
    proved_place(connection)?;
    let started = Instant::now();
    let proofs = classes.iter().map(|&(label, class)| {
        let setting = Setting {
            connection,
            kube: &target.kube,
            label: several.then_some(label),
            class,
            wanted,
            nonce: format!("{:08x}", fastrand::u32(..)),
        };
        async move { prove(&setting).await }
    });
    let (mut judged, mut stopped) = (Vec::new(), None);
    for (&(label, class), ended) in classes.iter().zip(join_all(proofs).await) {
        match ended {
            Ok(Judged { findings, times }) => {
                judged.push(Proof { label, class, findings, times, error: None });
            }
            Err(error) if error.is::<Reason>() => stopped = Some(error.downcast::<Reason>()?),
            // It hides nothing of what the other classes showed.
            Err(error) if several => {
                let error = Some(report(&[error]));
                judged.push(Proof { label, class, findings: Vec::new(), times: Vec::new(), error });
            }
            Err(error) => return Err(error),
        }
    }
    let places = places(connection.places());
    Ok(Outcome::unchanged(match stopped {
        Some(reason) => Ending::Stopped { reason, left: vec!["the proof".to_owned()] },
        None => Ending::Shown(shown(&judged, wanted, places, started.elapsed())?),
    }))
}

/// Refuses a cluster that contradicts the job, and says what nothing proves.
fn proved_place(connection: &Connection<'_>) -> anyhow::Result<()> {
    for place in connection.places() {
        if let Some(refusal) = place.refusals.first() {
            return Err(failure(refusal.reason.clone(), refusal.remedy.clone()));
        }
        connection.progress.say(&place.to_string());
        if let Some(unproved) = place.unproved() {
            let warning = format!("Warning: {}", unproved.text);
            connection.progress.say(&advice(&warning, Some(&unproved.remedy)));
        }
    }
    Ok(())
}

/// The findings as the result; what is not shown is the exit code 1.
fn shown(
    proofs: &[Proof],
    wanted: &Verify,
    places: Vec<Value>,
    elapsed: Duration,
) -> anyhow::Result<Shown> {
    let mut document = document(proofs, wanted, millis(elapsed))?;
    document["places"] = places.into();
    let problem = proofs.iter().find_map(Proof::problem);
    let conclusion = if problem.is_some() { Conclusion::Wrong } else { Conclusion::Fine };
    Ok(Shown { conclusion, problem, ..Shown::new(for_people(proofs), &document)? })
}

/// One proof from its preparation to the removal of what it made.
async fn prove(setting: &Setting<'_>) -> anyhow::Result<Judged> {
    let (stage, outcome) = match setting.wanted.example {
        None => shared_mount::run(setting).await?,
        Some(example) => example::run(setting, example).await?,
    };
    let outcome = match outcome {
        Ok(judged) => Ok(judged),
        Err(error) => Err(stage.without_image(&setting.wanted.image, error).await),
    };
    if !outcome.as_ref().is_ok_and(Judged::is_proof) {
        stage.show_state().await;
    }
    if setting.wanted.keep {
        log::say(&format!("Kept: the pods in the namespace `{}`", stage.namespace));
    } else {
        stage.clean_up(&setting.connection.progress, setting.connection.stop).await?;
    }
    outcome
}

/// What a proof found.
struct Proof<'a> {
    /// The label of the class's module.
    label: &'a str,
    class: &'a str,
    findings: Vec<Finding>,
    times: Vec<(&'static str, f64)>,
    /// Why there are no findings.
    error: Option<String>,
}

impl Proof<'_> {
    fn holds(&self) -> bool {
        self.error.is_none() && self.findings.iter().all(|finding| finding.shown)
    }

    fn problem(&self) -> Option<String> {
        if let Some(error) = &self.error {
            return Some(format!("the proof of `{}` failed: {error}", self.class));
        }
        let missing = self.findings.iter().find(|finding| !finding.shown)?;
        Some(format!("not shown for `{}`: {} ({})", self.class, missing.what, missing.detail))
    }

    fn document(&self) -> Value {
        let mut document = json!({
            "proved": self.holds(),
            "findings": self.findings,
            "seconds": self.times.iter().copied().collect::<BTreeMap<_, _>>(),
        });
        if let Some(error) = &self.error {
            document["error"] = error.as_str().into();
        }
        document
    }
}

/// One proof as it is, or several by the labels of their modules, with those of further classes of a
/// module below it by the names of these.
fn document(proofs: &[Proof], wanted: &Verify, elapsed: u64) -> anyhow::Result<Value> {
    let mut document = match proofs {
        [only] => only.document(),
        several => {
            let mut modules = serde_json::Map::new();
            for proof in several {
                let mut one = proof.document();
                one["storage_class_name"] = proof.class.into();
                match modules.get_mut(proof.label) {
                    Some(module) => module["storage_classes"][proof.class] = one,
                    None => drop(modules.insert(proof.label.to_owned(), one)),
                }
            }
            json!({"proved": several.iter().all(Proof::holds), "modules": modules})
        }
    };
    document["workload"] = serde_json::to_value(wanted.example)?;
    document["elapsed_ms"] = elapsed.into();
    Ok(document)
}

fn for_people(proofs: &[Proof]) -> String {
    let tables = proofs.iter().map(|proof| {
        let table = proof.error.clone().unwrap_or_else(|| table(&proof.findings, &proof.times));
        if proofs.len() == 1 {
            return table;
        }
        format!("module.{}, storage class {}\n{table}", proof.label, proof.class)
    });
    tables.collect::<Vec<_>>().join("\n\n")
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
