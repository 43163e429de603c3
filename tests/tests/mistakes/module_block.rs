//! Mistakes in the inputs of a module.

use crate::support::{Case, expect, file, run};

/// Lines put into a module block that is right but for them.
pub(crate) const IN_THE_MODULE: &[Case] = &[
    (
        "subnet_id = \"subnet-1\"",
        &["`subnet_id` is not an input", "test.hcl:7:1", "did you mean `subnet_ids`?"],
    ),
    ("colour = \"red\"", &["`colour` is not an input", "test.hcl:7:1", "known here: aws_region"]),
    ("count = \"many\"", &["`count`", "test.hcl:7:9", ""]),
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
        &["names a directory that EFS does not take", "test.hcl:7:13", "begins with `.`"],
    ),
    ("base_path = \"/a/b/c/d\"", &["has 5 levels", "test.hcl:7:13", "leave levels out"]),
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
