//! The security group that a deployment makes for its mount targets.

use std::collections::BTreeSet;

use anyhow::{Context as _, anyhow};
use aws_sdk_ec2::types as ec2;
use efs::resources::mount_target::MountTarget;
use efs::resources::security_group::{Call, DESCRIPTION, Found, Spec};
use efs::{Inputs, Owner};
use failure::Failure;
use network::{IngressRule, SecurityGroup, SecurityGroupId, Tags, VpcId};

use crate::aws::{Aws, admitted, explain, filter, is, tags};
use crate::context::{Context, Done};
use crate::meaning::ec2 as codes;
use crate::progress::Line;
use crate::propagation::{New, known};
use crate::wait::GROUP_IN_USE;

/// The groups that inputs name, those that the deployment made, and what all of them admit.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) listed: Vec<SecurityGroup>,
    pub(crate) own: Vec<Found>,
    pub(crate) rules: Vec<IngressRule>,
}

impl Groups {
    /// The same without what the deployment's rules admit, which are read with their ids.
    pub(crate) fn beside(mut self, own_rules: &[IngressRule]) -> Groups {
        self.rules.retain(|rule| !own_rules.iter().any(|own| admits_the_same(own, rule)));
        self
    }
}

/// The groups that inputs name, where they want none of the deployment's own: nothing else leads
/// to them.
pub(crate) async fn without_own(inputs: &Inputs, aws: &Aws) -> anyhow::Result<Option<Groups>> {
    if inputs.has_own_group() {
        return Ok(None);
    }
    groups(aws, &inputs.owner(), (&inputs.listed_groups(), false), &[]).await.map(Some)
}

/// They and the deployment's own, where the inputs want one.
pub(crate) async fn with_own(
    inputs: &Inputs,
    aws: &Aws,
    own_rules: &[IngressRule],
) -> anyhow::Result<Option<Groups>> {
    if !inputs.has_own_group() {
        return Ok(None);
    }
    groups(aws, &inputs.owner(), (&inputs.listed_groups(), true), own_rules).await.map(Some)
}

/// The groups that inputs name, and the one that the deployment made, where it is `wanted`: its
/// rules lead to that, so that both are one call. Only where no rule does it is looked for by its
/// tags. What they admit is asked for only where the ids of rules matter that others made.
async fn groups(
    aws: &Aws,
    owner: &Owner,
    (listed, wanted): (&[SecurityGroupId], bool),
    own_rules: &[IngressRule],
) -> anyhow::Result<Groups> {
    let of_rules = own_rules.iter().map(|rule| &rule.group_id).filter(|_| wanted);
    let ids: BTreeSet<&SecurityGroupId> = listed.iter().chain(of_rules).collect();
    let found =
        if ids.is_empty() { Vec::new() } else { list(aws, vec![filter("group-id", ids)]).await? };
    let (mut own, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(group, _)| wanted && is_of(owner, group));
    if wanted && own.is_empty() {
        own = list(aws, by_marks(owner)).await?;
    }
    let others = others.into_iter().filter(|(group, _)| listed.contains(&group.id));
    let others: Vec<(Found, Vec<IngressRule>)> = others.collect();
    let same = |rule: &IngressRule| own_rules.iter().any(|own| admits_the_same(own, rule));
    // What others admit to the deployment's own group goes, by its id.
    let foreign = own.iter().filter(|(_, rules)| !rules.iter().all(same));
    let told: Vec<&SecurityGroupId> = foreign.map(|(group, _)| &group.id).collect();
    let mut rules = if told.is_empty() {
        Vec::new()
    } else {
        aws.ingress_rules(vec![filter("group-id", told)]).await?
    };
    rules.extend(others.iter().flat_map(|(_, rules)| rules).filter(|rule| !same(rule)).cloned());
    let plain = |(group, _): (Found, Vec<IngressRule>)| {
        let Spec { vpc_id, tags, .. } = group.spec;
        SecurityGroup { id: group.id, vpc_id, tags }
    };
    Ok(Groups {
        listed: others.into_iter().map(plain).collect(),
        own: own.into_iter().map(|(group, _)| group).collect(),
        rules,
    })
}

/// Whether a deployment made a group.
fn is_of(owner: &Owner, group: &Found) -> bool {
    let marked = owner.marks().into_iter().all(|(key, is)| group.spec.tags.get(&key) == Some(&is));
    marked && group.spec.description == DESCRIPTION
}

/// Whether two rules of a group admit the same: EC2 has no two such rules
/// (`InvalidPermission.Duplicate`).
fn admits_the_same(one: &IngressRule, other: &IngressRule) -> bool {
    let IngressRule { id: _, group_id, protocol, from_port, to_port, source, tags: _ } = one;
    (group_id, protocol, from_port, to_port, source)
        == (&other.group_id, &other.protocol, &other.from_port, &other.to_port, &other.source)
}

/// The groups that a deployment made, in whatever VPC and of whatever name.
pub(crate) async fn observe(aws: &Aws, owner: &Owner) -> anyhow::Result<Vec<Found>> {
    Ok(list(aws, by_marks(owner)).await?.into_iter().map(|(group, _)| group).collect())
}

fn by_marks(owner: &Owner) -> Vec<ec2::Filter> {
    let by_mark = |(key, value): (String, String)| filter(&format!("tag:{key}"), [value]);
    let mut filters: Vec<ec2::Filter> = owner.marks().into_iter().map(by_mark).collect();
    filters.push(filter("description", [DESCRIPTION]));
    filters
}

/// Those that the inputs do not ask for any more, where the deployment's rules or the mount
/// targets lead to a group that no input names: an ordinary run makes no call for it.
pub(crate) async fn observe_left(
    aws: &Aws,
    owner: &Owner,
    network: &network::Observed,
    targets: &[MountTarget],
) -> anyhow::Result<Vec<Found>> {
    let of_rules = network.ingress_rules.iter().map(|rule| &rule.group_id);
    let of_targets = targets.iter().flat_map(|target| target.security_groups.iter().flatten());
    let is_named = |id: &SecurityGroupId| network.security_groups.iter().any(|it| it.id == *id);
    let leads = of_rules.chain(of_targets).any(|id| !is_named(id));
    if leads { observe(aws, owner).await } else { Ok(Vec::new()) }
}

async fn list(
    aws: &Aws,
    filters: Vec<ec2::Filter>,
) -> anyhow::Result<Vec<(Found, Vec<IngressRule>)>> {
    let call = aws.ec2.describe_security_groups().set_filters(Some(filters));
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(found) = pages.next().await {
        let found =
            found.map_err(|error| explain("ec2:DescribeSecurityGroups", &aws.region, error))?;
        let group = Found {
            id: SecurityGroupId::try_from(found.group_id().unwrap_or_default())?,
            spec: Spec {
                name: found.group_name().unwrap_or_default().to_owned(),
                description: found.description().unwrap_or_default().to_owned(),
                vpc_id: VpcId::try_from(found.vpc_id().unwrap_or_default())?,
                tags: tags(found.tags()),
            },
        };
        all.push((group, admitted(&found)?));
    }
    Ok(all)
}

/// Carries a call out.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::Create { spec, marks } => {
            line.state("creating");
            Ok(Done::created(create((context, aws, line), spec, marks).await?))
        }
        Call::Tag { id, tags } => {
            line.state("tagging");
            let call = aws.ec2.create_tags().resources(id.as_str());
            let sent = call.set_tags(Some(sdk_tags(tags))).send().await;
            sent.map_err(|error| explain("ec2:CreateTags", &aws.region, error))?;
            Ok(Done::that("tagged"))
        }
        Call::Delete { id } => {
            delete(context, aws, id, line).await?;
            Ok(Done::that(format!("destroyed {id}")))
        }
    }
}

fn sdk_tags(tags: &Tags) -> Vec<ec2::Tag> {
    tags.iter().map(|(key, value)| ec2::Tag::builder().key(key).value(value).build()).collect()
}

/// Creates the group, or finds it. Whatever takes it may not know it yet, and waits for that
/// (`crate::propagation`).
async fn create(
    (context, aws, line): (&Context, &Aws, &Line),
    spec: &Spec,
    marks: &Tags,
) -> anyhow::Result<SecurityGroupId> {
    let tagged = ec2::TagSpecification::builder()
        .resource_type(ec2::ResourceType::SecurityGroup)
        .set_tags(Some(sdk_tags(&spec.tags)));
    let call = aws
        .ec2
        .create_security_group()
        .group_name(&spec.name)
        .description(&spec.description)
        .vpc_id(spec.vpc_id.as_str())
        .tag_specifications(tagged.build());
    match call.send().await {
        Ok(created) => {
            let id = created.group_id().context("ec2:CreateSecurityGroup names no group")?;
            Ok(SecurityGroupId::try_from(id)?)
        }
        // Another run was faster.
        Err(error) if is(&error, codes::DUPLICATE_GROUP) => {
            let found = of_name(context, aws, spec, line).await?;
            let has = |(key, value): (&String, &String)| found.spec.tags.get(key) == Some(value);
            if marks.iter().all(has) {
                return Ok(found.id);
            }
            Err(anyhow!(Failure::new(
                format!(
                    "{} in {} has the name of this deployment's group, but not its tags",
                    found.id, spec.vpc_id
                ),
                "choose another `security_group_name`; or, where it is this deployment's, give it the tags \
                 back that somebody took off",
            )))
        }
        Err(error) => Err(explain("ec2:CreateSecurityGroup", &aws.region, error)),
    }
}

/// The group of a name, which exists, as soon as EC2 lists it.
async fn of_name(context: &Context, aws: &Aws, spec: &Spec, line: &Line) -> anyhow::Result<Found> {
    let filters =
        || vec![filter("group-name", [&spec.name]), filter("vpc-id", [spec.vpc_id.as_str()])];
    let look = async || {
        let listed = list(aws, filters()).await.map_err(Some)?;
        listed.into_iter().next().ok_or(None)
    };
    let found = known(context, line, New::SecurityGroup, Option::is_none, look).await?;
    found.map(|(group, _)| group).map_err(|error| {
        error.unwrap_or_else(|| anyhow!("a security group of this name exists and is not shown"))
    })
}

/// Deletes a group; the interfaces of mount targets that are gone may have it a little longer.
async fn delete(
    context: &Context,
    aws: &Aws,
    id: &SecurityGroupId,
    line: &Line,
) -> anyhow::Result<()> {
    line.state("deleting");
    let mut pauses = GROUP_IN_USE.iter();
    loop {
        let error = match aws.ec2.delete_security_group().group_id(id.as_str()).send().await {
            Ok(_) => return Ok(()),
            Err(error) if is(&error, codes::GROUP_NOT_FOUND) => return Ok(()),
            Err(error) => error,
        };
        let used = is(&error, codes::DEPENDENCY) || is(&error, codes::GROUP_IN_USE);
        match pauses.next().filter(|_| used) {
            Some(pause) => {
                line.state("waiting until nobody uses it");
                context.pause(*pause).await?;
            }
            None => return Err(explain("ec2:DeleteSecurityGroup", &aws.region, error)),
        }
    }
}
