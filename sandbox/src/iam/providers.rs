//! OpenID Connect providers: the issuers whose tokens roles may trust.

use super::call::{Call, Response, exists, no_such, over_quota};
use crate::error::{AwsError, Result};
use crate::query::{self, validation};
use crate::world::iam::Provider;
use crate::xml::Element;

/// Source: IAM User Guide, "IAM and AWS STS quotas".
const MOST_PROVIDERS: usize = 100;
const MOST_CLIENT_IDS: usize = 100;
const MOST_THUMBPRINTS: usize = 5;

impl Call<'_, '_> {
    fn provider_arn(&self) -> Result<&str> {
        self.params.required("OpenIDConnectProviderArn")
    }

    fn provider(&self) -> Result<&Provider> {
        let arn = self.provider_arn()?;
        self.context.global.iam.providers.get(arn).ok_or_else(|| no_provider(arn))
    }

    fn provider_mut(&mut self) -> Result<&mut Provider> {
        let arn = self.provider()?.arn.clone();
        let arn = arn.as_str();
        self.context.global.iam.providers.get_mut(arn).ok_or_else(|| no_provider(arn))
    }
}

fn no_provider(arn: &str) -> AwsError {
    no_such(format!("OpenIDConnect Provider not found for arn {arn}"))
}

/// SHA-1 fingerprints of the issuer's certificates; since 2024 AWS takes none as well.
fn thumbprints(call: &Call<'_, '_>) -> Result<Vec<String>> {
    let all = call.params.list("ThumbprintList");
    if all.len() > MOST_THUMBPRINTS {
        return Err(over_quota("ThumbprintsPerOpenIdConnectProvider", MOST_THUMBPRINTS));
    }
    for text in &all {
        if text.len() != 40 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(validation(&format!(
                "Value '[{text}]' at 'thumbprintList' failed to satisfy constraint: Member must have length 40 and be hexadecimal"
            )));
        }
    }
    Ok(all.into_iter().map(str::to_owned).collect())
}

pub(super) fn create(call: &mut Call<'_, '_>) -> Response {
    let url = call.params.required("Url")?.to_owned();
    let Some(issuer) = url.strip_prefix("https://").filter(|issuer| !issuer.is_empty()) else {
        return Err(AwsError::new(400, "ValidationError", "Invalid Open ID Connect Provider URL"));
    };
    let issuer = issuer.trim_end_matches('/');
    let client_ids: Vec<String> =
        call.params.list("ClientIDList").into_iter().map(str::to_owned).collect();
    if client_ids.len() > MOST_CLIENT_IDS {
        return Err(over_quota("ClientIdsPerOpenIdConnectProvider", MOST_CLIENT_IDS));
    }
    let thumbprints = thumbprints(call)?;
    let tags = call.params.tags()?;
    let arn = call.context.region.iam_arn(&format!("oidc-provider/{issuer}"));
    let providers = &mut call.context.global.iam.providers;
    if providers.contains_key(&arn) {
        return Err(exists(format!("Provider with url {url} already exists.")));
    }
    if providers.len() >= MOST_PROVIDERS {
        return Err(over_quota("OpenIdConnectProvidersPerAccount", MOST_PROVIDERS));
    }
    let written = query::tags(&tags);
    let provider = Provider {
        arn: arn.clone(),
        url: issuer.to_owned(),
        client_ids,
        thumbprints,
        tags,
        created_ms: call.context.now,
    };
    providers.insert(arn.clone(), provider);
    Ok(Some(vec![Element::text("OpenIDConnectProviderArn", arn), written]))
}

pub(super) fn get(call: &mut Call<'_, '_>) -> Response {
    let provider = call.provider()?;
    Ok(Some(vec![
        Element::text("Url", &provider.url),
        query::texts("ClientIDList", &provider.client_ids),
        query::texts("ThumbprintList", &provider.thumbprints),
        Element::text("CreateDate", query::time(provider.created_ms)),
        query::tags(&provider.tags),
    ]))
}

pub(super) fn list(call: &mut Call<'_, '_>) -> Response {
    let all = call.context.global.iam.providers.values();
    let all = all.map(|provider| vec![Element::text("Arn", &provider.arn)]);
    let (page, _) = call.page(all.collect())?;
    Ok(Some(vec![query::members("OpenIDConnectProviderList", page)]))
}

pub(super) fn delete(call: &mut Call<'_, '_>) -> Response {
    let arn = call.provider_arn()?.to_owned();
    // AWS deletes one that is not there without an error.
    if call.context.global.iam.providers.contains_key(&arn) {
        call.context.global.iam.providers.remove(&arn);
    }
    Ok(None)
}

pub(super) fn update_thumbprints(call: &mut Call<'_, '_>) -> Response {
    let thumbprints = thumbprints(call)?;
    call.provider_mut()?.thumbprints = thumbprints;
    Ok(None)
}

pub(super) fn add_client_id(call: &mut Call<'_, '_>) -> Response {
    let id = call.params.required("ClientID")?.to_owned();
    let provider = call.provider_mut()?;
    if !provider.client_ids.contains(&id) {
        if provider.client_ids.len() >= MOST_CLIENT_IDS {
            return Err(over_quota("ClientIdsPerOpenIdConnectProvider", MOST_CLIENT_IDS));
        }
        provider.client_ids.push(id);
    }
    Ok(None)
}

pub(super) fn remove_client_id(call: &mut Call<'_, '_>) -> Response {
    let id = call.params.required("ClientID")?.to_owned();
    call.provider_mut()?.client_ids.retain(|known| *known != id);
    Ok(None)
}

pub(super) fn tag(call: &mut Call<'_, '_>) -> Response {
    let tags = call.params.tags()?;
    call.provider_mut()?.tags.extend(tags);
    Ok(None)
}

pub(super) fn untag(call: &mut Call<'_, '_>) -> Response {
    let keys: Vec<String> = call.params.list("TagKeys").into_iter().map(str::to_owned).collect();
    call.provider_mut()?.tags.retain(|key, _| !keys.contains(key));
    Ok(None)
}

pub(super) fn list_tags(call: &mut Call<'_, '_>) -> Response {
    let tags = query::tags(&call.provider()?.tags);
    Ok(Some(vec![tags, Element::text("IsTruncated", false)]))
}
