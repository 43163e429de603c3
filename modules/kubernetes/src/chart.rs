//! Where a chart comes from, and what was read of it.

use inputs::Problem;
use plan::{Refusal, Scope, files};
use serde::{Deserialize, Serialize};

use crate::values::ChartValues;

/// Where a chart comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartSource {
    Repository {
        /// The chart's name in it.
        name: String,
        url: String,
    },
    /// An OCI reference, `oci://HOST/PATH/NAME`.
    Oci(String),
    /// An archive, a `.tgz` file.
    Archive(String),
    /// A folder that holds a chart.
    Folder(String),
}

impl ChartSource {
    /// Reads what `helm_chart` and `helm_repository` say; a chart's name alone
    /// is looked for in the default repository where none is given.
    pub fn parse(
        chart: &str,
        repository: Option<&str>,
        default: &str,
    ) -> Result<ChartSource, Problem> {
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
            return Ok(ChartSource::Repository { name: chart.to_owned(), url });
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
            oci if oci.starts_with("oci://") => ChartSource::Oci(oci.to_owned()),
            file if is_archive(file) => ChartSource::Archive(file.to_owned()),
            folder => ChartSource::Folder(folder.to_owned()),
        })
    }

    /// Where kustomize finds the chart: its name, and its repository or the folder that it is in.
    pub fn for_kustomize(&self) -> (&str, Option<&str>, Option<&str>) {
        match self {
            ChartSource::Repository { name, url } => (name, Some(url), None),
            ChartSource::Oci(reference) => match reference.rsplit_once('/') {
                Some((repository, name)) => (name, Some(repository), None),
                None => (reference, None, None),
            },
            ChartSource::Archive(path) | ChartSource::Folder(path) => {
                let path = path.trim_end_matches('/');
                match path.rsplit_once('/') {
                    Some((home, name)) => {
                        (name, None, Some(if home.is_empty() { "/" } else { home }))
                    }
                    None => (path, None, Some(".")),
                }
            }
        }
    }
}

/// The refusal of an archive where a kustomization must name the chart.
pub fn archive_for_kustomize(scope: &Scope, file: &str, source: &ChartSource) -> Option<Refusal> {
    let ChartSource::Archive(path) = source else { return None };
    Some(Refusal::new(
        scope.address(files::KIND, Some(file)),
        format!("kustomize takes no chart archive, and `helm_chart` is `{path}`"),
        "unpack it and give the folder, or a chart of a repository",
    ))
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

/// A chart as it was read from where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundChart {
    pub name: String,
    pub version: String,
    pub values: ChartValues,
    /// The SHA-256 of its archive in hexadecimal; a folder has none.
    pub digest: Option<String>,
}
