//! Roles of a profile that are assumed with a code of an MFA device (`mfa_serial`).
//!
//! The SDK does not know `mfa_serial`: it assumes such a role without a code, and a role that
//! wants one refuses. So the code is asked for at the terminal, once, before anything else, as
//! the AWS CLI does. Source: AWS CLI User Guide, "Using an IAM role in the AWS CLI", MFA.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Write};

use aws_config::SdkConfig;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_sdk_sts::config::Credentials;
use aws_types::os_shim_internal::{Env, Fs};
use failure::{Failure, failure};
use inputs::printable;
use tokio::sync::oneshot;

use super::errors::explain;
use super::foreign::ForeignResponses;
use super::settings::Settings;

/// A role that is assumed with a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    /// The profile that names it.
    profile: String,
    arn: String,
    /// The device: a serial number, or the ARN of a virtual one.
    serial: String,
    /// The profile whose credentials assume it.
    source: String,
    session: Option<String>,
    external_id: Option<String>,
    seconds: Option<i32>,
}

impl Role {
    /// That of the profile in use, where it has one. Keys in the environment win over a profile,
    /// as in all of AWS's tools.
    pub(super) async fn of_environment() -> Option<Role> {
        let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
        if set("AWS_ACCESS_KEY_ID") {
            return None;
        }
        let files = EnvConfigFiles::default();
        // What is wrong with the files is said where they are read for credentials.
        let all = aws_config::profile::load(&Fs::real(), &Env::real(), &files, None).await.ok()?;
        let text = |key: &str| all.get(key).map(str::to_owned);
        Some(Role {
            profile: all.selected_profile().to_owned(),
            arn: text("role_arn")?,
            serial: text("mfa_serial")?,
            source: text("source_profile")?,
            session: text("role_session_name"),
            external_id: text("external_id"),
            seconds: text("duration_seconds").and_then(|seconds| seconds.parse().ok()),
        })
    }

    /// Credentials of the role, with a code from the terminal.
    pub(super) async fn assume(&self, settings: &Settings) -> anyhow::Result<Credentials> {
        let code = self.code().await?;
        let config = settings.load(Some(&self.source)).await;
        self.assume_by(&config, &settings.region, code).await
    }

    async fn assume_by(
        &self,
        config: &SdkConfig,
        region: &str,
        code: String,
    ) -> anyhow::Result<Credentials> {
        let session = self.session.clone().unwrap_or_else(|| "clockwork-codex".to_owned());
        // Before a run begins, and so in no run's count of calls.
        let builder = aws_sdk_sts::config::Builder::from(config).interceptor(ForeignResponses);
        let request = aws_sdk_sts::Client::from_conf(builder.build())
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(session)
            .serial_number(&self.serial)
            .token_code(code)
            .set_external_id(self.external_id.clone())
            .set_duration_seconds(self.seconds);
        let assumed = request.send().await.map_err(|error| {
            let what = format!("assuming the role of the profile `{}` with a code", self.profile);
            explain("sts:AssumeRole", region, error).context(Failure::new(
                printable(&what),
                "check `mfa_serial` and `role_arn` of the profile, and give the next code: each is \
                 good once",
            ))
        })?;
        let given = assumed.credentials();
        let given = given.ok_or_else(|| failure("sts:AssumeRole gave no credentials", REPORT))?;
        Ok(Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            std::time::SystemTime::try_from(*given.expiration()).ok(),
            "AssumeRole with MFA",
        ))
    }

    /// The code that a person types.
    async fn code(&self) -> anyhow::Result<String> {
        let terminal = std::io::stderr()
            .is_terminal()
            .then(|| OpenOptions::new().read(true).write(true).open("/dev/tty").ok())
            .flatten();
        let Some(terminal) = terminal else { return Err(self.unasked()) };
        let question = printable(&format!("MFA code of {}: ", self.serial));
        // A thread of its own: Ctrl-C is heard while a person looks for the device.
        let (sender, answer) = oneshot::channel();
        std::thread::spawn(move || sender.send(ask(terminal, &question)));
        Ok(answer.await??.trim().to_owned())
    }

    fn unasked(&self) -> anyhow::Error {
        let Role { profile, serial, .. } = self;
        failure(
            printable(&format!(
                "the profile `{profile}` wants a code of the MFA device `{serial}`, and there is no \
                 terminal to ask at"
            )),
            printable(&format!(
                "run it at a terminal, or give temporary credentials in the environment: `eval \
                 \"$(aws configure export-credentials --profile {profile} --format env)\"` asks for \
                 the code"
            )),
        )
    }
}

const REPORT: &str = "this is a bug: please report it";

fn ask(mut terminal: File, question: &str) -> std::io::Result<String> {
    write!(terminal, "{question}")?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer)?;
    Ok(answer)
}
