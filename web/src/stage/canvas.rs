//! The canvas with what flies: outside the virtual DOM, drawn once an animation frame.
//!
//! [`Painter`] is all that the rest of the page knows of the drawing, so that it can become a framebuffer.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::geometry::flying::{Dot, Look};
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

/// Beyond so many dots letters and outlines are left out, and round becomes square: an outline alone costs twice what
/// all the rest does.
const MANY: usize = 400;
/// Sharper than this nobody sees.
const RATIO_MAX: f64 = 2.0;

/// Draws with the canvas's own paths.
#[derive(Debug)]
pub struct CanvasPainter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    size: (u32, u32, f64),
    blank: bool,
}

impl CanvasPainter {
    /// A painter on this canvas; `None` when the browser has no two-dimensional context.
    pub fn new(canvas: HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Self { canvas, context, size: (0, 0, 0.0), blank: true })
    }

    /// Whether it draws on this canvas.
    pub fn is_on(&self, canvas: &HtmlCanvasElement) -> bool {
        self.canvas == *canvas
    }

    fn fit(&mut self, width: f64, height: f64) {
        let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, RATIO_MAX);
        let size = ((width * ratio) as u32, (height * ratio) as u32, ratio);
        if size != self.size {
            self.size = size;
            self.canvas.set_width(size.0);
            self.canvas.set_height(size.1);
            let style = format!("width:{width:.0}px;height:{height:.0}px");
            // A canvas whose style cannot be set is drawn at its natural size: nothing to repair here.
            let _ = self.canvas.set_attribute("style", &style);
            self.blank = true;
        }
        let set = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        debug_assert!(set.is_ok(), "finite numbers make a transform");
    }

    fn outline(&self, dot: &Dot, radius: f64, many: bool) {
        let context = &self.context;
        if dot.look.response {
            context.move_to(dot.x, dot.y - radius);
            context.line_to(dot.x + radius, dot.y);
            context.line_to(dot.x, dot.y + radius);
            context.line_to(dot.x - radius, dot.y);
            context.line_to(dot.x, dot.y - radius);
        } else if many {
            context.rect(dot.x - radius * 0.8, dot.y - radius * 0.8, radius * 1.6, radius * 1.6);
        } else {
            context.move_to(dot.x + radius, dot.y);
            // A radius above zero is never refused.
            let _ = context.arc(dot.x, dot.y, radius, 0.0, std::f64::consts::TAU);
        }
    }

    fn batch(&self, look: Look, dots: &[Dot], ink: Ink, many: bool) {
        let context = &self.context;
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
        if many {
            // What is hollow becomes a small shape on a larger one.
            if !look.data {
                self.fill(dots, radius + line / 2.0, many, stroke);
            }
            self.fill(dots, if look.data { radius } else { radius - line / 2.0 }, many, fill);
            return;
        }
        self.fill(dots, radius, many, fill);
        context.set_stroke_style_str(stroke);
        context.set_line_width(line);
        context.stroke();
        if look.data {
            self.letters(dots, TAG_COLOURS[look.colour].ink);
        }
    }

    fn fill(&self, dots: &[Dot], radius: f64, many: bool, colour: &str) {
        self.context.begin_path();
        for dot in dots {
            self.outline(dot, radius, many);
        }
        self.context.set_fill_style_str(colour);
        self.context.fill();
    }

    fn letters(&self, dots: &[Dot], ink: &str) {
        let context = &self.context;
        context.set_fill_style_str(ink);
        context.set_font("700 9px system-ui, sans-serif");
        context.set_text_align("center");
        context.set_text_baseline("middle");
        let mut buffer = [0; 4];
        for dot in dots {
            if let Some(letter) = dot.letter {
                let drawn: Result<(), JsValue> =
                    context.fill_text(letter.encode_utf8(&mut buffer), dot.x, dot.y + 0.5);
                debug_assert!(drawn.is_ok(), "one letter at a finite place");
            }
        }
    }
}

impl Painter for CanvasPainter {
    fn paint(&mut self, dots: &[Dot], width: f64, height: f64, ink: Ink) {
        self.fit(width, height);
        if dots.is_empty() && self.blank {
            return;
        }
        self.context.clear_rect(0.0, 0.0, width, height);
        self.blank = dots.is_empty();
        let many = dots.len() > MANY;
        for batch in dots.chunk_by(|a, b| a.look == b.look) {
            self.batch(batch[0].look, batch, ink, many);
        }
    }
}
