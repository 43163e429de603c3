//! The nearest right name for a wrong one.

/// The candidate that a person most likely meant by `name`, or `None` where no
/// candidate is near enough to be worth a hint.
///
/// ```
/// let known = ["subnet_ids", "security_group_id"];
/// assert_eq!(inputs::nearest("subnet_id", known), Some("subnet_ids"));
/// assert_eq!(inputs::nearest("colour", known), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&folded, &fold(candidate)), candidate))
        .filter(|(likeness, _)| *likeness > 0.82)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Spellings that people use for one and the same name.
fn fold(name: &str) -> String {
    name.to_lowercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn spelling_case_and_hyphens_do_not_hide_the_right_name() {
        let known = ["storage_class_name", "helm_chart_version", "namespace"];
        assert_eq!(nearest("storageClassName", known), Some("storage_class_name"));
        assert_eq!(nearest("helm-chart-version", known), Some("helm_chart_version"));
        assert_eq!(nearest("namspace", known), Some("namespace"));
    }
}
