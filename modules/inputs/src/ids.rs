//! Identifiers of AWS resources, each its own type and checked when made.

/// A text that is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a {what}", text.escape_debug())]
pub struct IdError {
    /// What was expected, such as `subnet id`.
    pub what: &'static str,
    /// The prefix that such an identifier has.
    pub prefix: &'static str,
    /// What was found.
    pub text: String,
}

/// Declares an identifier: a prefix, and 8 to 40 hexadecimal digits. The pattern
/// is the one in the service model of EFS (botocore, `efs/2015-02-01/service-2.json`).
#[macro_export]
macro_rules! id {
    ($name:ident, $prefix:literal, $what:literal) => {
        #[doc = concat!("A ", $what, ": `", $prefix, "` and 8 to 40 hexadecimal digits.")]
        #[derive(
            Debug,
            Clone,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Hash,
            ::serde::Serialize,
            ::serde::Deserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::IdError;

            fn try_from(text: &str) -> Result<Self, $crate::IdError> {
                let digits = text.strip_prefix($prefix).unwrap_or_default();
                let hexadecimal = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
                if (8..=40).contains(&digits.len()) && digits.bytes().all(hexadecimal) {
                    Ok($name(text.to_owned()))
                } else {
                    let (what, prefix) = ($what, $prefix);
                    Err($crate::IdError { what, prefix, text: text.to_owned() })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::IdError;

            fn try_from(text: String) -> Result<Self, $crate::IdError> {
                $name::try_from(text.as_str())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    crate::id!(SubnetId, "subnet-", "subnet id");

    #[test]
    fn an_id_has_its_prefix_and_hexadecimal_digits() {
        for good in ["subnet-01234567", "subnet-0123456789abcdef0"] {
            assert!(SubnetId::try_from(good).is_ok(), "{good}");
        }
        for bad in
            ["", "subnet-", "subnet-0123456", "sg-01234567", "subnet-0123456g", "subnet-0123456A"]
        {
            let error = SubnetId::try_from(bad).unwrap_err();
            assert_eq!(error.what, "subnet id", "{bad}");
        }
    }

    #[test]
    fn control_characters_of_a_wrong_id_are_not_repeated_raw() {
        let error = SubnetId::try_from("subnet-\u{1b}[2J").unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'));
    }
}
