//! Allocates memory for an instance that is thrown away after its run.
//!
//! The allocator takes memory from the end of linear memory and never returns it to the runtime. Freed
//! blocks wait in lists by size class, so that a long run reuses them; they are neither merged nor split,
//! because the instance ends before fragmentation matters. A block at the end of the used memory grows in
//! place, as the one vector that is growing mostly can.
//!
//! When the runtime refuses more memory, the guest writes a marker to the control block and traps, so that
//! the host can tell the memory limit from other traps.
#![allow(unsafe_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;

/// WebAssembly's page size in bytes.
const PAGE: usize = 65_536;
/// Every block starts and ends on a multiple of this.
const ALIGN: usize = 16;
/// Blocks up to this size have a list for each multiple of [`ALIGN`].
const SMALL: usize = 1024;
const SMALL_CLASSES: usize = SMALL / ALIGN;
/// One list for each power of two above [`SMALL`] that an address space of 32 bits can hold.
const LARGE_CLASSES: usize = 22;
/// The allocator asks the runtime for this many pages at a time (1 MiB) while the limit allows it.
const STEP_PAGES: usize = 16;

/// How many freed blocks of a large class a request tries before it goes on to the next class.
const TRIES: usize = 4;

/// A freed block; the link is stored in the block itself.
struct Free {
    next: *mut Free,
    size: usize,
}

struct State {
    /// The first byte that was never allocated.
    top: usize,
    /// The end of linear memory, as far as the allocator asked for it.
    end: usize,
    small: [*mut Free; SMALL_CLASSES],
    large: [*mut Free; LARGE_CLASSES],
}

/// The global allocator of the guest. WebAssembly without threads has one thread of execution,
/// which is why plain interior mutability is sound here.
pub struct Allocator(UnsafeCell<State>);

unsafe impl Sync for Allocator {}

impl Allocator {
    /// Make an allocator that owns no memory yet.
    pub const fn new() -> Self {
        Self(UnsafeCell::new(State {
            top: 0,
            end: 0,
            small: [ptr::null_mut(); SMALL_CLASSES],
            large: [ptr::null_mut(); LARGE_CLASSES],
        }))
    }
}

impl Allocator {
    /// Count the bytes up to the end of the used memory, which never falls.
    pub fn used(&self) -> usize {
        // SAFETY: one thread runs, and no allocation does while the field is read.
        unsafe { (*self.0.get()).top }
    }
}

impl Default for Allocator {
    fn default() -> Self {
        Self::new()
    }
}

/// Round a request of `size` bytes up to the size of its block.
fn rounded(size: usize) -> usize {
    (size.max(1) + ALIGN - 1) & !(ALIGN - 1)
}

/// Find the list that a freed block of `size` bytes goes to: that of its largest power of two.
fn class_of_block(size: usize) -> usize {
    (usize::BITS - 1 - size.leading_zeros()) as usize - SMALL.trailing_zeros() as usize
}

impl State {
    /// Allocate `size` bytes (a multiple of [`ALIGN`]) at the end of the used memory.
    #[inline]
    unsafe fn bump(&mut self, size: usize, align: usize) -> *mut u8 {
        let start = (self.top + align - 1) & !(align - 1);
        let Some(top) = start.checked_add(size) else {
            out_of_memory(size)
        };
        if top > self.end {
            self.grow(top, size);
        }
        self.top = top;
        start as *mut u8
    }

    #[cold]
    #[inline(never)]
    unsafe fn grow(&mut self, top: usize, size: usize) {
        let missing = (top - self.end).div_ceil(PAGE);
        for pages in [missing.max(STEP_PAGES), missing] {
            let before = memory_grow(pages);
            if before != usize::MAX {
                // Someone else may have grown the memory in between; count the new pages alone.
                self.end = (before + pages) * PAGE;
                return;
            }
        }
        out_of_memory(size)
    }

    #[inline]
    unsafe fn pop(list: &mut *mut Free) -> Option<*mut u8> {
        let block = *list;
        if block.is_null() {
            return None;
        }
        *list = (*block).next;
        Some(block.cast())
    }

    #[inline]
    unsafe fn reuse(&mut self, size: usize) -> Option<*mut u8> {
        if size <= SMALL {
            Self::pop(&mut self.small[size / ALIGN - 1])
        } else {
            self.reuse_large(size)
        }
    }

    /// Take a freed block from the request's own class, where one may be too small, or from the next class,
    /// where none is.
    unsafe fn reuse_large(&mut self, size: usize) -> Option<*mut u8> {
        let class = class_of_block(size);
        let mut link = &raw mut *self.large.get_mut(class)?;
        for _ in 0..TRIES {
            let block = *link;
            if block.is_null() {
                break;
            }
            if (*block).size >= size {
                return Self::pop(&mut *link);
            }
            link = &raw mut (*block).next;
        }
        Self::pop(self.large.get_mut(class + 1)?)
    }
}

unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let state = &mut *self.0.get();
        if state.top == 0 {
            state.top = heap_base();
            state.end = memory_size() * PAGE;
        }
        let size = rounded(layout.size());
        if layout.align() > ALIGN {
            return state.bump(size, layout.align());
        }
        match state.reuse(size) {
            Some(block) => block,
            None => state.bump(size, ALIGN),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let state = &mut *self.0.get();
        let size = rounded(layout.size());
        let list = if size <= SMALL {
            &mut state.small[size / ALIGN - 1]
        } else {
            &mut state.large[class_of_block(size)]
        };
        let block: *mut Free = block.cast();
        (*block).size = size;
        (*block).next = *list;
        *list = block;
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let state = &mut *self.0.get();
        let (old, new) = (rounded(layout.size()), rounded(new_size));
        if new == old {
            return block;
        }
        if new > old && block as usize + old == state.top {
            let size = new - old;
            let Some(top) = state.top.checked_add(size) else {
                out_of_memory(new)
            };
            if top > state.end {
                state.grow(top, size);
            }
            state.top = top;
            return block;
        }
        let moved = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
        ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
        self.dealloc(block, layout);
        moved
    }
}

#[cfg(target_arch = "wasm32")]
mod target {
    use core::arch::wasm32;

    extern "C" {
        static __heap_base: u8;
    }

    pub fn heap_base() -> usize {
        (&raw const __heap_base) as usize
    }

    pub fn memory_size() -> usize {
        wasm32::memory_size(0)
    }

    pub fn memory_grow(pages: usize) -> usize {
        wasm32::memory_grow(0, pages)
    }

    #[cold]
    #[inline(never)]
    pub fn out_of_memory(size: usize) -> ! {
        crate::abi::mark_out_of_memory(size);
        wasm32::unreachable()
    }
}

#[cfg(target_arch = "wasm32")]
use target::{heap_base, memory_grow, memory_size, out_of_memory};

/// Lets a region of native memory stand for linear memory, so that the allocator can be tested natively.
#[cfg(not(target_arch = "wasm32"))]
mod target {
    use super::PAGE;
    use std::cell::Cell;

    pub const PAGES: usize = 256;

    thread_local! {
        static REGION: usize = Box::leak(vec![0_u128; PAGES * PAGE / 16].into_boxed_slice()).as_ptr() as usize;
        static USED: Cell<usize> = const { Cell::new(2) };
    }

    /// Addresses are absolute, so the region's own start in pages is added to every size.
    fn first_page() -> usize {
        REGION.with(|region| region.div_ceil(PAGE))
    }

    pub fn heap_base() -> usize {
        first_page() * PAGE + 64
    }

    pub fn memory_size() -> usize {
        first_page() + USED.get()
    }

    pub fn memory_grow(pages: usize) -> usize {
        let used = USED.get();
        if used + pages >= PAGES {
            return usize::MAX;
        }
        USED.set(used + pages);
        first_page() + used
    }

    pub fn out_of_memory(size: usize) -> ! {
        panic!("out of memory: {size} bytes");
    }
}

#[cfg(not(target_arch = "wasm32"))]
use target::{heap_base, memory_grow, memory_size, out_of_memory};

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    #[test]
    fn blocks_are_aligned_and_apart() {
        let allocator = Allocator::new();
        let blocks: Vec<_> = (1..200)
            .map(|size| (unsafe { allocator.alloc(layout(size)) } as usize, size))
            .collect();
        for (index, (start, size)) in blocks.iter().enumerate() {
            assert_eq!(start % ALIGN, 0);
            for (other, _) in &blocks[index + 1..] {
                assert!(start + size <= *other);
            }
        }
    }

    #[test]
    fn a_freed_block_serves_the_next_request_of_its_class() {
        let allocator = Allocator::new();
        for size in [1, 16, 100, 1024, 1025, 5000, 70_000] {
            unsafe {
                let first = allocator.alloc(layout(size));
                let _fence = allocator.alloc(layout(16));
                allocator.dealloc(first, layout(size));
                let again = allocator.alloc(layout(size));
                assert_eq!(first, again, "{size}");
            }
        }
    }

    #[test]
    fn a_request_never_gets_a_block_that_is_too_small() {
        let allocator = Allocator::new();
        let sizes = (SMALL + 1..60_000).step_by(997);
        for size in sizes {
            unsafe {
                let freed = allocator.alloc(layout(size));
                let _fence = allocator.alloc(layout(16));
                allocator.dealloc(freed, layout(size));
                let larger = allocator.alloc(layout(size + ALIGN));
                assert_ne!(freed, larger, "{size}");
                assert_eq!(freed, allocator.alloc(layout(size)), "{size}");
            }
        }
    }

    #[test]
    fn the_last_block_grows_in_place_and_keeps_its_bytes() {
        let allocator = Allocator::new();
        unsafe {
            let block = allocator.alloc(layout(32));
            block.write_bytes(7, 32);
            let grown = allocator.realloc(block, layout(32), 100_000);
            assert_eq!(block, grown);
            let _fence = allocator.alloc(layout(16));
            let moved = allocator.realloc(grown, layout(100_000), 200_000);
            assert_ne!(grown, moved);
            assert!((0..32).all(|i| *moved.add(i) == 7));
        }
    }

    #[test]
    fn shrinking_moves_to_a_block_of_the_right_class() {
        let allocator = Allocator::new();
        unsafe {
            let block = allocator.alloc(layout(5000));
            block.write_bytes(9, 5000);
            let small = allocator.realloc(block, layout(5000), 20);
            assert!((0..20).all(|i| *small.add(i) == 9));
            allocator.dealloc(small, layout(20));
            assert_eq!(allocator.alloc(layout(20)), small);
        }
    }

    #[test]
    #[should_panic(expected = "out of memory")]
    fn a_refused_growth_is_out_of_memory() {
        let allocator = Allocator::new();
        unsafe { allocator.alloc(layout(target::PAGES * PAGE)) };
    }
}
