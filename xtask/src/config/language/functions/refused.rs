//! The functions of Terraform that are left out, and why.

use inputs::Problem;

/// Why a function of Terraform is refused; `None` for a name that it does not have.
pub(super) fn refusal(name: &str) -> Option<Problem> {
    let (_, why, remedy) = REFUSED.iter().find(|(names, _, _)| names.contains(&name))?;
    Some(Problem::new(format!("the function `{name}` is refused: {why}"), *remedy))
}

const REFUSED: &[(&[&str], &str, &str)] = &[
    (
        &["timestamp", "plantimestamp", "uuid", "bcrypt"],
        "its result differs, and a deployment comes out the same in every run",
        "give the value itself, for instance with `--var`",
    ),
    (
        &["base64gzip"],
        "its bytes depend on the version of the compressor",
        "give the text itself, or `base64encode` it",
    ),
    (
        &["rsadecrypt"],
        "private keys have no place in a deployment file",
        "give the decrypted value with `--var` or in the environment",
    ),
    (&["list"], "Terraform 0.12 took it away", "write `tolist([ … ])`"),
    (&["map"], "Terraform 0.12 took it away", "write `tomap({ … })`"),
    (
        &["type"],
        "it works in `terraform console` only",
        "take it out; `can(tolist(VALUE))` and the like test for a type",
    ),
];
