//! Bad input: every case names the input, the place and the remedy, exits with
//! 2, and is found before anything is compiled or called.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::path::Path;

use tests::programs;
use xshell::{Shell, cmd};

/// A file around `body` that is right but for it.
fn file(body: &str) -> String {
    format!(
        "module \"efs_csi\" {{\n  source = \"./modules/csi/efs\"\n  aws_region = \"eu-west-1\"\n  \
         cluster_name = \"dev\"\n  subnet_ids = [\"subnet-00000001\"]\n  security_group_id = \"sg-00000001\"\n{body}\n}}\n"
    )
}

/// Runs a program that was copied to a place where nothing else is built.
fn run(folder: &Path, text: Option<&str>, args: &[&str]) -> (Option<i32>, String) {
    let config = folder.join("test.hcl");
    let debug = folder.join("target/debug");
    std::fs::create_dir_all(&debug).unwrap();
    let program = debug.join("xtask");
    if !program.exists() {
        std::fs::hard_link(programs().join("xtask"), &program)
            .or_else(|_| std::fs::copy(programs().join("xtask"), &program).map(drop))
            .unwrap();
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

/// What is written, and what the message must name: the input, the place, the remedy.
type Case = (&'static str, &'static [&'static str]);

/// Lines put into a module block that is right but for them.
const IN_THE_MODULE: &[Case] = &[
    (
        "subnet_id = \"subnet-1\"",
        &["`subnet_id` is not an input", "test.hcl:7:1", "did you mean `subnet_ids`?"],
    ),
    ("colour = \"red\"", &["`colour` is not an input", "test.hcl:7:1", "known here: aws_region"]),
    (
        "count = 2",
        &["several modules could be meant: `efs_csi[0]`, `efs_csi[1]`", "test.hcl", "--module"],
    ),
    ("for_each = [\"a\"]", &["`for_each` takes a map or a set", "test.hcl:7:12", "toset(LIST)"]),
    (
        "namespace = each.key",
        &["in a `module` block with `for_each` only", "test.hcl:7:13", "for_each = "],
    ),
    (
        "namespace = \"Kube_System\"",
        &["`Kube_System` is not a Kubernetes name", "test.hcl:7:13", "lower-case letters"],
    ),
    (
        "namespace = [\"a\"]",
        &[
            "`namespace` takes a string, and this is a list",
            "test.hcl:7:13",
            "namespace = \"text\"",
        ],
    ),
    ("storage_class_name = \"a..b\"", &["`a..b` is not a Kubernetes name", "test.hcl:7:22", "253"]),
    (
        "storage_class_name = \"efs_sc\"",
        &["`efs_sc` is not a Kubernetes name", "test.hcl:7:22", "253"],
    ),
    (
        "helm_chart_version = \"v2.4.5\"",
        &["`v2.4.5` is not a chart version", "test.hcl:7:22", "no `v`"],
    ),
    (
        "helm_chart_version = \">= 2.4\"",
        &["is not a chart version", "test.hcl:7:22", "exact version"],
    ),
    (
        "helm_chart_version = \"2.4.4\"",
        &["chart 2.4.4 is older than 2.4.5", "test.hcl:7:22", "from 2.4.5 on"],
    ),
    (
        "driver_role_arn = \"efs-csi\"",
        &["`efs-csi` is not the ARN of an IAM role", "test.hcl:7:19", "arn:aws:iam::"],
    ),
    ("encrypted = \"yes\"", &["`encrypted` takes a bool", "test.hcl:7:13", "encrypted = true"]),
    ("kms_key_id = \"key-1\"", &["`key-1` names no KMS key", "test.hcl:7:14", "alias/NAME"]),
    (
        "encrypted = false\nkms_key_id = \"alias/x\"",
        &["`kms_key_id` is given and `encrypted` is false", "test.hcl:8:14", "leave one"],
    ),
    (
        "performance_mode = \"maxio\"",
        &[
            "`maxio` is not one of `generalPurpose`, `maxIO`",
            "test.hcl:7:20",
            "did you mean `maxIO`?",
        ],
    ),
    (
        "performance_mode = \"maxIO\"",
        &["`maxIO` excludes elastic throughput", "test.hcl:7:20", "bursting"],
    ),
    ("throughput_mode = \"fast\"", &["`fast` is not one of", "test.hcl:7:19", "write one of them"]),
    (
        "throughput_mode = \"provisioned\"",
        &["no throughput is given", "test.hcl:1:1", "set `provisioned_throughput_in_mibps`"],
    ),
    (
        "provisioned_throughput_in_mibps = 10",
        &["`throughput_mode` is elastic", "test.hcl:7:35", "throughput_mode = \"provisioned\""],
    ),
    (
        "throughput_mode = \"provisioned\"\nprovisioned_throughput_in_mibps = 4000",
        &["4000 MiB/s is not between 1 and 3414", "test.hcl:8:35", "in that range"],
    ),
    (
        "file_system_id = \"fs-xyz\"",
        &["`fs-xyz` is not a file system id", "test.hcl:7:18", "fs-0123456789abcdef0"],
    ),
    (
        "file_system_id = \"fs-0123abcd\"\nencrypted = true",
        &[
            "`encrypted` is given, and `file_system_id` adopts",
            "test.hcl:8:13",
            "leave out `encrypted`",
        ],
    ),
    (
        "nfs_client_cidr = \"10.0.0.1/16\"",
        &["has address bits behind its prefix", "test.hcl:7:19", "write `10.0.0.0/16`"],
    ),
    (
        "nfs_client_cidr = \"ten\"",
        &["`ten` is not an address range", "test.hcl:7:19", "CIDR notation"],
    ),
    (
        "nfs_client_security_group_id = \"sg-1\"",
        &["`sg-1` is not a security group id", "test.hcl:7:32", "sg-0123456789abcdef0"],
    ),
    (
        "directory_perms = \"rwx\"",
        &["`rwx` is not a set of POSIX permissions", "test.hcl:7:19", "octal"],
    ),
    (
        "directory_perms = \"800\"",
        &["`800` is not a set of POSIX permissions", "test.hcl:7:19", "octal"],
    ),
    ("uid = -1", &["-1 is not a whole number", "test.hcl:7:7", "in that range"]),
    ("gid = 1.5", &["1.5 is not a whole number", "test.hcl:7:7", "in that range"]),
    ("uid = \"root\"", &["`uid` takes a number", "test.hcl:7:7", "uid = 1001"]),
    (
        "gid_range_start = 1000",
        &["`gid_range_start` is given without `gid_range_end`", "test.hcl:7:19", "both ends"],
    ),
    (
        "gid_range_end = 1000",
        &["`gid_range_end` is given without `gid_range_start`", "test.hcl:7:17", "both ends"],
    ),
    (
        "gid_range_start = 9\ngid_range_end = 5",
        &["ends at 5, which is not after 9", "test.hcl:8:17", "above `gid_range_start`"],
    ),
    (
        "base_path = \"graphs\"",
        &["`graphs` is not an absolute path", "test.hcl:7:13", "/graphscope"],
    ),
    (
        "base_path = \"/a/../b\"",
        &["has `.`, `..` or a control character", "test.hcl:7:13", "/graphscope"],
    ),
    ("base_path = \"/a/b/c/d\"", &["over 3 levels", "test.hcl:7:13", "at most 3 levels"]),
    ("sub_path_pattern = \"x\"", &["would ignore `subPathPattern`", "test.hcl:7:20", "2.5.0"]),
    (
        "ensure_unique_directory = true",
        &["would ignore `ensureUniqueDirectory`", "test.hcl:7:27", "2.5.0"],
    ),
    ("reuse_access_point = true", &["would ignore `reuseAccessPoint`", "test.hcl:7:22", "2.5.0"]),
    (
        "helm_chart_version = \"2.5.0\"\nsub_path_pattern = \"$${.PVC.uid}\"",
        &["does not know the variable `${.PVC.uid}`", "test.hcl:8:20", "`${.PVC.name}`"],
    ),
    (
        "reclaim_policy = \"Recycle\"",
        &["`Recycle` is not one of `Delete`, `Retain`", "test.hcl:7:18", "write one of them"],
    ),
    (
        "volume_binding_mode = \"WaitForConsumer\"",
        &["is not one of", "test.hcl:7:23", "did you mean `WaitForFirstConsumer`?"],
    ),
    (
        "mount_options = [\"iam,tls\"]",
        &["`iam,tls` is not one mount option", "test.hcl:7:17", "its own element"],
    ),
    (
        "mount_options = \"iam\"",
        &["`mount_options` takes a list(string)", "test.hcl:7:17", "[\"a\", \"b\"]"],
    ),
    (
        "tags = { \"aws:x\" = \"y\" }",
        &["the tag key `aws:x` is reserved", "test.hcl:7:8", "neither `aws:`"],
    ),
    ("tags = { x = \"a;b\" }", &["the value of the tag `x`", "test.hcl:7:8", "at most 256"]),
    (
        "tags = { for i in range(60) : \"k${i}\" => \"v\" }",
        &["60 tags are too many", "test.hcl:7:8", "at most 46"],
    ),
    (
        "storage_class_labels = { \"a b\" = \"c\" }",
        &["`a b` is not a Kubernetes label key", "test.hcl:7:24", "63 letters"],
    ),
    (
        "storage_class_labels = { \"app.kubernetes.io/managed-by\" = \"me\" }",
        &["is set by Clockwork Codex", "test.hcl:7:24", "leave it out"],
    ),
    (
        "storage_class_annotations = { \"storageclass.kubernetes.io/is-default-class\" = \"true\" }",
        &["is set by `default_storage_class`", "test.hcl:7:29", "default_storage_class = true"],
    ),
    (
        "namespace = var.spaces",
        &["the variable `spaces` is not declared", "test.hcl:7:13", "--var spaces=VALUE"],
    ),
    ("namespace = local.space", &["there is no local `space`", "test.hcl:7:13", "local"]),
    (
        "namespace = module.net.vpc_id",
        &["there is no `module \"net\"`", "test.hcl:7:13", "efs_csi"],
    ),
    (
        "namespace = module.efs_csi.file_system_id",
        &["refers to itself", "test.hcl:7:13", "another module"],
    ),
    ("namespace = data.x.y", &["`data` refers to nothing", "test.hcl:7:13", "var"]),
    (
        "namespace = storage",
        &["`storage` refers to nothing", "test.hcl:7:13", "the text \"storage\""],
    ),
    (
        "namespace = lowr(\"A\")",
        &["there is no function `lowr`", "test.hcl:7:13", "did you mean `lower`?"],
    ),
    ("namespace = file(\"x\")", &["`x` cannot be read", "test.hcl:7:13", "correct"]),
    (
        "namespace = file(\"../x\")",
        &["outside of the deployment's folder", "test.hcl:7:13", "below it"],
    ),
    ("namespace = \"a-${null}\"", &["a text cannot hold null", "test.hcl:7:18", "coalesce"]),
    (
        "namespace = \"a-${[\"b\"]}\"",
        &["a text holds strings, numbers and bools only", "test.hcl:7:18", "join"],
    ),
    (
        "namespace = upper(\"a\", \"b\")",
        &["`upper()` takes 1 argument, and 2 are given", "test.hcl:7:13", "upper(STRING)"],
    ),
    ("namespace = sensitive(\"a\")", &["this is a secret", "test.hcl:7:13", "nonsensitive(VALUE)"]),
    (
        "namespace = timestamp()",
        &["the function `timestamp` is refused", "test.hcl:7:13", "same in every run"],
    ),
    (
        "namespace = element([], 0)",
        &["the list is empty", "test.hcl:7:13", "correct the expression"],
    ),
    (
        "namespace = upper(\"x\")[0]",
        &["a string has no elements", "test.hcl:7:24", "correct the expression"],
    ),
    ("uid = 1 / 0", &["divides by zero", "test.hcl:7:7", "correct the expression"]),
    ("namespace = ", &["this is not HCL", "test.hcl:7", "NAME = VALUE"]),
];

#[test]
fn mistakes_in_the_module_block() {
    let folder = tempfile::tempdir().unwrap();
    for (body, named) in IN_THE_MODULE {
        expect(&run(folder.path(), Some(&file(body)), &[]), body, named);
    }
}

fn expect((code, said): &(Option<i32>, String), what: &str, named: &[&str]) {
    assert_eq!(*code, Some(2), "{what}\n{said}");
    for part in named {
        assert!(said.contains(part), "{what}: {part:?} is not in\n{said}");
    }
}

/// Whole files.
const FILES: &[Case] = &[
    ("", &["the file has no module of `./modules/csi/efs`", "test.hcl", "module \"efs_csi\""]),
    (
        "resource \"aws_efs\" \"x\" {}",
        &["`resource` is not a block", "test.hcl:1:1", "./modules/csi/efs"],
    ),
    ("cluster \"x\" {}", &["`cluster` is not a block", "test.hcl:1:1", "source = "]),
    ("modul \"x\" {}", &["`modul` is not a block", "test.hcl:1:1", "did you mean `module`?"]),
    ("region = \"x\"", &["`region` stands outside of any block", "test.hcl:1:1", "put it into"]),
    ("module {}", &["has one label", "test.hcl:1:1", "module \"NAME\""]),
    ("locals \"x\" {}", &["`locals` block has no label", "test.hcl:1:1", "locals {"]),
    ("module \"x\" {}", &["the module `x` has no `source`", "test.hcl:1:1", "source = "]),
    (
        "module \"x\" {\n  source = \"./modules/efs\"\n}",
        &["there is no module at `./modules/efs`", "test.hcl:2:12", "./modules/csi/efs"],
    ),
    (
        "variable \"x\" {\n  type = strng\n  default = 1\n}",
        &["`strng` is not a type", "test.hcl:2:10", "did you mean `string`?"],
    ),
    (
        "variable \"x\" {\n  defualt = 1\n}",
        &["`defualt` is not an attribute of a variable", "test.hcl:2:3", "did you mean `default`?"],
    ),
    (
        "variable \"x\" {\n  type = number\n  default = \"many\"\n}",
        &["this is not a number", "test.hcl:3:13", "give a number"],
    ),
    ("variable \"x\" {}", &["the variable `x` has no value", "test.hcl:1:1", "CLOCKWORK_VAR_x"]),
    (
        "variable \"x\" {\n  default = 1\n}\nvariable \"x\" {\n  default = 2\n}",
        &["declared twice", "test.hcl:4:1", "keep one"],
    ),
    (
        "locals {\n  a = local.b\n  b = local.a\n}",
        &["the local `a` depends on itself", "test.hcl:2:7", "circle"],
    ),
    (
        "module \"a\" {\n  source = \"./modules/csi/efs\"\n}\nmodule \"b\" {\n  source = \"./modules/csi/efs\"\n}",
        &["several modules could be meant: `a`, `b`", "test.hcl", "--module"],
    ),
    (
        "module \"efs_csi\" {\n  source = \"./modules/csi/efs\"\n}",
        &[
            "`aws_region` is required",
            "`cluster_name` is required",
            "`subnet_ids` is required",
            "`security_group_id` is required",
            "--subnet-ids",
        ],
    ),
];

#[test]
fn mistakes_in_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    for (text, named) in FILES {
        expect(&run(folder.path(), Some(text), &[]), text, named);
    }
}

/// A file that refers to a network.
fn with_network(subnets: &str, network: &str) -> String {
    format!(
        "module \"network\" {{\n  source = \"./modules/network\"\n{network}\n}}\nmodule \"efs_csi\" {{\n  source = \"./modules/csi/efs\"\n  \
         aws_region = \"eu-west-1\"\n  cluster_name = \"dev\"\n  security_group_id = module.network.security_group_id\n  subnet_ids = {subnets}\n}}\n"
    )
}

#[test]
fn mistakes_with_the_network_module() {
    let folder = tempfile::tempdir().unwrap();
    for (subnets, network, named) in [
        (
            "module.network.private_subnet",
            "",
            &[
                "has no output `private_subnet`",
                "test.hcl:10:16",
                "did you mean `private_subnets`?",
            ][..],
        ),
        (
            "module.network.private_subnets[0]",
            "",
            &["known only after the network was observed", "test.hcl:10:16", "pass it on whole"],
        ),
        (
            "slice(module.network.private_subnets, 0, 2)",
            "",
            &["`slice()` needs it before", "test.hcl:10:22", "pass it on whole"],
        ),
        ("[module.network.vpc_id]", "", &["part of a larger value", "test.hcl:10:16", "by itself"]),
        (
            "module.network.security_group_id",
            "",
            &[
                "cannot take `module.network.security_group_id`",
                "test.hcl:10:16",
                "private_subnets",
            ],
        ),
        (
            "module.network.private_subnets",
            "  vpc_id = \"vpc-1\"",
            &["`vpc-1` is not a VPC id", "test.hcl:3:12", "vpc-0123456789abcdef0"],
        ),
        (
            "module.network.private_subnets",
            "  aws_region = \"eu-west-2\"",
            &["the network is in `eu-west-2`", "test.hcl:3:16", "same region"],
        ),
        (
            "module.network.private_subnets",
            "  cluster = \"x\"",
            &[
                "`cluster` is not an input of `./modules/network`",
                "test.hcl:3:3",
                "did you mean `cluster_name`?",
            ],
        ),
    ] {
        let text = with_network(subnets, network);
        expect(&run(folder.path(), Some(&text), &[]), &text, named);
    }
}

#[test]
fn mistakes_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let right = file("");
    for (args, named) in [
        (
            &["--aws-region", "eu-west-1a"][..],
            &["is an Availability Zone", "--aws-region", "`eu-west-1`"][..],
        ),
        (
            &["--aws-region", "Frankfurt"],
            &["`Frankfurt` is not an AWS region", "--aws-region", "eu-west-1"],
        ),
        (
            &["--cluster-name", "a/b"],
            &["`a/b` is not an EKS cluster name", "--cluster-name", "hyphens"],
        ),
        (
            &["--subnet-ids", "subnet-00000001,subnet-00000001"],
            &["given more than once", "--subnet-ids", "once"],
        ),
        (
            &["--subnet-ids", "subnet-1,vpc-00000001"],
            &["`subnet-1` is not a subnet id", "`vpc-00000001` is not a subnet id", "--subnet-ids"],
        ),
        (
            &["--security-group-id", "default"],
            &["`default` is not a security group id", "--security-group-id", "sg-"],
        ),
        (&["--tags", "team"], &["`team` is not an entry of a map", "--tags", "KEY=VALUE"]),
        (&["--tags", "a=b,c"], &["`c` is not an entry of a map", "--tags", "--var 'tags={"]),
        (&["--uid", "many"], &["`uid` takes a number", "--uid", "uid = 1001"]),
        (&["--var", "namespace"], &["`namespace` sets no variable", "--var", "NAME=VALUE"]),
        (
            &["--var", "namspace=x"],
            &[
                "there is no variable or input `namspace`",
                "--var namspace",
                "did you mean `namespace`?",
            ],
        ),
        (
            &["--var", "namespace=A"],
            &["`A` is not a Kubernetes name", "--var namespace", "lower-case"],
        ),
        (
            &["--var-file", "none.tfvars"],
            &["the file cannot be read", "--var-file none.tfvars", "check its path"],
        ),
        (
            &["--module", "efs"],
            &["there is no `module \"efs\"`", "--module efs", "did you mean `efs_csi`?"],
        ),
        (&["--subnet-idss", "x"], &["--subnet-idss", "--subnet-ids"]),
        (&["--timeout", "soon"], &["--timeout", "soon"]),
        (&["--endpoint-url", "localhost:4566"], &["--endpoint-url"]),
        (&["--output", "yaml"], &["--output", "json"]),
    ] {
        expect(&run(folder.path(), Some(&right), args), &format!("{args:?}"), named);
    }
    let long = "a".repeat(101);
    expect(
        &run(folder.path(), Some(&right), &["--cluster-name", &long]),
        "long",
        &["at most 100 characters", "--cluster-name", "list-clusters"],
    );
}

#[test]
fn a_file_that_cannot_be_read_is_a_mistake_too() {
    let folder = tempfile::tempdir().unwrap();
    let named = ["the file cannot be read", "none.hcl", "another with `--config`"];
    expect(&run(folder.path(), None, &["--config", "none.hcl"]), "none.hcl", &named);
}

#[test]
fn mistakes_in_files_of_variables_and_in_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let right = file("");
    for (text, named) in [
        ("namespace = var.x", &["this is no value", "vars.hcl:1:13", "literal"][..]),
        ("x {}", &["has no blocks", "vars.hcl:1:1", "NAME = VALUE"]),
        ("uid = [1]", &["`uid` takes a number", "vars.hcl:1:7", "uid = 1001"]),
    ] {
        std::fs::write(folder.path().join("vars.hcl"), text).unwrap();
        expect(&run(folder.path(), Some(&right), &["--var-file", "vars.hcl"]), text, named);
    }
    let variable = format!("variable \"n\" {{\n  type = number\n}}\n{}", file("uid = var.n"));
    expect(
        &run(folder.path(), Some(&variable), &["--var", "n=some"]),
        "n",
        &["`some` is not a number", "--var n", "give a number"],
    );
    let checked = format!(
        "variable \"n\" {{\n  default = 5\n  validation {{\n    condition = var.n > 10\n    error_message = \"n is small\"\n  }}\n}}\n{}",
        file("uid = var.n")
    );
    expect(
        &run(folder.path(), Some(&checked), &[]),
        "validation",
        &["n is small", "test.hcl:1:1", "another value"],
    );
}

#[test]
fn every_mistake_of_a_file_is_told_in_one_run_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("reigon = 1\n{}", file("namspace = \"x\"\nuid = -1\nnamespace = var.space"));
    let (code, said) = run(folder.path(), Some(&text), &["--gid", "x"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("5 mistakes in the input"), "{said}");
    assert!(said.contains("namspace = \"x\""), "the offending line is shown: {said}");
}

#[test]
fn there_are_at_least_sixty_cases() {
    assert!(IN_THE_MODULE.len() + FILES.len() >= 60, "{} and {}", IN_THE_MODULE.len(), FILES.len());
}
