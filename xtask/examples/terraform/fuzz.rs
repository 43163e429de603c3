//! Compares made-up expressions with Terraform until the time is over.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::console::{Answer, Console};
use crate::grammar;

/// How many expressions are asked at once: starting Terraform takes longer than they do.
const BATCH: usize = 60;

/// What stands for a mistake among the answers of a batch.
const MISTAKE: &str = "\"<mistake>\"";

/// What messages end with where something is refused although Terraform goes on; the
/// table's `differences.txt` names the reasons.
const REFUSED: &str = "(Terraform would go on here)";

#[derive(Debug, Default)]
struct Counts {
    compared: usize,
    values: usize,
    refused: usize,
    differ: usize,
}

pub(crate) fn fuzz(console: &Console, seconds: u64, seed: u64) -> anyhow::Result<ExitCode> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut counts = Counts::default();
    while Instant::now() < end {
        let batch: Vec<String> = (0..BATCH)
            .map(|_| {
                let depth = random.usize(1..4);
                grammar::any(&mut random, depth)
            })
            .collect();
        let tried: Vec<String> =
            batch.iter().map(|expression| format!("try({expression}, {MISTAKE})")).collect();
        let all = format!("[{}]", tried.join(", "));
        let (there, here) = (console.ask(&all)?, xtask::answer("", "", &all));
        counts.compared += batch.len();
        if there.is_ok() && there == here {
            let mistakes = there.map_or(0, |text| text.matches(MISTAKE).count());
            counts.values += batch.len().saturating_sub(mistakes);
            continue;
        }
        for expression in &batch {
            let here = xtask::answer("", "", expression);
            judge(expression, &console.ask(expression)?, &here, &mut counts);
        }
    }
    println!("seed {seed}: {counts:?}");
    Ok(if counts.differ == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn judge(expression: &str, there: &Answer, here: &Answer, counts: &mut Counts) {
    match (there, here) {
        (Ok(there), Ok(here)) if there == here => counts.values += 1,
        (Err(_), Err(_)) => {}
        (Ok(_), Err(why)) if why.contains(REFUSED) => counts.refused += 1,
        // What depends on an untyped null is only known to Terraform's later steps.
        (Ok(there), _) if there.contains("(known after apply)") => counts.refused += 1,
        (there, here) => {
            counts.differ += 1;
            println!("{expression}\n  terraform: {there:?}\n  here:      {here:?}\n");
        }
    }
}
