//! `verify`: proves that pods share a volume, in general or by an example workload.

mod example;
mod setting;
mod shared_mount;
mod stage;

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Context;
use job::{Output, Verify};
use kubernetes::proof::Finding;
use serde_json::json;

use super::connection::Connection;
use crate::outcome::{Ending, Outcome, Verdict};
use crate::report::{self, millis};
use crate::stop::Reason;
use setting::{Judged, Setting};

pub(super) async fn run(connection: &Connection<'_>, wanted: &Verify) -> anyhow::Result<Outcome> {
    let target = connection.connect_to_cluster().await?;
    let class = connection.job.storage().map(|(_, inputs)| &inputs.storage_class.name).next();
    let class = class.context("the job has no storage")?;
    let nonce = format!("{:08x}", fastrand::u32(..));
    let setting = Setting { connection, kube: &target.kube, class, wanted, nonce };
    let started = Instant::now();
    let (stage, outcome) = match wanted.example {
        None => shared_mount::run(&setting).await?,
        Some(example) => example::run(&setting, example).await?,
    };
    if !outcome.as_ref().is_ok_and(Judged::is_proof) {
        stage.show_what_was_seen().await;
    }
    if wanted.keep {
        eprintln!("Kept: the pods in the namespace `{}`", stage.namespace);
    } else {
        stage.clean_up(&connection.progress, connection.stop).await?;
    }
    let Judged { findings, times } = match outcome {
        Ok(judged) => judged,
        Err(error) => {
            let reason = error.downcast::<Reason>()?;
            let ending = Ending::Stopped { reason, left: vec!["the proof".to_owned()] };
            return Ok(Outcome::unchanged(ending));
        }
    };
    let proved = findings.iter().all(|finding| finding.shown);
    match connection.session.output {
        Output::Json => report::json(&json!({
            "proved": proved,
            "workload": wanted.example,
            "findings": findings,
            "seconds": times.iter().copied().collect::<BTreeMap<_, _>>(),
            "elapsed_ms": millis(started.elapsed()),
        })),
        Output::Text => report::text(&table(&findings, &times)),
    }
    let verdict = if proved { Verdict::Fine } else { Verdict::Wrong };
    Ok(Outcome::unchanged(Ending::Shown(verdict)))
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
