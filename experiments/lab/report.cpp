#include "experiments/lab/report.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <set>
#include <stdexcept>

#include "experiments/lab/errors.h"
#include "experiments/lab/figure_content.h"
#include "experiments/lab/files.h"
#include "experiments/lab/markup.h"
#include "experiments/lab/report_style.h"
#include "experiments/lab/table.h"
#include "experiments/lab/verdict.h"

namespace dualtape::lab {
namespace {

namespace fs = std::filesystem;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kMaxBytes = 2'000'000;

// How much of it is shown; cut down until the file is small enough.
struct Budget {
    std::size_t table_rows = 1000;
    std::size_t data_rows = 200;  // of the tables under figures
    std::size_t manifest_bytes = 200'000;
    std::set<std::string> linked;  // stems of figures that are too large to be embedded
};

// What stands in a figure's place in the folder.
struct FigureFile {
    const ReportFigure* figure = nullptr;
    std::string svg;  // empty if it was not drawn
    Table data;
    bool has_data = false;
};

// Control characters have no place in HTML; a line break becomes <br>.
std::string text(std::string_view plain) {
    std::string clean;
    for (const char c : plain)
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n') clean += c;
    std::string html = markup_to_html(clean);
    for (std::size_t at = 0; (at = html.find('\n', at)) != html.npos; at += 4)
        html.replace(at, 1, "<br>");
    return html;
}

// Without markup, for attributes and <pre>.
std::string verbatim(std::string_view plain) {
    std::string clean;
    for (const char c : plain)
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') clean += c;
    return escape_html(clean);
}

// Without the braces of sub- and superscripts, for where HTML allows no elements.
std::string flat(std::string_view plain) {
    std::string joined;
    for (const TextPiece& piece : parse_markup(plain)) joined += piece.text;
    return verbatim(joined);
}

std::string element(const std::string& tag, const std::string& inner) {
    return "<" + tag + ">" + inner + "</" + tag.substr(0, tag.find(' ')) + ">\n";
}

std::string paragraph(const std::string& style, std::string_view plain) {
    return element("p class=\"" + style + "\"", text(plain));
}

// The name of a cell's column, for the style of narrow pages.
std::string name_attribute(std::string_view column) {
    return " data-name=\"" + flat(column) + "\"";
}

std::string verdict_box(std::string_view verdict) {
    const Verdict parts = split_verdict(verdict);
    if (parts.answer.empty()) return "";
    std::string html = paragraph("verdict", parts.answer);
    if (parts.sentences.empty()) return html;
    html += "<ul class=\"findings\">\n";
    for (const std::string& sentence : parts.sentences) html += element("li", text(sentence));
    return html + "</ul>\n";
}

// Empty cells, "not measured", may stand among numbers.
bool is_number(std::string_view cell) {
    if (cell.empty()) return true;
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    return error == std::errc() && end == cell.data() + cell.size();
}

// On a narrow page the rows of a table that names its cells stand one below the other.
enum class CellNames { none, column };

std::string table_html(const std::vector<std::string>& columns,
                       const std::vector<std::vector<std::string>>& rows, std::size_t max_rows,
                       const std::string& where_all, CellNames names) {
    const std::size_t count = std::min(rows.size(), max_rows);
    std::vector<std::string> styles;  // columns of numbers stand on the right
    for (std::size_t column = 0; column < columns.size(); ++column) {
        const bool is_numeric =
            count > 0 &&
            std::all_of(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count),
                        [&](const auto& row) { return is_number(row[column]); });
        styles.push_back(is_numeric ? " class=\"number\"" : "");
    }
    const bool is_named = names == CellNames::column;
    std::string html = is_named ? "<div class=\"wide\"><table class=\"named\">\n<thead><tr>"
                                : "<div class=\"wide\"><table>\n<thead><tr>";
    std::vector<std::string> labels(columns.size());
    for (std::size_t column = 0; column < columns.size() && is_named; ++column)
        labels[column] = name_attribute(columns[column]);
    for (std::size_t column = 0; column < columns.size(); ++column)
        html += "<th scope=\"col\"" + styles[column] + ">" + text(columns[column]) + "</th>";
    html += "</tr></thead>\n<tbody>\n";
    for (std::size_t row = 0; row < count; ++row) {
        html += "<tr>";
        for (std::size_t column = 0; column < columns.size(); ++column)
            html +=
                "<td" + styles[column] + labels[column] + ">" + text(rows[row][column]) + "</td>";
        html += "</tr>\n";
    }
    html += "</tbody>\n</table></div>\n";
    if (count < rows.size())
        html += paragraph("note", "The first " + std::to_string(count) + " of " +
                                      std::to_string(rows.size()) + " rows" + where_all + ".");
    return html;
}

std::string pairs_html(const std::string& title, const Pairs& pairs) {
    if (pairs.empty()) return "";
    std::string html =
        element("h2", title) + "<div class=\"wide\"><table class=\"pairs\">\n<tbody>\n";
    for (const auto& [key, value] : pairs)
        html += "<tr><th scope=\"row\">" + text(key) + "</th><td>" + text(value) + "</td></tr>\n";
    return html + "</tbody>\n</table></div>\n";
}

// The verdict in a word, with a sign as a second cue beside the colour, and why it is open.
std::string verdict_html(const Claim& claim) {
    const std::string why = claim.why.empty() ? "" : ": " + text(claim.why);
    switch (claim.verdict) {
        case Claim::Verdict::reproduced:
            return "<strong class=\"good\">✓ reproduced</strong>";
        case Claim::Verdict::not_reproduced:
            return "<strong class=\"bad\">✗ not reproduced</strong>";
        case Claim::Verdict::contradicts_own_data:
            return "<strong class=\"bad\">≠ claim contradicts its own data</strong>";
        case Claim::Verdict::not_decided:
            return "<strong class=\"open\">– not decided</strong>" + why;
        case Claim::Verdict::not_testable:
            break;
    }
    return "<strong class=\"open\">– not testable</strong>" + why;
}

std::string claims_html(const std::vector<Claim>& claims) {
    if (claims.empty()) return "";
    constexpr const char* kColumns[] = {
        "published claim", "where", "what its own stored results show", "measured here", "verdict"};
    std::string html = element("h2", "Published claims against measurements");
    html += "<div class=\"wide\"><table class=\"named claims\">\n<thead><tr>";
    for (const char* column : kColumns)
        html += std::string("<th scope=\"col\">") + column + "</th>";
    html += "</tr></thead>\n<tbody>\n";
    for (const Claim& claim : claims) {
        html += "<tr>";
        const std::string cells[] = {text(claim.claim), text(claim.where), text(claim.stored),
                                     text(claim.measured), verdict_html(claim)};
        for (std::size_t i = 0; i < std::size(cells); ++i)
            html += "<td" + name_attribute(kColumns[i]) + ">" + cells[i] + "</td>";
        html += "</tr>\n";
    }
    return html + "</tbody>\n</table></div>\n";
}

std::string base64(std::string_view bytes) {
    static constexpr char kDigits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string encoded;
    encoded.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            encoded += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
    return encoded;
}

// gnuplot names one font where it changes the style; machines without it would take a serif one.
std::string with_font_fallback(std::string svg) {
    const std::string one = "font-family=\"DejaVu Sans\"";
    const std::string many = "font-family=\"DejaVu Sans,Verdana,Arial,sans-serif\"";
    for (std::size_t at = 0; (at = svg.find(one, at)) != svg.npos; at += many.size())
        svg.replace(at, one.size(), many);
    return svg;
}

FigureFile read_figure(const fs::path& folder, const ReportFigure& figure) {
    FigureFile file;
    file.figure = &figure;
    std::error_code ignored;
    const fs::path svg = folder / (figure.stem + ".svg");
    try {
        if (fs::exists(svg, ignored)) file.svg = with_font_fallback(read_file(svg));
        file.data = read_table(folder / (figure.stem + ".tsv"));
        file.has_data = true;
    } catch (const InputError&) {  // named in the report
    }
    if (file.svg.find("</svg>") == file.svg.npos) file.svg.clear();  // half a figure is none
    return file;
}

std::string figure_html(const FigureFile& file, const Budget& budget) {
    const ReportFigure& figure = *file.figure;
    const std::string stem = verbatim(figure.stem), path = "figures/" + figure.stem;
    const std::string alt = flat(figure.alt.empty() ? figure.title : figure.alt);
    std::string html = "<figure id=\"figure-" + stem + "\">\n";
    if (figure.is_blank) {
        return html + element("h3", text(figure.title)) +
               element("figcaption", text(figure.caption)) + "</figure>\n";
    }
    if (file.svg.empty()) {
        html += element("h3", text(figure.title));
        html += paragraph("note", "Not drawn: there is no whole " + path +
                                      ".svg. With gnuplot installed: cd figures && gnuplot " +
                                      figure.stem + ".gp");
    } else if (budget.linked.contains(figure.stem)) {
        html += element("h3", text(figure.title));
        html += "<p class=\"note\">Too large for this file: <a href=\"figures/" + stem + ".svg\">" +
                "figures/" + stem + ".svg</a>. " + alt + "</p>\n";
    } else {
        html += "<img alt=\"" + alt + "\" src=\"data:image/svg+xml;base64," + base64(file.svg) +
                "\">\n";
    }
    if (!figure.caption.empty()) html += element("figcaption", text(figure.caption));
    if (file.has_data) {
        html += "<details><summary>Numbers of this figure (" +
                std::to_string(file.data.num_rows()) + " rows)</summary>\n" +
                table_html(file.data.columns, file.data.rows, budget.data_rows,
                           "; all are in " + path + ".tsv", CellNames::none) +
                "</details>\n";
    } else {
        html += paragraph("note",
                          "Its numbers are missing: " + path + ".tsv is not there or not a table");
    }
    return html + "</figure>\n";
}

std::string manifest_html(const std::string& manifest, std::size_t max_bytes) {
    if (manifest.empty()) return "";  // analyses of a run have none
    std::string shown = manifest.substr(0, max_bytes);
    if (shown.size() < manifest.size()) shown += "\n... (cut; all of it is in manifest.json)";
    return element("h2", "Manifest") + "<details><summary>manifest.json</summary>\n<pre>" +
           verbatim(shown) + "</pre>\n</details>\n";
}

std::string page(const Report& report, const std::vector<FigureFile>& figures,
                 const std::string& manifest, const Budget& budget) {
    // The policy holds the promise that nothing is fetched and nothing is run.
    std::string html =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "img-src data:; style-src 'unsafe-inline'\">\n";
    html += element("title", flat(report.title));
    html += element("style", kReportStyle);
    html += "</head>\n<body>\n<main>\n" + element("h1", text(report.title));
    if (!report.question.empty()) html += paragraph("question", report.question);
    html += verdict_box(report.verdict);
    html += claims_html(report.claims);
    for (const ReportTable& table : report.tables) {
        html += element("h2", text(table.title));
        if (!table.note.empty()) html += paragraph("note", table.note);
        html += table_html(table.columns, table.rows, budget.table_rows, "", CellNames::column);
    }
    if (!figures.empty()) html += element("h2", "Figures");
    for (const FigureFile& figure : figures) html += figure_html(figure, budget);
    if (!report.warnings.empty()) {
        html += element("h2", "Warnings") + "<ul class=\"warnings\">\n";
        for (const std::string& warning : report.warnings) html += element("li", text(warning));
        html += "</ul>\n";
    }
    html += pairs_html("Changed settings", report.changed);
    html += pairs_html("Cost", report.cost);
    if (!report.command.empty())
        html += element("h2", "Repeat this run") +
                element("pre class=\"command\"", verbatim(report.command));
    html += pairs_html("Environment", report.environment);
    html += manifest_html(manifest, budget.manifest_bytes);
    html += "</main>\n<footer>Written by dualtape from the files of this run folder.</footer>\n";
    return html + "</body>\n</html>\n";
}

}  // namespace

ReportFigure::ReportFigure(const Figure& figure) {
    const Figure shown = without_blank_panels(figure);
    stem = shown.stem;
    title = shown.title;
    caption = shown.caption;
    alt = shown.alt;
    is_blank = shown.panels.empty();
}

fs::path write_report(const fs::path& run_folder, const Report& report) {
    for (const ReportTable& table : report.tables)
        for (const auto& row : table.rows)
            if (row.size() != table.columns.size())
                throw std::invalid_argument("report, table \"" + table.title + "\": a row of " +
                                            std::to_string(row.size()) + " cells for " +
                                            std::to_string(table.columns.size()) + " columns");

    std::vector<FigureFile> figures;
    for (const ReportFigure& figure : report.figures)
        figures.push_back(read_figure(run_folder / "figures", figure));
    std::string manifest;
    std::error_code ignored;
    if (fs::exists(run_folder / "manifest.json", ignored))
        manifest = read_file(run_folder / "manifest.json");

    // Rows go first, they are all in the folder; then the largest figures, one by one.
    Budget budget;
    std::string html = page(report, figures, manifest, budget);
    if (html.size() >= kMaxBytes) {
        budget = {.table_rows = 200, .data_rows = 20, .manifest_bytes = 20'000, .linked = {}};
        html = page(report, figures, manifest, budget);
    }
    std::vector<const FigureFile*> by_size;
    for (const FigureFile& figure : figures) by_size.push_back(&figure);
    std::stable_sort(by_size.begin(), by_size.end(), [](const auto* left, const auto* right) {
        return left->svg.size() > right->svg.size();
    });
    for (std::size_t i = 0; i < by_size.size() && html.size() >= kMaxBytes; ++i) {
        budget.linked.insert(by_size[i]->figure->stem);
        html = page(report, figures, manifest, budget);
    }
    const fs::path path = run_folder / "report.html";
    write_atomically(path, html);
    return path;
}

}  // namespace dualtape::lab
