//! The documents: chart values, StorageClass and kustomization.

mod kind;
mod storage_class;
mod template;

use kubernetes::merged;
use kubernetes::yaml::Block;
use network::{FileSystemId, Tags};
use serde::Serialize;

use crate::driver::chart;
use crate::driver::digests::digest;
use crate::driver::{DriverInputs, DriverMode, HelmChart, WantedRelease};
use crate::inputs::Inputs;
use crate::tags::Owner;

pub use kind::KindCluster;
pub use storage_class::Immutable;
pub(crate) use storage_class::{wanted_annotations, wanted_labels};
pub use template::RenderError;
pub use template::render;

/// How many controllers the driver runs, as its chart has it.
const REPLICAS: u32 = 2;

/// A document, named by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// The values of the driver's chart.
    ChartValues,
    /// The StorageClass.
    StorageClass,
    /// What ties both together for Argo CD and Flux.
    Kustomization,
}

impl Document {
    /// All of them, in the order in which they are written.
    pub const ALL: [Document; 3] =
        [Document::ChartValues, Document::StorageClass, Document::Kustomization];

    /// The file's name in the directory of a deployment.
    pub fn file_name(self) -> &'static str {
        match self {
            Document::ChartValues => "values.yaml",
            Document::StorageClass => "storageclass.yaml",
            Document::Kustomization => "kustomization.yaml",
        }
    }

    /// The document of that file name.
    pub fn of_file(name: &str) -> Option<Document> {
        Document::ALL.into_iter().find(|document| document.file_name() == name)
    }

    /// The whole document, for a file system that exists.
    pub fn render(
        self,
        inputs: &Inputs,
        file_system: &FileSystemId,
    ) -> Result<String, RenderError> {
        self.render_for(inputs, file_system.as_str())
    }

    /// The whole document, with `file_system` in place of the id.
    pub fn render_for(self, inputs: &Inputs, file_system: &str) -> Result<String, RenderError> {
        let mark = mark(&inputs.owner());
        match self {
            Document::StorageClass => {
                let class = storage_class::context(mark, inputs, file_system);
                template::render("storageclass.yaml", &class)
            }
            Document::ChartValues => chart_values(mark, inputs),
            Document::Kustomization => {
                let driver = &inputs.driver;
                let (chart, repository, home) = kustomize_source(&driver.chart);
                template::render(
                    "kustomization.yaml",
                    &Kustomization {
                        mark,
                        driver: driver.mode != DriverMode::Skip,
                        release: chart::RELEASE,
                        chart,
                        repository,
                        home,
                        version: driver.version.to_string(),
                        namespace: &driver.namespace,
                    },
                )
            }
        }
    }
}

/// The values of the driver's chart: as the template has them, with comments,
/// or together with the user's own.
fn chart_values(mark: String, inputs: &Inputs) -> Result<String, RenderError> {
    let driver = &inputs.driver;
    let mut values = Values {
        mark,
        chart: chart::NAME,
        version: driver.version.to_string(),
        replicas: REPLICAS,
        replicas_below_controller: driver.version.reads_controller_replica_count(),
        tags: driver_tags(inputs),
        role_arn: driver.role_arn.as_deref(),
        with_the_users: None,
    };
    let ours = template::render("values.yaml", &values)?;
    if driver.values.is_empty() {
        return Ok(ours);
    }
    let ours = kubernetes::yaml::read(&ours).map_err(RenderError::not_yaml)?;
    values.with_the_users = Some(Block(&merged(ours, &driver.values)).to_string());
    template::render("values.yaml", &values)
}

impl Inputs {
    /// The driver's release as it should be.
    pub fn release(&self) -> WantedRelease {
        let DriverInputs { namespace, chart, version, .. } = &self.driver;
        WantedRelease {
            name: chart::RELEASE.to_owned(),
            namespace: namespace.clone(),
            chart_name: chart::NAME.to_owned(),
            chart: chart.clone(),
            version: version.to_string(),
            digest: digest(*version).map(str::to_owned),
            values: self.release_values(),
            owner: self.owner().name(),
        }
    }

    /// The values that the driver's release gets: ours and the user's.
    pub fn release_values(&self) -> serde_json::Value {
        let text = chart_values(mark(&self.owner()), self);
        text.ok().and_then(|text| kubernetes::yaml::read(&text).ok()).unwrap_or_default()
    }
}

/// Where kustomize finds a chart: name, repository, or the folder that it is in.
pub fn kustomize_source(chart: &HelmChart) -> (&str, Option<&str>, Option<&str>) {
    match chart {
        HelmChart::Repository { name, url } => (name, Some(url), None),
        HelmChart::Oci(reference) => match reference.rsplit_once('/') {
            Some((repository, name)) => (name, Some(repository), None),
            None => (reference, None, None),
        },
        HelmChart::Archive(path) | HelmChart::Folder(path) => {
            let path = path.trim_end_matches('/');
            match path.rsplit_once('/') {
                Some((home, name)) => (name, None, Some(if home.is_empty() { "/" } else { home })),
                None => (path, None, Some(".")),
            }
        }
    }
}

/// A document of chart values as the value that it is.
pub fn parse_values(text: &str) -> Result<serde_json::Value, RenderError> {
    kubernetes::yaml::read(text).map_err(RenderError::not_yaml)
}

/// A value as a block of YAML: a line per entry, as a person would write it.
pub fn block(value: &serde_json::Value) -> String {
    Block(value).to_string()
}

/// Whether this text is a document that this deployment wrote.
pub fn is_ours(text: &str, owner: &Owner) -> bool {
    text.lines().next().and_then(|line| line.strip_prefix("# ")) == Some(mark(owner).as_str())
}

/// The file system that a StorageClass document names, where the text is one.
pub fn file_system_of(text: &str) -> Option<String> {
    Immutable::parse(text)?.parameters.remove("fileSystemId")
}

/// Whether this text is a document that some deployment wrote.
pub fn is_anybodys(text: &str) -> bool {
    text.strip_prefix("# ").is_some_and(|line| line.starts_with(WRITTEN_BY))
}

/// How the first line of every document begins.
const WRITTEN_BY: &str = "Written by Clockwork Codex for ";

/// The first line of every document: whose it is.
fn mark(owner: &Owner) -> String {
    let (name, region) = (owner.name(), &owner.region);
    format!("{WRITTEN_BY}{name} in {region}; changes are overwritten")
}

/// The tags that the driver puts on access points: those of the file system
/// without its `Name`, and without those that the chart cannot pass on. One
/// driver serves all classes of a cluster, so the class is not among them.
fn driver_tags(inputs: &Inputs) -> Tags {
    let owner = inputs.owner();
    let mut tags = owner.tags(&inputs.tags);
    tags.retain(|key, value| key != "Name" && passes_the_chart(key, value));
    tags.retain(|key, _| !Owner::is_mark_of_the_class(key));
    tags
}

/// The user's tags that access points will not carry.
pub(crate) fn tags_kept_from_access_points(inputs: &Inputs) -> Vec<&str> {
    let kept = |(key, value): &(&String, &String)| !passes_the_chart(key, value);
    inputs.tags.iter().filter(kept).map(|(key, _)| key.as_str()).collect()
}

/// The chart joins tags as `key:value` with spaces between, and escapes neither.
fn passes_the_chart(key: &str, value: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && !text.contains([':', ' ']);
    plain(key) && plain(value)
}

#[derive(Serialize)]
struct Values<'a> {
    mark: String,
    chart: &'a str,
    version: String,
    replicas: u32,
    replicas_below_controller: bool,
    tags: Tags,
    role_arn: Option<&'a str>,
    with_the_users: Option<String>,
}

#[derive(Serialize)]
struct Kustomization<'a> {
    mark: String,
    /// Whether the driver is part of it.
    driver: bool,
    release: &'a str,
    chart: &'a str,
    repository: Option<&'a str>,
    /// The folder of a chart that is in no repository.
    home: Option<&'a str>,
    version: String,
    namespace: &'a str,
}
