//! Subcommand: cargo xtask matrix

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

use crate::print::print;

/// The chart versions: the default and the newest that was looked at.
const CHARTS: &[&str] = &["2.4.5", "4.4.1"];

/// Kubernetes versions with the image of `kind` that has them; the last one is
/// the default of the `kind` that `tools/` pins.
const KUBERNETES: &[(&str, &str)] = &[
    ("1.34", "kindest/node:v1.34.0"),
    ("1.35", "kindest/node:v1.35.0"),
    (
        "1.37",
        "kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5",
    ),
];

/// What stands in for AWS.
const AWS: &[&str] = &["sandbox", "moto", "ministack", "localstack"];

/// Those that need no token.
const FREE: &[&str] = &["sandbox", "moto", "ministack"];

/// Print the CI matrix as JSON.
///
/// It has an entry per chart version, Kubernetes version and stand-in for AWS, as GitHub's
/// `include` takes it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cargo xtask matrix
  cargo xtask matrix --chart 4.4.1 --aws sandbox,ministack
  echo \"matrix=$(cargo xtask matrix)\" >> \"$GITHUB_OUTPUT\"")]
pub(super) struct Args {
    /// Chart versions [default: all]
    #[arg(long, value_name = "VERSION", value_delimiter = ',', value_parser = PossibleValuesParser::new(CHARTS))]
    chart: Vec<String>,
    /// Kubernetes versions [default: all]
    #[arg(long, value_name = "VERSION", value_delimiter = ',', value_parser = PossibleValuesParser::new(KUBERNETES.iter().map(|(version, _)| *version)))]
    kubernetes: Vec<String>,
    /// Emulators of AWS [default: all that need no token]
    #[arg(long, value_name = "AWS", value_delimiter = ',', value_parser = PossibleValuesParser::new(AWS))]
    aws: Vec<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    print(format!("{}\n", matrix(args)))?;
    Ok(ExitCode::SUCCESS)
}

fn matrix(args: &Args) -> Value {
    let chosen =
        |given: &[String], name: &str| given.is_empty() || given.iter().any(|it| it == name);
    let mut include = Vec::new();
    for chart in CHARTS.iter().filter(|chart| chosen(&args.chart, chart)) {
        for (kubernetes, image) in KUBERNETES.iter().filter(|(it, _)| chosen(&args.kubernetes, it))
        {
            let asked = if args.aws.is_empty() { FREE } else { AWS };
            for aws in asked.iter().filter(|aws| chosen(&args.aws, aws)) {
                include.push(json!({
                    "chart": chart,
                    "kubernetes": kubernetes,
                    "image": image,
                    "aws": aws,
                    "name": format!("chart {chart}, Kubernetes {kubernetes}, {aws}"),
                }));
            }
        }
    }
    json!({ "include": include })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn includes(chart: &[&str], kubernetes: &[&str], aws: &[&str]) -> Vec<Value> {
        let owned = |given: &[&str]| given.iter().map(|&it| it.to_owned()).collect();
        let args = Args { chart: owned(chart), kubernetes: owned(kubernetes), aws: owned(aws) };
        matrix(&args)["include"].as_array().unwrap().clone()
    }

    #[test]
    fn everything_is_combined_with_everything() {
        assert_eq!(includes(&[], &[], &[]).len(), CHARTS.len() * KUBERNETES.len() * FREE.len());
    }

    #[test]
    fn flags_restrict_it_and_what_needs_a_token_comes_when_asked_for() {
        let one = includes(&["4.4.1"], &["1.35"], &["localstack"]);
        assert_eq!(one.len(), 1);
        assert_eq!(one[0]["image"], "kindest/node:v1.35.0");
        assert_eq!(one[0]["aws"], "localstack");
    }
}
