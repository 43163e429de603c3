//! A sandbox, as programs and tests start it.

use std::future::Future;

use anyhow::Context;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::dispatch::{Dispatcher, Services};
use crate::fault_rules;
use crate::faults::{Faults, Rule};
use crate::http;
use crate::ids::Ids;
use crate::options::Options;
use crate::socket::{Cut, Cuttable};
use crate::{ec2, efs, eks, iam, kms, seeding, sts};

/// The services of every sandbox. The first one refuses unsigned requests of an unknown form.
const SERVICES: Services = &[&ec2::Ec2, &efs::Efs, &eks::Eks, &iam::Iam, &kms::Kms, &sts::Sts];

/// What a sandbox does not decide by itself.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Tells the time.
    pub clock: Clock,
    /// Where identifiers come from: one seed makes the same ones every time.
    pub chance: fastrand::Rng,
}

impl Default for Surroundings {
    fn default() -> Self {
        Surroundings { clock: Clock::system(), chance: fastrand::Rng::new() }
    }
}

/// A local AWS.
#[derive(Clone)]
pub struct Sandbox(std::sync::Arc<Dispatcher>);

impl Sandbox {
    /// Opens the state that the options name, and reads the rules of faults.
    pub fn open(options: Options, surroundings: Surroundings) -> anyhow::Result<Sandbox> {
        let faults = Faults::new(rules(&options)?, options.fault_seed);
        let ids = Ids::new(surroundings.chance);
        let seeds = options.seed.as_deref().map(seeding::read).transpose()?.unwrap_or_default();
        let dispatcher = Dispatcher::new(SERVICES, options, faults, surroundings.clock, ids)?;
        for (region, seed) in seeds {
            let applied =
                dispatcher.administer(&region, |context| seeding::apply(context, seed))?;
            applied.map_err(|(_, why)| anyhow::anyhow!("the seed of `{region}`: {why}"))?;
        }
        Ok(Sandbox(dispatcher))
    }

    /// Serves on a listener until `stopped` is ready and the requests under way are answered.
    pub async fn serve(
        &self,
        listener: TcpListener,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let service = http::router(self.0.clone()).into_make_service_with_connect_info::<Cut>();
        axum::serve(Cuttable(listener), service)
            .with_graceful_shutdown(stopped)
            .await
            .context("serving")
    }

    /// Answers one request without a network; `None` where a fault cuts the connection.
    pub async fn call(&self, request: Request<Body>) -> Option<Response> {
        let (response, cut) = http::response_to(&self.0, request).await;
        (!cut).then_some(response)
    }
}

/// The rules of the flags and of the file.
fn rules(options: &Options) -> anyhow::Result<Vec<Rule>> {
    let mut rules = options.faults.clone();
    for rule in &rules {
        fault_rules::check(SERVICES, rule)
            .map_err(|mistake| anyhow::anyhow!("a fault rule: {mistake}"))?;
    }
    if let Some(path) = &options.faults_file {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("reading the fault rules `{}`", path.display()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            let rule = fault_rules::read(SERVICES, line);
            rules.push(rule.map_err(|mistake| anyhow::anyhow!("{}: {mistake}", path.display()))?);
        }
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const DOCUMENT: &str = include_str!("../OPERATIONS.md");

    /// The operations that the table of operations by client has of a service.
    fn rows(service: &str) -> BTreeSet<&'static str> {
        let title = if service == "elasticfilesystem" { "EFS" } else { service }.to_uppercase();
        let mut parts = DOCUMENT.split("\n## ");
        let part = parts.find(|part| part.starts_with(&format!("{title}\n"))).unwrap();
        let cells = part.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        cells.filter(|cell| !["Operation", "---"].contains(cell)).collect()
    }

    /// `cargo xtask clients --write` writes the table of what clients called.
    #[test]
    fn every_operation_that_is_served_is_called_by_a_client() {
        for service in SERVICES {
            let served: BTreeSet<&str> = service.operations().into_iter().collect();
            assert_eq!(rows(service.name()), served, "{}", service.name());
        }
    }
}
