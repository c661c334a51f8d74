//! RocketMQ Lab page.
