//! What is known of the chart `aws-efs-csi-driver`, version by version.
//!
//! The chart has no schema for its values: a key that it does not know is
//! ignored without a word, and so is a StorageClass parameter that the driver
//! does not know. Everything that depends on the version is decided here.

use std::cmp::Ordering;
use std::fmt;

use inputs::Problem;
use plan::Warning;
use serde::{Deserialize, Serialize};

/// The chart's name in its repository.
pub const NAME: &str = "aws-efs-csi-driver";

/// The name of its release, which is the same in every deployment: there is
/// one driver in a cluster.
pub const RELEASE: &str = NAME;

/// The repository that the project publishes the chart in.
pub(crate) const REPOSITORY: &str = "https://kubernetes-sigs.github.io/aws-efs-csi-driver/";

/// The version that is installed where none is given.
pub(crate) const DEFAULT: &str = "2.4.5";

/// The CSI driver that the chart installs, as a StorageClass names it.
pub const PROVISIONER: &str = "efs.csi.aws.com";

/// A chart version, `MAJOR.MINOR.PATCH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChartVersion {
    major: u16,
    minor: u16,
    patch: u16,
}

impl ChartVersion {
    /// The oldest version whose values and parameters this module knows.
    pub const OLDEST: ChartVersion = version(2, 4, 5);

    /// The newest version that was looked at.
    pub const NEWEST: ChartVersion = version(4, 4, 1);

    /// The first chart whose driver (1.7.0) knows `subPathPattern`,
    /// `ensureUniqueDirectory` and `reuseAccessPoint`.
    pub const SUB_PATH_PATTERN: ChartVersion = version(2, 5, 0);

    /// The first chart whose driver (1.7.0) keeps a range of group ids for each class.
    pub(crate) const RANGE_OF_EACH_CLASS: ChartVersion = ChartVersion::SUB_PATH_PATTERN;

    /// The first chart whose driver (3.0.0) writes `efs:` before the handles of volumes, and
    /// knows such handles.
    pub const PREFIXED_HANDLES: ChartVersion = version(4, 0, 0);

    /// The first that lets the driver read a Secret with a role of another account.
    pub(crate) const PROVISIONER_SECRET: ChartVersion = version(2, 5, 5);

    /// The first whose driver, 2.0.0, reads `crossaccount` of such a Secret.
    pub(crate) const CROSS_ACCOUNT: ChartVersion = version(3, 0, 0);

    /// The first whose driver, 2.2.0, reads `externalId` of such a Secret.
    pub(crate) const EXTERNAL_ID: ChartVersion = version(3, 3, 0);

    /// The first whose driver, 2.0.0, mounts through efs-proxy in place of stunnel.
    pub(crate) const EFS_PROXY: ChartVersion = version(3, 0, 0);

    /// The first chart that reads `controller.replicaCount` (driver 2.0.9:
    /// "Fix controller template to support replicaCount", CHANGELOG-2.x).
    const CONTROLLER_REPLICA_COUNT: ChartVersion = version(3, 1, 0);

    /// Reads a version, and refuses one that this module does not know.
    pub fn parse(text: &str) -> Result<ChartVersion, Problem> {
        let number = |part: &str| {
            let plain = part.bytes().all(|c| c.is_ascii_digit());
            let leading_zero = part.len() > 1 && part.starts_with('0');
            if plain && !leading_zero { part.parse::<u16>().ok() } else { None }
        };
        let parts: Vec<Option<u16>> = text.split('.').map(number).collect();
        let [Some(major), Some(minor), Some(patch)] = parts.as_slice() else {
            return Err(Problem::new(
                format!("`{}` is not a chart version", text.escape_debug()),
                "write an exact version, such as \"2.4.5\": no `v`, no range",
            ));
        };
        let found = version(*major, *minor, *patch);
        if found < Self::OLDEST {
            return Err(Problem::new(
                format!(
                    "chart {found} is older than {}, the oldest whose values are known",
                    Self::OLDEST
                ),
                format!("choose a version from {} on", Self::OLDEST),
            ));
        }
        Ok(found)
    }

    /// Where the chart reads the number of controller replicas.
    pub(crate) fn reads_controller_replica_count(self) -> bool {
        self >= Self::CONTROLLER_REPLICA_COUNT
    }
}

/// The chart with a driver of this version, as far as decisions depend on it; a driver newer than
/// those that were looked at has the newest.
///
/// Source: the `appVersion` of the charts at their tags (`charts/aws-efs-csi-driver/Chart.yaml`).
/// That drivers from 2.0.5 on take Pod Identity is in CHANGELOG-2.x.
pub(crate) fn of_driver((major, minor, patch): (u16, u16, u16)) -> ChartVersion {
    let chart = match (major, minor, patch) {
        (0 | 1, ..=5, _) => ChartVersion::OLDEST,
        (1, 6, _) => version(2, 4, 9),
        (1, _, _) => version(2, 5, patch),
        (2, 0, 5..) => version(3, 1, 1),
        (2, 1, patch) => version(3, 1, patch.saturating_add(1)),
        (major, minor, patch) => version(major.saturating_add(1), minor, patch),
    };
    chart.min(ChartVersion::NEWEST)
}

pub(crate) const fn version(major: u16, minor: u16, patch: u16) -> ChartVersion {
    ChartVersion { major, minor, patch }
}

impl Ord for ChartVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch))
    }
}

impl PartialOrd for ChartVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ChartVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl From<ChartVersion> for String {
    fn from(version: ChartVersion) -> String {
        version.to_string()
    }
}

impl TryFrom<String> for ChartVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        ChartVersion::parse(&text).map_err(|problem| problem.message)
    }
}

/// A StorageClass parameter that only newer drivers know: the input that sets
/// it, and the first chart that carries such a driver.
pub(crate) const NEWER_PARAMETERS: &[(&str, &str, ChartVersion)] = &[
    ("sub_path_pattern", "subPathPattern", ChartVersion::SUB_PATH_PATTERN),
    ("ensure_unique_directory", "ensureUniqueDirectory", ChartVersion::SUB_PATH_PATTERN),
    ("reuse_access_point", "reuseAccessPoint", ChartVersion::SUB_PATH_PATTERN),
    ("file_system_id_config_ref", "fileSystemIdConfigRef", version(3, 2, 6)),
    ("file_system_id_secret_ref", "fileSystemIdSecretRef", version(3, 2, 6)),
    ("enforce_zone_affinity", "enforceZoneAffinity", version(3, 4, 0)),
    ("enable_tagging", "enableTagging", version(4, 4, 0)),
];

/// The taint that keeps pods off a node until the driver runs there; only
/// drivers that know it take it away.
const STARTUP_TAINT: &str = "efs.csi.aws.com/agent-not-ready";

/// The taints that the chart's controller tolerates by itself in its newer versions: a list of
/// tolerations in the values takes the place of the chart's.
pub(crate) const TOLERATED: [&str; 2] = ["CriticalAddonsOnly", STARTUP_TAINT];

/// What hazards depend on, beside the version.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Context<'a> {
    /// Whether `uid` and `gid` of the class are set, so that no group id is handed out.
    pub(crate) fixed_gid: bool,
    /// Whether the driver deletes the directory of a volume that is deleted.
    pub(crate) deletes_directories: bool,
    /// The keys of the nodes' taints.
    pub(crate) taints: &'a [String],
}

/// Versions that are known to hurt, and how.
struct Hazard {
    from: ChartVersion,
    to: ChartVersion,
    when: fn(&Context) -> bool,
    danger: &'static str,
    remedy: &'static str,
    /// Who says so.
    source: &'static str,
}

const HAZARDS: &[Hazard] = &[
    Hazard {
        from: version(2, 4, 9),
        to: version(2, 4, 9),
        when: |_| true,
        danger: "chart 2.4.9 dropped the node's host network: mounts hang after a restart of the \
                 node pod",
        remedy: "choose 2.4.8 or 2.5.0",
        source: "https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1270",
    },
    Hazard {
        from: ChartVersion::OLDEST,
        to: version(2, 4, 9),
        when: |here| !here.fixed_gid,
        danger: "this chart's driver hands out group ids from memory and may reuse them after a \
                 restart (fixed in chart 2.5.0)",
        remedy: "set `uid` and `gid`, or choose a newer chart",
        source: "https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/764",
    },
    Hazard {
        from: ChartVersion::OLDEST,
        to: version(2, 5, 1),
        when: |here| here.taints.iter().any(|key| key == STARTUP_TAINT),
        danger: "nodes have the startup taint `efs.csi.aws.com/agent-not-ready`, which this \
                 chart's driver never takes away: nothing is scheduled there",
        remedy: "choose chart 2.5.2 or later, or make nodes without it",
        source: "https://github.com/kubernetes-sigs/aws-efs-csi-driver#configure-node-startup-taint",
    },
    Hazard {
        from: ChartVersion::OLDEST,
        to: version(u16::MAX, 0, 0),
        when: |here| here.deletes_directories,
        danger: "`deleteAccessPointRootDir` is on: a delete that was retried has removed more \
                 than the volume's own directory",
        remedy: "leave it off, and delete directories yourself",
        source: "https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1085",
    },
];

/// The first chart whose driver mounts by IPv6.
pub(crate) const FIRST_WITH_IPV6: ChartVersion = version(3, 2, 0);

/// What to warn of for a chart version.
pub(crate) fn warnings(version: ChartVersion, here: &Context) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = HAZARDS
        .iter()
        .filter(|hazard| (hazard.from..=hazard.to).contains(&version) && (hazard.when)(here))
        .map(|hazard| Warning::new(format!("{} ({})", hazard.danger, hazard.source), hazard.remedy))
        .collect();
    if version > ChartVersion::NEWEST {
        let newest = ChartVersion::NEWEST;
        warnings.push(Warning::new(
            format!("chart {version} is newer than {newest}, the newest whose values are known here"),
            "compare `helm_values` with the values of that chart, as a deployment to a cluster does",
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_exact_and_known() {
        assert_eq!(ChartVersion::parse("2.4.5"), Ok(ChartVersion::OLDEST));
        for bad in
            ["", "v2.4.5", "2.4", "2.4.5.1", ">=2.4.5", "2.04.5", "2.4.x", "2.4.4", "2.4.5-rc1"]
        {
            assert!(ChartVersion::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn versions_are_ordered_by_number_and_not_by_letter() {
        assert!(ChartVersion::parse("2.10.0").unwrap() > ChartVersion::parse("2.9.9").unwrap());
    }

    #[test]
    fn a_hazard_is_reported_for_the_versions_that_have_it_and_no_others() {
        let shown = |text: &str, fixed_gid| {
            let here = Context { fixed_gid, ..Context::default() };
            warnings(ChartVersion::parse(text).unwrap(), &here).len()
        };
        assert_eq!(shown("2.4.5", false), 1);
        assert_eq!(shown("2.4.5", true), 0);
        assert_eq!(shown("2.4.9", false), 2);
        assert_eq!(shown("2.5.0", false), 0);
        assert_eq!(shown("9.0.0", false), 1);
    }
}
