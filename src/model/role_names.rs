//! Names that columns of event logs have, in the words of process-mining tools and of several languages.
//!
//! A name is compared by its letters and digits alone, so `Case ID`, `case_id` and `CASE-ID` are one name. A name that
//! is not known as it stands may be known without what tools put around it: a language at its end (`ACTIVITY_EN`,
//! Celonis), or the word that says what a time is of at its start (`Event_start`, UiPath).

use super::roles::Role;

/// A column's name, taken apart once for all questions.
#[derive(Debug)]
pub struct ColumnName {
    /// Letters and digits in small letters.
    letters: String,
    /// The words that marks or capitals part, in small letters.
    words: Vec<String>,
}

/// Words at the end of a name that say its language.
const LANGUAGES: [&str; 9] = ["en", "de", "fr", "es", "pt", "it", "nl", "ja", "ru"];
/// Words before a time that say what it is the time of.
const OF_EVENT: [&str; 6] = ["event", "activity", "task", "step", "action", "operation"];
/// Words at the end of the name of an identifier.
const IDENTIFIERS: [&str; 8] = ["id", "key", "number", "no", "nr", "num", "uuid", "guid"];

impl ColumnName {
    /// Takes a name apart.
    pub fn new(name: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut before = ' ';
        for c in name.chars() {
            if !c.is_alphanumeric() {
                before = c;
                continue;
            }
            let begins = !before.is_alphanumeric() || before.is_lowercase() && c.is_uppercase();
            match words.last_mut().filter(|_| !begins) {
                Some(word) => word.extend(c.to_lowercase()),
                None => words.push(c.to_lowercase().collect()),
            }
            before = c;
        }
        Self { letters: words.concat(), words }
    }

    /// Whether it is this name, which is in small letters and digits.
    pub fn is(&self, name: &str) -> bool {
        self.letters == name
    }

    /// Whether it is this name with a language behind it, or for a time with a word before it.
    pub fn means(&self, name: &str, role: Role) -> bool {
        let Some((last, before)) = self.words.split_last() else { return false };
        if LANGUAGES.contains(&last.as_str()) && !before.is_empty() && before.concat() == name {
            return true;
        }
        role.is_time()
            && OF_EVENT.iter().any(|of| self.letters.strip_prefix(of).is_some_and(|rest| rest == name))
    }

    /// Whether it is a status, or that of something: `bill_status`.
    pub fn is_status(&self) -> bool {
        self.words.last().is_some_and(|last| matches!(last.as_str(), "status" | "state"))
    }

    /// Whether it is an identifier of something other than of an event: `POLICY_ID`, `Order number`.
    pub fn is_identifier(&self) -> bool {
        let Some((last, before)) = self.words.split_last() else { return false };
        let is_of_event =
            || before.iter().any(|it| OF_EVENT.contains(&it.as_str()) || it == "instance" || it == "row");
        !before.is_empty() && IDENTIFIERS.contains(&last.as_str()) && !is_of_event()
    }
}

/// Names that mean a role, the surest first.
pub fn known_names(role: Role) -> impl Iterator<Item = &'static str> {
    tables(role).iter().flat_map(|table| table.iter().copied())
}

/// English names with those of standards and tools, and behind them those of other languages.
fn tables(role: Role) -> &'static [&'static [&'static str]] {
    match role {
        Role::Case => &[
            &[
                "caseconceptname",
                "caseid",
                "case",
                "caseidentifier",
                "casenumber",
                "caseno",
                "casekey",
                "traceid",
                "trace",
                "processinstanceid",
                "processinstance",
                "instanceid",
                "processid",
                "issuekey",
                "issueid",
                "ticketid",
                "ticketnumber",
                "ticket",
                "incidentid",
                "incidentnumber",
                "patientid",
                "patient",
            ],
            // German
            &[
                "fallid",
                "fallnummer",
                "fallnr",
                "fall",
                "vorgangsid",
                "vorgangid",
                "vorgangsnummer",
                "vorgangsnr",
                "vorgang",
                "prozessinstanz",
                "prozessid",
                "auftragsnummer",
                "aktenzeichen",
                "ticketnummer",
            ],
            // French
            &[
                "idcas",
                "iddecas",
                "iducas",
                "iddecas",
                "identifiantcas",
                "identifiantducas",
                "numérocas",
                "numérodecas",
                "numerocas",
                "numerodecas",
                "cas",
                "iddossier",
                "iddudossier",
                "numérodossier",
                "numérodedossier",
                "numerodossier",
                "numerodedossier",
                "dossier",
            ],
            // Spanish, Portuguese, Italian
            &[
                "idcaso",
                "iddecaso",
                "iddelcaso",
                "iddocaso",
                "idcaso",
                "númerocaso",
                "númerodecaso",
                "númerodocaso",
                "numerocaso",
                "numerodecaso",
                "numerodocaso",
                "caso",
                "idexpediente",
                "númeroexpediente",
                "númerodeexpediente",
                "numeroexpediente",
                "numerodeexpediente",
                "expediente",
                "idprocesso",
                "iddoprocesso",
                "númeroprocesso",
                "númerodoprocesso",
                "numeroprocesso",
                "numerodoprocesso",
                "processo",
                "idproceso",
                "númerodeproceso",
                "proceso",
                "protocolo",
                "numeropratica",
                "pratica",
            ],
            // Dutch, Polish
            &["zaakid", "zaaknummer", "zaak", "dossiernummer", "idsprawy", "numersprawy", "sprawa"],
            // Russian
            &[
                "идентификаторслучая",
                "номерслучая",
                "idслучая",
                "случай",
                "идентификаторкейса",
                "номеркейса",
                "idкейса",
                "кейс",
                "номерзаявки",
                "idзаявки",
                "заявка",
                "номердела",
                "дело",
                "экземплярпроцесса",
                "idпроцесса",
            ],
            // Japanese, Chinese, Korean
            &[
                "ケースid",
                "ケース番号",
                "ケース",
                "案件id",
                "案件番号",
                "案件",
                "伝票番号",
                "申請番号",
                "受付番号",
                "注文番号",
                "管理番号",
                "案例id",
                "案例编号",
                "案例",
                "流程实例",
                "实例id",
                "케이스id",
                "케이스",
            ],
        ],
        Role::Activity => &[
            &[
                "conceptname",
                "activity",
                "activityname",
                "activityid",
                "task",
                "taskname",
                "taskid",
                "event",
                "eventname",
                "action",
                "step",
                "stepname",
                "operation",
                "activitytype",
                "activitytypename",
                "eventtype",
            ],
            // German
            &[
                "aktivität",
                "aktivitaet",
                "tätigkeit",
                "taetigkeit",
                "arbeitsschritt",
                "prozessschritt",
                "vorgangsschritt",
                "schritt",
                "aktion",
                "aufgabe",
                "ereignis",
            ],
            // French
            &[
                "activité",
                "activite",
                "tâche",
                "tache",
                "étape",
                "etape",
                "événement",
                "évènement",
                "evenement",
                "opération",
            ],
            // Spanish, Portuguese, Italian
            &[
                "actividad",
                "atividade",
                "actividade",
                "tarea",
                "tarefa",
                "acción",
                "accion",
                "ação",
                "acao",
                "paso",
                "passo",
                "etapa",
                "evento",
                "attività",
                "attivita",
                "compito",
                "fase",
            ],
            // Dutch, Polish
            &["activiteit", "taak", "stap", "gebeurtenis", "handeling", "aktywność", "czynność", "zdarzenie"],
            // Russian
            &["активность", "операция", "действие", "деятельность", "событие", "этап", "шаг", "задача"],
            // Japanese, Chinese, Korean
            &[
                "アクティビティ",
                "アクティビティ名",
                "活動",
                "活動名",
                "作業",
                "作業名",
                "業務",
                "工程",
                "工程名",
                "イベント",
                "イベント名",
                "タスク",
                "タスク名",
                "処理",
                "処理名",
                "ステップ",
                "活动",
                "活动名称",
                "任务",
                "任务名称",
                "활동",
                "작업",
            ],
        ],
        Role::Timestamp => &[
            &[
                "timetimestamp",
                "timestamp",
                "completetimestamp",
                "completiontimestamp",
                "endtimestamp",
                "timestampend",
                "completiontime",
                "completetime",
                "endtime",
                "enddate",
                "enddatetime",
                "completedate",
                "completiondate",
                "finishtime",
                "finishdate",
                "finishtimestamp",
                "endedat",
                "finishedat",
                "completedat",
                "end",
                "finish",
                "finished",
                "complete",
                "completed",
                "stop",
                "stoptime",
                "stopped",
                "stoppedat",
                "eventtime",
                "eventtimestamp",
                "eventdate",
                "datetime",
                "time",
                "date",
                "changedat",
                "occurredat",
                "executedat",
                "loggedat",
            ],
            // German
            &[
                "endzeitstempel",
                "endzeitpunkt",
                "endzeit",
                "enddatum",
                "ende",
                "abschlusszeitpunkt",
                "abschlusszeit",
                "abschlussdatum",
                "fertigstellung",
                "beendetam",
                "beendet",
                "zeitstempel",
                "zeitpunkt",
                "datumuhrzeit",
                "datumundzeit",
                "datumzeit",
                "zeit",
                "datum",
            ],
            // French
            &[
                "dateheurefin",
                "datedefin",
                "datefin",
                "heuredefin",
                "heurefin",
                "finie",
                "fin",
                "horodatage",
                "dateetheure",
                "dateheure",
                "heure",
            ],
            // Spanish, Portuguese, Italian
            &[
                "fechahorafin",
                "fechadefin",
                "fechafin",
                "fechafinal",
                "horadefin",
                "horafin",
                "marcadetiempo",
                "marcatemporal",
                "fechayhora",
                "fechahora",
                "fecha",
                "datahorafim",
                "datadefim",
                "datafim",
                "datafinal",
                "dataconclusão",
                "dataconclusao",
                "horafim",
                "término",
                "termino",
                "fim",
                "carimbodetempo",
                "carimbodedatahora",
                "dataehora",
                "datahora",
                "datafine",
                "orafine",
                "fine",
                "dataora",
                "data",
                "hora",
            ],
            // Dutch, Polish
            &[
                "eindtijdstip",
                "eindtijd",
                "einddatum",
                "einde",
                "tijdstempel",
                "tijdstip",
                "znacznikczasu",
                "koniec",
                "datazakończenia",
                "czas",
            ],
            // Russian
            &[
                "времяокончания",
                "датаокончания",
                "времязавершения",
                "датазавершения",
                "окончание",
                "завершение",
                "конец",
                "отметкавремени",
                "меткавремени",
                "датаивремя",
                "датавремя",
                "время",
                "дата",
            ],
            // Japanese, Chinese, Korean
            &[
                "終了日時",
                "完了日時",
                "終了時刻",
                "完了時刻",
                "終了日",
                "完了日",
                "終了",
                "完了",
                "タイムスタンプ",
                "日時",
                "実施日時",
                "処理日時",
                "発生日時",
                "更新日時",
                "時刻",
                "日付",
                "结束时间",
                "完成时间",
                "时间戳",
                "时间",
                "日期",
                "종료시간",
                "완료시간",
                "타임스탬프",
                "시간",
            ],
        ],
        Role::StartTimestamp => &[
            &[
                "starttimestamp",
                "timestampstart",
                "starttime",
                "startdate",
                "startdatetime",
                "timestart",
                "begintimestamp",
                "begintime",
                "begindate",
                "startedat",
                "begunat",
                "begin",
                "start",
                "started",
                "begun",
            ],
            // German
            &[
                "startzeitstempel",
                "startzeitpunkt",
                "startzeit",
                "startdatum",
                "beginnzeitpunkt",
                "beginnzeit",
                "beginndatum",
                "anfangszeit",
                "anfangsdatum",
                "begonnenam",
                "gestartetam",
                "begonnen",
                "gestartet",
                "beginn",
                "anfang",
            ],
            // French
            &[
                "dateheuredébut",
                "datededébut",
                "datededebut",
                "datedébut",
                "datedebut",
                "heurededébut",
                "heurededebut",
                "heuredébut",
                "heuredebut",
                "début",
                "debut",
            ],
            // Spanish, Portuguese, Italian
            &[
                "fechahorainicio",
                "fechadeinicio",
                "fechainicio",
                "horadeinicio",
                "horainicio",
                "comienzo",
                "inicio",
                "datahorainício",
                "datahorainicio",
                "datadeinício",
                "datadeinicio",
                "datainício",
                "datainicio",
                "horainício",
                "início",
                "começo",
                "datainizio",
                "orainizio",
                "inizio",
            ],
            // Dutch, Polish
            &["starttijdstip", "starttijd", "begintijd", "begindatum", "datarozpoczęcia", "początek"],
            // Russian
            &["времяначала", "датаначала", "начало"],
            // Japanese, Chinese, Korean
            &[
                "開始日時",
                "開始時刻",
                "開始日",
                "着手日時",
                "着手日",
                "開始",
                "开始时间",
                "开始日期",
                "시작시간",
            ],
        ],
        Role::Resource => &[
            &[
                "orgresource",
                "resource",
                "resourcename",
                "resourceid",
                "user",
                "username",
                "userid",
                "agent",
                "agentid",
                "originator",
                "performer",
                "performedby",
                "executedby",
                "completedby",
                "changedby",
                "assignee",
                "assignedto",
                "employee",
                "employeeid",
                "employeename",
                "worker",
                "workerid",
                "operator",
                "author",
            ],
            // German
            &[
                "ressource",
                "bearbeiter",
                "sachbearbeiter",
                "mitarbeiter",
                "mitarbeitername",
                "benutzer",
                "benutzername",
                "nutzer",
                "anwender",
                "bediener",
                "ausführender",
            ],
            // French
            &["utilisateur", "acteur", "employé", "employe", "exécutant", "executant", "responsable"],
            // Spanish, Portuguese, Italian
            &[
                "recurso",
                "usuario",
                "usuário",
                "utilizador",
                "empleado",
                "funcionário",
                "funcionario",
                "responsável",
                "responsavel",
                "agente",
                "risorsa",
                "utente",
                "operatore",
                "addetto",
            ],
            // Dutch, Polish
            &["medewerker", "gebruiker", "behandelaar", "zasób", "pracownik", "użytkownik"],
            // Russian
            &["ресурс", "исполнитель", "пользователь", "сотрудник", "ответственный"],
            // Japanese, Chinese, Korean
            &[
                "担当者",
                "担当者名",
                "担当",
                "作業者",
                "実行者",
                "リソース",
                "従業員",
                "従業員id",
                "ユーザー",
                "ユーザー名",
                "ユーザ",
                "社員",
                "资源",
                "执行人",
                "用户",
                "자원",
                "담당자",
                "사용자",
            ],
        ],
        Role::Lifecycle => &[
            &[
                "lifecycletransition",
                "lifecycle",
                "lifecycleid",
                "transition",
                "eventlifecycle",
                "lifecyclestate",
                "lifecyclephase",
            ],
            &["lebenszyklus", "cycledevie", "ciclodevida", "жизненныйцикл", "ライフサイクル"],
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_letters_and_digits_in_small_letters() {
        for role in Role::ALL {
            for name in known_names(role) {
                assert!(ColumnName::new(name).is(name), "{name}");
                assert!(name.chars().all(char::is_alphanumeric), "{name}");
            }
        }
    }

    #[test]
    fn a_name_means_one_role() {
        for role in Role::ALL {
            for other in Role::ALL.into_iter().filter(|other| *other > role) {
                for name in known_names(role) {
                    assert!(known_names(other).all(|it| it != name), "{name}: {role} and {other}");
                }
            }
        }
    }

    #[test]
    fn languages_and_words_before_a_time_are_not_part_of_the_name() {
        for (name, wanted, role, is) in [
            ("ACTIVITY_EN", "activity", Role::Activity, true),
            ("activityEn", "activity", Role::Activity, true),
            ("Event_start", "start", Role::StartTimestamp, true),
            ("ActivityEndTimestamp", "endtimestamp", Role::Timestamp, true),
            ("activity_start", "start", Role::Activity, false),
            ("en", "activity", Role::Activity, false),
            ("when", "wh", Role::Activity, false),
        ] {
            assert_eq!(ColumnName::new(name).means(wanted, role), is, "{name}");
        }
    }

    #[test]
    fn identifiers_and_states_are_known_by_their_last_word() {
        for (name, identifier, status) in [
            ("POLICY_ID", true, false),
            ("orderNumber", true, false),
            ("id", false, false),
            ("activity_instance_id", false, false),
            ("event_id", false, false),
            ("bill_status", false, true),
            ("State", false, true),
            ("paid", false, false),
            ("", false, false),
        ] {
            let name_ = ColumnName::new(name);
            assert_eq!((name_.is_identifier(), name_.is_status()), (identifier, status), "{name}");
        }
    }
}
