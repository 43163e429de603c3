//! Kubeconfigs as kubectl reads them, and what is said where they cannot be used.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::{EmptyCluster, Ran, World};

fn world() -> World {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    world
}

/// A status of the cluster that these kubeconfigs lead to.
fn status(world: &World, kubeconfig: &str, more: &[&str]) -> Ran {
    let aws = world.aws();
    let url = format!("--endpoint-url={}", aws.url);
    let args = [&["status", &url, "--driver=skip", "--output=json"], more].concat();
    world.xtask_with(&[("KUBECONFIG".to_owned(), kubeconfig.to_owned())], &args)
}

fn token() -> Value {
    json!({ "token": "planted-token" })
}

#[track_caller]
fn says(ran: &Ran, parts: &[&str]) {
    assert_eq!(ran.code, Some(1), "{}\n{}", ran.stdout, ran.stderr);
    for part in parts {
        assert!(ran.stderr.contains(part), "no {part:?} in\n{}", ran.stderr);
    }
    for secret in ["planted-token", "hunter2"] {
        assert!(!ran.stderr.contains(secret), "{secret} is in\n{}", ran.stderr);
    }
}

#[test]
fn of_a_list_missing_files_are_passed_over_and_the_first_to_say_something_wins() {
    let (world, cluster) = (world(), EmptyCluster::new());
    let first = cluster.kubeconfig(&world, "first", "one", &token());
    let second = cluster.kubeconfig(&world, "second", "one", &token());
    // kubectl writes an empty current context, which chooses nothing.
    let none = world.path().join("none.kubeconfig");
    std::fs::write(&none, "current-context: \"\"\nclusters: null\n").unwrap();
    let list =
        format!("{}:/nowhere/config::{}:{}", none.display(), first.display(), second.display());
    let ran = status(&world, &list, &[]).exits(0);
    assert_eq!(ran.json()["places"][0]["cluster"]["context"], "first");
    let ran = status(&world, &list, &["--context=second"]).exits(0);
    assert_eq!(ran.json()["places"][0]["cluster"]["context"], "second");
}

#[test]
fn where_no_file_exists_all_of_them_are_named() {
    let world = world();
    let ran = status(&world, "/nowhere/a:/nowhere/b", &[]);
    says(
        &ran,
        &[
            "no cluster to connect to",
            "`/nowhere/a`, `/nowhere/b`",
            "help: `aws eks update-kubeconfig",
        ],
    );
    let ran = status(&world, "/dev/null", &[]);
    says(&ran, &["no cluster to connect to", "has no contexts", "help:"]);
}

#[test]
fn a_broken_kubeconfig_is_named_with_its_place_and_without_what_it_holds() {
    let (world, cluster) = (world(), EmptyCluster::new());
    let right = cluster.kubeconfig(&world, "right", "right", &token());
    let broken = world.path().join("broken.kubeconfig");
    for text in
        ["clusters: \"planted-token hunter2\"\n", "users:\n- name: x\n  user: {token: hunter2\n"]
    {
        std::fs::write(&broken, text).unwrap();
        let ran = status(&world, &format!("{}:{}", right.display(), broken.display()), &[]);
        says(
            &ran,
            &["reading the kubeconfig", "broken.kubeconfig", "line ", "help: correct it there"],
        );
    }
}

/// A user whose credentials a program fetches.
fn user(command: &str, args: &[&str], more: &Value) -> Value {
    let mut exec = json!({
        "apiVersion": "client.authentication.k8s.io/v1beta1", "command": command, "args": args,
        "env": [{ "name": "CLIENT_SECRET", "value": "hunter2" }],
    });
    for (name, value) in more.as_object().unwrap() {
        exec[name] = value.clone();
    }
    json!({ "exec": exec })
}

#[test]
fn a_missing_credential_program_is_named_with_how_to_install_it() {
    let (mut world, cluster) = (world(), EmptyCluster::new());
    world.set("PATH", format!("{}:/nonexistent", std::env::var("PATH").unwrap()));
    let args =
        ["eks", "get-token", "--cluster-name", "graphscope-dev", "--client-secret", "hunter2"];
    let of = |command: &str, more: &Value| {
        let path = cluster.kubeconfig(&world, "mine", "mine", &user(command, &args, more));
        status(&world, &path.display().to_string(), &[])
    };
    says(
        &of("/nonexistent/bin/aws", &json!({})),
        &[
            "`/nonexistent/bin/aws` was not found",
            "eks get-token --cluster-name graphscope-dev",
            "install the AWS CLI",
        ],
    );
    let hint = json!({ "installHint": "brew install\n  kubelogin" });
    says(&of("no-such-login", &hint), &["`no-such-login` was not found", "brew install kubelogin"]);
    says(&of("no-such-login", &json!({})), &["install `no-such-login`"]);
}

#[test]
fn a_credential_program_that_fails_is_shown_by_its_command_and_its_last_line() {
    let (world, cluster) = (world(), EmptyCluster::new());
    let script = "echo loading >&2; echo 'Error: the SSO session has expired' >&2; exit 255";
    let args = ["-c", script, "--token=hunter2", "--password", "hunter2"];
    let path = cluster.kubeconfig(&world, "mine", "mine", &user("sh", &args, &json!({})));
    let ran = status(&world, &path.display().to_string(), &[]);
    says(
        &ran,
        &[
            "exit status: 255",
            "Error: the SSO session has expired",
            "--token=(sensitive value)",
            "help: run `sh -c",
        ],
    );
    let args = ["-c", "echo '{}'"];
    let path = cluster.kubeconfig(&world, "mine", "mine", &user("sh", &args, &json!({})));
    says(
        &status(&world, &path.display().to_string(), &[]),
        &["printed no credentials", "ExecCredential"],
    );
}
