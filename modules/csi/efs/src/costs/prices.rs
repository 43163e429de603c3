//! Tables of prices: the one that comes with the program, and those that people give.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use inputs::{Problem, nearest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::money::Amount;

/// The table that comes with the program; each region names the source and the day of its prices.
const BUILT_IN: &str = include_str!("prices.json");

inputs::words! {
    /// What AWS charges for, in its own units: a GB is 2^30 bytes, as it meters EFS.
    pub enum Item {
        /// Storage of a regional file system.
        Standard = "standard_gb_month",
        /// Infrequent Access, with bursting and provisioned throughput.
        Ia = "ia_gb_month",
        /// Infrequent Access, with elastic throughput.
        IaElastic = "ia_elastic_gb_month",
        /// Archive, which takes elastic throughput.
        Archive = "archive_gb_month",
        /// Storage of a One Zone file system.
        OneZone = "one_zone_gb_month",
        /// Infrequent Access of a One Zone file system.
        OneZoneIa = "one_zone_ia_gb_month",
        /// What is read with elastic throughput.
        ElasticRead = "elastic_read_gb",
        /// What is written with elastic throughput.
        ElasticWrite = "elastic_write_gb",
        /// What is read from Infrequent Access or moved there, beside the throughput.
        IaAccess = "ia_access_gb",
        /// What is read from Archive or moved there, beside the throughput.
        ArchiveAccess = "archive_access_gb",
        /// Provisioned throughput beyond what comes with the storage.
        Provisioned = "provisioned_mibps_month",
        /// What AWS Backup keeps, in warm storage.
        Backup = "backup_gb_month",
        /// What a replication sends to another region.
        Transfer = "transfer_gb",
    }
}

impl Item {
    /// As a sentence names what has no price.
    pub(super) fn named(self) -> &'static str {
        match self {
            Item::Standard => "storage",
            Item::OneZone => "One Zone storage",
            Item::Ia | Item::IaElastic => "Infrequent Access",
            Item::OneZoneIa => "One Zone Infrequent Access",
            Item::Archive => "Archive",
            Item::ElasticRead => "elastic reads",
            Item::ElasticWrite => "elastic writes",
            Item::IaAccess => "access to Infrequent Access",
            Item::ArchiveAccess => "access to Archive",
            Item::Provisioned => "provisioned throughput",
            Item::Backup => "backups",
            Item::Transfer => "what a replication sends",
        }
    }
}

/// What AWS charges, by region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prices {
    regions: BTreeMap<String, RegionPrices>,
}

/// The prices of one region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionPrices {
    /// The day that they are of, as `YYYY-MM-DD`.
    pub date: String,
    /// Where they are from.
    pub source: Option<String>,
    /// The currency's code; `USD` where none is given.
    pub currency: String,
    pub(super) prices: BTreeMap<Item, Amount>,
}

/// A mistake in a table of prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceMistake {
    /// Where in the table, such as `eu-west-1.prices.standard_gb_month`; empty for the whole.
    pub place: String,
    pub problem: Problem,
}

impl Prices {
    /// The table that comes with the program.
    pub fn built_in() -> &'static Prices {
        static TABLE: OnceLock<Prices> = OnceLock::new();
        // A test reads it: a mistake in it never leaves the repository.
        TABLE.get_or_init(|| Prices::parse(BUILT_IN).unwrap_or_default())
    }

    /// Reads a table, JSON by regions; or every mistake in it.
    pub fn parse(text: &str) -> Result<Prices, Vec<PriceMistake>> {
        let mut mistakes = Mistakes::default();
        let regions = match serde_json::from_str(text) {
            Ok(Value::Object(regions)) => regions,
            Ok(_) => {
                mistakes.add("", "it is no object of regions", EXAMPLE);
                Map::new()
            }
            Err(error) => {
                mistakes.add("", format!("it is no JSON: {error}"), EXAMPLE);
                Map::new()
            }
        };
        if regions.is_empty() && mistakes.0.is_empty() {
            mistakes.add("", "it names no region", EXAMPLE);
        }
        let mut table = Prices::default();
        for (region, value) in regions {
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !region.chars().all(is_name) || !region.contains('-') {
                mistakes.add(&region, "it is no region", "write one such as `eu-west-1`");
            }
            if let Some(prices) = RegionPrices::read(&region, &value, &mut mistakes) {
                table.regions.insert(region, prices);
            }
        }
        if mistakes.0.is_empty() { Ok(table) } else { Err(mistakes.0) }
    }

    /// The built-in table with the regions of this one in the place of its own.
    #[must_use]
    pub fn over_built_in(self) -> Prices {
        let mut table = Prices::built_in().clone();
        table.regions.extend(self.regions);
        table
    }

    /// Those of a region, where they are known.
    pub fn of(&self, region: &str) -> Option<&RegionPrices> {
        self.regions.get(region)
    }
}

/// What to write, where there is nothing to go by.
const EXAMPLE: &str = "write `{ \"eu-west-1\": { \"date\": \"2026-01-31\", \"prices\": { \
                       \"standard_gb_month\": \"0.33\" } } }`";

#[derive(Default)]
struct Mistakes(Vec<PriceMistake>);

impl Mistakes {
    fn add(&mut self, place: &str, message: impl Into<String>, remedy: impl Into<String>) {
        let problem = Problem::new(message, remedy);
        self.0.push(PriceMistake { place: place.to_owned(), problem });
    }
}

/// The members of a region.
const MEMBERS: [&str; 4] = ["date", "source", "currency", "prices"];

impl RegionPrices {
    fn read(region: &str, value: &Value, mistakes: &mut Mistakes) -> Option<RegionPrices> {
        let Some(members) = value.as_object() else {
            mistakes.add(region, "it is no object", EXAMPLE);
            return None;
        };
        for name in members.keys().filter(|name| !MEMBERS.contains(&name.as_str())) {
            let remedy = unknown(name, MEMBERS);
            mistakes.add(&format!("{region}.{name}"), "there is no such member", remedy);
        }
        let mut text = |name: &str, wanted: &str, is_right: fn(&str) -> bool| {
            let value = members.get(name)?;
            let text = value.as_str().filter(|text| is_right(text));
            if text.is_none() {
                let place = format!("{region}.{name}");
                mistakes.add(&place, format!("{value} is no {name}"), format!("write {wanted}"));
            }
            text.map(str::to_owned)
        };
        let date = text("date", "the day that the prices are of, as `2026-01-31`", is_date);
        let source = text("source", "where the prices are from", |text| !text.is_empty());
        let currency = text("currency", "a code such as `USD`", |text| {
            text.len() == 3 && text.bytes().all(|c| c.is_ascii_uppercase())
        });
        if !members.contains_key("date") {
            let place = format!("{region}.date");
            mistakes.add(&place, "it is missing", "write the day that the prices are of");
        }
        let prices = read_prices(region, members.get("prices"), mistakes);
        let currency = currency.unwrap_or_else(|| "USD".to_owned());
        Some(RegionPrices { date: date?, source, currency, prices })
    }
}

fn read_prices(
    region: &str,
    value: Option<&Value>,
    mistakes: &mut Mistakes,
) -> BTreeMap<Item, Amount> {
    let mut prices = BTreeMap::new();
    let Some(given) = value.and_then(Value::as_object).filter(|given| !given.is_empty()) else {
        let place = format!("{region}.prices");
        mistakes.add(&place, "there are no prices", EXAMPLE);
        return prices;
    };
    for (name, value) in given {
        let place = format!("{region}.prices.{name}");
        let Ok(item) = Item::one_of(name) else {
            let names = Item::ALL.iter().map(|item| item.as_str());
            mistakes.add(&place, "there is no such price", unknown(name, names));
            continue;
        };
        let written = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match Amount::parse(&written) {
            Some(price) => _ = prices.insert(item, price),
            None => mistakes.add(
                &place,
                format!("{value} is no price"),
                "write a decimal number of at most six places, such as `\"0.0133\"`",
            ),
        }
    }
    prices
}

fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// Whether it is a day as `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, length: usize| {
        let is_number = part.len() == length && part.bytes().all(|c| c.is_ascii_digit());
        is_number.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_this_program_has_no_mistake_and_says_where_each_price_is_from() {
        let table = Prices::parse(BUILT_IN).unwrap();
        assert_eq!(Prices::built_in(), &table);
        assert!(table.regions.len() >= 5);
        for (region, prices) in &table.regions {
            let mut known = inputs::REGIONS.iter().flat_map(|(_, regions)| *regions);
            assert!(known.any(|known| known == region), "{region}");
            assert!(prices.source.is_some(), "{region} has no source");
            assert!(prices.prices.contains_key(&Item::Standard), "{region}");
            let is_positive = |price: &Amount| !price.is_zero();
            assert!(prices.prices.values().all(is_positive), "{region}");
        }
        let whole = &table.of("us-east-1").unwrap().prices;
        let unknown: Vec<&Item> =
            Item::ALL.iter().filter(|item| !whole.contains_key(item)).collect();
        assert_eq!(unknown, [&Item::Transfer]);
    }

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for day in ["2024-02-29", "2000-02-29", "2026-12-31"] {
            assert!(is_date(day), "{day}");
        }
        for day in ["2023-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "26-1-1"]
        {
            assert!(!is_date(day), "{day}");
        }
        for day in ["", "2026-01", "2026-01-00", "2026-01-01-01", "+026-01-01", "today"] {
            assert!(!is_date(day), "{day}");
        }
    }

    #[test]
    fn every_mistake_of_a_table_is_named_at_once_with_its_place() {
        let text = r#"{
            "eu-west-1": { "date": "2026-02-30", "prises": {}, "prices": {
                "standard_gb_mont": "0.33", "ia_gb_month": -1, "archive_gb_month": "0.0000001",
                "backup_gb_month": true } },
            "Ireland": { "prices": {} },
            "eu-west-2": 7
        }"#;
        let mistakes = Prices::parse(text).unwrap_err();
        let places: Vec<&str> = mistakes.iter().map(|mistake| mistake.place.as_str()).collect();
        assert_eq!(
            places,
            [
                "Ireland",
                "Ireland.date",
                "Ireland.prices",
                "eu-west-1.prises",
                "eu-west-1.date",
                "eu-west-1.prices.archive_gb_month",
                "eu-west-1.prices.backup_gb_month",
                "eu-west-1.prices.ia_gb_month",
                "eu-west-1.prices.standard_gb_mont",
                "eu-west-2",
            ]
        );
        assert_eq!(mistakes[8].problem.remedy, "did you mean `standard_gb_month`?");
        assert!(mistakes.iter().all(|mistake| !mistake.problem.remedy.is_empty()));
        for (text, told) in [("[]", "no object"), ("{}", "no region"), ("{", "no JSON")] {
            let mistakes = Prices::parse(text).unwrap_err();
            assert_eq!(mistakes.len(), 1);
            assert!(mistakes[0].problem.message.contains(told), "{mistakes:?}");
        }
    }

    #[test]
    fn a_table_of_ones_own_takes_the_place_of_the_regions_that_it_names() {
        let text = r#"{ "us-east-1": { "date": "2026-01-31", "currency": "EUR", "prices": {
            "standard_gb_month": 0.27 } } }"#;
        let table = Prices::parse(text).unwrap().over_built_in();
        let own = table.of("us-east-1").unwrap();
        assert_eq!((own.currency.as_str(), own.prices.len()), ("EUR", 1));
        assert_eq!(own.prices[&Item::Standard].to_string(), "0.27");
        assert_eq!(table.of("eu-west-1"), Prices::built_in().of("eu-west-1"));
        let kept = serde_json::to_string(&table).unwrap();
        assert_eq!(serde_json::from_str::<Prices>(&kept).unwrap(), table);
    }
}
