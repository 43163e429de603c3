//! A deploy against a destroy, begun at many different moments: in the end either
//! everything is there or nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::Duration;

use tests::{Job, Storage, Trial};

/// Begins one job a while after the other, and waits for both.
fn race(trial: &Trial, first: &Job, second: &Job, after: Duration) -> (String, String) {
    let (first, second) = (trial.here(first), trial.here(second));
    std::thread::scope(|scope| {
        let earlier = scope.spawn(|| first.run());
        // The moment is what the test is about.
        std::thread::sleep(after);
        let later = second.run();
        let earlier = earlier.join().unwrap();
        let told = |ran: tests::Ran| format!("{:?}\n{}", ran.code, ran.stderr);
        (told(earlier), told(later))
    })
}

/// Whether all of it is there; neither all nor nothing is a failure.
#[track_caller]
fn stands(trial: &Trial, told: &(String, String)) -> bool {
    match (trial.not_deployed(&trial.storage().plan), trial.not_gone()) {
        (None, _) => true,
        (_, None) => false,
        (Some(lacking), Some(left)) => panic!(
            "in between: {lacking}\nleft: {left}\nthe first: {}\nthe second: {}",
            told.0, told.1
        ),
    }
}

#[test]
fn a_deploy_and_a_destroy_at_once_end_as_one_of_them() {
    let storage = Storage::new();
    let (mut stood, mut fell) = (0, 0);
    let trials: Vec<(u64, bool, bool)> = (0..12)
        .flat_map(|step| {
            let after = step * 75;
            [(after, true, false), (after, true, true), (after, false, true)]
        })
        .collect();
    std::thread::scope(|scope| {
        let storage = &storage;
        let run = move |(after, deploy_first, deployed): (u64, bool, bool)| {
            let name = format!("race-{after}-{deploy_first}-{deployed}");
            let trial = storage.trial(&name, &[]);
            if deployed {
                trial.run(&storage.deploy).exits(0);
            }
            let jobs = [&storage.deploy, &storage.destroy];
            // A deployment that stands has a change to make, so that both have work.
            let up = if deployed { &storage.change } else { jobs[0] };
            let after = Duration::from_millis(after);
            let told = if deploy_first {
                race(&trial, up, jobs[1], after)
            } else {
                race(&trial, jobs[1], up, after)
            };
            if deployed && trial.not_deployed(&storage.plan_change).is_none() {
                return true;
            }
            stands(&trial, &told)
        };
        for some in trials.chunks(12) {
            let all: Vec<_> = some.iter().map(|&trial| scope.spawn(move || run(trial))).collect();
            for one in all {
                if one.join().unwrap() { stood += 1 } else { fell += 1 }
            }
        }
    });
    println!("{stood} ended deployed, {fell} destroyed");
    assert!(stood > 0 && fell > 0, "both can win: {stood} and {fell}");
}
