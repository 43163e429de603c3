//! The error codes that each operation may answer, with their statuses: what a rule of faults may
//! name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The codes by service and operation, as `generate.py` takes them from the models. A code whose
/// body names a resource, such as `FileSystemAlreadyExists`, is not among them.
#[derive(Deserialize)]
struct Table {
    /// Which models of which botocore the table was generated from.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests read it, and people"))]
    source: String,
    services: BTreeMap<String, BTreeMap<String, Codes>>,
}

/// Statuses by code.
type Codes = BTreeMap<String, u16>;

#[expect(clippy::expect_used, reason = "the table is compiled in, and tests read it")]
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/errors.json")).expect("a table of `generate.py`")
});

/// EC2's model lists no errors: these, any of its actions may answer. Source: Amazon EC2 API
/// Reference, "Error codes", of its common client errors and its server errors those that do not
/// depend on the request. That page names no status: each is the one with which EC2 was seen to
/// answer, or that AWS lists for every service.
const EC2: [(&str, u16); 8] = [
    ("AuthFailure", 401),     // https://github.com/aws/aws-sdk-java/issues/2508
    ("InternalError", 500),   // https://github.com/aws/aws-cli/issues/610
    ("InternalFailure", 500), // https://docs.aws.amazon.com/efs/latest/ug/CommonErrors.html
    ("RequestExpired", 400),  // https://github.com/aws/aws-sdk-java/issues/1443
    // https://github.com/cloudfoundry/bosh-aws-cpi-release/issues/61
    ("RequestLimitExceeded", 503),
    ("ServiceUnavailable", 503), // https://docs.aws.amazon.com/efs/latest/ug/CommonErrors.html
    ("Unavailable", 503),        // https://github.com/aws/aws-sdk-go-v2/issues/2254
    // https://github.com/hashicorp/terraform-provider-aws/issues/4664
    ("UnauthorizedOperation", 403),
];

/// Credentials that have expired, which no model lists: any operation may answer them. Source:
/// `callers/unknown.rs`, which answers them too.
fn expired(service: &str) -> (&'static str, u16) {
    match service {
        "sts" | "iam" => ("ExpiredToken", 403),
        "kms" => ("ExpiredTokenException", 400),
        _ => ("ExpiredTokenException", 403),
    }
}

/// The codes of one operation, sorted, each with its status.
pub(crate) fn of(service: &str, operation: &str) -> Vec<(&'static str, u16)> {
    if service == "ec2" {
        return EC2.to_vec();
    }
    let codes = TABLE.services.get(service).and_then(|operations| operations.get(operation));
    let Some(codes) = codes else { return Vec::new() };
    let codes = codes.iter().map(|(code, status)| (code.as_str(), *status));
    let mut codes: Vec<(&str, u16)> = codes.chain([expired(service)]).collect();
    codes.sort_unstable();
    codes
}

/// The status of a code of one operation; `None` where the operation does not answer it.
pub(crate) fn status(service: &str, operation: &str, code: &str) -> Option<u16> {
    of(service, operation).into_iter().find(|(known, _)| *known == code).map(|(_, status)| status)
}

/// A code that any operation of any service may answer.
pub(crate) fn known(text: &str) -> Option<&'static str> {
    let tables = TABLE.services.values().flat_map(BTreeMap::values).flat_map(BTreeMap::keys);
    let more = ["ExpiredToken", "ExpiredTokenException"].into_iter();
    let mut all = tables.map(String::as_str).chain(EC2.iter().map(|(code, _)| *code)).chain(more);
    all.find(|code| *code == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_what_it_was_generated_from() {
        assert!(TABLE.source.starts_with("botocore "), "{}", TABLE.source);
    }

    #[test]
    fn the_codes_of_an_operation_are_those_of_its_model_with_their_statuses() {
        assert_eq!(
            of("elasticfilesystem", "DeleteMountTarget"),
            [
                ("BadRequest", 400),
                ("DependencyTimeout", 504),
                ("ExpiredTokenException", 403),
                ("InternalServerError", 500),
                ("MountTargetNotFound", 404)
            ]
        );
        assert_eq!(of("elasticfilesystem", "Nobodys"), []);
        assert_eq!(status("iam", "GetRole", "NoSuchEntity"), Some(404));
        assert_eq!(status("iam", "GetRole", "DependencyTimeout"), None);
        assert_eq!(known("DependencyTimeout"), Some("DependencyTimeout"));
        assert_eq!(known("NobodysError"), None);
    }

    /// Its body names the file system that has the token, which a rule cannot know.
    #[test]
    fn a_code_whose_body_names_a_resource_is_left_out() {
        assert_eq!(
            status("elasticfilesystem", "CreateFileSystem", "FileSystemAlreadyExists"),
            None
        );
    }
}
