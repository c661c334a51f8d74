//! Which request goes where: who sends it, and what answers it.
//!
//! **In RocketMQ**: `BrokerController.registerProcessor`.

use super::send::Send;
use super::send_back::SendBack;
use super::{Asked, Broker};
use crate::fact::LeaveReason;
use crate::outbox::Outbox;
use crate::rpc::{Request, Response, ResponseBody, ResponseCode};
use crate::time::Instant;

impl Broker {
    pub(super) fn on_request(&mut self, now: Instant, asked: Asked, request: Request, out: &mut Outbox) {
        let code = request.code();
        let response = match request {
            // A producer. The answer may have to wait for a flush or a slave.
            Request::SendMessage {
                message,
                queue_id,
                born_at,
                default_topic,
                default_topic_queue_nums,
                sys_flag,
                reconsume_times,
                max_reconsume_times,
                ..
            } => {
                let send = Send {
                    message,
                    queue_id,
                    born_at,
                    default_topic,
                    default_topic_queue_nums,
                    sys_flag,
                    reconsume_times,
                    max_reconsume_times,
                };
                return self.on_send(now, asked, send, out);
            }
            // A consumer. A pull without a find is held.
            Request::PullMessage(pull) => return self.on_pull(now, asked, pull, out),
            // A client, every 30 s and whenever its subscriptions change.
            Request::HeartBeat(heartbeat) => {
                self.on_heartbeat(now, &asked, heartbeat, out);
                Response::ok(code)
            }
            // A client that leaves in good order.
            Request::UnregisterClient { producer_group, consumer_group, .. } => {
                if let Some(group) = producer_group {
                    self.forget_producer(&group, asked.connection);
                }
                if let Some(group) = consumer_group {
                    self.forget_consumer(now, &group, asked.connection, LeaveReason::Unregistered, out);
                }
                Response::ok(code)
            }
            // A consumer that divides queues.
            Request::GetConsumerListByGroup { group } => self.consumer_list(&group),
            // A consumer that was given a queue.
            Request::QueryConsumerOffset { group, topic, queue_id } => {
                self.query_offset(&group, &topic, queue_id)
            }
            // A consumer, every 5 s for each of its queues.
            Request::UpdateConsumerOffset { group, topic, queue_id, offset } => {
                self.on_update_offset(group, topic, queue_id, offset, out)
            }
            // A consumer that failed with a message.
            Request::ConsumerSendMsgBack {
                group,
                commit_log_offset,
                delay_level,
                max_reconsume_times,
                ..
            } => {
                let back = SendBack { group, commit_log_offset, delay_level, max_reconsume_times };
                return self.on_send_back(now, asked, &back, out);
            }
            // An orderly consumer: for new queues, every 20 s for all of its own, and when it gives some up.
            Request::LockBatchMq { group, client_id, queues } => {
                self.on_lock(now, &group, &client_id, queues, out)
            }
            Request::UnlockBatchMq { group, client_id, queues } => {
                self.on_unlock(&group, &client_id, queues, out);
                Response::ok(code)
            }
            // A consumer without a stored offset that starts at the end.
            Request::GetMaxOffset { topic, queue_id } => {
                Response::with(code, ResponseBody::Offset(self.store.max_offset(&topic, queue_id)))
            }
            // A consumer without a stored offset that starts at a time.
            Request::SearchOffsetByTimestamp { topic, queue_id, at } => {
                Response::with(code, ResponseBody::Offset(self.store.offset_by_time(&topic, queue_id, at)))
            }
            // A producer whose local transaction ended, or that was asked about one. Mostly nobody waits for the answer.
            Request::EndTransaction(end) => match self.on_end_transaction(now, &asked, &end, out) {
                Some(response) => response,
                None => return,
            },
            // An operator.
            Request::UpdateAndCreateTopic { topic, config } => self.on_update_topic(now, topic, config, out),
            Request::DeleteTopicInBroker { topic } => self.delete_topic(now, &topic, out),
            Request::UpdateBrokerConfig { settings } => self.on_update_config(now, &settings, out),
            Request::GetBrokerConfig => Response::with(code, ResponseBody::Properties(self.config_table())),
            Request::GetBrokerRuntimeInfo => {
                Response::with(code, ResponseBody::Properties(self.runtime_info(now)))
            }
            Request::GetTopicStatsInfo { topic } => self.topic_stats(now, &topic),
            Request::GetConsumeStats { group, topic } => self.consume_stats(now, &group, topic),
            Request::GetBrokerConsumeStats { is_order } => {
                Response::with(code, ResponseBody::BrokerConsumeStats(self.all_consume_stats(now, is_order)))
            }
            Request::GetConsumerConnectionList { group } => self.consumer_connection(&group),
            Request::GetProducerConnectionList { group } => self.producer_connection(&group),
            Request::QueryTopicConsumeByWho { topic } => {
                Response::with(code, ResponseBody::GroupNames(self.groups_of(&topic)))
            }
            Request::ViewMessageById { offset } => self.view_message(offset),
            Request::QueryMessage(query) => self.query_message(&query),
            Request::GetMinOffset { topic, queue_id } => {
                Response::with(code, ResponseBody::Offset(self.store.min_offset(&topic, queue_id)))
            }
            Request::GetEarliestMsgStoretime { topic, queue_id } => {
                Response::with(code, ResponseBody::Moment(self.earliest_store_time(&topic, queue_id)))
            }
            Request::ViewBrokerStatsData { name, key } => self.view_stats(now, &name, &key),
            Request::CloneGroupOffset { source, destination, topic } => {
                self.clone_offsets(&source, &destination, &topic);
                Response::ok(code)
            }
            Request::CleanExpiredConsumeQueue => {
                self.clean_expired_queues();
                Response::ok(code)
            }
            Request::CleanUnusedTopic => {
                self.clean_unused_topics();
                Response::ok(code)
            }
            Request::DeleteExpiredCommitLog => {
                self.delete_files_manually();
                Response::ok(code)
            }
            Request::GetBrokerHaStatus if self.profile.is_v5() => {
                Response::with(code, ResponseBody::HaStatus(self.ha_runtime_info()))
            }
            Request::UpdateAndCreateSubscriptionGroup { group, config } => {
                self.update_group(group, config, out)
            }
            Request::DeleteSubscriptionGroup { group, clean_offset } => {
                self.delete_group(group, clean_offset, out)
            }
            Request::InvokeBrokerToResetOffset(reset) => self.on_reset_offset(&reset, out),
            // An operator who wants to know it from a consumer. The answer is the consumer's.
            Request::GetConsumerRunningInfo { group, client_id } => {
                let of = (group.clone(), client_id.clone());
                let request = Request::GetConsumerRunningInfo { group, client_id };
                return self.call_consumer(now, asked, of, request, out);
            }
            Request::ConsumeMessageDirectly { group, client_id, message_id, .. } => {
                return self.consume_message_directly(now, asked, (group, client_id), message_id, out);
            }
            // Another replica of its DLedger group.
            Request::DLedger(message) => return self.on_dledger_request(now, asked, *message, out),
            // A controller, or an operator who asks about controller mode.
            Request::Controller(request) if self.controller.is_some() => {
                return self.on_controller_request(now, &asked, *request, out);
            }
            // A slave that copies.
            Request::GetAllTopicConfig => {
                Response::with(code, ResponseBody::Topics(self.topics.clone(), self.data_version))
            }
            Request::GetAllConsumerOffset => {
                Response::with(code, ResponseBody::Offsets(self.offsets.shared()))
            }
            Request::GetAllDelayOffset => {
                Response::with(code, ResponseBody::DelayOffsets(self.delay_offsets().clone()))
            }
            Request::GetAllSubscriptionGroupConfig if !self.pop.modes.is_empty() => {
                let modes = self.message_request_modes().clone();
                Response::with(code, ResponseBody::GroupsWithModes(self.groups.clone(), modes))
            }
            Request::GetAllSubscriptionGroupConfig => {
                Response::with(code, ResponseBody::Groups(self.groups.clone()))
            }
            Request::Pop(request) if self.profile.is_v5() => {
                return self.on_pop_request(now, asked, request, out);
            }
            // A name server, or another broker of the name.
            Request::Acting(request) if self.profile.is_v5() => self.on_acting_request(now, request, out),
            _ => Response::refused(
                code,
                ResponseCode::RequestCodeNotSupported,
                format!(" request type {} not supported", code.number()),
            ),
        };
        asked.answer(response, out);
    }
}
