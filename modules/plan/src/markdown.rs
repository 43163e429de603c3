//! A plan as pull requests and step summaries show it.

use crate::change::Plan;
use crate::text::{Styled, refused};

/// A plan as Markdown: a table of what changes, and the whole plan below it.
pub fn markdown<C>(plan: &Plan<C>, title: &str) -> String {
    let summary = match (plan.refusals.len(), plan.changes.len()) {
        (0, 0) if plan.waits.is_empty() => plan.unchanged.to_owned(),
        (0, 0) => "Something is in progress already.".to_owned(),
        (0, 1) => "1 change.".to_owned(),
        (0, count) => format!("{count} changes."),
        (count, _) => refused(count),
    };
    let mut text = format!("### {}\n\n{summary}\n", cell(title));
    if !plan.changes.is_empty() {
        text.push_str("\n| Action | Resource | Why |\n| --- | --- | --- |\n");
    }
    for change in &plan.changes {
        let action = format!("{:?}", change.action).to_lowercase();
        let (address, reason) = (cell(&change.address.to_string()), cell(&change.reason));
        text.push_str(&format!("| {action} | {address} | {reason} |\n"));
    }
    let whole = Styled { plan, colour: false }.to_string();
    // A fence that the text cannot end.
    let longest = whole.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    text.push_str(&format!(
        "\n<details><summary>Plan</summary>\n\n{fence}text\n{}\n{fence}\n\n</details>\n",
        whole.trim_end()
    ));
    text
}

/// A text within a line of a table, without anything that Markdown or HTML would act on.
fn cell(text: &str) -> String {
    let mut shown = String::new();
    for c in inputs::plain(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '|' | '[' | ']' | '!' | '\\' => shown.extend(['\\', c]),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Change, Difference, Scope};

    #[test]
    fn no_text_of_a_plan_ends_its_table_or_its_fence() {
        let address = Scope::alone("efs_csi").address("document", Some("a|b"));
        let change = Change::new(Action::Update, "a", address)
            .because("![x](http://example.com) <b>")
            .showing([Difference::gone("path", "````\n</details>")]);
        let plan = Plan { changes: vec![change], ..Plan::<()>::default() };
        let text = markdown(&plan, "Drift");
        assert!(text.starts_with("### Drift\n\n1 change.\n\n| Action |"), "{text}");
        let row = text.lines().find(|line| line.starts_with("| update")).unwrap();
        assert!(
            row.contains(r#"["a|b"]"#.replace('|', "\\|").replace('[', "\\[").as_str())
                || row.contains("\\|"),
            "{row}"
        );
        assert!(row.contains("\\!\\[x\\](http") && row.contains("&lt;b>"), "{row}");
        assert!(text.contains("\n`````text\n"), "{text}");
        assert!(markdown(&Plan::<()>::default(), "Plan").contains("No changes."));
    }
}
