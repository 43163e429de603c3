//! The log of a run on standard error: lines for people, or one line of JSON for each event
//! (`--log-format json`).
//!
//! A line of JSON is flat: the fields of the event, and those of the run and of the step that it
//! belongs to, such as `account`, `principal` and `step`. Nothing but what this crate tells is
//! among them: what libraries log may hold what they send, signatures and tokens too.

use std::fmt::Debug;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use inputs::printable;
use job::LogFormat;
use k8s_openapi::jiff::Timestamp;
use plan::Plan;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry, Scope};

/// Whether events are written as JSON; there is one standard error.
static JSON: AtomicBool = AtomicBool::new(false);

/// Has events written from here on.
pub(crate) fn install(format: LogFormat) {
    let json = format == LogFormat::Json;
    JSON.store(json, Ordering::Relaxed);
    if json {
        let lines = Registry::default().with(Lines::new(std::io::stderr));
        // Nobody else in this program sets one.
        let _ = tracing::subscriber::set_global_default(lines);
    }
}

/// Whether events are written as JSON.
pub(crate) fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Says something to the person who watches.
pub(crate) fn say(text: &str) {
    if is_json() {
        tracing::info!(event = "message", message = printable(text));
    } else {
        eprintln!("{text}");
    }
}

/// The same of something that is wrong.
pub(crate) fn warn(text: &str) {
    if is_json() {
        tracing::warn!(event = "warning", message = printable(text));
    } else {
        eprintln!("warning: {text}");
    }
}

/// An error that ended a run, or kept it from beginning.
pub(crate) fn error(text: &str) {
    if is_json() {
        tracing::error!(event = "error", message = printable(text));
    } else {
        eprintln!("{text}");
    }
}

/// What a plan does and says, an event each.
pub(crate) fn plan<C>(plan: &Plan<C>, digest: &str) {
    for change in &plan.changes {
        let action = serde_json::to_value(change.action).unwrap_or_default();
        tracing::info!(
            event = "planned",
            step = change.id.as_str(),
            address = %change.address,
            action = action.as_str(),
            message = printable(&change.reason),
        );
    }
    for note in &plan.notes {
        tracing::info!(event = "note", message = printable(note));
    }
    for warning in &plan.warnings {
        let (text, help) = (printable(&warning.text), printable(&warning.remedy));
        tracing::warn!(event = "warning", message = text, help);
    }
    for refusal in &plan.refusals {
        let (reason, help) = (printable(&refusal.reason), printable(&refusal.remedy));
        tracing::error!(event = "refused", address = refusal.address, message = reason, help);
    }
    tracing::info!(event = "plan", changes = plan.changes.len(), plan = digest);
}

/// Milliseconds, for JSON.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The time as logs and audit files have it: UTC, to the millisecond (RFC 3339).
pub(crate) fn timestamp() -> String {
    format!("{:.3}", Timestamp::now())
}

/// Writes each event as one line of JSON.
struct Lines<W> {
    /// Where lines go; each is written at once, so that a kill leaves whole lines.
    out: W,
}

impl<W> Lines<W> {
    fn new(out: W) -> Self {
        Lines { out }
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl<S, W, O> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn() -> O + 'static,
    O: Write,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields::default();
        line.0.insert("timestamp".to_owned(), timestamp().into());
        line.0.insert("level".to_owned(), event.metadata().level().as_str().into());
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend(fields.0.clone());
            }
        }
        event.record(&mut line);
        let mut text = Value::Object(line.0).to_string();
        text.push('\n');
        // A reader that went away has seen enough.
        let _ = (self.out)().write_all(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tracing::field::Empty;

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The lines that `tells` leads to, without their times.
    fn lines(tells: impl FnOnce()) -> Vec<Value> {
        let written = Written::default();
        let out = written.clone();
        let lines = Registry::default().with(Lines::new(move || out.clone()));
        tracing::subscriber::with_default(lines, tells);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let line = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let time = line.as_object_mut().unwrap().remove("timestamp").unwrap();
            time.as_str().unwrap().parse::<Timestamp>().unwrap();
            line
        };
        text.lines().map(line).collect()
    }

    #[test]
    fn an_event_is_one_flat_line_with_what_is_known_of_its_run_and_its_step() {
        let told = lines(|| {
            let run = tracing::info_span!("run", account = Empty);
            let _run = run.enter();
            tracing::info!(event = "message", message = "one\ntwo");
            run.record("account", "111122223333");
            let step = tracing::info_span!("step", step = "file_system");
            step.in_scope(|| tracing::warn!(event = "request", status = 429_u64, code = "Slow"));
        });
        let expected = json!([
            {"level": "INFO", "event": "message", "message": "one\ntwo"},
            {"level": "WARN", "event": "request", "status": 429, "code": "Slow",
             "account": "111122223333", "step": "file_system"},
        ]);
        assert_eq!(Value::from(told), expected);
    }

    #[test]
    fn what_libraries_log_is_left_out() {
        let told = lines(|| tracing::error!(target: "aws_sdk_efs", "Authorization: AWS4 …"));
        assert_eq!(told, Vec::<Value>::new());
    }
}
