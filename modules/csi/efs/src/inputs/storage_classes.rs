//! More storage classes on the same file system, each with the inputs of a class.

use ::inputs::{Given, GivenInputs, Problem, Reader, dns_subdomain, one_of};
use serde_json::{Map, Value};

use super::INPUTS;
use super::nested::objects;
use super::storage_class::storage_class;
use crate::chart::{ChartVersion, NEWER_PARAMETERS};
use crate::resources::storage_class::StorageClassInputs;

/// The input.
pub(super) const NAME: &str = "storage_classes";

/// What an entry takes: the inputs of the module's own class.
const OF_CLASS: &[&str] = &[
    "directory_perms",
    "uid",
    "gid",
    "gid_range_start",
    "gid_range_end",
    "base_path",
    "sub_path_pattern",
    "ensure_unique_directory",
    "reuse_access_point",
    "az",
    "provisioner_secret",
    "enforce_zone_affinity",
    "enable_tagging",
    "file_system_id_config_ref",
    "file_system_id_secret_ref",
    "reclaim_policy",
    "volume_binding_mode",
    "allowed_topologies",
    "mount_options",
    "allow_volume_expansion",
    "storage_class_labels",
    "storage_class_annotations",
    "default_storage_class",
];

/// The classes beside the module's own, by name; those that are wrong are left out.
pub(super) fn storage_classes(
    reader: &mut Reader,
    own: Option<&StorageClassInputs>,
    chart: Option<ChartVersion>,
) -> Vec<StorageClassInputs> {
    if !reader.is_given(NAME) {
        return Vec::new();
    }
    let Some(all) = reader.values(NAME) else { return Vec::new() };
    let tags = reader.is_given("access_point_tags").then(|| reader.values("access_point_tags"));
    let mut problems = Vec::new();
    let mut classes = Vec::new();
    for (name, entries) in objects(NAME, &all, &mut problems) {
        classes.extend(one((name, entries), tags.clone().flatten(), chart, &mut problems));
    }
    problems.extend(own.and_then(|own| together(own, &classes, chart)));
    for problem in problems {
        reader.mistake(NAME, problem);
    }
    classes
}

/// A class by name, with its mistakes as problems of the map.
fn one(
    (name, entries): (&str, &Map<String, Value>),
    tags: Option<Map<String, Value>>,
    chart: Option<ChartVersion>,
    problems: &mut Vec<Problem>,
) -> Option<StorageClassInputs> {
    let at = |message: &str| format!("in `{NAME}.{}`: {message}", name.escape_debug());
    for key in entries.keys() {
        if let Err(problem) = one_of(key, OF_CLASS, |known| *known) {
            problems.push(Problem::new(at(&problem.message), problem.remedy));
        }
    }
    if let Err(problem) = dns_subdomain(name) {
        problems.push(Problem::new(at(&problem.message), problem.remedy));
        return None;
    }
    let given = entries.iter().map(|(key, value)| (key.clone(), Given::Literal(value.clone())));
    let mut given: GivenInputs =
        given.filter(|(key, _)| OF_CLASS.contains(&key.as_str())).collect();
    given.insert("storage_class_name".to_owned(), Given::Literal(name.into()));
    // Whether the driver gives access points tags is the same for all classes.
    given.extend(
        tags.map(|tags| ("access_point_tags".to_owned(), Given::Literal(Value::Object(tags)))),
    );
    let mut reader = Reader::new(INPUTS, &given);
    let class = storage_class(&mut reader);
    newer_parameters(&mut reader, chart);
    // What the module itself requires is none of a class.
    let mistakes = reader.finish().err().into_iter().flatten();
    let mistakes = mistakes.filter(|mistake| OF_CLASS.contains(&mistake.input));
    problems.extend(mistakes.map(|it| Problem::new(at(&it.message), it.remedy)));
    class
}

/// What classes of one file system and one cluster cannot have together.
fn together(
    own: &StorageClassInputs,
    classes: &[StorageClassInputs],
    chart: Option<ChartVersion>,
) -> Option<Problem> {
    if classes.iter().any(|class| class.name == own.name) {
        return Some(Problem::new(
            format!("`{}` is the module's own class, by `storage_class_name`", own.name),
            "give the other one another name",
        ));
    }
    let all = || std::iter::once(own).chain(classes);
    if all().filter(|class| class.default).count() > 1 {
        return Some(Problem::new(
            "two classes are to be the default one",
            "set `default_storage_class` in one of them",
        ));
    }
    let ranges = all().filter_map(|class| Some((&class.name, class.hands_out()?)));
    let ranges: Vec<_> = ranges.collect();
    let (first, rest) = ranges.split_first()?;
    let other = rest.iter().find(|(_, range)| *range != first.1)?;
    let chart = chart.filter(|chart| *chart < ChartVersion::RANGE_OF_EACH_CLASS)?;
    Some(Problem::new(
        format!(
            "`{}` and `{}` hand out different group ids, and the driver of chart {chart} keeps one \
             range for each file system, whatever its classes say",
            first.0, other.0
        ),
        format!(
            "give both the same `gid_range_start` and `gid_range_end`, or `uid` and `gid`, or choose \
             `helm_chart_version` {} or later",
            ChartVersion::RANGE_OF_EACH_CLASS
        ),
    ))
}

/// A parameter that the chosen driver would ignore without a word.
pub(super) fn newer_parameters(reader: &mut Reader, chart: Option<ChartVersion>) {
    let Some(chart) = chart else { return };
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
