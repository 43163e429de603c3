//! Which file systems are taken over.

use std::collections::BTreeMap;
use std::path::PathBuf;

use efs::FileSystemId;
use efs::import::Source;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cluster::ContextChoice;

/// What `import` looks at, and writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// Where the file systems are, where no source says it.
    pub region: Option<String>,
    pub find: Find,
    /// The label of the block; with several file systems, how their labels begin.
    pub label: String,
    /// The inputs that were given, whatever is found.
    pub given: BTreeMap<String, Value>,
    /// The cluster whose class and driver are looked at.
    pub context: Option<ContextChoice>,
    /// The new file that the blocks are written to, in place of standard output.
    pub out: Option<PathBuf>,
}

/// How file systems are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Find {
    Id(FileSystemId),
    /// By these tags, all of them.
    Tags(BTreeMap<String, String>),
    /// As a file of another tool names them.
    Sources(Vec<Source>),
}
