//! Asking brokers that were noted as unreachable whether they are back (`startDetectorEnable`, off by default, V5).
//!
//! **In RocketMQ**: `LatencyFaultToleranceImpl.startDetector`, `detectByOneRound`; the question is the end of queue 0
//! of a topic that the producer knows. RocketMQ asks one broker after the other, here all are asked at once.

use super::{Producer, Purpose};
use crate::client_instance;
use crate::id::{BrokerId, BrokerName, QueueId};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rpc::{Request, Response, ResponseCode};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Period of the rounds, counted from the producer's start.
const DETECTION_PERIOD: Duration = Duration::from_secs(3);

impl Producer {
    fn detector_runs(&self) -> bool {
        self.client.profile.is_v5() && self.client.config.start_detector_enable
    }

    /// Sets the clock to the next round, when the detector is on.
    pub(super) fn arm_detector(&self, now: Instant, out: &mut Outbox) {
        if self.detector_runs() {
            let period = DETECTION_PERIOD.as_millis();
            let into_period = now.since(self.started_at).as_millis() % period;
            out.set_timer(Timer::DetectBrokers, now + Duration::from_millis(period - into_period));
        }
    }

    /// A round, due at this moment (fixed rate).
    pub(super) fn detect(&mut self, now: Instant, due: Instant, out: &mut Outbox) {
        if !self.detector_runs() {
            return;
        }
        for broker in self.faults.due_for_detection(now, self.client.config.detect_interval) {
            self.ask_broker(now, broker, out);
        }
        out.set_timer(Timer::DetectBrokers, due + DETECTION_PERIOD);
    }

    fn ask_broker(&mut self, now: Instant, broker: BrokerName, out: &mut Outbox) {
        let Some(address) = self.client.broker_address(&broker, BrokerId::MASTER) else {
            return self.faults.remove(&broker);
        };
        let Some(topic) = self.client.routes().next().map(|(topic, _)| topic.clone()) else {
            return;
        };
        let request = Request::GetMaxOffset { topic, queue_id: QueueId(0) };
        let timeout = self.client.config.detect_timeout;
        let purpose = client_instance::Purpose::Own(Purpose::Detect(broker));
        self.client.remoting.invoke(now, address, request, timeout, purpose, out);
    }

    /// A broker has answered the detector, or has not in time.
    pub(super) fn on_detected(&mut self, broker: &BrokerName, result: &Result<Response, Failure>) {
        if result.as_ref().is_ok_and(|response| response.code == ResponseCode::Success) {
            self.faults.detected(broker);
        }
    }
}
