//! Every command of the README and of `docs/` is run; `xtask/tests/readme.rs` compares its tables with the code.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use tests::{page, pages, programs, workspace};
use xshell::{Shell, cmd};

/// The lines of fenced blocks that are marked `sh`.
fn commands() -> Vec<String> {
    let text: Vec<String> = pages().iter().map(|path| page(path)).collect();
    let mut commands = Vec::new();
    let mut inside = false;
    for line in text.iter().flat_map(|text| text.lines()) {
        match line.trim_start() {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside && !line.is_empty() && !line.starts_with('#') => {
                commands.push(line.to_owned());
            }
            _ => {}
        }
    }
    commands
}

/// What is run elsewhere, or needs what is not here; everything else is run as it stands.
fn elsewhere(command: &str) -> Option<&'static str> {
    [
        ("cargo test", "this very run"),
        ("git clone", "the checkout that this test is in"),
        ("prod.hcl", "needs an AWS account; the same flags are run against the sandbox's endpoint"),
        (
            "storage.hcl",
            "needs what others made; `tests/tests/import.rs` and `cargo xtask clients` run the same",
        ),
        ("xtask failover", "needs a copy of a file system; `tests/tests/failover` runs the same"),
        ("tools install", "takes minutes; `.ci/run` runs it"),
        (
            "xtask e2e",
            "needs what that builds; `.ci/run` runs the ones that can be run without a registry",
        ),
        ("kubectl", "needs a cluster; `tests/tests/cluster.rs` runs the commands around it in one"),
        (
            "jq ",
            "reads the audit file of a run against AWS; `tests/tests/logs.rs` reads such files",
        ),
        ("curl ", "needs a sandbox that serves; `sandbox/tests/it/access.rs` calls that path"),
        ("--fleet", "needs a folder of files; `tests/tests/fleet.rs` runs it"),
        ("xtask clients", "takes minutes; `.ci/run` runs it"),
        ("xtask bench", "takes minutes, and its figures are for a quiet machine"),
        ("cargo bench", "takes minutes"),
        ("--example digests", "needs the index of the chart's repository"),
        ("--example terraform", "needs Terraform; `xtask/tests/terraform.rs` holds its answers"),
        ("xtask fuzz", "takes minutes; `.ci/run` runs it"),
        ("cargo deny", "needs cargo-deny; `.ci/run` installs and runs it"),
        (".ci/run", "runs this test"),
    ]
    .into_iter()
    .find_map(|(part, why)| command.contains(part).then_some(why))
}

#[test]
fn every_command_runs() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell::new().unwrap();
    programs();
    shell.change_dir(workspace());
    shell.set_var("CLOCKWORK_SANDBOX_STATE", folder.path().join("state.json"));
    shell.set_var("CLOCKWORK_SANDBOX_PORT", "0");
    let commands = commands();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands.iter().filter(|command| elsewhere(command).is_none()) {
        let command = command.split(" #").next().unwrap().trim();
        if command.ends_with("xtask sandbox") {
            serves_until_stopped(&shell, command);
            continue;
        }
        cmd!(shell, "bash -c {command}")
            .quiet()
            .ignore_stdout()
            .ignore_stderr()
            .run()
            .unwrap_or_else(|error| panic!("{command}: {error}"));
    }
}

/// Runs a server until it says that it serves, and ends it as Ctrl-C does.
fn serves_until_stopped(shell: &Shell, command: &str) {
    // `timeout` hands a signal on to all that the command has started.
    let line = cmd!(shell, "timeout --preserve-status 300 bash -c {command}").quiet();
    let mut server =
        Command::from(line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
    let ready = told.any(|line| line.contains("serves http"));
    let pid = server.id().to_string();
    cmd!(shell, "kill -TERM {pid}").quiet().run().unwrap();
    let ended = server.wait().unwrap();
    assert!(ready && ended.success(), "{command}: {ended}");
}

#[test]
fn the_commands_for_a_real_account_are_understood() {
    let folder = tempfile::tempdir().unwrap();
    let example = std::fs::read_to_string(workspace().join("clockwork.hcl")).unwrap();
    let workload = "\nmodule \"fraud\" {\n  source = \"./modules/graphscope\"\n  kind = \"engine\"\n  \
                    storage_class_name = module.efs_csi.storage_class_name\n}\n";
    let file = folder.path().join("prod.hcl");
    let aws = tests::Aws::serve(None, &[]);
    let shell = Shell::new().unwrap();
    shell.change_dir(folder.path());
    shell.set_var("CARGO_MANIFEST_DIR", workspace().join("xtask"));
    shell.set_var("AWS_ACCESS_KEY_ID", "a");
    shell.set_var("AWS_SECRET_ACCESS_KEY", "b");
    let program = programs().join("xtask");
    let mut count = 0;
    let in_directory = |command: &&String| {
        command.contains("prod.hcl")
            && (command.contains("--manifests") || command.contains("render"))
    };
    for command in commands().iter().filter(in_directory) {
        let mut args: Vec<&str> =
            command.split(" #").next().unwrap().split_whitespace().skip(2).collect();
        let workload = if args[0].ends_with("graphscope") { workload } else { "" };
        std::fs::write(&file, format!("{example}{workload}")).unwrap();
        let url = format!("--endpoint-url={}", aws.url);
        if args[0] != "render" {
            args.push(&url);
        }
        cmd!(shell, "{program} {args...}").quiet().ignore_stdout().ignore_stderr().run().unwrap();
        count += 1;
    }
    assert!(count >= 3, "{count}");
}

#[test]
fn the_output_that_it_shows_is_the_output_that_comes() {
    let folder = tempfile::tempdir().unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(workspace());
    shell.set_var("CLOCKWORK_SANDBOX_STATE", folder.path().join("state.json"));
    shell.set_var("CARGO_MANIFEST_DIR", workspace().join("xtask"));
    let program = programs().join("xtask");
    let manifests = folder.path().join("manifests");
    let out = cmd!(shell, "{program} deploy-efs --sandbox --manifests {manifests}")
        .quiet()
        .ignore_stderr()
        .read()
        .unwrap();
    let shape = |text: &str| -> Vec<String> {
        // Identifiers, times and paths differ from run to run; words and order do not.
        text.lines()
            .map(|line| {
                line.split_whitespace()
                    .filter(|word| !word.contains(|c: char| "-/.".contains(c) || c.is_numeric()))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .filter(|line| !line.is_empty())
            .collect()
    };
    let text = page("README.md");
    let shown = text.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let shown = &shown[shown.find("Deployed:").unwrap()..];
    assert_eq!(shape(shown), shape(&out));
}

#[test]
fn the_file_that_it_begins_with_is_planned_without_a_refusal() {
    let text = page("README.md");
    let file = text.split("```hcl\n").nth(1).unwrap().split("```").next().unwrap();
    // The sandbox's cluster has another name.
    let file = file.replace("graphscope-prod", "graphscope-dev");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("prod.hcl"), file).unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder.path());
    shell.set_var("CLOCKWORK_SANDBOX_STATE", folder.path().join("state.json"));
    shell.set_var("CARGO_MANIFEST_DIR", workspace().join("xtask"));
    let program = programs().join("xtask");
    let manifests = folder.path().join("manifests");
    let plan =
        cmd!(shell, "{program} plan-efs --config prod.hcl --sandbox --manifests {manifests}");
    let plan = plan.quiet().ignore_stderr().read().unwrap();
    assert!(plan.contains("Plan: 8 to add, 0 to change, 0 to replace, 0 to destroy."), "{plan}");
}

#[test]
fn the_two_files_of_a_running_workload_belong_together() {
    let text = page("docs/workloads.md");
    let story = text.split("## From subnets to a running workload").nth(1).unwrap();
    let block = |kind: &str| {
        let block = story.split(&format!("```{kind}\n")).nth(1).unwrap();
        block.split("```").next().unwrap().to_owned()
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("prod.hcl"), block("hcl")).unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder.path());
    shell.set_var("CARGO_MANIFEST_DIR", workspace().join("xtask"));
    let program = programs().join("xtask");
    let rendered = cmd!(shell, "{program} render --config prod.hcl --output json").quiet();
    let rendered: serde_json::Value =
        serde_json::from_str(&rendered.ignore_stderr().read().unwrap()).unwrap();
    let job: serde_json::Value = serde_norway::from_str(&block("yaml")).unwrap();
    let claim = &job["spec"]["template"]["spec"]["volumes"][0]["persistentVolumeClaim"];
    let claim = format!("name: {}", claim["claimName"]);
    let claims = rendered["fraud/claims.yaml"].as_str().unwrap();
    assert!(claims.contains(&claim), "{claim} is not among\n{claims}");
    let namespace = format!("namespace: {}", job["metadata"]["namespace"]);
    assert!(claims.contains(&namespace), "{namespace}");
}
