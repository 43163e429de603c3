//! The OpenID Connect provider by which IAM trusts the tokens of a cluster's service accounts.

use network::Tags;
use plan::{
    Action, Change, ChangeId, Difference, Mutability, Plan, Property, Refusal, Scope, Unset, Value,
    compare, equal, set,
};

use crate::owner::Owner;

/// The kind of resource, as it stands in addresses.
pub const KIND: &str = "oidc_provider";

/// The audience of the tokens that EKS hands to pods
/// (<https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html>).
pub const AUDIENCE: &str = "sts.amazonaws.com";

/// The properties of a provider, wanted or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The issuer.
    pub url: String,
    /// Whether it takes tokens for [`AUDIENCE`].
    pub takes_audience: bool,
}

/// The properties, in the order in which plans show them.
pub const PROPERTIES: &[Property<Spec>] = &[URL, CLIENT_ID];

const URL: Property<Spec> = property("url", |spec| set(&spec.url));

const CLIENT_ID: Property<Spec> =
    property("client_id", |spec| spec.takes_audience.then_some(AUDIENCE).and_then(set));

const fn property(
    name: &'static str,
    value: fn(&Spec) -> Option<plan::Known<String>>,
) -> Property<Spec> {
    let (value, unset, change) = (Value::One(value), Unset::Leave, Mutability::InPlace(()));
    Property { name, value, same: equal, unset, change }
}

/// A provider that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    pub arn: String,
    /// The audiences whose tokens it takes.
    pub client_ids: Vec<String>,
    pub tags: Tags,
    /// The roles beside ours that trust it, where it may be deleted.
    pub trusting: Vec<String>,
}

/// A call of IAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Creates it; where it is there already, that must be what is wanted.
    Create {
        arn: String,
        url: String,
        audience: String,
        tags: Tags,
    },
    /// Has it take the tokens of an audience.
    AddAudience {
        arn: String,
        audience: String,
    },
    Delete {
        arn: String,
    },
}

/// The provider as a deployment wants it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub owner: &'a Owner,
    pub arn: &'a str,
    pub url: &'a str,
    /// Whether it is created where it is missing.
    pub create: bool,
    /// The tags of what is created.
    pub tags: &'a Tags,
}

/// Plans the provider; the answer is what must be done before it can be used.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    found: Option<&Provider>,
) -> Vec<ChangeId> {
    let Wanted { owner, arn, url, create, tags } = wanted;
    let (address, audience) = (scope.address(KIND, None), AUDIENCE.to_owned());
    let spec = Spec { url: (*url).to_owned(), takes_audience: true };
    let Some(found) = found else {
        if !create {
            plan.refusals.push(Refusal::new(
                &address,
                format!("IAM has no OpenID Connect provider for the cluster's issuer {url}"),
                "let it be created by `oidc_provider = \"create\"`, or by `eksctl utils \
                 associate-iam-oidc-provider --approve`; `driver_identity` has ways without it",
            ));
            return Vec::new();
        }
        let change = Change::new(Action::Create, scope.id(KIND), address)
            .because("IAM has none for the cluster's issuer")
            .showing([Difference::set("arn", arn)])
            .showing(compare(PROPERTIES, &spec, None).differences)
            .calling(Call::Create {
                arn: (*arn).to_owned(),
                url: spec.url.clone(),
                audience,
                tags: (*tags).clone(),
            });
        let id = change.id.clone();
        plan.changes.push(change);
        return vec![id];
    };
    let has = Spec { takes_audience: found.client_ids.contains(&audience), ..spec.clone() };
    let differences = compare(PROPERTIES, &spec, Some(&has)).differences;
    if differences.is_empty() {
        return Vec::new();
    }
    if !owner.owns_of_cluster(&found.tags) {
        plan.refusals.push(Refusal::new(
            &address,
            format!("{arn} takes no tokens for `{AUDIENCE}`, and is not this project's to change"),
            format!(
                "`aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn \
                 {arn} --client-id {AUDIENCE}`"
            ),
        ));
        return Vec::new();
    }
    let change = Change::new(Action::Update, scope.id(KIND), address)
        .because("it takes no tokens of the cluster's pods")
        .showing(differences)
        .calling(Call::AddAudience { arn: (*arn).to_owned(), audience });
    let id = change.id.clone();
    plan.changes.push(change);
    vec![id]
}

/// Plans the removal of one that is ours, where no other role trusts it.
pub fn remove<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    owner: &Owner,
    found: &Provider,
    needs: &[ChangeId],
) {
    if !owner.owns_of_cluster(&found.tags) {
        return;
    }
    if !found.trusting.is_empty() {
        plan.notes.push(format!(
            "the OpenID Connect provider {} stays: {} trusts it",
            found.arn,
            found.trusting.join(", ")
        ));
        return;
    }
    let change = Change::new(
        Action::Delete,
        scope.id(format_args!("{KIND}.delete")),
        scope.address(KIND, None),
    )
    .because("the deployment is destroyed")
    .needing(needs.to_vec())
    .showing([Difference::gone("arn", &found.arn)])
    .calling(Call::Delete { arn: found.arn.clone() });
    plan.changes.push(change);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_spec_is_in_the_table() {
        let spec = Spec { url: "https://issuer".to_owned(), takes_audience: true };
        // A new field does not compile until it is here, and then it must be in the table.
        let Spec { url: _, takes_audience: _ } = &spec;
        assert_eq!(PROPERTIES.len(), 2);
        for property in PROPERTIES {
            assert!(!property.rows(&spec).is_empty(), "{} reads nothing", property.name);
        }
    }
}
