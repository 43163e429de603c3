//! The cluster: connecting, reading and changing it.

mod access;
mod calls;
mod errors;
mod pods;
mod proof;
mod releases;
mod usage;

use anyhow::Context;
use efs::eks_name;
use failure::{Help, failure};
use job::ContextChoice;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

pub(crate) use access::denied;
pub(crate) use calls::patiently;
pub(crate) use proof::Seen;

use crate::wait::{API_SERVER_CONNECT, API_SERVER_READ};

/// A connection to a cluster.
#[derive(Clone)]
pub(crate) struct Kube {
    pub(crate) client: Client,
    /// How people call it: its context, or its address.
    pub(crate) name: String,
    /// The context; inside a pod there is none.
    pub(crate) context: Option<String>,
}

impl Kube {
    /// Connects by a context of the kubeconfig, or as the pod that this runs in.
    pub(crate) async fn connect(context: &ContextChoice) -> anyhow::Result<Kube> {
        let (mut config, context) = match Kubeconfig::read() {
            Ok(kubeconfig) => by_context(kubeconfig, context).await?,
            Err(error) => match Config::incluster() {
                Ok(config) if *context == ContextChoice::Current => (config, None),
                _ => {
                    return Err(error).help(
                        "no cluster to connect to",
                        "`aws eks update-kubeconfig --name CLUSTER` writes a kubeconfig, \
                         KUBECONFIG names one, and `--manifests DIR` needs none",
                    );
                }
            },
        };
        config.connect_timeout = Some(API_SERVER_CONNECT);
        config.read_timeout = Some(API_SERVER_READ);
        let address = config.cluster_url.to_string();
        let client =
            Client::try_from(config).map_err(|error| errors::preparing(&address, &error))?;
        let name = context.clone().unwrap_or(address);
        Ok(Kube { client, name, context })
    }
}

async fn by_context(
    kubeconfig: Kubeconfig,
    context: &ContextChoice,
) -> anyhow::Result<(Config, Option<String>)> {
    let known: Vec<&str> = kubeconfig.contexts.iter().map(|named| named.name.as_str()).collect();
    let leads_to = |name: &str, cluster: &str| name == cluster || eks_name(name) == Some(cluster);
    let wanted = match context {
        ContextChoice::Current => kubeconfig.current_context.clone(),
        ContextChoice::Named(name) => Some(name.clone()),
        ContextChoice::OfCluster(cluster) => {
            let found: Vec<&str> =
                known.iter().copied().filter(|name| leads_to(name, cluster)).collect();
            match found.as_slice() {
                [one] => Some((*one).to_owned()),
                [] => {
                    return Err(failure(
                        format!("the kubeconfig has no context of the cluster `{cluster}`"),
                        format!(
                            "`aws eks update-kubeconfig --name {cluster}` adds it, and \
                             `--manifests DIR` needs none"
                        ),
                    ));
                }
                several => {
                    return Err(failure(
                        format!(
                            "the kubeconfig has several contexts of the cluster `{cluster}`: {}",
                            listed(several)
                        ),
                        "remove all but one, or deploy that file alone with `--context`",
                    ));
                }
            }
        }
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
    let options =
        KubeConfigOptions { context: Some(wanted.clone()), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .with_context(|| format!("reading the context `{wanted}` of the kubeconfig"))?;
    Ok((config, Some(wanted)))
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "its contexts (it has none)".to_owned() } else { quoted.join(", ") }
}
