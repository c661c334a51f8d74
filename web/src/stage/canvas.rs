//! The canvas with what flies: outside the virtual DOM, drawn once an animation frame.
//!
//! Each look of a dot is drawn once with the canvas's own paths, as a [`Stamp`]. A frame is then put together in memory
//! from stamps and handed to the canvas as one image, which costs a small part of as many paths and does not grow with
//! their outlines and letters. [`Painter`] is all that the rest of the page knows of it.

use std::collections::BTreeMap;

use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use crate::geometry::flying::{Dot, Look};
use crate::geometry::raster::{Area, Frame, Stamp};
use crate::palette::TAG_COLOURS;

/// Colours that depend on the theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink {
    /// Outline of control frames.
    pub control: &'static str,
    /// Inside of hollow dots.
    pub paper: &'static str,
}

impl Ink {
    /// On light paper.
    pub const LIGHT: Self = Self { control: "#5b46c9", paper: "#ffffff" };
    /// On dark paper.
    pub const DARK: Self = Self { control: "#a796ff", paper: "#171b22" };
}

/// Something that can draw dots.
pub trait Painter {
    /// Draws these dots and nothing else on a stage of this size.
    fn paint(&mut self, dots: &[Dot], width: f64, height: f64, ink: Ink);
}

/// Sharper than this nobody sees.
const RATIO_MAX: f64 = 2.0;
/// Half the side of a stamp, in the page's pixels: the largest dot with its outline, and room to stand between pixels.
const REACH: f64 = 10.0;
/// A dot stands at so many places between two pixels, in either direction: what moves slowly would jerk otherwise.
const BETWEEN: u8 = 4;

/// How a stamp looks, and where between two pixels it stands, in quarters.
type StampKey = (Look, Option<char>, (u8, u8));

/// Draws on a canvas.
#[derive(Debug)]
pub struct CanvasPainter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    /// Where stamps are drawn; nobody sees it.
    bench: CanvasRenderingContext2d,
    ratio: f64,
    ink: Option<Ink>,
    stamps: BTreeMap<StampKey, Stamp>,
    frame: Frame,
}

impl CanvasPainter {
    /// A painter on this canvas; `None` when the browser has no two-dimensional context.
    pub fn new(canvas: HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let bench: HtmlCanvasElement =
            canvas.owner_document()?.create_element("canvas").ok()?.dyn_into().ok()?;
        let side = (2.0 * REACH * RATIO_MAX) as u32;
        bench.set_width(side);
        bench.set_height(side);
        let bench = bench.get_context("2d").ok()??.dyn_into().ok()?;
        let (stamps, frame) = (BTreeMap::new(), Frame::default());
        Some(Self { canvas, context, bench, ratio: 1.0, ink: None, stamps, frame })
    }

    /// Whether it draws on this canvas.
    pub fn is_on(&self, canvas: &HtmlCanvasElement) -> bool {
        self.canvas == *canvas
    }

    fn fit(&mut self, width: f64, height: f64, ink: Ink) {
        let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, RATIO_MAX);
        if ratio != self.ratio || self.ink != Some(ink) {
            (self.ratio, self.ink) = (ratio, Some(ink));
            self.stamps.clear();
        }
        let (across, down) = ((width * ratio) as u32, (height * ratio) as u32);
        if self.frame.fit(across, down) || self.canvas.width() != across || self.canvas.height() != down {
            self.canvas.set_width(across);
            self.canvas.set_height(down);
            let style = format!("width:{width:.0}px;height:{height:.0}px");
            // A canvas whose style cannot be set is drawn at its natural size: nothing to repair here.
            let _ = self.canvas.set_attribute("style", &style);
        }
    }

    /// Puts a dot into the frame.
    fn put(&mut self, dot: &Dot, ink: Ink) {
        let (left, across) = split((dot.x - REACH) * self.ratio);
        let (top, down) = split((dot.y - REACH) * self.ratio);
        let key = (dot.look, dot.letter.filter(|_| dot.look.data), (across, down));
        if !self.stamps.contains_key(&key) {
            let Some(stamp) = draw(&self.bench, key, self.ratio, ink) else { return };
            self.stamps.insert(key, stamp);
        }
        if let Some(stamp) = self.stamps.get(&key) {
            self.frame.put(stamp, left, top);
        }
    }
}

/// A place in pixels as a whole number and quarters.
fn split(place: f64) -> (i32, u8) {
    let quarters = (place * f64::from(BETWEEN)).round() as i32;
    let between = i32::from(BETWEEN);
    (quarters.div_euclid(between), quarters.rem_euclid(between) as u8)
}

/// Draws a stamp; `None` when the browser does not let its pixels be read.
fn draw(context: &CanvasRenderingContext2d, key: StampKey, ratio: f64, ink: Ink) -> Option<Stamp> {
    let (look, letter, (across, down)) = key;
    let side = (2.0 * REACH * ratio).ceil();
    let quarter = |quarters: u8| f64::from(quarters) / f64::from(BETWEEN);
    context.reset_transform().ok()?;
    context.clear_rect(0.0, 0.0, side, side);
    let (x, y) = (REACH * ratio + quarter(across), REACH * ratio + quarter(down));
    context.set_transform(ratio, 0.0, 0.0, ratio, x, y).ok()?;
    let radius = match (look.data, look.response) {
        (true, true) => 7.5,
        (true, false) => 6.5,
        (false, true) => 4.2,
        (false, false) => 3.4,
    };
    let (fill, stroke, line) = if look.data {
        (TAG_COLOURS[look.colour].fill, ink.paper, 1.2)
    } else {
        (ink.paper, ink.control, 1.6)
    };
    context.begin_path();
    if look.response {
        context.move_to(0.0, -radius);
        context.line_to(radius, 0.0);
        context.line_to(0.0, radius);
        context.line_to(-radius, 0.0);
        context.close_path();
    } else {
        context.arc(0.0, 0.0, radius, 0.0, std::f64::consts::TAU).ok()?;
    }
    context.set_fill_style_str(fill);
    context.fill();
    context.set_stroke_style_str(stroke);
    context.set_line_width(line);
    context.stroke();
    if let Some(letter) = letter {
        write(context, letter, TAG_COLOURS[look.colour].ink);
    }
    let image = context.get_image_data(0.0, 0.0, side, side).ok()?;
    Some(Stamp::new(side as u32, &image.data()))
}

fn write(context: &CanvasRenderingContext2d, letter: char, ink: &str) {
    context.set_fill_style_str(ink);
    context.set_font("700 9px system-ui, sans-serif");
    context.set_text_align("center");
    context.set_text_baseline("middle");
    let drawn: Result<(), JsValue> = context.fill_text(letter.encode_utf8(&mut [0; 4]), 0.0, 0.5);
    debug_assert!(drawn.is_ok(), "one letter at a finite place");
}

impl Painter for CanvasPainter {
    fn paint(&mut self, dots: &[Dot], width: f64, height: f64, ink: Ink) {
        self.fit(width, height, ink);
        let before = self.frame.clear();
        for dot in dots {
            self.put(dot, ink);
        }
        // What was drawn and what is drawn now: all that the canvas has to be told.
        let Some(area) = before.into_iter().chain(self.frame.touched()).reduce(Area::with) else { return };
        let pixels = self.frame.pixels(area);
        let image =
            ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), area.width(), area.height());
        let put = image
            .and_then(|image| self.context.put_image_data(&image, f64::from(area.left), f64::from(area.top)));
        debug_assert!(put.is_ok(), "an image of the right size within the canvas");
    }
}
