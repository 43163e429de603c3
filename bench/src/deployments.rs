//! Planning and rendering of deployments, without any I/O.

use std::time::Instant;

use efs::{Actual, Desired, FileSystemId, Inputs, Networks, Plan};
use inputs::Given;
use network::{
    IngressRule, Observed, RuleSource, SecurityGroup, SecurityGroupId, Subnet, SubnetId, Tags,
    VpcId,
};
use plan::{Known, Scope};
use serde_json::{Value, json};

use crate::report::Figure;

/// A deployment over six zones, and an account that has nothing but its network.
#[derive(Debug, Clone)]
pub struct Deployment {
    desired: Desired,
    actual: Actual,
    id: Known<FileSystemId>,
}

impl Deployment {
    /// The deployment of a number; `None` would be a bug in its inputs.
    pub fn new(number: usize) -> Option<Deployment> {
        let subnets: Vec<String> =
            (0..6).map(|zone| format!("subnet-{:08x}", number * 6 + zone)).collect();
        let group = format!("sg-{number:08x}");
        let given: Value = json!({
            "aws_region": "eu-west-1",
            "cluster_name": format!("cluster-{number}"),
            "subnet_ids": subnets,
            "security_group_id": group,
            "tags": {"team": "graphs", "stage": format!("{}", number % 7)},
        });
        let given = given.as_object()?.iter();
        let given =
            given.map(|(name, value)| (name.clone(), Given::Literal(value.clone()))).collect();
        let inputs = Inputs::parse(&given).ok()?;
        let vpc = VpcId::try_from(format!("vpc-{number:08x}")).ok()?;
        let group = SecurityGroupId::try_from(group).ok()?;
        let subnet = |(zone, id): (char, &String)| {
            Some(Subnet {
                id: SubnetId::try_from(id.clone()).ok()?,
                vpc_id: vpc.clone(),
                availability_zone: format!("eu-west-1{zone}"),
                availability_zone_id: None,
                free_addresses: 100,
                ranges: Vec::new(),
                on_outpost: false,
                nodes: 0,
                tags: Tags::new(),
            })
        };
        let network = Observed {
            subnets: ('a'..='f').zip(&subnets).filter_map(subnet).collect(),
            route_tables: Vec::new(),
            security_groups: vec![SecurityGroup {
                id: group.clone(),
                vpc_id: vpc.clone(),
                tags: Tags::new(),
            }],
            ingress_rules: vec![IngressRule {
                id: format!("sgr-{number:08x}"),
                group_id: group.clone(),
                protocol: "-1".to_owned(),
                from_port: -1,
                to_port: -1,
                source: Some(RuleSource::Group(group)),
                tags: Tags::new(),
            }],
            ..Observed::default()
        };
        Some(Deployment {
            desired: Desired::new(Scope::alone("efs_csi"), &inputs, &Networks::new())?,
            actual: Actual { network, ..Actual::default() },
            id: Known::Now(FileSystemId::try_from(format!("fs-{number:08x}")).ok()?),
        })
    }

    /// Its plan.
    pub fn plan(&self) -> Option<Plan> {
        efs::plan(&self.desired, &self.actual).ok()
    }

    /// Renders all of its documents; returns their total length in bytes.
    pub fn render(&self) -> Option<usize> {
        let documents = efs::documents(&self.desired.inputs, &self.id).ok()?.into_iter();
        documents.map(|(_, text)| Some(text.now()?.len())).sum()
    }
}

/// Measures planning and rendering at two sizes, which shows what is not linear.
pub(crate) fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    for count in [1_000_u32, 10_000] {
        let all: Vec<Deployment> = (0..count as usize).filter_map(Deployment::new).collect();
        let (planned, planning) =
            timed(|| all.iter().filter_map(|one| Some(one.plan()?.changes.len())).sum());
        let (rendered, rendering) = timed(|| all.iter().filter_map(Deployment::render).sum());
        assert!(planned > all.len() && rendered > all.len(), "nothing was planned and rendered");
        // The goal: ten thousand a second on one core.
        let limit = f64::from(count) / 10_000.0;
        figures.push(Figure::at_most(format!("plan/{count}"), planning, "s", limit));
        figures.push(Figure::at_most(format!("render/{count}"), rendering, "s", limit));
    }
    figures
}

fn timed(work: impl FnOnce() -> usize) -> (usize, f64) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed().as_secs_f64())
}
