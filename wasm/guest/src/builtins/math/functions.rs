//! Computes functions of the C library to the last digit, in the same way on every machine.
//!
//! Most are pxfm's, which rounds correctly: its result is the double nearest to the exact one (of `tgamma` often the
//! one next to it). What is here goes around what it does not do: results below the normal numbers, zeros with a sign,
//! `hypot`.
#![forbid(unsafe_code)]

/// Below this, pxfm loses digits and the sign.
const TINY: f64 = 4.0 * f64::MIN_POSITIVE;

/// Raise to a power.
pub fn pow(x: f64, y: f64) -> f64 {
    let power = pxfm::f_pow(x, y);
    // pxfm finds no number for `pow(1; nan)`, and for a root of a large number.
    if power.is_nan() || power.abs() < TINY {
        return libm::pow(x, y);
    }
    power
}

/// The angle of a point.
pub fn atan2(y: f64, x: f64) -> f64 {
    let angle = pxfm::f_atan2(y, x);
    if angle.abs() < TINY {
        return libm::atan2(y, x);
    }
    angle
}

/// Raise ten to a power.
pub fn exp10(x: f64) -> f64 {
    if x < -307.0 {
        return libm::pow(10.0, x);
    }
    pxfm::f_exp10(x)
}

/// The hyperbolic sine; that of `-0` is `-0`.
pub fn sinh(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    pxfm::f_sinh(x)
}

/// The gamma function; its zeros and infinities have the sign of the values that they stand for.
pub fn tgamma(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0 / x;
    }
    let gamma = pxfm::f_tgamma(x);
    if gamma == 0.0 {
        return libm::tgamma(x);
    }
    gamma
}

/// The logarithm of the gamma function, and the sign of that; pxfm finds no number for the largest ones.
pub fn lgamma_r(x: f64) -> (f64, i32) {
    let (logarithm, sign) = pxfm::f_lgamma_r(x);
    if logarithm.is_nan() {
        return libm::lgamma_r(x);
    }
    (logarithm, sign)
}

/// The logarithm of the gamma function.
pub fn lgamma(x: f64) -> f64 {
    lgamma_r(x).0
}

/// Scale by a power of two, as `scalb` of the C library does.
pub fn scalb(x: f64, exponent: f64) -> f64 {
    if x.is_nan() || exponent.is_nan() || exponent == f64::INFINITY {
        return x * exponent;
    }
    if exponent == f64::NEG_INFINITY {
        return if x == 0.0 { x } else { x / -exponent };
    }
    if libm::rint(exponent) != exponent {
        return f64::NAN;
    }
    // No exponent of a double is as far away.
    libm::scalbn(x, exponent.clamp(-65_000.0, 65_000.0) as i32)
}

/// The length of the hypotenuse: C. Borges, "An Improved Algorithm for hypot(a,b)", which the C library of GNU uses.
pub fn hypot(x: f64, y: f64) -> f64 {
    if x.is_infinite() || y.is_infinite() {
        return f64::INFINITY;
    }
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let (longer, shorter) = (x.abs().max(y.abs()), x.abs().min(y.abs()));
    if shorter <= longer * f64::EPSILON / 4.0 {
        return longer + shorter;
    }
    // Powers of two, so that neither square leaves the range of doubles.
    let scale = if longer > 2.0_f64.powi(511) {
        2.0_f64.powi(-600)
    } else if shorter < 2.0_f64.powi(-459) {
        2.0_f64.powi(600)
    } else {
        1.0
    };
    corrected_root(longer * scale, shorter * scale) / scale
}

/// The root of the sum of two squares, minus what the sum and the root have lost.
fn corrected_root(longer: f64, shorter: f64) -> f64 {
    let root = (longer * longer + shorter * shorter).sqrt();
    let lost = if root <= 2.0 * shorter {
        let delta = root - shorter;
        longer * (2.0 * delta - longer) + (delta - 2.0 * (longer - shorter)) * delta
    } else {
        let delta = root - longer;
        2.0 * delta * (longer - 2.0 * shorter) + ((4.0 * delta - shorter) * shorter + delta * delta)
    };
    root - lost / (2.0 * root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_libraries_round_to_a_neighbour_is_rounded_to_the_nearest() {
        // Computed with 400 bits.
        for (name, computed, nearest) in [
            ("pow", pow(10.0, -5.0), 1e-5),
            ("pow", pow(10.0, 29.0), 1e29),
            ("pow", pow(10.0, 23.0), 1e23),
            ("pow", pow(9.0, 17.0), 1.6677181699666568e16),
            ("atan2", atan2(30.0, -128.875), 2.9128820327464067),
            ("acos", pxfm::f_acos(0.976443042600984), 0.21748577520231904),
            ("acosh", pxfm::f_acosh(4.0), 2.0634370688955603),
            ("asin", pxfm::f_asin(0.69095566836617), 0.7628102166842038),
            ("asinh", pxfm::f_asinh(247.0), 6.202539614918804),
            ("atan", pxfm::f_atan(5.149586827238808), 1.3789931714661205),
            (
                "atanh",
                pxfm::f_atanh(0.720789501527848),
                0.9092862524253839,
            ),
            ("cbrt", pxfm::f_cbrt(0.001), 0.1),
            ("cos", pxfm::f_cos(394.5), 0.2280962842921427),
            ("cosh", pxfm::f_cosh(10.0), 11013.232920103323),
            ("erf", pxfm::f_erf(-0.01), -0.011283415555849618),
            ("erfc", pxfm::f_erfc(14.0), 3.0372298477503115e-87),
            ("exp", pxfm::f_exp(-435.25), 9.404305994125038e-190),
            ("exp10", exp10(-279.0), 1e-279),
            ("exp2", pxfm::f_exp2(2.3449521312928), 5.080435358211431),
            ("expm1", pxfm::f_expm1(40.0), 2.3538526683702e17),
            ("lgamma", lgamma(45.0), 125.3172711493569),
            ("log", pxfm::f_log(5.77981786205957), 1.7543721704333806),
            ("log10", pxfm::f_log10(43.0), 1.6334684555795864),
            ("log1p", pxfm::f_log1p(13.0), 2.6390573296152584),
            ("log2", pxfm::f_log2(9.740255539442801), 3.283959622477104),
            ("sin", pxfm::f_sin(62.53810514672477), -0.2895416345671504),
            ("sinh", sinh(-2.0), -3.6268604078470186),
            ("tan", pxfm::f_tan(11.11), -8.701119266565103),
            ("tanh", pxfm::f_tanh(-0.71), -0.6106768328168442),
            ("tgamma", tgamma(9.779725554331783), 221548.14855087062),
            ("hypot", hypot(3.0, 4.0), 5.0),
        ] {
            assert_eq!(computed, nearest, "{name}");
        }
    }

    #[test]
    fn the_smallest_numbers_and_the_signs_of_zeros_are_right() {
        for (computed, right) in [
            (pow(2.0, -1074.0), 5e-324),
            (pow(-2.0, -1075.0), -0.0),
            (pow(10.0, -316.2239059754273), 5.9716455e-317),
            (pow(1.0, f64::NAN), 1.0),
            (pow(f64::NAN, 0.0), 1.0),
            (pow(1e308, -0.5), 1e-154),
            (atan2(-5e-324, 2.0), -0.0),
            (lgamma(2.570199494023673e303), 1.7930412478823234e306),
            (exp10(-315.0), 1e-315),
            (exp10(-400.0), 0.0),
            (sinh(-0.0), -0.0),
            (tgamma(-0.0), f64::NEG_INFINITY),
            (tgamma(-400.5), -0.0),
            (tgamma(-401.5), 0.0),
            (hypot(3e-320, 4e-320), 5e-320),
            (hypot(f64::NAN, f64::INFINITY), f64::INFINITY),
            (scalb(1.0, 1e9), f64::INFINITY),
            (scalb(-1.0, f64::NEG_INFINITY), -0.0),
            (scalb(1e-300, 1100.0), 1.3582985290493859e31),
        ] {
            let digits = |number: f64| format!("{number:.9e}");
            assert_eq!(digits(computed), digits(right));
        }
        assert!(scalb(1.0, 0.5).is_nan());
        assert!(pow(-8.0, 0.5).is_nan());
    }
}
