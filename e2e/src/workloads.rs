//! The chapters of the workloads: three kinds, growth, removal and return, and their end.

use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::report::Report;
use crate::story::{Story, until};

/// The namespace of the story's workloads.
const NAMESPACE: &str = "clockwork-e2e-graphs";

/// The kinds, and the names of their charts.
const KINDS: [(&str, &str); 3] = [
    ("engine", "graphscope"),
    ("store", "graphscope-store"),
    ("interactive", "graphscope-interactive"),
];

/// What the engine shares in most chapters.
const BOTH: [&str; 2] =
    ["--workload-directories=datasets=10Gi", "--workload-directories=checkpoints=5Gi"];

pub(crate) fn chapters(story: &Story, charts: &Path, report: &mut Report) -> anyhow::Result<()> {
    let workloads = Workloads { story, charts };
    report.step("workloads: three kinds are released", || workloads.released())?;
    report.step("workloads: a claim grows with its input", || workloads.grown())?;
    report.step("workloads: a claim never changes its class", || {
        let moved = [&BOTH[..], &["--workload-storage-class-name=another"]].concat();
        let said =
            story.refused("deploy-graphscope", &borrowed(&workloads.flags("engine", &moved)))?;
        ensure!(said.contains("a claim never changes its class"), "{said}");
        Ok(((), "refused".to_owned()))
    })?;
    report.step("workloads: a directory is taken out and comes back", || workloads.fewer())?;
    if !story.job.keep {
        report.step("workloads: they go, and their data when told so", || workloads.gone())?;
    }
    Ok(())
}

/// After a failure: what was released goes, with its namespace.
pub(crate) fn clean(story: &Story) -> anyhow::Result<()> {
    story.place.api.delete(&format!("/api/v1/namespaces/{NAMESPACE}"))?;
    until("the workloads' namespace is gone", || {
        Ok(story.place.api.find(&format!("/api/v1/namespaces/{NAMESPACE}"))?.is_none())
    })
}

struct Workloads<'a> {
    story: &'a Story<'a>,
    charts: &'a Path,
}

impl Workloads<'_> {
    fn flags(&self, kind: &str, more: &[&str]) -> Vec<String> {
        let chart = KINDS.iter().find(|(name, _)| *name == kind).map_or("", |(_, chart)| chart);
        let own = [
            format!("--workload-kind={kind}"),
            format!("--workload-name=e2e-{kind}"),
            format!("--workload-namespace={NAMESPACE}"),
            format!("--workload-helm-chart={}", self.charts.join(chart).display()),
        ];
        own.into_iter().chain(more.iter().map(|&flag| flag.to_owned())).collect()
    }

    fn run(&self, command: &str, kind: &str, more: &[&str]) -> anyhow::Result<u64> {
        let told = self.story.run(command, &borrowed(&self.flags(kind, more)))?;
        told["changed"].as_u64().context("it does not say how much was changed")
    }

    fn released(&self) -> anyhow::Result<((), String)> {
        let mut told = Vec::new();
        for (kind, _) in KINDS {
            let more = if kind == "engine" { &BOTH[..] } else { &[] };
            let changed = self.run("deploy-graphscope", kind, more)?;
            let again = self.run("deploy-graphscope", kind, more)?;
            ensure!(again == 0, "the second run of `{kind}` found something to do");
            told.push(format!("{kind} {changed} changes"));
        }
        let claims = self.claims()?;
        for claim in ["e2e-engine-datasets", "e2e-store-logs", "e2e-interactive-data"] {
            ensure!(claims.iter().any(|found| found["metadata"]["name"] == claim), "no {claim}");
        }
        Ok(((), told.join(", ")))
    }

    fn grown(&self) -> anyhow::Result<((), String)> {
        until("the claims are bound", || {
            Ok(self.claims()?.iter().all(|claim| claim["status"]["phase"] == "Bound"))
        })?;
        let more = ["--workload-directories=datasets=20Gi", BOTH[1]];
        let changed = self.run("deploy-graphscope", "engine", &more)?;
        ensure!(changed == 1, "{changed} changes");
        let claim = self.story.place.api.get(&claim("e2e-engine-datasets"))?;
        let capacity = &claim["status"]["capacity"]["storage"];
        ensure!(capacity == "20Gi", "the claim has {capacity}");
        Ok(((), "10Gi became 20Gi".to_owned()))
    }

    fn fewer(&self) -> anyhow::Result<((), String)> {
        let one = ["--workload-directories=datasets=20Gi"];
        let both = [one[0], BOTH[1]];
        for more in [&one[..], &both[..]] {
            let changed = self.run("deploy-graphscope", "engine", more)?;
            ensure!(changed == 1, "{changed} changes, and the release alone should");
            let kept = self.story.place.api.find(&claim("e2e-engine-checkpoints"))?;
            ensure!(kept.is_some(), "the claim went, and its data with it");
        }
        Ok(((), "its data stayed".to_owned()))
    }

    fn gone(&self) -> anyhow::Result<((), String)> {
        for (kind, _) in KINDS {
            let more = if kind == "engine" { &BOTH[..] } else { &[] };
            self.run("destroy-graphscope", kind, &[more, &["--yes"]].concat())?;
        }
        let kept = self.claims()?;
        ensure!(kept.len() >= 6, "data outlives the workloads, and {} claims are left", kept.len());
        for (kind, _) in KINDS {
            let more = ["--delete-data", "--yes"];
            self.run("destroy-graphscope", kind, &more)?;
        }
        until("the claims are gone", || Ok(self.claims()?.is_empty()))?;
        clean(self.story)?;
        Ok(((), "the claims of the store's pods too".to_owned()))
    }

    fn claims(&self) -> anyhow::Result<Vec<Value>> {
        let all = format!("/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims");
        self.story.place.api.list(&all)
    }
}

fn borrowed(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

/// Where a claim is.
fn claim(name: &str) -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims/{name}")
}
