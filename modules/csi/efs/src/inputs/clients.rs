//! The inputs that say whose NFS traffic is admitted.

use ::inputs::{Problem, Reader};

use super::{NfsClients, rules};

/// Whose NFS traffic is admitted; the inputs for one and for several add up.
pub(super) fn nfs_clients(reader: &mut Reader) -> NfsClients {
    let group = reader.string("nfs_client_security_group_id", rules::security_group_id);
    let groups = list(reader, "nfs_client_security_groups", rules::security_group_id);
    let range = reader.string("nfs_client_cidr", rules::cidr);
    let ranges = list(reader, "nfs_client_cidrs", rules::cidr);
    let prefix_lists = list(reader, "nfs_client_prefix_lists", rules::prefix_list_id);
    NfsClients {
        security_groups: group.into_iter().chain(groups).collect(),
        cidrs: range.into_iter().chain(ranges).collect(),
        prefix_lists: prefix_lists.into_iter().collect(),
        of_nodes: reader.string("nfs_clients", rules::nfs_clients).is_some(),
    }
}

/// The elements of a list that may be left out.
fn list<T>(reader: &mut Reader, name: &str, rule: fn(&str) -> Result<T, Problem>) -> Vec<T> {
    if !reader.is_given(name) {
        return Vec::new();
    }
    reader.strings(name, rule).unwrap_or_default()
}
