//! EC2's resources: what all of them have, and the one table that names them.

use super::ids::{self, Kind};
use crate::table::{Row, Table};
use crate::world::Tags;
use crate::world::ec2::{
    Address, DhcpOptions, Ec2, Instance, Interface, InternetGateway, NatGateway, NetworkAcl,
    RouteTable, Rule, SecurityGroup, Subnet, Vpc,
};

/// A row with an id of its kind and with tags.
pub(super) trait Resource: Row {
    /// Its kind, for ids and tags.
    const KIND: &'static Kind;

    /// The table that holds all of its kind.
    fn table(ec2: &Ec2) -> &Table<Self>;

    fn id(&self) -> &str;

    fn tags(&self) -> &Tags;
}

/// Declares every resource by its table, its type and its kind.
macro_rules! resources {
    ($($table:ident: $row:ident, $kind:ident;)*) => {
        $(impl Resource for $row {
            const KIND: &'static Kind = &ids::$kind;

            fn table(ec2: &Ec2) -> &Table<Self> {
                &ec2.$table
            }

            fn id(&self) -> &str {
                &self.id
            }

            fn tags(&self) -> &Tags {
                &self.tags
            }
        })*

        /// The kind whose ids look like this one.
        pub(super) fn kind_of(id: &str) -> Option<&'static Kind> {
            let kinds: &[&'static Kind] = &[$(&ids::$kind),*];
            kinds.iter().copied().find(|kind| kind.fits(id))
        }

        /// The tags of a resource, to change.
        pub(super) fn tags_mut<'a>(
            ec2: &'a mut Ec2,
            kind: &Kind,
            id: &str,
        ) -> Option<&'a mut Tags> {
            $(if *kind == ids::$kind {
                return ec2.$table.get_mut(id).map(|row| &mut row.tags);
            })*
            None
        }

        /// Shows every resource's kind, id and tags.
        pub(super) fn visit(ec2: &Ec2, mut visit: impl FnMut(&'static Kind, &str, &Tags)) {
            $(ec2.$table.values().for_each(|row| visit(&ids::$kind, &row.id, &row.tags));)*
        }
    };
}

resources! {
    vpcs: Vpc, VPC;
    subnets: Subnet, SUBNET;
    security_groups: SecurityGroup, GROUP;
    rules: Rule, RULE;
    interfaces: Interface, INTERFACE;
    route_tables: RouteTable, ROUTE_TABLE;
    internet_gateways: InternetGateway, INTERNET_GATEWAY;
    nat_gateways: NatGateway, NAT_GATEWAY;
    addresses: Address, ADDRESS;
    network_acls: NetworkAcl, NETWORK_ACL;
    dhcp_options: DhcpOptions, DHCP_OPTIONS;
    instances: Instance, INSTANCE;
}

/// The resource of an id: the error of a malformed id, or of one that names nothing.
pub(super) fn find<'a, T: Resource>(ec2: &'a Ec2, id: &str) -> crate::error::Result<&'a T> {
    T::KIND.check(id)?;
    T::table(ec2).get(id).ok_or_else(|| T::KIND.not_found(id))
}
