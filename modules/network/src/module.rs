//! The module's inputs, and what has to be read for them.

use inputs::{GivenInputs, Input, Kind, Mistake, Problem, Reader};
use serde::{Deserialize, Serialize};

use crate::VpcId;

/// The inputs that `source = "./modules/network"` takes.
pub const INPUTS: &[Input] = &[
    Input::optional(
        "aws_region",
        Kind::String,
        "AWS region of the VPC; the deployment's own region where it is left out",
    ),
    Input::optional(
        "cluster_name",
        Kind::String,
        "EKS cluster whose VPC, subnets and security group are meant",
    ),
    Input::optional(
        "vpc_id",
        Kind::String,
        "VPC to look in, where the cluster's name does not settle it",
    ),
];

/// The outputs that other modules can refer to.
pub const OUTPUTS: &[&str] = &["private_subnets", "security_group_id", "vpc_id"];

/// The module's inputs, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The region, where it was given here.
    pub aws_region: Option<String>,
    /// The EKS cluster, where it was given.
    pub cluster_name: Option<String>,
    /// The VPC, where it was given.
    pub vpc_id: Option<VpcId>,
}

/// Which security groups lead to the VPC; subnets and route tables follow by VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Those with the tag `aws:eks:cluster-name` of this value.
    Cluster(String),
    /// Those with that tag, whatever its value.
    AnyCluster,
}

/// The tag that EKS puts on the security group it makes for a cluster.
pub(crate) const CLUSTER_TAG: &str = "aws:eks:cluster-name";

impl Inputs {
    /// Reads and checks what was given; all mistakes at once.
    pub fn parse(given: &GivenInputs) -> Result<Inputs, Vec<Mistake>> {
        let mut reader = Reader::new(INPUTS, given);
        let inputs = Inputs {
            aws_region: reader.string("aws_region", region),
            cluster_name: reader.string("cluster_name", cluster_name),
            vpc_id: reader.string("vpc_id", |text| {
                VpcId::try_from(text).map_err(|error| {
                    Problem::new(error.to_string(), "a VPC id looks like `vpc-0123456789abcdef0`")
                })
            }),
        };
        reader.finish()?;
        Ok(inputs)
    }

    /// What to read first.
    pub fn search(&self) -> Search {
        match &self.cluster_name {
            Some(name) => Search::Cluster(name.clone()),
            None => Search::AnyCluster,
        }
    }
}

/// The rule for AWS region names: partition letters, a place, a number.
pub fn region(text: &str) -> Result<String, Problem> {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase());
    let number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    if let [places @ .., last] = parts.as_slice()
        && (2..=4).contains(&places.len())
        && places.iter().all(|place| letters(place))
        && places[0].len() <= 3
    {
        if number(last) {
            return Ok(text.to_owned());
        }
        let digits = last.trim_end_matches(|c: char| c.is_ascii_lowercase());
        if number(digits) && last.len() == digits.len() + 1 {
            return Err(Problem::new(
                format!("`{text}` is an Availability Zone, not a region"),
                format!("drop the zone's letter: `{}`", &text[..text.len() - 1]),
            ));
        }
    }
    Err(Problem::new(
        format!("`{}` is not an AWS region", text.escape_debug()),
        "a region looks like `eu-west-1`; `aws ec2 describe-regions` lists them",
    ))
}

/// The rule for EKS cluster names, from the EKS service model:
/// `^[0-9A-Za-z][A-Za-z0-9\-_]*$`, 1 to 100 characters.
pub fn cluster_name(text: &str) -> Result<String, Problem> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    if text.len() > 100 {
        return Err(Problem::new(
            format!("an EKS cluster name has at most 100 characters, and this has {}", text.len()),
            "give the name that `aws eks list-clusters` shows",
        ));
    }
    if text.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric()) && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` is not an EKS cluster name", text.escape_debug()),
        "use letters, digits, hyphens and underscores, a letter or digit first",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_every_partition_are_regions() {
        for good in ["eu-west-1", "us-gov-west-1", "cn-north-1", "us-isob-east-1", "ap-southeast-7"]
        {
            assert_eq!(region(good), Ok(good.to_owned()));
        }
        for bad in ["", "eu", "eu-west", "EU-west-1", "eu_west_1", "eu-west-1-", "-west-1", "1-2-3"]
        {
            assert!(region(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_zone_is_distinguished_from_a_region() {
        let problem = region("eu-west-1a").unwrap_err();
        assert_eq!(problem.remedy, "drop the zone's letter: `eu-west-1`");
    }
}
