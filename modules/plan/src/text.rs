//! A plan as people know it from Terraform.

use std::fmt;

use inputs::plain;

use crate::change::{Action, Change, Plan};
use crate::difference::{After, Attribute, Difference};
use crate::known::LATER;

/// A plan for people, with or without colour.
#[derive(Debug)]
pub struct Styled<'a, C> {
    pub plan: &'a Plan<C>,
    /// Whether ANSI colours are wanted.
    pub colour: bool,
}

/// How many of a kind are written out for people, who read no more: JSON has them all.
const MOST: usize = 100;

/// Names in a sentence: all of them, or the first and how many more there are.
pub fn named(names: &[String], separator: &str) -> String {
    match names.get(MOST..) {
        None | Some([]) => names.join(separator),
        Some(more) => format!("{} and {} more", names[..MOST].join(separator), more.len()),
    }
}

/// The sentence for a plan that is refused in so many ways.
pub fn refused(count: usize) -> String {
    let changes = if count == 1 { "change was" } else { "changes were" };
    format!("Cannot apply: {count} {changes} refused.")
}

impl<C> fmt::Display for Styled<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = self.plan;
        for change in &plan.changes {
            self.change(f, change)?;
        }
        for wait in &plan.waits {
            let address = plain(&wait.address.to_string());
            writeln!(f, "  # waiting for {address}: {}\n", plain(&wait.reason))?;
        }
        for check in &plan.checks {
            writeln!(f, "Check: {}", plain(&check.reason))?;
        }
        for details in plan.details.values() {
            let lines: Vec<_> = details.iter().filter_map(|detail| detail.line.as_ref()).collect();
            for line in lines.iter().take(MOST) {
                writeln!(f, "{}", plain(line))?;
            }
            if let Some(more) = lines.len().checked_sub(MOST + 1) {
                writeln!(f, "… and {} more: `--output json` lists them all", more + 1)?;
            }
        }
        for note in &plan.notes {
            writeln!(f, "Note: {}", plain(note))?;
        }
        for warning in &plan.warnings {
            writeln!(
                f,
                "{}: {}\n  help: {}",
                self.paint("33", "Warning"),
                plain(&warning.text),
                plain(&warning.remedy)
            )?;
        }
        for question in &plan.questions {
            writeln!(
                f,
                "{}: {}: {}\n  help: {}",
                self.paint("33", "Needs consent"),
                plain(&question.address),
                plain(&question.asks),
                plain(&question.remedy)
            )?;
        }
        for refusal in &plan.refusals {
            writeln!(
                f,
                "{}: {}: {}\n  help: {}",
                self.paint("31", "Refused"),
                plain(&refusal.address),
                plain(&refusal.reason),
                plain(&refusal.remedy)
            )?;
        }
        self.summary(f)
    }
}

impl<C> Styled<'_, C> {
    fn change(&self, f: &mut fmt::Formatter<'_>, change: &Change<C>) -> fmt::Result {
        let (sign, colour, what) = match change.action {
            Action::Create => ("  +", "32", "will be created"),
            Action::Update => ("  ~", "33", "will be updated in place"),
            Action::Replace => ("-/+", "31", "must be replaced"),
            Action::Delete => ("  -", "31", "will be destroyed"),
        };
        let kind = change.address.kind;
        writeln!(f, "  # {} {what}", plain(&change.address.to_string()))?;
        writeln!(f, "  # ({})", plain(&change.reason))?;
        self.hurts(f, "data is lost", change.loses.iter().map(|data| &data.shown))?;
        self.hurts(f, "mounts break", change.interrupts.iter())?;
        let sign = self.paint(colour, sign);
        if change.differences.is_empty() {
            return writeln!(f, "{sign} {kind}\n");
        }
        writeln!(f, "{sign} {kind} {{")?;
        let named =
            change.differences.iter().filter_map(|difference| match &difference.attribute {
                Attribute::Named(name) => Some(name.len()),
                Attribute::Line => None,
            });
        let width = named.max().unwrap_or(0);
        for difference in &change.differences {
            self.difference(f, difference, width)?;
        }
        writeln!(f, "    }}\n")
    }

    /// What a change does to others, each on a line.
    fn hurts<'a>(
        &self,
        f: &mut fmt::Formatter<'_>,
        what: &str,
        whom: impl ExactSizeIterator<Item = &'a String>,
    ) -> fmt::Result {
        let more = whom.len().saturating_sub(MOST);
        let what = self.paint("31", what);
        for who in whom.take(MOST) {
            writeln!(f, "  # {what}: {}", plain(who))?;
        }
        if more > 0 {
            writeln!(f, "  # {what}: {more} more, which `--output json` lists")?;
        }
        Ok(())
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
        let before = before.as_deref();
        let Attribute::Named(name) = attribute else {
            let line = match after {
                After::Value(text) => text,
                After::KnownAfterApply | After::Elements(_) | After::Gone => "",
            };
            return writeln!(f, "      {sign} {}", plain(before.unwrap_or(line)));
        };
        let after = shown(after);
        write!(f, "      {sign} {name:width$} = ")?;
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
            return f.write_str(&refused(plan.refusals.len()));
        }
        if plan.is_empty() {
            return f.write_str(plan.unchanged);
        }
        let counts = plan.counts();
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

/// A value afterwards; nothing where there is none.
fn shown(after: &After) -> String {
    match after {
        After::Value(text) => quoted(text),
        After::KnownAfterApply => LATER.to_owned(),
        After::Elements(elements) => elements.iter().map(shown).collect::<Vec<String>>().join(", "),
        After::Gone => String::new(),
    }
}

/// A value from outside between quotes; a number or truth value without.
fn quoted(text: &str) -> String {
    let bare = text == "true" || text == "false" || text.parse::<f64>().is_ok();
    if bare { text.to_owned() } else { format!("\"{}\"", text.escape_debug()) }
}
