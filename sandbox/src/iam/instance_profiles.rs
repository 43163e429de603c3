//! Instance profiles: how nodes carry a role.

use super::call::{Call, Response, conflict, exists, no_such, over_quota};
use super::roles::no_role;
use super::write;
use crate::error::{AwsError, Result};
use crate::query;
use crate::world::iam::{InstanceProfile, Role};
use crate::xml::Element;

impl Call<'_, '_> {
    fn profile(&self) -> Result<&InstanceProfile> {
        let name = self.params.required("InstanceProfileName")?;
        self.context.global.iam.instance_profiles.get(name).ok_or_else(|| no_profile(name))
    }

    fn profile_mut(&mut self) -> Result<&mut InstanceProfile> {
        self.profile()?;
        let name = self.params.required("InstanceProfileName")?;
        self.context.global.iam.instance_profiles.get_mut(name).ok_or_else(|| no_profile(name))
    }

    fn written(&self, profile: &InstanceProfile) -> Vec<Element> {
        let role: Option<&Role> =
            profile.role.as_ref().and_then(|name| self.context.global.iam.roles.get(name));
        write::instance_profile(profile, role)
    }
}

fn no_profile(name: &str) -> AwsError {
    no_such(format!("Instance Profile {name} cannot be found."))
}

pub(super) fn create(call: &mut Call<'_, '_>) -> Response {
    let name = call.name("InstanceProfileName", 128)?;
    let path = call.path()?;
    let tags = call.params.tags()?;
    if call.context.global.iam.instance_profiles.contains_key(&name) {
        return Err(exists(format!("Instance Profile {name} already exists.")));
    }
    let profile = InstanceProfile {
        id: call.unique_id("AIPA"),
        arn: call.context.region.iam_arn(&format!("instance-profile{path}{name}")),
        name: name.clone(),
        path,
        created_ms: call.context.now,
        tags,
        role: None,
    };
    let written = call.written(&profile);
    call.context.global.iam.instance_profiles.insert(name, profile);
    Ok(Some(vec![Element::new("InstanceProfile", written)]))
}

pub(super) fn get(call: &mut Call<'_, '_>) -> Response {
    Ok(Some(vec![Element::new("InstanceProfile", call.written(call.profile()?))]))
}

pub(super) fn list(call: &mut Call<'_, '_>) -> Response {
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let all = call.context.global.iam.instance_profiles.values();
    let found = all.filter(|profile| profile.path.starts_with(prefix));
    listed(call, found.map(|profile| call.written(profile)).collect())
}

pub(super) fn list_for_role(call: &mut Call<'_, '_>) -> Response {
    let name = &call.role()?.name;
    let all = call.context.global.iam.instance_profiles.values();
    let found = all.filter(|profile| profile.role.as_ref() == Some(name));
    listed(call, found.map(|profile| call.written(profile)).collect())
}

fn listed(call: &Call<'_, '_>, all: Vec<Vec<Element>>) -> Response {
    let (page, tail) = call.page(all)?;
    Ok(Some([query::members("InstanceProfiles", page)].into_iter().chain(tail).collect()))
}

pub(super) fn add_role(call: &mut Call<'_, '_>) -> Response {
    let name = call.params.required("RoleName")?.to_owned();
    if !call.context.global.iam.roles.contains_key(&name) {
        return Err(no_role(&name));
    }
    let profile = call.profile_mut()?;
    if profile.role.is_some() {
        return Err(over_quota("InstanceSessionsPerInstanceProfile", 1));
    }
    profile.role = Some(name);
    Ok(None)
}

pub(super) fn remove_role(call: &mut Call<'_, '_>) -> Response {
    let name = call.params.required("RoleName")?.to_owned();
    let profile = call.profile_mut()?;
    if profile.role.as_ref() != Some(&name) {
        return Err(no_role(&name));
    }
    profile.role = None;
    Ok(None)
}

pub(super) fn delete(call: &mut Call<'_, '_>) -> Response {
    let profile = call.profile()?.clone();
    if profile.role.is_some() {
        let message = "Cannot delete entity, must remove roles from instance profile first.";
        return Err(conflict(message));
    }
    call.context.global.iam.instance_profiles.remove(&profile.name);
    Ok(None)
}
