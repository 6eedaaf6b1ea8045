// The report of a run: one balanced page, everything escaped, nothing fetched, below 2 MB.
#include <cctype>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "experiments/lab/report.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;
namespace fs = std::filesystem;

namespace {

// The first fault of the elements: not closed, closed twice or in the wrong order; "" if none.
std::string imbalance(const std::string& html) {
    static const std::set<std::string> kVoid{"meta", "img", "br"};
    std::vector<std::string> open;
    for (std::size_t at = 0; (at = html.find('<', at)) != html.npos; ++at) {
        const bool closes = html[at + 1] == '/';
        std::size_t end = at + 1 + (closes ? 1 : 0);
        const std::size_t start = end;
        while (end < html.size() && std::isalnum(static_cast<unsigned char>(html[end]))) ++end;
        const std::string name = html.substr(start, end - start);
        if (html[at + 1] == '!') continue;
        if (name.empty()) return "a bare < at byte " + std::to_string(at);
        // Attributes are quoted, and > is escaped in them, so the next one ends the tag.
        const std::size_t close = html.find('>', end);
        if (close == html.npos) return name + " has no end";
        at = close;
        if (kVoid.contains(name)) continue;
        if (!closes) {
            open.push_back(name);
        } else {
            if (open.empty() || open.back() != name) return "stray </" + name + ">";
            open.pop_back();
        }
    }
    return open.empty() ? "" : open.back() + " is not closed";
}

// Nothing that a browser would fetch or run.
void check_self_contained(const std::string& html) {
    for (const char* part : {"<script", "<link", "<iframe", "http:", "https:", "@import", "url(",
                             " onload", " onerror", "javascript:"})
        CHECK_MESSAGE(html.find(part) == html.npos, part);
    for (std::size_t at = 0; (at = html.find(" src=\"", at)) != html.npos; ++at)
        CHECK(html.compare(at + 6, 5, "data:") == 0);
}

Report example() {
    Report report;
    report.title = "tiny: sharpness against depth";
    report.question = "Does λ_{max} grow with depth?";
    report.verdict = "Yes: × 2.1 per layer [1.8, 2.5], 5 seeds.";
    report.claims = {
        {"λ_{max} grows", "README", "it shrinks", "× 2.1 (n = 5)", Claim::Verdict::reproduced},
        {"depth 2 groks", "cell 3", "5.6 %", "censored", Claim::Verdict::contradicts_own_data},
        {"one hour", "README", "", "", Claim::Verdict::not_testable},
        {"all grok", "README", "", "2 of 5", Claim::Verdict::not_reproduced}};
    report.tables = {{"Sharpness", "At the end.", {"depth", "λ_{max}"}, {{"1", "10"}, {"2", ""}}}};
    ReportFigure figure;
    figure.stem = "loss";
    figure.title = "Loss falls";
    figure.caption = "Solid: train.";
    figure.alt = "Two falling lines.";
    report.figures = {figure};
    report.warnings = {"depth 2: not converged, residual 3e-2"};
    report.changed = {{"lr", "0.01 (was 0.001)"}};
    report.cost = {{"steps", "100"}};
    report.command = "tiny --lr 0.01";
    report.environment = {{"threads", "2"}};
    return report;
}

// A run folder with one drawn figure and a manifest.
void fill(const fs::path& folder) {
    fs::create_directories(folder / "figures");
    spit(folder / "figures/loss.svg", "<svg font-family=\"DejaVu Sans\"></svg>\n");
    spit(folder / "figures/loss.tsv", "x\ty\n1\t2\n");
    spit(folder / "manifest.json", "{\"format\": \"dualtape run\", \"note\": \"a < b & c\"}\n");
}

std::string written(const fs::path& folder, const Report& report) {
    const fs::path path = write_report(folder, report);
    CHECK(path == folder / "report.html");
    const std::string html = slurp(path);
    CHECK(imbalance(html) == "");
    CHECK(html.size() < 2'000'000);
    check_self_contained(html);
    return html;
}

}  // namespace

TEST_CASE("a report is as reviewed") {
    TemporaryFolder folder;
    fill(folder.path);
    check_golden("lab/report.html", written(folder.path, example()));
}

TEST_CASE("its parts stand in their order, empty ones are left out") {
    TemporaryFolder folder;
    fill(folder.path);
    const std::string html = written(folder.path, example());
    std::size_t last = 0;
    for (const char* part :
         {"<h1>", "class=\"question\"", "class=\"verdict\"", "Published claims", "Sharpness",
          "<img", "Numbers of this figure", "Warnings", "Changed settings", "Cost",
          "Repeat this run", "Environment", "Manifest"}) {
        const std::size_t at = html.find(part, last);
        CHECK_MESSAGE(at != html.npos, part);
        last = at == html.npos ? last : at;
    }
    Report bare;
    bare.title = "bare";
    const std::string empty = written(folder.path, bare);
    for (const char* part : {"claims\"", "<ul", "<figure", "Changed", "Repeat", "Environment"})
        CHECK_MESSAGE(empty.find(part) == empty.npos, part);
}

TEST_CASE("the verdict is three lines; further sentences are a list below it") {
    TemporaryFolder folder;
    Report report = example();
    CHECK(written(folder.path, report).find("class=\"findings\"") == std::string::npos);
    report.verdict.clear();
    for (int i = 0; i < 30; ++i)
        report.verdict += "Sentence " + std::to_string(i) + " says a little more than that. ";
    const std::string html = written(folder.path, report);
    CHECK(html.find("<p class=\"verdict\">Sentence 0 says") != html.npos);
    CHECK(html.find("<li>Sentence 29 says a little more than that.</li>") != html.npos);
    CHECK(html.find("<li>Sentence 0 says") == html.npos);
}

TEST_CASE("cells name their column for narrow pages, where rows stand one below the other") {
    TemporaryFolder folder;
    fill(folder.path);
    const std::string html = written(folder.path, example());
    CHECK(html.find("<td class=\"number\" data-name=\"λmax\">10</td>") != html.npos);
    CHECK(html.find("<td data-name=\"where\">README</td>") != html.npos);
    // The numbers of a figure are folded, long, and scroll instead.
    CHECK(html.find("<td class=\"number\">2</td>") != html.npos);
    CHECK(html.find("attr(data-name)") != html.npos);
    CHECK(html.find("::-webkit-scrollbar") != html.npos);
}

TEST_CASE("a figure that shows nothing is named with the reason, without picture and numbers") {
    TemporaryFolder folder;
    fill(folder.path);
    Figure figure;
    figure.stem = "loss";
    figure.title = "Loss";
    figure.caption = "Of the test pairs.";
    figure.add_panel({.label = "loss"}).series.push_back({.x = {1, 2}, .y = {0, 0}});
    Report report = example();
    report.figures = {figure};
    const std::string html = written(folder.path, report);
    CHECK(html.find("Of the test pairs. Not drawn: loss (zero everywhere).") != html.npos);
    CHECK(html.find("<img") == html.npos);
    CHECK(html.find("Numbers of this figure") == html.npos);
}

TEST_CASE("whatever texts hold, they are shown and not obeyed") {
    TemporaryFolder folder;
    fill(folder.path);
    const std::string odd = "</p></td><b>x\" onload='y' &amp; _{<i>} ^{\n} \x01";
    spit(folder / "figures/loss.tsv", "x\t" + std::string("<td>&\"\n1\t</table>\n"));
    spit(folder / "manifest.json", "</pre></details><b>");
    Report report = example();
    report.title = report.question = report.verdict = report.command = odd;
    report.claims = {{odd, odd, odd, odd, Claim::Verdict::reproduced}};
    report.tables = {{odd, odd, {odd}, {{odd}}}};
    report.figures[0].title = report.figures[0].caption = report.figures[0].alt = odd;
    report.figures.push_back(report.figures[0]);
    report.figures[1].stem = odd;
    report.warnings = {odd};
    report.changed = report.cost = report.environment = {{odd, odd}};
    fs::path path = write_report(folder.path, report);
    const std::string html = slurp(path);
    CHECK(imbalance(html) == "");
    CHECK(html.find("<b>") == html.npos);
    CHECK(html.find("<i>") == html.npos);
    CHECK(html.find("x\" onload") == html.npos);
    CHECK(html.find('\x01') == html.npos);
    CHECK(html.find("&lt;b&gt;") != html.npos);
}

TEST_CASE("what is missing in the folder is named") {
    TemporaryFolder folder;
    const std::string bare = written(folder.path, example());
    CHECK(bare.find("Not drawn: there is no whole figures/loss.svg") != bare.npos);
    CHECK(bare.find("figures/loss.tsv is not there") != bare.npos);
    CHECK(bare.find("Manifest") == bare.npos);
    CHECK(bare.find(folder.path.string()) == bare.npos);
    fill(folder.path);
    spit(folder / "figures/loss.svg", "<svg><g>");  // a drawing that broke off
    const std::string half = written(folder.path, example());
    CHECK(half.find("Not drawn") != half.npos);
    CHECK(half.find("<img") == half.npos);
}

TEST_CASE("a report stays below 2 MB: tables are cut, then the largest figures become links") {
    TemporaryFolder folder;
    fill(folder.path);
    Report report = example();
    std::string rows = "x\ty\n";
    for (int i = 0; i < 100000; ++i) rows += std::to_string(i) + "\t0.12345678901234567\n";
    spit(folder / "figures/loss.tsv", rows);
    std::string html = written(folder.path, report);
    CHECK(html.find("The first 200 of 100000 rows; all are in figures/loss.tsv.") != html.npos);

    for (int i = 0; i < 4; ++i) {
        ReportFigure figure = report.figures[0];
        figure.stem = "large" + std::to_string(i);
        spit(folder / ("figures/" + figure.stem + ".svg"),
             "<svg>" + std::string(600'000 - static_cast<std::size_t>(i), ' ') + "</svg>");
        spit(folder / ("figures/" + figure.stem + ".tsv"), rows);
        report.figures.push_back(figure);
    }
    html = written(folder.path, report);
    CHECK(html.find("The first 20 of 100000 rows") != html.npos);
    CHECK(html.find("<a href=\"figures/large0.svg\">") != html.npos);
    CHECK(html.find("<a href=\"figures/large1.svg\">") != html.npos);
    CHECK(html.find("<a href=\"figures/large2.svg\">") == html.npos);

    fs::remove_all(folder / "figures");
    report.tables[0].rows.assign(100000, {"1", "2"});
    spit(folder / "manifest.json", std::string(5'000'000, '{'));
    html = written(folder.path, report);
    CHECK(html.find("all of it is in manifest.json") != html.npos);
}

TEST_CASE("a row that does not fit its table is a mistake of the caller") {
    TemporaryFolder folder;
    Report report = example();
    report.tables[0].rows.push_back({"3"});
    CHECK_THROWS_AS(write_report(folder.path, report), std::invalid_argument);
    CHECK_FALSE(fs::exists(folder / "report.html"));
    CHECK_THROWS_AS(write_report(folder / "none", example()), InputError);
}
