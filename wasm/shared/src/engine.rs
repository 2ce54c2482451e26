//! Describes what an engine does for the host, and what the host sets for a run.
#![forbid(unsafe_code)]

use crate::fault::Fault;
use crate::text_buffer::Publish;

/// An engine in an instance: it compiles one program and runs it on one input.
///
/// The calls come in the order in which they stand here; [`Engine::pull`] comes until it ends the run.
pub trait Engine {
    /// Compile a program.
    ///
    /// `args` is JSON as the top of the crate describes it, or nothing; `depth` is the most levels that the program
    /// and its arguments may nest. With gauges the run is to be profiled, by an engine that can.
    fn compile(
        &mut self,
        program: &'static str,
        args: &'static [u8],
        depth: usize,
        gauges: Option<Gauges>,
    ) -> Result<(), Fault>;

    /// Start the compiled program on an input. The first pull begins to read and to compute.
    ///
    /// Outputs and messages go into [`TextBuffer`](crate::text_buffer::TextBuffer)s with these publishers.
    fn feed(&mut self, input: &'static [u8], options: Options, publishers: Publishers);

    /// Fill a new batch: up to `outputs` texts, or until it holds `bytes` bytes.
    fn pull(&mut self, bytes: usize, outputs: usize) -> Pulled;

    /// Count what the run has read and written so far.
    fn counts(&self) -> Counts;
}

/// How the input is cut into values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mode {
    /// Lines of text are the values, instead of JSON texts.
    pub raw: bool,
    /// All values become one array, or all lines one string.
    pub slurp: bool,
    /// The filter runs once on `null`; values come from `input` only.
    pub null: bool,
    /// The input is the columns of a data frame, which are one value: an array of its rows.
    pub columns: bool,
    /// Nothing is read: the one output is the tree of what the program needs of its input.
    pub needs: bool,
    /// The input is many rows, each with a run of its own.
    pub rows: bool,
    /// Of each row only the first output is computed.
    pub first: bool,
}

impl Mode {
    /// Whether each JSON text is a value that the filter runs on.
    pub fn is_each_text(self) -> bool {
        let others = [self.raw, self.slurp, self.null, self.columns, self.needs];
        !(self.rows || others.contains(&true))
    }
}

/// Limits of one run that the guest itself keeps.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep values may nest when they are read or written.
    pub depth: usize,
    /// Bytes of output and messages.
    pub output_bytes: usize,
    /// Number of outputs.
    pub outputs: usize,
}

/// What the host sets for a run, besides its program and its input.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How the input is cut into values.
    pub mode: Mode,
    /// Write the members of objects in the order of their keys.
    pub sort_keys: bool,
    /// Limits that the guest keeps.
    pub limits: Limits,
    /// Seconds since the Unix epoch, for `now`.
    pub now: f64,
}

/// The functions that show the host, while a run goes on, where its texts are.
#[derive(Clone, Copy, Debug)]
pub struct Publishers {
    /// Called for the outputs of the batch.
    pub batch: Publish,
    /// Called for the messages of `debug` and `stderr`.
    pub messages: Publish,
    /// Called for the records of rows that have ended.
    pub rows: Publish,
}

impl Publishers {
    /// Show nobody: for callers that read the texts after a pull only.
    pub const NONE: Self = Self {
        batch: |_, _| (),
        messages: |_, _| (),
        rows: |_, _| (),
    };
}

/// What an engine reads for the profile of a run, and where it shows the host what it has counted.
#[derive(Clone, Copy, Debug)]
pub struct Gauges {
    /// Read the fuel that is left: it counts down.
    pub fuel: fn() -> i64,
    /// Read how many bytes of memory were ever allocated at once.
    pub memory: fn() -> usize,
    /// Show the host where the counts are; they stay there, and are read after a trap, too.
    pub publish: fn(&[u64]),
}

/// How a pull ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The batch is full, and the run can go on.
    More,
    /// The run is over.
    Done,
    /// The run ended early; the batch holds the outputs before.
    Fault(Fault),
}

/// What a run has read and written so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Values read from the input.
    pub inputs: usize,
    /// Bytes read from the input.
    pub input_bytes: usize,
    /// Bytes of outputs and messages.
    pub written_bytes: usize,
}
