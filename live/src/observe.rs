//! Observing everything that a job is about: what does not depend on each other is read side by side.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use efs::resources::driver::{Found, may_be_older};
use efs::resources::file_system::FileSystem;
use efs::{Actual, Canary, Cluster, Desired, Inputs, Networks, Subnets};
use failure::Failure;
use futures_util::future::try_join_all;
use job::{Goal, Job};
use network::{IngressRule, SecurityGroupId, Subnet, VpcId};
use tokio::try_join;

use crate::aws::{Aws, filter};
use crate::cluster::{Kube, denied, denied_beside};
use crate::listed::once;
use crate::network_lead::{self, Lead, network_of, takes_group_of_network};
use crate::nodes::{self, nodes};
use crate::resources::security_group::Groups;
use crate::resources::{
    addon, claim, driver, file_system, ingress, mount_target, security_group, storage_class,
};
use crate::target::{InCluster, Target};
use crate::{identity, key, mounts, named_before, static_access, users, without_cluster, workload};

/// What was observed, module by module.
#[derive(Default)]
pub(crate) struct Observed {
    /// The storage, by the labels of its modules.
    pub(crate) storage: BTreeMap<String, Storage>,
    /// The workloads, by the labels of their modules.
    pub(crate) workloads: BTreeMap<String, graphscope::Actual>,
    /// What a failover looks at, by the labels of the modules.
    pub(crate) failing: BTreeMap<String, efs::Failing>,
}

/// What was observed of a storage module, and what it should be.
pub(crate) struct Storage {
    /// Not needed to destroy.
    pub(crate) desired: Option<Desired>,
    pub(crate) actual: Actual,
    /// The outputs of the network that its inputs refer to, by label.
    pub(crate) networks: Networks,
}

/// The clients of a job, by region.
pub(crate) type Clients = BTreeMap<String, Aws>;

/// Observes all modules of a job at once.
pub(crate) async fn observe(
    job: &Job,
    clients: &Clients,
    target: &Target,
) -> anyhow::Result<Observed> {
    let storage = try_join_all(job.storage().map(|(label, inputs)| async move {
        let aws = clients.get(&inputs.aws_region).context("a region has no client")?;
        let all = async { Box::pin(in_aws(job, label, inputs, (aws, target))).await };
        let around_driver = async {
            let mut cluster = in_cluster(job, inputs, target).await?;
            // Where both fail, the same one is told every time.
            let (identity, addon) = tokio::join!(
                identity::observe(&job.goal, inputs, aws, cluster.as_ref()),
                addon::observe(&job.goal, inputs, aws, cluster.as_ref()),
            );
            let (identity, addon) = (identity?, addon?);
            if let (Some(cluster), Some(in_cluster)) = (&mut cluster, target.cluster())
                && addon::may_be_older(inputs, addon.as_ref())
            {
                cluster.driver.volumes = users::volumes(&in_cluster.kube).await?;
            }
            Ok((cluster, identity, addon))
        };
        let alias = async { anyhow::Ok(key::of_alias(inputs, aws, &job.goal).await) };
        let (mut storage, (cluster, identity, addon), alias) =
            try_join!(all, around_driver, alias)?;
        storage.actual.cluster = cluster;
        storage.actual.identity = identity;
        storage.actual.addon = addon;
        if let Target::Directory(directory) = target {
            let scope = job.storage_scope(label);
            let folder = directory.join(scope.path(""));
            storage.actual.documents = directory::read(&folder, efs::DOCUMENTS)?;
            storage.actual.driver_users = driver::users_of_documents(job, label, directory)?;
            if job.goal.destroys() {
                storage.actual.driver_documents = driver::other_documents(job, directory)?;
            }
        }
        if job.goal.plans() {
            storage.actual.key = match alias {
                Some(key) => Some(key),
                None => key::observe(inputs, aws, &storage.actual).await,
            };
            users::of_old_data(inputs, aws, target, &mut storage.actual).await?;
            named_before::observe(inputs, aws, target, &mut storage.actual).await?;
            mounts::of_disturbed(storage.desired.as_ref(), target, &mut storage.actual).await?;
        }
        anyhow::Ok((label.to_owned(), storage))
    }));
    let workloads = try_join_all(job.workloads().map(|(label, inputs)| async move {
        let found = Box::pin(workload::observe(job, label, inputs, target)).await?;
        anyhow::Ok((label.to_owned(), found))
    }));
    let (storage, workloads) = try_join!(storage, workloads)?;
    Ok(Observed {
        storage: storage.into_iter().collect(),
        workloads: workloads.into_iter().collect(),
        failing: BTreeMap::new(),
    })
}

/// The storage module's part of AWS. Three rounds at most: what can be named at once, what belongs to
/// the VPC and the file system found, and the interfaces of the mount targets found.
async fn in_aws(
    job: &Job,
    label: &str,
    inputs: &Inputs,
    (aws, target): (&Aws, &Target),
) -> anyhow::Result<Storage> {
    let lookup = file_system::Lookup::of(inputs);
    if !job.goal.plans() {
        return Box::pin(own(inputs, aws, &lookup, job.goal.destroys())).await;
    }
    let network = network_of(job, inputs);
    let (actual, nodes) =
        try_join!(whole(inputs, network.map(|(_, inputs)| inputs), aws, &lookup), async {
            if inputs.nfs_clients.of_nodes {
                nodes(inputs, aws, target).await.map(Some)
            } else {
                Ok(None)
            }
        },)?;
    let observed = network::Observed { nodes, ..actual.network };
    let mut networks = Networks::new();
    if let Some((name, asked)) = network {
        let (region, addresses) = (&inputs.aws_region, inputs.target_addresses());
        let outputs = network::outputs(asked, region, &observed, addresses);
        let outputs = outputs.map_err(|refusal| {
            let remedy = refusal.remedy();
            anyhow::Error::new(refusal).context(Failure::new("looking for the network", remedy))
        });
        networks.insert(name.to_owned(), outputs?);
    }
    let desired =
        Desired::new(job.storage_scope(label), inputs, &networks).map(|desired| Desired {
            wait_for_driver: job.wait,
            canary: canary(job),
            adopt_existing: job.goal.adopts_existing(),
            consent: job.goal.targets(),
            driver_in: job.driver_documents(label).elsewhere().map(str::to_owned),
            ..desired
        });
    let actual = Actual { network: observed, ..actual };
    Ok(Storage { desired, actual, networks })
}

/// When a claim is bound at the end: where the driver is not waited for, nobody may bind it.
fn canary(job: &Job) -> Canary {
    if job.wait && job.goal.has_canary() { Canary::AfterChanges } else { Canary::LeftOut }
}

/// All that a plan looks at.
async fn whole(
    inputs: &Inputs,
    network: Option<&network::Inputs>,
    aws: &Aws,
    lookup: &file_system::Lookup,
) -> anyhow::Result<Actual> {
    let Named { mut file_system, groups, lead, subnets, own_rules } =
        named(inputs, network, aws, lookup).await?;
    let Lead { groups: clusters, cluster, unknown: cluster_unknown } = lead;
    let vpcs: BTreeSet<&VpcId> = clusters.iter().map(|group| &group.vpc_id).collect();
    let mut found_group: Vec<SecurityGroupId> = Vec::new();
    if let ([one], true) = (clusters.as_slice(), takes_group_of_network(inputs)) {
        found_group.push(one.id.clone());
    }
    let in_vpcs = || filter("vpc-id", vpcs.iter().copied());
    let (mount_targets, settings, access_points, in_vpcs, found_rules, with_own) = try_join!(
        async {
            let Some(found) = &file_system else { return Ok(Vec::new()) };
            mount_target::observe_with_groups(aws, &found.id).await
        },
        file_system::settings(aws, Some(&inputs.file_system), file_system.as_ref()),
        static_access::points(inputs, aws, file_system.as_ref()),
        async {
            if vpcs.is_empty() {
                return Ok((Vec::new(), Vec::new()));
            }
            try_join!(aws.subnets(in_vpcs()), aws.route_tables(in_vpcs()))
        },
        ingress::observe(aws, &found_group),
        security_group::with_own(inputs, aws, &own_rules),
    )?;
    let (vpc_subnets, route_tables) = in_vpcs;
    let Groups { listed, own: own_groups, rules: listed_rules } =
        groups.or(with_own).unwrap_or_default().beside(&own_rules);
    if let (Some(found), Some(settings)) = (&mut file_system, settings) {
        found.spec = settings;
    }
    let network = network::Observed {
        subnets: once([subnets, vpc_subnets], |subnet| &subnet.id),
        route_tables,
        security_groups: once([listed, clusters], |group| &group.id),
        ingress_rules: once([listed_rules, found_rules, own_rules], |rule| &rule.id),
        cluster,
        cluster_unknown,
        ..network::Observed::default()
    };
    let own_groups = if inputs.has_own_group() {
        own_groups
    } else {
        security_group::observe_left(aws, &inputs.owner(), &network, &mount_targets).await?
    };
    Ok(Actual {
        network,
        file_system,
        mount_targets,
        own_groups,
        access_points,
        ..Actual::default()
    })
}

/// What the inputs name, and what carries our tags.
struct Named {
    file_system: Option<FileSystem>,
    /// Those that the inputs name, where they want none of the deployment's own.
    groups: Option<Groups>,
    /// What leads to the VPC of the network module.
    lead: Lead,
    subnets: Vec<Subnet>,
    own_rules: Vec<IngressRule>,
}

/// The first round: what depends on no other response.
async fn named(
    inputs: &Inputs,
    network: Option<&network::Inputs>,
    aws: &Aws,
    lookup: &file_system::Lookup,
) -> anyhow::Result<Named> {
    let owner = inputs.owner();
    let (file_system, groups, lead, subnets, own_rules) = try_join!(
        file_system::observe(aws, lookup),
        security_group::without_own(inputs, aws),
        network_lead::lead(aws, network),
        async {
            match &inputs.subnet_ids {
                Subnets::Listed(ids) => aws.subnets(filter("subnet-id", ids)).await,
                Subnets::FromNetwork(_) => Ok(Vec::new()),
            }
        },
        ingress::observe_own(aws, &owner),
    )?;
    Ok(Named { file_system, groups, lead, subnets, own_rules })
}

/// What carries our tags: all that a destroy looks at, so that it works when the
/// cluster and its network are gone. A destroy also looks who uses the file system, and of one
/// that it deletes, what may keep EFS from that: where it stays, neither needs a permission.
async fn own(
    inputs: &Inputs,
    aws: &Aws,
    lookup: &file_system::Lookup,
    destroys: bool,
) -> anyhow::Result<Storage> {
    let owner = inputs.owner();
    let (mut file_system, ingress_rules, own_groups) = try_join!(
        file_system::observe(aws, lookup),
        ingress::observe_own(aws, &owner),
        security_group::observe(aws, &owner),
    )?;
    let (mut mount_targets, mut used) = (Vec::new(), users::InAws::default());
    if let Some(found) = &mut file_system {
        let users = async {
            match (destroys, inputs.keeps_file_system()) {
                (false, _) => Ok(users::InAws::default()),
                (true, false) => users::observe(aws, &found.id).await,
                (true, true) => Ok(users::InAws {
                    access_points: users::access_points(aws, &found.id).await?,
                    ..users::InAws::default()
                }),
            }
        };
        // A destroy changes none of them.
        let source = Some(&inputs.file_system).filter(|_| !destroys);
        let settings = file_system::settings(aws, source, Some(&*found));
        let targets = mount_target::observe(aws, &found.id);
        let (targets, settings, users) = try_join!(targets, settings, users)?;
        mount_targets = targets.unwrap_or_default();
        found.spec = settings.unwrap_or_else(|| found.spec.clone());
        used = users;
    }
    let looked = destroys && file_system.is_some() && !inputs.keeps_file_system();
    let users::InAws { access_points, replications, policy } = used;
    let network = network::Observed { ingress_rules, ..network::Observed::default() };
    let actual = Actual {
        network,
        file_system,
        mount_targets,
        own_groups,
        access_points,
        replications_unknown: looked && replications.is_none(),
        replications: replications.unwrap_or_default(),
        policy,
        ..Actual::default()
    };
    Ok(Storage { desired: None, actual, networks: Networks::new() })
}

/// The storage module's part of a cluster, where the target is one.
async fn in_cluster(
    job: &Job,
    inputs: &Inputs,
    target: &Target,
) -> anyhow::Result<Option<Cluster>> {
    let Some(in_cluster) = target.cluster() else { return Ok(None) };
    let observed =
        Box::pin(cluster((&job.goal, canary(job) != Canary::LeftOut), inputs, in_cluster)).await;
    let observed = observed.map_err(|error| without_cluster::unanswered(&job.goal, error));
    observed.with_context(|| format!("observing the cluster `{}`", in_cluster.kube.name)).map(Some)
}

/// What this identity may not do in a cluster, of what a plan or a destroy does.
async fn lacking(
    kube: &Kube,
    inputs: &Inputs,
    (plans, destroys): (bool, bool),
    sends_canary: bool,
) -> anyhow::Result<Vec<String>> {
    let what = (destroys, sends_canary);
    if plans || destroys { denied(kube, inputs, what).await } else { Ok(Vec::new()) }
}

/// What a goal needs to know of a cluster; with whether it sends a canary.
pub(crate) async fn cluster(
    (goal, sends_canary): (&Goal, bool),
    inputs: &Inputs,
    target: &InCluster,
) -> anyhow::Result<Cluster> {
    let kube = &target.kube;
    let does @ (plans, _) = (goal.plans(), goal.destroys());
    let (classes, nodes, agent, objects, mut lacking, installed, claims, volumes) = try_join!(
        storage_class::observe(kube, inputs),
        async { if plans { nodes::of_cluster(kube).await } else { Ok(Vec::new()) } },
        async { if plans { driver::pod_identity_agent(kube).await } else { Ok(false) } },
        driver::observe_with_pods(goal, inputs, kube),
        lacking(kube, inputs, does, plans && sends_canary),
        driver::installed(goal, inputs, target),
        async {
            let mut found = if plans { Vec::new() } else { claim::observe(kube, inputs).await? };
            if *goal == Goal::Status {
                kube.measure(&mut found).await;
                kube.explain_pending(&mut found).await;
            }
            Ok(found)
        },
        static_access::volumes(goal, inputs, kube),
    )?;
    let driver::Installed { release, chart, csi_driver, made } = installed;
    let there = (release.is_some(), &objects.pods, &volumes.0);
    lacking.extend(denied_beside(kube, inputs, does, there).await?);
    // An ordinary run changes no release, and looks at no volume.
    let looks = chart.is_some() && may_be_older(&inputs.driver);
    let newer = if looks { users::volumes(kube).await? } else { Vec::new() };
    Ok(Cluster {
        name: kube.name.clone(),
        storage_class: classes.own,
        classes_beside: classes.beside,
        referred: classes.referred,
        other_classes: classes.others,
        driver: Found {
            release,
            foreign: objects.foreign,
            pods: objects.pods,
            rollouts: objects.rollouts,
            volumes: newer,
            chart,
            csi_driver,
            made,
            running: objects.running,
            applied_by_eks: objects.applied_by_eks,
        },
        claims,
        static_volumes: volumes.0,
        volumes: volumes.1,
        pod_identity_agent: agent,
        running: None,
        nodes,
        default_classes: classes.defaults,
        denied: lacking,
    })
}
