//! EC2's actions: how a call is carried out, or refused.

use super::call::Call;
use super::served::{Action, SERVED};
use crate::error::{AwsError, Result};
use crate::xml::Element;

/// The names of all actions of EC2's model, one a line (botocore 1.43.11,
/// `ec2/2016-11-15/service-2.json`): what is not among them is no action of EC2.
const ALL: &str = include_str!("actions.txt");

/// The parameters of each served action in that model, an action a line.
const PARAMETERS: &str = include_str!("parameters.txt");

/// The parameters that every call may carry.
const COMMON: [&str; 3] = ["Action", "Version", "DryRun"];

/// The parameters of listings; the action's own table row adds its identifiers.
const LISTING: [&str; 3] = ["Filter", "MaxResults", "NextToken"];

fn served(action: &str) -> Option<&'static Action> {
    SERVED.iter().find(|served| served.0 == action)
}

/// The parameters that EC2's model knows of an action.
fn known(action: &str) -> impl Iterator<Item = &'static str> {
    let mut lines = PARAMETERS.lines().map(|line| line.split(' '));
    let line = lines.find_map(|mut words| (words.next() == Some(action)).then_some(words));
    line.into_iter().flatten()
}

/// Carries a call out.
pub(super) fn carry_out(call: &mut Call) -> Result<Vec<Element>> {
    let action = call.action.clone();
    let Some(Action(_, run, parameters)) = served(&action) else {
        if ALL.lines().any(|known| known == action) {
            return Err(AwsError::not_served(format!(
                "The sandbox does not serve {action}. It serves the network around EFS; see `ec2` in the sandbox's table of operations."
            )));
        }
        let message = format!("The action {action} is not valid for this web service.");
        return Err(AwsError::new(400, "InvalidAction", message));
    };
    for name in call.form.names().into_iter().filter(|name| !COMMON.contains(name)) {
        if !known(&action).any(|known| known == name) {
            let message = format!("The parameter {name} is not recognized");
            return Err(AwsError::new(400, "UnknownParameter", message));
        }
        if !parameters.contains(&name) && !LISTING.contains(&name) {
            let message = format!("The sandbox does not serve the parameter {name} of {action}.");
            return Err(AwsError::not_served(message));
        }
    }
    run(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_served_action_is_one_of_ec2s_model() {
        for Action(name, ..) in SERVED {
            assert!(ALL.lines().any(|known| known == *name), "{name}");
        }
        assert!(ALL.lines().is_sorted(), "the list is kept sorted");
    }

    #[test]
    fn every_served_parameter_is_one_of_ec2s_model() {
        for Action(name, _, parameters) in SERVED {
            // The actions on rules share their parameters.
            if !name.ends_with("Ingress") && !name.ends_with("Egress") {
                let known: Vec<&str> = known(name).collect();
                let unknown = parameters.iter().find(|parameter| !known.contains(parameter));
                assert_eq!(unknown, None, "{name}");
            }
        }
    }
}
