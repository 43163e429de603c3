//! What people write into the file, and which of several values counts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::json;
use tests::{World, programs, workspace};
use xshell::{Shell, cmd};

/// A file around `body` that is right but for it.
fn file(body: &str) -> String {
    format!(
        "module \"efs_csi\" {{\n  source = \"./modules/csi/efs\"\n  aws_region = \"eu-west-1\"\n  \
         cluster_name = \"dev\"\n  subnet_ids = [\"subnet-00000001\"]\n  security_group_id = \"sg-00000001\"\n{body}\n}}\n"
    )
}

#[test]
fn the_usage_form_of_the_seed_runs_unchanged_beside_a_variable_and_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let text = "variable \"region\" {\n  default = \"eu-west-1\"\n}\nmodule \"network\" {\n  source = \"./modules/network\"\n}\n\
        module \"efs_csi\" {\n  source              = \"./modules/csi/efs\"\n  aws_region          = var.region\n  \
        cluster_name        = var.cluster_name\n  subnet_ids          = module.network.private_subnets\n  \
        security_group_id   = module.network.security_group_id\n  storage_class_name  = \"efs-sc\"\n}\n";
    std::fs::write(folder.path().join("clockwork.hcl"), text).unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder.path());
    let program = programs().join("xtask");
    for args in [&["--cluster-name", "dev"][..], &["--var", "cluster_name=dev"]] {
        let out = cmd!(shell, "{program} render {args...}").quiet().ignore_stderr().read().unwrap();
        assert!(out.contains("\"clockwork-codex/cluster\": \"dev\""), "{out}");
    }
    shell.set_var("CLOCKWORK_VAR_cluster_name", "dev");
    cmd!(shell, "{program} render").quiet().ignore_stderr().ignore_stdout().run().unwrap();
}

#[test]
fn flags_beat_vars_beat_files_of_vars_beat_the_environment_beats_the_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clockwork.hcl"), file("namespace = \"from-file\"")).unwrap();
    std::fs::write(folder.path().join("vars.hcl"), "namespace = \"from-var-file\"").unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder.path());
    let program = programs().join("xtask");
    let namespace = |env: bool, args: &[&str]| {
        if env {
            shell.set_var("CLOCKWORK_VAR_namespace", "from-environment");
        }
        let out = cmd!(shell, "{program} render {args...}").quiet().ignore_stderr().read().unwrap();
        out.lines().find(|line| line.trim().starts_with("namespace:")).unwrap().trim().to_owned()
    };
    assert_eq!(namespace(false, &[]), "namespace: \"from-file\"");
    assert_eq!(namespace(true, &[]), "namespace: \"from-environment\"");
    let files = ["--var-file", "vars.hcl"];
    assert_eq!(namespace(true, &files), "namespace: \"from-var-file\"");
    let vars = ["--var-file", "vars.hcl", "--var", "namespace=from-var"];
    assert_eq!(namespace(true, &vars), "namespace: \"from-var\"");
    let flags =
        ["--var-file", "vars.hcl", "--var", "namespace=from-var", "--namespace", "from-flag"];
    assert_eq!(namespace(true, &flags), "namespace: \"from-flag\"");
}

#[test]
fn functions_that_people_expect_work() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
        variable "zones" {
          type    = map(object({ id = string, use = optional(bool) }))
          default = { a = { id = "subnet-00000001", use = true }, b = { id = "subnet-00000002", use = true } }
        }
        locals {
          name = lower(join("-", ["Graph", "Scope"]))
          ids  = sort([for zone, subnet in var.zones : subnet.id if subnet.use])
          tags = merge({ team = "graphs" }, { stage = format("%s-%d", local.name, length(local.ids)) })
        }
        module "efs_csi" {
          source             = "./modules/csi/efs"
          aws_region         = coalesce("", "eu-west-1")
          cluster_name       = trimsuffix("dev.old", ".old")
          subnet_ids         = distinct(concat(local.ids, ["subnet-00000001"]))
          security_group_id  = element(split(",", "sg-00000001,sg-00000002"), 2)
          storage_class_name = "${local.name}-${substr("efs-sc", 0, 3)}"
          access_point_tags  = local.tags
          uid                = max(1, 1001)
        }
    "#;
    std::fs::write(folder.path().join("clockwork.hcl"), text).unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder.path());
    let program = programs().join("xtask");
    let out = cmd!(shell, "{program} render").quiet().ignore_stderr().read().unwrap();
    for part in ["name: \"graph-scope-efs\"", "\"stage\": \"graph-scope-2\"", "\"uid\": \"1001\""] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
}

#[test]
fn the_example_file_at_the_top_is_used_where_none_is_named() {
    let shell = Shell::new().unwrap();
    shell.change_dir(workspace());
    let program = programs().join("xtask");
    let out = cmd!(shell, "{program} render").quiet().ignore_stderr().read().unwrap();
    assert!(out.contains("graphscope-dev/efs-sc"), "{out}");
}

#[test]
fn several_entries_of_a_map_stand_in_one_flag_or_in_several() {
    for flags in
        [&["--tags=team=graphs,stage=test"][..], &["--tags=team=graphs", "--tags=stage=test"]]
    {
        let world = World::new();
        world.deploy(flags);
        let tags = world.aws().file_system()["Tags"].clone();
        for (key, value) in [("team", "graphs"), ("stage", "test")] {
            let tag = json!({ "Key": key, "Value": value });
            assert!(tags.as_array().unwrap().contains(&tag), "{flags:?}: {tags:#}");
        }
        world.nothing_to_do(flags);
    }
    let mistaken = World::new().xtask(&["plan-efs", "--sandbox", "--tags=team:graphs"]).exits(2);
    assert!(mistaken.stderr.contains("write KEY=VALUE,KEY=VALUE"), "{}", mistaken.stderr);
}

#[test]
fn a_store_takes_the_class_of_its_user_beside_the_class_of_the_engines() {
    let world = World::new();
    let file = world.path().join("clockwork.hcl");
    let written = |class: &str| {
        let text = format!(
            r#"
module "efs_csi" {{
  source            = "./modules/csi/efs"
  aws_region        = "eu-west-1"
  cluster_name      = "graphscope-dev"
  subnet_ids        = ["subnet-0c0dec0000000010a"]
  security_group_id = "sg-0c0dec00000000001"
  storage_classes   = {{ efs-store = {{ uid = 1001, gid = 1001 }} }}
}}
module "engines" {{
  source             = "./modules/graphscope"
  kind               = "engine"
  name               = "engines"
  storage_class_name = module.efs_csi.storage_class_name
}}
module "store" {{
  source             = "./modules/graphscope"
  kind               = "store"
  name               = "store"
  storage_class_name = "{class}"
}}
"#
        );
        std::fs::write(&file, text).unwrap();
        world.xtask(&["plan-graphscope", "--sandbox", "--print-job", "--manifests=here"])
    };
    written("efs-store").exits(0);
    let refused = written("efs-sc").exits(2);
    assert!(refused.stderr.contains("1001"), "{}", refused.stderr);
}
