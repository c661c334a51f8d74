//! Commands about controllers and about brokers in controller mode (V5).
//!
//! **In RocketMQ**: `GetSyncStateSetSubCommand`, `GetBrokerEpochSubCommand` and the classes of `tools.command.controller`.
//!
//! **Left out on purpose**: the second round of `-i`.

use arcstr::ArcStr;

use super::SubCommand;
use crate::hash_order::{in_name_order, in_small_name_order};
use crate::id::{Address, BrokerId, BrokerName};
use crate::mqadmin::arguments::{Arguments, OptionSpec, option, switch};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::session::{Session, Step};
use crate::rpc::{ControllerAnswer, ControllerRequest, ReplicaIdentity, Request, ResponseBody};
use crate::time::Duration;

const CONTROLLER: OptionSpec = option("a", "controllerAddress", "The address of controller").required();
const INTERVAL: OptionSpec = option("i", "interval", "the interval(second) of get info");
/// How long the tool waits for a controller.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "getSyncStateSet",
        failure: "GetSyncStateSetSubCommand command failed",
        options: &[
            option("a", "controllerAddress", "the address of controller").required(),
            option("c", "clusterName", "which cluster"),
            option("b", "brokerName", "which broker to fetch"),
            INTERVAL,
        ],
        run: get_sync_state_set,
    },
    SubCommand {
        name: "getBrokerEpoch",
        failure: "GetBrokerEpochSubCommand command failed",
        options: &[
            option("c", "clusterName", "which cluster"),
            option("b", "brokerName", "which broker to fetch"),
            INTERVAL,
        ],
        run: get_broker_epoch,
    },
    SubCommand {
        name: "getControllerMetaData",
        failure: "GetControllerMetaDataSubCommand command failed",
        options: &[option("a", "controllerAddress", "the address of controller").required()],
        run: get_controller_meta_data,
    },
    SubCommand {
        name: "getControllerConfig",
        failure: "GetControllerConfigSubCommand command failed",
        options: &[option(
            "a",
            "controllerAddress",
            "Controller address list, eg: 192.168.0.1:9878;192.168.0.2:9878",
        )
        .required()],
        run: get_controller_config,
    },
    SubCommand {
        name: "updateControllerConfig",
        failure: "UpdateControllerConfigSubCommand command failed",
        options: &[
            option(
                "a",
                "controllerAddress",
                "Controller address list, eg: 192.168.0.1:9878;192.168.0.2:9878",
            )
            .required(),
            option("k", "key", "config key").required(),
            option("v", "value", "config value").required(),
        ],
        run: update_controller_config,
    },
    SubCommand {
        name: "electMaster",
        failure: "ReElectMasterSubCommand command failed",
        options: &[
            CONTROLLER,
            option("b", "brokerId", "The id of the broker which requires to become master").required(),
            option("bn", "brokerName", "The broker name of the replicas that require to be manipulated")
                .required(),
            option("c", "clusterName", "the clusterName of broker").required(),
        ],
        run: elect_master,
    },
    SubCommand {
        name: "cleanBrokerMetadata",
        failure: "CleanControllerBrokerMetaSubCommand command failed",
        options: &[
            CONTROLLER,
            option(
                "b",
                "brokerControllerIdsToClean",
                "The brokerController id list which requires to clean metadata. eg: 1;2;3, means that clean broker-1, \
                 broker-2 and broker-3",
            ),
            option("bn", "brokerName", "The broker name of the replicas that require to be manipulated")
                .required(),
            option("c", "clusterName", "The clusterName of broker"),
            switch("l", "cleanLivingBroker", "Whether clean up living brokers,default value is false"),
        ],
        run: clean_broker_metadata,
    },
];

/// Asks a controller, and throws when it refuses.
fn ask(session: &mut Session<'_>, to: Address, request: ControllerRequest) -> Step<Option<ControllerAnswer>> {
    let response = session.invoke_within(to, Request::Controller(Box::new(request)), TIMEOUT)?;
    if response.code != crate::rpc::ResponseCode::Success {
        let code = response.code.number();
        return Err(Exception::broker_unnamed(session.profile(), code, &response.remark).into());
    }
    match response.body {
        ResponseBody::Controller(answer) => Ok(Some(*answer)),
        _ => Ok(None),
    }
}

/// Where the controller that leads is, asked of any of them. The tool connects to `null` when it hears of none.
fn leader_address(session: &mut Session<'_>, controller: Address) -> Step<Address> {
    match ask(session, controller, ControllerRequest::GetMetadataInfo)? {
        Some(ControllerAnswer::Metadata { leader: Some((_, address)), .. }) => Ok(address),
        _ => Err(Exception::unreachable("null").into()),
    }
}

fn null_or<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| value.to_string())
}

fn get_sync_state_set(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let first = arguments.required("a").trim().split(';').next().unwrap_or_default();
    let controller = Session::read_address(first)?;
    let names = if let Some(name) = arguments.value("b") {
        vec![BrokerName::from(name.trim())]
    } else if let Some(cluster) = arguments.value("c") {
        session.fetch_broker_name_by_cluster_name(cluster.trim())?
    } else {
        super::print_usage(session, "getSyncStateSet");
        return Ok(());
    };
    if names.is_empty() {
        return Ok(());
    }
    let leader = leader_address(session, controller)?;
    let request = ControllerRequest::GetSyncStateData { broker_names: names };
    let Some(ControllerAnswer::SyncStateData(data)) = ask(session, leader, request)? else { return Ok(()) };
    for (name, info, replicas) in in_name_order(data, |(name, ..)| name.to_string()) {
        let (in_sync, others): (Vec<_>, Vec<_>) =
            replicas.into_iter().partition(|replica| info.sync_state_set.contains(&replica.broker_id));
        session.println(&format!("\n#brokerName\t{name}"));
        session.println(&format!("#MasterBrokerId\t{}", null_or(info.master.map(|(id, _)| id))));
        session.println(&format!("#MasterAddr\t{}", null_or(info.master.map(|(_, address)| address))));
        session.println(&format!("#MasterEpoch\t{}", info.master_epoch));
        session.println(&format!("#SyncStateSetEpoch\t{}", info.sync_state_set_epoch));
        session.println(&format!("#SyncStateSetNums\t{}", in_sync.len()));
        print_replicas(session, "InSyncReplica", &name, &in_sync);
        print_replicas(session, "NotInSyncReplica", &name, &others);
    }
    Ok(())
}

fn print_replicas(session: &mut Session<'_>, what: &str, name: &BrokerName, replicas: &[ReplicaIdentity]) {
    for ReplicaIdentity { broker_id, address, alive } in replicas {
        session.println(&format!(
            "\n{what}:\tReplicaIdentity{{brokerName='{name}', brokerId={broker_id}, brokerAddress='{address}', \
             alive={alive}}}"
        ));
    }
}

fn get_broker_epoch(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let brokers = if let Some(name) = arguments.value("b") {
        let info = session.examine_broker_cluster_info()?;
        let data = info.broker(&BrokerName::from(name.trim()));
        let addresses = data.map_or_else(Vec::new, |data| data.broker_addrs.values().copied().collect());
        in_name_order(addresses, ToString::to_string)
    } else if let Some(cluster) = arguments.value("c") {
        session.fetch_master_and_slave_addr_by_cluster_name(cluster.trim())?
    } else {
        super::print_usage(session, "getBrokerEpoch");
        return Ok(());
    };
    for broker in brokers {
        let request = ControllerRequest::GetBrokerEpochCache;
        let Some(ControllerAnswer::EpochCache { cluster, broker_name, broker_id, epochs, max_offset }) =
            ask(session, broker, request)?
        else {
            continue;
        };
        session.print(&format!(
            "\n#clusterName\t{cluster}\n#brokerName\t{broker_name}\n#brokerAddr\t{broker}\n#brokerId\t{broker_id}"
        ));
        for entry in epochs {
            // The end of the last reign is not in the file: the tool puts the end of the log there.
            let end = entry.end.unwrap_or(max_offset);
            session.print(&format!(
                "\n#Epoch: EpochEntry{{epoch={}, startOffset={}, endOffset={end}}}",
                entry.epoch, entry.start
            ));
        }
        session.print("\n");
    }
    Ok(())
}

fn get_controller_meta_data(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let controller = Session::read_address(arguments.required("a").trim())?;
    let answer = ask(session, controller, ControllerRequest::GetMetadataInfo)?;
    let Some(ControllerAnswer::Metadata { group, leader, peers }) = answer else { return Ok(()) };
    session.print(&format!("\n#ControllerGroup\t{group}"));
    session.print(&format!("\n#ControllerLeaderId\t{}", null_or(leader.map(|(id, _)| id))));
    session.print(&format!("\n#ControllerLeaderAddress\t{}", null_or(leader.map(|(_, address)| address))));
    for (id, address) in in_name_order(peers, |(id, _)| id.to_string()) {
        session.print(&format!("\n#Peer:\t{id}:{address}"));
    }
    session.print("\n");
    Ok(())
}

fn get_controller_config(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let mut configs = Vec::new();
    for text in arguments.required("a").trim().split(';').filter(|part| !part.is_empty()) {
        let controller = Session::read_address(text)?;
        if let Some(ControllerAnswer::Config(settings)) =
            ask(session, controller, ControllerRequest::GetConfig)?
        {
            configs.push((controller, settings));
        }
    }
    for (controller, settings) in in_small_name_order(configs, |(address, _)| address.to_string()) {
        session.println(&format!("============{controller}============"));
        for (key, value) in in_name_order(settings, |(key, _)| (*key).to_owned()) {
            session.println(&format!("{key:<50}=  {value}"));
        }
    }
    Ok(())
}

/// Tells each controller of the list; the last refusal is what the tool throws.
fn update_controller_config(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let (key, value) = (arguments.required("k").trim(), arguments.required("v").trim());
    let list: Vec<_> = arguments.required("a").trim().split(';').filter(|part| !part.is_empty()).collect();
    let mut refusal = None;
    for text in &list {
        let settings = vec![(key.to_owned(), value.to_owned())];
        let request = Request::Controller(Box::new(ControllerRequest::UpdateConfig { settings }));
        let response = session.invoke_within(Session::read_address(text)?, request, TIMEOUT)?;
        if response.code != crate::rpc::ResponseCode::Success {
            refusal = Some(response);
        }
    }
    if let Some(response) = refusal {
        return Err(Exception::client(session.profile(), response.code.number(), &response.remark).into());
    }
    session.println(&format!("update controller config success![{}]", list.join(", ")));
    session.println(&format!("{key} : {value}"));
    Ok(())
}

fn elect_master(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let id = arguments.required("b").trim();
    let broker_id = id.parse().map(BrokerId).map_err(|_| Exception::number_format(id))?;
    let controller = Session::read_address(arguments.required("a").trim())?;
    let (cluster, name) = (arguments.required("c").trim(), arguments.required("bn").trim());
    let leader = leader_address(session, controller)?;
    let request = ControllerRequest::ElectMaster {
        cluster: cluster.into(),
        broker_name: name.into(),
        broker_id,
        designate_elect: true,
    };
    let answer = ask(session, leader, request)?;
    let Some(ControllerAnswer::Replica(info, _)) = answer else { return Ok(()) };
    session.print(&format!("\n#ClusterName\t{cluster}"));
    session.print(&format!("\n#BrokerName\t{name}"));
    session.print(&format!("\n#BrokerMasterAddr\t{}", null_or(info.master.map(|(_, address)| address))));
    session.print(&format!("\n#MasterEpoch\t{}", info.master_epoch));
    // The members are in the answer, but the tool looks for them in the wrong place of it (`MQClientAPIImpl.electMaster`
    // reads an `ElectMasterResponseBody` as a `BrokerMemberGroup`) and prints none.
    session.print(&format!("\n#SyncStateSetEpoch\t{}\n", info.sync_state_set_epoch));
    Ok(())
}

fn clean_broker_metadata(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let name = arguments.required("bn").trim();
    let clean_living_broker = arguments.has("l");
    let cluster = arguments.value("c").map(str::trim).filter(|cluster| !cluster.is_empty());
    if !clean_living_broker && cluster.is_none() {
        let why = "cleanLivingBroker option is false, clusterName option can not be empty.";
        return Err(Exception::new("java.lang.IllegalArgumentException", why).into());
    }
    let controller = Session::read_address(arguments.required("a").trim())?;
    let leader = leader_address(session, controller)?;
    let request = ControllerRequest::CleanBrokerData {
        cluster: cluster.map(Into::into),
        broker_name: name.into(),
        ids: arguments.value("b").map(|ids| ArcStr::from(ids.trim())),
        clean_living_broker,
    };
    ask(session, leader, request)?;
    session.println(&format!("clear broker {name} metadata from controller success! "));
    Ok(())
}
