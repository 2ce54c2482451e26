//! Finds how long the matches of a part can be.
#![forbid(unsafe_code)]

use super::node::{Fault, Node, ENDLESS};
use std::cell::{Cell, RefCell};

/// The groups of an expression by number; group 0 is the whole.
pub(super) struct Groups<'n> {
    bodies: Vec<Option<&'n Node>>,
    least: RefCell<Vec<Option<usize>>>,
    open: RefCell<Vec<bool>>,
    /// Whether a group is referred to, by number.
    pub(super) used: Vec<Cell<bool>>,
    /// Whether a group is called, by number.
    pub(super) called: Vec<Cell<bool>>,
}

/// How many characters a part matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Characters {
    pub(super) least: u32,
    pub(super) most: u32,
    /// Whether `least` is what it says whatever the text is.
    pub(super) sure: bool,
}

impl Characters {
    fn exactly(count: u32) -> Self {
        Self {
            least: count,
            most: count,
            sure: true,
        }
    }

    fn then(self, other: Self) -> Self {
        Self {
            least: self.least.saturating_add(other.least),
            most: self.most.saturating_add(other.most),
            sure: self.sure && other.sure,
        }
    }

    fn or(self, other: Self) -> Self {
        let (least, sure) = match self.least.cmp(&other.least) {
            core::cmp::Ordering::Less => (self.least, self.sure),
            core::cmp::Ordering::Greater => (other.least, other.sure),
            core::cmp::Ordering::Equal => (self.least, self.sure || other.sure),
        };
        let most = self.most.max(other.most);
        Self { least, most, sure }
    }

    fn times(self, least: u32, most: u32) -> Self {
        let product = |count: u32, times: u32| match (count, times) {
            (0, _) | (_, 0) => 0,
            _ => count.saturating_mul(times),
        };
        Self {
            least: product(self.least, least),
            most: if most == ENDLESS {
                ENDLESS
            } else {
                product(self.most, most)
            },
            sure: self.sure,
        }
    }
}

impl<'n> Groups<'n> {
    /// Find the groups of an expression.
    pub(super) fn of(root: &'n Node, count: usize) -> Self {
        let size = count + 1;
        let mut groups = Self {
            bodies: vec![None; size],
            least: RefCell::new(vec![None; size]),
            open: RefCell::new(vec![false; size]),
            used: vec![Cell::new(false); size],
            called: vec![Cell::new(false); size],
        };
        groups.bodies[0] = Some(root);
        groups.visit(root);
        groups
    }

    fn visit(&mut self, node: &'n Node) {
        match node {
            Node::Group(number, body) => self.bodies[*number] = Some(body),
            Node::Backref { groups, .. } | Node::Captured(groups) => {
                groups.iter().for_each(|group| self.used[*group].set(true));
            }
            Node::Call(group) if *group < self.called.len() => self.called[*group].set(true),
            _ => {}
        }
        node.parts().iter().for_each(|part| self.visit(part));
    }

    /// The body of a group.
    pub(super) fn body(&self, group: usize) -> Option<&'n Node> {
        self.bodies.get(group).copied().flatten()
    }

    /// The least number of bytes that a group matches.
    fn least_of_group(&self, group: usize) -> usize {
        if let Some(least) = self.least.borrow()[group] {
            return least;
        }
        if self.open.borrow()[group] {
            return 0;
        }
        self.open.borrow_mut()[group] = true;
        let least = self.body(group).map_or(0, |body| self.least_bytes(body));
        self.open.borrow_mut()[group] = false;
        self.least.borrow_mut()[group] = Some(least);
        least
    }

    /// The least number of bytes that a part matches.
    pub(super) fn least_bytes(&self, node: &Node) -> usize {
        match node {
            Node::Text { codes, .. } => codes.len(),
            Node::Set(_) | Node::Any { .. } => 1,
            Node::Group(group, _) | Node::Call(group) => self.least_of_group(*group),
            Node::Atomic(body) | Node::Scope(body) => self.least_bytes(body),
            Node::List(parts) => {
                let sum = |sum: usize, part| sum.saturating_add(self.least_bytes(part));
                parts.iter().fold(0, sum)
            }
            Node::Alternatives(parts) => {
                let least = parts.iter().map(|part| self.least_bytes(part)).min();
                least.unwrap_or(0)
            }
            Node::Repeat { least: 0, .. } => 0,
            Node::Repeat { least, body, .. } => {
                self.least_bytes(body).saturating_mul(*least as usize)
            }
            Node::Backref {
                groups,
                inside: false,
                ..
            } => {
                let least = groups.iter().map(|group| self.least_of_group(*group)).min();
                least.unwrap_or(0)
            }
            Node::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let taken = self
                    .least_bytes(condition)
                    .saturating_add(self.least_bytes(then));
                taken.min(self.least_bytes(otherwise))
            }
            Node::Fail => usize::MAX,
            _ => 0,
        }
    }

    /// How many characters a group matches; unknown inside of itself.
    fn within(&self, group: usize, body: &Node) -> Result<Characters, Fault> {
        if self.open.borrow()[group] {
            return Ok(Characters {
                least: 0,
                most: ENDLESS,
                sure: false,
            });
        }
        self.open.borrow_mut()[group] = true;
        let count = self.characters(body);
        self.open.borrow_mut()[group] = false;
        Ok(Characters {
            sure: false,
            ..count?
        })
    }

    /// How many characters a part of a look-behind matches.
    pub(super) fn characters(&self, node: &Node) -> Result<Characters, Fault> {
        Ok(match node {
            Node::Text { codes, .. } => {
                Characters::exactly(u32::try_from(codes.len()).unwrap_or(ENDLESS))
            }
            Node::Set(_) | Node::Any { .. } => Characters::exactly(1),
            Node::List(parts) => {
                let mut sum = Characters::exactly(0);
                for part in parts {
                    sum = sum.then(self.characters(part)?);
                }
                sum
            }
            Node::Alternatives(parts) => {
                let mut sum: Option<Characters> = None;
                for part in parts {
                    let part = self.characters(part)?;
                    sum = Some(sum.map_or(part, |sum| sum.or(part)));
                }
                sum.unwrap_or(Characters::exactly(0))
            }
            Node::Repeat {
                least, most, body, ..
            } => {
                if *most == 0 {
                    return Ok(Characters::exactly(0));
                }
                self.characters(body)?.times(*least, *most)
            }
            Node::Group(group, body) => self.within(*group, body)?,
            Node::Call(group) => match self.body(*group) {
                Some(body) => self.within(*group, body)?,
                None => Characters::exactly(0),
            },
            Node::Atomic(body) | Node::Scope(body) => self.characters(body)?,
            Node::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let taken = self.characters(condition)?.then(self.characters(then)?);
                taken.or(self.characters(otherwise)?)
            }
            Node::Backref {
                groups,
                inside: false,
                ..
            } => {
                let mut sum: Option<Characters> = None;
                for group in groups {
                    let mut count = match self.body(*group) {
                        Some(body) => self.characters(body)?,
                        None => Characters::exactly(0),
                    };
                    count.sure = false;
                    sum = Some(sum.map_or(count, |sum| sum.or(count)));
                }
                sum.unwrap_or(Characters::exactly(0))
            }
            Node::Absent(_) => Characters {
                least: 0,
                most: ENDLESS,
                sure: true,
            },
            Node::Look {
                behind: true, body, ..
            } => {
                // Oniguruma has made a constant of a look-behind that needs nothing.
                let count = self.characters(body)?;
                Characters {
                    sure: count.least == 0 && count.sure,
                    ..Characters::exactly(0)
                }
            }
            _ => Characters {
                sure: matches!(node, Node::Fail),
                ..Characters::exactly(0)
            },
        })
    }
}
