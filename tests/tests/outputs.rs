//! What the `output` blocks of a file print once everything is there, as Terraform does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::World;

/// The example with these blocks behind it.
fn world(more: &str) -> World {
    let world = World::new();
    let path = world.path().join("clockwork.hcl");
    let file = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{file}\n{more}")).unwrap();
    world
}

const BLOCKS: &str = r#"
variable "secret" {
  default   = "hunter2"
  sensitive = true
}

output "id" {
  value = module.efs_csi.file_system_id
}

output "storage" {
  value = {
    class = upper(module.efs_csi.storage_class_name)
    dns   = [module.efs_csi.file_system_dns_name]
    vpc   = module.network.vpc_id
  }
}

output "token" {
  value     = var.secret
  sensitive = true
}

output "first" {
  value = substr(module.efs_csi.file_system_id, 0, 5)
}
"#;

#[test]
fn they_are_printed_after_a_deploy_with_what_aws_decided_and_without_secrets() {
    let world = world(BLOCKS);
    let ran = world.run("deploy-efs", &[]).exits(0);
    let made = ran.json();
    let (file, module) = (&made["file_outputs"], &made["outputs"]);
    assert_eq!(file["id"], module["file_system_id"], "{made:#}");
    assert_eq!(file["storage"]["class"], "EFS-SC");
    assert_eq!(file["storage"]["dns"][0], module["file_system_dns_name"]);
    assert!(file["storage"]["vpc"].as_str().unwrap().starts_with("vpc-"), "{made:#}");
    assert_eq!(file["token"], "<sensitive>");
    assert!(!ran.stdout.contains("hunter2") && !ran.stderr.contains("hunter2"));
    // What computes with what is not known yet is noted, and not left out in silence.
    assert_eq!(file["first"], serde_json::Value::Null);
    assert!(ran.stderr.contains("`output.first` computes with"), "{}", ran.stderr);

    let manifests = format!("--manifests={}", world.manifests().display());
    let text = world.xtask(&["deploy-efs", "--sandbox", &manifests]).exits(0).stdout;
    let id = format!("\n{:20} = {}\n", "id", module["file_system_id"].as_str().unwrap());
    let (_, of_file) =
        text.split_once("\n\nOutputs of the file:\n").unwrap_or_else(|| panic!("{text}"));
    assert!(of_file.contains(&id), "{text}");
    assert!(of_file.contains("token                = <sensitive>"), "{text}");
    let gone = world.run("destroy-efs", &["--yes"]).exits(0).json();
    assert_eq!(gone["file_outputs"], serde_json::Value::Null);
}

#[test]
fn mistakes_in_them_are_reported_before_anything_is_called() {
    for (value, told) in [
        ("var.secret", "the output shows a sensitive value"),
        ("1 + \"a\"", "number"),
        ("module.efs_csi.file_system", "did you mean `file_system_id`?"),
    ] {
        let blocks = format!(
            "variable \"secret\" {{\n  default = \"x\"\n  sensitive = true\n}}\noutput \"o\" {{\n  value = {value}\n}}\n"
        );
        let ran = world(&blocks).run("plan-efs", &[]).exits(2);
        assert!(ran.stderr.contains(told), "{value}: {}", ran.stderr);
        assert!(ran.calls.is_empty());
    }
}

/// Runs `outputs` as a person would, without `--output json`.
fn outputs(world: &World, more: &[&str]) -> tests::Ran {
    let manifests = format!("--manifests={}", world.manifests().display());
    world.xtask(&[&["outputs", "--sandbox", &manifests], more].concat())
}

#[test]
fn all_that_others_use_is_read_anew_in_the_form_that_they_take() {
    let world = World::new();
    let made = world.deploy(&[])["outputs"].clone();
    let id = made["file_system_id"].as_str().unwrap().to_owned();
    let arn = format!("arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/{id}");
    // A deploy already knows these, although it has just made them.
    assert_eq!(made["file_system_arn"], arn.as_str(), "{made:#}");
    assert_eq!(made["access_points"], Value::Null);
    {
        let aws = world.aws();
        aws.access_point(&id, "pvc-1");
        aws.meter(&id, 8192);
    }
    let ran = world.run("outputs", &[]).exits(0);
    assert!(ran.calls.iter().all(tests::Call::reads), "{:?}", ran.calls);
    let now = ran.json()["outputs"].clone();
    for (name, value) in made.as_object().unwrap() {
        // Which zones there are only the network tells, which a deploy looks at.
        if name == "zones_without_mount_target" {
            assert_eq!(now[name], Value::Null);
        } else if name != "file_system_size" {
            assert_eq!(now[name], *value, "{name}");
        }
    }
    assert_eq!(now["file_system_size"]["value"], 8192, "{now:#}");
    assert_eq!(now["file_system_size"]["value_in_standard"], 8192, "{now:#}");
    let [point] = now["access_points"].as_array().unwrap().as_slice() else { panic!("{now:#}") };
    assert_eq!((&point["path"], &point["state"]), (&json!("/pvc-1"), &json!("available")));
    assert_eq!(point["tags"]["efs.csi.aws.com/cluster"], "true");
    let target = &now["mount_targets"][0];
    assert!(target["availability_zone_id"].as_str().unwrap().starts_with("euw1-az"), "{target:#}");
    assert!(target["network_interface_id"].as_str().unwrap().starts_with("eni-"), "{target:#}");
    assert_eq!(target["security_groups"], now["security_group_ids"]);

    in_every_form(&world, (&id, &arn));
    as_variables(&world, &now);
}

/// A deployment with classes and access points of its own, whose outputs later steps of a workflow
/// read.
fn with_everything() -> (World, Vec<String>, std::path::PathBuf) {
    let mut world = World::new();
    let points = world.path().join("points.json");
    let point = json!({ "logs": { "posix_user": { "uid": 7, "gid": 7 } } });
    std::fs::write(&points, point.to_string()).unwrap();
    let classes = world.path().join("classes.json");
    std::fs::write(&classes, json!({ "store": { "uid": 7, "gid": 7 } }).to_string()).unwrap();
    let steps = world.path().join("steps");
    world.set("GITHUB_OUTPUT", steps.display());
    let flags = [("access-points", points), ("storage-classes", classes)];
    let flags = flags.map(|(name, path)| format!("--{name}={}", path.display()));
    (world, flags.to_vec(), steps)
}

/// Which zones the subnets are in takes a look at the network, which a deploy has.
const OF_DEPLOYS: &str = "zones_without_mount_target";

/// What a deploy says, what `outputs` says afterwards, and what a deploy without changes says are the
/// same outputs with the same values.
#[test]
fn a_deploy_and_the_command_have_the_same_outputs() {
    let (world, flags, steps) = with_everything();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let made = world.deploy(&flags)["outputs"].clone();
    let after_making = std::fs::read_to_string(&steps).unwrap();
    world.aws().meter(made["file_system_id"].as_str().unwrap(), 8192);
    let command = world.run("outputs", &flags).exits(0).json()["outputs"].clone();
    let again = world.deploy(&flags)["outputs"].clone();
    let names = |outputs: &Value| {
        let names = outputs.as_object().unwrap().keys().filter(|name| *name != OF_DEPLOYS);
        names.cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(&made), names(&command));
    assert_eq!(names(&again), names(&command));
    for name in names(&command) {
        assert_eq!(again[&name], command[&name], "{name}");
        if name != "file_system_size" {
            assert_eq!(made[&name], command[&name], "{name}");
        }
    }
    assert_eq!(made["storage_class_names"], json!(["efs-sc", "store"]));
    assert_eq!(made["file_system_size"]["value"], 0, "nobody has written yet");
    assert_eq!(command["file_system_size"]["value"], 8192);
    let point = &made["access_points"][0];
    let id = point["access_point_id"].as_str().unwrap();
    let arn = format!("arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/{id}");
    assert_eq!((&point["name"], &point["access_point_arn"]), (&json!("logs"), &json!(arn)));

    // The steps of a workflow have all but what has no end, as the command prints it for them.
    let github = outputs(&world, &[&flags[..], &["--format=github"]].concat()).exits(0).stdout;
    let of_lines = |text: &str| {
        let names = text.lines().map(|line| line.split('=').next().unwrap().to_owned());
        names.filter(|name| name != OF_DEPLOYS).collect::<Vec<_>>()
    };
    assert_eq!(of_lines(&after_making), of_lines(&github));
    assert!(github.contains("storage_class_names=[\"efs-sc\",\"store\"]\n"), "{github}");
}

/// One output alone, for a script, and all of them as each tool takes them.
fn in_every_form(world: &World, (id, arn): (&str, &str)) {
    assert_eq!(outputs(world, &["file_system_arn"]).exits(0).stdout, format!("{arn}\n"));
    let env = outputs(world, &["--format=env"]).exits(0).stdout;
    assert!(env.contains(&format!("\nFILE_SYSTEM_ID={id}\n")), "{env}");
    let line = outputs(world, &["efs_csi.file_system_id", "--format=github"]).exits(0).stdout;
    assert_eq!(line, format!("file_system_id={id}\n"));
    let map = outputs(world, &["--format=config-map"]).exits(0).stdout;
    let map: Value = serde_norway::from_str(&map).unwrap();
    assert_eq!(map["metadata"]["name"], "efs-sc-outputs");
    assert_eq!(map["data"]["file_system_id"], id);
    // A list without an end is left out where it would burst what reads it, unless it is asked for.
    assert_eq!(map["data"].get("access_points"), None);
    assert!(!env.contains("ACCESS_POINTS="), "{env}");
    let points = outputs(world, &["access_points", "--format=github"]).exits(0).stdout;
    assert!(points.starts_with("access_points=[{"), "{points}");
    let people = outputs(world, &[]).exits(0).stdout;
    assert!(people.contains(&format!("file_system_arn      = {arn}")), "{people}");
    assert!(people.contains("path=/pvc-1"), "{people}");
}

/// What `tfvars` prints is read by this very program as variables.
fn as_variables(world: &World, now: &Value) {
    let vars = world.path().join("efs.tfvars");
    std::fs::write(&vars, outputs(world, &["--format=tfvars"]).exits(0).stdout).unwrap();
    let file = world.path().join("clockwork.hcl");
    let text = std::fs::read_to_string(&file).unwrap();
    let variables = now.as_object().unwrap().keys();
    let declared = variables.filter(|name| !text.contains(&format!("variable \"{name}\"")));
    let declared: Vec<String> =
        declared.map(|name| format!("variable \"{name}\" {{\n  default = null\n}}\n")).collect();
    let declared = declared.concat();
    let told = "output \"told\" {\n  value = [var.file_system_id, \
                var.mount_targets[0].mount_target_id, var.file_system_size.value]\n}\n";
    std::fs::write(&file, format!("{text}\n{declared}{told}")).unwrap();
    let vars = format!("--var-file={}", vars.display());
    let told = world.run("outputs", &["told", &vars]).exits(0).json();
    let target = &now["mount_targets"][0]["mount_target_id"];
    assert_eq!(told, json!([now["file_system_id"], target, 8192]));
}

#[test]
fn outputs_of_what_is_not_there_are_an_error_with_the_remedy() {
    let world = World::new();
    let ran = world.run("outputs", &[]).exits(1);
    assert!(
        ran.stderr.contains("`module.efs_csi` has no file system in eu-west-1"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("help: deploy it first"), "{}", ran.stderr);
    let ran = outputs(&world, &["file_system_adress"]).exits(2);
    assert!(ran.stderr.contains("there is no output `file_system_adress`"), "{}", ran.stderr);
    assert!(ran.calls.is_empty());
    outputs(&world, &["--format=env", "--output=json"]).exits(2);
}

#[test]
fn outputs_of_several_modules_begin_with_their_labels() {
    let world = World::new();
    let path = world.path().join("clockwork.hcl");
    let text = std::fs::read_to_string(&path).unwrap();
    let block = &text[text.find("module \"efs_csi\"").unwrap()..];
    let end = block.find("\n}\n").unwrap() + 3;
    let second = block[..end].replace("\"efs_csi\"", "\"scratch\"");
    let second = second.replace("\"efs-sc\"", "\"scratch\"");
    std::fs::write(path, format!("{text}\n{second}")).unwrap();
    world.deploy(&[]);
    let lines = outputs(&world, &["--format=github"]).exits(0).stdout;
    for name in ["\nscratch_file_system_id=fs-", "efs_csi_file_system_id=fs-"] {
        assert!(lines.contains(name), "{lines}");
    }
    let ran = outputs(&world, &["file_system_id"]).exits(1);
    assert!(ran.stderr.contains("write `efs_csi.file_system_id` or `scratch."), "{}", ran.stderr);
    let one = outputs(&world, &["scratch.file_system_id"]).exits(0).stdout;
    assert!(lines.contains(&format!("scratch_file_system_id={one}")), "{lines}");
}
