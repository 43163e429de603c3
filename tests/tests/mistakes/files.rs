//! Mistakes in deployment files, in files of variables, and in what refers to the network.

use crate::support::{Case, expect, file, run};

/// Whole files.
pub(crate) const FILES: &[Case] = &[
    ("", &["the file has no module of `./modules/csi/efs`", "test.hcl", "module \"efs_csi\""]),
    (
        "resource \"aws_efs\" \"x\" {}",
        &["`resource` is not a block", "test.hcl:1:1", "./modules/csi/efs"],
    ),
    ("cluster \"x\" {}", &["`cluster` is not a block", "test.hcl:1:1", "source = "]),
    (
        "modul \"x\" {}",
        &["`modul` is not a block", "test.hcl:1:1", "did you mean `module \"NAME\" { … }`?"],
    ),
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
        ("namespace = var.x", &["this is not a literal value", "vars.hcl:1:13", "literal"][..]),
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
fn every_mistake_of_a_file_is_reported_in_one_run_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("reigon = 1\n{}", file("namspace = \"x\"\nuid = -1\nnamespace = var.space"));
    let (code, said) = run(folder.path(), Some(&text), &["--gid", "x"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("5 mistakes in the input"), "{said}");
    assert!(said.contains("namspace = \"x\""), "the offending line is shown: {said}");
}
