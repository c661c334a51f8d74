//! The page.

fn main() {
    lab_core::memory::grow_ahead();
    lab_web::app::start();
}
