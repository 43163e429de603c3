//! The rules that admit NFS traffic.

use aws_sdk_ec2::types as ec2;
use aws_sdk_ec2::types::builders::IpPermissionBuilder;
use efs::Owner;
use efs::resources::ingress::{Call, Source};
use network::{IngressRule, RuleSource, SecurityGroupId, Tags};
use plan::Known;

use crate::aws::{Aws, explain, filter, is};
use crate::context::{Context, Done};
use crate::meaning::ec2 as codes;
use crate::progress::Line;
use crate::propagation::{New, known};

/// The rules of an owner, in whatever group.
pub(crate) async fn observe_own(aws: &Aws, owner: &Owner) -> anyhow::Result<Vec<IngressRule>> {
    let by_mark = |(key, value): (String, String)| filter(&format!("tag:{key}"), [value]);
    aws.ingress_rules(owner.marks().into_iter().map(by_mark).collect()).await
}

/// The rules of groups.
pub(crate) async fn observe(
    aws: &Aws,
    groups: &[SecurityGroupId],
) -> anyhow::Result<Vec<IngressRule>> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    aws.ingress_rules(vec![filter("group-id", groups)]).await
}

/// Carries a call out.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    match call {
        Call::Authorize { group, protocol, from_port, to_port, source, description, tags } => {
            line.state("creating");
            // Of a group that was there, this is no matter of time.
            let is_new = matches!(group, Known::After(_))
                || matches!(source, Source::Group(Known::After(_)));
            let group = context.results.resolve(group)?;
            let source = match source {
                Source::Group(id) => RuleSource::Group(context.results.resolve(id)?),
                Source::Cidr(range) => RuleSource::Cidr(*range),
                Source::PrefixList(id) => RuleSource::PrefixList(id.clone()),
            };
            let permission = ec2::IpPermission::builder()
                .ip_protocol(protocol)
                .from_port(*from_port)
                .to_port(*to_port);
            let permission = admitting(permission, &source, description);
            authorize((context, aws, line), (&group, is_new), permission, tags).await?;
            Ok(Done::that("created"))
        }
        Call::Revoke { group, rule } => {
            line.state("deleting");
            revoke(aws, group, rule).await?;
            Ok(Done::that("destroyed"))
        }
    }
}

/// A permission that admits this source.
fn admitting(
    permission: IpPermissionBuilder,
    source: &RuleSource,
    description: &str,
) -> ec2::IpPermission {
    let permission = match source {
        RuleSource::Group(id) => permission.user_id_group_pairs(
            ec2::UserIdGroupPair::builder().group_id(id.as_str()).description(description).build(),
        ),
        RuleSource::Cidr(range) if range.addr().is_ipv4() => permission.ip_ranges(
            ec2::IpRange::builder().cidr_ip(range.to_string()).description(description).build(),
        ),
        RuleSource::Cidr(range) => permission.ipv6_ranges(
            ec2::Ipv6Range::builder().cidr_ipv6(range.to_string()).description(description).build(),
        ),
        RuleSource::PrefixList(id) => permission.prefix_list_ids(
            ec2::PrefixListId::builder()
                .prefix_list_id(id.as_str())
                .description(description)
                .build(),
        ),
    };
    permission.build()
}

async fn authorize(
    (context, aws, line): (&Context, &Aws, &Line),
    (group, is_new): (&SecurityGroupId, bool),
    permission: ec2::IpPermission,
    tags: &Tags,
) -> anyhow::Result<()> {
    let tag = |(key, value): (&String, &String)| ec2::Tag::builder().key(key).value(value).build();
    let tagged = ec2::TagSpecification::builder()
        .resource_type(ec2::ResourceType::SecurityGroupRule)
        .set_tags(Some(tags.iter().map(tag).collect()));
    let call = aws
        .ec2
        .authorize_security_group_ingress()
        .group_id(group.as_str())
        .ip_permissions(permission)
        .tag_specifications(tagged.build());
    let unknown = |error: &_| is_new && is(error, codes::GROUP_NOT_FOUND);
    match known(context, line, New::SecurityGroup, unknown, || call.clone().send()).await? {
        Ok(_) => Ok(()),
        Err(error) if is(&error, codes::DUPLICATE_RULE) => Ok(()),
        Err(error) => Err(explain("ec2:AuthorizeSecurityGroupIngress", &aws.region, error)),
    }
}

async fn revoke(aws: &Aws, group: &SecurityGroupId, rule: &str) -> anyhow::Result<()> {
    let call = aws.ec2.revoke_security_group_ingress().group_id(group.as_str());
    match call.security_group_rule_ids(rule).send().await {
        Ok(_) => Ok(()),
        Err(error) if is(&error, codes::RULE_NOT_FOUND) || is(&error, codes::GROUP_NOT_FOUND) => {
            Ok(())
        }
        Err(error) => Err(explain("ec2:RevokeSecurityGroupIngress", &aws.region, error)),
    }
}
