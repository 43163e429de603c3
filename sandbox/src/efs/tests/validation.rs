//! Every constraint of every operation's input, broken one at a time.

use std::collections::BTreeMap;

use super::*;

/// The inputs are made from the model: each member of each operation's input, wherever it stands,
/// is left out where it is required, and given every value that its shape forbids.
///
/// That the code is one of the operation, with its status in the model, is asserted of every
/// response ([`Aws::call`]).
#[test]
fn every_constraint_of_every_operation_is_kept() {
    let aws = Aws::new();
    let mut tried = BTreeMap::new();
    for (name, operation) in &MODEL.operations {
        // An operation that lists neither answers what is common to all.
        let bad_request = operation.lists("BadRequest") && !operation.lists("ValidationException");
        let code = if bad_request { "BadRequest" } else { "ValidationException" };
        for wrong in MODEL.wrong(operation) {
            let path = wrong.path.trim_start_matches("/2015-02-01/");
            let reply = aws.call(&operation.method, path, &wrong.body);
            let (status, message) = (reply.status, reply.refused(code));
            assert_eq!(status, 400, "{name} {path} {}", wrong.body);
            assert!(message.contains(&wrong.complaint), "{name}: {message}: {}", wrong.complaint);
            *tried.entry(name.as_str()).or_insert(0) += 1;
        }
    }
    let all: usize = tried.values().sum();
    println!("{all} inputs refused: {tried:#?}");
    assert_eq!(tried.len(), 31, "every operation has constraints");
    assert!(all > 280, "{all}");
}

/// The input that each of them is made from is right, so that it is the one thing broken in it
/// which is complained of.
#[test]
fn an_input_that_breaks_nothing_is_not_complained_of() {
    let aws = Aws::new();
    for (name, operation) in &MODEL.operations {
        let right = MODEL.right(operation);
        let path = right.path.trim_start_matches("/2015-02-01/");
        let reply = aws.call(&operation.method, path, &right.body);
        let message = reply.body["Message"].as_str().unwrap_or_default();
        assert!(!message.contains(" detected: Value "), "{name}: {message}");
    }
}
