//! Estimates as plans and statuses show them.

use std::collections::BTreeMap;

use plan::{Action, Detail, Scope};
use serde_json::json;

use super::estimate::{Estimate, Part, PerUse, Sizes};
use super::prices::Prices;
use crate::actual::Actual;
use crate::calls::Plan;
use crate::inputs::Inputs;
use crate::resources::file_system::{self, FileSystem, FileSystemSource, Spec, goes_where};

/// What the file system of a module costs now and after a plan, a destroy among them; nothing where
/// there is none and will be none.
pub fn of_plan(
    plan: &Plan,
    (scope, destroys): (&Scope, bool),
    (inputs, actual): (&Inputs, &Actual),
    prices: &Prices,
) -> Option<Detail> {
    let found = actual.file_system.as_ref();
    let has = found.map(|found| has(inputs, found));
    let goes = plan
        .changes
        .iter()
        .any(|change| change.address.kind == file_system::KIND && change.action == Action::Delete);
    let after = match (&inputs.file_system, &has) {
        _ if destroys && goes => None,
        (_, has) if destroys => has.clone(),
        (FileSystemSource::Own(wanted), Some(has)) => {
            Some(changed(wanted, has.clone(), inputs.backup_by_default))
        }
        (FileSystemSource::Own(wanted), None) => Some(wanted.clone()),
        (FileSystemSource::Adopted(_), has) => has.clone(),
    };
    let costs = Costs { inputs, sizes: found.map(Sizes::metered).unwrap_or_default(), prices };
    costs.detail(&scope.module, has.as_ref(), after.as_ref())
}

/// What the file system of a module costs; nothing where there is none.
pub fn of_status(
    scope: &Scope,
    inputs: &Inputs,
    actual: &Actual,
    prices: &Prices,
) -> Option<Detail> {
    let found = actual.file_system.as_ref()?;
    let has = has(inputs, found);
    let costs = Costs { inputs, sizes: Sizes::metered(found), prices };
    costs.detail(&scope.module, Some(&has), Some(&has))
}

/// The properties of one that is there, with what EFS does not answer of its replication.
fn has(inputs: &Inputs, found: &FileSystem) -> Spec {
    let mut spec = found.spec.clone();
    let wanted = match &inputs.file_system {
        FileSystemSource::Own(wanted) => wanted.replication.as_ref(),
        FileSystemSource::Adopted(_) => None,
    };
    if let (Some(has), Some(wants)) = (&mut spec.replication, wanted)
        && goes_where(wants, has)
    {
        let zone = wants.get_key_value("availability_zone_name");
        has.extend(zone.map(|(key, zone)| (key.clone(), zone.clone())));
    }
    spec
}

/// What becomes of one that is there: a property that nobody asks for stays, and so do backups that
/// only the default asks for.
fn changed(wanted: &Spec, has: Spec, backup_by_default: bool) -> Spec {
    let backup = wanted.backup.filter(|_| !backup_by_default).or(has.backup);
    Spec {
        throughput: wanted.throughput.clone(),
        lifecycle: wanted.lifecycle.clone().or(has.lifecycle),
        backup,
        replication: has.replication.or_else(|| wanted.replication.clone()),
        ..has
    }
}

struct Costs<'a> {
    inputs: &'a Inputs,
    sizes: Sizes,
    prices: &'a Prices,
}

impl Costs<'_> {
    fn detail(&self, module: &str, now: Option<&Spec>, after: Option<&Spec>) -> Option<Detail> {
        now.or(after)?;
        let region = self.inputs.aws_region.as_str();
        let of = |spec: &Spec| Estimate::of(self.prices, region, spec, self.sizes);
        let Some(prices) = self.prices.of(region) else {
            let line = format!(
                "Estimated cost of module.{module}: no prices of {region} are known here; \
                 `--prices FILE` gives them"
            );
            let value = json!({
                "module": module, "region": region, "currency": null, "prices_as_of": null,
                "now": null, "after": null,
            });
            return Some(Detail { value, line: Some(line) });
        };
        let (now, after) = (now.and_then(of), after.and_then(of));
        let value = json!({
            "module": module,
            "region": region,
            "currency": prices.currency,
            "prices_as_of": prices.date,
            "now": now,
            "after": after,
        });
        let of_what = after.as_ref().or(now.as_ref())?;
        let mut line = format!(
            "Estimated cost of module.{module}: {}{}",
            sums(now.as_ref(), after.as_ref(), &prices.currency),
            extra(&of_what.per_use, &prices.currency),
        );
        line.push_str(&format!(" (prices of {region} as of {})", prices.date));
        if !of_what.unknown.is_empty() {
            line.push_str(&format!(
                "; without {}, which the table has no price of: `--prices FILE` gives them",
                of_what.unknown.join(", ")
            ));
        }
        Some(Detail { value, line: Some(line) })
    }
}

/// A sum in a currency, as people write it.
fn money(amount: &str, currency: &str) -> String {
    match currency {
        "USD" => match amount.strip_prefix("less than ") {
            Some(amount) => format!("less than ${amount}"),
            None => format!("${amount}"),
        },
        code => format!("{amount} {code}"),
    }
}

/// What it costs now and afterwards.
fn sums(now: Option<&Estimate>, after: Option<&Estimate>, currency: &str) -> String {
    let sum = |estimate: &Estimate| money(&estimate.monthly.rounded(), currency);
    let parts = |estimate: &Estimate| {
        let costs = |part: &&Part| !part.monthly.is_zero();
        let parts: Vec<String> = estimate
            .parts
            .iter()
            .filter(costs)
            .map(|Part { name, quantity: _, monthly }| {
                format!("{name} {}", money(&monthly.rounded(), currency))
            })
            .collect();
        if parts.len() > 1 { format!(" ({})", parts.join(", ")) } else { String::new() }
    };
    match (now, after) {
        (None, None) => String::new(),
        (None, Some(after)) => {
            format!("{} a month while it is empty{}", sum(after), parts(after))
        }
        (Some(now), None) => format!("{} a month now, nothing afterwards", sum(now)),
        (Some(now), Some(after)) if now.monthly == after.monthly => {
            format!("{} a month{}", sum(after), parts(after))
        }
        (Some(now), Some(after)) => {
            format!("{} a month now, {} afterwards{}", sum(now), sum(after), parts(after))
        }
    }
}

/// What comes on top, by use: what costs the same per GB is said together.
fn extra(per_use: &[PerUse], currency: &str) -> String {
    let mut stored: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for PerUse { name, per, price } in per_use {
        let price = money(&price.to_string(), currency);
        stored.entry(*per).or_default().push(format!("{price} {name}"));
    }
    let all: Vec<String> = stored
        .iter()
        .map(|(per, prices)| format!("for each {per} {}", prices.join(", ")))
        .collect();
    if all.is_empty() { String::new() } else { format!(", and {}", all.join("; ")) }
}
