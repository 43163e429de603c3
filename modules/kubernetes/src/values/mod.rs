//! Chart values: merged and compared as Helm does it, checked against the chart's own.

mod chart;
mod known;

use serde_json::{Map, Value};

pub use chart::{ChartError, ChartValues};
pub use known::{UnknownKey, unknown_keys, unread_keys};

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

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
        fn what_was_merged_in_is_there_afterwards(ours in any_value(), users in any_value()) {
            if let Value::Object(users) = &users {
                let all = merged(ours, users);
                prop_assert!(same_values(&merged(all.clone(), users), &all));
            }
        }
    }
}
