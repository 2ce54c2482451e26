//! Makes the terms that take values apart, with alternative patterns.
#![forbid(unsafe_code)]

use super::super::{Def, Pattern, Term};
use super::{bind, boxed};
use jaq_core::load::parse::BinaryOp;

/// Collect the names of all variables that a pattern binds.
pub(super) fn variables(pattern: &Pattern, names: &mut Vec<&'static str>) {
    match pattern {
        Pattern::Var(name) => {
            if !names.contains(name) {
                names.push(name);
            }
        }
        Pattern::Arr(items) => items.iter().for_each(|item| variables(item, names)),
        Pattern::Obj(members) => members
            .iter()
            .for_each(|(_, value)| variables(value, names)),
    }
}

/// Make `$?value as P1 ?// P2 … | body`: a pattern is tried with the body when the one before it failed; the
/// variables of the other patterns are null.
pub(super) fn alternatives(patterns: Vec<Pattern>, body: Term) -> Term {
    let mut names = Vec::new();
    patterns
        .iter()
        .for_each(|pattern| variables(pattern, &mut names));
    let call = Term::Call("?body", names.iter().map(|name| Term::Var(name)).collect());
    let attempt = |pattern: Pattern| {
        let bound = Term::BinOp(
            boxed(Term::Var("$?value")),
            BinaryOp::Pipe(Some(pattern)),
            boxed(call.clone()),
        );
        names.iter().fold(bound, |term, name| {
            bind(Term::Call("null", Vec::new()), name, term)
        })
    };
    let pipe = |l, r| Term::BinOp(boxed(l), BinaryOp::Pipe(None), boxed(r));
    let mut patterns = patterns.into_iter().rev();
    let last = attempt(patterns.next().expect("there is a pattern"));
    let tried = patterns.fold(last, |otherwise, pattern| {
        let otherwise = pipe(Term::Var("$?input"), otherwise);
        Term::TryCatch(boxed(attempt(pattern)), Some(boxed(otherwise)))
    });
    let def = Def {
        name: "?body",
        args: names.clone(),
        body,
    };
    Term::Def(vec![def], boxed(bind(Term::Id, "$?input", tried)))
}

/// Make `value as P1 ?// P2 … | body`.
pub fn destructure(value: Term, mut patterns: Vec<Pattern>, body: Term) -> Term {
    if patterns.len() > 1 {
        return bind(value, "$?value", alternatives(patterns, body));
    }
    let pattern = patterns.pop().expect("there is a pattern");
    Term::BinOp(boxed(value), BinaryOp::Pipe(Some(pattern)), boxed(body))
}

/// Make one pattern of a fold's alternative patterns, and the inputs that fit it.
pub fn fold_inputs(inputs: Term, mut patterns: Vec<Pattern>) -> (Term, Pattern) {
    if patterns.len() == 1 {
        return (inputs, patterns.pop().expect("there is a pattern"));
    }
    let mut names = Vec::new();
    patterns
        .iter()
        .for_each(|pattern| variables(pattern, &mut names));
    let mut values = names.iter().map(|name| Term::Var(name));
    let first = values.next().expect("a pattern binds something");
    let all = values.fold(first, |l, r| {
        Term::BinOp(boxed(l), BinaryOp::Comma, boxed(r))
    });
    let body = Term::Arr(Some(boxed(all)));
    let inputs = bind(inputs, "$?value", alternatives(patterns, body));
    (
        inputs,
        Pattern::Arr(names.into_iter().map(Pattern::Var).collect()),
    )
}

/// Make the pattern of an array, whose last item jq takes first.
pub fn array_pattern(items: Vec<Pattern>) -> Pattern {
    if items.len() == 1 {
        return Pattern::Arr(items);
    }
    let members = items.into_iter().enumerate().rev().map(|(place, item)| {
        let place: &'static str = Box::leak(place.to_string().into_boxed_str());
        (Term::Num(place), item)
    });
    Pattern::Obj(members.collect())
}
