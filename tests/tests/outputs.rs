//! What the `output` blocks of a file print once everything is there, as Terraform does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

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
