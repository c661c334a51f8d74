//! Colours and letters that tell tags and groups apart: never colour alone.
//!
//! The tag colours are those of Okabe and Ito, which people with any form of colour blindness can tell apart; every
//! square and dot carries the tag's first letter besides. Groups differ in the dash pattern of their marker too.

use arcstr::ArcStr;

/// Fill and ink of one tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagColour {
    /// Colour of the square or dot.
    pub fill: &'static str,
    /// Colour of the letter on it, at least 4.5 : 1.
    pub ink: &'static str,
}

/// Okabe and Ito's colours; the last is for messages without a tag.
pub const TAG_COLOURS: [TagColour; 7] = [
    TagColour { fill: "#0072b2", ink: "#ffffff" },
    TagColour { fill: "#009e73", ink: "#0b1210" },
    TagColour { fill: "#d55e00", ink: "#140800" },
    TagColour { fill: "#cc79a7", ink: "#1c0a14" },
    TagColour { fill: "#e69f00", ink: "#1a1200" },
    TagColour { fill: "#56b4e9", ink: "#06151f" },
    TagColour { fill: "#8a8f98", ink: "#0c0e11" },
];

/// Place in [`TAG_COLOURS`] of what has no tag.
pub const NO_TAG: usize = TAG_COLOURS.len() - 1;

/// Tags in the order in which the run first showed them; their place decides the colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<ArcStr>);

impl Tags {
    /// Remembers a tag.
    pub fn add(&mut self, tag: &ArcStr) {
        if !self.0.contains(tag) {
            self.0.push(ArcStr::clone(tag));
        }
    }

    /// The place in [`TAG_COLOURS`].
    pub fn colour_index(&self, tag: Option<&ArcStr>) -> usize {
        tag.and_then(|tag| self.0.iter().position(|other| other == tag))
            .map_or(NO_TAG, |place| place % NO_TAG)
    }

    /// The colour of a tag.
    pub fn colour(&self, tag: Option<&ArcStr>) -> TagColour {
        TAG_COLOURS[self.colour_index(tag)]
    }

    /// All tags so far.
    pub fn iter(&self) -> impl Iterator<Item = &ArcStr> {
        self.0.iter()
    }
}

/// The sign that stands on a square or dot: the tag's first letter.
pub fn letter(tag: Option<&ArcStr>) -> Option<char> {
    tag.and_then(|tag| tag.chars().next())
}

/// How a group's markers look: a CSS class that gives colour and dash pattern.
pub fn group_class(place: usize) -> &'static str {
    ["g0", "g1", "g2", "g3"][place % 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_take_colours_in_order_and_keep_them() {
        let mut tags = Tags::default();
        let names: Vec<ArcStr> = ["B", "A", "C", "D", "E", "F", "G"].map(ArcStr::from).to_vec();
        names.iter().for_each(|tag| tags.add(tag));
        tags.add(&names[0]);
        assert_eq!(tags.colour_index(Some(&names[0])), 0);
        assert_eq!(tags.colour_index(Some(&names[1])), 1);
        assert_eq!(tags.colour_index(Some(&names[6])), 0, "colours repeat; the letter still differs");
        assert_eq!(tags.colour_index(None), NO_TAG);
    }

    #[test]
    fn inks_can_be_read() {
        for colour in TAG_COLOURS {
            assert!(contrast(colour.fill, colour.ink) >= 4.5, "{colour:?}");
        }
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(hex: &str) -> f64 {
        let part = |from: usize| {
            let value =
                f64::from(u8::from_str_radix(&hex[from..from + 2], 16).expect("two hex digits")) / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }
}
