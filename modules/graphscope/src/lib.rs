//! The GraphScope module: the workloads that use the storage.
//!
//! Its inputs are read and checked here, so that one file can tell the whole
//! deployment. No command carries the workloads out yet; see the README.

use inputs::{GivenInputs, Input, Kind, Mistake, Problem, Reader};
use serde::{Deserialize, Serialize};

/// The inputs that `source = "./modules/graphscope"` takes.
pub const INPUTS: &[Input] = &[
    Input {
        name: "kind",
        kind: Kind::String,
        required: true,
        default: None,
        description: "`engine`, `store` or `interactive`",
    },
    Input {
        name: "storage_class_name",
        kind: Kind::String,
        required: true,
        default: None,
        description: "StorageClass of the claims, such as `module.efs_csi.storage_class_name`",
    },
    Input {
        name: "namespace",
        kind: Kind::String,
        required: false,
        default: Some("graphscope"),
        description: "Kubernetes namespace of the workload",
    },
];

/// The kinds of workload, one chart each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workload {
    /// Analytical and learning engines, chart `graphscope`.
    Engine,
    /// The persistent store, chart `graphscope-store`.
    Store,
    /// Interactive queries, chart `graphscope-interactive`.
    Interactive,
}

/// The module's inputs, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Which workload.
    pub kind: Workload,
    /// The StorageClass of its claims.
    pub storage_class_name: String,
    /// Where it runs.
    pub namespace: String,
}

impl Inputs {
    /// Reads and checks what was given; all mistakes at once.
    pub fn parse(given: &GivenInputs) -> Result<Inputs, Vec<Mistake>> {
        let mut reader = Reader::new(INPUTS, given);
        let kind = reader.string("kind", |text| match text {
            "engine" => Ok(Workload::Engine),
            "store" => Ok(Workload::Store),
            "interactive" => Ok(Workload::Interactive),
            other => Err(Problem::new(
                format!("`{}` is not a workload", other.escape_debug()),
                "write `engine`, `store` or `interactive`",
            )),
        });
        let storage_class_name = reader.string("storage_class_name", inputs::dns_subdomain);
        let namespace = reader.string("namespace", inputs::dns_label);
        let read = || {
            Some(Inputs {
                kind: kind?,
                storage_class_name: storage_class_name?,
                namespace: namespace?,
            })
        };
        match (reader.finish(), read()) {
            (Err(mistakes), _) => Err(mistakes),
            (Ok(()), Some(inputs)) => Ok(inputs),
            (Ok(()), None) => unreachable!("a value is missing and no mistake was remembered"),
        }
    }
}
