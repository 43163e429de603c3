//! Network ACLs: their life, their entries, and the subnets that use them.

use super::acl_entries::{place, read, sort};
use super::acls::{item, own};
use super::call::Call;
use super::errors::{dependency, invalid, not_yours};
use super::ids::NETWORK_ACL;
use super::listing::done;
use super::{tags, vpcs};
use crate::error::{AwsError, Result};
use crate::world::Region;
use crate::world::ec2::NetworkAcl;
use crate::xml::Element;

/// "Network ACLs per VPC: 200" (Amazon VPC quotas).
const MOST_OF_A_VPC: usize = 200;

/// "Rules per network ACL: 20 … one-way" (Amazon VPC quotas); the last ones do not count.
const MOST: usize = 20;

/// `CreateNetworkAcl`: a new ACL denies everything, and no subnet uses it.
pub(super) fn create(call: &mut Call) -> Result<Vec<Element>> {
    let vpc = vpcs::find(call.context.region, call.form.required("VpcId")?)?.clone();
    if vpc.owner != call.context.region.account {
        return Err(not_yours());
    }
    let token = call.form.get("ClientToken").map(str::to_owned);
    let acls = &call.context.region.ec2.network_acls;
    let made = |acl: &&NetworkAcl| token.is_some() && acl.token == token;
    if let Some(acl) = acls.values().find(made) {
        return Ok(created(call.context.region, acl));
    }
    if acls.by("vpc", &vpc.id).count() >= MOST_OF_A_VPC {
        let message = "The maximum number of network ACLs has been reached.";
        return Err(AwsError::new(400, "NetworkAclLimitExceeded", message));
    }
    let tags = tags::on_creation(call, &NETWORK_ACL)?;
    let id = call.context.ids.next("acl-");
    let acl = NetworkAcl {
        id,
        vpc: vpc.id,
        owner: vpc.owner,
        is_default: false,
        entries: Vec::new(),
        token,
        tags,
    };
    let region = &mut *call.context.region;
    let members = created(region, &acl);
    region.ec2.network_acls.insert(acl.id.clone(), acl);
    Ok(members)
}

fn created(region: &Region, acl: &NetworkAcl) -> Vec<Element> {
    let mut members = vec![Element::new("networkAcl", item(acl, region))];
    members.extend(acl.token.as_ref().map(|token| Element::text("clientToken", token)));
    members
}

/// `DeleteNetworkAcl`: neither the default one, nor one that a subnet uses.
pub(super) fn delete(call: &mut Call) -> Result<Vec<Element>> {
    let acl = own(call)?;
    let ec2 = &mut call.context.region.ec2;
    if acl.is_default {
        let message = format!("The network ACL '{}' is the default of its VPC.", acl.id);
        return Err(AwsError::new(400, "CannotDelete", message));
    }
    if ec2.subnets.by("acl", &acl.id).next().is_some() {
        let message =
            format!("The networkAcl '{}' has dependencies and cannot be deleted.", acl.id);
        return Err(dependency(message));
    }
    ec2.network_acls.remove(&acl.id);
    Ok(done())
}

/// `ReplaceNetworkAclAssociation`: a subnet always uses one ACL of its VPC.
pub(super) fn replace_association(call: &mut Call) -> Result<Vec<Element>> {
    let acl = own(call)?;
    let id = call.form.required("AssociationId")?.to_owned();
    let ec2 = &mut call.context.region.ec2;
    let found = ec2.subnets.values().find(|subnet| subnet.acl.1 == id);
    let mut subnet = found.cloned().ok_or_else(|| {
        let message = format!("The association ID '{id}' does not exist");
        AwsError::new(400, "InvalidAssociationID.NotFound", message)
    })?;
    if subnet.vpc != acl.vpc {
        return Err(invalid("networkAclId", &acl.id, "The network ACL is in another VPC."));
    }
    let next = call.context.ids.next("aclassoc-");
    subnet.acl = (acl.id, next.clone());
    ec2.subnets.insert(subnet.id.clone(), subnet);
    Ok(vec![Element::text("newAssociationId", next)])
}

/// `CreateNetworkAclEntry`.
pub(super) fn create_entry(call: &mut Call) -> Result<Vec<Element>> {
    let mut acl = own(call)?;
    let entry = read(&call.form)?;
    if at(&acl, entry.egress, entry.number).is_some() {
        let message =
            format!("The network acl entry identified by {} already exists.", entry.number);
        return Err(AwsError::new(400, "NetworkAclEntryAlreadyExists", message));
    }
    if acl.entries.iter().filter(|other| other.egress == entry.egress).count() >= MOST {
        let message = "The maximum number of network ACL entries has been reached.";
        return Err(AwsError::new(400, "NetworkAclEntryLimitExceeded", message));
    }
    acl.entries.push(entry);
    Ok(put(call, acl))
}

/// `ReplaceNetworkAclEntry`.
pub(super) fn replace_entry(call: &mut Call) -> Result<Vec<Element>> {
    let mut acl = own(call)?;
    let entry = read(&call.form)?;
    let found = at(&acl, entry.egress, entry.number);
    let found = found.ok_or_else(|| not_found(entry.number))?;
    acl.entries[found] = entry;
    Ok(put(call, acl))
}

/// `DeleteNetworkAclEntry`.
pub(super) fn delete_entry(call: &mut Call) -> Result<Vec<Element>> {
    let mut acl = own(call)?;
    let (egress, number) = place(&call.form)?;
    let found = at(&acl, egress, number).ok_or_else(|| not_found(number))?;
    acl.entries.remove(found);
    Ok(put(call, acl))
}

fn put(call: &mut Call, mut acl: NetworkAcl) -> Vec<Element> {
    sort(&mut acl.entries);
    call.context.region.ec2.network_acls.insert(acl.id.clone(), acl);
    done()
}

fn at(acl: &NetworkAcl, egress: bool, number: u16) -> Option<usize> {
    acl.entries.iter().position(|entry| (entry.egress, entry.number) == (egress, number))
}

fn not_found(number: u16) -> AwsError {
    let message = format!("The network acl entry identified by {number} does not exist.");
    AwsError::new(400, "InvalidNetworkAclEntry.NotFound", message)
}
