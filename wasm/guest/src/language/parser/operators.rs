//! Parses terms joined by operators.
#![forbid(unsafe_code)]

use super::super::lexer::{Kind, Token};
use super::super::rewrite::binary;
use super::super::Term;
use super::{Parsed, Parser};
use jaq_core::load::parse::BinaryOp;
use jaq_core::ops::{Cmp, Math};

impl Parser {
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
            left = binary(left, op, right);
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

/// Look up an operator: how tightly it binds, and to which side a chain of it groups.
fn operator(token: &Token) -> Option<(BinaryOp<&'static str>, u8, Side)> {
    use BinaryOp as B;
    if !matches!(token.kind, Kind::Sym | Kind::Word) {
        return None;
    }
    Some(match token.text {
        "//" => (B::Alt, 1, Side::Right),
        "=" => (B::Assign, 2, Side::Neither),
        "|=" => (B::Update, 2, Side::Neither),
        "+=" => (B::UpdateMath(Math::Add), 2, Side::Neither),
        "-=" => (B::UpdateMath(Math::Sub), 2, Side::Neither),
        "*=" => (B::UpdateMath(Math::Mul), 2, Side::Neither),
        "/=" => (B::UpdateMath(Math::Div), 2, Side::Neither),
        "%=" => (B::UpdateMath(Math::Rem), 2, Side::Neither),
        "//=" => (B::UpdateAlt, 2, Side::Neither),
        "or" => (B::Or, 3, Side::Left),
        "and" => (B::And, 4, Side::Left),
        "==" => (B::Cmp(Cmp::Eq), 5, Side::Neither),
        "!=" => (B::Cmp(Cmp::Ne), 5, Side::Neither),
        "<" => (B::Cmp(Cmp::Lt), 5, Side::Neither),
        ">" => (B::Cmp(Cmp::Gt), 5, Side::Neither),
        "<=" => (B::Cmp(Cmp::Le), 5, Side::Neither),
        ">=" => (B::Cmp(Cmp::Ge), 5, Side::Neither),
        "+" => (B::Math(Math::Add), 6, Side::Left),
        "-" => (B::Math(Math::Sub), 6, Side::Left),
        "*" => (B::Math(Math::Mul), 7, Side::Left),
        "/" => (B::Math(Math::Div), 7, Side::Left),
        "%" => (B::Math(Math::Rem), 7, Side::Left),
        _ => return None,
    })
}
