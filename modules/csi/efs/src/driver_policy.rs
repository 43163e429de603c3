//! What IAM must allow the driver.

use network::Tags;
use serde_json::{Value, json};

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
