//! The partitions of AWS: each has regions, ARNs and DNS names of its own.
//!
//! Source: `partitions.json` of botocore 1.43.11.

/// A partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// As it stands in ARNs, such as `aws-cn`.
    pub name: &'static str,
    /// What the names of its regions begin with.
    prefix: &'static str,
    /// What the DNS names of its services end with.
    pub dns_suffix: &'static str,
    /// What the DNS names of its dual-stack endpoints end with.
    pub dual_stack_suffix: &'static str,
}

/// All partitions; the one of everything else is the last.
pub const PARTITIONS: &[Partition] = &[
    partition("aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    partition("aws-us-gov", "us-gov-", "amazonaws.com", "api.aws"),
    partition("aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    partition("aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    partition("aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    partition("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    partition("aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    AWS,
];

const AWS: Partition = partition("aws", "", "amazonaws.com", "api.aws");

const fn partition(
    name: &'static str,
    prefix: &'static str,
    dns_suffix: &'static str,
    dual_stack_suffix: &'static str,
) -> Partition {
    Partition { name, prefix, dns_suffix, dual_stack_suffix }
}

impl Partition {
    /// The partition of a region.
    pub fn of(region: &str) -> &'static Partition {
        PARTITIONS.iter().find(|it| region.starts_with(it.prefix)).unwrap_or(&AWS)
    }
}

/// The regions of each partition that `partitions.json` lists, for tests of what must work in
/// every one of them.
pub const REGIONS: &[(&str, &[&str])] = &[
    (
        "aws",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("aws-cn", &["cn-north-1", "cn-northwest-1"]),
    ("aws-eusc", &["eusc-de-east-1"]),
    ("aws-iso", &["us-iso-east-1", "us-iso-west-1"]),
    ("aws-iso-b", &["us-isob-east-1", "us-isob-west-1"]),
    ("aws-iso-e", &["eu-isoe-west-1"]),
    ("aws-iso-f", &["us-isof-east-1", "us-isof-south-1"]),
    ("aws-us-gov", &["us-gov-east-1", "us-gov-west-1"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_is_of_its_partition_and_every_partition_has_regions() {
        assert_eq!(REGIONS.len(), PARTITIONS.len());
        for (name, regions) in REGIONS {
            assert!(!regions.is_empty(), "{name}");
            for region in *regions {
                assert_eq!(Partition::of(region).name, *name, "{region}");
            }
        }
    }

    #[test]
    fn a_region_that_is_not_known_yet_is_one_of_the_partition_that_it_is_named_after() {
        assert_eq!(Partition::of("eusc-fr-west-2").dns_suffix, "amazonaws.eu");
        assert_eq!(Partition::of("sa-west-9").name, "aws");
    }
}
