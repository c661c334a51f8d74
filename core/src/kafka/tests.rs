//! Tests of Kafka as a whole.
