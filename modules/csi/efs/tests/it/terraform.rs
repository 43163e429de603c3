//! Modules of one cluster as Terraform takes them over.

use efs::IdentityFound;
use efs::resources::iam_role::Role;
use efs::terraform::{Deployed, terraform};
use serde_json::json;

use crate::import::found;
use crate::world::{deployed, inputs, three};

#[test]
fn the_role_of_a_cluster_is_written_once_and_each_module_has_its_own_policy_in_it() {
    let identity = IdentityFound {
        role: Some(Role {
            arn: "arn:aws:iam::111122223333:role/efs".to_owned(),
            trust: json!({ "Version": "2012-10-17", "Statement": [] }),
            ours: true,
            policy: Some(json!({ "Version": "2012-10-17", "Statement": [] })),
            others: Vec::new(),
        }),
        ..IdentityFound::default()
    };
    let of = |label: &str, class: &str, identity_of: Option<&str>| {
        let more = json!({ "storage_class_name": class });
        let (inputs, mut actual) = (inputs(&more), deployed(&more, three()));
        let found = found(&mut actual, &inputs.owner());
        let identity = Some(&identity);
        terraform(&Deployed { label, inputs: &inputs, found: &found, identity, identity_of }).text
    };
    let (first, second) = (of("one[\"a\"]", "a", None), of("two", "b", Some("one[\"a\"]")));
    let label = "aws_iam_role.one__a";
    for (text, roles) in [(&first, 1), (&second, 0)] {
        assert_eq!(text.matches("resource \"aws_iam_role\"").count(), roles, "{text}");
        assert_eq!(text.matches("resource \"aws_iam_role_policy\"").count(), 1, "{text}");
        assert!(text.contains(label), "{text}");
    }
}
