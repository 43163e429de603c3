//! Where the driver's images come from, where that is not the internet.

use inputs::{Partition, Problem};
use serde::{Deserialize, Serialize};

/// The registry of the driver's images and of those of its sidecars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry(String);

/// The word for the registry that Amazon EKS has in the region.
const EKS: &str = "eks";

/// The accounts of Amazon EKS's registries, by region; in the regions of [`COMMON`], it is
/// `602401143452`. Looked up on 2026-11-26.
///
/// Sources: Amazon EKS User Guide, "View Amazon container image registries for Amazon EKS add-ons"
/// (`add-ons-images`), which writes `ap-east-1` in the registry of `ap-east-2`, where `GuardDuty`'s User
/// Guide has that account under `ap-east-2`; and for the regions of the isolated partitions, which
/// that page does not list, what EKS's own node images ask for (`get-ecr-uri.sh` of
/// awslabs/amazon-eks-ami). No page tells the registries of `us-isob-west-1` and `us-isof-east-1`.
const ACCOUNTS: &[(&str, &str)] = &[
    ("af-south-1", "877085696533"),
    ("ap-east-1", "800184023465"),
    ("ap-east-2", "533267051163"),
    ("ap-south-2", "900889452093"),
    ("ap-southeast-3", "296578399912"),
    ("ap-southeast-4", "491585149902"),
    ("ap-southeast-5", "151610086707"),
    ("ap-southeast-6", "333609536671"),
    ("ap-southeast-7", "121268973566"),
    ("ca-west-1", "761377655185"),
    ("cn-north-1", "918309763551"),
    ("cn-northwest-1", "961992271922"),
    ("eu-central-2", "900612956339"),
    ("eu-isoe-west-1", "249663109785"),
    ("eu-south-1", "590381155156"),
    ("eu-south-2", "455263428931"),
    ("eusc-de-east-1", "877088126301"),
    ("il-central-1", "066635153087"),
    ("me-central-1", "759879836304"),
    ("me-south-1", "558608220178"),
    ("mx-central-1", "730335286997"),
    ("us-gov-east-1", "151742754352"),
    ("us-gov-west-1", "013241004608"),
    ("us-iso-east-1", "725322719131"),
    ("us-iso-west-1", "608367168043"),
    ("us-isob-east-1", "187977181151"),
    ("us-isof-south-1", "676585237158"),
];

/// The regions of that account.
const COMMON: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

impl Registry {
    /// Reads `eks`, or the host of a registry with a path.
    ///
    /// # Errors
    /// If it is none, or EKS's registry of the region is not known here.
    pub fn parse(text: &str, region: &str) -> Result<Registry, Problem> {
        if text == EKS {
            return of_eks(region).map(Registry).ok_or_else(|| {
                let suffix = Partition::of(region).dns_suffix;
                Problem::new(
                    format!("the registry of EKS in `{region}` is not known here"),
                    format!(
                        "write it as `ACCOUNT.dkr.ecr.{region}.{suffix}/eks`: the images of running pods \
                         of EKS's (`kubectl -n kube-system get pods -o yaml`) and \"View Amazon container \
                         image registries\" of the EKS User Guide name the account"
                    ),
                )
            });
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._:/".contains(c);
        let host = text.split('/').next().unwrap_or_default();
        let is_host = host.contains('.') || host.contains(':');
        if !is_host || !text.chars().all(plain) || text.contains("://") || text.ends_with('/') {
            return Err(Problem::new(
                format!("`{text}` is not a registry"),
                "write `eks` for the one of EKS in the region, or `HOST/PATH` without a scheme",
            ));
        }
        Ok(Registry(text.to_owned()))
    }

    /// The repository of an image.
    pub(crate) fn repository(&self, image: &str) -> String {
        format!("{}/{image}", self.0)
    }
}

fn of_eks(region: &str) -> Option<String> {
    let own = ACCOUNTS.iter().find(|(name, _)| *name == region).map(|(_, account)| *account);
    let account = own.or_else(|| COMMON.contains(&region).then_some("602401143452"))?;
    let suffix = Partition::of(region).dns_suffix;
    Some(format!("{account}.dkr.ecr.{region}.{suffix}/eks"))
}

/// A version of the driver, such as 2.1.4.
pub type Version = (u16, u16, u16);

/// The version of the driver that an image has, by its tag: `v2.1.4`, or `v2.1.4-eksbuild.1` as EKS
/// writes it. None where the image has another tag, or a digest alone.
pub fn version_of_image(image: &str) -> Option<Version> {
    let (image, _digest) = image.split_once('@').unwrap_or((image, ""));
    let (_, tag) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))?;
    let number = tag.strip_prefix('v').unwrap_or(tag).split(['-', '+', '_']).next()?;
    let mut parts = number.split('.').map(|part| part.parse::<u16>().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version).filter(|(major, ..)| *major <= NEWEST_MAJOR)
}

/// The newest major version that a driver's tag may name: other numbers, such as dates, are those of
/// whoever copied the image. One more than the newest chart's driver has, which is 3.
const NEWEST_MAJOR: u16 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(text: &str, region: &str) -> Result<String, String> {
        let registry = Registry::parse(text, region).map_err(|problem| problem.message)?;
        Ok(registry.repository("aws-efs-csi-driver"))
    }

    #[test]
    fn the_registry_of_eks_is_that_of_the_region_and_its_partition() {
        for (region, repository) in [
            ("eu-west-1", "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/aws-efs-csi-driver"),
            ("me-south-1", "558608220178.dkr.ecr.me-south-1.amazonaws.com/eks/aws-efs-csi-driver"),
            (
                "cn-north-1",
                "918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn/eks/aws-efs-csi-driver",
            ),
            (
                "us-gov-west-1",
                "013241004608.dkr.ecr.us-gov-west-1.amazonaws.com/eks/aws-efs-csi-driver",
            ),
            ("ap-east-2", "533267051163.dkr.ecr.ap-east-2.amazonaws.com/eks/aws-efs-csi-driver"),
            (
                "eusc-de-east-1",
                "877088126301.dkr.ecr.eusc-de-east-1.amazonaws.eu/eks/aws-efs-csi-driver",
            ),
            (
                "us-iso-east-1",
                "725322719131.dkr.ecr.us-iso-east-1.c2s.ic.gov/eks/aws-efs-csi-driver",
            ),
        ] {
            assert_eq!(driver("eks", region).as_deref(), Ok(repository));
        }
        assert!(driver("eks", "xx-new-1").unwrap_err().contains("not known here"));
    }

    /// A new region of AWS does not get a guess: it stands here until its registry is looked up.
    #[test]
    fn every_region_that_is_known_has_its_registry_or_is_named_as_one_without() {
        let regions = inputs::REGIONS.iter().flat_map(|(_, regions)| *regions);
        let without: Vec<&str> =
            regions.copied().filter(|region| of_eks(region).is_none()).collect();
        assert_eq!(without, ["us-isob-west-1", "us-isof-east-1"]);
        let Err(problem) = Registry::parse("eks", "us-isof-east-1") else { panic!("it is known") };
        let place = "ACCOUNT.dkr.ecr.us-isof-east-1.csp.hci.ic.gov/eks";
        assert!(problem.remedy.contains(place), "{}", problem.remedy);
    }

    #[test]
    fn an_image_tells_its_version_by_its_tag() {
        for (image, version) in [
            ("amazon/aws-efs-csi-driver:v1.5.6", Some((1, 5, 6))),
            (
                "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/aws-efs-csi-driver:v2.1.4",
                Some((2, 1, 4)),
            ),
            ("mirror:5000/efs:v2.1.4-eksbuild.1@sha256:ab", Some((2, 1, 4))),
            ("mirror:5000/efs:3.4.1", Some((3, 4, 1))),
            ("mirror:5000/efs", None),
            ("mirror/efs@sha256:ab", None),
            ("mirror/efs:latest", None),
            ("mirror/efs:v3.4", None),
            ("mirror/efs:v3.4.1.2", None),
        ] {
            assert_eq!(version_of_image(image), version, "{image}");
        }
    }

    #[test]
    fn a_mirror_is_a_host_with_a_path() {
        assert_eq!(
            driver("registry.example.com:5000/mirror", "eu-west-1").as_deref(),
            Ok("registry.example.com:5000/mirror/aws-efs-csi-driver")
        );
        for wrong in ["", "mirror", "https://registry.example.com", "a.b/", "a.b/c d"] {
            assert!(driver(wrong, "eu-west-1").is_err(), "{wrong}");
        }
    }
}
