//! Reads a pattern before it is compiled: which engine it needs, and what that engine must not misread.
#![forbid(unsafe_code)]

/// Signs of syntax that only Oniguruma and fancy-regex know; references (`\1` to `\9`) are looked for apart.
const RICH: [&str; 16] = [
    "(?=", "(?!", "(?<=", "(?<!", "(?>", "\\k", "\\g", "\\K", "\\h", "\\H", "\\R", "\\X", "\\Z",
    "\\G", "++", "*+",
];

/// Whether the pattern needs fancy-regex: for Oniguruma's syntax, or for Unicode's classes of characters
/// when the text is not ASCII.
pub(super) fn is_rich(pattern: &str, ascii: bool, flags: &str) -> bool {
    let classes = [
        "\\b", "\\B", "\\w", "\\W", "\\d", "\\D", "\\s", "\\S", "[[:", "\\p", "\\P",
    ];
    if !ascii && (flags.contains('i') || classes.iter().any(|class| pattern.contains(class))) {
        return true;
    }
    let refers_back = pattern
        .as_bytes()
        .windows(2)
        .any(|pair| pair[0] == b'\\' && matches!(pair[1], b'1'..=b'9'));
    refers_back || RICH.iter().any(|sign| pattern.contains(sign))
}

/// Put a backslash before characters that the engines take for syntax and Oniguruma's Perl syntax takes
/// literally: a brace that begins no count, and in a class a bracket, `&` or `~`.
pub(super) fn with_literals(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 2);
    let mut class = false;
    let mut chars = pattern.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = &pattern[at + c.len_utf8()..];
        let literal = match c {
            '{' => !class && !counts(rest),
            '[' => class && !rest.starts_with(':'),
            '&' | '~' => class,
            _ => false,
        };
        if literal {
            out.push('\\');
        }
        out.push(c);
        match c {
            '\\' => {
                let Some((_, escaped)) = chars.next() else {
                    break;
                };
                out.push(escaped);
                // The brace after one of these is syntax: `\p{L}`, `\x{e9}`.
                if matches!(escaped, 'p' | 'P' | 'x') {
                    out.extend(chars.next_if(|(_, c)| *c == '{').map(|(_, c)| c));
                }
            }
            '[' if !class => {
                class = true;
                // A closing bracket at the start stands for itself.
                out.extend(chars.next_if(|(_, c)| *c == '^').map(|(_, c)| c));
                if chars.next_if(|(_, c)| *c == ']').is_some() {
                    out.push_str("\\]");
                }
            }
            '[' if !literal => {
                // A class of POSIX, as in `[[:alpha:]]`.
                for (_, c) in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            ']' => class = false,
            _ => {}
        }
    }
    out
}

/// Whether a count follows an opening brace: `2}`, `2,}`, `2,3}`.
fn counts(rest: &str) -> bool {
    let Some((count, _)) = rest.split_once('}') else {
        return false;
    };
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}
