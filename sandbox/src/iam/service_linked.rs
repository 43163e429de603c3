//! `CreateServiceLinkedRole`.

use super::call::{Call, Response};
use super::write;
use crate::access::service_linked;
use crate::error::AwsError;
use crate::xml::Element;

pub(super) fn create(call: &mut Call<'_, '_>) -> Response {
    let service = call.params.required("AWSServiceName")?.to_owned();
    if service_linked::exists(call.context, &service) {
        let name = service_linked::arn(&service, call.context.region).unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        let message = format!(
            "Service role name {name} has been taken in this account, please try a different suffix."
        );
        return Err(AwsError::new(400, "InvalidInput", message));
    }
    let Some(mut role) = service_linked::make(call.context, &service) else {
        let message = format!("the sandbox knows no service-linked role for {service}");
        return Err(AwsError::new(400, "InvalidInput", message));
    };
    if let Some(description) = call.params.get("Description") {
        role.description = Some(description.to_owned());
        call.context.global.iam.roles.insert(role.name.clone(), role.clone());
    }
    Ok(Some(vec![Element::new("Role", write::role(&role, false))]))
}
