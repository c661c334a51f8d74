//! What the vectors of the original do not hold: both versions side by side, the KV configuration, the settings.

use std::collections::BTreeMap;

use arcstr::ArcStr;

use super::*;
use crate::config::Profile::{V4, V5};
use crate::id::{NodeId, Opaque};
use crate::outbox::{Effect, Peer};
use crate::rpc::{
    ActingRequest, NAMESPACE_ORDER_TOPIC_CONFIG, NameServerAnswer, NameServerRequest, QueueData,
    Registration, TopicRoute,
};

fn name_server(profile: Profile, settings: &[(&str, &str)]) -> NameServer {
    let settings: Settings =
        settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    NameServer::new(profile, Address::local(9876), &settings, KvConfig::default())
}

fn ask(server: &mut NameServer, now: u64, request: Request) -> Response {
    let mut out = Outbox::new(ConnectionId(100));
    let peer = Peer { node: NodeId::from("asker"), address: Address::local(1) };
    let frame = Frame::Request { opaque: Opaque(0), one_way: false, request: Box::new(request) };
    let input = Input::Frame { connection: ConnectionId(1), peer, frame };
    server.handle(Instant::from_millis(now), input, &mut out);
    let answer = out.into_parts().0.into_iter().find_map(|effect| match effect {
        Effect::Send { frame: Frame::Response { response, .. }, .. } => Some(*response),
        _ => None,
    });
    answer.expect("every request is answered")
}

fn ask_other(server: &mut NameServer, request: NameServerRequest) -> Response {
    ask(server, 0, Request::NameServer(request))
}

/// A registration of `broker-a` with the topics A and B of 4 queues.
fn registration(broker_id: u64, port: u16) -> Registration {
    let topic = TopicConfig { read_queue_nums: 4, write_queue_nums: 4, perm: 6, order: false };
    let topics = [("A".into(), topic.clone()), ("B".into(), topic)];
    Registration {
        cluster: "c".into(),
        broker_name: "broker-a".into(),
        broker_id: BrokerId(broker_id),
        address: Address::local(port),
        ha_address: Address::local(port + 1),
        topics: Arc::new(BTreeMap::from(topics)),
        data_version: DataVersion::default(),
        heartbeat_timeout: None,
        enable_acting_master: None,
    }
}

fn route(server: &mut NameServer, now: u64) -> Result<TopicRoute, ResponseCode> {
    let response = ask(server, now, Request::GetRouteInfoByTopic { topic: "A".into() });
    match response.body {
        ResponseBody::Route(route) => Ok((*route).clone()),
        _ => Err(response.code),
    }
}

fn put_order(server: &mut NameServer) {
    let (namespace, key, value) = (NAMESPACE_ORDER_TOPIC_CONFIG.into(), "A".into(), "broker-a:4".into());
    let response = ask_other(server, NameServerRequest::PutKvConfig { namespace, key, value });
    assert_eq!(response.code, ResponseCode::Success);
}

#[test]
fn order_configuration_is_shown_only_when_switched_on() {
    let mut server = name_server(V5, &[]);
    ask(&mut server, 0, Request::RegisterBroker(registration(0, 1000)));
    put_order(&mut server);
    assert_eq!(route(&mut server, 0).map(|route| route.order_topic_conf), Ok(None));
    let settings = vec![("orderMessageEnable".to_owned(), "true".to_owned())];
    ask_other(&mut server, NameServerRequest::UpdateNameServerConfig { settings });
    assert_eq!(route(&mut server, 0).map(|route| route.order_topic_conf), Ok(Some("broker-a:4".into())));
}

#[test]
fn registering_brokers_hear_the_order_configuration() {
    for (settings, is_told) in [(&[][..], true), (&[("returnOrderTopicConfigToBroker", "false")][..], false)]
    {
        let mut server = name_server(V5, settings);
        put_order(&mut server);
        let response = ask(&mut server, 0, Request::RegisterBroker(registration(0, 1000)));
        let ResponseBody::Registered { order_topics, .. } = response.body else {
            panic!("the registration is taken");
        };
        assert_eq!(order_topics.is_some_and(|table| table.contains_key("A")), is_told);
    }
}

#[test]
fn kv_configuration_survives_the_process_and_routes_do_not() {
    let mut server = name_server(V4, &[]);
    put_order(&mut server);
    ask(&mut server, 0, Request::RegisterBroker(registration(0, 1000)));
    let mut again = NameServer::new(V4, Address::local(9876), &Settings::new(), server.into_disk().kv_config);
    assert_eq!(route(&mut again, 0), Err(ResponseCode::TopicNotExist));
    let namespace: ArcStr = NAMESPACE_ORDER_TOPIC_CONFIG.into();
    let get = NameServerRequest::GetKvConfig { namespace: namespace.clone(), key: "A".into() };
    let found = ask_other(&mut again, get.clone()).body;
    assert_eq!(found, ResponseBody::NameServer(NameServerAnswer::KvValue("broker-a:4".into())));
    ask_other(&mut again, NameServerRequest::DeleteKvConfig { namespace, key: "A".into() });
    assert_eq!(ask_other(&mut again, get).code, ResponseCode::QueryNotFound);
}

#[test]
fn only_v5_refuses_one_topic_of_an_unknown_broker() {
    let mut one_topic = registration(0, 1000);
    Arc::make_mut(&mut one_topic.topics).retain(|topic, _| topic.as_str() == "A");
    for (profile, code) in [(V4, ResponseCode::Success), (V5, ResponseCode::SystemError)] {
        let mut server = name_server(profile, &[]);
        let response = ask(&mut server, 0, Request::RegisterBroker(one_topic.clone()));
        assert_eq!((response.code, server.clusters().len()), (code, 1));
    }
}

#[test]
fn only_v4_unregisters_by_id_alone() {
    for (profile, is_gone) in [(V4, true), (V5, false)] {
        let mut server = name_server(profile, &[]);
        ask(&mut server, 0, Request::RegisterBroker(registration(0, 1000)));
        let (cluster, broker_name) = ("c".into(), "broker-a".into());
        let address = Address::local(9);
        let request = Request::UnregisterBroker { cluster, broker_name, broker_id: BrokerId(0), address };
        ask(&mut server, 0, request);
        assert_eq!(route(&mut server, 0).is_err(), is_gone, "{profile:?}");
    }
}

#[test]
fn a_full_queue_refuses_a_broker_that_leaves() {
    let mut server = name_server(V5, &[("unRegisterBrokerQueueCapacity", "0")]);
    ask(&mut server, 0, Request::RegisterBroker(registration(0, 1000)));
    let (cluster, broker_name) = ("c".into(), "broker-a".into());
    let address = Address::local(1000);
    let request = Request::UnregisterBroker { cluster, broker_name, broker_id: BrokerId(0), address };
    assert_eq!(ask(&mut server, 0, request).code, ResponseCode::SystemError);
    assert!(route(&mut server, 0).is_ok());
}

#[test]
fn a_name_server_that_has_just_started_can_be_told_to_wait() {
    let mut server = name_server(V5, &[("needWaitForService", "true")]);
    ask(&mut server, 0, Request::RegisterBroker(registration(0, 1000)));
    assert_eq!(route(&mut server, 44_999), Err(ResponseCode::SystemError));
    assert!(route(&mut server, 45_000).is_ok());
}

#[test]
fn v4_does_not_know_the_requests_of_v5() {
    let queues =
        QueueData { broker_name: "broker-a".into(), read_queue_nums: 1, write_queue_nums: 1, perm: 6 };
    let request =
        NameServerRequest::RegisterTopicInNameServer { topic: "N".into(), queue_datas: vec![queues] };
    for (profile, code) in [(V4, ResponseCode::RequestCodeNotSupported), (V5, ResponseCode::Success)] {
        let mut server = name_server(profile, &[]);
        ask(&mut server, 0, Request::RegisterBroker(registration(0, 1000)));
        assert_eq!(ask_other(&mut server, request.clone()).code, code);
    }
}

#[test]
fn settings_can_be_changed_but_for_the_black_list() {
    let mut server = name_server(V5, &[]);
    let update = |key: &str, value: &str| NameServerRequest::UpdateNameServerConfig {
        settings: vec![(key.to_owned(), value.to_owned())],
    };
    assert_eq!(ask_other(&mut server, update("kvConfigPath", "x")).code, ResponseCode::NoPermission);
    assert_eq!(ask_other(&mut server, update("enableTopicList", "false")).code, ResponseCode::Success);
    assert_eq!(ask_other(&mut server, update("noSuchKey", "1")).code, ResponseCode::Success);
    let list = ask_other(&mut server, NameServerRequest::GetTopicsByCluster { cluster: "c".into() });
    assert_eq!((list.code, &*list.remark), (ResponseCode::SystemError, "disable"));
    let ResponseBody::NameServer(NameServerAnswer::Config(entries)) =
        ask_other(&mut server, NameServerRequest::GetNameServerConfig).body
    else {
        panic!("the settings are told");
    };
    assert!(entries.contains(&("enableTopicList", "false".to_owned())));
}

/// Whom a name server connects to while it handles an input, and what it tells them once it is connected.
fn told(server: &mut NameServer, first_connection: u64, input: Input) -> Vec<(Address, ActingRequest)> {
    let mut out = Outbox::new(ConnectionId(first_connection));
    server.handle(Instant::from_millis(10), input, &mut out);
    let connects: Vec<_> = out
        .into_parts()
        .0
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Connect { connection, to } => Some((connection, to)),
            _ => None,
        })
        .collect();
    let mut told = Vec::new();
    for (connection, to) in connects {
        let mut out = Outbox::new(ConnectionId(600));
        server.handle(Instant::from_millis(11), Input::Connected(connection), &mut out);
        for effect in out.into_parts().0 {
            if let Effect::Send { frame: Frame::Request { one_way: true, request, .. }, .. } = effect
                && let Request::Acting(request) = *request
            {
                told.push((to, request));
            }
        }
    }
    told
}

fn registers(broker_id: u64, port: u16) -> Input {
    let registration = Registration { enable_acting_master: Some(true), ..registration(broker_id, port) };
    let peer = Peer { node: NodeId::from("broker"), address: Address::local(port) };
    let request = Box::new(Request::RegisterBroker(registration));
    let frame = Frame::Request { opaque: Opaque(0), one_way: false, request };
    Input::Frame { connection: ConnectionId(u64::from(port)), peer, frame }
}

#[test]
fn the_others_are_told_of_a_smaller_id_and_those_left_of_a_loss() {
    let mut server = name_server(V5, &[("notifyMinBrokerIdChanged", "true")]);
    assert_eq!(told(&mut server, 500, registers(2, 12)), [], "nobody else is there");
    let [(to, request)] = told(&mut server, 510, registers(1, 11))[..] else {
        panic!("the other slave is told")
    };
    assert_eq!(to, Address::local(12));
    assert!(matches!(
        request,
        ActingRequest::NotifyMinBrokerIdChange {
            min_broker_id: BrokerId(1),
            offline_address: None,
            ha_address: Some(_),
            ..
        }
    ));
    assert_eq!(told(&mut server, 520, registers(3, 13)), [], "a larger id changes nothing");
    let closed = Input::Closed(ConnectionId(11));
    let left: Vec<_> = told(&mut server, 530, closed).into_iter().map(|(to, _)| to).collect();
    assert_eq!(left, [Address::local(13)], "the one it has a connection with is told over that");
}

#[test]
fn nobody_is_told_by_default() {
    let mut server = name_server(V5, &[]);
    let inputs = [registers(2, 12), registers(1, 11), Input::Closed(ConnectionId(11))];
    for input in inputs {
        assert_eq!(told(&mut server, 500, input), []);
    }
}
