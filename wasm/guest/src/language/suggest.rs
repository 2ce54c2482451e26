//! Suggests what was meant by a name that is not defined.
#![forbid(unsafe_code)]

/// Suggest other numbers of arguments for a filter, or a name like it.
pub fn filter(signatures: &[(&'static str, usize)], name: &str) -> Option<String> {
    let mut arities: Vec<_> = signatures
        .iter()
        .filter(|(known, _)| *known == name)
        .map(|(_, arity)| arity)
        .collect();
    arities.sort_unstable();
    arities.dedup();
    if arities.is_empty() {
        let near = closest(name, signatures.iter().map(|(known, _)| *known))?;
        return Some(format!("did you mean {near}?"));
    }
    let known: Vec<_> = arities
        .iter()
        .map(|arity| format!("{name}/{arity}"))
        .collect();
    Some(format!(
        "there is {}; arguments are separated by ;",
        known.join(" and ")
    ))
}

/// Find the name most like `name`: at most two edits away, and at most a third of its length.
pub fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = (name.len() / 3).clamp(1, 2);
    known
        .filter(|known| !known.starts_with(['_', '?']))
        .map(|known| (distance(name.as_bytes(), known.as_bytes()), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, known)| known)
}

/// Compute the Levenshtein distance in bytes.
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut diagonal = core::mem::replace(&mut row[0], i + 1);
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
