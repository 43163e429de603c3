//! The steps of the workloads: three kinds, expansion, directories that come and go, destroy.

use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::names::CLASS;
use crate::report::Report;
use crate::runner::Runner;
use crate::wait::until;

const NAMESPACE: &str = "clockwork-e2e-graphs";

/// The kinds of workload, with the names of their charts.
const KINDS: [(&str, &str); 3] = [
    ("engine", "graphscope"),
    ("store", "graphscope-store"),
    ("interactive", "graphscope-interactive"),
];

const DATASETS: &str = "--workload-directories=datasets=10Gi";
const EXPANDED_DATASETS: &str = "--workload-directories=datasets=20Gi";
const CHECKPOINTS: &str = "--workload-directories=checkpoints=5Gi";
const STORED: &str = "--workload-directories=data=10Gi,logs=1Gi";
const MORE_STORED: &str = "--workload-directories=data=20Gi,logs=1Gi";

/// The claims that the workloads have at the end: three of the engine and the other kinds, and
/// those of the store's pods.
const CLAIMS_AT_LEAST: usize = 6;

pub(crate) fn run(runner: &Runner, charts: &Path, report: &mut Report) -> anyhow::Result<()> {
    let workloads = Workloads { runner, charts };
    report.step("workloads: three kinds are deployed", || workloads.deployed())?;
    report.step("workloads: a claim grows with its input", || workloads.expanded())?;
    report.step("workloads: the data of a store grows", || workloads.store_grown())?;
    report.step("workloads: a claim never changes its class", || workloads.moved())?;
    report.step("workloads: a directory is removed and added again", || workloads.removed())?;
    if !runner.job.keep {
        report.step("workloads: destroy keeps data unless told otherwise", || {
            workloads.destroyed()
        })?;
    }
    Ok(())
}

/// Removes what the steps made, after one of them failed, and waits until it is gone.
pub(crate) fn clean_up(runner: &Runner) -> anyhow::Result<()> {
    let namespace = format!("/api/v1/namespaces/{NAMESPACE}");
    runner.cluster.api.delete(&namespace)?;
    until("the workloads' namespace is deleted", || {
        Ok(runner.cluster.api.find(&namespace)?.is_none())
    })
}

struct Workloads<'a> {
    runner: &'a Runner<'a>,
    charts: &'a Path,
}

impl Workloads<'_> {
    fn deployed(&self) -> anyhow::Result<((), String)> {
        let mut details = Vec::new();
        for (kind, _) in KINDS {
            let changed = self.change("deploy-graphscope", kind, directories_of(kind))?;
            let again = self.change("deploy-graphscope", kind, directories_of(kind))?;
            ensure!(again == 0, "the second run of `{kind}` changed {again}");
            details.push(format!("{kind} changed {changed}"));
        }
        let claims = self.claims()?;
        for name in ["e2e-engine-datasets", "e2e-store-logs", "e2e-interactive-data"] {
            let is_it = |claim: &Value| claim["metadata"]["name"] == name;
            ensure!(claims.iter().any(is_it), "there is no claim {name}");
        }
        Ok(((), details.join(", ")))
    }

    fn expanded(&self) -> anyhow::Result<((), String)> {
        // Those of Kafka and ZooKeeper are none of EFS, and wait where a cluster has no other class.
        let on_efs = |claim: &&Value| claim["spec"]["storageClassName"] == CLASS;
        until("the workloads' claims on EFS are bound", || {
            let claims = self.claims()?;
            Ok(claims.iter().filter(on_efs).all(|claim| claim["status"]["phase"] == "Bound"))
        })?;
        for claim in self.claims()?.iter().filter(on_efs) {
            let name = claim["metadata"]["name"].as_str().unwrap_or_default();
            let log = name.contains("kafka") || name.contains("zookeeper");
            ensure!(!log, "{name} must never be on EFS");
        }
        let changed =
            self.change("deploy-graphscope", "engine", &[EXPANDED_DATASETS, CHECKPOINTS])?;
        ensure!(changed == 1, "expected 1 change, found {changed}");
        let claim = self.runner.cluster.api.get(&claim_path("e2e-engine-datasets"))?;
        let capacity = &claim["status"]["capacity"]["storage"];
        ensure!(capacity == "20Gi", "the claim's capacity is {capacity}");
        Ok(((), "10Gi to 20Gi".to_owned()))
    }

    /// The claim of the store's pod grows, and the pod runs on under a new StatefulSet.
    fn store_grown(&self) -> anyhow::Result<((), String)> {
        let (api, pod) = (&self.runner.cluster.api, format!("{}/e2e-store-store-0", pods_path()));
        let before = api.find(&pod)?.map(|pod| pod["metadata"]["uid"].clone());
        let changed = self.change("deploy-graphscope", "store", &[MORE_STORED])?;
        ensure!(changed == 3, "expected 3 changes (claim, StatefulSet, release), found {changed}");
        let claim = api.get(&claim_path("data-e2e-store-store-0"))?;
        let capacity = &claim["status"]["capacity"]["storage"];
        ensure!(capacity == "20Gi", "the capacity of the store's claim is {capacity}");
        let after = api.find(&pod)?.map(|pod| pod["metadata"]["uid"].clone());
        ensure!(before == after, "the store's pod was made anew: {before:?}, {after:?}");
        let again = self.change("deploy-graphscope", "store", &[MORE_STORED])?;
        ensure!(again == 0, "the second run changed {again}");
        Ok(((), "10Gi to 20Gi, under its pod".to_owned()))
    }

    fn moved(&self) -> anyhow::Result<((), String)> {
        let args = [DATASETS, CHECKPOINTS, "--workload-storage-class-name=another"];
        let args = self.args("engine", &args);
        let output = self.runner.run_refused("deploy-graphscope", &borrowed(&args))?;
        ensure!(output.contains("which cannot be changed"), "{output}");
        Ok(((), "refused".to_owned()))
    }

    fn removed(&self) -> anyhow::Result<((), String)> {
        for args in [&[EXPANDED_DATASETS][..], &[EXPANDED_DATASETS, CHECKPOINTS]] {
            let changed = self.change("deploy-graphscope", "engine", args)?;
            ensure!(changed == 1, "expected 1 change (the release), found {changed}");
            let claim = self.runner.cluster.api.find(&claim_path("e2e-engine-checkpoints"))?;
            ensure!(claim.is_some(), "the claim was deleted, and its data with it");
        }
        Ok(((), "its data was kept".to_owned()))
    }

    fn destroyed(&self) -> anyhow::Result<((), String)> {
        for (kind, _) in KINDS {
            let args = [directories_of(kind), &["--yes"]].concat();
            self.change("destroy-graphscope", kind, &args)?;
        }
        let kept = self.claims()?.len();
        ensure!(kept >= CLAIMS_AT_LEAST, "data outlives the workloads, but {kept} claims are left");
        for (kind, _) in KINDS {
            self.change("destroy-graphscope", kind, &["--delete-data", "--yes"])?;
        }
        until("the workloads' claims are deleted", || Ok(self.claims()?.is_empty()))?;
        clean_up(self.runner)?;
        Ok(((), "the claims of the store's pods too".to_owned()))
    }

    /// Runs a command that must succeed; how many changes it made.
    fn change(&self, command: &str, kind: &str, args: &[&str]) -> anyhow::Result<u64> {
        let summary = self.runner.run(command, &borrowed(&self.args(kind, args)))?;
        summary["changed"].as_u64().with_context(|| format!("`{command}` printed no `changed`"))
    }

    fn args(&self, kind: &str, args: &[&str]) -> Vec<String> {
        let chart = KINDS.iter().find(|(name, _)| *name == kind).map_or("", |(_, chart)| chart);
        let own = [
            format!("--workload-kind={kind}"),
            format!("--workload-name=e2e-{kind}"),
            format!("--workload-namespace={NAMESPACE}"),
            format!("--workload-helm-chart={}", self.charts.join(chart).display()),
        ];
        own.into_iter().chain(args.iter().map(|&arg| arg.to_owned())).collect()
    }

    fn claims(&self) -> anyhow::Result<Vec<Value>> {
        self.runner.cluster.api.list(&claims_path())
    }
}

/// The shared directories that a kind is deployed with.
fn directories_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "engine" => &[DATASETS, CHECKPOINTS],
        "store" => &[STORED],
        _ => &[],
    }
}

fn borrowed(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

fn claims_path() -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims")
}

fn pods_path() -> String {
    format!("/api/v1/namespaces/{NAMESPACE}/pods")
}

fn claim_path(name: &str) -> String {
    format!("{}/{name}", claims_path())
}
