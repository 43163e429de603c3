//! The list of calls: which requests came, when, and how each ended.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

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

/// The calls so far, one line of JSON each: in a file beside the state, else in memory.
#[derive(Debug)]
pub(crate) enum Calls {
    File(PathBuf, File),
    Memory(Vec<u8>),
}

impl Calls {
    /// Goes on with the list beside a state file; without one, starts with none.
    pub(crate) fn open(state: Option<&Path>) -> anyhow::Result<Calls> {
        let Some(state) = state else { return Ok(Calls::Memory(Vec::new())) };
        let path = state.with_extension("calls.jsonl");
        let place = || format!("opening the list of calls `{}`", path.display());
        let file = OpenOptions::new().create(true).append(true).open(&path).with_context(place)?;
        Ok(Calls::File(path, file))
    }

    /// Lists one more call.
    pub(crate) fn push(&mut self, call: &Call) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(call)?;
        line.push(b'\n');
        match self {
            Calls::File(_, file) => file.write_all(&line)?,
            Calls::Memory(lines) => lines.extend(line),
        }
        Ok(())
    }

    /// All calls as a JSON array. A line that a kill cut short is no call.
    pub(crate) fn to_json(&self) -> anyhow::Result<Vec<u8>> {
        let read;
        let lines = match self {
            Calls::Memory(lines) => lines,
            Calls::File(path, _) => {
                read = std::fs::read(path)
                    .with_context(|| format!("reading the list of calls `{}`", path.display()))?;
                &read
            }
        };
        let complete = |line: &&[u8]| line.starts_with(b"{") && line.ends_with(b"}");
        let lines: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').filter(complete).collect();
        Ok([&b"["[..], &lines.join(&b','), b"]"].concat())
    }
}
