//! From what was given to [`Inputs`]; every mistake is found in one pass.

use std::collections::{BTreeMap, BTreeSet};

use ::inputs::{GivenInputs, Mistake, Problem, Reader};

use kubernetes::{ChartSource, repository};
use network::Tags;

use super::access_points::{self, access_points};
use super::arns::{self, Arn};
use super::clients::nfs_clients;
use super::driver_settings::{self, settings};
use super::file_system::{file_system, imported, replicates_without_a_role};
use super::mount_targets::{security_group_name, security_groups, subnets};
use super::storage_class::storage_class;
use super::storage_classes::{self, newer_parameters, storage_classes};
use super::targets::{self, targets};
use super::zone::is_zone_id;
use super::{DeletionPolicy, Group, INPUTS, Inputs, Subnets, rules};
use crate::chart::{self, ChartVersion};
use crate::digests::digest;
use crate::resources::access_point::AccessPointInputs;
use crate::resources::addon::{self, AddonInputs, ResolveConflicts};
use crate::resources::driver::{
    DriverInputs, DriverMode, Identity, ProviderPolicy, Registry, check,
};
use crate::resources::file_system::FileSystemSource;
use crate::resources::mount_target::{IpAddressType, TargetsInputs};
use crate::resources::storage_class::StorageClassInputs;

impl Inputs {
    /// Reads and checks what was given; all mistakes at once.
    pub fn parse(given: &GivenInputs) -> Result<Inputs, Vec<Mistake>> {
        let mut reader = Reader::new(INPUTS, given);
        let aws_region = reader.string("aws_region", network::region);
        let cluster_name = reader.string("cluster_name", network::cluster_name);
        let (subnet_ids, (security_groups, security_group_name), (ip_address_type, mount_targets)) =
            of_targets(&mut reader, aws_region.as_deref());
        let driver = driver(&mut reader, aws_region.as_deref());
        let aws_account_id = reader.string("aws_account_id", place::account_id);
        let tags = tags(&mut reader);
        let file_system = file_system(&mut reader);
        let imported = imported(&mut reader);
        let backup_by_default = !reader.is_given("backup_policy");
        let deletion_policy = reader.string("deletion_policy", DeletionPolicy::one_of);
        let access_points = access_points(&mut reader);
        let nfs_clients = nfs_clients(&mut reader);
        if security_groups.as_deref() == Some(&[Group::Own]) && nfs_clients.is_empty() {
            reader.mistake("security_group", rules::admits_nobody());
        }
        let storage_class = class_of(&mut reader, file_system.as_ref());
        if let (Some(cluster), Some(class), Some(tags)) = (&cluster_name, &storage_class, &tags) {
            check_tags(&mut reader, (cluster, &class.name), tags, access_points.as_ref());
        }
        let place = (aws_region.as_deref(), aws_account_id.as_deref());
        of_place(&mut reader, place, driver.as_ref(), file_system.as_ref());
        let version = driver.as_ref().map(|driver| driver.version);
        let storage_classes =
            more_classes(&mut reader, storage_class.as_ref(), version, file_system.as_ref());
        let classes = storage_class.iter().chain(&storage_classes);
        anonymous(&mut reader, classes, access_points.as_ref());
        newer_parameters(&mut reader, version);
        let driver =
            driver.map(|driver| following(driver, storage_class.as_ref(), &storage_classes));
        let read = || {
            Some(Inputs {
                aws_region: aws_region?,
                cluster_name: cluster_name?,
                subnet_ids: subnet_ids?,
                security_groups: security_groups?,
                security_group_name,
                ip_address_type,
                mount_targets,
                driver: driver?,
                aws_account_id,
                tags: tags?,
                file_system: file_system?,
                imported,
                backup_by_default,
                deletion_policy: deletion_policy?,
                access_points,
                nfs_clients,
                storage_class: storage_class?,
                storage_classes,
            })
        };
        match (reader.finish(), read()) {
            (Err(mistakes), _) => Err(mistakes),
            (Ok(()), Some(inputs)) => Ok(inputs),
            (Ok(()), None) => unreachable!("a value is missing and no mistake was remembered"),
        }
    }
}

/// The groups of all mount targets, with the name of the deployment's own.
type Groups = (Option<Vec<Group>>, Option<String>);

/// Where the mount targets go, their groups, and what is said of all and of each.
fn of_targets(
    reader: &mut Reader,
    region: Option<&str>,
) -> (Option<Subnets>, Groups, (Option<IpAddressType>, TargetsInputs)) {
    let (family, each) = targets(reader, region);
    let subnet_ids = subnets(reader, &each);
    let groups = security_groups(reader);
    let name = security_group_name(reader);
    targets::check(reader, &each, (subnet_ids.as_ref(), groups.as_deref()));
    (subnet_ids, (groups, name), (family, each))
}

/// The driver, which may read what any of its classes refers to.
fn following(
    mut driver: DriverInputs,
    own: Option<&StorageClassInputs>,
    others: &[StorageClassInputs],
) -> DriverInputs {
    if own.into_iter().chain(others).any(|class| class.file_system_reference.is_some()) {
        driver_settings::let_it_follow_references(&mut driver.settings);
    }
    driver
}

/// The tag `Name`, and how many tags access points have with those of the deployment.
fn check_tags(
    reader: &mut Reader,
    (cluster, class): (&str, &str),
    tags: &Tags,
    points: Option<&BTreeMap<String, AccessPointInputs>>,
) {
    if !tags.contains_key("Name") {
        let name = format!("{cluster}/{class}");
        reader.check("storage_class_name", rules::name_tag(&name));
    }
    for point in points.into_iter().flatten().map(|(_, point)| point) {
        let keys: BTreeSet<&String> = tags.keys().chain(point.tags.keys()).collect();
        // Its name, its deletion policy and its volume are tags too.
        let count = keys.into_iter().filter(|key| *key != "Name").count() + 2;
        let count = count + usize::from(point.volume.is_some());
        reader.check(access_points::NAME, rules::tag_count(count));
    }
}

/// Without anonymous access, volumes of the classes and of the deployment's own access points need
/// an identity to mount.
fn anonymous<'a>(
    reader: &mut Reader,
    classes: impl Iterator<Item = &'a StorageClassInputs>,
    points: Option<&BTreeMap<String, AccessPointInputs>>,
) {
    let denied =
        reader.is_given("allow_anonymous") && reader.boolean("allow_anonymous") == Some(false);
    let classes = classes.map(|it| (format!("the class `{}`", it.name), &it.mount_options));
    let volumes = points.into_iter().flatten().filter_map(|(name, point)| {
        let volume = point.volume.as_ref()?;
        Some((format!("the access point `{name}`"), &volume.mount_options))
    });
    let mut without =
        classes.chain(volumes).filter(|(_, options)| !options.iter().any(|it| it == "iam"));
    if let Some((of, _)) = without.next().filter(|_| denied) {
        reader.mistake(
            "allow_anonymous",
            Problem::new(
                format!(
                    "`allow_anonymous` is false, and volumes of {of} mount without an identity"
                ),
                "add `iam` to its `mount_options`, or leave `allow_anonymous` out",
            ),
        );
    }
}

/// What keys and roles say of where they are.
fn of_place(
    reader: &mut Reader,
    (region, account): (Option<&str>, Option<&str>),
    driver: Option<&DriverInputs>,
    file_system: Option<&FileSystemSource>,
) {
    let Some(region) = region else { return };
    let spec = match file_system {
        Some(FileSystemSource::Own(spec)) => Some(spec),
        _ => None,
    };
    let key = spec.and_then(|spec| spec.kms_key_id.as_deref());
    let zone = spec.and_then(|spec| spec.availability_zone.as_deref());
    let copy = spec.and_then(|spec| spec.replication.as_ref());
    let of_copy = |key: &str| copy.and_then(|copy| copy.get(key)).map(String::as_str);
    if let Some(zone) = zone.filter(|zone| !zone.starts_with(region) && !is_zone_id(zone)) {
        reader.mistake(
            "availability_zone_name",
            Problem::new(
                format!("the zone `{zone}` is not in the region `{region}`"),
                format!("give a zone of `{region}`, or correct `aws_region`"),
            ),
        );
    }
    let role = driver.and_then(|driver| driver.identity.role());
    let older = reader.is_given("driver_role_arn");
    let role_input = if older { "driver_role_arn" } else { "driver_identity" };
    let by = of_copy("role_arn");
    let named =
        [("kms_key_id", "key", key), (role_input, "role", role), ("replication", "role", by)];
    let arns: Vec<Arn> = named
        .into_iter()
        .filter_map(|(input, what, text)| Arn::parse(input, what, text?))
        .collect();
    for (input, problem) in arns::contradictions(region, account, &arns) {
        reader.mistake(input, problem);
    }
    let to = of_copy("file_system_id").and_then(|id| Arn::parse("replication", "copy", id));
    if by.is_none() && to.is_some_and(|to| !to.is_of(account)) {
        reader.mistake("replication", replicates_without_a_role());
    }
}

fn driver(reader: &mut Reader, region: Option<&str>) -> Option<DriverInputs> {
    let namespace = reader.string("namespace", ::inputs::dns_label);
    let version = reader.string("helm_chart_version", ChartVersion::parse);
    let identity = identity(reader);
    let oidc_provider = reader.string("oidc_provider", ProviderPolicy::one_of);
    let access_point_tags = access_point_tags(reader);
    let mode = reader.string("driver", DriverMode::one_of);
    let addon = of_addon(reader, mode);
    // The values and parameters of an add-on are checked when its version is known.
    // So are those of a driver that is somebody else's, unless the inputs say which it is.
    let assumed = mode == Some(DriverMode::Skip) && !reader.is_given("helm_chart_version");
    let version = if mode == Some(DriverMode::Addon) || assumed {
        version.map(|_| ChartVersion::NEWEST)
    } else {
        version
    };
    let repository = reader.string("helm_repository", repository);
    let given = reader.is_given("helm_repository").then(|| repository.clone().unwrap_or_default());
    let chart = reader
        .string("helm_chart", |text| ChartSource::parse(text, given.as_deref(), chart::REPOSITORY));
    let images =
        reader.string("image_registry", |text| Registry::parse(text, region.unwrap_or_default()));
    let published = matches!(&chart, Some(ChartSource::Repository { name, url })
        if name == chart::NAME && url == chart::REPOSITORY);
    if let Some(version) = version.filter(|_| published)
        && version < ChartVersion::NEWEST
        && digest(version).is_none()
    {
        reader.mistake("helm_chart_version", never_published(version));
    }
    let values = if reader.is_given("helm_values") {
        let values = reader.values("helm_values")?;
        reader.check("helm_values", check(&values))?;
        values
    } else {
        serde_json::Map::new()
    };
    let settings = settings(reader, version.unwrap_or(ChartVersion::NEWEST));
    Some(DriverInputs {
        mode: mode?,
        namespace: namespace?,
        chart: chart?,
        version: version?,
        assumed,
        identity: identity?,
        oidc_provider: oidc_provider?,
        access_point_tags: access_point_tags?,
        images,
        settings,
        values,
        addon: addon?,
    })
}

/// What holds where the driver is an add-on; what is for the other way is a mistake.
fn of_addon(reader: &mut Reader, mode: Option<DriverMode>) -> Option<AddonInputs> {
    let is_addon = mode? == DriverMode::Addon;
    let (for_the_other, remedy) = if is_addon {
        let remedy =
            "leave it out, or `driver = \"addon\"`: the add-on takes `addon_configuration`";
        (&["helm_values", "image_registry"][..], remedy)
    } else {
        let remedy = "set `driver` to `addon`, or leave it out";
        (&["addon_version", "addon_configuration"][..], remedy)
    };
    for input in for_the_other.iter().filter(|input| reader.is_given(input)).collect::<Vec<_>>() {
        let what = if is_addon {
            "the chart, and the driver is an add-on"
        } else {
            "an add-on, and the driver is none"
        };
        reader.mistake(input, Problem::new(format!("`{input}` is for {what}"), remedy));
    }
    let version = reader.string("addon_version", addon::parsed);
    let resolve_conflicts = reader.string("addon_resolve_conflicts", ResolveConflicts::one_of);
    let configuration = if reader.is_given("addon_configuration") {
        reader.values("addon_configuration")?
    } else {
        serde_json::Map::new()
    };
    Some(AddonInputs { version, resolve_conflicts: resolve_conflicts?, configuration })
}

/// The class, with what a One Zone file system needs.
fn class_of(
    reader: &mut Reader,
    file_system: Option<&FileSystemSource>,
) -> Option<StorageClassInputs> {
    let class = storage_class(reader)?;
    let placed = in_zone(class, file_system);
    reader.check("mount_options", placed)
}

/// The classes beside it, with the same.
fn more_classes(
    reader: &mut Reader,
    own: Option<&StorageClassInputs>,
    chart: Option<ChartVersion>,
    file_system: Option<&FileSystemSource>,
) -> Vec<StorageClassInputs> {
    let classes = storage_classes(reader, own, chart).into_iter();
    let placed = classes.map(|class| in_zone(class, file_system));
    let placed: Vec<_> = placed.collect();
    placed.into_iter().filter_map(|class| reader.check(storage_classes::NAME, class)).collect()
}

fn in_zone(
    class: StorageClassInputs,
    file_system: Option<&FileSystemSource>,
) -> Result<StorageClassInputs, Problem> {
    let Some(FileSystemSource::Own(spec)) = file_system else { return Ok(class) };
    // A plan knows the name of a zone that is given by its id.
    let zone = spec.availability_zone.as_deref().filter(|zone| !is_zone_id(zone));
    match (zone, class.mounted_in()) {
        (Some(zone), Some(other)) if zone != other => Err(Problem::new(
            format!(
                "the One Zone file system has its mount target in {zone}, and none in `{other}`"
            ),
            format!("leave `az={other}` out: the class gets `az={zone}`"),
        )),
        (Some(zone), _) if !class.may_go_to(zone) => Err(Problem::new(
            format!("`allowed_topologies` leaves {zone} out, the zone of the One Zone file system"),
            format!("write `allowed_topologies = [\"{zone}\"]`"),
        )),
        _ => Ok(class.of_one_zone(zone)),
    }
}

/// A version between others of which there is no chart.
fn never_published(version: ChartVersion) -> Problem {
    Problem::new(
        format!("there is no chart {version}: its project published none of that version"),
        "choose one of <https://github.com/kubernetes-sigs/aws-efs-csi-driver/releases>, such as \
         \"2.4.5\" or \"4.4.1\"",
    )
}

/// The identity of the driver; `driver_role_arn` is the older name for one of its forms.
fn identity(reader: &mut Reader) -> Option<Identity> {
    let identity = reader.string("driver_identity", rules::identity);
    let Some(role) = reader.string("driver_role_arn", rules::role_arn) else { return identity };
    if reader.is_given("driver_identity")
        && identity.as_ref().and_then(Identity::role) != Some(&role)
    {
        reader.mistake(
            "driver_role_arn",
            Problem::new(
                "`driver_identity` says another identity than `driver_role_arn`",
                "give one of them: `driver_identity` takes the ARN of a role too",
            ),
        );
        return None;
    }
    Some(Identity::Role(role))
}

fn access_point_tags(reader: &mut Reader) -> Option<Tags> {
    let name = "access_point_tags";
    if !reader.is_given(name) {
        return Some(Tags::new());
    }
    let tags = reader.map(name, rules::access_point_tag)?;
    reader.check(name, rules::tag_count(tags.len()))?;
    Some(tags)
}

fn tags(reader: &mut Reader) -> Option<Tags> {
    if !reader.is_given("tags") {
        return Some(Tags::new());
    }
    let tags = reader.map("tags", rules::tag)?;
    let counted = rules::tag_count(tags.len() - usize::from(tags.contains_key("Name")));
    reader.check("tags", counted)?;
    Some(tags)
}
