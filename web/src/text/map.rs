//! The words of the first page's map, of what a learner takes along, and of the teacher's sheet.

use lab_core::lesson::Sureness;

use super::bytes;
use crate::files::Unreadable;
use crate::progress::{Damage, LARGEST, LessonState, VERSION};

/// Every text of the map and of the sheet.
#[expect(missing_docs, reason = "each is the text of that name; the constants say what it is")]
pub struct MapTexts {
    pub lessons: &'static str,
    pub projector: &'static str,

    pub start: fn(&str) -> String,
    pub go_on: fn(&str) -> String,
    pub straight: &'static str,
    pub all_done: &'static str,
    pub map: &'static str,
    pub done_of: fn(usize, usize) -> String,
    pub chapter: fn(u32) -> &'static str,
    pub incidents: &'static str,
    pub state: fn(LessonState) -> &'static str,
    pub next: &'static str,
    pub minutes: fn(u32) -> String,
    pub ready_labs: &'static str,
    pub ready_labs_note: &'static str,

    pub yours: &'static str,
    pub yours_note: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub save: &'static str,
    pub load: &'static str,
    pub open_sheet: &'static str,
    pub taken_in: fn(&str) -> String,
    pub in_sheet: fn(usize) -> String,
    pub not_kept: &'static str,
    pub too_much: &'static str,
    pub set_aside: fn(&str) -> String,
    pub save_aside: &'static str,
    pub forget_aside: &'static str,
    pub close_notice: &'static str,

    pub unreadable: fn(&Unreadable) -> String,
    pub damage: fn(&Damage) -> String,

    pub sheet: &'static str,
    pub sheet_note: &'static str,
    pub sheet_back: &'static str,
    pub sheet_choose: &'static str,
    pub sheet_clear: &'static str,
    pub sheet_empty: &'static str,
    pub sheet_nothing_asked: &'static str,
    pub by_wrong: &'static str,
    pub unread_files: &'static str,
    pub summary_caption: &'static str,
    pub pupils_caption: fn(usize) -> String,
    pub pupil: &'static str,
    pub question: &'static str,
    pub right: &'static str,
    pub wrong: &'static str,
    pub not_given: &'static str,
    pub open: &'static str,
    pub elsewhere: &'static str,
    pub misconception: &'static str,
    pub times: fn(usize) -> String,
    pub nobody_wrong: &'static str,
    pub nth_question: fn(usize) -> String,
    pub sureness: fn(Sureness) -> &'static str,
}

pub(super) const EN: MapTexts = MapTexts {
    lessons: "Lessons",
    projector: "A+: projector, with large type and strong contrast",

    start: |id| format!("Start with lesson {id}"),
    go_on: |id| format!("Continue with {id}"),
    straight: "Just a running cluster",
    all_done: "You have done every lesson. Open any of them again; what you reached stays.",
    map: "Lessons",
    done_of: |done, all| format!("{done} of {all} done"),
    chapter: |chapter| match chapter {
        0 => "The riddle",
        1 => "Why a queue",
        2 => "The nouns",
        3 => "Name server",
        4 => "Producer",
        5 => "Consumer",
        6 => "Broker inside",
        7 => "High availability",
        8 => "Topics and queues",
        9 => "Offsets",
        10 => "Beyond the notes",
        _ => "More",
    },
    incidents: "Incidents",
    state: |state| match state {
        LessonState::New => "not begun",
        LessonState::Begun => "half done",
        LessonState::Done => "done",
    },
    next: "next",
    minutes: |minutes| format!("{minutes} min"),
    ready_labs: "Or go straight to a cluster",
    ready_labs_note: "No questions, no goals: a running cluster that you can stop, cut and break at once.",

    yours: "Your progress",
    yours_note: "It is kept in this browser only. Save it as a file to take it to another machine, or for your teacher.",
    name: "Your name",
    name_hint: "optional, for the teacher's sheet",
    save: "Save as a file",
    load: "Take in a file",
    open_sheet: "Teacher's sheet",
    taken_in: |file| format!("{file} was taken in. Nothing that you had reached before was lost."),
    in_sheet: |files| {
        format!("{files} records were put into the teacher's sheet, which opens from the front page.")
    },
    not_kept: "This browser does not keep your progress: its storage is full or forbidden. Save it as a file before you \
               close the page.",
    too_much: "Both records together are larger than what can be kept, so the file was not taken in.",
    set_aside: |why| {
        format!(
            "The progress that this browser had kept could not be used: {why} It was set aside unchanged, and the page \
             begins with an empty record."
        )
    },
    save_aside: "Save what was set aside",
    forget_aside: "Delete it",
    close_notice: "Close this notice",

    unreadable: |why| match why {
        Unreadable::TooLarge { bytes: size, limit } => {
            format!("The file has {}; at most {} are accepted.", bytes(*size), bytes(*limit))
        }
        Unreadable::NotText => "The file is not text in UTF-8.".to_owned(),
        Unreadable::Refused => "The browser could not read the file; perhaps it was moved.".to_owned(),
        Unreadable::TooMany => "Too many files at once; this one was not looked at.".to_owned(),
    },
    damage: |damage| match damage {
        Damage::TooLarge { bytes: size } => {
            format!("It has {}; at most {} are accepted.", bytes(*size as u64), bytes(LARGEST as u64))
        }
        Damage::NotJson { line, column } => {
            format!("It is not JSON: reading ended at line {line}, column {column}.")
        }
        Damage::NotARecord => "It is not a record of progress of RocketMQ Lab.".to_owned(),
        Damage::Newer { version } => {
            format!("It comes from a newer page (version {version}); this page reads version {VERSION}.")
        }
        Damage::Field { path } => format!("The field {path} does not hold what belongs there."),
    },

    sheet: "Teacher's sheet",
    sheet_note: "Drop the files of your class on this page, or choose them. They are read here and nowhere else; nothing \
                 leaves the page.",
    sheet_back: "Back to the lessons",
    sheet_choose: "Choose files",
    sheet_clear: "Empty the sheet",
    sheet_empty: "No file yet. Each learner saves one on the front page, below the lessons.",
    sheet_nothing_asked: "None of these learners has opened a lesson that asks something.",
    by_wrong: "Most often wrong first",
    unread_files: "Files that could not be read",
    summary_caption: "The predictions, and what misled most",
    pupils_caption: |pupils| match pupils {
        1 => "One learner, by prediction".to_owned(),
        pupils => format!("{pupils} learners, by prediction"),
    },
    pupil: "Learner",
    question: "Prediction",
    right: "right",
    wrong: "wrong",
    not_given: "not given",
    open: "given, not settled yet",
    elsewhere: "the run went another way",
    misconception: "Most frequent wrong answer",
    times: |count| format!("{count} ×"),
    nobody_wrong: "none",
    nth_question: |number| format!("question {number}"),
    sureness: |sure| match sure {
        Sureness::Guess => "a guess",
        Sureness::Likely => "rather sure",
        Sureness::Certain => "quite sure",
    },
};

pub(super) const ZH: MapTexts = MapTexts {
    lessons: "课程",
    projector: "A+：投影模式，大字号、高对比度",

    start: |id| format!("从第 {id} 课开始"),
    go_on: |id| format!("继续第 {id} 课"),
    straight: "直接打开一个集群",
    all_done: "所有课程都已完成。任何一课都可以再次打开，已有的进度不会丢失。",
    map: "课程",
    done_of: |done, all| format!("已完成 {done} / {all}"),
    chapter: |chapter| match chapter {
        0 => "谜题",
        1 => "为什么用消息队列",
        2 => "基本概念",
        3 => "路由中心",
        4 => "生产者",
        5 => "消费者",
        6 => "Broker 内部",
        7 => "高可用",
        8 => "主题与队列",
        9 => "位点",
        10 => "进阶",
        _ => "其他",
    },
    incidents: "故障演练",
    state: |state| match state {
        LessonState::New => "未开始",
        LessonState::Begun => "进行中",
        LessonState::Done => "已完成",
    },
    next: "下一课",
    minutes: |minutes| format!("{minutes} 分钟"),
    ready_labs: "或者直接操作集群",
    ready_labs_note: "没有提问，也没有目标：一个正在运行的集群，可以立刻停机、断网、注入故障。",

    yours: "我的进度",
    yours_note: "进度只保存在当前浏览器中。可以存成文件，带到另一台机器，或交给老师。",
    name: "姓名",
    name_hint: "选填，显示在教师汇总表中",
    save: "保存为文件",
    load: "导入文件",
    open_sheet: "教师汇总表",
    taken_in: |file| format!("已导入 {file}，原有进度没有丢失。"),
    in_sheet: |files| format!("已将 {files} 份进度放入教师汇总表，可在首页打开查看。"),
    not_kept: "浏览器无法保存进度：存储空间已满或被禁用。关闭页面之前，请先把进度保存为文件。",
    too_much: "两份进度合并后超出可保存的大小，因此没有导入该文件。",
    set_aside: |why| format!("浏览器中原来保存的进度无法使用：{why}原内容已原样另存，当前从空白进度开始。"),
    save_aside: "把另存的内容保存为文件",
    forget_aside: "删除另存的内容",
    close_notice: "关闭提示",

    unreadable: |why| match why {
        Unreadable::TooLarge { bytes: size, limit } => {
            format!("文件大小为 {}，最多接受 {}。", bytes(*size), bytes(*limit))
        }
        Unreadable::NotText => "文件不是 UTF-8 编码的文本。".to_owned(),
        Unreadable::Refused => "浏览器无法读取该文件，文件可能已被移动。".to_owned(),
        Unreadable::TooMany => "一次选择的文件过多，未读取该文件。".to_owned(),
    },
    damage: |damage| match damage {
        Damage::TooLarge { bytes: size } => {
            format!("大小为 {}，最多接受 {}。", bytes(*size as u64), bytes(LARGEST as u64))
        }
        Damage::NotJson { line, column } => {
            format!("内容不是 JSON：解析到第 {line} 行第 {column} 列时出错。")
        }
        Damage::NotARecord => "内容不是 RocketMQ Lab 的学习进度。".to_owned(),
        Damage::Newer { version } => {
            format!("内容来自更新的页面（版本 {version}），当前页面只支持版本 {VERSION}。")
        }
        Damage::Field { path } => format!("字段 {path} 的内容不正确。"),
    },

    sheet: "教师汇总表",
    sheet_note: "把全班的进度文件拖到页面上，或点击按钮选择。文件只在本页读取，不会发送到任何地方。",
    sheet_back: "返回课程",
    sheet_choose: "选择文件",
    sheet_clear: "清空汇总表",
    sheet_empty: "还没有文件。学生可以在首页课程列表下方保存自己的进度文件。",
    sheet_nothing_asked: "这些学生还没有打开过带预测题的课程。",
    by_wrong: "错得最多的排在前面",
    unread_files: "无法读取的文件",
    summary_caption: "各题预测与最常见的误解",
    pupils_caption: |pupils| format!("{pupils} 名学生的预测"),
    pupil: "学生",
    question: "预测题",
    right: "正确",
    wrong: "错误",
    not_given: "未作答",
    open: "已作答，尚未揭晓",
    elsewhere: "实际运行与各选项都不同",
    misconception: "最常见的错误答案",
    times: |count| format!("{count} 次"),
    nobody_wrong: "无",
    nth_question: |number| format!("第 {number} 题"),
    sureness: |sure| match sure {
        Sureness::Guess => "猜的",
        Sureness::Likely => "比较确定",
        Sureness::Certain => "非常确定",
    },
};
