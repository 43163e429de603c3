//! Compares the pinned digests of the driver's chart with the `index.yaml` of its repository.
//!
//! `cargo run --package efs --example digests -- FILE`

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("give the path of the repository's `index.yaml`");
        return ExitCode::from(2);
    };
    let index = match std::fs::read_to_string(&path) {
        Ok(index) => index,
        Err(error) => {
            eprintln!("reading `{path}`: {error}");
            return ExitCode::FAILURE;
        }
    };
    match efs::unlike_index(&index) {
        Ok(unlike) if unlike.is_empty() => {
            println!("every published version is pinned with its digest");
            ExitCode::SUCCESS
        }
        Ok(unlike) => {
            for line in unlike {
                eprintln!("{line}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("reading `{path}`: {error}");
            ExitCode::FAILURE
        }
    }
}
