//! Several runs at once: of one deployment, and of one sandbox.

use std::time::{Duration, Instant};

use tests::{Aws, Call, World};

#[test]
fn two_runs_on_one_state_exclude_each_other_with_a_message() {
    let world = World::new();
    let _aws = world.aws();
    let ran = world.run("deploy-efs", &[]).exits(1);
    assert!(ran.stderr.contains("another run uses the sandbox's state"), "{}", ran.stderr);
}

/// Runs `count` deploys at once, and holds each one's `CreateFileSystem` until
/// all have come to it: none of them saw another's file system.
fn race(world: &World, aws: &Aws, count: usize) {
    let manifests = world.manifests();
    let run = || {
        let args =
            ["deploy-efs", "--endpoint-url", &aws.url, "--manifests", manifests.to_str().unwrap()];
        world.xtask(&args).exits(0);
    };
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(run);
        }
        let limit = Instant::now() + Duration::from_mins(2);
        while aws.held() < count as u64 {
            assert!(Instant::now() < limit, "{} of {count} came that far", aws.held());
            std::thread::sleep(Duration::from_millis(10));
        }
        aws.admin("DELETE", "faults", "");
        aws.admin("POST", "release", "");
    });
}

#[test]
fn two_and_eight_runs_at_once_end_as_one_deployment() {
    for count in [2, 8] {
        let mut world = World::new();
        world.set("AWS_ACCESS_KEY_ID", "a");
        world.set("AWS_SECRET_ACCESS_KEY", "b");
        let aws = world.aws();
        aws.admin("POST", "faults", "CreateFileSystem:*:hold-before");
        race(&world, &aws, count);
        // `file_system` expects that there is exactly one.
        let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
        assert_eq!(aws.mount_targets().len(), 3, "of {count} runs");
        assert!(world.document("storageclass.yaml").contains(&id));
        let lost = |call: &Call| {
            call.operation == "CreateFileSystem" && call.outcome == "FileSystemAlreadyExists"
        };
        let lost = world.calls().iter().filter(|call| lost(call)).count();
        assert_eq!(lost, count - 1, "all of them raced, and one won");
        drop(aws);
        world.nothing_to_do(&[]);
    }
}
