//! The flags that commands share, and one flag per input.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use efs::TargetConsent;
use inputs::{Input, Kind};
use job::Output;

/// The heading of what a plan may do beyond adding and changing.
pub(crate) const CONSENT: &str = "Consent";

/// How the headings of inputs begin.
pub(crate) const INPUTS: &str = "Inputs: ";

/// No heading of its own: a flag of one command, which stands before those that commands share.
pub(crate) const OWN: Option<&str> = None;

/// The deployment that a command is about.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Deployment")]
pub(crate) struct DeploymentArgs {
    /// HCL file that describes the deployment [default: clockwork.hcl here, or else the example of the repository]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Use only this `module` block, if the file has several of `./modules/csi/efs`
    #[arg(long, value_name = "LABEL")]
    pub(crate) module: Option<String>,
    /// Set a variable of the file; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub(crate) vars: Vec<String>,
    /// Set variables from a file of `NAME = VALUE` lines; may be repeated, the last one wins
    #[arg(long = "var-file", value_name = "FILE")]
    pub(crate) var_files: Vec<PathBuf>,
    /// Print where each value comes from: flag, variable, file with its line, or default
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) inputs: InputFlags<Storage>,
}

/// Where the deployment goes, and how the run behaves.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct Run {
    /// Write manifests into this directory, for Argo CD or CI, instead of changing a cluster
    #[arg(long, value_name = "DIR", conflicts_with = "context")]
    pub(crate) manifests: Option<PathBuf>,
    /// Context of the kubeconfig, or `in-cluster` inside a pod. Unless the context is proved to be
    /// the cluster of `cluster_name`, deletions and replacements need it to be named here [default:
    /// the current one; with `--sandbox`, documents in a directory beside the state of the sandbox]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Do not wait until the driver is ready
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Use a local AWS for this run, with its state under `target/`
    #[arg(long, conflicts_with = "endpoint_url")]
    pub(crate) sandbox: bool,
    /// Endpoint to use instead of AWS, such as an emulator's
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) endpoint_url: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) output: Format,
    /// Time limit of the whole run, such as `90s` or `20m`
    #[arg(long, default_value = "15m", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
    /// Write a timeline to this file, as one page: steps, calls, waits, retries, critical path
    #[arg(long, value_name = "FILE.html")]
    pub(crate) timeline: Option<PathBuf>,
    /// How progress is written to standard error: `json` is one line for each event, with step,
    /// request id, account and identity
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// Append one line of JSON for each change to this file: who changed what where, by which plan
    #[arg(long, value_name = "FILE")]
    pub(crate) audit: Option<PathBuf>,
    /// Estimate costs with the prices of this JSON file, for the regions that it names: a date and
    /// prices for each, such as `standard_gb_month` and `elastic_read_gb`
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// Print the order instead of starting `live`: for tests and benchmarks, which start it themselves
    #[arg(long, hide = true)]
    pub(crate) print_job: bool,
    /// Print every AWS call to standard error
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl Run {
    /// A run that looks at AWS and at no cluster.
    pub(crate) fn looking(sandbox: bool, endpoint_url: Option<String>, output: Format) -> Run {
        Run {
            // Nothing is read there, and nothing is written.
            manifests: (!sandbox).then(|| PathBuf::from("manifests")),
            context: None,
            no_wait: true,
            sandbox,
            endpoint_url,
            output,
            timeout: Duration::from_mins(15),
            timeline: None,
            log_format: LogFormat::Text,
            audit: None,
            prices: None,
            print_job: false,
            verbose: 0,
        }
    }
}

/// How a deploy ends.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct CanaryArgs {
    /// Skip the canary, a claim of the class that is created, bound and deleted at the end
    #[arg(long)]
    pub(crate) no_canary: bool,
}

/// What may be done to mount targets that are there, beside what `--yes` consents to.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = CONSENT)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own")]
pub(crate) struct TargetFlags {
    /// Remove and move mount targets as the network that is found says, or all at once to another
    /// VPC: pods lose their mounts, one zone after the other. Given for one file at a time
    #[arg(long, conflicts_with = "fleet")]
    replace_mount_targets: bool,
    /// Take off mount targets the security groups that no input names, which stay otherwise
    #[arg(long)]
    remove_security_groups: bool,
    /// Overwrite a file-system policy that somebody else put; it stays otherwise
    #[arg(long)]
    replace_file_system_policy: bool,
    /// End a replication that is there for the one that the inputs want: its copy stays, and EFS
    /// makes another one from the beginning
    #[arg(long)]
    replace_replication: bool,
}

impl From<TargetFlags> for TargetConsent {
    fn from(flags: TargetFlags) -> TargetConsent {
        let TargetFlags {
            replace_mount_targets,
            remove_security_groups,
            replace_file_system_policy,
            replace_replication,
        } = flags;
        TargetConsent {
            replace_mount_targets,
            remove_security_groups,
            replace_file_system_policy,
            replace_replication,
        }
    }
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
}

impl From<Format> for Output {
    fn from(format: Format) -> Output {
        match format {
            Format::Text => Output::Text,
            Format::Json => Output::Json,
        }
    }
}

/// How progress is written to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One line of JSON for each event
    Json,
}

impl From<LogFormat> for job::LogFormat {
    fn from(format: LogFormat) -> job::LogFormat {
        match format {
            LogFormat::Text => job::LogFormat::Text,
            LogFormat::Json => job::LogFormat::Json,
        }
    }
}

/// A module whose inputs have a flag each, made from the module's own table.
pub(crate) trait Flagged {
    /// The module's inputs.
    const INPUTS: &'static [Input];
    /// How their flags begin.
    const PREFIX: &'static str;
    /// The headings under which the help lists them, each with the name of its first input. The short
    /// help has the first of them only.
    const SECTIONS: &'static [(&'static str, &'static str)];

    /// The inputs that have a flag, with their flags' names.
    fn flags() -> impl Iterator<Item = (&'static Input, String)> {
        Self::INPUTS.iter().map(|input| (input, format!("{}{}", Self::PREFIX, input.flag())))
    }
}

/// `./modules/csi/efs`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Storage;

impl Flagged for Storage {
    const INPUTS: &'static [Input] = efs::INPUTS;
    const PREFIX: &'static str = "";
    const SECTIONS: &'static [(&'static str, &'static str)] = &[
        ("aws_region", "Inputs: Main"),
        ("security_group_ids", "Inputs: Mount targets"),
        ("driver", "Inputs: Driver"),
        ("aws_account_id", "Inputs: File system"),
        ("nfs_clients", "Inputs: NFS clients"),
        ("directory_perms", "Inputs: StorageClass"),
    ];
}

/// `./modules/graphscope`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Workload;

impl Flagged for Workload {
    const INPUTS: &'static [Input] = graphscope::INPUTS;
    const PREFIX: &'static str = graphscope::FLAGS;
    const SECTIONS: &'static [(&'static str, &'static str)] =
        &[("kind", "Inputs: GraphScope workload")];
}

/// The flags of a module's inputs.
#[derive(Debug, Clone, Default)]
pub(crate) struct InputFlags<M> {
    /// The raw values, by input name.
    pub(crate) given: BTreeMap<&'static str, Vec<String>>,
    module: PhantomData<M>,
}

impl<M: Flagged> Args for InputFlags<M> {
    fn augment_args(mut command: Command) -> Command {
        let mut section = 0;
        for (input, flag) in M::flags() {
            if M::SECTIONS.get(section + 1).is_some_and(|(first, _)| *first == input.name) {
                section += 1;
            }
            let mut help = input.description.to_owned();
            if let Some(default) = input.default {
                help.push_str(&format!(" [default: {default}]"));
            }
            let (name, action) = match input.kind {
                Kind::String => ("TEXT", ArgAction::Set),
                Kind::Number => ("NUMBER", ArgAction::Set),
                Kind::Bool => ("BOOL", ArgAction::Set),
                Kind::Strings if input.name.ends_with("_policy_documents") => {
                    ("JSON", ArgAction::Append)
                }
                Kind::Strings => ("A,B", ArgAction::Append),
                Kind::Map => ("KEY=VALUE,…", ArgAction::Append),
                // As Helm's `--values`: the last one wins, key by key.
                Kind::Values => ("FILE", ArgAction::Append),
            };
            let mut arg = Arg::new(flag.clone())
                .long(flag)
                .value_name(name)
                .help(help)
                .help_heading(M::SECTIONS[section].1)
                .hide_short_help(section > 0)
                .action(action)
                .allow_hyphen_values(true);
            if input.kind == Kind::Bool {
                // `--encrypted` alone means true.
                arg = arg.num_args(0..=1).default_missing_value("true");
            }
            // A policy is JSON, which has commas of its own: each has a flag.
            if input.kind == Kind::Strings && !input.name.ends_with("_policy_documents") {
                arg = arg.value_delimiter(',');
            }
            command = command.arg(arg);
        }
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<M: Flagged> FromArgMatches for InputFlags<M> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = InputFlags { given: BTreeMap::new(), module: PhantomData };
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for (input, flag) in M::flags() {
            if let Some(values) = matches.get_many::<String>(&flag) {
                self.given.insert(input.name, values.cloned().collect());
            }
        }
        Ok(())
    }
}

/// An endpoint that a client can be pointed at.
pub(crate) fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match rest {
        Some(rest)
            if !rest.is_empty() && !rest.contains(char::is_whitespace) && !rest.contains('@') =>
        {
            Ok(text.to_owned())
        }
        _ => Err("write it as http://HOST:PORT or https://HOST, without credentials".to_owned()),
    }
}
