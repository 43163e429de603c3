//! Which version of the add-on a cluster gets.

use inputs::Problem;

use super::spec::{Observed, Offered};
use crate::chart::{ChartVersion, of_driver};
use crate::resources::driver::DriverInputs;

/// The version of the add-on, or why there is none, with the remedy.
///
/// One that is installed stays, as a newer default restarts the driver on every node; it goes only
/// where the cluster's Kubernetes version does not have it any more. One that was asked for by its
/// version stays even then.
pub fn version(inputs: &DriverInputs, observed: &Observed) -> Result<String, (String, String)> {
    let fitting = fitting(observed);
    let names: Vec<&str> = fitting.iter().map(|offered| offered.version.as_str()).collect();
    let kubernetes = observed.kubernetes.as_deref().unwrap_or("this cluster");
    let installed = observed.found.as_ref().map(|found| found.version.as_str());
    if let Some(pinned) = &inputs.addon.version {
        if names.contains(&pinned.as_str()) || installed == Some(pinned.as_str()) {
            return Ok(pinned.clone());
        }
        return Err((
            format!("EKS does not offer the add-on's version {pinned} for Kubernetes {kubernetes}"),
            format!("set `addon_version` to one of {}, or leave it out", names.join(", ")),
        ));
    }
    if let Some(installed) = installed.filter(|version| names.contains(version)) {
        return Ok(installed.to_owned());
    }
    default(&fitting, observed).map(str::to_owned).ok_or_else(|| {
        (
            format!("EKS offers no version of the add-on for Kubernetes {kubernetes}"),
            "install the chart instead: leave out `driver = \"addon\"`".to_owned(),
        )
    })
}

/// The versions that EKS offers for the cluster's Kubernetes version.
fn fitting(observed: &Observed) -> Vec<&Offered> {
    let fits = |offered: &&Offered| {
        let of = |(cluster, _): &(String, bool)| Some(cluster) == observed.kubernetes.as_ref();
        observed.kubernetes.is_none() || offered.clusters.iter().any(of)
    };
    observed.offered.iter().filter(fits).collect()
}

/// Whether EKS offers a version for the cluster's Kubernetes version.
pub(super) fn is_offered(version: &str, observed: &Observed) -> bool {
    fitting(observed).iter().any(|offered| offered.version == version)
}

/// The default of the cluster's Kubernetes version; where none is marked, the newest that fits.
fn default<'a>(fitting: &[&'a Offered], observed: &Observed) -> Option<&'a str> {
    let is_default = |offered: &&&Offered| {
        let of = |(cluster, default): &(String, bool)| {
            *default && Some(cluster) == observed.kubernetes.as_ref()
        };
        offered.clusters.iter().any(of)
    };
    let chosen = fitting.iter().find(is_default).or(fitting.first())?;
    Some(&chosen.version)
}

/// The default version, where the installed one is another one and nobody asked for a version.
pub(super) fn newer_default(inputs: &DriverInputs, observed: &Observed) -> Option<String> {
    let installed = observed.found.as_ref().filter(|_| inputs.addon.version.is_none())?;
    let fits = |offered: &&Offered| {
        offered.clusters.iter().any(|(cluster, _)| Some(cluster) == observed.kubernetes.as_ref())
    };
    let fitting: Vec<&Offered> = observed.offered.iter().filter(fits).collect();
    let default = default(&fitting, observed)?;
    let newer = number(default) > number(&installed.version);
    newer.then(|| default.to_owned())
}

/// The numbers of the driver in an add-on's version, such as `v2.1.4-eksbuild.1`.
fn number(version: &str) -> Option<(u16, u16, u16)> {
    let driver = version.strip_prefix('v')?.split('-').next()?;
    let mut parts = driver.split('.').map(|part| part.parse::<u16>().ok());
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Some(major)), Some(Some(minor)), Some(Some(patch)), None) => {
            Some((major, minor, patch))
        }
        _ => None,
    }
}

/// Reads the version of an add-on, as `DescribeAddonVersions` writes it.
pub(crate) fn parsed(text: &str) -> Result<String, Problem> {
    match chart_of(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(Problem::new(
            format!("`{}` is not a version of an add-on", text.escape_debug()),
            "write it as `aws eks describe-addon-versions` does, such as \"v2.1.4-eksbuild.1\"",
        )),
    }
}

/// The chart with the driver of an add-on's version: what depends on the driver is known by charts.
pub fn chart_of(version: &str) -> Option<ChartVersion> {
    number(version).map(of_driver)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_driver_stands_in_that_of_the_add_on() {
        assert_eq!(number("v2.1.4-eksbuild.1"), Some((2, 1, 4)));
        for text in ["2.1.4", "v2.1", "v2.1.4.5-eksbuild.1", "latest"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_driver_knows_is_what_its_chart_says() {
        for (addon, efs_proxy, prefixed) in [
            ("v1.5.8-eksbuild.1", false, false),
            ("v1.7.6-eksbuild.2", false, false),
            ("v2.1.7-eksbuild.1", true, false),
            ("v3.0.0-eksbuild.1", true, true),
            ("v9.0.0-eksbuild.1", true, true),
        ] {
            let chart = chart_of(addon).unwrap();
            assert_eq!(chart >= ChartVersion::EFS_PROXY, efs_proxy, "{addon}");
            assert_eq!(chart >= ChartVersion::PREFIXED_HANDLES, prefixed, "{addon}");
        }
    }
}
