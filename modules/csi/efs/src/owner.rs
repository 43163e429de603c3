//! What makes a resource ours: its tags, and the file system's creation token.

use std::fmt::Write;

use kubernetes::MANAGER;
use network::Tags;
use sha2::{Digest, Sha256};

/// The keys that Clockwork Codex sets itself start with this.
pub(crate) const OUR_PREFIX: &str = "clockwork-codex/";

/// How many tags every resource gets beside the user's: `Name` and our marks.
pub(crate) const OWN_TAGS: usize = 4;

/// How the first line of every document begins.
const WRITTEN_BY: &str = "Written by Clockwork Codex for ";

/// Which deployment something belongs to. Two deployments never share anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The AWS region.
    pub region: String,
    /// The EKS cluster.
    pub cluster: String,
    /// The StorageClass.
    pub storage_class: String,
}

impl Owner {
    /// The token under which the file system is created and found again: at
    /// most 64 characters, and different for different owners.
    ///
    /// The three names are hashed with their lengths in front, so that no
    /// shift of a letter or hyphen from one to the next gives the same token.
    pub fn creation_token(&self) -> String {
        let mut hash = Sha256::new();
        for name in [&self.region, &self.cluster, &self.storage_class] {
            hash.update((name.len() as u64).to_be_bytes());
            hash.update(name.as_bytes());
        }
        // 27 of the 32 bytes make 54 digits: 216 bits, far more than chance can repeat.
        let mut token = String::from("clockwork-");
        for byte in &hash.finalize()[..27] {
            let _ = write!(token, "{byte:02x}");
        }
        token
    }

    /// 64 hexadecimal digits that these texts of this deployment give and no others.
    pub(crate) fn hash(&self, texts: &[&str]) -> String {
        let mut hash = Sha256::new();
        let own = [self.region.as_str(), &self.cluster, &self.storage_class];
        for text in own.iter().chain(texts) {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        let mut digits = String::new();
        for byte in hash.finalize() {
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }

    /// The tags of everything that is created: the user's, `Name`, and ours.
    pub fn tags(&self, user: &Tags) -> Tags {
        let mut tags = Tags::from([("Name".to_owned(), self.name())]);
        tags.extend(user.clone());
        tags.extend(self.marks());
        tags
    }

    /// Whether a resource with these tags is this deployment's own.
    pub fn owns(&self, tags: &Tags) -> bool {
        self.marks().iter().all(|(key, value)| tags.get(key) == Some(value))
    }

    /// The name that people see: cluster and class.
    pub fn name(&self) -> String {
        format!("{}/{}", self.cluster, self.storage_class)
    }

    /// The first line of every document: whose it is.
    pub fn document_mark(&self) -> String {
        let (name, region) = (self.name(), &self.region);
        format!("{WRITTEN_BY}{name} in {region}; changes are overwritten")
    }

    /// Whether this text is a document that this deployment wrote.
    pub fn wrote(&self, text: &str) -> bool {
        let first = text.lines().next().and_then(|line| line.strip_prefix("# "));
        first == Some(self.document_mark().as_str())
    }

    /// The name of the role of the cluster's driver: at most 64 characters, and another one for
    /// another cluster (IAM User Guide, "IAM and AWS STS quotas").
    pub fn role_name(&self) -> String {
        let mut hash = Sha256::new();
        for name in [&self.region, &self.cluster] {
            hash.update((name.len() as u64).to_be_bytes());
            hash.update(name.as_bytes());
        }
        let mut name =
            format!("clockwork-efs-csi-{}-", &self.cluster[..self.cluster.len().min(24)]);
        // 10 of the 32 bytes make 20 digits.
        for byte in &hash.finalize()[..10] {
            let _ = write!(name, "{byte:02x}");
        }
        name
    }

    /// The name of this deployment's policy in that role.
    pub fn policy_name(&self) -> String {
        self.creation_token()
    }

    /// The tags of what belongs to a cluster, and not to one class: the user's, and ours.
    pub fn tags_of_cluster(&self, user: &Tags) -> Tags {
        let mut tags = user.clone();
        tags.extend(self.marks_of_cluster());
        tags
    }

    /// Whether something of the cluster with these tags is ours.
    pub fn owns_of_cluster(&self, tags: &Tags) -> bool {
        self.marks_of_cluster().iter().all(|(key, value)| tags.get(key) == Some(value))
    }

    /// The deployment that these tags name, as cluster and class.
    pub(crate) fn marked_on(tags: &Tags) -> Option<String> {
        let mark = |key: &str| tags.get(&format!("{OUR_PREFIX}{key}"));
        (mark("managed-by").map(String::as_str) == Some(MANAGER))
            .then(|| mark("cluster").zip(mark("storage-class")))
            .flatten()
            .map(|(cluster, class)| format!("{cluster}/{class}"))
    }

    /// The tags that make something of the cluster ours, whatever the class.
    pub fn marks_of_cluster(&self) -> Tags {
        let mut marks = self.marks();
        marks.remove(&format!("{OUR_PREFIX}storage-class"));
        marks
    }

    /// The tags that make a resource ours.
    pub fn marks(&self) -> Tags {
        [
            ("managed-by", MANAGER),
            ("cluster", self.cluster.as_str()),
            ("storage-class", self.storage_class.as_str()),
        ]
        .into_iter()
        .map(|(key, value)| (format!("{OUR_PREFIX}{key}"), value.to_owned()))
        .collect()
    }
}

/// Whether this text is a document that some deployment wrote.
pub fn is_anybodys(text: &str) -> bool {
    text.strip_prefix("# ").is_some_and(|line| line.starts_with(WRITTEN_BY))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn owner(region: &str, cluster: &str, storage_class: &str) -> Owner {
        Owner {
            region: region.to_owned(),
            cluster: cluster.to_owned(),
            storage_class: storage_class.to_owned(),
        }
    }

    #[test]
    fn moving_a_hyphen_from_one_name_to_the_next_gives_another_token() {
        let tokens: BTreeSet<String> = [
            owner("eu-west-1", "a-b", "c"),
            owner("eu-west-1", "a", "b-c"),
            owner("eu-west-1-a", "b", "c"),
            owner("eu-west-1", "a-b-c", ""),
        ]
        .iter()
        .map(Owner::creation_token)
        .collect();
        assert_eq!(tokens.len(), 4);
    }

    #[test]
    fn the_number_of_our_own_tags_is_the_one_that_the_limit_counts() {
        assert_eq!(owner("r", "c", "s").tags(&Tags::new()).len(), OWN_TAGS);
    }

    #[test]
    fn a_user_may_name_the_file_system_but_not_take_our_marks() {
        let user = Tags::from([
            ("Name".to_owned(), "mine".to_owned()),
            ("clockwork-codex/cluster".to_owned(), "other".to_owned()),
        ]);
        let owner = owner("r", "c", "s");
        let tags = owner.tags(&user);
        assert_eq!(tags["Name"], "mine");
        assert!(owner.owns(&tags));
    }

    proptest! {
        #[test]
        fn different_owners_have_different_tokens_within_the_limit(
            a in ["[a-z-]{0,100}", "[a-z-]{0,100}", "[a-z.-]{0,253}"],
            b in ["[a-z-]{0,100}", "[a-z-]{0,100}", "[a-z.-]{0,253}"],
        ) {
            let (here, there) = (owner(&a[0], &a[1], &a[2]), owner(&b[0], &b[1], &b[2]));
            prop_assert!((1..=64).contains(&here.creation_token().len()));
            prop_assert_eq!(here == there, here.creation_token() == there.creation_token());
            prop_assert!(here.role_name().len() <= 64);
            let same = (&here.region, &here.cluster) == (&there.region, &there.cluster);
            prop_assert_eq!(same, here.role_name() == there.role_name());
        }
    }
}
