//! Implements the functions of C's `math.h` that jq has.
#![forbid(unsafe_code)]

mod functions;

use super::{each_of, filters, v, value, Simple};
use crate::value::{Error, Val};
use functions::{atan2, exp10, hypot, lgamma, lgamma_r, pow, scalb, sinh, tgamma};

fn number(input: &Val) -> Result<f64, Error> {
    match input {
        Val::Num(number) => Ok(number.as_f64()),
        _ => Err(input.error("number required")),
    }
}

fn numbers<const N: usize>(arguments: &[Val; N]) -> Result<[f64; N], Error> {
    let mut numbers = [0.0; N];
    for (place, argument) in arguments.iter().enumerate() {
        numbers[place] = number(argument)?;
    }
    Ok(numbers)
}

/// Lists natives that apply a function of one number to the input.
macro_rules! of_input {
    ($($name:literal: $f:expr),* $(,)?) => {
        { let natives: Vec<Simple> = vec![$(($name, v(0), |call| value(number(&call.input).map(|x| { let f: fn(f64) -> f64 = $f; Val::from(f(x)) })))),*]; natives }
    };
}

/// Lists natives that apply a function of two numbers to their arguments.
macro_rules! of_two {
    ($($name:literal: $f:expr),* $(,)?) => {
        { let natives: Vec<Simple> = vec![$(($name, filters(2), |call| each_of(call, |_, _, both: [Val; 2]| {
            let f: fn(f64, f64) -> f64 = $f;
            numbers(&both).map(|[x, y]| Val::from(f(x, y)))
        }))),*]; natives }
    };
}

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    let mut natives: Vec<Simple> = of_input![
        "acos": pxfm::f_acos, "acosh": pxfm::f_acosh, "asin": pxfm::f_asin, "asinh": pxfm::f_asinh, "atan": pxfm::f_atan,
        "atanh": pxfm::f_atanh, "cbrt": pxfm::f_cbrt, "cos": pxfm::f_cos, "cosh": pxfm::f_cosh, "erf": pxfm::f_erf,
        "erfc": pxfm::f_erfc, "exp": pxfm::f_exp, "exp10": exp10, "exp2": pxfm::f_exp2, "expm1": pxfm::f_expm1,
        "fabs": libm::fabs, "j0": libm::j0, "j1": libm::j1, "lgamma": lgamma, "gamma": lgamma,
        "log": pxfm::f_log, "log10": pxfm::f_log10, "log1p": pxfm::f_log1p, "log2": pxfm::f_log2,
        "logb": logb, "nearbyint": libm::rint, "pow10": exp10, "rint": libm::rint, "significand": significand,
        "sin": pxfm::f_sin, "sinh": sinh, "sqrt": libm::sqrt, "tan": pxfm::f_tan, "tanh": pxfm::f_tanh,
        "tgamma": tgamma, "trunc": libm::trunc, "y0": libm::y0, "y1": libm::y1,
        "floor": libm::floor, "ceil": libm::ceil, "round": libm::round,
    ];
    natives.extend(of_two![
        "atan2": atan2, "copysign": libm::copysign, "drem": libm::remainder, "fdim": libm::fdim,
        "fmax": libm::fmax, "fmin": libm::fmin, "fmod": libm::fmod, "hypot": hypot,
        "nextafter": libm::nextafter, "nexttoward": libm::nextafter, "pow": pow, "remainder": libm::remainder,
        "jn": |n, x| libm::jn(n as i32, x), "yn": |n, x| libm::yn(n as i32, x),
        "ldexp": |x, e| libm::scalbn(x, e as i32), "scalb": scalb,
        "scalbln": |x, e| libm::scalbn(x, e as i32),
    ]);
    natives.push(("fma", filters(3), |call| {
        each_of(call, |_, _, all: [Val; 3]| {
            numbers(&all).map(|[x, y, z]| Val::from(libm::fma(x, y, z)))
        })
    }));
    natives.push(("frexp", v(0), |call| value(number(&call.input).map(frexp))));
    natives.push(("modf", v(0), |call| value(number(&call.input).map(modf))));
    natives.push(("lgamma_r", v(0), |call| {
        value(number(&call.input).map(|x| {
            let (gamma, sign) = lgamma_r(x);
            [Val::from(gamma), Val::from(i64::from(sign))]
                .into_iter()
                .collect()
        }))
    }));
    natives
}

fn logb(x: f64) -> f64 {
    if x == 0.0 {
        f64::NEG_INFINITY
    } else if x.is_finite() {
        f64::from(libm::ilogb(x))
    } else {
        x * x
    }
}

fn significand(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    libm::scalbn(x, -libm::ilogb(x))
}

fn frexp(x: f64) -> Val {
    let (mantissa, exponent) = if x.is_finite() {
        libm::frexp(x)
    } else {
        (x, 0)
    };
    [Val::from(mantissa), Val::from(i64::from(exponent))]
        .into_iter()
        .collect()
}

fn modf(x: f64) -> Val {
    let whole = libm::trunc(x);
    let fraction = if x.is_infinite() {
        libm::copysign(0.0, x)
    } else {
        libm::copysign(x - whole, x)
    };
    [Val::from(fraction), Val::from(whole)]
        .into_iter()
        .collect()
}
