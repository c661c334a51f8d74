//! A small lesson, played and broken.
