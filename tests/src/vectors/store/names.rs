//! Names of files, texts of times, ids made of places.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use lab_core::id::{Address, CommitLogOffset};
use lab_core::message::{decode_offset_message_id, offset_message_id};
use lab_core::store::file_name;
use lab_core::time::{compact_date_time, format_date_time, parse_compact_date_time};
use serde_json::{Value, json};

use super::{number, text, unknown_group};
use crate::vectors::{Outcome, compare};

/// `file_names`.
pub(super) fn check_file_name(case: &Value) -> Outcome {
    let found = match text(&case["group"]) {
        "file-name" => json!(file_name(number(&case["offset"]))),
        "time-text" => {
            let with_millis = compact_date_time(number(&case["ms"]));
            json!({
                "withMillis": with_millis,
                "readable": format_date_time(number(&case["ms"])),
                "seconds": &with_millis[..14],
            })
        }
        "parse-date" => json!(parse_compact_date_time(text(&case["text"]))),
        "next" => return Outcome::NotApplicable("when statistics are printed: the lab has none"),
        "bytes" => return Outcome::NotApplicable("rounded byte counts of log lines: the lab prints bytes"),
        _ => return unknown_group(),
    };
    compare(&case["expect"], &found)
}

/// `message_id_offset`.
pub(super) fn check_message_id(case: &Value) -> Outcome {
    match text(&case["group"]) {
        "create" | "create-buffer" => {
            let ip: IpAddr = text(&case["ip"]).parse().expect("an address");
            let port = u16::try_from(number(&case["port"])).expect("a port");
            let offset = CommitLogOffset(case["offset"].as_i64().unwrap_or_default().cast_unsigned());
            let found = offset_message_id(SocketAddr::new(ip, port), offset);
            compare(&case["expect"], &json!(found))
        }
        "decode" | "decode-odd" => decode(case),
        "ip-to-string" => ip_text(case),
        "hex" | "unhex" => Outcome::NotApplicable("hexadecimal helpers of the Java sources"),
        _ => unknown_group(),
    }
}

/// Where the original throws, the lab says that there is no such id.
fn decode(case: &Value) -> Outcome {
    let expect = &case["expect"];
    match decode_offset_message_id(text(&case["msgId"])) {
        None if !expect["error"].is_null() => Outcome::Passed,
        None => Outcome::Failed(format!("expected {expect}, the lab refuses it")),
        Some((host, offset)) => {
            let ip: Option<IpAddr> = expect["ip"].as_str().and_then(|ip| ip.parse().ok());
            let wanted = json!([ip, expect["port"], expect["offset"]]);
            compare(&wanted, &json!([host.ip(), host.port(), offset.0.cast_signed()]))
        }
    }
}

fn ip_text(case: &Value) -> Outcome {
    let hex = text(&case["ipBytesHex"]);
    let Some(ip) = (hex.len() == 8).then(|| u32::from_str_radix(hex, 16).ok()).flatten() else {
        return Outcome::NotApplicable("hosts of the lab have IPv4 addresses");
    };
    let address = Address { ip: Ipv4Addr::from(ip), port: 0 }.to_string();
    compare(&case["expect"], &json!(address.trim_end_matches(":0")))
}
