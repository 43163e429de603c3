//! Bytes that are written in base64.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Bits behind the last byte count for nothing, as in Go.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The bytes of a text in base64, whose ends of lines count for nothing.
pub(super) fn from_base64(text: &str) -> Result<Vec<u8>, String> {
    let text = text.replace(['\r', '\n'], "");
    LENIENT.decode(&text).map_err(|error| format!("this is not valid base64: {error}"))
}
