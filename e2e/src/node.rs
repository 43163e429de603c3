//! One real node, and the images that it needs.

use anyhow::Context;
use control_plane::{ControlPlane, DriverImages, NodeOptions, NodePrograms, RealNode, User};
use failure::{Help, failure};
use job::EndToEnd;
use xshell::{Shell, cmd};

use crate::aws::Aws;

/// The image of the pods of `verify`, where none is given.
const VERIFY: &str = "public.ecr.aws/docker/library/busybox:stable";

/// Starts its node, with the images that the charts of the run name.
pub(crate) fn start(job: &EndToEnd, aws: &Aws, plane: &ControlPlane) -> anyhow::Result<RealNode> {
    let programs = NodePrograms::find(&job.tools).map_err(|names| missing(&names))?;
    let mut images = images(job)?;
    images.push(job.verify_image.clone().unwrap_or_else(|| VERIFY.to_owned()));
    let mut take = |name: &str| {
        let found = images.iter().position(|image| of(image) == name);
        found.map(|found| images.remove(found)).with_context(|| {
            format!(
                "the driver's chart has no image `{name}`; `--cluster node` needs its own chart"
            )
        })
    };
    let driver_images = DriverImages {
        driver: take("aws-efs-csi-driver")?,
        provisioner: take("external-provisioner")?,
        registrar: take("node-driver-registrar")?,
        probe: take("livenessprobe")?,
    };
    let (id, secret) = aws.node_credentials.as_ref().context("the node has no credentials")?;
    let others: Vec<&str> = images.iter().map(String::as_str).collect();
    let options = NodeOptions {
        programs: &programs,
        kubeconfig: &plane.kubeconfig(User::Admin),
        api_server: plane.url(),
        aws: &aws.url,
        credentials: (id, secret),
        images: driver_images,
        others: &others,
    };
    RealNode::start(&options, plane.folder())
}

/// The different images that the charts of the run name, with their tags.
fn images(job: &EndToEnd) -> anyhow::Result<Vec<String>> {
    let helm = control_plane::find("helm", &job.tools);
    let helm =
        helm.ok_or_else(|| failure("`helm` is missing", "run `cargo xtask tools install helm`"))?;
    let shell = Shell::new()?;
    let workloads = job.workload_charts.iter().flat_map(|charts| {
        ["graphscope", "graphscope-store", "graphscope-interactive"].map(|name| charts.join(name))
    });
    let mut images = Vec::new();
    for chart in [job.helm_chart.clone().into()].into_iter().chain(workloads) {
        let rendered = cmd!(shell, "{helm} template chart {chart}").quiet().read();
        let rendered = rendered.help(format!("rendering `{}`", chart.display()), "see above")?;
        let named = rendered.lines().filter_map(|line| line.trim().split_once("image: "));
        images.extend(named.map(|(_, image)| image.trim_matches('"').to_owned()));
    }
    images.sort();
    images.dedup();
    Ok(images)
}

/// The last part of an image's name, without its tag.
fn of(image: &str) -> &str {
    image.rsplit('/').next().and_then(|name| name.split([':', '@']).next()).unwrap_or_default()
}

/// Programs that are not here, with the command that builds them.
pub(crate) fn missing(names: &[&str]) -> anyhow::Error {
    failure(
        format!("missing programs: {}", names.join(", ")),
        format!("run `cargo xtask tools install {}`, or set KUBEBUILDER_ASSETS", names.join(" ")),
    )
}
