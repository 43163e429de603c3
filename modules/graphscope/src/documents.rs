//! The documents of a workload: claims, chart values, and what ties them together.

use std::collections::BTreeMap;

use kubernetes::claim::Claim as FoundInCluster;
use kubernetes::yaml::Block;
use kubernetes::{RenderError, merged};
use serde::Serialize;
use serde_json::Value;

use crate::directories;
use crate::inputs::Inputs;
use crate::kind::Workload;
use crate::resources::claim::{Claim, FoundClaim};
use crate::templates::render;

/// The namespace and the claims.
pub(crate) const CLAIMS: &str = "claims.yaml";

/// The values of the chart.
pub(crate) const VALUES: &str = "values.yaml";

/// What names the other two, for Argo CD and Flux.
pub(crate) const KUSTOMIZATION: &str = "kustomization.yaml";

/// The names of the documents, in the order in which they are written.
pub const DOCUMENTS: &[&str] = &[CLAIMS, VALUES, KUSTOMIZATION];

/// How the first line of every document begins.
const WRITTEN_BY: &str = "Written by Clockwork Codex for the ";

/// The documents by name, in the order in which they are written, with the claims
/// that stay although no input asks for them.
pub fn documents(
    inputs: &Inputs,
    kept: &[FoundClaim],
) -> Result<Vec<(&'static str, String)>, RenderError> {
    Ok(vec![
        (CLAIMS, inputs.claims_document(kept)?),
        (VALUES, chart_values(inputs)?),
        (KUSTOMIZATION, kustomization(inputs)?),
    ])
}

fn kustomization(inputs: &Inputs) -> Result<String, RenderError> {
    let (chart, repository, home) = inputs.helm_chart.for_kustomize();
    let context = Kustomization {
        workload: Context::of(inputs),
        chart,
        repository,
        home,
        version: &inputs.helm_chart_version,
    };
    render("graphscope-kustomization.yaml", &context)
}

impl Inputs {
    /// The claims that are made beforehand: those of which the chart could not
    /// name the class. The store's own data has a claim for each of its pods,
    /// which its chart makes from the class.
    pub fn claims(&self) -> Vec<Claim> {
        let made_by_the_chart =
            |directory: &str| self.kind == Workload::Store && directory == "data";
        self.directories
            .iter()
            .filter(|(name, _)| !made_by_the_chart(name))
            .filter_map(|(name, size)| {
                let directory = directories::find(self.kind, name)?;
                Some(Claim {
                    name: format!("{}-{name}", self.name),
                    directory: name.clone(),
                    mounted_at: directory.shared_at?.to_owned(),
                    size: size.clone(),
                })
            })
            .collect()
    }

    /// The namespace and the claims, with those that stay although no input asks for them.
    fn claims_document(&self, kept: &[FoundClaim]) -> Result<String, RenderError> {
        let mut context = Context { whole: true, ..Context::of(self) };
        context.claims.extend(kept.iter().map(|found| {
            Claim {
                name: found.claim.name.clone(),
                directory: found
                    .claim
                    .name
                    .strip_prefix(&format!("{}-", self.name))
                    .unwrap_or(&found.claim.name)
                    .to_owned(),
                mounted_at: String::new(),
                size: found.claim.requested.clone().unwrap_or_default(),
            }
        }));
        render("graphscope-claims.yaml", &context)
    }

    /// The values that the workload's release gets: ours and the user's.
    pub fn release_values(&self) -> Result<Value, RenderError> {
        kubernetes::parsed(VALUES, &chart_values(self)?)
    }
}

/// One claim as a document.
pub(crate) fn claim_document(inputs: &Inputs, claim: &Claim) -> Result<String, RenderError> {
    let context = Context { claims: vec![claim.clone()], ..Context::of(inputs) };
    render("graphscope-claims.yaml", &context)
}

/// The claims that a document of them names.
pub(crate) fn claims_of(text: &str) -> Vec<FoundClaim> {
    let objects = text.split("\n---\n").filter_map(|part| kubernetes::parsed(CLAIMS, part).ok());
    let claims = objects.filter(|object| object["kind"] == "PersistentVolumeClaim");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    claims
        .map(|object| FoundClaim {
            claim: FoundInCluster {
                namespace: text(&object["metadata"]["namespace"]).unwrap_or_default(),
                name: text(&object["metadata"]["name"]).unwrap_or_default(),
                requested: text(&object["spec"]["resources"]["requests"]["storage"]),
                ..FoundInCluster::default()
            },
            class: text(&object["spec"]["storageClassName"]),
            access_modes: object["spec"]["accessModes"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(text)
                .collect(),
            ours: true,
            of_release: false,
            of_pod: false,
        })
        .collect()
}

/// Whether this text is a document of this workload.
pub(crate) fn is_ours(text: &str, inputs: &Inputs) -> bool {
    let mark = format!("# {}", mark(inputs));
    text.lines().next() == Some(mark.as_str())
}

/// Whether this text is a document that some workload's deployment wrote.
pub fn is_anybodys(text: &str) -> bool {
    text.strip_prefix("# ").is_some_and(|line| line.starts_with(WRITTEN_BY))
}

/// The first line of every document: whose it is.
fn mark(inputs: &Inputs) -> String {
    format!("{WRITTEN_BY}{} {}; changes are overwritten", inputs.kind.as_str(), inputs.name)
}

fn chart_values(inputs: &Inputs) -> Result<String, RenderError> {
    let template = match inputs.kind {
        Workload::Engine => "graphscope-values-engine.yaml",
        Workload::Store => "graphscope-values-store.yaml",
        Workload::Interactive => "graphscope-values-interactive.yaml",
    };
    let mut context = Context::of(inputs);
    let ours = render(template, &context)?;
    if inputs.helm_values.is_empty() {
        return Ok(ours);
    }
    let all = merged(kubernetes::parsed(VALUES, &ours)?, &inputs.helm_values);
    context.with_the_users = Some(Block(&all).to_string());
    render(template, &context)
}

#[derive(Serialize)]
struct Context<'a> {
    mark: String,
    /// Whether this is a document to keep, and not one claim to apply.
    whole: bool,
    name: &'a str,
    namespace: &'a str,
    class: &'a str,
    /// That of Kafka and ZooKeeper.
    kafka_class: Option<&'a str>,
    version: &'a str,
    claims: Vec<Claim>,
    /// By directory.
    claim_of: BTreeMap<String, String>,
    sizes: &'a BTreeMap<String, String>,
    with_the_users: Option<String>,
}

impl<'a> Context<'a> {
    fn of(inputs: &'a Inputs) -> Self {
        let claims = inputs.claims();
        Context {
            mark: mark(inputs),
            whole: false,
            name: &inputs.name,
            namespace: &inputs.namespace,
            class: &inputs.storage_class_name,
            kafka_class: inputs.kafka_storage_class.as_deref(),
            version: &inputs.helm_chart_version,
            claim_of: claims.iter().map(|it| (it.directory.clone(), it.name.clone())).collect(),
            claims,
            sizes: &inputs.directories,
            with_the_users: None,
        }
    }
}

#[derive(Serialize)]
struct Kustomization<'a> {
    workload: Context<'a>,
    chart: &'a str,
    repository: Option<&'a str>,
    home: Option<&'a str>,
    version: &'a str,
}
