//! What the credential program of a kubeconfig says of the cluster.

/// The arguments of `aws eks get-token` or `aws-iam-authenticator token`.
///
/// Sources: the AWS CLI's reference of `eks get-token`, whose profile
/// `aws eks update-kubeconfig` writes as `AWS_PROFILE` into `exec.env`, and the README of
/// aws-iam-authenticator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenPlugin {
    pub cluster: Option<String>,
    pub region: Option<String>,
    pub profile: Option<String>,
    /// Whether an argument names the profile, which then wins over keys of the environment.
    pub profile_is_argument: bool,
    /// The ARN of the role that it assumes.
    pub role: Option<String>,
}

impl TokenPlugin {
    /// Reads `exec.command`, `exec.args` and `exec.env` of a kubeconfig's user; `None` where
    /// the program is no one for EKS. Programs that start it, such as `aws-vault exec` or
    /// `sh -c`, are looked through.
    pub fn read(command: &str, args: &[String], env: &[(String, String)]) -> Option<TokenPlugin> {
        let mut words = vec![program(command)];
        words.extend(args.iter().flat_map(|arg| arg.split_whitespace()));
        let is = |name: &str| words.iter().any(|word| program(word) == name);
        let at = |name: &str| words.iter().position(|word| *word == name);
        let mut plugin = TokenPlugin::default();
        if is("aws-iam-authenticator") || is("heptio-authenticator-aws") {
            plugin.cluster = flag(&words, &["-i", "--cluster-id"]);
            plugin.role = flag(&words, &["-r", "--role"]);
        } else if at("eks").zip(at("get-token")).is_some_and(|(eks, token)| eks < token) {
            plugin.cluster = flag(&words, &["--cluster-name"]);
            plugin.role = flag(&words, &["--role-arn"]);
            plugin.profile = flag(&words, &["--profile"]);
            plugin.profile_is_argument = plugin.profile.is_some();
        } else {
            return None;
        }
        let set = |names: [&str; 2]| {
            names.into_iter().find_map(|name| {
                let known = env.iter().find(|(known, value)| known == name && !value.is_empty());
                known.map(|(_, value)| value.clone())
            })
        };
        plugin.region =
            flag(&words, &["--region"]).or_else(|| set(["AWS_REGION", "AWS_DEFAULT_REGION"]));
        plugin.profile = plugin.profile.or_else(|| set(["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]));
        Some(plugin)
    }
}

/// The name of a program, without its folder.
fn program(command: &str) -> &str {
    let name = command.rsplit(['/', '\\']).next().unwrap_or(command);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// The value of a flag, `--flag VALUE` or `--flag=VALUE`; the last one counts.
fn flag(words: &[&str], names: &[&str]) -> Option<String> {
    let mut value = None;
    for (at, word) in words.iter().enumerate() {
        for name in names {
            if word == name {
                value = words.get(at + 1).map(|next| (*next).to_owned());
            } else if let Some(given) = word.strip_prefix(name).and_then(|it| it.strip_prefix('='))
            {
                value = Some(given.to_owned());
            }
        }
    }
    value.map(|value| value.trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
}
