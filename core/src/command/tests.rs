use super::*;

#[test]
fn every_command_reads_as_it_prints() {
    let lines = [
        "name-server nsrv-0",
        "name-server nsrv-1 port=9999",
        "broker broker-a",
        "broker broker-a-1 name=broker-a id=1 port=10931 slaveReadEnable=true",
        "topic Orders queues=4",
        "topic Orders read=4 write=8 perm=4 broker=broker-a",
        "topic Orders cluster=Other",
        "producer p1 group=shop name-servers=nsrv-0,nsrv-1 sendMsgTimeout=5000",
        "consumer c1 topic=Orders,Refunds tags=\"A || B\" model=BROADCASTING work=2s group=billing",
        "consumer c1 group=c1 topic=Orders",
        "consumer c1 topic=T strategy=CONSISTENT_HASH:20 group=g",
        "consumer c1 topic=T strategy=MACHINE_ROOM_NEARBY-AVG group=g id=room1@c1",
        "broker b1 name=room1@broker-a",
        "consumer c1 topic=Orders fail=3 retry-level=-1 orderly=true group=g maxReconsumeTimes=2",
        "consumer c1 topic=Orders fail=always group=g",
        "send p1 Orders count=4 every=1s tag=A,B key=k body=\"two words\" queue=broker-a:1",
        "send p1 Orders body=\"say \\\"hi\\\"\"",
        "send p1 Orders count=3 hash=order-7",
        "produce p1 Orders every=500ms hash=7",
        "send p1 Orders delay=3 async",
        "send p1 Orders deliver-after=5s one-way",
        "send p1 Orders deliver-at=1:30.000",
        "send p1 Orders transaction=UNKNOW checks=3 then=ROLLBACK_MESSAGE immunity=30s",
        "produce p1 Orders every=500ms tag=A",
        "quiet p1",
        "pin p1 Orders start=2",
        "set c1 work=5s",
        "kill broker-a",
        "power-off broker-a",
        "stop broker-a",
        "freeze broker-a",
        "thaw broker-a",
        "restart broker-a",
        "remove broker-a",
        "roll-back broker-a to=1:30.000",
        "roll-back broker-a",
        "cut a b one-way",
        "heal a b",
        "hold a b",
        "release a b",
        "link a b latency=5..9 loss=5%",
        "registry n",
        "registry z model=watch port=2222",
        "registry-client c count=100 registry=z1,z2+z3 choose=zookeeper",
        "registry-client c registry=k model=long-polling wait=1m",
        "registry-client c model=watch session=10s",
        "registry-client c model=pull poll=5s",
        "member broker-a add",
        "member broker-a remove registry=z1,z2",
    ];
    for line in lines {
        let command: Command = line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(command.to_string(), line);
    }
}

#[test]
fn an_orderly_consumer_may_be_said_in_one_word() {
    let read = |line: &str| line.parse::<Command>().map(|command| command.to_string());
    assert_eq!(read("consumer c group=g topic=T orderly"), read("consumer c group=g topic=T orderly=true"));
    let error = read("consumer c group=g topic=T retry-level=19").expect_err("there is no such level");
    assert_eq!(error.to_string(), "retry-level=19: write -1 to 18");
}

#[test]
fn every_verb_is_known_to_the_reader() {
    for verb in VERBS {
        let error = verb.parse::<Command>().expect_err("a verb alone is no command");
        assert!(!error.to_string().contains("is not a command"), "{verb}: {error}");
    }
}

#[test]
fn mistakes_get_a_sentence_that_helps() {
    let cases = [
        ("", "the command is empty"),
        ("explode broker-a", "`explode` is not a command; accepted: name-server, controller, broker,"),
        ("kill", "kill: the name of a node is missing"),
        ("kill a b", "kill: `b` is one word too many"),
        ("pin p1 T start=-1", "pin: start=-1: invalid digit"),
        ("send p1 T queue=broker-a:1 hash=7", "send: give either queue=… or hash=…"),
        ("send p1 T count=0", "count must lie between 1 and 1000000"),
        ("send p1 T colour=red", "send: `colour=…` is not accepted; known: count=…, every=…"),
        ("produce p1 T every=0s", "every must be longer than 0"),
        ("topic a.b", "topic name `a.b`: `.` is not allowed in a name"),
        ("topic T queues=0", "a topic has 1 to 1024 queues"),
        ("topic T perm=9", "perm=9 is no permission; accepted: 0 to 7"),
        ("consumer c topic=T", "consumer: group=… is missing"),
        ("broker b brokerRole=LEADER", "brokerRole: `LEADER` is no brokerRole; accepted:"),
        ("broker b id=0 brokerRole=SLAVE", "a broker with id=0 is a master"),
        ("send p T delay=1 deliver-after=1s", "send: give one of delay=…, deliver-after=…, deliver-at=…"),
        ("send p T checks=2", "send: checks=…, then=… and immunity=… go with transaction=…"),
        ("send p T transaction=UNKNOW checks=0", "checks counts the broker's questions from 1"),
        ("send p T transaction=UNKNOW async", "a message of a transaction is sent synchronously"),
        ("send p T body=\"x", "a quotation mark is not closed"),
        ("link a b latency=9..3", "link: latency=9..3: `9..3` is no latency"),
        ("cut a a", "`a` has no link to itself"),
    ];
    for (line, start) in cases {
        let error = line.parse::<Command>().expect_err(line).to_string();
        assert!(error.starts_with(start), "{line}: {error}");
    }
}
