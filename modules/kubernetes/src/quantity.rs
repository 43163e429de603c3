//! Quantities as Kubernetes writes them.

/// A quantity of storage in bytes, such as `100Gi`, `1.5T` or `2e9`
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>);
/// `None` for what is none.
pub fn bytes(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = |digits: &str, factor: f64| {
        let plain = digits.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
        if plain { digits.parse::<f64>().ok().map(|number| number * factor) } else { None }
    };
    let suffixes: &[(&str, f64)] = &[
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    suffixes
        .iter()
        .find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)))
        .map_or_else(|| number(text, 1.0), |(digits, factor)| number(digits, factor))
        .filter(|bytes| bytes.is_finite())
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, expected) in [
            ("0", Some(0.0)),
            ("100Gi", Some(107_374_182_400.0)),
            ("1.5T", Some(1.5e12)),
            ("2e9", Some(2e9)),
            ("1E3", Some(1e3)),
            ("3E", Some(3e18)),
            ("500m", Some(0.5)),
            ("", None),
            ("Gi", None),
            ("10GB", None),
            ("ten", None),
            ("1e999", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
