//! The ways on which frames travel.
//!
//! A way is the same in both directions; who travels keeps to the right, so that requests and their answers pass
//! each other as cars do.

use lab_core::id::NodeId;

use super::{Column, Layout, Place};

/// A point in CSS pixels.
pub type Point = (f64, f64);

/// How far from the middle of the way a dot keeps.
const LANE_SHIFT: f64 = 3.5;

/// A cubic Bézier curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve(pub [Point; 4]);

impl Curve {
    /// The point at `t` from 0 to 1.
    pub fn at(&self, t: f64) -> Point {
        let s = 1.0 - t;
        let weights = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
        self.0.iter().zip(weights).fold((0.0, 0.0), |(x, y), (point, w)| (x + point.0 * w, y + point.1 * w))
    }

    /// The point at `t`, shifted to the right-hand side of the direction of travel.
    pub fn lane_at(&self, t: f64) -> Point {
        let (x, y) = self.at(t);
        let (ahead, behind) = (self.at((t + 0.02).min(1.0)), self.at((t - 0.02).max(0.0)));
        let (dx, dy) = (ahead.0 - behind.0, ahead.1 - behind.1);
        let length = dx.hypot(dy).max(0.001);
        (x - dy / length * LANE_SHIFT, y + dx / length * LANE_SHIFT)
    }

    /// The same way, travelled from the other end.
    pub fn reversed(self) -> Self {
        let [a, b, c, d] = self.0;
        Self([d, c, b, a])
    }

    /// As the `d` of an SVG path.
    pub fn path(&self) -> String {
        let [a, b, c, d] = self.0;
        format!("M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1)
    }
}

impl Layout {
    /// The way from one node to another; `lane` is the height of the queue at the broker, when it is about one.
    pub fn curve(&self, from: &NodeId, to: &NodeId, lane: Option<f64>) -> Option<Curve> {
        let (a, b) = (self.places.get(from)?, self.places.get(to)?);
        if a.column <= b.column {
            Some(self.between(a, b, lane))
        } else {
            Some(self.between(b, a, lane).reversed())
        }
    }

    /// `a` stands in the same column as `b` or in one before it.
    fn between(&self, a: &Place, b: &Place, lane: Option<f64>) -> Curve {
        match (a.column, b.column) {
            (Column::Broker | Column::Slave, Column::Broker | Column::Slave) => beside(a, b),
            (_, Column::RegistryClient) => down(a, b),
            (Column::NameServer | Column::Controller, Column::NameServer | Column::Controller) => {
                on_top(a, b)
            }
            _ if self.narrow => down(a, b),
            (Column::NameServer | Column::Controller, _) => from_above(a, b),
            (_, Column::Broker) => across(a, b, a.rect.middle_y(), lane.unwrap_or(b.rect.middle_y())),
            (Column::Broker, _) => across(a, b, lane.unwrap_or(a.rect.middle_y()), b.rect.middle_y()),
            _ => across(a, b, a.rect.middle_y(), b.rect.middle_y()),
        }
    }
}

/// From a right edge to a left edge.
fn across(a: &Place, b: &Place, from_y: f64, to_y: f64) -> Curve {
    let (x0, x1) = (a.card.right(), b.card.x);
    let bend = (x1 - x0) / 2.0;
    Curve([(x0, from_y), (x0 + bend, from_y), (x1 - bend, to_y), (x1, to_y)])
}

/// From a name server down to a card.
fn from_above(a: &Place, b: &Place) -> Curve {
    let top = (a.rect.middle_x(), a.rect.bottom());
    match b.column {
        Column::Broker | Column::Slave if b.index == 0 && b.rect.y <= b.card.y + 1.0 => {
            let spread = b.card.w * 0.3;
            let x = a.rect.middle_x().clamp(b.card.middle_x() - spread, b.card.middle_x() + spread);
            let drop = (b.card.y - top.1) * 0.5;
            Curve([top, (top.0, top.1 + drop), (x, b.card.y - drop), (x, b.card.y)])
        }
        Column::Producer => {
            let end = (b.rect.right(), b.rect.y + 14.0);
            Curve([top, (top.0, top.1 + 46.0), (end.0 + 42.0, end.1), end])
        }
        Column::Consumer => {
            let end = (b.rect.x, b.rect.y + 14.0);
            Curve([top, (top.0, top.1 + 46.0), (end.0 - 42.0, end.1), end])
        }
        _ if top.0 < b.card.middle_x() => {
            let end = (b.card.x, b.rect.y + 13.0);
            Curve([top, (end.0 - 40.0, top.1 + 40.0), (end.0 - 44.0, end.1), end])
        }
        _ => {
            let end = (b.card.right(), b.rect.y + 13.0);
            Curve([top, (end.0 + 40.0, top.1 + 40.0), (end.0 + 44.0, end.1), end])
        }
    }
}

/// How far a way between two cards of the uppermost row hangs below them.
const HANG: f64 = 24.0;

/// Between two of those on top: below their row, or down from one row to another.
fn on_top(a: &Place, b: &Place) -> Curve {
    if (a.rect.y - b.rect.y).abs() > 1.0 {
        return down(a, b);
    }
    let (from, to) = ((a.rect.middle_x(), a.rect.bottom()), (b.rect.middle_x(), b.rect.bottom()));
    Curve([from, (from.0, from.1 + HANG), (to.0, to.1 + HANG), to])
}

/// Between two brokers: round the right edge of their cards.
fn beside(a: &Place, b: &Place) -> Curve {
    let (from, to) = ((a.card.right(), a.rect.y + 24.0), (b.card.right(), b.rect.middle_y()));
    let out = 30.0;
    Curve([from, (from.0 + out, from.1), (to.0 + out, to.1), to])
}

/// On a stacked stage: from the bottom of one to the top of the other, whichever is higher.
fn down(a: &Place, b: &Place) -> Curve {
    let (from, to) = ((a.rect.middle_x(), a.rect.bottom()), (b.rect.middle_x(), b.rect.y));
    let bend = ((to.1 - from.1) * 0.4).max(14.0);
    Curve([from, (from.0, from.1 + bend), (to.0, to.1 - bend), to])
}
