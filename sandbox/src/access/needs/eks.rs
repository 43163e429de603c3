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
        needs.push(Need::new("eks:TagResource", &*resource).with(&keys).dependent());
    }
    needs.extend(passed(&body).into_iter().map(Need::dependent));
    needs
}

/// The role of an association or an add-on is passed to EKS, which also reads it. Source:
/// Amazon EKS User Guide, "Assign an IAM role to a Kubernetes service account".
fn passed(body: &Value) -> Vec<Need> {
    let roles =
        [("roleArn", "pods.eks.amazonaws.com"), ("serviceAccountRoleArn", "eks.amazonaws.com")];
    let roles = roles.into_iter().filter_map(|(name, to)| Some((body.get(name)?.as_str()?, to)));
    roles
        .flat_map(|(role, to)| {
            let mut keys = Keys::default();
            keys.set("iam:PassedToService", to);
            [Need::new("iam:PassRole", role).with(&keys), Need::new("iam:GetRole", role)]
        })
        .collect()
}
