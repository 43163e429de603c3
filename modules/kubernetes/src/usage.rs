//! How much the files of claims take, as kubelets measure it.

use std::collections::BTreeMap;

use serde_json::Value;

/// Bytes by claim: namespace and name.
pub type Usage = BTreeMap<(String, String), u64>;

/// What a kubelet's `/stats/summary` reports of claims. The driver measures a
/// volume only where its node runs with `--vol-metrics-opt-in` (the chart's
/// `node.volMetricsOptIn`); other volumes are not there, or have no figure.
/// Source: Kubernetes `pkg/apis/stats/v1alpha1`, `VolumeStats`.
pub fn usage(summary: &Value) -> Usage {
    let pods = summary["pods"].as_array().into_iter().flatten();
    let volumes = pods.flat_map(|pod| pod["volume"].as_array().into_iter().flatten());
    volumes
        .filter_map(|volume| {
            let claim = &volume["pvcRef"];
            let name = |key: &str| claim[key].as_str().map(str::to_owned);
            Some(((name("namespace")?, name("name")?), volume["usedBytes"].as_u64()?))
        })
        .collect()
}

/// Bytes as people read them: three digits at most, in powers of 1024.
pub fn readable(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "it is rounded to three digits")]
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    while amount >= 1000.0 && unit + 1 < units.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(amount < 10.0);
    format!("{amount:.digits$} {}", units[unit])
}

/// What files take, as part of a row; empty where nobody knows.
pub fn used(bytes: Option<u64>) -> String {
    bytes.map(|bytes| format!(", {} used", readable(bytes))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_are_reported_with_what_their_files_take() {
        let summary = json!({"node": {"nodeName": "a"}, "pods": [
            {"podRef": {"name": "engine-0"}, "volume": [
                {"name": "datasets", "usedBytes": 4096, "pvcRef": {"name": "fraud-datasets", "namespace": "graphs"}},
                {"name": "kube-api-access", "usedBytes": 12288},
                {"name": "logs", "pvcRef": {"name": "fraud-logs", "namespace": "graphs"}},
            ]},
            {"podRef": {"name": "other"}},
        ]});
        let claim = ("graphs".to_owned(), "fraud-datasets".to_owned());
        assert_eq!(usage(&summary), Usage::from([(claim, 4096)]));
        assert_eq!(usage(&json!({})), Usage::new());
        assert_eq!(usage(&json!("no summary")), Usage::new());
    }

    #[test]
    fn bytes_are_shown_in_three_digits() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (6144, "6.0 KiB"),
            (1_048_576, "1.0 MiB"),
            (13_000_000_000, "12 GiB"),
            (u64::MAX, "16384 PiB"),
        ] {
            assert_eq!(readable(bytes), shown);
        }
    }
}
