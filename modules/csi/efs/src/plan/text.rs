//! A plan as people know it from Terraform.

use std::fmt;

use inputs::plain;

use super::{Action, After, Difference, Plan, Step, counts};

/// A plan for people, with or without colour.
#[derive(Debug, Clone, Copy)]
pub struct Styled<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Whether ANSI colours are wanted.
    pub colour: bool,
}

impl fmt::Display for Styled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = self.plan;
        for step in &plan.steps {
            self.step(f, step)?;
        }
        for wait in &plan.waits {
            writeln!(f, "  # {} is waited for: {}\n", wait.address, plain(&wait.reason))?;
        }
        for zone in plan.zones.iter().filter(|zone| !zone.covered.is_empty()) {
            let covered =
                zone.covered.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            writeln!(
                f,
                "Zone {}: {} carries the mount target and covers {covered}",
                zone.availability_zone, zone.carrier
            )?;
        }
        for note in &plan.notes {
            writeln!(f, "Note: {}", plain(note))?;
        }
        for warning in &plan.warnings {
            writeln!(f, "{}: {}", self.paint("33", "Warning"), plain(warning))?;
        }
        for refusal in &plan.refusals {
            writeln!(
                f,
                "{}: {}: {}\n  what now: {}",
                self.paint("31", "Refused"),
                plain(&refusal.address),
                plain(&refusal.reason),
                plain(&refusal.remedy)
            )?;
        }
        self.summary(f)
    }
}

impl Styled<'_> {
    fn step(&self, f: &mut fmt::Formatter<'_>, step: &Step) -> fmt::Result {
        let (sign, colour, what) = match step.action {
            Action::Create => ("  +", "32", "will be created"),
            Action::Update => ("  ~", "33", "will be updated in place"),
            Action::Replace => ("-/+", "31", "must be replaced"),
            Action::Delete => ("  -", "31", "will be destroyed"),
        };
        writeln!(f, "  # {} {what}", plain(&step.address))?;
        writeln!(f, "  # ({})", plain(&step.reason))?;
        let sign = self.paint(colour, sign);
        if step.differences.is_empty() {
            return writeln!(f, "{sign} {}\n", step.resource.as_str());
        }
        writeln!(f, "{sign} {} {{", step.resource.as_str())?;
        let named = step.differences.iter().filter(|difference| difference.attribute != "line");
        let width = named.map(|difference| difference.attribute.len()).max().unwrap_or(0);
        for difference in &step.differences {
            self.difference(f, difference, width)?;
        }
        writeln!(f, "    }}\n")
    }

    fn difference(
        &self,
        f: &mut fmt::Formatter<'_>,
        difference: &Difference,
        width: usize,
    ) -> fmt::Result {
        let Difference { attribute, before, after, forces_replacement } = difference;
        let (sign, colour) = match (before, after) {
            (None, _) => ("+", "32"),
            (Some(_), After::Gone) => ("-", "31"),
            (Some(_), _) => ("~", "33"),
        };
        let sign = self.paint(colour, sign);
        let after = match after {
            After::Value(text) => quoted(text),
            After::KnownAfterApply => "(known after apply)".to_owned(),
            After::Gone => String::new(),
        };
        let before = before.as_deref();
        if attribute == "line" {
            let line = before.map_or_else(|| after_text(difference), plain);
            return writeln!(f, "      {sign} {line}");
        }
        write!(f, "      {sign} {attribute:width$} = ")?;
        match before {
            None => write!(f, "{after}")?,
            Some(before) if after.is_empty() => write!(f, "{}", quoted(before))?,
            Some(before) => write!(f, "{} -> {after}", quoted(before))?,
        }
        if *forces_replacement {
            write!(f, " {}", self.paint("31", "# forces replacement"))?;
        }
        writeln!(f)
    }

    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = self.plan;
        if !plan.refusals.is_empty() {
            let count = plan.refusals.len();
            return write!(
                f,
                "Nothing can be done while {count} {} refused.",
                if count == 1 { "thing is" } else { "things are" }
            );
        }
        if plan.is_empty() {
            return f.write_str("No changes. What is there is what was asked for.");
        }
        let counts = counts(plan);
        let count = |action| counts.get(&action).copied().unwrap_or(0);
        write!(
            f,
            "Plan: {} to add, {} to change, {} to replace, {} to destroy.",
            count(Action::Create),
            count(Action::Update),
            count(Action::Replace),
            count(Action::Delete)
        )
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn after_text(difference: &Difference) -> String {
    match &difference.after {
        After::Value(text) => plain(text),
        After::KnownAfterApply | After::Gone => String::new(),
    }
}

/// A value from outside between quotes; a number or truth value without.
fn quoted(text: &str) -> String {
    let bare = text == "true" || text == "false" || text.parse::<f64>().is_ok();
    if bare { text.to_owned() } else { format!("\"{}\"", text.escape_debug()) }
}
