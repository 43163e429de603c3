//! The copy of a file system as EFS describes it: for statuses, outputs and programs.

use std::collections::BTreeMap;

use inputs::{Partition, plain};
use plan::Row;
use serde::Serialize;

use super::spec::FileSystem;
use crate::ids::FileSystemId;
use crate::users::Replication;

/// A replication, seen from one of its two file systems.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Replica {
    pub source_file_system_id: String,
    pub source_region: String,
    pub file_system_id: String,
    /// The ARN of the copy, where its account is known.
    pub file_system_arn: Option<String>,
    pub region: String,
    pub account: Option<String>,
    /// The role by which EFS replicates, where one was given.
    pub role_arn: Option<String>,
    /// The zone of a One Zone copy, where the copy itself was looked at.
    pub availability_zone_name: Option<String>,
    /// `ENABLED`, `ENABLING`, `DELETING`, `ERROR`, `PAUSED` or `PAUSING` (`Destination`, EFS API
    /// Reference).
    pub status: String,
    /// What EFS says of `PAUSED` and `ERROR`.
    pub status_message: Option<String>,
    /// When the last copy was complete, as RFC 3339 writes times.
    pub last_replicated: Option<String>,
    /// How long before the look that was, in seconds.
    pub lag_seconds: Option<u64>,
}

impl Replica {
    /// From what a file system has under the keys of its input.
    pub fn of_source(
        source: &FileSystemId,
        region: &str,
        found: &BTreeMap<String, String>,
    ) -> Self {
        let text = |key: &str| found.get(key).cloned();
        Replica {
            source_file_system_id: source.to_string(),
            source_region: region.to_owned(),
            file_system_id: text("file_system_id").unwrap_or_default(),
            file_system_arn: None,
            region: text("region").unwrap_or_default(),
            account: text("account"),
            role_arn: text("role_arn"),
            availability_zone_name: text("availability_zone_name"),
            status: text("status").unwrap_or_default(),
            status_message: text("message"),
            last_replicated: text("last_replicated"),
            lag_seconds: found.get("lag_seconds").and_then(|text| text.parse().ok()),
        }
        .with_arn()
    }

    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html>)
    fn with_arn(mut self) -> Self {
        let (partition, region) = (Partition::of(&self.region).name, &self.region);
        let id = &self.file_system_id;
        self.file_system_arn = self.account.as_ref().map(|account| {
            format!("arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{id}")
        });
        self
    }

    /// Whether copies are made, or are no longer wanted: of the other states, EFS brings none.
    fn is_healthy(&self) -> bool {
        ["ENABLED", "ENABLING", "DELETING"].contains(&self.status.as_str())
    }

    /// Its row in the status of one of the two file systems.
    fn row(&self, of: &FileSystemId) -> Row {
        let of_source = self.source_file_system_id == of.as_str();
        let side = if of_source {
            format!("copy in {}", self.region)
        } else {
            format!("copy of {} in {}", self.source_file_system_id, self.source_region)
        };
        let copied = match (&self.last_replicated, self.lag_seconds) {
            (Some(at), Some(lag)) => format!("last copy complete at {at}, {} ago", ago(lag)),
            (Some(at), None) => format!("last copy complete at {at}"),
            (None, _) => "no copy is complete yet".to_owned(),
        };
        let said = self.status_message.as_ref().map(|said| format!(": {said}"));
        let state = &self.status;
        Row {
            resource: "replication",
            name: plain(&self.file_system_id),
            state: plain(state),
            detail: plain(&format!("{side} ({state}), {copied}{}", said.unwrap_or_default())),
            healthy: self.is_healthy(),
        }
    }
}

impl From<&Replication> for Replica {
    fn from(found: &Replication) -> Replica {
        let Replication {
            source,
            source_region,
            destination,
            destination_region,
            status,
            last_replicated,
            lag_seconds,
            message,
            account,
            role_arn,
        } = found.clone();
        Replica {
            source_file_system_id: source,
            source_region,
            file_system_id: destination,
            file_system_arn: None,
            region: destination_region,
            account,
            role_arn,
            availability_zone_name: None,
            status,
            status_message: message,
            last_replicated,
            lag_seconds,
        }
        .with_arn()
    }
}

/// Every replication that a file system is part of, as its properties and these lists show it.
pub fn replicas(region: &str, found: Option<&FileSystem>, listed: &[Replication]) -> Vec<Replica> {
    let Some(found) = found else { return Vec::new() };
    let own = found.spec.replication.as_ref();
    let own = own.map(|own| Replica::of_source(&found.id, region, own));
    let is_own = |it: &&Replication| own.is_some() && it.source == found.id.as_str();
    let listed = listed.iter().filter(|it| !is_own(it)).map(Replica::from);
    own.clone().into_iter().chain(listed).collect()
}

/// Their rows in a status.
pub fn replica_rows(found: Option<&FileSystem>, replicas: &[Replica]) -> Vec<Row> {
    found.map(|found| replicas.iter().map(|it| it.row(&found.id)).collect()).unwrap_or_default()
}

/// A time in words that people compare.
pub(crate) fn ago(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
