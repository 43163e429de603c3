//! Whether the driver is installed, and where its chart comes from.

use inputs::Problem;
use serde::{Deserialize, Serialize};

/// What a deployment does about the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriverMode {
    /// Installs it, and refuses where somebody else did.
    Install,
    /// Takes over a release of our name that somebody else made.
    Adopt,
    /// Leaves it alone.
    Skip,
}

/// Where the chart comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelmChart {
    /// A repository, by URL.
    Repository {
        /// The chart's name in it.
        name: String,
        /// The repository.
        url: String,
    },
    /// An OCI reference, `oci://HOST/PATH/NAME`.
    Oci(String),
    /// An archive, a `.tgz` file.
    Archive(String),
    /// A folder that holds a chart.
    Folder(String),
}

impl HelmChart {
    /// Reads what `helm_chart` and `helm_repository` say; a chart's name alone
    /// is looked for in the default repository where none is given.
    pub fn parse(
        chart: &str,
        repository: Option<&str>,
        default: &str,
    ) -> Result<HelmChart, Problem> {
        let hidden = chart.contains(char::is_control) || chart.starts_with('-');
        if chart.is_empty() || hidden {
            return Err(Problem::new(
                format!("`{}` names no chart", chart.escape_debug()),
                "write a chart's name, an `oci://` reference, a `.tgz` file, or a folder with a `/` in it",
            ));
        }
        let local = chart.contains('/') || chart.starts_with('.') || is_archive(chart);
        if !local {
            let url = repository.unwrap_or(default).to_owned();
            return Ok(HelmChart::Repository { name: chart.to_owned(), url });
        }
        if repository.is_some() {
            return Err(Problem::new(
                format!(
                    "`helm_repository` is given, and `{}` is not in a repository",
                    chart.escape_debug()
                ),
                "leave out `helm_repository`, or write the chart's name alone",
            ));
        }
        Ok(match chart {
            oci if oci.starts_with("oci://") => HelmChart::Oci(oci.to_owned()),
            file if is_archive(file) => HelmChart::Archive(file.to_owned()),
            folder => HelmChart::Folder(folder.to_owned()),
        })
    }
}

fn is_archive(path: &str) -> bool {
    [".tgz", ".tar.gz"].iter().any(|end| path.ends_with(end))
}

/// The URL of a chart repository. Credentials in it would end up in the
/// arguments of Helm, where everybody on the machine can read them.
pub fn repository(text: &str) -> Result<String, Problem> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let fine = rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    if !fine {
        return Err(Problem::new(
            format!("`{}` is not the URL of a chart repository", text.escape_debug()),
            "write it as https://HOST/PATH; OCI references go into `helm_chart`",
        ));
    }
    if rest.is_some_and(|rest| rest.split('/').next().unwrap_or_default().contains('@')) {
        return Err(Problem::new(
            "`helm_repository` has credentials in it",
            "log in with `helm registry login`, or keep them in Helm's own configuration",
        ));
    }
    Ok(text.to_owned())
}

/// A Helm release as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedRelease {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The name that its chart must have.
    pub chart_name: String,
    /// Where its chart comes from.
    pub chart: HelmChart,
    /// The version of its chart.
    pub version: String,
    /// The SHA-256 of its chart's archive, where it is known.
    pub digest: Option<String>,
    /// The values that it gets.
    pub values: serde_json::Value,
    /// Whose it is.
    pub owner: String,
}
