//! Implements the built-ins on numbers that are not functions of the C library.
#![forbid(unsafe_code)]

use super::{v, value, Simple};
use crate::value::{Val, ValR};

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("infinite", v(0), |_| value(Ok(Val::from(f64::INFINITY)))),
        ("nan", v(0), |_| value(Ok(Val::from(f64::NAN)))),
        ("isinfinite", v(0), |call| {
            value(test(&call.input, f64::is_infinite))
        }),
        ("isnan", v(0), |call| value(test(&call.input, f64::is_nan))),
        ("isnormal", v(0), |call| {
            value(test(&call.input, f64::is_normal))
        }),
    ]
}

/// Test a number; a value of another type passes no test.
fn test(input: &Val, f: fn(f64) -> bool) -> ValR {
    Ok(Val::Bool(
        input.as_num().is_some_and(|number| f(number.as_f64())),
    ))
}
