//! Mistakes in flags.

use crate::support::{expect, file, run};

/// Flags, and what the message must name: the flag, the value, the remedy.
const FLAGS: &[(&[&str], &[&str])] = &[
    (&["--aws-region", "eu-west-1a"], &["is an Availability Zone", "--aws-region", "`eu-west-1`"]),
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
    (&["--tags", "a=b,c"], &["`c` is not an entry of a map", "--tags", "AWS takes no comma"]),
    (
        &["--storage-class-labels", "a=b,c"],
        &["`c` is not an entry of a map", "Kubernetes takes no comma"],
    ),
    (
        &["--storage-class-annotations", "a=b,c"],
        &["`c` is not an entry of a map", "--var 'storage_class_annotations={"],
    ),
    (
        &["--aws-account-id", "1111"],
        &["`1111` is not the id of an AWS account", "--aws-account-id"],
    ),
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
    (&["--var", "namespace=A"], &["`A` is not a Kubernetes name", "--var namespace", "lower-case"]),
    (
        &["--var-file", "none.tfvars"],
        &["the file cannot be read", "--var-file none.tfvars", "check its path"],
    ),
    (
        &["--module", "efs"],
        &["there is no `module \"efs\"`", "--module efs", "the file has `efs_csi`"],
    ),
    (&["--subnet-idss", "x"], &["--subnet-idss", "--subnet-ids"]),
    (&["--timeout", "soon"], &["--timeout", "soon"]),
    (&["--endpoint-url", "localhost:4566"], &["--endpoint-url"]),
    (&["--output", "yaml"], &["--output", "json"]),
];

#[test]
fn mistakes_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let right = file("");
    for (args, named) in FLAGS {
        expect(&run(folder.path(), Some(&right), args), &format!("{args:?}"), named);
    }
    let long = "a".repeat(101);
    expect(
        &run(folder.path(), Some(&right), &["--cluster-name", &long]),
        "long",
        &["at most 100 characters", "--cluster-name", "list-clusters"],
    );
}
