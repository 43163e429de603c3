//! `render --terraform`: a deployment as Terraform takes it over.

use anyhow::Context as _;
use efs::terraform::{Deployed, Terraform, terraform};
use failure::{advice, failure};
use futures_util::future::try_join_all;
use inputs::printable;
use serde_json::json;
use tokio::try_join;

use super::connection::Connection;
use super::import::look;
use crate::aws::Aws;
use crate::log;
use crate::outcome::{Ending, Outcome, Shown};
use crate::resources::file_system::{self, Lookup};
use crate::{identity, report};

pub(super) async fn run(connection: &Connection<'_>) -> anyhow::Result<Outcome> {
    let target = connection.connect().await?;
    let line = connection.progress.line("observing");
    // The role of a cluster is that of the first of its modules.
    let first = |inputs: &efs::Inputs| {
        let role = inputs.owner().role_name();
        connection.job.storage().find(|(_, other)| other.owner().role_name() == role)
    };
    let all = try_join_all(connection.job.storage().map(|(label, inputs)| async move {
        let aws = connection.clients.get(&inputs.aws_region);
        let aws = aws.context("a region has no client")?;
        let of = first(inputs).map(|(of, _)| of).filter(|of| *of != label);
        anyhow::Ok((label.to_owned(), Box::pin(one(aws, (label, of), inputs)).await?))
    }));
    let looks = async { tokio::join!(all, connection.look_at_places(&target)).0 };
    let found = connection.stop.or(looks).await.inspect_err(|_| line.failed("stopped"))?;
    let all = found.map_err(|error| connection.misplaced(error))?;
    line.done("read AWS");
    let mut resources = 0;
    for (label, Terraform { warnings, resources: of_module, .. }) in &all {
        resources += of_module;
        for warning in warnings {
            let text = format!("Warning: module.{label}: {}", warning.text);
            log::say(&printable(&advice(&text, Some(&warning.remedy))));
        }
    }
    log::say(&format!(
        "`terraform plan` of it has {resources} to import, and nothing to add, change or destroy. Once \
         Terraform has applied it, take the modules out of the deployment file: two tools that manage \
         the same undo each other's changes."
    ));
    let text: Vec<&str> = all.iter().map(|(_, it)| it.text.trim_end()).collect();
    let text = text.join("\n\n");
    let document = json!({
        "terraform": text,
        "resources": resources,
        "warnings": all.iter().flat_map(|(_, it)| &it.warnings).collect::<Vec<_>>(),
        "places": report::places(connection.places()),
    });
    Ok(Outcome::unchanged(Ending::Shown(Shown::new(text, &document)?)))
}

/// A module; `identity_of` is the one that has the identity of its cluster, if that is another one.
async fn one(
    aws: &Aws,
    (label, identity_of): (&str, Option<&str>),
    inputs: &efs::Inputs,
) -> anyhow::Result<Terraform> {
    let found = file_system::observe(aws, &Lookup::of(inputs)).await?;
    let found = found.filter(|found| !found.life_cycle.is_leaving()).ok_or_else(|| {
        failure(
            format!("`module.{label}` has no file system in {}", inputs.aws_region),
            "deploy it first: `cargo xtask deploy-efs`",
        )
    })?;
    let owner = inputs.owner();
    let (found, identity) = try_join!(look(aws, found, &owner), identity::whole(inputs, aws))?;
    let identity = identity.as_ref();
    let deployed = Deployed { label, inputs, found: &found, identity, identity_of };
    Ok(terraform(&deployed))
}
