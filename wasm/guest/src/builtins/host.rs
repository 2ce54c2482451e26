//! Implements the built-ins that reach the host: inputs, messages, the clock, the end of the run.
#![forbid(unsafe_code)]

use super::{limited, stop, text, v, value, Outcome, Simple};
use crate::language::modules;
use crate::run::context::RunContext;
use crate::run::fault::Fault;
use crate::value::{Error, Map, Val};

/// List the natives of this module.
pub fn natives() -> Vec<Simple> {
    vec![
        ("env", v(0), |_| value(Ok(Val::obj(Map::default())))),
        ("now", v(0), |call| value(Ok(Val::from(call.context.now)))),
        ("input", v(0), |call| {
            next_input(call.context).unwrap_or_else(|| Err(Error::str("break").into()))
        }),
        ("input_filename", v(0), |_| value(Ok(Val::Null))),
        ("input_line_number", v(0), |call| {
            value(Ok(Val::from(call.context.inputs.borrow_mut().lines())))
        }),
        ("get_search_list", v(0), |call| {
            let directories = call.context.files.search().iter();
            value(Ok(directories.cloned().map(Val::from).collect()))
        }),
        ("builtins", v(0), |call| {
            let names = call.context.builtins.iter();
            value(Ok(names
                .map(|(name, arity)| Val::from(format!("{name}/{arity}")))
                .collect()))
        }),
        ("modulemeta", v(0), |call| {
            let message = "modulemeta input module name must be a string";
            value(text(&call.input, message).and_then(|path| {
                let context = call.context;
                let module = context.files.module(&String::from_utf8_lossy(&path));
                let file = module.map_err(|missing| Error::str(missing.message))?;
                Ok(modules::description(file, context.limits.depth))
            }))
        }),
        ("_debug", v(0), |call| {
            let context = call.context;
            let added = context
                .json(&call.input)
                .and_then(|json| context.add_message(&[b"[\"DEBUG:\",", &json[..], b"]"].concat()));
            limited(context, added.map(|()| call.input))
        }),
        ("_stderr", v(0), |call| {
            let context = call.context;
            let added = match call.input.as_str() {
                Some(text) => context.add_message(text),
                None => context
                    .json(&call.input)
                    .and_then(|json| context.add_message(&json)),
            };
            limited(context, added.map(|()| call.input))
        }),
        ("halt", v(0), |call| {
            let fault = Fault::Halt {
                code: 0,
                value: None,
            };
            Err(stop(call.context, fault))
        }),
        // This one is jaq's; jq has `halt` without arguments only.
        ("halt", v(1), |call| {
            let [code, ..] = call.arguments;
            let code = exit_code(&code)?;
            Err(stop(call.context, Fault::Halt { code, value: None }))
        }),
        ("halt_error", v(1), |call| {
            let [code, ..] = call.arguments;
            let code = exit_code(&code)?;
            let fault = match call.context.json(&call.input) {
                Ok(json) => Fault::Halt {
                    code,
                    value: Some(String::from_utf8_lossy(&json).into_owned()),
                },
                Err(fault) => fault,
            };
            Err(stop(call.context, fault))
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

/// Read the next input; `None` after the last.
pub fn next_input(context: &RunContext) -> Option<Outcome> {
    let next = context.inputs.borrow_mut().next_value()?;
    Some(next.map_err(|fault| match fault {
        Fault::Input { ref message, .. } => {
            let complaint = context.inputs.borrow().complaint();
            let message = complaint.unwrap_or_else(|| message.clone());
            refused(context, message, fault).into()
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
