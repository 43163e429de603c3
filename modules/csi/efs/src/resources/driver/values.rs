//! The release of the driver's chart: where it comes from, and its values.

use inputs::{Problem, Written};
use kubernetes::release::{Id, Wanted};
use kubernetes::yaml::Block;
use kubernetes::{ChartSource, MANAGER, RenderError, merged};
use network::Tags;
use plan::{Document, Known, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::identity::{Identity, ProviderPolicy};
use super::images::Registry;
use crate::chart::{self, ChartVersion};
use crate::digests::digest;
use crate::owner::Owner;
use crate::resources::addon::AddonInputs;
use crate::templates;

/// How many controllers the driver runs, as its chart has it.
const REPLICAS: u32 = 2;

/// The values of a release that only ours have: an annotation of a service account, and in
/// releases of earlier versions a tag of access points. A revision that was killed half way has
/// nothing else to show whose it was.
const MARKS: &[&str] = &[
    "/controller/serviceAccount/annotations/clockwork-codex~1managed-by",
    "/controller/tags/clockwork-codex~1managed-by",
];

inputs::words! {
    /// What a deployment does about the driver.
    pub enum DriverMode {
        /// Installs it, and refuses where somebody else did.
        Install = "install",
        /// Takes over a release of our name that somebody else made.
        Adopt = "adopt",
        /// Has EKS install it as a managed add-on.
        Addon = "addon",
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
    /// Whether nobody says that it is that one: the driver is somebody else's, and what runs may be
    /// older.
    pub assumed: bool,
    pub identity: Identity,
    pub oidc_provider: ProviderPolicy,
    /// The tags of access points, beside the one that the driver sets itself.
    pub access_point_tags: Tags,
    /// The registry of its images, where it is not the chart's own.
    pub images: Option<Registry>,
    /// The values that inputs of their own set.
    pub settings: Map<String, Value>,
    /// The user's own values, which win over ours.
    pub values: Map<String, Value>,
    /// What holds where it is an add-on of EKS.
    pub addon: AddonInputs,
}

impl DriverMode {
    /// Whether the driver is a release of its chart.
    pub fn has_chart(self) -> bool {
        matches!(self, DriverMode::Install | DriverMode::Adopt)
    }
}

impl DriverInputs {
    /// Whether it gets no identity of this project, and one of before may be left: the deployment
    /// installs the driver, or EKS does for it.
    pub fn may_leave_identity(&self) -> bool {
        self.mode != DriverMode::Skip && !self.identity.is_looked_at()
    }

    /// The values of the chart that are given, or of the add-on: by inputs of their own or as the
    /// user's values, which win.
    pub fn given_values(&self) -> Value {
        let users =
            if self.mode == DriverMode::Addon { &self.addon.configuration } else { &self.values };
        merged(Value::Object(self.settings.clone()), users)
    }
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
#[derive(Debug, Clone)]
pub struct Driver<'a> {
    pub owner: &'a Owner,
    pub inputs: &'a DriverInputs,
    /// The IAM role that its service accounts assume (IRSA), where they are annotated with one.
    pub role: Option<Known<String>>,
    /// Whether the nodes' service account assumes it too, and not the controller's alone.
    pub role_of_nodes: bool,
}

/// The repositories of the images in a registry, under the names that EKS's has.
///
/// Source: Amazon EKS User Guide and the driver's `docs/README.md`, installation from a private
/// registry.
#[derive(Serialize)]
struct Images {
    driver: String,
    liveness_probe: String,
    node_driver_registrar: String,
    provisioner: String,
}

impl Images {
    fn of(registry: &Registry) -> Images {
        Images {
            driver: registry.repository("aws-efs-csi-driver"),
            liveness_probe: registry.repository("livenessprobe"),
            node_driver_registrar: registry.repository("csi-node-driver-registrar"),
            provisioner: registry.repository("csi-provisioner"),
        }
    }
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
            assumed: _,           // There is a release where it is not.
            identity: _,          // Part of the values,
            oidc_provider: _,     // as far as it is an annotation,
            access_point_tags: _, // and so are these,
            images: _,            // these,
            settings: _,          // those of inputs
            values: _,            // and the user's.
            addon: _,             // An add-on is no release.
        } = self.inputs;
        let parsed = |role: Option<&str>| kubernetes::parsed("values.yaml", &self.render(role)?);
        let values = match &self.role {
            None => Document::literal(parsed(None)?),
            Some(role) => Document::rendered(role, |arn| parsed(Some(arn)))?,
        };
        Ok(Wanted {
            id: Id { name: chart::RELEASE.to_owned(), namespace: namespace.clone() },
            chart_name: chart::NAME.to_owned(),
            chart: chart.clone(),
            version: version.to_string(),
            digest: digest(*version).map(str::to_owned),
            values,
            marks: MARKS,
            owner: self.owner.name(),
            written: Written::default(),
        })
    }

    /// The values of its chart as a document: as the template has them, with
    /// comments, or together with the user's own.
    pub fn values(&self) -> Result<Text, RenderError> {
        match &self.role {
            None => Ok(Text::literal(self.render(None)?)),
            Some(role) => Text::rendered(role, |arn| self.render(Some(arn))),
        }
    }

    /// The same with this text in the place of a role that is known later.
    pub fn shown(&self, later: &str) -> Result<String, RenderError> {
        let role = self.role.as_ref().map(|role| role.now().map_or(later, String::as_str));
        self.render(role)
    }

    fn render(&self, role_arn: Option<&str>) -> Result<String, RenderError> {
        let version = self.inputs.version;
        let mut context = Context {
            mark: self.owner.document_mark(),
            manager: MANAGER,
            chart: chart::NAME,
            version: version.to_string(),
            replicas: REPLICAS,
            replicas_below_controller: version.reads_controller_replica_count(),
            tags: &self.inputs.access_point_tags,
            images: self.inputs.images.as_ref().map(Images::of),
            role_arn,
            node_role_arn: role_arn.filter(|_| self.role_of_nodes),
            with_the_users: None,
        };
        let ours = templates::render("values.yaml", &context)?;
        if self.inputs.values.is_empty() && self.inputs.settings.is_empty() {
            return Ok(ours);
        }
        let ours = merged(kubernetes::parsed("values.yaml", &ours)?, &self.inputs.settings);
        let all = merged(ours, &self.inputs.values);
        context.with_the_users = Some(Block(&all).to_string());
        templates::render("values.yaml", &context)
    }
}

#[derive(Serialize)]
struct Context<'a> {
    mark: String,
    manager: &'a str,
    chart: &'a str,
    version: String,
    replicas: u32,
    replicas_below_controller: bool,
    tags: &'a Tags,
    images: Option<Images>,
    role_arn: Option<&'a str>,
    node_role_arn: Option<&'a str>,
    with_the_users: Option<String>,
}
