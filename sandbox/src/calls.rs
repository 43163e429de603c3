//! The list of calls: which requests came, when, and how each ended. The last ones are kept.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

/// How many calls are kept at least; a file holds up to twice as many.
pub(crate) const KEPT: usize = 10_000;

/// One call.
#[derive(Debug, Serialize)]
pub(crate) struct Call<'a> {
    /// When the request arrived, in microseconds since 1970.
    pub(crate) at_us: u64,
    /// How long the response took, in microseconds.
    pub(crate) took_us: u64,
    /// The signing name, such as `elasticfilesystem` or `ec2`.
    pub(crate) service: &'a str,
    /// The operation, such as `CreateMountTarget`.
    pub(crate) operation: &'a str,
    /// The region that the request was signed for.
    pub(crate) region: &'a str,
    /// The HTTP status.
    pub(crate) status: u16,
    /// `ok`, or the error's code.
    pub(crate) outcome: &'a str,
    /// The faults that it met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) faults: Vec<String>,
    /// The id that the response carried.
    pub(crate) request_id: &'a str,
}

/// The last calls, one line of JSON each: in a file beside the state, else in memory.
#[derive(Debug)]
pub(crate) enum Calls {
    File(Listing),
    Memory(VecDeque<Vec<u8>>),
}

/// An open file of calls.
#[derive(Debug)]
pub(crate) struct Listing {
    path: PathBuf,
    file: File,
    /// How many lines it has.
    lines: usize,
}

impl Calls {
    /// Goes on with the list beside a state file; without one, starts with none.
    pub(crate) fn open(state: Option<&Path>) -> anyhow::Result<Calls> {
        let Some(state) = state else { return Ok(Calls::Memory(VecDeque::new())) };
        let path = state.with_extension("calls.jsonl");
        let place = || format!("opening the list of calls `{}`", path.display());
        let mut file =
            OpenOptions::new().create(true).append(true).open(&path).with_context(place)?;
        let (lines, is_whole) = count(&path).with_context(place)?;
        if !is_whole {
            // A kill cut the last line short: the next call has a line of its own.
            file.write_all(b"\n").with_context(place)?;
        }
        Ok(Calls::File(Listing { path, file, lines }))
    }

    /// Lists one more call.
    pub(crate) fn push(&mut self, call: &Call) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(call)?;
        line.push(b'\n');
        match self {
            Calls::File(listing) => listing.push(&line),
            Calls::Memory(lines) => {
                lines.push_back(line);
                if lines.len() > KEPT {
                    lines.pop_front();
                }
                Ok(())
            }
        }
    }

    /// The last calls as a JSON array. A line that a kill cut short is no call.
    pub(crate) fn to_json(&self) -> anyhow::Result<Vec<u8>> {
        let lines = match self {
            Calls::Memory(lines) => lines.iter().cloned().collect::<Vec<_>>().concat(),
            Calls::File(listing) => listing.last()?,
        };
        let complete = |line: &&[u8]| line.starts_with(b"{") && line.ends_with(b"}");
        let lines: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').filter(complete).collect();
        Ok([&b"["[..], &lines.join(&b','), b"]"].concat())
    }
}

impl Listing {
    fn push(&mut self, line: &[u8]) -> anyhow::Result<()> {
        self.file.write_all(line)?;
        self.lines += 1;
        if self.lines >= 2 * KEPT {
            // Where this fails, it is tried again after as many calls.
            self.lines = KEPT;
            self.shorten().context("shortening the list of calls")?;
        }
        Ok(())
    }

    /// The text of the last lines.
    fn last(&self) -> anyhow::Result<Vec<u8>> {
        let place = || format!("reading the list of calls `{}`", self.path.display());
        let text = std::fs::read(&self.path).with_context(place)?;
        let mut rest = text.as_slice();
        let mut skipped = Vec::new();
        for _ in KEPT..self.lines {
            skipped.clear();
            rest.read_until(b'\n', &mut skipped)?;
        }
        Ok(rest.to_vec())
    }

    /// Writes the last lines into a new file, and puts that in the place of this one.
    fn shorten(&mut self) -> anyhow::Result<()> {
        let (lines, _) = count(&self.path)?;
        self.lines = lines;
        let new = self.path.with_extension("jsonl.new");
        std::fs::write(&new, self.last()?)?;
        let file = OpenOptions::new().append(true).open(&new)?;
        std::fs::rename(&new, &self.path)?;
        (self.file, self.lines) = (file, lines.min(KEPT));
        Ok(())
    }
}

/// How many lines a file has, and whether the last one ends.
fn count(path: &Path) -> std::io::Result<(usize, bool)> {
    let mut text = BufReader::new(File::open(path)?);
    let (mut lines, mut line) = (0, Vec::new());
    loop {
        line.clear();
        if text.read_until(b'\n', &mut line)? == 0 {
            return Ok((lines, true));
        }
        lines += 1;
        if !line.ends_with(b"\n") {
            return Ok((lines, false));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn call(at_us: u64) -> Call<'static> {
        let text = "DescribeFileSystems";
        let (service, operation, region) = ("elasticfilesystem", text, "eu-west-1");
        let faults = Vec::new();
        let (status, outcome, request_id) = (200, "ok", "1");
        Call { at_us, took_us: 1, service, operation, region, status, outcome, faults, request_id }
    }

    fn listed(calls: &Calls) -> Vec<u64> {
        let listed: Vec<Value> = serde_json::from_slice(&calls.to_json().unwrap()).unwrap();
        listed.iter().map(|call| call["at_us"].as_u64().unwrap()).collect()
    }

    #[test]
    fn the_last_calls_are_kept_in_memory_and_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.json");
        let most = 3 * KEPT as u64 + 7;
        for state in [None, Some(state.as_path())] {
            let mut calls = Calls::open(state).unwrap();
            for at in 0..most {
                calls.push(&call(at)).unwrap();
            }
            let kept: Vec<u64> = (most - KEPT as u64..most).collect();
            assert_eq!(listed(&calls), kept);
            if state.is_some() {
                let again = Calls::open(state).unwrap();
                assert_eq!(listed(&again), kept, "after a start");
                let (lines, _) = count(&folder.path().join("state.calls.jsonl")).unwrap();
                assert!(lines < 2 * KEPT, "{lines}");
            }
        }
    }

    #[test]
    fn a_line_that_a_kill_cut_short_spoils_no_other_one() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.json");
        Calls::open(Some(&state)).unwrap().push(&call(1)).unwrap();
        let path = folder.path().join("state.calls.jsonl");
        let mut text = std::fs::read(&path).unwrap();
        text.extend(br#"{"at_us":2,"to"#);
        std::fs::write(&path, text).unwrap();
        let mut calls = Calls::open(Some(&state)).unwrap();
        calls.push(&call(3)).unwrap();
        assert_eq!(listed(&calls), [1, 3]);
    }
}
