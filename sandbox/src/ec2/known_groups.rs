//! Security groups that calls know: EC2 is eventually consistent about what was just made.

use super::call::Call;
use super::ids::GROUP;
use crate::error::Result;
use crate::world::ec2::SecurityGroup;

/// A group that other calls than the one that made it know by now.
pub(super) fn known<'a>(call: &'a Call, id: &str) -> Result<&'a SecurityGroup> {
    let found = call.context.region.ec2.security_groups.get(id);
    let known = found.filter(|group| group.is_known(call.context.now));
    known.ok_or_else(|| GROUP.not_found(id))
}
