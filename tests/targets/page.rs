//! The built page, used as a person uses it; see [`lab_tests::page`].

#[path = "page/barriers.rs"]
mod barriers;
#[path = "page/choices.rs"]
mod choices;
#[path = "page/comparisons.rs"]
mod comparisons;
#[path = "page/console.rs"]
mod console;
#[path = "page/hostile.rs"]
mod hostile;
#[path = "page/keeping.rs"]
mod keeping;
#[path = "page/keyboard.rs"]
mod keyboard;
#[path = "page/labs.rs"]
mod labs;
#[path = "page/lessons.rs"]
mod lessons;
#[path = "page/map.rs"]
mod map;
#[path = "page/peace.rs"]
mod peace;
#[path = "page/rewinding.rs"]
mod rewinding;
#[path = "page/sizes.rs"]
mod sizes;
#[path = "page/stages.rs"]
mod stages;
#[path = "page/teaching.rs"]
mod teaching;
#[path = "page/versions.rs"]
mod versions;
