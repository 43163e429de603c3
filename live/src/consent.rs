//! Consent to what deletes or replaces, and to what else a plan asks.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Write};

use inputs::printable;
use plan::{Loss, Plan, Question};
use tokio::sync::oneshot;

use crate::log;
use crate::outcome::Ending;

/// What of a plan must be agreed to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Required {
    /// What it deletes and replaces.
    pub(crate) deletions: bool,
    /// What else it asks.
    pub(crate) questions: bool,
}

/// What was agreed to in the rounds of a run so far, in words or with flags.
#[derive(Debug, Default)]
pub(crate) struct Agreed {
    /// Whether there was a round.
    any: bool,
    losses: BTreeSet<String>,
    questions: Vec<Question>,
}

impl Agreed {
    /// Adds all that a plan loses and asks, once it may be carried out.
    pub(crate) fn add<C>(&mut self, plan: &Plan<C>) {
        self.any = true;
        self.losses.extend(losses(plan).map(|loss| loss.what.clone()));
        self.questions.extend(plan.questions.iter().cloned());
    }

    /// The data that a plan of a later round loses, and no plan before it: it appeared after the
    /// consent. What was agreed to may have grown since, as EFS meters late.
    pub(crate) fn new_losses<'a, C>(&self, plan: &'a Plan<C>) -> Vec<&'a str> {
        let new = losses(plan).filter(|loss| self.any && !self.losses.contains(&loss.what));
        new.map(|loss| loss.shown.as_str()).collect()
    }

    /// What a plan must be asked for; `yes` says that deletions were agreed to with a flag.
    ///
    /// Who takes everything down agrees to whatever deletions that needs, but not to the loss of
    /// data that was not shown.
    pub(crate) fn required<C>(&self, plan: &Plan<C>, yes: bool, destroys: bool) -> Required {
        let agreed = destroys && self.any && self.new_losses(plan).is_empty();
        Required {
            deletions: !yes && !agreed,
            questions: !plan.questions.iter().all(|question| self.questions.contains(question)),
        }
    }
}

/// The data that a plan loses.
fn losses<C>(plan: &Plan<C>) -> impl Iterator<Item = &Loss> {
    plan.needing_consent().flat_map(|change| &change.loses)
}

/// How a run ends that finds data which appeared after its deletions were agreed to with
/// `--yes`, as there is nobody to ask; `None` where there is none.
pub(crate) fn appeared<C>(agreed: &Agreed, plan: &Plan<C>) -> Option<Ending> {
    let new = agreed.new_losses(plan);
    (!new.is_empty()).then(|| Ending::Refused {
        why: printable(&format!(
            "This data appeared while the run was under way: {}. Nothing more was changed.",
            new.join("; ")
        )),
        remedy: Some("review the plan, and run it again if that may go too".to_owned()),
    })
}

/// What must be agreed to before a plan is carried out, as people read it, and how to agree
/// without a terminal; `None` where there is nothing.
pub(crate) fn question<C>(plan: &Plan<C>, required: Required) -> Option<(String, String)> {
    let (mut lines, mut remedies) = (Vec::new(), Vec::new());
    let addresses = addresses(plan);
    if required.deletions && !addresses.is_empty() {
        lines.push(format!("This deletes or replaces {addresses}."));
        lines.extend(losses(plan).map(|loss| format!("Data is lost: {}.", loss.shown)));
        let interrupts = plan.needing_consent().flat_map(|change| &change.interrupts);
        lines.extend(interrupts.map(|who| format!("Mounts break: {who}.")));
        remedies.push("give `--yes` if it is what you want");
    }
    if required.questions {
        for question in &plan.questions {
            lines.push(format!("{}: {}{}.", question.address, question.asks, place(plan)));
            remedies.push(&question.remedy);
        }
    }
    let shown = |parts: Vec<String>| printable(&parts.join("\n"));
    (!lines.is_empty()).then(|| (shown(lines), remedies.join("; ")))
}

/// Asks for consent to a plan, where it needs any; how the run ends where it is not given.
pub(crate) async fn given<C>(plan: &Plan<C>, required: Required) -> anyhow::Result<Option<Ending>> {
    let Some((question, remedy)) = question(plan, required) else { return Ok(None) };
    log::say(&question);
    // Standard input carried the job, so that the terminal itself is used.
    let terminal = std::io::stderr()
        .is_terminal()
        .then(|| OpenOptions::new().read(true).write(true).open("/dev/tty").ok())
        .flatten();
    let Some(terminal) = terminal else {
        return Ok(Some(refused(Some(format!("review the plan; {remedy}")))));
    };
    // A thread of its own: Ctrl-C is heard while a person thinks, and the
    // runtime does not wait for an answer that never comes.
    let (sender, answer) = oneshot::channel();
    std::thread::spawn(move || sender.send(ask(terminal)));
    let yes = answer.await??;
    Ok((!yes).then(|| refused(None)))
}

fn refused(remedy: Option<String>) -> Ending {
    Ending::Refused { why: "Nothing was changed.".to_owned(), remedy }
}

/// What a plan deletes or replaces, and where; empty where it does neither.
fn addresses<C>(plan: &Plan<C>) -> String {
    let all: Vec<String> =
        plan.needing_consent().map(|change| change.address.to_string()).collect();
    if all.is_empty() {
        return String::new();
    }
    format!("{}{}", all.join(", "), place(plan))
}

/// The account, the identity and the cluster that a plan is for, in brackets; empty where the
/// plan does not say.
fn place<C>(plan: &Plan<C>) -> String {
    let places = plan.details.get("places").into_iter().flatten();
    let mut places: Vec<&str> = places.filter_map(|place| place.line.as_deref()).collect();
    places.dedup();
    if places.is_empty() { String::new() } else { format!(" ({})", places.join("; ")) }
}

fn ask(mut terminal: File) -> std::io::Result<bool> {
    write!(terminal, "Only `yes` will be accepted. Continue? ")?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

#[cfg(test)]
mod tests {
    use plan::{Action, Change, Detail, Scope};

    use super::*;

    /// A plan that deletes a file system, and loses this with it.
    fn deletes(data: &[&str]) -> Plan<()> {
        let address = Scope::alone("efs_csi").address("file_system", None);
        let change = Change::new(Action::Delete, "file_system.delete", address).losing(
            data.iter().map(|shown| Loss {
                what: shown.split(',').next().unwrap_or_default().to_owned(),
                shown: (*shown).to_owned(),
            }),
        );
        Plan { changes: vec![change], ..Plan::default() }
    }

    fn asks(what: &str) -> Plan<()> {
        let question = Question {
            address: "module.efs_csi.file_system".to_owned(),
            asks: what.to_owned(),
            remedy: "give `--adopt-existing`".to_owned(),
        };
        Plan { questions: vec![question], ..Plan::default() }
    }

    #[test]
    fn data_that_appears_after_the_consent_is_asked_for_again() {
        let mut agreed = Agreed::default();
        assert!(agreed.required(&deletes(&["one", "two"]), false, true).deletions);
        assert!(!agreed.required(&deletes(&["one", "two"]), true, true).deletions);
        agreed.add(&deletes(&["one", "two"]));
        // Less is left of it, or the same.
        for data in [&["one", "two"][..], &["two"], &[]] {
            assert!(!agreed.required(&deletes(data), false, true).deletions, "{data:?}");
            assert!(appeared(&agreed, &deletes(data)).is_none(), "{data:?}");
        }
        let more = deletes(&["two", "three"]);
        assert!(agreed.required(&more, false, true).deletions);
        let Some(Ending::Refused { why, .. }) = appeared(&agreed, &more) else { panic!() };
        assert!(why.contains("three") && !why.contains("two"), "{why}");
        agreed.add(&more);
        assert!(!agreed.required(&more, false, true).deletions);
    }

    #[test]
    fn data_that_was_agreed_to_may_have_grown_since() {
        let mut agreed = Agreed::default();
        agreed.add(&deletes(&["files in fs-1, 12 GiB as metered at 10:00"]));
        let grown = deletes(&["files in fs-1, 13 GiB as metered at 11:00"]);
        assert!(appeared(&agreed, &grown).is_none());
        assert!(!agreed.required(&grown, false, true).deletions);
    }

    #[test]
    fn the_first_plan_has_nothing_that_appeared_and_a_deployment_asks_in_every_round() {
        let mut agreed = Agreed::default();
        let plan = deletes(&["one"]);
        assert!(appeared(&agreed, &plan).is_none());
        agreed.add(&plan);
        assert!(agreed.required(&plan, false, false).deletions);
    }

    #[test]
    fn every_question_says_where() {
        let line = Some("account 111122223333 as role/ci".to_owned());
        let required = Required { deletions: true, questions: true };
        for mut plan in [deletes(&[]), asks("takes over fs-1")] {
            let place = Detail { value: serde_json::Value::Null, line: line.clone() };
            plan.details.entry("places").or_default().push(place);
            let (text, _) = question(&plan, required).unwrap();
            assert!(text.ends_with(" (account 111122223333 as role/ci)."), "{text}");
        }
    }

    #[test]
    fn a_question_is_answered_once_and_another_one_is_asked() {
        let mut agreed = Agreed::default();
        assert!(agreed.required(&asks("takes over fs-1"), true, false).questions);
        agreed.add(&asks("takes over fs-1"));
        assert!(!agreed.required(&asks("takes over fs-1"), true, false).questions);
        assert!(agreed.required(&asks("takes over fs-2"), true, false).questions);
        // A round that asks nothing answers nothing.
        agreed.add(&Plan::<()>::default());
        assert!(agreed.required(&asks("takes over fs-2"), true, false).questions);
    }
}
