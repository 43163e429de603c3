//! The IAM role of the driver.

use anyhow::Context as _;
use aws_sdk_iam::types::{Role as Found, Tag};
use efs::Owner;
use efs::resources::iam_role::{Call, Role};
use failure::failure;
use network::Tags;
use serde_json::Value;

use crate::aws::{Aws, explain, is};
use crate::context::{Context, Done};
use crate::meaning::iam as codes;
use crate::progress::Line;
use crate::raced::Raced;

/// The driver's role, with all that is in it where it may be deleted.
pub(crate) async fn observe(
    aws: &Aws,
    owner: &Owner,
    destroys: bool,
) -> anyhow::Result<Option<Role>> {
    let name = owner.role_name();
    let Some(found) = get(aws, &name).await? else { return Ok(None) };
    let ours = owner.owns_of_cluster(&tags(found.tags()));
    let mut role = Role {
        arn: found.arn().to_owned(),
        trust: document(found.assume_role_policy_document().unwrap_or_default())?,
        ours,
        policy: None,
        others: Vec::new(),
    };
    if ours {
        let own = owner.policy_name();
        let (policy, others) = tokio::try_join!(policy(aws, &name, &own), async {
            if destroys { others(aws, owner).await } else { Ok(Vec::new()) }
        })?;
        (role.policy, role.others) = (policy, others);
    }
    Ok(Some(role))
}

/// Whether there is a role of this ARN; `None` where that cannot be seen: it is another account's, or
/// this identity may not look.
pub(crate) async fn exists(aws: &Aws, arn: &str) -> Option<bool> {
    let (account, name) = (arn.split(':').nth(4)?, arn.rsplit('/').next()?);
    if aws.caller().await.ok()?.account != account {
        return None;
    }
    let found = get(aws, name).await.ok()?;
    Some(found.is_some_and(|role| role.arn() == arn))
}

async fn get(aws: &Aws, name: &str) -> anyhow::Result<Option<Found>> {
    match aws.iam.get_role().role_name(name).send().await {
        Ok(found) => Ok(found.role),
        Err(error) if is(&error, codes::NOT_FOUND) => Ok(None),
        Err(error) => Err(explain("iam:GetRole", &aws.region, error)),
    }
}

async fn policy(aws: &Aws, role: &str, name: &str) -> anyhow::Result<Option<Value>> {
    match aws.iam.get_role_policy().role_name(role).policy_name(name).send().await {
        Ok(found) => document(found.policy_document()).map(Some),
        Err(error) if is(&error, codes::NOT_FOUND) => Ok(None),
        Err(error) => Err(explain("iam:GetRolePolicy", &aws.region, error)),
    }
}

/// The names of inline policies beside this deployment's, and the ARNs of attached ones.
async fn others(aws: &Aws, owner: &Owner) -> anyhow::Result<Vec<String>> {
    let name = owner.role_name();
    let (inline, attached) = tokio::try_join!(
        async {
            let pages = aws.iam.list_role_policies().role_name(&name).into_paginator().items();
            let listed = pages.send().try_collect().await;
            listed.map_err(|error| explain("iam:ListRolePolicies", &aws.region, error))
        },
        async {
            let pages = aws.iam.list_attached_role_policies().role_name(&name);
            let listed = pages.into_paginator().items().send().try_collect().await;
            listed.map_err(|error| explain("iam:ListAttachedRolePolicies", &aws.region, error))
        }
    )?;
    let own = owner.policy_name();
    let mut others: Vec<String> = inline.into_iter().filter(|policy| *policy != own).collect();
    others.extend(attached.into_iter().filter_map(|policy| policy.policy_arn));
    Ok(others)
}

/// The names of the roles beside the driver's that trust a provider.
pub(crate) async fn trusting(
    aws: &Aws,
    owner: &Owner,
    provider: &str,
) -> anyhow::Result<Vec<String>> {
    let pages = aws.iam.list_roles().into_paginator().items();
    let listed = pages.send().try_collect().await;
    let roles = listed.map_err(|error| explain("iam:ListRoles", &aws.region, error))?;
    let own = owner.role_name();
    let trusts = |role: &&Found| {
        let trust = role.assume_role_policy_document().unwrap_or_default();
        decoded(trust).contains(provider) && role.role_name() != own
    };
    Ok(roles.iter().filter(trusts).map(|role| role.role_name().to_owned()).collect())
}

/// IAM sends documents percent-encoded (API Reference, `GetRole`).
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn document(text: &str) -> anyhow::Result<Value> {
    serde_json::from_str(&decoded(text)).context("reading a policy of IAM")
}

pub(super) fn tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

/// Tags as IAM takes them.
pub(super) fn as_iam(tags: &Tags) -> anyhow::Result<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().context("a tag has no key")
}

/// Carries a call out.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::Create { name, trust, description, tags, marks } => {
            line.state("creating");
            create(aws, (name, trust), description, (tags, marks)).await
        }
        Call::PutTrust { name, trust } => {
            line.state("changing who may assume it");
            let call = aws.iam.update_assume_role_policy().role_name(name);
            let sent = call.policy_document(trust.to_string()).send().await;
            sent.map_err(|error| explain("iam:UpdateAssumeRolePolicy", &aws.region, error))?;
            Ok(Done::that("updated"))
        }
        Call::PutPolicy { role, name, document } => {
            line.state("changing what it allows");
            let document = document.resolve(|change| context.results.of(change))?;
            let call = aws.iam.put_role_policy().role_name(role).policy_name(name);
            let sent = call.policy_document(document.to_string()).send().await;
            sent.map_err(|error| explain("iam:PutRolePolicy", &aws.region, error))?;
            Ok(Done::that("in force"))
        }
        Call::DeletePolicy { role, name } => {
            line.state("deleting its policy");
            match aws.iam.delete_role_policy().role_name(role).policy_name(name).send().await {
                Err(error) if !is(&error, codes::NOT_FOUND) => {
                    Err(explain("iam:DeleteRolePolicy", &aws.region, error))
                }
                _ => Ok(Done::that("destroyed")),
            }
        }
        Call::Delete { name } => {
            line.state("deleting");
            match aws.iam.delete_role().role_name(name).send().await {
                Err(error) if !is(&error, codes::NOT_FOUND) => {
                    Err(explain("iam:DeleteRole", &aws.region, error))
                }
                _ => Ok(Done::that("destroyed")),
            }
        }
    }
}

/// Creates the role; one that is there already must be what was wanted.
async fn create(
    aws: &Aws,
    (name, trust): (&str, &Value),
    description: &str,
    (all, marks): (&Tags, &Tags),
) -> anyhow::Result<Done> {
    let call = aws.iam.create_role().role_name(name).description(description);
    let call = call.assume_role_policy_document(trust.to_string()).set_tags(Some(as_iam(all)?));
    match call.send().await {
        Ok(created) => {
            let role = created.role().context("iam:CreateRole shows no role")?;
            Ok(Done::created(role.arn()))
        }
        Err(error) if is(&error, codes::ALREADY_EXISTS) => {
            let raced = || Raced(format!("the role {name} was created by somebody else meanwhile"));
            let found = get(aws, name).await?.ok_or_else(raced)?;
            let has = tags(found.tags());
            if !marks.iter().all(|(key, value)| has.get(key) == Some(value)) {
                return Err(failure(
                    format!(
                        "the role {} is there, and does not carry this project's tags",
                        found.arn()
                    ),
                    "delete it, or name another role in `driver_identity`",
                ));
            }
            if document(found.assume_role_policy_document().unwrap_or_default())? != *trust {
                return Err(raced().into());
            }
            Ok(Done::created(found.arn()))
        }
        Err(error) => Err(explain("iam:CreateRole", &aws.region, error)),
    }
}
