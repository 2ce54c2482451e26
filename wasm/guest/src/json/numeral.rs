//! Reads the text of a number in every form that jq takes.
#![forbid(unsafe_code)]

use crate::value::Num;

/// Read a number as jq's decNumber does: digits with an optional sign, point and exponent, NaN or infinity.
pub fn number(text: &str) -> Option<Num> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    // The digits after a NaN say why it is none; only zeros have a value as a number of C.
    let name = unsigned.trim_end_matches('0');
    if name.eq_ignore_ascii_case("nan") || name.eq_ignore_ascii_case("snan") {
        return Some(Num::Float(f64::NAN));
    }
    if unsigned.eq_ignore_ascii_case("infinity") || unsigned.eq_ignore_ascii_case("inf") {
        let infinity = if text.starts_with('-') {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        };
        return Some(Num::Float(infinity));
    }
    let (mantissa, exponent) = unsigned
        .split_once(['e', 'E'])
        .map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    let well_formed = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|text| !text.is_empty() && digits(text));
    well_formed.then(|| Num::literal(text.strip_prefix('+').unwrap_or(text)))
}
