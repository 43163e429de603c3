//! Rules of faults as people give them, checked against what the services answer.

use crate::codes;
use crate::faults::{Fault, Rule};
use crate::service::Service;

/// Reads one rule, whose error code, if it has one, must be one of the operation's.
pub(crate) fn read(services: &[&dyn Service], text: &str) -> Result<Rule, String> {
    let rule: Rule = text.parse()?;
    check(services, &rule).map(|()| rule)
}

/// Refuses a rule whose error code is none of the operation's.
pub(crate) fn check(services: &[&dyn Service], rule: &Rule) -> Result<(), String> {
    let Fault::Code(code) = rule.fault else { return Ok(()) };
    let operation = rule.operation.as_str();
    if operation == "*" {
        return Err(format!(
            "`{rule}`: an error code belongs to an operation; name it instead of `*`"
        ));
    }
    let serving: Vec<_> = services
        .iter()
        .map(|service| service.name())
        .zip(services.iter().map(|service| service.operations()))
        .filter(|(_, operations)| operations.contains(&operation))
        .map(|(name, _)| name)
        .collect();
    if serving.is_empty() {
        return Err(format!("`{rule}`: no service of the sandbox serves `{operation}`"));
    }
    if serving.iter().any(|service| codes::status(service, operation, code).is_some()) {
        return Ok(());
    }
    let mut listed: Vec<_> = serving.iter().flat_map(|name| codes::of(name, operation)).collect();
    listed.sort_unstable();
    listed.dedup();
    let listed: Vec<&str> = listed.into_iter().map(|(code, _)| code).collect();
    Err(format!(
        "`{rule}`: `{operation}` does not return `{code}`; it returns {}",
        listed.join(", ")
    ))
}
