//! The worlds: what real accounts have, each alone or together.

use serde_json::{Value, json};

use crate::testing::{Aws, Reply};

fn file_system(aws: &Aws) -> Value {
    let made = aws.efs("POST", "file-systems", &json!({ "CreationToken": "t" })).ok().json();
    aws.wait(1000);
    made["FileSystemId"].clone()
}

fn target(aws: &Aws, file_system: &Value, subnet: &str) -> Reply {
    let body = json!({ "FileSystemId": file_system, "SubnetId": subnet });
    aws.efs("POST", "mount-targets", &body)
}

#[test]
fn zones_and_outposts_where_efs_makes_no_targets_have_subnets_like_any_other() {
    let aws = Aws::with(&["--world", "local-zone", "--world", "wavelength,outpost"]);
    let private = aws.ec2("Action=DescribeSubnets&Filter.1.Name=tag:kubernetes.io/role/internal-elb&Filter.1.Value.1=1").ok();
    assert_eq!(private.texts("subnetId").len(), 4 + 3);
    let file_system = file_system(&aws);
    for subnet in ["50a", "60a", "70a"] {
        let refused = target(&aws, &file_system, &format!("subnet-0c0dec00000000{subnet}"));
        assert_eq!(
            refused.error_type.as_deref(),
            Some("UnsupportedAvailabilityZone"),
            "{}",
            refused.body
        );
        assert_eq!(refused.status, 400);
    }
    target(&aws, &file_system, super::SUBNET).ok();
}

/// "VPC tags, and tags for the resources within the shared VPC, are not shared with the
/// participants" (Share your VPC subnets with other accounts).
#[test]
fn a_shared_vpc_hides_its_tags_its_main_route_table_and_its_default_group() {
    let aws = Aws::with(&["--world", "shared-vpc"]);
    let vpcs = aws.ec2("Action=DescribeVpcs").ok();
    assert_eq!((vpcs.text("ownerId").as_str(), vpcs.text("tagSet").as_str()), ("444455556666", ""));
    let subnets = aws.ec2("Action=DescribeSubnets").ok();
    assert!(subnets.texts("tagSet").iter().all(|tags| tags.is_empty()));
    assert!(subnets.text("subnetArn").starts_with("arn:aws:ec2:eu-west-1:444455556666:subnet/"));
    let main = aws
        .ec2("Action=DescribeRouteTables&Filter.1.Name=association.main&Filter.1.Value.1=true")
        .ok();
    assert_eq!(main.texts("routeTableId"), [""; 0]);
    aws.ec2("Action=DescribeRouteTables&RouteTableId.1=rtb-0c0dec00000000001")
        .refused("InvalidRouteTableID.NotFound");
    let groups = aws.ec2("Action=DescribeSecurityGroups").ok();
    assert!(!groups.body.contains("<groupName>default<"), "{}", groups.body);
    aws.ec2(&format!("Action=DeleteSubnet&SubnetId={}", super::SUBNET))
        .refused("UnauthorizedOperation");
    aws.ec2(&format!("Action=CreateTags&ResourceId.1={}&Tag.1.Key=mine", super::SUBNET)).ok();
}

#[test]
fn tiers_without_tags_are_in_the_same_vpc() {
    let aws = Aws::with(&["--world", "database-tier,transit-subnets"]);
    let subnets = aws.ec2("Action=DescribeSubnets").ok();
    let untagged = subnets.texts("tagSet").into_iter().filter(|tags| tags.is_empty()).count();
    assert_eq!((subnets.texts("subnetId").len(), untagged), (7 + 6, 6));
    let transit =
        aws.ec2("Action=DescribeSubnets&Filter.1.Name=cidr-block&Filter.1.Value.1=*/28").ok();
    assert_eq!(transit.texts("availableIpAddressCount"), ["11"; 3]);
    let database = aws.ec2("Action=DescribeRouteTables&Filter.1.Name=association.subnet-id&Filter.1.Value.1=subnet-0c0dec0000000080a").ok();
    assert_eq!(database.texts("gatewayId"), ["local"]);
}

#[test]
fn the_subnets_that_eks_names_may_be_the_control_planes_alone() {
    let aws = Aws::with(&["--world", "intra-subnets,nodes"]);
    let cluster = aws.eks("GET", "/clusters/graphscope-dev", &serde_json::Value::Null).ok().json();
    let named = &cluster["cluster"]["resourcesVpcConfig"]["subnetIds"];
    let intra = ["a", "b", "c"].map(|zone| format!("subnet-0c0dec00000000a0{zone}"));
    assert_eq!(*named, serde_json::json!(intra));
    let list = format!("Action=DescribeSubnets&SubnetId.1={}", intra[0]);
    assert_eq!(aws.ec2(&list).ok().texts("availableIpAddressCount"), ["11"]);
    let nodes = aws.ec2("Action=DescribeInstances").ok();
    let nodes = nodes.texts("subnetId");
    let elsewhere = nodes.iter().all(|id| intra.iter().all(|one| one != id));
    assert!(!nodes.is_empty() && elsewhere, "{nodes:?}");
}

#[test]
fn nodes_are_instances_of_the_clusters_group_or_of_another_one() {
    for (world, group) in
        [("nodes", "sg-0c0dec00000000001"), ("foreign-nodes", "sg-0c0dec00000000002")]
    {
        let aws = Aws::with(&["--world", world]);
        let nodes = aws.ec2("Action=DescribeInstances&Filter.1.Name=tag:kubernetes.io/cluster/graphscope-dev&Filter.1.Value.1=owned").ok();
        assert_eq!(nodes.texts("instanceType").len(), 3);
        let filter = format!("Filter.1.Name=group-id&Filter.1.Value.1={group}");
        let interfaces = aws.ec2(&format!("Action=DescribeNetworkInterfaces&{filter}")).ok();
        assert_eq!(interfaces.texts("instanceId"), nodes.texts("instanceId"));
        let cluster = aws.eks("GET", "/clusters/graphscope-dev", &Value::Null).ok().json();
        let own = cluster["cluster"]["resourcesVpcConfig"]["clusterSecurityGroupId"].clone();
        assert_eq!(own == json!(group), world == "nodes");
    }
}

#[test]
fn twin_clusters_share_a_name_and_nothing_else() {
    let mut aws = Aws::with(&["--world", "twin-clusters"]);
    let ids = |aws: &Aws| {
        let cluster = aws.eks("GET", "/clusters/graphscope-dev", &Value::Null).ok().json();
        let network = &cluster["cluster"]["resourcesVpcConfig"];
        let vpc = aws.ec2("Action=DescribeVpcs").ok().text("vpcId");
        assert_eq!(network["vpcId"], json!(vpc));
        (vpc, network["subnetIds"].clone(), cluster["cluster"]["endpoint"].clone())
    };
    let here = ids(&aws);
    aws.region = "us-east-1";
    let there = ids(&aws);
    assert!(here.0 != there.0 && here.1 != there.1 && here.2 != there.2, "{here:?} {there:?}");
    aws.ec2(&format!("Action=DescribeVpcs&VpcId.1={}", here.0)).refused("InvalidVpcID.NotFound");
}

#[test]
fn a_stale_group_carries_the_clusters_tag_and_is_not_the_clusters() {
    let aws = Aws::with(&["--world", "stale-group"]);
    let groups = aws.ec2("Action=DescribeSecurityGroups&Filter.1.Name=tag:aws:eks:cluster-name&Filter.1.Value.1=graphscope-dev").ok();
    assert_eq!(groups.texts("groupName").len(), 2);
    let cluster = aws.eks("GET", "/clusters/graphscope-dev", &Value::Null).ok().json();
    assert_eq!(
        cluster["cluster"]["resourcesVpcConfig"]["clusterSecurityGroupId"],
        "sg-0c0dec00000000001"
    );
}

#[test]
fn the_order_of_worlds_does_not_matter() {
    let describe = |worlds: &str| {
        let aws = Aws::with(&["--world", worlds]);
        let listings = ["SecurityGroups", "Subnets", "RouteTables", "Instances"];
        listings.map(|listing| {
            let found = aws.ec2(&format!("Action=Describe{listing}")).ok().body;
            found.split_once("</requestId>").map(|(_, rest)| rest.to_owned()).unwrap()
        })
    };
    let one = describe("shared-vpc,stale-group,nodes,local-zone,dual-stack");
    assert_eq!(one, describe("dual-stack,local-zone,nodes,stale-group,shared-vpc"));
    assert!(one[0].contains("eks-cluster-sg-graphscope-dev-1234567890"), "{}", one[0]);
}

#[test]
fn ipv6_comes_alone_or_beside_ipv4() {
    let aws = Aws::with(&["--world", "ipv6-only,dual-stack"]);
    let native =
        aws.ec2("Action=DescribeSubnets&Filter.1.Name=ipv6-native&Filter.1.Value.1=true").ok();
    assert_eq!(native.texts("subnetId"), ["subnet-0c0dec0000000040a"]);
    assert_eq!(native.texts("cidrBlock"), [""; 0]);
    let with_ipv6 = aws.ec2("Action=DescribeSubnets&Filter.1.Name=ipv6-cidr-block-association.state&Filter.1.Value.1=associated").ok();
    let mut ranges = with_ipv6.texts("ipv6CidrBlock");
    ranges.sort_unstable();
    ranges.dedup();
    assert_eq!(ranges.len(), 5, "four private subnets and the IPv6-only one");
}

#[test]
fn a_vpc_may_lack_dns_host_names() {
    let aws = Aws::with(&["--world", "no-dns-hostnames"]);
    let read = aws
        .ec2(&format!(
            "Action=DescribeVpcAttribute&VpcId={}&Attribute=enableDnsHostnames",
            super::VPC
        ))
        .ok();
    assert_eq!(read.text("value"), "false");
}

#[test]
fn all_worlds_go_together() {
    let all = "local-zone,wavelength,outpost,shared-vpc,database-tier,transit-subnets,intra-subnets,nodes,foreign-nodes,twin-clusters,stale-group,ipv6-only,dual-stack,no-dns-hostnames,many-interfaces,default-vpc";
    let aws = Aws::with(&["--world", all, "--zones", "6"]);
    let mut cidrs = Vec::new();
    let subnets = aws.ec2("Action=DescribeSubnets").ok();
    for cidr in subnets.texts("cidrBlock") {
        cidrs.push(cidr.parse::<ipnet::Ipv4Net>().unwrap());
    }
    for (n, a) in cidrs.iter().enumerate() {
        for b in &cidrs[n + 1..] {
            assert!(!a.contains(b) && !b.contains(a), "{a} and {b} overlap");
        }
    }
}
