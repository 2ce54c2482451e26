//! Turns repetitions into steps.
#![forbid(unsafe_code)]

use super::compile::Compiler;
use super::fold;
use super::lengths::Groups;
use super::node::{Fault, Node, ENDLESS};
use super::program::{One, Step};
use super::set::Set;
use std::rc::Rc;

/// How many steps a repetition may become before it is counted instead.
const MOST_COPIED: usize = 400;

/// How many operations of Oniguruma's a repetition becomes before it is counted there.
const MOST_OPERATIONS: u32 = 10;

impl Compiler<'_> {
    /// Compile a repetition.
    pub(super) fn repeat(
        &mut self,
        body: &Node,
        least: u32,
        most: u32,
        greedy: bool,
    ) -> Result<(), Fault> {
        if most == 0 {
            // What is never matched can still be wrong.
            return self.check(body);
        }
        if greedy && most > 1 {
            if let Some(one) = one_of(body) {
                let next = None;
                self.push(Step::Run {
                    one,
                    least,
                    most,
                    next,
                });
                return Ok(());
            }
        }
        if self.counts(body, least, most, greedy) {
            return self.counted(body, least, most, greedy);
        }
        if is_too_big(least, most, self.size(body)) {
            if (least, most) == (1, ENDLESS) {
                return self.once_or_more(body, greedy);
            }
            return self.counted(body, least, most, greedy);
        }
        for _ in 0..least {
            self.node(body)?;
        }
        if most == ENDLESS {
            let split = self.way(greedy);
            let leave = self.body_of_loop(body)?;
            self.push(Step::Jump(split));
            self.lead_out(split, greedy);
            leave.into_iter().for_each(|leave| self.lead_here(leave));
            return Ok(());
        }
        let mut splits = Vec::new();
        for _ in least..most {
            splits.push(self.way(greedy));
            self.node(body)?;
        }
        splits
            .into_iter()
            .for_each(|split| self.lead_out(split, greedy));
        Ok(())
    }

    /// Whether Oniguruma counts this repetition, where that makes a difference: a loop that counts is left by a body
    /// that has matched nothing, however often it should match, and copies of the body are not.
    fn counts(&self, body: &Node, least: u32, most: u32, greedy: bool) -> bool {
        if copies(least, most) < 2 || self.groups.least_bytes(body) > 0 {
            return false;
        }
        let operations = operations(self.groups, body);
        match most {
            ENDLESS => least > 1 && operations.saturating_mul(least) > MOST_OPERATIONS,
            1 => false,
            _ => !greedy || (operations + 1).saturating_mul(most) > MOST_OPERATIONS,
        }
    }

    /// Compile a part that is never matched: it can still be wrong.
    pub(super) fn check(&mut self, node: &Node) -> Result<(), Fault> {
        let (steps, inside) = (self.steps.len(), self.inside.len());
        let (calls, registers) = (self.calls.len(), self.registers);
        self.node(node)?;
        self.steps.truncate(steps);
        self.inside.truncate(inside);
        self.calls.truncate(calls);
        self.registers = registers;
        Ok(())
    }

    /// About how many steps a part becomes.
    fn size(&self, node: &Node) -> usize {
        let parts = node.parts().iter().map(|part| self.size(part));
        let sum = parts.fold(0, usize::saturating_add);
        match node {
            Node::Text { codes, fold: true } => 2 * codes.len(),
            Node::Group(group, _) if self.groups.called[*group].get() => 1,
            Node::Repeat { most: 0, .. } => 0,
            Node::Repeat {
                least, most, body, ..
            } => {
                if one_of(body).is_some() || is_too_big(*least, *most, sum) {
                    sum + 4
                } else {
                    copies(*least, *most).saturating_mul(sum + 1) + 4
                }
            }
            Node::Alternatives(parts) => sum + 2 * parts.len(),
            _ => sum + 4,
        }
    }

    /// Push the split before the body of a repetition.
    fn way(&mut self, greedy: bool) -> usize {
        let split = self.split();
        if !greedy {
            self.steps[split] = Step::Split(split, split + 1);
        }
        split
    }

    /// Let the way out of a repetition lead to the next step.
    fn lead_out(&mut self, split: usize, greedy: bool) {
        let here = self.steps.len();
        if let Step::Split(first, second) = &mut self.steps[split] {
            *(if greedy { second } else { first }) = here;
        }
    }

    /// The body of a loop, and the check that leaves the loop when the body can match nothing.
    fn body_of_loop(&mut self, body: &Node) -> Result<Option<usize>, Fault> {
        if self.groups.least_bytes(body) > 0 {
            self.node(body)?;
            return Ok(None);
        }
        let mut groups = Vec::new();
        used_groups(body, self.groups, &mut groups);
        let register = self.registers(1 + 2 * groups.len());
        let groups: Box<[usize]> = groups.into();
        self.push(Step::Here {
            register,
            groups: groups.clone(),
        });
        self.open_loops.push(register);
        self.node(body)?;
        self.open_loops.pop();
        Ok(Some(self.push(Step::IfEmpty {
            register,
            groups,
            leave: 0,
        })))
    }

    /// A long body, repeated without a copy of it.
    fn once_or_more(&mut self, body: &Node, greedy: bool) -> Result<(), Fault> {
        let start = self.steps.len();
        let leave = self.body_of_loop(body)?;
        let here = self.steps.len();
        self.push(if greedy {
            Step::Split(start, here + 1)
        } else {
            Step::Split(here + 1, start)
        });
        leave.into_iter().for_each(|leave| self.lead_here(leave));
        Ok(())
    }

    /// A repetition that counts.
    fn counted(&mut self, body: &Node, least: u32, most: u32, greedy: bool) -> Result<(), Fault> {
        let register = self.registers(1);
        self.push(Step::Zero(register));
        let enter = (least == 0).then(|| self.way(greedy));
        let start = self.steps.len();
        let leave = self.body_of_loop(body)?;
        self.push(Step::Count {
            register,
            least,
            most,
            greedy,
            body: start,
        });
        leave.into_iter().for_each(|leave| self.lead_here(leave));
        enter
            .into_iter()
            .for_each(|split| self.lead_out(split, greedy));
        Ok(())
    }
}

/// How many operations a part becomes in Oniguruma.
fn operations(groups: &Groups<'_>, node: &Node) -> u32 {
    let parts = node.parts().iter().map(|part| operations(groups, part));
    let sum = parts.fold(0, u32::saturating_add);
    let more = match node {
        Node::Text { codes, .. } => u32::from(!codes.is_empty()),
        Node::List(_) | Node::Scope(_) => 0,
        Node::Alternatives(parts) => 2 * u32::try_from(parts.len().saturating_sub(1)).unwrap_or(0),
        Node::Group(..) | Node::Atomic(_) => 2,
        Node::Look {
            behind, negated, ..
        } => 2 + if *negated { 3 } else { 0 } + u32::from(*behind),
        Node::If(_) => 4,
        Node::Repeat {
            least,
            most,
            greedy,
            body,
        } => {
            let check = if groups.least_bytes(body) == 0 { 2 } else { 0 };
            let copied = sum.saturating_add(1).saturating_mul(*most);
            return match (*least, *most) {
                (_, 0) => 0,
                (0, 1) => sum.saturating_add(if *greedy { 1 } else { 2 }),
                (least, ENDLESS) if least <= 1 || sum.saturating_mul(least) <= MOST_OPERATIONS => {
                    let copies = sum.saturating_mul(least);
                    match (greedy, &**body) {
                        (true, Node::Any { .. }) => copies + 1,
                        _ => copies.saturating_add(sum).saturating_add(2 + check),
                    }
                }
                (least, _) if *greedy && copied <= MOST_OPERATIONS => copied - least,
                _ => sum.saturating_add(2 + check),
            };
        }
        _ => 1,
    };
    sum.saturating_add(more)
}

/// How many times the body of a repetition is written out.
fn copies(least: u32, most: u32) -> usize {
    let copies = if most == ENDLESS {
        least.saturating_add(1)
    } else {
        most
    };
    copies as usize
}

/// Whether the copies of a body with so many steps are too many steps.
fn is_too_big(least: u32, most: u32, size: usize) -> bool {
    let copies = copies(least, most);
    copies > 1 && copies.saturating_mul(size + 1) > MOST_COPIED
}

/// The groups in a part that are referred to.
fn used_groups(node: &Node, groups: &Groups<'_>, used: &mut Vec<usize>) {
    if let Node::Group(group, _) = node {
        if groups.used[*group].get() {
            used.push(*group);
        }
    }
    let parts = node.parts().iter();
    parts.for_each(|part| used_groups(part, groups, used));
}

/// The one character that a part matches, if it is one in any case.
pub(super) fn one_of(node: &Node) -> Option<One> {
    match node {
        Node::Any { newline: true } => Some(One::Any),
        Node::Any { newline: false } => Some(One::NotNewline),
        Node::Set(set) => Some(One::Set(set.clone())),
        Node::Text { codes, fold } => match codes.as_slice() {
            [code] if *code < 128 && (!*fold || !(*code as u8).is_ascii_alphabetic()) => {
                Some(One::Byte(*code as u8))
            }
            [code] if !*fold || fold::sequence_of(*code).is_none() => {
                let mut set = Set::default();
                set.add(*code, *code);
                let set = if *fold { fold::variants(*code) } else { set };
                Some(One::Set(Rc::new(set)))
            }
            _ => None,
        },
        _ => None,
    }
}
