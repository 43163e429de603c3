//! Zones and regions.

use super::call::Call;
use super::errors::invalid_value;
use super::listing::{By, all, filters, nothing, one, passes};
use crate::error::{AwsError, Result};
use crate::world::Tags;
use crate::world::ec2::{Zone, ZoneKind};
use crate::xml::Element;

/// The regions of each partition that need an opt-in, and those that need none, as botocore
/// 1.43 (`endpoints.json`) and "AWS Regions" (AWS Account Management) list them.
const REGIONS: [(&[&str], &[&str]); 4] = [
    (
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-south-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-west-1",
            "eu-central-2",
            "eu-south-1",
            "eu-south-2",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
        ],
        &[
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ca-central-1",
            "eu-central-1",
            "eu-north-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    (&[], &["cn-north-1", "cn-northwest-1"]),
    (&[], &["us-gov-east-1", "us-gov-west-1"]),
    (&[], &["eusc-de-east-1"]),
];

/// Whether AWS has a region of this name. Those of the isolated partitions are not listed.
pub(crate) fn is_region(name: &str) -> bool {
    let isolated = ["us-iso", "eu-iso"].iter().any(|prefix| name.starts_with(prefix));
    isolated
        || REGIONS
            .iter()
            .any(|(optional, always)| optional.contains(&name) || always.contains(&name))
}

/// Whether an account uses a region only after it opted in.
pub(crate) fn needs_opt_in(name: &str) -> bool {
    REGIONS.iter().any(|(optional, _)| optional.contains(&name))
}

impl Zone {
    /// An Availability Zone: the first one of `us-east-1` is `us-east-1a`, `use1-az1`.
    pub(crate) fn availability_zone(region: &str, n: u8) -> Zone {
        let letter = char::from(b'a' + n);
        Zone {
            name: format!("{region}{letter}"),
            id: format!("{}-az{}", short(region), n + 1),
            kind: ZoneKind::AvailabilityZone,
            group: format!("{region}-zg-1"),
            border_group: region.to_owned(),
            parent: None,
            opted_in: true,
        }
    }

    /// A Local Zone of the first Availability Zone, as `us-east-1-bos-1a`, `use1-bos1-az1`.
    pub(crate) fn local_zone(region: &str) -> Zone {
        Zone {
            name: format!("{region}-bos-1a"),
            id: format!("{}-bos1-az1", short(region)),
            kind: ZoneKind::LocalZone,
            group: format!("{region}-bos-1"),
            border_group: format!("{region}-bos-1"),
            parent: Some((format!("{region}a"), format!("{}-az1", short(region)))),
            opted_in: true,
        }
    }

    /// A Wavelength Zone, as `us-east-1-wl1-bos-wlz-1`, `use1-wl1-bos-wlz1`.
    pub(crate) fn wavelength_zone(region: &str) -> Zone {
        Zone {
            name: format!("{region}-wl1-bos-wlz-1"),
            id: format!("{}-wl1-bos-wlz1", short(region)),
            kind: ZoneKind::WavelengthZone,
            group: format!("{region}-wl1-bos-wlz-1"),
            border_group: format!("{region}-wl1-bos-wlz-1"),
            parent: Some((format!("{region}a"), format!("{}-az1", short(region)))),
            opted_in: true,
        }
    }
}

/// What a region's name is shortened to in the ids of its zones.
///
/// Each part of the region's name gives its initial, both of them where it is made of two
/// directions, but the first part, which stays
/// (<https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>).
fn short(region: &str) -> String {
    let mut short = String::new();
    for (n, part) in region.split('-').enumerate() {
        match part {
            _ if n == 0 => short.push_str(part),
            "northeast" | "northwest" | "southeast" | "southwest" => {
                short.extend([&part[..1], &part[5..6]]);
            }
            _ => short.extend(part.chars().next()),
        }
    }
    short
}

impl ZoneKind {
    fn as_str(self) -> &'static str {
        match self {
            ZoneKind::AvailabilityZone => "availability-zone",
            ZoneKind::LocalZone => "local-zone",
            ZoneKind::WavelengthZone => "wavelength-zone",
        }
    }
}

fn opt_in_status(zone: &Zone) -> &'static str {
    match (zone.kind, zone.opted_in) {
        (ZoneKind::AvailabilityZone, _) => "opt-in-not-required",
        (_, true) => "opted-in",
        (_, false) => "not-opted-in",
    }
}

/// `DescribeAvailabilityZones`: all zones that need no opt-in or have it, and the others
/// with `AllAvailabilityZones`.
pub(super) fn describe(call: &mut Call) -> Result<Vec<Element>> {
    let filters = filters(&call.form, FILTERS, false)?;
    let all = call.form.flag("AllAvailabilityZones")?.unwrap_or(false);
    let region = &*call.context.region;
    let listed = || region.ec2.zones.values().filter(|zone| all || zone.opted_in);
    let (names, ids) = (call.form.list("ZoneName"), call.form.list("ZoneId"));
    for name in &names {
        if !listed().any(|zone| zone.name == *name) {
            return Err(invalid_value(format!("Invalid availability zone: [{name}]")));
        }
    }
    for id in &ids {
        if !listed().any(|zone| zone.id == *id) {
            return Err(invalid_value(format!("Invalid availability zone-id: [{id}]")));
        }
    }
    let mut sorted: Vec<&Zone> = listed().collect();
    sorted.sort_by_key(|zone| zone.kind);
    let items = sorted
        .into_iter()
        .filter(|zone| names.is_empty() || names.contains(&zone.name.as_str()))
        .filter(|zone| ids.is_empty() || ids.contains(&zone.id.as_str()))
        .filter(|zone| passes(*zone, &Tags::new(), region, &filters))
        .map(|zone| item(zone, &region.name));
    Ok(vec![Element::set("availabilityZoneInfo", items)])
}

static FILTERS: &[By<Zone>] = &[
    By("group-long-name", nothing),
    By("group-name", |zone, _| one(&zone.group)),
    By("message", nothing),
    By("opt-in-status", |zone, _| one(opt_in_status(zone))),
    By("parent-zone-id", |zone, _| all(zone.parent.as_ref().map(|(_, id)| id))),
    By("parent-zone-name", |zone, _| all(zone.parent.as_ref().map(|(name, _)| name))),
    By("region-name", |_, region| one(&region.name)),
    By("state", |_, _| one("available")),
    By("zone-id", |zone, _| one(&zone.id)),
    By("zone-name", |zone, _| one(&zone.name)),
    By("zone-type", |zone, _| one(zone.kind.as_str())),
];

fn item(zone: &Zone, region: &str) -> Vec<Element> {
    let mut item = vec![
        Element::text("zoneName", &zone.name),
        Element::text("zoneId", &zone.id),
        Element::text("zoneState", "available"),
        Element::text("zoneType", zone.kind.as_str()),
        Element::text("optInStatus", opt_in_status(zone)),
        Element::text("regionName", region),
        Element::text("groupName", &zone.group),
        Element::text("networkBorderGroup", &zone.border_group),
        Element::set("messageSet", []),
    ];
    if let Some((name, id)) = &zone.parent {
        item.push(Element::text("parentZoneName", name));
        item.push(Element::text("parentZoneId", id));
    }
    item
}

/// `DescribeRegions`: those of the partition that the call was made in. The region in use
/// counts as opted in.
pub(super) fn describe_regions(call: &mut Call) -> Result<Vec<Element>> {
    let filters = filters(&call.form, REGION_FILTERS, false)?;
    let all = call.form.flag("AllRegions")?.unwrap_or(false);
    let own = call.context.region.name.as_str();
    let holds =
        |(optional, always): &&(&[&str], &[&str])| optional.contains(&own) || always.contains(&own);
    let (optional, always) = REGIONS.iter().find(holds).unwrap_or(&REGIONS[0]);
    let status = |name: &str| match (optional.contains(&name), name == own) {
        (false, _) => "opt-in-not-required",
        (true, true) => "opted-in",
        (true, false) => "not-opted-in",
    };
    let mut names: Vec<&'static str> = optional.iter().chain(*always).copied().collect();
    names.sort_unstable();
    let wanted = call.form.list("RegionName");
    if let Some(name) = wanted.iter().find(|name| !names.contains(name)) {
        let message = format!("Invalid region name: '{name}'");
        return Err(AwsError::new(400, "InvalidParameterValue", message));
    }
    let endpoint = |name: &str| format!("ec2.{name}.{}", suffix(name));
    let items = names
        .into_iter()
        .filter(|name| all || status(name) != "not-opted-in")
        .filter(|name| wanted.is_empty() || wanted.contains(name))
        .map(|name| RegionRow { name, endpoint: endpoint(name), status: status(name) })
        .filter(|row| passes(row, &Tags::new(), call.context.region, &filters))
        .map(|RegionRow { name, endpoint, status }| {
            vec![
                Element::text("regionName", name),
                Element::text("regionEndpoint", endpoint),
                Element::text("optInStatus", status),
            ]
        });
    Ok(vec![Element::set("regionInfo", items)])
}

/// A region as it is listed.
struct RegionRow {
    name: &'static str,
    endpoint: String,
    status: &'static str,
}

static REGION_FILTERS: &[By<RegionRow>] = &[
    By("endpoint", |row, _| one(&row.endpoint)),
    By("opt-in-status", |row, _| one(row.status)),
    By("region-name", |row, _| one(row.name)),
];

/// The domain of a region's endpoints.
pub(crate) fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else if region.starts_with("eusc-") {
        "amazonaws.eu"
    } else if region.starts_with("us-iso-") {
        "c2s.ic.gov"
    } else if region.starts_with("us-isob-") {
        "sc2s.sgov.gov"
    } else if region.starts_with("eu-isoe-") {
        "cloud.adc-e.uk"
    } else if region.starts_with("us-isof-") {
        "csp.hci.ic.gov"
    } else {
        "amazonaws.com"
    }
}

/// `DescribeAccountAttributes`: no platform but VPC, and the default VPC where there is one.
pub(super) fn describe_account(call: &mut Call) -> Result<Vec<Element>> {
    let default = call.context.region.ec2.vpcs.values().find(|vpc| vpc.is_default);
    let default = default.map_or("none", |vpc| vpc.id.as_str());
    let all = [("supported-platforms", "VPC"), ("default-vpc", default)];
    let wanted = call.form.list("AttributeName");
    if let Some(name) = wanted.iter().find(|name| !all.iter().any(|(known, _)| known == *name)) {
        return Err(invalid_value(format!("The account attribute '{name}' is not valid")));
    }
    let items = all.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name)).map(
        |(name, value)| {
            let values = [vec![Element::text("attributeValue", value)]];
            vec![Element::text("attributeName", name), Element::set("attributeValueSet", values)]
        },
    );
    Ok(vec![Element::set("accountAttributeSet", items)])
}

#[cfg(test)]
mod tests {
    use super::Zone;

    /// "Availability Zone IDs" (AWS Regions and Availability Zones).
    #[test]
    fn zone_ids_shorten_the_region_as_aws_does() {
        for (region, expected) in [
            ("us-east-1", "use1-az2"),
            ("eu-west-1", "euw1-az2"),
            ("ap-southeast-2", "apse2-az2"),
            ("ap-northeast-1", "apne1-az2"),
            ("ca-central-1", "cac1-az2"),
            ("us-gov-west-1", "usgw1-az2"),
        ] {
            assert_eq!(Zone::availability_zone(region, 1).id, expected);
        }
    }

    #[test]
    fn extending_zones_name_their_parent() {
        let local = Zone::local_zone("us-east-1");
        assert_eq!((local.name.as_str(), local.id.as_str()), ("us-east-1-bos-1a", "use1-bos1-az1"));
        assert_eq!(local.parent, Some(("us-east-1a".to_owned(), "use1-az1".to_owned())));
        let wavelength = Zone::wavelength_zone("us-east-1");
        assert_eq!(wavelength.id, "use1-wl1-bos-wlz1");
    }
}
