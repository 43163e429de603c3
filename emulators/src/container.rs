//! Emulators in containers.

use anyhow::Context as _;
use failure::{Help, failure};
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::SyncRunner;
use testcontainers::{ContainerRequest, GenericImage, ImageExt};

use crate::kind::Kind;

/// A running container; dropping this value removes it.
pub(crate) type Container = testcontainers::Container<GenericImage>;

/// The variable with the token of a paid plan, without which `LocalStack` has no EFS.
const TOKEN: &str = "LOCALSTACK_AUTH_TOKEN";

/// Starts a container, and returns it with the URL of its endpoint on this machine.
pub(crate) fn start(kind: Kind, image: Option<&str>) -> anyhow::Result<(Container, String)> {
    let (default, port) = match kind {
        Kind::Moto => ("motoserver/moto:latest", 5000),
        Kind::MiniStack => ("ministackorg/ministack:latest", 4566),
        Kind::LocalStack => ("localstack/localstack-pro:latest", 4566),
        Kind::Sandbox => ("", 4566),
    };
    let image = image.unwrap_or(default);
    if image.is_empty() {
        return Err(failure(
            "the sandbox has no published image",
            "build one, and name it with `--aws-image`",
        ));
    }
    let (name, tag) = match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    };
    let mut request: ContainerRequest<GenericImage> = GenericImage::new(name, tag)
        .with_exposed_port(port.tcp())
        .with_wait_for(WaitFor::Nothing)
        .into();
    if kind == Kind::LocalStack {
        let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
        let Some(token) = token else {
            return Err(failure(
                format!("LocalStack has EFS only in a paid plan, and {TOKEN} is not set"),
                "set it, or use `--aws sandbox`, `--aws ministack` or `--aws moto`",
            ));
        };
        request = request.with_env_var(TOKEN, token);
    }
    let remedy = "start a container engine, make the image available, or run the emulator without `--container`";
    let container = request.start().help(format!("starting a container of `{image}`"), remedy)?;
    let host = container.get_host().context("reading the host of the container")?;
    let port =
        container.get_host_port_ipv4(port.tcp()).context("reading the port of the container")?;
    Ok((container, format!("http://{host}:{port}")))
}
