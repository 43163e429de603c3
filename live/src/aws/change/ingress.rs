//! Admitting NFS traffic, and taking that back.

use aws_sdk_ec2::types as ec2;
use network::{NFS_PORT, RuleSource, SecurityGroupId, Tags};

use super::Changes;
use crate::aws::errors::{explain, is};
use crate::progress::Line;

impl Changes {
    pub(crate) async fn authorize(
        &self,
        group: &SecurityGroupId,
        source: &RuleSource,
        tags: &Tags,
        line: &Line,
    ) -> anyhow::Result<()> {
        line.state("creating");
        let permission =
            ec2::IpPermission::builder().ip_protocol("tcp").from_port(NFS_PORT).to_port(NFS_PORT);
        let what = "NFS for EFS, by Clockwork Codex";
        let permission = match source {
            RuleSource::Group(id) => permission.user_id_group_pairs(
                ec2::UserIdGroupPair::builder().group_id(id.as_str()).description(what).build(),
            ),
            RuleSource::Cidr(range) if range.addr().is_ipv4() => permission.ip_ranges(
                ec2::IpRange::builder().cidr_ip(range.to_string()).description(what).build(),
            ),
            RuleSource::Cidr(range) => permission.ipv6_ranges(
                ec2::Ipv6Range::builder().cidr_ipv6(range.to_string()).description(what).build(),
            ),
        };
        let tagged = ec2::TagSpecification::builder()
            .resource_type(ec2::ResourceType::SecurityGroupRule)
            .set_tags(Some(
                tags.iter()
                    .map(|(key, value)| ec2::Tag::builder().key(key).value(value).build())
                    .collect(),
            ));
        let call = self
            .aws
            .ec2
            .authorize_security_group_ingress()
            .group_id(group.as_str())
            .ip_permissions(permission.build())
            .tag_specifications(tagged.build());
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if is(&error, "InvalidPermission.Duplicate") => Ok(()),
            Err(error) => {
                Err(explain("ec2:AuthorizeSecurityGroupIngress", &self.aws.region, error))
            }
        }
    }

    pub(crate) async fn revoke(
        &self,
        group: &SecurityGroupId,
        rule: &str,
        line: &Line,
    ) -> anyhow::Result<()> {
        line.state("deleting");
        let call = self
            .aws
            .ec2
            .revoke_security_group_ingress()
            .group_id(group.as_str())
            .security_group_rule_ids(rule);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if is(&error, "InvalidSecurityGroupRuleId.NotFound")
                    || is(&error, "InvalidGroup.NotFound") =>
            {
                Ok(())
            }
            Err(error) => Err(explain("ec2:RevokeSecurityGroupIngress", &self.aws.region, error)),
        }
    }
}
