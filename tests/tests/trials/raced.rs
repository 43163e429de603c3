//! A deploy against a destroy, begun at many different moments: in the end either
//! everything is there or nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tests::{Job, Storage, Trial};

/// How many trials run side by side: most of the time each of them waits.
const SIDE_BY_SIDE: usize = 16;

/// Begins one job a while after the other, and waits for both.
pub(crate) fn race(trial: &Trial, first: &Job, second: &Job, after: Duration) -> (String, String) {
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
    let (next, stood, fell) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let trials: Vec<(u64, bool, bool)> = (0..12)
        .flat_map(|step| {
            let after = step * 75;
            [(after, true, false), (after, true, true), (after, false, true)]
        })
        .collect();
    let run = |(after, deploy_first, deployed): (u64, bool, bool)| {
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
        // The change made an access point, which a destroy that began before had no word for: it
        // is refused half way, and what it took down already comes back.
        if deployed && [&told.0, &told.1].iter().any(|it| it.contains("holds data: access point")) {
            trial.run(up).exits(0);
            assert_eq!(trial.not_deployed(&storage.plan_change), None, "{}\n{}", told.0, told.1);
            return true;
        }
        stands(&trial, &told)
    };
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(&trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let count = if run(trial) { &stood } else { &fell };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let (stood, fell) = (stood.into_inner(), fell.into_inner());
    // Which of them wins is the machine's: a slow destroy looks before there is anything to see.
    println!("{stood} ended deployed, {fell} destroyed");
    assert_eq!(stood + fell, trials.len());
}

/// Two pipelines deploy the same commit, which moves, replaces and regroups mount targets.
#[test]
fn the_same_moves_twice_at_once_end_as_one() {
    let storage = Storage::new();
    std::thread::scope(|scope| {
        for step in 0..8 {
            let storage = &storage;
            scope.spawn(move || {
                let trial = storage.trial(&format!("moves-{step}"), &[]);
                trial.run(&storage.deploy).exits(0);
                trial.aws.fail_target(1);
                let after = Duration::from_millis(step * 75);
                let told = race(&trial, &storage.moves, &storage.moves, after);
                // One of them may have failed because the other was faster: the next run finds
                // nothing to do, or completes what is left.
                trial.run(&storage.moves).exits(0);
                let lacking = trial.not_deployed(&storage.plan_moves);
                assert_eq!(lacking, None, "the first: {}\nthe second: {}", told.0, told.1);
            });
        }
    });
}

#[test]
fn a_move_and_a_destroy_at_once_end_as_one_of_them() {
    let storage = Storage::new();
    std::thread::scope(|scope| {
        for step in 0..8 {
            let storage = &storage;
            scope.spawn(move || {
                let trial = storage.trial(&format!("moves-destroy-{step}"), &[]);
                trial.run(&storage.deploy).exits(0);
                let after = Duration::from_millis(step * 75);
                let (first, second) = if step % 2 == 0 {
                    (&storage.moves, &storage.destroy)
                } else {
                    (&storage.destroy, &storage.moves)
                };
                let told = race(&trial, first, second, after);
                if trial.not_deployed(&storage.plan_moves).is_some() {
                    assert!(!stands(&trial, &told), "the targets were not moved");
                }
            });
        }
    });
}
