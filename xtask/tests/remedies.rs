//! What a message says to write is right when it is written.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;

use xshell::{Shell, cmd};

const PROGRAM: &str = env!("CARGO_BIN_EXE_xtask");

/// A deployment with these lines in its module block.
fn deployment(lines: &str) -> String {
    format!(
        "module \"efs_csi\" {{\n  source = \"./modules/csi/efs\"\n  aws_region = \"eu-west-1\"\n  \
         cluster_name = \"dev\"\n  subnet_ids = [\"subnet-00000001\"]\n  \
         security_group_id = \"sg-00000001\"\n{lines}\n}}\n"
    )
}

/// Runs `render` on a file in a folder: its exit code, and all that it prints.
fn render_in(folder: &Path, text: &str, args: &[&str]) -> (Option<i32>, String) {
    std::fs::write(folder.join("clockwork.hcl"), text).unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder);
    shell.set_var("NO_COLOR", "1");
    let ran = cmd!(shell, "{PROGRAM} render {args...}").quiet().ignore_status().output().unwrap();
    (ran.status.code(), String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap())
}

fn render(text: &str) -> (Option<i32>, String) {
    render_in(tempfile::tempdir().unwrap().path(), text, &[])
}

/// Checks that a text is refused for one mistake, with these words.
fn refused(text: &str, words: &[&str]) {
    let (code, said) = render(text);
    assert_eq!(code, Some(2), "{text}\n{said}");
    assert!(said.contains("1 mistake in"), "{text}\n{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in\n{said}");
    }
}

#[track_caller]
fn accepted(text: &str) -> String {
    let (code, said) = render(text);
    assert_eq!(code, Some(0), "{text}\n{said}");
    said
}

#[test]
fn a_variable_of_the_driver_is_written_with_two_dollars() {
    let lines = |pattern: &str| {
        deployment(&format!("  helm_chart_version = \"2.5.7\"\n  sub_path_pattern = \"{pattern}\""))
    };
    for pattern in ["${.PVC.name}", "a/${.PVC.namespace}/b", "$${.PV.name}/${.PVC.name}"] {
        refused(&lines(pattern), &["is not an expression", "write `$${.PVC.name"]);
    }
    let said = accepted(&lines("$${.PVC.namespace}/$${.PVC.name}"));
    assert!(said.contains("${.PVC.namespace}/${.PVC.name}"), "{said}");
}

#[test]
fn an_unknown_block_is_answered_with_the_form_of_the_right_one() {
    for (text, form) in [
        ("modules \"a\" {\n}\n", "did you mean `module \"NAME\" { … }`?"),
        ("variables {\n}\n", "did you mean `variable \"NAME\" { … }`?"),
        ("local {\n}\n", "did you mean `locals { … }`?"),
        (
            "efs {\n}\n",
            "a block `module \"NAME\"` with `source = \"./modules/csi/efs\"`, `aws_region`",
        ),
        ("resource \"a\" \"b\" {\n}\n", "with `source = \"./modules/csi/efs\"`"),
        ("data \"a\" \"b\" {\n}\n", "`module \"network\"` with `source = \"./modules/network\"`"),
    ] {
        refused(&format!("{text}{}", deployment("")), &[form]);
    }
    let followed = "variable \"a\" {\n  default = 1\n}\nlocals {\n  b = 1\n}\n\
                    module \"network\" {\n  source = \"./modules/network\"\n}\n";
    accepted(&format!("{followed}{}", deployment("")));
}

#[test]
fn a_mistake_in_a_file_of_values_is_one_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let declared = "variable \"n\" {\n  type = string\n}\n";
    let text = deployment("  namespace = var.n\n  base_path = \"/${var.n}\"");
    for (declaration, values) in [
        (declared, "n = upper(\"a\")\n"),
        (declared, "n = [\"a\"]\n"),
        (declared, "n = \"a\nb = 1\n"),
        (declared, "n = {\n"),
        // A variable that is set and not declared counts as declared.
        ("", "n = upper(\"a\")\n"),
        ("", "n = \n"),
    ] {
        std::fs::write(folder.path().join("v.tfvars"), values).unwrap();
        for args in [&["--var-file", "v.tfvars"][..], &["--var-file", "v.tfvars", "--explain"]] {
            let (code, said) = render_in(folder.path(), &format!("{declaration}{text}"), args);
            assert_eq!(code, Some(2), "{values}\n{said}");
            assert!(said.contains("1 mistake in"), "{declaration}{values}\n{said}");
        }
    }
}

#[test]
fn a_mistake_in_a_file_of_values_of_a_fleet_is_one_mistake() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("fleet")).unwrap();
    for name in ["a", "b"] {
        let text =
            deployment(&format!("  storage_class_name = \"efs-{name}\"\n  namespace = var.n"));
        let text = format!("variable \"n\" {{}}\n{text}");
        std::fs::write(folder.path().join(format!("fleet/{name}.hcl")), text).unwrap();
    }
    std::fs::write(folder.path().join("v.tfvars"), "n = upper(\"a\")\n").unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder.path());
    shell.set_var("NO_COLOR", "1");
    let ran = cmd!(shell, "{PROGRAM} deploy-efs --fleet fleet --manifests out --var-file v.tfvars");
    let ran = ran.quiet().ignore_status().output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("1 mistake in"), "{said}");
}

#[test]
fn types_have_their_articles() {
    let declared = "variable \"n\" {\n  type = object({ a = string })\n  default = 5\n}\n";
    refused(
        &format!("{declared}{}", deployment("")),
        &["this is not an object({ a = string })", "give an object({ a = string })"],
    );
}

#[test]
fn order_is_given_by_references_in_quotes_too() {
    let network = "module \"network\" {\n  source = \"./modules/network\"\n}\n";
    for depends_on in ["[module.network]", "[\"module.network\"]", "[]"] {
        accepted(&format!("{network}{}", deployment(&format!("  depends_on = {depends_on}"))));
    }
    for depends_on in ["module.network", "[\"network\"]", "[1]"] {
        let text = format!("{network}{}", deployment(&format!("  depends_on = {depends_on}")));
        refused(&text, &["`depends_on = [module.NAME]`"]);
    }
    refused(
        &format!("{network}{}", deployment("  depends_on = [\"module.networks\"]")),
        &["did you mean `network`?"],
    );
}

#[test]
fn a_remedy_that_quotes_the_file_has_no_control_character() {
    let messages = xtask::mistakes("Glm_\0\0${.PVC.n\0\u{1b}tame}");
    assert!(messages.iter().any(|message| message.contains("write `$${")), "{messages:?}");
    for message in messages {
        assert!(message.chars().all(|c| c == '\n' || !c.is_control()), "{message:?}");
    }
}
