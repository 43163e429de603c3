//! Running `xtask` with input that is wrong, and what its messages must name.

use std::path::Path;

use tests::programs;
use xshell::{Shell, cmd};

/// What is written, and what the message must name: the input, the place, the remedy.
pub(crate) type Case = (&'static str, &'static [&'static str]);

/// A file around `body` that is right but for it.
pub(crate) fn file(body: &str) -> String {
    format!(
        "module \"efs_csi\" {{\n  source = \"./modules/csi/efs\"\n  aws_region = \"eu-west-1\"\n  \
         cluster_name = \"dev\"\n  subnet_ids = [\"subnet-00000001\"]\n  security_group_id = \"sg-00000001\"\n{body}\n}}\n"
    )
}

/// Runs a program that was copied to a place where nothing else is built.
pub(crate) fn run(folder: &Path, text: Option<&str>, args: &[&str]) -> (Option<i32>, String) {
    let config = folder.join("test.hcl");
    let debug = folder.join("target/debug");
    std::fs::create_dir_all(&debug).unwrap();
    let program = debug.join("xtask");
    if !program.exists() {
        tests::copy_program(&programs().join("xtask"), &program);
    }
    let mut all = vec!["deploy-efs".to_owned(), "--sandbox".to_owned()];
    if let Some(text) = text {
        std::fs::write(&config, text).unwrap();
        all.extend(["--config".to_owned(), "test.hcl".to_owned()]);
    }
    all.extend(args.iter().map(|arg| (*arg).to_owned()));
    let shell = Shell::new().unwrap();
    shell.change_dir(folder);
    shell.set_var("CARGO_MANIFEST_DIR", folder.join("xtask"));
    shell.set_var("NO_COLOR", "1");
    shell.set_var("CARGO", "/does/not/exist/so/that/nothing/can/be/compiled");
    let output = cmd!(shell, "{program} {all...}").quiet().ignore_status().output().unwrap();
    assert!(!debug.join("live").exists(), "live was compiled");
    assert!(!folder.join("target/sandbox").exists(), "the sandbox was called");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "",
        "nothing but results on standard output"
    );
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

pub(crate) fn expect((code, said): &(Option<i32>, String), what: &str, named: &[&str]) {
    assert_eq!(*code, Some(2), "{what}\n{said}");
    for part in named {
        assert!(said.contains(part), "{what}: {part:?} is not in\n{said}");
    }
}
