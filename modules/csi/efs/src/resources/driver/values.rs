//! The release of the driver's chart: where it comes from, and its values.

use inputs::{Problem, Written};
use kubernetes::release::{Id, Wanted};
use kubernetes::yaml::Block;
use kubernetes::{ChartSource, RenderError, merged};
use network::Tags;
use plan::Document;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::chart::{self, ChartVersion};
use crate::digests::digest;
use crate::owner::Owner;
use crate::templates;

/// How many controllers the driver runs, as its chart has it.
const REPLICAS: u32 = 2;

/// The value of a release that only ours have: the tags of access points. A
/// revision that was killed half way has nothing else to show whose it was.
const MARK: &str = "/controller/tags/clockwork-codex~1managed-by";

inputs::words! {
    /// What a deployment does about the driver.
    pub enum DriverMode {
        /// Installs it, and refuses where somebody else did.
        Install = "install",
        /// Takes over a release of our name that somebody else made.
        Adopt = "adopt",
        /// Leaves it alone.
        Skip = "skip",
    }
}

/// What the inputs say of the driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriverInputs {
    pub mode: DriverMode,
    /// The namespace that it is installed in.
    pub namespace: String,
    pub chart: ChartSource,
    /// The version of its chart.
    pub version: ChartVersion,
    /// The IAM role of its service accounts.
    pub role_arn: Option<String>,
    /// The user's own values, which win over ours.
    pub values: Map<String, Value>,
}

/// The user's values must leave the StorageClass to us.
pub fn check(values: &Map<String, Value>) -> Result<(), Problem> {
    match values.get("storageClasses") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(classes)) if classes.is_empty() => Ok(()),
        Some(_) => Err(Problem::new(
            "`storageClasses` cannot be set: the class is a document of its own",
            "leave it out, and use the inputs of the StorageClass",
        )),
    }
}

/// The driver as a deployment wants it.
#[derive(Debug, Clone, Copy)]
pub struct Driver<'a> {
    pub owner: &'a Owner,
    pub inputs: &'a DriverInputs,
    /// The user's tags.
    pub tags: &'a Tags,
}

impl Driver<'_> {
    /// Its release as it should be.
    pub fn release(&self) -> Result<Wanted, RenderError> {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let DriverInputs {
            mode: _, // Whether there is a release at all.
            namespace,
            chart,
            version,
            role_arn: _, // Part of the values,
            values: _,   // and so are the user's.
        } = self.inputs;
        let values = kubernetes::parsed("values.yaml", &self.values()?)?;
        Ok(Wanted {
            id: Id { name: chart::RELEASE.to_owned(), namespace: namespace.clone() },
            chart_name: chart::NAME.to_owned(),
            chart: chart.clone(),
            version: version.to_string(),
            digest: digest(*version).map(str::to_owned),
            values: Document::literal(values),
            mark: Some(MARK),
            owner: self.owner.name(),
            written: Written::default(),
        })
    }

    /// The values of its chart as a document: as the template has them, with
    /// comments, or together with the user's own.
    pub fn values(&self) -> Result<String, RenderError> {
        let version = self.inputs.version;
        let mut context = Context {
            mark: self.owner.document_mark(),
            chart: chart::NAME,
            version: version.to_string(),
            replicas: REPLICAS,
            replicas_below_controller: version.reads_controller_replica_count(),
            tags: self.access_point_tags(),
            role_arn: self.inputs.role_arn.as_deref(),
            with_the_users: None,
        };
        let ours = templates::render("values.yaml", &context)?;
        if self.inputs.values.is_empty() {
            return Ok(ours);
        }
        let all = merged(kubernetes::parsed("values.yaml", &ours)?, &self.inputs.values);
        context.with_the_users = Some(Block(&all).to_string());
        templates::render("values.yaml", &context)
    }

    /// The tags that the driver puts on access points: those of the file system
    /// without its `Name`, and without those that the chart cannot pass on. One
    /// driver serves all classes of a cluster, so the class is not among them.
    fn access_point_tags(&self) -> Tags {
        let mut tags = self.owner.tags(self.tags);
        tags.retain(|key, value| key != "Name" && passes_the_chart(key, value));
        tags.retain(|key, _| !Owner::is_mark_of_the_class(key));
        tags
    }

    /// The user's tags that access points will not carry.
    pub fn tags_kept_from_access_points(&self) -> Vec<&str> {
        let kept = |(key, value): &(&String, &String)| !passes_the_chart(key, value);
        self.tags.iter().filter(kept).map(|(key, _)| key.as_str()).collect()
    }
}

/// The chart joins tags as `key:value` with spaces between, and escapes neither.
fn passes_the_chart(key: &str, value: &str) -> bool {
    let plain = |text: &str| !text.is_empty() && !text.contains([':', ' ']);
    plain(key) && plain(value)
}

#[derive(Serialize)]
struct Context<'a> {
    mark: String,
    chart: &'a str,
    version: String,
    replicas: u32,
    replicas_below_controller: bool,
    tags: Tags,
    role_arn: Option<&'a str>,
    with_the_users: Option<String>,
}
