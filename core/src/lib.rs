//! RocketMQ Lab core.
