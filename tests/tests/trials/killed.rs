//! Killed anywhere: before and after every single call of deploy and destroy.
//! The next run finishes what was begun, and nothing is orphaned.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Job, Storage, Trial};

/// Between two looks whether the sandbox holds the call.
const PAUSE: Duration = Duration::from_millis(3);

/// The address of the target that is replaced in its subnet, which EFS would not choose by itself.
const REPLACED_AT: &str = "10.0.16.77";

/// Starts a job, and kills it once the sandbox holds the call of this rule. Whether it came that far.
pub(crate) fn kill_at(trial: &Trial, job: &Job, rule: &str) -> bool {
    let aws = &trial.aws;
    assert_eq!(aws.admin("POST", "faults", rule).status, 204);
    let mut child = trial.here(job).start();
    let limit = Instant::now() + Duration::from_mins(3);
    let came_that_far = loop {
        if aws.held() > 0 {
            break true;
        }
        if child.try_wait().unwrap().is_some() {
            break false;
        }
        assert!(Instant::now() < limit, "it neither ended nor made the call of {rule}");
        std::thread::sleep(PAUSE);
    };
    // SIGKILL: nothing of it hears anything.
    child.kill().unwrap();
    child.wait().unwrap();
    aws.admin("DELETE", "faults", "");
    aws.admin("POST", "release", "");
    came_that_far
}

/// Kills at every call until one is reached that the job no longer makes; how many there were.
fn every_call(
    storage: &Storage,
    name: &str,
    job: &Job,
    prepare: impl Fn(&Trial) + Sync,
    finish: impl Fn(&Trial) + Sync,
) -> usize {
    let points = |hold: &'static str| {
        let mut points = 0;
        for nth in 1.. {
            let trial = storage.trial(&format!("{name}-{hold}-{nth}"), &[]);
            prepare(&trial);
            let came_that_far = kill_at(&trial, job, &format!("*:#{nth}:{hold}"));
            finish(&trial);
            if !came_that_far {
                return points;
            }
            points += 1;
        }
        points
    };
    let points = std::thread::scope(|scope| {
        let all = ["hold-before", "hold-after"].map(|hold| scope.spawn(move || points(hold)));
        all.map(|one| one.join().unwrap()).iter().sum()
    });
    println!("{name}: killed at {points} points");
    points
}

#[test]
fn a_deploy_killed_before_and_after_every_call_is_finished_by_the_next() {
    let storage = Storage::new();
    let points = every_call(
        &storage,
        "deploy",
        &storage.deploy,
        |_| {},
        |trial| {
            trial.run(&storage.deploy).exits(0);
            assert_eq!(trial.not_deployed(&storage.plan), None);
        },
    );
    assert!(points >= 24, "{points}");
}

#[test]
fn a_change_killed_before_and_after_every_call_is_finished_by_the_next() {
    let storage = Storage::new();
    let points = every_call(
        &storage,
        "change",
        &storage.change,
        |trial| drop(trial.run(&storage.deploy).exits(0)),
        |trial| {
            trial.run(&storage.change).exits(0);
            assert_eq!(trial.not_deployed(&storage.plan_change), None);
        },
    );
    assert!(points >= 16, "{points}");
}

#[test]
fn moved_replaced_and_regrouped_targets_killed_at_every_call_are_finished_by_the_next_run() {
    let (storage, kept) = (Storage::new(), AtomicUsize::new(0));
    let points = every_call(
        &storage,
        "moves",
        &storage.moves,
        |trial| {
            trial.run(&storage.deploy).exits(0);
            trial.aws.move_target(1, REPLACED_AT);
            trial.aws.fail_target(1);
        },
        |trial| {
            // Without a target of the zone, nobody knows any more which address it had.
            let stands = |target: &Value| {
                target["IpAddress"] == REPLACED_AT && target["LifeCycleState"] != "deleting"
            };
            let known = trial.aws.mount_targets().iter().any(stands);
            trial.run(&storage.moves).exits(0);
            assert_eq!(trial.not_deployed(&storage.plan_moves), None);
            let targets = trial.aws.mount_targets();
            assert_eq!(targets[0]["SubnetId"], "subnet-0c0dec0000000030a");
            assert_eq!(targets[1]["SubnetId"], "subnet-0c0dec0000000010b");
            assert!(!known || targets[1]["IpAddress"] == REPLACED_AT, "{:#}", targets[1]);
            kept.fetch_add(usize::from(known), Ordering::Relaxed);
        },
    );
    // Rule, deletion and creation twice over, groups, and the old rule.
    let kept = kept.into_inner();
    assert!(points >= 16 && kept > points / 2, "{points}, and the address was kept {kept} times");
}

#[test]
fn a_destroy_with_data_killed_before_and_after_every_call_is_finished_by_the_next() {
    let storage = Storage::new();
    let (points, created) = (AtomicUsize::new(0), |trial: &Trial| {
        let id = trial.aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
        trial.aws.access_point(&id, "pvc-1");
        id
    });
    std::thread::scope(|scope| {
        for hold in ["hold-before", "hold-after"] {
            let (storage, points) = (&storage, &points);
            scope.spawn(move || {
                for nth in 1.. {
                    let trial = storage.trial(&format!("data-{hold}-{nth}"), &[]);
                    trial.run(&storage.deploy).exits(0);
                    let id = created(&trial);
                    let destroy = storage.destroy.deleting_data(&id);
                    let came_that_far = kill_at(&trial, &destroy, &format!("*:#{nth}:{hold}"));
                    // Without the word, it goes on only where the data is gone already.
                    let all = trial.aws.efs("GET", "file-systems", None).json();
                    let there = all["FileSystems"][0]["LifeCycleState"] == "available";
                    trial.run(&storage.destroy).exits(i32::from(there));
                    trial.run(&destroy).exits(0);
                    assert_eq!(trial.not_gone(), None);
                    if !came_that_far {
                        return;
                    }
                    points.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let points = points.into_inner();
    println!("destroy with data: killed at {points} points");
    assert!(points >= 22, "{points}");
}

#[test]
fn a_destroy_killed_before_and_after_every_call_is_finished_by_the_next() {
    let storage = Storage::new();
    let points = every_call(
        &storage,
        "destroy",
        &storage.destroy,
        |trial| drop(trial.run(&storage.deploy).exits(0)),
        |trial| {
            trial.run(&storage.destroy).exits(0);
            assert_eq!(trial.not_gone(), None);
            assert_eq!(trial.run(&storage.destroy).exits(0).json()["changed"], 0);
        },
    );
    assert!(points >= 16, "{points}");
}
