//! Trouble between a run and the API server: 429 with Retry-After, 5xx, conflicts, connections
//! that are cut before and after a change. Each run converges, or ends with an error that names
//! what failed and leaves what a clean run completes.
//!
//! These tests need the programs of `cargo xtask tools install`. `CLOCKWORK_SEEDS=200` runs so
//! many seeds, `CLOCKWORK_SEED=17` that one alone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use control_plane::{ApiProxy, Faults};
use serde_json::Value;
use tests::{Clustered, Job, Ran};

/// A control plane each; most of the time each of them waits.
const SIDE_BY_SIDE: usize = 3;

#[derive(Default)]
struct Counts {
    runs: AtomicUsize,
    failed: AtomicUsize,
    brought: AtomicUsize,
}

/// The jobs of one way to deploy.
struct Jobs {
    deploy: Job,
    plan: Job,
    change: Job,
    plan_change: Job,
    destroy: Job,
}

impl Jobs {
    /// In the world's cluster, with the driver or beside one that is left alone.
    fn new(there: &Clustered, driver: bool) -> Jobs {
        let chart = format!("--helm-chart={}", Clustered::chart().display());
        let url = format!("--endpoint-url={}", there.aws.url);
        let job = |command: &str, more: &[&str]| {
            let mut args = vec![command, &url, &chart, "--no-wait"];
            if !driver {
                args.push("--driver=skip");
            }
            if command != "plan-efs" {
                args.push("--yes");
            }
            args.extend(more);
            there.world.job_of(&args)
        };
        let other = ["--directory-perms=750", "--storage-class-labels=team=graphs", "--tags=a=b"];
        Jobs {
            deploy: job("deploy-efs", &[]),
            plan: job("plan-efs", &[]),
            change: job("deploy-efs", &other),
            plan_change: job("plan-efs", &other),
            destroy: job("destroy-efs", &[]),
        }
    }

    fn stages(&self) -> [(&Job, Option<&Job>); 4] {
        [
            (&self.deploy, Some(&self.plan)),
            (&self.change, Some(&self.plan_change)),
            (&self.deploy, Some(&self.plan)),
            (&self.destroy, None),
        ]
    }
}

/// One seed, from nothing to nothing.
fn one(
    there: &Clustered,
    jobs: &Jobs,
    proxy: &ApiProxy,
    seed: u64,
    counts: &Counts,
) -> Result<(), String> {
    let percent = 3 + seed % 4 * 5;
    for (number, (job, plan)) in (0..).zip(jobs.stages()) {
        proxy.inject(Some(Faults { seed: seed * 4 + number, percent }));
        let ran = job.run();
        let brought = proxy.inject(None);
        counts.runs.fetch_add(1, Ordering::Relaxed);
        counts.brought.fetch_add(brought.len(), Ordering::Relaxed);
        let wrong = |what: String, ran: &Ran| {
            Err(format!("stage {number}: {what}\n{}\nbrought: {brought:#?}", ran.stderr))
        };
        if ran.code != Some(0) {
            counts.failed.fetch_add(1, Ordering::Relaxed);
            if ran.code != Some(1) || !ran.stderr.contains("help:") {
                return wrong(format!("it ended with {:?} and no remedy", ran.code), &ran);
            }
            // Whose revision is pending might still be at it, for a minute.
            age_releases(there);
            let clean = job.run();
            if clean.code != Some(0) {
                return wrong(format!("a clean run failed: {}", clean.stderr), &ran);
            }
        }
        let left = match plan {
            Some(plan) => lacking(there, plan),
            None => left(there),
        };
        if let Some(left) = left {
            return wrong(left, &ran);
        }
    }
    Ok(())
}

/// Why this is not what was asked for.
fn lacking(there: &Clustered, plan: &Job) -> Option<String> {
    let plan = plan.run();
    if plan.code != Some(0) {
        return Some(plan.stderr);
    }
    let plan = plan.json();
    if plan["changes"] != 0 {
        return Some(format!("{plan:#}"));
    }
    let id = there.aws.file_system()["FileSystemId"].clone();
    let class = there.class().unwrap_or_default();
    (class["parameters"]["fileSystemId"] != id).then(|| format!("{id} is not that of {class:#}"))
}

/// What is left after everything was taken down.
fn left(there: &Clustered) -> Option<String> {
    let systems = there.aws.efs("GET", "file-systems", None).json();
    let revisions = there.revisions();
    let class = there.class();
    let driver =
        there.cluster().find("/apis/storage.k8s.io/v1/csidrivers/efs.csi.aws.com").unwrap();
    let nothing = systems["FileSystems"] == Value::Array(Vec::new())
        && revisions.is_empty()
        && class.is_none()
        && driver.is_none();
    (!nothing).then(|| format!("{systems}\n{revisions:?}\n{class:?}\n{driver:?}"))
}

fn age_releases(there: &Clustered) {
    for (revision, status) in there.revisions() {
        if status.starts_with("pending") {
            let record = format!(
                "/api/v1/namespaces/kube-system/secrets/sh.helm.release.v1.aws-efs-csi-driver.v{revision}"
            );
            let labels = serde_json::json!({"createdAt": "1700000000", "modifiedAt": "1700000000"});
            let change = serde_json::json!({"metadata": {"labels": labels}});
            there.cluster().merge(&record, &change).unwrap();
        }
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn trouble_with_the_api_server_leaves_nothing_in_between() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, last) = match number("CLOCKWORK_SEED") {
        Some(seed) => (seed, seed),
        None => (1, number("CLOCKWORK_SEEDS").unwrap_or(24)),
    };
    let (next, counts, started) = (AtomicU64::new(first), Counts::default(), Instant::now());
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut there = Clustered::quick();
            let proxy = there.proxied(None);
            // Helm takes seconds, so most seeds leave the driver alone.
            let (with, without) = (Jobs::new(&there, true), Jobs::new(&there, false));
            let mut wrong = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed > last {
                    return wrong;
                }
                let jobs = if seed.is_multiple_of(6) { &with } else { &without };
                if let Err(why) = one(&there, jobs, &proxy, seed, &counts) {
                    wrong.push(format!("seed {seed}: {why}"));
                    // What it left is in the way of every seed after it.
                    return wrong;
                }
            }
        };
        let all: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(work)).collect();
        all.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    println!(
        "{} seeds, {} runs met {} troubles, {} ended with an error and were completed, {:.0} s",
        last - first + 1,
        counts.runs.load(Ordering::Relaxed),
        counts.brought.load(Ordering::Relaxed),
        counts.failed.load(Ordering::Relaxed),
        started.elapsed().as_secs_f64()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(counts.brought.load(Ordering::Relaxed) > 0, "no trouble was brought");
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn each_trouble_is_one_that_clients_know_and_a_seed_brings_the_same_every_time() {
    let mut there = Clustered::quick();
    let proxy = there.proxied(None);
    let get = |path: &str| {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(std::time::Duration::from_secs(20)));
        let agent: ureq::Agent = config.build().into();
        agent.get(format!("{}{path}", proxy.url())).call()
    };
    let all = |seed: u64| -> Vec<String> {
        proxy.inject(Some(Faults { seed, percent: 100 }));
        for _ in 0..12 {
            if let Ok(mut answer) = get("/api/v1/namespaces") {
                let retry = answer.headers().get("retry-after").is_some();
                assert_eq!(answer.status() == 429, retry, "429 says when to come again");
                let _ = answer.body_mut().read_to_string();
            }
        }
        proxy.inject(None)
    };
    let one = all(1);
    assert_eq!(one, all(1));
    assert_ne!(one, all(2));
    for kind in ["TooManyRequests", "Unavailable", "Internal", "CutBefore", "CutAfter"] {
        assert!(one.iter().any(|brought| brought.ends_with(kind)), "{kind}: {one:?}");
    }

    proxy.inject(Some(Faults { seed: 1, percent: 100 }));
    let began = Instant::now();
    let mut watch = get("/api/v1/namespaces?watch=true").unwrap();
    assert_eq!(watch.status(), 200, "it begins as any watch");
    assert!(watch.body_mut().read_to_string().is_err(), "and is cut in the middle");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    assert!(proxy.inject(None)[0].ends_with("CutWatch"));
    assert_eq!(get("/api/v1/namespaces").unwrap().status(), 200, "and then there is none");
}
