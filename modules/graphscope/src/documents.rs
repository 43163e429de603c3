//! The documents of a workload: claims, chart values, and what ties them together.

use std::collections::BTreeMap;

use efs::{RenderError, kustomize_source, merged, render};
use serde::Serialize;
use serde_json::Value;

use crate::claims::Claim;
use crate::inputs::{Inputs, Workload};

/// A document of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// Its namespace and its claims.
    Claims,
    /// The values of its chart.
    ChartValues,
    /// What ties both together for Argo CD and Flux.
    Kustomization,
}

impl Document {
    /// All of them, in the order in which they are written.
    pub const ALL: [Document; 3] =
        [Document::Claims, Document::ChartValues, Document::Kustomization];

    /// The file's name in the folder of the workload.
    pub fn file_name(self) -> &'static str {
        match self {
            Document::Claims => "claims.yaml",
            Document::ChartValues => "values.yaml",
            Document::Kustomization => "kustomization.yaml",
        }
    }

    /// The whole document.
    pub fn render(self, inputs: &Inputs) -> Result<String, RenderError> {
        match self {
            Document::Claims => render("graphscope-claims.yaml", &Context::of(inputs)),
            Document::ChartValues => chart_values(inputs),
            Document::Kustomization => {
                let (chart, repository, home) = kustomize_source(&inputs.helm_chart);
                let context = Kustomization {
                    workload: Context::of(inputs),
                    chart,
                    repository,
                    home,
                    version: &inputs.helm_chart_version,
                };
                render("graphscope-kustomization.yaml", &context)
            }
        }
    }
}

impl Inputs {
    /// The values that the workload's release gets: ours and the user's.
    pub fn release_values(&self) -> Result<Value, RenderError> {
        let text = Document::ChartValues.render(self)?;
        efs::parse_values(&text)
    }
}

/// One claim as a document.
pub(crate) fn claim_document(inputs: &Inputs, claim: &Claim) -> Result<String, RenderError> {
    let context = Context { claims: vec![claim.clone()], ..Context::of(inputs) };
    render("graphscope-claims.yaml", &context)
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
    let all = merged(efs::parse_values(&ours)?, &inputs.helm_values);
    context.with_the_users = Some(efs::block(&all));
    render(template, &context)
}

#[derive(Serialize)]
struct Context<'a> {
    kind: &'static str,
    name: &'a str,
    namespace: &'a str,
    class: &'a str,
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
            kind: inputs.kind.as_str(),
            name: &inputs.name,
            namespace: &inputs.namespace,
            class: &inputs.storage_class_name,
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
