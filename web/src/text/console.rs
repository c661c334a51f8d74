//! The words of the console, in both languages. What `mqadmin` says is RocketMQ's own and stays English.

use crate::session::console::completion::Note;
use crate::session::console::names::NameKind;
use crate::session::console::reading::Topic;
use lab_core::config::Profile;
use lab_core::mqadmin;

use super::{Lang, verbs};

/// Every text of the console.
#[expect(missing_docs, reason = "each is the text of that name; the constants say what it is")]
pub struct ConsoleTexts {
    pub title: &'static str,
    pub log: &'static str,
    pub empty: &'static str,
    pub older: fn(usize) -> String,
    pub waiting: fn(&str) -> String,
    pub still_waiting: fn(&str) -> String,
    pub later: &'static str,
    pub use_line: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub suggestions: &'static str,
    pub name_kind: fn(NameKind) -> &'static str,
    pub option: &'static str,
    pub tool: &'static str,
    pub help: &'static str,
    pub about: &'static [&'static str],
    pub keys: &'static [(&'static str, &'static str)],
    pub mqadmin_commands: &'static str,
    pub own_commands: &'static str,
    pub on_real_cluster: &'static str,
    lang: Lang,
}

pub(super) const EN: ConsoleTexts = ConsoleTexts {
    title: "Console",
    log: "Commands and what they printed",
    empty: "No command was given yet. Type one below; ? lists what there is.",
    older: |count| format!("{count} older commands are not listed."),
    waiting: |span| format!("still waiting, for {span} of virtual time"),
    still_waiting: |span| {
        format!("mqadmin has not answered within {span} of virtual time. Play on to wait longer.")
    },
    later: "still to come",
    use_line: "Put into the command line",
    copy: "Copy",
    copied: "Copied",
    suggestions: "Suggestions",
    name_kind: |kind| match kind {
        NameKind::Topic => "topic",
        NameKind::Group => "group",
        NameKind::BrokerName => "broker name",
        NameKind::BrokerAddress => "broker address",
        NameKind::Cluster => "cluster",
        NameKind::NameServerAddress => "name server",
        NameKind::Node => "node",
        NameKind::Setting => "setting",
    },
    option: "option",
    tool: "RocketMQ's command line tool",
    help: "What the console understands",
    about: &[
        "mqadmin is the command line tool with which operators look after a RocketMQ cluster: topics, groups, offsets, \
         brokers. Here it is a process of its own that asks the simulated name servers and brokers over the simulated \
         network, so it takes virtual time, sees what they believe, and fails as the real tool fails.",
        "The word mqadmin may be left out, and so may -n: without it the tool asks the name servers of the lab. All other \
         commands are the lab's own; every button gives one, and it appears in the console.",
    ],
    keys: &[
        ("Tab", "complete, or list what could follow"),
        ("↑ ↓", "earlier and later lines; the choice in the list"),
        ("Enter", "run the line; take the suggestion"),
        ("Esc", "close the list; Tab then leaves the field"),
    ],
    mqadmin_commands: "Commands of mqadmin",
    own_commands: "Commands of the lab",
    on_real_cluster: "On a real cluster:",
    lang: Lang::En,
};

pub(super) const ZH: ConsoleTexts = ConsoleTexts {
    title: "控制台",
    log: "命令及其输出",
    empty: "还没有下达命令。在下面输入命令；点 ? 查看有哪些命令。",
    older: |count| format!("更早的 {count} 条命令没有列出。"),
    waiting: |span| format!("仍在等待，已过虚拟时间 {span}"),
    still_waiting: |span| format!("mqadmin 在虚拟时间 {span} 内没有结束。继续播放即可再等。"),
    later: "尚未发生",
    use_line: "放入命令行",
    copy: "复制",
    copied: "已复制",
    suggestions: "补全建议",
    name_kind: |kind| match kind {
        NameKind::Topic => "主题",
        NameKind::Group => "组",
        NameKind::BrokerName => "Broker 名",
        NameKind::BrokerAddress => "Broker 地址",
        NameKind::Cluster => "集群",
        NameKind::NameServerAddress => "NameServer 地址",
        NameKind::Node => "节点",
        NameKind::Setting => "配置项",
    },
    option: "选项",
    tool: "RocketMQ 的命令行工具",
    help: "控制台能理解的命令",
    about: &[
        "mqadmin 是运维人员管理 RocketMQ 集群的命令行工具：主题、消费组、位点、Broker。\
         在这里它是一个独立的进程，通过模拟的网络询问模拟的 NameServer 和 Broker，\
         因此它要花费虚拟时间，看到的是它们以为的状态，失败的方式也与真实工具一样。",
        "mqadmin 这个词可以省略，-n 也可以省略：不写时它询问实验中的 NameServer。\
         其余命令属于实验自己；每个按钮都对应一条命令，并会出现在控制台里。",
    ],
    keys: &[
        ("Tab", "补全，或列出可能的后续"),
        ("↑ ↓", "之前和之后的命令；在列表中选择"),
        ("Enter", "执行命令；采用选中的建议"),
        ("Esc", "关闭列表；之后 Tab 离开输入框"),
    ],
    mqadmin_commands: "mqadmin 的命令",
    own_commands: "实验的命令",
    on_real_cluster: "在真实集群上：",
    lang: Lang::Zh,
};

impl ConsoleTexts {
    /// What a suggestion is, and whether that is RocketMQ's own English.
    pub fn note(&self, note: &Note) -> (String, bool) {
        match note {
            Note::Mqadmin(about) => ((*about).to_owned(), true),
            Note::Option(about) if about.is_empty() => (self.option.to_owned(), false),
            Note::Option(about) => (about.clone(), true),
            Note::Tool => (self.tool.to_owned(), false),
            Note::Help => (self.help.to_owned(), false),
            Note::Verb(verb) => (verbs::about(self.lang, verb).to_owned(), false),
            Note::Key => (self.option.to_owned(), false),
            Note::Name(kind) => ((self.name_kind)(*kind).to_owned(), false),
        }
    }

    /// What a verb of the notation does.
    pub fn verb(&self, verb: &str) -> &'static str {
        verbs::about(self.lang, verb)
    }

    /// An explanation as lines of text.
    pub fn explain(&self, topic: &Topic, profile: Profile) -> String {
        match topic {
            Topic::Verb(verb) => format!("{}\n{}", verbs::usage(verb), self.verb(verb)),
            Topic::Mqadmin(name) => mqadmin::usage_of(profile, name).unwrap_or_default(),
            Topic::Everything => {
                let tool = mqadmin::known_commands(profile);
                let tool = tool.iter().map(|it| format!("  {:<28} {}", it.name, it.description));
                let own = lab_core::command::VERBS.iter().map(|it| format!("  {it:<28} {}", self.verb(it)));
                let heads = [self.mqadmin_commands, self.own_commands].map(str::to_owned);
                let [tool_head, own_head] = heads;
                let lines: Vec<String> = std::iter::once(tool_head)
                    .chain(tool)
                    .chain(std::iter::once(own_head))
                    .chain(own)
                    .collect();
                lines.join("\n")
            }
        }
    }
}
