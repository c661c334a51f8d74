//! The page.

fn main() {
    lab_web::app::start();
}
