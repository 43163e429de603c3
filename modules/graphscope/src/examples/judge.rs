//! What the reports of an example's pods show.

use std::collections::{BTreeMap, BTreeSet};

use kubernetes::proof::{Finding, Report};

use super::Example;

/// The reports of an example's pods, by part.
pub type Reports = BTreeMap<String, Vec<Report>>;

/// The rows of the dataset.
const ROWS: usize = 1000;

/// The steps of the computation, and those that the first session's last checkpoint holds.
const STEPS: u64 = 60;
const CHECKPOINT: usize = 30;

/// The lines of each writer.
const LINES: usize = 50;

/// The files of the stream.
const FILES: usize = 20;

impl Example {
    /// What the reports show, one finding per promise.
    pub fn judge(self, reports: &Reports) -> Vec<Finding> {
        let of = |part: &str| reports.get(part).map_or(&[][..], Vec::as_slice);
        match self {
            Example::Dataset => dataset(of("loaders"), of("engines")),
            Example::Checkpoint => checkpoint(of("first"), of("second")),
            Example::Logs => logs(self.pods("writers"), of("writers"), of("reader")),
            Example::Stream => stream(of("producer"), of("consumers")),
        }
    }

    fn pods(self, part: &str) -> usize {
        self.parts().iter().filter(|found| found.name == part).map(|found| found.pods).sum()
    }
}

fn sum(reports: &[Report], key: &str) -> usize {
    reports.iter().filter_map(|report| report.number(key)).sum()
}

/// The nodes that the pods ran on.
fn nodes(reports: &[&[Report]]) -> String {
    let nodes: BTreeSet<&str> =
        reports.iter().flat_map(|all| all.iter()).filter_map(|report| report.get("node")).collect();
    nodes.into_iter().collect::<Vec<_>>().join(", ")
}

fn finding(what: &'static str, shown: bool, detail: String) -> Finding {
    Finding { what, shown, detail }
}

fn dataset(loaders: &[Report], engines: &[Report]) -> Vec<Finding> {
    let wanted = Example::Dataset.pods("engines");
    let loads = sum(loaders, "loaded");
    let whole = sum(engines, "whole");
    let (rows, weight) = (sum(engines, "rows"), sum(engines, "sum"));
    let expected: usize = (0..ROWS).map(|row| row * 104_729 % 1000).sum();
    vec![
        finding(
            "the dataset was loaded once",
            loads == 1 && loaders.len() == Example::Dataset.pods("loaders"),
            format!("{loads} load by {} jobs", loaders.len()),
        ),
        finding(
            "engines read the whole of it side by side",
            whole == wanted,
            format!("{whole} of {wanted}, on {}", nodes(&[engines])),
        ),
        finding(
            "their shares are the whole",
            (rows, weight) == (ROWS, expected),
            format!("{rows} of {ROWS} rows, sum {weight} of {expected}"),
        ),
    ]
}

fn checkpoint(first: &[Report], second: &[Report]) -> Vec<Finding> {
    let expected =
        (0..STEPS).fold(1_u64, |state, _| (state * 1_103_515_245 + 12_345) % 2_147_483_648);
    let one = |reports: &[Report], key: &str| reports.first().and_then(|report| report.number(key));
    let shown = |number: Option<usize>| number.map_or("no".to_owned(), |number| number.to_string());
    let (reached, restored) = (one(first, "reached"), one(second, "restored"));
    let result = one(second, "result");
    vec![
        finding(
            "the second session restored what the first had written",
            restored == Some(CHECKPOINT),
            format!(
                "step {}, after the first was lost at step {}, on {}",
                shown(restored),
                shown(reached),
                nodes(&[first, second])
            ),
        ),
        finding(
            "its result is that of a session that was never lost",
            result.and_then(|result| u64::try_from(result).ok()) == Some(expected),
            format!("{} of {expected}", shown(result)),
        ),
    ]
}

fn logs(pods: usize, writers: &[Report], reader: &[Report]) -> Vec<Finding> {
    let expected = pods * LINES;
    let (lines, distinct, ordered) =
        (sum(reader, "lines"), sum(reader, "distinct"), sum(reader, "ordered"));
    vec![
        finding(
            "no line was lost or torn",
            (lines, distinct) == (expected, expected),
            format!("{lines} of {expected} lines, {distinct} distinct, from {}", nodes(&[writers])),
        ),
        finding(
            "the lines of each pod are in its order",
            ordered == pods,
            format!("{ordered} of {pods} pods"),
        ),
    ]
}

fn stream(producer: &[Report], consumers: &[Report]) -> Vec<Finding> {
    let handed = sum(producer, "produced");
    let (taken, whole) = (sum(consumers, "taken"), sum(consumers, "whole"));
    let each: Vec<String> =
        consumers.iter().map(|report| report.number("taken").unwrap_or(0).to_string()).collect();
    vec![
        finding(
            "every file reached exactly one consumer",
            (handed, taken) == (FILES, FILES),
            format!(
                "{taken} of {FILES}, {} each, on {}",
                each.join(" and "),
                nodes(&[producer, consumers])
            ),
        ),
        finding("every file was whole", whole == FILES, format!("{whole} of {FILES}")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(parts: &[(&str, &[&str])]) -> Reports {
        parts
            .iter()
            .map(|(part, texts)| {
                ((*part).to_owned(), texts.iter().map(|text| Report::parse(text)).collect())
            })
            .collect()
    }

    fn shown(example: Example, parts: &[(&str, &[&str])]) -> Vec<bool> {
        example.judge(&reports(parts)).into_iter().map(|finding| finding.shown).collect()
    }

    #[test]
    fn a_dataset_loaded_twice_or_read_in_part_is_not_shown() {
        let engines: &[&str] = &[
            "whole=1\nrows=334\nsum=166000",
            "whole=1\nrows=333\nsum=167000",
            "whole=1\nrows=333\nsum=166500",
        ];
        let once: &[&str] = &["loaded=1", "loaded=0"];
        let full = [("loaders", once), ("engines", engines)];
        assert_eq!(shown(Example::Dataset, &full), [true; 3]);
        let twice: &[&str] = &["loaded=1", "loaded=1"];
        assert_eq!(
            shown(Example::Dataset, &[("loaders", twice), ("engines", engines)]),
            [false, true, true]
        );
        assert_eq!(
            shown(Example::Dataset, &[("loaders", once), ("engines", &engines[..2])]),
            [true, false, false]
        );
    }

    #[test]
    fn a_checkpoint_that_was_not_restored_is_not_shown() {
        let first: &[&str] = &["reached=35"];
        let result = (0..60).fold(1_u64, |state, _| (state * 1_103_515_245 + 12_345) % (1 << 31));
        let (right, anew) =
            (format!("restored=30\nresult={result}"), format!("restored=0\nresult={result}"));
        let after =
            |text: &str| shown(Example::Checkpoint, &[("first", first), ("second", &[text])]);
        assert_eq!(after(&right), [true, true]);
        assert_eq!(after(&anew), [false, true]);
        assert_eq!(after("restored=30\nresult=1"), [true, false]);
        assert_eq!(after("failed=there is no checkpoint"), [false, false]);
    }

    #[test]
    fn lost_torn_and_disordered_lines_are_distinguished() {
        let read = |text: &str| shown(Example::Logs, &[("reader", &[text])]);
        assert_eq!(read("lines=200\ndistinct=200\nordered=4"), [true, true]);
        assert_eq!(read("lines=199\ndistinct=199\nordered=3"), [false, false]);
        assert_eq!(read("lines=200\ndistinct=199\nordered=4"), [false, true]);
        assert_eq!(read("lines=200\ndistinct=200\nordered=3"), [true, false]);
    }

    #[test]
    fn a_file_taken_twice_or_in_part_is_not_shown() {
        let taken = |consumers: &[&str]| {
            shown(Example::Stream, &[("producer", &["produced=20"]), ("consumers", consumers)])
        };
        assert_eq!(taken(&["taken=13\nwhole=13", "taken=7\nwhole=7"]), [true, true]);
        assert_eq!(taken(&["taken=13\nwhole=13", "taken=8\nwhole=7"]), [false, true]);
        assert_eq!(taken(&["taken=13\nwhole=12", "taken=7\nwhole=7"]), [true, false]);
    }

    #[test]
    fn nothing_is_shown_by_no_reports() {
        for example in Example::ALL {
            assert!(example.judge(&Reports::new()).iter().all(|finding| !finding.shown));
        }
    }
}
