//! What a comparison results in, and what that means for a plan.

use plan::{Detail, Plan, Refusal, Warning};
use serde::Serialize;
use serde_json::{Value, json};

use crate::access::Access;
use crate::{Caller, Wanted};

/// What a comparison results in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub wanted: Wanted,
    /// Who calls AWS, where that is known.
    pub caller: Option<Caller>,
    /// How the cluster is reached, where one is the target.
    pub access: Option<Access>,
    /// What proves that account, region and cluster belong together.
    pub proof: Option<String>,
    /// Why that is not proved.
    pub doubts: Vec<String>,
    /// Whether EKS could not be asked, so that a permission would settle it.
    pub eks_is_silent: bool,
    /// Contradictions.
    pub refusals: Vec<Refusal>,
}

/// How the cluster was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// A person named the context: that counts as their word for it.
    ByName,
    /// It is the current context, or the cluster of this pod.
    Current,
    /// It is the context that fits the file of a fleet.
    OfFile,
}

/// The name that stands for the cluster of a pod, where a context must be given by name.
pub const IN_CLUSTER: &str = "in-cluster";

impl Verdict {
    /// Puts the place into a plan: shown in any case, refused where it contradicts itself. Where
    /// nothing proves it, creating warns, and deleting and replacing need a context that was
    /// given by name.
    pub fn guard<C>(&self, plan: &mut Plan<C>, choice: Choice) {
        let shown = Detail { value: self.json(), line: Some(self.to_string()) };
        let places = plan.details.entry("places").or_default();
        if !places.contains(&shown) {
            places.push(shown);
        }
        plan.refusals.extend(self.refusals.iter().cloned());
        if plan.changes.is_empty() || !self.refusals.is_empty() {
            return;
        }
        let Some(unproved) = self.unproved() else { return };
        let gone: Vec<String> =
            plan.needing_consent().map(|change| change.address.to_string()).collect();
        if gone.is_empty() || choice == Choice::ByName {
            plan.warnings.push(unproved);
            return;
        }
        plan.refusals.push(self.needs_a_name(&unproved.text, &gone, choice));
    }

    /// What is not proved, where a cluster is the target and something is not.
    pub fn unproved(&self) -> Option<Warning> {
        let access = self.access.as_ref().filter(|_| self.proof.is_none())?;
        let Wanted { region, cluster, .. } = &self.wanted;
        let account = match &self.caller {
            Some(caller) => format!(" of the account {}", caller.account),
            None => String::new(),
        };
        let why = match self.doubts.as_slice() {
            [] => String::new(),
            doubts => format!(": {}", doubts.join("; ")),
        };
        Some(Warning::new(
            format!(
                "nothing proves that {} leads to the cluster `{cluster}` in {region}{account}{why}",
                access.described()
            ),
            format!("check the context of the kubeconfig{}", self.allow()),
        ))
    }

    /// The permission that would prove the place, as the end of a remedy.
    fn allow(&self) -> &'static str {
        if self.eks_is_silent { ", or allow `eks:DescribeCluster`, which proves it" } else { "" }
    }

    fn needs_a_name(&self, unproved: &str, gone: &[String], choice: Choice) -> Refusal {
        let name = self.access.as_ref().and_then(|access| access.context.as_deref());
        let given = format!("`--context {}`", quoted(name.unwrap_or(IN_CLUSTER)));
        let give = match choice {
            Choice::OfFile => format!("deploy or destroy that file alone with {given}"),
            Choice::Current | Choice::ByName => format!("give {given}"),
        };
        Refusal::new(
            self.access.as_ref().map_or("", Access::name),
            format!("{unproved}; and this deletes or replaces {}", gone.join(", ")),
            format!("{give} if it is the right one{}", self.allow()),
        )
    }

    /// For people: who calls AWS, and in which account.
    pub fn account(&self) -> String {
        match &self.caller {
            Some(Caller { account, arn }) => format!("account {account} as {arn}"),
            None => "an unknown account".to_owned(),
        }
    }

    /// Where the calls go, whoever makes them: account, region, and the cluster with its server.
    /// Two runs that differ in nothing else, such as two jobs of a pipeline, whose sessions have
    /// names of their own, have the same destination.
    pub fn destination(&self) -> Value {
        let server = self.access.as_ref().map(|access| &access.server);
        json!({
            "account": self.caller.as_ref().map(|caller| &caller.account),
            "region": self.wanted.region,
            "cluster": server.map(|_| &self.wanted.cluster),
            "server": server,
        })
    }

    /// For programs.
    pub fn json(&self) -> Value {
        #[derive(Serialize)]
        struct Cluster<'a> {
            name: &'a str,
            context: Option<&'a str>,
            server: &'a str,
            proved_by: Option<&'a str>,
            doubts: &'a [String],
        }
        let cluster = self.access.as_ref().map(|access| Cluster {
            name: &self.wanted.cluster,
            context: access.context.as_deref(),
            server: &access.server,
            proved_by: self.proof.as_deref(),
            doubts: &self.doubts,
        });
        json!({
            "account": self.caller.as_ref().map(|caller| &caller.account),
            "identity": self.caller.as_ref().map(|caller| &caller.arn),
            "region": self.wanted.region,
            "cluster": cluster,
        })
    }
}

/// One line for people.
impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AWS: {} in {}", self.account(), self.wanted.region)?;
        let Some(access) = &self.access else { return Ok(()) };
        let cluster = &self.wanted.cluster;
        let name = match &access.context {
            Some(context) => format!("context `{context}`"),
            None => access.server.clone(),
        };
        match &self.proof {
            Some(proof) => write!(f, "; cluster `{cluster}` by the {name}: {proof}"),
            None if !self.refusals.is_empty() => write!(f, "; {name} is not `{cluster}`"),
            None => write!(f, "; {name}, not proved to be `{cluster}`"),
        }
    }
}

/// What the places of a run are, for people: a line each.
pub fn lines(verdicts: &[Verdict]) -> Vec<String> {
    let mut lines: Vec<String> = verdicts.iter().map(ToString::to_string).collect();
    lines.dedup();
    lines
}

/// A name as a shell takes it.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}
