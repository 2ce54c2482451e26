//! Finds the groups that calls and references mean, and refuses what can't be.
#![forbid(unsafe_code)]

use super::lengths::Groups;
use super::names::Name;
use super::node::{Fault, Node};
use super::parser::Parsed;

/// Put the groups into the calls of an expression, and check all that refers to groups.
pub(super) fn resolve(calls: &[(Name, String, usize)], parsed: &mut Parsed) -> Result<(), Fault> {
    check_references(&parsed.root, parsed.groups)?;
    if calls.is_empty() {
        return Ok(());
    }
    let mut targets = Vec::with_capacity(calls.len());
    for (name, text, number) in calls {
        targets.push(match name {
            Name::Text => {
                let entry = parsed.names.iter().find(|(name, _)| name == text);
                let (_, groups) =
                    entry.ok_or_else(|| Fault::naming("undefined name <{}> reference", text))?;
                match groups.as_slice() {
                    [group] => *group,
                    _ => return Err(Fault::naming("multiplex definition name <{}> call", text)),
                }
            }
            _ if *number > parsed.groups => {
                return Err(Fault::naming("undefined group <{}> reference", text));
            }
            _ => *number,
        });
    }
    replace(&mut parsed.root, &targets);
    let groups = Groups::of(&parsed.root, parsed.groups);
    let mut heads = vec![0];
    matched_groups(&parsed.root, &groups, &mut heads);
    let mut seen = vec![Mark::None; parsed.groups + 1];
    for group in heads {
        seen[group] = Mark::Head;
        let body = groups.body(group);
        let reached = body.map(|body| endless(body, &groups, &mut seen, true));
        seen[group] = Mark::None;
        if reached.is_some_and(|reached| reached.endless || reached.must) {
            return Err("never ending recursion".into());
        }
    }
    Ok(())
}

/// Find the groups that are not only in parts which are repeated 0 times.
fn matched_groups(node: &Node, groups: &Groups<'_>, matched: &mut Vec<usize>) {
    match node {
        Node::Repeat { most: 0, .. } => return,
        Node::Group(group, _) | Node::Call(group) if !matched.contains(group) => {
            matched.push(*group);
            if let (Node::Call(_), Some(body)) = (node, groups.body(*group)) {
                matched_groups(body, groups, matched);
            }
        }
        _ => {}
    }
    let parts = node.parts().iter();
    parts.for_each(|part| matched_groups(part, groups, matched));
}

/// Replace the places in the list of calls by groups.
fn replace(node: &mut Node, targets: &[usize]) {
    match node {
        Node::Call(call) => *call = targets.get(*call).copied().unwrap_or(0),
        Node::Look { body, .. }
        | Node::Atomic(body)
        | Node::Scope(body)
        | Node::Group(_, body)
        | Node::Repeat { body, .. }
        | Node::Absent(body) => replace(body, targets),
        Node::List(parts) | Node::Alternatives(parts) => {
            parts.iter_mut().for_each(|part| replace(part, targets));
        }
        Node::If(parts) => parts.iter_mut().for_each(|part| replace(part, targets)),
        _ => {}
    }
}

/// Check that the groups exist that are referred to.
fn check_references(node: &Node, groups: usize) -> Result<(), Fault> {
    if let Node::Backref {
        groups: numbers, ..
    }
    | Node::Captured(numbers) = node
    {
        if numbers.iter().any(|number| *number > groups) {
            return Err("invalid backref number/name".into());
        }
    }
    node.parts()
        .iter()
        .try_for_each(|part| check_references(part, groups))
}

/// Whether a group is being looked at.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    None,
    /// The group that the search began with.
    Head,
    Inside,
}

/// How a part comes back to the group that the search began with.
#[derive(Clone, Copy, Default)]
struct Reached {
    /// In some way.
    exists: bool,
    /// In every way.
    must: bool,
    /// Without having matched anything.
    endless: bool,
}

/// Find how a part comes back to the first group; `head` says that nothing was matched yet.
fn endless(node: &Node, groups: &Groups<'_>, seen: &mut [Mark], head: bool) -> Reached {
    match node {
        Node::List(parts) => {
            let mut sum = Reached::default();
            let mut head = head;
            for part in parts {
                let reached = endless(part, groups, seen, head);
                if reached.endless {
                    return reached;
                }
                sum.exists |= reached.exists;
                sum.must |= reached.must;
                head = head && groups.least_bytes(part) == 0;
            }
            sum
        }
        Node::Alternatives(parts) => {
            let mut sum = Reached {
                must: true,
                ..Reached::default()
            };
            for part in parts {
                let reached = endless(part, groups, seen, head);
                if reached.endless {
                    return reached;
                }
                sum.exists |= reached.exists;
                sum.must &= reached.must;
            }
            sum
        }
        Node::Repeat { most: 0, .. } => Reached::default(),
        Node::Repeat { least, body, .. } => {
            let mut reached = endless(body, groups, seen, head);
            reached.must &= *least > 0;
            reached
        }
        Node::Call(group) | Node::Group(group, _) => match seen[*group] {
            Mark::Inside => Reached::default(),
            Mark::Head => Reached {
                exists: true,
                must: true,
                endless: head,
            },
            Mark::None => {
                seen[*group] = Mark::Inside;
                let body = groups.body(*group);
                let reached =
                    body.map_or_else(Reached::default, |body| endless(body, groups, seen, head));
                seen[*group] = Mark::None;
                reached
            }
        },
        Node::If(parts) => {
            let [condition, then, otherwise] = &**parts;
            let mut sum = endless(condition, groups, seen, head);
            if sum.endless {
                return sum;
            }
            let head_then = head && groups.least_bytes(condition) == 0;
            let then = endless(then, groups, seen, head_then);
            let otherwise = endless(otherwise, groups, seen, head);
            sum.endless = then.endless || otherwise.endless;
            sum.exists |= then.exists || otherwise.exists;
            sum.must = (sum.must || then.must) && otherwise.must;
            sum
        }
        Node::Absent(body) => Reached {
            must: false,
            ..endless(body, groups, seen, head)
        },
        Node::Look { body, .. } | Node::Atomic(body) | Node::Scope(body) => {
            endless(body, groups, seen, head)
        }
        _ => Reached::default(),
    }
}
