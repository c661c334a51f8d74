//! The message ids of producers.

use std::net::{IpAddr, Ipv6Addr};

use lab_core::time::format_date_time;
use lab_core::unique_id::{Month, UniqueIdMaker, UniqueIdParts};
use serde_json::{Value, json};

use crate::vectors::{Outcome, compare};

/// A function that tells the month of a moment.
type Months = fn(i64) -> Month;

const HOUR: i64 = 3_600_000;

/// What New York's clocks are behind UTC, as far as the first of a month is concerned: they are forward on the first of
/// April to November.
fn behind_in_new_york(moment: i64) -> i64 {
    let date = format_date_time(moment.unsigned_abs());
    let month: u32 = date.get(5..7).and_then(|month| month.parse().ok()).unwrap_or_default();
    if (4..=11).contains(&month) { 4 * HOUR } else { 5 * HOUR }
}

fn in_new_york(moment: i64) -> Month {
    let local = Month::of(moment - behind_in_new_york(moment));
    let to_utc = |local: i64| local + behind_in_new_york(local);
    Month { begins: to_utc(local.begins), ends: to_utc(local.ends) }
}

fn in_shanghai(moment: i64) -> Month {
    let local = Month::of(moment + 8 * HOUR);
    Month { begins: local.begins - 8 * HOUR, ends: local.ends - 8 * HOUR }
}

fn months(case: &Value) -> Option<Months> {
    match case["timezone"].as_str() {
        None | Some("UTC") => Some(Month::of),
        Some("Asia/Shanghai") => Some(in_shanghai),
        Some("America/New_York") => Some(in_new_york),
        Some(_) => None,
    }
}

pub(super) fn message_id_uniq(case: &Value) -> Outcome {
    let Some(month_of) = months(case) else {
        return Outcome::NotApplicable("all hosts of the lab live in UTC");
    };
    match case["group"].as_str() {
        Some("create") => create(case, month_of),
        Some("parse") => parse(case),
        Some("nearly-time") => {
            let viewed_at = case["viewedAtMs"].as_i64().unwrap_or_default();
            let parts = UniqueIdParts::read(case["uniqId"].as_str().unwrap_or_default());
            compare(&case["expect"], &json!(parts.map(|parts| parts.nearly_time(viewed_at, month_of))))
        }
        group => Outcome::Failed(format!("unknown group {group:?}")),
    }
}

fn create(case: &Value, month_of: Months) -> Outcome {
    let number = |key: &str| case[key].as_i64().unwrap_or_default();
    let Ok(ip) = case["ip"].as_str().unwrap_or_default().parse::<IpAddr>() else {
        return Outcome::Failed("the address is none".to_owned());
    };
    let mut maker = UniqueIdMaker::new(ip, number("pid") as u16, number("classLoaderHash") as u32)
        .with_counter(number("counterBefore") as i32)
        .started_in(month_of(number("startedAtMs")));
    let id = maker.next_at(number("nowMs"), month_of);
    let found = json!({
        "uniqId": id,
        "monthStartMs": maker.month().map(|month| month.begins),
        "nextMonthStartMs": maker.month().map(|month| month.ends),
        "counterAfter": maker.counter(),
    });
    compare(&case["expect"], &found)
}

fn parse(case: &Value) -> Outcome {
    match UniqueIdParts::read(case["uniqId"].as_str().unwrap_or_default()) {
        Some(parts) => {
            let ip = match parts.ip {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => in_full(ip),
            };
            compare(&case["expect"], &json!({ "ip": ip, "pid": parts.process_id }))
        }
        None => compare(&json!(true), &json!(case["expect"]["error"].is_string())),
    }
}

/// An address as RocketMQ writes it: every group with its four digits.
fn in_full(ip: Ipv6Addr) -> String {
    ip.segments().map(|group| format!("{group:04x}")).join(":")
}
