//! Functions on iterators over results.

use crate::box_iter::{BoxIter, Results};
use crate::rc_lazy_list::List;
use alloc::vec::Vec;

/// Elements of a fold, kept in a list only once they have to be iterated over repeatedly.
pub(crate) enum Source<'a, T> {
    Iter(BoxIter<'a, T>),
    List(List<'a, T>),
}

impl<'a, T: Clone + 'a> Source<'a, T> {
    fn next(&mut self) -> Option<T> {
        match self {
            Self::Iter(iter) => iter.next(),
            Self::List(list) => list.next(),
        }
    }

    fn into_list(self) -> List<'a, T> {
        match self {
            Self::Iter(iter) => List::from_iter(iter),
            Self::List(list) => list,
        }
    }
}

enum Fold<'a, X, T, Y, E> {
    /// things to be processed
    Input(Source<'a, Result<T, E>>, Y),
    /// things to be output, then to be input
    Output(List<'a, Result<T, E>>, X, Results<'a, Y, E>),
}

pub(crate) fn fold<'a, T: Clone + 'a, TC: Clone + 'a, U: 'a, UC: 'a, E: Clone + 'a>(
    xs: Source<'a, Result<T, E>>,
    init: U,
    f: impl Fn(T, U) -> Results<'a, U, E> + 'a,
    tc: impl Fn(&T) -> TC + 'a,
    inner: impl Fn(TC, &U) -> Option<UC> + 'a,
    outer: impl Fn(U) -> Option<UC> + 'a,
) -> impl Iterator<Item = Result<UC, E>> + 'a {
    let mut stack = Vec::from([Fold::<TC, T, U, E>::Input(xs, init)]);
    core::iter::from_fn(move || loop {
        match stack.pop()? {
            Fold::Output(xs, x, mut ys) => match ys.next() {
                None => continue,
                Some(y) => {
                    // do not grow the stack if the output is empty
                    if ys.size_hint() != (0, Some(0)) {
                        stack.push(Fold::Output(xs.clone(), x.clone(), ys));
                    }
                    match y {
                        Ok(y) => {
                            let inner = inner(x, &y);
                            stack.push(Fold::Input(Source::List(xs), y));
                            if let Some(inner) = inner {
                                return Some(Ok(inner));
                            }
                        }
                        Err(e) => return Some(Err(e)),
                    }
                }
            },
            Fold::Input(mut xs, mut y) => loop {
                match xs.next() {
                    None => match outer(y) {
                        Some(outer) => return Some(Ok(outer)),
                        None => break,
                    },
                    Some(Ok(x)) => {
                        let xc = tc(&x);
                        match f(x, y) {
                            // a single output does not need the stack
                            BoxIter::Once(Ok(next)) => {
                                y = next;
                                if let Some(inner) = inner(xc, &y) {
                                    stack.push(Fold::Input(xs, y));
                                    return Some(Ok(inner));
                                }
                            }
                            ys => {
                                stack.push(Fold::Output(xs.into_list(), xc, ys));
                                break;
                            }
                        }
                    }
                    Some(Err(e)) => return Some(Err(e)),
                }
            },
        }
    })
}
