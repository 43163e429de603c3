//! The tables of the listings: documented filters, and indexes that find what a scan finds.

use std::collections::BTreeSet;

use clap::Parser;

use super::super::listing::{By, Index, Listing};
use super::super::resource::Resource;
use super::super::{
    acls, addresses, dhcp, gateways, instances, interfaces, nat, routes, rules, seed, subnets, vpcs,
};
use crate::options::Options;
use crate::testing::Aws;
use crate::world::{Region, World};

/// The filters that EC2's model documents: the listing and the filter, one a line (botocore
/// 1.43.11, `ec2/2016-11-15/service-2.json`); `tag:KEY` is documented for all with tags.
const DOCUMENTED: &str = include_str!("filters.txt");

/// What EC2 takes beside: the API reference names them as further names of documented ones,
/// or Terraform's provider sends them.
const FURTHER_NAMES: [&str; 6] =
    ["availabilityZone", "availabilityZoneId", "cidr", "cidrBlock", "defaultForAz", "isDefault"];

fn documented(action: &str) -> BTreeSet<&'static str> {
    let lines = DOCUMENTED.lines().filter_map(|line| line.split_once(' '));
    lines.filter(|(name, _)| *name == action).map(|(_, filter)| filter).collect()
}

#[test]
fn every_documented_filter_of_every_listing_is_taken() {
    let aws = Aws::with(&["--world", "nodes"]);
    for (action, filter) in DOCUMENTED.lines().filter_map(|line| line.split_once(' ')) {
        aws.ec2(&format!("Action={action}&Filter.1.Name={filter}&Filter.1.Value.1=banana")).ok();
    }
}

/// A region with at least one row of every kind, and of every kind of addresses.
fn region() -> Region {
    let worlds = "nodes,default-vpc,dual-stack,outpost,local-zone,database-tier";
    let options = Options::parse_from(["sandbox", "--world", worlds]);
    let mut world = World::default();
    let mut region = std::mem::take(world.region("eu-west-1", &options.account));
    seed::network(&mut region, &options);
    region
}

fn check<T: Resource>(action: &str, listing: &Listing<T>) {
    let region = region();
    let rows: Vec<&T> = T::table(&region.ec2).values().collect();
    assert!(!rows.is_empty(), "{action}: the region has none");
    let names: BTreeSet<&str> =
        listing.filters.iter().flat_map(|By(names, _)| names.split(' ')).collect();
    let known = documented(action);
    let unknown: Vec<_> =
        names.difference(&known).filter(|name| !FURTHER_NAMES.contains(*name)).collect();
    assert!(unknown.is_empty(), "{action}: {unknown:?} are not documented");
    for Index(name, find) in listing.indexes {
        let by = listing.filters.iter().find(|By(names, _)| names.split(' ').any(|n| n == *name));
        let By(_, values) = by.unwrap_or_else(|| panic!("{action}: {name} is no filter"));
        let all: BTreeSet<String> = rows.iter().flat_map(|row| values(row, &region)).collect();
        for value in all.iter().map(String::as_str).chain(["banana"]) {
            let has = |row: &&&T| values(row, &region).iter().any(|own| own == value);
            let scanned: BTreeSet<&str> = rows.iter().filter(has).map(|row| row.id()).collect();
            let found: BTreeSet<&str> =
                find(&region.ec2, value).into_iter().map(Resource::id).collect();
            assert_eq!(found, scanned, "{action}: {name}={value}");
        }
    }
}

#[test]
fn an_index_finds_what_a_scan_finds() {
    check("DescribeVpcs", &vpcs::LISTING);
    check("DescribeSubnets", &subnets::LISTING);
    check("DescribeSecurityGroups", &super::super::groups::LISTING);
    check("DescribeSecurityGroupRules", &rules::LISTING);
    check("DescribeNetworkInterfaces", &interfaces::LISTING);
    check("DescribeRouteTables", &routes::LISTING);
    check("DescribeInternetGateways", &gateways::LISTING);
    check("DescribeNatGateways", &nat::LISTING);
    check("DescribeAddresses", &addresses::LISTING);
    check("DescribeNetworkAcls", &acls::LISTING);
    check("DescribeDhcpOptions", &dhcp::LISTING);
    check("DescribeInstances", &instances::LISTING);
}
