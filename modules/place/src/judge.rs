//! The comparison of what is wanted with all that is known.

use plan::Refusal;

use crate::access::{Access, certificates, endpoint_region, same_server};
use crate::arn::{ClusterArn, eksctl, of_iam, partition};
use crate::plugin::TokenPlugin;
use crate::verdict::Verdict;
use crate::{Caller, EksCluster, Wanted};

/// All that is known of one place. An `Err` says why something is not known.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub caller: Result<Caller, String>,
    /// The cluster, where it is the target.
    pub access: Option<Access>,
    /// What EKS says of the wanted cluster; `None` where it has none of that name.
    pub described: Result<Option<EksCluster>, String>,
    /// Who the kubeconfig's token program is, where it uses another profile than AWS calls do.
    pub token_caller: Option<Result<Caller, String>>,
}

/// Compares everything; a contradiction becomes a refusal that names both sides.
pub fn judge(wanted: &Wanted, evidence: &Evidence) -> Verdict {
    let caller = evidence.caller.as_ref().ok();
    let mut verdict = Verdict {
        wanted: wanted.clone(),
        caller: caller.cloned(),
        access: evidence.access.clone(),
        proof: None,
        doubts: Vec::new(),
        eks_is_silent: false,
        refusals: Vec::new(),
    };
    verdict.refusals.extend(other_account(wanted, &evidence.caller));
    if let Err(why) = &evidence.caller {
        verdict.doubts.push(format!("the account is not known: {why}"));
    }
    let Some(access) = &evidence.access else { return verdict };
    let mut comparison = Comparison { wanted, caller, access, verdict: &mut verdict };
    let named_by_arn = comparison.names();
    comparison.endpoint();
    comparison.described(&evidence.described, named_by_arn);
    if let Some(plugin) = &access.plugin {
        comparison.plugin(plugin, evidence.token_caller.as_ref());
    }
    if !verdict.refusals.is_empty() {
        verdict.proof = None;
    }
    verdict
}

/// Credentials of another account than the inputs name.
fn other_account(wanted: &Wanted, caller: &Result<Caller, String>) -> Option<Refusal> {
    let account = wanted.account.as_ref()?;
    match caller {
        Ok(caller) if caller.account == *account => None,
        Ok(caller) => Some(Refusal::new(
            "aws_account_id",
            format!(
                "AWS is called as `{}` of the account `{}`, and `aws_account_id` is `{account}`",
                caller.arn, caller.account
            ),
            format!("use credentials of `{account}` (AWS_PROFILE), or correct `aws_account_id`"),
        )),
        Err(why) => Some(Refusal::new(
            "aws_account_id",
            format!(
                "`aws_account_id` is `{account}`, and the account of the credentials is not known: {why}"
            ),
            "make `sts:GetCallerIdentity` reachable, or leave `aws_account_id` out",
        )),
    }
}

/// The comparison of one cluster.
struct Comparison<'a> {
    wanted: &'a Wanted,
    caller: Option<&'a Caller>,
    access: &'a Access,
    verdict: &'a mut Verdict,
}

impl Comparison<'_> {
    fn refuse(&mut self, reason: String, remedy: impl Into<String>) {
        let refusal = Refusal::new(self.access.name(), reason, remedy);
        if !self.verdict.refusals.iter().any(|known| known.reason == refusal.reason) {
            self.verdict.refusals.push(refusal);
        }
    }

    /// The names of the context and of its cluster entry; whether an ARN among them is that of
    /// the wanted cluster in the caller's account.
    fn names(&mut self) -> bool {
        let context = self.access.context.as_ref().map(|name| ("the context", name));
        let entry = self.access.entry.as_ref().map(|name| ("the context's cluster entry", name));
        let mut matches = false;
        for (what, name) in context.into_iter().chain(entry) {
            if let Some(arn) = ClusterArn::parse(name) {
                matches |= self.arn(what, &arn);
            } else if let Some((cluster, region)) = eksctl(name) {
                self.cluster(what, cluster);
                self.region(what, region);
            }
        }
        matches
    }

    fn arn(&mut self, what: &str, arn: &ClusterArn) -> bool {
        let before = self.verdict.refusals.len();
        self.cluster(what, &arn.name);
        self.region(what, &arn.region);
        let partition = partition(&self.wanted.region);
        if arn.region == self.wanted.region && arn.partition != partition {
            self.refuse(
                format!(
                    "{what} is of the partition `{}`, and `{}` of `{partition}`",
                    arn.partition, self.wanted.region
                ),
                "correct the name in the kubeconfig, or give the right `--context`",
            );
        }
        let Some(caller) = self.caller else { return false };
        if arn.account != caller.account {
            self.refuse(
                format!(
                    "{what} is of the account `{}`, and AWS is called as `{}` of the account `{}`",
                    arn.account, caller.arn, caller.account
                ),
                format!(
                    "give the right `--context`, or use credentials of `{}` (AWS_PROFILE)",
                    arn.account
                ),
            );
        }
        self.verdict.refusals.len() == before
    }

    fn cluster(&mut self, what: &str, named: &str) {
        if named != self.wanted.cluster {
            self.refuse(
                format!(
                    "{what} is of the cluster `{named}`, and `cluster_name` is `{}`",
                    self.wanted.cluster
                ),
                "give the right `--context`, or correct `cluster_name`",
            );
        }
    }

    fn region(&mut self, what: &str, region: &str) {
        if region != self.wanted.region {
            self.refuse(
                format!(
                    "{what} is of the region `{region}`, and `aws_region` is `{}`",
                    self.wanted.region
                ),
                "give the right `--context`, or correct `aws_region`",
            );
        }
    }

    fn endpoint(&mut self) {
        if let Some(region) = endpoint_region(&self.access.server) {
            let what = format!("the API server {}", self.access.server);
            self.region(&what, region);
        }
    }

    /// EKS has no such cluster in the account: a contradiction where the API server is one of EKS.
    fn unknown_to_eks(&mut self) {
        let Wanted { cluster, region, .. } = self.wanted;
        let none = format!("EKS has no cluster `{cluster}` in {region}");
        match self.caller {
            Some(caller) if endpoint_region(&self.access.server).is_some() => self.refuse(
                format!(
                    "{} is an API server of EKS, and in the account {}, called as `{}`, {none}",
                    self.access.server, caller.account, caller.arn
                ),
                "use credentials of the cluster's account (AWS_PROFILE), or correct `cluster_name`",
            ),
            _ => self.verdict.doubts.push(none),
        }
    }

    /// What EKS says. Where it says nothing, an ARN in the kubeconfig stands for it.
    fn described(&mut self, described: &Result<Option<EksCluster>, String>, named_by_arn: bool) {
        let Wanted { cluster, region, .. } = self.wanted;
        let found = match described {
            Ok(Some(found)) => found,
            Ok(None) => return self.unknown_to_eks(),
            Err(_) if named_by_arn => {
                self.verdict.proof = Some("the kubeconfig has its ARN".to_owned());
                return;
            }
            Err(why) => {
                self.verdict.eks_is_silent = true;
                self.verdict.doubts.push(format!("EKS does not say where it is: {why}"));
                return;
            }
        };
        let server = &self.access.server;
        let known = certificates(&found.authority);
        let shares = !self.access.certificates.is_disjoint(&known);
        match (same_server(server, &found.endpoint), shares) {
            (true, true) => {
                self.prove("its endpoint and its certificate authority are those of EKS");
            }
            (true, false) if self.access.certificates.is_empty() => {
                self.prove("its endpoint is that of EKS");
            }
            // Through a tunnel or a proxy that passes TLS on.
            (false, true) => self.prove("its certificate authority is that of EKS"),
            (true, false) => self.verdict.doubts.push(format!(
                "{} trusts another certificate authority than that of EKS",
                self.access.described()
            )),
            (false, false) if endpoint_region(server).is_some() => {
                let reason = format!(
                    "{} leads to {server}, and the endpoint of the cluster `{cluster}` is {}",
                    self.access.described(),
                    found.endpoint
                );
                self.refuse(
                    reason,
                    format!(
                        "give the right `--context`; `aws eks update-kubeconfig --region {region} \
                         --name {cluster}` rewrites its entry"
                    ),
                );
            }
            (false, false) => self.verdict.doubts.push(format!(
                "{} leads to {server}, and the endpoint of the cluster `{cluster}` is {}",
                self.access.described(),
                found.endpoint
            )),
        }
    }

    fn prove(&mut self, how: &str) {
        if self.caller.is_some() {
            self.verdict.proof = Some(how.to_owned());
        }
    }

    /// The arguments of the token program. A role or a profile of another account is no
    /// contradiction where the cluster is proved: identities of one account may be admitted
    /// to the clusters of another.
    fn plugin(&mut self, plugin: &TokenPlugin, token_caller: Option<&Result<Caller, String>>) {
        let what = "the token program of the kubeconfig";
        if let Some(cluster) = &plugin.cluster {
            self.cluster(what, cluster);
        }
        if let Some(region) = &plugin.region {
            self.region(what, region);
        }
        let role = plugin.role.as_deref().and_then(|role| Some((role, of_iam(role)?)));
        if let Some((role, (partition_of_role, _))) = role
            && partition_of_role != partition(&self.wanted.region)
        {
            self.refuse(
                format!(
                    "{what} assumes `{role}`, and `{}` is of the partition `{}`",
                    self.wanted.region,
                    partition(&self.wanted.region)
                ),
                "give the right `--context`, or correct `aws_region`",
            );
        }
        let (None, Some(caller)) = (&self.verdict.proof, self.caller) else { return };
        let role = role.map(|(role, (_, account))| (format!("assumes `{role}`"), account));
        let profile = match (&plugin.profile, token_caller) {
            (Some(profile), Some(Ok(other))) if plugin.role.is_none() => {
                Some((format!("uses the profile `{profile}`"), other.account.as_str()))
            }
            _ => None,
        };
        for (does, account) in role.into_iter().chain(profile) {
            if account != caller.account {
                self.refuse(
                    format!(
                        "{what} {does} of the account `{account}`, and AWS is called as `{}` of the \
                         account `{}`",
                        caller.arn, caller.account
                    ),
                    format!(
                        "give the right `--context`, or use credentials of `{account}` (AWS_PROFILE); \
                         `eks:DescribeCluster` proves a cluster whatever its users are"
                    ),
                );
            }
        }
        if let (Some(profile), Some(Err(why))) = (&plugin.profile, token_caller) {
            self.verdict.doubts.push(format!(
                "{what} uses the profile `{profile}`, whose account is not known: {why}"
            ));
        }
    }
}
