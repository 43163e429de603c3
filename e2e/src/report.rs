//! The report of a run: a line for each step, a JUnit file, and logs after a failure.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use job::EndToEnd;
use quick_xml::Writer;
use quick_xml::events::{BytesText, Event};

use crate::interrupt::Interrupt;

/// The outcome of every step so far.
pub(crate) struct Report {
    suite: String,
    folder: PathBuf,
    started: Instant,
    steps: Vec<Step>,
    interrupt: Interrupt,
}

struct Step {
    name: String,
    seconds: f64,
    outcome: Outcome,
}

enum Outcome {
    Done(String),
    Skipped(String),
    Failed(String),
}

impl Report {
    pub(crate) fn new(job: &EndToEnd, interrupt: Interrupt) -> Report {
        // Logs of an earlier run would be mistaken for those of this one.
        let _ = std::fs::remove_dir_all(job.report.join("logs"));
        let suite = format!("e2e on {} with {}", job.cluster.as_str(), job.aws.as_str());
        Report {
            suite,
            folder: job.report.clone(),
            started: Instant::now(),
            steps: Vec::new(),
            interrupt,
        }
    }

    /// Runs a step, and prints its outcome. After an interruption no step starts any more.
    pub(crate) fn step<T>(
        &mut self,
        name: &str,
        step: impl FnOnce() -> anyhow::Result<(T, String)>,
    ) -> anyhow::Result<T> {
        if self.interrupt.is_raised() {
            bail!("interrupted before the step `{name}`");
        }
        let started = Instant::now();
        let result = step();
        self.record(name, started.elapsed().as_secs_f64(), result)
    }

    /// Prints the outcome of a step that already ran, and took so many seconds.
    pub(crate) fn timed_step<T>(
        &mut self,
        name: &str,
        (result, seconds): (anyhow::Result<T>, f64),
        detail: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<T> {
        let result = result.map(|value| {
            let detail = detail(&value);
            (value, detail)
        });
        self.record(name, seconds, result)
    }

    fn record<T>(
        &mut self,
        name: &str,
        seconds: f64,
        result: anyhow::Result<(T, String)>,
    ) -> anyhow::Result<T> {
        let (outcome, result) = match result {
            Ok((value, detail)) => {
                println!("ok    {seconds:6.1} s  {name}: {detail}");
                (Outcome::Done(detail), Ok(value))
            }
            Err(error) => {
                println!("FAIL  {seconds:6.1} s  {name}");
                let reported = failure::report(std::slice::from_ref(&error));
                eprintln!("{reported}");
                (Outcome::Failed(reported), Err(error.context(name.to_owned())))
            }
        };
        self.steps.push(Step { name: name.to_owned(), seconds, outcome });
        result
    }

    /// Prints a step that cannot run here, and why.
    pub(crate) fn skip(&mut self, name: &str, why: &str) {
        println!("skip           {name}: {why}");
        self.steps.push(Step {
            name: name.to_owned(),
            seconds: 0.0,
            outcome: Outcome::Skipped(why.to_owned()),
        });
    }

    /// Prints something that is no step.
    pub(crate) fn note(text: &str) {
        println!("note           {text}");
    }

    pub(crate) fn is_green(&self) -> bool {
        !self.steps.iter().any(|step| matches!(step.outcome, Outcome::Failed(_)))
    }

    /// The folder of the logs.
    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// Writes the JUnit file, and prints where it is.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("creating `{}`", self.folder.display()))?;
        let path = self.folder.join("junit.xml");
        let xml = self.junit().context("writing the JUnit file")?;
        std::fs::write(&path, xml).with_context(|| format!("writing `{}`", path.display()))?;
        let (steps, seconds) = (self.steps.len(), self.started.elapsed().as_secs_f64());
        println!("\n{}: {steps} steps, {seconds:.1} s; {}", self.suite, path.display());
        Ok(())
    }

    fn junit(&self) -> anyhow::Result<Vec<u8>> {
        let count = |wanted: fn(&Outcome) -> bool| {
            self.steps.iter().filter(|step| wanted(&step.outcome)).count().to_string()
        };
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer
            .create_element("testsuite")
            .with_attribute(("name", self.suite.as_str()))
            .with_attribute(("tests", self.steps.len().to_string().as_str()))
            .with_attribute((
                "failures",
                count(|outcome| matches!(outcome, Outcome::Failed(_))).as_str(),
            ))
            .with_attribute((
                "skipped",
                count(|outcome| matches!(outcome, Outcome::Skipped(_))).as_str(),
            ))
            .with_attribute(("time", self.started.elapsed().as_secs_f64().to_string().as_str()))
            .write_inner_content(|writer| {
                for step in &self.steps {
                    let case = writer
                        .create_element("testcase")
                        .with_attribute(("classname", self.suite.as_str()))
                        .with_attribute(("name", step.name.as_str()))
                        .with_attribute(("time", step.seconds.to_string().as_str()));
                    case.write_inner_content(|writer| match &step.outcome {
                        Outcome::Done(detail) => writer
                            .create_element("system-out")
                            .write_text_content(BytesText::new(&printable(detail)))
                            .map(drop),
                        Outcome::Skipped(why) => writer
                            .create_element("skipped")
                            .with_attribute(("message", printable(why).as_str()))
                            .write_empty()
                            .map(drop),
                        Outcome::Failed(why) => writer
                            .create_element("failure")
                            .write_text_content(BytesText::new(&printable(why)))
                            .map(drop),
                    })?;
                }
                Ok(())
            })?;
        writer.write_event(Event::Eof)?;
        Ok(writer.into_inner())
    }
}

/// Drops the characters that XML cannot hold.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

/// Writes a log file.
pub(crate) fn write_log(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("creating `{}`", folder.display()))?;
    let path = folder.join(format!("{name}.log"));
    std::fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))
}
