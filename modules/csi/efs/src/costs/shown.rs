//! Estimates as plans and statuses show them.

use std::collections::BTreeMap;

use plan::{Action, Detail, Scope};
use serde_json::json;

use super::estimate::{Estimate, Part, PerUse, Sizes};
use super::prices::Prices;
use crate::actual::Actual;
use crate::calls::{Call, Plan};
use crate::inputs::Inputs;
use crate::resources::file_system::{self, FileSystem, FileSystemSource, SEEN, Spec, goes_where};

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
    let left = left(plan, actual);
    let sizes = found.map(Sizes::metered).unwrap_or_default();
    let costs = Costs { inputs, sizes, prices, left: left.as_ref() };
    costs.detail(&scope.module, has.as_ref(), after.as_ref())
}

/// The copy that a plan leaves without its replication, by the keys of that.
fn left(plan: &Plan, actual: &Actual) -> Option<BTreeMap<String, String>> {
    let found = actual.file_system.as_ref()?;
    let ends = |call: &Call| matches!(call, Call::FileSystem(file_system::Call::EndReplication { id }) if *id == found.id);
    if !plan.changes.iter().flat_map(|change| &change.calls).any(ends) {
        return None;
    }
    let listed = actual.replications.iter().find(|it| it.source == found.id.as_str());
    let listed = listed.map(|it| {
        let entries = [("region", &it.destination_region), ("file_system_id", &it.destination)];
        entries.map(|(key, text)| (key.to_owned(), text.clone())).into()
    });
    found.spec.replication.clone().or(listed)
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
    let costs = Costs { inputs, sizes: Sizes::metered(found), prices, left: None };
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
        && !has.contains_key(SEEN)
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
        replication: match &wanted.replication {
            Some(none) if none.is_empty() => None,
            wants => has.replication.or_else(|| wants.clone()),
        },
        ..has
    }
}

struct Costs<'a> {
    inputs: &'a Inputs,
    sizes: Sizes,
    prices: &'a Prices,
    /// The copy of a replication that the plan ends.
    left: Option<&'a BTreeMap<String, String>>,
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
        let left = self
            .left
            .and_then(|copy| Estimate::of_copy(self.prices, (region, copy), self.sizes.whole()));
        let value = json!({
            "module": module,
            "region": region,
            "currency": prices.currency,
            "prices_as_of": prices.date,
            "now": now,
            "after": after,
            "copy_left": left,
        });
        let of_what = after.as_ref().or(now.as_ref())?;
        let mut line = format!(
            "Estimated cost of module.{module}: {}{}",
            sums(now.as_ref(), after.as_ref(), &prices.currency),
            extra(&of_what.per_use, &prices.currency),
        );
        if let Some(left) = &left {
            line.push_str(&format!("; {}", of_left(left, &prices.currency)));
        }
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

/// What the copy costs that stays without its replication.
fn of_left(left: &Estimate, currency: &str) -> String {
    let sum = money(&left.monthly.rounded(), currency);
    match (left.unknown.first(), left.per_use.first()) {
        (Some(unknown), _) => format!("the copy that stays costs what {unknown} costs"),
        (None, None) => format!("the copy that stays costs {sum} a month, until it is deleted"),
        (None, Some(PerUse { per, price, .. })) => {
            let price = money(&price.to_string(), currency);
            format!("the copy that stays costs {price} for each {per}, until it is deleted")
        }
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
