//! The words of the generated logs. Their order matters: another order gives another log for the same seed.

/// Activities in the order of the process, each with the department (see [`DEPARTMENTS`]) that does it.
pub const ACTIVITIES: [(&str, usize); 26] = [
    ("Register request", 0),
    ("Scan documents", 0),
    ("Check completeness", 0),
    ("Ask for documents", 5),
    ("Receive documents", 0),
    ("Verify identity", 3),
    ("Assess risk", 2),
    ("Check credit", 2),
    ("Estimate cost", 1),
    ("Prepare offer", 1),
    ("Send offer", 1),
    ("Negotiate terms", 1),
    ("Revise offer", 1),
    ("Review contract", 3),
    ("Approve contract", 3),
    ("Sign contract", 3),
    ("Create order", 4),
    ("Reserve stock", 4),
    ("Pick and pack", 4),
    ("Ship goods", 4),
    ("Confirm delivery", 4),
    ("Issue invoice", 2),
    ("Remind customer", 5),
    ("Receive payment", 2),
    ("Handle complaint", 5),
    ("Close case", 5),
];

/// Departments that do the activities.
pub const DEPARTMENTS: [&str; 6] = ["Intake", "Sales", "Finance", "Legal", "Logistics", "Support"];

/// Regions of cases.
pub const REGIONS: [&str; 6] = ["North", "South", "East", "West", "Central", "Overseas"];

/// Lifecycle transitions, drawn evenly, so that four of five are complete.
pub const LIFECYCLES: [&str; 10] = [
    "complete", "complete", "complete", "complete", "complete", "complete", "complete", "complete", "start",
    "suspend",
];

/// First names of the people who do the work: with [`LAST_NAMES`] they make 150 resources, 25 in each
/// department.
pub const FIRST_NAMES: [&str; 15] = [
    "Ada", "Amir", "Anna", "Boris", "Clara", "David", "Elena", "Fatima", "Jonas", "Kenji", "Lucia", "Maya",
    "Noah", "Olga", "Peter",
];
/// Last names of the people who do the work; a name is one of [`FIRST_NAMES`] and one of these.
pub const LAST_NAMES: [&str; 10] =
    ["Berg", "Costa", "Dubois", "Evans", "Fischer", "Haddad", "Ito", "Novak", "Rossi", "Singh"];

/// Words with which a note begins.
pub const OPENINGS: [&str; 16] = [
    "Customer called about ",
    "Invoice compared with ",
    "Waiting for ",
    "Colleague asked for ",
    "Letter sent with ",
    "Manager wants to see ",
    "System reported ",
    "No answer to ",
    "Second attempt at ",
    "Branch office sent ",
    "Supplier confirmed ",
    "Details missing in ",
    "File handed over with ",
    "Agreed by phone on ",
    "Please check ",
    "Corrected after ",
];

/// Words with which a note goes on. Some are not ASCII, as in real notes.
pub const WORDS: [&str; 64] = [
    "account ",
    "address ",
    "agreed ",
    "amount ",
    "another ",
    "answer ",
    "approval ",
    "archive ",
    "before ",
    "branch ",
    "budget ",
    "café ",
    "changed ",
    "client ",
    "contract ",
    "copy ",
    "credit ",
    "damaged ",
    "deadline ",
    "delayed ",
    "delivery ",
    "deposit ",
    "discount ",
    "document ",
    "draft ",
    "email ",
    "expected ",
    "final ",
    "form ",
    "insurance ",
    "invoice ",
    "item ",
    "late ",
    "letter ",
    "manager ",
    "meeting ",
    "missing ",
    "month ",
    "new ",
    "number ",
    "offer ",
    "office ",
    "old ",
    "open ",
    "order ",
    "parcel ",
    "partial ",
    "payment ",
    "phone ",
    "price ",
    "receipt ",
    "refund ",
    "reminder ",
    "report ",
    "request ",
    "returned ",
    "second ",
    "shipment ",
    "signature ",
    "terms ",
    "unpaid ",
    "warehouse ",
    "week ",
    "Zürich ",
];
