//! The command line, as a person would type it again, and as it is kept in logs.

use inputs::{HIDDEN, is_secret};

/// The command line, as a person would type it again.
pub(crate) fn again() -> String {
    typed(std::env::args().skip(1))
}

/// The same without the values of variables, which may be secrets, and without what looks like
/// one.
pub(crate) fn recorded() -> String {
    hidden(std::env::args().skip(1))
}

fn typed(args: impl Iterator<Item = String>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    let quoted = args.map(|arg| {
        if !arg.is_empty() && arg.chars().all(plain) {
            arg
        } else {
            format!("'{}'", arg.replace('\'', "'\\''"))
        }
    });
    std::iter::once("cargo xtask".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

fn hidden(args: impl Iterator<Item = String>) -> String {
    let mut is_variable = false;
    typed(args.map(|arg| {
        let (flag, variable) = match arg.strip_prefix("--var=") {
            Some(variable) => ("--var=", variable),
            None if is_variable => ("", arg.as_str()),
            None => ("", ""),
        };
        is_variable = arg == "--var";
        match variable.split_once('=') {
            Some((name, _)) => format!("{flag}{name}={HIDDEN}"),
            None if is_secret(&arg) => HIDDEN.to_owned(),
            None => arg,
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_kept_without_the_values_of_variables() {
        let args = ["deploy-efs", "--var", "token=s3cr=t", "--var=pin=1234", "--config", "a b.hcl"];
        let args = || args.iter().map(|arg| (*arg).to_owned());
        let shown = "cargo xtask deploy-efs --var 'token=(sensitive value)' \
                     '--var=pin=(sensitive value)' --config 'a b.hcl'";
        assert_eq!(hidden(args()), shown);
        assert_eq!(
            typed(args()),
            "cargo xtask deploy-efs --var token=s3cr=t --var=pin=1234 --config 'a b.hcl'"
        );
    }
}
