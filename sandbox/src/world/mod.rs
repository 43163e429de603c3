//! Everything that exists, region by region.

pub(crate) mod ec2;
pub(crate) mod efs;
pub(crate) mod eks;
pub(crate) mod iam;
mod interface;
pub(crate) mod kms;
pub(crate) mod sts;

use std::collections::BTreeMap;

use crate::table::{AnyTable, Tables};
use ec2::Ec2;
use efs::{Efs, EfsGlobal};
use eks::Eks;
use iam::Iam;
use kms::Kms;
use sts::Sts;

pub(crate) use crate::tags::Tags;

/// All regions that were ever used, and what belongs to the whole account.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) regions: BTreeMap<String, Region>,
    pub(crate) global: Global,
}

impl World {
    /// How many rows there are in all.
    pub(crate) fn rows(&mut self) -> usize {
        let mut rows = 0;
        let mut count = |_: &str, table: &mut dyn AnyTable| rows += table.rows();
        self.regions.values_mut().for_each(|region| region.each(&mut count));
        self.global.each(&mut count);
        rows
    }

    /// A region, whether or not it was ever used.
    pub(crate) fn region(&mut self, name: &str, account: &str) -> &mut Region {
        self.regions.entry(name.to_owned()).or_insert_with(|| Region::new(name, account))
    }
}

/// What exists in one region: the state of each regional service.
#[derive(Debug, Default)]
pub(crate) struct Region {
    pub(crate) name: String,
    /// The id of the account that everything belongs to.
    pub(crate) account: String,
    pub(crate) ec2: Ec2,
    pub(crate) efs: Efs,
    pub(crate) eks: Eks,
    pub(crate) kms: Kms,
}

impl Region {
    fn new(name: &str, account: &str) -> Region {
        Region { name: name.to_owned(), account: account.to_owned(), ..Region::default() }
    }

    /// The ARN of a resource in this region, such as `…:file-system/fs-0123`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let partition = partition(&self.name);
        format!("arn:{partition}:{service}:{}:{}:{resource}", self.name, self.account)
    }

    /// The ARN of what IAM has under this region's partition, such as `…::…:role/driver`: it
    /// names no region.
    pub(crate) fn iam_arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", partition(&self.name), self.account)
    }
}

/// The partition of a region, as botocore's `partitions.json` has them.
pub(crate) fn partition(region: &str) -> &'static str {
    const BY_PREFIX: [(&str, &str); 8] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("eusc-", "aws-eusc"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("", "aws"),
    ];
    BY_PREFIX.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, name)| name)
}

impl Tables for Region {
    fn each(&mut self, visit: &mut dyn FnMut(&'static str, &mut dyn AnyTable)) {
        self.ec2.each(visit);
        self.efs.each(visit);
        self.eks.each(visit);
        self.kms.each(visit);
    }
}

/// What belongs to the account and no region: the state of each global service.
#[derive(Debug, Default)]
pub(crate) struct Global {
    pub(crate) iam: Iam,
    pub(crate) sts: Sts,
    pub(crate) efs: EfsGlobal,
}

impl Tables for Global {
    fn each(&mut self, visit: &mut dyn FnMut(&'static str, &mut dyn AnyTable)) {
        self.iam.each(visit);
        self.sts.each(visit);
        self.efs.each(visit);
    }
}
