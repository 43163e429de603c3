//! What pods reported, and what it proves.

use std::collections::BTreeMap;

use serde::Serialize;

use super::documents::Proof;

/// What one pod reported: `key=value` lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    entries: BTreeMap<String, String>,
}

impl Report {
    /// Reads a termination message.
    pub fn parse(text: &str) -> Report {
        let entries = text.lines().filter_map(|line| line.split_once('='));
        Report {
            entries: entries
                .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
                .collect(),
        }
    }

    /// Why the pod gave up, where it did.
    pub fn failure(&self) -> Option<&str> {
        self.entries.get("failed").map(String::as_str)
    }

    /// An entry as it was written.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.get(key).map(String::as_str)
    }

    /// An entry that is a number.
    pub fn number(&self, key: &str) -> Option<usize> {
        self.entries.get(key)?.parse().ok()
    }

    fn read_the_nonce(&self) -> bool {
        self.entries.get("nonce").is_some_and(|value| value == "read")
    }
}

/// One thing that was to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What, as a sentence without a full stop.
    pub what: &'static str,
    /// Whether it was shown.
    pub shown: bool,
    /// The figures behind it.
    pub detail: String,
}

/// What the reports of the team, and that of the witness, show.
pub fn judge(proof: &Proof, team: &[Report], witness: &Report) -> Vec<Finding> {
    let expected = proof.expected();
    let read = team.iter().filter(|report| report.read_the_nonce()).count();
    let shown = |number: Option<usize>| number.map_or("no".to_owned(), |number| number.to_string());
    let (lines, distinct, counted) =
        (witness.number("lines"), witness.number("distinct"), witness.number("counted"));
    vec![
        Finding {
            what: "a nonce written by one pod was read by all",
            shown: read == proof.readers + 1,
            detail: format!("{read} of {}", proof.readers + 1),
        },
        Finding {
            what: "concurrent appends lost nothing",
            shown: lines == Some(expected) && distinct == Some(expected),
            detail: format!("{} of {expected} lines, {} distinct", shown(lines), shown(distinct)),
        },
        Finding {
            what: "a lock excluded the others",
            shown: counted == Some(expected),
            detail: format!("{} of {expected} counts", shown(counted)),
        },
        Finding {
            what: "the files outlived the writer",
            shown: witness.read_the_nonce(),
            detail: if witness.read_the_nonce() {
                "read by a pod that came later"
            } else {
                "not read"
            }
            .to_owned(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof() -> Proof {
        Proof {
            nonce: "n".to_owned(),
            namespace: "ns".to_owned(),
            claim: "c".to_owned(),
            class: "efs-sc".to_owned(),
            image: "busybox".to_owned(),
            readers: 2,
            patience: 1,
        }
    }

    fn shown(team: &[&str], witness: &str) -> Vec<bool> {
        let team: Vec<Report> = team.iter().map(|text| Report::parse(text)).collect();
        let findings = judge(&proof(), &team, &Report::parse(witness));
        findings.into_iter().map(|finding| finding.shown).collect()
    }

    const READ: &str = "nonce=read\nturns=50\n";

    #[test]
    fn everything_is_shown_by_full_figures() {
        let witness = "nonce=read\nlines=150\ndistinct=150\ncounted=150\n";
        assert_eq!(shown(&[READ, READ, READ], witness), [true; 4]);
    }

    #[test]
    fn each_shortfall_is_distinguished_from_the_others() {
        let full = "nonce=read\nlines=150\ndistinct=150\ncounted=150\n";
        assert_eq!(shown(&[READ, READ, "failed=no nonce"], full), [false, true, true, true]);
        let lost = "nonce=read\nlines=149\ndistinct=149\ncounted=150\n";
        assert_eq!(shown(&[READ, READ, READ], lost), [true, false, true, true]);
        let torn = "nonce=read\nlines=150\ndistinct=149\ncounted=150\n";
        assert_eq!(shown(&[READ, READ, READ], torn), [true, false, true, true]);
        let raced = "nonce=read\nlines=150\ndistinct=150\ncounted=149\n";
        assert_eq!(shown(&[READ, READ, READ], raced), [true, true, false, true]);
        assert_eq!(shown(&[READ, READ, READ], ""), [true, false, false, false]);
    }

    #[test]
    fn a_failure_is_read_from_the_message() {
        assert_eq!(Report::parse("nonce=read\nfailed=a=b\n").failure(), Some("a=b"));
        assert_eq!(Report::parse("garbage").failure(), None);
    }
}
