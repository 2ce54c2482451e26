//! Holds what the guests in Rust share: how the host calls them, where memory comes from, and how a run ends.
//!
//! A guest is a crate with an [`engine::Engine`] and one line, `jq_magic_shared::guest!(MyEngine::new());`, which
//! exports the calls below. It imports nothing, and an instance serves one run.
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
//! | 24 | flags: see below | 84, 88 | messages: address, length |
//! | 28 | nesting limit | 92 | exit code of `halt` (i32) |
//! | 32 | `now` (f64, Unix seconds) | 96, 100 | marker, bytes that were refused |
//! | 40 | limit on bytes of output and messages | 104 | values read from the input |
//! | 44 | limit on outputs | 108 | bytes read from the input |
//! | 48 | bytes that fill a batch | 112 | bytes of output and messages so far (u64) |
//! | 52 | outputs, or rows, that fill a batch | 120, 124 | records of rows, or the profile: address, length |
//!
//! Flags are 1 raw input, 2 slurp, 4 null input, 8 sorted keys, 16 columns, 32 needs, 64 rows, 128 first; and 256, which
//! `compile` reads, for a run that is profiled.
//!
//! Arguments are a JSON object, whose members become `$name` and `$ARGS.named`, or an array of such
//! an object and an array, which becomes `$ARGS.positional`. A third item of that array describes modules:
//! `{"search": […], "origin": "…", "files": [["path", bytes], …]}`. Their texts then follow that of the program, in
//! this order, and all places are offsets in the whole. Imports are looked for in the directories `search`, or in
//! those that they name, relative to that of their file; `origin` is that of the program. Of the engines in Rust only
//! `magic` has modules.
//!
//! The input is JSON texts; with the flag for columns it is a data frame, laid out as the reader of the engine `magic`
//! says, which alone gets one. It alone gets rows, too.
//!
//! With the flag for rows the input is many inputs, each with a run of its own: their number, then where each ends in
//! the texts (`u32` each), then the texts. The limits on outputs, their bytes and nesting are those of each row; those
//! on fuel and memory are the instance's. A pull ends between rows, and never with an error: for each row that has
//! ended there is a record of 12 bytes with its status, the number of its outputs, and the exit code of `halt`. In the
//! batch its outputs follow those of the row before, and its error object comes after them as one text more. With the
//! flag for the first output a row ends when it has one. What `debug` says in a row is dropped when the row ends.
//!
//! With the flag for needs nothing is read: the one output of `magic` is a tree of what the program needs of a value of
//! its input. It is null for nothing and true for all of it; else an object: `shape`, whether all keys and the length
//! are needed, trees for the members of `keys`, for all `others`, and for the `items`, of which the `first` so many
//! count.
//!
//! A batch is JSON texts, each followed by a line end. Messages are the texts of `debug` and `stderr`,
//! a JSON string a line. Both stay valid until the next call. Both, and the number of outputs, are
//! kept up to date while a pull runs, so that a trap leaves whole texts to read.
//!
//! The profile is what the engine `magic` counts when it is asked to: numbers of 64 bits. The first is the index of the
//! part at work. Then come six for each part: the byte offsets of its first byte in the program and after its last one,
//! how often it ran, its outputs, its fuel, and the bytes by which memory grew meanwhile. The first three parts are none
//! of the program: what reads the input, what writes outputs, and what the profile itself costs.
//!
//! # Statuses
//!
//! | status | meaning | error object |
//! |---|---|---|
//! | 0 `MORE` | a batch is ready, the run goes on | |
//! | 1 `DONE` | the last batch is ready; also the success of `compile` and `feed` | |
//! | 2 | the program cannot be compiled | `message`, `start`, `end` (bytes of the program), `hint`; `missing`: see below |
//! | 3 | the input is not JSON, or no columns | `message`, `index` (value, from 0), `offset` (byte) |
//! | 4 | the filter raised an error | `value`, `message`, `index` (value, from 0), `trace`: see below |
//! | 5 | the filter called `halt` or `halt_error`; the exit code is in the control block | `value`; null for `halt` |
//! | 6 | a limit of the guest was met | `limit`, `where`, `used`, `allowed`, `offset` |
//!
//! A trace lists where in the program an error arose, and the calls around that place, the innermost first: pairs of
//! the byte offsets of the first byte and after the last one. An engine that does not know has none.
//!
//! `missing` lists the paths at which an import was looked for in vain, in that order.
//!
//! After a status above `MORE` the instance is used up. A batch can come with an error: it holds
//! what was produced before.
//!
//! # Traps
//!
//! The marker tells why the guest trapped: 1, the runtime refused memory; 2, a panic, whose message
//! is in the error span. A trap without a marker comes from the meter or from an exhausted stack.
//!
//! # Modules
//!
//! | module | question |
//! |---|---|
//! | [`abi`] | How does the host call the guest? With [`allocator`] the only unsafe code. |
//! | [`allocator`] | Where does memory come from? |
//! | [`engine`] | What does an engine do, and what does the host set for a run? |
//! | [`fault`] | Why did a run end early? |
//! | [`text_buffer`] | How are outputs and messages collected for the host? |
//! | [`sink`] | How are bytes and strings written within a limit? |
//! | [`scan`] | Where in a text is the next byte of some kind? |

pub mod abi;
pub mod allocator;
pub mod engine;
pub mod fault;
pub mod scan;
pub mod sink;
pub mod text_buffer;
