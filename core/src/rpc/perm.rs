//! Bits of a permission (`PermName`).

/// Others may be made from this topic (templates only).
pub const INHERIT: u8 = 1;
/// Producers may choose the queues.
pub const WRITE: u8 = 2;
/// Consumers may be assigned the queues.
pub const READ: u8 = 4;

/// The topic has priorities (in the development version only; no valid permission has it).
pub const PRIORITY: u8 = 8;

/// Whether consumers may be assigned the queues.
pub const fn is_readable(perm: u8) -> bool {
    perm & READ != 0
}

/// Whether producers may choose the queues.
pub const fn is_writeable(perm: u8) -> bool {
    perm & WRITE != 0
}

/// Whether other topics may be made from this one.
pub const fn is_inherited(perm: u8) -> bool {
    perm & INHERIT != 0
}

/// Whether the topic has priorities.
pub const fn is_priority(perm: u8) -> bool {
    perm & PRIORITY != 0
}

/// Whether anything can be done with the topic.
pub const fn is_accessible(perm: u8) -> bool {
    is_readable(perm) || is_writeable(perm)
}

/// Whether operators may set the permission: 0 to 7 (`PermName.isValid`).
pub const fn is_valid(perm: i32) -> bool {
    perm >= 0 && perm < PRIORITY as i32
}

/// The permission as RocketMQ prints it: `RW-`, `R--`, `-W-`, …
pub fn text(perm: u8) -> String {
    let letter = |bit, letter| if perm & bit != 0 { letter } else { '-' };
    [letter(READ, 'R'), letter(WRITE, 'W'), letter(INHERIT, 'X')].into_iter().collect()
}
