//! The prices of estimates, from a file that people give.

use std::path::Path;

use efs::costs::Prices;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, wrong};

/// The prices of a file over those of this program, or every mistake in it; `None` without a file.
pub(crate) fn read(path: Option<&Path>) -> anyhow::Result<Option<Prices>> {
    let Some(path) = path else { return Ok(None) };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("reading `{}` failed: {error}", path.display());
            return wrong("--prices", &message, "name a JSON file with prices");
        }
    };
    let mistakes = match Prices::parse(&text) {
        Ok(prices) => return Ok(Some(prices.over_built_in())),
        Err(mistakes) => mistakes,
    };
    let mut diagnostics = Diagnostics::default();
    for mistake in mistakes {
        let message = match mistake.place.as_str() {
            "" => format!("`{}`: {}", path.display(), mistake.problem.message),
            place => format!("`{place}` in `{}`: {}", path.display(), mistake.problem.message),
        };
        let place = Place::Named("--prices".to_owned());
        diagnostics.push(Diagnostic::new(message, place).remedy(mistake.problem.remedy));
    }
    diagnostics.into_result()?;
    Ok(None)
}
