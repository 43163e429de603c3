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
    /// The class of the claim.
    pub(super) class: &'a str,
    pub(super) wanted: &'a Verify,
    pub(super) nonce: String,
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
