//! Terraform with its AWS provider, in a folder of its own.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use xshell::{Shell, cmd};

use super::{files, shell};
use crate::Aws;

/// The provider, as a mirror of plugins names it.
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// What Terraform leaves behind of one configuration.
pub struct Terraform {
    folder: TempDir,
    shell: Shell,
}

impl Terraform {
    /// A copy of `tests/clients/terraform/NAME`, initialised.
    ///
    /// # Panics
    /// Where there is no Terraform, or it finds no AWS provider.
    pub fn of(name: &str, aws: &Aws) -> Terraform {
        let (folder, shell) = (tempfile::tempdir().unwrap(), shell(&aws.url));
        let from = files().join("terraform").join(name).join("main.tf");
        shell.copy_file(from, folder.path().join("main.tf")).unwrap();
        shell.change_dir(folder.path());
        shell.set_var("TF_IN_AUTOMATION", "1");
        shell.set_var("CHECKPOINT_DISABLE", "1");
        let config = folder.path().join("terraformrc");
        shell.write_file(&config, mirror().map(installation).unwrap_or_default()).unwrap();
        shell.set_var("TF_CLI_CONFIG_FILE", config);
        let terraform = Terraform { folder, shell };
        terraform.run(&["init", "-input=false", "-no-color"]).unwrap_or_else(|told| {
            panic!(
                "Terraform or its AWS provider is missing; help: install Terraform 1.11, and put the \
                 provider into a folder that {MIRROR} names, or let Terraform reach its registry\n{told}"
            )
        });
        terraform
    }

    /// Runs a command that is to succeed; what it printed.
    ///
    /// # Panics
    /// Where it fails, with what it printed.
    #[track_caller]
    pub fn does(&self, args: &[&str]) -> String {
        self.run(args).unwrap_or_else(|told| panic!("terraform {}:\n{told}", args.join(" ")))
    }

    /// The folder with its files.
    pub fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    fn run(&self, args: &[&str]) -> Result<String, String> {
        let output = cmd!(self.shell, "terraform {args...}").quiet().ignore_status().output();
        let output = output.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        Err(format!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Carries out what the files say.
    pub fn apply(&self, vars: &[&str]) {
        self.does(&[&["apply", "-auto-approve", "-input=false", "-no-color"], vars].concat());
    }

    /// Plans, and expects that there is nothing to do.
    ///
    /// # Panics
    /// Where there is, with the plan.
    #[track_caller]
    pub fn has_nothing_to_do(&self, vars: &[&str]) {
        self.does(&[&["plan", "-detailed-exitcode", "-input=false", "-no-color"], vars].concat());
    }

    /// The changes of a plan, which is kept as `plan` for `apply`.
    pub fn plan(&self, vars: &[&str]) -> Vec<Change> {
        self.does(&[&["plan", "-out=plan", "-input=false", "-no-color"], vars].concat());
        let plan: Value = serde_json::from_str(&self.does(&["show", "-json", "plan"])).unwrap();
        let changes = plan["resource_changes"].as_array().cloned().unwrap_or_default();
        changes.iter().filter(|change| change["mode"] == "managed").map(Change::read).collect()
    }

    /// The outputs' values.
    pub fn output(&self, name: &str) -> Value {
        serde_json::from_str(&self.does(&["output", "-json", name])).unwrap()
    }

    /// The resources of the state: address and attributes.
    pub fn state(&self) -> Vec<(String, Value)> {
        let state: Value = serde_json::from_str(&self.does(&["show", "-json"])).unwrap();
        let resources = state["values"]["root_module"]["resources"].as_array().cloned();
        let managed = |resource: &Value| resource["mode"] == "managed";
        let read = |resource: Value| {
            (resource["address"].as_str().unwrap().to_owned(), resource["values"].clone())
        };
        resources.unwrap_or_default().into_iter().filter(managed).map(read).collect()
    }

    /// Forgets the state, and names what is there instead, to be imported: address and id.
    pub fn forgets(&self, imports: &[(String, String)]) {
        self.shell.remove_path(self.folder.path().join("terraform.tfstate")).unwrap();
        let import =
            |(to, id): &(String, String)| format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}\n");
        let text: String = imports.iter().map(import).collect();
        self.shell.write_file(self.folder.path().join("imports.tf"), text).unwrap();
    }
}

/// One resource's part of a plan.
#[derive(Debug)]
pub struct Change {
    pub address: String,
    /// `no-op`, `create`, `update`, `delete`, or two of them for a replacement.
    pub actions: Vec<String>,
    /// The attributes that change, at the top.
    pub attributes: Vec<String>,
    /// Whether it is imported.
    pub imported: bool,
}

impl Change {
    fn read(change: &Value) -> Change {
        let (before, after) = (&change["change"]["before"], &change["change"]["after"]);
        let names = after.as_object().into_iter().flat_map(|after| after.keys());
        Change {
            address: change["address"].as_str().unwrap().to_owned(),
            actions: serde_json::from_value(change["change"]["actions"].clone()).unwrap(),
            attributes: names.filter(|name| before[*name] != after[*name]).cloned().collect(),
            imported: change["change"]["importing"].is_object(),
        }
    }
}

/// Names a folder that mirrors Terraform's plugins.
const MIRROR: &str = "CLOCKWORK_TERRAFORM_PLUGINS";

/// A folder that holds the provider: the one that is named, Terraform's own cache, or one of the
/// places where machines without its registry keep a mirror.
fn mirror() -> Option<PathBuf> {
    let named =
        [MIRROR, "TF_PLUGIN_CACHE_DIR"].map(|name| std::env::var_os(name).map(PathBuf::from));
    let home =
        std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".terraform.d/plugins"));
    let beside = std::fs::read_dir("/opt").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = named.into_iter().flatten().chain(home).collect();
    places.extend(
        ["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"].map(PathBuf::from),
    );
    places.extend(beside.map(|entry| entry.path()));
    places.into_iter().find(|place| place.join(PROVIDER).is_dir())
}

fn installation(mirror: PathBuf) -> String {
    let path = Value::from(mirror.to_string_lossy());
    format!("provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}\n")
}
