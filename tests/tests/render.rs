//! `render`: documents without touching anything.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use tests::World;

const ID: &str = "fs-0123456789abcdef0";

#[test]
fn what_was_written_is_found_the_same_and_a_difference_is_shown() {
    let world = World::new();
    let folder = world.manifests();
    let folder = folder.to_str().unwrap();
    world.xtask(&["render", "--write", folder, "--file-system-id", ID]).exits(0);
    // The id is known from the class that is there.
    let same = world.xtask(&["render", "--check", folder]).exits(0);
    assert_eq!(same.stdout, "");
    let differs =
        world.xtask(&["render", "--check", folder, "--helm-chart-version", "4.4.1"]).exits(1);
    assert!(
        differs.stdout.contains("-    version: \"2.4.5\"\n+    version: \"4.4.1\""),
        "{}",
        differs.stdout
    );
    let absent = world.xtask(&["render", "--check", "nowhere"]).exits(1);
    assert!(absent.stdout.contains("+kind: StorageClass"), "{}", absent.stdout);
}

#[test]
fn an_id_that_is_not_known_yet_is_never_written() {
    let world = World::new();
    let folder = world.manifests();
    let ran = world.xtask(&["render", "--write", folder.to_str().unwrap()]).exits(1);
    assert!(ran.stderr.contains("deploy-efs"), "{}", ran.stderr);
    assert!(!folder.exists());
    let printed = world.xtask(&["render"]).exits(0);
    assert!(printed.stdout.contains("\"(known after apply)\""), "{}", printed.stdout);
}

#[test]
fn programs_read_the_documents_as_json() {
    let world = World::new();
    let all = world.xtask(&["render", "--output", "json", "--file-system-id", ID]).exits(0).json();
    assert!(all["storageclass.yaml"].as_str().unwrap().contains(ID));
    assert_eq!(all.as_object().unwrap().len(), 3);
}

#[test]
fn rendering_and_deploying_write_the_same() {
    let world = World::new();
    world.deploy(&[]);
    let folder = world.manifests();
    world.xtask(&["render", "--check", folder.to_str().unwrap()]).exits(0);
}

#[test]
fn completions_name_every_command() {
    let world = World::new();
    let script = world.xtask(&["completions", "bash"]).exits(0).stdout;
    for command in ["plan-efs", "deploy-efs", "destroy-efs", "render", "sandbox"] {
        assert!(script.contains(command), "{command}");
    }
}
