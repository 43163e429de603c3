//! The timeline as an HTML page.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use crate::path::critical;
use crate::{Call, Step, Timeline};

/// A page that did not render: a bug of this project, whatever the run was.
#[derive(Debug, thiserror::Error)]
#[error("rendering the timeline")]
pub struct PageError(#[from] minijinja::Error);

/// How the names of states start in which a step waits for AWS or the cluster.
const WAITS: &str = "waiting";

/// Renders a run as one HTML page that loads nothing. Every text from outside is escaped, and
/// there is no script.
pub fn page(timeline: &Timeline) -> Result<String, PageError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
        .add_template("timeline.html", include_str!("../../../templates/timeline.html.j2"))?;
    let page = environment.get_template("timeline.html")?.render(Serde(&Page::of(timeline)))?;
    Ok(page)
}

#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    seconds: String,
    calls_sent: usize,
    calls_failed: usize,
    retries: usize,
    ticks: Vec<Tick>,
    steps: Vec<Row>,
    calls: Vec<Row>,
}

/// A mark on the time axis.
#[derive(Serialize)]
struct Tick {
    left: String,
    label: String,
}

/// A step or a call.
#[derive(Serialize)]
struct Row {
    name: String,
    detail: String,
    /// Whether it is on the critical path.
    critical: bool,
    failed: bool,
    retry: bool,
    bars: Vec<Bar>,
}

/// A part of a row; `left` and `width` are percentages of the whole run.
#[derive(Serialize)]
struct Bar {
    left: String,
    width: String,
    waits: bool,
    title: String,
}

impl<'a> Page<'a> {
    fn of(timeline: &'a Timeline) -> Self {
        let path = critical(timeline);
        let scale = Scale(timeline.total_us.max(1));
        let steps = timeline.steps.iter().enumerate();
        Page {
            title: &timeline.title,
            seconds: seconds(timeline.total_us),
            calls_sent: timeline.calls.len(),
            calls_failed: timeline.calls.iter().filter(|call| call.failed()).count(),
            retries: timeline.calls.iter().filter(|call| call.attempt > 1).count(),
            ticks: scale.ticks(),
            steps: steps.map(|(at, step)| scale.step(step, path.contains(&at))).collect(),
            calls: timeline.calls.iter().map(|call| scale.call(call)).collect(),
        }
    }
}

/// Maps times to percentages of the whole run.
struct Scale(u64);

impl Scale {
    #[expect(clippy::cast_precision_loss, reason = "rounded to a hundredth of a percent")]
    fn percent(&self, us: u64) -> String {
        format!("{:.2}", us as f64 * 100.0 / self.0 as f64)
    }

    /// At most ten marks, at multiples of 1, 2 or 5 times a power of ten.
    fn ticks(&self) -> Vec<Tick> {
        let steps = (0..12).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
        let step = steps.into_iter().find(|step| self.0 / step <= 10).unwrap_or(self.0);
        let count = self.0 / step;
        (0..=count)
            .map(|number| Tick { left: self.percent(number * step), label: seconds(number * step) })
            .collect()
    }

    fn bar(&self, from: u64, to: u64, what: &str) -> Bar {
        let waits = what.starts_with(WAITS);
        Bar {
            left: self.percent(from),
            width: self.percent(to.saturating_sub(from)),
            waits,
            title: format!("{what}: {} to {}", seconds(from), seconds(to)),
        }
    }

    fn step(&self, step: &Step, critical: bool) -> Row {
        let ends = step.states.iter().skip(1).map(|state| state.from_us).chain([step.to_us]);
        let states = step.states.iter().zip(ends);
        Row {
            name: step.address.clone(),
            detail: format!("{}, {}", step.outcome, seconds(step.to_us - step.from_us())),
            critical,
            failed: step.failed,
            retry: false,
            bars: states.map(|(state, to)| self.bar(state.from_us, to, &state.name)).collect(),
        }
    }

    fn call(&self, call: &Call) -> Row {
        let status = match call.status {
            Some(status) => status.to_string(),
            None => "no response".to_owned(),
        };
        let attempt = match call.attempt {
            0 | 1 => String::new(),
            more => format!(", attempt {more}"),
        };
        Row {
            name: call.operation.clone(),
            detail: format!("{status}{attempt}, {}", seconds(call.to_us - call.from_us)),
            critical: false,
            failed: call.failed(),
            retry: call.attempt > 1,
            bars: vec![self.bar(call.from_us, call.to_us, &call.operation)],
        }
    }
}

/// Formats microseconds for people.
fn seconds(us: u64) -> String {
    if us < 10_000 {
        return format!("{}.{} ms", us / 1000, us % 1000 / 100);
    }
    if us < 1_000_000 {
        return format!("{} ms", us / 1000);
    }
    format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000)
}
