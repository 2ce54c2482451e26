//! Parses terms joined by operators.
#![forbid(unsafe_code)]

use super::super::lexer::{Kind, Token};
use super::super::term::{Assignment, Binary, Kind as K, Term};
use super::{Parsed, Parser};
use crate::evaluation::code::{Arithmetic, Comparison};

impl Parser<'_> {
    /// Parse terms joined by operators that bind at least as tightly as `least`.
    pub(super) fn expression(&mut self, least: u8) -> Parsed<Term> {
        let mut left = self.postfix()?;
        while let Some((op, precedence, side)) = operator(&self.next) {
            if precedence < least {
                break;
            }
            self.advance();
            let right = match side {
                Side::Right => {
                    let at = self.next.at;
                    self.nested(at, |parser| parser.expression(precedence))?
                }
                _ => self.expression(precedence + 1)?,
            };
            left = join(left, op, right);
            if let (Side::Neither, Some((_, again, _))) = (side, operator(&self.next)) {
                if again == precedence {
                    return Err(self
                        .unexpected("brackets around one of the two comparisons or assignments"));
                }
            }
        }
        Ok(left)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Neither,
}

/// An operator between two terms.
#[derive(Clone, Copy)]
enum Operator {
    Or,
    And,
    Alternative,
    Binary(Binary),
    Assignment(Assignment),
}

/// Make `left op right`.
fn join(left: Term, op: Operator, right: Term) -> Term {
    let span = super::Span {
        start: left.span.start,
        end: right.span.end,
    };
    let (left, right) = (Box::new(left), Box::new(right));
    let kind = match op {
        Operator::Or => K::Or(left, right),
        Operator::And => K::And(left, right),
        Operator::Alternative => K::Alternative(left, right),
        Operator::Binary(op) => K::Binary(op, left, right),
        Operator::Assignment(op) => K::Assignment(op, left, right),
    };
    Term { kind, span }
}

/// Look up an operator: how tightly it binds, and to which side a chain of it groups.
fn operator(token: &Token) -> Option<(Operator, u8, Side)> {
    use Arithmetic as M;
    use Assignment as A;
    use Comparison as C;
    use Operator as O;
    if !matches!(token.kind, Kind::Sym | Kind::Word) {
        return None;
    }
    Some(match token.text {
        "//" => (O::Alternative, 1, Side::Right),
        "=" => (O::Assignment(A::Set), 2, Side::Neither),
        "|=" => (O::Assignment(A::Update), 2, Side::Neither),
        "+=" => (O::Assignment(A::Compute(M::Add)), 2, Side::Neither),
        "-=" => (O::Assignment(A::Compute(M::Subtract)), 2, Side::Neither),
        "*=" => (O::Assignment(A::Compute(M::Multiply)), 2, Side::Neither),
        "/=" => (O::Assignment(A::Compute(M::Divide)), 2, Side::Neither),
        "%=" => (O::Assignment(A::Compute(M::Remainder)), 2, Side::Neither),
        "//=" => (O::Assignment(A::Default), 2, Side::Neither),
        "or" => (O::Or, 3, Side::Left),
        "and" => (O::And, 4, Side::Left),
        "==" => (O::Binary(Binary::Comparison(C::Equal)), 5, Side::Neither),
        "!=" => (O::Binary(Binary::Comparison(C::Unequal)), 5, Side::Neither),
        "<" => (O::Binary(Binary::Comparison(C::Less)), 5, Side::Neither),
        ">" => (O::Binary(Binary::Comparison(C::Greater)), 5, Side::Neither),
        "<=" => (O::Binary(Binary::Comparison(C::AtMost)), 5, Side::Neither),
        ">=" => (O::Binary(Binary::Comparison(C::AtLeast)), 5, Side::Neither),
        "+" => (O::Binary(Binary::Arithmetic(M::Add)), 6, Side::Left),
        "-" => (O::Binary(Binary::Arithmetic(M::Subtract)), 6, Side::Left),
        "*" => (O::Binary(Binary::Arithmetic(M::Multiply)), 7, Side::Left),
        "/" => (O::Binary(Binary::Arithmetic(M::Divide)), 7, Side::Left),
        "%" => (O::Binary(Binary::Arithmetic(M::Remainder)), 7, Side::Left),
        _ => return None,
    })
}
