//! Decides where the cost of each operator of a function body is charged.
//!
//! A region is code that runs as a whole once its first operator does. Each region charges its cost
//! where it begins, before any of it runs. Every function entry and every loop header (a head)
//! charges too, and is where the run can be ended.
//!
//! Two observations keep the charges few. What follows a block, `if` or loop that no branch leaves
//! sideways runs whenever the code before it did, so both are one region. And what both arms of an
//! `if` cost is charged before it.

use crate::{costs, Result};
use std::collections::HashSet;
use wasmparser::Operator;

/// A charge before an operator runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// The cost of the region that begins at a function entry or loop header.
    Head(i64),
    /// The cost of another region, never 0.
    Region(i64),
    /// The number on top of the stack.
    Length,
}

/// List the charges of one body in order, each with the index of the operator that it comes before.
///
/// # Errors
/// The length of an operator cannot be charged.
pub fn charges(operators: &[Operator<'_>]) -> Result<Vec<(usize, Charge)>> {
    let mut regions = Regions::cut(operators)?;
    regions.share();
    let charge = |(at, mark): &(usize, Mark)| {
        let charge = match mark {
            Mark::Head(region) => Charge::Head(regions.cost[*region]),
            Mark::Region(region) => Charge::Region(regions.cost[*region]),
            Mark::Length => Charge::Length,
        };
        (charge != Charge::Region(0)).then_some((*at, charge))
    };
    Ok(regions.marks.iter().filter_map(charge).collect())
}

/// A charge before an operator, with the region whose cost it is.
enum Mark {
    Head(usize),
    Region(usize),
    Length,
}

/// A construct that is open while a body is read.
struct Open {
    /// Index of the operator that opened it.
    opener: usize,
    /// The region that leads to it; `None` where the code is unreachable.
    before: Option<usize>,
    /// The regions that the arms of an `if` begin with.
    arms: Vec<usize>,
}

struct Regions {
    cost: Vec<i64>,
    marks: Vec<(usize, Mark)>,
    /// `(before, first arm, second arm)` of each `if` with two arms, inner ones first.
    arms: Vec<(usize, usize, usize)>,
}

impl Regions {
    fn begin(&mut self, at: usize, mark: fn(usize) -> Mark) -> usize {
        let region = self.cost.len();
        self.cost.push(0);
        self.marks.push((at, mark(region)));
        region
    }

    fn cut(operators: &[Operator<'_>]) -> Result<Self> {
        let sideways = left_sideways(operators);
        let mut regions = Self {
            cost: Vec::new(),
            marks: Vec::new(),
            arms: Vec::new(),
        };
        let mut current = regions.begin(0, Mark::Head);
        regions.cost[current] = costs::ENTRY;
        let mut open: Vec<Open> = Vec::new();
        let mut reachable = true;
        for (at, operator) in operators.iter().enumerate() {
            // Check unreachable code too: an operator that cannot be metered is refused wherever it is.
            let costs_its_length = costs::costs_its_length(operator)?;
            if reachable {
                regions.cost[current] += costs::cost(operator);
            }
            if reachable && costs_its_length {
                regions.marks.push((at, Mark::Length));
            }
            if let Operator::Block { .. } | Operator::If { .. } | Operator::Loop { .. } = operator {
                open.push(Open {
                    opener: at,
                    before: reachable.then_some(current),
                    arms: Vec::new(),
                });
            }
            let mut begins_region = false;
            match operator {
                // Unreachable loops get a check too: the validator wants one in every loop.
                Operator::Loop { .. } => current = regions.begin(at + 1, Mark::Head),
                Operator::If { .. } | Operator::BrIf { .. } => begins_region = reachable,
                Operator::Else => {
                    reachable = open.last().is_some_and(|open| open.before.is_some());
                    begins_region = reachable;
                }
                Operator::End => {
                    let Some(construct) = open.pop() else {
                        continue;
                    };
                    reachable = construct.before.is_some();
                    if let Some(before) = construct.before {
                        if let [first, second] = construct.arms[..] {
                            regions.arms.push((before, first, second));
                        }
                        begins_region = sideways.contains(&construct.opener);
                        current = before;
                    }
                }
                Operator::Br { .. }
                | Operator::BrTable { .. }
                | Operator::Return
                | Operator::Unreachable => reachable = false,
                _ => {}
            }
            if begins_region {
                current = regions.begin(at + 1, Mark::Region);
                if let (Operator::If { .. } | Operator::Else, Some(construct)) =
                    (operator, open.last_mut())
                {
                    construct.arms.push(current);
                }
            }
        }
        Ok(regions)
    }

    /// Charge what both arms of an `if` cost before it.
    fn share(&mut self) {
        for (before, first, second) in std::mem::take(&mut self.arms) {
            let both = self.cost[first].min(self.cost[second]);
            self.cost[before] += both;
            self.cost[first] -= both;
            self.cost[second] -= both;
        }
    }
}

/// The constructs that a branch or return leaves before their end, by the index of their opener.
///
/// The target of a branch is not among them: what follows a block runs either way, and what follows
/// a loop runs when the loop is done.
fn left_sideways(operators: &[Operator<'_>]) -> HashSet<usize> {
    let mut sideways = HashSet::new();
    let mut open: Vec<usize> = Vec::new();
    for (at, operator) in operators.iter().enumerate() {
        let mut leave = |depth: u32| sideways.extend(open.iter().rev().take(depth as usize));
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => open.push(at),
            Operator::End => drop(open.pop()),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                leave(*relative_depth)
            }
            Operator::BrTable { targets } => targets
                .targets()
                .flatten()
                .chain([targets.default()])
                .for_each(leave),
            Operator::Return => leave(u32::MAX),
            _ => {}
        }
    }
    sideways
}
