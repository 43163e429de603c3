//! The inputs that set values of the driver's chart, each under the key of the chart's version.
//!
//! The keys and the first charts that read them are those of the templates at the chart's tags
//! (`charts/aws-efs-csi-driver/templates` of kubernetes-sigs/aws-efs-csi-driver).

use std::collections::BTreeMap;

use ::inputs::{Problem, Reader};
use kubernetes::bytes;
use kubernetes::proof::Toleration;
use serde_json::{Map, Value, json};

use super::rules;
use crate::chart::{ChartVersion, TOLERATED, version};

/// An input, the values that it sets, and the first chart that reads them.
struct Setting {
    input: &'static str,
    /// JSON pointers into the chart's values; the first is the one that people know.
    keys: &'static [&'static str],
    since: ChartVersion,
}

const fn setting(
    input: &'static str,
    keys: &'static [&'static str],
    since: ChartVersion,
) -> Setting {
    Setting { input, keys, since }
}

/// All of them. The number of replicas has a key of its own before chart 3.1.0, which
/// `ChartVersion::reads_controller_replica_count` knows.
const SETTINGS: &[Setting] = &[
    setting("driver_replicas", &["/controller/replicaCount"], ChartVersion::OLDEST),
    setting("driver_log_level", &["/controller/logLevel", "/node/logLevel"], ChartVersion::OLDEST),
    setting("driver_tolerations", &["/controller/tolerations"], ChartVersion::OLDEST),
    setting("driver_controller_node_selector", &["/controller/nodeSelector"], ChartVersion::OLDEST),
    setting("driver_node_selector", &["/node/nodeSelector"], ChartVersion::OLDEST),
    setting("driver_controller_resources", &["/controller/resources"], ChartVersion::OLDEST),
    setting("driver_node_resources", &["/node/resources"], ChartVersion::OLDEST),
    setting("driver_use_fips", &["/useFIPS"], ChartVersion::OLDEST),
    setting("driver_host_network", &["/controller/hostNetwork"], version(2, 5, 6)),
    setting(
        "driver_controller_priority_class",
        &["/controller/priorityClassName"],
        version(2, 5, 6),
    ),
    setting("driver_node_priority_class", &["/node/priorityClassName"], version(3, 0, 1)),
    setting(
        "driver_volume_attach_limit",
        &["/node/volumeAttachLimit", "/node/volumeAttachLimitOptIn"],
        version(3, 2, 4),
    ),
    setting(
        "driver_max_inflight_mounts",
        &["/node/maxInflightMountCalls", "/node/maxInflightMountCallsOptIn"],
        version(3, 2, 4),
    ),
    setting("driver_metrics", &["/controller/enableMetrics"], version(4, 4, 0)),
    setting("driver_service_monitor", &["/controller/serviceMonitor/enabled"], version(4, 4, 0)),
];

/// How many volumes a node takes, and how many mounts are made at once, where the limits are on and
/// no number is given (the chart's `node-daemonset.yaml`).
const LIMITS: (u32, u32) = (20, 10);

/// The input that sets a value of the chart, by its path such as `controller.logLevel`.
pub(crate) fn input_of(path: &str) -> Option<&'static str> {
    if path == "replicaCount" {
        return Some("driver_replicas");
    }
    let pointer = format!("/{}", path.replace('.', "/"));
    let sets = |key: &&&str| pointer == **key || pointer.starts_with(&format!("{key}/"));
    SETTINGS.iter().find(|it| it.keys.iter().any(|key| sets(&key))).map(|it| it.input)
}

/// The values of the chart that the inputs set; those that the chart would not read are mistakes.
pub(super) fn settings(reader: &mut Reader, chart: ChartVersion) -> Map<String, Value> {
    let mut values = json!({});
    for Setting { input, keys, since } in SETTINGS {
        if !reader.is_given(input) {
            continue;
        }
        if chart < *since {
            let key = keys[0].trim_start_matches('/').replace('/', ".");
            reader.mistake(
                input,
                Problem::new(
                    format!("chart {chart} would ignore the value `{key}` without a word"),
                    format!("set `helm_chart_version` to {since} or later, or leave `{input}` out"),
                ),
            );
            continue;
        }
        let Some(value) = read(reader, input) else { continue };
        for key in *keys {
            let value = if key.ends_with("OptIn") { json!(true) } else { value.clone() };
            let key = match *key {
                "/controller/replicaCount" if !chart.reads_controller_replica_count() => {
                    "/replicaCount"
                }
                key => key,
            };
            put(&mut values, key, value);
        }
    }
    if reader.is_given("driver_service_monitor")
        && values.pointer("/controller/serviceMonitor/enabled") == Some(&json!(true))
        && values.pointer("/controller/enableMetrics") != Some(&json!(true))
    {
        let problem = Problem::new(
            "a ServiceMonitor reads the controller's metrics, which are off",
            "set `driver_metrics = true` too",
        );
        reader.mistake("driver_service_monitor", problem);
    }
    memory(reader, &values);
    match values {
        Value::Object(values) => values,
        _ => Map::new(),
    }
}

/// Lets the driver read the `ConfigMaps` and Secrets that classes refer to: its chart gives it the
/// permissions with this value only (`docs/filesystem-id-resolution.md`, from chart 3.2.6 on), and
/// every claim of such a class is pending without them.
pub(super) fn let_it_follow_references(settings: &mut Map<String, Value>) {
    let mut values = Value::Object(std::mem::take(settings));
    put(&mut values, "/controller/fileSystemIdRefs/enabled", json!(true));
    if let Value::Object(values) = values {
        *settings = values;
    }
}

/// The value of one input.
fn read(reader: &mut Reader, input: &'static str) -> Option<Value> {
    let number = |reader: &mut Reader, least, most| {
        reader.number(input, |number| rules::whole(number, least, most)).map(|it| json!(it))
    };
    match input {
        "driver_replicas" => number(reader, 1, 10),
        "driver_log_level" => number(reader, 0, 10),
        "driver_volume_attach_limit" | "driver_max_inflight_mounts" => number(reader, 1, 1000),
        "driver_tolerations" => {
            let given = reader.strings(input, toleration)?;
            let of_chart = TOLERATED.iter().map(|key| json!({ "key": key, "operator": "Exists" }));
            let new = of_chart.filter(|own| !given.contains(own)).collect::<Vec<_>>();
            Some(new.into_iter().chain(given).collect())
        }
        "driver_controller_node_selector" | "driver_node_selector" => {
            reader.map(input, rules::selector).map(|map| json!(map))
        }
        "driver_controller_resources" | "driver_node_resources" => {
            reader.map(input, resource).map(|map| resources(&map))
        }
        "driver_controller_priority_class" | "driver_node_priority_class" => {
            reader.string(input, ::inputs::dns_subdomain).map(|name| json!(name))
        }
        _ => reader.boolean(input).map(|on| json!(on)),
    }
}

/// Puts a value where a pointer leads.
fn put(values: &mut Value, pointer: &str, value: Value) {
    let mut at = values;
    for name in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[name];
    }
    *at = value;
}

/// A toleration as `kubectl taint` writes taints: `KEY`, `KEY=VALUE`, either with `:EFFECT`.
fn toleration(text: &str) -> Result<Value, Problem> {
    let wrong = |what: String| {
        Problem::new(what, "write it as `KEY`, `KEY=VALUE`, `KEY:EFFECT` or `KEY=VALUE:EFFECT`")
    };
    let toleration = Toleration::parse(text).map_err(wrong)?;
    let value = toleration.value.as_deref().unwrap_or_default();
    rules::selector(&toleration.key, value).map_err(|problem| wrong(problem.message))?;
    Ok(toleration.document())
}

/// A request or a limit, such as `limits.memory` and `512Mi`.
fn resource(key: &str, value: &str) -> Result<(), Problem> {
    let known = ["requests.cpu", "requests.memory", "limits.cpu", "limits.memory"].contains(&key);
    if !known {
        return Err(Problem::new(
            format!("`{}` is no request and no limit", key.escape_debug()),
            "write `requests.cpu`, `requests.memory`, `limits.cpu` or `limits.memory`",
        ));
    }
    match bytes(value) {
        Some(amount) if amount > 0.0 => Ok(()),
        _ => Err(Problem::new(
            format!("`{}` is no quantity", value.escape_debug()),
            "write one such as `250m` for processors, or `512Mi` for memory",
        )),
    }
}

fn resources(given: &BTreeMap<String, String>) -> Value {
    let mut all = json!({});
    for (key, value) in given {
        put(&mut all, &format!("/{}", key.replace('.', "/")), json!(value));
    }
    all
}

/// The memory that a node's driver needs for its limits, in MiB: 12 for each volume and 30 for each
/// mount at once, and half as much again (the driver's `docs/parameters.md`).
fn needed(volumes: u32, mounts: u32) -> f64 {
    f64::from(volumes * 12 + mounts * 30) * 1.5
}

/// A limit of memory below what the other limits need ends with killed proxies, and mounts that
/// hang with them.
fn memory(reader: &mut Reader, values: &Value) {
    let node = &values["node"];
    let number = |name: &str, default: u32| {
        node[name].as_u64().and_then(|it| u32::try_from(it).ok()).unwrap_or(default)
    };
    if node["volumeAttachLimit"].is_null() && node["maxInflightMountCalls"].is_null() {
        return;
    }
    let volumes = number("volumeAttachLimit", LIMITS.0);
    let mounts = number("maxInflightMountCalls", LIMITS.1);
    let needed = needed(volumes, mounts);
    let limit = values.pointer("/node/resources/limits/memory").and_then(Value::as_str);
    let Some(limit) = limit else { return };
    if bytes(limit).is_some_and(|bytes| bytes < needed * 1_048_576.0) {
        let problem = Problem::new(
            format!(
                "{volumes} volumes and {mounts} mounts at once need {needed:.0} MiB on a node, and \
                 `limits.memory` is {limit}"
            ),
            format!("set `limits.memory` to \"{needed:.0}Mi\" or more, or lower the limits"),
        );
        reader.mistake("driver_node_resources", problem);
    }
}
