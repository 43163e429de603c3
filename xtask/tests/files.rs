//! Deployment files as people write them: what reaches the modules, and what is told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::path::Path;

use serde_json::Value;
use xshell::{Shell, cmd};

const PROGRAM: &str = env!("CARGO_BIN_EXE_xtask");

/// A deployment that is right, around lines of its module block.
fn module(body: &str) -> String {
    format!(
        "module \"efs_csi\" {{\n  source = \"./modules/csi/efs\"\n  aws_region = \"eu-west-1\"\n  \
         cluster_name = \"dev\"\n  subnet_ids = [\"subnet-00000001\"]\n  security_group_id = \"sg-00000001\"\n{body}\n}}\n"
    )
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the program on a folder's `clockwork.hcl`.
fn run(folder: &Path, text: &str, environment: &[(&str, &str)], args: &[&str]) -> Ran {
    std::fs::write(folder.join("clockwork.hcl"), text).unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder);
    // What a job is handed to is not built for these tests.
    shell.set_var("CARGO", "true");
    shell.set_var("NO_COLOR", "1");
    for (name, value) in environment {
        shell.set_var(name, value);
    }
    let output = cmd!(shell, "{PROGRAM} {args...}").quiet().ignore_status().output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The inputs of the storage module, as the job has them.
fn inputs(text: &str, environment: &[(&str, &str)], args: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    inputs_in(folder.path(), text, environment, args)
}

fn inputs_in(folder: &Path, text: &str, environment: &[(&str, &str)], args: &[&str]) -> Value {
    let all = [&["plan-efs", "--sandbox", "--print-job"], args].concat();
    let ran = run(folder, text, environment, &all);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let job: Value = serde_json::from_str(&ran.stdout).unwrap();
    find(&job, "inputs").cloned().unwrap_or_else(|| panic!("no inputs in {job}"))
}

fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => {
            members.get(name).or_else(|| members.values().find_map(|value| find(value, name)))
        }
        Value::Array(values) => values.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}

fn mistakes(text: &str, args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), text, &[], &[&["render"], args].concat());
    assert_eq!(ran.code, Some(2), "{}\n{}", ran.stdout, ran.stderr);
    ran.stderr
}

#[test]
fn defaults_of_optional_attributes_reach_the_modules() {
    let text = format!(
        "variable \"v\" {{\n  type = object({{ perms = optional(string, \"755\"), uid = optional(number) }})\n  default = {{}}\n}}\n{}",
        module("directory_perms = var.v.perms\nuid = var.v.uid")
    );
    for args in [&[][..], &["--var", "v={}"], &["--var", "v={ perms = null }"]] {
        let inputs = inputs(&text, &[], args);
        assert_eq!(find(&inputs, "directory_perms").unwrap(), "755", "{args:?}");
    }
}

#[test]
fn a_set_with_a_repeated_subnet_is_one_subnet() {
    let text = "variable \"s\" {\n  type = set(string)\n  default = [\"subnet-00000002\", \"subnet-00000001\", \"subnet-00000002\"]\n}\n".to_owned()
        + &module("").replace("[\"subnet-00000001\"]", "var.s");
    let inputs = inputs(&text, &[], &[]);
    let listed = inputs.to_string();
    assert_eq!(listed.matches("subnet-00000002").count(), 1, "{listed}");
    assert!(listed.find("subnet-00000001") < listed.find("subnet-00000002"), "{listed}");
}

#[test]
fn null_and_collections_are_no_text() {
    let env = "variable \"env\" {\n  default = null\n}\n";
    for (line, place) in [
        ("base_path = \"/data-${var.env}\"", "clockwork.hcl:10:22"),
        ("tags = { \"a-${var.env}\" = \"b\" }", "clockwork.hcl:10:"),
        ("base_path = \"%{ if true }/x${var.env}%{ endif }\"", "clockwork.hcl:10:"),
        ("base_path = <<EOT\n/x${var.env}\nEOT", "clockwork.hcl:11:"),
    ] {
        let told = mistakes(&format!("{env}{}", module(line)), &[]);
        assert!(told.contains("cannot hold null") && told.contains(place), "{line}\n{told}");
        assert!(told.contains("1 mistake"), "{told}");
    }
}

#[test]
fn numbers_keep_their_digits_in_texts() {
    let inputs =
        inputs(&module("tags = { account = 123456789012345678901, ratio = 0.1 + 0.2 }"), &[], &[]);
    let tags = inputs.to_string();
    assert!(tags.contains("123456789012345678901") && tags.contains("\"0.3\""), "{tags}");
}

#[test]
fn a_value_that_must_not_be_null_takes_its_default() {
    let text = format!(
        "variable \"n\" {{\n  default = \"from-default\"\n  nullable = false\n}}\n{}",
        module("namespace = var.n")
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("null.tfvars"), "n = null\n").unwrap();
    let inputs = inputs_in(folder.path(), &text, &[], &["--var-file", "null.tfvars"]);
    assert!(inputs.to_string().contains("from-default"), "{inputs}");
}

#[test]
fn a_rule_prints_its_own_message_with_values_in_it() {
    let text = format!(
        "variable \"n\" {{\n  type = number\n  default = 5\n  validation {{\n    condition = var.n > 10\n    error_message = \"n is ${{var.n}}, not above 10\"\n  }}\n}}\n{}",
        module("uid = var.n")
    );
    assert!(mistakes(&text, &[]).contains("n is 5, not above 10"));
    assert!(mistakes(&text, &["--var", "n=7"]).contains("n is 7, not above 10"));
}

#[test]
fn a_rule_must_refer_to_its_own_variable() {
    let text = format!(
        "variable \"m\" {{\n  default = 1\n}}\nvariable \"n\" {{\n  default = 5\n  validation {{\n    condition = var.m > 0\n    error_message = \"no\"\n  }}\n}}\n{}",
        module("uid = var.n")
    );
    assert!(mistakes(&text, &[]).contains("does not check `var.n`, which it must refer to"));
    let both = text.replace("var.m > 0", "var.m < var.n");
    assert!(inputs(&both, &[], &[]).to_string().contains("\"uid\":5"));
}

// As Terraform: "Duplicate attribute definition", and `//` at the top is a comment.
#[test]
fn values_in_json_have_each_name_once_and_comments_at_the_top() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("variable \"n\" {{}}\n{}", module("tags = var.n"));
    let path = folder.path().join("v.tfvars.json");
    let args = ["render", "--var-file", "v.tfvars.json"];
    for twice in ["{\"n\": {}, \"n\": {}}", "{\"n\": {\"a\": \"1\", \"a\": \"2\"}}"] {
        std::fs::write(&path, twice).unwrap();
        let ran = run(folder.path(), &text, &[], &args);
        assert_eq!(ran.code, Some(2), "{twice}: {}", ran.stdout);
        assert!(ran.stderr.contains("stands twice"), "{}", ran.stderr);
    }
    std::fs::write(&path, "{\"//\": \"why\", \"//\": 1, \"n\": {\"team\": \"x\"}}").unwrap();
    let inputs = inputs_in(folder.path(), &text, &[], &args[1..]).to_string();
    assert!(inputs.contains("\"tags\":{\"team\":\"x\"}"), "{inputs}");
}

#[test]
fn a_secret_appears_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("s.tfvars"), "token = \"s3cr3t\"\n").unwrap();
    for (of, line) in [
        ("string", "namespace = var.token"),
        ("string", "tags = { a = \"x-${var.token}\" }"),
        ("number", "uid = var.token"),
    ] {
        let text = format!(
            "variable \"token\" {{\n  type = {of}\n  sensitive = true\n  validation {{\n    condition = length(\"${{var.token}}\") > 99\n    error_message = \"not ${{var.token}}\"\n  }}\n}}\n{}",
            module(line)
        );
        for args in [&["--var-file", "s.tfvars"][..], &["--var", "token=s3cr3t"]] {
            let ran = run(folder.path(), &text, &[], &[&["render", "--explain"], args].concat());
            assert_eq!(ran.code, Some(2), "{}", ran.stderr);
            let all = ran.stdout + &ran.stderr;
            assert!(!all.contains("s3cr3t"), "{line}\n{all}");
        }
    }
}

#[test]
fn json_files_automatic_files_and_terraforms_environment_give_values_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("variable \"n\" {{}}\n{}", module("namespace = var.n"));
    let namespace = |environment: &[(&str, &str)], args: &[&str]| {
        let inputs = inputs_in(folder.path(), &text, environment, args).to_string();
        let known = ["tf-env", "own-env", "tfvars", "auto", "json"];
        known
            .into_iter()
            .find(|name| inputs.contains(&format!("\"from-{name}\"")))
            .unwrap()
            .to_owned()
    };
    let terraform = ("TF_VAR_n", "from-tf-env");
    assert_eq!(namespace(&[terraform, ("TF_VAR_other", "x")], &[]), "tf-env");
    assert_eq!(namespace(&[terraform, ("CLOCKWORK_VAR_n", "from-own-env")], &[]), "own-env");
    std::fs::write(folder.path().join("terraform.tfvars"), "n = \"from-tfvars\"\nother = 1\n")
        .unwrap();
    assert_eq!(namespace(&[terraform], &[]), "tfvars");
    std::fs::write(folder.path().join("a.auto.tfvars"), "n = \"from-auto\"\n").unwrap();
    assert_eq!(namespace(&[terraform], &[]), "auto");
    std::fs::write(folder.path().join("v.tfvars.json"), "{\"n\": \"from-json\"}").unwrap();
    assert_eq!(namespace(&[], &["--var-file", "v.tfvars.json"]), "json");
    let ran = run(folder.path(), &text, &[terraform], &["render"]);
    assert!(
        ran.stderr.contains("note: taken: `n` from ") && ran.stderr.contains("a.auto.tfvars"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_mistake_in_a_file_of_values_is_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("variable \"n\" {{}}\n{}", module("namespace = var.n"));
    for (values, told) in [
        ("n = var.x\n", "this is not a literal value"),
        ("n = \"a${null}\"\n", "this is not a literal value"),
        ("n = \n", "this is not HCL"),
    ] {
        std::fs::write(folder.path().join("v.tfvars"), values).unwrap();
        let ran = run(folder.path(), &text, &[], &["render", "--var-file", "v.tfvars"]);
        assert!(
            ran.stderr.contains(told) && ran.stderr.contains("1 mistake in"),
            "{values}{}",
            ran.stderr
        );
    }
}

#[test]
fn several_tags_may_stand_in_one_flag() {
    let inputs = inputs(&module(""), &[], &["--tags", "team=graphs,stage=dev", "--tags", "a=b"]);
    let tags = inputs.to_string();
    for tag in ["\"team\":\"graphs\"", "\"stage\":\"dev\"", "\"a\":\"b\""] {
        assert!(tags.contains(tag), "{tag} is not in {tags}");
    }
}

#[test]
fn one_block_makes_several_deployments_and_one_of_them_is_named() {
    let text =
        module("for_each = { a = \"efs-a\", b = \"efs-b\" }\nstorage_class_name = each.value");
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &text, &[], &["render", "--module", "efs_csi[\"b\"]"]);
    assert!(ran.stdout.contains("\"efs-b\""), "{}{}", ran.stdout, ran.stderr);
    let counted = module("count = 1\nstorage_class_name = \"efs-${count.index}\"");
    let ran = run(folder.path(), &counted, &[], &["render"]);
    assert!(ran.stdout.contains("\"efs-0\""), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn blocks_of_terraform_are_noted_and_the_provider_gives_region_and_tags() {
    let text = "terraform {\n  required_version = \">= 1.5\"\n}\nprovider \"aws\" {\n  region = \"eu-west-2\"\n  profile = \"x\"\n  \
        default_tags {\n    tags = { team = \"graphs\", stage = \"dev\" }\n  }\n}\nmoved {\n  from = module.a\n  to = module.b\n}\n\
        output \"id\" {\n  value = module.efs_csi.file_system_id\n}\n".to_owned()
        + &module("tags = { stage = \"prod\" }\ndepends_on = []\nversion = \"1.0\"").replace("  aws_region = \"eu-west-1\"\n", "");
    let folder = tempfile::tempdir().unwrap();
    let found = inputs_in(folder.path(), &text, &[], &[]).to_string();
    for part in ["eu-west-2", "\"team\":\"graphs\"", "\"stage\":\"prod\""] {
        assert!(found.contains(part), "{part} is not in {found}");
    }
    let told = run(folder.path(), &text, &[], &["render"]).stderr;
    for part in [
        "`terraform` block",
        "taken from `provider \"aws\"`: region, default_tags",
        "AWS_PROFILE",
        "`moved`",
        "`version`",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
}

#[test]
fn the_provider_gives_the_one_account_that_it_allows() {
    let provider = |ids: &str| {
        format!("provider \"aws\" {{\n  allowed_account_ids = {ids}\n}}\n{}", module(""))
    };
    let one = inputs(&provider("[\"111122223333\"]"), &[], &[]).to_string();
    assert!(one.contains("\"aws_account_id\":\"111122223333\""), "{one}");
    let own = provider("[\"111122223333\"]")
        .replace("aws_region", "aws_account_id = \"444455556666\"\n  aws_region");
    assert!(inputs(&own, &[], &[]).to_string().contains("\"aws_account_id\":\"444455556666\""));
    let several = provider("[\"111122223333\", \"444455556666\"]");
    assert!(inputs(&several, &[], &[]).to_string().contains("\"aws_account_id\":null"));
    let folder = tempfile::tempdir().unwrap();
    let told = run(folder.path(), &several, &[], &["render"]).stderr;
    assert!(told.contains("not taken from `provider \"aws\"`: allowed_account_ids"), "{told}");
}

#[test]
fn files_from_other_editors_and_long_files_are_read() {
    let crlf = format!("\u{feff}{}", module("\tnamespace\t=\t\"crlf\"").replace('\n', "\r\n"));
    assert!(inputs(&crlf, &[], &[]).to_string().contains("crlf"));
    let lines: Vec<String> = (0..10_000).map(|at| format!("  l{at} = \"{at}\"\n")).collect();
    let lines = lines.concat();
    let long = format!("locals {{\n{lines}}}\n{}", module("namespace = \"n-${local.l9999}\""));
    let start = std::time::Instant::now();
    assert!(inputs(&long, &[], &[]).to_string().contains("n-9999"));
    assert!(start.elapsed().as_secs() < 60, "{:?} for 10,000 lines", start.elapsed());
}

#[test]
fn explain_names_flag_variable_file_and_default() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "variable \"n\" {{\n  default = \"a\"\n}}\nvariable \"m\" {{\n  default = \"/x\"\n}}\n{}",
        module("namespace = var.n\nbase_path = var.m")
    );
    let args = ["render", "--explain", "--var", "n=b", "--uid", "7"];
    let told = run(folder.path(), &text, &[], &args).stderr;
    for part in [
        "module.efs_csi.namespace = \"b\"",
        "clockwork.hcl:13, var.n: --var n",
        "clockwork.hcl:14, var.m: default at clockwork.hcl:5",
        "module.efs_csi.uid = \"7\"",
        "# --uid",
        "module.efs_csi.storage_class_name = \"efs-sc\"",
        "# default",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
}
