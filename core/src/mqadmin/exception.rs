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
    /// What was said, without the code and without where to read on (`getErrorMessage`).
    description: String,
    /// What it was made of.
    cause: Option<Box<Exception>>,
}

const CLIENT: &str = "org.apache.rocketmq.client.exception.MQClientException";
const CONNECT: &str = "org.apache.rocketmq.remoting.exception.RemotingConnectException";
const SEND_REQUEST: &str = "org.apache.rocketmq.remoting.exception.RemotingSendRequestException";
const TIMEOUT: &str = "org.apache.rocketmq.remoting.exception.RemotingTimeoutException";
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
        let message = message.into();
        Self { class, description: message.clone(), message, code: None, cause: None }
    }

    /// What the client library throws for an answer, or by itself.
    pub(super) fn client(profile: Profile, code: u16, description: &str) -> Self {
        let message = attach_default_url(profile, format!("CODE: {code}  DESC: {description}"));
        Self { class: CLIENT, message, code: Some(code), description: description.to_owned(), cause: None }
    }

    /// What the client library throws when a broker refuses.
    pub(super) fn broker(
        profile: Profile,
        code: u16,
        remark: &str,
        address: impl Into<Option<Address>>,
    ) -> Self {
        let mut text = format!("CODE: {code}  DESC: {remark}");
        if let Some(address) = address.into() {
            text += &format!(" BROKER: {address}");
        }
        Self {
            class: BROKER,
            message: attach_default_url(profile, text),
            code: Some(code),
            description: remark.to_owned(),
            cause: None,
        }
    }

    /// What the client library throws when somebody refuses whose address it does not say.
    pub(super) fn broker_unnamed(profile: Profile, code: u16, remark: &str) -> Self {
        let text = format!("CODE: {code}  DESC: {remark}");
        Self { message: attach_default_url(profile, text), class: BROKER, ..Self::new(BROKER, "") }
    }

    /// What the remoting layer throws when there is no answer. V5 names the channel's address as Java prints it.
    pub(super) fn remoting(profile: Profile, failure: Failure, address: Address, timeout: Duration) -> Self {
        let slash = if profile.is_v5() { "/" } else { "" };
        let (class, message) = match failure {
            Failure::Connect => return Self::unreachable(&address.to_string()),
            Failure::Closed => (SEND_REQUEST, format!("send request to <{address}> failed")),
            Failure::Timeout => (
                TIMEOUT,
                format!(
                    "wait response on the channel <{slash}{address}> timeout, {}(ms)",
                    timeout.as_millis()
                ),
            ),
        };
        Self::new(class, message)
    }

    /// What the remoting layer throws when there is no connection.
    pub(super) fn unreachable(address: &str) -> Self {
        Self::new(CONNECT, format!("connect to {address} failed"))
    }

    /// What the client library throws by itself, without a code.
    pub(super) fn client_side(profile: Profile, message: &str) -> Self {
        let description = message.to_owned();
        let message = attach_default_url(profile, description.clone());
        Self { class: CLIENT, message, code: None, description, cause: None }
    }

    /// The same exception as one that was made of another.
    pub(super) fn caused_by(self, cause: Self) -> Self {
        Self { cause: Some(Box::new(cause)), ..self }
    }

    /// It and all that it was made of, as a stack trace names them.
    pub(super) fn stack_trace(&self) -> String {
        match &self.cause {
            Some(cause) => format!("{self}\nCaused by: {}", cause.stack_trace()),
            None => self.to_string(),
        }
    }

    /// It and the place where it was made (`exceptionSimpleDesc`). The places are those of what a look for a group can
    /// end with.
    pub(super) fn simple_description(&self, profile: Profile) -> String {
        let is_v5 = profile.is_v5();
        let place = match self.class {
            CONNECT if is_v5 => "netty.NettyRemotingClient.invokeSync(NettyRemotingClient.java:584)",
            CONNECT => "netty.NettyRemotingClient.invokeSync(NettyRemotingClient.java:407)",
            SEND_REQUEST if is_v5 => {
                "netty.NettyRemotingAbstract.invokeSyncImpl(NettyRemotingAbstract.java:505)"
            }
            SEND_REQUEST => "netty.NettyRemotingAbstract.invokeSyncImpl(NettyRemotingAbstract.java:441)",
            TIMEOUT if is_v5 => "netty.NettyRemotingAbstract.invokeSyncImpl(NettyRemotingAbstract.java:507)",
            TIMEOUT => "netty.NettyRemotingAbstract.invokeSyncImpl(NettyRemotingAbstract.java:438)",
            _ => {
                let line = if is_v5 { 1998 } else { 1392 };
                let class = "org.apache.rocketmq.client.impl.MQClientAPIImpl";
                return format!(
                    "{self}, {class}.getTopicRouteInfoFromNameServer(MQClientAPIImpl.java:{line})"
                );
            }
        };
        format!("{self}, org.apache.rocketmq.remoting.{place}")
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

    /// What was said, without the code and without where to read on.
    pub(super) fn description(&self) -> &str {
        &self.description
    }

    /// Whether a broker's refusal was thrown as such (`MQBrokerException`).
    pub(super) fn is_broker(&self) -> bool {
        self.class == BROKER
    }

    /// Whether the client library threw it (`MQClientException`).
    pub(super) fn is_client(&self) -> bool {
        self.class == CLIENT
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() {
            return f.write_str(self.class);
        }
        write!(f, "{}: {}", self.class, self.message)
    }
}
