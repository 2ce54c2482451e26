//! Gives filters what stands in the place of the host: a frozen clock, an empty environment, collected messages.
#![forbid(unsafe_code)]

use crate::session::JaqData;
use jaq_core::box_iter::{box_once, BoxIter};
use jaq_core::native::{bome, run, v, Filter, Fun};
use jaq_core::{Cv, Exn, RunPtr, ValX, ValXs};
use jaq_json::{Map, Val};
use jq_magic_shared::fault::Fault;

/// All natives: jaq's, and ours in the place of those that would reach the host.
pub fn all() -> impl Iterator<Item = Fun<JaqData>> {
    let theirs = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_std::input::funs().into_vec().into_iter().map(run))
        .chain(jaq_json::funs())
        .filter(|(name, args, _)| !replaces(name, args.len()));
    theirs.chain(ours().into_vec().into_iter().map(run::<JaqData>))
}

/// What takes the time zone of the host in jaq takes UTC here.
pub const IN_UTC: &str = "def localtime: gmtime; def strflocaltime($format): strftime($format);";

/// Whether something of ours stands in the place of what jaq has under this name with so many arguments.
pub fn replaces(name: &str, arity: usize) -> bool {
    matches!((name, arity), ("localtime", 0) | ("strflocaltime", 1))
        || ours()
            .iter()
            .any(|(own, args, _)| *own == name && args.len() == arity)
}

fn ours() -> Box<[Filter<RunPtr<JaqData>>]> {
    Box::new([
        ("env", v(0), |_| bome(Ok(Val::obj(Map::default())))),
        ("now", v(0), |cv| bome(Ok(Val::from(cv.0.data().now())))),
        ("debug_empty", v(0), |cv| {
            let text = format!("[\"DEBUG:\",{}]", cv.1);
            message(&cv, text.as_bytes())
        }),
        ("stderr_empty", v(0), |cv| match &cv.1 {
            Val::TStr(text) => message(&cv, text),
            value => message(&cv, value.to_string().as_bytes()),
        }),
        ("halt_error", v(1), halt_error),
    ])
}

/// Add a message for the host, which counts as output.
fn message<'a>(cv: &Cv<'a, JaqData>, text: &[u8]) -> ValXs<'a, Val> {
    match cv.0.data().add_message(text) {
        Ok(()) => Box::new(core::iter::empty()),
        Err(fault) => stop(cv, fault),
    }
}

/// End the run as the program wants it, with the value for the host.
fn halt_error(mut cv: Cv<'_, JaqData>) -> BoxIter<'_, ValX<'_, Val>> {
    let code = match cv.0.pop_var() {
        Val::Num(number) => number.as_isize().and_then(|code| i32::try_from(code).ok()),
        _ => None,
    };
    let Some(code) = code else {
        return bome(Err(jaq_core::Error::str("halt_error takes an exit code")));
    };
    let fault = match cv.0.data().json(&cv.1) {
        Ok(json) => Fault::Halt {
            code,
            value: Some(json),
        },
        Err(fault) => fault,
    };
    stop(&cv, fault)
}

/// End the run for a reason that `try` cannot catch: jaq's halt unwinds the filter.
fn stop<'a>(cv: &Cv<'a, JaqData>, fault: Fault) -> ValXs<'a, Val> {
    cv.0.data().stop(fault);
    box_once(Err(Exn::halt(0)))
}
