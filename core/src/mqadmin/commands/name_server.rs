//! Commands about name servers: their settings, their tables, what they tell of a broker's permissions.
//!
//! **In RocketMQ**: `tools.command.namesrv`.

use super::SubCommand;
use crate::hash_order::{in_name_order, in_small_name_order};
use crate::id::BrokerName;
use crate::mqadmin::arguments::{Arguments, OptionSpec, option};
use crate::mqadmin::session::{Session, Step, caught};
use crate::rpc::{NameServerAnswer, NameServerRequest};

const NAMESPACE: OptionSpec = option("s", "namespace", "set the namespace").required();
const KEY: OptionSpec = option("k", "key", "set the key name").required();

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "getNamesrvConfig",
        failure: "GetNamesrvConfigCommand command failed",
        options: &[],
        run: get_namesrv_config,
    },
    SubCommand {
        name: "updateNamesrvConfig",
        failure: "UpdateNamesrvConfigCommand command failed",
        options: &[
            option("k", "key", "config key").required(),
            option("v", "value", "config value").required(),
        ],
        run: update_namesrv_config,
    },
    SubCommand {
        name: "wipeWritePerm",
        failure: "WipeWritePermSubCommand command failed",
        options: &[option("b", "brokerName", "broker name").required()],
        run: |session, arguments| {
            change_write_perm(session, arguments, "wipe", |broker_name| {
                NameServerRequest::WipeWritePermOfBroker { broker_name }
            })
        },
    },
    SubCommand {
        name: "addWritePerm",
        // RocketMQ leaves the blank out here.
        failure: "AddWritePermSubCommandcommand failed",
        options: &[option("b", "brokerName", "broker name").required()],
        run: |session, arguments| {
            change_write_perm(session, arguments, "add", |broker_name| {
                NameServerRequest::AddWritePermOfBroker { broker_name }
            })
        },
    },
    SubCommand {
        name: "updateKvConfig",
        failure: "UpdateKvConfigCommand command failed",
        options: &[NAMESPACE, KEY, option("v", "value", "set the key value").required()],
        run: update_kv_config,
    },
    SubCommand {
        name: "deleteKvConfig",
        failure: "DeleteKvConfigCommand command failed",
        options: &[NAMESPACE, KEY],
        run: delete_kv_config,
    },
];

fn get_namesrv_config(session: &mut Session<'_>, _: &Arguments) -> Step<()> {
    let mut configs = Vec::new();
    for name_server in session.name_servers().to_vec() {
        let request = NameServerRequest::GetNameServerConfig;
        if let Some(NameServerAnswer::Config(settings)) =
            session.invoke_this_name_server(name_server, request)?
        {
            configs.push((name_server, settings));
        }
    }
    for (name_server, settings) in in_small_name_order(configs, |(address, _)| address.to_string()) {
        session.println(&format!("============{name_server}============"));
        for (key, value) in in_name_order(settings, |(key, _)| (*key).to_owned()) {
            session.println(&format!("{key:<50}=  {value}"));
        }
    }
    Ok(())
}

fn update_namesrv_config(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let (key, value) = (arguments.required("k"), arguments.required("v"));
    let request =
        NameServerRequest::UpdateNameServerConfig { settings: vec![(key.to_owned(), value.to_owned())] };
    session.tell_name_servers(session.name_servers().to_vec(), &request)?;
    let list = arguments.value("n").filter(|list| !list.is_empty());
    let list = list.map(|list| format!("[{}]", list.split(';').collect::<Vec<_>>().join(", ")));
    session.println(&format!("update name server config success!{}", list.unwrap_or_default()));
    session.println(&format!("{key} : {value}"));
    Ok(())
}

fn change_write_perm(
    session: &mut Session<'_>,
    arguments: &Arguments,
    verb: &str,
    request: impl Fn(BrokerName) -> NameServerRequest,
) -> Step<()> {
    let broker_name = BrokerName::from(arguments.required("b"));
    for name_server in session.name_servers().to_vec() {
        let answer = caught(session.invoke_this_name_server(name_server, request(broker_name.clone())))?;
        let done = |how: &str| {
            format!("{verb} write perm of broker[{broker_name}] in name server[{name_server}] {how}")
        };
        match answer {
            Ok(Some(NameServerAnswer::TopicCount(count))) => session.println(&done(&format!("OK, {count}"))),
            Ok(_) => {}
            Err(exception) => {
                session.println(&done("Failed"));
                session.print_stack_trace(&exception);
            }
        }
    }
    Ok(())
}

fn update_kv_config(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    session.put_kv_config(arguments.required("s"), arguments.required("k"), arguments.required("v"))?;
    session.println("create or update kv config to namespace success.");
    Ok(())
}

fn delete_kv_config(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    session.delete_kv_config(arguments.required("s"), arguments.required("k"))?;
    session.println("delete kv config from namespace success.");
    Ok(())
}
