//! Faults by rule, as a client of the sandbox meets with them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::{Duration, Instant};

use serde_json::json;
use tests::Aws;

fn aws(env: &[(&str, &str)]) -> Aws {
    let env: Vec<(String, String)> =
        env.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Aws::serve(None, &env)
}

fn create(aws: &Aws, token: &str) -> Option<u16> {
    let body = json!({ "CreationToken": token });
    aws.try_efs("POST", "file-systems", Some(&body)).map(|answer| answer.status)
}

fn exists(aws: &Aws, token: &str) -> bool {
    aws.efs("GET", "file-systems", None).body.contains(&format!("\"{token}\""))
}

/// The faults in the list of calls, of one operation.
fn listed(aws: &Aws, operation: &str) -> Vec<String> {
    let calls = aws.admin("GET", "calls", "").json();
    let of = calls.as_array().unwrap().iter().filter(|call| call["operation"] == operation);
    of.flat_map(|call| call["faults"].as_array().into_iter().flatten())
        .map(|fault| fault.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn each_fault_does_what_it_says_and_is_in_the_list_of_calls() {
    // The fault, the status that the client sees, and whether the call was carried out.
    for (fault, status, done) in [
        ("throttle", Some(429), false),
        ("error", Some(500), false),
        ("cut-before", None, false),
        ("cut-after", None, true),
        ("delay=900", Some(201), true),
    ] {
        let aws = aws(&[]);
        aws.admin("POST", "faults", &format!("CreateFileSystem:*:{fault}"));
        let began = Instant::now();
        assert_eq!(create(&aws, "a"), status, "{fault}");
        let took = began.elapsed();
        assert_eq!(exists(&aws, "a"), done, "{fault}");
        let delay = if fault.starts_with("delay") { 900 } else { 0 };
        assert!(took >= Duration::from_millis(delay), "{fault}: {took:?}");
        assert_eq!(listed(&aws, "CreateFileSystem"), [fault]);
        assert_eq!(listed(&aws, "DescribeFileSystems"), [""; 0], "no other operation");
        aws.admin("DELETE", "faults", "");
        assert_eq!(create(&aws, "b"), Some(201), "no fault without a rule");
    }
}

#[test]
fn a_read_is_answered_from_the_past_and_then_from_now() {
    let aws = aws(&[]);
    create(&aws, "a");
    aws.admin("POST", "faults", "DescribeFileSystems:*:stale=60000");
    assert!(!exists(&aws, "a"), "a minute ago there was nothing");
    aws.admin("DELETE", "faults", "");
    assert!(exists(&aws, "a"));
}

#[test]
fn a_call_is_held_before_or_after_it_is_carried_out_until_it_is_released() {
    for (fault, done) in [("hold-before", false), ("hold-after", true)] {
        let aws = aws(&[]);
        aws.admin("POST", "faults", &format!("CreateFileSystem:#1:{fault}"));
        std::thread::scope(|scope| {
            let held = scope.spawn(|| create(&aws, "a"));
            while aws.held() == 0 {}
            assert_eq!(exists(&aws, "a"), done, "{fault}");
            aws.admin("POST", "release", "");
            assert_eq!(held.join().unwrap(), Some(201), "{fault}");
            assert!(exists(&aws, "a"));
        });
    }
}

#[test]
fn rules_come_from_the_environment_and_from_a_file_and_the_nth_call_alone_meets_with_one() {
    let aws =
        aws(&[("CLOCKWORK_SANDBOX_FAULTS", "CreateFileSystem:#2:error;TagResource:*:throttle")]);
    assert_eq!(["a", "b", "c"].map(|token| create(&aws, token)), [Some(201), Some(500), Some(201)]);
    let rules = aws.admin("GET", "faults", "").json();
    assert_eq!(rules["rules"], json!(["CreateFileSystem:#2:error", "TagResource:*:throttle"]));
    for wrong in ["CreateFileSystem:*:explode", "CreateFileSystem", "a:b:c:d"] {
        assert_eq!(aws.admin("POST", "faults", wrong).status, 400, "{wrong}");
    }
}

#[test]
fn a_seed_chooses_the_same_calls_every_time_and_another_seed_others() {
    let met = |seed: &str| {
        let aws = aws(&[
            ("CLOCKWORK_SANDBOX_FAULTS", "CreateFileSystem:30%:error"),
            ("CLOCKWORK_SANDBOX_FAULT_SEED", seed),
        ]);
        (0..40).map(|number| create(&aws, &format!("{number}"))).collect::<Vec<_>>()
    };
    let one = met("1");
    assert_eq!(one, met("1"));
    assert_ne!(one, met("2"));
    let errors = one.iter().filter(|status| **status == Some(500)).count();
    assert!((4..=20).contains(&errors), "about 30 in a hundred: {errors} of 40");
}

#[test]
fn the_account_allows_so_many_calls_a_second() {
    let aws = aws(&[("CLOCKWORK_SANDBOX_RATE_LIMIT", "1")]);
    let statuses: Vec<u16> = (0..12).map(|_| aws.efs("GET", "file-systems", None).status).collect();
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
    let calls = aws.admin("GET", "calls", "").json();
    assert!(calls.to_string().contains("ThrottlingException"));
}

#[test]
fn a_fault_can_be_any_error_code_of_the_operations_model_with_its_status() {
    let aws = aws(&[("CLOCKWORK_SANDBOX_FAULTS", "DeleteMountTarget:#1:code=DependencyTimeout")]);
    let delete = || aws.efs("DELETE", "mount-targets/fsmt-0123456789abcdef0", None);
    let met = delete();
    assert_eq!((met.status, &met.json()["ErrorCode"]), (504, &json!("DependencyTimeout")));
    assert_eq!(delete().status, 404, "the first call alone");
    let wrong = [
        ("DeleteMountTarget:*:code=Nobodys", "`Nobodys` is not an error code"),
        ("*:*:code=DependencyTimeout", "name it instead of `*`"),
        ("DeleteNothing:*:code=DependencyTimeout", "no service of the sandbox serves"),
        (
            "DeleteMountTarget:*:code=ThrottlingException",
            "it returns BadRequest, DependencyTimeout, ExpiredTokenException, InternalServerError, MountTargetNotFound",
        ),
        // The body of this one names a file system.
        ("CreateFileSystem:*:code=FileSystemAlreadyExists", "is not an error code"),
    ];
    for (rule, why) in wrong {
        let refused = aws.admin("POST", "faults", rule);
        assert_eq!(refused.status, 400, "{rule}");
        assert!(refused.body.contains(why), "{rule}: {}", refused.body);
    }
    assert_eq!(aws.admin("POST", "faults", "DescribeSubnets:*:code=Unavailable").status, 204);
}
