//! Memory of a WASM program, asked for ahead of its use.
//!
//! An allocator asks the engine for more memory in pieces of 64 KiB. At each of them V8 takes the whole memory for
//! newly made and collects its garbage: a long run then spends more time on that than on itself. So whoever works for
//! long calls [`grow_ahead`] now and then, which asks for a large piece whenever a small one was needed.

/// Least that is asked for at once, in bytes.
#[cfg(target_family = "wasm")]
const LEAST: usize = 8 << 20;

/// When the memory has grown since the last call, lets it grow by another quarter at once. Does nothing outside of WASM.
pub fn grow_ahead() {
    #[cfg(target_family = "wasm")]
    {
        use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

        static SEEN: AtomicUsize = AtomicUsize::new(0);
        const PAGE: usize = 64 << 10;
        let pages = std::arch::wasm32::memory_size::<0>;
        if pages() != SEEN.load(Relaxed) {
            let ahead = (pages() * PAGE / 4).max(LEAST);
            // The allocator keeps what is given back to it.
            drop(std::hint::black_box(Vec::<u8>::with_capacity(ahead)));
            SEEN.store(pages(), Relaxed);
        }
    }
}
