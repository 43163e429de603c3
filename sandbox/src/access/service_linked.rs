//! The roles that services make for themselves.

use std::collections::BTreeMap;

use serde_json::json;

use crate::ids::Ids;
use crate::service::Context;
use crate::world::iam::Role;
use crate::world::{Region, Tags, partition};

/// The services whose role is known here: service principal, role, and its policy.
const KNOWN: &[(&str, &str, &str)] = &[
    (EFS, "AWSServiceRoleForAmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"),
    ("eks.amazonaws.com", "AWSServiceRoleForAmazonEKS", "AmazonEKSServiceRolePolicy"),
];

/// The service principal of EFS.
pub(crate) const EFS: &str = "elasticfilesystem.amazonaws.com";

/// The ARN of a service's role, which exists or not.
pub(crate) fn arn(service: &str, region: &Region) -> Option<String> {
    let (_, name, _) = KNOWN.iter().find(|(known, _, _)| *known == service)?;
    Some(region.iam_arn(&format!("role/aws-service-role/{service}/{name}")))
}

/// Whether a service has its role already.
pub(crate) fn exists(context: &Context<'_>, service: &str) -> bool {
    KNOWN
        .iter()
        .find(|(known, _, _)| *known == service)
        .is_some_and(|(_, name, _)| context.global.iam.roles.contains_key(name))
}

/// Makes the role of a service; `None` for a service that has none here.
pub(crate) fn make(context: &mut Context<'_>, service: &str) -> Option<Role> {
    let (_, name, policy) = KNOWN.iter().find(|(known, _, _)| *known == service)?;
    let role = role(context.ids, context.region, service, name, policy, context.now);
    context.global.iam.roles.insert((*name).to_owned(), role.clone());
    Some(role)
}

fn role(ids: &mut Ids, region: &Region, service: &str, name: &str, policy: &str, now: u64) -> Role {
    let path = format!("/aws-service-role/{service}/");
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": "sts:AssumeRole",
    });
    Role {
        name: name.to_owned(),
        id: ids.next("AROA").to_uppercase(),
        arn: region.iam_arn(&format!("role{path}{name}")),
        path,
        trust: json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string(),
        description: None,
        max_session: 3600,
        created_ms: now,
        tags: Tags::new(),
        boundary: None,
        attached: vec![format!(
            "arn:{}:iam::aws:policy/aws-service-role/{policy}",
            partition(&region.name)
        )],
        inline: BTreeMap::new(),
    }
}
