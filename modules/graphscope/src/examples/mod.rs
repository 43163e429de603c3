//! Examples of what GraphScope does with shared storage, each small and complete.
//!
//! They run with any image that has a shell, so that the storage can be tried
//! without GraphScope's images. Each part is a Job whose pods report by their
//! termination message; [`Example::judge`] says what the reports show.

mod judge;

use kubernetes::RenderError;
use serde::{Deserialize, Serialize};

use crate::templates::render;

pub use judge::Reports;

/// How many seconds a pod waits for the others.
const PATIENCE: u64 = 120;

/// What all scripts begin with.
const PROLOGUE: &str = include_str!("../../../../templates/examples/prologue.sh");

/// An example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Example {
    /// A job loads a dataset once, and engines read it side by side.
    Dataset,
    /// A checkpoint is written by one session, and restored by another.
    Checkpoint,
    /// Many pods append to one log.
    Logs,
    /// Files are handed from a producer to consumers.
    Stream,
}

/// A part of an example: one Job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub name: &'static str,
    /// How many pods it has, all at once.
    pub pods: usize,
    /// Which parts it comes with: those of a later turn come when the earlier ones have ended.
    /// Applied all at once, its script waits on its own.
    pub turn: usize,
    script: &'static str,
}

macro_rules! part {
    ($example:literal, $name:literal, $pods:literal, turn $turn:literal) => {
        Part {
            name: $name,
            pods: $pods,
            turn: $turn,
            script: include_str!(concat!(
                "../../../../templates/examples/",
                $example,
                "-",
                $name,
                ".sh"
            )),
        }
    };
}

const DATASET: &[Part] =
    &[part!("dataset", "loaders", 2, turn 0), part!("dataset", "engines", 3, turn 0)];
const CHECKPOINT: &[Part] =
    &[part!("checkpoint", "first", 1, turn 0), part!("checkpoint", "second", 1, turn 1)];
const LOGS: &[Part] = &[part!("logs", "writers", 4, turn 0), part!("logs", "reader", 1, turn 1)];
const STREAM: &[Part] =
    &[part!("stream", "producer", 1, turn 0), part!("stream", "consumers", 2, turn 0)];

/// Removes what an example wrote to a claim that is somebody's.
const SWEEP: Part = Part {
    name: "sweep",
    pods: 1,
    turn: usize::MAX,
    script: include_str!("../../../../templates/examples/sweep.sh"),
};

impl Example {
    /// All of them.
    pub const ALL: [Example; 4] =
        [Example::Dataset, Example::Checkpoint, Example::Logs, Example::Stream];

    /// The example as people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Example::Dataset => "dataset",
            Example::Checkpoint => "checkpoint",
            Example::Logs => "logs",
            Example::Stream => "stream",
        }
    }

    /// What it shows, without a full stop.
    pub fn shows(self) -> &'static str {
        match self {
            Example::Dataset => "a job loads a dataset once, and engines read it side by side",
            Example::Checkpoint => {
                "a checkpoint written by one session is restored by another on whatever node"
            }
            Example::Logs => "many pods append to one log, and no line is lost or torn",
            Example::Stream => {
                "a producer hands whole files to consumers, each file to exactly one of them"
            }
        }
    }

    /// Its parts, in the order in which they come.
    pub fn parts(self) -> &'static [Part] {
        match self {
            Example::Dataset => DATASET,
            Example::Checkpoint => CHECKPOINT,
            Example::Logs => LOGS,
            Example::Stream => STREAM,
        }
    }

    /// How many turns its parts take.
    pub fn turns(self) -> usize {
        self.parts().iter().map(|part| part.turn + 1).max().unwrap_or(0)
    }
}

/// One run of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Which example.
    pub example: Example,
    /// Tells this run from others; part of labels, names and paths.
    pub run: String,
    /// The namespace of its pods.
    pub namespace: String,
    /// The claim that they share.
    pub claim: String,
    /// The class of that claim.
    pub class: String,
    /// An image with a shell.
    pub image: String,
}

impl Trial {
    /// A run on a claim of its own, in a namespace of its own.
    pub fn new(example: Example, run: &str, class: &str, image: &str) -> Trial {
        Trial {
            example,
            run: run.to_owned(),
            namespace: format!("clockwork-example-{run}"),
            claim: "shared".to_owned(),
            class: class.to_owned(),
            image: image.to_owned(),
        }
    }

    /// The namespace.
    pub fn namespace_document(&self) -> Result<String, RenderError> {
        render("verify-namespace.yaml", &self.place())
    }

    /// The claim.
    pub fn claim_document(&self) -> Result<String, RenderError> {
        render("verify-claim.yaml", &self.place())
    }

    /// The Job of a part.
    pub fn job_document(&self, part: &Part) -> Result<String, RenderError> {
        let parts = self
            .example
            .parts()
            .iter()
            .map(|part| Team { variable: part.name.to_uppercase(), pods: part.pods.to_string() });
        let job = JobContext {
            place: self.place(),
            name: self.job_name(part),
            part: part.name,
            pods: part.pods,
            patience: PATIENCE.to_string(),
            image: &self.image,
            script: format!("{PROLOGUE}{}", part.script),
            parts: parts.collect(),
        };
        render("example-job.yaml", &job)
    }

    /// The name of a part's Job.
    pub fn job_name(&self, part: &Part) -> String {
        format!("{}-{}-{}", self.example.as_str(), part.name, self.run)
    }

    /// What removes from the claim whatever the example wrote to it.
    pub fn sweep(&self) -> &'static Part {
        &SWEEP
    }

    /// The whole example as one stream of documents, to read and to apply.
    pub fn documents(&self) -> Result<String, RenderError> {
        let header = Header { title: self.example.as_str(), shows: self.example.shows() };
        let mut text = render("example-header.yaml", &header)?;
        let mut add = |document: String| text.push_str(&format!("---\n{document}"));
        add(self.namespace_document()?);
        add(self.claim_document()?);
        for part in self.example.parts() {
            add(self.job_document(part)?);
        }
        Ok(text)
    }

    fn place(&self) -> Place<'_> {
        Place {
            run: &self.run,
            nonce: &self.run,
            namespace: &self.namespace,
            claim: &self.claim,
            class: &self.class,
        }
    }
}

/// Where a run takes place.
#[derive(Serialize)]
struct Place<'a> {
    run: &'a str,
    /// The same, as the documents of a proof call it.
    nonce: &'a str,
    namespace: &'a str,
    claim: &'a str,
    class: &'a str,
}

#[derive(Serialize)]
struct JobContext<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    name: String,
    part: &'a str,
    pods: usize,
    patience: String,
    image: &'a str,
    script: String,
    parts: Vec<Team>,
}

/// How many pods a part has, as a variable of the scripts.
#[derive(Serialize)]
struct Team {
    variable: String,
    /// The environment of a container is text.
    pods: String,
}

#[derive(Serialize)]
struct Header<'a> {
    title: &'a str,
    shows: &'a str,
}
