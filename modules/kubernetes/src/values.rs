//! Chart values: merged and compared as Helm does it, checked against the chart's own.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Both together as Helm puts them together: maps key by key, all else replaced.
pub fn merged(ours: Value, users: &Map<String, Value>) -> Value {
    let Value::Object(mut all) = ours else {
        return Value::Object(users.clone());
    };
    for (key, value) in users {
        let under = match (all.remove(key), value) {
            (Some(below @ Value::Object(_)), Value::Object(above)) => merged(below, above),
            _ => value.clone(),
        };
        all.insert(key.clone(), under);
    }
    Value::Object(all)
}

/// Whether two sets of values mean the same to Helm, which reads every number
/// as a floating-point one.
pub fn same_values(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_values(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_values(a, b)))
        }
        _ => a == b,
    }
}

/// A key that a chart does not know: Helm would ignore it without a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKey {
    /// The whole path, with dots.
    pub path: String,
    /// The nearest path that the chart knows.
    pub nearest: Option<String>,
}

/// The keys of `set` that a chart with these default values does not know.
///
/// Below an empty map, a list or a null the chart takes whatever it is given,
/// and so it does below a key that stands in a comment.
pub fn unknown_keys(chart: &ChartValues, set: &Value) -> Vec<UnknownKey> {
    let mut known: Vec<String> = chart.commented.iter().cloned().collect();
    paths(&chart.defaults, "", &mut known);
    let mut unknown = Vec::new();
    walk(&chart.defaults, set, "", &known, &mut unknown);
    unknown
}

/// The values of a chart, as its author wrote them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChartValues {
    /// The defaults.
    pub defaults: Value,
    /// The paths of keys that stand in comments: authors write those there that
    /// have no default, and templates read them all the same.
    pub commented: BTreeSet<String>,
}

impl ChartValues {
    /// Reads a `values.yaml`, as `helm show values` prints it.
    pub fn parse(text: &str) -> Result<ChartValues, serde_norway::Error> {
        let defaults: Option<Value> = serde_norway::from_str(text)?;
        Ok(ChartValues {
            defaults: defaults.unwrap_or_else(|| Value::Object(Map::new())),
            commented: commented(text),
        })
    }
}

/// Lines such as `# existingClaim:`, placed by the column of their `#`.
fn commented(text: &str) -> BTreeSet<String> {
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut commented = BTreeSet::new();
    for line in text.lines() {
        let rest = line.trim_start();
        let column = line.len() - rest.len();
        let comment = rest.strip_prefix('#').map(|rest| rest.trim_start_matches('#'));
        // What stands further in belongs to an example, and not to this map.
        let content = comment.map_or(rest, |rest| rest.strip_prefix(' ').unwrap_or(rest));
        let Some(key) = key_of(content) else { continue };
        above.retain(|(outer, _)| *outer < column);
        if comment.is_some() {
            let parents = above.iter().map(|(_, key)| *key);
            commented.insert(parents.chain([key]).collect::<Vec<_>>().join("."));
        } else {
            above.push((column, key));
        }
    }
    commented
}

/// The key that a line begins with.
fn key_of(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_key = !key.is_empty() && key.chars().all(plain) && key != "-";
    (is_key && (value.is_empty() || value.starts_with(' '))).then_some(key)
}

fn walk(chart: &Value, set: &Value, path: &str, known: &[String], unknown: &mut Vec<UnknownKey>) {
    let (Value::Object(chart), Value::Object(set)) = (chart, set) else { return };
    if chart.is_empty() && !path.is_empty() {
        return;
    }
    for (key, value) in set {
        let path = joined(path, key);
        if let Some(below) = chart.get(key) {
            walk(below, value, &path, known, unknown);
        } else if !known.contains(&path) {
            let nearest = nearest(&path, key, known);
            unknown.push(UnknownKey { path, nearest });
        }
    }
}

/// A misspelt neighbour, or the same key somewhere else, as keys move between
/// versions; else whatever path is nearest.
fn nearest(path: &str, key: &str, known: &[String]) -> Option<String> {
    let last = |known: &str| known.rsplit('.').next().unwrap_or_default().to_owned();
    let level = path.strip_suffix(key).unwrap_or_default();
    let beside = known.iter().filter_map(|known| known.strip_prefix(level));
    let misspelt = inputs::nearest(key, beside.filter(|known| !known.contains('.')))
        .map(|near| format!("{level}{near}"));
    misspelt
        .or_else(|| known.iter().find(|known| last(known) == key).cloned())
        .or_else(|| inputs::nearest(path, known.iter().map(String::as_str)).map(str::to_owned))
}

fn paths(value: &Value, prefix: &str, into: &mut Vec<String>) {
    if let Value::Object(members) = value {
        for (key, below) in members {
            let path = joined(prefix, key);
            paths(below, &path, into);
            into.push(path);
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn chart() -> Value {
        json!({
            "replicaCount": 2,
            "controller": { "logLevel": 2, "tags": {}, "serviceAccount": { "annotations": {} } },
            "node": { "logLevel": 2 },
            "storageClasses": [],
        })
    }

    fn unknown(set: Value) -> Vec<(String, Option<String>)> {
        unknown_keys(&ChartValues { defaults: chart(), ..ChartValues::default() }, &set)
            .into_iter()
            .map(|key| (key.path, key.nearest))
            .collect()
    }

    #[test]
    fn a_misspelt_key_is_found_with_the_one_that_was_meant() {
        assert_eq!(
            unknown(json!({ "controller": { "loglevel": 5 } })),
            [("controller.loglevel".to_owned(), Some("controller.logLevel".to_owned()))]
        );
    }

    #[test]
    fn a_key_that_moved_is_found_where_it_is_now() {
        assert_eq!(
            unknown(json!({ "controller": { "replicaCount": 3 } })),
            [("controller.replicaCount".to_owned(), Some("replicaCount".to_owned()))]
        );
    }

    #[test]
    fn below_an_empty_map_everything_goes() {
        let set = json!({ "controller": {
            "tags": { "any": "thing" }, "serviceAccount": { "annotations": { "a/b": "c" } }
        }});
        assert_eq!(unknown(set), []);
    }

    #[test]
    fn a_chart_without_values_knows_no_key() {
        let chart = ChartValues::parse("").unwrap();
        assert_eq!(unknown_keys(&chart, &json!({ "a": 1 })).len(), 1);
    }

    #[test]
    fn a_key_that_stands_in_a_comment_is_known_in_its_map_and_nowhere_else() {
        let text = "store:\n  persistence:\n    enabled: true\n    ## Name of a claim\n    # \
                    existingClaim:\n    # size: 1Gi\n  resources: {}\n    # limits:\n    #   \
                    memory: 1Gi\n# top: x\n";
        let chart = ChartValues::parse(text).unwrap();
        let known = |set: Value| unknown_keys(&chart, &set).is_empty();
        assert!(known(json!({ "store": { "persistence": { "existingClaim": "a" } }, "top": 1 })));
        assert!(!known(json!({ "store": { "existingClaim": "a" } })));
        assert!(!known(json!({ "store": { "persistence": { "existingclaim": "a" } } })));
        assert!(!known(json!({ "memory": "1Gi" })));
    }

    #[test]
    fn the_users_values_win_key_by_key() {
        let ours = json!({ "a": { "b": 1, "c": [1, 2] }, "d": 4 });
        let users = json!({ "a": { "c": [3] }, "e": null });
        assert_eq!(
            merged(ours, users.as_object().unwrap()),
            json!({ "a": { "b": 1, "c": [3] }, "d": 4, "e": null })
        );
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        assert!(same_values(&json!({ "a": [2] }), &json!({ "a": [2.0] })));
        assert!(!same_values(&json!({ "a": 2 }), &json!({ "a": "2" })));
        assert!(!same_values(&json!({ "a": 2 }), &json!({ "a": 2, "b": null })));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!(null)), Just(json!([]))];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop::collection::btree_map("[a-c]{1,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect()))
        })
    }

    proptest! {
        #[test]
        fn a_chart_knows_its_own_values(values in any_value()) {
            let chart = ChartValues { defaults: values.clone(), ..ChartValues::default() };
            prop_assert_eq!(unknown_keys(&chart, &values), []);
        }

        #[test]
        fn what_was_merged_in_is_there_afterwards(ours in any_value(), users in any_value()) {
            if let Value::Object(users) = &users {
                let all = merged(ours, users);
                prop_assert!(same_values(&merged(all.clone(), users), &all));
            }
        }
    }
}
