//! Exceptions as the tool prints them.
//!
//! **In RocketMQ**: `SubCommandException`, `MQClientException`, `MQBrokerException`, the exceptions of the remoting
//! layer, `FAQUrl` (behaviour §7.1).

use std::fmt;

use crate::config::Profile;
use crate::id::Address;
use crate::remoting::Failure;
use crate::time::Duration;

/// Something that a command throws: the name of the class and the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    class: &'static str,
    message: String,
    /// The response code, when it came from an answer.
    code: Option<u16>,
}

const CLIENT: &str = "org.apache.rocketmq.client.exception.MQClientException";
const BROKER: &str = "org.apache.rocketmq.client.exception.MQBrokerException";

/// The page that RocketMQ refers to.
const fn faq_url(profile: Profile) -> &'static str {
    if profile.is_v5() {
        "https://rocketmq.apache.org/docs/bestPractice/06FAQ"
    } else {
        "http://rocketmq.apache.org/docs/faq/"
    }
}

/// The reference that a server adds to a remark about a missing topic (`FAQUrl.suggestTodo`). The lab's servers leave
/// it off, for it says nothing; the tool prints it.
pub(super) fn suggest_todo(profile: Profile) -> String {
    format!("\nSee {} for further details.", faq_url(profile))
}

/// Adds where to read on, unless the message says that already (`FAQUrl.attachDefaultURL`).
fn attach_default_url(profile: Profile, message: String) -> String {
    if message.contains("\nSee ") {
        return message;
    }
    format!("{message}\nFor more information, please visit the url, {}", faq_url(profile))
}

impl Exception {
    /// Any other exception.
    pub(super) fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), code: None }
    }

    /// What the client library throws for an answer, or by itself.
    pub(super) fn client(profile: Profile, code: u16, description: &str) -> Self {
        let message = attach_default_url(profile, format!("CODE: {code}  DESC: {description}"));
        Self { class: CLIENT, message, code: Some(code) }
    }

    /// What the client library throws when a broker refuses.
    pub(super) fn broker(profile: Profile, code: u16, remark: &str, address: Address) -> Self {
        let text = format!("CODE: {code}  DESC: {remark} BROKER: {address}");
        Self { class: BROKER, message: attach_default_url(profile, text), code: Some(code) }
    }

    /// What the remoting layer throws when there is no answer.
    pub(super) fn remoting(failure: Failure, address: Address, timeout: Duration) -> Self {
        let (class, message) = match failure {
            Failure::Connect => return Self::unreachable(&address.to_string()),
            Failure::Closed => (
                "org.apache.rocketmq.remoting.exception.RemotingSendRequestException",
                format!("send request to <{address}> failed"),
            ),
            Failure::Timeout => (
                "org.apache.rocketmq.remoting.exception.RemotingTimeoutException",
                format!("wait response on the channel <{address}> timeout, {}(ms)", timeout.as_millis()),
            ),
        };
        Self { class, message, code: None }
    }

    /// What the remoting layer throws when there is no connection.
    pub(super) fn unreachable(address: &str) -> Self {
        let class = "org.apache.rocketmq.remoting.exception.RemotingConnectException";
        Self::new(class, format!("connect to {address} failed"))
    }

    /// What the client library throws by itself, without a code.
    pub(super) fn client_side(profile: Profile, message: &str) -> Self {
        Self::new(CLIENT, attach_default_url(profile, message.to_owned()))
    }

    /// What a command throws by itself.
    pub(super) fn plain(message: &str) -> Self {
        Self::new("java.lang.Exception", message)
    }

    /// What `Integer.parseInt` and its like throw.
    pub(super) fn number_format(text: &str) -> Self {
        Self::new("java.lang.NumberFormatException", format!("For input string: \"{text}\""))
    }

    /// The response code that it carries.
    pub(super) const fn code(&self) -> Option<u16> {
        self.code
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.message)
    }
}
