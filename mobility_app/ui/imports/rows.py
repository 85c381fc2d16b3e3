"""An import of customers as markup: its columns, what it would do, how far it is. Pure."""

from __future__ import annotations

from mobility_app.domain.rules.customer_columns import usable
from mobility_app.store.actions.import_customers import CHANGED, MADE, OUTCOMES, SAME, SHOWN_MAX, WRONG, Outcome
from mobility_app.ui import lists
from mobility_app.ui.imports.desk import CHOOSING, DONE, TRIED, WRITING, Import
from mobility_app.ui.imports.texts import heading, why
from mobility_app.ui.markup import Child, Html, h, icon
from mobility_app.ui.words import Words

SAMPLE_MAX = 40  # characters of the first line's cell
ENCODING = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}


def render(words: Words, one: Import, showing: str) -> Html:
    """The import in its phase. `showing` is the outcome whose lines are seen."""
    if one.phase == CHOOSING:
        return _columns(words, one)
    if one.phase in (TRIED, DONE):
        return _found(words, one, showing)
    return _under_way(words, one)


def _columns(words: Words, one: Import) -> Html:
    count = words.n("{n} line", "{n} lines", one.shape.lines)
    facts = h("p", f"{one.name} · {count} · {ENCODING[one.shape.encoding]}", class_="fb-meta")
    trouble = None
    if one.trouble is not None:
        trouble = lists.notice("bad", words.error(one.trouble))
    elif one.tally.stopped:
        trouble = lists.notice("accent", words("Stopped. Nothing was changed."))
    fits = usable(one.mapping)
    hint = (
        None
        if fits
        else lists.notice("warn", words("Say which column holds the name, the number or the identifier, and one more."))
    )
    lines = [_column(words, at, text, one) for at, text in enumerate(one.shape.heading)]
    body = lists.card(words("What the columns hold"), lists.rows(*lines), flush=True)
    acts = h(
        "div", lists.button(words("Another file"), act="drop", kind="ghost"),
        lists.button(words("Check the lines"), act="try", kind="primary", disabled=not fits), class_="fb-dialog-acts",
    )  # fmt: skip
    return h("div", facts, trouble, hint, body, acts, class_="fb-stack")


def _column(words: Words, at: int, text: str, one: Import) -> Html:
    column = one.mapping[at]
    name = text or words("Column {n}", n=at + 1)
    sample = one.sample[at][:SAMPLE_MAX]
    meta = words("For example {value}", value=sample) if sample else ""
    said = heading(words, column) if column else words("Left out")
    look = "fb-btn" if column else "fb-btn fb-btn-ghost"
    press = h(
        "button", said, icon("chevron-down"), type="button", class_=look, data_act="column", data_arg=str(at),
        aria_label=words("{name}: {column}", name=name, column=said),
    )  # fmt: skip
    return lists.row(name, meta, end=press)


def _under_way(words: Words, one: Import) -> Html:
    writing, done, total = one.phase == WRITING, one.tally.done, one.shape.lines
    title = words("Importing customers") if writing else words("Checking the lines")
    text = words("{done} of {total} lines", done=words.number(done), total=words.number(total))
    bar = lists.progress(100 * done // max(total, 1), title, text=text)
    note = words("What is imported so far stays when you stop.") if writing else words("Nothing is changed yet.")
    stop = h("div", lists.button(words("Stop"), act="stop"), class_="fb-dialog-acts")
    return lists.card(title, h("div", bar, h("p", note, class_="fb-meta"), stop, class_="fb-stack"))


def _found(words: Words, one: Import, showing: str) -> Html:
    done, tally = one.phase == DONE, one.tally
    names = {
        MADE: words("Made") if done else words("Would be made"), CHANGED: words("Changed") if done else words("Would be changed"),
        SAME: words("Unchanged"), WRONG: words("Not taken"),
    }  # fmt: skip
    figures = h(
        "div", [lists.figure(names[state], words.number(tally.counts[state])) for state in OUTCOMES], class_="fb-grid-4"
    )
    options = [(state, names[state], None) for state in OUTCOMES if tally.counts[state]]
    shown = showing if tally.counts.get(showing) else (options[0][0] if options else MADE)
    listed = [_line(words, outcome) for outcome in tally.shown[shown]]
    more = None
    if tally.counts[shown] > SHOWN_MAX:
        more = h("p", words("The first {n} are shown.", n=SHOWN_MAX), class_="fb-meta fb-card-body")
    wrong = None
    if tally.counts[WRONG]:
        wrong = h(
            "a", icon("download"), h("span", words("Download the lines not taken")), class_="fb-btn",
            href=f"/customers/import/{one.id}/wrong.csv", download="",
        )  # fmt: skip
    body = lists.card(names[shown], lists.rows(*listed), more, flush=True) if listed else None
    switch = lists.segments(words("Lines"), options, shown, act="show") if len(options) > 1 else None
    return h(
        "div",
        _said(words, one),
        figures,
        h("div", switch, wrong, class_="fb-tools"),
        body,
        _acts(words, one),
        class_="fb-stack",
    )


def _said(words: Words, one: Import) -> Html | None:
    if one.phase != DONE:
        return lists.notice("accent", words("Nothing is changed yet. Look at what would happen, then import."))
    if one.trouble is not None:
        return lists.notice("bad", words.error(one.trouble))
    if one.tally.stopped:
        done, total = words.number(one.tally.done), words.number(one.shape.lines)
        return lists.notice("warn", words("Stopped after {done} of {total} lines.", done=done, total=total))
    return lists.notice("accent", words("The import is done."))


def _acts(words: Words, one: Import) -> Html:
    if one.phase == DONE:
        again = lists.button(words("Another file"), act="drop", kind="ghost")
        return h(
            "div", again, lists.button(words("Customers"), href="/customers", kind="primary"), class_="fb-dialog-acts"
        )
    count = one.tally.counts[MADE] + one.tally.counts[CHANGED]
    go = words.n("Import {n} customer", "Import {n} customers", count)
    return h(
        "div", lists.button(words("Change the columns"), act="back", kind="ghost"),
        lists.button(go, act="write", kind="primary", disabled=not count), class_="fb-dialog-acts",
    )  # fmt: skip


def _line(words: Words, one: Outcome) -> Html:
    title = one.name or one.number or words("Line {n}", n=one.line)
    parts: list[Child] = [words("Line {n}", n=one.line)]
    if one.error is not None:
        parts.append(why(words, one.error))
    elif one.state == CHANGED:
        parts += [
            words(
                "{field}: {before} → {after}",
                field=heading(words, column),
                before=before or words("empty"),
                after=after,
            )
            for column, before, after in one.changes
        ]
    elif one.state == MADE:
        parts += [after for column, _, after in one.changes if column != "name"]
    return lists.row(title, " · ".join(str(part) for part in parts), wrap=True)
