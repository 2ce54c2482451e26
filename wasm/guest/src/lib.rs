//! Runs jq programs as a bare WebAssembly module: it imports nothing, and an instance serves one run.
//!
//! The evaluator is jaq's (the crate jaq-core, with the edits of `edits/`); the rest is written here.
//!
//! # Calls
//!
//! The host drives an instance through a control block in linear memory, whose address the exported
//! global `control` holds, and through these calls, in this order. All numbers are little endian;
//! addresses and lengths are `u32` in linear memory.
//!
//! | export | what it does |
//! |---|---|
//! | `alloc(len) -> u32` | memory for the host to write into, aligned to 8 bytes, never freed |
//! | `compile() -> status` | compiles the program with its arguments |
//! | `feed() -> status` | takes the input; nothing is read yet |
//! | `pull() -> status` | produces the next batch; called until the status is not `MORE` |
//!
//! `stop_word` is a global that holds the address of 8 bytes. The checks that the meter puts into the
//! code trap when `fuel`, a global that the meter adds, or the `i64` there is negative: it is zero
//! while the run may go on, and the host sets it to -1 to end the run.
//! `init` exists only before the build has taken its snapshot.
//!
//! # Control block, 128 bytes
//!
//! | offset | written by the host | offset | written by the guest |
//! |---|---|---|---|
//! | 0, 4 | program: address, length (UTF-8) | 64, 68 | batch: address, length |
//! | 8, 12 | arguments: see below | 72 | number of outputs in the batch |
//! | 16, 20 | input | 76, 80 | error: address, length |
//! | 24 | flags: 1 raw input, 2 slurp, 4 null input, 8 sorted keys | 84, 88 | messages: address, length |
//! | 28 | nesting limit | 92 | exit code of `halt` (i32) |
//! | 32 | `now` (f64, Unix seconds) | 96, 100 | marker, bytes that were refused |
//! | 40 | limit on bytes of output and messages | 104 | values read from the input |
//! | 44 | limit on outputs | 108 | bytes read from the input |
//! | 48 | bytes that fill a batch | 112 | bytes of output and messages so far (u64) |
//! | 52 | outputs that fill a batch | | |
//!
//! Arguments are a JSON object, whose members become `$name` and `$ARGS.named`, or an array of such
//! an object and an array, which becomes `$ARGS.positional`.
//!
//! A batch is JSON texts, each followed by a line end. Messages are the texts of `debug` and `stderr`,
//! a JSON string a line. Both stay valid until the next call. Both, and the number of outputs, are
//! kept up to date while a pull runs, so that a trap leaves whole texts to read.
//!
//! # Statuses
//!
//! | status | meaning | error object |
//! |---|---|---|
//! | 0 `MORE` | a batch is ready, the run goes on | |
//! | 1 `DONE` | the last batch is ready; also the success of `compile` and `feed` | |
//! | 2 | the program cannot be compiled | `message`, `start`, `end` (bytes of the program), `hint` |
//! | 3 | the input is not JSON | `message`, `index` (value, from 0), `offset` (byte) |
//! | 4 | the filter raised an error | `value`, `message`, `index` (value, from 0) |
//! | 5 | the filter halted with another code than 0 | `value` |
//! | 6 | a limit of the guest was met | `limit`, `where`, `used`, `allowed`, `offset` |
//!
//! After a status above `MORE` the instance is used up. A batch can come with an error: it holds
//! what was produced before.
//!
//! # Traps
//!
//! The marker tells why the guest trapped: 1, the runtime refused memory; 2, a panic, whose message
//! is in the error span. A trap without a marker comes from the meter or from an exhausted stack.
//!
//! # Where things are
//!
//! A program goes from `language` (its text becomes a filter) through `builtins` (the filters that Rust code
//! implements); a document goes from `json` (its text becomes values) to `value` and back. Each folder uses
//! those below it in this list, and none above.
//!
//! | folder | question |
//! |---|---|
//! | [`wasm`] | How does the host call the guest, and where does memory come from? The only unsafe code. |
//! | [`session`] | What happens in one run, from its start through its batches to its end? |
//! | [`language`] | How does a program's text become a filter that jaq-core evaluates? |
//! | [`builtins`] | What do the built-in filters do that are written in Rust? |
//! | [`run`] | What do a running filter and its host share: input, limits, messages, the reason of an end? |
//! | [`regex`] | How is a regular expression compiled, matched and cached? |
//! | [`json`] | How is JSON text read and written? |
//! | [`value`] | What is a value, and what do operators and paths mean on it? |

pub mod wasm {
    //! Lets the host call the guest, and hands out linear memory: the only two modules with unsafe code.
    pub mod abi;
    pub mod allocator;
}

pub mod session;

pub mod language;

pub mod builtins;

pub mod run {
    //! Holds what a running filter and its host share.
    pub mod context;
    pub mod fault;
    pub mod inputs;
    pub mod text_buffer;
}

pub mod regex;

pub mod json {
    //! Reads and writes JSON text.
    pub(crate) mod complaint;
    pub(crate) mod numeral;
    pub mod quote;
    pub mod reader;
    pub mod scan;
    pub mod writer;
}

pub mod value;
