//! Names of Kubernetes objects
//! (<https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>).

use crate::Problem;

/// DNS-1123 labels: 63 lower-case letters, digits and hyphens.
pub fn dns_label(text: &str) -> Result<String, Problem> {
    if is_dns_label(text) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` is not a Kubernetes name (DNS-1123 label)", text.escape_debug()),
        "use at most 63 lower-case letters, digits and hyphens, no hyphen first or last",
    ))
}

/// The name of a Helm release: a label of at most 53 characters, as charts put their own
/// behind it in names that have 63 (`ValidateReleaseName`, `maxNameLen`, in Helm's `chartutil`).
pub fn release_name(text: &str) -> Result<String, Problem> {
    if text.len() <= 53 || !is_dns_label(text) {
        return dns_label(text);
    }
    Err(Problem::new(
        format!("`{text}` has {} characters, and Helm takes 53 for a release", text.len()),
        "choose a shorter name",
    ))
}

/// DNS-1123 subdomains: labels with dots between, at most 253 characters.
pub fn dns_subdomain(text: &str) -> Result<String, Problem> {
    if is_dns_subdomain(text) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("`{}` is not a Kubernetes name (DNS-1123 subdomain)", text.escape_debug()),
        "use at most 253 lower-case letters, digits, hyphens and dots, a letter or digit first and last",
    ))
}

fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_dns_subdomain(text: &str) -> bool {
    let edge = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let label = |label: &str| {
        edge(label.bytes().next())
            && edge(label.bytes().last())
            && label.bytes().all(|c| edge(Some(c)) || c == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}
