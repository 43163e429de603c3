//! The digests of the chart's archives, as its project published them.

use kubernetes::yaml::{self, Unreadable};

use crate::chart::{self, ChartVersion, version};

/// The SHA-256 of the archive of a version.
pub(crate) fn digest(of: ChartVersion) -> Option<&'static str> {
    DIGESTS.iter().find(|(known, _)| *known == of).map(|(_, digest)| *digest)
}

/// What a chart repository publishes otherwise than it is pinned here, one line each: from the
/// oldest version that is known here on, every version of its `index.yaml` has its digest, and
/// every digest its version.
///
/// # Errors
/// Where the index is no YAML.
pub fn unlike_index(index: &str) -> Result<Vec<String>, Unreadable> {
    let index = yaml::read_published(index)?;
    let entries = index["entries"][chart::NAME].as_array();
    // Versions of before, and those that are no release, are no input either.
    let published: Vec<(ChartVersion, &str)> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let version = ChartVersion::parse(entry["version"].as_str()?).ok()?;
            Some((version, entry["digest"].as_str().unwrap_or_default()))
        })
        .collect();
    let mut unlike = Vec::new();
    for (version, there) in &published {
        match digest(*version) {
            Some(here) if here == *there => {}
            Some(here) => unlike.push(format!("{version}: {there} is published, {here} pinned")),
            None => unlike.push(format!("{version}: {there} is published, and none is pinned")),
        }
    }
    let absent = DIGESTS.iter().filter(|(known, _)| !published.iter().any(|(it, _)| it == known));
    unlike.extend(absent.map(|(known, _)| format!("{known}: is pinned, and not published")));
    Ok(unlike)
}

/// Source: `index.yaml` of the branch `gh-pages` of
/// <https://github.com/kubernetes-sigs/aws-efs-csi-driver>, which is the repository's own
/// (commit 6bc30e991188b48265819fc0f609cef07aa213ba of 2026-07-23): all versions from the oldest
/// to the newest that are known here.
const DIGESTS: &[(ChartVersion, &str)] = &[
    (version(2, 4, 5), "31bf5936588b50d6ee6b66d4b0c1b5a21af5ad63c9b4c7bab4febc1dc1d15140"),
    (version(2, 4, 6), "e3955ac31af252011e71e9bb9ff2f923f059a142a7bcdcb9b4c826965282a6fb"),
    (version(2, 4, 7), "6a9058842a199741d227246cefc125f5aa52078b5bc7ce2a4e7a9d5aba751df3"),
    (version(2, 4, 8), "935a0933d67816d26fc181d96f88abe0c4ec669db33e076a674e611b18a576cd"),
    (version(2, 4, 9), "5a829a2a7379ed3bfc39d25e4cb08290851f0b815b011486758b4a32a1f69818"),
    (version(2, 5, 0), "231bd131cf172004ee02f1ccf05b2a9b935dd231bd5c31408bf3c2a35f6951a4"),
    (version(2, 5, 1), "35b226ea49cba192bf6484d59dfe37dfc18dde4f7da015b5f414499736d580cb"),
    (version(2, 5, 2), "919366f900bb61108f595fb7d871c26d3e0bb73b12b8b5f42ffbf5e710ddd356"),
    (version(2, 5, 3), "59f375da7d99955ee6e20b3fc0b7c27eb8fb1a559367368c4a77c688e0cac9a3"),
    (version(2, 5, 4), "fb237dcb0b942f1b3aada2428395e1e642c67936816abe5f38d5169541e5c9a0"),
    (version(2, 5, 5), "c26902362940220f7969592bea0c4be02b358f8cd980ebc6ffad6e766e0e5e0a"),
    (version(2, 5, 6), "f7974c504bc91eac98fd52a97580e73e4328a13cbfdbefc2e9461b048357fb7d"),
    (version(2, 5, 7), "bde87d0edbf640de6313fcc10899d0199ba95c250596210239c35aa6feebdecb"),
    (version(3, 0, 0), "8b9c6a77b88a08754d5c38b0d90aae383714e538b8ab40119924d10389b864c5"),
    (version(3, 0, 1), "70147d5b93a44c07e230fe0668236a53c076a4368c594a997282c6b0aea07f03"),
    (version(3, 0, 2), "3cf353456c37d4b6f58c3648476e88a199b7313764d65358e324e7b92f88c2fb"),
    (version(3, 0, 3), "b6dff81704abbadac428e074fca3ff54c4308fa784b3335968334ba679a93600"),
    (version(3, 0, 4), "0c9a7ab2b7a17dc1a38604e9308ab33bba2c6c70d289307f1aff60423b505e42"),
    (version(3, 0, 5), "674bf7dbd76d30b360ee5195b17665440705e7c08880fb3fdb9b83ceccaa4922"),
    (version(3, 0, 6), "b0564af249f88979e8da3c9d6e11486963f4651ab88b85876e1316642b5393c9"),
    (version(3, 0, 7), "d879b8d76285d6fafee45201b94f172914511944e426b22e827df009c17c7218"),
    (version(3, 0, 8), "8e87401fd039377d04249b0cff12242f4ac95cba114a1e08be379d22cd43bbd2"),
    (version(3, 1, 1), "4deba937c52893024b495c09aba07441fec2d06ea1f365d7288af3cc6d2d89aa"),
    (version(3, 1, 2), "321704d7a5709406984f09cdfa287e349292d6682e7945539e8062ec71aee9b4"),
    (version(3, 1, 3), "820d814b18d7c6ccc1d2c158fd4ea7bc3830aac308faf8461994f6a8ee8faf45"),
    (version(3, 1, 4), "75027236dbaee07616866d4a91841d8a6225be50741282a4975617ba388630bb"),
    (version(3, 1, 5), "9ea37c1e9758e2c755ad35fb3480e55beb1683aeec91d908ff8b9f2231db53fd"),
    (version(3, 1, 6), "6cef4f3a3c589717a31ebe1f6c940b09570d37e3a177ebf6e872aa1116368988"),
    (version(3, 1, 7), "6674cd4d8d0f71ad79fa8e6b11bcd9ba19f1dd191622031d7329e4c1677ed9dd"),
    (version(3, 1, 8), "fcdc7c73c1b5f261a817603f6c8e09b7d7451603e8b0b530765224cf934351dc"),
    (version(3, 1, 9), "f1935b182ae7aa3e6c5d4b7f06b2202176ca89701157ba050246a7392fb01076"),
    (version(3, 2, 0), "9c9d1b6954e0a46de0b7623e9b509a93b67bb8ec29d4006061f2da9486420184"),
    (version(3, 2, 1), "feab8cb5c1ee030fd672eaaf9520543317530df3d79174298682bf65288fca20"),
    (version(3, 2, 2), "7cf7fb99276775169f02743da1086bb742d318257270d75cc2cb5c4756f51370"),
    (version(3, 2, 3), "42b6313a4b079210031eada2dc0192572d1ac08d1d9afb3b7fc15c9175441d4b"),
    (version(3, 2, 4), "87f021c2efa56d841e1245a3f510fd0a7c55e4c27901edec95a65957e8604f52"),
    (version(3, 2, 5), "e71666b7fcd0b611493729d620a86f0c74d0a477da5eef83cb0d7bc8bf02b961"),
    (version(3, 2, 6), "4c22ed5c425afe1db40d3b18523e13d8f434edd16caa56d0ee07505039f8c773"),
    (version(3, 3, 0), "5f8e24983a8c20685ccf5603767f9b7c1573bda36824b4431a70e1cc1d7f261d"),
    (version(3, 4, 0), "57e6bc722756e88d1f03e70da6f5194aabdff6cdeab38b8944a58a271be750e9"),
    (version(3, 4, 1), "55ee835d91f5dd1483233f93b6c412153df06c6c8006617dd54cfdd96b251eaf"),
    (version(4, 0, 0), "b7d8e1825622eb0612dbfcf0b68db87585e90b05ef65bc06ef7d3bcf3923786c"),
    (version(4, 0, 1), "df447cf3093209db2bcfda18f8971dc5aa83bb68d981c9d2a6e245dda43e5bd0"),
    (version(4, 1, 0), "e416214c0877c2a455baefae2f0d4041342b28d77104f500befd4cd00632bd58"),
    (version(4, 2, 0), "43f175b03b5c907a09f0471923663ef0d84cc18aa93a8a67975086a9659a8b97"),
    (version(4, 3, 0), "b6fec794d64d5d4adaaeb98e2ac00b40882f9e97e5d21a8cedecaeead3aa3dab"),
    (version(4, 4, 0), "fdf6824c7315cb28c31cd24562ca6428d89934f7e83d3a74305c8a00737119c6"),
    (version(4, 4, 1), "6e1546bf90346eed31ae233c21f2064767b0a8967ea41de24e80e209993f0758"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_version_that_was_published_has_its_digest_once() {
        assert_eq!(DIGESTS.len(), 48);
        assert!(DIGESTS.is_sorted_by(|(one, _), (other, _)| one < other));
        assert_eq!(DIGESTS.first().unwrap().0, ChartVersion::OLDEST);
        assert_eq!(DIGESTS.last().unwrap().0, ChartVersion::NEWEST);
        let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        assert!(DIGESTS.iter().all(|(_, digest)| digest.len() == 64 && digest.bytes().all(hex)));
        let different: BTreeSet<&str> = DIGESTS.iter().map(|(_, digest)| *digest).collect();
        assert_eq!(different.len(), DIGESTS.len(), "no two archives are alike");
    }

    /// An index as a repository has it, of these versions and digests.
    fn index(of: &[(String, &str)]) -> String {
        let entry = |(version, digest): &(String, &str)| {
            format!("  - name: {}\n    version: {version}\n    digest: {digest}\n", chart::NAME)
        };
        let entries: String = of.iter().map(entry).collect();
        format!("apiVersion: v1\nentries:\n  {}:\n{entries}", chart::NAME)
    }

    #[test]
    fn an_index_is_compared_both_ways() {
        let mut published: Vec<(String, &str)> =
            DIGESTS.iter().map(|(version, digest)| (version.to_string(), *digest)).collect();
        // An older version is not known here, and what is no release is no input.
        published.push(("2.4.4".to_owned(), "aa"));
        published.push(("4.5.0-rc1".to_owned(), "bb"));
        assert_eq!(unlike_index(&index(&published)).unwrap(), [""; 0]);
        published[1].1 = "cc";
        published.remove(0);
        published.push(("4.5.0".to_owned(), "dd"));
        let told = unlike_index(&index(&published)).unwrap();
        assert_eq!(
            told,
            [
                format!("2.4.6: cc is published, {} pinned", DIGESTS[1].1),
                "4.5.0: dd is published, and none is pinned".to_owned(),
                "2.4.5: is pinned, and not published".to_owned(),
            ]
        );
        assert_eq!(unlike_index("entries: {}").unwrap().len(), DIGESTS.len());
        assert!(unlike_index("a: [").is_err());
    }

    #[test]
    fn a_version_that_was_never_published_has_none() {
        for never in ["3.1.0", "2.5.8", "4.4.2"] {
            assert_eq!(digest(ChartVersion::parse(never).unwrap()), None, "{never}");
        }
    }
}
