//! Passwords, tokens and keys among the values of a chart: Helm gets them, and nobody else is shown
//! them, through the whole program and a real API server.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::json;
use tests::{Clustered, Ran};

/// What nobody may be shown; each is found by its name or by its form.
const SECRETS: [&str; 5] = [
    "hunter2-of-admin",
    "planted-in-env",
    "pa55-in-url",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "MIIEvQIBADANBg",
];

/// The values of a user who writes secrets among them. `failing` has the chart repeat some.
fn values(there: &Clustered, name: &str, failing: bool) -> String {
    let path = there.world.path().join(name);
    let values = json!({ "controller": {
        "adminPassword": SECRETS[0],
        "env": [{ "name": "API_TOKEN", "value": SECRETS[1] }, { "name": "TZ", "value": "UTC" }],
        "webhook": format!("https://me:{}@host/hook", SECRETS[2]),
        "robot": SECRETS[3],
        "tls": { "key": format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", SECRETS[4]) },
        "failing": failing,
        "logLevel": 5,
    } });
    std::fs::write(&path, values.to_string()).unwrap();
    format!("--helm-values={}", path.display())
}

/// A chart that puts the values into a Secret, and that can fail with all of them.
fn chart(there: &Clustered) -> String {
    let chart = there.own_chart("chart");
    let values = "\n{{- if .Values.controller.failing }}\n\
        {{ fail (printf \"cannot use %s\" (toJson .Values.controller)) }}\n{{- end }}\n\
        apiVersion: v1\nkind: Secret\nmetadata: {name: given, namespace: {{ .Release.Namespace }}}\n\
        stringData: {all: {{ toJson .Values.controller | quote }}}\n";
    std::fs::write(chart.join("templates/given.yaml"), values).unwrap();
    let defaults = std::fs::read_to_string(chart.join("values.yaml")).unwrap();
    let known = "controller:\n  adminPassword: ''\n  env: []\n  webhook: ''\n  robot: ''\n  tls: {}\n  failing: false\n";
    std::fs::write(chart.join("values.yaml"), defaults.replace("controller:\n", known)).unwrap();
    format!("--helm-chart={}", chart.display())
}

/// Asserts that a text shows none of the secrets.
#[track_caller]
fn silent(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows {secret}:\n{text}");
    }
}

#[track_caller]
fn quiet(what: &str, ran: Ran) -> Ran {
    silent(what, &ran.stdout);
    silent(what, &ran.stderr);
    ran
}

/// What the cluster holds of the values.
fn given(there: &Clustered) -> String {
    there.cluster().get("/api/v1/namespaces/kube-system/secrets/given").unwrap().to_string()
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn secrets_among_the_values_reach_the_chart_and_stand_in_nothing_that_is_printed_or_kept() {
    let there = Clustered::quick();
    let (chart, values) = (chart(&there), values(&there, "values.yaml", false));
    let file = |name: &str| there.world.path().join(name);
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    let (out, audit) = (file("kept.plan"), file("audit.jsonl"));
    let (out, audit) = (format!("--out={}", out.display()), format!("--audit={}", audit.display()));
    let timeline = format!("--timeline={}", file("timeline.html").display());
    let inputs = [chart.as_str(), values.as_str()];
    let run = |command: &str, more: &[&str]| {
        quiet(command, there.run(command, &[&inputs[..], more].concat()))
    };

    let plan = run("plan-efs", &[&out]).exits(0);
    for shown in ["values.controller.adminPassword", "(sensitive value)", "UTC"] {
        assert!(plan.stdout.contains(shown), "no {shown:?} in {}", plan.stdout);
    }
    silent("the kept plan", &read("kept.plan"));
    // As people read it, and as a comment on a pull request.
    let url = format!("--endpoint-url={}", there.aws.url);
    for more in [&[][..], &["--markdown"], &["--explain"], &["--drift"]] {
        let args = [&["plan-efs", &url, "--no-wait"], &inputs[..], more].concat();
        quiet("a plan for people", there.world.xtask(&args));
    }

    let records = [&audit, &timeline, "--log-format=json", "-v"];
    run("deploy-efs", &records).exits(0);
    for secret in ["hunter2-of-admin", "planted-in-env"] {
        use base64::Engine as _;
        let held = there.cluster().get("/api/v1/namespaces/kube-system/secrets/given").unwrap();
        let all = held["data"]["all"].as_str().unwrap();
        let all = base64::engine::general_purpose::STANDARD.decode(all).unwrap();
        let all = String::from_utf8(all).unwrap();
        assert!(all.contains(secret), "the chart got {all}");
    }
    for command in ["status", "outputs", "plan-efs"] {
        run(command, &[]).exits(0);
    }

    // What Helm says of values that the chart does not take is not passed on as it is.
    let failing = self::values(&there, "failing.yaml", true);
    let args = [&[chart.as_str(), &failing], &records[..]].concat();
    let failed = quiet("an error of Helm", there.run("deploy-efs", &args)).exits(1);
    for word in ["cannot use", "(sensitive value)", "UTC"] {
        assert!(failed.stderr.contains(word), "no {word:?} in {}", failed.stderr);
    }
    silent("the audit file", &read("audit.jsonl"));
    silent("the timeline", &read("timeline.html"));
    run("destroy-efs", &["--yes", &audit]).exits(0);
    silent("the audit file", &read("audit.jsonl"));
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn what_somebody_elses_release_was_given_is_not_shown_when_it_is_adopted() {
    let there = Clustered::quick();
    let chart = chart(&there);
    // All of it is theirs to show, and not only what looks like a secret.
    values(&there, "theirs.yaml", false);
    let folder = chart.strip_prefix("--helm-chart=").unwrap();
    let theirs = there.world.path().join("theirs.yaml").display().to_string();
    there.helm(&[
        "install",
        "aws-efs-csi-driver",
        folder,
        "--namespace",
        "kube-system",
        "--values",
        &theirs,
        "--set",
        "node.logLevel=4,controller.logLevel=unlikely-text",
    ]);
    assert!(!given(&there).is_empty());
    let out = format!("--out={}", there.world.path().join("kept.plan").display());
    let unlikely = |what: &str, ran: Ran| {
        let ran = quiet(what, ran);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!all.contains("unlikely-text"), "{what}: {all}");
        ran
    };
    unlikely("a refusal", there.run("deploy-efs", &[&chart, "--yes"])).exits(1);
    let adopt = [chart.as_str(), "--driver=adopt"];
    let plan = unlikely("a plan", there.run("plan-efs", &[&adopt[..], &[&out]].concat())).exits(0);
    let differences = plan.json().to_string();
    assert!(differences.contains("values.controller.adminPassword"), "{differences}");
    let kept = std::fs::read_to_string(there.world.path().join("kept.plan")).unwrap();
    silent("the kept plan", &kept);
    assert!(!kept.contains("unlikely-text"), "{kept}");
    unlikely("a status", there.run("status", &adopt));
    unlikely("a deploy", there.run("deploy-efs", &[&adopt[..], &["--yes"]].concat())).exits(0);
    there.nothing_to_do(&adopt);
}
