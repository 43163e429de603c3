//! Availability Zones by their ids.

/// Whether a text is the id of an Availability Zone, such as `use1-az1`.
pub(crate) fn is_zone_id(text: &str) -> bool {
    text.split_once("-az").is_some_and(|(region, number)| {
        let is_word = |it: &str| !it.is_empty() && it.bytes().all(|c| c.is_ascii_alphanumeric());
        is_word(region) && !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit())
    })
}
