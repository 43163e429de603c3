//! Two hundred clients at once: no update is lost, tokens and addresses exist once, and the
//! state file holds what was answered.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Answer, Aws, World};

const CLIENTS: usize = 200;
/// EFS allows 50 tags on a resource (API reference, `TagResource`).
const TAGGERS: usize = 50;
const SUBNET: &str = "subnet-0c0dec0000000010a";

/// A sandbox with a state file, whose states last one millisecond.
fn sandbox() -> (World, Aws) {
    let mut world = World::new();
    for resource in ["FILE_SYSTEM", "MOUNT_TARGET"] {
        for state in ["CREATING", "DELETING"] {
            world.set(&format!("CLOCKWORK_SANDBOX_{resource}_{state}_MS"), 1);
        }
    }
    let aws = world.aws();
    (world, aws)
}

/// What each of so many clients got of a task that all begin at the same moment.
fn at_once<T: Send>(clients: usize, task: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (task, barrier) = (&task, &Barrier::new(clients));
    std::thread::scope(|scope| {
        let begin = |n| {
            scope.spawn(move || {
                barrier.wait();
                task(n)
            })
        };
        let running: Vec<_> = (0..clients).map(begin).collect();
        running.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

fn text(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
}

fn create(aws: &Aws, token: &str) -> Answer {
    aws.efs("POST", "file-systems", Some(&json!({ "CreationToken": token })))
}

fn available(aws: &Aws, id: &str) {
    let limit = Instant::now() + Duration::from_mins(3);
    let path = format!("file-systems?FileSystemId={id}");
    while aws.efs("GET", &path, None).json()["FileSystems"][0]["LifeCycleState"] != "available" {
        assert!(Instant::now() < limit, "{id} is never available");
    }
}

/// All items of a listing, over all its pages.
fn all(aws: &Aws, path: &str, listed: &str, next: &str, marker: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut at = String::new();
    loop {
        let page = aws.efs("GET", &format!("{path}{at}"), None).json();
        found.extend(page[listed].as_array().unwrap().iter().cloned());
        match page[next].as_str() {
            Some(token) => at = format!("&{marker}={token}"),
            None => return found,
        }
    }
}

#[test]
fn one_token_is_one_file_system_however_many_ask() {
    let (_world, aws) = sandbox();
    let answers = at_once(CLIENTS, |_| create(&aws, "shared"));
    let (made, refused): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 1, "one of them made it");
    let id = text(made[0], "FileSystemId");
    for answer in refused {
        assert_eq!(
            answer.error_type.as_deref(),
            Some("FileSystemAlreadyExists"),
            "{}",
            answer.body
        );
        assert_eq!(text(answer, "FileSystemId"), id);
    }
    assert_eq!(aws.file_system()["FileSystemId"], json!(id));
}

#[test]
fn no_update_of_one_file_system_is_lost() {
    let (world, aws) = sandbox();
    let id = text(&create(&aws, "shared"), "FileSystemId");
    available(&aws, &id);
    at_once(TAGGERS, |n| {
        let tag = json!({ "Tags": [{ "Key": format!("client-{n}"), "Value": "was here" }] });
        let answer = aws.efs("POST", &format!("resource-tags/{id}"), Some(&tag));
        assert_eq!(answer.status, 200, "{}", answer.body);
    });
    let points = at_once(CLIENTS, |n| {
        let point = json!({ "ClientToken": format!("client-{n}"), "FileSystemId": id });
        let made = aws.efs("POST", "access-points", Some(&point));
        assert_eq!(made.status, 200, "{}", made.body);
        let again = aws.efs("POST", "access-points", Some(&point));
        assert_eq!(again.error_type.as_deref(), Some("AccessPointAlreadyExists"), "{}", again.body);
        text(&made, "AccessPointId")
    });

    let whole = |aws: &Aws| {
        let tags = aws.file_system()["Tags"].as_array().unwrap().len();
        let path = format!("access-points?FileSystemId={id}");
        let found = all(aws, &path, "AccessPoints", "NextToken", "NextToken");
        let found: BTreeSet<String> =
            found.iter().map(|point| point["AccessPointId"].as_str().unwrap().to_owned()).collect();
        (tags, found)
    };
    let wanted = (TAGGERS, points.into_iter().collect::<BTreeSet<_>>());
    assert_eq!(whole(&aws), wanted);
    aws.kill();
    drop(aws);
    assert_eq!(whole(&world.aws()), wanted, "what was answered outlives SIGKILL");
}

#[test]
fn whole_lives_side_by_side_share_no_address_and_leave_nothing() {
    let (_world, aws) = sandbox();
    let addresses = at_once(CLIENTS, |n| {
        let id = text(&create(&aws, &format!("client-{n}")), "FileSystemId");
        available(&aws, &id);
        let body = json!({ "FileSystemId": id, "SubnetId": SUBNET });
        let target = aws.efs("POST", "mount-targets", Some(&body));
        (id, text(&target, "MountTargetId"), text(&target, "IpAddress"))
    });
    let different: BTreeSet<&String> = addresses.iter().map(|(_, _, address)| address).collect();
    assert_eq!(different.len(), CLIENTS, "an address was given out twice");
    at_once(CLIENTS, |n| {
        let (id, target, _) = &addresses[n];
        assert_eq!(aws.efs("DELETE", &format!("mount-targets/{target}"), None).status, 204);
        let limit = Instant::now() + Duration::from_mins(3);
        while aws.efs("DELETE", &format!("file-systems/{id}"), None).status != 204 {
            assert!(Instant::now() < limit, "{id} is in use for ever");
        }
    });
    let limit = Instant::now() + Duration::from_mins(3);
    while !all(&aws, "file-systems?MaxItems=100", "FileSystems", "NextMarker", "Marker").is_empty()
    {
        assert!(Instant::now() < limit, "file systems are left");
    }
    let free = aws.ec2(&format!("Action=DescribeSubnets&SubnetId.1={SUBNET}")).body;
    assert!(free.contains("<availableIpAddressCount>4091<"), "{free}");
    sparing(&aws);
}

/// Whatever the crowd, a call writes its change, its line in the list of calls, and its response,
/// as Linux counts the write(2) calls of a process. How long 200 lives take is a figure of
/// `cargo xtask bench --only sandbox`.
fn sparing(aws: &Aws) {
    if cfg!(target_os = "linux") {
        let writes = aws.writes();
        let calls: Value = serde_json::from_str(&aws.unsigned("/_sandbox/calls").body).unwrap();
        let calls = u64::try_from(calls.as_array().unwrap().len()).unwrap();
        // And a few at the start.
        assert!(writes <= 3 * calls + 100, "{writes} write calls for {calls} calls");
    }
}
