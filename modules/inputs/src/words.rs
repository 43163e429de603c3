//! Enums whose values are words of AWS or Kubernetes: each word is written once.

/// Declares an enum of words. An open one keeps a word that it does not know as it
/// is: what a service answers may be newer than this program.
///
/// ```
/// inputs::words! {
///     /// When a volume is made.
///     pub enum Binding {
///         /// With its claim.
///         Immediate = "Immediate",
///         /// With the first pod that uses the claim.
///         Late = "WaitForFirstConsumer",
///     }
/// }
/// assert_eq!(Binding::one_of("Immediate"), Ok(Binding::Immediate));
/// assert_eq!(Binding::one_of("immediate").unwrap_err().remedy, "did you mean `Immediate`?");
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$doc:meta])*
        pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word as it is written outside.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// One of the words, or which there are.
            pub fn one_of(text: &str) -> Result<$name, $crate::Problem> {
                $crate::one_of(text, $name::ALL, |word| word.as_str())
            }
        }
    };
    (
        $(#[$doc:meta])*
        pub open enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A word that did not exist when this was written.
            Other(String),
        }

        impl $name {
            /// All that are known, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word as it is written outside.
            pub fn as_str(&self) -> &str {
                match self { $($name::$variant => $word,)+ $name::Other(text) => text }
            }

            /// What this word says.
            pub fn parse(text: &str) -> $name {
                match text { $($word => $name::$variant,)+ other => $name::Other(other.to_owned()) }
            }

            /// One of the words that are known, or which there are.
            pub fn one_of(text: &str) -> Result<$name, $crate::Problem> {
                $crate::one_of(text, $name::ALL, |word| word.as_str())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> $name {
                $name::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> String {
                word.as_str().to_owned()
            }
        }
    };
}

/// One of a few words.
pub fn one_of<T: Clone>(
    text: &str,
    words: &[T],
    word: impl Fn(&T) -> &str,
) -> Result<T, crate::Problem> {
    if let Some(value) = words.iter().find(|value| word(value) == text) {
        return Ok(value.clone());
    }
    let known: Vec<String> = words.iter().map(|value| format!("`{}`", word(value))).collect();
    let remedy = match crate::nearest(text, words.iter().map(&word)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write one of them".to_owned(),
    };
    let message = format!("`{}` is not one of {}", text.escape_debug(), known.join(", "));
    Err(crate::Problem::new(message, remedy))
}
