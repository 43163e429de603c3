//! The value of a variable with `sensitive = true` is in no message, whatever fails.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;

use xshell::{Shell, cmd};

const PROGRAM: &str = env!("CARGO_BIN_EXE_xtask");
const VALUE: &str = "hush-hush";

/// A deployment with a sensitive variable `s` of a type, and an expression with it.
fn deployment(of: &str, expression: &str) -> String {
    format!(
        "variable \"s\" {{\n  type = {of}\n  sensitive = true\n}}\nlocals {{\n  l = {expression}\n}}\n\
         module \"efs_csi\" {{\n  source = \"./modules/csi/efs\"\n  aws_region = \"eu-west-1\"\n  \
         cluster_name = \"dev\"\n  subnet_ids = [\"subnet-00000001\"]\n  security_group_id = \"sg-00000001\"\n  \
         storage_class_annotations = {{ \"example.com/l\" = local.l }}\n}}\n"
    )
}

/// Everything that `render` prints, for a file that has a mistake.
fn refused(folder: &Path, text: &str, args: &[&str]) -> String {
    std::fs::write(folder.join("clockwork.hcl"), text).unwrap();
    let shell = Shell::new().unwrap();
    shell.change_dir(folder);
    shell.set_var("NO_COLOR", "1");
    let ran = cmd!(shell, "{PROGRAM} render {args...}").quiet().ignore_status().output().unwrap();
    let all = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{text}\n{all}");
    assert!(all.contains("mistake"), "{text}\n{all}");
    all
}

/// Checks that each expression is refused with a message of its own, without the value.
fn check(of: &str, value: &str, cases: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.tpl"), "x ${parseint(a, 10)}\n").unwrap();
    for (expression, part) in cases {
        let set = format!("s={value}");
        let all = refused(folder.path(), &deployment(of, expression), &["--var", &set]);
        assert!(!all.contains(VALUE), "{expression} shows the value:\n{all}");
        assert!(all.contains(part), "{expression}: {part:?} is not in\n{all}");
    }
}

#[test]
fn functions_refuse_a_sensitive_argument_without_it() {
    let call = |name: &str| format!("`{name}()` refuses its arguments; one of them is sensitive");
    for (name, expression) in [
        ("cidrhost", "cidrhost(var.s, 1)"),
        ("cidrsubnet", "cidrsubnet(\"${var.s}/8\", 1, 1)"),
        ("file", "file(var.s)"),
        ("filebase64", "filebase64(var.s)"),
        ("fileset", "fileset(\".\", \"[${var.s}\")"),
        ("parseint", "parseint(var.s, 10)"),
        ("timeadd", "timeadd(var.s, \"1h\")"),
        ("timeadd", "timeadd(\"2026-01-01T00:00:00Z\", var.s)"),
        ("formatdate", "formatdate(var.s, \"x\")"),
        ("uuidv5", "uuidv5(var.s, \"x\")"),
        ("regex", "regex(\"${var.s}[\", \"a\")"),
        ("regex", "regex(\"[0-9]+\", var.s)"),
        ("lookup", "lookup({ a = 1 }, var.s)"),
        ("index", "index([\"a\"], var.s)"),
        ("textencodebase64", "textencodebase64(\"a\", var.s)"),
        ("base64decode", "base64decode(var.s)"),
        ("csvdecode", "csvdecode(\"${var.s},${var.s}\\n\")"),
        ("csvdecode", "csvdecode(\"a,a\\n${var.s},\")"),
        ("yamldecode", "yamldecode(\"a: *${var.s}\")"),
        ("jsondecode", "jsondecode(\"{${var.s}}\")"),
        ("format", "format(\"%d\", var.s)"),
        ("tonumber", "tonumber(var.s)"),
        ("tonumber", "try(tonumber(var.s))"),
        ("abs", "abs(var.s)"),
        // A part of an argument counts as well.
        ("join", "join(\",\", [var.s, []])"),
        ("file", "[for name in [var.s]: file(name)]"),
    ] {
        check("string", VALUE, &[(expression, &call(name))]);
    }
}

#[test]
fn a_template_with_a_sensitive_path_or_text_is_refused_without_it() {
    check(
        "string",
        VALUE,
        &[("templatefile(var.s, {})", "`templatefile()` cannot use its template")],
    );
    let text = "${hush-hush}";
    check(
        "string",
        text,
        &[("templatestring(var.s, {})", "`templatestring()` cannot use its template")],
    );
    check(
        "string",
        "a ${ hush-hush",
        &[("templatestring(var.s, {})", "`templatestring()` cannot use its template")],
    );
}

#[test]
fn indexes_keys_and_elements_are_refused_without_the_value() {
    let element = "an element of the sensitive collection";
    check(
        "string",
        VALUE,
        &[
            ("{ a = 1 }[var.s]", "the index or the collection is sensitive"),
            ("[1][var.s]", "the index or the collection is sensitive"),
            ("{ (var.s) = 1 }[\"q\"]", "the index or the collection is sensitive"),
            ("{ (var.s) = 1 }.hush-hus", "there is no attribute or key `hush-hus`"),
            ("{ (var.s) = 1 }.q", "there is no attribute or key `q`"),
            ("tomap({ (var.s) = 1 }).x", "there is no attribute or key `x`"),
            ("keys({ (var.s) = 1 })[3]", "the index or the collection is sensitive"),
            ("zipmap([var.s], [\"a\"]).hush-hus", "there is no attribute or key `hush-hus`"),
            ("{ for x in [1, 2]: var.s => x }", "the same key, which is sensitive"),
            ("{ for x in split(\",\", \"${var.s},${var.s}\"): x => 1 }", "sensitive"),
            ("[for x in split(\",\", var.s): parseint(x, 10)]", element),
            ("\"%{ for x in split(\",\", var.s) }${parseint(x, 10)}%{ endfor }\"", element),
            ("[for x in split(\",\", var.s): { (x) = 1 }.hush-hus]", element),
        ],
    );
    let map = "{ a = \"hush-hush\" }";
    check("map(string)", map, &[("templatefile(\"t.tpl\", var.s)", "`parseint()` refuses")]);
    let map = "{ hush-hush = \"hush-hush\" }";
    check(
        "map(string)",
        map,
        &[
            ("var.s[\"nope\"]", "the index or the collection is sensitive"),
            ("var.s.hush-hus", "there is no attribute or key `hush-hus`"),
            ("tomap({ a = var.s, b = {} }).a.hush-hus", "there is no attribute or key `hush-hus`"),
            ("[var.s][*].hush-hus", "there is no attribute or key `hush-hus`"),
            ("sensitive([nonsensitive(var.s)])[*].hush-hus", "an element of this sensitive list"),
        ],
    );
}

#[test]
fn a_public_value_stays_in_messages_beside_a_sensitive_variable() {
    let folder = tempfile::tempdir().unwrap();
    for (expression, part) in [
        ("parseint(\"open\", 10)", "open"),
        ("{ open = 1 }.opem", "did you mean `open`?"),
        ("parseint(nonsensitive(var.s), 10)", VALUE),
    ] {
        let text = deployment("string", expression);
        let all = refused(folder.path(), &text, &["--var", "s=hush-hush"]);
        let messages: Vec<&str> = all.lines().filter(|line| !line.contains('|')).collect();
        assert!(messages.concat().contains(part), "{part:?} is not in\n{all}");
    }
}

#[test]
fn a_mistake_in_a_file_of_values_shows_its_line_only_of_public_variables() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, part) in [
        ("v.tfvars", "s = \"hush-hush\n", "v.tfvars:"),
        ("v.tfvars", "\ns = [\"hush-hush\"\n", "this is not HCL"),
        ("v.tfvars", "\ns = hush-hush\n", "v.tfvars:2"),
        ("v.tfvars", "s = \"${.hush-hush}\"\n", "this is not HCL"),
        ("v.tfvars", "s = hush-hush(1)\n", "this is not a literal value"),
        ("v.tfvars", "s = parseint(\"hush-hush\", 10)\n", "v.tfvars:1"),
        ("v.tfvars", "s { x = \"hush-hush\" }\ns = \"\"\n", "has no blocks"),
        ("v.tfvars", "s = [\"hush-hush\"]\n", "v.tfvars:1"),
        ("v.tfvars.json", "{\"s\": \"hush-hush\" \"x\"}\n", "not a JSON object"),
        ("v.tfvars.json", "{\"s\": [\"hush-hush\"]}\n", "is not a string"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
        let all = refused(folder.path(), &deployment("string", "\"x\""), &["--var-file", name]);
        assert!(!all.contains(VALUE), "{text} shows the value:\n{all}");
        assert!(all.contains(part), "{text}: {part:?} is not in\n{all}");
    }
    let public = deployment("string", "\"x\"").replace("  sensitive = true\n", "");
    for text in ["s = open-open\n", "s = [\"open-open\"\n"] {
        std::fs::write(folder.path().join("v.tfvars"), text).unwrap();
        let all = refused(folder.path(), &public, &["--var-file", "v.tfvars"]);
        assert!(all.contains("open-open"), "{all}");
    }
}

#[test]
fn a_wrong_flag_or_default_is_refused_without_the_value() {
    let folder = tempfile::tempdir().unwrap();
    for (of, value) in [
        ("map(number)", "{ a = \"hush-hush\" }"),
        ("map(number)", "{ hush-hush = \"a\" }"),
        ("set(number)", "[\"hush-hush\"]"),
        ("list(string)", "[\"hush-hush\""),
        ("number", "\"hush-hush\""),
        ("number", "\"hush-hush"),
        ("number", "hush-hush x"),
        ("number", "hush-hush"),
        ("number", "parseint(\"hush-hush\", 10)"),
        ("number", "hush-hush(1)"),
        ("list(string)", "[\"${.hush-hush}\"]"),
    ] {
        let text = deployment(of, "\"x\"");
        let all = refused(folder.path(), &text, &["--var", &format!("s={value}")]);
        assert!(!all.contains(VALUE), "{of} {value}\n{all}");
        let default = format!("sensitive = true\n  default = {value}\n");
        let all = refused(folder.path(), &text.replace("sensitive = true\n", &default), &[]);
        assert!(!all.contains(VALUE), "default {of} {value}\n{all}");
        assert!(all.contains("clockwork.hcl:"), "{all}");
    }
}
