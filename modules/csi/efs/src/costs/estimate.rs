//! What one file system costs in a month.

use std::collections::BTreeMap;

use kubernetes::readable;
use serde::Serialize;

use super::money::Amount;
use super::prices::{Item, Prices, RegionPrices};
use crate::resources::file_system::{
    BackupPolicy, EMPTY_BYTES, FileSystem, Spec, Throughput, Transition,
};

/// A GB as AWS meters EFS, in bytes: the unit of its prices is what the console calls a GiB
/// (<https://docs.aws.amazon.com/efs/latest/ug/metered-sizes.html>).
const GB: u64 = 1 << 30;

/// How much standard storage comes with a MiB/s of throughput: 50 KiB/s for each GB
/// (<https://docs.aws.amazon.com/efs/latest/ug/performance.html>, Provisioned throughput).
const GB_OF_A_MIBPS: u64 = 20;

/// Bytes in each storage class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// In Standard or One Zone.
    pub standard: u64,
    /// In Infrequent Access.
    pub ia: u64,
    pub archive: u64,
}

impl Sizes {
    /// As AWS last metered it; what it did not meter by class counts as Standard.
    pub fn metered(found: &FileSystem) -> Sizes {
        let (ia, archive) = (found.metered_in.ia, found.metered_in.archive);
        let (ia, archive) = (ia.unwrap_or(0), archive.unwrap_or(0));
        let whole = found.metered_bytes.unwrap_or(0);
        let rest = whole.saturating_sub(ia.saturating_add(archive));
        Sizes { standard: found.metered_in.standard.unwrap_or(rest), ia, archive }
    }

    /// All of them.
    pub fn whole(self) -> u64 {
        self.standard.saturating_add(self.ia).saturating_add(self.archive)
    }
}

/// What a file system costs in a month: what is known of it in advance, what depends on its use,
/// and what has no price in the table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// The sum of the parts.
    pub monthly: Amount,
    pub parts: Vec<Part>,
    /// What comes on top, by use.
    pub per_use: Vec<PerUse>,
    /// What the table has no price of, as a sentence names it.
    pub unknown: Vec<String>,
}

/// A part of what is known in advance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    pub name: String,
    /// How much there is of it, for people.
    pub quantity: String,
    pub monthly: Amount,
}

/// The price of something by its use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PerUse {
    /// What is done, such as `read`.
    pub name: &'static str,
    /// For how much the price is.
    pub per: &'static str,
    pub price: Amount,
}

impl Estimate {
    /// What a file system of these properties and sizes costs; `None` where the table does not have
    /// its region.
    pub fn of(prices: &Prices, region: &str, spec: &Spec, sizes: Sizes) -> Option<Estimate> {
        let of_region = prices.of(region)?;
        let mut estimate = Estimate::default();
        let terms = Terms { spec, sizes, one_zone: spec.availability_zone.is_some() };
        estimate.storage(of_region, &terms);
        estimate.throughput(of_region, &terms);
        if spec.backup == Some(BackupPolicy::Enabled) {
            // AWS Backup keeps a whole copy, and for each day what changed
            // (<https://docs.aws.amazon.com/efs/latest/ug/awsbackup.html>).
            let backup = (Item::Backup, "backed up");
            estimate.stored(of_region, backup, "backup, one copy", sizes.whole());
        }
        if let Some(replication) = spec.replication.as_ref().filter(|it| !it.is_empty()) {
            estimate.replica((prices, of_region), region, replication, sizes.whole());
        }
        estimate.monthly = estimate.parts.iter().map(|part| part.monthly).sum();
        Some(estimate)
    }

    /// What the copy of a replication costs by itself, with as many bytes as its source; `None`
    /// where the table does not have the region of the source.
    pub fn of_copy(
        prices: &Prices,
        (region, copy): (&str, &BTreeMap<String, String>),
        bytes: u64,
    ) -> Option<Estimate> {
        let of_region = prices.of(region)?;
        let mut estimate = Estimate::default();
        estimate.copy((prices, of_region), region, copy, bytes);
        estimate.monthly = estimate.parts.iter().map(|part| part.monthly).sum();
        Some(estimate)
    }

    fn storage(&mut self, prices: &RegionPrices, terms: &Terms) {
        let (item, name) = if terms.one_zone {
            (Item::OneZone, "One Zone storage")
        } else {
            (Item::Standard, "storage")
        };
        self.stored(prices, (item, "stored"), name, terms.sizes.standard);
        if terms.sizes.ia > 0 {
            self.stored(prices, (terms.ia(), "stored"), "Infrequent Access", terms.sizes.ia);
        }
        if terms.sizes.archive > 0 {
            self.stored(prices, (Item::Archive, "stored"), "Archive", terms.sizes.archive);
        }
        if terms.has(Transition::ToIa, terms.sizes.ia) {
            self.used(prices, Item::IaAccess, "read from Infrequent Access or moved there");
        }
        if terms.has(Transition::ToArchive, terms.sizes.archive) {
            self.used(prices, Item::ArchiveAccess, "read from Archive or moved there");
        }
    }

    fn throughput(&mut self, prices: &RegionPrices, terms: &Terms) {
        match &terms.spec.throughput {
            Throughput::Elastic => {
                self.used(prices, Item::ElasticRead, "read");
                self.used(prices, Item::ElasticWrite, "written");
            }
            Throughput::Provisioned(mibps) => {
                let Some(price) = self.price(prices, Item::Provisioned) else { return };
                // As a person writes it, exactly.
                let Some(provisioned) = Amount::parse(&mibps.to_string()) else { return };
                let one = Amount::parse("1").unwrap_or_default();
                let included = one.share(terms.sizes.standard, GB_OF_A_MIBPS * GB);
                let billed = provisioned.above(included);
                self.parts.push(Part {
                    name: "provisioned throughput".to_owned(),
                    quantity: format!("{billed} MiB/s beyond what comes with the storage"),
                    monthly: price.times(billed),
                });
            }
            Throughput::Bursting => {}
            Throughput::Other(mode) => self.unknown.push(format!("throughput mode `{mode}`")),
        }
    }

    /// The copy in another place, and what is sent there.
    fn replica(
        &mut self,
        (prices, here): (&Prices, &RegionPrices),
        region: &str,
        replication: &BTreeMap<String, String>,
        bytes: u64,
    ) {
        self.copy((prices, here), region, replication, bytes);
        if replication.get("region").is_some_and(|to| to != region) {
            self.used(here, Item::Transfer, "sent to the replica");
        }
    }

    /// The copy alone.
    fn copy(
        &mut self,
        (prices, here): (&Prices, &RegionPrices),
        region: &str,
        replication: &BTreeMap<String, String>,
        bytes: u64,
    ) {
        let to = replication.get("region").map_or(region, String::as_str);
        let item = match replication.get("availability_zone_name") {
            Some(_) => Item::OneZone,
            None => Item::Standard,
        };
        match prices.of(to).filter(|there| there.currency == here.currency) {
            Some(there) => {
                self.stored(there, (item, "in the replica"), &format!("replica in {to}"), bytes);
            }
            None => self.unknown.push(format!("the replica in {to}")),
        }
    }

    /// What is stored, for a month; of an empty file system also the price of more, by what is done.
    fn stored(
        &mut self,
        prices: &RegionPrices,
        (item, done): (Item, &'static str),
        name: &str,
        bytes: u64,
    ) {
        let Some(price) = self.price(prices, item) else { return };
        let (monthly, quantity) = (price.share(bytes, GB), readable(bytes));
        self.parts.push(Part { name: name.to_owned(), quantity, monthly });
        if bytes <= EMPTY_BYTES {
            self.per_use.push(PerUse { name: done, per: "GB-month", price });
        }
    }

    /// What is charged by use.
    fn used(&mut self, prices: &RegionPrices, item: Item, name: &'static str) {
        if let Some(price) = self.price(prices, item) {
            self.per_use.push(PerUse { name, per: "GB", price });
        }
    }

    fn price(&mut self, prices: &RegionPrices, item: Item) -> Option<Amount> {
        let price = prices.prices.get(&item).copied();
        let name = item.named().to_owned();
        if price.is_none() && !self.unknown.contains(&name) {
            self.unknown.push(name);
        }
        price
    }
}

/// What a file system is, as far as its costs depend on it.
struct Terms<'a> {
    spec: &'a Spec,
    sizes: Sizes,
    one_zone: bool,
}

impl Terms<'_> {
    /// Infrequent Access, as this file system pays for it: only regional ones have another price
    /// with elastic throughput.
    fn ia(&self) -> Item {
        match self.spec.throughput {
            _ if self.one_zone => Item::OneZoneIa,
            Throughput::Elastic => Item::IaElastic,
            Throughput::Bursting | Throughput::Provisioned(_) | Throughput::Other(_) => Item::Ia,
        }
    }

    /// Whether files are in a colder class, or come there.
    fn has(&self, transition: Transition, bytes: u64) -> bool {
        let moves = self.spec.lifecycle.as_ref().is_some_and(|all| all.contains_key(&transition));
        moves || bytes > 0
    }
}
