//! Implements the built-ins that reach the host: inputs, messages, the clock, the end of the run.
#![forbid(unsafe_code)]

use super::{stop, value, Simple};
use crate::run::context::RunContext;
use crate::run::fault::Fault;
use crate::value::{Error, Map, Val};
use jaq_core::box_iter::{box_once, BoxIter};
use jaq_core::native::v;
use jaq_core::{ValX, ValXs};

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("env", v(0), |_| value(Ok(Val::obj(Map::default())))),
        ("now", v(0), |cv| value(Ok(Val::from(cv.0.data().now)))),
        ("input", v(0), |cv| box_once(input(cv.0.data()))),
        ("inputs", v(0), |cv| {
            let context = *cv.0.data();
            BoxIter::new(core::iter::from_fn(move || next_input(context)))
        }),
        ("input_filename", v(0), |_| value(Ok(Val::Null))),
        ("input_line_number", v(0), |cv| {
            value(Ok(Val::from(cv.0.data().inputs.borrow_mut().lines())))
        }),
        ("get_search_list", v(0), |_| {
            value(Ok(Val::Arr(Vec::new().into())))
        }),
        ("builtins", v(0), |cv| {
            let names = cv.0.data().builtins.iter();
            value(Ok(names
                .map(|(name, arity)| Val::from(format!("{name}/{arity}")))
                .collect()))
        }),
        ("modulemeta", v(0), |cv| {
            value(Err(match &cv.1 {
                Val::Str(_) => {
                    Error::str("modulemeta: modules are not available, the sandbox has no files")
                }
                _ => Error::str("modulemeta input module name must be a string"),
            }))
        }),
        ("_debug", v(0), |cv| {
            let context = *cv.0.data();
            let added = context
                .json(&cv.1)
                .and_then(|json| context.add_message(&[b"[\"DEBUG:\",", &json[..], b"]"].concat()));
            empty_unless(context, added)
        }),
        ("_stderr", v(0), |cv| {
            let context = *cv.0.data();
            let added = match cv.1.as_str() {
                Some(text) => context.add_message(text),
                None => context
                    .json(&cv.1)
                    .and_then(|json| context.add_message(&json)),
            };
            empty_unless(context, added)
        }),
        ("halt", v(0), |cv| {
            let context = *cv.0.data();
            box_once(stop(
                context,
                Fault::Halt {
                    code: 0,
                    value: None,
                },
            ))
        }),
        // This one is jaq's; jq has `halt` without arguments only.
        ("halt", v(1), |mut cv| {
            let context = *cv.0.data();
            match exit_code(&cv.0.pop_var()) {
                Ok(code) => box_once(stop(context, Fault::Halt { code, value: None })),
                Err(error) => value(Err(error)),
            }
        }),
        ("halt_error", v(1), |mut cv| {
            let context = *cv.0.data();
            let code = match exit_code(&cv.0.pop_var()) {
                Ok(code) => code,
                Err(error) => return value(Err(error)),
            };
            let fault = match context.json(&cv.1) {
                Ok(json) => Fault::Halt {
                    code,
                    value: Some(String::from_utf8_lossy(&json).into_owned()),
                },
                Err(fault) => fault,
            };
            box_once(stop(context, fault))
        }),
    ]
}

fn exit_code(code: &Val) -> Result<i32, Error> {
    match code {
        // The cast cuts fractions and saturates.
        Val::Num(code) => Ok(code.as_f64() as i32),
        _ => Err(Error::str("halt_error/1: number required")),
    }
}

fn empty_unless<'a>(context: &RunContext, added: Result<(), Fault>) -> ValXs<'a, Val> {
    match added {
        Ok(()) => BoxIter::Empty,
        Err(fault) => box_once(stop(context, fault)),
    }
}

fn next_input<'a>(context: &RunContext) -> Option<ValX<'a, Val>> {
    let next = context.inputs.borrow_mut().next_value()?;
    Some(next.or_else(|fault| match fault {
        Fault::Input { ref message, .. } => {
            let complaint = context.inputs.borrow().complaint();
            let message = complaint.unwrap_or_else(|| message.clone());
            Err(refused(context, message, fault).into())
        }
        fault => stop(context, fault),
    }))
}

/// Make the error that the next text is not JSON, which `catch` gets in jq's words. The run's context keeps the
/// fault, which tells the place, for the case that nothing catches the error.
fn refused(context: &RunContext, message: String, fault: Fault) -> Error {
    *context.refused.borrow_mut() = Some((message.clone(), fault));
    Error::str(message)
}

fn input<'a>(context: &RunContext) -> ValX<'a, Val> {
    next_input(context).unwrap_or_else(|| Err(Error::str("break").into()))
}
