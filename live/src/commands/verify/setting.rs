//! What a proof works with, and what comes of it.

use anyhow::bail;
use job::Verify;
use kubernetes::proof::{Finding, Report};

use crate::cluster::Kube;
use crate::commands::connection::Connection;

/// What a proof works with.
pub(super) struct Setting<'a> {
    pub(super) connection: &'a Connection<'a>,
    pub(super) kube: &'a Kube,
    /// The module's label, where the job has several storage modules.
    pub(super) label: Option<&'a str>,
    /// The class of the claim.
    pub(super) class: &'a str,
    pub(super) wanted: &'a Verify,
    pub(super) nonce: String,
}

impl Setting<'_> {
    /// Names something of this proof in the progress.
    pub(super) fn named(&self, what: &str) -> String {
        match self.label {
            Some(label) => format!("module.{label}: {what}"),
            None => what.to_owned(),
        }
    }
}

/// What came of it: what was found, and when each part was done, in seconds.
pub(super) struct Judged {
    pub(super) findings: Vec<Finding>,
    pub(super) times: Vec<(&'static str, f64)>,
}

impl Judged {
    pub(super) fn is_proof(&self) -> bool {
        self.findings.iter().all(|finding| finding.shown)
    }
}

/// A pod that gave up ends the proof with its own words.
pub(super) fn nobody_gave_up(reports: &[Report]) -> anyhow::Result<()> {
    match reports.iter().find_map(Report::failure) {
        Some(why) => bail!("a pod gave up: {why}"),
        None => Ok(()),
    }
}
