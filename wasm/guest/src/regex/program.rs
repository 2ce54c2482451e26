//! Says what the machine runs: an expression as a list of steps.
#![forbid(unsafe_code)]

use super::node::Place;
use super::set::Set;
use std::rc::Rc;

/// One character.
#[derive(Clone, Debug)]
pub(super) enum One {
    /// Any but a newline.
    NotNewline,
    Any,
    /// A character of ASCII.
    Byte(u8),
    Set(Rc<Set>),
}

/// One step. What can match in several ways pushes where to go on when the first way fails.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The expression has matched.
    Match,
    Fail,
    One(One),
    Bytes(Box<[u8]>),
    Place(Place),
    Jump(usize),
    /// Go on at the first step; if that fails, at the second.
    Split(usize, usize),
    /// As many characters as there are, at least and at most so many, then fewer; `next` is the byte that must follow.
    Run {
        one: One,
        least: u32,
        most: u32,
        next: Option<u8>,
    },
    /// Forget where a group ended.
    Forget(usize),
    Open(usize),
    Close(usize),
    /// Store the place in a register, and those of the groups in the registers that follow.
    Here {
        register: usize,
        groups: Box<[usize]>,
    },
    /// Leave the loop for a step when nothing was matched since [`Step::Here`] and none of the groups has changed.
    IfEmpty {
        register: usize,
        groups: Box<[usize]>,
        leave: usize,
    },
    /// Set a register to 0.
    Zero(usize),
    /// Count in a register, and go back to the body while the count is below `least`, or may be below `most`.
    Count {
        register: usize,
        least: u32,
        most: u32,
        greedy: bool,
        body: usize,
    },
    /// Store how much is pushed, and the place, in two registers.
    Mark(usize),
    /// Forget all ways that were pushed since the mark; `back` goes back to its place too.
    Cut {
        register: usize,
        back: bool,
    },
    /// Undo all since the mark, and fail.
    CutAndFail(usize),
    /// Go back by so many characters.
    Back(u32),
    Backref {
        groups: Box<[usize]>,
        fold: bool,
    },
    Captured(Box<[usize]>),
    /// Go on at a step, and behind this one after [`Step::Return`].
    Call(usize),
    Return,
    Keep,
    /// Match up to where the expression of the program has its first match, then less.
    Absent(Rc<Program>),
}

/// An expression, compiled.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    /// How many groups there are, group 0 among them.
    pub(super) groups: usize,
    pub(super) registers: usize,
    /// Whether there are calls, and the registers of groups are in use.
    pub(super) calls: bool,
    /// For each step the place in `loops` of the registers whose loops it stands in.
    pub(super) inside: Vec<u16>,
    /// Registers of loops that can match nothing, the outermost first.
    pub(super) loops: Vec<Box<[usize]>>,
    /// The number of each step that a way can lead to, where failing depends on the place only; none otherwise.
    pub(super) ways: Option<Vec<u32>>,
    /// How many numbers `ways` has.
    pub(super) way_count: usize,
    /// The bytes that a match can begin with; None when it may be empty or this is not known.
    pub(super) first: Option<Box<[bool; 256]>>,
    /// The one byte that all matches begin with.
    pub(super) first_byte: Option<u8>,
    /// Whether a match can begin at the start of the text only.
    pub(super) at_start: bool,
}

impl Program {
    /// Number the ways, find the first bytes, and see what follows each run.
    pub(super) fn finish(&mut self) {
        for at in 0..self.steps.len() {
            let following = self.byte_at(at + 1);
            if let Step::Run { next, .. } = &mut self.steps[at] {
                *next = following;
            }
        }
        self.ways = self.number_ways();
        let mut marks = Box::new([false; 256]);
        let mut seen = vec![false; self.steps.len()];
        if self.mark_first(0, &mut marks, &mut seen) {
            let mut bytes = (0..=255_u8).filter(|byte| marks[usize::from(*byte)]);
            self.first_byte = bytes.next().filter(|_| bytes.next().is_none());
            self.first = Some(marks);
        }
        let first = self
            .steps
            .iter()
            .find(|step| !matches!(step, Step::Forget(_) | Step::Open(_)));
        self.at_start = matches!(first, Some(Step::Place(Place::Start)));
    }

    /// The byte that a step needs, through those that need none.
    fn byte_at(&self, mut at: usize) -> Option<u8> {
        loop {
            match self.steps.get(at)? {
                Step::One(One::Byte(byte)) => return Some(*byte),
                Step::Bytes(bytes) => return bytes.first().copied(),
                Step::Forget(_) | Step::Open(_) | Step::Close(_) => at += 1,
                _ => return None,
            }
        }
    }

    /// Number the steps that ways lead to; None if failing there may depend on more than the place.
    fn number_ways(&mut self) -> Option<Vec<u32>> {
        let mut ways = vec![u32::MAX; self.steps.len() + 1];
        let mut count = 0;
        for (at, step) in self.steps.iter().enumerate() {
            let targets = match step {
                Step::Split(first, second) => [Some(*second), (*first <= at).then_some(*first)],
                Step::Jump(to) => [(*to <= at).then_some(*to), None],
                Step::Run { .. } => [Some(at), Some(at + 1)],
                Step::Zero(_)
                | Step::Count { .. }
                | Step::Mark(_)
                | Step::Backref { .. }
                | Step::Captured(_)
                | Step::Call(_)
                | Step::Keep
                | Step::Absent(_) => return None,
                Step::IfEmpty { groups, .. } if !groups.is_empty() => return None,
                _ => [None, None],
            };
            for target in targets.into_iter().flatten() {
                if ways[target] == u32::MAX {
                    ways[target] = count;
                    count += 1;
                }
            }
        }
        self.way_count = count as usize;
        Some(ways)
    }

    /// Mark the bytes that a match from a step on can begin with; false when it may be empty or is not known.
    fn mark_first(&self, at: usize, marks: &mut [bool; 256], seen: &mut [bool]) -> bool {
        let mut at = at;
        loop {
            if core::mem::replace(&mut seen[at], true) {
                return true;
            }
            match &self.steps[at] {
                Step::One(one) => {
                    mark_one(one, marks);
                    return true;
                }
                Step::Run { one, least, .. } => {
                    mark_one(one, marks);
                    if *least > 0 {
                        return true;
                    }
                    at += 1;
                }
                Step::Bytes(bytes) => {
                    if let Some(byte) = bytes.first() {
                        marks[usize::from(*byte)] = true;
                    }
                    return true;
                }
                Step::Fail => return true,
                Step::Place(_)
                | Step::Forget(_)
                | Step::Open(_)
                | Step::Close(_)
                | Step::Here { .. } => {
                    at += 1;
                }
                Step::Jump(to) => at = *to,
                Step::Split(first, second) => {
                    if !self.mark_first(*first, marks, seen) {
                        return false;
                    }
                    at = *second;
                }
                Step::IfEmpty { leave, .. } => {
                    if !self.mark_first(at + 1, marks, seen) {
                        return false;
                    }
                    at = *leave;
                }
                _ => return false,
            }
        }
    }
}

/// Mark the bytes that a character can begin with.
fn mark_one(one: &One, marks: &mut [bool; 256]) {
    match one {
        One::Byte(byte) => marks[usize::from(*byte)] = true,
        One::Set(set) => set.mark_first_bytes(marks),
        One::NotNewline => {
            marks.iter_mut().enumerate().for_each(|(byte, mark)| {
                *mark |= byte != usize::from(b'\n');
            });
        }
        One::Any => marks.fill(true),
    }
}
