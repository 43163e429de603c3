//! `status`: what there is, in one table.

use efs::Replication;
use efs::costs::of_status;
use efs::resources::file_system::replicas;
use inputs::plain;
use kubernetes::Usage;
use plan::{Row, Table};
use serde::Serialize;
use serde_json::json;

use super::connection::Connection;
use crate::aws::Aws;
use crate::observe::Storage;
use crate::outcome::{Ending, Outcome, Shown};
use crate::report;
use crate::users;

pub(super) async fn run(connection: &Connection<'_>) -> anyhow::Result<Outcome> {
    let job = connection.job;
    let target = connection.connect().await?;
    let mut observed = connection.observe(&target).await?;
    let (mut tables, mut claims, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    let mut copies = Vec::new();
    for (label, inputs) in job.storage() {
        let Some(found) = observed.storage.get_mut(label) else { continue };
        if let Some(aws) = connection.clients.get(&inputs.aws_region) {
            let listed = connection.stop.or(users::listed(aws, &found.actual)).await??;
            found.actual.access_point_count = listed.as_ref().map(Vec::len);
            found.actual.access_points = listed.unwrap_or_default();
            found.actual.replications = connection.stop.or(replications(aws, found)).await?;
        }
        let actual = &found.actual;
        let region = &inputs.aws_region;
        copies.extend(replicas(region, actual.file_system.as_ref(), &actual.replications));
        let relying = job.driver_documents(label).elsewhere().map(|_| inputs.without_driver());
        let in_documents = relying.as_ref().filter(|_| target.cluster().is_none());
        tables.push((label, efs::rows(in_documents.unwrap_or(inputs), &found.actual)));
        let prices = connection.session.prices();
        costs.extend(of_status(&job.storage_scope(label), inputs, &found.actual, prices));
        let of_class = found.actual.cluster.iter().flat_map(|cluster| cluster.claims.clone());
        claims.extend(of_class);
    }
    let measured: Usage = claims
        .iter()
        .filter_map(|claim| {
            Some(((claim.namespace.clone(), claim.name.clone()), claim.used_bytes?))
        })
        .collect();
    let mut workloads = Vec::new();
    for (label, inputs) in job.workloads() {
        let Some(actual) = observed.workloads.get_mut(label) else { continue };
        for found in &mut actual.claims {
            let key = (found.claim.namespace.clone(), found.claim.name.clone());
            found.claim.used_bytes = measured.get(&key).copied();
        }
        let (status, more) = graphscope::status(label, inputs, actual);
        workloads.push(status);
        tables.push((label, more));
    }
    let place = place::lines(connection.places()).join("\n");
    // One table, unless several storage modules have the same names in theirs.
    let several = job.storage().count() > 1;
    let healthy = tables.iter().flat_map(|(_, rows)| rows).all(|row| row.healthy);
    let document = json!({
        "healthy": healthy,
        "rows": rows_of(&tables, several),
        "replications": copies,
        "claims": claims,
        "workloads": workloads,
        "costs": costs.iter().map(|costs| &costs.value).collect::<Vec<_>>(),
        "places": report::places(connection.places()),
    });
    let mut text = format!("{place}\n\n{}", for_people(tables, several));
    let lines = costs.iter().filter_map(|costs| costs.line.as_ref());
    lines.for_each(|line| text.push_str(&format!("\n\n{}", plain(line))));
    Ok(Outcome::unchanged(Ending::Shown(Shown::new(text, &document)?)))
}

/// The replications that a file system is part of. What this identity may not list is left out of a
/// status, as it is beside what the inputs ask for.
async fn replications(aws: &Aws, found: &Storage) -> Vec<Replication> {
    let Some(found) = &found.actual.file_system else { return Vec::new() };
    users::replications(aws, &found.id).await.ok().flatten().unwrap_or_default()
}

fn for_people(tables: Vec<(&str, Vec<Row>)>, several: bool) -> String {
    if several {
        let titled = tables.iter().map(|(label, rows)| format!("module.{label}\n{}", Table(rows)));
        return titled.collect::<Vec<_>>().join("\n\n");
    }
    let rows: Vec<Row> = tables.into_iter().flat_map(|(_, rows)| rows).collect();
    Table(&rows).to_string()
}

/// A row as a program reads it.
#[derive(Serialize)]
struct Located<'a> {
    /// The label of its module, where several storage modules are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<&'a str>,
    #[serde(flatten)]
    row: &'a Row,
}

fn rows_of<'a>(tables: &'a [(&str, Vec<Row>)], several: bool) -> Vec<Located<'a>> {
    let all = tables.iter().flat_map(|(label, rows)| rows.iter().map(move |row| (*label, row)));
    all.map(|(label, row)| Located { module: several.then_some(label), row }).collect()
}
