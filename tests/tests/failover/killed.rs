//! Killed before and after every single call of a failover, and of the way back: the next run completes
//! it.

use std::time::{Duration, Instant};

use tests::{Job, Ran, Storage, Trial};

use crate::{copy_of, described, now, tag};

/// Stands in an order for an id that a trial makes.
const SOURCE: &str = "fs-0000000000000000a";
const COPY: &str = "fs-0000000000000000b";

/// Runs a job to its end, with the documents of its side in a folder of their own.
fn run(trial: &Trial, side: &str, job: &Job) -> Ran {
    job.at(&trial.aws.url, &trial.manifests.join(side)).run().exits(0)
}

/// Starts a job, and kills it once the sandbox holds the call of this rule. Whether it came that far.
fn kill_at(trial: &Trial, side: &str, job: &Job, rule: &str) -> bool {
    assert_eq!(trial.aws.admin("POST", "faults", rule).status, 204);
    let mut child = job.at(&trial.aws.url, &trial.manifests.join(side)).start();
    let limit = Instant::now() + Duration::from_mins(1);
    let came_that_far = loop {
        if trial.aws.held() > 0 {
            break true;
        }
        if child.try_wait().unwrap().is_some() {
            break false;
        }
        assert!(Instant::now() < limit, "it neither ended nor made the call of {rule}");
        std::thread::sleep(Duration::from_millis(3));
    };
    child.kill().unwrap();
    child.wait().unwrap();
    trial.aws.admin("DELETE", "faults", "");
    trial.aws.admin("POST", "release", "");
    came_that_far
}

/// The jobs of both sides.
struct Jobs {
    storage: Storage,
    deploy: Job,
    over: Job,
    replicate: Job,
    back: Job,
}

impl Jobs {
    fn new() -> Jobs {
        let storage = Storage::new();
        let source = "--replication=region=eu-central-1";
        let copy = format!("--file-system-id={COPY}");
        let standby = ["--var=region=eu-central-1", &copy];
        // What is written meanwhile does not matter here, and copies are quick.
        let stopped = format!("--writes-stopped-at={}", now());
        let from = format!("--replicate-from=eu-central-1/{COPY}");
        let overwrite = format!("--overwrite={SOURCE}");
        let world = &storage.world;
        Jobs {
            deploy: world.job(&["deploy-efs", source]),
            over: world.job(&[&["failover", "--yes", &stopped][..], &standby].concat()),
            replicate: world.job(&["failover", "--yes", source, &from, &overwrite]),
            back: world.job(&["failover", "--yes", source, &stopped]),
            storage,
        }
    }

    fn trial(&self, name: &str) -> (Trial<'_>, String, String) {
        let env = [("CLOCKWORK_SANDBOX_REPLICATION_INTERVAL_MS".to_owned(), "100".to_owned())];
        let trial = self.storage.trial(name, &env);
        run(&trial, "source", &self.deploy);
        let source = trial.aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
        let copy = copy_of(&trial.aws, &source);
        (trial, source, copy)
    }
}

/// Kills a job at every call until one is reached that it no longer makes; how many there were.
fn every_call(name: &str, one: impl Fn(&str, &str) -> bool + Sync) -> usize {
    let points = |hold: &'static str| {
        (1..1000)
            .take_while(|nth| one(&format!("{name}-{hold}-{nth}"), &format!("*:#{nth}:{hold}")))
            .count()
    };
    std::thread::scope(|scope| {
        let all = ["hold-before", "hold-after"].map(|hold| scope.spawn(move || points(hold)));
        all.map(|one| one.join().unwrap()).iter().sum()
    })
}

#[test]
fn a_failover_killed_before_and_after_every_call_is_completed_by_the_next() {
    let jobs = Jobs::new();
    let points = every_call("over", |name, rule| {
        let (trial, source, copy) = jobs.trial(name);
        let over = jobs.over.with(COPY, &copy);
        let came_that_far = kill_at(&trial, "standby", &over, rule);
        run(&trial, "standby", &over);
        let found = described(&trial.aws, "eu-central-1", &copy);
        assert_eq!(tag(&found), Some(format!("complete in AWS: eu-west-1/{source}")), "{rule}");
        assert_eq!(run(&trial, "standby", &over).json()["changed"], 0, "{rule}");
        came_that_far
    });
    assert!(points > 30, "{points}");
}

#[test]
fn the_way_back_killed_before_and_after_every_change_is_completed_by_the_next() {
    let jobs = Jobs::new();
    let one = |operation: &str, hold: &str| {
        let (trial, source, copy) = jobs.trial(&format!("back-{operation}-{hold}"));
        run(&trial, "standby", &jobs.over.with(COPY, &copy));
        let replicate = jobs.replicate.with(COPY, &copy).with(SOURCE, &source);
        let rule = format!("{operation}:#1:{hold}");
        assert!(kill_at(&trial, "source", &replicate, &rule), "{operation} is not called");
        run(&trial, "source", &replicate);
        run(&trial, "source", &jobs.back);
        let found = described(&trial.aws, "eu-west-1", &source);
        assert_eq!(tag(&found), Some(format!("complete in AWS: eu-central-1/{copy}")), "{rule}");
    };
    std::thread::scope(|scope| {
        for operation in ["UpdateFileSystemProtection", "CreateReplicationConfiguration"] {
            for hold in ["hold-before", "hold-after"] {
                let one = &one;
                scope.spawn(move || one(operation, hold));
            }
        }
    });
}
