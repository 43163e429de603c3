//! What IAM must allow the driver.

use network::Tags;
use serde_json::{Map, Value, json};

use crate::owner::OUR_PREFIX;

/// The tag by which the driver knows its access points, and its value (its
/// `pkg/driver/controller.go`).
pub(crate) const DRIVER_TAG: (&str, &str) = ("efs.csi.aws.com/cluster", "true");

/// The keys of all tags that the driver puts on access points.
fn keys(tags: &Tags) -> Vec<&str> {
    [DRIVER_TAG.0].into_iter().chain(tags.keys().map(String::as_str)).collect()
}

/// The statement that allows the driver to create access points with these tags. AWS's managed
/// `AmazonEFSCSIDriverPolicy` allows them where every key is the driver's own
/// (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEFSCSIDriverPolicy.html>;
/// aws-efs-csi-driver issues 1335 and 1921).
pub(crate) fn tagging(tags: &Tags) -> Value {
    json!({
        "Effect": "Allow",
        "Action": ["elasticfilesystem:CreateAccessPoint", "elasticfilesystem:TagResource"],
        "Resource": "*",
        "Condition": {
            "StringEquals": { (format!("aws:RequestTag/{}", DRIVER_TAG.0)): DRIVER_TAG.1 },
            "ForAllValues:StringEquals": { "aws:TagKeys": keys(tags) },
        },
    })
}

/// What a policy for the driver is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access<'a> {
    pub(crate) partition: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    /// The tags of access points.
    pub(crate) tags: &'a Tags,
    /// Whether a class has its access points made without any tag (`enable_tagging = false`).
    pub(crate) untagged: bool,
    /// Whether the nodes mount with IAM.
    pub(crate) mounts: bool,
}

/// The policy that the driver needs for a file system. An access point is known by the driver's
/// tag alone: IAM has no condition for the file system that it belongs to (Service Authorization
/// Reference, "Actions, resources, and condition keys for Amazon EFS").
pub(crate) fn document(access: &Access, file_system: &str) -> Value {
    let Access { partition, region, account, tags, untagged, mounts } = access;
    let arn =
        |resource: &str| format!("arn:{partition}:elasticfilesystem:{region}:{account}:{resource}");
    let (file_system, points) = (arn(&format!("file-system/{file_system}")), arn("access-point/*"));
    let (key, value) = DRIVER_TAG;
    let mut tagged = json!({
        "StringEquals": { (format!("aws:RequestTag/{key}")): value },
        "ForAllValues:StringEquals": { "aws:TagKeys": keys(tags) },
    });
    let create = tagged.clone();
    tagged["StringEquals"]["elasticfilesystem:CreateAction"] = "CreateAccessPoint".into();
    let ours = json!({ "StringEquals": { (format!("aws:ResourceTag/{key}")): value } });
    let mut statements = vec![
        json!({
            "Sid": "Describe",
            "Effect": "Allow",
            "Action": [
                "elasticfilesystem:DescribeAccessPoints",
                "elasticfilesystem:DescribeFileSystems",
                "elasticfilesystem:DescribeMountTargets",
                "ec2:DescribeAvailabilityZones",
            ],
            "Resource": "*",
        }),
        json!({
            "Sid": "Create",
            "Effect": "Allow",
            "Action": "elasticfilesystem:CreateAccessPoint",
            "Resource": file_system,
            "Condition": create,
        }),
        json!({
            "Sid": "TagNew",
            "Effect": "Allow",
            "Action": "elasticfilesystem:TagResource",
            "Resource": [file_system, points],
            "Condition": tagged,
        }),
        json!({
            "Sid": "OfDriver",
            "Effect": "Allow",
            "Action": ["elasticfilesystem:DeleteAccessPoint", "elasticfilesystem:TagResource"],
            "Resource": points,
            "Condition": ours,
        }),
    ];
    if *untagged {
        statements.extend(without_tags(&file_system, &points));
    }
    statements.extend(mounts.then(|| mounting(&file_system)));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// What the driver needs where it makes access points without any tag (`enableTagging: "false"`, its
/// `docs/parameters.md`): to make them on the file system, and to delete those that have neither its
/// tag nor ours. IAM tells them apart from others in the region by nothing else.
pub(crate) fn without_tags(file_system: &str, points: &str) -> [Value; 2] {
    let lacks = |key: &str| (format!("aws:ResourceTag/{key}"), Value::from("true"));
    let ours = format!("{OUR_PREFIX}managed-by");
    let none: Map<String, Value> = [lacks(DRIVER_TAG.0), lacks(&ours)].into_iter().collect();
    [
        json!({
            "Sid": "CreateUntagged",
            "Effect": "Allow",
            "Action": "elasticfilesystem:CreateAccessPoint",
            "Resource": file_system,
            "Condition": { "Null": { "aws:TagKeys": "true" } },
        }),
        json!({
            "Sid": "DeleteUntagged",
            "Effect": "Allow",
            "Action": "elasticfilesystem:DeleteAccessPoint",
            "Resource": points,
            "Condition": { "Null": none },
        }),
    ]
}

/// What nodes that mount with IAM need.
fn mounting(file_system: &str) -> Value {
    json!({
        "Sid": "Mount",
        "Effect": "Allow",
        "Action": [
            "elasticfilesystem:ClientMount",
            "elasticfilesystem:ClientWrite",
            "elasticfilesystem:ClientRootAccess",
        ],
        "Resource": file_system,
    })
}

/// Whether two policy documents mean the same: IAM reads a list with one element as that element,
/// the order of lists does not matter, and neither does how a number or a bool is written (IAM
/// User Guide, "Grammar of the IAM JSON policy language").
pub(crate) fn same(found: &Value, wanted: &Value) -> bool {
    normal(found) == normal(wanted)
}

/// A document written in one way out of all that mean the same.
pub(crate) fn normal(value: &Value) -> Value {
    match value {
        Value::Array(elements) => {
            let mut elements: Vec<Value> = elements.iter().map(normal).collect();
            elements.sort_by_key(Value::to_string);
            elements.dedup();
            match elements.as_slice() {
                [one] => one.clone(),
                _ => Value::Array(elements),
            }
        }
        Value::Object(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), normal(value))).collect())
        }
        Value::Bool(_) | Value::Number(_) => value.to_string().into(),
        Value::String(_) | Value::Null => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_compared_by_what_they_mean() {
        let wanted = json!({ "Action": ["a", "b"], "Resource": ["*"], "Bool": { "x": true } });
        let same_as = |found: Value| same(&found, &wanted);
        assert!(same_as(
            json!({ "Action": ["b", "a", "a"], "Resource": "*", "Bool": { "x": "true" } })
        ));
        assert!(!same_as(json!({ "Action": ["b"], "Resource": "*", "Bool": { "x": "true" } })));
        assert!(!same_as(
            json!({ "Action": ["a", "b"], "Resource": "*", "Bool": { "y": "true" } })
        ));
    }
}
