//! Implements the built-ins on numbers that are not functions of the C library.
#![forbid(unsafe_code)]

use super::{value, Simple};
use crate::run::context::JqData;
use crate::value::{Error, Num, Val, ValR};
use jaq_core::box_iter::BoxIter;
use jaq_core::native::v;
use jaq_core::{Cv, ValXs};

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("infinite", v(0), |_| value(Ok(Val::from(f64::INFINITY)))),
        ("nan", v(0), |_| value(Ok(Val::from(f64::NAN)))),
        ("isinfinite", v(0), |cv| {
            value(test(&cv.1, f64::is_infinite))
        }),
        ("isnan", v(0), |cv| value(test(&cv.1, f64::is_nan))),
        ("isnormal", v(0), |cv| value(test(&cv.1, f64::is_normal))),
        ("abs", v(0), |cv| {
            let zero = Val::from(0_usize);
            value(match &cv.1 {
                Val::Num(number) if cv.1 < zero => Ok(Val::Num(number.neg())),
                _ if cv.1 < zero => -cv.1,
                _ => Ok(cv.1),
            })
        }),
        ("range", v(2), |mut cv| {
            let upto = cv.0.pop_var();
            let from = cv.0.pop_var();
            match (&from, &upto) {
                (Val::Num(from), Val::Num(upto)) => range(from.clone(), upto.clone(), Num::Int(1)),
                _ => value(Err(Error::str("Range bounds must be numeric"))),
            }
        }),
        ("range", v(3), range_by),
    ]
}

/// Test a number; a value of another type passes no test.
fn test(input: &Val, f: fn(f64) -> bool) -> ValR {
    Ok(Val::Bool(
        input.as_num().is_some_and(|number| f(number.as_f64())),
    ))
}

fn range<'a>(from: Num, upto: Num, by: Num) -> ValXs<'a, Val> {
    let up = by.as_f64() > 0.0;
    if by.as_f64() == 0.0 || by.as_f64().is_nan() {
        return BoxIter::Empty;
    }
    let mut next = from;
    BoxIter::new(core::iter::from_fn(move || {
        let inside = if up { next < upto } else { upto < next };
        if !inside {
            return None;
        }
        let after = next.add(&by);
        Some(Ok(Val::Num(core::mem::replace(&mut next, after))))
    }))
}

/// `range/3`, which in jq adds and compares values of any type.
fn range_by(mut cv: Cv<'_, JqData>) -> ValXs<'_, Val> {
    let by = cv.0.pop_var();
    let upto = cv.0.pop_var();
    let from = cv.0.pop_var();
    if let (Val::Num(from), Val::Num(upto), Val::Num(by)) = (&from, &upto, &by) {
        return range(from.clone(), upto.clone(), by.clone());
    }
    let zero = Val::from(0_usize);
    let (up, down) = (by > zero, by < zero);
    let mut next = Some(Ok(from));
    BoxIter::new(core::iter::from_fn(move || {
        let now = match next.take()? {
            Ok(now) => now,
            Err(error) => return Some(Err(error)),
        };
        if !(up && now < upto || down && now > upto) {
            return None;
        }
        next = Some((now.clone() + by.clone()).map_err(Into::into));
        Some(Ok(now))
    }))
}
