//! The cluster: connecting, reading and changing it.

mod access;
mod calls;
mod credentials;
mod errors;
mod handover;
mod kubeconfig;
mod plugin;
mod pods;
mod proof;
mod releases;
mod told;
mod usage;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use failure::{Help, failure};
use http::Request;
use job::ContextChoice;
use kube::client::{Body, ClientBuilder};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use place::{Access, ClusterArn, Wanted, eks_name};

pub(crate) use access::{beyond, denied, denied_beside, denied_of_volumes, makes_any_role};
pub(crate) use calls::{Object, patiently};
pub(crate) use errors::Unreachable;
pub(crate) use pods::{is_ready, node_of};
pub(crate) use proof::PodProgress;
pub(crate) use releases::helm_storage;

use crate::proxies::{self, Proxies};
use crate::wait::{API_SERVER_CONNECT, API_SERVER_READ};
use credentials::Program;
use kubeconfig::Found;
use plugin::Plugin;
use told::Told;
use tower::ServiceBuilder;
use tower::buffer::BufferLayer;
use tower::filter::AsyncFilterLayer;
use tower::layer::layer_fn;

/// A connection to a cluster.
#[derive(Clone)]
pub(crate) struct Kube {
    pub(crate) client: Client,
    /// How people call it: its context, or its address.
    pub(crate) name: String,
    /// The context; inside a pod there is none.
    pub(crate) context: Option<String>,
    /// How it is reached.
    pub(crate) access: Access,
    /// The program that fetches its credentials.
    program: Option<Program>,
}

impl Kube {
    /// Connects by a context of the kubeconfig, or as the pod that this runs in. `places` are
    /// where the deployment belongs: a context is chosen by them where none is named.
    pub(crate) async fn connect(
        context: &ContextChoice,
        places: &[Wanted],
    ) -> anyhow::Result<Kube> {
        let Found { kubeconfig, missing } = kubeconfig::read()?;
        let known = |name: &str| kubeconfig.contexts.iter().any(|context| context.name == name);
        let pod = match context {
            ContextChoice::Current => kubeconfig.contexts.is_empty(),
            ContextChoice::Named(name) => name == place::IN_CLUSTER && !known(name),
            ContextChoice::OfCluster(_) => false,
        };
        let (mut config, entry, context) = match Config::incluster() {
            Ok(mut config) if pod => {
                let proxies = Proxies::from_env()?;
                config.proxy_url = proxies::of_cluster(&proxies, &config.cluster_url, None)?;
                (config, None, None)
            }
            _ if kubeconfig.contexts.is_empty() => {
                let missing: Vec<String> =
                    missing.iter().map(|path| format!("`{}`", path.display())).collect();
                let why = match missing.as_slice() {
                    [] => "the kubeconfig has no contexts".to_owned(),
                    [one] => format!("the kubeconfig {one} does not exist"),
                    several => format!("none of the kubeconfigs exist: {}", several.join(", ")),
                };
                return Err(failure(format!("no cluster to connect to: {why}"), kubeconfig::NONE));
            }
            _ => by_context(kubeconfig, context, places).await?,
        };
        config.connect_timeout = Some(API_SERVER_CONNECT);
        config.read_timeout = Some(API_SERVER_READ);
        let program = Program::of(&config.auth_info);
        let address = config.cluster_url.to_string();
        let trusted = config.root_cert.iter().flatten();
        let access = Access {
            context: context.clone(),
            entry,
            server: address.trim_end_matches('/').to_owned(),
            certificates: trusted.map(|der| STANDARD.encode(der)).collect(),
            plugin: program.as_ref().and_then(Program::for_eks),
        };
        let client = client(config, &address, program.as_ref()).await?;
        let name = context.clone().unwrap_or(address);
        Ok(Kube { client, name, context, access, program })
    }
}

/// How many requests may wait for a connection.
const REQUESTS: usize = 1024;

/// A client, with the credentials of the user's program where there is one.
async fn client(
    mut config: Config,
    address: &str,
    program: Option<&Program>,
) -> anyhow::Result<Client> {
    let plugin = match (Plugin::of(&mut config.auth_info, program).await, program) {
        (Err(failed), Some(program)) => {
            return Err(program.failed(format!("preparing the connection to {address}"), &failed));
        }
        (plugin, _) => plugin?,
    };
    let builder =
        ClientBuilder::try_from(config).map_err(|error| errors::preparing(address, &error))?;
    let builder = builder.with_layer(&layer_fn(|inner| Told { inner }));
    Ok(match plugin {
        None => builder.build(),
        Some(plugin) => {
            // The client is not cloned for a request that waits for its token.
            let layer = ServiceBuilder::new()
                .layer(AsyncFilterLayer::new(plugin))
                .layer(BufferLayer::<Request<Body>>::new(REQUESTS))
                .into_inner();
            builder.with_layer(&layer).build()
        }
    })
}

/// A cluster by a context of the kubeconfig, with the names of the cluster's entry and of the
/// context.
async fn by_context(
    kubeconfig: Kubeconfig,
    context: &ContextChoice,
    places: &[Wanted],
) -> anyhow::Result<(Config, Option<String>, Option<String>)> {
    let known: Vec<&str> = kubeconfig.contexts.iter().map(|named| named.name.as_str()).collect();
    let wanted = match context {
        ContextChoice::Current => kubeconfig.current_context.clone(),
        ContextChoice::Named(name) => Some(name.clone()),
        ContextChoice::OfCluster(cluster) => Some(of_cluster(&known, cluster, places)?),
    };
    let Some(wanted) = wanted else {
        return Err(failure(
            "the kubeconfig has no current context",
            format!("give one of {} with `--context`", listed(&known)),
        ));
    };
    if !known.contains(&wanted.as_str()) {
        return Err(failure(
            format!("the kubeconfig has no context `{wanted}`"),
            format!("give one of {} with `--context`", listed(&known)),
        ));
    }
    let named = kubeconfig.contexts.iter().find(|context| context.name == wanted);
    let entry = named.and_then(|named| Some(named.context.as_ref()?.cluster.clone()));
    let proxy = proxy_of(&kubeconfig, entry.as_deref());
    let options =
        KubeConfigOptions { context: Some(wanted.clone()), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await.help(
        format!("reading the context `{wanted}` of the kubeconfig"),
        "correct its entries of `clusters` and `users`; `aws eks update-kubeconfig` rewrites those of \
         an EKS cluster",
    )?;
    config.proxy_url =
        proxies::of_cluster(&Proxies::from_env()?, &config.cluster_url, proxy.as_deref())?;
    Ok((config, entry, Some(wanted)))
}

/// The proxy that the kubeconfig names for a cluster.
fn proxy_of(kubeconfig: &Kubeconfig, entry: Option<&str>) -> Option<String> {
    let named = kubeconfig.clusters.iter().find(|named| Some(named.name.as_str()) == entry)?;
    named.cluster.as_ref()?.proxy_url.clone()
}

/// The one context that is named after a cluster; of several with its name, the one whose ARN
/// is of a region of the deployment.
fn of_cluster(known: &[&str], cluster: &str, places: &[Wanted]) -> anyhow::Result<String> {
    let leads_to = |name: &&str| **name == *cluster || eks_name(name) == Some(cluster);
    let mut found: Vec<&str> = known.iter().copied().filter(leads_to).collect();
    if found.len() > 1 {
        let fits = |name: &&str| {
            ClusterArn::parse(name).is_none_or(|arn| {
                places.iter().any(|wanted| {
                    wanted.region == arn.region
                        && wanted.account.as_ref().is_none_or(|account| *account == arn.account)
                })
            })
        };
        found.retain(fits);
    }
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(failure(
            format!("the kubeconfig has no context of the cluster `{cluster}`"),
            format!(
                "`aws eks update-kubeconfig --name {cluster}` adds it, and `--manifests DIR` needs none"
            ),
        )),
        several => Err(failure(
            format!(
                "the kubeconfig has several contexts of the cluster `{cluster}`: {}",
                listed(several)
            ),
            "remove all but one, or deploy that file alone with `--context`",
        )),
    }
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "its contexts (it has none)".to_owned() } else { quoted.join(", ") }
}
