//! What a broker asks its clients: it passes an operator's question on to one member of a group, and answers when
//! the member answers.
//!
//! **In RocketMQ**: `AdminBrokerProcessor.callConsumer`, `Broker2Client.callClient` (behaviour §7).

use arcstr::ArcStr;

use super::{Asked, Broker};
use crate::id::{ClientId, ConnectionId, GroupName, Opaque};
use crate::message::decode_offset_message_id;
use crate::outbox::Outbox;
use crate::rpc::{Request, RequestCode, Response, ResponseCode};
use crate::time::{Duration, Instant};

/// How long a client may take (`Broker2Client.callClient`).
const TIMEOUT: Duration = Duration::from_secs(10);

/// A question that a client is to answer in the broker's place.
#[derive(Clone, Debug)]
pub(super) struct ClientCall {
    asked: Asked,
    request: RequestCode,
    group: GroupName,
    client_id: ClientId,
}

impl Broker {
    /// Passes a question on to the member of a group that has this client id, the first of several.
    pub(super) fn call_consumer(
        &mut self,
        now: Instant,
        asked: Asked,
        (group, client_id): (GroupName, ClientId),
        request: Request,
        out: &mut Outbox,
    ) {
        let code = request.code();
        let info = self.consumers.get(&group);
        let mut members = info.into_iter().flat_map(|info| &info.members);
        let Some((connection, _)) = members.find(|(_, member)| member.client_id == client_id) else {
            let remark = format!("The Consumer <{group}> <{client_id}> not online");
            return asked.answer(Response::refused(code, ResponseCode::SystemError, remark), out);
        };
        let call = ClientCall { asked, request: code, group, client_id };
        self.calls.invoke(now, *connection, request, TIMEOUT, call, out);
    }

    /// An operator has one member consume one message at once. The broker adds the message.
    pub(super) fn consume_message_directly(
        &mut self,
        now: Instant,
        asked: Asked,
        (group, client_id): (GroupName, ClientId),
        message_id: ArcStr,
        out: &mut Outbox,
    ) {
        let place = decode_offset_message_id(&message_id);
        let Some(message) = place.and_then(|(_, offset)| self.store.log().message_at(offset)) else {
            let code = RequestCode::ConsumeMessageDirectly;
            let remark = "java.lang.NullPointerException";
            return asked.answer(Response::refused(code, ResponseCode::SystemError, remark), out);
        };
        let request = Request::ConsumeMessageDirectly {
            group: group.clone(),
            client_id: client_id.clone(),
            message_id,
            message: Some(message),
            broker_name: self.broker_name.clone(),
        };
        self.call_consumer(now, asked, (group, client_id), request, out);
    }

    /// A client has answered.
    pub(super) fn on_client_answer(
        &mut self,
        connection: ConnectionId,
        opaque: Opaque,
        response: Response,
        out: &mut Outbox,
    ) {
        if let Some(call) = self.calls.on_response(connection, opaque) {
            call.asked.answer(response, out);
        }
    }

    /// Clients have not answered in time.
    pub(super) fn calls_timed_out(&mut self, now: Instant, out: &mut Outbox) {
        for call in self.calls.on_timeout(now, out) {
            let ClientCall { asked, request, group, client_id } = call;
            let remark = format!(
                "consumer <{group}> <{client_id}> Timeout: RemotingTimeoutException, wait response on the channel \
                 timeout, {}(ms)",
                TIMEOUT.as_millis()
            );
            asked.answer(Response::refused(request, ResponseCode::ConsumeMsgTimeout, remark), out);
        }
    }
}
