//! Two files for one cluster: they share the driver, or a plan says which settles it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use tests::{Clustered, Ran, workspace};

/// Writes a file for the class `efs-NAME` with these lines in its module.
fn file(there: &Clustered, name: &str, lines: &str) {
    let example = std::fs::read_to_string(workspace().join("clockwork.hcl")).unwrap();
    let class = "storage_class_name  = \"efs-sc\"";
    assert!(example.contains(class));
    let text = example.replace(class, &format!("storage_class_name = \"efs-{name}\"\n{lines}"));
    std::fs::write(there.world.path().join(format!("{name}.hcl")), text).unwrap();
}

fn run(there: &Clustered, command: &str, name: &str, more: &[&str]) -> Ran {
    let config = format!("{name}.hcl");
    there.run(command, &[&["--config", &config], more].concat())
}

/// Asserts that a plan of this file is refused, and names both deployments.
#[track_caller]
fn contested(there: &Clustered, name: &str, words: &[&str]) {
    let ran = run(there, "plan-efs", name, &[]).exits(1);
    let plan = ran.json();
    let refusals = plan["refusals"].as_array().unwrap();
    assert_eq!(refusals.len(), 1, "{plan:#}");
    let said = refusals[0].to_string();
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_second_file_that_wants_another_driver_is_refused_until_it_is_settled() {
    let there = Clustered::quick();
    file(&there, "graphs", "  access_point_tags = { team = \"graphs\" }");
    file(&there, "logs", "  access_point_tags = { team = \"logs\" }");
    run(&there, "deploy-efs", "graphs", &[]).exits(0);
    contested(
        &there,
        "logs",
        &[
            "`graphscope-dev/efs-graphs` keeps the driver",
            "`graphscope-dev/efs-logs` would undo `values.controller.tags.team` = graphs",
            "the next run of `graphscope-dev/efs-graphs` would undo \
             `values.controller.tags.team` = logs",
            "give both the same `access_point_tags`",
        ],
    );
    run(&there, "deploy-efs", "logs", &[]).exits(1);
    assert_eq!(there.revisions().len(), 1);

    // Each of the three ways settles it, and nothing is left to change.
    file(&there, "logs", "  driver = \"skip\"\n  access_point_tags = { team = \"logs\" }");
    run(&there, "deploy-efs", "logs", &[]).exits(0);
    file(&there, "logs", "  access_point_tags = { team = \"graphs\" }");
    run(&there, "deploy-efs", "logs", &[]).exits(0);
    for name in ["graphs", "logs"] {
        let plan = run(&there, "plan-efs", name, &[]).exits(0).json();
        assert_eq!(plan["changes"], 0, "{plan:#}");
    }
    assert_eq!(there.revisions().len(), 1);
    file(&there, "logs", "  access_point_tags = { team = \"logs\" }");
    run(&there, "deploy-efs", "logs", &["--driver", "adopt"]).exits(0);
    contested(&there, "graphs", &["`graphscope-dev/efs-logs` keeps the driver"]);

    // A deployment that is gone keeps nothing.
    run(&there, "destroy-efs", "logs", &["--yes"]).exits(0);
    run(&there, "deploy-efs", "graphs", &[]).exits(0);
    assert_eq!(there.revisions().len(), 3);
}
