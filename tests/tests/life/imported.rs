//! The deployment with every property at once is taken over by another one, by tags alone.

use serde_json::{Value, json};
use tests::{Call, Ran, World};

use super::every::flags;

/// What a plan changes but for documents, which a deployment of other names writes anew.
fn in_aws(plan: &Value) -> Vec<String> {
    let all = plan["steps"].as_array().unwrap().iter();
    let all = all.filter(|step| !step["address"].as_str().unwrap().contains(".document"));
    all.map(|step| format!("{} {}", step["action"].as_str().unwrap(), step["id"].as_str().unwrap()))
        .collect()
}

fn other(world: &World, command: &str, more: &[&str]) -> Ran {
    let (manifests, config) = (world.path().join("other"), world.path().join("other.hcl"));
    let (manifests, config) = (manifests.to_str().unwrap(), config.to_str().unwrap());
    let args =
        [command, "--sandbox", "--output=json", "--manifests", manifests, "--config", config];
    world.xtask(&[&args[..], more].concat())
}

#[test]
fn a_deployment_with_every_property_is_imported_under_another_name() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_THROUGHPUT_CHANGE_MS", 1);
    let flags = flags(&world);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let made = world.deploy(&flags);
    let id = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();

    let file = world.path().join("other.hcl");
    let names = ["--aws-region=eu-west-1", "--cluster-name=other", "--storage-class-name=taken"];
    let (by_id, out) = (format!("--file-system-id={id}"), format!("--out={}", file.display()));
    let args = ["import", "--sandbox", "--output=json", &by_id, &out];
    let ran = world.xtask(&[&args[..], &names].concat()).exits(0);
    assert!(ran.calls.iter().all(Call::reads), "{:?}", ran.calls);
    let found = ran.json()["file_systems"][0].clone();
    assert_eq!(found["differences"], json!([]), "{found:#}");
    assert_eq!(found["refusals"], json!([]), "{found:#}");
    let tagged: Vec<&str> =
        found["tagged"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(tagged[0], id, "{found:#}");
    assert!(tagged.len() == 2 && tagged[1].starts_with("fsap-"), "{found:#}");
    assert_eq!(found["tagged"][0]["tags"]["clockwork-codex/cluster"], "other");
    assert!(ran.stderr.contains("is of the deployment `graphscope-dev/efs-sc`"), "{}", ran.stderr);

    // The file says what was found, and nothing else is to be done in AWS.
    let plan = other(&world, "plan-efs", &[]).exits(0).json();
    assert_eq!(in_aws(&plan), ["update file_system", "update access_point.logs"], "{plan:#}");
    let refused = other(&world, "deploy-efs", &[]).exits(1);
    assert!(refused.stderr.contains(&format!("--adopt-existing={id}")), "{}", refused.stderr);
    other(&world, "deploy-efs", &[&format!("--adopt-existing={id}")]).exits(0);
    let again = other(&world, "plan-efs", &[]).exits(0).json();
    assert_eq!(again["changes"], 0, "{again:#}");

    // The first deployment finds that it is another one's now, and changes nothing of it.
    let before = world.run("deploy-efs", &flags).exits(1);
    assert!(before.stderr.contains("but not its tags"), "{}", before.stderr);
    // Data of before goes by no habit.
    let kept = other(&world, "destroy-efs", &["--yes"]).exits(0);
    assert!(kept.stderr.contains("stays with its data"), "{}", kept.stderr);
    assert_eq!(world.aws().file_systems().len(), 1);
}
