//! The module's inputs: from what was given to what Kubernetes and the charts take.

use std::collections::BTreeMap;

use inputs::{GivenInputs, Input, Kind, Mistake, Problem, Reader};
use kubernetes::{ChartSource, repository};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::directories;
use crate::kafka;
use crate::kind::Workload;

/// The repository that GraphScope publishes its charts in
/// (<https://github.com/alibaba/GraphScope>, `charts/*/README.md`).
const REPOSITORY: &str = "https://graphscope.oss-cn-beijing.aliyuncs.com/charts/";

/// Whom the store's pods run as. EFS access points ignore `fsGroup`, so the
/// StorageClass must give volumes to this user and group.
pub const STORE_USER: u32 = 1001;

/// How the flags of these inputs begin: the storage's own have the plain names.
pub const FLAGS: &str = "workload-";

/// The inputs that `source = "./modules/graphscope"` takes.
pub const INPUTS: &[Input] = &[
    Input::required("kind", Kind::String, "`engine`, `store` or `interactive`"),
    Input::required(
        "storage_class_name",
        Kind::String,
        "StorageClass of the claims, such as `module.efs_csi.storage_class_name`",
    ),
    Input::default(
        "name",
        Kind::String,
        "graphscope",
        "Name of the release, and beginning of the claims' names",
    ),
    Input::default("namespace", Kind::String, "graphscope", "Kubernetes namespace of the workload"),
    Input::optional(
        "directories",
        Kind::Map,
        "Sizes of the directories on shared storage, by name; all that the kind has where none is given",
    ),
    Input::optional(
        "kafka_storage_class",
        Kind::String,
        "StorageClass of the store's Kafka and ZooKeeper, which must not be on EFS; the cluster's default where none is given",
    ),
    Input::optional(
        "helm_chart",
        Kind::String,
        "The workload's chart: its name in the repository, an `oci://` reference, a `.tgz` file, or a folder with a `/` in it",
    ),
    Input::default("helm_repository", Kind::String, REPOSITORY, "Chart repository"),
    Input::default("helm_chart_version", Kind::String, "0.31.0", "Helm chart version"),
    Input::optional(
        "helm_values",
        Kind::Values,
        "Chart values of your own; they override the defaults",
    ),
];

/// The module's inputs, checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    pub kind: Workload,
    /// The StorageClass of its claims.
    pub storage_class_name: String,
    pub name: String,
    /// Where it runs.
    pub namespace: String,
    /// The sizes of its directories on shared storage.
    pub directories: BTreeMap<String, String>,
    /// The StorageClass of a store's Kafka and ZooKeeper.
    pub kafka_storage_class: Option<String>,
    /// Where its chart comes from.
    pub helm_chart: ChartSource,
    pub helm_chart_version: String,
    /// The user's own values.
    pub helm_values: Map<String, Value>,
}

impl Inputs {
    /// Reads and checks what was given; all mistakes at once.
    pub fn parse(given: &GivenInputs) -> Result<Inputs, Vec<Mistake>> {
        let mut reader = Reader::with_flags(INPUTS, FLAGS, given);
        let kind = reader.string("kind", Workload::one_of);
        let storage_class_name = reader.string("storage_class_name", inputs::dns_subdomain);
        let name = reader.string("name", inputs::release_name);
        let namespace = reader.string("namespace", inputs::dns_label);
        let directories = kind.and_then(|kind| directories(&mut reader, kind));
        let url = reader.string("helm_repository", repository);
        let chosen = reader.is_given("helm_repository");
        let chart = if reader.is_given("helm_chart") {
            reader.string("helm_chart", |text| {
                let given = url.as_deref().filter(|_| chosen);
                ChartSource::parse(text, given, REPOSITORY)
            })
        } else {
            kind.zip(url)
                .map(|(kind, url)| ChartSource::Repository { name: kind.chart().to_owned(), url })
        };
        let version = reader.string("helm_chart_version", version);
        let values = if reader.is_given("helm_values") {
            reader.values("helm_values")
        } else {
            Some(Map::new())
        };
        let kafka_storage_class = kafka_storage_class(&mut reader, kind);
        let read = || {
            Some(Inputs {
                kind: kind?,
                storage_class_name: storage_class_name?,
                name: name?,
                namespace: namespace?,
                directories: directories?,
                kafka_storage_class: kafka_storage_class?,
                helm_chart: chart?,
                helm_chart_version: version?,
                helm_values: values?,
            })
        };
        match (reader.finish(), read()) {
            (Err(mistakes), _) => Err(mistakes),
            (Ok(()), Some(inputs)) => inputs.beside_each_other(given),
            (Ok(()), None) => unreachable!("a value is missing and no mistake was remembered"),
        }
    }

    /// The same inputs, where they fit each other.
    fn beside_each_other(self, given: &GivenInputs) -> Result<Inputs, Vec<Mistake>> {
        if self.kind != Workload::Store {
            return Ok(self);
        }
        let mut reader = Reader::with_flags(INPUTS, FLAGS, given);
        let class = &self.storage_class_name;
        let own = self.kafka_storage_class.as_ref().map(|own| {
            let persistence = json!({ "persistence": { "storageClass": own } });
            kafka::check(&json!({ "kafka": persistence }), class)
        });
        reader.check("kafka_storage_class", own.unwrap_or(Ok(())));
        reader.check("helm_values", kafka::check(&Value::Object(self.helm_values.clone()), class));
        reader.finish().map(|()| self)
    }

    /// What of a class keeps the workload from using its volumes: its `uid` and `gid`.
    pub fn incompatible_user(&self, uid: Option<u32>, gid: Option<u32>) -> Option<Problem> {
        if self.kind != Workload::Store || (uid, gid) == (Some(STORE_USER), Some(STORE_USER)) {
            return None;
        }
        Some(Problem::new(
            format!(
                "the store runs as user and group {STORE_USER}, and volumes of `{}` belong to others: EFS \
                 access points ignore `fsGroup`",
                self.storage_class_name
            ),
            format!("set `uid = {STORE_USER}` and `gid = {STORE_USER}` in the module of the class"),
        ))
    }
}

/// The class of Kafka and ZooKeeper, which only a store has; `None` for a mistake.
#[expect(clippy::option_option, reason = "the reader's answer, of an input that may be left out")]
fn kafka_storage_class(reader: &mut Reader, kind: Option<Workload>) -> Option<Option<String>> {
    if !reader.is_given("kafka_storage_class") {
        return Some(None);
    }
    if let Some(kind) = kind.filter(|kind| *kind != Workload::Store) {
        let problem = Problem::new(
            format!("`{}` has neither Kafka nor ZooKeeper", kind.as_str()),
            "leave `kafka_storage_class` out",
        );
        reader.mistake("kafka_storage_class", problem);
        return None;
    }
    reader.string("kafka_storage_class", inputs::dns_subdomain).map(Some)
}

/// The directories that were asked for, or all that the kind has.
fn directories(reader: &mut Reader, kind: Workload) -> Option<BTreeMap<String, String>> {
    if !reader.is_given("directories") {
        let all = directories::of(kind);
        return Some(all.map(|it| (it.name.to_owned(), it.size.to_owned())).collect());
    }
    let chosen = reader.map("directories", |name, size| {
        let kind_name = kind.as_str();
        match directories::find(kind, name) {
            Some(directory) if directory.shared_at.is_none() => {
                return Err(Problem::new(
                    format!("`{name}` must not be on shared storage: {}", directory.reason),
                    format!("leave `{name}` out"),
                ));
            }
            None => {
                let known: Vec<&str> = directories::of(kind).map(|it| it.name).collect();
                let near = inputs::nearest(name, known.iter().copied())
                    .map(|near| format!("did you mean `{near}`? "))
                    .unwrap_or_default();
                return Err(Problem::new(
                    format!("`{}` has no directory `{}`", kind_name, name.escape_debug()),
                    format!("{near}name some of {}", known.join(", ")),
                ));
            }
            Some(_) => {}
        }
        match kubernetes::bytes(size) {
            Some(bytes) if bytes >= 1.0 => Ok(()),
            _ => Err(Problem::new(
                format!("`{}` is not a size", size.escape_debug()),
                "write a quantity such as \"100Gi\"",
            )),
        }
    })?;
    // Its charts would keep the data in the pod, and lose it with the pod.
    if let Some(data) = directories::find(kind, "data").filter(|_| !chosen.contains_key("data")) {
        reader.mistake(
            "directories",
            Problem::new(
                format!("`{}` keeps its data in `data`, which is not named", kind.as_str()),
                format!("add `data = \"{}\"`", data.size),
            ),
        );
        return None;
    }
    Some(chosen)
}

/// An exact version, as charts have them.
fn version(text: &str) -> Result<String, Problem> {
    let plain = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|c| c.is_ascii_digit())
            && (part.len() == 1 || !part.starts_with('0'))
    };
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() == 3 && parts.iter().all(|part| plain(part)) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` is not a chart version", text.escape_debug()),
        "write an exact version, such as \"0.31.0\": no `v`, no range",
    ))
}
