//! From what was given to [`Inputs`]; every mistake is found in one pass.

use ::inputs::{GivenInputs, Mistake, Problem, Reader};

use super::{
    FileSystemInputs, Group, INPUTS, Inputs, NfsClients, PerformanceMode, ReclaimPolicy,
    StorageClassInputs, Subnets, Throughput, VolumeBindingMode, directory, rules,
};
use crate::driver::chart::{self, ChartVersion, NEWER_PARAMETERS};
use crate::driver::{DriverInputs, DriverMode, HelmChart, source, values};

impl Inputs {
    /// Reads and checks what was given; all mistakes at once.
    pub fn parse(given: &GivenInputs) -> Result<Inputs, Vec<Mistake>> {
        let mut reader = Reader::new(INPUTS, given);
        let aws_region = reader.string("aws_region", network::region);
        let cluster_name = reader.string("cluster_name", network::cluster_name);
        let subnet_ids = subnets(&mut reader);
        let security_group_id = security_group(&mut reader);
        let driver = driver(&mut reader);
        let tags = tags(&mut reader);
        let file_system = file_system(&mut reader);
        let nfs_clients = NfsClients {
            security_group_id: reader
                .string("nfs_client_security_group_id", rules::security_group_id),
            cidr: reader.string("nfs_client_cidr", rules::cidr),
        };
        let storage_class = storage_class(&mut reader);
        if let (Some(cluster), Some(class), Some(tags)) = (&cluster_name, &storage_class, &tags)
            && !tags.contains_key("Name")
        {
            let name = format!("{cluster}/{}", class.name);
            reader.check("storage_class_name", rules::name_tag(&name));
        }
        if let Some(driver) = &driver {
            newer_parameters(&mut reader, driver.version);
        }
        let read = || {
            Some(Inputs {
                aws_region: aws_region?,
                cluster_name: cluster_name?,
                subnet_ids: subnet_ids?,
                security_group_id: security_group_id?,
                driver: driver?,
                tags: tags?,
                file_system: file_system?,
                nfs_clients,
                storage_class: storage_class?,
            })
        };
        match (reader.finish(), read()) {
            (Err(mistakes), _) => Err(mistakes),
            (Ok(()), Some(inputs)) => Ok(inputs),
            (Ok(()), None) => unreachable!("a value is missing and no mistake was remembered"),
        }
    }
}

fn subnets(reader: &mut Reader) -> Option<Subnets> {
    let name = "subnet_ids";
    if let Some((module, output)) = reader.output(name) {
        return network_output(reader, name, module, output, "private_subnets")
            .then_some(Subnets::FromNetwork);
    }
    let ids = reader.strings(name, rules::subnet_id)?;
    if ids.is_empty() {
        reader.mistake(
            name,
            Problem::new(
                format!("`{name}` is empty"),
                "give at least one subnet, or `module.network.private_subnets`",
            ),
        );
        return None;
    }
    let mut sorted = ids.clone();
    sorted.sort();
    let repeated: Vec<String> = sorted
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0].to_string())
        .collect();
    if let Some(id) = repeated.first() {
        reader.mistake(
            name,
            Problem::new(format!("`{id}` is given more than once"), "name each subnet once"),
        );
        return None;
    }
    Some(Subnets::Listed(ids))
}

fn security_group(reader: &mut Reader) -> Option<Group> {
    let name = "security_group_id";
    if let Some((module, output)) = reader.output(name) {
        return network_output(reader, name, module, output, "security_group_id")
            .then_some(Group::FromNetwork);
    }
    reader.string(name, rules::security_group_id).map(Group::Listed)
}

/// Whether the given output is the one that fits the input.
fn network_output(
    reader: &mut Reader,
    name: &str,
    module: &str,
    found: &str,
    wanted: &str,
) -> bool {
    if found != wanted {
        reader.mistake(
            name,
            Problem::new(
                format!("`{name}` cannot take `module.{module}.{found}`"),
                format!("refer to `module.{module}.{wanted}`"),
            ),
        );
    }
    found == wanted
}

fn driver(reader: &mut Reader) -> Option<DriverInputs> {
    let namespace = reader.string("namespace", ::inputs::dns_label);
    let version = reader.string("helm_chart_version", ChartVersion::parse);
    let role_arn = reader.string("driver_role_arn", rules::role_arn);
    let words = [
        ("install", DriverMode::Install),
        ("adopt", DriverMode::Adopt),
        ("skip", DriverMode::Skip),
    ];
    let mode = reader.string("driver", |text| rules::one_of(text, &words));
    let repository = reader.string("helm_repository", source::repository);
    let given = reader.is_given("helm_repository").then(|| repository.clone().unwrap_or_default());
    let chart = reader
        .string("helm_chart", |text| HelmChart::parse(text, given.as_deref(), chart::REPOSITORY));
    let values = if reader.is_given("helm_values") {
        let values = reader.values("helm_values")?;
        reader.check("helm_values", values::check(&values))?;
        values
    } else {
        serde_json::Map::new()
    };
    Some(DriverInputs {
        mode: mode?,
        namespace: namespace?,
        chart: chart?,
        version: version?,
        role_arn,
        values,
    })
}

fn tags(reader: &mut Reader) -> Option<std::collections::BTreeMap<String, String>> {
    if !reader.is_given("tags") {
        return Some(std::collections::BTreeMap::new());
    }
    let tags = reader.map("tags", rules::tag)?;
    let counted = rules::tag_count(tags.len() - usize::from(tags.contains_key("Name")));
    reader.check("tags", counted)?;
    Some(tags)
}

fn file_system(reader: &mut Reader) -> Option<FileSystemInputs> {
    let adopted = reader.string("file_system_id", rules::file_system_id);
    if reader.is_given("file_system_id") {
        return adopted_file_system(reader).and(adopted).map(FileSystemInputs::Adopted);
    }
    let encrypted = reader.boolean("encrypted");
    let kms_key_id = reader.string("kms_key_id", rules::kms_key_id);
    if encrypted == Some(false) && reader.is_given("kms_key_id") {
        reader.mistake(
            "kms_key_id",
            Problem::new("`kms_key_id` is given and `encrypted` is false", "leave one of them out"),
        );
    }
    let performance_mode = reader.string("performance_mode", |text| {
        rules::one_of(
            text,
            &[
                ("generalPurpose", PerformanceMode::GeneralPurpose),
                ("maxIO", PerformanceMode::MaxIo),
            ],
        )
    });
    let throughput = throughput(reader);
    if performance_mode == Some(PerformanceMode::MaxIo) && throughput == Some(Throughput::Elastic) {
        reader.mistake(
            "performance_mode",
            Problem::new(
                "`maxIO` excludes elastic throughput",
                "set `throughput_mode = \"bursting\"` or `\"provisioned\"`, or keep `generalPurpose`",
            ),
        );
    }
    Some(FileSystemInputs::Own {
        encrypted: encrypted?,
        kms_key_id,
        performance_mode: performance_mode?,
        throughput: throughput?,
    })
}

/// Of an adopted file system nothing is changed, so what would change it is a mistake.
fn adopted_file_system(reader: &mut Reader) -> Option<()> {
    let properties = [
        "encrypted",
        "kms_key_id",
        "performance_mode",
        "throughput_mode",
        "provisioned_throughput_in_mibps",
    ];
    let mut consistent = Some(());
    for name in properties.into_iter().filter(|name| reader.is_given(name)).collect::<Vec<_>>() {
        consistent = None;
        reader.mistake(
            name,
            Problem::new(
                format!("`{name}` is given, and `file_system_id` adopts a file system as it is"),
                format!("leave out `{name}`, or `file_system_id` to get a file system of your own"),
            ),
        );
    }
    consistent
}

fn throughput(reader: &mut Reader) -> Option<Throughput> {
    let given = reader.is_given("provisioned_throughput_in_mibps");
    let mibps = reader.number("provisioned_throughput_in_mibps", rules::throughput);
    let words = [("elastic", "elastic"), ("bursting", "bursting"), ("provisioned", "provisioned")];
    let mode = reader.string("throughput_mode", |text| rules::one_of(text, &words))?;
    match (mode, given) {
        ("provisioned", true) => mibps.map(Throughput::Provisioned),
        ("provisioned", false) => {
            reader.mistake(
                "provisioned_throughput_in_mibps",
                Problem::new(
                    "`throughput_mode` is provisioned and no throughput is given",
                    "set `provisioned_throughput_in_mibps`, 1 to 3414",
                ),
            );
            None
        }
        (_, true) => {
            reader.mistake(
                "provisioned_throughput_in_mibps",
                Problem::new(
                    format!("a throughput is given and `throughput_mode` is {mode}"),
                    "set `throughput_mode = \"provisioned\"`, or leave the number out",
                ),
            );
            None
        }
        ("bursting", false) => Some(Throughput::Bursting),
        (_, false) => Some(Throughput::Elastic),
    }
}

fn storage_class(reader: &mut Reader) -> Option<StorageClassInputs> {
    let name = reader.string("storage_class_name", ::inputs::dns_subdomain);
    let directory_perms = reader.string("directory_perms", rules::directory_perms);
    let id = |number| rules::whole(number, 0, u32::MAX);
    let uid = reader.number("uid", id);
    let gid = reader.number("gid", id);
    let gid_range = gid_range(reader);
    let base_path =
        reader.string("base_path", directory::base_path).filter(|path| !path.is_empty());
    let sub_path_pattern = reader.string("sub_path_pattern", directory::sub_path_pattern);
    let ensure_unique_directory = reader.boolean("ensure_unique_directory");
    let blamed = if base_path.is_some() { "base_path" } else { "sub_path_pattern" };
    let room = directory::room_for_names(
        base_path.as_deref(),
        sub_path_pattern.as_deref(),
        ensure_unique_directory != Some(false),
    );
    reader.check(blamed, room.map(drop));
    let reuse_access_point = reader.boolean("reuse_access_point");
    let reclaim_policy = reader.string("reclaim_policy", |text| {
        rules::one_of(text, &[("Delete", ReclaimPolicy::Delete), ("Retain", ReclaimPolicy::Retain)])
    });
    let volume_binding_mode = reader.string("volume_binding_mode", |text| {
        rules::one_of(
            text,
            &[
                ("Immediate", VolumeBindingMode::Immediate),
                ("WaitForFirstConsumer", VolumeBindingMode::WaitForFirstConsumer),
            ],
        )
    });
    let mount_options = reader.strings("mount_options", rules::mount_option);
    let allow_volume_expansion = reader.boolean("allow_volume_expansion");
    let labels = reader.map("storage_class_labels", rules::label);
    let annotations = reader.map("storage_class_annotations", rules::annotation);
    let default = reader.boolean("default_storage_class");
    Some(StorageClassInputs {
        name: name?,
        directory_perms: directory_perms?,
        uid,
        gid,
        gid_range,
        base_path,
        sub_path_pattern,
        ensure_unique_directory,
        reuse_access_point,
        reclaim_policy: reclaim_policy?,
        volume_binding_mode: volume_binding_mode?,
        mount_options: mount_options.unwrap_or_default(),
        allow_volume_expansion: allow_volume_expansion?,
        labels: labels.unwrap_or_default(),
        annotations: annotations.unwrap_or_default(),
        default: default?,
    })
}

/// Both ends or neither, the first below the last.
fn gid_range(reader: &mut Reader) -> Option<(u32, u32)> {
    let given = (reader.is_given("gid_range_start"), reader.is_given("gid_range_end"));
    let id = |number| rules::whole(number, 1, u32::MAX);
    let start = reader.number("gid_range_start", id);
    let end = reader.number("gid_range_end", id);
    let lonely = |present: &str, missing: &str| {
        Problem::new(
            format!("`{present}` is given without `{missing}`"),
            "give both ends of the range, or neither",
        )
    };
    match given {
        (true, false) => {
            reader.mistake("gid_range_start", lonely("gid_range_start", "gid_range_end"));
        }
        (false, true) => {
            reader.mistake("gid_range_end", lonely("gid_range_end", "gid_range_start"));
        }
        _ => {}
    }
    let (start, end) = (start?, end?);
    if start >= end {
        reader.mistake(
            "gid_range_end",
            Problem::new(
                format!("the range of group ids ends at {end}, which is not after {start}"),
                "set `gid_range_end` above `gid_range_start`",
            ),
        );
        return None;
    }
    Some((start, end))
}

/// A parameter that the chosen driver would ignore without a word.
fn newer_parameters(reader: &mut Reader, chart: ChartVersion) {
    for (input, parameter, first) in NEWER_PARAMETERS {
        if reader.is_given(input) && chart < *first {
            reader.mistake(
                input,
                Problem::new(
                    format!(
                        "the driver of chart {chart} would ignore `{parameter}` without a word"
                    ),
                    format!("set `helm_chart_version` to {first} or later, or leave `{input}` out"),
                ),
            );
        }
    }
}
