//! Prepares what a look-behind looks for, and refuses what Oniguruma refuses.
#![forbid(unsafe_code)]

use super::fold;
use super::lengths::Groups;
use super::node::{Fault, Node, Place, ENDLESS};
use super::set::Set;
use std::rc::Rc;

/// Whether a look-behind may have this in it, and whether it has a group that is referred to, or calls the group
/// that it stands `within`.
pub(super) fn allows(
    groups: &Groups<'_>,
    within: Option<usize>,
    node: &Node,
    negated: bool,
    used: &mut bool,
) -> bool {
    let allowed = match node {
        Node::Call(group) => {
            *used |= within == Some(*group);
            true
        }
        Node::Group(group, _) => {
            *used |= groups.used[*group].get() || groups.called[*group].get();
            !negated
        }
        Node::Look {
            behind,
            negated: not,
            ..
        } => *behind && (negated || !*not),
        Node::Assert(place) => !matches!(place, Place::End | Place::EndOrNewline),
        Node::Keep => {
            *used = true;
            true
        }
        _ => true,
    };
    let mut parts = node.parts().iter();
    allowed && parts.all(|part| allows(groups, within, part, negated, used))
}

/// Replace a text that ignores case by sets, character for character.
pub(super) fn fold_behind(codes: &[u32]) -> Node {
    let sets = codes
        .iter()
        .map(|code| Node::Set(Rc::new(fold::variants(*code))));
    Node::List(sets.collect())
}

/// Take the least of the repetitions that the alternatives begin with: more of them makes no difference.
pub(super) fn reduce(node: &mut Node) -> Result<(), Fault> {
    match node {
        Node::Alternatives(parts) => parts.iter_mut().try_for_each(reduce_list),
        node => reduce_list(node),
    }
}

fn reduce_list(node: &mut Node) -> Result<(), Fault> {
    match node {
        Node::List(parts) => {
            for number in 0..parts.len() {
                let (before, after) = parts.split_at_mut(number + 1);
                if !reduce_one(&mut before[number], after.first()) {
                    return Ok(());
                }
            }
            // Oniguruma takes the last answer of this loop for an error.
            Err("undefined error code".into())
        }
        node => {
            reduce_one(node, None);
            Ok(())
        }
    }
}

/// Take the least of a repetition, and say whether that is nothing.
fn reduce_one(node: &mut Node, next: Option<&Node>) -> bool {
    match node {
        Node::Repeat {
            least,
            most,
            greedy,
            body,
        } if matches!(
            **body,
            Node::Text { .. } | Node::Set(_) | Node::Any { .. } | Node::Backref { .. }
        ) =>
        {
            let endless = *greedy && *most == ENDLESS && *least <= 1;
            if endless && next.is_some_and(|next| excludes(body, next)) {
                // Oniguruma makes this possessive, which it does not reduce.
                return false;
            }
            *most = *least;
            *least == 0
        }
        _ => false,
    }
}

/// Whether Oniguruma sees that what follows a repetition cannot be one more of it.
fn excludes(body: &Node, next: &Node) -> bool {
    let Some(next) = head(next) else {
        return false;
    };
    if let (
        Node::Text { codes, fold: false },
        Node::Text {
            codes: others,
            fold: false,
        },
    ) = (body, next)
    {
        return codes.iter().zip(others).any(|(code, other)| code != other);
    }
    let (Some((left, one)), Some((right, other))) = (first_of(body), first_of(next)) else {
        return false;
    };
    let apart = left.is_apart_in_ascii(&right);
    match (one, other) {
        (true, _) => apart && left.wide().iter().all(|(code, _)| !right.has(*code)),
        (_, true) => apart && right.wide().iter().all(|(code, _)| !left.has(*code)),
        _ => {
            apart && (left.wide().is_empty() || right.wide().is_empty() || left.negated() == right)
        }
    }
}

/// The part that a part begins with.
fn head(node: &Node) -> Option<&Node> {
    match node {
        Node::Text { codes, .. } => (!codes.is_empty()).then_some(node),
        Node::Set(_) => Some(node),
        Node::List(parts) => head(parts.first()?),
        Node::Repeat { least: 0, .. } => None,
        Node::Repeat { body, .. }
        | Node::Scope(body)
        | Node::Group(_, body)
        | Node::Atomic(body)
        | Node::Look {
            behind: false,
            negated: false,
            body,
        } => head(body),
        _ => None,
    }
}

/// The characters that a text or a set begins with, and whether that is one.
fn first_of(node: &Node) -> Option<(Set, bool)> {
    match node {
        Node::Set(set) => Some((Set::clone(set), false)),
        Node::Text { codes, fold } => {
            let code = *codes.first()?;
            let mut set = Set::default();
            set.add(code, code);
            Some(if *fold {
                (fold::variants(code), false)
            } else {
                (set, true)
            })
        }
        _ => None,
    }
}
