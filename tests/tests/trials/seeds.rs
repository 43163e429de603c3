//! Random faults over deploy, change, a move of mount targets, deploy and destroy, or over deploy, a
//! destroy that retains, adopting again and destroy: each run converges, or ends with an error that
//! names what failed and leaves what a clean run completes.
//!
//! `CLOCKWORK_SEEDS=1000` runs so many seeds, `CLOCKWORK_SEED=17` that one alone.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tests::{Job, Ran, Storage, Trial, until};

use crate::kept::{Kept, file_system, not_kept};

/// How many seeds run side by side: most of the time each of them waits.
const SIDE_BY_SIDE: usize = 32;

/// How far back a stale read shows a resource, in milliseconds.
const STALE_MS: u64 = 150;

/// The rules: all kinds of fault, at rates that change from seed to seed.
fn rules(seed: u64) -> String {
    let rate = |fault: u64| {
        let mild = (seed.wrapping_mul(2_654_435_761).wrapping_add(fault * 97) >> 3) % 9;
        // Every eighth seed is a bad day, on which runs end with an error.
        if seed.is_multiple_of(8) { mild * 6 + 10 } else { mild }
    };
    let faults = ["throttle", "error", "cut-before", "cut-after", "delay=50"];
    let mut rules: Vec<String> = faults
        .iter()
        .zip(0..)
        .map(|(fault, number)| format!("*:{}%:{fault}", rate(number)))
        .collect();
    for read in ["DescribeFileSystems", "DescribeMountTargets"] {
        rules.push(format!("{read}:{}%:stale={STALE_MS}", rate(7) * 2));
    }
    rules.join("\n")
}

/// What a seed did.
#[derive(Default)]
struct Counts {
    runs: AtomicUsize,
    failed: AtomicUsize,
    faults: AtomicUsize,
}

/// The stage before which a mount target fails, so that it is made anew beside the others' moves.
const MOVES: usize = 2;

/// What a stage leaves.
#[derive(Clone, Copy)]
enum Left<'a> {
    /// The deployment, of which this job plans nothing more.
    Deployed(&'a Job),
    /// The file system with its targets and its data.
    Kept,
    Nothing,
}

/// The stages of a seed, from nothing to nothing: every fourth one retains its file system.
fn stages<'a>(storage: &'a Storage, kept: &'a Kept, seed: u64) -> Vec<(&'a Job, Left<'a>)> {
    use Left::{Deployed, Nothing};
    if seed % 4 == 2 {
        return vec![
            (&kept.up, Deployed(&kept.plan)),
            (&kept.retain, Left::Kept),
            (&kept.up, Deployed(&kept.plan)),
            (&kept.down, Nothing),
        ];
    }
    vec![
        (&storage.deploy, Deployed(&storage.plan)),
        (&storage.change, Deployed(&storage.plan_change)),
        (&storage.moves, Deployed(&storage.plan_moves)),
        (&storage.deploy, Deployed(&storage.plan)),
        (&storage.destroy, Nothing),
    ]
}

/// One seed, from nothing to nothing; what went wrong, where something did.
fn one(storage: &Storage, kept: &Kept, seed: u64, counts: &Counts) -> Result<(), String> {
    let env = [("CLOCKWORK_SANDBOX_FAULT_SEED".to_owned(), seed.to_string())];
    let trial = storage.trial(&format!("seed-{seed}"), &env);
    let mut point = None;
    for (stage, (job, left)) in stages(storage, kept, seed).into_iter().enumerate() {
        if stage == MOVES {
            trial.aws.fail_target(1);
            known_to_stale_reads(&trial);
        }
        // A volume was made and is still there when all is destroyed.
        let job = &if let Left::Deployed(_) = left {
            job.clone()
        } else {
            let id = file_system(&trial);
            point.get_or_insert_with(|| trial.aws.access_point(&id, "pvc-1"));
            if let Left::Nothing = left { job.deleting_data(&id) } else { job.clone() }
        };
        trial.aws.admin("POST", "faults", &rules(seed));
        let ran = trial.run(job);
        trial.aws.admin("DELETE", "faults", "");
        counts.runs.fetch_add(1, Ordering::Relaxed);
        let wrong = |what: String, ran: &Ran| Err(format!("stage {stage}: {what}\n{}", ran.stderr));
        if ran.code != Some(0) {
            counts.failed.fetch_add(1, Ordering::Relaxed);
            let named = ran.stderr.contains("help:");
            if ran.code != Some(1) || !named {
                return wrong(format!("it ended with {:?} and no remedy", ran.code), &ran);
            }
            let clean = trial.run(job);
            if clean.code != Some(0) {
                return wrong(format!("a clean run failed: {}", clean.stderr), &ran);
            }
        }
        let lacks = match left {
            Left::Deployed(plan) => trial.not_deployed(plan),
            Left::Kept => {
                not_kept(&trial, &file_system(&trial), point.as_deref().unwrap_or_default())
            }
            Left::Nothing => trial.not_gone(),
        };
        if let Some(lacks) = lacks {
            return wrong(lacks, &ran);
        }
    }
    counts.faults.fetch_add(faults_of(&trial), Ordering::Relaxed);
    Ok(())
}

/// Waits until a stale read shows the failed mount target as well: a run that AWS tells that it is
/// available has no reason to make it anew.
fn known_to_stale_reads(trial: &Trial) {
    trial.aws.admin("POST", "faults", &format!("DescribeMountTargets:100%:stale={STALE_MS}"));
    until("stale reads show the failure", || {
        trial.aws.mount_targets().iter().any(|target| target["LifeCycleState"] == "error")
    });
}

/// How many calls met with a fault.
fn faults_of(trial: &Trial) -> usize {
    let calls = trial.aws.admin("GET", "calls", "").json();
    let calls = calls.as_array().unwrap();
    calls.iter().filter(|call| call["faults"].as_array().is_some_and(|all| !all.is_empty())).count()
}

#[test]
fn under_random_faults_a_run_converges_or_leaves_what_a_clean_run_completes() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, last) = match number("CLOCKWORK_SEED") {
        Some(seed) => (seed, seed),
        None => (1, number("CLOCKWORK_SEEDS").unwrap_or(24)),
    };
    let (storage, kept) = (Storage::new(), Kept::new());
    let (next, counts) = (AtomicU64::new(first), Counts::default());
    let wrong: Mutex<Vec<String>> = Mutex::default();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > last {
                        return;
                    }
                    if let Err(why) = one(&storage, &kept, seed, &counts) {
                        let again = format!(
                            "CLOCKWORK_SEED={seed} cargo test --workspace --test trials seeds"
                        );
                        wrong
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(format!("seed {seed} ({again}): {why}"));
                    }
                }
            });
        }
    });
    println!(
        "{} seeds, {} runs met {} faults, {} ended with an error and were completed, {:.0} s",
        last - first + 1,
        counts.runs.load(Ordering::Relaxed),
        counts.faults.load(Ordering::Relaxed),
        counts.failed.load(Ordering::Relaxed),
        started.elapsed().as_secs_f64()
    );
    let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(wrong.is_empty(), "{} failed:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(counts.faults.load(Ordering::Relaxed) > 0, "no fault was brought about");
}
