//! Joins a repetition with the one that it repeats, as Oniguruma does.
#![forbid(unsafe_code)]

use super::node::{Fault, Node, ENDLESS};

/// What becomes of a popular repetition of a popular one.
#[derive(Clone, Copy)]
enum Joined {
    /// Both stay.
    Both,
    /// The inner one stays.
    Inner,
    /// One with other bounds.
    One(u32, u32, bool),
    /// `(?:…+)??`.
    LazyOfPlus,
}

/// `?`, `*`, `+`, `??`, `*?`, `+?` by the inner one, then by the outer one.
const TABLE: [[Joined; 6]; 6] = {
    use Joined::{Both, Inner, LazyOfPlus, One};
    const STAR: Joined = One(0, ENDLESS, true);
    const PLUS: Joined = One(1, ENDLESS, true);
    const LAZY_STAR: Joined = One(0, ENDLESS, false);
    const LAZY_MAYBE: Joined = One(0, 1, false);
    [
        [Inner, STAR, STAR, LAZY_MAYBE, LAZY_STAR, Both],
        [Inner, Inner, Inner, LazyOfPlus, LazyOfPlus, Inner],
        [STAR, STAR, Inner, Both, LazyOfPlus, Inner],
        [Inner, LAZY_STAR, LAZY_STAR, Inner, LAZY_STAR, LAZY_STAR],
        [Inner, Inner, Inner, Inner, Inner, Inner],
        [Both, STAR, PLUS, LAZY_STAR, LAZY_STAR, Inner],
    ]
};

/// The place of a repetition in the table.
fn popular(least: u32, most: u32, greedy: bool) -> Option<usize> {
    let place = match (least, most) {
        (0, 1) => 0,
        (0, ENDLESS) => 1,
        (1, ENDLESS) => 2,
        _ => return None,
    };
    Some(if greedy { place } else { place + 3 })
}

/// Repeat a part.
pub(super) fn repeat(node: Node, least: u32, most: u32, greedy: bool) -> Result<Node, Fault> {
    let outer = |body: Node, most: u32| Node::Repeat {
        least,
        most,
        greedy,
        body: Box::new(body),
    };
    let (inner_least, inner_most, inner_greedy, body) = match node {
        Node::Repeat {
            least,
            most,
            greedy,
            body,
        } => (least, most, greedy, body),
        node => return Ok(outer(node, most)),
    };
    let inner = |body: Box<Node>| Node::Repeat {
        least: inner_least,
        most: inner_most,
        greedy: inner_greedy,
        body,
    };
    let places = (
        popular(inner_least, inner_most, inner_greedy),
        popular(least, most, greedy),
    );
    let joined = match places {
        (Some(1 | 2), None) if most != ENDLESS && most > 1 && greedy => {
            // Once is as good as several times.
            return Ok(outer(inner(body), least.max(1)));
        }
        (Some(inner), Some(outer)) => TABLE[inner][outer],
        (Some(_), None) => Joined::Both,
        _ if least == most && inner_least == inner_most => {
            let product = least.checked_mul(inner_least);
            let times = product.filter(|times| i32::try_from(*times).is_ok());
            let times = times.ok_or("too big number for repeat range")?;
            return Ok(Node::Repeat {
                least: times,
                most: times,
                greedy,
                body,
            });
        }
        _ => Joined::Both,
    };
    Ok(match joined {
        Joined::Both => outer(inner(body), most),
        Joined::Inner => inner(body),
        Joined::One(least, most, greedy) => Node::Repeat {
            least,
            most,
            greedy,
            body,
        },
        Joined::LazyOfPlus => Node::Repeat {
            least: 0,
            most: 1,
            greedy: false,
            body: Box::new(Node::Repeat {
                least: 1,
                most: ENDLESS,
                greedy: true,
                body,
            }),
        },
    })
}
