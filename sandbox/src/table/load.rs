//! Parsing the rows of a table, on as many cores as there are: a program that starts with a
//! large state does little else.

use std::num::NonZero;

use anyhow::{Context, anyhow};
use serde::de::DeserializeOwned;

/// Fewer rows than this are not worth a thread.
const FEW: usize = 1000;

/// The rows of these ids and this JSON.
pub(super) fn parse<T: DeserializeOwned + Send>(
    rows: &[(&str, &str)],
) -> anyhow::Result<Vec<(String, T)>> {
    if rows.len() <= FEW {
        return part(rows);
    }
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = rows.len().div_ceil(cores).max(FEW);
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            rows.chunks(share).map(|rows| scope.spawn(move || part(rows))).collect();
        let mut all = Vec::with_capacity(rows.len());
        for part in parts {
            all.extend(part.join().map_err(|_| anyhow!("parsing the rows panicked"))??);
        }
        Ok(all)
    })
}

fn part<T: DeserializeOwned>(rows: &[(&str, &str)]) -> anyhow::Result<Vec<(String, T)>> {
    let parse = |(id, row): &(&str, &str)| {
        let parsed = serde_json::from_str(row).with_context(|| format!("the row `{id}`"))?;
        Ok(((*id).to_owned(), parsed))
    };
    rows.iter().map(parse).collect()
}
