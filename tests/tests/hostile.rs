//! Hostile responses of AWS and of the API server reach logs, errors and tables as text, however
//! verbose; and credentials never do.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use serde_json::json;
use tests::World;

/// Escapes that clear a screen, colour it, ring, return and turn the direction of writing, and
/// lines that would look like ours.
const HOSTILE: &str = "\u{1b}[2J\u{1b}[31mno\u{7}\r\u{9b}1A\u{202e}txet\u{8}\nDeployed: 7 changes\n\u{1b}]0;title\u{7}";

/// Answers every request alike until the test ends; the URL.
fn answering(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, body) = (connection.unwrap(), body.clone());
            std::thread::spawn(move || {
                let mut reader = BufReader::new(connection.try_clone().unwrap());
                let mut length = 0;
                let mut line = String::new();
                while reader.read_line(&mut line).unwrap_or(0) > 2 {
                    if let Some(told) = line.to_lowercase().strip_prefix("content-length:") {
                        length = told.trim().parse().unwrap_or(0);
                    }
                    line.clear();
                }
                let _ = reader.take(length).read_to_end(&mut Vec::new());
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nx-amzn-errortype: Hostile\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = connection
                    .write_all(head.as_bytes())
                    .and_then(|()| connection.write_all(body.as_bytes()));
            });
        }
    });
    url
}

/// Nothing that a terminal acts on.
#[track_caller]
fn harmless(told: &str) {
    let acts = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!told.chars().any(acts), "{told:?}");
}

#[test]
fn what_aws_responds_is_shown_as_text() {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    let efs = json!({ "ErrorCode": HOSTILE, "Message": HOSTILE, "message": HOSTILE });
    let ec2 = format!(
        "<Response><Errors><Error><Code>Odd</Code><Message>{}</Message></Error></Errors></Response>",
        HOSTILE.replace('\u{1b}', "&#x1b;").replace('\u{7}', "&#x7;").replace('\u{8}', "&#x8;")
    );
    for body in [efs.to_string(), ec2, HOSTILE.to_owned(), String::new()] {
        let url = format!("--endpoint-url={}", answering("400 Bad Request", body));
        for command in ["plan-efs", "deploy-efs", "destroy-efs", "status"] {
            let ran = world.xtask(&[command, &url, "--manifests=manifests", "-vvv"]).exits(1);
            harmless(&ran.stderr);
            harmless(&ran.stdout);
            assert!(ran.stderr.contains("help:"), "{}", ran.stderr);
        }
    }
}

#[test]
fn names_that_aws_lists_are_shown_as_text() {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    let found = json!({ "FileSystems": [{
        "OwnerId": "111122223333",
        "CreationToken": HOSTILE,
        "FileSystemId": "fs-0123456789abcdef0",
        "CreationTime": 1_700_000_000,
        "LifeCycleState": HOSTILE,
        "Name": HOSTILE,
        "NumberOfMountTargets": 0,
        "SizeInBytes": { "Value": 6144 },
        "PerformanceMode": HOSTILE,
        "ThroughputMode": HOSTILE,
        "AvailabilityZoneName": HOSTILE,
        "Tags": [{ "Key": HOSTILE, "Value": HOSTILE }],
    }], "MountTargets": [] });
    let url = format!("--endpoint-url={}", answering("200 OK", found.to_string()));
    for command in ["plan-efs", "destroy-efs", "status"] {
        let ran = world.xtask(&[command, &url, "--manifests=manifests", "-vvv"]);
        harmless(&ran.stderr);
        harmless(&ran.stdout);
    }
}

#[test]
fn what_an_api_server_responds_is_shown_as_text() {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure",
        "message": HOSTILE, "reason": HOSTILE, "code": 403,
    });
    let url = answering("403 Forbidden", status.to_string());
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "odd",
        "clusters": [{"name": "odd", "cluster": {"server": url}}],
        "users": [{"name": "odd", "user": {"token": "planted-token"}}],
        "contexts": [{"name": "odd", "context": {"cluster": "odd", "user": "odd"}}],
    });
    let path = world.path().join("kubeconfig");
    std::fs::write(&path, config.to_string()).unwrap();
    world.set("KUBECONFIG", path.display());
    let aws = world.aws();
    let url = format!("--endpoint-url={}", aws.url);
    for command in ["plan-efs", "deploy-efs", "status", "verify"] {
        let mut args = vec![command, &url, "-vvv"];
        if command != "verify" {
            args.push("--driver=skip");
        }
        let ran = world.xtask(&args).exits(1);
        harmless(&ran.stderr);
        harmless(&ran.stdout);
        assert!(ran.stderr.contains("help:"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("planted-token") && !ran.stdout.contains("planted-token"));
    }
}
