//! The flag `--adopt-existing`: consent to take over data that an earlier deployment left.

use efs::{AdoptExisting, FileSystemId};

use crate::diagnostic::wrong;
use crate::flags::CONSENT;

/// Consent to take over data.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = CONSENT)]
pub(crate) struct AdoptArgs {
    /// Take over a file system with data that an earlier deployment of the same names left,
    /// without being asked; with `--fleet` it names the file system, and may be repeated
    #[arg(
        long,
        value_name = "fs-…",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "any",
        value_parser = consent
    )]
    adopt_existing: Vec<Consent>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Consent {
    Any,
    To(FileSystemId),
}

fn consent(text: &str) -> Result<Consent, String> {
    if text == "any" {
        return Ok(Consent::Any);
    }
    let shape = "write the id of the file system, such as --adopt-existing=fs-0123456789abcdef0";
    FileSystemId::try_from(text).map(Consent::To).map_err(|_| shape.to_owned())
}

impl AdoptArgs {
    /// What may be taken over, by one deployment or by those of a fleet.
    ///
    /// # Errors
    /// Where one answer is given for all files of a fleet: nobody would see whose data it is.
    pub(crate) fn read(&self, is_fleet: bool) -> anyhow::Result<AdoptExisting> {
        let any = self.adopt_existing.contains(&Consent::Any);
        if any && is_fleet {
            return wrong(
                efs::ADOPT_EXISTING,
                "with `--fleet` it must name the file systems",
                "name each that may be taken over, as the plan of its file does: \
                 `--adopt-existing=fs-0123456789abcdef0`",
            );
        }
        let named = self.adopt_existing.iter().filter_map(|consent| match consent {
            Consent::Any => None,
            Consent::To(id) => Some(id.clone()),
        });
        let named: Vec<FileSystemId> = named.collect();
        Ok(match (any, named.is_empty()) {
            (true, _) => AdoptExisting::Any,
            (false, true) => AdoptExisting::None,
            (false, false) => AdoptExisting::These(named),
        })
    }
}
