//! Blocks of columns as a host writes them, and as no honest host would.

use jq_magic_guest::arrow::{Frame, Values, MAGIC};

const DEPTH: usize = 8;
const HEAD: usize = 4;
const FIELD: usize = 8;
const COLUMN: usize = 10;

/// Kinds, as the host numbers them.
mod kind {
    pub const BOOL: u32 = 1;
    pub const INTEGER: u32 = 2;
    pub const DECIMAL: u32 = 4;
    pub const TIMESTAMP: u32 = 7;
    pub const TEXT: u32 = 10;
    pub const TEXT_VIEW: u32 = 12;
    pub const LIST: u32 = 15;
    pub const FIXED_LIST: u32 = 16;
    pub const STRUCT: u32 = 17;
    pub const MAP: u32 = 18;
    pub const DICTIONARY: u32 = 19;
    pub const RUNS: u32 = 20;
    pub const JSON: u32 = 21;
}
const OFF: u32 = 2;
const SIGNED: u32 = 4;

/// A field with the rows of one chunk.
#[derive(Clone, Default)]
struct Part {
    kind: u32,
    parameter: u32,
    flags: u32,
    name: &'static str,
    length: u32,
    first: u32,
    buffers: Vec<Vec<u8>>,
    children: Vec<Part>,
}

fn part(kind: u32, parameter: u32, length: u32, buffers: &[&[u8]]) -> Part {
    Part {
        kind,
        parameter,
        length,
        buffers: buffers.iter().map(|bytes| bytes.to_vec()).collect(),
        ..Part::default()
    }
}

fn of(mut parent: Part, children: &[Part]) -> Part {
    parent.children = children.to_vec();
    parent
}

fn named(name: &'static str, part: Part) -> Part {
    Part { name, ..part }
}

fn preorder<'a>(part: &'a Part, all: &mut Vec<&'a Part>) {
    all.push(part);
    for child in &part.children {
        preorder(child, all);
    }
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

fn block(root: &Part) -> Vec<u8> {
    let mut parts = Vec::new();
    preorder(root, &mut parts);
    let mut at = 4 * (HEAD + parts.len() * (FIELD + COLUMN));
    let mut tail = Vec::new();
    let mut place = |bytes: &[u8]| {
        let start = at;
        tail.extend_from_slice(bytes);
        at += bytes.len();
        [start as u32, bytes.len() as u32]
    };
    let mut head = vec![MAGIC, parts.len() as u32, 1, 0];
    for part in &parts {
        let name = place(part.name.as_bytes());
        head.extend([
            part.kind,
            part.parameter,
            part.flags,
            part.children.len() as u32,
        ]);
        head.extend(name);
        head.extend([0, 0]);
    }
    for part in &parts {
        head.extend([part.length, part.first]);
        for buffer in 0..4 {
            head.extend(place(part.buffers.get(buffer).map_or(&[], |bytes| bytes)));
        }
    }
    let mut bytes = words(&head);
    bytes.extend(tail);
    bytes
}

fn read(bytes: Vec<u8>) -> Result<String, String> {
    Frame::open(Values, Box::leak(bytes.into_boxed_slice()), DEPTH)
        .and_then(|mut frame| frame.rest())
        .map(|value| value.to_string())
        .map_err(|broken| broken.message)
}

fn long(numbers: &[i64]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

fn text(offsets: &[u32], bytes: &str) -> Part {
    part(
        kind::TEXT,
        4,
        offsets.len() as u32 - 1,
        &[&[], &words(offsets), bytes.as_bytes()],
    )
}

/// A column of most kinds.
fn sample() -> Part {
    let integers = Part {
        flags: SIGNED,
        ..part(kind::INTEGER, 8, 2, &[&[0b01], &long(&[-5, 7])])
    };
    let items = Part {
        flags: SIGNED,
        ..part(kind::INTEGER, 1, 3, &[&[], &[1, 2, 3]])
    };
    let ends = Part {
        flags: SIGNED,
        ..part(kind::INTEGER, 4, 2, &[&[], &words(&[1, 9])])
    };
    let mut view = words(&[3]);
    view.extend(b"abc\0\0\0\0\0\0\0\0\0");
    view.extend(words(&[14]));
    view.extend(b"long");
    view.extend(words(&[0, 1]));
    let views = part(
        kind::TEXT_VIEW,
        0,
        2,
        &[&[], &view, b"-a text in full", &words(&[0, 15])],
    );
    let entries = of(
        part(kind::STRUCT, 0, 2, &[]),
        &[text(&[0, 1, 2], "kl"), text(&[0, 0, 1], "v")],
    );
    of(
        part(kind::STRUCT, 0, 2, &[]),
        &[
            named("i", integers),
            named("t", text(&[3, 4, 4], "é")),
            named("b", part(kind::BOOL, 1, 2, &[&[], &[0b10]])),
            named(
                "l",
                of(
                    part(kind::LIST, 4, 2, &[&[], &words(&[1, 1, 3])]),
                    core::slice::from_ref(&items),
                ),
            ),
            named("f", of(part(kind::FIXED_LIST, 1, 2, &[]), &[items])),
            named(
                "m",
                of(
                    part(kind::MAP, 0, 2, &[&[], &words(&[0, 2, 2])]),
                    &[entries],
                ),
            ),
            named(
                "d",
                of(
                    part(kind::DICTIONARY, 1, 2, &[&[], &[1, 0]]),
                    &[text(&[0, 1, 2], "xy")],
                ),
            ),
            named(
                "r",
                of(part(kind::RUNS, 0, 2, &[]), &[ends, text(&[0, 1, 2], "pq")]),
            ),
            named("j", part(kind::JSON, 0, 2, &[&[], b"[{\"a\":1}, null]"])),
            named("v", views),
            named(
                "n",
                part(kind::DECIMAL, 4 | 2 << 8, 2, &[&[], &words(&[110, 5])]),
            ),
            named(
                "s",
                part(kind::TIMESTAMP, 8 | 3 << 8, 2, &[&[], &long(&[0, 1])]),
            ),
        ],
    )
}

#[test]
fn rows_have_the_values_of_their_columns() {
    let mut frame = sample();
    // The text is cut so that its first offset is not zero.
    frame.children[1] = named("t", text(&[3, 5, 5], "é"));
    assert_eq!(
        read(block(&frame)),
        Ok(concat!(
            r#"[{"i":-5,"t":"é","b":false,"l":[],"f":[1],"m":{"k":"","l":"v"},"d":"y","r":"p","j":{"a":1},"#,
            r#""v":"abc","n":1.10,"s":"1970-01-01T00:00:00"},"#,
            r#"{"i":null,"t":"","b":true,"l":[1,2],"f":[2],"m":{},"d":"x","r":"q","j":null,"#,
            r#""v":"a text in full","n":0.05,"s":"1970-01-01T00:00:00.001000"}]"#
        )
        .to_string())
    );
}

#[test]
fn a_text_that_is_no_utf8_is_replaced() {
    let frame = part(kind::TEXT, 4, 1, &[&[], &words(&[0, 2]), b"a\xff"]);
    assert_eq!(read(block(&frame)), Ok("[\"a\u{fffd}\"]".into()));
}

#[test]
fn a_column_that_is_off_is_no_member_and_needs_no_buffers() {
    let off = Part {
        flags: OFF,
        buffers: Vec::new(),
        ..named("a", text(&[0, 1], "x"))
    };
    let frame = of(
        part(kind::STRUCT, 0, 1, &[]),
        &[off.clone(), named("b", text(&[0, 1], "y"))],
    );
    assert_eq!(read(block(&frame)), Ok("[{\"b\":\"y\"}]".into()));
    let list = of(
        part(kind::LIST, 4, 1, &[&[], &words(&[0, 1])]),
        core::slice::from_ref(&off),
    );
    assert!(read(block(&list)).is_err());
    assert!(read(block(&off)).is_err());
}

#[test]
fn offsets_that_run_backwards_or_out_are_refused() {
    let astray = |frame: Part| read(block(&frame)).unwrap_err();
    for frame in [
        text(&[0, 2, 1], "ab"),
        text(&[0, 3], "ab"),
        text(&[5, 1, 6], "ab"),
        text(&[0, u32::MAX], "ab"),
        of(
            part(kind::LIST, 4, 1, &[&[], &words(&[0, 2])]),
            &[text(&[0, 1], "a")],
        ),
        of(
            part(kind::DICTIONARY, 1, 1, &[&[], &[1]]),
            &[text(&[0, 1], "a")],
        ),
        Part {
            flags: SIGNED,
            ..of(
                part(kind::DICTIONARY, 1, 1, &[&[], &[255]]),
                &[text(&[0, 1], "a")],
            )
        },
        part(
            kind::TEXT_VIEW,
            0,
            1,
            &[&[], &words(&[13, 0, 0, 0]), b"short", &words(&[0, 5])],
        ),
        part(
            kind::TEXT_VIEW,
            0,
            1,
            &[&[], &words(&[13, 0, 7, 0]), &[b'x'; 99], &words(&[0, 99])],
        ),
    ] {
        assert!(
            astray(frame).contains("offsets that run backwards"),
            "offsets"
        );
    }
}

#[test]
fn buffers_that_are_short_and_lengths_that_lie_are_refused() {
    let integers = |length, bytes: &[u8]| part(kind::INTEGER, 8, length, &[&[], bytes]);
    for frame in [
        integers(2, &[0; 15]),
        integers(u32::MAX, &[0; 16]),
        part(kind::INTEGER, 8, 9, &[&[0xff], &[0; 72]]),
        part(kind::BOOL, 1, 9, &[&[], &[0]]),
        part(kind::TEXT, 4, 1, &[&[], &words(&[0])]),
        of(part(kind::STRUCT, 0, 3, &[]), &[integers(2, &[0; 16])]),
        of(part(kind::FIXED_LIST, 2, 2, &[]), &[integers(3, &[0; 24])]),
        part(
            kind::TEXT_VIEW,
            0,
            1,
            &[&[], &[0; 16], b"", &words(&[0, 1])],
        ),
    ] {
        let message = read(block(&frame)).unwrap_err();
        assert!(message.contains("less than its rows need"), "{message}");
    }
}

#[test]
fn nesting_is_limited_at_its_edge() {
    let nested = |levels| {
        let empty = part(kind::LIST, 4, 0, &[]);
        (1..levels).fold(empty.clone(), |inner, _| of(empty.clone(), &[inner]))
    };
    let leaf = |frame: Part| {
        fn deepest(frame: Part) -> Part {
            match frame.children.first().cloned() {
                None => of(frame, &[text(&[0], "")]),
                Some(child) => of(frame, &[deepest(child)]),
            }
        }
        read(block(&deepest(frame)))
    };
    // The array of the rows is a level, too.
    assert_eq!(leaf(nested(DEPTH - 1)), Ok("[]".into()));
    assert_eq!(
        leaf(nested(DEPTH)).unwrap_err(),
        "its columns nest too deep"
    );
}

#[test]
fn any_change_of_a_block_gives_rows_or_an_error() {
    let honest = block(&sample());
    for length in 0..honest.len() {
        let _ = read(honest[..length].to_vec());
    }
    let head = 4 * (HEAD + 20 * (FIELD + COLUMN));
    for at in (0..honest.len().min(head)).step_by(4) {
        for lie in [0, 1, 2, 3, 7, 255, 1 << 20, u32::MAX / 2, u32::MAX] {
            let mut bytes = honest.clone();
            let Some(word) = bytes.get_mut(at..at + 4) else {
                continue;
            };
            word.copy_from_slice(&u32::to_le_bytes(lie));
            // Rows that need no bytes can be as many as a word can say, so such a lie is not read here.
            let frame = Frame::open(Values, Box::leak(bytes.into_boxed_slice()), DEPTH);
            if let Ok(mut frame) = frame {
                for _ in 0..100 {
                    if frame.next_row().is_none() {
                        break;
                    }
                }
            }
        }
    }
}
