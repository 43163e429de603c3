//! The driver's role, the deployment's policy in it, the provider and the associations, as far as
//! they are ours.

use serde_json::json;

use super::deployed::{Deployed, Naming, plain_label};
use super::resource::Resource;
use crate::resources::iam_role::description;

pub(super) fn resources(deployed: &Deployed, naming: &Naming) -> Vec<Resource> {
    let Some(identity) = deployed.identity else { return Vec::new() };
    let (inputs, owner) = (deployed.inputs, deployed.inputs.owner());
    let (name, label) = (owner.role_name(), naming.label.as_str());
    let tags = json!(owner.tags_of_cluster(&inputs.tags));
    let mut all = Vec::new();
    let role = identity.role.as_ref().filter(|role| role.ours);
    let policy = |of: &str| {
        let policy = role?.policy.as_ref()?;
        let policy_name = owner.policy_name();
        let policy = Resource::new("aws_iam_role_policy", label, format!("{name}:{policy_name}"))
            .with("name", policy_name)
            .expression("role", format!("aws_iam_role.{of}.name"))
            .document("policy", policy);
        Some(policy)
    };
    // All of it but the policy is the cluster's.
    if let Some(of) = deployed.identity_of {
        return policy(&plain_label(of)).into_iter().collect();
    }
    if let Some(provider) = identity.provider.as_ref().filter(|it| owner.owns_of_cluster(&it.tags))
    {
        let issuer = identity.cluster.as_ref().and_then(|cluster| cluster.issuer.as_deref());
        all.push(
            Resource::new("aws_iam_openid_connect_provider", label, &provider.arn)
                .maybe("url", issuer)
                .with("client_id_list", json!(provider.client_ids))
                .with("tags", json!(provider.tags)),
        );
    }
    let Some(role) = role else { return all };
    all.push(
        Resource::new("aws_iam_role", label, &name)
            .with("name", name.as_str())
            .with("description", description(&owner))
            .document("assume_role_policy", &role.trust)
            .with("tags", tags.clone()),
    );
    all.extend(policy(label));
    let associations = identity.associations.iter().filter(|association| association.ours);
    all.extend(associations.map(|association| {
        let id = format!("{},{}", inputs.cluster_name, association.id);
        let which = naming.of(&association.service_account);
        Resource::new("aws_eks_pod_identity_association", which, id)
            .with("cluster_name", inputs.cluster_name.as_str())
            .with("namespace", inputs.driver.namespace.as_str())
            .with("service_account", association.service_account.as_str())
            .expression("role_arn", format!("aws_iam_role.{label}.arn"))
            .with("tags", tags.clone())
    }));
    all
}
