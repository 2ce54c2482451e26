//! Exports the calls, the control block and the stop word through which the host drives an instance.
//!
//! An instance has one thread and serves one run, so its state lives in plain statics. The top of the crate
//! describes the layout of the control block.
#![allow(unsafe_code)]

use crate::engine::{Engine, Gauges, Limits, Mode, Options, Publishers, Pulled};
use crate::fault::Fault;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU64, Ordering};

const RAW_INPUT: u32 = 1;
const SLURP: u32 = 2;
const NULL_INPUT: u32 = 4;
const SORT_KEYS: u32 = 8;
const COLUMNS: u32 = 16;
const NEEDS: u32 = 32;
const ROWS: u32 = 64;
const FIRST: u32 = 128;
const PROFILE: u32 = 256;

const MORE: i32 = 0;
const DONE: i32 = 1;

const OUT_OF_MEMORY: u32 = 1;
const PANIC: u32 = 2;

/// A piece of linear memory, as the host and the guest name it to each other.
#[derive(Clone, Copy)]
#[repr(C)]
struct Span {
    start: u32,
    len: u32,
}

impl Span {
    const EMPTY: Self = Self { start: 0, len: 0 };

    /// Name the bytes of `items` to the host. Addresses and lengths in linear memory have 32 bits, so the casts cut nothing.
    fn of<T>(items: &[T]) -> Self {
        Self {
            start: items.as_ptr() as usize as u32,
            len: core::mem::size_of_val(items) as u32,
        }
    }

    /// Read the bytes that the host wrote into the span.
    ///
    /// # Safety
    /// The span must come from [`alloc`] and hold what the host wrote; it is never freed.
    unsafe fn bytes(self) -> &'static [u8] {
        if self.len == 0 {
            return &[];
        }
        core::slice::from_raw_parts(self.start as usize as *const u8, self.len as usize)
    }
}

/// Requests of the host and replies of the guest, 128 bytes.
#[repr(C)]
pub struct Control {
    program: Span,
    args: Span,
    input: Span,
    flags: u32,
    depth: u32,
    now: f64,
    output_bytes: u32,
    outputs: u32,
    batch_bytes: u32,
    batch_outputs: u32,
    reserved: [u32; 2],
    out: Span,
    out_count: u32,
    error: Span,
    messages: Span,
    exit_code: i32,
    marker: u32,
    marker_bytes: u32,
    inputs_read: u32,
    input_offset: u32,
    written: u64,
    /// Records of rows, or what is counted for a profile.
    records: Span,
}

const _: () = {
    assert!(core::mem::size_of::<Control>() == 128);
    assert!(core::mem::offset_of!(Control, now) == 32);
    assert!(core::mem::offset_of!(Control, out) == 64);
    assert!(core::mem::offset_of!(Control, exit_code) == 92);
    assert!(core::mem::offset_of!(Control, written) == 112);
    assert!(core::mem::offset_of!(Control, records) == 120);
};

/// A static that one thread of execution may change.
#[repr(transparent)]
pub struct Single<T>(UnsafeCell<T>);

// SAFETY: an instance without threads runs one call at a time.
unsafe impl<T> Sync for Single<T> {}

/// The control block; the exported global holds its address.
#[cfg_attr(target_arch = "wasm32", export_name = "control")]
pub static CONTROL: Single<Control> = Single(UnsafeCell::new(Control {
    program: Span::EMPTY,
    args: Span::EMPTY,
    input: Span::EMPTY,
    flags: 0,
    depth: 0,
    now: 0.0,
    output_bytes: 0,
    outputs: 0,
    batch_bytes: 0,
    batch_outputs: 0,
    reserved: [0; 2],
    out: Span::EMPTY,
    out_count: 0,
    error: Span::EMPTY,
    messages: Span::EMPTY,
    exit_code: 0,
    marker: 0,
    marker_bytes: 0,
    inputs_read: 0,
    input_offset: 0,
    written: 0,
    records: Span::EMPTY,
}));

/// The state of the one run that an instance serves.
struct State {
    engine: Option<Box<dyn Engine>>,
    /// Reads how much memory the guest's allocator has used.
    memory: fn() -> usize,
    error: Vec<u8>,
}

static STATE: Single<State> = Single(UnsafeCell::new(State {
    engine: None,
    memory: || 0,
    error: Vec::new(),
}));

/// The host sets this to a negative number to end a call: the meter's checks trap then.
#[cfg_attr(target_arch = "wasm32", export_name = "stop_word")]
pub static STOP_WORD: AtomicU64 = AtomicU64::new(0);

/// Read the fuel that is left. The meter replaces the body: without it, there is no fuel.
#[cfg_attr(target_arch = "wasm32", export_name = "fuel_left")]
#[inline(never)]
pub extern "C" fn fuel_left() -> i64 {
    // A value that the compiler does not know, so that it cannot put it in the place of calls.
    STOP_WORD.load(Ordering::Relaxed) as i64
}

fn publish_profile(counts: &[u64]) {
    control().records = Span::of(counts);
}

fn control() -> &'static mut Control {
    // SAFETY: calls do not overlap, and no call of this module lets two of these references meet.
    unsafe { &mut *CONTROL.0.get() }
}

fn state() -> &'static mut State {
    // SAFETY: calls do not overlap, and no call of this module lets two of these references meet.
    unsafe { &mut *STATE.0.get() }
}

impl State {
    /// The engine that `init` stored; the host calls nothing before it.
    fn engine(&mut self) -> &mut dyn Engine {
        self.engine.as_deref_mut().expect("init was called")
    }

    /// Publish the error object of `fault`, and return its status.
    fn refuse(&mut self, fault: &Fault) -> i32 {
        self.error = fault.json().into_bytes();
        control().error = Span::of(&self.error);
        if let Fault::Halt { code, .. } = fault {
            control().exit_code = *code;
        }
        fault.status()
    }
}

/// Mark for the host that the trap that follows is for want of memory.
pub(crate) fn mark_out_of_memory(bytes: usize) {
    let control = control();
    control.marker = OUT_OF_MEMORY;
    control.marker_bytes = bytes as u32;
}

/// Mark for the host that the trap that follows is a panic, with its message.
fn mark_panic(info: &std::panic::PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let message = text
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("panic");
    // The standard library's message for a collection that cannot exist in this address space.
    if message == "capacity overflow" {
        return mark_out_of_memory(isize::MAX as usize);
    }
    let place = info
        .location()
        .map(|place| format!(" ({}:{})", place.file(), place.line()));
    let state = state();
    state.error = format!("{message}{}", place.unwrap_or_default()).into_bytes();
    control().error = Span::of(&state.error);
    control().marker = PANIC;
}

fn publish_batch(texts: &[u8], count: usize) {
    let control = control();
    control.out = Span::of(texts);
    control.out_count = count as u32;
}

fn publish_messages(texts: &[u8], _count: usize) {
    control().messages = Span::of(texts);
}

fn publish_rows(records: &[u8], _count: usize) {
    control().records = Span::of(records);
}

/// Writes to the control block where outputs and messages are, while a pull runs.
const PUBLISHED: Publishers = Publishers {
    batch: publish_batch,
    messages: publish_messages,
    rows: publish_rows,
};

/// Store the engine of this guest, and what reads its memory. `init`, which [`guest!`](crate::guest) exports, calls it.
pub fn begin(engine: Box<dyn Engine>, memory: fn() -> usize) {
    std::panic::set_hook(Box::new(mark_panic));
    let state = state();
    state.engine = Some(engine);
    state.memory = memory;
}

/// Export the calls of a guest whose engine the expression makes, and give the guest its allocator.
///
/// The allocator stands in the guest's own crate, where the compiler puts its code into that of its callers.
/// The build runs `init` once and stores the memory that it leaves, so what the expression prepares takes no time in
/// a run.
#[macro_export]
macro_rules! guest {
    ($engine:expr) => {
        #[cfg(target_arch = "wasm32")]
        #[global_allocator]
        static ALLOCATOR: $crate::allocator::Allocator = $crate::allocator::Allocator::new();

        /// Prepare the engine.
        #[cfg_attr(target_arch = "wasm32", export_name = "init")]
        pub extern "C" fn init() {
            #[cfg(target_arch = "wasm32")]
            let memory = || ALLOCATOR.used();
            #[cfg(not(target_arch = "wasm32"))]
            let memory = || 0;
            $crate::abi::begin(Box::new($engine), memory);
        }
    };
}

/// Allocate `len` bytes for the host to write into.
#[cfg_attr(target_arch = "wasm32", export_name = "alloc")]
pub extern "C" fn alloc(len: u32) -> *mut u8 {
    let memory = Vec::<u64>::with_capacity((len as usize).div_ceil(8).max(1));
    core::mem::ManuallyDrop::new(memory).as_mut_ptr().cast()
}

/// Compile the program of the control block with its arguments.
#[cfg_attr(target_arch = "wasm32", export_name = "compile")]
pub extern "C" fn compile() -> i32 {
    let state = state();
    let control = control();
    let (source, args, depth) = (control.program, control.args, control.depth as usize);
    // SAFETY: the host wrote both spans into memory from `alloc`.
    let (source, args) = unsafe { (source.bytes(), args.bytes()) };
    let source = match core::str::from_utf8(source) {
        Ok(source) => source,
        Err(error) => {
            let at = error.valid_up_to();
            return state.refuse(&Fault::Program {
                message: "the program is not UTF-8".into(),
                span: at..at,
                hint: None,
            });
        }
    };
    let gauges = (control.flags & PROFILE != 0).then_some(Gauges {
        fuel: || fuel_left(),
        memory: state.memory,
        publish: publish_profile,
    });
    match state.engine().compile(source, args, depth, gauges) {
        Ok(()) => DONE,
        Err(fault) => state.refuse(&fault),
    }
}

/// Start the compiled program on the input of the control block.
#[cfg_attr(target_arch = "wasm32", export_name = "feed")]
pub extern "C" fn feed() -> i32 {
    let state = state();
    let control = control();
    let options = Options {
        mode: Mode {
            raw: control.flags & RAW_INPUT != 0,
            slurp: control.flags & SLURP != 0,
            null: control.flags & NULL_INPUT != 0,
            columns: control.flags & COLUMNS != 0,
            needs: control.flags & NEEDS != 0,
            rows: control.flags & ROWS != 0,
            first: control.flags & FIRST != 0,
        },
        sort_keys: control.flags & SORT_KEYS != 0,
        limits: Limits {
            depth: control.depth as usize,
            output_bytes: control.output_bytes as usize,
            outputs: control.outputs as usize,
        },
        now: control.now,
    };
    // SAFETY: the host wrote the span into memory from `alloc`.
    let input = unsafe { control.input.bytes() };
    state.engine().feed(input, options, PUBLISHED);
    DONE
}

/// Produce the next batch of outputs.
#[cfg_attr(target_arch = "wasm32", export_name = "pull")]
pub extern "C" fn pull() -> i32 {
    let state = state();
    let (bytes, outputs) = {
        let control = control();
        (control.batch_bytes as usize, control.batch_outputs as usize)
    };
    let engine = state.engine();
    let pulled = engine.pull(bytes, outputs);
    let counts = engine.counts();
    let control = control();
    control.written = counts.written_bytes as u64;
    control.inputs_read = counts.inputs as u32;
    control.input_offset = counts.input_bytes as u32;
    match pulled {
        Pulled::More => MORE,
        Pulled::Done => DONE,
        Pulled::Fault(fault) => state.refuse(&fault),
    }
}
