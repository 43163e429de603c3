//! What EKS's operations need.

use serde_json::Value;

use super::need::{Action, Need, action, row};
use crate::authorization::context::Context as Keys;
use crate::request::Incoming;
use crate::service::Context;

const CLUSTER: &[&str] = &["cluster"];
const ADDON: &[&str] = &["addon"];
const ASSOCIATION: &[&str] = &["podidentityassociation"];

pub(super) const ACTIONS: &[Action] = &[
    action("CreateAddon", CLUSTER),
    action("CreatePodIdentityAssociation", CLUSTER),
    action("DeleteAddon", ADDON),
    action("DeletePodIdentityAssociation", ASSOCIATION),
    action("DescribeAddon", ADDON),
    action("DescribeAddonConfiguration", &[]),
    action("DescribeAddonVersions", &[]),
    action("DescribeCluster", CLUSTER),
    action("DescribePodIdentityAssociation", ASSOCIATION),
    action("DescribeUpdate", CLUSTER),
    action("ListAddons", CLUSTER),
    action("ListClusters", &[]),
    action("ListPodIdentityAssociations", CLUSTER),
    action("ListTagsForResource", CLUSTER),
    action("TagResource", CLUSTER),
    action("UntagResource", CLUSTER),
    action("UpdateAddon", ADDON),
    action("UpdatePodIdentityAssociation", ASSOCIATION),
];

pub(super) fn needs(context: &Context<'_>, operation: &str, request: &Incoming) -> Vec<Need> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let segment = |n: usize| request.path.get(n).map_or("*", String::as_str);
    let resource = match row(ACTIONS, operation) {
        // The ids of add-ons and associations end in a UUID that the path does not have.
        ["addon"] => context.region.arn("eks", &format!("addon/{}/{}/*", segment(1), segment(3))),
        ["podidentityassociation"] => {
            let resource = format!("podidentityassociation/{}/{}", segment(1), segment(3));
            context.region.arn("eks", &resource)
        }
        ["cluster"] if segment(1).starts_with("arn:") => segment(1).to_owned(),
        ["cluster"] => context.region.arn("eks", &format!("cluster/{}", segment(1))),
        _ => "*".to_owned(),
    };
    let mut keys = Keys::default();
    let tags = body.get("tags").and_then(Value::as_object);
    let tags =
        tags.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    keys.set_request_tags(tags);
    let tagged = keys.values("aws:TagKeys").is_some() && operation.starts_with("Create");
    let mut needs = vec![Need::new(format!("eks:{operation}"), &*resource).with(&keys)];
    if tagged {
        // What is tagged is the new add-on, whose id ends in a UUID that nobody knows yet.
        let made = match (operation, body["addonName"].as_str()) {
            ("CreateAddon", Some(name)) => {
                context.region.arn("eks", &format!("addon/{}/{name}/*", segment(1)))
            }
            _ => resource.clone(),
        };
        needs.push(Need::new("eks:TagResource", made).with(&keys).dependent());
    }
    needs.extend(passed(&body).into_iter().map(Need::dependent));
    needs
}

/// The role of an association or an add-on is passed to EKS, which also reads that of an
/// association. Sources: Amazon EKS User Guide, "Assign an IAM role to a Kubernetes service account";
/// Service Authorization Reference, the dependent actions of `CreateAddon` and `UpdateAddon`; for
/// whom they are passed to, Amazon EMR on EKS Development Guide, "Set up EKS pod identity
/// associations", and Amazon EKS User Guide, "Amazon EKS identity-based policy examples".
fn passed(body: &Value) -> Vec<Need> {
    let to = |role: &str, service: &str| {
        let mut keys = Keys::default();
        keys.set("iam:PassedToService", service);
        Need::new("iam:PassRole", role).with(&keys)
    };
    let mut needs = Vec::new();
    if let Some(role) = body["roleArn"].as_str() {
        needs.extend([to(role, "pods.eks.amazonaws.com"), Need::new("iam:GetRole", role)]);
    }
    if let Some(role) = body["serviceAccountRoleArn"].as_str() {
        needs.push(to(role, "eks.amazonaws.com"));
    }
    needs
}
