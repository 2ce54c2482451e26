//! Keeps the forks: the places to which the machine goes back for the next output.
#![forbid(unsafe_code)]

use super::code::{Address, Register};
use super::follow::Followed;
use crate::builtins::host;
use crate::run::context::RunContext;
use crate::value::{Error, Interruption, Num, Val};

/// What is tried when the machine comes back to a fork.
pub enum Kind {
    /// Other code.
    Other,
    /// Nothing; an error goes on with the code, and is written to the register.
    Try(Register),
    /// Nothing; and errors pass the [`Kind::Try`] at this index, since its code has ended.
    Left(usize),
    /// Nothing; an error goes on with the code.
    OtherPattern,
    /// Nothing; an error that breaks to the label of this number ends here.
    Label(i64),
    /// Nothing; the path that was followed before.
    Path(Option<Followed>),
    /// The next item of a container.
    Items {
        container: Val,
        next: usize,
        to: Register,
        followed: bool,
    },
    /// The next item of the input, which is read now.
    Elements(Register),
    /// The next value below a value.
    Recursion { walk: Box<Walk>, to: Register },
    /// The path of the next value below a value.
    Paths { walk: Box<PathWalk>, to: Register },
    /// The next integer.
    Integers {
        next: i64,
        upto: i64,
        by: i64,
        /// Whether the next one is the first, which was not computed.
        is_first: bool,
        to: Register,
    },
    /// The next number.
    Numbers {
        next: Num,
        upto: Num,
        by: Num,
        to: Register,
    },
    /// The next value of a range of anything.
    Sums {
        values: Box<[Val; 3]>,
        is_first: bool,
        to: Register,
    },
    /// The next input.
    Inputs(Register),
}

/// A value and the path that leads to it, if one is followed.
type Next = Result<(Val, Option<Followed>), Interruption>;

impl Kind {
    /// The numbers of a range; none if it has no direction.
    pub fn numbers(next: Num, upto: Num, by: Num, to: Register) -> Option<Self> {
        let step = by.as_f64();
        if step == 0.0 || step.is_nan() {
            return None;
        }
        if let (Num::Int(first), Some(last), Num::Int(step)) = (&next, upto.as_i64(), &by) {
            // All sums are below 2^53, and so exact.
            let is_small = |int: &i64| int.unsigned_abs() < 1 << 51;
            if [first, &last, step].into_iter().all(is_small) {
                return Some(Self::Integers {
                    next: *first,
                    upto: last,
                    by: *step,
                    is_first: true,
                    to,
                });
            }
        }
        Some(Self::Numbers { next, upto, by, to })
    }

    /// Compute the next value of what is asked more seldom than for items and integers: the register that gets it,
    /// the value, and the path that leads to it, if one is followed. `None` where nothing is left.
    pub fn next(&mut self, context: &RunContext) -> Option<(Register, Next)> {
        let plain = |value| (value, None);
        match self {
            Self::Numbers { next, upto, by, to } => {
                let up = by.as_f64() > 0.0;
                let inside = if up { *next < *upto } else { *upto < *next };
                let after = next.add(by);
                inside.then(|| {
                    let now = core::mem::replace(next, after);
                    (*to, Ok(plain(Val::Num(now))))
                })
            }
            Self::Recursion { walk, to } => walk.next().map(|next| (*to, Ok(next))),
            Self::Paths { walk, to } => walk.next().map(|path| (*to, Ok(plain(path)))),
            Self::Sums {
                values,
                is_first,
                to,
            } => {
                let sum = next_sum(values, core::mem::replace(is_first, false)).transpose()?;
                Some((*to, sum.map(plain).map_err(Interruption::Error)))
            }
            Self::Inputs(to) => host::next_input(context).map(|next| (*to, next.map(plain))),
            _ => None,
        }
    }
}

/// Step through a range of values that are not all numbers, which jq adds and compares like any others.
fn next_sum(values: &mut [Val; 3], is_first: bool) -> Result<Option<Val>, Error> {
    let [next, upto, by] = values;
    if !is_first {
        *next = (core::mem::take(next) + by.clone())?;
    }
    let zero = Val::from(0_usize);
    let inside = *by > zero && next < upto || *by < zero && next > upto;
    Ok(inside.then(|| next.clone()))
}

/// A fork: what is tried next, and the state to go back to.
pub struct Fork {
    /// What is tried.
    pub kind: Kind,
    /// Where the code goes on.
    pub address: Address,
    /// The frame that is active.
    pub frame: u32,
    /// How many frames, registers and arguments there are.
    pub heights: Heights,
    /// The path that is followed.
    pub path: Option<Followed>,
}

/// The lengths of the machine's lists.
#[derive(Clone, Copy, Default)]
pub struct Heights {
    /// Frames.
    pub frames: u32,
    /// Registers.
    pub slots: u32,
    /// Arguments that are filters.
    pub arguments: u32,
}

/// Walks over all values below a value: a container comes before its items.
pub struct Walk {
    /// The open containers, each with the place of its next item and the path that leads to it.
    open: Vec<(Val, usize, Option<Followed>)>,
}

impl Walk {
    /// Begin below `value`, to which `path` leads.
    pub fn new(value: Val, path: Option<Followed>) -> Self {
        Self {
            open: vec![(value, 0, path)],
        }
    }

    /// Step to the next value; the path that leads to it comes with it.
    pub fn next(&mut self) -> Option<(Val, Option<Followed>)> {
        loop {
            let (container, place, path) = self.open.last_mut()?;
            let Some((key, item)) = item(container, *place, path.is_some()) else {
                self.open.pop();
                continue;
            };
            *place += 1;
            let path = path.as_ref().map(|path| path.step(key, item.clone()));
            if let Val::Arr(_) | Val::Obj(_) = item {
                self.open.push((item.clone(), 0, path.clone()));
            }
            return Some((item, path));
        }
    }
}

/// Walks over all values below a value in the same order, and gives their paths.
pub struct PathWalk {
    /// The open containers, each with the place of its next item.
    open: Vec<(Val, usize)>,
    /// The keys that lead to the last of them, and that of the last item.
    path: Vec<Val>,
}

impl PathWalk {
    /// Begin below `value`.
    pub fn new(value: Val) -> Self {
        Self {
            open: vec![(value, 0)],
            path: Vec::new(),
        }
    }

    /// Step to the next value, and give its path.
    pub fn next(&mut self) -> Option<Val> {
        loop {
            let (container, place) = self.open.last_mut()?;
            let Some((key, item)) = item(container, *place, true) else {
                self.open.pop();
                self.path.pop();
                continue;
            };
            *place += 1;
            self.path.push(key);
            let path = self.path.iter().map(Val::copy).collect();
            if let Val::Arr(_) | Val::Obj(_) = item {
                self.open.push((item, 0));
            } else {
                self.path.pop();
            }
            return Some(path);
        }
    }
}

/// Copy the item of a container at a place in its order, with its key if that is wanted.
pub fn item(container: &Val, place: usize, with_key: bool) -> Option<(Val, Val)> {
    let (key, item) = match container {
        Val::Arr(items) => (with_key.then(|| Val::from(place)), items.get(place)?),
        Val::Obj(members) => {
            let (key, item) = members.get_index(place)?;
            (with_key.then(|| key.clone()), item)
        }
        _ => return None,
    };
    Some((key.unwrap_or_default(), item.clone()))
}
