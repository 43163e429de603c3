//! The OpenID Connect provider of a cluster's issuer in IAM.

use efs::Owner;
use efs::resources::oidc_provider::{Call, Provider};

use super::iam_role::{as_iam, tags, trusting};
use crate::aws::{Aws, explain, is};
use crate::context::Done;
use crate::meaning::iam as codes;
use crate::progress::Line;
use crate::raced::Raced;

/// The provider of this ARN, with those that trust it where it may be deleted.
pub(crate) async fn observe(
    aws: &Aws,
    owner: &Owner,
    arn: &str,
    destroys: bool,
) -> anyhow::Result<Option<Provider>> {
    let Some(mut found) = get(aws, arn).await? else { return Ok(None) };
    if destroys && owner.owns_of_cluster(&found.tags) {
        found.trusting = trusting(aws, owner, arn).await?;
    }
    Ok(Some(found))
}

async fn get(aws: &Aws, arn: &str) -> anyhow::Result<Option<Provider>> {
    let call = aws.iam.get_open_id_connect_provider().open_id_connect_provider_arn(arn);
    match call.send().await {
        Ok(found) => Ok(Some(Provider {
            arn: arn.to_owned(),
            client_ids: found.client_id_list().to_vec(),
            tags: tags(found.tags()),
            trusting: Vec::new(),
        })),
        Err(error) if is(&error, codes::NOT_FOUND) => Ok(None),
        Err(error) => Err(explain("iam:GetOpenIDConnectProvider", &aws.region, error)),
    }
}

/// Carries a call out.
pub(crate) async fn carry_out(aws: &Aws, call: &Call, line: &Line) -> anyhow::Result<Done> {
    match call {
        Call::Create { arn, url, audience, tags } => {
            line.state("creating");
            let call = aws.iam.create_open_id_connect_provider().url(url).client_id_list(audience);
            match call.set_tags(Some(as_iam(tags)?)).send().await {
                Ok(_) => Ok(Done::created(arn)),
                Err(error) if is(&error, codes::ALREADY_EXISTS) => {
                    let found = get(aws, arn).await?;
                    let fits = found.is_some_and(|found| found.client_ids.contains(audience));
                    let raced = || Raced(format!("{arn} was created by somebody else meanwhile"));
                    if fits { Ok(Done::created(arn)) } else { Err(raced().into()) }
                }
                Err(error) => Err(explain("iam:CreateOpenIDConnectProvider", &aws.region, error)),
            }
        }
        Call::AddAudience { arn, audience } => {
            line.state("adding an audience");
            let call = aws.iam.add_client_id_to_open_id_connect_provider().client_id(audience);
            let sent = call.open_id_connect_provider_arn(arn).send().await;
            let action = "iam:AddClientIDToOpenIDConnectProvider";
            sent.map_err(|error| explain(action, &aws.region, error))?;
            Ok(Done::that("updated"))
        }
        Call::Delete { arn } => {
            line.state("deleting");
            let call = aws.iam.delete_open_id_connect_provider();
            match call.open_id_connect_provider_arn(arn).send().await {
                Err(error) if !is(&error, codes::NOT_FOUND) => {
                    Err(explain("iam:DeleteOpenIDConnectProvider", &aws.region, error))
                }
                _ => Ok(Done::that("destroyed")),
            }
        }
    }
}
