//! Any sequence of requests gives blocks that are aligned, apart and keep what is written into them.
#![no_main]

use jq_magic_shared::allocator::Allocator;
use libfuzzer_sys::fuzz_target;
use std::alloc::{GlobalAlloc, Layout};

/// Bytes that may be alive at a time; the region that plays linear memory is larger.
const ALIVE: usize = 1 << 20;

struct Block {
    start: *mut u8,
    layout: Layout,
    mark: u8,
}

fn check(block: &Block) {
    // SAFETY: the block is alive and its bytes were all written.
    let bytes = unsafe { std::slice::from_raw_parts(block.start, block.layout.size()) };
    assert!(bytes.iter().all(|byte| *byte == block.mark));
}

fuzz_target!(|data: &[u8]| {
    let allocator = Allocator::new();
    let mut blocks: Vec<Block> = Vec::new();
    let mut alive = 0;
    for (mark, request) in (0..=u8::MAX).cycle().zip(data.chunks_exact(4)) {
        let size = usize::from(u16::from_le_bytes([request[1], request[2]])).max(1);
        let align = 1 << (request[3] % 5);
        let at = usize::from(request[3]) % blocks.len().max(1);
        match request[0] % 3 {
            0 if alive + size <= ALIVE => {
                let layout = Layout::from_size_align(size, align).expect("a small power of two");
                // SAFETY: the layout is not empty; the block is filled before it is read.
                let start = unsafe { allocator.alloc(layout) };
                assert!(!start.is_null() && start as usize % align == 0);
                // SAFETY: as above.
                unsafe { start.write_bytes(mark, size) };
                alive += size;
                blocks.push(Block {
                    start,
                    layout,
                    mark,
                });
            }
            1 if !blocks.is_empty() => {
                let block = blocks.swap_remove(at);
                check(&block);
                alive -= block.layout.size();
                // SAFETY: the block came from this allocator with this layout.
                unsafe { allocator.dealloc(block.start, block.layout) };
            }
            2 if !blocks.is_empty() && alive + size <= ALIVE => {
                let block = &mut blocks[at];
                check(block);
                let kept = size.min(block.layout.size());
                // SAFETY: as above, and the new size is not zero.
                block.start = unsafe { allocator.realloc(block.start, block.layout, size) };
                alive = alive - block.layout.size() + size;
                // SAFETY: the block has `size` bytes now, of which `kept` were moved.
                let bytes = unsafe { std::slice::from_raw_parts(block.start, kept) };
                assert!(bytes.iter().all(|byte| *byte == block.mark));
                // SAFETY: as above.
                unsafe { block.start.write_bytes(block.mark, size) };
                block.layout =
                    Layout::from_size_align(size, block.layout.align()).expect("as before");
            }
            _ => {}
        }
    }
    blocks.iter().for_each(check);
});
