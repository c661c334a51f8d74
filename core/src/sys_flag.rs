//! Bits that travel with messages and pulls.
//!
//! **In RocketMQ**: `MessageSysFlag`, `PullSysFlag`.

/// Bits of a message (`MessageSysFlag`).
pub mod message {
    /// The body is compressed.
    pub const COMPRESSED: i32 = 0x1;
    /// The message has several tags; RocketMQ never sets it.
    pub const MULTI_TAGS: i32 = 0x2;
    /// No part of a transaction.
    pub const TRANSACTION_NOT: i32 = 0;
    /// A half message.
    pub const TRANSACTION_PREPARED: i32 = 0x4;
    /// The message of a committed transaction.
    pub const TRANSACTION_COMMIT: i32 = 0x8;
    /// The message of a transaction that was rolled back; both bits.
    pub const TRANSACTION_ROLLBACK: i32 = 0xC;
    /// The producer's address has 16 bytes.
    pub const BORN_HOST_V6: i32 = 0x10;
    /// The broker's address has 16 bytes.
    pub const STORE_HOST_V6: i32 = 0x20;

    /// The transaction bits alone.
    pub const fn transaction_value(flag: i32) -> i32 {
        flag & TRANSACTION_ROLLBACK
    }

    /// The bits with other transaction bits.
    pub const fn reset_transaction_value(flag: i32, transaction: i32) -> i32 {
        (flag & !TRANSACTION_ROLLBACK) | transaction
    }

    /// The bits of the message once its body is no longer compressed.
    pub const fn clear_compressed(flag: i32) -> i32 {
        flag & !COMPRESSED
    }
}

/// Bits of a pull (`PullSysFlag`).
pub mod pull {
    /// The pull carries an offset to commit.
    pub const COMMIT_OFFSET: i32 = 0x1;
    /// The broker may hold the pull.
    pub const SUSPEND: i32 = 0x2;
    /// The pull carries its subscription.
    pub const SUBSCRIPTION: i32 = 0x4;
    /// The subscription is a class filter.
    pub const CLASS_FILTER: i32 = 0x8;
    /// The consumer pulls by itself instead of being pushed to.
    pub const LITE_PULL: i32 = 0x10;

    /// What a consumer says of a pull.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[expect(clippy::struct_excessive_bools, reason = "one for each bit")]
    pub struct PullFlags {
        /// [`COMMIT_OFFSET`].
        pub commit_offset: bool,
        /// [`SUSPEND`].
        pub suspend: bool,
        /// [`SUBSCRIPTION`].
        pub subscription: bool,
        /// [`CLASS_FILTER`].
        pub class_filter: bool,
        /// [`LITE_PULL`].
        pub lite_pull: bool,
    }

    impl PullFlags {
        /// The bits as they travel (`buildSysFlag`).
        pub fn bits(self) -> i32 {
            let bits = [
                (self.commit_offset, COMMIT_OFFSET),
                (self.suspend, SUSPEND),
                (self.subscription, SUBSCRIPTION),
                (self.class_filter, CLASS_FILTER),
                (self.lite_pull, LITE_PULL),
            ];
            bits.into_iter().filter(|(is_set, _)| *is_set).map(|(_, bit)| bit).sum()
        }
    }

    /// The bits once the offset is committed.
    pub const fn clear_commit_offset(flag: i32) -> i32 {
        flag & !COMMIT_OFFSET
    }

    /// The bits of a pull that must not be held any more.
    pub const fn clear_suspend(flag: i32) -> i32 {
        flag & !SUSPEND
    }

    /// Whether the pull carries an offset to commit.
    pub const fn has_commit_offset(flag: i32) -> bool {
        flag & COMMIT_OFFSET != 0
    }

    /// Whether the broker may hold the pull.
    pub const fn has_suspend(flag: i32) -> bool {
        flag & SUSPEND != 0
    }
}
