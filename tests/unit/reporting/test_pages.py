"""Pages: well-formed, complete in themselves, escaped, marked as simulated, readable without colour."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests import factories

from copml.conformance import Evidence, check
from copml.records import Action, Verdict
from copml.reporting import Naive, NaiveMonth, Truth, TruthMonth, dossier, model_card, report
from copml.reporting.model_charts import naive_chart
from copml.reporting.rendering import SYMBOLS
from copml.reporting.theme import INKS
from copml.spec import REQUIREMENTS

VOID = {"meta", "br", "rect", "path", "circle", "line", "hr", "link", "img", "input"}
HOSTILE = "<script>alert('x')</script>"


class Page(HTMLParser):
    """Reads a page, and holds its elements, ids and text; fails on an end tag that does not match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"
        self.words.append(" " if tag in ("td", "th", "dt", "dd") else "")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    def attributes(self, name: str) -> Iterator[str]:
        return (value for _, attrs in self.elements if (value := attrs.get(name)) is not None)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def truth() -> Truth:
    known = [(number, factories.truth_figures(number)) for number in range(30)]
    return Truth(
        months=tuple(
            TruthMonth(
                starts_at=factories.month(number),
                churn_rate_without=figures["without"],
                effect=figures["effect"],
                accuracy_possible=figures["possible"],
                net_value=figures["net"],
                event={0: "The programme starts", 9: "New prices"}.get(number),
            )
            for number, figures in known
        )
    )


def naive() -> Naive:
    months = (NaiveMonth(starts_at=factories.month(at), naive=0.8 - 0.01 * at, right=0.8) for at in range(3, 9))
    return Naive(metric="accuracy", months=tuple(months))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return factories.history(30)


@pytest.fixture(scope="module")
def full(evidence: Evidence) -> str:
    started = time.process_time()
    page = report(evidence, check(evidence), truth=truth(), naive=naive(), title="Telco churn")
    assert time.process_time() - started < 10
    return page


@pytest.fixture(scope="module")
def empty() -> str:
    evidence = factories.nothing_yet()
    return report(evidence, check(evidence))


@pytest.fixture(scope="module", params=["full", "empty", "card", "dossier"])
def page(request: pytest.FixtureRequest, evidence: Evidence, full: str, empty: str) -> str:
    pages = {
        "full": full,
        "empty": empty,
        "card": model_card(evidence, evidence.versions[0]),
        "dossier": dossier(evidence, evidence.dossiers[0]),
    }
    return pages[request.param]


def test_every_element_is_closed(page: str) -> None:
    assert Page(page).open == []


def test_ids_are_unique_and_links_lead_to_them(page: str) -> None:
    ids = Counter(Page(page).attributes("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    references = {link[1:] for link in Page(page).attributes("href")} | set(re.findall(r"url\(#([^)\"']+)", page))
    assert references <= ids.keys()


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    assert "//" not in re.sub(r"/\*.*?\*/", "", page)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in Page(page).elements}
    assert not list(Page(page).attributes("src"))
    assert "@import" not in page
    assert set(re.findall(r"url\((.)", page)) <= {"#"}


def test_no_element_carries_a_script(page: str) -> None:
    assert not [name for _, attrs in Page(page).elements for name in attrs if name.startswith("on")]


def test_every_requirement_stands_with_its_verdict_its_sign_and_its_reason(full: str, evidence: Evidence) -> None:
    text = Page(full).text.replace("\u00a0", " ")
    for item in check(evidence):
        assert f"{item.id} {SYMBOLS[item.verdict]} {item.verdict} {item.title[0].upper()}{item.title[1:]}" in text
        assert item.reason in text
    assert set(REQUIREMENTS) <= set(Page(full).attributes("id"))


def test_signs_tell_verdicts_apart_without_colour() -> None:
    assert len(set(SYMBOLS.values())) == len(Verdict)


def test_an_empty_project_has_a_page_that_says_so(empty: str) -> None:
    text = Page(empty).text
    assert "Not known yet." in text
    assert "No version has been trained yet." in text
    assert "<figure" not in empty


def test_simulated_is_said_wherever_it_is_due(full: str, evidence: Evidence) -> None:
    assert "<title>Telco churn (simulated)</title>" in full
    assert Page(full).text.count("simulated") >= 12
    headings = re.findall(r"<figure.*?<h3>(.*?)</h3>", full, flags=re.DOTALL)
    assert len(headings) == 8
    assert all('<span class="badge">simulated</span>' in heading for heading in headings)
    assert '<p class="simulated"' in full
    for other in (model_card(evidence, evidence.versions[0]), dossier(evidence, evidence.dossiers[0])):
        assert '<p class="simulated"' in other
        assert "(simulated)</title>" in other


def test_what_is_real_is_not_called_simulated(evidence: Evidence, empty: str) -> None:
    real = dossier(replace(evidence, simulated=False, decisions=()), evidence.dossiers[0])
    for body in (empty, real):
        assert 'class="badge"' not in body
        assert '<p class="simulated"' not in body


def test_every_chart_is_drawn_for_both_widths_and_has_its_figures(full: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", full, flags=re.DOTALL)
    assert [re.search('id="([a-z]+)"', figure)[1] for figure in figures] == [  # type: ignore[index]
        "kpi",
        "net",
        "cumulated",
        "effect",
        "performance",
        "naive",
        "drift",
        "incidents",
    ]
    for figure in figures:
        assert figure.count('role="img" aria-label="') == 2
        assert figure.count("<tr>") > 3
        assert "<figcaption>" in figure


def test_charts_use_inks_that_the_page_gives_another_value_in_the_dark(full: str) -> None:
    drawings = re.findall(r'<svg[^>]* class="marks".*?</svg>', full, flags=re.DOTALL)
    assert len(drawings) == 16  # eight charts, each for a wide and for a narrow page
    used = {ink for one in drawings for ink in re.findall(r'(?:fill|stroke)="(#[0-9a-fA-F]+|[a-z]+\b)', one)}
    assert used - {"none", "transparent", "url"} <= {light for light, _ in INKS.values()}


@pytest.mark.parametrize("ground", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "quiet", "first", "second", "truth", "target", "bad"])
def test_inks_stand_out_from_their_ground(name: str, ground: int) -> None:
    assert contrast(INKS[name][ground], ("#ffffff", "#14181d")[ground]) >= 4.5


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_charts_show_the_calendar_of_the_project(full: str) -> None:
    kpi = re.search(r'<div class="wide"><svg.*?</svg>', full, flags=re.DOTALL)
    assert kpi is not None
    assert "Jan 2026" in kpi[0]
    assert "Dec 2025" not in kpi[0]


def test_truth_and_naive_retraining_stand_beside_what_was_measured(full: str, empty: str) -> None:
    text = Page(full).text
    assert "without the programme (simulated truth)" in text
    assert "retrained on everybody's outcomes" in text
    assert "truth" not in Page(empty).text


def test_the_comparison_of_retraining_follows_its_figures(evidence: Evidence) -> None:
    pairs = [(0.76, 0.80), (0.78, 0.76), (0.70, 0.70)]
    months = tuple(
        NaiveMonth(starts_at=factories.month(at), naive=wrong, right=right) for at, (wrong, right) in enumerate(pairs)
    )
    chart = naive_chart(evidence, Naive(metric="accuracy", months=months))
    assert chart is not None
    assert (
        "the worse one in 1 of 3 pairs, by 4.0 percentage points at most, and 0.7 percentage points worse on average "
        "over all pairs. It was no worse in February 2026 and March 2026." in chart.caption
    )


def test_charts_by_prediction_say_that_outcomes_come_later(full: str) -> None:
    words = Page(full).text
    assert (
        words.count("outcomes come up to 90 days later, so what happens in March 2028 is seen from December 2027") == 4
    )


def test_versions_that_were_replaced_are_not_shown_as_approved(full: str) -> None:
    standing = dict(re.findall(r"<h4>(v\d) <span class=\"state (\w+)\"", full))
    assert (standing["v1"], standing["v2"], standing["v3"]) == ("replaced", "rejected", "live")


def test_incidents_that_are_not_among_the_next_steps_are_counted(evidence: Evidence) -> None:
    more = tuple(replace(evidence.incidents[-1], id=f"i{at}") for at in range(4))
    page = Page(report(replace(evidence, incidents=more, measurements=()), check(evidence)))
    assert "And 3 more open incidents below." in page.text


def test_the_two_accuracies_are_explained_with_their_figures(full: str) -> None:
    text = Page(full).text.replace("\u00a0", " ")
    assert re.search(r"accuracy on all was \d+\.\d percentage points lower on average in the 1\d windows", text)


def test_hostile_names_are_shown_and_never_run(evidence: Evidence) -> None:
    measurements = tuple(
        replace(item, segment=HOSTILE) if item.segment == "contract" else item for item in evidence.measurements
    )
    hostile = replace(
        evidence,
        project=factories.project({"business.question": HOSTILE, "business.decision": HOSTILE}),
        measurements=measurements,
        incidents=(replace(evidence.incidents[0], what=HOSTILE, id=HOSTILE, resolution=HOSTILE),),
        versions=(replace(evidence.versions[0], columns=(HOSTILE,), state_reason=HOSTILE),),
        dossiers=(replace(evidence.dossiers[0], question=HOSTILE, evidence={"tried": [{"did": HOSTILE}]}),),
        firings=(replace(evidence.firings[0], evidence={"condition": HOSTILE, "seen": HOSTILE}),),
        decisions=(replace(evidence.decisions[0], reason=HOSTILE, by=HOSTILE),),
    )
    world = Truth(months=(TruthMonth(starts_at=factories.month(1), event=HOSTILE),))
    pages = (
        report(hostile, check(hostile), truth=world, title=HOSTILE),
        model_card(hostile, hostile.versions[0]),
        dossier(hostile, hostile.dossiers[0]),
    )
    for body in pages:
        assert "<script" not in body
        assert "&lt;script&gt;" in body
        assert Page(body).open == []
    drift = re.search(r'<figure id="drift">.*?</figure>', pages[0], flags=re.DOTALL)
    assert drift is not None
    assert drift[0].count("&lt;script&gt;") >= 3  # both drawings and the table


def test_a_card_tells_what_it_is_for_how_good_it_is_and_what_is_not_known(evidence: Evidence) -> None:
    text = Page(model_card(evidence, evidence.versions[2])).text.replace("\u00a0", " ")
    for words in (
        "v3 approved",
        "Which customers will leave within 90 days?",
        "accuracy on control 79.9 % (77.8 % to 81.9 %)",
        "✓ accuracy.control >= 0.78 passed",
        "Approved by retention@telco.example (simulated)",
        "it helped",
        "68,000 rows, worth 57,300 independent ones",
        "scikit-learn 1.9.1",
        "Errors were not compared between groups of people (gender).",
    ):
        assert words in text


def test_a_card_without_its_training_says_so(evidence: Evidence) -> None:
    text = Page(model_card(replace(evidence, runs=()), evidence.versions[0])).text
    assert "The training run is not on record." in text


def test_a_dossier_lays_out_question_evidence_attempts_and_options(evidence: Evidence) -> None:
    text = Page(dossier(evidence, evidence.dossiers[0])).text.replace("\u00a0", " ")
    for words in (
        "Automated repair has not helped: is this project still worth running?",
        "churn_rate, from a baseline of 10.0 % to a target of 5.0 %",
        "Waits for people (30 days)",
        "net value on all, EUR",
        "−27,179 (−44,179 to −10,179)",
        "accuracy.control is 0.693",
        "trigger retrain-1a2b3c",
        "Repair",
        "Continue as it is",
        "Retire",
        "2,300 EUR per month, and 25 EUR for each treatment",
    ):
        assert words in text


def test_a_dossier_on_retirement_offers_retirement_first(evidence: Evidence) -> None:
    page = dossier(evidence, replace(evidence.dossiers[0], action=Action.PROPOSE_RETIREMENT))
    assert re.findall(r"<h5>(.*?)</h5>", page) == ["Retire", "Repair", "Continue as it is"]


@pytest.mark.parametrize("held", [{}, {"windows": "none", "tried": None, "trigger": 3}, {"windows": [{"window": 1}]}])
def test_a_dossier_with_little_in_it_is_still_a_page(evidence: Evidence, held: dict[str, object]) -> None:
    text = Page(dossier(evidence, replace(evidence.dossiers[0], evidence=held))).text
    assert "net value: not measured" in text


def test_a_project_without_control_group_has_a_page() -> None:
    project = factories.project({"business.control_group": {"none": "withholding would harm"}})
    lost = ("effect", "net_value")
    evidence = factories.history(5)
    measurements = tuple(
        item for item in evidence.measurements if item.metric not in lost and item.segment != "control"
    )
    bare = replace(evidence, project=project, measurements=measurements)
    page = report(bare, check(bare))
    assert Page(page).open == []
    assert "withholding would harm" in page


def test_a_project_without_time_has_verdicts_a_page_and_a_card() -> None:
    outcome = {"source": "customers", "column": "churn", "positive": "Yes"}
    evidence = replace(factories.history(1), project=factories.project({"data.outcome": outcome}))
    page = report(evidence, check(evidence))
    assert Page(page).open == []
    assert "churn of customers, Yes or not, now" in model_card(evidence, evidence.versions[0])


def test_incidents_that_are_open_together_stand_in_rows_of_their_own(evidence: Evidence) -> None:
    many = tuple(replace(evidence.incidents[1], id=f"i{at}", closed_at=None) for at in range(14))
    page = report(replace(evidence, incidents=many, measurements=()), check(evidence))
    drawing = re.search(r'<figure id="incidents">.*?<div class="narrow">', page, flags=re.DOTALL)
    assert drawing is not None
    heights = {float(y) for y in re.findall(r"translate\([\d.]+,([\d.]+)\)", drawing[0])}
    assert len(heights) >= 14
