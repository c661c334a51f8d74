//! `clusterList`: every broker of every cluster, with its figures.
//!
//! **In RocketMQ**: `ClusterListSubCommand`.
//!
//! **Left out on purpose**: the second round of `-i`; whoever wants one calls the tool again.

use std::collections::BTreeMap;

use arcstr::ArcStr;

use super::SubCommand;
use crate::config::Profile;
use crate::gather::Arrange as _;
use crate::id::{Address, BrokerId};
use crate::mqadmin::admin_ext::ClusterInfo;
use crate::mqadmin::arguments::{Arguments, option, switch};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::format::{fixed, rounded};
use crate::mqadmin::session::{Session, Step, caught};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[SubCommand {
    name: "clusterList",
    failure: "ClusterListSubCommand command failed",
    options: &[
        switch("m", "moreStats", "Print more stats"),
        option("i", "interval", "specify intervals numbers, it is in seconds"),
        option("c", "clusterName", "which cluster").only(Profile::V5),
    ],
    run: cluster_list,
}];

/// A broker and where it stands in the list.
struct Place<'a> {
    cluster: &'a str,
    broker_name: &'a str,
    broker_id: BrokerId,
    address: Address,
}

fn cluster_list(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    if let Some(interval) = arguments.value("i") {
        interval.parse::<i64>().map_err(|_| Exception::number_format(interval))?;
    }
    let info = session.examine_broker_cluster_info()?;
    let clusters = match arguments.value("c") {
        Some(cluster) if !cluster.is_empty() => vec![cluster.to_owned()],
        _ => info.clusters.iter().map(|(cluster, _)| cluster.to_string()).collect(),
    };
    let is_more = arguments.has("m");
    let head = match (is_more, session.profile()) {
        (true, _) => more_head(),
        (false, Profile::V4) => base_row_of_four(HEAD_OF_FOUR),
        (false, Profile::V5) => base_head_of_five(),
    };
    session.println(&head);
    for cluster in &clusters {
        for place in places(&info, cluster) {
            if is_more { print_more(session, &place)? } else { print_base(session, &place)? }
        }
    }
    Ok(())
}

/// The brokers of a cluster, by name.
fn places<'a>(info: &'a ClusterInfo, cluster: &'a str) -> Vec<Place<'a>> {
    let mut brokers = info.brokers_of(cluster).unwrap_or_default();
    brokers.arrange_by_key(|data| &data.broker_name);
    let places = brokers.into_iter().flat_map(|data| {
        data.broker_addrs.iter().map(move |(id, address)| Place {
            cluster,
            broker_name: data.broker_name.as_str(),
            broker_id: *id,
            address: *address,
        })
    });
    places.collect()
}

/// A broker's figures by name. Without an answer everything is empty.
#[derive(Default)]
struct Figures(Option<BTreeMap<ArcStr, ArcStr>>);

impl Figures {
    /// A figure as the tool prints it: `null` when the broker does not name it.
    fn text(&self, name: &str) -> &str {
        match &self.0 {
            Some(figures) => figures.get(name).map_or("null", |value| value),
            None => "",
        }
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.text(name).parse().ok()
    }

    /// The first of the rates of a figure, with two digits behind the point.
    fn first_rate(&self, name: &str) -> String {
        rounded(self.text(name).split(' ').next().unwrap_or_default(), 2)
    }
}

fn more_head() -> String {
    format!(
        "{:<16}  {:<32} {:>14} {:>14} {:>14} {:>14}",
        "#Cluster Name", "#Broker Name", "#InTotalYest", "#OutTotalYest", "#InTotalToday", "#OutTotalToday"
    )
}

fn print_more(session: &mut Session<'_>, place: &Place<'_>) -> Step<()> {
    let figures = Figures(caught(session.fetch_broker_runtime_stats(place.address))?.ok());
    let totals = |what: &str, from: &str, to: &str| {
        let total = |moment: &str| figures.number(&format!("msg{what}Total{moment}"));
        Some(total(to)? - total(from)?)
    };
    let columns = [
        totals("Put", "YesterdayMorning", "TodayMorning"),
        totals("Get", "YesterdayMorning", "TodayMorning"),
        totals("Put", "TodayMorning", "TodayNow"),
        totals("Get", "TodayMorning", "TodayNow"),
    ];
    // One figure that is missing leaves all of them at 0.
    let is_whole = columns.iter().all(Option::is_some);
    let [in_yesterday, out_yesterday, in_today, out_today] =
        columns.map(|column| column.filter(|_| is_whole).unwrap_or_default());
    session.println(&format!(
        "{:<16}  {:<32} {in_yesterday:>14} {out_yesterday:>14} {in_today:>14} {out_today:>14}",
        place.cluster, place.broker_name
    ));
    Ok(())
}

fn print_base(session: &mut Session<'_>, place: &Place<'_>) -> Step<()> {
    let figures = match caught(session.fetch_broker_runtime_stats(place.address))? {
        Ok(figures) => Figures(Some(figures)),
        Err(exception) => {
            session.print_stack_trace(&exception);
            Figures::default()
        }
    };
    let now = session.epoch().wall_clock(session.now()).cast_signed();
    let age = figures.number("earliestMessageTimeStamp").map_or(0, |earliest| now - earliest);
    let hour = fixed(age, 3_600_000, 2);
    let row = match session.profile() {
        Profile::V4 => row_of_four(place, &figures, &hour),
        Profile::V5 => row_of_five(place, &figures, &hour),
    };
    session.println(&row);
    Ok(())
}

fn load(figures: &Figures, pool: &str) -> String {
    let size = figures.text(&format!("{pool}ThreadPoolQueueSize"));
    let wait = figures.text(&format!("{pool}ThreadPoolQueueHeadWaitTimeMills"));
    format!("{size},{wait}ms")
}

const HEAD_OF_FOUR: [&str; 10] = [
    "#Cluster Name",
    "#Broker Name",
    "#BID",
    "#Addr",
    "#Version",
    "#InTPS(LOAD)",
    "#OutTPS(LOAD)",
    "#PCWait(ms)",
    "#Hour",
    "#SPACE",
];

fn base_row_of_four(
    [cluster, name, id, address, version, ins, outs, wait, hour, space]: [&str; 10],
) -> String {
    format!(
        "{cluster:<16}  {name:<22}  {id:<4}  {address:<22} {version:<16} {ins:>19} {outs:>19} {wait:>10} {hour:>5} \
         {space:>6}"
    )
}

fn row_of_four(place: &Place<'_>, figures: &Figures, hour: &str) -> String {
    base_row_of_four([
        place.cluster,
        place.broker_name,
        &place.broker_id.to_string(),
        &place.address.to_string(),
        figures.text("brokerVersionDesc"),
        &format!("{:>9}({})", figures.first_rate("putTps"), load(figures, "send")),
        &format!("{:>9}({})", figures.first_rate("getTransferedTps"), load(figures, "pull")),
        figures.text("pageCacheLockTimeMills"),
        hour,
        &rounded(figures.text("commitLogDiskRatio"), 4),
    ])
}

fn base_head_of_five() -> String {
    format!(
        "{:<22}  {:<22}  {:<4}  {:<22} {:<16}  {:>16}  {:>30}  {:<22}  {:<11}  {:<12}  {:<8}  {:<10}",
        "#Cluster Name",
        "#Broker Name",
        "#BID",
        "#Addr",
        "#Version",
        "#InTPS(LOAD)",
        "#OutTPS(LOAD)",
        "#Timer(Progress)",
        "#PCWait(ms)",
        "#Hour",
        "#SPACE",
        "#ACTIVATED"
    )
}

fn row_of_five(place: &Place<'_>, figures: &Figures, hour: &str) -> String {
    let ins = format!("{:>9}({})", figures.first_rate("putTps"), load(figures, "send"));
    let (pull, ack) = (load(figures, "pull"), load(figures, "ack"));
    let outs = format!("{:>9}({pull}|{ack})", figures.first_rate("getTransferredTps"));
    let timer = format!(
        "{}-{}({}w, {}, {})",
        figures.number("timerReadBehind").unwrap_or_default(),
        figures.number("timerOffsetBehind").unwrap_or_default(),
        fixed(figures.number("timerCongestNum").unwrap_or_default(), 10_000, 1),
        rounded(figures.text("timerEnqueueTps"), 1),
        rounded(figures.text("timerDequeueTps"), 1),
    );
    format!(
        "{:<22}  {:<22}  {:<4}  {:<22} {:<16}  {ins:>16}  {outs:>30}  {timer:<22}  {:>11}  {hour:<12}  {:<8}  {:>10}",
        place.cluster,
        place.broker_name,
        place.broker_id.to_string(),
        place.address.to_string(),
        figures.text("brokerVersionDesc"),
        figures.text("pageCacheLockTimeMills"),
        rounded(figures.text("commitLogDiskRatio"), 4),
        figures.text("brokerActive") == "true",
    )
}
