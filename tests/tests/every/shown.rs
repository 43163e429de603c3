//! What a plan shows, by the properties that the code declares.

use std::collections::BTreeSet;

use serde_json::Value;

/// The properties of which a plan shows a change, each as the kind of its resource and its name.
/// Ids that AWS chooses, and what is made of a resource's name, are no properties.
pub(crate) fn shown(
    plan: &Value,
    declared: &BTreeSet<(String, String)>,
) -> BTreeSet<(String, String)> {
    let steps = plan["steps"].as_array().unwrap().iter();
    let attributes = steps.flat_map(|step| {
        let kind = step["resource"].as_str().unwrap();
        let all = step["differences"].as_array().into_iter().flatten();
        all.map(move |it| (kind, it["attribute"].as_str().unwrap()))
    });
    let property = |(kind, attribute): (&str, &str)| {
        let is = |(of, name): &&(String, String)| {
            let rest = attribute.strip_prefix(name.as_str());
            of == kind && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        declared.iter().filter(is).max_by_key(|(_, name)| name.len()).cloned()
    };
    attributes.filter_map(property).collect()
}
