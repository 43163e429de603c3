//! The throughput of a file system.

use serde::{Deserialize, Serialize};

/// A throughput mode; can be changed in place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Throughput {
    /// Follows the load.
    Elastic,
    /// Follows the size.
    Bursting,
    /// Fixed, in MiB/s.
    Provisioned(f64),
    /// A mode that did not exist when this was written.
    Other(String),
}

impl Throughput {
    /// What EFS answers: a mode, and MiB/s where it is provisioned.
    pub fn found(mode: &str, mibps: Option<f64>) -> Throughput {
        match (mode, mibps) {
            ("elastic", _) => Throughput::Elastic,
            ("bursting", _) => Throughput::Bursting,
            ("provisioned", Some(mibps)) => Throughput::Provisioned(mibps),
            (other, _) => Throughput::Other(other.to_owned()),
        }
    }

    /// The mode as AWS writes it.
    pub fn mode(&self) -> &str {
        match self {
            Throughput::Elastic => "elastic",
            Throughput::Bursting => "bursting",
            Throughput::Provisioned(_) => "provisioned",
            Throughput::Other(mode) => mode,
        }
    }

    /// The provisioned throughput in MiB/s, where there is one.
    pub fn mibps(&self) -> Option<f64> {
        match self {
            Throughput::Provisioned(mibps) => Some(*mibps),
            Throughput::Elastic | Throughput::Bursting | Throughput::Other(_) => None,
        }
    }
}
