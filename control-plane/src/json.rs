//! Reading objects of the Kubernetes API, which are plain JSON here.

use serde_json::Value;

/// The string at a JSON pointer (RFC 6901); empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The value of a `fieldRef`, such as `metadata.annotations['batch.kubernetes.io/job-completion-index']`.
pub(crate) fn field_of<'a>(pod: &'a Value, path: &str) -> &'a str {
    let key = path.split_once("['").and_then(|(map, rest)| Some((map, rest.strip_suffix("']")?)));
    match key {
        Some((map, key)) => {
            let map = &pod.pointer(&format!("/{}", map.replace('.', "/"))).unwrap_or(&Value::Null);
            map[key].as_str().unwrap_or_default()
        }
        None => text(pod, &format!("/{}", path.replace('.', "/"))),
    }
}
