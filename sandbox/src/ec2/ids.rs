//! Identifiers of EC2's resources: what they look like, and what EC2 answers to a
//! malformed one and to one that does not exist.

use crate::error::{AwsError, Result};

/// A kind of resource. The codes are those of "Error codes for the Amazon EC2 API"; they
/// are spelled as irregularly there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    prefix: &'static str,
    /// What EC2's sentence calls it.
    noun: &'static str,
    malformed: &'static str,
    not_found: &'static str,
    /// Its name in `DescribeTags` and `TagSpecification`.
    pub(super) resource_type: &'static str,
}

pub(super) static VPC: Kind = Kind {
    prefix: "vpc-",
    noun: "vpc ID",
    malformed: "InvalidVpcID.Malformed",
    not_found: "InvalidVpcID.NotFound",
    resource_type: "vpc",
};
pub(super) static SUBNET: Kind = Kind {
    prefix: "subnet-",
    noun: "subnet ID",
    malformed: "InvalidSubnetID.Malformed",
    not_found: "InvalidSubnetID.NotFound",
    resource_type: "subnet",
};
pub(super) static GROUP: Kind = Kind {
    prefix: "sg-",
    noun: "security group",
    malformed: "InvalidGroupId.Malformed",
    not_found: "InvalidGroup.NotFound",
    resource_type: "security-group",
};
pub(super) static RULE: Kind = Kind {
    prefix: "sgr-",
    noun: "security group rule ID",
    malformed: "InvalidSecurityGroupRuleId.Malformed",
    not_found: "InvalidSecurityGroupRuleId.NotFound",
    resource_type: "security-group-rule",
};
pub(super) static INTERFACE: Kind = Kind {
    prefix: "eni-",
    noun: "networkInterface ID",
    malformed: "InvalidNetworkInterfaceId.Malformed",
    not_found: "InvalidNetworkInterfaceID.NotFound",
    resource_type: "network-interface",
};
pub(super) static ROUTE_TABLE: Kind = Kind {
    prefix: "rtb-",
    noun: "routeTable ID",
    malformed: "InvalidRouteTableId.Malformed",
    not_found: "InvalidRouteTableID.NotFound",
    resource_type: "route-table",
};
pub(super) static INTERNET_GATEWAY: Kind = Kind {
    prefix: "igw-",
    noun: "internetGateway ID",
    malformed: "InvalidInternetGatewayId.Malformed",
    not_found: "InvalidInternetGatewayID.NotFound",
    resource_type: "internet-gateway",
};
pub(super) static NAT_GATEWAY: Kind = Kind {
    prefix: "nat-",
    noun: "NAT gateway ID",
    malformed: "NatGatewayMalformed",
    not_found: "NatGatewayNotFound",
    resource_type: "natgateway",
};
pub(super) static ADDRESS: Kind = Kind {
    prefix: "eipalloc-",
    noun: "allocation ID",
    malformed: "InvalidAllocationID.Malformed",
    not_found: "InvalidAllocationID.NotFound",
    resource_type: "elastic-ip",
};
pub(super) static NETWORK_ACL: Kind = Kind {
    prefix: "acl-",
    noun: "networkAcl ID",
    malformed: "InvalidNetworkAclId.Malformed",
    not_found: "InvalidNetworkAclID.NotFound",
    resource_type: "network-acl",
};
pub(super) static DHCP_OPTIONS: Kind = Kind {
    prefix: "dopt-",
    noun: "dhcpOption ID",
    malformed: "InvalidDhcpOptionsId.Malformed",
    not_found: "InvalidDhcpOptionID.NotFound",
    resource_type: "dhcp-options",
};
pub(super) static INSTANCE: Kind = Kind {
    prefix: "i-",
    noun: "instance ID",
    malformed: "InvalidInstanceID.Malformed",
    not_found: "InvalidInstanceID.NotFound",
    resource_type: "instance",
};

impl Kind {
    /// Whether an id has this kind's form: the prefix, and 8 (until 2016) or 17 digits.
    pub(super) fn fits(&self, id: &str) -> bool {
        let Some(digits) = id.strip_prefix(self.prefix) else {
            return false;
        };
        let hex = digits.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
        hex && matches!(digits.len(), 8 | 17)
    }

    /// Refuses an id that has not this kind's form.
    pub(super) fn check(&self, id: &str) -> Result<()> {
        if self.fits(id) {
            return Ok(());
        }
        let message = format!("Invalid id: \"{id}\" (expecting \"{}...\")", self.prefix);
        Err(AwsError::new(400, self.malformed, message))
    }

    /// The error for an id that names nothing, or for several.
    pub(super) fn not_found(&self, id: &str) -> AwsError {
        let message = if id.contains(", ") {
            format!("The {}s '{id}' do not exist", self.noun)
        } else {
            format!("The {} '{id}' does not exist", self.noun)
        };
        AwsError::new(400, self.not_found, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_prefix_and_eight_or_seventeen_hexadecimal_digits() {
        for (id, fits) in [
            ("subnet-0c0dec0000000010a", true),
            ("subnet-00000000", true),
            ("subnet-0c0dec000000001", false),
            ("subnet-0C0DEC0000000010A", false),
            ("subnet-xyz", false),
            ("vpc-00000000", false),
            ("", false),
        ] {
            assert_eq!(SUBNET.fits(id), fits, "{id}");
        }
    }

    #[test]
    fn a_malformed_id_and_an_unknown_one_are_two_errors() {
        let malformed = GROUP.check("banana").err().map(|error| error.code);
        assert_eq!(malformed, Some("InvalidGroupId.Malformed"));
        let missing = GROUP.not_found("sg-00000000");
        assert_eq!(missing.code, "InvalidGroup.NotFound");
        assert_eq!(missing.message, "The security group 'sg-00000000' does not exist");
    }
}
