//! Reading the bytes of a record, and of the ids made of places.
//!
//! **In RocketMQ**: `MessageDecoder.decode`, `decodeMessageId`.
//!
//! **Left out on purpose**: unpacking of compressed bodies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use arcstr::ArcStr;

use super::record::{MessageVersion, RecordContent};
use crate::id::CommitLogOffset;
use crate::sys_flag::message::{BORN_HOST_V6, STORE_HOST_V6};

/// Reads a record; `None` when the bytes are none, or end too early.
pub fn decode_record(bytes: &[u8]) -> Option<RecordContent> {
    let mut reader = Reader(bytes);
    let _total_size = reader.int()?;
    let version = MessageVersion::of_magic_code(reader.int()?)?;
    let _body_crc = reader.int()?;
    let queue_id = reader.int()?;
    let flag = reader.int()?.cast_signed();
    let queue_offset = reader.long()?;
    let commit_log_offset = reader.long()?;
    let sys_flag = reader.int()?;
    let born_timestamp = reader.long()?;
    let born_host = reader.host(sys_flag & BORN_HOST_V6 != 0)?;
    let store_timestamp = reader.long()?;
    let store_host = reader.host(sys_flag & STORE_HOST_V6 != 0)?;
    let reconsume_times = reader.int()?;
    let prepared_transaction_offset = reader.long()?;
    let body_length = usize::try_from(reader.int()?).ok()?;
    let body = reader.take(body_length)?.into();
    let topic_length = match version {
        MessageVersion::V1 => usize::from(*reader.take(1)?.first()?),
        MessageVersion::V2 => usize::from(reader.short()?),
    };
    let topic = reader.text(topic_length)?;
    let properties_length = usize::from(reader.short()?);
    let properties = reader.text(properties_length)?;
    Some(RecordContent {
        version,
        queue_id,
        flag,
        queue_offset,
        commit_log_offset,
        sys_flag,
        born_timestamp,
        born_host,
        store_timestamp,
        store_host,
        reconsume_times,
        prepared_transaction_offset,
        body,
        topic,
        properties,
    })
}

/// Reads an `offsetMsgId` (`MessageDecoder.decodeMessageId`): by it a query finds the broker and the record. `None`
/// for a text that is none.
pub fn decode_offset_message_id(id: &str) -> Option<(SocketAddr, CommitLogOffset)> {
    if !id.is_ascii() {
        return None;
    }
    let digits = id.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let bytes = digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>()?;
    let is_v6 = match bytes.len() {
        16 => false,
        28 => true,
        _ => return None,
    };
    let mut reader = Reader(&bytes);
    Some((reader.host(is_v6)?, CommitLogOffset(reader.long()?)))
}

/// What is left to read of some bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn int(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    fn long(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    fn host(&mut self, is_v6: bool) -> Option<SocketAddr> {
        let ip: IpAddr = if is_v6 {
            Ipv6Addr::from(<[u8; 16]>::try_from(self.take(16)?).ok()?).into()
        } else {
            Ipv4Addr::from(<[u8; 4]>::try_from(self.take(4)?).ok()?).into()
        };
        Some(SocketAddr::new(ip, u16::try_from(self.int()?).ok()?))
    }

    fn text(&mut self, length: usize) -> Option<ArcStr> {
        Some(std::str::from_utf8(self.take(length)?).ok()?.into())
    }
}
