//! The critical path: the chain of steps that determined how long the run took.

use std::collections::BTreeSet;

use crate::{Step, Timeline};

/// The indices of the steps on the critical path: the one that ended last, what that one
/// waited for longest, and so on.
pub(crate) fn critical(timeline: &Timeline) -> BTreeSet<usize> {
    let last = (0..timeline.steps.len()).max_by_key(|at| timeline.steps[*at].to_us);
    let mut path = BTreeSet::new();
    let mut next = last;
    while let Some(at) = next {
        // A circle would be a bug elsewhere, and must not loop for ever.
        if !path.insert(at) {
            break;
        }
        next = predecessor(timeline, &timeline.steps[at]);
    }
    path
}

/// What a step waited for longest: of what it needs, the one that ended last. A step that
/// needs nothing waited for what ended just before it, such as the observation.
fn predecessor(timeline: &Timeline, step: &Step) -> Option<usize> {
    let last_of = |wanted: &dyn Fn(&Step) -> bool| {
        timeline
            .steps
            .iter()
            .enumerate()
            .filter(|(_, other)| wanted(other) && other.to_us <= step.from_us())
            .max_by_key(|(_, other)| other.to_us)
            .map(|(at, _)| at)
    };
    last_of(&|other| step.needs.contains(&other.address)).or_else(|| last_of(&|_| true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::State;

    fn step(address: &str, needs: &[&str], from_us: u64, to_us: u64) -> Step {
        Step {
            address: address.to_owned(),
            needs: needs.iter().map(|&need| need.to_owned()).collect(),
            states: vec![State { name: "creating".to_owned(), from_us }],
            to_us,
            outcome: String::new(),
            failed: false,
        }
    }

    fn critical_of(steps: Vec<Step>) -> Vec<String> {
        let timeline = Timeline { steps, ..Timeline::default() };
        let path = critical(&timeline);
        path.into_iter().map(|at| timeline.steps[at].address.clone()).collect()
    }

    #[test]
    fn it_runs_through_what_each_waited_for_longest() {
        let steps = vec![
            step("observing", &[], 0, 10),
            step("values", &[], 10, 11),
            step("file system", &[], 10, 50),
            step("target a", &["file system"], 50, 80),
            step("target b", &["file system"], 50, 95),
            step("class", &["target a", "target b"], 95, 96),
        ];
        assert_eq!(critical_of(steps), ["observing", "file system", "target b", "class"]);
    }

    #[test]
    fn nothing_has_no_path_and_a_circle_ends() {
        assert!(critical_of(Vec::new()).is_empty());
        let circle = vec![step("a", &["b"], 5, 5), step("b", &["a"], 5, 5)];
        assert_eq!(critical_of(circle).len(), 2);
    }
}
